//! What a series costs: rows of a sample, the base forecast, features and forecast, and training; in milliseconds of
//! one thread. `cargo run --features xgboost --example speed -- [SERIES]`.

use std::error::Error;
use std::time::Instant;

use fleetcast_core::{Day, Horizon, SeriesKey};
use fleetcast_xgboost::{Library, Model, Settings, TrainingSample, Workspace, base_forecast};

/// Three years of made-up values, a week and a year and unrest that lasts.
fn series(number: u64) -> Vec<f64> {
    let (mut state, mut lasting) = (number + 1, 0.0);
    let mut unrest = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 32).unwrap_or(0)) / f64::from(u32::MAX) - 0.5
    };
    let value = |day: u32| {
        lasting = 0.97 * lasting + unrest();
        let week = if day % 7 < 2 { -3.0 } else { 1.0 };
        40.0 + week + 4.0 * (f64::from(day) / 58.13).sin() + lasting + unrest()
    };
    (0..1096).map(value).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let count: u64 = std::env::args()
        .nth(1)
        .map_or(Ok(1000), |text| text.parse())?;
    let last: Day = "2025-12-31".parse()?;
    let fleet: Vec<(SeriesKey, Vec<f64>)> = (0..count)
        .map(|number| {
            (
                SeriesKey::new(format!("web-{number}"), "cpu"),
                series(number),
            )
        })
        .collect();
    let workspace = &mut Workspace::new();
    let report = |what: &str, clock: Instant, of: u64| {
        let milliseconds = 1000.0 * clock.elapsed().as_secs_f64() / of as f64;
        println!("{what:32} {milliseconds:8.3} ms");
    };

    let clock = Instant::now();
    let mut all = TrainingSample::new(usize::MAX / 4);
    for (key, values) in fleet.iter().take(100) {
        all.add(key, values, last, workspace);
    }
    report("all rows of a series", clock, count.min(100));
    let clock = Instant::now();
    let mut sample = TrainingSample::default();
    for (key, values) in &fleet {
        sample.add(key, values, last, workspace);
    }
    report("sampled rows of a series", clock, count);
    let clock = Instant::now();
    for (_, values) in &fleet {
        base_forecast(values, last, Horizon::DEFAULT, workspace).ok_or("no day is observed")?;
    }
    report("base forecast of a series", clock, count);
    let library = Library::open(None)?;
    let clock = Instant::now();
    let model = Model::train(&library, &sample, &Settings::default())?;
    report(&format!("training on {} rows", sample.len()), clock, 1);
    let clock = Instant::now();
    for (_, values) in &fleet {
        model.forecast(values, last, Horizon::DEFAULT, workspace)?;
    }
    report("forecast of a series", clock, count);
    Ok(())
}
