//! The golden record: every winner's forecast of the future, one row a series and day.
//!
//! The work is one SQL statement (`sql/golden.sql`); that there is exactly one row a series and
//! day is a key of the table.

use duckdb::params;
use fleetcast_core::{Day, Stage};
use fleetcast_store::{Error, RunId, StageResult, Store, Table};

/// Drafts `forecasts` from the leaderboard and the engines' tables. `trained_through` is the last
/// day the forecasts of the future have seen.
///
/// # Errors
///
/// [`Error`] where the database refuses; nothing is published then.
pub fn write_golden_record(
    store: &Store,
    run: RunId,
    trained_through: Day,
) -> Result<StageResult<'_>, Error> {
    let golden = store.draft(Table::Forecasts)?;
    store
        .connection()
        .execute(
            &include_str!("../sql/golden.sql").replace("{golden}", golden.name()),
            params![run.get(), trained_through.to_string()],
        )
        .map_err(Error::while_doing("writing the golden record"))?;
    let rows = golden.count_rows()?;
    Ok(StageResult {
        stage: Stage::Write,
        drafts: vec![golden],
        issues: Vec::new(),
        rows,
        seconds: 0.0,
    })
}
