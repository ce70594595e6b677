//! A fleet from a frame.

use arrow::array::RecordBatch;
use arrow::ffi_stream::RecordBatchStreamReader;
use arrow::record_batch::RecordBatchReader;
use fleetcast::core::IssueCode;
use fleetcast::{Batch, FleetRows, SeriesKey, Split};
use pyo3::prelude::*;

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
        if !average_duplicates {
            self.refuse_duplicates(&batches)?;
        }
        self.refuse_other_steps(&batches)?;
        Ok(batches)
    }

    fn refuse_duplicates(&self, batches: &[Batch]) -> Result<(), String> {
        let is_repeated = |code: IssueCode| code == IssueCode::DuplicateDay;
        let series = || batches.iter().flat_map(Batch::notes);
        let mut repeated = series()
            .filter(|(_, notes)| notes.issues.iter().any(|issue| is_repeated(issue.code)))
            .map(|(key, _)| key);
        let Some(first) = repeated.next() else {
            return Ok(());
        };
        Err(format!(
            "column `{}` has days more than once in {} of {} series, first in {}; give one value a day, such as \
             df.groupby([{}, {:?}]).mean(), or say duplicates=\"mean\"",
            self.shape.time(),
            repeated.count() + 1,
            series().count(),
            self.shape.name_of(first),
            self.shape
                .id_names()
                .iter()
                .map(|name| format!("{name:?}"))
                .collect::<Vec<_>>()
                .join(", "),
            self.shape.time(),
        ))
    }

    /// Refuses a fleet whose observations are mostly not a day apart.
    fn refuse_other_steps(&self, batches: &[Batch]) -> Result<(), String> {
        let mut steps = std::collections::BTreeMap::<usize, usize>::new();
        let mut example: Option<SeriesKey> = None;
        for series in batches.iter().flat_map(|batch| batch.history().iter()) {
            let mut last = None;
            for (day, value) in series.values.iter().enumerate() {
                if value.is_nan() {
                    continue;
                }
                if let Some(last) = last.replace(day) {
                    *steps.entry(day - last).or_default() += 1;
                    if day - last > 1 {
                        example.get_or_insert_with(|| series.key.clone());
                    }
                }
            }
        }
        let most = steps
            .iter()
            .max_by_key(|(step, times)| (**times, std::cmp::Reverse(**step)));
        match (most, example) {
            (Some((step, _)), Some(example)) if *step > 1 => Err(format!(
                "column `{}` goes by steps of {step} days, as in {}, and fleetcast forecasts days; give daily values, \
                 where days may be missing but most are there",
                self.shape.time(),
                self.shape.name_of(&example),
            )),
            _ => Ok(()),
        }
    }
}

fn push(shape: &Shape, batch: &RecordBatch, rows: &mut FleetRows) -> Result<(), String> {
    let renamed = shape.rows(batch)?;
    rows.push_batch(&renamed).map_err(|error| error.to_string())
}
