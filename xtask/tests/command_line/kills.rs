//! Commands that are killed at any moment: whatever stands in the database then is whole, and the
//! command given again comes to what it would have come to.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::*;

const DB: &str = "fleet.duckdb";

/// What each stage fills, in the order of stages.
const STAGES: [(&str, &[&str]); 4] = [
    (
        "prophet",
        &[
            "prophet_forecasts",
            "prophet_inner_forecasts",
            "prophet_inputs",
        ],
    ),
    (
        "challenger",
        &[
            "challenger_forecasts",
            "challenger_inner_forecasts",
            "challenger_inputs",
        ],
    ),
    (
        "judge",
        &[
            "backtest_scores",
            "model_leaderboard",
            "interval_calibration",
            "judge_forecasts",
        ],
    ),
    (
        "write",
        &["forecasts", "forecasts_history", "capacity_outlook"],
    ),
];

/// One hash list a stage: over its tables and its issues.
fn by_stage(desk: &Desk) -> Vec<Vec<String>> {
    STAGES
        .iter()
        .map(|(stage, tables)| {
            let issues = format!("(FROM series_issues WHERE stage = '{stage}')");
            let hashes: Vec<String> = tables
                .iter()
                .copied()
                .chain([issues.as_str()])
                .map(hash_of)
                .collect();
            desk.query(DB, &hashes.join(" UNION ALL "))
        })
        .collect()
}

