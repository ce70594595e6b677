//! Databases, flags and files that cannot be used.

use super::*;

const INPUT: &str =
    "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE);";

#[test]
fn databases_that_cannot_be_used_are_explained() {
    let desk = Desk::new();
    desk.fails("run-all --db none.duckdb", "no such database: none.duckdb");
    desk.fails("status", "no such database: fleet.duckdb");
    std::fs::write(desk.path("notes.txt"), "not a database\n".repeat(999)).unwrap();
    desk.fails(
        "run-all --db notes.txt",
        "notes.txt is not a DuckDB database",
    );
    desk.sql("empty.duckdb", "SELECT 1");
    desk.fails("run-all --db empty.duckdb", "no table `processed_data`");
    desk.sql("rowless.duckdb", INPUT);
    desk.fails("run-all --db rowless.duckdb", "holds no usable row");
    desk.sql(
        "columns.duckdb",
        "CREATE TABLE processed_data (host VARCHAR, day DATE)",
    );
    desk.fails(
        "run-all --db columns.duckdb",
        "no column `resource`; it has host, day",
    );
    desk.sql(
        "types.duckdb",
        "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds TIMESTAMP, utilization DOUBLE)",
    );
    desk.fails(
        "run-all --db types.duckdb",
        "column ds of processed_data is TIMESTAMP",
    );
}

#[test]
fn a_database_in_use_names_who_has_it() {
    let desk = Desk::new();
    desk.sql("fleet.duckdb", INPUT);
    let held = Connection::open(desk.path("fleet.duckdb")).unwrap();
    desk.fails("run-all", &format!("PID {}", std::process::id()));
    drop(held);
}

#[test]
fn flags_and_files_that_make_no_sense_are_explained() {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 6");
    desk.fails("demo --hosts 1", "fleet.duckdb already holds data");
    desk.fails("demo --hosts 0 --db other.duckdb", "at least one host");
    desk.fails("run-all --threads 0", "--threads 0 leaves nobody to work");
    desk.fails(
        "run-all --horizon-days 0",
        "a horizon of 0 days is out of range",
    );
    desk.fails(
        "run-all --backtest-months 0",
        "a backtest window of 0 months",
    );
    desk.fails("run-all --train-months 99999", "is no day of the calendar");
    desk.fails("run-all --config none.toml", "cannot read none.toml");
    std::fs::write(desk.path("bad.toml"), "treads = 2\n").unwrap();
    let output = desk.run("run-all --config bad.toml");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        errors.contains("bad.toml") && errors.contains("unknown field `treads`"),
        "{errors}"
    );
    assert_eq!(desk.run("run-all --treads 2").status.code(), Some(2));
    assert_eq!(desk.run("run-all --as-of yesterday").status.code(), Some(2));
}

#[test]
fn an_import_that_fails_leaves_nothing_behind() {
    let desk = Desk::new();
    desk.fails("import none.csv", "cannot import none.csv: no such file");
    assert!(!desk.path("fleet.duckdb").exists());
    std::fs::write(
        desk.path("a.csv"),
        "server,ds,utilization\na,2025-01-01,1\n",
    )
    .unwrap();
    desk.fails(
        "import a.csv --resource cpu",
        "no column `host`, only server, ds, utilization",
    );
    assert!(!desk.path("fleet.duckdb").exists());
    desk.ok("import a.csv --resource cpu --host-column server");
}

#[test]
fn odd_series_become_issues_and_the_rest_is_forecast() {
    let desk = Desk::new();
    // A year of days d, counted back from the last; one series a host.
    desk.sql(
        "fleet.duckdb",
        &format!(
            "{INPUT}
             CREATE MACRO day_back(d) AS DATE '2025-06-30' - d::INTEGER;
             INSERT INTO processed_data
             SELECT 'healthy', 'cpu', day_back(d), 50 + d % 7 FROM range(365) AS r (d) UNION ALL
             SELECT 'constant', 'cpu', day_back(d), 7 FROM range(365) AS r (d) UNION ALL
             SELECT 'zero', 'cpu', day_back(d), 0 FROM range(365) AS r (d) UNION ALL
             SELECT 'negative', 'cpu', day_back(d), -20 - d % 7 FROM range(365) AS r (d) UNION ALL
             SELECT 'nan', 'cpu', day_back(d), if(d % 50 = 0, 'NaN'::DOUBLE, 40 + d % 7) FROM range(365) AS r (d) UNION ALL
             SELECT 'infinite', 'cpu', day_back(d), if(d % 50 = 0, 'inf'::DOUBLE, 40 + d % 7) FROM range(365) AS r (d) UNION ALL
             SELECT 'null', 'cpu', day_back(d), if(d % 50 = 0, NULL, 40 + d % 7) FROM range(365) AS r (d) UNION ALL
             SELECT 'twice', 'cpu', day_back(d), 40 + d % 7 FROM range(365) AS r (d) UNION ALL
             SELECT 'twice', 'cpu', day_back(d), 40 + d % 7 FROM range(0, 365, 30) AS r (d) UNION ALL
             SELECT 'gappy', 'cpu', day_back(d), 40 + d % 7 FROM range(365) AS r (d) WHERE d % 3 > 0 UNION ALL
             SELECT 'newborn', 'cpu', day_back(d), 40 + d % 7 FROM range(9) AS r (d) UNION ALL
             SELECT 'young', 'cpu', day_back(d), 40 + d % 7 FROM range(60) AS r (d) UNION ALL
             SELECT 'ended', 'cpu', day_back(d), 40 + d % 7 FROM range(90, 365) AS r (d) UNION ALL
             SELECT 'ancient', 'cpu', day_back(d), 40 + d % 7 FROM range(2000, 2100) AS r (d) UNION ALL
             SELECT 'tomorrow', 'cpu', day_back(d), 40 + d % 7 FROM range(-5, 365) AS r (d) UNION ALL
             SELECT NULL, 'cpu', day_back(0), 1 UNION ALL
             SELECT 'healthy', 'cpu', NULL, 1;"
        ),
    );
    desk.ok(
        "run-all --quiet --as-of 2025-06-30 --train-months 8 --backtest-months 3 --horizon-days 10",
    );
    let found = desk.query(
        "fleet.duckdb",
        "SELECT concat_ws(' ', host, severity, code) FROM series_issues
         WHERE stage IN ('data', 'prophet') ORDER BY 1",
    );
    assert_eq!(
        found,
        [
            " warning unusable_key",
            "ancient error no_history",
            "constant info constant",
            "ended error stale",
            "gappy info gaps",
            "healthy warning unusable_key",
            "infinite warning not_finite",
            "nan warning not_finite",
            "negative info negative_value",
            "negative warning outside_percent",
            "newborn error too_short",
            "null warning null_value",
            "tomorrow warning after_as_of",
            "twice warning duplicate_day",
            "young warning no_backtest",
            "zero info constant",
        ]
    );
    let forecast = desk.query(
        "fleet.duckdb",
        "SELECT host || ' ' || count(*) FROM forecasts GROUP BY host ORDER BY host",
    );
    assert_eq!(
        forecast,
        [
            "constant 10",
            "gappy 10",
            "healthy 10",
            "infinite 10",
            "nan 10",
            "negative 10",
            "null 10",
            "tomorrow 10",
            "twice 10",
            "young 10",
            "zero 10",
        ]
    );
    let undecided =
        "SELECT decided_by || ': ' || reason FROM model_leaderboard WHERE host = 'young'";
    assert_eq!(
        desk.query("fleet.duckdb", undecided),
        ["no_backtest: no backtest to decide by; the champion stays"]
    );
}
