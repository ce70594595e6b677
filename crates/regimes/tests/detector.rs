//! What is found in histories: the figures of the study the method comes from, what must not be found, and that nothing
//! depends on what came later.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{Aligner, Alignment, Day};
use fleetcast_regimes::RegimeDetector;
use proptest::prelude::*;

fn first() -> Day {
    "2023-01-01".parse().unwrap()
}

fn found(values: &[f64]) -> Option<Alignment> {
    RegimeDetector::default().alignment("a", first(), values)
}

/// A week, a year and unrest around 50, with steps on days, as the study's Python makes them.
fn series(seed: usize, days: usize, steps: &[(usize, f64)]) -> Vec<f64> {
    let unrest = |day: usize| {
        let part = |a: usize, b: usize, m: usize| ((day * a + seed * b) % m) as f64 / m as f64;
        part(7919, 104_729, 1009) + part(6007, 7717, 997) + part(3571, 1299, 991) - 1.5
    };
    (0..days)
        .map(|day| {
            let angle = (day + 40 * seed) as f64 * std::f64::consts::TAU / 365.25;
            let weekend = if day % 7 < 2 { -6.0 } else { 0.0 };
            let level = 50.0 + weekend + 5.0 * angle.sin() + 3.0 * unrest(day);
            let stepped = steps.iter().filter(|(at, _)| day >= *at);
            level + stepped.map(|(_, size)| size).sum::<f64>()
        })
        .collect()
}

/// The reference works on days where this works on medians of weeks: both find the same day, and sizes that differ
/// by less than an eighth.
#[test]
fn steps_are_those_of_the_reference() {
    // (seed, steps put in, days and sizes that the study's Python finds).
    type Steps = &'static [(usize, f64)];
    let cases: [(usize, Steps, Steps); 7] = [
        (1, &[], &[]),
        (2, &[(500, 12.0)], &[(500, 11.034)]),
        (3, &[(900, -15.0)], &[(900, -15.023)]),
        (5, &[(960, 20.0)], &[(960, 20.735)]),
        (6, &[(850, -9.0)], &[(850, -8.925)]),
        (7, &[(200, 25.0), (880, 8.0)], &[(200, 24.8), (880, 7.682)]),
        (8, &[(944, 14.0)], &[(944, 14.186)]),
    ];
    for (seed, steps, expected) in cases {
        let alignment = found(&series(seed, 974, steps)).unwrap_or_default();
        let days: Vec<usize> = alignment.shifts.iter().map(|shift| shift.at).collect();
        let expected_days: Vec<usize> = expected.iter().map(|(at, _)| *at).collect();
        assert_eq!(days, expected_days, "{seed}");
        for (shift, (_, size)) in alignment.shifts.iter().zip(expected) {
            assert!(
                (shift.size - size).abs() < size.abs() / 8.0,
                "{seed}: {shift:?}, not {size}"
            );
            assert!(shift.confidence >= 10.0, "{shift:?}");
        }
    }
}

#[test]
fn how_much_lasts_depends_on_age_and_size() {
    for (age, size, lasting) in [
        (4, 25.0, 0.0),
        (8, 25.0, 0.0),
        (15, 25.0, 0.5),
        (20, 25.0, 1.0),
        (30, 25.0, 1.0),
        (400, 25.0, 1.0),
    ] {
        let at = 974 - age;
        let alignment = found(&series(3, 974, &[(at, size)])).unwrap();
        let shift = alignment.shifts.last().unwrap();
        assert_eq!((shift.at, shift.lasting), (at, lasting), "{age}");
    }
}

#[test]
fn an_outage_is_not_taken_as_lasting() {
    let mut values = series(4, 974, &[]);
    values[950..].fill(0.0);
    let alignment = found(&values).unwrap();
    let shift = alignment.shifts.last().unwrap();
    assert_eq!((shift.at, shift.lasting), (950, 0.0));
    // The engine sees the old level, and the interval reaches to nothing.
    let aligned = alignment.align(&values);
    assert!(aligned[973] > 40.0, "{}", aligned[973]);
    assert!(alignment.reach(1).0 < -40.0);
}

#[test]
fn an_event_that_is_over_leaves_the_level() {
    let values = series(2, 974, &[(930, 20.0), (955, -20.0)]);
    let alignment = found(&values).unwrap();
    let aligned = alignment.align(&values);
    let around: f64 = aligned[930..955].iter().sum::<f64>() / 25.0;
    let before: f64 = aligned[905..930].iter().sum::<f64>() / 25.0;
    assert!((around - before).abs() < 3.0, "{around}, {before}");
    // Its end is settled: the forecast goes on from the level after it.
    assert!(alignment.shifts.iter().all(|shift| shift.lasting > 0.99));
}

