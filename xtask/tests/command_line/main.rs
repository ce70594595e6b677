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
        const TABLES: [&str; 15] = [
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
            "outlook_history",
            "series_issues",
        ];
        self.query(db, &TABLES.map(hash_of).join(" UNION ALL "))
    }
}

/// A query for one hash over a table's rows, run numbers aside, in the order they are stored; issues sorted, for each
/// stage's take the places of its own earlier ones.
fn hash_of(table: &str) -> String {
    let order = if table == "series_issues" {
        "ORDER BY row_text"
    } else {
        ""
    };
    format!(
        "SELECT $${table} $$ || coalesce(md5(string_agg(row_text, '\n' {order})), '') FROM (
             SELECT rows::VARCHAR AS row_text FROM (SELECT * EXCLUDE run_id FROM {table}) AS rows)"
    )
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name);
    path.to_str().unwrap().to_owned()
}

mod access;
mod accuracy;
mod bad_input;
mod cases;
mod changes;
mod choices;
mod events;
#[cfg(unix)]
mod failures;
mod golden_records;
mod groups;
mod guards;
mod hostile;
mod kills;
mod library;
mod limits;
mod outputs;
mod oversized;
mod planning;
mod readers;
mod resuming;
mod stages;
mod unattended;
mod unchanged;
mod upgrades;
mod what_if;
mod whole_runs;
mod xgboost;
