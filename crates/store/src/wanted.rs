//! Queries about some series: names go in once, and what comes out bears the places they stand at.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray, UInt32Array};
use arrow::record_batch::RecordBatch;
use duckdb::Params;
use fleetcast_core::{SeriesKey, TimeGrid};

use crate::arrow_columns::{days, places};
use crate::{Error, Store};

const NAMING: &str = "naming the series to read";

impl Store {
    /// Names the series that queries about `wanted_series` are of.
    pub(crate) fn want(&self, keys: &[SeriesKey]) -> Result<(), Error> {
        self.connection
            .execute_batch(include_str!("../sql/wanted_series.sql"))
            .map_err(Error::while_doing(NAMING))?;
        if keys.is_empty() {
            return Ok(());
        }
        let text = |of: fn(&SeriesKey) -> &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(keys.iter().map(of)))
        };
        let places = UInt32Array::from_iter_values((0..).take(keys.len()));
        let columns: [(&str, ArrayRef); 3] = [
            ("host", text(SeriesKey::host)),
            ("resource", text(SeriesKey::resource)),
            ("place", Arc::new(places)),
        ];
        let wanted =
            RecordBatch::try_from_iter(columns).map_err(|error| Error::columns(NAMING, error))?;
        self.append_to("wanted_series", wanted)
    }

    /// Runs a query about the series of `keys`, one batch at a time; `action` names it in errors.
    pub(crate) fn for_each_batch(
        &self,
        action: &'static str,
        sql: &str,
        keys: &[SeriesKey],
        params: impl Params,
        mut work: impl FnMut(&RecordBatch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.want(keys)?;
        let reading = Error::while_doing(action);
        let mut statement = self.connection.prepare(sql).map_err(reading)?;
        for batch in statement.stream_arrow(params).map_err(reading)? {
            work(&batch.map_err(reading)?)?;
        }
        Ok(())
    }
}

/// Calls `work` with each row of `batch`, the place of its series, and the place of its day in `grid`,
/// which every row has.
pub(crate) fn for_each_day(
    batch: &RecordBatch,
    grid: TimeGrid,
    mut work: impl FnMut(usize, usize, usize),
) -> Result<(), Error> {
    let (series, ds) = (places(batch)?, days(batch, "ds")?);
    let first = i64::from(grid.first().epoch_days());
    for (row, (place, day)) in series.values().iter().zip(ds.values()).enumerate() {
        let day = usize::try_from(i64::from(*day) - first).ok();
        if let Some(day) = day.filter(|day| *day < grid.len()) {
            work(row, *place as usize, day);
        }
    }
    Ok(())
}
