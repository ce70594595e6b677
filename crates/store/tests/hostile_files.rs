//! Files that mean harm, or only look like it: names that look like numbers, like SQL or like another
//! place, days with offsets, days no calendar has.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use duckdb::Connection;
use fleetcast_intake::{Columns, NameRule, Request};
use fleetcast_store::{FileAccess, Import, LastDay, OpenOptions, Store};
use proptest::prelude::*;

use visible::Visible;

#[path = "support/visible.rs"]
mod visible;

const OPEN: OpenOptions = OpenOptions {
    read_only: false,
    create: true,
    threads: Some(1),
    access: FileAccess::OwnFile,
    memory: None,
};

fn import_of(path: &Path) -> Import {
    Import {
        files: vec![path.to_owned()],
        ..Import::default()
    }
}

/// A directory with one file in it.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// The rows of `processed_data`, as text.
fn rows(store: &Visible) -> Vec<String> {
    let sql =
        "SELECT concat_ws('|', host, resource, ds, utilization) FROM processed_data ORDER BY ALL";
    let mut statement = store.connection().prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[track_caller]
fn check_imported(file: &str, text: &str, expected: &[&str]) {
    let desk = Desk::new();
    let store = Visible::new();
    store.import(&import_of(&desk.file(file, text))).unwrap();
    assert_eq!(rows(&store), expected, "{file}");
}

#[track_caller]
fn check_refused(import: &Import, expected: &str) {
    let store = Visible::new();
    let message = store.import(import).unwrap_err().to_string();
    assert!(message.contains(expected), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(!store.has_table("processed_data").unwrap(), "{message}");
}

#[test]
fn names_that_look_like_something_else_stay_what_they_are() {
    // As numbers, dates or UUIDs two of each would be one.
    check_imported(
        "numbers.csv",
        "host,resource,ds,utilization\n7.0,1e2,2025-01-01,1\n7.00,100,2025-01-01,2\n+7,1E2,2025-01-01,3\n",
        &[
            "+7|1E2|2025-01-01|3.0",
            "7.00|100|2025-01-01|2.0",
            "7.0|1e2|2025-01-01|1.0",
        ],
    );
    check_imported(
        "days.csv",
        "host,resource,ds,utilization\n2025-01-01,a,2025-01-01,1\n2025-1-1,a,2025-01-01,2\n",
        &["2025-01-01|a|2025-01-01|1.0", "2025-1-1|a|2025-01-01|2.0"],
    );
    check_imported(
        "truths.csv",
        "host,resource,ds,utilization\ntrue,a,2025-01-01,1\nTrue,a,2025-01-01,2\n",
        &["True|a|2025-01-01|2.0", "true|a|2025-01-01|1.0"],
    );
    check_imported(
        "ids.json",
        r#"[{"host": "ABCDEFAB-0000-0000-0000-ABCDEFABCDEF", "resource": "2025-1-1", "ds": "2025-01-01", "utilization": 1},
            {"host": "abcdefab-0000-0000-0000-abcdefabcdef", "resource": "2025-01-01", "ds": "2025-01-01", "utilization": 2}]"#,
        &[
            "ABCDEFAB-0000-0000-0000-ABCDEFABCDEF|2025-1-1|2025-01-01|1.0",
            "abcdefab-0000-0000-0000-abcdefabcdef|2025-01-01|2025-01-01|2.0",
        ],
    );
}

#[test]
fn a_directorys_name_is_no_column() {
    let text = "host,resource,ds,utilization\nweb,cpu,2025-01-01,1\n";
    check_imported(
        "host=evil/ds=1999-01-01/a.csv",
        text,
        &["web|cpu|2025-01-01|1.0"],
    );
    let desk = Desk::new();
    let file = desk.file(
        "host=web/a.csv",
        "resource,ds,utilization\ncpu,2025-01-01,1\n",
    );
    check_refused(&import_of(&file), "it has no column `host`");
}

#[test]
fn instants_count_as_their_day_in_utc_in_every_form() {
    // All with an offset, some with one, and among other forms: types DuckDB guesses differently.
    let line = |ds: &str, value: u32| format!("a,c,{ds},{value}\n");
    let head = "host,resource,ds,utilization\n";
    let west = line("2025-06-30T23:30:00-05:00", 1);
    let east = line("2025-06-30 01:30:00+02:00", 2);
    let plain = line("2025-06-15 12:00:00", 3);
    let day = line("2025-06-16", 4);
    let (first, second) = ("a|c|2025-07-01|1.0", "a|c|2025-06-29|2.0");
    let (third, fourth) = ("a|c|2025-06-15|3.0", "a|c|2025-06-16|4.0");
    check_imported("a.csv", &format!("{head}{west}{east}"), &[second, first]);
    check_imported(
        "b.csv",
        &format!("{head}{plain}{west}{east}"),
        &[third, second, first],
    );
    check_imported(
        "c.csv",
        &format!("{head}{day}{west}{east}"),
        &[fourth, second, first],
    );
    check_imported(
        "d.jsonl",
        r#"{"host": "a", "resource": "c", "ds": "2025-06-30T23:30:00-05:00", "utilization": 1}
           {"host": "a", "resource": "c", "ds": "2025-06-30T01:30:00+02:00", "utilization": 2}"#,
        &[second, first],
    );
    let desk = Desk::new();
    let parquet = desk.0.path().join("e.parquet");
    let copy = format!(
        "COPY (SELECT 'a' AS host, 'c' AS resource, unnest(['2025-06-30T23:30:00-05:00', '2025-06-30 01:30:00+02']) AS ds,
                      unnest([1, 2]) AS utilization) TO '{}'",
        parquet.display()
    );
    Connection::open_in_memory()
        .unwrap()
        .execute_batch(&copy)
        .unwrap();
    let store = Visible::new();
    store.import(&import_of(&parquet)).unwrap();
    assert_eq!(rows(&store), [second, first]);
}

