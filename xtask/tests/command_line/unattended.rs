//! What runs every night without anybody watching.

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str = "run-all --quiet --train-months 8 --horizon-days 20";

fn fleet() -> Desk {
    let desk = Desk::new();
    desk.ok("demo --hosts 6 --months 14");
    desk
}

#[test]
fn the_installed_program_is_the_same_by_its_own_name() {
    let desk = fleet();
    let program = |arguments: &str| {
        Command::new(env!("CARGO_BIN_EXE_fleetcast"))
            .args(arguments.split_whitespace())
            .current_dir(desk.dir.path())
            .output()
            .unwrap()
    };
    let output = program(RUN);
    assert!(output.status.success());
    let by_program = desk.contents(DB);
    desk.ok(&format!("{RUN} --fresh"));
    assert_eq!(desk.contents(DB), by_program);
    // Hints name the command they were called by.
    let errors = String::from_utf8(program("show nobody --db none.duckdb").stderr).unwrap();
    assert!(
        errors.contains("make one with `fleetcast import`"),
        "{errors}"
    );
    let help = String::from_utf8(program("--help").stdout).unwrap();
    assert!(
        help.contains("fleetcast run-all") && !help.contains("cargo xtask"),
        "{help}"
    );
    let help = String::from_utf8(program("limits --help").stdout).unwrap();
    assert!(
        help.contains("Usage: fleetcast limits") && !help.contains("cargo xtask"),
        "{help}"
    );
    assert!(desk.ok("--help").contains("cargo xtask run-all"));
}

#[test]
fn every_setting_can_stand_in_the_environment() {
    let desk = fleet();
    std::fs::rename(desk.path(DB), desk.path("other.duckdb")).unwrap();
    std::fs::write(
        desk.path("fleetcast.toml"),
        "train-months = 10\nhorizon-days = 30",
    )
    .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["run-all", "--horizon-days", "20"])
        .env("FLEETCAST_DB", "other.duckdb")
        .env("FLEETCAST_TRAIN_MONTHS", "8")
        .env("FLEETCAST_HORIZON_DAYS", "25")
        .env("FLEETCAST_QUIET", "true")
        .current_dir(desk.dir.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stdout.is_empty());
    // Switches as people write them, empty ones, and names that are none.
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["status"])
        .env("FLEETCAST_DB", "other.duckdb")
        .env("FLEETCAST_FRESH", "1")
        .env("FLEETCAST_PUBLISH", "")
        .env("FLEETCAST_PUBLISHH", "shared")
        .current_dir(desk.dir.path())
        .output()
        .unwrap();
    assert!(output.status.success());
    let warnings = String::from_utf8(output.stderr).unwrap();
    assert!(
        warnings.contains("FLEETCAST_PUBLISHH stands in the environment and is no setting"),
        "{warnings}"
    );
    // The command line before the environment, the environment before the file.
    let config = "SELECT concat_ws(' ', config->'forecast'->>'train_months', config->'forecast'->>'horizon_days') FROM runs";
    assert_eq!(desk.query("other.duckdb", config), ["8 20"]);
}

#[test]
fn a_run_tells_monitoring_what_it_came_to() {
    let desk = fleet();
    std::fs::write(desk.path("notes.prom"), "mine").unwrap();
    desk.fails(
        &format!("{RUN} --metrics notes.prom"),
        "was not written by this command",
    );
    desk.fails(
        &format!("{RUN} --metrics fleet.duckdb.wal"),
        "is the database's",
    );
    desk.fails(
        &format!("{RUN} --as-of 0001-02-01 --metrics fleetcast.prom"),
        "",
    );
    let text = std::fs::read_to_string(desk.path("fleetcast.prom")).unwrap();
    assert!(text.contains("\nfleetcast_run_complete 0\n"), "{text}");
    for _ in 0..2 {
        desk.ok(&format!("{RUN} --metrics fleetcast.prom"));
    }
    let text = std::fs::read_to_string(desk.path("fleetcast.prom")).unwrap();
    let forecast = desk
        .query(DB, "SELECT count(*)::VARCHAR FROM model_leaderboard")
        .remove(0);
    for line in [
        "fleetcast_run_complete 1",
        "fleetcast_run 2",
        "fleetcast_series 24",
        &format!("fleetcast_series_forecast {forecast}"),
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert!(
        text.contains("fleetcast_stage_seconds{stage=\"write\"} "),
        "{text}"
    );
    let full = desk
        .query(
            DB,
            "SELECT count(*)::VARCHAR FROM capacity_outlook WHERE days_left <= 30",
        )
        .remove(0);
    assert!(
        text.contains(&format!(
            "fleetcast_series_full{{within_days=\"30\"}} {full}"
        )),
        "{text}"
    );
    assert!(
        !text.contains("within_days=\"90\""),
        "the horizon is of 20 days: {text}"
    );
    let finished = text
        .lines()
        .find_map(|line| line.strip_prefix("fleetcast_run_finished_seconds "));
    assert!(finished.unwrap().parse::<f64>().unwrap() > 1.7e9, "{text}");
    // Every sample follows its metric's two lines, and is a number.
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.rsplit_once(' ').unwrap();
        value.parse::<f64>().unwrap();
    }
}

