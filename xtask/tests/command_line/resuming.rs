//! Runs that were cut off, and what takes them up.

use super::*;

const DB: &str = "fleet.duckdb";
const SETTINGS: &str = "--train-months 8 --horizon-days 20";

/// A fleet of 12 series, forecast once.
fn forecast_fleet() -> Desk {
    let desk = Desk::new();
    desk.ok("demo --hosts 3 --months 12");
    desk.ok(&format!("run-all --quiet {SETTINGS}"));
    desk
}

/// Makes the database look as if its run had been killed before this stage and those after it were
/// published.
fn undo_from(desk: &Desk, stage: &str) {
    let stages = ["prophet", "challenger", "judge", "write"];
    let first = stages.iter().position(|one| *one == stage).unwrap();
    for stage in &stages[first..] {
        if ["prophet", "challenger"].contains(stage) {
            // It was not asked anything yet.
            desk.sql(DB, &format!("DELETE FROM {stage}_inputs"));
        }
        desk.sql(
            DB,
            &format!(
                "UPDATE runs SET status = 'running', {stage}_rows = NULL, {stage}_seconds = NULL"
            ),
        );
    }
}

/// Leaves a draft of the engine's stage that holds the first `series` series of what it published.
fn leave_draft(desk: &Desk, engine: &str, series: usize) {
    desk.sql(
        DB,
        &format!(
            "CREATE TEMP TABLE drafted AS
             SELECT DISTINCT host, resource FROM processed_data ORDER BY ALL LIMIT {series};
             CREATE TABLE draft_{engine}_inputs AS FROM {engine}_inputs SEMI JOIN drafted USING (host, resource);
             CREATE TABLE draft_{engine}_forecasts AS FROM {engine}_forecasts SEMI JOIN drafted USING (host, resource);
             CREATE TABLE draft_{engine}_inner_forecasts AS FROM {engine}_inner_forecasts SEMI JOIN drafted USING (host, resource);
             CREATE TABLE draft_series_issues AS FROM series_issues SEMI JOIN drafted USING (host, resource)
                 WHERE stage IN ('data', '{engine}');
             CREATE TABLE draft_progress AS
             SELECT 1::BIGINT AS run_id, '{engine}' AS stage, {series}::UBIGINT AS series_done,
                 0::UBIGINT AS reused, host, resource
             FROM drafted ORDER BY host DESC, resource DESC LIMIT 1;"
        ),
    );
    undo_from(desk, engine);
}

#[test]
fn a_run_goes_on_at_the_first_stage_that_is_not_done() {
    let desk = forecast_fleet();
    let undisturbed = desk.contents(DB);
    for (stage, so_far) in [
        ("prophet", "nothing is done yet"),
        ("challenger", "prophet is done"),
        ("judge", "prophet, challenger are done"),
        ("write", "prophet, challenger, judge are done"),
    ] {
        undo_from(&desk, stage);
        let printed = desk.ok(&format!("run-all {SETTINGS}"));
        let expected = format!("run 1 goes on where it stopped: {so_far}");
        assert!(printed.contains(&expected), "{printed}");
        assert_eq!(desk.contents(DB), undisturbed, "{stage}");
    }
    // A run that is complete is not taken up, but made again.
    assert!(!desk.ok(&format!("run-all {SETTINGS}")).contains("goes on"));
    assert_eq!(
        desk.query(DB, "SELECT status FROM runs ORDER BY run_id"),
        ["complete", "complete"]
    );
}

