//! `show`: one host in the terminal.

use std::fmt::Write as _;

use fleetcast_core::{Day, SeriesKey};
use fleetcast_pipeline::Why;
use fleetcast_report::{Chart, Facts, LOOKED_BACK, Outlook, Report, Standing, Status, figure};
use textplots::{Chart as TextChart, Plot, Shape};

use crate::cli::ShowFlags;
use crate::error::Error;
use crate::findings;
use crate::output;
use crate::run::over_pipeline;
use crate::settings::Settings;
use crate::text_table::{self, right_aligned, table, wrapped};

/// Dots of a chart: two of them across a character, four down.
const WIDTH: u32 = 140;
const HEIGHT: u32 = 56;

/// Characters to the left of a chart, for its figures; a blank stands between.
const MARGIN: usize = text_table::WIDTH - 1 - WIDTH as usize / 2;

/// Days of history that charts show.
const HISTORY_DAYS: usize = 400;

/// Days ahead whose forecasts are taken apart.
const TAKEN_APART: [usize; 3] = [30, 90, 180];

/// Features that are named; the others are added up.
const NAMED_FEATURES: usize = 8;

pub(crate) fn show(settings: &Settings, flags: &ShowFlags) -> Result<(), Error> {
    let (host, resource) = (flags.host.as_str(), flags.resource.as_deref());
    let store = settings.open(false)?;
    let Report {
        facts,
        series,
        issues,
        ..
    } = findings::read(settings, &store, Some(host))?;
    let resources: Vec<&str> = series.iter().map(|one| one.key.resource()).collect();
    if let Some(wanted) = resource.filter(|wanted| !resources.contains(wanted)) {
        return Err(Error::Setting(format!(
            "host {host} has no resource `{wanted}`, only {}",
            resources.join(", ")
        )));
    }
    let shown = |key: &SeriesKey| resource.is_none_or(|wanted| wanted == key.resource());
    let mut made_of = Vec::new();
    if flags.why {
        let keys = series.iter().map(|one| one.key.clone());
        let keys: Vec<SeriesKey> = keys.filter(|key| shown(key)).collect();
        made_of = over_pipeline(settings, &store, |pipeline| {
            Ok(pipeline.why(&keys, &TAKEN_APART)?)
        })?;
        if made_of.is_empty() {
            return Err(Error::Setting(format!(
                "no forecast of {host} is by a model of the whole fleet; run `cargo xtask run-all --contenders ets,xgboost` first"
            )));
        }
    }
    for one in &series {
        if resource.is_some_and(|wanted| wanted != one.key.resource()) {
            continue;
        }
        let name = output::in_one_line(&one.key.to_string());
        output::line(&name);
        if let Some(outlook) = &one.outlook {
            say(&format!("outlook: {}", in_words(outlook, &facts)));
            for (day, threshold) in &outlook.planned {
                let threshold = figure(*threshold);
                say(&format!("planned: full at {threshold} from {day} on"));
            }
        }
        if let Some(chart) = &one.chart {
            draw(chart, one.outlook.as_ref(), &facts);
        }
        match &one.standing {
            Some(standing) => print_standing(standing),
            None => output::line("no forecast"),
        }
        let of_series: Vec<&Why> = made_of.iter().filter(|why| why.key == one.key).collect();
        if !of_series.is_empty() {
            say_why(&of_series);
        }
        for issue in issues.iter().filter(|issue| issue.key == one.key) {
            say(&format!(
                "{}: {} ({})",
                issue.severity, issue.message, issue.code
            ));
        }
        output::line("");
    }
    Ok(())
}

/// What forecasts of some days are made of, a column a day.
fn say_why(days: &[&Why]) {
    let Some(first) = days.first() else { return };
    say(&format!(
        "what the forecasts of xgboost are made of (as {}):",
        first.contender
    ));
    let mut headings = vec!["part".to_owned()];
    headings.extend(days.iter().map(|why| why.day.to_string()));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut parts = table(&headings);
    let mut row = |name: &str, of: &dyn Fn(&Why) -> f64| {
        let figures = days.iter().map(|why| figure(of(why)));
        parts.add_row(std::iter::once(name.to_owned()).chain(figures));
    };
    row("its own week and year, trend flat", &|why| why.made_of.base);
    row("the fleet's average correction", &|why| why.made_of.average);
    let weight = |feature: usize| {
        let sizes = days.iter().map(|why| why.made_of.features[feature].1.abs());
        sizes.fold(0.0, f64::max)
    };
    let mut features: Vec<usize> = (0..first.made_of.features.len()).collect();
    features.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)));
    let (named, others) = features.split_at(NAMED_FEATURES.min(features.len()));
    for feature in named.iter().copied() {
        let name = first.made_of.features[feature].0.replace('_', " ");
        row(&name, &|why| why.made_of.features[feature].1);
    }
    row("all other features", &|why| {
        others
            .iter()
            .map(|place| why.made_of.features[*place].1)
            .sum()
    });
    row("growth since lately, or a known day", &|why| why.growth);
    row("forecast", &|why| why.forecast);
    output::line(right_aligned(parts, 1));
}

