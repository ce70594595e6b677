//! Exponential smoothing: each form, all forms, each instruction set, and the challenger. Peers stand
//! in `ets_peers`.
//!
//! Everything here runs on one thread. Compare figures of one run only: machines differ, and so does
//! the same machine from hour to hour.

use std::error::Error;

use criterion::{BenchmarkId, Criterion};
use fleetcast_benches::{Gaps, real_panel};
use fleetcast_core::{Horizon, IntervalLevel, Panel, TimeGrid};
use fleetcast_ets::{ChallengerKind, Ets, Form, Instructions};

/// Series an engine gets at a time.
const SERIES: usize = 8;

/// The forms timed at every length and season: one of each kind of pass and the richest ones.
const SHOWN: [&str; 6] = ["ANN", "AAdN", "ANA", "AAdA", "MNA", "MAdM"];

/// The first real series of the fixture, prolonged or cut to `days` days.
fn real_series(days: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    let panel = real_panel(1, Gaps::None)?;
    Ok(prolonged(panel.view().series(0).values, days))
}

/// The values over and over, each round a little larger.
fn prolonged(values: &[f64], days: usize) -> Vec<f64> {
    let rounds = values.iter().copied().cycle().enumerate();
    rounds
        .map(|(day, value)| value * (1.0 + (day / values.len()) as f64 / 50.0))
        .take(days)
        .collect()
}

/// One form at a time: all of them at 974 days and a season of 7, some at other lengths and seasons.
fn forms(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let mut group = criterion.benchmark_group("ets_form");
    group.sample_size(10);
    for days in [100, 974, 3650] {
        let y = real_series(days)?;
        for season_length in [7, 12, 24, 365] {
            let at_home = days == 974 && season_length == 7;
            for form in Form::ALL {
                let name = form.to_string();
                // Products of multiplicative seasonal states take seconds at 365.
                let fits = days > 2 * season_length
                    && (season_length < 365 || matches!(name.as_str(), "ANA" | "AAdA"));
                let is_shown = at_home || SHOWN.contains(&name.as_str());
                if !(fits && is_shown && (form.has_season() || season_length == 7)) {
                    continue;
                }
                let ets = Ets::new(season_length).forms(&[form]);
                let parameter = format!("{days}_days_season_{season_length}");
                group.bench_function(BenchmarkId::new(name, parameter), |bencher| {
                    bencher.iter(|| ets.fit_values(&y));
                });
            }
        }
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
                    bencher.iter(|| ets.fit_values(&y));
                });
            }
        }
    }
    group.finish();
    Ok(())
}

/// All 15 forms on each instruction set of this machine.
fn instructions(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let y = real_series(974)?;
    let mut group = criterion.benchmark_group("ets_all_15_974_days_season_7");
    for widest in [
        Instructions::Avx512,
        Instructions::Avx2,
        Instructions::Portable,
    ] {
        let ets = Ets::new(7).instructions(widest);
        group.bench_function(
            BenchmarkId::new("at_most", format!("{widest:?}")),
            |bencher| {
                bencher.iter(|| ets.fit_values(&y));
            },
        );
    }
    group.finish();
    Ok(())
}

/// The challenger with its inner validation, at several lengths, and the first version.
fn engines(criterion: &mut Criterion) -> Result<(), Box<dyn Error>> {
    let level = IntervalLevel::EIGHTY_PERCENT;
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut group = criterion.benchmark_group("forecast_180_one_thread_8_series");
    group.sample_size(10);
    for days in [100, 974, 3650] {
        let panel = panel_of(days)?;
        for contender in ChallengerKind::ALL.iter().copied() {
            if contender != ChallengerKind::Ets && days != 974 {
                continue;
            }
            let engine = contender.engine();
            group.bench_function(BenchmarkId::new(engine.name(), days), |bencher| {
                bencher.iter(|| {
                    one_thread.install(|| engine.forecast(panel.view(), Horizon::DEFAULT, level))
                });
            });
        }
    }
    group.finish();
    Ok(())
}

/// The real series of the fixture, prolonged or cut to `days` days.
fn panel_of(days: usize) -> Result<Panel, Box<dyn Error>> {
    let panel = real_panel(SERIES, Gaps::None)?;
    let grid = TimeGrid::new(panel.view().grid().first(), days);
    let rows = panel.view().iter().map(|series| {
        let values = prolonged(series.values, days);
        (series.key.clone(), values)
    });
    Ok(Panel::from_rows(grid, rows)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut criterion = Criterion::default().configure_from_args();
    forms(&mut criterion)?;
    all_forms(&mut criterion)?;
    instructions(&mut criterion)?;
    engines(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
