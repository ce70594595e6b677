//! What engines see at an origin, written down for other tools.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, StringArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use fleetcast_core::{Day, PanelView, Split};
use fleetcast_store::{SeriesIndex, Store};

use crate::accuracy::{BATCH, seen_by_engines};
use crate::error::Error;
use crate::scratch::{Scratch, TablePlace};

/// Writes the observed days of every history window: a row a series, origin and day.
pub(crate) fn write(
    store: &Store,
    scratch: &Scratch,
    index: &SeriesIndex,
    origins: &[Split],
    place: &TablePlace,
) -> Result<(), Error> {
    for split in origins {
        for keys in index.batches(BATCH) {
            let history = seen_by_engines(store, keys, split)?;
            scratch.append("accuracy_origins", rows(split.as_of(), history.view())?)?;
        }
    }
    scratch.write(place)
}

fn rows(origin: Day, history: PanelView<'_>) -> Result<RecordBatch, ArrowError> {
    let (mut hosts, mut resources) = (Vec::new(), Vec::new());
    let (mut days, mut values) = (Vec::new(), Vec::new());
    for series in history.iter() {
        for (day, value) in series.observations() {
            hosts.push(series.key.host());
            resources.push(series.key.resource());
            days.push(day.epoch_days());
            values.push(value);
        }
    }
    let origins = vec![origin.epoch_days(); days.len()];
    let columns: [(&str, ArrayRef); 5] = [
        ("host", Arc::new(StringArray::from(hosts))),
        ("resource", Arc::new(StringArray::from(resources))),
        ("origin", Arc::new(Date32Array::from(origins))),
        ("ds", Arc::new(Date32Array::from(days))),
        ("y", Arc::new(Float64Array::from(values))),
    ];
    RecordBatch::try_from_iter(columns)
}
