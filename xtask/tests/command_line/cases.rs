//! Files of the kinds people report, and what must come of them.

use std::fmt::Write as _;

use super::*;

impl Desk {
    fn command(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(arguments)
            .current_dir(self.dir.path())
            .output()
            .unwrap()
    }

    /// Imports a file of `fixtures/cases` with further arguments; returns all that was printed.
    #[track_caller]
    fn import(&self, file: &str, arguments: &[&str]) -> String {
        let output = self.try_import(file, arguments);
        let (printed, errors) = texts(&output);
        assert!(output.status.success(), "{file}: {errors}");
        printed + &errors
    }

    fn try_import(&self, file: &str, arguments: &[&str]) -> Output {
        let path = fixture(&format!("cases/{file}"));
        let mut all = vec!["import", path.as_str(), "--db", DB];
        all.extend(arguments);
        self.command(&all)
    }

    #[track_caller]
    fn refuses(&self, file: &str, arguments: &[&str], expected: &[&str]) {
        let output = self.try_import(file, arguments);
        let (_, errors) = texts(&output);
        assert_eq!(output.status.code(), Some(1), "{file}: {errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        for part in expected {
            assert!(errors.contains(part), "{part} is not in: {errors}");
        }
    }

    fn count(&self, sql: &str) -> i64 {
        Connection::open(self.path(DB))
            .unwrap()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    fn run_all(&self) -> String {
        self.ok("run-all --db cases.duckdb")
    }

    #[track_caller]
    fn has_issue(&self, host: &str, code: &str, expected: &str) {
        let sql =
            format!("SELECT message FROM series_issues WHERE host = '{host}' AND code = '{code}'");
        let messages = self.query(DB, &sql);
        assert!(
            messages.iter().any(|message| message.contains(expected)),
            "{host} {code}: {messages:?}"
        );
    }

    /// The rows of `processed_data`, as text.
    fn rows(&self) -> Vec<String> {
        self.query(
            DB,
            "SELECT concat_ws('|', host, resource, ds, utilization) FROM processed_data ORDER BY ALL",
        )
    }
}

const DB: &str = "cases.duckdb";
const CPU: [&str; 2] = ["--resource", "cpu"];
const DISK: [&str; 2] = ["--resource", "disk"];

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// Whether the two new hosts' values are exactly those that were written.
#[track_caller]
fn check_whole_then_decimal(desk: &Desk) {
    let truth = std::fs::read_to_string(fixture("cases/whole-then-decimal.truth.csv")).unwrap();
    let mut expected: Vec<String> = truth
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let value: f64 = fields[2].parse().unwrap();
            format!("{}|{}|{:016x}", fields[0], fields[1], value.to_bits())
        })
        .collect();
    expected.sort();
    let connection = Connection::open(desk.path(DB)).unwrap();
    let mut statement = connection
        .prepare(
            "SELECT host, ds::VARCHAR, utilization FROM processed_data WHERE host LIKE 'x-new-%'",
        )
        .unwrap();
    let mut found: Vec<String> = statement
        .query_map([], |row| {
            let value: f64 = row.get(2)?;
            let (host, day): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("{host}|{day}|{:016x}", value.to_bits()))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(
        desk.count("SELECT count(DISTINCT host) FROM processed_data"),
        21
    );
}

#[test]
fn decimals_behind_whole_numbers_stay_what_they_are() {
    let desk = Desk::new();
    desk.import("whole-then-decimal.csv", &CPU);
    check_whole_then_decimal(&desk);
    desk.run_all();
    let status = desk.query(
        DB,
        "SELECT status FROM capacity_outlook WHERE host = 'x-new-0'",
    );
    assert_ne!(status, ["over"]);

    // The same as JSON lines.
    let csv = std::fs::read_to_string(fixture("cases/whole-then-decimal.csv")).unwrap();
    let mut lines = String::new();
    for line in csv.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        writeln!(
            lines,
            "{{\"host\": \"{}\", \"ds\": \"{}\", \"utilization\": {}}}",
            fields[0], fields[1], fields[2]
        )
        .unwrap();
    }
    let desk = Desk::new();
    std::fs::write(desk.path("rows.jsonl"), lines).unwrap();
    desk.ok("import rows.jsonl --resource cpu --db cases.duckdb");
    check_whole_then_decimal(&desk);
}

