//! Fleets nobody would wish for, seed by seed: whatever stands in `processed_data`, the run ends, and
//! every series has golden rows or an error.

use duckdb::types::Value;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::*;

const DB: &str = "fleet.duckdb";
const HORIZON: usize = 30;

const NAMES: [&str; 16] = [
    "web-1",
    "",
    " ",
    "'; DROP TABLE forecasts; --",
    "\" OR 1=1",
    "{table}",
    "$1",
    "%s",
    "NULL",
    "a\nb",
    "tab\tand\\backslash",
    "Ünïcödé",
    "服务器",
    "🦀🔥",
    "\u{202e}sdrawkcab",
    "draft_forecasts",
];

/// Last days to run on: leap days, the ends of the calendar, and days in between.
const LAST_DAYS: [&str; 5] = [
    "2024-02-29",
    "1900-03-01",
    "0002-06-30",
    "9998-12-31",
    "2000-02-29",
];

fn days_since_1970(day: &str) -> i32 {
    let day: fleetcast_core::Day = day.parse().unwrap();
    day.epoch_days()
}

/// A name from the list, made another series' by a number, or one of 10,000 characters.
fn name(random: &mut Pcg64, number: usize) -> String {
    match random.random_range(0..20) {
        0 => "x".repeat(9_996) + &format!("{number:04}"),
        1 => "é".repeat(5_000) + &number.to_string(),
        _ => format!("{}{number}", NAMES[random.random_range(0..NAMES.len())]),
    }
}

/// The days of one series, before its last, and its values.
fn rows(random: &mut Pcg64, last: i32) -> Vec<(i32, Option<f64>)> {
    let length = match random.random_range(0..8) {
        0 => 1,
        1 => random.random_range(2..20),
        _ => random.random_range(60..420),
    };
    let end = match random.random_range(0..6) {
        0 => random.random_range(0..400),
        _ => 0,
    };
    let gap = [0.0, 0.0, 0.1, 0.5, 0.95][random.random_range(0..5)];
    let scale = [1.0, 50.0, 1e-300, 1e99, 1e300, -1e99][random.random_range(0..6)];
    let kind = random.random_range(0..6);
    let mut rows = Vec::new();
    for before in (0..length).rev() {
        if before > 0 && random.random_bool(gap) {
            continue;
        }
        let weekly = 1.0 + f64::from(before % 7) / 10.0;
        let value = match kind {
            0 => scale,
            1 => 0.0,
            2 => scale * if before % 2 == 0 { 1.0 } else { -1.0 },
            3 => scale * weekly * random.random_range(0.0..1.0),
            4 => 10f64.powi(random.random_range(-300..300)),
            _ => scale * weekly,
        };
        let value = match random.random_range(0..40) {
            0 => Some(f64::NAN),
            1 => Some(f64::INFINITY),
            2 => Some(f64::NEG_INFINITY),
            3 => None,
            4 => Some(1e300),
            5 => Some(-1e-300),
            6 => Some(f64::MAX),
            _ => Some(value),
        };
        for _ in 0..if random.random_range(0..30) == 0 {
            3
        } else {
            1
        } {
            rows.push((last - end - before, value));
        }
    }
    if random.random_range(0..10) == 0 {
        rows.push((days_since_1970("0001-01-01"), Some(1.0)));
        rows.push((days_since_1970("9999-12-31"), Some(1.0)));
    }
    rows
}

/// Fills `table` with 24 series whose rows stand in no order.
fn fill(connection: &Connection, table: &str, seed: u64, last: i32) {
    let mut random = Pcg64::seed_from_u64(seed);
    let mut all = Vec::new();
    for number in 0..24 {
        let (host, resource) = (name(&mut random, number), name(&mut random, 0));
        for (day, value) in rows(&mut random, last) {
            all.push((host.clone(), resource.clone(), day, value));
        }
    }
    for index in (1..all.len()).rev() {
        all.swap(index, random.random_range(0..=index));
    }
    connection
        .execute_batch(&format!(
            "CREATE TABLE {table} (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE)"
        ))
        .unwrap();
    let mut appender = connection.appender(table).unwrap();
    for (host, resource, day, value) in all {
        let value = value.map_or(Value::Null, Value::Double);
        let row: [&dyn duckdb::ToSql; 4] = [&host, &resource, &Value::Date32(day), &value];
        appender.append_row(row).unwrap();
    }
}

