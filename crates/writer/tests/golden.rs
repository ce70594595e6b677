//! The golden record, day by day, from the first day ahead to the last.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{
    Calibration, EffectiveLimits, Forecast, IntervalLevel, LimitSchedule, LimitSource, SeriesKey,
};
use fleetcast_writer::{golden_forecast, issue_of_limits};
use proptest::prelude::*;

const NO_LIMITS: EffectiveLimits = EffectiveLimits {
    floor: None,
    capacity: None,
    threshold: None,
    source: LimitSource::None,
};

fn no_limits() -> LimitSchedule {
    NO_LIMITS.into()
}

/// A forecast whose bounds lie `below` and `above` its points.
fn forecast(yhat: &[f64], below: f64, above: f64) -> Forecast {
    let first = "2026-01-01".parse().unwrap();
    let moved = |by: f64| yhat.iter().map(|yhat| yhat + by).collect();
    Forecast::new(first, yhat.to_vec(), moved(-below), moved(above)).unwrap()
}

/// Errors whose quantile at p % is `size` · p / 100.
fn errors(size: f64) -> Calibration {
    Calibration::new(
        (0..=100).map(|p| size * f64::from(p) / 100.0).collect(),
        300,
    )
    .unwrap()
}

#[test]
fn intervals_are_what_errors_promise_on_every_day() {
    let winner = forecast(&[50.0; 180], 1.0, 1.0);
    for first_day_ahead in [1, 123] {
        let level = IntervalLevel::EIGHTY_PERCENT;
        let golden = golden_forecast(
            &winner,
            Some(&errors(10.0)),
            &no_limits(),
            first_day_ahead,
            level,
        );
        for day in 0..180 {
            let ahead = (first_day_ahead + day) as f64;
            let growth = 0.85 + 0.15 * (ahead / 30.0).sqrt();
            for (found, expected) in [
                (golden.yhat[day], 50.0),
                (golden.lower[day], 50.0 - 8.0 * growth),
                (golden.upper[day], 50.0 + 8.0 * growth),
                (golden.lower_95[day], 50.0 - 9.5 * growth),
                (golden.upper_95[day], 50.0 + 9.5 * growth),
            ] {
                assert!(
                    (found - expected).abs() < 1e-12,
                    "day {day}: {found}, {expected}"
                );
            }
        }
        assert_eq!(golden.grid, winner.grid());
    }
}

#[test]
fn without_an_error_the_engines_own_interval_stands() {
    let winner = forecast(&[50.0, 60.0], 2.0, 4.0);
    let golden = golden_forecast(
        &winner,
        None,
        &no_limits(),
        1,
        IntervalLevel::EIGHTY_PERCENT,
    );
    assert_eq!(
        (&golden.lower[..], &golden.upper[..]),
        (winner.lower(), winner.upper())
    );
    // A normal distribution's 95 % interval is 1.5294 times as wide.
    assert!((golden.lower_95[1] - (60.0 - 2.0 * 1.529_368)).abs() < 1e-5);
    assert!((golden.upper_95[1] - (60.0 + 4.0 * 1.529_368)).abs() < 1e-5);
}

#[test]
fn a_level_above_95_percent_is_held_by_the_wide_interval_too() {
    let winner = forecast(&[50.0; 3], 0.0, 0.0);
    let level = IntervalLevel::new(0.99).unwrap();
    let golden = golden_forecast(&winner, Some(&errors(10.0)), &no_limits(), 1, level);
    assert!(golden.lower_95[0] <= golden.lower[0] && golden.upper_95[0] >= golden.upper[0]);
}

#[test]
fn days_drawn_to_a_limit_are_counted_and_named() {
    let limits = EffectiveLimits {
        floor: Some(0.0),
        capacity: Some(100.0),
        ..NO_LIMITS
    };
    let limits = LimitSchedule::from(limits);
    let winner = forecast(&[-3.0, 0.0, 50.0, 100.0, 130.0], 1.0, 1.0);
    let level = IntervalLevel::EIGHTY_PERCENT;
    let golden = golden_forecast(&winner, Some(&errors(1.0)), &limits, 1, level);
    assert_eq!(golden.yhat, [0.0, 0.0, 50.0, 100.0, 100.0]);
    assert_eq!(golden.drawn_days, 2);
    let key = SeriesKey::new("web-01", "disk");
    let issue = issue_of_limits(&key, &golden, &limits).unwrap();
    assert_eq!(
        issue.message,
        "2 golden days were drawn to the limits (floor 0, capacity 100)"
    );
    // From a planned extension on there is more room.
    let wider = EffectiveLimits {
        capacity: Some(120.0),
        ..*limits.now()
    };
    let planned = limits.clone().then("2026-01-05".parse().unwrap(), wider);
    let golden = golden_forecast(&winner, Some(&errors(1.0)), &planned, 1, level);
    assert_eq!(golden.yhat, [0.0, 0.0, 50.0, 100.0, 120.0]);
    let free = golden_forecast(&winner, None, &no_limits(), 1, level);
    assert_eq!(issue_of_limits(&key, &free, &no_limits()), None);
}

proptest! {
    #[test]
    fn bounds_hold_each_other_and_lie_inside_the_limits(
        yhat in prop::collection::vec(-1e6..1e6_f64, 1..40),
        size in prop::option::of(0.0..1e6_f64),
        (below, above) in (0.0..1e5_f64, 0.0..1e5_f64),
        share in 0.01..0.999_f64,
        floor in prop::option::of(-1e5..0.0_f64),
        capacity in prop::option::of(1.0..1e5_f64),
        first_day_ahead in 1..400_usize,
    ) {
        let limits = EffectiveLimits { floor, capacity, ..NO_LIMITS };
        let calibration = size.map(errors);
        let level = IntervalLevel::new(share).unwrap();
        let winner = forecast(&yhat, below, above);
        let golden = golden_forecast(&winner, calibration.as_ref(), &limits.into(), first_day_ahead, level);
        for day in 0..yhat.len() {
            let values = [
                golden.lower_95[day],
                golden.lower[day],
                golden.yhat[day],
                golden.upper[day],
                golden.upper_95[day],
            ];
            prop_assert!(values.is_sorted(), "{values:?}");
            for value in values {
                prop_assert!(floor.is_none_or(|floor| value >= floor));
                prop_assert!(capacity.is_none_or(|capacity| value <= capacity));
            }
        }
        prop_assert_eq!(golden.upper.len(), yhat.len());
    }
}