#[test]
fn days_no_calendar_has_are_refused() {
    for ds in [
        "infinity",
        "-infinity",
        "10000-01-01",
        "0044-03-15 (BC)",
        "2025-02-29",
        "2025-03-30 02:30:00 Europe/Berlin",
        "soon\nor later",
    ] {
        for company in ["", "a,c,2025-01-01,1\n", "a,c,2025-01-01 10:00:00,1\n"] {
            let desk = Desk::new();
            let text = format!("host,resource,ds,utilization\n{company}a,c,\"{ds}\",1\n");
            let shown = ds.replace('\n', "\\n");
            let file = desk.file("days.csv", &text);
            check_refused(&import_of(&file), &shown[..shown.len().min(8)]);
        }
    }
    check_imported(
        "ends.csv",
        "host,resource,ds,utilization\na,c,0001-01-01,1\na,c,9999-12-31,2\n",
        &["a|c|0001-01-01|1.0", "a|c|9999-12-31|2.0"],
    );
}

#[test]
fn columns_and_fixed_names_are_names_and_no_sql() {
    let evil = "x\"; DROP TABLE processed_data; --";
    let quoted = evil.replace('"', "\"\"");
    let desk = Desk::new();
    let file = desk.file(
        "evil.csv",
        &format!("\"{quoted}\",it's,ds,\"a) FROM x; --\"\nh,r,2025-01-01,1\n"),
    );
    let with = |host: NameRule, resource: NameRule| Import {
        request: Request {
            columns: Columns {
                host,
                resource,
                value: Some("a) FROM x; --".to_owned()),
                ..Columns::default()
            },
            ..Request::default()
        },
        ..import_of(&file)
    };
    let import = with(NameRule::column(evil), NameRule::column("it's"));
    let store = Visible::new();
    store.import(&import).unwrap();
    assert_eq!(rows(&store), ["h|r|2025-01-01|1.0"]);
    let import = with(
        NameRule::fixed("'; DROP TABLE processed_data; --"),
        NameRule::fixed("' || (SELECT version()) || '"),
    );
    store.import(&import).unwrap();
    assert!(rows(&store).contains(
        &"'; DROP TABLE processed_data; --|' || (SELECT version()) || '|2025-01-01|1.0".to_owned()
    ));
    let wrong = with(
        NameRule::column("nobody\n\u{1b}[2J"),
        NameRule::column("it's"),
    );
    let message = store.import(&wrong).unwrap_err().to_string();
    assert!(
        message.contains("no column `nobody\\n\\u{1b}[2J`"),
        "{message}"
    );
}

