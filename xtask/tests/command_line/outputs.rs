//! Outputs: what they replace, and what they never do.

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str = "run-all --quiet --train-months 8 --horizon-days 20";

/// A desk with a forecast fleet of these hosts and resources.
fn forecast_fleet(names: &[(&str, &str)]) -> Desk {
    let desk = Desk::new();
    let names: Vec<String> = names
        .iter()
        .map(|(host, resource)| format!("('{host}', '{resource}')"))
        .collect();
    desk.sql(
        DB,
        &format!(
            "CREATE TABLE processed_data AS
             SELECT n.host, n.resource, DATE '2025-12-31' - d::INTEGER AS ds, (50 + d % 7)::DOUBLE AS utilization
             FROM (VALUES {}) AS n (host, resource), range(400) AS days (d)",
            names.join(", ")
        ),
    );
    desk.ok(RUN);
    desk
}

#[test]
fn a_file_of_somebody_else_is_replaced_only_by_force() {
    let desk = forecast_fleet(&[("web-01", "cpu")]);
    std::fs::write(desk.path("notes.html"), "<html>my notes</html>").unwrap();
    desk.fails("report --out notes.html", "was not written by this command");
    let notes = || std::fs::read_to_string(desk.path("notes.html")).unwrap();
    assert_eq!(notes(), "<html>my notes</html>");
    desk.ok("report --out notes.html --force");
    // A report is replaced by the next one.
    desk.ok("report --out notes.html");
    assert!(notes().contains("<title>Capacity outlook, "));
}

#[test]
fn an_input_is_no_output() {
    let desk = Desk::new();
    let parquet = desk.path("in.parquet");
    Connection::open_in_memory()
        .unwrap()
        .execute_batch(&format!(
            "COPY (SELECT 'h' AS host, 'cpu' AS resource, DATE '2022-01-01' + d::INTEGER AS ds, 50.0 + d % 7 AS utilization
                   FROM range(1500) AS days (d)) TO '{}'",
            parquet.display()
        ))
        .unwrap();
    let before = std::fs::read(&parquet).unwrap();
    let short = "--train-months 8 --horizon-days 20 --origins 1";
    for flag in ["--write-origins", "--out"] {
        desk.fails(
            &format!("accuracy in.parquet {flag} in.parquet {short}"),
            "is an input of this command",
        );
    }
    assert_eq!(std::fs::read(&parquet).unwrap(), before);
    std::fs::write(desk.path("mine.csv"), "a,b\n1,2\n").unwrap();
    desk.fails(
        &format!("accuracy in.parquet --out mine.csv {short}"),
        "was not written by this command",
    );
    for _ in 0..2 {
        desk.ok(&format!(
            "accuracy in.parquet --write-origins seen.csv {short}"
        ));
    }
    // Nothing is left beside them.
    let left: Vec<String> = std::fs::read_dir(desk.dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_export_replaces_an_earlier_one_and_nothing_else() {
    let desk = forecast_fleet(&[("web-01", "cpu")]);
    desk.ok("export --to out");
    desk.ok("export --to out --format csv");
    // One format takes the place of the other, whole.
    assert!(!desk.path("out/capacity_outlook.parquet").exists());
    std::fs::write(desk.path("out/forecasts/mine.txt"), "mine").unwrap();
    desk.fails(
        "export --to out",
        "mine.txt is nothing that an export has written",
    );
    assert!(desk.path("out/capacity_outlook.csv").exists());
    std::fs::create_dir(desk.path("photos")).unwrap();
    std::fs::write(desk.path("photos/cat.jpg"), "cat").unwrap();
    desk.fails(
        "export --to photos",
        "cat.jpg is nothing that an export has written",
    );
    desk.fails("export --to .", "is nothing that an export has written");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(desk.path("photos"), desk.path("link")).unwrap();
        desk.fails("export --to link", "is a link");
    }
    let cat = std::fs::read_to_string(desk.path("photos/cat.jpg")).unwrap();
    assert_eq!(cat, "cat");
}

#[test]
fn names_of_any_length_are_exported() {
    let long = "disk:/".to_owned() + &"very-long/".repeat(60);
    let other = long.clone() + "other";
    let desk = forecast_fleet(&[("web-01", &long), ("web-02", &other), ("web-03", "cpu")]);
    desk.ok("export --to out");
    let found = desk.query(
        DB,
        &format!(
            "SELECT DISTINCT resource FROM read_parquet('{}/forecasts/*.parquet') ORDER BY 1",
            desk.path("out").display()
        ),
    );
    assert_eq!(found, ["cpu", long.as_str(), other.as_str()]);
    desk.ok("export --to out");
}

#[test]
fn names_are_no_formulas_and_no_lines_of_ours() {
    let desk = forecast_fleet(&[
        ("=cmd|calc", "cpu"),
        ("a\nerror: all is lost", "cpu"),
        ("b\u{202e}gpj", "cpu"),
    ]);
    desk.ok("export --to out --format csv --csv-safe");
    let outlook = std::fs::read_to_string(desk.path("out/capacity_outlook.csv")).unwrap();
    assert!(outlook.contains("'=cmd|calc,cpu"), "{outlook}");
    desk.ok("export --to out --format csv");
    let outlook = std::fs::read_to_string(desk.path("out/capacity_outlook.csv")).unwrap();
    assert!(outlook.contains(",=cmd|calc,cpu"), "{outlook}");
    // The nearest names are listed, in one line.
    desk.fails("show nobody", "\\u000aerror: all is lost");
    desk.fails("show nobody", "b\\u202egpj");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_gone_is_noticed() {
    let desk = Desk::new();
    desk.ok("demo --hosts 60 --months 14");
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(RUN.split_whitespace())
        .current_dir(desk.dir.path())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // It is open once its log is there.
    while !desk.path("fleet.duckdb.wal").exists() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    std::fs::rename(desk.path(DB), desk.path("moved.duckdb")).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("was removed or replaced while it was open"),
        "{errors}"
    );
}

#[test]
fn limits_beyond_what_was_observed_are_refused_with_figures() {
    let desk = forecast_fleet(&[("web-01", "cpu"), ("web-02", "cpu")]);
    desk.fails(
        "limits --resource cpu --capacity 8",
        "capacity 8 of all hosts, cpu lies below most of what was observed: 2 of 2 series were above it on most days of \
         their last year, the highest value is 56",
    );
    desk.fails(
        "limits --resource cpu --capacity -5",
        "lies below most of what was observed",
    );
    desk.fails(
        "limits --resource cpu --host web-01 --floor 60",
        "floor 60 of web-01, cpu lies above most",
    );
    let limits = || desk.query(DB, "SELECT count(*)::VARCHAR FROM resource_limits");
    assert_eq!(limits(), ["0"]);
    let output = desk.run("limits --resource cpu --capacity 55");
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{warned}");
    assert!(
        warned.contains("lies below some of what was observed: 2 of 2 series"),
        "{warned}"
    );
    desk.ok("limits --resource cpu --capacity 8 --threshold 7 --force");
    assert_eq!(limits(), ["1"]);
}

#[test]
fn more_threads_than_can_be_started_are_refused() {
    let desk = Desk::new();
    desk.fails(
        "status --threads 99999999999",
        "is more than can be started",
    );
}