/// Starts a command and kills it after `delay`, where it is not done by then.
pub(crate) fn kill_after(desk: &Desk, arguments: &str, delay: Duration) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments.split_whitespace())
        .current_dir(desk.dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// `count` moments, spread over what the command takes when nobody kills it, and a little beyond.
pub(crate) fn moments(undisturbed: Duration, count: u32) -> impl Iterator<Item = Duration> {
    (0..count).map(move |moment| undisturbed * 11 * (2 * moment + 1) / (20 * count))
}

pub(crate) fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// Puts a copy of the database, as it was when nothing had it open, in place.
pub(crate) fn put(desk: &Desk, copy: &str) {
    let _ = std::fs::remove_file(desk.path("fleet.duckdb.wal"));
    std::fs::copy(desk.path(copy), desk.path(DB)).unwrap();
}

#[test]
fn a_run_killed_at_any_moment_leaves_whole_tables_and_can_be_given_again() {
    const NEXT: &str = "run-all --quiet --train-months 8 --horizon-days 20";
    let desk = Desk::new();
    desk.ok("demo --hosts 3 --months 13");
    // The earlier run is of a month before, so that a golden record is kept, too.
    desk.ok(&format!("{NEXT} --as-of 2025-11-30"));
    std::fs::copy(desk.path(DB), desk.path("before.duckdb")).unwrap();
    let old = by_stage(&desk);
    let undisturbed = timed(|| drop(desk.ok(NEXT)));
    let new = by_stage(&desk);
    let all_new = desk.contents(DB);
    for ((stage, _), (old, new)) in STAGES.iter().zip(old.iter().zip(&new)) {
        assert_ne!(old, new, "{stage}");
    }

    for moment in moments(undisturbed, 24) {
        put(&desk, "before.duckdb");
        kill_after(&desk, NEXT, moment);
        let marks: Vec<String> = STAGES
            .iter()
            .map(|(stage, _)| format!("{stage}_rows IS NOT NULL"))
            .collect();
        let is_done = desk.query(
            DB,
            &format!(
                "SELECT unnest([{}])::VARCHAR FROM runs WHERE run_id = 2",
                marks.join(", ")
            ),
        );
        let found = by_stage(&desk);
        for (index, (stage, _)) in STAGES.iter().enumerate() {
            let done = is_done.get(index).is_some_and(|done| done == "true");
            let expected = if done { &new } else { &old };
            assert_eq!(found[index], expected[index], "{stage} after {moment:?}");
        }
        desk.ok(NEXT);
        assert_eq!(desk.contents(DB), all_new, "given again after {moment:?}");
    }
}

#[test]
fn a_first_run_killed_at_any_moment_can_be_given_again() {
    let desk = Desk::new();
    let settings = "train-months = 8\nhorizon-days = 20\n[demo]\nhosts = 2\nmonths = 12\n";
    std::fs::write(desk.path("fleetcast.toml"), settings).unwrap();
    let undisturbed = timed(|| drop(desk.ok("run-all")));
    let expected = desk.contents(DB);
    for moment in moments(undisturbed, 8) {
        let _ = std::fs::remove_file(desk.path(DB));
        let _ = std::fs::remove_file(desk.path("fleet.duckdb.wal"));
        kill_after(&desk, "run-all", moment);
        desk.ok("run-all");
        assert_eq!(desk.contents(DB), expected, "{moment:?}");
    }
}

#[test]
fn an_import_killed_at_any_moment_is_whole_or_not_there_and_can_be_given_again() {
    const IMPORT: &str = "import next.csv";
    let desk = Desk::new();
    let file = |name: &str, first_day: u32, offset: u32| {
        let rows = (0..40_000).map(|row| {
            let (host, day) = (row / 100, row % 100 + first_day);
            format!("h{host:03},cpu,{},{}\n", 20_000 + day, row % 7 + offset)
        });
        let text: String = rows.collect();
        std::fs::write(
            desk.path("raw.csv"),
            format!("host,resource,day,utilization\n{text}"),
        )
        .unwrap();
        let from = desk.path("raw.csv");
        let to = desk.path(name);
        Connection::open_in_memory()
            .unwrap()
            .execute_batch(&format!(
                "COPY (SELECT host, resource, DATE '1970-01-01' + day::INTEGER AS ds, utilization FROM '{}')
                 TO '{}' (HEADER)",
                from.display(),
                to.display()
            ))
            .unwrap();
    };
    let data = |desk: &Desk| {
        let hash = "SELECT concat_ws(' ', count(*), bit_xor(hash(p)), sum(hash(p)::HUGEINT)) FROM processed_data AS p";
        desk.query(DB, hash)
    };
    // Half of the days are new, half of them change.
    file("first.csv", 0, 1);
    file("next.csv", 50, 2);
    desk.ok("import first.csv");
    std::fs::copy(desk.path(DB), desk.path("before.duckdb")).unwrap();
    let old = data(&desk);
    let undisturbed = timed(|| drop(desk.ok(IMPORT)));
    let new = data(&desk);
    assert_ne!(old, new);
    for moment in moments(undisturbed, 20) {
        put(&desk, "before.duckdb");
        kill_after(&desk, IMPORT, moment);
        let found = data(&desk);
        assert!(found == old || found == new, "{moment:?}: {found:?}");
        desk.ok(IMPORT);
        assert_eq!(data(&desk), new, "given again after {moment:?}");
    }
}

/// The export that stands in `out`: `(format, rows of the golden record)`, whole.
fn export_that_stands(desk: &Desk) -> (&'static str, String) {
    let is_there = |name: &str| desk.path(&format!("out/{name}")).exists();
    let formats = ["parquet", "csv"];
    let format = formats
        .into_iter()
        .find(|format| is_there(&format!("capacity_outlook.{format}")))
        .unwrap();
    for table in ["model_leaderboard", "capacity_outlook", "series_issues"] {
        for other in formats {
            let found = is_there(&format!("{table}.{other}"));
            assert_eq!(found, other == format, "{table}.{other}");
        }
    }
    let files = format!(
        "read_{format}('{}/*.{format}')",
        desk.path("out/forecasts").display()
    );
    let rows = desk.query(DB, &format!("SELECT count(*)::VARCHAR FROM {files}"));
    (format, rows.into_iter().next().unwrap())
}

#[test]
fn an_export_killed_at_any_moment_is_one_or_the_other() {
    let desk = Desk::new();
    desk.ok("demo --hosts 12 --months 14");
    desk.ok("run-all --quiet --train-months 8 --horizon-days 90");
    desk.ok("export --to out --format csv");
    let (_, rows) = export_that_stands(&desk);
    let whole = timed(|| drop(desk.ok("export --to out")));
    let mut replaced = 0;
    for (number, delay) in (0..).zip(moments(whole, 16)) {
        let format = if number % 2 == 0 { "csv" } else { "parquet" };
        let (before, _) = export_that_stands(&desk);
        kill_after(&desk, &format!("export --to out --format {format}"), delay);
        let (after, found) = export_that_stands(&desk);
        assert_eq!(found, rows, "after {delay:?}");
        assert!(after == before || after == format);
        replaced += usize::from(after != before);
    }
    println!("{replaced} of 16 exports were done before they were killed");
    desk.ok("export --to out --format csv");
    assert_eq!(export_that_stands(&desk), ("csv", rows));
}

#[test]
fn a_backup_killed_at_any_moment_is_whole_or_not_there() {
    let desk = Desk::new();
    desk.ok("demo --hosts 12 --months 14");
    desk.ok("run-all --quiet --train-months 8 --horizon-days 90");
    let contents = desk.contents(DB);
    let whole = timed(|| drop(desk.ok("backup first.duckdb")));
    for delay in moments(whole, 12) {
        kill_after(&desk, "backup copy.duckdb", delay);
        if desk.path("copy.duckdb").exists() {
            assert_eq!(desk.contents("copy.duckdb"), contents, "after {delay:?}");
        }
        assert_eq!(desk.contents(DB), contents);
    }
    desk.ok("backup copy.duckdb");
    assert_eq!(desk.contents("copy.duckdb"), contents);
}

#[test]
fn what_is_restored_over_a_killed_run_is_what_was_backed_up() {
    const NEXT: &str = "run-all --quiet --train-months 8 --horizon-days 60 --fresh";
    let desk = Desk::new();
    desk.ok("demo --hosts 30 --months 14");
    let whole = timed(|| drop(desk.ok(NEXT)));
    let contents = desk.contents(DB);
    desk.ok("backup copy.duckdb");
    desk.fails(
        "restore copy.duckdb",
        "is sound, with 1 runs; replace it with --force",
    );
    desk.fails("restore fleet.duckdb", "is the database itself");
    desk.fails("restore none.duckdb", "no such database");
    for delay in moments(whole, 6) {
        // A log of a later moment is left beside the file, which DuckDB would take for the copy's.
        kill_after(&desk, NEXT, delay);
        desk.ok("restore copy.duckdb --force");
        assert!(!desk.path("fleet.duckdb.wal").exists());
        assert_eq!(desk.contents(DB), contents, "after {delay:?}");
        desk.ok("status");
    }
    desk.ok(NEXT);
    assert_eq!(desk.contents(DB), contents);
    // Where nothing sound stands there, nobody needs to be asked.
    std::fs::write(desk.path(DB), "damaged").unwrap();
    desk.ok("restore copy.duckdb");
    assert_eq!(desk.contents(DB), contents);
}

#[test]
fn what_is_published_is_whole_whenever_the_run_is_killed() {
    let desk = Desk::new();
    desk.ok("demo --hosts 4 --months 14");
    let next = "run-all --quiet --train-months 8 --horizon-days 20 --publish shared";
    desk.ok(&format!("{next} --as-of 2025-11-30"));
    std::fs::copy(desk.path(DB), desk.path("before.duckdb")).unwrap();
    let published = "shared/fleetcast.duckdb";
    let old = desk.contents(published);
    let whole = timed(|| drop(desk.ok(next)));
    let new = desk.contents(published);
    assert_ne!(old, new);
    let mut replaced = 0;
    for delay in moments(whole, 12) {
        put(&desk, "before.duckdb");
        std::fs::remove_file(desk.path(published)).unwrap();
        std::fs::copy(desk.path("before.duckdb"), desk.path(published)).unwrap();
        let mut permissions = std::fs::metadata(desk.path(published))
            .unwrap()
            .permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(desk.path(published), permissions).unwrap();
        kill_after(&desk, next, delay);
        let found = desk.contents(published);
        assert!(found == old || found == new, "after {delay:?}");
        replaced += usize::from(found == new);
    }
    println!("{replaced} of 12 were published before they were killed");
    desk.ok(next);
    assert_eq!(desk.contents(published), new);
}
