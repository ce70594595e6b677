//! Figures of Python's Prophet 1.5.0: see `fixtures/README.md`.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::collections::BTreeMap;

use fleetcast_core::{Day, Engine, Horizon, IntervalLevel, Panel, SeriesKey, TimeGrid};
use fleetcast_prophet::{ProphetEngine, TrendUncertainty};

const INTERVALS: &str = include_str!("../../../fixtures/prophet_intervals.csv");
const FORECASTS: &str = include_str!("../../../fixtures/prophet_forecasts.csv");

/// The rows after the heading, cell by cell.
fn cells(csv: &str) -> impl Iterator<Item = Vec<&str>> {
    csv.lines().skip(1).map(|line| line.split(',').collect())
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

#[test]
fn intervals_agree_with_prophets_simulation() {
    let mut deviations = Vec::new();
    for row in cells(INTERVALS) {
        let uncertainty = TrendUncertainty {
            changepoints: number(row[1]),
            mean_absolute_delta: number(row[2]),
            sigma: number(row[3]),
        };
        let expected = number(row[6]);
        let found =
            number(row[4]) * uncertainty.half_width(number(row[5]), IntervalLevel::EIGHTY_PERCENT);
        deviations.push((found / expected - 1.0, row[0], row[5]));
    }
    assert_eq!(deviations.len(), 136);
    // Half the difference of two quantiles of 20,000 samples: a standard error near 1 %, more
    // where the tails are long.
    let mean = deviations
        .iter()
        .map(|(deviation, ..)| deviation)
        .sum::<f64>()
        / 136.0;
    assert!(mean.abs() < 0.005, "mean deviation {mean}");
    for (deviation, case, tau) in deviations {
        assert!(deviation.abs() < 0.04, "{case} at {tau}: {deviation}");
    }
}

/// A case of the reference: what was fitted, and what Prophet said of the days after.
#[derive(Debug, Default)]
struct Case {
    first: Option<Day>,
    history: Vec<f64>,
    yhat: Vec<f64>,
}

#[test]
fn forecasts_agree_with_pythons() {
    let mut cases: BTreeMap<&str, Case> = BTreeMap::new();
    for row in cells(FORECASTS) {
        let case = cases.entry(row[0]).or_default();
        case.first.get_or_insert(row[1].parse().unwrap());
        if row[2].is_empty() {
            case.yhat.push(number(row[3]));
        } else {
            case.history.push(number(row[2]));
        }
    }
    assert_eq!(cases.len(), 3);

    let engine = ProphetEngine::new();
    for (name, case) in cases {
        let grid = TimeGrid::new(case.first.unwrap(), case.history.len());
        let largest = case.history.iter().copied().fold(0.0, f64::max);
        let panel = Panel::from_rows(grid, [(SeriesKey::new(name, "x"), case.history)]).unwrap();
        let horizon = Horizon::new(case.yhat.len()).unwrap();
        let outcomes = engine.forecast(panel.view(), horizon, IntervalLevel::EIGHTY_PERCENT);
        let forecast = outcomes[0].forecast.as_ref().unwrap();
        // Both stop where Stan's search does, a little short of the optimum and not at one point.
        for (found, expected) in forecast.yhat().iter().zip(&case.yhat) {
            let difference = (found - expected).abs() / largest;
            assert!(difference < 0.02, "{name}: {found}, Python says {expected}");
        }
    }
}
