//! What is another than in an earlier run.

use serde_json::Value;

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str = "run-all --quiet --train-months 8 --horizon-days 40";

/// Ten hosts whose disks stand at 20 to 29, with a run as of the end of October, and data until the end of
/// the year.
fn fleet() -> Desk {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 1");
    desk.sql(
        DB,
        "DELETE FROM processed_data;
         INSERT INTO processed_data
         SELECT format('h{}', h), 'disk', ds::DATE, 20 + h + sin(epoch(ds) / 86400 * 1.7 + h)
         FROM range(10) AS hosts (h), generate_series(DATE '2024-11-01', DATE '2025-12-31', INTERVAL 1 DAY) AS days (ds)",
    );
    desk.ok(&format!("{RUN} --as-of 2025-10-31"));
    desk
}

fn json(desk: &Desk, arguments: &str) -> Value {
    serde_json::from_str(&desk.ok(&format!("changes --json {arguments}"))).unwrap()
}

/// The hosts named under a kind of change, in their order.
fn hosts(changes: &Value, kind: &str) -> Vec<String> {
    let named = changes[kind].as_array().unwrap().iter();
    named
        .map(|one| one["host"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn each_kind_of_change_is_named() {
    let desk = fleet();
    let first = desk.ok("changes --fail-on new-full,drift");
    assert!(first.contains("nothing to compare it with"), "{first}");
    // In November h1 fills up, h2 becomes restless and is forecast wrong, h3 grows towards full, h4 goes, h5 is resized;
    // h0 is known to be full by the first run's rules already.
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = utilization + 65 WHERE host = 'h1' AND ds >= '2025-11-10';
         UPDATE processed_data SET utilization = utilization + 20 * (date_diff('day', DATE '2025-01-01', ds) % 3 - 1)
         WHERE host = 'h2' AND ds >= '2025-11-10';
         DELETE FROM processed_data WHERE host = 'h4';
         INSERT INTO processed_data SELECT 'h10', resource, ds, utilization FROM processed_data WHERE host = 'h5';",
    );
    desk.ok(&format!("{RUN} --as-of 2025-12-05"));
    let changes = json(&desk, "");
    assert_eq!(changes["since"]["as_of"], "2025-10-31");
    assert_eq!(hosts(&changes, "newly_full"), ["h1"]);
    assert_eq!(changes["newly_full"][0]["now"]["status"], "over");
    assert_eq!(
        changes["newly_full"][0]["before"]["status"],
        "not_within_horizon"
    );
    assert_eq!(hosts(&changes, "vanished"), ["h4"]);
    assert_eq!(hosts(&changes, "new"), ["h10"]);
    let mut wrong = hosts(&changes, "wrong_forecasts");
    wrong.sort();
    assert_eq!(wrong, ["h1", "h2"]);
    let line = desk.ok("changes");
    let line = line.lines().next().unwrap();
    assert_eq!(
        line,
        "since run 1 (as of 2025-10-31), as of 2025-12-05: series 1 newly full within 40 days, 1 vanished, 1 new, 1 \
         whose forecast turned out wrong, 1 whose forecast was overtaken by what this run has seen"
    );
    // Of a level that shifted, the forecast that stands has taken account.
    let explained = |host: &str| {
        let wrong = changes["wrong_forecasts"].as_array().unwrap();
        let one = wrong.iter().find(|one| one["host"] == host).unwrap();
        one["explained_by"].as_str().map(str::to_owned)
    };
    let h1 = explained("h1").unwrap();
    assert!(h1.starts_with("level rose from 21 to 8"), "{h1}");
    assert_eq!(explained("h2"), None);
    // The run itself says so, too.
    desk.ok(&format!("{RUN} --as-of 2025-12-05"));
    let printed = desk.ok("write --train-months 8 --horizon-days 40 --as-of 2025-12-05");
    assert!(printed.contains(line), "{printed}");

    // Programs go by the exit code.
    let code = |arguments: &str| desk.run(arguments).status.code();
    assert_eq!(code("changes --fail-on new-full --quiet"), Some(4));
    assert_eq!(code("changes --fail-on drift"), Some(4));
    assert_eq!(code("changes --quiet"), Some(0));

    // What somebody knows about is not named, until the day.
    desk.ok("acknowledge h1 disk --until 2025-12-05 --note ordered");
    desk.ok("acknowledge h1 disk --until 2025-12-05");
    desk.fails(
        "acknowledge h2 disk --until 2025-12-04",
        "is as of 2025-12-05 already",
    );
    assert_eq!(code("changes --fail-on new-full"), Some(0));
    assert_eq!(code("changes --fail-on drift"), Some(4));
    let line = desk.ok("changes");
    assert!(
        line.contains("1 whose forecast turned out wrong, 1 acknowledged"),
        "{line}"
    );
    assert_eq!(
        json(&desk, "")["newly_full"][0]["acknowledged_until"],
        "2025-12-05"
    );
    assert!(desk.ok("acknowledge").contains("ordered"));
    desk.ok("acknowledge h1 disk --remove");
    assert_eq!(code("changes --fail-on new-full"), Some(4));
    desk.fails("acknowledge h1 disk --remove", "is not acknowledged");
    desk.fails("acknowledge h1 cpu --until 2026-01-01", "no series h1/cpu");
    desk.fails("acknowledge h1 disk", "--until");

    // It goes down again; the run before is what counts, or the one that is asked for.
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = utilization - 65 WHERE host = 'h1' AND ds >= '2025-12-06'",
    );
    desk.ok(&format!("{RUN} --as-of 2025-12-31"));
    assert_eq!(hosts(&json(&desk, ""), "no_longer_full"), ["h1"]);
    let since_first = json(&desk, "--since 1");
    assert_eq!(hosts(&since_first, "no_longer_full"), [""; 0]);
    assert_eq!(json(&desk, "--since 2025-11-30")["since"]["run"], 1);
    desk.fails("changes --since 9", "kept are run ");
    let run = json(&desk, "")["run"].to_string();
    desk.fails(
        &format!("changes --since {run}"),
        "is the one whose outlook stands",
    );
    desk.fails("changes --since 2025-01-01", "no outlook as of 2025-01-01");
    // What became of what was said: h1 was to stay below, and filled up on the day it jumped.
    let came = desk.query(
        DB,
        "SELECT concat_ws(' ', host, came_full_on, is_known) FROM live_outlook_accuracy
         WHERE as_of = '2025-10-31' AND came_full_on IS NOT NULL",
    );
    assert_eq!(came, ["h1 2025-11-10 true"]);
}

#[test]
fn days_that_move_are_named_by_how_far() {
    let desk = fleet();
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = 20 + 0.15 * (ds - DATE '2024-11-01') + sin(epoch(ds) / 86400 * 1.7)
         WHERE host = 'h7'",
    );
    desk.ok(&format!("{RUN} --as-of 2025-12-01"));
    let before = json(&desk, "");
    assert_eq!(hosts(&before, "newly_full"), ["h7"]);
    // Another threshold, another day.
    desk.ok("limits --resource disk --host h7 --threshold 83 --capacity 100");
    desk.ok(&format!("{RUN} --as-of 2025-12-02"));
    assert_eq!(hosts(&json(&desk, "--moved-by 7"), "moved"), ["h7"]);
    assert_eq!(hosts(&json(&desk, "--moved-by 60"), "moved"), [""; 0]);
    let line = desk.ok("changes --moved-by 7");
    assert!(
        line.contains("1 whose day moved by more than 7 days") && line.contains("(threshold 83)"),
        "{line}"
    );
    // The day comes.
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = 90 WHERE host = 'h7' AND ds > '2025-12-15'",
    );
    desk.ok(&format!("{RUN} --as-of 2025-12-31"));
    assert_eq!(hosts(&json(&desk, ""), "filled_up"), ["h7"]);
    let code = |arguments: &str| desk.run(arguments).status.code();
    assert_eq!(code("changes --fail-on filled-up"), Some(4));
    assert_eq!(code("changes --fail-on new-full"), Some(0));
    // Another name, the same story.
    desk.ok("acknowledge h7 disk --until 2026-12-31");
    desk.ok("rename h7 box-7");
    assert!(desk.ok("acknowledge").contains("box-7"));
    desk.ok(&format!("{RUN} --as-of 2025-12-31"));
    assert_eq!(
        hosts(&json(&desk, "--since 2025-12-02"), "vanished"),
        [""; 0]
    );
    desk.ok("forget --host box-7");
    assert!(desk.ok("acknowledge").contains("no series is acknowledged"));
}

