//! Imports: what of a file becomes a row.

use std::fmt::Write as _;

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

fn rows(store: &Visible) -> Vec<String> {
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
        let store = Visible::new();
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
    let store = Visible::new();
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
    let store = Visible::new();
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
    let store = Visible::new();
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
    let store = Visible::new();
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

#[test]
fn samples_that_do_not_fit_into_memory_are_brought_together_part_by_part() {
    let dir = tempfile::tempdir().unwrap();
    // 260,000 samples in no order, of days of 1,300; every seventh instant has two values.
    let mut text = "host,ds,y\n".to_owned();
    for row in 0..260_000_u64 {
        let at = row * 17_389 % 260_000;
        let (host, minute) = (at % 10, at / 10);
        let minute = if minute % 7 == 0 { minute + 1 } else { minute };
        let day = 1 + minute / 1300;
        let (hour, minute) = (minute % 1300 / 60, minute % 60);
        let value = (at * 7919) % 1000;
        writeln!(
            text,
            "h{host},2025-01-{day:02} {hour:02}:{minute:02}:00,{value}"
        )
        .unwrap();
    }
    let path = write(dir.path(), "samples.csv", &text);
    let import = Import {
        aggregates: vec![Aggregate::Mean, Aggregate::P95, Aggregate::Max],
        ..import_of(&path)
    };
    let whole = Visible::new();
    let expected = whole.import(&import).unwrap();
    assert!(expected.repeated > 30_000, "{expected:?}");
    let place = dir.path().join("small.duckdb");
    let options = OpenOptions {
        create: true,
        memory: Some(48_000_000),
        ..OPEN
    };
    let small = Store::open(&place, &options).unwrap();
    assert_eq!(small.import(&import).unwrap(), expected);
    drop(small);
    assert_eq!(rows(&Visible::at(&place)), rows(&whole));
}