#[test]
fn an_offset_on_the_last_row_counts() {
    let desk = Desk::new();
    desk.import("days-then-offsets.csv", &CPU);
    let days = desk.query(
        DB,
        "SELECT ds::VARCHAR FROM processed_data WHERE host = 'z-ny'",
    );
    assert_eq!(days, ["2025-12-30"]);
    let desk = Desk::new();
    desk.import(
        "days-then-offsets.csv",
        &["--resource", "cpu", "--time-zone", "America/New_York"],
    );
    let days = desk.query(
        DB,
        "SELECT ds::VARCHAR FROM processed_data WHERE host = 'z-ny'",
    );
    assert_eq!(days, ["2025-12-29"]);
}

#[test]
fn the_order_of_day_and_month_is_decided_by_all_rows_or_refused() {
    let desk = Desk::new();
    let printed = desk.import("us-dates-three-years.csv", &CPU);
    assert!(printed.contains("--ds-format '%m/%d/%Y'"), "{printed}");
    let ends = desk.query(DB, "SELECT min(ds) || ' ' || max(ds) FROM processed_data");
    assert_eq!(ends, ["2023-01-01 2025-12-31"]);
    let before = desk.rows();
    desk.refuses(
        "us-dates-one-night.csv",
        &CPU,
        &[
            "01/05/2026",
            "1 May 2026",
            "5 January 2026",
            "--ds-format '%m/%d/%Y'",
            "an earlier import was read with --ds-format '%m/%d/%Y'",
        ],
    );
    assert_eq!(desk.rows(), before);
    desk.import(
        "us-dates-one-night.csv",
        &["--resource", "cpu", "--ds-format", "%m/%d/%Y"],
    );
    assert_eq!(
        desk.query(DB, "SELECT max(ds)::VARCHAR FROM processed_data"),
        ["2026-01-05"]
    );

    let desk = Desk::new();
    desk.import("us-dates-large.csv", &CPU);
    let found = desk.query(
        DB,
        "SELECT count(DISTINCT host) || ' ' || min(ds) || ' ' || max(ds) FROM processed_data",
    );
    assert_eq!(found, ["2000 2025-01-01 2025-01-20"]);
}

#[test]
fn one_wrong_clock_costs_nobody_a_forecast() {
    for (file, host, series, day) in [
        ("clock-ahead-2038.csv", "web-07", 10, "2038-01-19"),
        ("clock-ahead-30-days.csv", "web-01", 4, "2026-01-30"),
    ] {
        let desk = Desk::new();
        desk.import(file, &["--resource", "cpu", "--allow-future"]);
        desk.run_all();
        assert_eq!(
            desk.count("SELECT count(DISTINCT host) FROM forecasts"),
            series,
            "{file}"
        );
        assert_eq!(
            desk.query(DB, "SELECT as_of::VARCHAR FROM runs"),
            ["2025-12-31"],
            "{file}"
        );
        desk.has_issue(host, "after_as_of", day);
        // The row can be taken out again.
        let printed = desk.ok(&format!(
            "forget --db cases.duckdb --host {host} --after 2025-12-31 --dry-run"
        ));
        assert!(
            printed.contains("would forget 1 rows") && printed.contains(day),
            "{printed}"
        );
        desk.ok(&format!(
            "forget --db cases.duckdb --host {host} --after 2025-12-31"
        ));
        assert_eq!(
            desk.query(DB, "SELECT max(ds)::VARCHAR FROM processed_data"),
            ["2025-12-31"]
        );
    }
    let desk = Desk::new();
    let printed = desk.import("clock-ahead-2038.csv", &CPU);
    assert!(
        printed.contains("web-07/cpu on 2038-01-19") && printed.contains("--allow-future"),
        "{printed}"
    );
    assert_eq!(
        desk.query(DB, "SELECT max(ds)::VARCHAR FROM processed_data"),
        ["2025-12-31"]
    );
}

