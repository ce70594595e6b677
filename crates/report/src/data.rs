//! What the page's script gets: a row of plain values a series.

use std::collections::HashMap;

use fleetcast_core::Day;
use serde::Serialize;
use serde_json::{Value, json};

use crate::champions::model_names;
use crate::packing::{Packed, pack};
use crate::rank::by_urgency;
use crate::{Issue, Report, Score, Series, Status};

/// Rows and charts stand in the same order, most urgent first. Names that many series share stand
/// in lists, and rows have their positions.
#[derive(Debug, Serialize)]
struct PageData<'a> {
    as_of: i32,
    history: usize,
    backtest: usize,
    future: usize,
    level: f64,
    hosts: Vec<&'a str>,
    resources: Vec<&'a str>,
    models: Vec<String>,
    behaviours: Vec<&'a str>,
    codes: Vec<&'a str>,
    rows: Vec<Value>,
    charts: Vec<Option<Packed>>,
}

/// Distinct names and their positions, in the order of their first use.
#[derive(Debug, Default)]
struct Names<'a> {
    names: Vec<&'a str>,
    positions: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn position(&mut self, name: &'a str) -> usize {
        *self.positions.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() - 1
        })
    }
}

/// The page's data as JSON that can stand inside a `<script>` element.
pub(crate) fn page_data(report: &Report) -> Result<String, serde_json::Error> {
    let ranked: Vec<&Series> = by_urgency(&report.series)
        .into_iter()
        .map(|index| &report.series[index])
        .collect();
    let mut issues: HashMap<_, Vec<&str>> = HashMap::new();
    let mut marks: HashMap<_, Vec<Mark>> = HashMap::new();
    for issue in &report.issues {
        if let Some(mark) = mark(issue) {
            marks.entry(&issue.key).or_default().push(mark);
        }
        let codes = issues.entry(&issue.key).or_default();
        if !codes.contains(&issue.code.as_str()) {
            codes.push(&issue.code);
        }
    }
    let models = model_names(&report.series);
    let (mut hosts, mut resources) = (Names::default(), Names::default());
    let (mut behaviours, mut codes) = (Names::default(), Names::default());
    let rows = ranked
        .iter()
        .map(|series| {
            let codes: Vec<usize> = issues
                .get(&series.key)
                .into_iter()
                .flatten()
                .map(|code| codes.position(code))
                .collect();
            let mut row = vec![
                json!(hosts.position(series.key.host())),
                json!(resources.position(series.key.resource())),
            ];
            row.extend(outlook_cells(series));
            row.extend(standing_cells(series, &models));
            row.push(json!(
                series
                    .behaviour
                    .as_deref()
                    .map(|name| behaviours.position(name))
            ));
            row.push(json!(codes));
            let by = series.outlook.as_ref().map(|outlook| outlook.p_full_by);
            row.push(json!(by.map(|by| by.map(|p| p.map(in_percent)))));
            row.extend(change_cells(series));
            let marks = marks.get(&series.key).map(Vec::as_slice);
            row.push(json!(marks.unwrap_or_default()));
            row.push(planned(series));
            Value::Array(row)
        })
        .collect();
    let split = &report.facts.split;
    let data = PageData {
        as_of: split.as_of().epoch_days(),
        history: split.history().len(),
        backtest: split.days_until_future(),
        future: split.future().len(),
        level: report.facts.interval_level,
        hosts: hosts.names,
        resources: resources.names,
        models,
        behaviours: behaviours.names,
        codes: codes.names,
        rows,
        charts: pack(&ranked, split),
    };
    // `<` is the only character by which JSON could leave the element.
    Ok(serde_json::to_string(&data)?.replace('<', "\\u003c"))
}

