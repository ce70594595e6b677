//! What the engine promises for any series.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{
    Asked, Choice, Engine, Failure, Forecast, Horizon, IntervalLevel, IssueCode, MIN_OBSERVATIONS,
    Outcome, Panel, SeriesKey, TimeGrid, metrics,
};
use fleetcast_prophet::{Certainty, Certify, Mode, ProphetEngine, fit_panel};
use proptest::prelude::*;

const MODES: [Mode; 2] = [Mode::Exact, Mode::Tuned];

fn panel(rows: Vec<Vec<f64>>) -> Panel {
    let grid = TimeGrid::new("2023-01-01".parse().unwrap(), rows[0].len());
    let rows = rows.into_iter().enumerate();
    let keyed = rows.map(|(number, row)| (SeriesKey::new(format!("h{number:05}"), "cpu"), row));
    Panel::from_rows(grid, keyed).unwrap()
}

fn outcomes(mode: Mode, rows: Vec<Vec<f64>>, days: usize) -> Vec<Outcome> {
    let horizon = Horizon::new(days).unwrap();
    let level = IntervalLevel::EIGHTY_PERCENT;
    ProphetEngine::new(mode).forecast(panel(rows).view(), horizon, level)
}

fn forecast(mode: Mode, values: Vec<f64>, days: usize) -> Result<Forecast, Failure> {
    outcomes(mode, vec![values], days).remove(0).forecast
}

/// Growth of a tenth a day, a weekly cycle and some seeded unrest.
fn workload(days: usize) -> Vec<f64> {
    (0..days)
        .map(|day| {
            let unrest = ((day * 7919) % 101) as f64 / 101.0 - 0.5;
            40.0 + 0.1 * day as f64 + 3.0 * f64::from(day % 7 < 5) + unrest
        })
        .collect()
}

/// Three years of a load with a year, a week, a step and unrest of its own.
fn three_years(seed: usize) -> Vec<f64> {
    (0..1096)
        .map(|day| {
            let unrest = ((day * 7919 + seed * 104_729) % 1009) as f64 / 1009.0 - 0.5;
            let year = (day as f64 * std::f64::consts::TAU / 365.25).cos();
            let step = 5.0 * f64::from(day > 300 + 40 * (seed % 9));
            50.0 + 6.0 * year + step + 3.0 * f64::from((day + seed) % 7 < 5) + 2.0 * unrest
        })
        .collect()
}

#[test]
fn trend_and_week_are_continued() {
    let days = 400;
    let all = workload(days + 28);
    for mode in MODES {
        let found = forecast(mode, all[..days].to_vec(), 28).unwrap();
        let actual = &all[days..];
        // The tuned recipe does not trust a trend to go on at full slope.
        let bound = if mode == Mode::Exact { 1.0 } else { 3.0 };
        for (step, (yhat, actual)) in found.yhat().iter().zip(actual).enumerate() {
            let error = (yhat - actual).abs();
            assert!(error < bound, "{mode:?} day {step}: {yhat}, not {actual}");
        }
        let covered = metrics::coverage(actual, found.lower(), found.upper()).unwrap();
        assert!(covered > 0.7, "{mode:?}: {covered}");
    }
}

#[test]
fn gaps_are_left_out_of_the_fit() {
    let days = 400;
    let mut gappy = workload(days);
    for value in gappy.iter_mut().skip(3).step_by(9) {
        *value = f64::NAN;
    }
    gappy[200..230].fill(f64::NAN);
    for mode in MODES {
        let whole = forecast(mode, workload(days), 28).unwrap();
        let gappy = forecast(mode, gappy.clone(), 28).unwrap();
        for (whole, gappy) in whole.yhat().iter().zip(gappy.yhat()) {
            assert!((whole - gappy).abs() < 1.0, "{mode:?}: {whole} and {gappy}");
        }
    }
}

#[test]
fn series_that_begin_late_and_end_early_are_forecast_for_the_same_days() {
    let mut values = workload(300);
    values[..50].fill(f64::NAN);
    values[290..].fill(f64::NAN);
    let all = workload(305);
    for mode in MODES {
        let found = forecast(mode, values.clone(), 5).unwrap();
        assert_eq!(found.grid().first().to_string(), "2023-10-28");
        let error = metrics::mae(&all[300..], found.yhat()).unwrap();
        assert!(error < 3.0, "{mode:?}: {error}");
    }
}

