//! The store, against real `DuckDB` tables.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::path::Path;

use duckdb::Connection;
use fleetcast_core::{
    Day, Forecast, Horizon, IssueCode, Panel, SeriesIssue, SeriesKey, Severity, Stage, TimeGrid,
};
use fleetcast_intake::{Columns, NameRule, Request};
use fleetcast_store::{
    Aggregate, EngineBatch, EngineDraft, EngineForecasts, EngineTables, Error, Histories, Import,
    LastDay, Limits, Made, OpenOptions, RUN_STAGES, RunId, RunIdentity, RunStatus, Segment,
    StageResult, Store, Table,
};
use proptest::prelude::*;
use serde_json::json;

const OPEN: OpenOptions = OpenOptions {
    create: false,
    threads: Some(2),
    memory: None,
};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A store whose `processed_data` was made by this statement.
fn store_with(sql: &str) -> Store {
    let store = Store::in_memory().unwrap();
    store.connection().execute_batch(sql).unwrap();
    store
}

fn store_with_rows(rows: &str) -> Store {
    store_with(&format!(
        "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE);
         INSERT INTO processed_data VALUES {rows};"
    ))
}

fn identity() -> RunIdentity {
    RunIdentity {
        as_of: day("2025-01-04"),
        config: json!({"forecast": {"horizon_days": 2}, "judge": {}}),
        data_fingerprint: "a".to_owned(),
        version: "0.0.0",
        series: 1,
    }
}

fn forecast(value: f64) -> Forecast {
    Forecast::constant(day("2025-01-05"), Horizon::new(2).unwrap(), value).unwrap()
}

/// Publishes one constant forecast of `h/cpu` as the champion's.
fn publish(store: &Store, run: RunId, value: f64) -> Result<(), Error> {
    let draft = store.draft(Table::ProphetForecasts)?;
    let key = SeriesKey::new("h", "cpu");
    draft.append_forecasts(run, [(&key, Segment::Future, &forecast(value))].into_iter())?;
    store.publish(
        run,
        StageResult {
            stage: Stage::Prophet,
            rows: draft.count_rows()?,
            drafts: vec![draft],
            issues: vec![SeriesIssue {
                key,
                stage: Stage::Prophet,
                engine: Some("prophet"),
                severity: Severity::Info,
                code: IssueCode::Constant,
                message: format!("every observation is {value}"),
            }],
            seconds: 0.1,
            reused: None,
            archive: None,
        },
    )
}

/// A stage that is done and made no row.
fn nothing_of(stage: Stage) -> StageResult<'static> {
    StageResult {
        stage,
        drafts: Vec::new(),
        issues: Vec::new(),
        rows: 0,
        seconds: 0.0,
        reused: None,
        archive: None,
    }
}

mod opening {
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
            let store = Store::open(&path, &OPEN).unwrap();
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
        let dir = tempfile::tempdir().unwrap();
        let options = OpenOptions {
            create: true,
            memory: Some(4_000_000),
            ..OPEN
        };
        let store = Store::open(&dir.path().join("small.duckdb"), &options).unwrap();
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
        let store = Store::open(&path, &options).unwrap();
        store
            .connection()
            .execute_batch("UPDATE fleetcast_schema SET version = 99")
            .unwrap();
        drop(store);
        let error = Store::open(&path, &OPEN).unwrap_err();
        assert!(
            matches!(error, Error::SchemaVersion { found: 99, .. }),
            "{error}"
        );
    }
}

mod input {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expected: &str) {
        let message = store_with(sql)
            .data_summary(LastDay::default())
            .unwrap_err()
            .to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn tables_that_cannot_be_read_are_explained() {
        check("SELECT 1", "no table `processed_data`");
        check(
            "CREATE TABLE processed_data (host VARCHAR, ds DATE, utilization DOUBLE)",
            "no column `resource`; it has host, ds, utilization",
        );
        check(
            "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds VARCHAR, utilization DOUBLE)",
            "column ds of processed_data is VARCHAR, but must be DATE",
        );
        check(
            "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization VARCHAR)",
            "column utilization of processed_data is VARCHAR, but must be DOUBLE",
        );
        check(
            "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE)",
            "holds no usable row",
        );
    }

    #[test]
    fn any_number_type_and_a_view_will_do() {
        let store = store_with(
            "CREATE TABLE raw (host VARCHAR, resource VARCHAR, ds DATE, utilization DECIMAL(9, 2));
             INSERT INTO raw VALUES ('h', 'cpu', '2025-01-01', 1.25);
             CREATE VIEW processed_data AS FROM raw;",
        );
        let data = store.data_summary(LastDay::default()).unwrap();
        assert_eq!((data.rows, data.last_day), (1, day("2025-01-01")));
    }

    #[test]
    fn the_fingerprint_is_of_the_rows_not_their_order() {
        let of = |rows: &str| {
            store_with_rows(rows)
                .data_summary(LastDay::default())
                .unwrap()
                .fingerprint
        };
        let one = "('h', 'cpu', '2025-01-01', 1)";
        let two = "('h', 'cpu', '2025-01-02', 2)";
        assert_eq!(of(&format!("{one}, {two}")), of(&format!("{two}, {one}")));
        assert_ne!(of(one), of(two));
        assert_ne!(of(&format!("{one}, {two}, {two}")), of(one));
    }

