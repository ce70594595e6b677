//! Opening, making and upgrading databases.

use super::*;

#[track_caller]
fn check(path: &Path, expected: &str) {
    let message = Store::open(path, &OPEN).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
    assert!(message.contains(path.to_str().unwrap()), "{message}");
    assert!(!message.contains('\n'), "{message}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none.duckdb");
    check(&path, "no such database");
    assert!(!path.exists());
}

#[test]
fn a_file_of_another_kind_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.txt");
    std::fs::write(&path, "host,cpu\n".repeat(1000)).unwrap();
    check(&path, "not a DuckDB database");
}

#[test]
fn a_directory_is_named() {
    let dir = tempfile::tempdir().unwrap();
    check(dir.path(), "cannot open");
}

#[test]
fn somebody_elses_table_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("theirs.duckdb");
    let theirs = Connection::open(&path).unwrap();
    theirs
        .execute_batch("CREATE TABLE forecasts AS SELECT 'rain' AS tomorrow")
        .unwrap();
    drop(theirs);
    let error = Store::open(&path, &OPEN).unwrap_err();
    assert!(
        matches!(error, Error::ForeignTable { table: "forecasts" }),
        "{error}"
    );
    let theirs = Connection::open(&path).unwrap();
    let tomorrow: String = theirs
        .query_row("SELECT tomorrow FROM forecasts", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tomorrow, "rain");
}

#[test]
fn tables_of_the_first_version_are_upgraded_and_keep_what_they_hold() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("first.duckdb");
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE fleetcast_schema (version INTEGER NOT NULL);
             INSERT INTO fleetcast_schema VALUES (1);
             CREATE TABLE forecasts (
                 run_id BIGINT NOT NULL, host VARCHAR NOT NULL, resource VARCHAR NOT NULL, ds DATE NOT NULL,
                 yhat DOUBLE NOT NULL, yhat_lower DOUBLE NOT NULL, yhat_upper DOUBLE NOT NULL,
                 model VARCHAR NOT NULL, trained_through DATE NOT NULL, PRIMARY KEY (host, resource, ds));
             INSERT INTO forecasts VALUES (1, 'h', 'cpu', '2025-01-01', 1, 0, 2, 'prophet', '2024-12-31');
             CREATE TABLE model_leaderboard (
                 run_id BIGINT, host VARCHAR, resource VARCHAR, winner VARCHAR, decided_by VARCHAR,
                 PRIMARY KEY (host, resource));
             INSERT INTO model_leaderboard VALUES (1, 'h', 'cpu', 'challenger', 'mape');",
        )
        .unwrap();
    for _ in 0..2 {
        let store = Visible::at(&path);
        assert_eq!(store.count_rows(Table::Forecasts).unwrap(), 1);
        assert_eq!(store.count_rows(Table::ForecastsHistory).unwrap(), 0);
        let winner: String = store
            .connection()
            .query_row(
                "SELECT winner FROM model_leaderboard WHERE incumbent IS NULL AND golden IS NULL",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(winner, "challenger");
    }
}

#[test]
fn the_second_versions_record_of_runs_is_upgraded_and_its_draft_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("second.duckdb");
    let run = Store::open(
        &path,
        &OpenOptions {
            create: true,
            ..OPEN
        },
    )
    .unwrap()
    .begin_run(&identity(), 1)
    .unwrap();
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "ALTER TABLE runs DROP COLUMN prophet_reused;
             ALTER TABLE runs DROP COLUMN challenger_reused;
             DROP TABLE prophet_inputs;
             DROP TABLE capacity_outlook;
             DROP TABLE outlook_history;
             CREATE TABLE draft_progress AS
                 SELECT 1::BIGINT AS run_id, 'prophet' AS stage, 0::UBIGINT AS series_done,
                     '' AS host, '' AS resource;
             UPDATE fleetcast_schema SET version = 2;",
        )
        .unwrap();
    let store = Store::open(&path, &OPEN).unwrap();
    assert_eq!(store.run(run).unwrap().unwrap().id, run);
    assert_eq!(store.count_rows(Table::ProphetInputs).unwrap(), 0);
    assert_eq!(
        store.series_drafted(run, Stage::Prophet, &[]).unwrap(),
        None
    );
}

#[test]
fn a_budget_that_is_too_small_is_named_with_the_way_out() {
    let store = Visible::new();
    store
        .connection()
        .execute_batch("SET memory_limit = '4MB'; SET temp_directory = ''")
        .unwrap();
    let error = store
        .connection()
        .execute_batch("CREATE TEMP TABLE t AS SELECT list(i) FROM range(9000000) AS r (i)")
        .map_err(Error::while_doing("gathering"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("give more with --memory"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn tables_of_another_version_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("newer.duckdb");
    let options = OpenOptions {
        create: true,
        ..OPEN
    };
    drop(Store::open(&path, &options).unwrap());
    Connection::open(&path)
        .unwrap()
        .execute_batch("UPDATE fleetcast_schema SET version = 99")
        .unwrap();
    let error = Store::open(&path, &OPEN).unwrap_err();
    assert!(
        matches!(error, Error::SchemaVersion { found: 99, .. }),
        "{error}"
    );
}

#[test]
fn what_somebody_has_added_to_our_tables_is_named_and_not_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("added.duckdb");
    let options = OpenOptions {
        create: true,
        ..OPEN
    };
    drop(Store::open(&path, &options).unwrap());
    let change = |sql: &str| Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    change("ALTER TABLE capacity_outlook ADD COLUMN ticket VARCHAR");
    let message = Store::open(&path, &OPEN).unwrap_err().to_string();
    assert!(
        message.contains("table capacity_outlook has a column `ticket`"),
        "{message}"
    );
    change("ALTER TABLE capacity_outlook DROP COLUMN ticket");
    drop(Store::open(&path, &OPEN).unwrap());

    // A key of somebody's table that refers to one of ours keeps it from being replaced.
    let store = Visible::new();
    let run = store.begin_run(&identity(), 1).unwrap();
    store
        .connection()
        .execute_batch(
            "CREATE TABLE tickets (host VARCHAR, resource VARCHAR,
                 FOREIGN KEY (host, resource) REFERENCES model_leaderboard (host, resource))",
        )
        .unwrap();
    let draft = store.draft(Table::ModelLeaderboard).unwrap();
    let result = StageResult {
        drafts: vec![draft],
        ..nothing_of(Stage::Judge)
    };
    let message = store.publish(run, result).unwrap_err().to_string();
    assert!(
        message.contains("keep it in a database of its own"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1);
}