#[test]
fn degenerate_series_have_a_policy() {
    for mode in MODES {
        let constant = forecast(mode, vec![7.5; 50], 3).unwrap();
        assert_eq!(constant.yhat(), [7.5; 3]);
        assert_eq!(constant.upper(), [7.5; 3]);
        assert_eq!(forecast(mode, vec![0.0; 50], 3).unwrap().yhat(), [0.0; 3]);

        let short = forecast(mode, vec![1.0; MIN_OBSERVATIONS - 1], 3).unwrap_err();
        assert_eq!(short.code(), IssueCode::TooShort);
        let missing = forecast(mode, vec![f64::NAN; 50], 3).unwrap_err();
        assert_eq!(missing.to_string(), "0 observed days, 14 needed");
    }
}

#[test]
fn any_scale_and_sign_is_the_same_forecast() {
    for mode in MODES {
        for days in [60, 500, 1096] {
            let base = forecast(mode, workload(days), 10).unwrap();
            for scale in [1e-300, 1e-12, 1e12, 1e99, -1.0] {
                let values = workload(days).iter().map(|value| value * scale).collect();
                let found = forecast(mode, values, 10).unwrap();
                for (found, base) in found.yhat().iter().zip(base.yhat()) {
                    let relative = found / scale / base - 1.0;
                    assert!(
                        relative.abs() < 1e-6,
                        "{mode:?} {days} days × {scale:e}: {relative}"
                    );
                }
            }
        }
    }
}

/// Series that make optimizers fail: each must have a finite forecast (a [`Forecast`] cannot be
/// anything else) near the values it has seen.
#[test]
fn odd_series_are_forecast() {
    let with = |days: usize, of: &dyn Fn(usize) -> f64| -> Vec<f64> { (0..days).map(of).collect() };
    let blip = |days: usize| {
        let mut values = vec![0.0; days];
        values[days / 2] = 100.0;
        values
    };
    let mut late = vec![5.0; 1096];
    late[1090..].fill(6.0);
    let mut flat_then_noisy = vec![10.0; 500];
    flat_then_noisy.extend(workload(596));
    let odd: Vec<(&str, Vec<f64>)> = vec![
        ("a blip", blip(60)),
        ("a blip in three years", blip(1096)),
        ("a step", with(1096, &|day| f64::from(day > 800))),
        ("a step at the end", late),
        ("a line", with(1096, &|day| 3.0 + 0.5 * day as f64)),
        ("a short line", with(14, &|day| 3.0 - 0.5 * day as f64)),
        (
            "two values in turn",
            with(300, &|day| f64::from(day % 2 == 0)),
        ),
        ("a week without noise", with(974, &|day| (day % 7) as f64)),
        (
            "constant but for one",
            with(974, &|day| if day == 900 { 5.0 } else { 4.0 }),
        ),
        ("flat, then noisy", flat_then_noisy),
        (
            "nearly constant",
            with(974, &|day| 1e9 + (day % 5) as f64 * 1e-6),
        ),
        ("negative", with(974, &|day| -50.0 - (day % 11) as f64)),
        (
            "× 1000 halfway",
            with(974, &|day| {
                if day < 487 {
                    1.0
                } else {
                    1000.0 + (day % 3) as f64
                }
            }),
        ),
    ];
    for mode in MODES {
        for (name, values) in &odd {
            let found = forecast(mode, values.clone(), 180)
                .unwrap_or_else(|failure| panic!("{mode:?} {name}: {failure}"));
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            // A line goes on for 180 days.
            let range = (high - low) * (1.0 + 200.0 / values.len() as f64);
            for yhat in found.yhat() {
                let sane = low - 2.0 * range..=high + 2.0 * range;
                assert!(sane.contains(yhat), "{mode:?} {name}: {yhat}");
            }
        }
    }
}

