//! Time a batch of series: each engine forecasts 180 days from 974, on all cores, with its default
//! settings.

use std::error::Error;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use fleetcast_benches::{Gaps, real_panel};
use fleetcast_core::{Engine, Horizon, IntervalLevel, metrics, seasonal_naive};
use fleetcast_ets::EtsEngine;
use fleetcast_prophet::{ProphetEngine, TrendUncertainty};

/// Series an engine gets at a time.
const SERIES: usize = 8;

fn engines(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let panel = real_panel(SERIES, Gaps::None)?;
    let level = IntervalLevel::EIGHTY_PERCENT;
    let engines: [Box<dyn Engine>; 2] = [
        Box::new(ProphetEngine::default()),
        Box::new(EtsEngine::new()),
    ];
    let mut group = criterion.benchmark_group("forecast_180_from_974");
    group
        .throughput(Throughput::Elements(SERIES as u64))
        .sample_size(10);
    for engine in engines {
        group.bench_function(BenchmarkId::from_parameter(engine.name()), |bencher| {
            bencher.iter(|| engine.forecast(panel.view(), Horizon::DEFAULT, level));
        });
    }
    group.bench_function(BenchmarkId::from_parameter("seasonal_naive"), |bencher| {
        bencher.iter(|| {
            let forecasts = panel
                .view()
                .iter()
                .map(|series| seasonal_naive(series, Horizon::DEFAULT));
            forecasts.collect::<Vec<_>>()
        });
    });
    group.finish();
    Ok(())
}

fn intervals(criterion: &mut Criterion) {
    let uncertainty = TrendUncertainty {
        changepoints: 25.0,
        mean_absolute_delta: 0.05,
        sigma: 0.05,
    };
    criterion.bench_function("prophet_interval_180_days", |bencher| {
        bencher.iter(|| {
            let days = (1..=180).map(|day| f64::from(day) / 973.0);
            days.map(|tau| uncertainty.half_width(tau, IntervalLevel::EIGHTY_PERCENT))
                .sum::<f64>()
        });
    });
}

fn all_metrics(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let panel = real_panel(1, Gaps::None)?;
    let values = panel.view().series(0).values;
    let (training, actual) = values.split_at(values.len() - 122);
    let yhat = &training[training.len() - actual.len()..];
    criterion.bench_function("metrics_122_days", |bencher| {
        bencher.iter_batched(
            || (actual.to_vec(), yhat.to_vec()),
            |(actual, yhat)| {
                (
                    metrics::mape(&actual, &yhat),
                    metrics::wape(&actual, &yhat),
                    metrics::smape(&actual, &yhat),
                    metrics::mae(&actual, &yhat),
                    metrics::rmse(&actual, &yhat),
                )
            },
            BatchSize::SmallInput,
        );
    });
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    engines(&mut criterion)?;
    intervals(&mut criterion);
    all_metrics(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