/// The last year and the future; a column of dots is a few days.
fn draw(chart: &Chart, outlook: Option<&Outlook>, facts: &Facts) {
    let split = &facts.split;
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
    // The library writes figures of its own at the right and below, in days; its frame is kept.
    let rows: Vec<String> = drawing
        .to_string()
        .lines()
        .map(|row| row.chars().take((WIDTH / 2) as usize).collect::<String>())
        .filter(|dots| dots.chars().any(|c| ('\u{2800}'..='\u{28ff}').contains(&c)))
        .collect();
    let labels = labels(rows.len(), [low, high].map(f64::from), threshold);
    for (label, dots) in labels.iter().zip(&rows) {
        let dots = dots.trim_end_matches([' ', '\u{2800}']);
        output::line(format_args!("{label:>MARGIN$} {dots}"));
    }
    let first = split.as_of().minus_days(u32::try_from(shown).unwrap_or(0));
    let ends = [first, split.as_of(), split.future().last()];
    output::line(axis(ends, shown, last));
    let of_threshold = threshold.map_or_else(String::new, |threshold| {
        format!("broken line: full at {}; ", figure(threshold))
    });
    say(&format!(
        "{of_threshold}observed to {as_of}, then the forecast and its {:.0} % interval, to {}",
        100.0 * facts.interval_level,
        ends[2],
        as_of = split.as_of(),
    ));
}

/// A figure beside each row of a chart that has one: at the top, in the middle, at the bottom, and at the threshold.
fn labels(rows: usize, [low, high]: [f64; 2], threshold: Option<f64>) -> Vec<String> {
    let mut labels = vec![String::new(); rows];
    let last = rows.saturating_sub(1);
    for row in [0, last / 2, last] {
        if let Some(label) = labels.get_mut(row) {
            *label = figure(high - (high - low) * row as f64 / last.max(1) as f64);
        }
    }
    let Some(threshold) = threshold else {
        return labels;
    };
    let at = (high - threshold) / (high - low) * last as f64;
    let nearest = (0..rows).min_by(|a, b| {
        let distance = |row: &usize| (*row as f64 - at).abs();
        distance(a).total_cmp(&distance(b))
    });
    if let Some(label) = nearest.and_then(|row| labels.get_mut(row)) {
        *label = format!("full {}", figure(threshold));
    }
    labels
}

/// The days under a chart, each where it belongs.
fn axis(days: [Day; 3], shown: usize, last: usize) -> String {
    let width = (WIDTH / 2) as usize;
    let [first, as_of, end] = days.map(|day| day.to_string());
    let middle = width * shown / last.max(1);
    let mut line = " ".repeat(MARGIN + 1) + &first;
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

/// Prints a sentence in lines of the terminal's width.
fn say(sentence: &str) {
    for line in wrapped(&output::in_one_line(sentence)) {
        output::line(line);
    }
}

/// When the series is full, and how sure that is, as a sentence.
fn in_words(outlook: &Outlook, facts: &Facts) -> String {
    let horizon = facts.split.future().len();
    let day = |days: i32| findings::day_ahead(&facts.split, days);
    let threshold = outlook.threshold.map_or_else(String::new, figure);
    let change = change_in_words(outlook);
    match outlook.status {
        Status::Over => {
            let since = outlook.since_days.map_or_else(String::new, |days| {
                let since = facts.split.as_of().minus_days(days.unsigned_abs());
                let earlier = if days >= LOOKED_BACK {
                    " or before"
                } else {
                    ""
                };
                format!(", since {since}{earlier}")
            });
            return format!("over {threshold} already{since}{change}");
        }
        Status::NoLimit => {
            return "no threshold; set one with `cargo xtask limits`".to_owned();
        }
        _ => {}
    }
    let range = match (outlook.days_left_earliest, outlook.days_left_latest) {
        (Some(earliest), Some(latest)) if earliest < latest => format!(
            ", and in 8 of 10 cases between {} and {}",
            day(earliest),
            day(latest)
        ),
        (Some(earliest), None) => format!(", and in 1 of 10 cases by {} already", day(earliest)),
        _ => String::new(),
    };
    let chance = findings::chance(outlook.p_full);
    let when = match outlook.days_left {
        Some(days) => format!(
            ", as likely as not by {} (in {days} {}){range}",
            day(days),
            if days == 1 { "day" } else { "days" }
        ),
        None => range,
    };
    format!("{chance} that it is full ({threshold}) within {horizon} days{when}{change}")
}

/// How the level changes, and what that means for its capacity, as the end of a sentence.
fn change_in_words(outlook: &Outlook) -> String {
    // Less than a two-thousandth of what is full in a month is nothing to speak of.
    let least = outlook
        .threshold
        .map_or(0.0, |threshold| 0.0005 * threshold.abs());
    let growth = outlook.growth.filter(|growth| growth.abs() > least);
    let mut words = match growth {
        Some(growth) if growth > 0.0 => format!("; it grows by {} in 30 days", figure(growth)),
        Some(growth) if growth < 0.0 => format!("; it falls by {} in 30 days", figure(-growth)),
        _ => String::new(),
    };
    if let Some(order) = outlook.to_order.filter(|order| *order > 0.0) {
        let unit = if outlook.is_percent { " %" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(words, "; {}{unit} more capacity would last", figure(order));
    }
    words
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
    say(&format!(
        "{} wins, decided by {}; the forecast is {}'s; trust: {}",
        standing.winner,
        standing.decided_by,
        standing.golden,
        standing.trust.as_deref().unwrap_or("not graded")
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_keep_to_the_width() {
        let text = "word ".repeat(60) + &"long".repeat(30) + " end";
        let lines = wrapped(&text);
        assert_eq!(lines.join(" "), text);
        let wide = lines
            .iter()
            .filter(|line| line.chars().count() > 80)
            .count();
        assert_eq!(wide, 1, "{lines:?}");
        assert_eq!(
            lines.iter().position(|line| line.starts_with("long")),
            Some(4)
        );
    }

    #[test]
    fn figures_stand_where_they_belong() {
        let labels = labels(5, [0.0, 100.0], Some(80.0));
        assert_eq!(labels, ["100", "full 80", "50", "", "0"]);
        assert_eq!(super::labels(2, [1.0, 3.0], None), ["3", "1"]);
    }
}
