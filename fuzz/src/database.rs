//! The four stages over a database in memory, and what must hold of their tables.

use std::ops::Deref;

use duckdb::Connection;
use fleetcast_core::{Horizon, SeriesKey, WindowLengths};
use fleetcast_judge::Golden;
use fleetcast_pipeline::{Pipeline, PipelineSettings, Unattended};
use fleetcast_store::{LastDay, Store};

/// A store in memory, and a connection of its own to look at it.
pub struct Visible {
    store: Store,
    /// Sees what the store sees.
    pub connection: Connection,
}

impl Deref for Visible {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// The golden record of what stands in `processed_data`, or the refusal, in one line.
pub fn run(store: &Visible, lengths: WindowLengths, golden: Golden) -> Result<(), String> {
    let refused = |error: &dyn std::fmt::Display| {
        let message = error.to_string();
        assert_eq!(message.lines().count(), 1, "{message}");
        message
    };
    let mut settings = PipelineSettings::default();
    settings.shop.lengths = lengths;
    settings.shop.rules.golden = golden;
    settings.keep_records = 2;
    settings.batches.judged = 3;
    settings.batches.held = 7;
    let data = store
        .data_summary(LastDay::default())
        .map_err(|error| refused(&error))?;
    let pipeline = Pipeline::new(store, &data, data.last_day, settings, &Unattended)
        .map_err(|error| refused(&error))?;
    pipeline.run_all().map_err(|error| refused(&error))?;
    nothing(
        &store.connection,
        "SELECT host || ' ' || message FROM series_issues WHERE code = 'engine_crash'",
    );
    check_accounts(&store.connection, lengths.horizon);
    Ok(())
}

/// That every series is accounted for, and every number a number.
fn check_accounts(connection: &Connection, horizon: Horizon) {
    nothing(
        connection,
        "SELECT DISTINCT host || '/' || resource FROM processed_data
         WHERE host IS NOT NULL AND resource IS NOT NULL AND ds BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'
           AND NOT EXISTS (FROM forecasts AS f WHERE f.host = processed_data.host AND f.resource = processed_data.resource)
           AND NOT EXISTS (FROM series_issues AS i WHERE i.host = processed_data.host
               AND i.resource = processed_data.resource AND i.severity = 'error')",
    );
    nothing(
        connection,
        "SELECT host || ' ' || ds::VARCHAR FROM forecasts
         WHERE NOT (isfinite(yhat) AND isfinite(yhat_lower_95) AND isfinite(yhat_upper_95)
             AND yhat_lower_95 <= yhat_lower AND yhat_lower <= yhat AND yhat <= yhat_upper
             AND yhat_upper <= yhat_upper_95)",
    );
    nothing(
        connection,
        &format!(
            "SELECT host || ' ' || count(*)::VARCHAR FROM forecasts GROUP BY host, resource HAVING count(*) <> {}",
            horizon.days()
        ),
    );
    nothing(
        connection,
        "SELECT host FROM forecasts ANTI JOIN capacity_outlook USING (host, resource)",
    );
    nothing(
        connection,
        "SELECT host FROM forecasts ANTI JOIN model_leaderboard USING (host, resource)",
    );
    for (table, numbers) in [
        (
            "model_leaderboard",
            "prophet_mape, challenger_mape, naive_mape, blend_mape, prophet_wape, prophet_mase, prophet_rmse, \
             challenger_rmse, naive_rmse, blend_rmse, prophet_bias, challenger_bias, prophet_pinball, \
             challenger_pinball, blend_pinball, skill, error_percent, coverage_80, weight_prophet",
        ),
        (
            "backtest_scores",
            "mape, wape, smape, mase, mae, rmse, bias, coverage_80, pinball",
        ),
        ("capacity_outlook", "threshold, capacity, recent, peak"),
    ] {
        nothing(
            connection,
            &format!(
                "SELECT host || ' {table} ' || numbers::VARCHAR FROM (SELECT host, [{numbers}] AS numbers FROM {table})
                 WHERE len(list_filter(numbers, lambda x: NOT isfinite(x))) > 0"
            ),
        );
    }
    nothing(
        connection,
        "SELECT host FROM interval_calibration WHERE len(list_filter(quantiles, lambda x: NOT (isfinite(x) AND x >= 0))) > 0",
    );
}

/// That a query of one column of text finds nothing.
pub fn nothing(connection: &Connection, sql: &str) {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| row.get::<_, Option<String>>(0))
        .unwrap();
    let found: Vec<_> = rows.map(Result::unwrap).take(3).collect();
    assert!(found.is_empty(), "{found:?} by {sql}");
}

/// How long windows are that a fuzzer can afford.
pub fn windows(train: u8, backtest: u8, horizon: u8) -> WindowLengths {
    WindowLengths {
        train_months: u32::from(train % 14) + 1,
        backtest_months: u32::from(backtest % 4) + 1,
        horizon: Horizon::new(usize::from(horizon % 60) + 1).unwrap(),
    }
}

/// A database in memory that uses one thread.
pub fn memory() -> Visible {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("SET threads = 1").unwrap();
    let store = Store::over(connection.try_clone().unwrap()).unwrap();
    Visible { store, connection }
}

/// Puts rows into `processed_data`, as another program would.
pub fn fill(connection: &Connection, rows: &[(SeriesKey, i32, Option<f64>)]) {
    connection
        .execute_batch(
            "CREATE OR REPLACE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE)",
        )
        .unwrap();
    let mut appender = connection.appender("processed_data").unwrap();
    for (key, day, value) in rows {
        let day = duckdb::types::Value::Date32(*day);
        let value = value.map_or(duckdb::types::Value::Null, duckdb::types::Value::Double);
        let row: [&dyn duckdb::ToSql; 4] = [&key.host(), &key.resource(), &day, &value];
        appender.append_row(row).unwrap();
    }
}