#[test]
fn no_file_is_read_but_the_one_named() {
    let desk = Desk::new();
    let text = |host: &str| format!("host,resource,ds,utilization\n{host},cpu,2025-01-01,1\n");
    desk.file("a.csv", &text("other"));
    for name in [
        "{a,b}.csv",
        "it's.csv",
        "a\\.csv",
        "%61.csv",
        "a.csv; x.csv",
        "~/a.csv",
        "a*.csv",
        "?.csv",
        "[a].csv",
    ] {
        let file = desk.file(name, &text("named"));
        let store = Visible::new();
        store.import(&import_of(&file)).unwrap();
        assert_eq!(rows(&store), ["named|cpu|2025-01-01|1.0"], "{name}");
    }
    for name in ["a*.parquet", "?.parquet", "[a].parquet"] {
        let file = desk.file(name, &text("pattern"));
        check_refused(&import_of(&file), "would match other files");
    }
    for name in [
        "http://127.0.0.1:9/a.csv",
        "https://127.0.0.1:9/a.csv",
        "s3://bucket/a.csv",
        "hf://datasets/a.csv",
        "",
    ] {
        check_refused(&import_of(Path::new(name)), "no such file");
    }
    let empty = tempfile::tempdir().unwrap();
    check_refused(&import_of(empty.path()), "holds no file of a known ending");
    check_refused(&import_of(Path::new("/dev/null")), "its ending is none of");
}

#[test]
fn a_database_keeps_to_its_own_file() {
    let desk = Desk::new();
    let secret = desk.file(
        "secret.csv",
        "host,resource,ds,utilization\nh,r,2025-01-01,1\n",
    );
    let store = Visible::at(&desk.0.path().join("fleet.duckdb"));
    // Neither now nor later are extensions fetched or loaded.
    for setting in ["autoinstall_known_extensions", "autoload_known_extensions"] {
        let sql = format!("SELECT current_setting('{setting}')");
        let is_on: bool = store
            .connection()
            .query_row(&sql, [], |row| row.get(0))
            .unwrap();
        assert!(!is_on, "{setting}");
    }
    store
        .connection()
        .execute_batch("CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE)")
        .unwrap();
    store.keep_to_own_file().unwrap();
    let place = secret.display();
    for sql in [
        format!("SELECT * FROM read_csv('{place}')"),
        format!("SELECT * FROM '{place}'"),
        format!("SELECT * FROM read_text('{place}')"),
        format!("COPY processed_data TO '{place}.copy'"),
        format!("ATTACH '{place}.duckdb'"),
        format!("EXPORT DATABASE '{place}.d'"),
        "SELECT * FROM glob('/*')".to_owned(),
        "INSTALL httpfs".to_owned(),
        "LOAD httpfs".to_owned(),
        "SET enable_external_access = true".to_owned(),
        "SET threads = 1".to_owned(),
    ] {
        let refused = store.connection().execute_batch(&sql);
        assert!(refused.is_err(), "{sql}");
    }
    assert_eq!(
        std::fs::read_dir(desk.0.path())
            .unwrap()
            .filter(|entry| {
                let name = entry.as_ref().unwrap().file_name();
                !name.to_str().unwrap().starts_with("fleet.duckdb")
            })
            .count(),
        1
    );
    // It is written to all the same, and found again.
    store
        .connection()
        .execute_batch(
            "INSERT INTO processed_data VALUES ('h', 'r', DATE '2025-01-01', 1); CHECKPOINT",
        )
        .unwrap();
    drop(store);
    let again = Visible::at(&desk.0.path().join("fleet.duckdb"));
    assert_eq!(rows(&again), ["h|r|2025-01-01|1.0"]);
}

#[test]
fn a_view_of_other_files_is_read_where_that_is_asked_for() {
    let desk = Desk::new();
    let file = desk.file(
        "data.csv",
        "host,resource,ds,utilization\nh,r,2025-01-01,1\n",
    );
    let path = desk.0.path().join("fleet.duckdb");
    Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "CREATE VIEW processed_data AS FROM read_csv('{}')",
            file.display()
        ))
        .unwrap();
    let open = |access| Store::open(&path, &OpenOptions { access, ..OPEN });
    let message = open(FileAccess::OwnFile).unwrap_err().to_string();
    assert!(message.contains("say so with --allow-views"), "{message}");
    let store = open(FileAccess::Views).unwrap();
    let data = store.data_summary(LastDay::default()).unwrap();
    assert_eq!(
        (data.rows, data.last_day.to_string().as_str()),
        (1, "2025-01-01")
    );
}

