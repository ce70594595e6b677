//! The commands as users run them, on databases as users have them.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use duckdb::Connection;

/// A directory of its own, and commands run in it.
struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn run(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments.split_whitespace())
            .current_dir(self.dir.path())
            .output()
            .unwrap()
    }

    /// Runs a command that must work, and returns what it printed.
    #[track_caller]
    fn ok(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail with one line that holds `expected`.
    #[track_caller]
    fn fails(&self, arguments: &str, expected: &str) {
        let output = self.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}: {errors}");
        assert!(errors.starts_with("error: "), "{errors}");
        assert!(errors.contains(expected), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }

    fn sql(&self, db: &str, sql: &str) {
        Connection::open(self.path(db))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
    }

    /// The first column of a query, as text.
    fn query(&self, db: &str, sql: &str) -> Vec<String> {
        let connection = Connection::open(self.path(db)).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// The contents of every result table, run numbers aside, each as one hash over its rows in
    /// the order they are stored.
    fn contents(&self, db: &str) -> Vec<String> {
        const TABLES: [&str; 12] = [
            "prophet_forecasts",
            "prophet_inner_forecasts",
            "challenger_forecasts",
            "challenger_inner_forecasts",
            "backtest_scores",
            "model_leaderboard",
            "interval_calibration",
            "judge_forecasts",
            "forecasts",
            "forecasts_history",
            "capacity_outlook",
            "series_issues",
        ];
        self.query(db, &TABLES.map(hash_of).join(" UNION ALL "))
    }
}

/// A query for one hash over a table's rows, run numbers aside, in the order they are stored.
fn hash_of(table: &str) -> String {
    format!(
        "SELECT $${table} $$ || coalesce(md5(string_agg(row_text, '\n')), '') FROM (
             SELECT rows::VARCHAR AS row_text FROM (SELECT * EXCLUDE run_id FROM {table}) AS rows)"
    )
}

#[cfg(unix)]
#[path = "command_line/failures.rs"]
mod failures;
#[path = "command_line/hostile.rs"]
mod hostile;
#[path = "command_line/kills.rs"]
mod kills;
#[path = "command_line/resuming.rs"]
mod resuming;

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name);
    path.to_str().unwrap().to_owned()
}

mod whole_runs {
    use super::*;

    #[test]
    fn a_demo_fleet_is_forecast_to_the_last_series() {
        let desk = Desk::new();
        // Enough hosts for every defect to occur.
        desk.ok("demo --hosts 46 --months 14");
        let printed = desk.ok("run-all --train-months 10 --horizon-days 30");
        assert!(printed.contains("seasonal naive"), "{printed}");
        assert!(printed.contains("look next"), "{printed}");

        let unexplained = desk.query(
            "fleet.duckdb",
            "SELECT DISTINCT host || '/' || resource FROM processed_data
             ANTI JOIN forecasts USING (host, resource)
             ANTI JOIN (FROM series_issues WHERE severity = 'error') USING (host, resource)",
        );
        assert_eq!(unexplained, [""; 0]);
        let defects = desk.query(
            "fleet.duckdb",
            "SELECT DISTINCT d.defect || ' ' || i.severity || ' ' || i.code
             FROM demo_labels AS d JOIN series_issues AS i USING (host, resource)
             WHERE i.stage = 'data' AND i.code <> 'gaps' AND d.defect IS NOT NULL ORDER BY 1",
        );
        assert_eq!(
            defects,
            [
                "all_zero info constant",
                "constant info constant",
                "decommissioned error stale",
                "duplicated warning duplicate_day",
                "infinite warning not_finite",
                "newborn error too_short",
                "no_value warning null_value",
                "not_a_number warning not_finite",
            ]
        );
        let golden = desk.query(
            "fleet.duckdb",
            "SELECT DISTINCT n::VARCHAR FROM (
                 SELECT count(*) AS n FROM forecasts
                 WHERE isfinite(yhat) AND isfinite(yhat_lower) AND isfinite(yhat_upper)
                   AND yhat_lower <= yhat AND yhat <= yhat_upper
                 GROUP BY host, resource)",
        );
        assert_eq!(golden, ["30"]);
    }

    #[test]
    fn the_same_tables_come_out_whatever_the_threads() {
        let desk = Desk::new();
        desk.ok("demo --hosts 4 --months 12");
        let mut seen = Vec::new();
        for threads in [1, 2, 3] {
            desk.ok(&format!(
                "run-all --quiet --train-months 8 --horizon-days 20 --threads {threads}"
            ));
            seen.push(desk.contents("fleet.duckdb"));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
    }

    #[test]
    fn without_arguments_a_demo_fleet_is_made_first() {
        let desk = Desk::new();
        std::fs::write(
            desk.path("fleetcast.toml"),
            "train-months = 8\nhorizon-days = 20\n[demo]\nhosts = 1\nmonths = 12\n",
        )
        .unwrap();
        let printed = desk.ok("run-all");
        assert!(printed.contains("making a demo fleet first"), "{printed}");
        assert_eq!(
            desk.query("fleet.duckdb", "SELECT count(*)::VARCHAR FROM forecasts"),
            ["80"]
        );
        // A second run takes the fleet that is there.
        let printed = desk.ok("run-all");
        assert!(!printed.contains("demo fleet"), "{printed}");
        let printed = desk.ok("status");
        assert!(
            printed.contains("prophet, challenger, judge, write"),
            "{printed}"
        );
    }

    #[test]
    fn real_data_is_imported_and_forecast() {
        let desk = Desk::new();
        let file = fixture("appserver_requests_daily.parquet");
        let import = format!(
            "import {file} --db app.duckdb --host-column series --resource requests --ds-column ts --value-column y"
        );
        assert!(desk.ok(&import).contains("9170 new, 0 changed"));
        assert!(
            desk.ok(&import)
                .contains("0 new, 0 changed, 9170 as they were")
        );
        desk.ok("run-all --db app.duckdb --quiet");
        assert_eq!(
            desk.query(
                "app.duckdb",
                "SELECT count(*)::VARCHAR FROM forecasts GROUP BY host"
            ),
            ["180"; 5]
        );
        let sane = "SELECT (median(prophet_mape) < 15 AND median(challenger_mape) < 15)::VARCHAR FROM model_leaderboard";
        assert_eq!(desk.query("app.duckdb", sane), ["true"]);
    }
}

