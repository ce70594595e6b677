//! The law of a path, against an independent implementation, and its properties.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::f64::consts::TAU;

use fleetcast_core::{Day, SeriesKey};
use fleetcast_outlook::Sustained;
use fleetcast_outlook::paths::{
    EarlierYears, FleetLaw, PastForecast, PastPool, PathLaw, SeriesPaths,
};
use proptest::prelude::*;

const HISTORY: usize = 1096;
const HORIZON: usize = 180;

fn as_of() -> Day {
    "2025-12-31".parse().unwrap()
}

/// The value, and the forecast, of day `day` of series number `number`.
fn value(number: usize, day: usize) -> f64 {
    let (j, d) = (number as f64, day as f64);
    forecast(number, day)
        + (2.0 + 0.3 * j) * (d * (0.011 + 0.002 * j)).sin()
        + 1.5 * (d * d * 0.0137 + j).sin()
}

fn forecast(number: usize, day: usize) -> f64 {
    50.0 + number as f64 + 3.0 * (day as f64 * TAU / 7.0).sin()
}

fn key(number: usize) -> SeriesKey {
    SeriesKey::new(format!("h{number}"), "cpu")
}

fn past(number: usize) -> Vec<PastForecast> {
    let values: Vec<f64> = (0..HISTORY).map(|day| value(number, day)).collect();
    [608, 730, 852, 974]
        .into_iter()
        .map(|first| {
            let yhat: Vec<f64> = (first..first + 122)
                .map(|day| forecast(number, day))
                .collect();
            let origin = as_of().minus_days(u32::try_from(HISTORY - first).unwrap());
            let (seen, actual) = values.split_at(first);
            PastForecast::of(origin, seen, &actual[..122], &yhat).unwrap()
        })
        .collect()
}

fn learned(series: impl IntoIterator<Item = usize>) -> FleetLaw {
    let mut pool = PastPool::default();
    for number in series {
        pool.add(&key(number), &past(number));
    }
    pool.learn(as_of(), HORIZON, Sustained::default())
}

fn law_of(number: usize, fleet: &FleetLaw, years: &EarlierYears) -> (Vec<f64>, PathLaw) {
    let yhat: Vec<f64> = (0..HORIZON)
        .map(|day| forecast(number, HISTORY + day) + 0.01 * day as f64)
        .collect();
    let past = past(number);
    let past: Vec<&PastForecast> = past.iter().collect();
    let own = SeriesPaths::of(&past, as_of(), HORIZON).unwrap();
    let pool = fleet.resource("cpu").unwrap().pool();
    let key = key(number);
    let law = PathLaw::of(&yhat, &key, Some(&own), pool, years, Sustained::default());
    (yhat, law)
}

/// What a prototype in `NumPy`, written before and apart from this one, says of the same series.
#[test]
fn it_agrees_with_an_independent_implementation() {
    let fleet = learned(0..6);
    for (number, above, expected) in [
        (
            0,
            2.0,
            [0.269_367_85, 0.368_938_24, 0.571_542_39, 0.842_839_42],
        ),
        (
            0,
            4.0,
            [0.014_965_37, 0.014_965_37, 0.170_529_17, 0.558_321_90],
        ),
        (
            4,
            2.0,
            [0.314_109_67, 0.385_833_35, 0.585_890_33, 0.856_615_63],
        ),
        (
            4,
            4.0,
            [0.041_467_33, 0.170_496_48, 0.386_246_62, 0.700_519_91],
        ),
        (4, 6.0, [0.0, 0.0, 0.0, 0.173_990_70]),
    ] {
        let (yhat, law) = law_of(number, &fleet, &EarlierYears::default());
        let mean = yhat.iter().sum::<f64>() / HORIZON as f64;
        let crossed = law.forecast_crossed_by(mean + above);
        for (day, expected) in [9, 29, 89, 179].into_iter().zip(expected) {
            let found = crossed[day];
            // What no path does has a small probability here, and none there.
            assert!(
                (found - expected).abs() < 2e-6 || expected == 0.0 && found <= 0.002,
                "series {number} at {above}, day {day}: {found}, expected {expected}"
            );
        }
    }
    let shift = fleet.resource("cpu").unwrap().map().shift();
    assert!((shift + 0.078_002).abs() < 0.02, "{shift}");
}

#[test]
fn a_fleet_in_parts_learns_the_same_in_any_order() {
    let whole = learned(0..6);
    assert_eq!(learned([5, 3, 1, 0, 2, 4]), whole);
    let mut merged = PastPool::default();
    for number in [4, 2, 0, 5, 3, 1] {
        let mut part = PastPool::default();
        part.add(&key(number), &past(number));
        merged.merge(part);
    }
    assert_eq!(merged.learn(as_of(), HORIZON, Sustained::default()), whole);
    // What is known of outlooks of the past was known by then: the first origin has none before it.
    let known = whole.resource("cpu").unwrap().known();
    let first = known.iter().map(|known| known.origin).min().unwrap();
    assert!(first > past(0)[0].origin);
    assert!(known.iter().any(|known| known.came_true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn probabilities_rise_with_time_and_fall_with_the_threshold(
        number in 0_usize..6,
        step in 0.05_f64..1.0,
        seen in 0_usize..HISTORY,
    ) {
        let fleet = learned(0..6);
        let map = fleet.resource("cpu").unwrap().map();
        let values: Vec<f64> = (0..seen).map(|day| value(number, day)).collect();
        let years = EarlierYears::of(&values, HORIZON);
        let (yhat, law) = law_of(number, &fleet, &years);
        prop_assert!((law.like_a_year() - 0.08 * years.count() as f64).abs() < 1e-12);
        let lowest = yhat.iter().copied().fold(f64::INFINITY, f64::min);
        let mut last = vec![1.0; HORIZON];
        for rung in 0..40 {
            let crossed = law.crossed_by(lowest - 2.0 + f64::from(rung) * step, map);
            prop_assert!(crossed.is_sorted());
            prop_assert!(crossed.iter().zip(&last).all(|(now, last)| *now <= last + 1e-12));
            prop_assert!(crossed.iter().all(|probability| (0.0..=1.0).contains(probability)));
            last = crossed;
        }
        // Below everything it is certain, and far above everything it is impossible.
        prop_assert!((law.crossed_by(lowest - 1000.0, map)[0] - 1.0).abs() < 1e-9);
        prop_assert!(law.crossed_by(lowest + 1000.0, map)[HORIZON - 1] < 1e-12);
        // The level that is reached that surely is crossed with that probability at least, and none above it is.
        for share in [0.1, 0.5, 0.9] {
            let level = law.sustained_level(share, map);
            let at = |threshold: f64| law.crossed_by(threshold, map)[HORIZON - 1];
            prop_assert!(at(level) >= share - 1e-9);
            prop_assert!(at(level.next_up()) < share + 1e-9);
        }
    }
}
