//! The outlook, on series small enough to check by hand.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::SeriesKey;
use fleetcast_core::{Day, EffectiveLimits, GoldenForecast, LimitSchedule, LimitSource, TimeGrid};
use fleetcast_outlook::paths::{EarlierYears, PathLaw, PathPool, ProbabilityMap};
use fleetcast_outlook::{CapacityOutlook, OutlookInput, Status, Sustained, capacity_outlook};
use proptest::prelude::*;

const LIMITS: EffectiveLimits = EffectiveLimits {
    floor: Some(0.0),
    capacity: Some(100.0),
    threshold: Some(80.0),
    source: LimitSource::Percent,
};

/// What is forecast as `ahead` (yhat and upper bound) on the days after 2025-12-31.
fn golden(ahead: &[(f64, f64)]) -> GoldenForecast {
    let first: Day = "2026-01-01".parse().unwrap();
    let mut golden = GoldenForecast::with_capacity(TimeGrid::new(first, ahead.len()));
    for (yhat, upper) in ahead {
        golden.yhat.push(*yhat);
        golden.lower.push(*yhat);
        golden.upper.push(*upper);
        golden.lower_95.push(*yhat);
        golden.upper_95.push(*upper);
    }
    golden
}

/// The outlook of a series that had `past` on the days up to 2025-12-31, NaN where there is no value.
fn outlook(
    past: &[f64],
    ahead: &[(f64, f64)],
    limits: &EffectiveLimits,
    rule: &str,
) -> CapacityOutlook {
    outlook_of(past, ahead, &LimitSchedule::from(*limits), rule)
}

/// The outlook of such a series whose limits change.
fn outlook_of(
    past: &[f64],
    ahead: &[(f64, f64)],
    limits: &LimitSchedule,
    rule: &str,
) -> CapacityOutlook {
    let sustained: Sustained = rule.parse().unwrap();
    let golden = golden(ahead);
    // The forecast's line is the only way to go on.
    let (key, pool) = (SeriesKey::new("h", "cpu"), PathPool::default());
    let law = PathLaw::of(
        &golden.yhat,
        &key,
        None,
        &pool,
        &EarlierYears::default(),
        sustained,
    );
    capacity_outlook(&OutlookInput {
        golden: &golden,
        recent: past,
        limits,
        sustained,
        law: &law,
        map: ProbabilityMap::default(),
    })
}

/// `status full_on full_on_earliest days_left`.
fn in_words(outlook: &CapacityOutlook) -> String {
    let day = |day: Option<Day>| day.map_or("-".to_owned(), |day| day.to_string());
    let days_left = outlook
        .days_left
        .map_or("-".to_owned(), |days| days.to_string());
    let (full_on, earliest) = (day(outlook.full_on), day(outlook.full_on_earliest));
    format!("{} {full_on} {earliest} {days_left}", outlook.status)
}

/// The future of these values, its upper bound `margin` above.
fn above(values: &[f64], margin: f64) -> Vec<(f64, f64)> {
    values.iter().map(|yhat| (*yhat, yhat + margin)).collect()
}

#[track_caller]
fn check(past: &[f64], ahead: &[(f64, f64)], rule: &str, expected: &str) {
    assert_eq!(in_words(&outlook(past, ahead, &LIMITS, rule)), expected);
}

const QUIET: [f64; 7] = [50.0; 7];

#[test]
fn a_crossing_counts_where_it_is_sustained() {
    // One day above 80, and later three of seven.
    let values = [
        79.0, 90.0, 79.0, 79.0, 79.0, 79.0, 79.0, 79.0, 79.0, 80.0, 79.0, 81.0, 79.0, 82.0, 70.0,
        70.0,
    ];
    let ahead = above(&values, 0.0);
    check(&QUIET, &ahead, "3/7", "within 2026-01-10 2026-01-10 10");
    check(&QUIET, &ahead, "1/1", "within 2026-01-02 2026-01-02 2");
    check(&QUIET, &ahead, "3/5", "within 2026-01-10 2026-01-10 10");
    check(&QUIET, &ahead, "3/4", "not_within_horizon - - -");
}

