//! Files of every version of the tables that was ever made.

use super::*;

const DB: &str = "fleet.duckdb";

/// The tables of each version, as they were made.
const SCHEMAS: [&str; 11] = [
    include_str!("schemas/1.sql"),
    include_str!("schemas/2.sql"),
    include_str!("schemas/3.sql"),
    include_str!("schemas/4.sql"),
    include_str!("schemas/5.sql"),
    include_str!("schemas/6.sql"),
    include_str!("schemas/7.sql"),
    include_str!("schemas/8.sql"),
    include_str!("schemas/9.sql"),
    include_str!("schemas/10.sql"),
    include_str!("schemas/11.sql"),
];

/// A value for a column that the tables' rules take.
fn value(column: &str, kind: &str) -> &'static str {
    match (column, kind) {
        ("host", _) => "'web-0001'",
        ("resource", _) => "'cpu'",
        ("status", _) => "'complete'",
        ("segment", _) => "'future'",
        ("trust", _) => "'B'",
        ("source", _) => "'series'",
        ("severity", _) => "'info'",
        ("stage", _) => "'write'",
        ("floor", _) => "0",
        ("threshold", _) => "70",
        ("capacity", _) => "90",
        ("model" | "golden" | "winner", _) => "'prophet'",
        ("config", _) => r#"'{"forecast": {"horizon_days": 20}, "outlook": {"sustained": "3/7"}}'"#,
        ("trained_through" | "as_of" | "origin", _) => "DATE '2025-11-30'",
        (_, "DATE") => "DATE '2025-12-05'",
        (_, "TIMESTAMP") => "TIMESTAMP '2025-12-01 04:00:00'",
        (_, "BLOB") => r"'\x2A'::BLOB",
        (_, "VARCHAR") => "'as it was'",
        (_, "DOUBLE[]" | "FLOAT[]") => "[1.5, 2.5]",
        (_, "DOUBLE") => "1.5",
        _ => "1",
    }
}

/// Every table with its columns, as `duckdb_columns` lists them.
fn tables(connection: &Connection) -> Vec<(String, Vec<(String, String)>)> {
    let mut statement = connection
        .prepare(
            "SELECT table_name, column_name, data_type FROM duckdb_columns()
             WHERE NOT internal AND table_name IN (SELECT table_name FROM duckdb_tables())
             ORDER BY table_name, column_index",
        )
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    let mut tables: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for row in rows {
        let (table, column, kind): (String, String, String) = row.unwrap();
        match tables.last_mut() {
            Some((last, columns)) if *last == table => columns.push((column, kind)),
            _ => tables.push((table, vec![(column, kind)])),
        }
    }
    tables
}

/// Puts a row into every table.
fn fill(connection: &Connection, version: i32, held: &[(String, Vec<(String, String)>)]) {
    let version_text = version.to_string();
    for (table, columns) in held {
        let row: Vec<&str> = columns
            .iter()
            .map(|(column, kind)| match (table.as_str(), column.as_str()) {
                ("capacity_outlook" | "outlook_history" | "group_outlook", "status") => "'within'",
                ("capacity_outlook" | "outlook_history" | "group_outlook", "rule") => "'line'",
                ("outlook_history", "run_id") => "0",
                ("outlook_history", "as_of") => "DATE '2025-11-01'",
                ("unfinished_days", "ds") => "DATE '2025-12-04'",
                ("fleetcast_schema", _) => version_text.as_str(),
                // Of a group, or of nobody.
                ("events", "group") => "NULL",
                _ => value(column, kind),
            })
            .collect();
        connection
            .execute_batch(&format!("INSERT INTO {table} VALUES ({})", row.join(", ")))
            .unwrap();
    }
}