    #[test]
    fn rows_of_no_series_and_of_the_future_are_counted() {
        let store = store_with_rows(
            "('b', 'cpu', '2025-01-01', 1), ('a', 'cpu', '2025-01-02', 1), ('a', 'cpu', '2025-02-01', 1),
             (NULL, 'cpu', '2025-01-01', 1), ('a', 'cpu', NULL, 1), ('a', 'cpu', 'infinity', 1)",
        );
        assert_eq!(
            store.data_summary(LastDay::default()).unwrap().last_day,
            day("2025-02-01")
        );
        let data = store.data_summary(LastDay::default()).unwrap();
        let index = store.series_index(&data, day("2025-01-31")).unwrap();
        let keys: Vec<String> = index.keys.iter().map(ToString::to_string).collect();
        assert_eq!(keys, ["a/cpu", "b/cpu"]);
        let issues: Vec<(String, IssueCode)> = index
            .issues
            .iter()
            .map(|issue| (issue.key.to_string(), issue.code))
            .collect();
        assert_eq!(
            issues,
            [
                ("/cpu".to_owned(), IssueCode::UnusableKey),
                ("a/cpu".to_owned(), IssueCode::UnusableKey),
                ("a/cpu".to_owned(), IssueCode::AfterAsOf),
            ]
        );
    }
}

mod panels {
    use super::*;

    fn read(store: &Store, first: &str, days: usize) -> (Panel, Vec<SeriesIssue>) {
        let data = store.data_summary(LastDay::default()).unwrap();
        let index = store.series_index(&data, day("9999-12-31")).unwrap();
        store
            .read_panel(&index.keys, TimeGrid::new(day(first), days))
            .unwrap()
    }

    #[test]
    fn rows_become_a_grid() {
        let store = store_with_rows(
            "('a', 'cpu', '2025-01-03', 3), ('a', 'cpu', '2025-01-01', 1), ('a', 'cpu', '2024-12-31', 9),
             ('b', 'cpu', '2024-06-01', 5), ('c', 'cpu', '2025-01-02', 2), ('c', 'cpu', '2025-01-02', 4),
             ('d', 'cpu', '2025-01-01', 'NaN'), ('d', 'cpu', '2025-01-02', NULL), ('d', 'cpu', '2025-01-03', -1)",
        );
        let (panel, issues) = read(&store, "2025-01-01", 3);
        let values: Vec<String> = panel
            .view()
            .iter()
            .map(|series| format!("{:?}", series.values))
            .collect();
        assert_eq!(
            values,
            [
                "[1.0, NaN, 3.0]",
                "[NaN, NaN, NaN]",
                "[NaN, 3.0, NaN]",
                "[NaN, NaN, -1.0]"
            ]
        );
        let found: Vec<(&str, IssueCode)> = issues
            .iter()
            .map(|issue| (issue.key.host(), issue.code))
            .collect();
        assert_eq!(
            found,
            [
                ("c", IssueCode::DuplicateDay),
                ("d", IssueCode::NullValue),
                ("d", IssueCode::NotFinite),
                ("d", IssueCode::NegativeValue)
            ]
        );
    }

    #[test]
    fn names_may_be_anything() {
        let store = store_with_rows(
            "('x''; DROP TABLE processed_data; --', '\"', '2025-01-01', 1),
             ('', '', '2025-01-01', 2), ('ホスト', '🖥', '2025-01-01', 3), (repeat('n', 10000), 'cpu', '2025-01-01', 4)",
        );
        let (panel, issues) = read(&store, "2025-01-01", 1);
        assert_eq!(panel.view().len(), 4);
        assert!(issues.is_empty());
        assert!(panel.view().iter().all(|series| series.observed() == 1));
    }

    fn any_rows() -> impl Strategy<Value = Vec<(u8, u8, i32, f64)>> {
        let value = prop_oneof![
            4 => -100.0..100.0_f64,
            1 => prop::num::f64::ANY,
        ];
        prop::collection::vec((0..6_u8, 0..3_u8, 0..40_i32, value), 1..120)
    }

    /// Every series of the panels, and every issue, in order.
    fn read_in_batches(rows: &[(u8, u8, i32, f64)], block: usize, batch: usize) -> Vec<String> {
        let values: Vec<String> = rows
            .iter()
            .map(|(host, resource, ds, value)| {
                format!("('h{host}', 'r{resource}', DATE '2025-01-01' + {ds}, '{value:e}'::DOUBLE)")
            })
            .collect();
        let store = store_with_rows(&values.join(", "));
        let data = store.data_summary(LastDay::default()).unwrap();
        let index = store.series_index(&data, day("2025-01-31")).unwrap();
        let grid = TimeGrid::new(day("2025-01-01"), 31);
        let (mut series, mut found) = (Vec::new(), Vec::new());
        let histories = Histories::new(&store, &index, grid, block);
        for batch in histories.batches(0, batch) {
            let batch = batch.unwrap();
            let mut values = batch.series().iter().flat_map(|one| one.values);
            assert!(values.all(|value| !value.is_infinite()));
            series.extend(
                batch
                    .series()
                    .iter()
                    .map(|one| format!("{} {:?}", one.key, one.values)),
            );
            found.extend(batch.repairs().iter().map(|issue| format!("{issue:?}")));
        }
        assert_eq!(series.len(), index.keys.len());
        series.extend(found);
        series
    }

