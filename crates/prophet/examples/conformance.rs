//! Prints the table of `docs/prophet-conformance.md`: exact modes beside what Stan found.
//!
//!     cargo run --package fleetcast-prophet --example conformance
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "it reads a fixture that the tests check; the cases are a module of several"
)]

#[path = "../tests/cases/mod.rs"]
mod cases;

use std::collections::BTreeMap;

use augurs_prophet::PositiveFloat;
use augurs_prophet::optimizer::OptimizedParams;
use cases::Case;
use fleetcast_prophet::{Certainty, ExactOptimizer};

/// What the cases of one configuration show.
#[derive(Debug, Default)]
struct Row {
    /// The amounts by which our negative log posterior is lower than Stan's.
    gains: Vec<f64>,
    /// The largest violation of the mode's conditions.
    kkt: f64,
    /// The largest differences of the two forecasts, in units of the largest value: on the
    /// history, and on the 300 days after.
    on_history: Vec<f64>,
    ahead: Vec<f64>,
}

fn main() {
    let mut rows: BTreeMap<&'static str, Row> = BTreeMap::new();
    let mut steps = Row::default();
    for case in cases::all() {
        let data = case.stan_data();
        let solution = ExactOptimizer::new().solve(&case.initial(), &data).unwrap();
        let stan = stans_parameters(&case);
        let Certainty::Certified { kkt } = solution.certainty else {
            continue;
        };
        let gain = cases::objective(&data, &stan) - cases::objective(&data, &solution.parameters);
        let apart = |data| largest_difference(&stan, &solution.parameters, data);
        let (on_history, ahead) = (apart(&data), apart(&case.future_data()));
        let row = rows.entry(configuration(&case)).or_default();
        let rows = if case.name.starts_with("syn/steps") || case.name.contains("newborn") {
            vec![row, &mut steps]
        } else {
            vec![row]
        };
        for row in rows {
            row.gains.push(gain);
            row.kkt = row.kkt.max(kkt);
            row.on_history.push(on_history);
            row.ahead.push(ahead);
        }
    }
    println!(
        "| configuration | cases | better than Stan by, median and most (nats) | worst condition | forecasts apart on the history, median and most | 300 days on |"
    );
    println!("|---|---|---|---|---|---|");
    for (name, row) in rows.iter().chain([(&"of these, step-like series", &steps)]) {
        println!(
            "| {name} | {} | {:.2}, {:.1} | {:.0e} | {:.2} %, {:.1} % | {:.2} %, {:.1} % |",
            row.gains.len(),
            median(&row.gains),
            most(&row.gains),
            row.kkt,
            100.0 * median(&row.on_history),
            100.0 * most(&row.on_history),
            100.0 * median(&row.ahead),
            100.0 * most(&row.ahead),
        );
    }
}

fn configuration(case: &Case) -> &'static str {
    let has = |key: &str| case.config.get(key).is_some();
    match case.growth() {
        "flat" => return "flat growth",
        "logistic" => return "logistic growth",
        _ => {}
    }
    if case.is_multiplicative() {
        "multiplicative seasons"
    } else if has("changepoint_prior_scale") {
        "changepoint prior 0.001 or 0.5"
    } else if has("scaling") {
        "min-max scaling"
    } else if has("add_seasonality") {
        "a monthly season"
    } else if has("holidays") {
        "holidays"
    } else if case.x.is_some() {
        "a regressor"
    } else if case.name.ends_with("gaps5pct") {
        "5 % of days missing"
    } else if case.name.contains("/first") {
        "30, 100 or 400 days"
    } else {
        "defaults"
    }
}

fn stans_parameters(case: &Case) -> OptimizedParams {
    OptimizedParams {
        k: case.k,
        m: case.m,
        sigma_obs: PositiveFloat::try_new(case.sigma_obs).unwrap(),
        delta: case.delta.clone(),
        beta: case.beta.clone(),
        trend: Vec::new(),
    }
}

fn largest_difference(
    a: &OptimizedParams,
    b: &OptimizedParams,
    data: &augurs_prophet::optimizer::Data,
) -> f64 {
    let yhat = |parameters| {
        ExactOptimizer::new()
            .evaluate(parameters, data)
            .unwrap()
            .yhat
    };
    let pairs = yhat(a).into_iter().zip(yhat(b));
    pairs.fold(0.0, |largest, (a, b)| largest.max((a - b).abs()))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn most(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
