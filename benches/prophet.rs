//! The champion in detail, on one thread: fits, forecasts, intervals and certificates in batches of
//! 8,000 series of 974 days, with and without private gaps.

use std::error::Error;

use criterion::{BenchmarkId, Criterion, Throughput};
use fleetcast_benches::{Gaps, real_panel};
use fleetcast_core::{Engine, Horizon, IntervalLevel};
use fleetcast_prophet::{Certify, Mode, ProphetEngine, fit_panel, point_forecasts};

/// Series a batch.
const SERIES: usize = 8000;

/// Days forecast.
const HORIZON: usize = 300;

fn exact(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let horizon = Horizon::new(HORIZON)?;
    let level = IntervalLevel::EIGHTY_PERCENT;
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    for (name, gaps) in [("complete", Gaps::None), ("gaps", Gaps::OneInTwenty)] {
        let panel = real_panel(SERIES, gaps)?;
        let mut group = criterion.benchmark_group("prophet_exact");
        group
            .throughput(Throughput::Elements(SERIES as u64))
            .sample_size(10);
        group.bench_function(BenchmarkId::new("fit", name), |bencher| {
            bencher.iter(|| one_thread.install(|| fit_panel(panel.view(), Certify::No)));
        });
        group.bench_function(BenchmarkId::new("fit_certified", name), |bencher| {
            bencher.iter(|| one_thread.install(|| fit_panel(panel.view(), Certify::Yes)));
        });
        group.bench_function(BenchmarkId::new("forecast_300", name), |bencher| {
            bencher.iter(|| one_thread.install(|| point_forecasts(panel.view(), horizon)));
        });
        let engine = ProphetEngine::new(Mode::Exact);
        group.bench_function(BenchmarkId::new("forecast_300_interval", name), |bencher| {
            bencher.iter(|| one_thread.install(|| engine.forecast(panel.view(), horizon, level)));
        });
        group.finish();
    }
    Ok(())
}

fn tuned(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let level = IntervalLevel::EIGHTY_PERCENT;
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let series = SERIES / 16;
    let mut group = criterion.benchmark_group("prophet_tuned");
    group
        .throughput(Throughput::Elements(series as u64))
        .sample_size(10);
    for (name, gaps) in [("complete", Gaps::None), ("gaps", Gaps::OneInTwenty)] {
        let panel = real_panel(series, gaps)?;
        let engine = ProphetEngine::new(Mode::Tuned);
        group.bench_function(BenchmarkId::new("forecast_180", name), |bencher| {
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
    exact(&mut criterion)?;
    tuned(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