    #[test]
    fn a_block_is_read_once_and_its_batches_do_not_go_beyond_it() {
        let store = store_with(
            "CREATE TABLE processed_data AS
             SELECT 'h' || h AS host, 'cpu' AS resource, DATE '2025-01-01' AS ds, h::DOUBLE AS utilization
             FROM range(7) AS hosts (h)",
        );
        let data = store.data_summary(LastDay::default()).unwrap();
        let index = store.series_index(&data, day("2025-01-01")).unwrap();
        let grid = TimeGrid::new(day("2025-01-01"), 1);
        let values = |histories: &Histories<'_>, from, size| -> Vec<Vec<f64>> {
            let batches = histories.batches(from, size);
            batches
                .map(|batch| {
                    let batch = batch.unwrap();
                    batch
                        .series()
                        .iter()
                        .flat_map(|one| one.values.to_vec())
                        .collect()
                })
                .collect()
        };
        let whole = Histories::new(&store, &index, grid, 100);
        let halves = Histories::new(&store, &index, grid, 4);
        assert_eq!(
            values(&halves, 0, 3),
            [vec![0.0, 1.0, 2.0], vec![3.0], vec![4.0, 5.0, 6.0]]
        );
        assert_eq!(values(&halves, 6, 3), [[6.0]]);
        assert_eq!(values(&whole, 2, 100), [[2.0, 3.0, 4.0, 5.0, 6.0]]);
        assert!(values(&whole, 7, 3).is_empty());

        let changing = "UPDATE processed_data SET utilization = -1";
        store.connection().execute_batch(changing).unwrap();
        assert_eq!(values(&whole, 5, 1), [[5.0], [6.0]]);
        assert_eq!(values(&halves, 5, 9), [[5.0, 6.0]]);
        assert_eq!(values(&halves, 3, 1)[0], [-1.0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// However the rows stand and however the series are batched, the panels are the same, and
        /// no value is infinite.
        #[test]
        fn panels_depend_on_the_rows_alone(rows in any_rows(), block in 1..20_usize, batch in 1..20_usize) {
            let mut backwards = rows.clone();
            backwards.reverse();
            let whole = read_in_batches(&rows, usize::MAX, usize::MAX);
            prop_assert_eq!(whole, read_in_batches(&backwards, block, batch));
        }
    }
}

mod publishing {
    use super::*;

    fn champion_values(store: &Store) -> Vec<f64> {
        let mut statement = store
            .connection()
            .prepare("SELECT DISTINCT yhat FROM prophet_forecasts ORDER BY 1")
            .unwrap();
        let values = statement.query_map([], |row| row.get(0)).unwrap();
        values.map(Result::unwrap).collect()
    }

    #[test]
    fn a_stage_takes_the_place_of_the_one_before() {
        let store = Store::in_memory().unwrap();
        for (number, value) in [(1, 10.0), (2, 20.0)] {
            let run = store.begin_run(&identity(), number).unwrap();
            assert_eq!(run.get(), number);
            publish(&store, run, value).unwrap();
        }
        assert_eq!(champion_values(&store), [20.0]);
        assert_eq!(store.count_rows(Table::SeriesIssues).unwrap(), 1);
        let runs = store.runs(9).unwrap();
        assert_eq!(
            runs.iter()
                .map(|run| run.status.as_str())
                .collect::<Vec<_>>(),
            ["running", "interrupted"]
        );
        assert!(runs[0].has_done(Stage::Prophet) && !runs[0].has_done(Stage::Judge));
    }

    #[test]
    fn a_draft_that_was_never_published_is_not_seen_and_does_not_stay() {
        let store = Store::in_memory().unwrap();
        let run = store.begin_run(&identity(), 1).unwrap();
        publish(&store, run, 10.0).unwrap();
        let draft = store.draft(Table::ProphetForecasts).unwrap();
        let key = SeriesKey::new("h", "cpu");
        draft
            .append_forecasts(run, [(&key, Segment::Future, &forecast(30.0))].into_iter())
            .unwrap();
        drop(draft);
        assert_eq!(champion_values(&store), [10.0]);
        publish(&store, run, 40.0).unwrap();
        assert_eq!(champion_values(&store), [40.0]);
    }

    #[test]
    fn publishing_that_fails_leaves_the_earlier_tables() {
        let store = Store::in_memory().unwrap();
        let run = store.begin_run(&identity(), 1).unwrap();
        publish(&store, run, 10.0).unwrap();
        // The draft disappears before its last step, as if the database failed there.
        let draft = store.draft(Table::ProphetForecasts).unwrap();
        store
            .connection()
            .execute_batch("DROP TABLE draft_prophet_forecasts")
            .unwrap();
        let result = StageResult {
            stage: Stage::Prophet,
            drafts: vec![draft],
            issues: Vec::new(),
            rows: 0,
            seconds: 0.0,
            reused: None,
            archive: None,
        };
        assert!(store.publish(run, result).is_err());
        assert_eq!(champion_values(&store), [10.0]);
        assert_eq!(store.count_rows(Table::SeriesIssues).unwrap(), 1);
    }

