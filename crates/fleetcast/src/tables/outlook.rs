//! The writer's table: the outlook.

use arrow::array::{ArrayRef, Int32Array, RecordBatch};
use arrow::error::ArrowError;
use fleetcast_core::batches::Columns;
use fleetcast_core::{Day, EffectiveLimits, SeriesKey};
use fleetcast_outlook::CapacityOutlook;
use std::sync::Arc;

/// One row of `capacity_outlook`.
#[derive(Debug, Clone, Copy)]
pub struct OutlookRow<'a> {
    /// The series.
    pub key: &'a SeriesKey,
    /// The limits that hold for it.
    pub limits: &'a EffectiveLimits,
    /// The outlook.
    pub outlook: &'a CapacityOutlook,
    /// How far its forecast can be trusted, as the leaderboard names it.
    pub trust: Option<&'a str>,
    /// Whose forecast became golden, as the leaderboard names it.
    pub model: &'a str,
}

/// Returns the rows of `capacity_outlook`, as of the day `as_of`.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn capacity_outlook(
    run: i64,
    as_of: Day,
    rows: &[OutlookRow<'_>],
) -> Result<RecordBatch, ArrowError> {
    let limits = || rows.iter().map(|row| row.limits);
    let outlooks = || rows.iter().map(|row| row.outlook);
    let mut columns = Columns::of_series(run, rows.iter().map(|row| row.key));
    columns.number("threshold", limits().map(|limits| limits.threshold));
    columns.number("capacity", limits().map(|limits| limits.capacity));
    columns.text(
        "limits_from",
        limits().map(|limits| Some(limits.source.as_str())),
    );
    columns.text(
        "status",
        outlooks().map(|outlook| Some(outlook.status.as_str())),
    );
    columns.day("full_on", outlooks().map(|outlook| outlook.full_on));
    columns.day(
        "full_on_earliest",
        outlooks().map(|outlook| outlook.full_on_earliest),
    );
    let days_left: ArrayRef = Arc::new(
        outlooks()
            .map(|outlook| outlook.days_left)
            .collect::<Int32Array>(),
    );
    columns.push("days_left", days_left);
    columns.text("trust", rows.iter().map(|row| row.trust));
    columns.text("model", rows.iter().map(|row| Some(row.model)));
    columns.day("as_of", rows.iter().map(|_| Some(as_of)));
    columns.number("recent", outlooks().map(|outlook| outlook.recent));
    columns.exact("peak", outlooks().map(|outlook| outlook.peak));
    columns.finish()
}
