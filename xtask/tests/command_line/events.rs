//! Holidays and events: what is known to happen is expected where it did before.

use serde_json::Value;

use super::*;

const DB: &str = "fleet.duckdb";

/// Days of a release, of which the last two are to come.
const RELEASES: [&str; 7] = [
    "2023-09-13",
    "2024-02-14",
    "2024-07-10",
    "2025-01-15",
    "2025-06-11",
    "2026-01-14",
    "2026-03-11",
];

/// Eight hosts with weeks of work, half as busy again on days of a release.
fn fleet() -> Desk {
    let desk = Desk::new();
    let days: Vec<String> = RELEASES.iter().map(|day| format!("DATE '{day}'")).collect();
    desk.ok("demo --hosts 1");
    desk.sql(
        DB,
        &format!(
            "DELETE FROM processed_data;
             INSERT INTO processed_data
             SELECT 'web-' || n, 'requests', ds::DATE,
                 (IF(dayofweek(ds) IN (0, 6), 400, 1000) + 10 * n + ((epoch(ds)::BIGINT // 86400) * 7919 * n) % 53)
                 * IF(ds::DATE IN ({}), 1.5, 1)
             FROM range(1, 9) AS hosts(n), range(DATE '2023-01-01', DATE '2026-01-01', INTERVAL 1 DAY) AS days(ds)",
            days.join(", ")
        ),
    );
    let mut rows = vec!["ds,name".to_owned()];
    rows.extend(RELEASES.iter().map(|day| format!("{day},release")));
    std::fs::write(desk.path("releases.csv"), rows.join("\n")).unwrap();
    desk
}

/// The mean forecast of a day.
fn forecast(desk: &Desk, day: &str) -> f64 {
    let sql = format!("SELECT avg(yhat)::VARCHAR FROM forecasts WHERE ds = '{day}'");
    desk.query(DB, &sql)[0].parse().unwrap()
}

fn reused(desk: &Desk) -> String {
    let sql =
        "SELECT prophet_reused || ' ' || challenger_reused FROM runs ORDER BY run_id DESC LIMIT 1";
    desk.query(DB, sql)[0].clone()
}

#[test]
fn a_release_is_expected_where_it_was_busy_before() {
    let desk = fleet();
    desk.ok("run-all --quiet");
    let (plain, before) = (forecast(&desk, "2026-01-14"), forecast(&desk, "2026-01-13"));
    assert!((plain / before - 1.0).abs() < 0.1, "{plain} {before}");
    desk.ok("events releases.csv");
    desk.ok("run-all --quiet");
    assert_eq!(reused(&desk), "0 0");
    for day in ["2026-01-14", "2026-03-11"] {
        let expected = forecast(&desk, day);
        assert!((expected / before - 1.5).abs() < 0.1, "{day}: {expected}");
    }
    let other = forecast(&desk, "2026-01-13");
    assert!((other / before - 1.0).abs() < 0.02, "{other} {before}");
    // The same is asked again.
    desk.ok("run-all --quiet");
    assert_eq!(reused(&desk), "8 8");
    let listed = desk.ok("events");
    assert!(
        listed.contains("release  all hosts     7  2025-06-11  2026-01-14"),
        "{listed}"
    );
    // Whose releases they are.
    std::fs::write(desk.path("hosts.csv"), "host,role\nweb-1,shop\n").unwrap();
    desk.ok("import-attributes hosts.csv");
    let of_role: Vec<String> = RELEASES
        .iter()
        .map(|day| format!("{day},release,role=shop"))
        .collect();
    let of_role = format!("ds,name,group\n{}", of_role.join("\n"));
    std::fs::write(desk.path("shop.csv"), of_role).unwrap();
    desk.ok("events shop.csv --replace");
    desk.ok("run-all --quiet");
    let on = |host: &str| -> f64 {
        let sql = format!(
            "SELECT (yhat / {before})::VARCHAR FROM forecasts WHERE host = '{host}' AND ds = '2026-01-14'"
        );
        desk.query(DB, &sql)[0].parse().unwrap()
    };
    assert!(
        on("web-1") > 1.3 && on("web-2") < 1.2,
        "{} {}",
        on("web-1"),
        on("web-2")
    );
}

#[test]
fn days_that_hosts_have_in_common_are_found_without_a_name() {
    let desk = fleet();
    let common = |flags: &str| -> Vec<String> {
        let found: Value =
            serde_json::from_str(&desk.ok(&format!("events --common --json{flags}"))).unwrap();
        let rows = found.as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["day"].as_str().unwrap(), row["names"]))
            .collect()
    };
    let expected = |name: &str| -> Vec<String> {
        RELEASES[..5]
            .iter()
            .map(|day| format!("{day} {name}"))
            .collect()
    };
    assert_eq!(common(""), expected("null"));
    desk.ok("events releases.csv");
    assert_eq!(common(""), expected("\"release\""));
    let text = desk.ok("events --common");
    assert!(
        text.contains("2025-06-11  requests     100 %   +51 %  release"),
        "{text}"
    );
    assert_eq!(common(" --as-of 2024-03-01"), expected("\"release\"")[..2]);
}

#[test]
fn holidays_are_kept_where_earlier_ones_were() {
    let desk = fleet();
    // Weekends and the holidays of Germany are quiet.
    let days = "'2023-04-07', '2023-04-10', '2023-05-01', '2023-05-18', '2023-05-29', '2023-10-03', '2023-12-25', '2023-12-26',
        '2024-01-01', '2024-03-29', '2024-04-01', '2024-05-01', '2024-05-09', '2024-05-20', '2024-10-03', '2024-12-25',
        '2024-12-26', '2025-01-01', '2025-04-18', '2025-04-21', '2025-05-01', '2025-05-29', '2025-06-09', '2025-10-03',
        '2025-12-25', '2025-12-26'";
    desk.sql(
        DB,
        &format!("UPDATE processed_data SET utilization = 410 WHERE ds IN ({days})"),
    );
    desk.ok("run-all --quiet");
    let plain = forecast(&desk, "2026-05-01");
    desk.ok("run-all --quiet --holidays DE");
    let kept = forecast(&desk, "2026-05-01");
    assert!(plain > 800.0 && kept < 550.0, "{plain} {kept}");
    let config = desk.query(
        DB,
        "SELECT config->'forecast'->'calendar'->>'holidays' FROM runs ORDER BY run_id DESC LIMIT 1",
    );
    assert_eq!(config, [r#"["DE"]"#]);
    desk.fails(
        "run-all --holidays Germany",
        "no holidays of `GERMANY` are known; give a country by its two letters, such as DE",
    );
}

#[test]
fn a_file_of_events_that_cannot_be_used_is_refused() {
    let desk = fleet();
    for (text, expected) in [
        (
            "day,name\n2025-01-01,x\n",
            "it has no column `ds`, only day, name",
        ),
        (
            "ds,name\n2025-01-01,x\n01.02.2025,x\n",
            "row 2: `01.02.2025` in the column `ds` is no day",
        ),
        (
            "ds,name,hots\n2025-01-01,x,web-1\n",
            "its column `hots` says nothing of events; leave it out, or call it ds, name, host or group",
        ),
        (
            "ds,name,group\n2025-01-01,x,Berlin\n",
            "row 1: `Berlin` is no group such as site=Berlin",
        ),
    ] {
        std::fs::write(desk.path("bad.csv"), text).unwrap();
        desk.fails("events bad.csv", expected);
    }
    assert_eq!(
        desk.query(DB, "SELECT count(*)::VARCHAR FROM events"),
        ["0"]
    );
    let listed = desk.ok("events");
    assert!(listed.contains("no events are known"), "{listed}");
    std::fs::write(desk.path("empty.csv"), "ds,name\n").unwrap();
    desk.fails(
        "events empty.csv --replace",
        "--replace would remove all events",
    );
    desk.ok("events empty.csv --replace --force");
    desk.fails(
        "events --holidays DE-ZZ",
        "no holidays of `DE-ZZ` are known",
    );
}

#[test]
fn events_of_nobody_are_named_and_follow_a_host_that_is_renamed() {
    let desk = fleet();
    let rows = "ds,name,host,group\n2025-06-02,move,web-1,\n2025-06-02,move,nobody,\n2025-06-03,move,,site=Rome\n";
    std::fs::write(desk.path("moves.csv"), rows).unwrap();
    let said = desk.ok("events moves.csv");
    assert!(
        said.contains("read 3 events into fleet.duckdb")
            && said.contains("no host with data has that name, or that group: nobody, site=Rome"),
        "{said}"
    );
    desk.ok("rename web-1 web-9");
    let hosts = desk.query(DB, "SELECT coalesce(host, '-') FROM events ORDER BY ALL");
    assert_eq!(hosts, ["-", "nobody", "web-9"]);
}

#[test]
fn what_holidays_are_expected_to_do_is_said_and_others_are_another_run() {
    let desk = fleet();
    let days = "DATE '2023-05-01', DATE '2023-10-03', DATE '2023-12-25', DATE '2023-12-26', DATE '2024-01-01', DATE '2024-04-01', \
        DATE '2024-05-01', DATE '2024-05-09', DATE '2024-05-20', DATE '2024-10-03', DATE '2024-12-25', DATE '2024-12-26', \
        DATE '2025-01-01', DATE '2025-04-18', DATE '2025-04-21', DATE '2025-05-01', DATE '2025-05-29', DATE '2025-06-09', \
        DATE '2025-10-03'";
    desk.sql(
        DB,
        &format!("UPDATE processed_data SET utilization = 410 WHERE ds IN ({days})"),
    );
    desk.ok("run-all --quiet --holidays DE");
    let said = desk.query(
        DB,
        "SELECT DISTINCT regexp_replace(message, '[0-9.]+$', 'N') FROM series_issues WHERE code = 'calendar_effect'",
    );
    let expected = |words: &String| {
        words.starts_with("6 days of the calendar are expected to differ, most of all 2026-")
    };
    assert!(!said.is_empty() && said.iter().all(expected), "{said:?}");
    desk.fails(
        "write --quiet",
        "of other data or settings (--holidays was DE, is not set); give the same, or run `cargo xtask run-all`",
    );
    let listed = desk.ok("events --holidays DE");
    assert!(listed.contains("2026-10-03"), "{listed}");
}