    #[test]
    fn the_schema_allows_one_golden_row_a_series_and_day() {
        let store = Store::in_memory().unwrap();
        let insert = "INSERT INTO forecasts VALUES (1, 'h', 'cpu', '2025-01-01', 1, 0, 2, -1, 3, 'prophet', '2024-12-31')";
        store.connection().execute_batch(insert).unwrap();
        let error = store.connection().execute_batch(insert).unwrap_err();
        assert!(error.to_string().contains("primary key"), "{error}");
        assert_eq!(store.count_rows(Table::Forecasts).unwrap(), 1);
    }
}

mod runs {
    use super::*;

    fn settings() -> RunIdentity {
        RunIdentity {
            config: json!({
                "forecast": {"horizon_days": 2},
                "prophet": {"mode": "tuned"},
                "challenger": {"engine": "ets"},
                "judge": {"metric": "mape"},
            }),
            ..identity()
        }
    }

    #[test]
    fn a_run_is_told_from_one_of_other_data_settings_or_version() {
        type Change = fn(&mut RunIdentity);
        let store = Store::in_memory().unwrap();
        let run = store.begin_run(&settings(), 1).unwrap();
        let found = store.newest_run().unwrap().unwrap();
        assert_eq!((found.id, &found.config), (run, &settings().config));
        assert_eq!(found.difference(&settings()), None);

        let changes: [(Change, &str); 6] = [
            (
                |it| it.data_fingerprint = "b".to_owned(),
                "the data changed",
            ),
            (|it| it.as_of = Day::MIN, "the last day was 2025-01-04"),
            (|it| it.version = "9.9.9", "the version was 0.0.0"),
            (
                |it| it.config["forecast"]["horizon_days"] = json!(3),
                "forecast.horizon_days was 2, is 3",
            ),
            (
                |it| it.config["judge"]["metric"] = json!("wape"),
                "judge.metric was mape, is wape",
            ),
            (
                |it| it.config["write"] = json!({"keep_records": 1}),
                "write was not set, is {\"keep_records\":1}",
            ),
        ];
        for (change, expected) in changes {
            let mut other = settings();
            change(&mut other);
            assert_eq!(found.difference(&other).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_stage_joins_a_run_whose_stages_before_it_had_the_same_settings() {
        let store = Store::in_memory().unwrap();
        let run = store.begin_run(&settings(), 1).unwrap();
        publish(&store, run, 10.0).unwrap();
        let newest = store.newest_run().unwrap().unwrap();
        let with = |section: &str, setting: &str| {
            let mut other = settings();
            other.config[section][setting] = json!("other");
            newest.difference_before(Stage::Judge, &other)
        };
        // The champion is done; the challenger is not, and the judge is what is to come.
        assert_eq!(
            with("prophet", "mode").as_deref(),
            Some("prophet.mode was tuned, is other")
        );
        assert_eq!(with("challenger", "engine"), None);
        assert_eq!(with("judge", "metric"), None);
        assert!(with("forecast", "horizon_days").is_some());
    }

    #[test]
    fn stages_done_out_of_order_keep_their_settings_too() {
        let store = Store::in_memory().unwrap();
        let run = store.begin_run(&settings(), 1).unwrap();
        store.publish(run, nothing_of(Stage::Challenger)).unwrap();
        let newest = store.newest_run().unwrap().unwrap();
        let mut other = settings();
        other.config["challenger"]["engine"] = json!("mstl_ets");
        // The champion would join a run whose challenger is done, and stays.
        assert_eq!(
            newest.difference_before(Stage::Prophet, &other).as_deref(),
            Some("challenger.engine was ets, is mstl_ets")
        );
        assert_eq!(newest.difference_before(Stage::Challenger, &other), None);
    }

    #[test]
    fn a_stage_taken_up_and_what_was_made_from_it_count_as_not_done() {
        let store = Store::in_memory().unwrap();
        let run = store.begin_run(&settings(), 1).unwrap();
        for stage in RUN_STAGES {
            store.publish(run, nothing_of(stage)).unwrap();
        }
        store.end_run(run, RunStatus::Complete, 2).unwrap();
        let newest = store.newest_run().unwrap().unwrap();
        assert!(!newest.is_unfinished());
        store
            .take_up_run(&newest, Stage::Judge, &json!({"judge": 2}))
            .unwrap();
        let newest = store.newest_run().unwrap().unwrap();
        assert!(newest.is_unfinished());
        assert_eq!(newest.config, json!({"judge": 2}));
        let done: Vec<Stage> = newest.stages.iter().map(|done| done.stage).collect();
        assert_eq!(done, [Stage::Prophet, Stage::Challenger]);
    }
}

mod engine_drafts {
    use super::*;

    const TABLES: EngineTables = EngineTables::PROPHET;

    fn keys() -> Vec<SeriesKey> {
        ["a", "b", "c"]
            .map(|host| SeriesKey::new(host, "cpu"))
            .into()
    }

    /// Appends constant forecasts of these series, one batch, with an issue each.
    fn append(draft: &mut EngineDraft<'_>, keys: &[SeriesKey]) {
        let made: Vec<Made> = keys.iter().map(|key| made(key, 1.0)).collect();
        let issues: Vec<SeriesIssue> = keys.iter().map(issue).collect();
        draft
            .append(&EngineBatch {
                keys,
                made: &made,
                issues: &issues,
            })
            .unwrap();
    }

    fn made(key: &SeriesKey, value: f64) -> Made {
        Made {
            key: key.clone(),
            fingerprint: 7,
            forecasts: EngineForecasts {
                future: Some(forecast(value)),
                ..EngineForecasts::default()
            },
            reused: false,
        }
    }

    fn issue(key: &SeriesKey) -> SeriesIssue {
        SeriesIssue {
            key: key.clone(),
            stage: Stage::Prophet,
            engine: Some("prophet"),
            severity: Severity::Info,
            code: IssueCode::Constant,
            message: "one value".to_owned(),
        }
    }

    fn series_done(store: &Store, run: RunId) -> usize {
        let draft = store.engine_draft(run, TABLES, &keys());
        draft.unwrap().series_done()
    }

    #[test]
    fn a_draft_cut_off_is_taken_up_by_its_own_run_and_stage_only() {
        let store = Store::in_memory().unwrap();
        let run = store.begin_run(&identity(), 1).unwrap();
        let mut draft = store.engine_draft(run, TABLES, &keys()).unwrap();
        append(&mut draft, &keys()[..2]);
        drop(draft);
        assert_eq!(series_done(&store, run), 2);
        assert_eq!(
            store
                .series_drafted(run, Stage::Challenger, &keys())
                .unwrap(),
            None
        );
        let other_keys = [SeriesKey::new("a", "cpu"), SeriesKey::new("x", "cpu")];
        assert_eq!(
            store
                .series_drafted(run, Stage::Prophet, &other_keys)
                .unwrap(),
            None
        );
        let next = store.begin_run(&identity(), 2).unwrap();
        assert_eq!(series_done(&store, next), 0);
        assert_eq!(
            store.series_drafted(run, Stage::Prophet, &keys()).unwrap(),
            None
        );
    }

    #[test]
    fn a_draft_is_given_up_where_its_run_gets_other_settings() {
        let store = Store::in_memory().unwrap();
        let run = store.begin_run(&identity(), 1).unwrap();
        let begin = || store.engine_draft(run, TABLES, &keys()).unwrap();
        append(&mut begin(), &keys()[..1]);
        let newest = store.newest_run().unwrap().unwrap();
        store
            .take_up_run(&newest, Stage::Prophet, &newest.config)
            .unwrap();
        assert_eq!(series_done(&store, run), 1);
        store
            .take_up_run(&newest, Stage::Prophet, &json!({"prophet": "exact"}))
            .unwrap();
        assert_eq!(series_done(&store, run), 0);
    }

    #[test]
    fn whatever_the_batches_the_same_rows_are_published() {
        let published = |batches: &[usize]| {
            let store = Store::in_memory().unwrap();
            let run = store.begin_run(&identity(), 1).unwrap();
            let keys = keys();
            let mut rest = keys.as_slice();
            for size in batches {
                // Taken up anew before every batch.
                let mut draft = store.engine_draft(run, TABLES, &keys).unwrap();
                let (batch, after) = rest.split_at(*size);
                append(&mut draft, batch);
                rest = after;
            }
            let draft = store.engine_draft(run, TABLES, &keys).unwrap();
            let result = StageResult {
                stage: Stage::Prophet,
                rows: draft.count_rows().unwrap(),
                drafts: draft.into_drafts(),
                issues: Vec::new(),
                seconds: 0.0,
                reused: None,
                archive: None,
            };
            store.publish(run, result).unwrap();
            assert!(!store.has_table("draft_progress").unwrap());
            ["prophet_forecasts", "series_issues"].map(|table| {
                store
                    .connection()
                    .query_row(
                        &format!("SELECT string_agg(t::VARCHAR, '\n') FROM {table} AS t"),
                        [],
                        |row| row.get::<_, String>(0),
                    )
                    .unwrap()
            })
        };
        let at_once = published(&[3]);
        assert_eq!(at_once[0].lines().count(), 6);
        assert_eq!(at_once[1].lines().count(), 3);
        assert_eq!(published(&[1, 2]), at_once);
        assert_eq!(published(&[1, 1, 1]), at_once);
    }
}

mod importing {
    use super::*;

    fn write(dir: &Path, name: &str, text: &str) -> std::path::PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn import_of(path: &Path) -> Import {
        Import {
            files: vec![path.to_owned()],
            request: Request {
                columns: Columns {
                    resource: NameRule::fixed("cpu"),
                    value: Some("y".to_owned()),
                    ..Columns::default()
                },
                ..Request::default()
            },
            ..Import::default()
        }
    }

    fn rows(store: &Store) -> Vec<String> {
        let mut statement = store
            .connection()
            .prepare("SELECT concat_ws(' ', host, resource, ds, utilization) FROM processed_data ORDER BY ALL")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn finer_data_becomes_days() {
        let dir = tempfile::tempdir().unwrap();
        let path = write(
            dir.path(),
            "a.csv",
            "host,ds,y\na,2025-01-01 00:00:00,1\na,2025-01-01 12:00:00,2\na,2025-01-01 23:59:59,6\na,2025-01-02 00:00:00,\n",
        );
        for (aggregate, expected) in [
            (Aggregate::Mean, "a cpu 2025-01-01 3.0"),
            (Aggregate::Max, "a cpu 2025-01-01 6.0"),
            (Aggregate::P95, "a cpu 2025-01-01 5.6"),
        ] {
            let store = Store::in_memory().unwrap();
            let import = Import {
                aggregates: vec![aggregate],
                ..import_of(&path)
            };
            let report = store.import(&import).unwrap();
            assert_eq!(
                (report.rows, report.rows_without_value, report.new_days),
                (3, 1, 1)
            );
            assert_eq!(rows(&store), [expected]);
        }
    }

    #[test]
    fn days_are_added_replaced_or_left() {
        let dir = tempfile::tempdir().unwrap();
        let first = write(
            dir.path(),
            "1.csv",
            "host,ds,y\na,2025-01-01,1\na,2025-01-02,2\n",
        );
        let second = write(
            dir.path(),
            "2.csv",
            "host,ds,y\na,2025-01-02,5\na,2025-01-03,3\nb,2025-01-01,1\n",
        );
        let store = Store::in_memory().unwrap();
        store.import(&import_of(&first)).unwrap();
        let report = store.import(&import_of(&second)).unwrap();
        assert_eq!(
            (report.new_days, report.changed_days, report.unchanged_days),
            (2, 1, 0)
        );
        let expected = [
            "a cpu 2025-01-01 1.0",
            "a cpu 2025-01-02 5.0",
            "a cpu 2025-01-03 3.0",
            "b cpu 2025-01-01 1.0",
        ];
        assert_eq!(rows(&store), expected);
        let again = store.import(&import_of(&second)).unwrap();
        assert_eq!(
            (again.new_days, again.changed_days, again.unchanged_days),
            (0, 0, 3)
        );
        assert_eq!(rows(&store), expected);
    }

    #[test]
    fn json_and_zones_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let json = write(
            dir.path(),
            "a.jsonl",
            "{\"host\":\"a\",\"ds\":\"2025-01-01\",\"y\":1.5}\n{\"host\":\"a\",\"ds\":\"2025-01-02\",\"y\":2}\n",
        );
        let store = Store::in_memory().unwrap();
        store.import(&import_of(&json)).unwrap();
        assert_eq!(
            rows(&store),
            ["a cpu 2025-01-01 1.5", "a cpu 2025-01-02 2.0"]
        );

        // An instant counts as its day in UTC: 01:30 at +02:00 is the evening before.
        let parquet = dir.path().join("zoned.parquet");
        store
            .connection()
            .execute_batch(&format!(
                "COPY (SELECT 'b' AS host, TIMESTAMPTZ '2025-01-01 01:30:00+02' AS ds, 7 AS y) \
                 TO '{}' (FORMAT parquet)",
                parquet.display()
            ))
            .unwrap();
        store.import(&import_of(&parquet)).unwrap();
        assert_eq!(rows(&store)[2], "b cpu 2024-12-31 7.0");
    }

    #[track_caller]
    fn check_refused(name: &str, text: &str, expected: &str) {
        let dir = tempfile::tempdir().unwrap();
        let good = write(dir.path(), "good.csv", "host,ds,y\na,2025-01-01,1\n");
        let store = Store::in_memory().unwrap();
        store.import(&import_of(&good)).unwrap();
        let before = rows(&store);

        let bad = write(dir.path(), name, text);
        let message = store.import(&import_of(&bad)).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(
            message.contains(name) && !message.contains('\n'),
            "{message}"
        );
        assert_eq!(rows(&store), before);
    }

    #[test]
    fn files_that_cannot_be_used_change_nothing() {
        check_refused(
            "a.csv",
            "server,ds,y\na,2025-01-01,1\n",
            "no column `host`, only server, ds, y",
        );
        check_refused(
            "b.csv",
            "host,ds,y\na,2025-01-01,1\na,soon,2\n",
            "column ds holds `soon`, which is no day",
        );
        check_refused(
            "c.csv",
            "host,ds,y\na,2025-01-01,1\na,2025-01-02,much\n",
            "column y holds `much`, which is no number",
        );
        check_refused(
            "d.csv",
            "host,ds,y\n,2025-01-01,1\n",
            "column host is empty in 1 rows",
        );
        check_refused(
            "e.csv",
            "host,ds,y\na,17,1\n",
            "column ds holds `17` (line 2), which is no day",
        );
        check_refused(
            "f.csv",
            "host,ds,y\na,2025-01-01,\n",
            "column y holds no finite number",
        );
        check_refused("g.parquet", "PAR1 but not really", "cannot import");
        check_refused("h.xlsx", "", "its ending is none of");
        check_refused("i*.parquet", "PAR1", "holds *, ? or [");
    }

    #[test]
    fn the_real_fixtures_are_read() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        let store = Store::in_memory().unwrap();
        let import = Import {
            files: vec![fixtures.join("appserver_requests_daily.parquet")],
            request: Request {
                columns: Columns {
                    host: NameRule::column("series"),
                    resource: NameRule::fixed("requests"),
                    ds: Some("ts".to_owned()),
                    value: Some("y".to_owned()),
                    wide: false,
                },
                ..Request::default()
            },
            ..Import::default()
        };
        let report = store.import(&import).unwrap();
        assert_eq!(
            (report.rows, report.series, report.new_days),
            (9170, 5, 9170)
        );
        assert_eq!(report.last_day, day("2020-04-02"));
        assert_eq!(store.import(&import).unwrap().unchanged_days, 9170);
    }
}

mod limits {
    use super::*;

    fn limits(host: Option<&str>, resource: &str, parts: [Option<f64>; 3]) -> Limits {
        let [floor, capacity, threshold] = parts;
        Limits {
            host: host.map(str::to_owned),
            resource: resource.to_owned(),
            floor,
            capacity,
            threshold,
        }
    }

    /// The effective limits of each series, as `host/resource floor capacity threshold source`.
    fn effective(store: &Store) -> Vec<String> {
        let figure = |value: Option<f64>| value.map_or("-".to_owned(), |value| value.to_string());
        let rows = store.effective_limits().unwrap().into_iter().map(|row| {
            let parts = [row.floor, row.capacity, row.threshold].map(figure);
            format!("{} {} {}", row.key, parts.join(" "), row.source)
        });
        rows.collect()
    }

    #[track_caller]
    fn check_default(resource: &str, values: &[&str], expected: &str) {
        let rows: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(host, value)| format!("('h{host}', '{resource}', '2025-01-01', {value})"))
            .collect();
        let store = store_with_rows(&rows.join(", "));
        let found = effective(&store);
        let expected = format!("h0/{resource} {expected}");
        assert_eq!(found[0], expected);
    }

    #[test]
    fn percent_resources_have_defaults_by_name_and_values() {
        let percent = "0 100 80 percent";
        for name in [
            "cpu",
            "CPUUtilization",
            "mem_used",
            "disk",
            "fs pct",
            "swap",
            "percent busy",
        ] {
            check_default(name, &["0", "55.5", "100"], percent);
        }
        // Every value counts, also other hosts'; what is no number does not.
        check_default("cpu", &["5", "100.5"], "0 - - none");
        check_default("cpu", &["5", "-1"], "- - - none");
        check_default(
            "cpu",
            &["5", "'NaN'::DOUBLE", "'inf'::DOUBLE", "NULL"],
            percent,
        );
        // Shares look like this, and so does an idle fleet.
        check_default("cpu", &["0.2", "0.9"], "0 - - none");
        // Other units, and what is short where it is low.
        for name in [
            "memory_gb",
            "cpu_count",
            "disk_free",
            "network_mbps",
            "requests",
            "program",
        ] {
            check_default(name, &["5", "50"], "0 - - none");
        }
        check_default("temperature", &["-5", "50"], "- - - none");
    }

    #[test]
    fn a_host_wins_over_its_resource_part_by_part() {
        let store = store_with_rows(
            "('a', 'cpu', '2025-01-01', 50), ('b', 'cpu', '2025-01-01', 50), ('a', 'jobs', '2025-01-01', 500)",
        );
        assert_eq!(
            effective(&store),
            [
                "a/cpu 0 100 80 percent",
                "a/jobs 0 - - none",
                "b/cpu 0 100 80 percent"
            ]
        );
        store
            .set_limits(&[
                limits(None, "cpu", [None, None, Some(90.0)]),
                limits(Some("b"), "cpu", [Some(10.0), None, None]),
                limits(None, "jobs", [None, Some(1000.0), None]),
            ])
            .unwrap();
        assert_eq!(
            effective(&store),
            [
                "a/cpu 0 100 90 resource",
                "a/jobs 0 1000 800 resource",
                "b/cpu 10 100 90 host"
            ]
        );
        // Setting again replaces the row.
        store
            .set_limits(&[limits(Some("b"), "cpu", [None, None, Some(60.0)])])
            .unwrap();
        assert_eq!(effective(&store)[2], "b/cpu 0 100 60 host");
        assert!(store.remove_limits(Some("b"), "cpu").unwrap());
        assert!(!store.remove_limits(Some("b"), "cpu").unwrap());
        assert_eq!(effective(&store)[2], "b/cpu 0 100 90 resource");
    }

    #[test]
    fn defaults_give_way_to_what_was_given() {
        let store = store_with_rows("('a', 'cpu', '2025-01-01', 50)");
        let check = |parts, expected: &str| {
            store.set_limits(&[limits(None, "cpu", parts)]).unwrap();
            assert_eq!(effective(&store), [expected]);
        };
        check([None, None, Some(150.0)], "a/cpu 0 - 150 resource");
        check([None, Some(-1.0), None], "a/cpu - -1 - resource");
        check([Some(100.0), None, None], "a/cpu 100 - - resource");
        check([Some(50.0), None, None], "a/cpu 50 100 90 resource");
    }

    #[track_caller]
    fn check_refused(store: &Store, row: Limits, expected: &str) {
        let before = store.limits().unwrap();
        let message = store.set_limits(&[row]).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains('\n'), "{message}");
        assert_eq!(store.limits().unwrap(), before);
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        let store = store_with_rows("('a', 'cpu', '2025-01-01', 50)");
        let cpu = |parts| limits(None, "cpu", parts);
        check_refused(
            &store,
            cpu([None; 3]),
            "neither floor nor capacity nor threshold",
        );
        check_refused(
            &store,
            cpu([Some(5.0), Some(5.0), None]),
            "floor 5 is not below capacity 5",
        );
        check_refused(
            &store,
            cpu([None, Some(5.0), Some(6.0)]),
            "threshold 6 lies above capacity 5",
        );
        check_refused(
            &store,
            cpu([Some(1.0), None, Some(0.0)]),
            "threshold 0 lies below floor 1",
        );
        check_refused(
            &store,
            cpu([None, None, Some(f64::NAN)]),
            "threshold NaN is no finite",
        );
        check_refused(
            &store,
            cpu([None, Some(f64::INFINITY), None]),
            "capacity inf is no finite",
        );
        check_refused(
            &store,
            limits(None, "", [None, Some(5.0), None]),
            "name no resource",
        );
        // Each alone would do; together they do not.
        store.set_limits(&[cpu([None, None, Some(80.0)])]).unwrap();
        check_refused(
            &store,
            limits(Some("a"), "cpu", [None, Some(50.0), None]),
            "limits of a/cpu do not fit together: threshold 80 lies above capacity 50",
        );
    }