#[test]
fn one_stray_sample_costs_nobody_a_limit() {
    let desk = Desk::new();
    desk.import("one-rounding-error.csv", &CPU);
    desk.run_all();
    let percent = desk.count(
        "SELECT count(*) FROM effective_limits WHERE source = 'percent' AND floor = 0 AND capacity = 100 AND threshold = 80",
    );
    assert_eq!(percent, 5);
    let status = |host: &str| {
        desk.query(
            DB,
            &format!("SELECT status FROM capacity_outlook WHERE host = '{host}'"),
        )
        .remove(0)
    };
    assert_eq!(
        (status("web-04").as_str(), status("web-03").as_str()),
        ("over", "within")
    );
    desk.has_issue("web-00", "outside_percent", "2024-05-15");
    // Other strays of the kind, and one no sensor can mean.
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = 100.3 WHERE host = 'web-01' AND ds = DATE '2024-02-02';
         UPDATE processed_data SET utilization = -0.46 WHERE host = 'web-02' AND ds = DATE '2024-02-03';
         UPDATE processed_data SET utilization = 65535 WHERE host = 'web-02' AND ds = DATE '2025-12-30';",
    );
    desk.run_all();
    assert_eq!(
        desk.count("SELECT count(*) FROM effective_limits WHERE source = 'percent'"),
        5
    );
    desk.has_issue("web-01", "outside_percent", "100.3 on 2024-02-02");
    desk.has_issue("web-02", "outside_percent", "2 values");
    let peak = desk.query(
        DB,
        "SELECT max(yhat_upper)::VARCHAR FROM forecasts WHERE host = 'web-02'",
    );
    assert!(peak[0].parse::<f64>().unwrap() < 100.0, "{peak:?}");
}

#[test]
fn weekdays_never_observed_are_about_as_the_others() {
    let desk = Desk::new();
    desk.import("weekdays-only.csv", &CPU);
    desk.run_all();
    let series = desk.count("SELECT count(DISTINCT host) FROM forecasts");
    assert_eq!(series, 7);
    let unobserved = "WITH seen AS (SELECT DISTINCT host, dayofweek(ds) AS weekday FROM processed_data)
        FROM forecasts AS f
        WHERE NOT EXISTS (SELECT 1 FROM seen AS s WHERE s.host = f.host AND s.weekday = dayofweek(f.ds))";
    let select = |what: &str| {
        unobserved.replace(
            "FROM forecasts AS f",
            &format!("SELECT {what} FROM forecasts AS f"),
        )
    };
    assert!(desk.count(&select("count(*)")) > 100);
    assert_eq!(
        desk.count(&select(
            "count(*) FILTER (WHERE yhat NOT BETWEEN 45 AND 75 OR yhat_upper <= yhat_lower)"
        )),
        0
    );
    let named = desk
        .count("SELECT count(DISTINCT host) FROM series_issues WHERE code = 'weekday_unobserved'");
    let with_gaps = desk.count(
        "SELECT count(*) FROM (SELECT host FROM processed_data GROUP BY host HAVING count(DISTINCT dayofweek(ds)) < 7)",
    );
    assert_eq!(named, with_gaps);
    assert!(named > 0);
}

#[test]
fn several_series_under_one_name_are_counted_and_named() {
    let desk = Desk::new();
    let printed = desk.import("two-hosts-one-name.csv", &CPU);
    for part in [
        "1096 instants have several values",
        "app-01/cpu (1096 of 1096)",
        "`dc`",
    ] {
        assert!(printed.contains(part), "{part} is not in: {printed}");
    }
    let summary = desk.run_all();
    assert!(
        summary.contains("several_series_under_one_name"),
        "{summary}"
    );
    let trust = desk.query(DB, "SELECT trust || ' ' || reason FROM model_leaderboard");
    assert!(
        trust[0].starts_with("D ") && trust[0].contains("several series"),
        "{trust:?}"
    );
    desk.has_issue("app-01", "several_series_under_one_name", "1096 instants");
    desk.refuses(
        "two-hosts-one-name.csv",
        &["--resource", "cpu", "--on-repeat", "refuse"],
        &["1096 instants", "`dc`", "nothing was imported"],
    );

    let desk = Desk::new();
    desk.import(
        "two-hosts-one-name.csv",
        &[
            "--resource",
            "cpu",
            "--host-column",
            "dc",
            "--host-column",
            "host",
        ],
    );
    desk.run_all();
    let found = desk.query(
        DB,
        "SELECT host || ' ' || status FROM capacity_outlook ORDER BY host",
    );
    assert_eq!(found.len(), 2);
    assert_eq!(found[1], "fra:app-01 over");
}