/// A day that a chart marks, in days since 1970, and what became another on it.
type Mark = (i32, &'static str);

/// Days from which on full starts at other values, in days since 1970, with these.
fn planned(series: &Series) -> Value {
    let planned = series.outlook.iter().flat_map(|outlook| &outlook.planned);
    planned
        .map(|(day, threshold)| json!([day.epoch_days(), short(Some(*threshold))]))
        .collect()
}

/// The day that an issue is about, where charts mark it.
fn mark(issue: &Issue) -> Option<Mark> {
    let what = match issue.code.as_str() {
        "level_shift" => "level shifted",
        "pending_shift" => "level shifted?",
        "growth_onset" => "began to change",
        _ => return None,
    };
    let mut words = issue.message.split([' ', ':', ',', ';']);
    let day: Day = words.find_map(|word| word.parse().ok())?;
    Some((day.epoch_days(), what))
}

/// A probability in percent: a tenth of one says more than anybody knows.
fn in_percent(p: f64) -> f64 {
    (1000.0 * p).round() / 10.0
}

/// Status, days left, at the earliest and at the latest, the probability in percent, threshold, capacity, recent, peak.
fn outlook_cells(series: &Series) -> [Value; 9] {
    let Some(outlook) = &series.outlook else {
        return [
            json!(5),
            json!(null),
            json!(null),
            json!(null),
            json!(null),
            json!(null),
            json!(null),
            json!(null),
            json!(null),
        ];
    };
    let status = match outlook.status {
        Status::Over => 0,
        Status::Within => 1,
        Status::Possible => 2,
        Status::NotWithinHorizon => 3,
        Status::NoLimit => 4,
    };
    [
        json!(status),
        json!(outlook.days_left),
        json!(outlook.days_left_earliest),
        json!(outlook.days_left_latest),
        json!(outlook.p_full.map(in_percent)),
        short(outlook.threshold),
        short(outlook.capacity),
        short(outlook.recent),
        short(Some(outlook.peak)),
    ]
}

/// Growth in 30 days, how much to order, days since which it is over, whether it is in percent of its capacity.
fn change_cells(series: &Series) -> [Value; 4] {
    let outlook = series.outlook.as_ref();
    [
        short(outlook.and_then(|outlook| outlook.growth)),
        short(outlook.and_then(|outlook| outlook.to_order)),
        json!(outlook.and_then(|outlook| outlook.since_days)),
        json!(u8::from(outlook.is_some_and(|outlook| outlook.is_percent))),
    ]
}

/// Trust, the model whose forecast it is, decided by, MAPE of each model, coverage in percent.
fn standing_cells(series: &Series, models: &[String]) -> [Value; 5] {
    let Some(standing) = &series.standing else {
        return [
            json!(null),
            json!(null),
            json!(null),
            json!([]),
            json!(null),
        ];
    };
    let score = |model: &str| standing.scores.iter().find(|score| score.model == model);
    let mapes: Vec<Value> = models
        .iter()
        .map(|model| short(score(model).and_then(|score: &Score| score.mape)))
        .collect();
    [
        json!(standing.trust),
        json!(models.iter().position(|model| *model == standing.golden)),
        json!(standing.decided_by),
        Value::Array(mapes),
        short(standing.coverage.map(|share| 100.0 * share)),
    ]
}

/// The number with three or four significant digits, which is more than anybody reads.
fn short(value: Option<f64>) -> Value {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        return Value::Null;
    };
    let rounded: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    // A whole number needs no `.0`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be whole and small"
    )]
    if rounded.fract() == 0.0 && rounded.abs() < 1e15 {
        return json!(rounded as i64);
    }
    json!(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_on_which_a_level_shifted_is_marked() {
        let issue = |code: &str, message: &str| Issue {
            key: fleetcast_core::SeriesKey::new("h", "disk"),
            severity: "info".to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
        };
        let fell = "level fell from 78 to 39 on 2025-12-11: taken as lasting";
        let day: Day = "2025-12-11".parse().unwrap();
        let marked = Some((day.epoch_days(), "level shifted"));
        assert_eq!(mark(&issue("level_shift", fell)), marked);
        assert_eq!(mark(&issue("level_shift", "level fell")), None);
        assert_eq!(mark(&issue("gap", fell)), None);
        let growth = "growth of 12 in 30 days began about 2025-11-16: taken as going on more and more slowly";
        assert!(mark(&issue("growth_onset", growth)).is_some());
    }

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (80.0, "80"),
            (1.0 / 3.0, "0.3333"),
            (123_456.7, "123500"),
            (-0.000_012_345, "-0.00001234"),
        ] {
            let text = short(Some(value)).to_string();
            let (found, wanted): (f64, f64) = (text.parse().unwrap(), expected.parse().unwrap());
            assert!((found / wanted - 1.0).abs() < 1e-3, "{text}");
            assert!(text.len() <= 12, "{text}");
        }
        assert_eq!(short(Some(80.0)).to_string(), "80");
        assert_eq!(short(Some(f64::NAN)), Value::Null);
    }
}