#[test]
fn a_backup_opens_and_replaces_nothing_but_a_backup() {
    let desk = fleet();
    desk.ok(RUN);
    let contents = desk.contents(DB);
    for _ in 0..2 {
        desk.ok("backup copy.duckdb");
    }
    assert_eq!(desk.contents("copy.duckdb"), contents);
    std::fs::write(desk.path("notes.txt"), "mine").unwrap();
    desk.fails("backup notes.txt", "was not written by this command");
    desk.fails(&format!("backup {DB}"), "is the database");
    // Nor a database of somebody else's, nor one that is worked on.
    desk.sql(
        "theirs.duckdb",
        "CREATE TABLE payroll AS SELECT 1 AS salary",
    );
    desk.ok("demo --hosts 1 --months 2 --db live.duckdb");
    for other in ["theirs.duckdb", "live.duckdb"] {
        let before = std::fs::read(desk.path(other)).unwrap();
        desk.fails(
            &format!("backup {other}"),
            "was not written by this command",
        );
        assert!(std::fs::read(desk.path(other)).unwrap() == before);
    }
    #[cfg(unix)]
    desk.fails(
        "backup /dev/null",
        "is no file that a database can be copied to",
    );
    assert_eq!(
        std::fs::read_to_string(desk.path("notes.txt")).unwrap(),
        "mine"
    );
    // Back again, as if nothing had been.
    std::fs::remove_file(desk.path(DB)).unwrap();
    desk.ok("restore copy.duckdb");
    desk.ok(RUN);
    assert_eq!(desk.contents(DB), contents);
}