#[test]
fn mounts_are_series_of_their_own_by_their_column() {
    let desk = Desk::new();
    let arguments = ["--resource", "disk", "--value-column", "used_percent"];
    let printed = desk.import("mounts.csv", &arguments);
    assert!(printed.contains("`mountpoint`"), "{printed}");
    let desk = Desk::new();
    let mut arguments = arguments.to_vec();
    arguments.extend(["--resource-column", "mountpoint"]);
    desk.import("mounts.csv", &arguments);
    desk.run_all();
    let root = desk.query(
        DB,
        "SELECT status FROM capacity_outlook WHERE resource = 'disk:/'",
    );
    assert_eq!(root, ["over"]);
}

#[test]
fn local_midnights_written_as_utc_are_noticed_and_mended() {
    let desk = Desk::new();
    let printed = desk.import("local-midnights-as-utc.csv", &CPU);
    assert!(
        printed.contains("Europe/London") && printed.contains("--time-zone"),
        "{printed}"
    );
    let desk = Desk::new();
    let printed = desk.import(
        "local-midnights-as-utc.csv",
        &["--resource", "cpu", "--time-zone", "Europe/London"],
    );
    assert!(!printed.contains("warning"), "{printed}");
    let mended = desk.rows();
    let plain = Desk::new();
    let printed = plain.import("local-midnights-as-days.csv", &CPU);
    assert!(!printed.contains("warning"), "{printed}");
    assert_eq!(mended, plain.rows());
    desk.run_all();
    let poor = desk.count("SELECT count(*) FROM model_leaderboard WHERE trust <> 'A' OR least(prophet_mape, challenger_mape) > 6");
    assert_eq!(poor, 0);
}

/// Imports a file and holds what is stored against what is expected; returns what was printed.
#[track_caller]
fn check_rows(file: &str, arguments: &[&str], expected: &[&str]) -> String {
    let desk = Desk::new();
    let printed = desk.import(file, arguments);
    assert_eq!(desk.rows(), expected, "{file}");
    printed
}

#[test]
fn exports_of_other_tools_are_read_as_they_are() {
    check_rows(
        "zabbix-epoch.csv",
        &[
            "--resource-column",
            "key",
            "--ds-column",
            "clock",
            "--value-column",
            "value_avg",
        ],
        &[
            "srv-a|system.cpu.util|2025-12-29|7.765",
            "srv-a|system.cpu.util|2025-12-30|6.77",
        ],
    );
    let counter = r"Processor(_Total)\% Processor Time";
    let memory = r"Memory\% Committed Bytes In Use";
    check_rows(
        "perfmon.csv",
        &[],
        &[
            &format!("APP07|{memory}|2025-12-29|55.1"),
            &format!("APP07|{memory}|2025-12-30|55.65"),
            &format!("APP07|{memory}|2025-12-31|56.0"),
            &format!("APP07|{counter}|2025-12-30|18.5425"),
            &format!("APP07|{counter}|2025-12-31|21.004"),
        ],
    );
    check_rows(
        "utf16.csv",
        &CPU,
        &[
            "web-01|cpu|2025-12-29|41.5",
            "web-01|cpu|2025-12-30|44.2",
            "web-02|cpu|2025-12-29|12.0",
            "web-02|cpu|2025-12-30|13.1",
        ],
    );
    let grafana = check_rows(
        "grafana-null.csv",
        &CPU,
        &[
            "web-01|cpu|2025-12-29|41.5",
            "web-01|cpu|2025-12-31|40.1",
            "web-02|cpu|2025-12-29|12.0",
            "web-02|cpu|2025-12-30|13.0",
        ],
    );
    assert!(
        grafana.contains("left out 2 rows without a finite value"),
        "{grafana}"
    );
    let wide = [
        "db-01|cpu|2025-12-29|77.0",
        "db-01|cpu|2025-12-30|78.0",
        "db-01|cpu|2025-12-31|79.0",
        "web-01|cpu|2025-12-29|41.5",
        "web-01|cpu|2025-12-30|44.2",
        "web-01|cpu|2025-12-31|40.0",
        "web-02|cpu|2025-12-29|12.0",
        "web-02|cpu|2025-12-30|13.0",
        "web-02|cpu|2025-12-31|14.0",
    ];
    check_rows("grafana-wide.csv", &["--resource", "cpu", "--wide"], &wide);
    check_rows(
        "grafana-wide.csv",
        &["--resource", "cpu", "--format", "grafana"],
        &wide,
    );
}