#[test]
fn an_engine_goes_on_at_the_first_series_that_is_not_drafted() {
    let desk = forecast_fleet();
    let undisturbed = desk.contents(DB);
    for (engine, series, so_far) in [
        ("prophet", 5, "prophet for 5 of 12 series is done"),
        (
            "challenger",
            7,
            "prophet, challenger for 7 of 12 series are done",
        ),
        (
            "challenger",
            12,
            "prophet, challenger for 12 of 12 series are done",
        ),
    ] {
        leave_draft(&desk, engine, series);
        let printed = desk.ok(&format!("run-all {SETTINGS}"));
        assert!(printed.contains(so_far), "{printed}");
        assert_eq!(desk.contents(DB), undisturbed, "{engine}, {series} series");
    }
    // What is drafted is not forecast again: a mark left there is still there when published.
    leave_draft(&desk, "prophet", 5);
    desk.sql(DB, "UPDATE draft_prophet_forecasts SET yhat_upper = 12345");
    desk.ok(&format!("run-all {SETTINGS}"));
    let marked = "SELECT count(DISTINCT (host, resource))::VARCHAR FROM prophet_forecasts
         WHERE yhat_upper = 12345";
    assert_eq!(desk.query(DB, marked), ["5"]);
}

#[test]
fn a_run_starts_over_where_data_or_settings_are_others() {
    let desk = forecast_fleet();
    leave_draft(&desk, "challenger", 7);
    let printed = desk.ok("run-all --train-months 8 --horizon-days 20 --challenger mstl_ets");
    let expected = "run 2 starts from the beginning: since run 1 stopped, challenger.engine was ets, is mstl_ets";
    assert!(printed.contains(expected), "{printed}");

    undo_from(&desk, "judge");
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = 1 WHERE ds = '2025-12-01'",
    );
    let printed = desk.ok(&format!("run-all {SETTINGS}"));
    assert!(
        printed.contains("run 3 starts from the beginning"),
        "{printed}"
    );
    assert!(printed.contains("the data changed"), "{printed}");
    assert_eq!(
        desk.query(DB, "SELECT status FROM runs ORDER BY run_id"),
        ["interrupted", "interrupted", "complete"]
    );
}

#[test]
fn a_stage_by_itself_does_not_join_a_run_of_other_engine_settings() {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 12");
    desk.ok(&format!("run-all --quiet {SETTINGS} --challenger mstl_ets"));
    let before = desk.contents(DB);
    desk.fails(
        &format!("judge {SETTINGS}"),
        "(challenger.engine was mstl_ets, is ets)",
    );
    desk.fails(
        &format!("write {SETTINGS} --challenger mstl_ets --metric wape"),
        "(judge.metric was mape, is wape)",
    );
    assert_eq!(desk.contents(DB), before);
    desk.ok(&format!(
        "judge --quiet {SETTINGS} --challenger mstl_ets --metric wape"
    ));
    // The golden record is of the judge's last verdicts no longer, and the run says so.
    assert_eq!(
        desk.query(
            DB,
            "SELECT status || ' ' || (write_rows IS NULL) || ' ' || (config ->> '$.judge.metric') FROM runs"
        ),
        ["running true wape"]
    );
    desk.ok(&format!(
        "write --quiet {SETTINGS} --challenger mstl_ets --metric wape"
    ));
    assert_eq!(desk.query(DB, "SELECT status FROM runs"), ["complete"]);
}

#[test]
fn a_database_without_any_data_gets_its_demo_fleet_unless_it_is_somebodys() {
    let desk = Desk::new();
    std::fs::write(
        desk.path("fleetcast.toml"),
        "train-months = 8\nhorizon-days = 20\n[demo]\nhosts = 1\nmonths = 12\n",
    )
    .unwrap();
    // As a kill leaves it between making the database and filling it.
    desk.ok("demo");
    desk.sql(DB, "DROP TABLE processed_data; DROP TABLE demo_labels");
    std::fs::copy(desk.path(DB), desk.path("nothing.duckdb")).unwrap();
    let printed = desk.ok("run-all");
    assert!(printed.contains("making a demo fleet first"), "{printed}");

    desk.fails("run-all --db nothing.duckdb", "no table `processed_data`");
    std::fs::copy(desk.path("nothing.duckdb"), desk.path(DB)).unwrap();
    desk.sql(DB, "CREATE TABLE invoices (id INTEGER)");
    desk.fails("run-all", "no table `processed_data`");
}
