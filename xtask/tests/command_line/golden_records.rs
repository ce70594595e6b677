//! The golden record, and earlier ones.

use super::*;

const APPSERVER: &str = "--host-column series --ds-column ts --value-column y --resource requests";

fn import(desk: &Desk) {
    let file = fixture("appserver_requests_daily.parquet");
    desk.ok(&format!("import {file} {APPSERVER}"));
}

#[test]
fn earlier_ones_are_kept_and_held_against_what_came_true() {
    let desk = Desk::new();
    import(&desk);
    desk.ok("run-all --as-of 2019-06-30");
    let rows = |table: &str| {
        desk.query(
            "fleet.duckdb",
            &format!("SELECT count(*)::VARCHAR FROM {table}"),
        )[0]
        .clone()
    };
    assert_eq!(rows("forecasts_history"), "0");
    // The data go on: every day of the 180 has come true already.
    assert_eq!(rows("live_accuracy"), "900");
    // The same data again: nothing to keep.
    desk.ok("run-all --as-of 2019-06-30");
    assert_eq!(rows("forecasts_history"), "0");
    for as_of in ["2019-08-31", "2019-10-31"] {
        desk.ok(&format!("run-all --as-of {as_of}"));
    }
    assert_eq!(rows("forecasts_history"), "1800");
    let kept = desk.query(
        "fleet.duckdb",
        "SELECT DISTINCT trained_through::VARCHAR FROM forecasts_history ORDER BY 1",
    );
    assert_eq!(kept, ["2019-06-30", "2019-08-31"]);
    let by_age = desk.query(
        "fleet.duckdb",
        "SELECT format('{} {}', up_to_days_ahead, sum(days)) FROM live_accuracy_by_age
         WHERE wape BETWEEN 1 AND 40 AND coverage BETWEEN 0.2 AND 1 AND coverage <= coverage_95
         GROUP BY up_to_days_ahead ORDER BY up_to_days_ahead",
    );
    assert_eq!(by_age[0], "30 450", "three records of five series");
    assert_eq!(by_age.len(), 6);
    desk.ok("run-all --as-of 2019-11-30 --keep-records 1");
    assert_eq!(rows("forecasts_history"), "900");
}

#[test]
fn the_blend_and_any_level_can_be_golden() {
    let desk = Desk::new();
    import(&desk);
    desk.ok("run-all --golden blend --interval-level 50");
    let golden = desk.query(
        "fleet.duckdb",
        "SELECT DISTINCT model || ' ' || count(*) FROM forecasts GROUP BY model",
    );
    assert_eq!(golden, ["blend 900"]);
    let misfits = desk.query(
        "fleet.duckdb",
        "SELECT count(*)::VARCHAR FROM forecasts
         WHERE NOT (yhat_lower_95 <= yhat_lower AND yhat_lower <= yhat
             AND yhat <= yhat_upper AND yhat_upper <= yhat_upper_95)
            OR NOT isfinite(yhat_lower_95) OR NOT isfinite(yhat_upper_95)",
    );
    assert_eq!(misfits, ["0"]);
    let widths = "SELECT format('{:.9g}', sum(yhat_upper - yhat)) FROM forecasts";
    let at_50 = desk.query("fleet.duckdb", widths);
    desk.ok("write --golden blend --interval-level 80");
    let at_80 = desk.query("fleet.duckdb", widths);
    assert!(
        at_50[0].parse::<f64>().unwrap() < at_80[0].parse::<f64>().unwrap(),
        "{at_50:?} {at_80:?}"
    );
    // A day ahead: half a width is the quantile at 80 % times the growth to one day.
    let off = desk.query(
        "fleet.duckdb",
        "SELECT format('{:.6f}', max(abs(
             (yhat_upper - yhat) / (quantiles[81] * (0.85 + 0.15 * sqrt(1 / 30))) - 1)))
         FROM forecasts JOIN interval_calibration USING (host, resource)
         WHERE ds = trained_through + 1",
    );
    assert_eq!(off, ["0.000000"]);
}

#[test]
fn golden_values_stay_inside_the_limits_and_rows_that_were_drawn_are_counted() {
    let desk = Desk::new();
    import(&desk);
    desk.ok("limits --resource requests --floor 0 --capacity 40 --threshold 30 --force");
    desk.ok("run-all");
    let outside = desk.query(
        "fleet.duckdb",
        "SELECT count(*)::VARCHAR FROM forecasts
         WHERE least(yhat, yhat_lower, yhat_lower_95) < 0 OR greatest(yhat, yhat_upper, yhat_upper_95) > 40",
    );
    assert_eq!(outside, ["0"]);
    let drawn = desk.query(
        "fleet.duckdb",
        "SELECT count(*)::VARCHAR FROM forecasts AS g JOIN prophet_forecasts AS f
         USING (host, resource, ds) WHERE g.model = 'prophet' AND f.segment = 'future' AND f.yhat > 40",
    );
    let counted = desk.query(
        "fleet.duckdb",
        "SELECT coalesce(sum(split_part(message, ' ', 1)::INTEGER), 0)::VARCHAR FROM series_issues
         JOIN model_leaderboard USING (host, resource)
         WHERE code = 'drawn_to_limits' AND golden = 'prophet'",
    );
    assert_ne!(drawn, ["0"]);
    assert_eq!(drawn, counted);
}

#[test]
fn plain_repetition_is_golden_where_no_engine_comes_near_it() {
    let desk = Desk::new();
    let connection = Connection::open(desk.path("fleet.duckdb")).unwrap();
    // Unrest that comes back every 364 days to the digit, and nothing else: no engine knows its like.
    connection
        .execute_batch(
            "CREATE TABLE processed_data AS
             SELECT 'again' AS host, 'cpu' AS resource, DATE '2023-01-01' + d::INTEGER AS ds,
                 30.0 + (hash(d % 364) % 4000) / 100.0 AS utilization
             FROM range(1096) AS days (d)",
        )
        .unwrap();
    drop(connection);
    desk.ok("run-all");
    let board = desk.query(
        "fleet.duckdb",
        "SELECT concat_ws(' ', winner, golden, decided_by, trust, coverage_80 > 0.99, incumbent) FROM model_leaderboard",
    );
    assert_eq!(board, ["naive_year naive_year mape A true"]);
    let apart = desk.query(
        "fleet.duckdb",
        "SELECT concat_ws(' ', count(*), max(abs(f.yhat - p.utilization)) < 1e-9, any_value(f.model))
         FROM forecasts AS f JOIN processed_data AS p ON p.ds = f.ds - 364",
    );
    assert_eq!(apart, ["180 true naive_year"]);
    let others = desk.query(
        "fleet.duckdb",
        "SELECT concat_ws(' ',
             (SELECT count(*) FROM backtest_scores WHERE model = 'naive_year' AND mae = 0),
             (SELECT count(*) > 3 FROM past_forecasts),
             (SELECT any_value(model) FROM capacity_outlook WHERE rule = 'path'))",
    );
    assert_eq!(others, ["1 true naive_year"]);
    // Who won by repetition does not hold the series as an engine does.
    desk.ok("run-all --as-of 2025-12-30");
    let winner = desk.query("fleet.duckdb", "SELECT winner FROM model_leaderboard");
    assert_eq!(winner, ["naive_year"]);
}
