//! `status`: what a database holds.

use fleetcast_store::{DataSummary, RunRecord, Store, Table};
use serde_json::{Value, json};

use crate::error::Error;
use crate::output;
use crate::settings::Settings;
use crate::text_table::{right_aligned, table};

/// Runs listed, newest first.
const RUNS_SHOWN: u32 = 10;

const TABLES: [Table; 8] = [
    Table::ProphetForecasts,
    Table::ChallengerForecasts,
    Table::XgboostForecasts,
    Table::BacktestScores,
    Table::ModelLeaderboard,
    Table::Forecasts,
    Table::CapacityOutlook,
    Table::SeriesIssues,
];

/// Prints the state as tables, or as one line of JSON.
pub(crate) fn print(settings: &Settings, as_json: bool) -> Result<(), Error> {
    let store = settings.open(false)?;
    let data = store.data_summary(settings.last_day)?;
    let records = store.runs(RUNS_SHOWN)?;
    if as_json {
        output::line(status_json(&store, &data, &records)?);
        return Ok(());
    }
    output::line(format_args!(
        "{}: {} rows of data, the last of {}",
        settings.db.display(),
        data.rows,
        data.last_day
    ));

    let mut tables = table(&["table", "rows", "of run"]);
    for shown in TABLES {
        let run = store.run_in(shown)?;
        // Most have no contender beside the challenger.
        if run.is_none() && shown == Table::XgboostForecasts {
            continue;
        }
        tables.add_row([
            shown.to_string(),
            store.count_rows(shown)?.to_string(),
            run.map_or_else(|| "-".to_owned(), |run| run.to_string()),
        ]);
    }
    output::line(right_aligned(tables, 1));

    if records.is_empty() {
        output::line(format_args!(
            "no run yet; start with `cargo xtask run-all --db {}`",
            settings.db.display()
        ));
        return Ok(());
    }
    output::line(runs(&records, &data));
    Ok(())
}

/// The runs as a table. The day on which settings were chosen has a column where a run has kept its choice.
fn runs(records: &[RunRecord], data: &DataSummary) -> String {
    let keep_choices = records.iter().any(|record| record.chosen_as_of().is_some());
    let mut headings = vec!["run", "started (UTC)", "status", "as of"];
    headings.extend(keep_choices.then_some("chosen as of"));
    headings.extend(["series", "stages done", "data"]);
    let mut runs = table(&headings);
    for record in records {
        let mut row = vec![
            record.id.to_string(),
            record.started_at.clone(),
            record.status.clone(),
            record.as_of.to_string(),
        ];
        if keep_choices {
            let day = record.chosen_as_of().unwrap_or(record.as_of);
            row.push(day.to_string());
        }
        let is_current = record.data_fingerprint == data.fingerprint;
        let state = if is_current {
            "as now"
        } else {
            "changed since"
        };
        row.extend([
            record.series.to_string(),
            stages_done(record),
            state.to_owned(),
        ]);
        runs.add_row(row);
    }
    runs.to_string()
}

fn stages_done(record: &RunRecord) -> String {
    let done: Vec<&str> = record
        .stages
        .iter()
        .map(|done| done.stage.as_str())
        .collect();
    if done.is_empty() {
        "-".to_owned()
    } else {
        done.join(", ")
    }
}

fn status_json(store: &Store, data: &DataSummary, records: &[RunRecord]) -> Result<Value, Error> {
    let mut tables = serde_json::Map::new();
    for table in TABLES {
        let run = store.run_in(table)?.map(fleetcast_store::RunId::get);
        let rows = store.count_rows(table)?;
        tables.insert(table.to_string(), json!({"rows": rows, "run": run}));
    }
    let runs: Vec<Value> = records
        .iter()
        .map(|record| {
            let mut run = run_json(record);
            run["data_is_current"] = json!(record.data_fingerprint == data.fingerprint);
            run
        })
        .collect();
    Ok(json!({
        "database": store.path().display().to_string(),
        "data": {
            "rows": data.rows,
            "last_day": data.last_day.to_string(),
            "fingerprint": data.fingerprint,
        },
        "tables": tables,
        "runs": runs,
    }))
}

/// One run as JSON.
pub(crate) fn run_json(record: &RunRecord) -> Value {
    let stages: serde_json::Map<String, Value> = record
        .stages
        .iter()
        .map(|done| {
            let mut figures = json!({"rows": done.rows, "seconds": done.seconds});
            if let Some(reused) = done.reused {
                figures["reused"] = json!(reused);
            }
            (done.stage.to_string(), figures)
        })
        .collect();
    json!({
        "run": record.id.get(),
        "status": record.status,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "as_of": record.as_of.to_string(),
        "series": record.series,
        "version": record.version,
        "stages": stages,
        "config": record.config,
    })
}
