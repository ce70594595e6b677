//! The champion beside its peers, in one run on one thread: Stan compiled to WebAssembly, behind
//! `augurs-prophet`, and Python's Prophet where there is one.
//!
//!     FLEETCAST_PYTHON=python3 cargo bench-engines --features wasmstan --bench prophet_peers
//!
//! Python is asked only where `FLEETCAST_PYTHON` names an interpreter that has `prophet`. Rounds
//! alternate between the peers, so that what else the machine does falls on all of them alike.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use augurs_prophet::optimizer::{Algorithm, OptimizeOpts};
use augurs_prophet::wasmstan::WasmstanOptimizer;
use augurs_prophet::{Optimizer, PredictionData, Prophet, ProphetOptions, TrainingData};
use fleetcast_benches::{Gaps, Timings, as_csv, microseconds_a_series, real_panel};
use fleetcast_core::{Engine, Horizon, IntervalLevel, PanelView};
use fleetcast_prophet::{Certify, ExactOptimizer, Mode, ProphetEngine, fit_panel, point_forecasts};

/// Series the fleet path is timed on, and the peers.
const FLEET: usize = 8000;
const ONE_BY_ONE: usize = 54;

/// Days forecast.
const HORIZON: usize = 300;

const ROUNDS: usize = 3;

const SECONDS_A_DAY: i64 = 86_400;

fn main() -> Result<(), Box<dyn Error>> {
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    one_thread
        .install(compare)
        .map_err(|error| error as Box<dyn Error>)
}

fn compare() -> Result<(), Box<dyn Error + Send + Sync>> {
    let fleet = real_panel(FLEET, Gaps::None).map_err(|error| error.to_string())?;
    let few = real_panel(ONE_BY_ONE, Gaps::None).map_err(|error| error.to_string())?;
    let (fleet, few) = (fleet.view(), few.view());
    let horizon = Horizon::new(HORIZON)?;
    let level = IntervalLevel::EIGHTY_PERCENT;
    let engine = ProphetEngine::new(Mode::Exact);
    // Loaded, compiled and tabulated once, as users would.
    let stan = WasmstanOptimizer::new();
    engine.forecast(few, horizon, level);

    let directory = tempfile::tempdir()?;
    let csv = directory.path().join("series.csv");
    std::fs::write(&csv, as_csv(few)?)?;
    let python = std::env::var("FLEETCAST_PYTHON").ok();

    let mut timings = Timings::default();
    let mut note = |name, microseconds| timings.note(name, microseconds);
    for _ in 0..ROUNDS {
        note(
            "fleet: fit",
            microseconds_a_series(FLEET, || drop(fit_panel(fleet, Certify::No))),
        );
        note(
            "fleet: fit, certified",
            microseconds_a_series(FLEET, || drop(fit_panel(fleet, Certify::Yes))),
        );
        note(
            "fleet: fit and forecast",
            microseconds_a_series(FLEET, || drop(point_forecasts(fleet, horizon))),
        );
        note(
            "fleet: fit, forecast and interval",
            microseconds_a_series(FLEET, || drop(engine.forecast(fleet, horizon, level))),
        );
        note(
            "augurs-prophet, exact optimizer: fit and forecast",
            microseconds_a_series(ONE_BY_ONE, || one_by_one(few, &ExactOptimizer::new())),
        );
        note(
            "augurs-prophet, Stan in WebAssembly: fit and forecast",
            microseconds_a_series(ONE_BY_ONE, || one_by_one(few, &stan)),
        );
        if let Some(python) = &python {
            let [fit, points, intervals] = ask_python(python, &csv)?;
            note("Python's Prophet: fit", fit);
            note("Python's Prophet: fit and forecast", fit + points);
            note(
                "Python's Prophet: fit, forecast and interval",
                fit + intervals,
            );
        }
    }
    println!("{timings}");
    Ok(())
}

/// Fits and forecasts each series by `augurs-prophet`; a failed fit takes its time, too.
fn one_by_one<O: Optimizer + Clone>(panel: PanelView<'_>, optimizer: &O) {
    let options = OptimizeOpts {
        algorithm: Some(Algorithm::Lbfgs),
        iter: Some(10_000),
        jacobian: Some(false),
        seed: Some(0),
        ..OptimizeOpts::default()
    };
    for series in panel.iter() {
        let (ds, y): (Vec<i64>, Vec<f64>) = series
            .observations()
            .map(|(day, value)| (i64::from(day.epoch_days()) * SECONDS_A_DAY, value))
            .unzip();
        let last = ds.last().copied().unwrap_or(0);
        let Ok(training) = TrainingData::new(ds, y) else {
            continue;
        };
        let settings = ProphetOptions {
            uncertainty_samples: 0,
            ..ProphetOptions::default()
        };
        let mut model = Prophet::new(settings, optimizer.clone());
        if model.fit(training, options.clone()).is_ok() {
            let horizon = i64::try_from(HORIZON).unwrap_or(0);
            let future = (1..=horizon)
                .map(|day| last + day * SECONDS_A_DAY)
                .collect();
            drop(model.predict(PredictionData::new(future)));
        }
    }
}

/// Microseconds a series: fit, forecast, forecast with intervals.
fn ask_python(python: &str, csv: &Path) -> Result<[f64; 3], Box<dyn Error + Send + Sync>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/prophet_peer.py");
    let output = Command::new(python)
        .arg(script)
        .arg(csv)
        .arg(HORIZON.to_string())
        .env("OMP_NUM_THREADS", "1")
        .output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<f64> = printed.split_whitespace().flat_map(str::parse).collect();
    let [series, fit, points, intervals] = numbers[..] else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{python} cannot run Prophet: {complaint}").into());
    };
    Ok([fit, points, intervals].map(|seconds| seconds * 1e6 / series))
}