#[test]
fn a_line_without_errors_is_certain() {
    let ramp: Vec<f64> = (0..100).map(|day| 60.0 + f64::from(day)).collect();
    let found = outlook(&QUIET, &above(&ramp, 5.0), &LIMITS, "3/7");
    assert_eq!(in_words(&found), "within 2026-01-21 2026-01-21 21");
    assert_eq!(found.full_on_latest, found.full_on);
    assert_eq!(found.line_full_on, found.full_on);
    assert_eq!((found.p_full_30, found.p_full), (Some(1.0), Some(1.0)));
    assert_eq!((found.p_full_60, found.p_full_90), (Some(1.0), Some(1.0)));
    // What is needed: the ramp holds 157 on three of seven days, which must be 80 % of it.
    assert!((found.demand_p50.unwrap() - 157.0).abs() < 1e-9);
    assert!((found.needed_capacity.unwrap() - 157.0 / 0.8).abs() < 1e-9);
    assert!((found.to_order.unwrap() - (157.0 / 0.8 - 100.0)).abs() < 1e-9);
    let short = outlook(&QUIET, &above(&ramp[..18], 5.0), &LIMITS, "3/7");
    assert_eq!(in_words(&short), "not_within_horizon - - -");
    assert_eq!((short.p_full_30, short.p_full), (None, Some(0.0)));
    assert_eq!(short.to_order, Some(0.0));
}

#[test]
fn a_planned_extension_is_in_it() {
    let ramp: Vec<f64> = (0..100).map(|day| 60.0 + f64::from(day)).collect();
    let extended = EffectiveLimits {
        capacity: Some(150.0),
        threshold: Some(120.0),
        ..LIMITS
    };
    let on = |day: &str| LimitSchedule::from(LIMITS).then(day.parse().unwrap(), extended);
    // Ten days before the ramp would reach 80: it reaches 120 forty days later.
    let found = outlook_of(&QUIET, &above(&ramp, 5.0), &on("2026-01-11"), "3/7");
    assert_eq!(in_words(&found), "within 2026-03-02 2026-03-02 61");
    assert_eq!(found.line_full_on, found.full_on);
    // What is to be ordered comes on top of what is planned.
    assert!((found.to_order.unwrap() - (157.0 / 0.8 - 150.0)).abs() < 1e-9);
    // Too late by a day it is full before, for 3 of 7 days; with two days in between it is not.
    let late = outlook_of(&QUIET, &above(&ramp, 5.0), &on("2026-01-24"), "3/7");
    assert_eq!(in_words(&late), "within 2026-01-21 2026-01-21 21");
    let in_time = outlook_of(&QUIET, &above(&ramp, 5.0), &on("2026-01-23"), "3/7");
    assert_eq!(in_words(&in_time), "within 2026-03-02 2026-03-02 61");
    // A series that is over is over until then, whatever is planned.
    let over = outlook_of(&[85.0; 7], &above(&ramp, 5.0), &on("2026-01-01"), "3/7");
    assert_eq!(over.status, Status::Over);
    // A threshold that is still to come.
    let none = EffectiveLimits {
        capacity: None,
        threshold: None,
        ..LIMITS
    };
    let later = LimitSchedule::from(none).then("2026-02-01".parse().unwrap(), LIMITS);
    let found = outlook_of(&QUIET, &above(&ramp, 5.0), &later, "3/7");
    assert_eq!(in_words(&found), "within 2026-02-01 2026-02-01 32");
    // After the horizon nothing is looked at.
    let never = LimitSchedule::from(none).then("2027-02-01".parse().unwrap(), LIMITS);
    let found = outlook_of(&QUIET, &above(&ramp, 5.0), &never, "3/7");
    assert_eq!(found.status, Status::NoLimit);
}

#[test]
fn since_when_it_is_over_and_how_much_it_grew() {
    let mut past: Vec<f64> = (0..120).map(|day| 40.0 + 0.1 * f64::from(day)).collect();
    past.extend([85.0; 20]);
    let found = outlook(&past, &above(&[50.0; 9], 0.0), &LIMITS, "3/7");
    assert_eq!(found.since.unwrap().to_string(), "2025-12-12");
    // One good week ends the stretch.
    for day in past.iter_mut().skip(128).take(5) {
        *day = 50.0;
    }
    let found = outlook(&past, &above(&[50.0; 9], 0.0), &LIMITS, "3/7");
    assert_eq!(found.since.unwrap().to_string(), "2025-12-25");
    let grew = outlook(&past[..120], &above(&[50.0; 9], 0.0), &LIMITS, "3/7");
    assert!((grew.growth.unwrap() - 3.0).abs() < 1e-9);
    assert_eq!(grew.since, None);
}

