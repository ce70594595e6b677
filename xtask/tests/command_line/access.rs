//! What a command reaches: the files it was given, and nothing that a database, a file's content or a
//! setting may talk it into.

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str = "run-all --quiet --train-months 8 --horizon-days 20";

const ROWS: &str = "SELECT 'h' AS host, 'cpu' AS resource, DATE '2025-12-31' - d::INTEGER AS ds,
    (50 + d % 7)::DOUBLE AS utilization FROM range(400) AS days (d)";

/// A desk with data, and a file that is nobody's business.
fn desk() -> Desk {
    let desk = Desk::new();
    desk.sql(DB, &format!("CREATE TABLE processed_data AS {ROWS}"));
    std::fs::write(desk.path("secret.csv"), "host,secret\nh,swordfish\n").unwrap();
    desk
}

#[test]
fn views_in_a_foreign_database_reach_no_other_file() {
    let desk = desk();
    let secret = desk.path("secret.csv");
    // A view that fleetcast reads, made by somebody else before.
    desk.sql(
        DB,
        &format!(
            "CREATE VIEW effective_limits AS
             SELECT host, secret AS resource, 0::DOUBLE AS floor, 1::DOUBLE AS capacity, 1::DOUBLE AS threshold,
                    secret AS source FROM read_csv('{}')",
            secret.display()
        ),
    );
    // A run goes by its own rules, and does not even look at it.
    desk.ok(RUN);
    let limits = desk.query(DB, "SELECT DISTINCT limits_from FROM capacity_outlook");
    assert_eq!(limits, ["percent"]);
    // Nor does it where limits are given.
    desk.sql(
        DB,
        "INSERT INTO resource_limits (resource, threshold) VALUES ('cpu', 70)",
    );
    desk.ok(RUN);
    let limits = desk.query(DB, "SELECT DISTINCT limits_from FROM capacity_outlook");
    assert_eq!(limits, ["resource"]);
    let listed = desk.ok(&format!("limits --db {DB}"));
    assert!(
        !listed.contains("swordfish") && listed.contains("70"),
        "{listed}"
    );
}

#[test]
fn processed_data_may_be_a_view_of_files() {
    let desk = Desk::new();
    let parquet = desk.path("data.parquet");
    let parquet = parquet.display();
    Connection::open_in_memory()
        .unwrap()
        .execute_batch(&format!("COPY ({ROWS}) TO '{parquet}'"))
        .unwrap();
    desk.sql(
        DB,
        &format!("CREATE VIEW processed_data AS FROM read_parquet('{parquet}')"),
    );
    desk.fails(RUN, "say so with --allow-views");
    desk.ok(&format!("{RUN} --allow-views"));
    let golden = desk.query(DB, "SELECT count(*)::VARCHAR FROM forecasts");
    assert_eq!(golden, ["20"]);
}

#[test]
fn names_of_files_are_names_and_no_sql() {
    let desk = Desk::new();
    let rows = "host,resource,ds,utilization\nh,cpu,2025-01-01,1\n";
    std::fs::write(desk.path("it's;--.csv"), rows).unwrap();
    std::fs::write(desk.path("limits';--.csv"), "resource,capacity\ncpu,9\n").unwrap();
    let db = "a';DROP--.duckdb";
    desk.ok(&format!("import it's;--.csv --db {db}"));
    desk.ok(&format!("limits limits';--.csv --db {db}"));
    desk.sql(
        db,
        &format!("INSERT INTO processed_data {ROWS}").replace("'h'", "'o''h'"),
    );
    desk.ok(&format!("{RUN} --db {db}"));
    desk.ok(&format!("export --db {db} --to out'dir"));
    assert!(
        desk.path("out'dir")
            .join("capacity_outlook.parquet")
            .exists()
    );
    desk.ok(&format!("report --db {db} --out re'port.html"));
}

#[test]
fn nothing_is_fetched_and_no_pattern_is_followed() {
    let desk = desk();
    for (file, refusal) in [
        ("http://127.0.0.1:9/data.csv", "no such file"),
        ("s3://bucket/data.parquet", "no such file"),
        ("*.csv", "no such file"),
    ] {
        desk.fails(&format!("import {file}"), refusal);
        desk.fails(&format!("limits {file}"), refusal);
    }
    // A directory stands for the files in it.
    desk.fails("import .", "secret.csv: it has no column `resource`");
    desk.fails("limits .", "no such file");
}

#[test]
fn files_are_written_where_they_are_named() {
    let desk = desk();
    desk.ok(RUN);
    // Neither the home directory, nor the root, nor the network.
    for to in ["~/out", "file:/out", "s3:/out"] {
        desk.ok(&format!("export --to {to}"));
        let written = desk.path(to).join("capacity_outlook.parquet");
        assert!(written.exists(), "{to}");
    }
    std::fs::write(desk.path("a.csv"), "host,ds,utilization\nh,2025-01-01,1\n").unwrap();
    std::fs::create_dir(desk.path("file:")).ok();
    desk.ok("import a.csv --resource cpu --db file:/own.duckdb");
    assert!(desk.path("file:/own.duckdb").exists());
}

#[test]
fn settings_are_values_and_no_sql() {
    let desk = desk();
    for (text, named) in [
        (
            "[import]\nhost-column = \"h\\\"; DROP TABLE processed_data; --\"\n",
            "it has no column",
        ),
        (
            "[import]\nagg = \"mean(value)); DROP TABLE processed_data; --\"\n",
            "unknown variant",
        ),
        (
            "metric = \"mape; DROP TABLE processed_data\"\n",
            "mape; DROP TABLE",
        ),
        (
            "memory = \"4GB'; DROP TABLE processed_data; --\"\n",
            "DROP TABLE",
        ),
        (
            "sql = \"DROP TABLE processed_data\"\n",
            "unknown field `sql`",
        ),
    ] {
        std::fs::write(desk.path("fleetcast.toml"), text).unwrap();
        let output = desk.run("import secret.csv");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}: {errors}");
        assert!(errors.contains(named), "{text}: {errors}");
    }
    std::fs::remove_file(desk.path("fleetcast.toml")).unwrap();
    let rows = desk.query(DB, "SELECT count(*)::VARCHAR FROM processed_data");
    assert_eq!(rows, ["400"]);
}

#[test]
fn between_stages_the_file_is_everybodys() {
    let desk = desk();
    let settings = "--quiet --train-months 8 --horizon-days 20";
    for (stage, table) in [
        ("prophet", "prophet_forecasts"),
        ("challenger", "challenger_forecasts"),
        ("judge", "model_leaderboard"),
        ("write", "forecasts"),
    ] {
        desk.ok(&format!("{stage} {settings}"));
        let config = duckdb::Config::default()
            .access_mode(duckdb::AccessMode::ReadOnly)
            .unwrap();
        let reader = Connection::open_with_flags(desk.path(DB), config).unwrap();
        let count: u64 = reader
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .unwrap();
        assert!(count > 0, "{stage}");
        // While somebody reads, nobody writes: the line says who reads.
        desk.fails(RUN, "fleet.duckdb is in use by");
        desk.fails("status", &format!("PID {}", std::process::id()));
        drop(reader);
    }
}
