//! Rows of a frame that a Prophet model reads.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit};
use arrow::ffi_stream::RecordBatchStreamReader;
use arrow::record_batch::RecordBatchReader;

use super::spec::Spec;

/// Times and columns of numbers, a value a row; NaN where missing.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    /// Seconds since 1970.
    pub(super) times: Vec<i64>,
    /// The times as they were given.
    pub(super) given: ArrayRef,
    columns: BTreeMap<String, Vec<f64>>,
}

impl Rows {
    /// Reads the column of times, and those of `names`, all of which must be there.
    pub(super) fn read(frame: RecordBatchStreamReader, names: &[&str]) -> Result<Self, String> {
        let schema = frame.schema();
        let batches: Vec<RecordBatch> = frame
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let all = concat_batches(&schema, &batches).map_err(|error| error.to_string())?;
        let column = |name: &str| {
            all.column_by_name(name).cloned().ok_or_else(|| {
                let found: Vec<&str> = schema
                    .fields()
                    .iter()
                    .map(|field| field.name().as_str())
                    .collect();
                format!(
                    "there is no column `{name}`, only {}; give one",
                    found.join(", ")
                )
            })
        };
        let given = column("ds")?;
        let times = seconds(&given)?;
        let mut columns = BTreeMap::new();
        for name in names {
            columns.insert((*name).to_owned(), numbers(name, &column(name)?)?);
        }
        Ok(Self {
            times,
            given,
            columns,
        })
    }

    /// Returns a column that was asked for.
    pub(super) fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.get(name).map(Vec::as_slice)
    }

    /// Keeps the rows that have a value in the column `name`, by time.
    pub(super) fn observed(&self, name: &str) -> Self {
        let values = self.column(name).unwrap_or_default();
        let mut rows: Vec<usize> = (0..self.times.len())
            .filter(|row| !values[*row].is_nan())
            .collect();
        rows.sort_by_key(|row| self.times[*row]);
        let take = |values: &[f64]| rows.iter().map(|row| values[*row]).collect();
        Self {
            times: rows.iter().map(|row| self.times[*row]).collect(),
            given: self.given.clone(),
            columns: self
                .columns
                .iter()
                .map(|(name, values)| (name.clone(), take(values)))
                .collect(),
        }
    }
}

/// The columns that a model reads beside times and values.
pub(super) fn features_of(spec: &Spec) -> Vec<&str> {
    let mut names: Vec<&str> = spec
        .regressors
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    names.extend(
        spec.seasonalities
            .iter()
            .filter_map(|one| one.condition.as_deref()),
    );
    names
}

/// Seconds since 1970 of a column of dates or timestamps, without a zone.
fn seconds(found: &ArrayRef) -> Result<Vec<i64>, String> {
    let kind = found.data_type();
    match kind {
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, None) => {}
        DataType::Timestamp(_, Some(zone)) => {
            return Err(format!(
                "column `ds` has the time zone {zone}, and Prophet takes none; take it off: df['ds'].dt.tz_localize(None)"
            ));
        }
        other => {
            return Err(format!(
                "column `ds` is {other}, not a date or a timestamp; convert it, such as pd.to_datetime(df['ds'])"
            ));
        }
    }
    let whole = cast(found, &DataType::Timestamp(TimeUnit::Second, None))
        .and_then(|instants| cast(&instants, &DataType::Int64))
        .map_err(|error| format!("column `ds`: {error}"))?;
    if whole.null_count() > 0 {
        return Err("column `ds` has rows without a time; leave them out".to_owned());
    }
    Ok(whole.as_primitive::<Int64Type>().values().to_vec())
}

fn numbers(name: &str, found: &ArrayRef) -> Result<Vec<f64>, String> {
    let is_number = found.data_type().is_numeric() || *found.data_type() == DataType::Boolean;
    if !is_number {
        return Err(format!(
            "column `{name}` is {}, not a number; convert it",
            found.data_type()
        ));
    }
    let numbers =
        cast(found, &DataType::Float64).map_err(|error| format!("column `{name}`: {error}"))?;
    let values: Vec<f64> = numbers
        .as_primitive::<Float64Type>()
        .iter()
        .map(|value| value.unwrap_or(f64::NAN))
        .collect();
    if values.iter().any(|value| value.is_infinite()) {
        return Err(format!(
            "column `{name}` has an infinite value; leave it out, or give a number"
        ));
    }
    Ok(values)
}
