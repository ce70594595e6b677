//! The command `limits`.

use super::*;

#[test]
fn limits_are_listed_set_and_removed() {
    let desk = Desk::new();
    desk.ok("demo --hosts 2 --months 6");
    let listed = desk.ok("limits");
    assert!(listed.contains("percent"), "{listed}");
    desk.ok("limits --resource cpu --threshold 70");
    desk.ok("limits --resource cpu --host web-0001 --capacity 90");
    let thresholds = "SELECT host || ' ' || capacity || ' ' || threshold || ' ' || source
         FROM effective_limits WHERE resource = 'cpu' ORDER BY host";
    assert_eq!(
        desk.query("fleet.duckdb", thresholds),
        ["app-0001 100.0 70.0 resource", "web-0001 90.0 70.0 host"]
    );
    std::fs::write(
        desk.path("l.csv"),
        "host,resource,threshold\n,gpu,5\nweb-0001,cpu,60\n",
    )
    .unwrap();
    let listed = desk.ok("limits l.csv");
    assert!(
        listed.contains("note: no series of any host, gpu"),
        "{listed}"
    );
    desk.ok("limits --resource cpu --remove");
    assert_eq!(
        desk.query("fleet.duckdb", thresholds),
        ["app-0001 100.0 80.0 percent", "web-0001 100.0 60.0 host"]
    );
}

#[test]
fn bad_limits_are_explained() {
    let desk = Desk::new();
    desk.fails("limits", "no such database");
    desk.ok("demo --hosts 1 --months 6");
    desk.fails(
        "limits --resource cpu",
        "neither floor nor capacity nor threshold",
    );
    desk.fails("limits --resource cpu --capacity nan", "capacity NaN");
    desk.fails(
        "limits --resource cpu --floor 9 --capacity -5",
        "floor 9 is not below capacity -5",
    );
    desk.fails(
        "limits --resource gpu --remove",
        "no limits of all hosts, gpu to remove",
    );
    desk.fails("limits none.csv", "cannot import none.csv: no such file");
    assert_eq!(desk.run("limits --host a").status.code(), Some(2));
    desk.fails("limits --remove", "--remove needs to know what");
    desk.fails(
        "limits --capacity-change web-0001 cpu 2025-11-03 200 much",
        "`much` is no capacity",
    );
    desk.fails(
        "limits --capacity-change web-0001 cpu yesterday 200 400",
        "--capacity-change: `yesterday`",
    );
    desk.fails(
        "limits --capacity-change web-0001 cpu 2025-11-03 200 400 --remove",
        "no change of the capacity of web-0001, cpu on 2025-11-03 to remove",
    );
    // Rows that other tools wrote are checked before a run.
    desk.sql(
        "fleet.duckdb",
        "INSERT INTO resource_limits (host, resource, capacity, threshold)
         VALUES (NULL, 'cpu', NULL, 80), ('web-0001', 'cpu', 50, NULL)",
    );
    desk.fails("run-all", "limits of web-0001/cpu do not fit together");
}

/// A disk that fills by 0.25 a day and reaches 80 % in two months, and two thousand rows of others.
const FILLING: &str = "CREATE TABLE processed_data AS
    SELECT 'db-01' AS host, 'disk' AS resource, DATE '2023-01-01' + d::INTEGER AS ds,
        65.0 - 0.25 * (1095 - d) / 2 + if(d % 7 < 2, -0.3, 0.3) + 0.4 * sin(d * d) AS utilization
    FROM range(700, 1096) AS days (d)
    UNION ALL
    SELECT 'db-02', 'disk', DATE '2023-01-01' + d::INTEGER, 40 + sin(d * d)
    FROM range(700, 1096) AS days (d)";

const RUN: &str = "run-all --quiet --train-months 8 --backtest-months 3 --horizon-days 180";