#[test]
fn numbers_are_read_as_people_and_clouds_write_them() {
    check_rows(
        "decimal-comma.csv",
        &[
            "--resource",
            "cpu",
            "--decimal",
            ",",
            "--host-column",
            "server",
            "--ds-column",
            "zeit",
            "--value-column",
            "auslastung",
        ],
        &[
            "web-01|cpu|2025-12-29|41.5",
            "web-01|cpu|2025-12-30|44.25",
            "web-02|cpu|2025-12-29|12.0",
            "web-02|cpu|2025-12-30|13.75",
        ],
    );
    check_rows(
        "percent-sign.csv",
        &CPU,
        &[
            "web-01|cpu|2025-12-29|41.5",
            "web-01|cpu|2025-12-30|44.2",
            "web-02|cpu|2025-12-29|12.0",
            "web-02|cpu|2025-12-30|13.1",
        ],
    );
    check_rows(
        "cloudwatch.json",
        &CPU,
        &[
            "i-0a1 CPUUtilization|cpu|2025-12-30|18.1",
            "i-0a1 CPUUtilization|cpu|2025-12-31|17.2",
        ],
    );
}

#[test]
fn lines_that_are_no_data_are_named_and_passed_over_where_asked() {
    let arguments = [
        "--resource",
        "cpu",
        "--host-column",
        "# hostname",
        "--ds-column",
        "timestamp",
        "--value-column",
        "%user",
    ];
    let desk = Desk::new();
    desk.refuses(
        "sadf-with-restart.csv",
        &arguments,
        &["line 3", "LINUX-RESTART", "--skip-bad-lines"],
    );
    let mut arguments = arguments.to_vec();
    arguments.push("--skip-bad-lines");
    let printed = desk.import("sadf-with-restart.csv", &arguments);
    assert!(
        printed.contains("1 lines are no data") && printed.contains("LINUX-RESTART"),
        "{printed}"
    );
    assert_eq!(
        desk.rows(),
        [
            "srv-17|cpu|2025-12-29|4.5649999999999995",
            "srv-17|cpu|2025-12-30|6.2"
        ]
    );
}

#[test]
fn a_growing_and_a_halved_disk_are_imported_whole() {
    for (file, series) in [("late-growth.csv", 4), ("disk-resized.csv", 6)] {
        let desk = Desk::new();
        desk.import(file, &DISK);
        desk.run_all();
        assert_eq!(
            desk.count("SELECT count(DISTINCT host) FROM forecasts"),
            series
        );
    }
}

#[test]
fn standard_input_and_directories_are_read_and_aggregates_stand_side_by_side() {
    for rows in [
        r"host,ds,utilization\na,01/13/2025,1\na,01/05/2025,2\n",
        r#"{"host":"a","ds":"01/13/2025","utilization":1} {"host":"a","ds":"01/05/2025","utilization":2}"#,
    ] {
        let desk = Desk::new();
        let program = env!("CARGO_BIN_EXE_xtask");
        let piped = Command::new("sh")
            .arg("-c")
            .arg(format!(
                "printf '{rows}' | {program} import - --resource cpu --db {DB}"
            ))
            .current_dir(desk.dir.path())
            .output()
            .unwrap();
        assert!(piped.status.success(), "{:?}", texts(&piped));
        assert_eq!(
            desk.rows(),
            ["a|cpu|2025-01-05|2.0", "a|cpu|2025-01-13|1.0"]
        );
    }

    let desk = Desk::new();
    std::fs::create_dir_all(desk.path("exports/2025")).unwrap();
    std::fs::write(
        desk.path("exports/a.csv"),
        "host,ds,utilization\na,2025-01-01 01:00,1\na,2025-01-01 02:00,3\n",
    )
    .unwrap();
    std::fs::write(
        desk.path("exports/2025/b.jsonl"),
        "{\"host\":\"b\",\"ds\":\"2025-01-01\",\"utilization\":5}\n",
    )
    .unwrap();
    std::fs::write(desk.path("exports/notes.md"), "nothing to import").unwrap();
    desk.ok("import exports --resource cpu --agg mean,p95,max --db cases.duckdb");
    assert_eq!(
        desk.rows(),
        [
            "a|cpu_max|2025-01-01|3.0",
            "a|cpu_p95|2025-01-01|2.8999999999999995",
            "a|cpu|2025-01-01|2.0",
            "b|cpu_max|2025-01-01|5.0",
            "b|cpu_p95|2025-01-01|5.0",
            "b|cpu|2025-01-01|5.0",
        ]
    );
}