/// Each of these would run whatever its author likes, or change what our statements mean.
#[test]
fn what_takes_the_place_of_ours_is_refused_before_it_runs() {
    for (planted, named) in [
        ("CREATE MACRO least(a, b) AS a", "macro `least`"),
        ("CREATE MACRO isfinite(x) AS true", "macro `isfinite`"),
        (
            "CREATE MACRO current_schema() AS 'main'",
            "macro `current_schema`",
        ),
        (
            "CREATE MACRO duckdb_views() AS TABLE SELECT 'x' AS view_name",
            "macro `duckdb_views`",
        ),
        (
            "CREATE VIEW fleetcast_schema AS SELECT 4 AS version",
            "view `fleetcast_schema`",
        ),
        (
            "CREATE VIEW forecasts AS SELECT 1 AS run_id",
            "view `forecasts`",
        ),
        (
            "CREATE VIEW Resource_Limits AS SELECT 'h' AS host",
            "view `Resource_Limits`",
        ),
    ] {
        let desk = Desk::new();
        let path = desk.0.path().join("fleet.duckdb");
        Connection::open(&path)
            .unwrap()
            .execute_batch(planted)
            .unwrap();
        for access in [FileAccess::OwnFile, FileAccess::Views, FileAccess::Named] {
            let options = OpenOptions { access, ..OPEN };
            let message = Store::open(&path, &options).unwrap_err().to_string();
            assert!(message.contains(named), "{message}");
        }
    }
    // Macros and views of other names are somebody's own business.
    let desk = Desk::new();
    let path = desk.0.path().join("fleet.duckdb");
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE MACRO double(x) AS 2 * x; CREATE VIEW mine AS SELECT double(1) AS two",
        )
        .unwrap();
    Store::open(&path, &OPEN).unwrap();
}

/// A name that a CSV reader can tell from nothing.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "web-1",
            "007",
            "7",
            "7.0",
            "1e5",
            "true",
            "NULL",
            "nan",
            "#1",
            "# note",
            "2025-01-01",
            "12:00",
            "a,b",
            "a;b",
            "a|b",
            "a\tb",
            "a\"b",
            "\"",
            "'",
            "'; DROP TABLE processed_data; --",
            "\" OR 1=1",
            "a\nb",
            "a\\b",
            "\\N",
            " lead",
            "trail ",
            "{table}",
            "$1",
            "?",
            "Ünïcödé",
            "服务器",
            "🦀",
            "e\u{301}",
        ])
        .prop_map(str::to_owned),
        (0..3_u32).prop_map(|number| "é".repeat(9_999) + &number.to_string()),
        "\\PC{1,12}",
    ]
}

/// A day in a form of exports, and the day in UTC it stands for, counted from 1970.
fn instant() -> impl Strategy<Value = (String, i32)> {
    (-700_000..2_900_000_i64, 0..6_usize).prop_map(|(days, form)| {
        let date = fleetcast_core::Day::from_epoch_days(days)
            .unwrap()
            .to_string();
        let (time, offset) = [
            ("", 0),
            (" 00:00:00", 0),
            ("T23:59:59Z", 0),
            ("T23:30:00-05:00", 1),
            (" 01:30:00+02:00", -1),
            ("T02:30:00.123456", 0),
        ][form];
        (
            format!("{date}{time}"),
            i32::try_from(days).unwrap() + offset,
        )
    })
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        3 => (-1e3..1e3_f64).prop_map(Some),
        1 => prop::sample::select(vec![
            None, Some(0.0), Some(-0.0), Some(1e300), Some(-1e300), Some(1e-300), Some(f64::MAX), Some(5e-324),
            Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY),
        ]),
    ]
}

fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_row_of_a_sound_file_is_imported_or_counted(
        lines in prop::collection::vec((name(), name(), instant(), value()), 1..30),
        separator in prop::sample::select(vec![',', ';', '\t', '|']),
    ) {
        let separator = separator.to_string();
        let mut text = ["host", "resource", "ds", "utilization"].join(&separator) + "\n";
        let mut expected = BTreeSet::new();
        for (host, resource, (ds, day), value) in &lines {
            let number = value.map(|value| value.to_string()).unwrap_or_default();
            text += &[field(host), field(resource), ds.clone(), number].join(&separator);
            text += "\n";
            if value.is_some_and(f64::is_finite) {
                expected.insert((host.clone(), resource.clone(), *day));
            }
        }
        let desk = Desk::new();
        let store = Visible::new();
        let result = store.import(&import_of(&desk.file("rows.csv", &text)));
        if expected.is_empty() {
            prop_assert!(result.is_err());
            return Ok(());
        }
        let report = result.unwrap();
        prop_assert_eq!(report.rows + report.rows_without_value, lines.len() as u64);
        let sql = "SELECT host, resource, ds - DATE '1970-01-01' FROM processed_data";
        let mut statement = store.connection().prepare(sql).unwrap();
        let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let found: BTreeSet<(String, String, i32)> = found.map(Result::unwrap).collect();
        prop_assert_eq!(found, expected);
    }
}