#[test]
fn short_series_of_any_length_are_forecast() {
    for mode in MODES {
        for days in 14..130 {
            let found = forecast(mode, workload(days), 30).unwrap();
            let error = (found.yhat()[0] - workload(days + 1)[days]).abs();
            assert!(error < 8.0, "{mode:?} {days} days: {error}");
        }
    }
}

#[test]
fn a_forecast_does_not_depend_on_its_company() {
    let mut rows: Vec<Vec<f64>> = (0..23).map(three_years).collect();
    for (row, values) in rows.iter_mut().enumerate().skip(12) {
        for value in values.iter_mut().skip(row).step_by(row + 5).take(100) {
            *value = f64::NAN;
        }
    }
    rows[5][..400].fill(f64::NAN);
    rows[6][..401].fill(f64::NAN);
    for mode in MODES {
        let together = outcomes(mode, rows.clone(), 180);
        let reversed = outcomes(mode, rows.iter().rev().cloned().collect(), 180);
        let alone = rows
            .iter()
            .map(|row| outcomes(mode, vec![row.clone()], 180).remove(0));
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .build()
            .unwrap();
        let three_threads = pool.install(|| outcomes(mode, rows.clone(), 180));
        // Equal outcomes have equal bits: none holds a NaN or a zero of either sign at odds.
        assert!(together.iter().eq(reversed.iter().rev()), "{mode:?}");
        assert!(together.iter().cloned().eq(alone), "{mode:?}");
        assert_eq!(together, three_threads, "{mode:?}");
    }
}

/// Rows that begin late, end early, have gaps or are too short, and those that do not.
fn all_kinds() -> Vec<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> = (0..8).map(three_years).collect();
    rows[1][..200].fill(f64::NAN);
    rows[2][1090..].fill(f64::NAN);
    rows[3][400..460].fill(f64::NAN);
    rows[4][..900].fill(f64::NAN);
    rows[5][..1060].fill(f64::NAN);
    rows[6].fill(3.0);
    rows
}

#[test]
fn windows_asked_together_are_forecast_as_each_is_alone() {
    let panel = panel(all_kinds());
    let grid = panel.grid();
    let level = IntervalLevel::EIGHTY_PERCENT;
    for mode in MODES {
        // Where the windows share their inner origins, where they share none, and where both are the same.
        for training in [974, 900, 1096] {
            let windows = [(training, 150), (1096, 180)].map(|(days, horizon)| Asked {
                choices: &[],
                panel: panel
                    .view()
                    .window(TimeGrid::new(grid.first(), days))
                    .unwrap(),
                horizon: Horizon::new(horizon).unwrap(),
            });
            let engine = ProphetEngine::new(mode);
            let alone = windows.map(|asked| engine.forecast(asked.panel, asked.horizon, level));
            let together = engine.forecast_together(&windows, level);
            assert_eq!(together, alone, "{mode:?}, {training} days");
        }
    }
}

/// Asks an engine again with what it chose: of the same window that is the same forecast, to the bit, and of a later one another.
fn keeps_its_choice(engine: &dyn Engine, panel: &Panel) {
    let level = IntervalLevel::EIGHTY_PERCENT;
    let window = |days| {
        let grid = TimeGrid::new(panel.grid().first(), days);
        Asked::of(
            panel.view().window(grid).unwrap(),
            Horizon::new(180).unwrap(),
        )
    };
    let then = window(1070);
    let chosen = engine.forecast(then.panel, then.horizon, level);
    let choices: Vec<Option<Choice>> = chosen.iter().map(|one| one.choice.clone()).collect();
    assert!(choices.iter().flatten().count() > 4, "{choices:?}");
    let ask = |asked: Asked<'_>| -> Vec<Outcome> {
        let with_choices = [Asked {
            choices: &choices,
            ..asked
        }];
        engine.forecast_together(&with_choices, level).remove(0)
    };
    for (again, before) in ask(then).iter().zip(&chosen) {
        assert_eq!(again.forecast, before.forecast);
        assert_eq!(again.notices, before.notices);
        assert_eq!(again.choice, before.choice);
    }
    let later = ask(window(1096));
    let afresh = engine.forecast(panel.view(), Horizon::new(180).unwrap(), level);
    let mut others = 0;
    for ((later, afresh), choice) in later.iter().zip(&afresh).zip(&choices) {
        assert_eq!(later.choice.is_some(), afresh.choice.is_some());
        if choice.is_some() {
            assert_eq!(&later.choice, choice);
        }
        others += usize::from(later.forecast != afresh.forecast);
    }
    assert!(others > 4, "{others}");
    // What another engine or version chose is not understood, and chosen anew.
    let foreign = vec![Some(Choice(vec![1.0, 2.0])); panel.view().len()];
    let asked = [Asked {
        choices: &foreign,
        ..window(1096)
    }];
    assert_eq!(engine.forecast_together(&asked, level).remove(0), afresh);
}

