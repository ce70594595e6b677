//! The shop as a library comes to the tables of the pipeline, whole and in pieces.

use std::collections::BTreeMap;

use duckdb::arrow::record_batch::RecordBatch;
use fleetcast::{
    Batch, CapacityChange, Contender, Evidence, FleetRows, FleetSummary, LimitRule, SeriesKey,
    Shop, ShopOptions, Survey, tables,
};

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str =
    "run-all --quiet --train-months 14 --backtest-months 3 --horizon-days 60 --sustained 2/5";

/// The rows of `processed_data`, in whatever order they stand.
fn read(connection: &Connection) -> FleetRows {
    let sql = "SELECT host, resource, ds, utilization FROM processed_data";
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = FleetRows::default();
    for batch in statement.query_arrow([]).unwrap() {
        rows.push_batch(&batch).unwrap();
    }
    rows
}

/// Who won each series, where that was decided by both engines' backtests.
fn winners(connection: &Connection) -> Vec<(SeriesKey, Contender)> {
    let sql = "SELECT host, resource, winner FROM model_leaderboard
               WHERE decided_by NOT IN ('only_engine', 'only_backtest', 'no_backtest', 'no_engine')";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| {
            let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            Ok((key, row.get::<_, String>(2)?))
        })
        .unwrap();
    let named = |(key, winner): (SeriesKey, String)| (key, Contender::named(&winner).unwrap());
    rows.map(Result::unwrap).map(named).collect()
}

/// Every table the shop makes of batches of `size` series that do not see each other.
fn in_pieces(
    shop: &Shop,
    rows: &FleetRows,
    size: usize,
) -> BTreeMap<&'static str, Vec<RecordBatch>> {
    let batches: Vec<Batch> = rows.batches(shop.split(), size).collect();
    let survey = Survey::of(&batches);
    // Backwards, for the order of pieces must not matter.
    let evidence: Vec<Vec<Evidence>> = batches
        .iter()
        .rev()
        .map(|batch| shop.evidence(batch, &survey).unwrap())
        .collect();
    let mut summary = FleetSummary::default();
    for piece in &evidence {
        // As it would be sent from one process to another.
        let sent = serde_json::to_string(&FleetSummary::of(piece)).unwrap();
        summary.merge(serde_json::from_str(&sent).unwrap());
    }
    let mut all: BTreeMap<&'static str, Vec<RecordBatch>> = BTreeMap::new();
    for (name, rows) in tables::of_summary(2, shop, &summary).unwrap() {
        all.entry(name).or_default().push(rows);
    }
    for piece in &evidence {
        let results = shop.finish(piece, &summary);
        let made = tables::of_evidence(2, piece).unwrap().into_iter();
        for (name, rows) in made.chain(tables::of_results(2, shop.split(), &results).unwrap()) {
            all.entry(name).or_default().push(rows);
        }
    }
    all
}

/// How many rows of a table in the database are not among `made`, or the other way round.
fn difference(connection: &Connection, table: &str, made: &[RecordBatch]) -> (u64, u64) {
    connection
        .execute_batch(&format!(
            "CREATE OR REPLACE TEMP TABLE made AS FROM {table} LIMIT 0"
        ))
        .unwrap();
    let mut appender = connection.appender("made").unwrap();
    for batch in made {
        appender.append_record_batch(batch.clone()).unwrap();
    }
    drop(appender);
    let count = |sql: String| connection.query_row(&sql, [], |row| row.get(0)).unwrap();
    (
        count(format!(
            "SELECT count(*) FROM (FROM {table} EXCEPT ALL FROM made)"
        )),
        count(format!(
            "SELECT count(*) FROM (FROM made EXCEPT ALL FROM {table})"
        )),
    )
}

#[test]
fn the_shop_makes_the_pipelines_tables_whole_and_in_pieces() {
    let desk = Desk::new();
    // More series a resource than are learned from.
    desk.ok("demo --hosts 270 --months 20");
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = 65535
         WHERE host = 'web-0002' AND resource = 'cpu' AND ds = (SELECT max(ds) - 40 FROM processed_data);
         INSERT INTO resource_limits VALUES
             (NULL, 'network', NULL, 95, 60, NULL), ('db-0001', 'disk', 0, 90, NULL, NULL),
             (NULL, 'network', NULL, 95, 85, (SELECT max(ds) + 20 FROM processed_data));
         INSERT INTO capacity_changes
         SELECT host, resource, (SELECT max(ds) - 100 FROM processed_data), 3, 7 FROM processed_data WHERE host LIKE '%-0003' GROUP BY ALL",
    );
    // A month earlier, so that there is a winner who must be beaten.
    let last = desk
        .query(DB, "SELECT (max(ds) - 30)::VARCHAR FROM processed_data")
        .remove(0);
    desk.ok(&format!("{RUN} --as-of {last}"));
    let incumbents = winners(&Connection::open(desk.path(DB)).unwrap());
    assert!(incumbents.len() > 500, "{}", incumbents.len());
    desk.ok(RUN);

    let connection = Connection::open(desk.path(DB)).unwrap();
    let rows = read(&connection);
    let mut options = ShopOptions::default();
    options.lengths.train_months = 14;
    options.lengths.backtest_months = 3;
    options.lengths.horizon = fleetcast::Horizon::new(60).unwrap();
    options.sustained = "2/5".parse().unwrap();
    let rule = |host: Option<&str>, resource: &str, parts: [Option<f64>; 3]| LimitRule {
        host: host.map(str::to_owned),
        resource: resource.to_owned(),
        floor: parts[0],
        capacity: parts[1],
        threshold: parts[2],
        valid_from: None,
    };
    let last = rows.last_day().unwrap();
    let rules = [
        rule(None, "network", [None, Some(95.0), Some(60.0)]),
        LimitRule {
            valid_from: Some(last.plus_days(20)),
            ..rule(None, "network", [None, Some(95.0), Some(85.0)])
        },
        rule(Some("db-0001"), "disk", [Some(0.0), Some(90.0), None]),
    ];
    let hosts = connection
        .prepare("SELECT DISTINCT host, resource FROM processed_data WHERE host LIKE '%-0003'")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .map(|(host, resource)| CapacityChange {
            host,
            resource,
            day: last.minus_days(100),
            from: 3.0,
            to: 7.0,
        })
        .collect::<Vec<_>>();
    assert!(hosts.len() > 10, "{hosts:?}");
    let shop = Shop::new(last, options)
        .unwrap()
        .with_incumbents(incumbents)
        .with_limits(&rules)
        .unwrap()
        .with_capacity_changes(&hosts)
        .unwrap();
    for size in [1080, 143, 4] {
        let made = in_pieces(&shop, &rows, size);
        assert_eq!(made.len(), 13);
        for (table, batches) in made {
            assert_eq!(
                difference(&connection, table, &batches),
                (0, 0),
                "{table}, {size}"
            );
        }
    }
}
