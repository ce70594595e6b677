//! The store, against real `DuckDB` tables.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::path::Path;

use duckdb::Connection;
use fleetcast_core::{
    Day, EngineForecasts, Forecast, Horizon, IssueCode, LimitRule, Panel, SeriesIssue, SeriesKey,
    Severity, Stage, TimeGrid,
};
use fleetcast_intake::{Columns, NameRule, Request};
use fleetcast_store::{
    Aggregate, BeyondObserved, EngineBatch, EngineDraft, EngineTables, Error, Histories, Import,
    LastDay, Made, OpenOptions, RUN_STAGES, RunId, RunIdentity, RunStatus, Segment, StageResult,
    Store, Table,
};
use proptest::prelude::*;
use serde_json::json;

use visible::Visible;

const OPEN: OpenOptions = OpenOptions {
    read_only: false,
    create: false,
    threads: Some(2),
    access: fleetcast_store::FileAccess::Named,
    memory: None,
};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// A store whose `processed_data` was made by this statement.
fn store_with(sql: &str) -> Visible {
    let store = Visible::new();
    store.connection().execute_batch(sql).unwrap();
    store
}

fn store_with_rows(rows: &str) -> Visible {
    store_with(&format!(
        "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE);
         INSERT INTO processed_data VALUES {rows};"
    ))
}

fn identity() -> RunIdentity {
    RunIdentity {
        as_of: day("2025-01-04"),
        config: json!({"forecast": {"horizon_days": 2}, "judge": {}}),
        data_fingerprint: "a".to_owned(),
        version: "0.0.0",
        series: 1,
    }
}

fn forecast(value: f64) -> Forecast {
    Forecast::constant(day("2025-01-05"), Horizon::new(2).unwrap(), value).unwrap()
}

/// Publishes one constant forecast of `h/cpu` as the champion's.
fn publish(store: &Store, run: RunId, value: f64) -> Result<(), Error> {
    let draft = store.draft(Table::ProphetForecasts)?;
    let key = SeriesKey::new("h", "cpu");
    draft.append_forecasts(run, [(&key, Segment::Future, &forecast(value))].into_iter())?;
    store.publish(
        run,
        StageResult {
            stage: Stage::Prophet,
            rows: draft.count_rows()?,
            drafts: vec![draft],
            issues: vec![SeriesIssue {
                key,
                stage: Stage::Prophet,
                engine: Some("prophet"),
                severity: Severity::Info,
                code: IssueCode::Constant,
                message: format!("every observation is {value}"),
            }],
            seconds: 0.1,
            reused: None,
            archive: None,
            models: Vec::new(),
        },
    )
}

/// A stage that is done and made no row.
fn nothing_of(stage: Stage) -> StageResult<'static> {
    StageResult {
        stage,
        drafts: Vec::new(),
        issues: Vec::new(),
        rows: 0,
        seconds: 0.0,
        reused: None,
        archive: None,
        models: Vec::new(),
    }
}

mod engine_drafts;
mod importing;
mod input;
mod limits;
mod opening;
mod panels;
mod past;
mod publishing;
mod runs;
#[path = "../support/visible.rs"]
mod visible;