#[cfg(unix)]
#[test]
fn who_interrupts_a_run_can_go_on_with_it() {
    let whole = Desk::new();
    whole.ok("demo --hosts 60 --months 14");
    for signal in ["INT", "TERM"] {
        let desk = Desk::new();
        std::fs::copy(whole.path(DB), desk.path(DB)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(RUN.split_whitespace())
            .current_dir(desk.dir.path())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // The run has begun once its log is there.
        while !desk.path("fleet.duckdb.wal").exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let sent = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{errors}");
        assert!(
            errors.starts_with("interrupted; ") && errors.lines().count() == 1,
            "{errors}"
        );
        desk.ok(RUN);
        let undisturbed = Desk::new();
        std::fs::copy(whole.path(DB), undisturbed.path(DB)).unwrap();
        undisturbed.ok(RUN);
        assert_eq!(desk.contents(DB), undisturbed.contents(DB));
    }
}

/// Opens a database as dashboards do: to read alone.
fn reader(path: &Path) -> Connection {
    let config = duckdb::Config::default()
        .access_mode(duckdb::AccessMode::ReadOnly)
        .unwrap();
    Connection::open_with_flags(path, config).unwrap()
}

#[test]
fn readers_of_what_is_published_see_whole_runs_and_no_error() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let desk = fleet();
    let published = desk.path("shared/fleetcast.duckdb");
    desk.ok(&format!("{RUN} --as-of 2025-11-01 --publish shared"));
    let is_done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut runs = std::collections::BTreeSet::new();
                    while !is_done.load(Ordering::Relaxed) {
                        let one: (i64, i64, i64, String) = reader(&published)
                            .query_row(
                                "SELECT max(run_id), min(run_id), count(*),
                                     (SELECT string_agg(DISTINCT status) FROM runs)
                                 FROM forecasts",
                                [],
                                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
                            )
                            .unwrap();
                        assert_eq!(one.0, one.1);
                        assert_eq!(one.2 % 20, 0);
                        assert_eq!(one.3, "complete");
                        runs.insert(one.0);
                    }
                    runs
                })
            })
            .collect();
        for day in 2..12 {
            desk.ok(&format!("{RUN} --as-of 2025-11-{day:02} --publish shared"));
        }
        is_done.store(true, Ordering::Relaxed);
        readers
            .into_iter()
            .flat_map(|reader| reader.join().unwrap())
            .collect::<std::collections::BTreeSet<i64>>()
    });
    assert!(seen.len() > 3, "{seen:?}");
    // What is published is read by our own commands as well, while others read it, and written by none.
    let open = reader(&published);
    let contents = desk.contents(DB);
    desk.ok("status --db shared/fleetcast.duckdb");
    desk.ok("changes --db shared/fleetcast.duckdb");
    desk.ok("show web-0001 --db shared/fleetcast.duckdb");
    desk.ok("report --quiet --db shared/fleetcast.duckdb");
    desk.ok("export --quiet --to out --db shared/fleetcast.duckdb");
    desk.fails(
        &format!("{RUN} --db shared/fleetcast.duckdb"),
        "as backups and published copies are",
    );
    drop(open);
    assert_eq!(desk.contents(DB), contents);
    // What a killed command has left goes when it is old, and nothing else does.
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(7);
    for (name, age) in [
        (".fleetcast-Ab12Cd.part", old),
        ("notes.part", old),
        (".fleetcast-Ef34Gh.part", std::time::SystemTime::now()),
    ] {
        let file = std::fs::File::create(desk.path("shared").join(name)).unwrap();
        file.set_modified(age).unwrap();
    }
    desk.ok(&format!("{RUN} --as-of 2025-11-11 --publish shared"));
    let mut left: Vec<_> = std::fs::read_dir(desk.path("shared"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [".fleetcast-Ef34Gh.part", "fleetcast.duckdb", "notes.part"]
    );
    // Somebody else's file of that name stays.
    std::fs::create_dir(desk.path("theirs")).unwrap();
    std::fs::write(desk.path("theirs/fleetcast.duckdb"), "mine").unwrap();
    desk.fails(
        &format!("{RUN} --publish theirs"),
        "was not written by this command",
    );
}

#[test]
fn who_may_wait_waits_for_a_database_in_use() {
    let desk = fleet();
    let open = Connection::open(desk.path(DB)).unwrap();
    desk.fails("status", "let the command wait with --wait SECONDS");
    let child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["status", "--wait", "60"])
        .current_dir(desk.dir.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    drop(open);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{errors}");
    assert!(
        errors.starts_with("warning: waiting up to 60 s: "),
        "{errors}"
    );
    assert_eq!(errors.lines().count(), 1, "{errors}");
    let open = Connection::open(desk.path(DB)).unwrap();
    desk.fails("status --wait 1 --quiet", "waited for 1 s: ");
    drop(open);
}

#[test]
fn programs_read_the_log_line_by_line() {
    let desk = fleet();
    let output = desk.run("run-all --train-months 8 --horizon-days 20 --log-format json");
    assert!(output.status.success());
    let log = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        let time = line["time"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.contains('T'), "{time}");
        assert_eq!(line["level"], "info");
    }
    let stages: Vec<&serde_json::Value> = lines
        .iter()
        .filter(|line| !line["stage"].is_null())
        .collect();
    assert_eq!(stages.len(), 4, "{log}");
    for (line, stage) in stages
        .iter()
        .zip(["prophet", "challenger", "judge", "write"])
    {
        assert_eq!(line["stage"], stage);
        assert_eq!(line["run"], 1);
        assert_eq!(line["series"], 24);
        assert!(line["seconds"].as_f64().unwrap() > 0.0);
    }
    let last = lines.last().unwrap();
    assert_eq!(last["summary"]["status"], "complete");
    // Errors, too, wherever they come from.
    for arguments in [
        "show nobody --log-format json",
        "status --db none --log-format json",
    ] {
        let output = desk.run(arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        let error: serde_json::Value = serde_json::from_str(&errors).unwrap();
        assert_eq!(error["level"], "error");
        assert_eq!(output.status.code(), Some(1));
    }
}
