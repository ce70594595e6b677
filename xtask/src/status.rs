//! `status`: what a database holds.

use fleetcast_core::Stage;
use fleetcast_store::{RunRecord, Table};

use crate::error::Error;
use crate::settings::Settings;
use crate::summary::{right_aligned, table};

/// Runs listed, newest first.
const RUNS_SHOWN: u32 = 10;

pub(crate) fn print(settings: &Settings) -> Result<(), Error> {
    let store = settings.open(false)?;
    let data = store.data_summary()?;
    println!(
        "{}: {} rows of data, the last of {}",
        settings.db.display(),
        data.rows,
        data.last_day
    );

    let mut tables = table(&["table", "rows", "of run"]);
    for shown in [
        Table::ProphetForecasts,
        Table::ChallengerForecasts,
        Table::BacktestScores,
        Table::ModelLeaderboard,
        Table::Forecasts,
        Table::CapacityOutlook,
        Table::SeriesIssues,
    ] {
        let run = store.run_in(shown)?;
        tables.add_row([
            shown.to_string(),
            store.count_rows(shown)?.to_string(),
            run.map_or_else(|| "-".to_owned(), |run| run.to_string()),
        ]);
    }
    println!("{}", right_aligned(tables, 1));

    let records = store.runs(RUNS_SHOWN)?;
    if records.is_empty() {
        println!(
            "no run yet; start with `cargo xtask run-all --db {}`",
            settings.db.display()
        );
        return Ok(());
    }
    let mut runs = table(&[
        "run",
        "started (UTC)",
        "status",
        "as of",
        "series",
        "stages done",
        "data",
    ]);
    for record in &records {
        let is_current = record.data_fingerprint == data.fingerprint;
        runs.add_row([
            record.id.to_string(),
            record.started_at.clone(),
            record.status.clone(),
            record.as_of.to_string(),
            record.series.to_string(),
            stages_done(record),
            if is_current {
                "as now"
            } else {
                "changed since"
            }
            .to_owned(),
        ]);
    }
    println!("{runs}");
    Ok(())
}

fn stages_done(record: &RunRecord) -> String {
    let done: Vec<&str> = record
        .stages
        .iter()
        .map(|(stage, _, _)| Stage::as_str(*stage))
        .collect();
    if done.is_empty() {
        "-".to_owned()
    } else {
        done.join(", ")
    }
}