    #[test]
    fn the_tables_own_rules_hold_for_other_writers() {
        let store = Store::in_memory().unwrap();
        for row in [
            "(NULL, 'cpu', 2, 1, NULL)",
            "(NULL, NULL, 0, 1, NULL)",
            "('a', 'cpu', 0, 'NaN', NULL)",
            "('a', 'cpu', 0, 5, 6)",
        ] {
            let insert = format!("INSERT INTO resource_limits VALUES {row}");
            assert!(store.connection().execute_batch(&insert).is_err(), "{row}");
        }
    }

    #[test]
    fn a_table_somebody_else_made_is_used_and_checked() {
        let own = "CREATE TABLE processed_data AS SELECT 'a' AS host, 'cpu' AS resource, DATE '2025-01-01' AS ds, 5 AS utilization;";
        let dir = tempfile::tempdir().unwrap();
        let open = |name: &str, table: &str| {
            let path = dir.path().join(name);
            let theirs = Connection::open(&path).unwrap();
            theirs.execute_batch(&format!("{own}{table}")).unwrap();
            drop(theirs);
            Store::open(&path, &OPEN).unwrap()
        };
        // The most cautious of several rows counts.
        let store = open(
            "rows.duckdb",
            "CREATE TABLE resource_limits (threshold INTEGER, host VARCHAR, resource VARCHAR, floor INTEGER, capacity DECIMAL(5, 1));
             INSERT INTO resource_limits VALUES (70, 'a', 'cpu', NULL, 90.5), (60, 'a', 'cpu', 1, NULL)",
        );
        assert_eq!(effective(&store), ["a/cpu 1 90.5 60 host"]);
        let store = open(
            "wrong.duckdb",
            "CREATE TABLE resource_limits AS SELECT NULL::VARCHAR AS host, 'cpu' AS resource, 9.0 AS floor, 5.0 AS capacity, NULL::DOUBLE AS threshold",
        );
        let message = store.check_limits().unwrap_err().to_string();
        assert!(message.contains("all hosts, cpu"), "{message}");
        let store = open(
            "columns.duckdb",
            "CREATE TABLE resource_limits (host VARCHAR, max DOUBLE)",
        );
        let message = store.check_limits().unwrap_err().to_string();
        assert!(
            message.contains("no column `resource`; it has host, max"),
            "{message}"
        );
    }

    #[test]
    fn a_file_of_limits_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::in_memory().unwrap();
        let read = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).unwrap();
            store.read_limits_file(&path)
        };
        let rows = read(
            "a.csv",
            "host,resource,capacity,threshold\n,jobs,1000,\nweb,jobs,,700\n",
        )
        .unwrap();
        assert_eq!(
            rows,
            [
                limits(None, "jobs", [None, Some(1000.0), None]),
                limits(Some("web"), "jobs", [None, None, Some(700.0)]),
            ]
        );
        let rows = read("b.json", r#"[{"resource": "jobs", "floor": -1}]"#).unwrap();
        assert_eq!(rows, [limits(None, "jobs", [Some(-1.0), None, None])]);
        for (text, expected) in [
            (
                "host,capacity\na,5\n",
                "no column `resource`, only host, capacity",
            ),
            (
                "resource,capacity\ncpu,much\n",
                "column capacity holds `much`",
            ),
            (
                "resource,capacity\ncpu,nan\n",
                "capacity NaN is no finite number",
            ),
            (
                "resource,floor,capacity\ncpu,9,5\n",
                "all hosts, cpu cannot be used",
            ),
            ("resource,capacity\n,5\n", "name no resource"),
        ] {
            let message = read("c.csv", text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