/// Checks that every series is accounted for, and nothing else stands in the results.
fn check_accounts(desk: &Desk, what: &str) {
    let nobody = [""; 0];
    let unexplained =
        "SELECT DISTINCT left(host, 40) || '/' || left(resource, 40) FROM processed_data
         ANTI JOIN forecasts USING (host, resource)
         ANTI JOIN (FROM series_issues WHERE severity = 'error') USING (host, resource)";
    assert_eq!(desk.query(DB, unexplained), nobody, "{what}: unexplained");
    let invented = "SELECT DISTINCT left(host, 40) FROM forecasts ANTI JOIN processed_data USING (host, resource)";
    assert_eq!(desk.query(DB, invented), nobody, "{what}: invented");
    let unsound = "SELECT left(host, 40) || ' ' || ds FROM forecasts
         WHERE NOT (isfinite(yhat) AND isfinite(yhat_lower_95) AND isfinite(yhat_upper_95)
             AND yhat_lower_95 <= yhat_lower AND yhat_lower <= yhat
             AND yhat <= yhat_upper AND yhat_upper <= yhat_upper_95)";
    assert_eq!(desk.query(DB, unsound), nobody, "{what}: unsound");
    let days = "SELECT left(host, 40) || ' ' || count(*) FROM forecasts GROUP BY host, resource HAVING count(*) <> 30";
    assert_eq!(desk.query(DB, days), nobody, "{what}: days");
    let boards = "SELECT DISTINCT left(host, 40) FROM model_leaderboard ANTI JOIN forecasts USING (host, resource)";
    assert_eq!(desk.query(DB, boards), nobody, "{what}: leaderboard");
}

#[test]
fn every_series_of_a_hostile_fleet_is_accounted_for() {
    let mut forecast = 0;
    for seed in 0..15 {
        let last = LAST_DAYS[usize::try_from(seed).unwrap() % LAST_DAYS.len()];
        let what = format!("seed {seed}, to {last}");
        let desk = Desk::new();
        let connection = Connection::open(desk.path(DB)).unwrap();
        fill(&connection, "processed_data", seed, days_since_1970(last));
        drop(connection);
        desk.ok(&format!(
            "run-all --quiet --as-of {last} --train-months 8 --horizon-days {HORIZON}"
        ));
        check_accounts(&desk, &what);
        forecast += desk
            .query(DB, "SELECT DISTINCT host || resource FROM forecasts")
            .len();
    }
    // Fifteen fleets of 24: were most of them refused, little would have been tried.
    assert!(forecast > 150, "{forecast}");
}

#[test]
fn what_a_hostile_file_holds_is_imported_or_counted() {
    for seed in 100..106 {
        let last = LAST_DAYS[usize::try_from(seed).unwrap() % LAST_DAYS.len()];
        let what = format!("seed {seed}, to {last}");
        let desk = Desk::new();
        let connection = Connection::open_in_memory().unwrap();
        fill(&connection, "hostile", seed, days_since_1970(last));
        let file = if seed % 2 == 0 {
            "hostile.parquet"
        } else {
            "hostile.csv"
        };
        // An empty text of a CSV file is no name, so it is not told from a missing one there.
        let copy = "COPY (FROM hostile WHERE host <> '' AND resource <> '') TO";
        connection
            .execute_batch(&format!("{copy} '{}'", desk.path(file).display()))
            .unwrap();
        let count =
            |sql: &str| -> String { connection.query_row(sql, [], |row| row.get(0)).unwrap() };
        let finite = count(
            "SELECT count(DISTINCT (host, resource, ds))::VARCHAR FROM hostile
             WHERE isfinite(utilization) AND host <> '' AND resource <> ''",
        );
        desk.ok(&format!("import {file} --allow-future"));
        let rows = desk.query(DB, "SELECT count(*)::VARCHAR FROM processed_data");
        assert_eq!(rows, [finite.as_str()], "{what}: rows");
        // The same again changes nothing.
        let printed = desk.ok(&format!("import {file} --allow-future"));
        assert!(printed.contains("0 new, 0 changed"), "{what}: {printed}");
        desk.ok(&format!(
            "run-all --quiet --as-of {last} --train-months 8 --horizon-days {HORIZON}"
        ));
        check_accounts(&desk, &what);
    }
}

#[test]
fn data_at_the_ends_of_the_calendar_is_forecast_or_refused() {
    let run = format!("run-all --quiet --train-months 8 --horizon-days {HORIZON}");
    for (last, refusal) in [
        (
            "0001-01-01",
            Some("4 months before 0001-01-01 is no day of the calendar"),
        ),
        (
            "0001-12-31",
            Some("12 months before 0001-12-31 is no day of the calendar"),
        ),
        ("0002-01-31", None),
        ("9999-12-01", None),
        (
            "9999-12-31",
            Some("30 days after 9999-12-31 is no day of the calendar"),
        ),
    ] {
        let desk = Desk::new();
        desk.sql(
            DB,
            &format!(
                "CREATE TABLE processed_data AS
                 SELECT 'h' AS host, 'cpu' AS resource, DATE '{last}' - d::INTEGER AS ds, 50.0::DOUBLE AS utilization
                 FROM range(400) AS r (d) WHERE DATE '{last}' - d::INTEGER >= DATE '0001-01-01'"
            ),
        );
        if let Some(refusal) = refusal {
            desk.fails(&run, refusal);
        } else {
            desk.ok(&run);
            check_accounts(&desk, last);
        }
    }
}