#[test]
fn growth_that_began_lately_is_taken_out_and_goes_on() {
    let mut values = series(6, 974, &[]);
    for (day, value) in values.iter_mut().enumerate() {
        *value += 0.4 * day.saturating_sub(913) as f64;
    }
    let alignment = found(&values).unwrap();
    let ramp = alignment.ramp.unwrap();
    assert!((45..=75).contains(&ramp.age), "{ramp:?}");
    assert!((ramp.slope - 0.4).abs() < 0.08, "{ramp:?}");
    let aligned = alignment.align(&values);
    let mean = |days: std::ops::Range<usize>| -> f64 {
        days.clone().map(|day| aligned[day]).sum::<f64>() / days.len() as f64
    };
    assert!((mean(960..974) - mean(800..814)).abs() < 8.0);
    // "Stops now" and "goes on" are both within reach of what is added.
    let added = alignment.ahead(100);
    let (below, above) = alignment.reach(100);
    assert!(added > 20.0 && (below + added).abs() < 1e-9);
    assert!((added + above - 100.0 * ramp.slope).abs() < 1e-9);
}

#[test]
fn what_is_no_regime_is_left_alone() {
    let quiet = series(1, 974, &[]);
    let mut sparse = quiet.clone();
    for (day, value) in sparse.iter_mut().enumerate() {
        if day % 7 > 1 {
            *value = f64::NAN;
        }
    }
    let sawtooth: Vec<f64> = (0..974).map(|day| 20.0 + f64::from(day % 30)).collect();
    let wave: Vec<f64> = (0..974)
        .map(|day| 50.0 + 20.0 * (f64::from(day) / 58.0).sin() + f64::from(day % 7))
        .collect();
    let linear: Vec<f64> = (0..974).map(|day| 10.0 + 0.05 * f64::from(day)).collect();
    let short = &series(1, 100, &[(50, 30.0)]);
    for (name, values) in [
        ("quiet", &quiet),
        ("sparse", &sparse),
        ("sawtooth", &sawtooth),
        ("wave", &wave),
        ("linear", &linear),
        ("short", short),
        ("constant", &vec![7.0; 500]),
        ("missing", &vec![f64::NAN; 500]),
        ("empty", &Vec::new()),
    ] {
        assert_eq!(found(values), None, "{name}");
    }
}

/// A detector that was asked other things before says the same.
#[test]
fn what_was_asked_before_changes_nothing() {
    let asked = RegimeDetector::default();
    let histories: Vec<Vec<f64>> = (0..6)
        .map(|seed| series(seed, 700 + 40 * seed, &[(500 + 20 * seed, 18.0)]))
        .collect();
    for values in histories.iter().rev().chain(&histories) {
        assert_eq!(asked.alignment("a", first(), values), found(values));
    }
}

/// Values that may be missing, far off, and of any size.
fn histories() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        8 => 0.0..100.0_f64,
        1 => Just(f64::NAN),
        1 => -1e100..1e100_f64,
        2 => Just(0.0),
    ];
    prop::collection::vec(value, 0..500)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_found_is_finite_and_inside_the_history(values in histories()) {
        if let Some(alignment) = found(&values) {
            prop_assert_eq!(alignment.days, values.len());
            prop_assert!(alignment.shifts.is_sorted_by_key(|shift| shift.at));
            for shift in &alignment.shifts {
                prop_assert!(shift.at < values.len() && shift.size.is_finite());
                prop_assert!((0.0..=1.0).contains(&shift.lasting));
            }
            for (before, after) in values.iter().zip(alignment.align(&values)) {
                prop_assert_eq!(before.is_nan(), after.is_nan());
            }
        }
    }

    /// Moving a series up or down, or measuring it in another unit, moves what is found with it.
    #[test]
    fn shifts_do_not_depend_on_level_and_unit(
        seed in 0..40_usize,
        age in 20..500_usize,
        size in 10.0..30.0_f64,
        power in -6..6_i32,
    ) {
        let values = series(seed, 974, &[(974 - age, size)]);
        let scale = 2.0_f64.powi(power);
        let other: Vec<f64> = values.iter().map(|value| scale * value).collect();
        let (plain, scaled) = (found(&values), found(&other));
        let days = |alignment: &Option<Alignment>| -> Vec<usize> {
            alignment.iter().flat_map(|found| found.shifts.iter().map(|shift| shift.at)).collect()
        };
        prop_assert_eq!(days(&plain), days(&scaled));
        if let (Some(plain), Some(scaled)) = (plain, scaled) {
            for (plain, scaled) in plain.shifts.iter().zip(&scaled.shifts) {
                prop_assert!((scale * plain.size - scaled.size).abs() < 1e-6 * scaled.size.abs());
            }
        }
    }
}