#[test]
fn a_planned_extension_is_in_forecast_and_outlook() {
    let desk = Desk::new();
    desk.sql("fleet.duckdb", FILLING);
    desk.ok(RUN);
    let outlook = "SELECT concat_ws(' ', status, full_on, capacity, to_order > 0) FROM capacity_outlook WHERE host = 'db-01'";
    let before = desk.query("fleet.duckdb", outlook).remove(0);
    assert!(before.starts_with("within 2026-0"), "{before}");
    // A second disk of the same size, from March on: in percent of today's, 200.
    let listed = desk.ok(
        "limits --resource disk --host db-01 --capacity 200 --threshold 160 --valid-from 2026-03-01",
    );
    assert!(listed.contains("2026-03-01"), "{listed}");
    assert!(listed.contains("`cargo xtask write --db"), "{listed}");
    desk.ok("write --quiet --train-months 8 --backtest-months 3 --horizon-days 180");
    let after = desk.query("fleet.duckdb", outlook).remove(0);
    assert_eq!(after, "not_within_horizon 100.0 false", "{before}");
    let steps = desk.query(
        "fleet.duckdb",
        "SELECT concat_ws(' ', host, valid_from, capacity, threshold, source) FROM limits_by_day ORDER BY ALL",
    );
    assert_eq!(
        steps,
        [
            "db-01 100.0 80.0 percent",
            "db-01 2026-03-01 200.0 160.0 host",
            "db-02 100.0 80.0 percent"
        ]
    );
    let now = desk.query(
        "fleet.duckdb",
        "SELECT concat_ws(' ', host, capacity) FROM effective_limits ORDER BY ALL",
    );
    assert_eq!(now, ["db-01 100.0", "db-02 100.0"]);
    desk.ok("limits --resource disk --host db-01 --valid-from 2026-03-01 --remove");
    desk.ok("write --quiet --train-months 8 --backtest-months 3 --horizon-days 180");
    assert_eq!(desk.query("fleet.duckdb", outlook), [before.as_str()]);

    // The same, said as what is to happen.
    let listed = desk.ok("limits --capacity-change db-01 disk 2026-03-01 500 1000");
    assert!(
        listed.contains("the capacity of db-01, disk will change from 500 to 1000 on 2026-03-01"),
        "{listed}"
    );
    assert!(listed.contains("`cargo xtask write --db"), "{listed}");
    desk.ok("write --quiet --train-months 8 --backtest-months 3 --horizon-days 180");
    assert_eq!(desk.query("fleet.duckdb", outlook), [after]);
    let shown = desk.ok("show db-01");
    assert!(
        shown.contains("planned: full at 160 from 2026-03-01 on"),
        "{shown}"
    );
    assert!(!desk.ok("show db-02").contains("planned"));
    let steps = desk.query(
        "fleet.duckdb",
        "SELECT concat_ws(' ', valid_from, capacity, threshold, source) FROM limits_by_day
         WHERE host = 'db-01' ORDER BY ALL",
    );
    assert_eq!(
        steps,
        ["100.0 80.0 percent", "2026-03-01 200.0 160.0 percent"]
    );
    // A run goes by it as well, and one more says that nothing has changed.
    desk.ok(RUN);
    assert_eq!(
        desk.query(
            "fleet.duckdb",
            "SELECT status FROM capacity_outlook WHERE host = 'db-01'"
        ),
        ["not_within_horizon"]
    );
    desk.ok("limits --capacity-change db-01 disk 2026-03-01 500 1000 --remove");
    desk.ok(RUN);
    assert_eq!(desk.query("fleet.duckdb", outlook), [before]);
}

#[test]
fn records_of_before_a_capacity_changed_are_held_against_shares_of_theirs() {
    let desk = Desk::new();
    desk.sql("fleet.duckdb", FILLING);
    desk.ok(RUN);
    // What was forecast comes true, of a disk that is twice as large from the third day on.
    desk.sql(
        "fleet.duckdb",
        "INSERT INTO processed_data BY NAME
         SELECT host, resource, ds, if(host = 'db-01' AND ds >= '2026-01-03', yhat / 2, yhat) AS utilization
         FROM forecasts WHERE ds <= '2026-01-14'",
    );
    let drift = "SELECT host FROM forecast_drift";
    let off = "SELECT host FROM live_accuracy GROUP BY host HAVING max(abs(error)) > 1e-9";
    for wrong in [drift, off] {
        assert_eq!(desk.query("fleet.duckdb", wrong), ["db-01"]);
    }
    desk.ok(RUN);
    let none_is_wrong = || desk.ok("changes --json").contains("\"wrong_forecasts\":[]");
    assert!(!none_is_wrong());
    desk.ok("limits --capacity-change db-01 disk 2026-01-03 100 200");
    for wrong in [drift, off] {
        assert_eq!(desk.query("fleet.duckdb", wrong), [""; 0]);
    }
    desk.ok(RUN);
    assert!(none_is_wrong());
}

#[test]
fn a_percentage_of_another_capacity_is_another_percentage() {
    let desk = Desk::new();
    desk.sql("fleet.duckdb", FILLING);
    desk.ok(RUN);
    let forecasts = "SELECT concat_ws(' ', host, ds, yhat, yhat_lower, yhat_upper) FROM forecasts ORDER BY host, ds";
    let expected = desk.query("fleet.duckdb", forecasts);
    // The same disk, had it been twice the size until ten days before the end.
    desk.sql(
        "fleet.duckdb",
        "UPDATE processed_data SET utilization = 0.5 * utilization WHERE host = 'db-01' AND ds < '2025-12-22'",
    );
    desk.ok(RUN);
    assert_ne!(desk.query("fleet.duckdb", forecasts), expected);
    let listed = desk.ok("limits --capacity-change db-01 disk 2025-12-22 400 200");
    assert!(
        listed.contains("the capacity of db-01, disk changed from 400 to 200 on 2025-12-22"),
        "{listed}"
    );
    assert!(listed.contains("`cargo xtask run-all --db"), "{listed}");
    desk.ok(RUN);
    assert_eq!(desk.query("fleet.duckdb", forecasts), expected);
    let recent = desk.query(
        "fleet.duckdb",
        "SELECT (recent < 70)::VARCHAR FROM capacity_outlook WHERE host = 'db-01'",
    );
    assert_eq!(recent, ["true"]);
    desk.ok("limits --capacity-change db-01 disk 2025-12-22 400 200 --remove");
    desk.ok(RUN);
    assert_ne!(desk.query("fleet.duckdb", forecasts), expected);
}
