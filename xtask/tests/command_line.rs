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
        const TABLES: [&str; 14] = [
            "prophet_forecasts",
            "prophet_inner_forecasts",
            "prophet_inputs",
            "challenger_forecasts",
            "challenger_inner_forecasts",
            "challenger_inputs",
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

#[path = "command_line/access.rs"]
mod access;
#[path = "command_line/cases.rs"]
mod cases;
#[cfg(unix)]
#[path = "command_line/failures.rs"]
mod failures;
#[path = "command_line/guards.rs"]
mod guards;
#[path = "command_line/hostile.rs"]
mod hostile;
#[path = "command_line/kills.rs"]
mod kills;
#[path = "command_line/resuming.rs"]
mod resuming;
#[path = "command_line/unchanged.rs"]
mod unchanged;

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
                "run-all --quiet --fresh --train-months 8 --horizon-days 20 --threads {threads}"
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

mod readers {
    use super::*;

    /// A small fleet with a run, and a host whose name would do harm if it were pasted anywhere.
    fn fleet() -> Desk {
        let desk = Desk::new();
        desk.ok("demo --hosts 3 --months 14");
        desk.sql(
            "fleet.duckdb",
            "INSERT INTO processed_data
             SELECT '<b>\"it''s\"</b>', resource, ds, utilization FROM processed_data WHERE host = 'web-0001'",
        );
        desk.ok("run-all --quiet --train-months 10 --horizon-days 60");
        desk
    }

    #[test]
    fn before_a_run_there_is_nothing_to_read() {
        let desk = Desk::new();
        desk.ok("demo --hosts 1 --months 6");
        for command in ["report", "show web-0001", "export --to out"] {
            desk.fails(command, "run `cargo xtask run-all --db fleet.duckdb` first");
        }
        assert!(!desk.path("report.html").exists());
    }

    #[test]
    fn the_report_holds_every_series() {
        let desk = fleet();
        let printed = desk.ok("report --out planning.html");
        assert!(printed.contains("wrote planning.html"), "{printed}");
        assert!(printed.contains("16 series of run 1"), "{printed}");
        let page = std::fs::read_to_string(desk.path("planning.html")).unwrap();
        assert!(page.starts_with("<!DOCTYPE html>"));
        assert!(page.contains("app-0001") && page.contains("linear growth"));
        assert!(!page.contains("<b>\"it"), "a name became an element");
        // The same tables make the same page, over the old one.
        desk.ok("report --out planning.html --quiet");
        assert!(page == std::fs::read_to_string(desk.path("planning.html")).unwrap());
        desk.fails(
            "report --out none/planning.html",
            "cannot write none/planning.html",
        );
    }

    #[test]
    fn one_host_is_shown() {
        let desk = fleet();
        let shown = desk.ok("show web-0001");
        for part in [
            "web-0001/cpu",
            "web-0001/network",
            "outlook: ",
            "wins",
            "trust: ",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        let shown = desk.ok("show web-0001 disk");
        assert!(shown.contains("broken line: full at 80"), "{shown}");
        assert!(!shown.contains("web-0001/cpu"), "{shown}");
        desk.fails(
            "show web-001",
            "no host `web-001` in the data; the nearest names are web-0001",
        );
        desk.fails(
            "show web-0001 gpu",
            "no resource `gpu`, only cpu, disk, memory, network",
        );
    }

    #[test]
    fn what_is_exported_can_be_read_again() {
        let desk = fleet();
        let golden = desk.query("fleet.duckdb", "SELECT count(*)::VARCHAR FROM forecasts");
        for (format, reader) in [
            ("parquet", "read_parquet"),
            ("csv", "read_csv"),
            ("json", "read_json"),
        ] {
            desk.ok(&format!("export --to out-{format} --format {format}"));
            // Again, over the old one: nothing of it stays, though resources and files may differ.
            let stale = desk.path(&format!("out-{format}/forecasts/resource=gone"));
            std::fs::create_dir(&stale).unwrap();
            std::fs::copy(
                desk.path(&format!("out-{format}/capacity_outlook.{format}")),
                stale.join(format!("data_0.{format}")),
            )
            .unwrap();
            desk.ok(&format!("export --to out-{format} --format {format}"));
            let dir = desk.path(&format!("out-{format}"));
            let dir = dir.to_str().unwrap();
            let exported = desk.query(
                "fleet.duckdb",
                &format!("SELECT count(*)::VARCHAR FROM {reader}('{dir}/forecasts/*/*.{format}')"),
            );
            assert_eq!(exported, golden, "{format}");
            let outlook = desk.query(
                "fleet.duckdb",
                &format!(
                    "SELECT count(*)::VARCHAR FROM {reader}('{dir}/capacity_outlook.{format}') AS e
                          JOIN capacity_outlook AS o USING (host, resource, status)"
                ),
            );
            assert_eq!(
                outlook,
                desk.query(
                    "fleet.duckdb",
                    "SELECT count(*)::VARCHAR FROM capacity_outlook"
                )
            );
        }
        assert!(desk.path("out-csv/forecasts/resource=cpu").is_dir());
    }

    #[test]
    fn status_and_summary_are_json_for_programs() {
        let desk = Desk::new();
        desk.ok("demo --hosts 1 --months 12");
        let printed = desk.ok("run-all --json --train-months 8 --horizon-days 30");
        let summary: serde_json::Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(summary["status"], "complete");
        assert_eq!(summary["golden_rows"], 120);
        assert_eq!(summary["leaderboard"]["series"], 4);
        let status: serde_json::Value = serde_json::from_str(&desk.ok("status --json")).unwrap();
        assert_eq!(status["tables"]["capacity_outlook"]["rows"], 4);
        assert_eq!(status["runs"][0]["data_is_current"], true);
    }

    #[test]
    fn a_reader_that_leaves_stops_no_run() {
        let desk = Desk::new();
        desk.ok("demo --hosts 1 --months 12");
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["run-all", "--train-months", "8", "--horizon-days", "30"])
            .current_dir(desk.dir.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        assert_eq!(errors, "");
        assert_eq!(
            desk.query("fleet.duckdb", "SELECT status FROM runs"),
            ["complete"]
        );
    }

    #[test]
    fn help_teaches_and_shells_complete() {
        let desk = Desk::new();
        let help = desk.ok("--help");
        for part in ["First steps", "Exit codes", "report", "limits", "NO_COLOR"] {
            assert!(help.contains(part), "{part}: {help}");
        }
        assert!(!help.contains('\u{1b}'), "no colours for a pipe");
        for shell in ["bash", "zsh", "fish"] {
            assert!(desk.ok(&format!("completions {shell}")).contains("run-all"));
        }
        // Nobody needs a database to be told how things work.
        assert!(!desk.path("fleet.duckdb").exists());
    }
}

mod golden_records {
    use super::*;

    const APPSERVER: &str =
        "--host-column series --ds-column ts --value-column y --resource requests";

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
        desk.ok("limits --resource requests --floor 0 --capacity 40 --threshold 30");
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
}

mod accuracy {
    use super::*;

    const COLUMNS: &str =
        "--host-column series --ds-column ts --value-column y --resource requests";

    #[test]
    fn contenders_are_measured_on_a_known_future() {
        let desk = Desk::new();
        let file = fixture("appserver_requests_daily.parquet");
        let printed = desk.ok(&format!(
            "accuracy {file} {COLUMNS} --origins 4 --out scores.csv"
        ));
        for contender in [
            "prophet_default",
            "prophet",
            "challenger",
            "winner",
            "blend",
            "seasonal_naive",
            "mstl_ets",
        ] {
            assert!(
                printed.contains(&format!("\u{2502} {contender} ")),
                "{printed}"
            );
        }
        let scores = std::fs::read_to_string(desk.path("scores.csv")).unwrap();
        // Five series, four origins, seven contenders and seven margins.
        assert_eq!(scores.lines().count(), 1 + 5 * 4 * 14);
    }

    #[test]
    fn what_is_forecast_does_not_depend_on_what_comes_after() {
        let desk = Desk::new();
        let file = fixture("appserver_requests_daily.parquet");
        let altered = desk.path("altered.parquet");
        Connection::open_in_memory()
            .unwrap()
            .execute_batch(&format!(
                "COPY (SELECT series, ts, if(ts > DATE '2019-10-05', 3 * y + 1000, y) AS y FROM '{file}')
                 TO '{}' (FORMAT parquet)",
                altered.display()
            ))
            .unwrap();
        // A forecast that is not touched moves by nothing, so its bias moves by what was added.
        let bias = |file: &str| -> Vec<String> {
            desk.ok(&format!(
                "accuracy {file} {COLUMNS} --origins 1 --out scores.csv"
            ));
            let connection = Connection::open_in_memory().unwrap();
            let mut statement = connection
                .prepare(&format!(
                    "SELECT format('{{}} {{}} {{:.6f}}', s.host, s.model, s.bias - p.bias)
                     FROM '{0}' AS s JOIN '{0}' AS p ON p.host = s.host AND p.model = 'prophet'
                     ORDER BY ALL",
                    desk.path("scores.csv").display()
                ))
                .unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let (as_it_was, as_it_might_be) = (bias(&file), bias(altered.to_str().unwrap()));
        assert_eq!(as_it_was.len(), 5 * 14);
        assert_eq!(as_it_was, as_it_might_be);
    }

    /// Windows shorter than a year, where seasonal naive is last week's values over again.
    const SHORT: &str = "--train-months 8 --backtest-months 3 --origins 3 --step-days 200";

    /// Writes the rows of a query over files to another file.
    #[track_caller]
    fn write_file(select: &str, path: &Path) {
        Connection::open_in_memory()
            .unwrap()
            .execute_batch(&format!("COPY ({select}) TO '{}'", path.display()))
            .unwrap();
    }

    /// Writes what a peer would that repeats the last week of what it sees, with bounds 5 off.
    fn repeat_last_week(desk: &Desk, of: &str, to: &str) {
        write_file(
            &format!(
                "SELECT host, resource, origin, origin + h::INTEGER AS ds, y AS yhat,
                     y - 5 AS yhat_lower, y + 5 AS yhat_upper
                 FROM '{}', range(1, 181) AS days(h)
                 WHERE ds = origin - 6 + ((h - 1) % 7)::INTEGER",
                desk.path(of).display()
            ),
            &desk.path(to),
        );
    }

    #[test]
    fn a_peer_that_forecasts_the_same_has_the_same_scores() {
        let desk = Desk::new();
        let file = fixture("appserver_requests_daily.parquet");
        desk.ok(&format!(
            "accuracy {file} {COLUMNS} {SHORT} --write-origins origins.parquet"
        ));
        repeat_last_week(&desk, "origins.parquet", "copy.parquet");
        write_file(
            &format!(
                "SELECT * EXCLUDE (yhat_lower, yhat_upper) FROM '{}' WHERE host LIKE '%1%'",
                desk.path("copy.parquet").display()
            ),
            &desk.path("part.parquet"),
        );
        let printed = desk.ok(&format!(
            "accuracy {file} {COLUMNS} {SHORT} --out scores.parquet --peer copy=copy.parquet \
             --peer part=part.parquet"
        ));
        assert!(
            printed.contains("copy covers 15 of 15 forecasts"),
            "{printed}"
        );
        assert!(
            printed.contains("part covers 3 of 15 forecasts"),
            "{printed}"
        );
        desk.sql(
            "scores.duckdb",
            &format!(
                "CREATE TABLE scores AS FROM '{}'",
                desk.path("scores.parquet").display()
            ),
        );
        let same = desk.query(
            "scores.duckdb",
            "SELECT format('{} {} {}', p.model, count(*), count(p.coverage_80))
             FROM scores AS p JOIN scores AS n USING (host, resource, as_of)
             WHERE p.model IN ('copy', 'part') AND n.model = 'seasonal_naive'
                 AND p.mape = n.mape AND p.wape = n.wape AND p.mase = n.mase AND p.bias = n.bias
             GROUP BY p.model ORDER BY ALL",
        );
        assert_eq!(same, ["copy 15 15", "part 3 0"]);
        // In the table, too: a row that differs by its name alone, up to where intervals begin.
        let row = |name: &str| -> Vec<String> {
            let row = printed
                .lines()
                .find(|line| line.contains(&format!(" {name} ")));
            let cells = row.unwrap().split(['\u{2502}', '\u{2506}']);
            cells.skip(2).take(7).map(str::to_owned).collect()
        };
        assert_eq!(row("copy"), row("seasonal_naive"));
    }

    #[test]
    fn what_is_written_for_peers_does_not_depend_on_what_comes_after() {
        let desk = Desk::new();
        let file = fixture("appserver_requests_daily.parquet");
        let altered = desk.path("altered.parquet");
        // The one origin is 2019-10-05; its window begins on 2016-10-06.
        let write_altered = |from: &str| {
            write_file(
                &format!(
                    "SELECT series, ts, if(ts >= DATE '{from}', 3 * y + 1000, y) AS y FROM '{file}'"
                ),
                &altered,
            );
        };
        let written = |file: &str| -> Vec<String> {
            desk.ok(&format!(
                "accuracy {file} {COLUMNS} --origins 1 --write-origins origins.csv"
            ));
            let text = std::fs::read_to_string(desk.path("origins.csv")).unwrap();
            text.lines().map(str::to_owned).collect()
        };
        let as_it_was = written(&file);
        assert_eq!(as_it_was[0], "host,resource,origin,ds,y");
        assert_eq!(as_it_was.len(), 1 + 5 * 1095);
        let last = as_it_was
            .iter()
            .filter(|line| line.contains(",2019-10-05,2019-10-05,"));
        assert_eq!(last.count(), 5, "the last day known is the origin");
        write_altered("2019-10-06");
        assert_eq!(written(altered.to_str().unwrap()), as_it_was);
        write_altered("2019-10-05");
        assert_ne!(written(altered.to_str().unwrap()), as_it_was);
    }

    #[test]
    fn peers_that_cannot_be_compared_are_refused() {
        let desk = Desk::new();
        let file = fixture("appserver_requests_daily.parquet");
        desk.ok(&format!(
            "accuracy {file} {COLUMNS} {SHORT} --write-origins origins.parquet"
        ));
        repeat_last_week(&desk, "origins.parquet", "good.parquet");
        let good = desk.path("good.parquet");
        let refused = |select: &str, expected: &str| {
            write_file(
                &select.replace("good", &format!("'{}'", good.display())),
                &desk.path("bad.parquet"),
            );
            desk.fails(
                &format!("accuracy {file} {COLUMNS} {SHORT} --peer bad=bad.parquet"),
                expected,
            );
        };
        let day = "host LIKE '%1%' AND ds = '2019-04-01'";
        refused(
            "SELECT * EXCLUDE (origin) FROM good",
            "no column `origin`, only host",
        );
        refused(
            "SELECT * EXCLUDE (yhat_upper) FROM good",
            "no column `yhat_upper`",
        );
        refused(
            &format!("SELECT * REPLACE (if({day}, 'NaN', yhat) AS yhat) FROM good"),
            "yhat is no finite number in 1 rows",
        );
        refused(
            &format!("SELECT * REPLACE (if({day}, NULL, yhat_lower) AS yhat_lower) FROM good"),
            "yhat_lower or yhat_upper is no finite number in 1 rows",
        );
        refused(
            &format!("SELECT * REPLACE (if({day}, yhat + 9, yhat_lower) AS yhat_lower) FROM good"),
            "yhat_lower is above yhat_upper in 1 rows",
        );
        refused(
            &format!("FROM good UNION ALL FROM good WHERE {day}"),
            "1 days stand there more than once",
        );
        refused(
            "SELECT * REPLACE ('soon' AS ds) FROM good",
            "have no day in origin or ds",
        );
        refused(
            "SELECT * REPLACE (NULL AS host) FROM good",
            "have no host or no resource",
        );
        refused(
            "SELECT * REPLACE (origin - 1 AS origin, ds - 1 AS ds) FROM good",
            "all 180 days after 2019-10-04, 2019-03-18, 2018-08-30, but the origins here are 2019-10-05",
        );
        refused(
            "SELECT * REPLACE ('cpu' AS resource) FROM good",
            "all 180 days after no origin",
        );
        refused(
            "FROM good WHERE ds < origin + 180",
            "all 180 days after no origin",
        );
        for name in ["winner", "margin_10"] {
            desk.fails(
                &format!("accuracy {file} {COLUMNS} {SHORT} --peer {name}=good.parquet"),
                &format!("there is a contender {name} already"),
            );
        }
        desk.fails(
            &format!(
                "accuracy {file} {COLUMNS} {SHORT} --peer a=good.parquet --peer a=good.parquet"
            ),
            "there is a contender a already",
        );
        desk.fails(
            &format!("accuracy {file} {COLUMNS} {SHORT} --peer a=none.parquet"),
            "no such file",
        );
    }

    #[test]
    fn what_cannot_be_measured_is_said() {
        let desk = Desk::new();
        let file = fixture("appserver_requests_daily.parquet");
        desk.fails(
            &format!("accuracy {file} {COLUMNS} --train-months 90"),
            "too short for one history window",
        );
        desk.fails(
            &format!("accuracy {file} {COLUMNS} --origins 1 --out scores.xlsx"),
            "end it in .parquet, .csv or .json",
        );
    }
}
