//! The four stages over a database in memory, and what must hold of their tables.

use duckdb::Connection;
use fleetcast_core::{
    Engine, Horizon, IntervalLevel, IssueCode, Refit, SeriesIssue, SeriesKey, Severity, Split,
    WindowLengths, forecast_windows, screen,
};
use fleetcast_ets::ChallengerKind;
use fleetcast_judge::{Golden, Rules};
use fleetcast_outlook::Sustained;
use fleetcast_prophet::{Mode, ProphetEngine};
use fleetcast_store::{
    EngineBatch, EngineForecasts, EngineTables, Histories, Made, RunIdentity, SeriesIndex,
    StageResult, Store, Table,
};
use fleetcast_writer::GoldenRecord;

/// The golden record of what stands in `processed_data`, or the refusal, in one line.
pub fn run(store: &Store, lengths: WindowLengths, golden: Golden) -> Result<(), String> {
    let refused = |error: &dyn std::fmt::Display| {
        let message = error.to_string();
        assert_eq!(message.lines().count(), 1, "{message}");
        message
    };
    let data = store
        .data_summary(fleetcast_store::LastDay::default())
        .map_err(|error| refused(&error))?;
    let split = Split::new(data.last_day, lengths).map_err(|error| refused(&error))?;
    let index = store
        .series_index(&data, split.as_of())
        .map_err(|error| refused(&error))?;
    let identity = RunIdentity {
        as_of: split.as_of(),
        config: serde_json::json!({}),
        data_fingerprint: data.fingerprint,
        version: "0.0.0",
        series: index.keys.len(),
    };
    let run = store.begin_run(&identity, 0).unwrap();
    let champion = ProphetEngine::new(Mode::Tuned);
    let challenger = ChallengerKind::Ets.engine();
    let engines: [(EngineTables, &dyn Engine); 2] = [
        (EngineTables::PROPHET, &champion),
        (EngineTables::CHALLENGER, challenger.as_ref()),
    ];
    for (tables, engine) in engines {
        let mut draft = store.engine_draft(run, tables, &index.keys).unwrap();
        forecast(store, tables, engine, &split, &index, &mut draft);
        let result = StageResult {
            stage: tables.stage,
            rows: draft.count_rows().unwrap(),
            drafts: draft.into_drafts(),
            issues: index.issues.clone(),
            seconds: 0.0,
            reused: None,
            archive: None,
        };
        store.publish(run, result).unwrap();
    }
    let rules = Rules {
        golden,
        ..Rules::default()
    };
    let histories = Histories::new(store, &index, split.history(), 7);
    let judged = fleetcast_judge::judge(store, run, &histories, &split, &rules, 3, |_| ()).unwrap();
    store.publish(run, judged).unwrap();
    let limits = store.write_down_limits(split.as_of()).unwrap();
    let record = GoldenRecord {
        limits,
        trained_through: split.as_of(),
        level: IntervalLevel::EIGHTY_PERCENT,
        keep: 2,
    };
    let mut written = fleetcast_writer::write_golden_record(store, run, record).unwrap();
    let outlook = fleetcast_outlook::draft_outlook(
        store,
        run,
        &Table::Forecasts.draft_name(),
        limits,
        split.as_of(),
        Sustained::default(),
    );
    written.drafts.push(outlook.unwrap());
    store.publish(run, written).unwrap();
    check_accounts(store.connection(), lengths.horizon);
    Ok(())
}

fn forecast(
    store: &Store,
    tables: EngineTables,
    engine: &dyn Engine,
    split: &Split,
    index: &SeriesIndex,
    draft: &mut fleetcast_store::EngineDraft<'_>,
) {
    let (panel, mut issues) = store.read_panel(&index.keys, split.history()).unwrap();
    let screened = screen(panel.view());
    issues.extend(screened.issues);
    let worth = screened.panel.view();
    let level = IntervalLevel::EIGHTY_PERCENT;
    let outcomes = if worth.is_empty() {
        Vec::new()
    } else {
        forecast_windows(engine, worth, split, Refit::WholeHistory, level).unwrap()
    };
    for (key, outcome) in worth.keys().iter().zip(&outcomes) {
        if let Err(failure) = &outcome.future {
            assert!(failure.code() != IssueCode::EngineCrash, "{failure}");
            issues.push(SeriesIssue {
                key: key.clone(),
                stage: tables.stage,
                engine: Some(engine.name()),
                severity: Severity::Error,
                code: failure.code(),
                message: failure.to_string(),
            });
        }
    }
    let both = worth.keys().iter().zip(outcomes);
    let made: Vec<Made> = both
        .map(|(key, outcome)| Made {
            key: key.clone(),
            fingerprint: 0,
            forecasts: EngineForecasts::from(outcome),
            reused: false,
        })
        .collect();
    let batch = EngineBatch {
        keys: panel.view().keys(),
        made: &made,
        issues: &issues,
    };
    draft.append(&batch).unwrap();
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
pub fn memory() -> Store {
    let store = Store::in_memory().unwrap();
    store.connection().execute_batch("SET threads = 1").unwrap();
    store
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
