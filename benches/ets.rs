//! Exponential smoothing: each form, all forms, the challenger, and another crate beside them.
//!
//! Everything here runs on one thread. Compare figures of one run only: machines differ, and so does
//! the same machine from hour to hour.

use std::error::Error;

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::Forecaster;
use anofox_forecast::models::exponential::AutoETS;
use criterion::{BenchmarkId, Criterion};
use fleetcast_benches::{Gaps, real_panel};
use fleetcast_core::{Engine, Horizon, IntervalLevel};
use fleetcast_ets::{Ets, EtsEngine, Form, MstlEngine};

/// Series an engine gets at a time.
const SERIES: usize = 8;

/// The real series of the fixture, over and over, to `days` days; each round a little larger.
fn real_series(days: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    let panel = real_panel(1, Gaps::None)?;
    let values = panel.view().series(0).values;
    let rounds = values.iter().copied().cycle().enumerate();
    Ok(rounds
        .map(|(day, value)| value * (1.0 + (day / values.len()) as f64 / 50.0))
        .take(days)
        .collect())
}

/// One form at a time, of a series of 974 days with a season of 7.
fn forms(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let y = real_series(974)?;
    let mut group = criterion.benchmark_group("ets_form_974_days_season_7");
    for form in Form::ALL {
        let ets = Ets::new(7).forms(&[form]);
        group.bench_function(BenchmarkId::from_parameter(form), |bencher| {
            bencher.iter(|| ets.fit(&y));
        });
    }
    group.finish();
    Ok(())
}

/// All forms that a length and a season allow, chosen by AICc.
fn all_forms(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let mut group = criterion.benchmark_group("ets_chosen_by_aicc");
    group.sample_size(10);
    for days in [100, 974, 3650] {
        let y = real_series(days)?;
        for season_length in [7, 12, 24] {
            for (name, forms) in [("all_15", &Form::ALL[..]), ("additive_6", &Form::ADDITIVE)] {
                let ets = Ets::new(season_length).forms(forms);
                let parameter = format!("{days}_days_season_{season_length}");
                group.bench_function(BenchmarkId::new(name, parameter), |bencher| {
                    bencher.iter(|| ets.fit(&y));
                });
            }
        }
    }
    let y = real_series(3650)?;
    let ets = Ets::new(365).forms(&["ANA".parse()?]);
    group.bench_function(BenchmarkId::new("ANA", "3650_days_season_365"), |bencher| {
        bencher.iter(|| ets.fit(&y));
    });
    group.finish();
    Ok(())
}

/// The same choice by the crate anofox-forecast.
fn side_by_side(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let y = real_series(974)?;
    let days = (0..y.len()).map(|day| {
        let seconds = i64::try_from(day).unwrap_or(0) * 86_400;
        chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    });
    let series = TimeSeries::univariate(days.collect(), y.clone())?;
    let mut group = criterion.benchmark_group("auto_ets_974_days_season_7");
    group.sample_size(10);
    group.bench_function("fleetcast", |bencher| {
        let ets = Ets::new(7);
        bencher.iter(|| ets.fit(&y));
    });
    group.bench_function("anofox-forecast", |bencher| {
        bencher.iter(|| AutoETS::with_period(7).fit(&series));
    });
    group.finish();
    Ok(())
}

/// The challenger with its inner validation, and the first version.
fn engines(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let panel = real_panel(SERIES, Gaps::None)?;
    let level = IntervalLevel::EIGHTY_PERCENT;
    let engines: [Box<dyn Engine>; 2] = [Box::new(EtsEngine::new()), Box::new(MstlEngine::new())];
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut group = criterion.benchmark_group("forecast_180_from_974_one_thread_8_series");
    group.sample_size(10);
    for engine in engines {
        group.bench_function(BenchmarkId::from_parameter(engine.name()), |bencher| {
            bencher.iter(|| {
                one_thread.install(|| engine.forecast(panel.view(), Horizon::DEFAULT, level))
            });
        });
    }
    group.finish();
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    forms(&mut criterion)?;
    all_forms(&mut criterion)?;
    side_by_side(&mut criterion)?;
    engines(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
