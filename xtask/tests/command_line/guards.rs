//! What a run never does to the forecasts that stand, and what takes rows out and joins histories.

use std::fmt::Write as _;

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str = "run-all --train-months 8 --horizon-days 20";

/// A demo fleet that was forecast.
fn forecast_fleet() -> Desk {
    let desk = Desk::new();
    desk.ok("demo --hosts 6 --months 12");
    desk.ok(&format!("{RUN} --quiet"));
    desk
}

#[track_caller]
fn collapses(desk: &Desk, arguments: &str, expected: &str) {
    let output = desk.run(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{arguments}: {errors}");
    assert!(
        errors.contains(expected) && errors.contains("--force"),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");
}

#[test]
fn a_run_that_would_lose_most_forecasts_leaves_them_all() {
    let desk = forecast_fleet();
    let (before, issues) = (
        desk.contents(DB),
        desk.query(DB, "SELECT message FROM series_issues"),
    );
    // Somebody else's export has all but one series' last weeks missing, so little is left of them.
    desk.sql(
        DB,
        "CREATE TABLE kept AS FROM processed_data;
         DELETE FROM processed_data WHERE host <> 'web-0001' AND ds < (SELECT max(ds) - 5 FROM processed_data);",
    );
    collapses(&desk, RUN, "the earlier forecasts stand");
    assert_eq!(desk.contents(DB), before);
    assert_eq!(desk.query(DB, "SELECT message FROM series_issues"), issues);
    let newest = "SELECT status || ': ' || reason FROM runs ORDER BY run_id DESC LIMIT 1";
    assert!(desk.query(DB, newest)[0].starts_with("failed: as of "));
    // It is not taken up again, and comes to the same.
    collapses(&desk, RUN, "the earlier forecasts stand");
    assert_eq!(
        desk.query(DB, "SELECT max(run_id)::VARCHAR FROM runs"),
        ["3"]
    );
    assert_eq!(desk.contents(DB), before);
    // Whoever means it can say so.
    desk.ok(&format!("{RUN} --force --quiet"));
    assert_ne!(desk.contents(DB), before);
    // With the data back, the next run is as the first.
    desk.sql(
        DB,
        "DELETE FROM processed_data; INSERT INTO processed_data FROM kept; DROP TABLE kept;",
    );
    desk.ok(&format!("{RUN} --quiet"));
    assert_eq!(
        desk.query(DB, "SELECT count(*)::VARCHAR FROM forecasts")
            .len(),
        1
    );
}

#[test]
fn an_empty_golden_record_is_never_written_over_a_good_one() {
    let desk = forecast_fleet();
    let before = desk.contents(DB);
    desk.sql(DB, "UPDATE processed_data SET utilization = NULL WHERE ds < (SELECT max(ds) - 5 FROM processed_data)");
    collapses(&desk, RUN, "0 of the");
    assert_eq!(desk.contents(DB), before);
}

#[test]
fn what_was_forgotten_or_decommissioned_is_not_lost_and_earlier_days_may_be_asked_for() {
    let desk = forecast_fleet();
    let hosts = desk.query(DB, "SELECT DISTINCT host FROM forecasts ORDER BY host");
    for host in &hosts[1..] {
        desk.ok(&format!("forget --host {host}"));
    }
    assert_eq!(
        desk.query(DB, "SELECT DISTINCT host FROM forecasts"),
        hosts[..1]
    );
    desk.ok(&format!("{RUN} --quiet"));

    let desk = forecast_fleet();
    desk.sql(DB, "DELETE FROM processed_data WHERE host <> 'web-0001' AND ds > (SELECT max(ds) - 60 FROM processed_data)");
    desk.ok(&format!("{RUN} --quiet"));

    let desk = forecast_fleet();
    let earlier = desk.query(DB, "SELECT (min(ds) + 7)::VARCHAR FROM processed_data");
    let asked = desk.run(&format!("{RUN} --quiet --as-of {}", earlier[0]));
    assert_ne!(asked.status.code(), Some(3));
}

#[test]
fn nothing_after_as_of_is_seen_by_anything() {
    let (tame, wild) = (Desk::new(), Desk::new());
    tame.ok("demo --hosts 6 --months 12");
    std::fs::copy(tame.path(DB), wild.path(DB)).unwrap();
    let as_of = tame
        .query(DB, "SELECT (max(ds) - 30)::VARCHAR FROM processed_data")
        .remove(0);
    wild.sql(
        DB,
        &format!(
            "UPDATE processed_data SET utilization = -1e6 * (1 + day(ds)) WHERE ds > DATE '{as_of}'"
        ),
    );
    for desk in [&tame, &wild] {
        desk.ok(&format!("{RUN} --quiet --as-of {as_of}"));
    }
    assert_eq!(tame.contents(DB), wild.contents(DB));
}

#[test]
fn an_unfinished_last_day_is_left_out_until_it_is_whole() {
    let desk = Desk::new();
    let hours = |last: usize| {
        let mut text = "host,ds,utilization\n".to_owned();
        for day in 1..=30 {
            for hour in 0..if day == 30 { last } else { 24 } {
                for host in ["a", "b", "c"] {
                    writeln!(
                        text,
                        "{host},2025-06-{day:02} {hour:02}:00,{}",
                        20 + hour + day % 7
                    )
                    .unwrap();
                }
            }
        }
        text
    };
    std::fs::write(desk.path("night.csv"), hours(8)).unwrap();
    let printed = desk.ok("import night.csv --resource cpu");
    assert!(
        printed.contains("the last day of 3 series has clearly fewer samples"),
        "{printed}"
    );
    let run = "run-all --quiet --train-months 1 --backtest-months 1 --horizon-days 7";
    desk.ok(run);
    let as_of = "SELECT as_of::VARCHAR FROM runs ORDER BY run_id DESC LIMIT 1";
    assert_eq!(desk.query(DB, as_of), ["2025-06-29"]);
    let issues = desk.query(
        DB,
        "SELECT DISTINCT host || code FROM series_issues WHERE code = 'unfinished_day' ORDER BY 1",
    );
    assert_eq!(
        issues,
        ["aunfinished_day", "bunfinished_day", "cunfinished_day"]
    );
    desk.ok(&format!("{run} --keep-last-day"));
    assert_eq!(desk.query(DB, as_of), ["2025-06-30"]);
    std::fs::write(desk.path("night.csv"), hours(24)).unwrap();
    desk.ok("import night.csv --resource cpu");
    desk.ok(run);
    assert_eq!(desk.query(DB, as_of), ["2025-06-30"]);
}

#[test]
fn histories_of_a_renamed_host_are_joined() {
    let desk = Desk::new();
    let file = |name: &str, host: &str, days: std::ops::RangeInclusive<u32>| {
        let mut rows = String::new();
        for day in days {
            writeln!(rows, "{host},2025-06-{day:02},{day}").unwrap();
        }
        std::fs::write(desk.path(name), format!("host,ds,utilization\n{rows}")).unwrap();
        desk.ok(&format!("import {name} --resource cpu"));
    };
    file("old.csv", "old", 1..=16);
    file("new.csv", "new", 16..=30);
    desk.ok("limits --host old --resource cpu --threshold 20");
    let printed = desk.ok("rename old new");
    assert!(
        printed.contains("15 rows of old are rows of new now")
            && printed.contains("1 days stood under both"),
        "{printed}"
    );
    let found = desk.query(DB, "SELECT host || ' ' || count(*) || ' ' || sum(utilization) FROM processed_data GROUP BY host");
    assert_eq!(found, ["new 30 465.0"]);
    assert_eq!(
        desk.query(DB, "SELECT host || threshold FROM resource_limits"),
        ["new20.0"]
    );
    desk.fails("rename old new", "no host `old`");
    desk.fails("rename new new", "both the old and the new name");
    desk.fails("forget", "--host");
    assert!(
        desk.ok("forget --host nobody")
            .contains("nothing was forgotten")
    );
}

#[test]
fn outputs_go_where_they_destroy_nothing() {
    let desk = forecast_fleet();
    desk.fails("report --out fleet.duckdb", "is the database");
    desk.fails("report --out .", "is a directory");
    desk.ok("report --out /dev/null");
    let page = desk.ok("report --quiet --out /dev/stdout");
    assert!(
        page.contains("<html") && page.trim_end().ends_with("</html>"),
        "{}",
        page.len()
    );
    std::fs::create_dir_all(desk.path("d/forecasts")).unwrap();
    std::fs::rename(desk.path(DB), desk.path("d/forecasts/fleet.duckdb")).unwrap();
    desk.fails(
        "export --to d --db d/forecasts/fleet.duckdb",
        "fleet.duckdb is nothing that an export has written",
    );
    assert!(desk.path("d/forecasts/fleet.duckdb").exists());
}
