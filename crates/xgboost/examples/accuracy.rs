//! How far forecasts are off on series whose future is known: seasonal naive, the base forecast, and XGBoost.
//!
//! Takes a CSV file with the columns `host,resource,ds,y` (days as 2025-12-31) and the XGBoost library by
//! `FLEETCAST_XGBOOST`; `cargo run --features xgboost --example accuracy -- FILE [ORIGINS [FORECASTS]]`. Origins lie 91
//! days apart, the last one 180 days before the last day. At each, all series are cut to the 36 months before it, one
//! model is trained on all of them, and what comes is forecast. Where a third argument is given, forecasts are written
//! to that file (host, resource, origin, day, and the three forecasts).
//!
//! The figures are means over series of the MASE (Hyndman & Koehler 2006), geometric, at each origin: errors in units
//! of the mean absolute weekly change of the history.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::time::Instant;

use fleetcast_core::{Day, Horizon, SEASON_YEAR, SeriesKey, naive_of_season};
use fleetcast_xgboost::{
    Library, Model, Settings, TrainingSample, Workspace, XgboostError, base_forecast,
};

/// Days between origins, and months before each.
const STEP: u32 = 91;
const MONTHS: u32 = 36;

/// Days of a history that are observed, at least, for a series to be scored.
const LEAST_OBSERVED: usize = 365;

type Fleet = BTreeMap<SeriesKey, BTreeMap<Day, f64>>;

fn read(path: &str) -> Result<Fleet, Box<dyn Error>> {
    let mut fleet = Fleet::new();
    for line in std::fs::read_to_string(path)?.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [host, resource, day, value] = fields[..] else {
            return Err(format!("`{line}` has not four fields").into());
        };
        let series = fleet.entry(SeriesKey::new(host, resource)).or_default();
        series.insert(day.parse()?, value.parse()?);
    }
    Ok(fleet)
}

/// A value a day from the first of `days` on, NaN where it is missing.
fn values(series: &BTreeMap<Day, f64>, first: Day, days: usize) -> Vec<f64> {
    let days = (0..).take(days).map(|day| first.plus_days(day));
    days.map(|day| series.get(&day).copied().unwrap_or(f64::NAN))
        .collect()
}

/// The mean absolute error over the mean absolute weekly change of the history; `None` where either is not known.
fn mase(forecast: &[f64], actual: &[f64], history: &[f64]) -> Option<f64> {
    let mean = |values: Vec<f64>| {
        let known: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
        (known.len() > 30).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    let days = forecast.iter().zip(actual);
    let error = mean(days.map(|(a, b)| (a - b).abs()).collect())?;
    let weeks = history[7..].iter().zip(history);
    let change = mean(weeks.map(|(a, b)| (a - b).abs()).collect())?;
    (change > 0.0).then(|| (error / change).max(1e-3))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let path = arguments.first().ok_or("give a CSV file")?;
    let origins: u32 = arguments.get(1).map_or(Ok(4), |text| text.parse())?;
    let fleet = read(path)?;
    let days = fleet.values().filter_map(|series| series.keys().last());
    let end = *days.max().ok_or("there is no row")?;
    let library = Library::open(None)?;
    let mut written = String::from("host,resource,origin,ds,naive,base,xgboost\n");
    println!(
        "origin      series    rows  naive   base xgboost   ms a series: sample, forecast; ms: training"
    );
    for origin in (0..origins).rev() {
        let last = end.minus_days(180 + origin * STEP);
        score(&fleet, last, &library, &mut written)?;
    }
    if let Some(path) = arguments.get(2) {
        std::fs::write(path, written)?;
    }
    Ok(())
}

/// Trains on everything up to `last`, forecasts what follows, and prints a line.
fn score(
    fleet: &Fleet,
    last: Day,
    library: &Library,
    written: &mut String,
) -> Result<(), Box<dyn Error>> {
    let first = last.minus_months(MONTHS)?.plus_days(1);
    let days = usize::try_from(last.days_since(first) + 1)?;
    let histories: Vec<(&SeriesKey, Vec<f64>, Vec<f64>)> = fleet
        .iter()
        .map(|(key, series)| {
            let future = values(series, last.plus_days(1), Horizon::DEFAULT.days());
            (key, values(series, first, days), future)
        })
        .filter(|(_, history, _)| {
            let observed = history.iter().filter(|value| !value.is_nan());
            observed.count() >= LEAST_OBSERVED
        })
        .collect();

    let workspace = &mut Workspace::new();
    let clock = Instant::now();
    let mut sample = TrainingSample::default();
    for (key, history, _) in &histories {
        sample.add(key, history, last, workspace);
    }
    let sampling = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let model = Model::train(library, &sample, &Settings::default())?;
    let training = clock.elapsed().as_secs_f64();
    let clock = Instant::now();
    let forecasts: Result<Vec<Vec<f64>>, XgboostError> = histories
        .iter()
        .map(|(_, history, _)| model.forecast(history, last, Horizon::DEFAULT, workspace))
        .collect();
    let (forecasts, forecasting) = (forecasts?, clock.elapsed().as_secs_f64());

    let (mut logs, mut scored) = ([0.0; 3], 0.0);
    for ((key, history, future), xgboost) in histories.iter().zip(&forecasts) {
        let naive = naive_of_season(history, SEASON_YEAR, Horizon::DEFAULT.days());
        let base = base_forecast(history, last, Horizon::DEFAULT, workspace);
        let (Some(naive), Some(base)) = (naive, base) else {
            continue;
        };
        for day in 0..Horizon::DEFAULT.days() {
            let ahead = last.plus_days(u32::try_from(day)? + 1);
            let (host, resource) = (key.host(), key.resource());
            let (naive, base, xgboost) = (naive[day], base[day], xgboost[day]);
            writeln!(
                written,
                "{host},{resource},{last},{ahead},{naive},{base},{xgboost}"
            )?;
        }
        let scores = [&naive, &base, xgboost].map(|forecast| mase(forecast, future, history));
        if let [Some(naive), Some(base), Some(xgboost)] = scores {
            for (log, score) in logs.iter_mut().zip([naive, base, xgboost]) {
                *log += score.ln();
            }
            scored += 1.0;
        }
    }
    let [naive, base, xgboost] = logs.map(|log| f64::exp(log / scored));
    let a_series = 1000.0 / histories.len() as f64;
    println!(
        "{last}  {scored:6.0}  {:6}  {naive:.3}  {base:.3}   {xgboost:.3}   {:.2}, {:.2}; {:.0}",
        sample.len(),
        sampling * a_series,
        forecasting * a_series,
        training * 1000.0
    );
    Ok(())
}
