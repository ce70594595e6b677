//! The outlook, on series small enough to check by hand.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{Day, Stage};
use fleetcast_outlook::{Sustained, draft_outlook};
use fleetcast_store::{Limits, RunId, RunIdentity, StageResult, Store};

const AS_OF: &str = "2025-12-31";

/// A store with a run and the series `h/cpu`, which had `past` on the days up to the last, and is
/// forecast as `ahead` (yhat and upper bound) on the days after it. NaN is a day without a value.
fn store(past: &[f64], ahead: &[(f64, f64)]) -> (Store, RunId) {
    let store = Store::in_memory().unwrap();
    let value = |value: &f64| format!("'{value}'::DOUBLE");
    let days: Vec<String> = past
        .iter()
        .rev()
        .enumerate()
        .map(|(back, y)| format!("('h', 'cpu', DATE '{AS_OF}' - {back}, {})", value(y)))
        .collect();
    let future: Vec<String> = (1..)
        .zip(ahead)
        .map(|(day, (yhat, upper))| {
            format!("(1, 'h', 'cpu', DATE '{AS_OF}' + {day}, {yhat}, {yhat}, {upper}, {yhat}, {upper}, 'prophet', DATE '{AS_OF}')")
        })
        .collect();
    store
        .connection()
        .execute_batch(&format!(
            "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE);
             INSERT INTO processed_data VALUES {}; INSERT INTO forecasts VALUES {};",
            days.join(", "),
            future.join(", ")
        ))
        .unwrap();
    let identity = RunIdentity {
        as_of: AS_OF.parse().unwrap(),
        config: serde_json::Value::Null,
        data_fingerprint: String::new(),
        version: "0.0.0",
        series: 1,
    };
    let run = store.begin_run(&identity, 0).unwrap();
    (store, run)
}

/// `status full_on full_on_earliest days_left` of the one series.
fn outlook(store: &Store, run: RunId, rule: &str) -> String {
    let as_of: Day = AS_OF.parse().unwrap();
    let rule: Sustained = rule.parse().unwrap();
    let draft = draft_outlook(store, run, "forecasts", "effective_limits", as_of, rule).unwrap();
    let result = StageResult {
        stage: Stage::Write,
        rows: draft.count_rows().unwrap(),
        drafts: vec![draft],
        issues: Vec::new(),
        seconds: 0.0,
        reused: None,
        archive: None,
    };
    store.publish(run, result).unwrap();
    store
        .connection()
        .query_row(
            "SELECT concat_ws(' ', status, coalesce(full_on::VARCHAR, '-'),
                 coalesce(full_on_earliest::VARCHAR, '-'), coalesce(days_left::VARCHAR, '-'))
             FROM capacity_outlook",
            [],
            |row| row.get(0),
        )
        .unwrap()
}

/// The future of these values, its upper bound `margin` above.
fn above(values: &[f64], margin: f64) -> Vec<(f64, f64)> {
    values.iter().map(|yhat| (*yhat, yhat + margin)).collect()
}

#[track_caller]
fn check(past: &[f64], ahead: &[(f64, f64)], rule: &str, expected: &str) {
    let (store, run) = store(past, ahead);
    assert_eq!(outlook(&store, run, rule), expected);
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
fn the_upper_bound_gives_the_earliest_day() {
    let ramp: Vec<f64> = (0..30).map(|day| 60.0 + f64::from(day)).collect();
    check(
        &QUIET,
        &above(&ramp, 5.0),
        "3/7",
        "within 2026-01-21 2026-01-16 21",
    );
    // Only the upper bound crosses.
    check(
        &QUIET,
        &above(&ramp[..18], 5.0),
        "3/7",
        "not_within_horizon - 2026-01-16 -",
    );
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
    let (store, run) = store(&[500.0; 7], &above(&[700.0; 9], 1.0));
    assert_eq!(outlook(&store, run, "3/7"), "no_limit - - -");
    let limits = Limits {
        resource: "cpu".to_owned(),
        capacity: Some(750.0),
        ..Limits::default()
    };
    store.set_limits(&[limits]).unwrap();
    assert_eq!(
        outlook(&store, run, "3/7"),
        "within 2026-01-01 2026-01-01 1"
    );
}

#[test]
fn the_outlook_carries_trust_and_the_figures_behind_it() {
    let (store, run) = store(&[40.0, 50.0, 60.0], &above(&[70.0, 75.0], 1.0));
    store
        .connection()
        .execute_batch(
            "INSERT INTO model_leaderboard (run_id, host, resource, winner, n_scored, decided_by, golden, trust, reason)
             VALUES (1, 'h', 'cpu', 'prophet', 1, 'mape', 'prophet', 'B', 'x')",
        )
        .unwrap();
    outlook(&store, run, "3/7");
    let row: String = store
        .connection()
        .query_row(
            "SELECT concat_ws(' ', threshold, capacity, limits_from, trust, model, as_of, recent, peak)
             FROM capacity_outlook",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(row, "80.0 100.0 percent B prophet 2025-12-31 50.0 75.0");
}
