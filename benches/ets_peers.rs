//! Exponential smoothing beside its peers, in one run on one thread: the crate anofox-forecast, and
//! Python's statsforecast where there is one. Each chooses among all its forms by AICc.
//!
//!     FLEETCAST_PYTHON=python3 cargo bench-engines --bench ets_peers
//!
//! Python is asked only where `FLEETCAST_PYTHON` names an interpreter that has `statsforecast`.
//! Rounds alternate between the peers, so that what else the machine does falls on all of them
//! alike.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::Forecaster;
use anofox_forecast::models::exponential::AutoETS;
use fleetcast_benches::{Gaps, Timings, as_csv, microseconds_a_series, real_panel};
use fleetcast_core::{SEASON_WEEK, SeriesView};
use fleetcast_ets::{Ets, Instructions};

/// Series timed.
const SERIES: usize = 16;

const ROUNDS: usize = 3;

const SECONDS_A_DAY: i64 = 86_400;

fn main() -> Result<(), Box<dyn Error>> {
    let panel = real_panel(SERIES, Gaps::None)?;
    let panel = panel.view();
    let theirs: Vec<TimeSeries> = panel.iter().map(time_series).collect::<Result<_, _>>()?;
    let directory = tempfile::tempdir()?;
    let csv = directory.path().join("series.csv");
    std::fs::write(&csv, as_csv(panel)?)?;
    let python = std::env::var("FLEETCAST_PYTHON").ok();
    if python.is_none() {
        println!("FLEETCAST_PYTHON names no interpreter: statsforecast is left out");
    }

    let mut timings = Timings::default();
    for _ in 0..ROUNDS {
        for (name, instructions) in [
            (
                "fleetcast: the widest instructions there are",
                Instructions::Avx512,
            ),
            ("fleetcast: AVX2 at most", Instructions::Avx2),
            ("fleetcast: portable", Instructions::Portable),
        ] {
            let ets = Ets::new(SEASON_WEEK).instructions(instructions);
            let fit_all = || {
                panel
                    .iter()
                    .for_each(|series| drop(ets.fit_values(series.values)));
            };
            timings.note(name, microseconds_a_series(SERIES, fit_all));
        }
        let fit_all = || {
            for series in &theirs {
                drop(AutoETS::with_period(SEASON_WEEK).fit(series));
            }
        };
        timings.note("anofox-forecast", microseconds_a_series(SERIES, fit_all));
        if let Some(python) = &python {
            timings.note("statsforecast", ask_python(python, &csv)?);
        }
    }
    println!("{timings}");
    Ok(())
}

fn time_series(series: SeriesView<'_>) -> Result<TimeSeries, Box<dyn Error>> {
    let days = series.grid.days().map(|day| {
        let seconds = i64::from(day.epoch_days()) * SECONDS_A_DAY;
        chrono::DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    });
    Ok(TimeSeries::univariate(
        days.collect(),
        series.values.to_vec(),
    )?)
}

/// Microseconds a series.
fn ask_python(python: &str, csv: &Path) -> Result<f64, Box<dyn Error>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/ets_peer.py");
    let output = Command::new(python)
        .arg(script)
        .arg(csv)
        .arg(SEASON_WEEK.to_string())
        .envs(["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"].map(|name| (name, "1")))
        .output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut words = printed.split_whitespace();
    let mut number = || words.next().and_then(|word| word.parse::<f64>().ok());
    let (Some(series), Some(seconds)) = (number(), number()) else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{python} cannot run statsforecast: {complaint}").into());
    };
    Ok(seconds * 1e6 / series)
}