#[test]
fn a_crossing_at_the_very_end_is_not_sustained_yet() {
    let ramp: Vec<f64> = (0..22).map(|day| 60.0 + f64::from(day)).collect();
    check(
        &QUIET,
        &above(&ramp, 0.0),
        "3/7",
        "not_within_horizon - - -",
    );
    check(
        &QUIET,
        &above(&ramp, 0.0),
        "2/7",
        "within 2026-01-21 2026-01-21 21",
    );
}

#[test]
fn what_is_over_already_is_told_apart() {
    let full = [50.0, 50.0, 85.0, 50.0, 90.0, 50.0, 80.0];
    let (quiet_ahead, nan) = (above(&[50.0; 9], 0.0), f64::NAN);
    check(&full, &quiet_ahead, "3/7", "over 2025-12-31 2025-12-31 0");
    check(&full, &quiet_ahead, "4/7", "not_within_horizon - - -");
    // The last days are those up to the last value, and days without one are not full.
    let silent = [&full[..], &[nan; 20]].concat();
    check(&silent, &quiet_ahead, "3/7", "over 2025-12-31 2025-12-31 0");
    let gappy = [85.0, nan, nan, nan, nan, nan, 85.0, 85.0];
    check(&gappy, &quiet_ahead, "3/7", "not_within_horizon - - -");
    check(&gappy, &quiet_ahead, "3/8", "over 2025-12-31 2025-12-31 0");
}

#[test]
fn a_series_without_a_threshold_says_so_until_it_gets_one() {
    let ahead = above(&[700.0; 9], 1.0);
    let none = EffectiveLimits {
        capacity: None,
        threshold: None,
        ..LIMITS
    };
    let found = |limits: &EffectiveLimits| in_words(&outlook(&[500.0; 7], &ahead, limits, "3/7"));
    assert_eq!(found(&none), "no_limit - - -");
    let given = EffectiveLimits {
        threshold: Some(600.0),
        ..none
    };
    assert_eq!(found(&given), "within 2026-01-01 2026-01-01 1");
}

#[test]
fn the_outlook_carries_the_figures_behind_it() {
    let found = outlook(
        &[40.0, 50.0, 60.0],
        &above(&[70.0, 75.0], 1.0),
        &LIMITS,
        "3/7",
    );
    assert_eq!(found.recent, Some(50.0));
    assert!((found.peak - 75.0).abs() < 1e-12);
    // Days long gone are no recent ones.
    let long_gone = [&[40.0][..], &[f64::NAN; 60]].concat();
    let found = outlook(&long_gone, &above(&[70.0], 1.0), &LIMITS, "3/7");
    assert_eq!(found.recent, None);
}

/// The first sustained crossing, counted anew on every day.
fn crossing_by_counting(values: &[f64], threshold: f64, days: usize, of: usize) -> Option<usize> {
    (0..values.len()).find(|start| {
        let window = values.iter().skip(*start).take(of);
        values[*start] >= threshold && window.filter(|value| **value >= threshold).count() >= days
    })
}

proptest! {
    #[test]
    fn crossings_are_those_of_the_rule(
        values in prop::collection::vec(0.0..100.0_f64, 1..60),
        threshold in 0.0..100.0_f64,
        of in 1..12_usize,
        days in 1..12_usize,
    ) {
        let days = days.min(of);
        let limits = EffectiveLimits { threshold: Some(threshold), ..LIMITS };
        let found = outlook(&[], &above(&values, 0.0), &limits, &format!("{days}/{of}"));
        let expected = crossing_by_counting(&values, threshold, days, of);
        prop_assert_eq!(found.days_left, expected.and_then(|day| i32::try_from(day + 1).ok()));
        prop_assert_eq!(found.full_on, found.full_on_earliest);
        // What is full at a threshold is full at a lower one, and not later.
        let lower = EffectiveLimits { threshold: Some(threshold / 2.0), ..LIMITS };
        let sooner = outlook(&[], &above(&values, 0.0), &lower, &format!("{days}/{of}"));
        prop_assert!(found.days_left.is_none() || sooner.days_left <= found.days_left && sooner.days_left.is_some());
    }
}
