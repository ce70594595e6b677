//! Commands that read what a run found.

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
        // Again, over one of an earlier version: nothing of it stays, though resources and files may differ.
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
            &format!("SELECT count(*)::VARCHAR FROM {reader}('{dir}/forecasts/**/*.{format}')"),
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
    // Files of one table: all beside each other, each with every column.
    let mut files: Vec<String> = std::fs::read_dir(desk.path("out-parquet/forecasts"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let resources = ["cpu", "disk", "memory", "network"];
    assert_eq!(
        files,
        resources.map(|resource| format!("resource-{resource}.parquet"))
    );
    for resource in resources {
        let file = desk.path(&format!(
            "out-parquet/forecasts/resource-{resource}.parquet"
        ));
        let held = desk.query(
            "fleet.duckdb",
            &format!(
                "SELECT DISTINCT resource FROM read_parquet('{}')",
                file.display()
            ),
        );
        assert_eq!(held, [resource]);
        let columns = |of: String| {
            desk.query(
                "fleet.duckdb",
                &format!("SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM {of})"),
            )
        };
        let held = columns(format!("read_parquet('{}')", file.display()));
        assert_eq!(held, columns("forecasts".to_owned()));
    }
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