#[test]
fn files_of_every_version_are_brought_up_to_date_and_keep_what_they_hold() {
    let newest = Desk::new();
    newest.ok("demo --hosts 3 --months 14");
    let now = newest.query(DB, "SELECT version::VARCHAR FROM fleetcast_schema");
    assert_eq!(now, [(SCHEMAS.len() + 1).to_string()]);
    for (version, schema) in (1..).zip(SCHEMAS) {
        let desk = Desk::new();
        let connection = Connection::open(desk.path(DB)).unwrap();
        connection.execute_batch(schema).unwrap();
        let held = tables(&connection);
        fill(&connection, version, &held);
        let text = |connection: &Connection, table: &str, columns: &[(String, String)]| {
            let names: Vec<String> = columns
                .iter()
                .map(|(name, _)| format!("\"{name}\""))
                .collect();
            let sql = format!("SELECT concat_ws('|', {}) FROM {table}", names.join(", "));
            connection
                .query_row(&sql, [], |row| row.get::<_, String>(0))
                .unwrap()
        };
        let before: Vec<String> = held
            .iter()
            .map(|(table, columns)| text(&connection, table, columns))
            .collect();
        drop(connection);

        // Opened by a command that only reads.
        desk.ok("status");
        // An outlook without probabilities is no empty list.
        if version < 6 && held.iter().any(|(table, _)| table == "capacity_outlook") {
            desk.fails("top", "run `cargo xtask write --db fleet.duckdb`");
        }
        let connection = Connection::open(desk.path(DB)).unwrap();
        for ((table, columns), before) in held.iter().zip(&before) {
            // What full_on was has another name and another meaning now.
            let is_renewed =
                version < 6 && ["capacity_outlook", "outlook_history"].contains(&table.as_str());
            if table != "fleetcast_schema" && !is_renewed {
                let after = text(&connection, table, columns);
                assert_eq!(after, *before, "{table} of version {version}");
            }
        }
        let line: Vec<String> = ["capacity_outlook", "outlook_history"]
            .into_iter()
            .filter(|table| version < 6 && held.iter().any(|(held, _)| held == table))
            .map(|table| {
                let sql = format!(
                    "SELECT concat_ws(' ', host, status, coalesce(full_on::VARCHAR, '-'), line_full_on, p_full, rule) FROM {table}"
                );
                connection.query_row(&sql, [], |row| row.get(0)).unwrap()
            })
            .collect();
        assert!(
            line.iter()
                .all(|row| row == "web-0001 within - 2025-12-05 line"),
            "version {version}: {line:?}"
        );
        let expected = tables(&Connection::open(newest.path(DB)).unwrap());
        let found = tables(&connection);
        for (table, columns) in expected {
            let columns_now: Vec<&String> = columns.iter().map(|(name, _)| name).collect();
            let (_, columns) = found.iter().find(|(found, _)| *found == table).unwrap();
            for column in columns_now {
                // Leaderboards and golden records are replaced as a whole by the next run.
                let is_there = columns.iter().any(|(name, _)| name == column);
                assert!(
                    is_there || table == "model_leaderboard",
                    "{table} of version {version} lacks {column}"
                );
            }
        }
        drop(connection);

        // And a whole run goes over it, on data that stood in the file before.
        let data = newest.path(DB).display().to_string();
        desk.sql(
            DB,
            &format!(
                "ATTACH '{data}' AS newest (READ_ONLY);
                 DELETE FROM processed_data;
                 INSERT INTO processed_data FROM newest.processed_data"
            ),
        );
        desk.ok("run-all --quiet --train-months 8 --horizon-days 20");
        let changes: serde_json::Value = serde_json::from_str(&desk.ok("changes --json")).unwrap();
        // What went by another rule is kept, and not compared.
        assert_eq!(
            changes["since"],
            serde_json::Value::Null,
            "version {version}"
        );
        let kept = desk.query(DB, "SELECT DISTINCT rule FROM outlook_history");
        assert_eq!(kept, ["line"]);
        assert_eq!(changes["run"], 2);
        let kept = desk.query(DB, "SELECT DISTINCT host || run_id FROM forecasts_history");
        // Version 1 had no interval at 95 %, which a record that is kept must have.
        assert_eq!(kept.is_empty(), version == 1, "version {version}");
        desk.ok("show web-0001");
        desk.ok("report --quiet");
        desk.ok("export --to out --quiet");
        let rows = desk.query(DB, "SELECT count(*)::VARCHAR FROM live_outlook_accuracy");
        assert_ne!(rows, ["0"]);
    }
}
