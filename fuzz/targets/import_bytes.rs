//! Files of any bytes: read or refused in one line, and nothing else changed.
#![no_main]

use std::cell::OnceCell;

use fleetcast_fuzz::database::{Visible, memory};
use fleetcast_intake::{Columns, NameRule, Request};
use fleetcast_store::{Aggregate, Import};
use libfuzzer_sys::fuzz_target;

const ENDINGS: [&str; 4] = ["csv", "json", "parquet", "csv.gz"];

struct Desk {
    dir: tempfile::TempDir,
    store: Visible,
}

thread_local! {
    static DESK: OnceCell<Desk> = const { OnceCell::new() };
}

fuzz_target!(|input: (u8, bool, &[u8])| {
    let (kind, limits, bytes) = input;
    DESK.with(|desk| {
        let desk = desk.get_or_init(|| Desk {
            dir: tempfile::tempdir().unwrap(),
            store: memory(),
        });
        check(
            desk,
            ENDINGS[usize::from(kind) % ENDINGS.len()],
            usize::from(kind >> 2),
            limits,
            bytes,
        );
    });
});

fn count(store: &Visible, sql: &str) -> u64 {
    store
        .connection
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

fn check(desk: &Desk, ending: &str, variant: usize, limits: bool, bytes: &[u8]) {
    let path = desk.dir.path().join(format!("file.{ending}"));
    std::fs::write(&path, bytes).unwrap();
    if limits {
        if let Err(error) = desk.store.read_limits_file(&path) {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
        }
        return;
    }
    desk.store
        .connection
        .execute_batch("DROP TABLE IF EXISTS processed_data CASCADE")
        .unwrap();
    let aggregates = [Aggregate::Mean, Aggregate::Max, Aggregate::P95];
    let fixed = variant % 2 == 1;
    let name = |name: &str| match fixed {
        true => NameRule::fixed(&format!("{name}' -- \"")),
        false => NameRule::column(name),
    };
    let import = Import {
        files: vec![path],
        request: Request {
            columns: Columns {
                host: name("host"),
                resource: name("resource"),
                ..Columns::default()
            },
            skip_bad_lines: variant % 5 == 0,
            ..Request::default()
        },
        aggregates: vec![aggregates[variant % 3]],
        ..Import::default()
    };
    match desk.store.import(&import) {
        Ok(report) => {
            let rows = count(&desk.store, "SELECT count(*) FROM processed_data");
            assert_eq!(rows, report.new_days);
            assert!(report.rows >= rows);
            let again = desk.store.import(&import).unwrap();
            assert_eq!((again.new_days, again.changed_days), (0, 0));
            assert_eq!(again.unchanged_days, rows);
            assert_eq!(again.rows_without_value, report.rows_without_value);
        }
        Err(error) => {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
            assert!(!desk.store.has_table("processed_data").unwrap(), "{error}");
        }
    }
}