#[test]
fn outlooks_are_kept_for_two_weeks_and_then_one_a_week() {
    let desk = fleet();
    // Every night from July on, as if each were a run of its own.
    desk.sql(
        DB,
        "INSERT INTO outlook_history
         SELECT 1000 + i, o.* EXCLUDE run_id REPLACE (DATE '2024-10-01' + i::INTEGER AS as_of)
         FROM capacity_outlook AS o, range(435) AS nights (i)",
    );
    desk.ok(&format!("{RUN} --as-of 2025-12-10"));
    let kept = desk.query(
        DB,
        "SELECT DISTINCT as_of::VARCHAR FROM outlook_history ORDER BY 1",
    );
    let days: Vec<&str> = kept.iter().map(String::as_str).collect();
    // Mondays, for thirteen months, and the last two weeks day by day.
    assert_eq!(days[..2], ["2024-11-11", "2024-11-18"]);
    assert_eq!(days[54..57], ["2025-11-24", "2025-11-27", "2025-11-28"]);
    assert_eq!(days.last(), Some(&"2025-12-09"));
    assert_eq!(days.len(), 55 + 13);
    // Nothing of a week goes that was chosen before.
    desk.ok(&format!("{RUN} --as-of 2025-12-11"));
    let again = desk.query(
        DB,
        "SELECT DISTINCT as_of::VARCHAR FROM outlook_history ORDER BY 1",
    );
    assert_eq!(again.last().unwrap(), "2025-12-10");
    assert_eq!(again.len(), 55 + 13);
    assert_eq!(again[54..56], ["2025-11-24", "2025-11-28"]);
}