mod stages {
    use super::*;

    #[test]
    fn stage_by_stage_is_the_same_as_all_at_once() {
        let desk = Desk::new();
        desk.ok("demo --hosts 2 --months 12");
        let settings = "--quiet --train-months 8 --horizon-days 20";
        desk.ok(&format!("run-all {settings}"));
        let all_at_once = desk.contents("fleet.duckdb");
        for stage in ["prophet", "challenger", "judge", "write"] {
            desk.ok(&format!("{stage} {settings}"));
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
}

mod bad_input {
    use super::*;

    const INPUT: &str = "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE);";

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
                 CREATE MACRO day(d) AS DATE '2025-06-30' - d::INTEGER;
                 INSERT INTO processed_data
                 SELECT 'healthy', 'cpu', day(d), 50 + d % 7 FROM range(365) AS r (d) UNION ALL
                 SELECT 'constant', 'cpu', day(d), 7 FROM range(365) AS r (d) UNION ALL
                 SELECT 'zero', 'cpu', day(d), 0 FROM range(365) AS r (d) UNION ALL
                 SELECT 'negative', 'cpu', day(d), -20 - d % 7 FROM range(365) AS r (d) UNION ALL
                 SELECT 'nan', 'cpu', day(d), if(d % 50 = 0, 'NaN'::DOUBLE, 40 + d % 7) FROM range(365) AS r (d) UNION ALL
                 SELECT 'infinite', 'cpu', day(d), if(d % 50 = 0, 'inf'::DOUBLE, 40 + d % 7) FROM range(365) AS r (d) UNION ALL
                 SELECT 'null', 'cpu', day(d), if(d % 50 = 0, NULL, 40 + d % 7) FROM range(365) AS r (d) UNION ALL
                 SELECT 'twice', 'cpu', day(d), 40 + d % 7 FROM range(365) AS r (d) UNION ALL
                 SELECT 'twice', 'cpu', day(d), 40 + d % 7 FROM range(0, 365, 30) AS r (d) UNION ALL
                 SELECT 'gappy', 'cpu', day(d), 40 + d % 7 FROM range(365) AS r (d) WHERE d % 3 > 0 UNION ALL
                 SELECT 'newborn', 'cpu', day(d), 40 + d % 7 FROM range(9) AS r (d) UNION ALL
                 SELECT 'young', 'cpu', day(d), 40 + d % 7 FROM range(60) AS r (d) UNION ALL
                 SELECT 'ended', 'cpu', day(d), 40 + d % 7 FROM range(90, 365) AS r (d) UNION ALL
                 SELECT 'ancient', 'cpu', day(d), 40 + d % 7 FROM range(2000, 2100) AS r (d) UNION ALL
                 SELECT 'tomorrow', 'cpu', day(d), 40 + d % 7 FROM range(-5, 365) AS r (d) UNION ALL
                 SELECT NULL, 'cpu', day(0), 1 UNION ALL
                 SELECT 'healthy', 'cpu', NULL, 1;"
            ),
        );
        desk.ok("run-all --quiet --as-of 2025-06-30 --train-months 8 --backtest-months 3 --horizon-days 10");
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
}

mod limits {
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
        // Rows that other tools wrote are checked before a run.
        desk.sql(
            "fleet.duckdb",
            "INSERT INTO resource_limits VALUES (NULL, 'cpu', NULL, NULL, 80), ('web-0001', 'cpu', NULL, 50, NULL)",
        );
        desk.fails("run-all", "limits of web-0001/cpu do not fit together");
    }
}