#[test]
fn what_was_chosen_is_kept_where_it_is_asked_for() {
    keeps_its_choice(&ProphetEngine::new(Mode::Tuned), &panel(all_kinds()));
}

#[test]
fn the_tuned_recipe_says_how_it_did_inside_its_window() {
    let outcome = outcomes(Mode::Tuned, vec![three_years(1)], 180).remove(0);
    let origins: Vec<String> = outcome
        .inner
        .iter()
        .map(|inner| inner.origin.to_string())
        .collect();
    assert_eq!(
        origins,
        ["2024-08-30", "2024-12-30", "2025-04-30", "2025-08-31"]
    );
    let (values, grid) = (three_years(1), panel(vec![three_years(1)]).grid());
    for inner in &outcome.inner {
        assert_eq!(inner.yhat.len(), 120);
        let first = grid.index_of(inner.origin).unwrap() + 1;
        let mae = metrics::mae(&values[first..first + 120], &inner.yhat).unwrap();
        assert!(mae < 2.0, "{inner:?}: {mae}");
    }
}

#[test]
fn fits_are_certified() {
    let mut rows: Vec<Vec<f64>> = (0..50).map(three_years).collect();
    for (row, values) in rows.iter_mut().enumerate().skip(25) {
        for value in values.iter_mut().skip(row).step_by(row % 7 + 2) {
            *value = f64::NAN;
        }
    }
    rows.push(vec![3.0; 1096]);
    for (number, fit) in fit_panel(panel(rows).view(), Certify::Yes)
        .iter()
        .enumerate()
    {
        let fit = fit.as_ref().unwrap();
        let expected = if number == 50 { "Floored" } else { "Certified" };
        let certainty = fit.certainty.unwrap();
        assert!(
            format!("{certainty:?}").starts_with(expected),
            "{number}: {certainty:?}"
        );
        if let Certainty::Certified { kkt } = certainty {
            assert!(kkt <= 1e-8);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Any finite values, any gaps: a sound forecast or a failure with a reason, never a crash.
    #[test]
    fn no_series_crashes_the_engine(
        values in prop::collection::vec(
            prop_oneof![
                4 => -1e3..1e3,
                2 => Just(0.0),
                2 => Just(f64::NAN),
                1 => prop::num::f64::NORMAL.prop_map(|value| value.clamp(-1e100, 1e100)),
            ],
                1..900,
        ),
        days in 1_usize..200,
    ) {
        for mode in MODES {
            let outcome = outcomes(mode, vec![values.clone()], days).remove(0);
            if let Err(failure) = outcome.forecast {
                prop_assert_ne!(failure.code(), IssueCode::EngineCrash, "{}", failure);
            }
        }
    }

    /// A few observations over years: hardly more than there are parameters.
    #[test]
    fn sparse_series_are_forecast(
        days in 731_usize..1_100,
        seed in any::<u64>(),
        one_in in 8_u64..50,
    ) {
        let mut state = seed | 1;
        let mut values: Vec<f64> = (0..days)
            .map(|day| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                if state % one_in == 0 { day as f64 + (state % 97) as f64 } else { f64::NAN }
            })
            .collect();
        values[0] = 3.0;
        values[days - 1] = 5.0;
        let observed = values.iter().filter(|value| !value.is_nan()).count();
        for mode in MODES {
            let outcome = outcomes(mode, vec![values.clone()], 30).remove(0);
            prop_assert_eq!(outcome.forecast.is_ok(), observed >= MIN_OBSERVATIONS);
        }
    }
}
