//! Stages by themselves.

use super::*;

#[test]
fn stage_by_stage_is_the_same_as_all_at_once() {
    let desk = Desk::new();
    desk.ok("demo --hosts 2 --months 12");
    let settings = "--quiet --train-months 8 --horizon-days 20";
    desk.ok(&format!("run-all {settings}"));
    let all_at_once = desk.contents("fleet.duckdb");
    for stage in ["prophet", "challenger", "judge", "write"] {
        desk.ok(&format!("{stage} --fresh {settings}"));
    }
    assert_eq!(desk.contents("fleet.duckdb"), all_at_once);
    assert_eq!(
        desk.query("fleet.duckdb", "SELECT status FROM runs ORDER BY run_id"),
        ["complete", "complete"]
    );

    // Judging again with another margin takes the forecasts that are there.
    desk.ok(&format!("judge {settings} --promotion-margin 99"));
    desk.ok(&format!("write {settings} --promotion-margin 99"));
    assert_eq!(
        desk.query("fleet.duckdb", "SELECT DISTINCT model FROM forecasts"),
        ["prophet"]
    );
}

#[test]
fn a_stage_whose_inputs_are_missing_says_which() {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 12");
    desk.fails("judge --train-months 8", "run `cargo xtask prophet` first");
    desk.ok("challenger --quiet --train-months 8");
    desk.fails(
        "judge --train-months 8",
        "run 1 has not done the stage prophet",
    );
    desk.fails(
        "write --train-months 8",
        "run 1 has not done the stage judge",
    );
    desk.fails(
        "judge --train-months 7",
        "of other data or settings (forecast.train_months was 8, is 7)",
    );
}

#[test]
fn no_refit_continues_the_backtests_fit() {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 12");
    desk.ok("run-all --quiet --train-months 8 --no-refit");
    assert_eq!(
        desk.query(
            "fleet.duckdb",
            "SELECT DISTINCT trained_through::VARCHAR FROM forecasts"
        ),
        ["2025-08-31"]
    );
}
