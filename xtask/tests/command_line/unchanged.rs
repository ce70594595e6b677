//! Series whose values did not change since an earlier run: they are not forecast again, and nobody can
//! tell by the tables.

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str = "run-all --train-months 8 --horizon-days 20";

/// How many series each engine reused in the newest run: `prophet challenger`.
fn reused(desk: &Desk) -> String {
    let sql =
        "SELECT prophet_reused || ' ' || challenger_reused FROM runs ORDER BY run_id DESC LIMIT 1";
    desk.query(DB, sql).remove(0)
}

/// What the same run comes to on a copy of the database that has not forecast anything yet.
fn from_nothing(desk: &Desk) -> Vec<String> {
    let inputs = "DELETE FROM prophet_inputs; DELETE FROM challenger_inputs";
    std::fs::copy(desk.path(DB), desk.path("copy.duckdb")).unwrap();
    desk.sql("copy.duckdb", inputs);
    desk.ok(&format!("{RUN} --quiet --db copy.duckdb"));
    desk.contents("copy.duckdb")
}

/// Changes one value, one series' reach, takes a host away and brings another.
fn change_some(desk: &Desk) {
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = utilization + 1
             WHERE (host, resource, ds) = ('web-0001', 'cpu', DATE '2025-06-01');
         DELETE FROM processed_data
             WHERE (host, resource) = ('web-0001', 'disk') AND ds < DATE '2025-05-01';
         DELETE FROM processed_data WHERE host = (SELECT min(host) FROM processed_data);
         INSERT INTO processed_data
             SELECT 'a-new-one', resource, ds, utilization FROM processed_data WHERE host = 'web-0001';",
    );
}

#[test]
fn what_changed_is_forecast_again_and_what_did_not_is_not() {
    let desk = Desk::new();
    desk.ok("demo --hosts 5 --months 12");
    let printed = desk.ok(RUN);
    assert!(!printed.contains("not fitted again;"), "{printed}");
    assert_eq!(reused(&desk), "0 0");
    let notices = "SELECT (count(*) > 0)::VARCHAR FROM series_issues WHERE engine IS NOT NULL";
    assert_eq!(desk.query(DB, notices), ["true"], "issues to take over");

    let before = desk.contents(DB);
    let printed = desk.ok(RUN);
    let forecastable = desk
        .query(DB, "SELECT count(*)::VARCHAR FROM prophet_inputs")
        .remove(0);
    let expected = format!("{forecastable} series unchanged and not fitted again");
    assert!(printed.contains(&expected), "{printed}");
    assert_eq!(reused(&desk), format!("{forecastable} {forecastable}"));
    assert_eq!(desk.contents(DB), before, "nothing changed");

    change_some(&desk);
    let expected = from_nothing(&desk);
    let printed = desk.ok(RUN);
    let unchanged: usize = forecastable.parse::<usize>().unwrap() - 4 - 2;
    assert_eq!(
        reused(&desk),
        format!("{unchanged} {unchanged}"),
        "{printed}"
    );
    assert_eq!(desk.contents(DB), expected, "some changed");
}

#[test]
fn other_settings_are_another_question() {
    let desk = Desk::new();
    desk.ok("demo --hosts 2 --months 12");
    desk.ok(RUN);
    let forecastable = desk
        .query(DB, "SELECT count(*)::VARCHAR FROM prophet_inputs")
        .remove(0);
    for (flags, expected) in [
        ("--challenger mstl_ets", format!("{forecastable} 0")),
        (
            "--prophet-mode exact --challenger mstl_ets",
            format!("0 {forecastable}"),
        ),
        // What only the judge and the writer go by changes no forecast.
        (
            "--prophet-mode exact --challenger mstl_ets --metric wape --interval-level 50",
            format!("{forecastable} {forecastable}"),
        ),
        ("--regimes off", "0 0".to_owned()),
        ("--no-refit", "0 0".to_owned()),
        ("--as-of 2025-12-30 --no-refit", "0 0".to_owned()),
        ("--as-of 2025-12-30 --no-refit --fresh", "0 0".to_owned()),
    ] {
        desk.ok(&format!("{RUN} --quiet {flags}"));
        assert_eq!(reused(&desk), expected, "{flags}");
    }
}

#[test]
fn a_kill_changes_nothing_about_it() {
    let desk = Desk::new();
    desk.ok("demo --hosts 5 --months 12");
    desk.ok(RUN);
    change_some(&desk);
    std::fs::copy(desk.path(DB), desk.path("before.duckdb")).unwrap();
    let undisturbed = kills::timed(|| drop(desk.ok(RUN)));
    let of_second_run =
        "SELECT prophet_reused || ' ' || challenger_reused FROM runs WHERE run_id = 2";
    let (expected, expected_reused) = (desk.contents(DB), desk.query(DB, of_second_run));
    for moment in kills::moments(undisturbed, 6) {
        kills::put(&desk, "before.duckdb");
        kills::kill_after(&desk, RUN, moment);
        desk.ok(RUN);
        assert_eq!(desk.contents(DB), expected, "given again after {moment:?}");
        assert_eq!(
            desk.query(DB, of_second_run),
            expected_reused,
            "given again after {moment:?}"
        );
    }
}
