//! What the machine can do to a run: no room, no right to write, a damaged file, a second run.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str = "run-all --quiet --train-months 8 --horizon-days 20";

/// A fleet that was forecast, a copy of it, and what its tables hold.
fn forecast_fleet() -> (Desk, Vec<String>) {
    let desk = Desk::new();
    desk.ok("demo --hosts 3 --months 12");
    desk.ok(RUN);
    let contents = desk.contents(DB);
    (desk, contents)
}

/// Whether a command that failed has said why in one line, that begins as all do.
#[track_caller]
fn one_line(output: &Output) -> String {
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.starts_with("error: "), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    errors
}

/// The user nobody, where the tests are run by one who may write everywhere.
const NOBODY: u32 = 65534;

#[test]
fn a_file_that_may_not_be_written_is_named() {
    let (desk, contents) = forecast_fleet();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(desk.dir.path(), 0o755);
    mode(&desk.path(DB), 0o444);
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(RUN.split_whitespace())
        .current_dir(desk.dir.path());
    if std::fs::OpenOptions::new()
        .write(true)
        .open(desk.path(DB))
        .is_ok()
    {
        command.uid(NOBODY);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: the program cannot be started as another user: {error}");
            return;
        }
    };
    let errors = one_line(&output);
    assert!(
        errors.contains("the file is marked as read-only, as backups and published copies are"),
        "{errors}"
    );
    mode(&desk.path(DB), 0o644);
    assert_eq!(desk.contents(DB), contents);
}

#[test]
fn a_damaged_file_is_told_from_a_sound_one() {
    let (desk, contents) = forecast_fleet();
    let sound = std::fs::read(desk.path(DB)).unwrap();
    let mut noticed = 0;
    for part in 1..=11 {
        let mut damaged = sound.clone();
        // Any bytes will do, as long as they are no others the next time.
        let (from, length) = (sound.len() * part / 12, 4096);
        for (index, byte) in damaged[from..][..length].iter_mut().enumerate() {
            *byte = byte
                .wrapping_mul(31)
                .wrapping_add(u8::try_from(index % 251).unwrap())
                ^ 0xA5;
        }
        std::fs::write(desk.path("damaged.duckdb"), damaged).unwrap();
        let output = desk.run(&format!("{RUN} --db damaged.duckdb"));
        if output.status.success() {
            // The bytes were nobody's, or of tables that the run replaced.
            assert_eq!(desk.contents("damaged.duckdb"), contents, "part {part}");
        } else {
            let errors = one_line(&output);
            assert!(errors.contains("put a backup in its place"), "{errors}");
            noticed += 1;
        }
        let _ = std::fs::remove_file(desk.path("damaged.duckdb.wal"));
    }
    assert!(noticed > 0);

    std::fs::write(desk.path("half.duckdb"), &sound[..sound.len() / 2]).unwrap();
    let errors = one_line(&desk.run(&format!("{RUN} --db half.duckdb")));
    assert!(errors.contains("put a backup in its place"), "{errors}");
}

#[test]
fn a_parquet_file_that_was_cut_off_changes_nothing() {
    let (desk, contents) = forecast_fleet();
    let whole = std::fs::read(fixture("appserver_requests_daily.parquet")).unwrap();
    let data = || desk.query(DB, "SELECT count(*)::VARCHAR FROM processed_data");
    let before = data();
    for (length, damage) in [(whole.len() / 2, 0), (0, 0), (whole.len(), 900)] {
        let mut file = whole[..length].to_vec();
        for byte in file.iter_mut().skip(length / 4).take(damage) {
            *byte ^= 0x5A;
        }
        std::fs::write(desk.path("cut.parquet"), file).unwrap();
        let import = "import cut.parquet --host-column series --resource requests --ds-column ts --value-column y";
        let errors = one_line(&desk.run(import));
        assert!(errors.contains("cannot import cut.parquet"), "{errors}");
        assert!(
            errors.contains("mend the file, or fetch it again"),
            "{errors}"
        );
        assert_eq!(data(), before);
    }
    assert_eq!(desk.contents(DB), contents);
}

#[test]
fn a_full_disk_is_named_and_costs_nothing_that_was_there() {
    let (desk, contents) = forecast_fleet();
    let small = desk.path("small");
    std::fs::create_dir(&small).unwrap();
    let length = std::fs::metadata(desk.path(DB)).unwrap().len();
    // Room for the database and little more.
    let size = format!("size={}", length + 300_000);
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
        .arg(&small)
        .output();
    if !mounted.is_ok_and(|mounted| mounted.status.success()) {
        println!("skipped: a small file system cannot be mounted here");
        return;
    }
    let unmount = Unmount(&small);
    std::fs::copy(desk.path(DB), small.join(DB)).unwrap();
    let output = desk.run(&format!("{RUN} --db small/fleet.duckdb"));
    let errors = one_line(&output);
    assert!(errors.contains("the disk is full: make room"), "{errors}");
    // Whoever makes room finds everything.
    for ending in ["", ".wal"] {
        let file = small.join(format!("{DB}{ending}"));
        if file.exists() {
            std::fs::copy(file, desk.path(&format!("rescued.duckdb{ending}"))).unwrap();
        }
    }
    drop(unmount);
    assert_eq!(desk.contents("rescued.duckdb"), contents);
    desk.ok(&format!("{RUN} --db rescued.duckdb"));
    assert_eq!(desk.contents("rescued.duckdb"), contents);
}

/// Unmounts when dropped, so that a failed test leaves nothing mounted.
struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_small_budget_comes_to_the_same_tables() {
    let (desk, contents) = forecast_fleet();
    desk.ok(&format!("{RUN} --memory 256MB"));
    assert_eq!(desk.contents(DB), contents);
    assert_eq!(desk.run("run-all --memory 9MB").status.code(), Some(2));
    assert_eq!(desk.run("run-all --memory much").status.code(), Some(2));
}

#[test]
fn of_two_runs_at_once_one_leaves_and_the_tables_are_one_runs() {
    let (desk, contents) = forecast_fleet();
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(RUN.split_whitespace())
            .current_dir(desk.dir.path())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let (one, other) = (start(), start());
    let outputs = [one, other].map(|child| child.wait_with_output().unwrap());
    let failed: Vec<&Output> = outputs
        .iter()
        .filter(|output| !output.status.success())
        .collect();
    assert!(failed.len() < 2);
    for output in failed {
        let errors = one_line(output);
        assert!(errors.contains("fleet.duckdb is in use by"), "{errors}");
        assert!(errors.contains("PID"), "{errors}");
    }
    assert_eq!(desk.contents(DB), contents);
}

#[test]
fn the_log_of_another_database_is_named_with_the_way_out() {
    let desk = Desk::new();
    desk.ok("demo --hosts 2 --months 14");
    desk.ok("demo --hosts 3 --months 14 --seed 2 --db other.duckdb");
    let log = desk.path("other.duckdb.wal");
    // A log is there while a run is at work.
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args("run-all --quiet --db other.duckdb --train-months 8".split_whitespace())
        .current_dir(desk.dir.path())
        .spawn()
        .unwrap();
    while !std::fs::metadata(&log).is_ok_and(|log| log.len() > 500)
        && child.try_wait().unwrap().is_none()
    {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::copy(&log, desk.path("fleet.duckdb.wal")).unwrap();
    desk.fails("status", "move the log away");
    std::fs::remove_file(desk.path("fleet.duckdb.wal")).unwrap();
    desk.ok("status");
}
