//! `show`: one host in the terminal.

use fleetcast_core::{Day, Split};
use fleetcast_report::{Chart, Facts, Outlook, Report, Standing, Status};
use textplots::{Chart as TextChart, Plot, Shape};

use crate::error::Error;
use crate::findings;
use crate::output;
use crate::settings::Settings;
use crate::text_table::{right_aligned, table};

/// Dots of a chart: two of them across a character, four down.
const WIDTH: u32 = 150;
const HEIGHT: u32 = 56;

/// Days of history that charts show.
const HISTORY_DAYS: usize = 400;

pub(crate) fn show(settings: &Settings, host: &str, resource: Option<&str>) -> Result<(), Error> {
    let store = settings.open(false)?;
    let Report {
        facts,
        series,
        issues,
    } = findings::read(settings, &store, Some(host))?;
    let resources: Vec<&str> = series.iter().map(|one| one.key.resource()).collect();
    if let Some(wanted) = resource.filter(|wanted| !resources.contains(wanted)) {
        return Err(Error::Setting(format!(
            "host {host} has no resource `{wanted}`, only {}",
            resources.join(", ")
        )));
    }
    for one in &series {
        if resource.is_some_and(|wanted| wanted != one.key.resource()) {
            continue;
        }
        output::line(format_args!("{}", one.key));
        if let Some(chart) = &one.chart {
            draw(chart, one.outlook.as_ref(), &facts.split);
        }
        if let Some(outlook) = &one.outlook {
            output::line(format_args!("outlook: {}", in_words(outlook, &facts)));
        }
        match &one.standing {
            Some(standing) => print_standing(standing),
            None => output::line("no forecast"),
        }
        for issue in issues.iter().filter(|issue| issue.key == one.key) {
            output::line(format_args!(
                "{}: {} ({})",
                issue.severity, issue.message, issue.code
            ));
        }
        output::line("");
    }
    Ok(())
}

/// The last year and the future; a column of dots is a few days.
fn draw(chart: &Chart, outlook: Option<&Outlook>, split: &Split) {
    let shown = chart.history.len().min(HISTORY_DAYS);
    let observed = &chart.history[chart.history.len() - shown..];
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a terminal shows no more digits"
    )]
    let points = |values: &[f64], first: usize| -> Vec<(f32, f32)> {
        let days = values.iter().enumerate();
        days.filter(|(_, value)| value.is_finite())
            .map(|(day, value)| ((first + day) as f32, *value as f32))
            .collect()
    };
    let mut lines = vec![points(observed, 0)];
    if let Some(future) = &chart.future {
        lines.push(points(future.yhat(), shown));
        lines.push(points(future.upper(), shown));
        lines.push(points(future.lower(), shown));
    }
    lines.retain(|line| !line.is_empty());
    if lines.is_empty() {
        return;
    }
    let last = shown + split.future().len();
    let threshold = outlook.and_then(|outlook| outlook.threshold);
    if let Some(threshold) = threshold {
        // A dotted line, so that it is told from the forecast without colours.
        let dots = (0..last).step_by(12);
        let line: Vec<f64> = vec![threshold; 3];
        for first in dots {
            lines.push(points(&line, first));
        }
    }
    let shapes: Vec<Shape<'_>> = lines.iter().map(|line| Shape::Lines(line)).collect();
    let mut drawing = TextChart::new(WIDTH, HEIGHT, 0.0, last as f32);
    let mut drawing = &mut drawing;
    for shape in &shapes {
        drawing = drawing.lineplot(shape);
    }
    drawing.axis();
    drawing.figures();
    let values = || lines.iter().flatten().map(|(_, value)| *value);
    let (low, high) = (
        values().fold(f32::INFINITY, f32::min),
        values().fold(f32::NEG_INFINITY, f32::max),
    );
    output::line(figure(f64::from(high)));
    // The library writes figures of its own at the right and below, in days; its frame is kept.
    for row in drawing.to_string().lines() {
        let dots: String = row.chars().take((WIDTH / 2) as usize + 1).collect();
        if dots.chars().any(|c| ('\u{2800}'..='\u{28ff}').contains(&c)) {
            output::line(dots.trim_end_matches([' ', '\u{2800}']));
        }
    }
    let ends = [
        split.as_of().minus_days(u32::try_from(shown).unwrap_or(0)),
        split.as_of(),
        split.future().last(),
    ];
    output::line(axis(ends, shown, last, low));
    if let Some(threshold) = threshold {
        output::line(format_args!(
            "broken line: full at {threshold}; the future with its interval begins after {}",
            split.as_of()
        ));
    }
}

/// The days under a chart, each where it belongs.
fn axis(days: [Day; 3], shown: usize, last: usize, low: f32) -> String {
    let width = (WIDTH / 2) as usize;
    let [first, as_of, end] = days.map(|day| day.to_string());
    let middle = width * shown / last.max(1);
    let mut line = format!("{}\n{first}", figure(f64::from(low)));
    let pad = |line: &mut String, to: usize, used: usize| {
        line.push_str(&" ".repeat(to.saturating_sub(used)));
    };
    let before = middle.saturating_sub(as_of.len() / 2);
    pad(&mut line, before, first.len());
    line.push_str(&as_of);
    pad(
        &mut line,
        width.saturating_sub(end.len()),
        before.max(first.len()) + as_of.len(),
    );
    line.push_str(&end);
    line
}

/// When the series is full, as a sentence.
fn in_words(outlook: &Outlook, facts: &Facts) -> String {
    let horizon = facts.split.future().len();
    let on = |days: i32| {
        format!(
            "{} (in {days} days)",
            findings::day_ahead(&facts.split, days)
        )
    };
    let threshold = outlook.threshold.map_or_else(String::new, figure);
    match (outlook.status, outlook.p_full) {
        (Status::Over, _) => return format!("over {threshold} already"),
        (Status::NoLimit, _) => {
            return "no threshold; set one with `cargo xtask limits`".to_owned();
        }
        _ => {}
    }
    let days = [
        (outlook.days_left, "as likely as not by"),
        (outlook.days_left_earliest, "1 in 10 by"),
        (outlook.days_left_latest, "9 in 10 by"),
    ];
    let days: Vec<String> = days
        .into_iter()
        .filter_map(|(days, words)| Some(format!("{words} {}", on(days?))))
        .collect();
    let when = if days.is_empty() {
        String::new()
    } else {
        format!(": {}", days.join(", "))
    };
    let chance = findings::chance(outlook.p_full);
    format!("{chance} that it is full ({threshold}) within {horizon} days{when}")
}

fn print_standing(standing: &Standing) {
    let mut scores = table(&["model", "", "MAPE %", "MAE", "interval holds %"]);
    let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.2}"));
    for score in &standing.scores {
        scores.add_row([
            score.model.replace('_', " "),
            if score.model == standing.winner {
                "wins"
            } else {
                ""
            }
            .to_owned(),
            figure(score.mape),
            figure(score.mae),
            figure(score.coverage.map(|share| 100.0 * share)),
        ]);
    }
    output::line(right_aligned(scores, 2));
    output::line(format_args!(
        "{} wins, decided by {}; the forecast is {}'s; trust: {}",
        standing.winner,
        standing.decided_by,
        standing.golden,
        standing.trust.as_deref().unwrap_or("not graded")
    ));
}

/// The number as people read it: whole where it is large, else with three or four digits.
fn figure(value: f64) -> String {
    if value.abs() >= 1000.0 {
        return format!("{value:.0}");
    }
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    rounded.to_string()
}
