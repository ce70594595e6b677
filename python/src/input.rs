//! A fleet from a frame.

use arrow::array::RecordBatch;
use arrow::ffi_stream::RecordBatchStreamReader;
use arrow::record_batch::RecordBatchReader;
use fleetcast::{Batch, FleetRows, Split};
use pyo3::prelude::*;

use crate::checks::Checks;
use crate::error::refused;
use crate::settings::Names;
use crate::shape::Shape;

/// Rows that are converted at a time: conversions of a large frame as a whole would need its memory once more.
const ROWS_AT_A_TIME: usize = 65_536;

/// Series that are worked on at a time: few enough that Ctrl-C need not wait, many enough to share what series of one
/// window have in common.
const SERIES_AT_A_TIME: usize = 256;

/// What was read of a frame.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) shape: Shape,
    pub(crate) rows: FleetRows,
}

impl Input {
    /// Reads a frame, whose rows may stand in any order.
    pub(crate) fn read(
        py: Python<'_>,
        mut frame: RecordBatchStreamReader,
        names: &Names,
    ) -> PyResult<Self> {
        let shape = Shape::of(&frame.schema(), names).map_err(refused)?;
        let mut rows = FleetRows::default();
        while let Some(batch) = py.detach(|| frame.next()) {
            let batch = batch.map_err(refused)?;
            for first in (0..batch.num_rows()).step_by(ROWS_AT_A_TIME) {
                py.check_signals()?;
                let some = batch.slice(first, ROWS_AT_A_TIME.min(batch.num_rows() - first));
                py.detach(|| push(&shape, &some, &mut rows))
                    .map_err(refused)?;
            }
        }
        Ok(Self { shape, rows })
    }

    /// Returns the fleet over the windows of `split`, where its days are such as a fleet's are.
    pub(crate) fn batches(
        &self,
        split: &Split,
        average_duplicates: bool,
    ) -> Result<Vec<Batch>, String> {
        let batches: Vec<Batch> = self.rows.batches(split, SERIES_AT_A_TIME).collect();
        Checks::of(&batches).refuse(&self.shape, average_duplicates)?;
        Ok(batches)
    }
}

fn push(shape: &Shape, batch: &RecordBatch, rows: &mut FleetRows) -> Result<(), String> {
    let renamed = shape.rows(batch)?;
    rows.push_batch(&renamed).map_err(|error| error.to_string())
}
