//! A fleet from record batches.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimeUnit};
use fleetcast_core::Day;

use crate::FleetRows;

/// Why record batches are no fleet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// A column is missing.
    #[error("there is no column `{column}`, only {found}; give host, resource, ds and utilization")]
    NoColumn {
        /// The column looked for.
        column: &'static str,
        /// The columns there are.
        found: String,
    },
    /// A column has another type.
    #[error("column `{column}` is {found}, not {expected}")]
    Type {
        /// The column.
        column: &'static str,
        /// The type.
        found: String,
        /// The type it must have.
        expected: &'static str,
    },
}

impl FleetRows {
    /// Takes up the rows of a record batch with the columns `host`, `resource` (texts, also as
    /// dictionaries), `ds` (a date, or a timestamp whose day in UTC counts) and `utilization` (any number).
    ///
    /// # Errors
    ///
    /// [`InputError`] names the column that is missing, or of another type; no row is taken up then.
    pub fn push_batch(&mut self, batch: &RecordBatch) -> Result<(), InputError> {
        let hosts = column(batch, "host", &DataType::Utf8, "a text")?;
        let resources = column(batch, "resource", &DataType::Utf8, "a text")?;
        let days = days(batch)?;
        let values = column(batch, "utilization", &DataType::Float64, "a number")?;
        let (hosts, resources) = (hosts.as_string::<i32>(), resources.as_string::<i32>());
        let values = values.as_primitive::<Float64Type>();
        for (row, day) in days.into_iter().enumerate() {
            let host = hosts.is_valid(row).then(|| hosts.value(row));
            let resource = resources.is_valid(row).then(|| resources.value(row));
            let value = values.is_valid(row).then(|| values.value(row));
            self.push(host, resource, day, value);
        }
        Ok(())
    }
}

fn column(
    batch: &RecordBatch,
    name: &'static str,
    wanted: &DataType,
    expected: &'static str,
) -> Result<ArrayRef, InputError> {
    let found = find(batch, name)?;
    let refuse = || InputError::Type {
        column: name,
        found: found.data_type().to_string(),
        expected,
    };
    let inner = match found.data_type() {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    let fits = match wanted {
        DataType::Utf8 => matches!(
            inner,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        ),
        _ => inner.is_numeric(),
    };
    if !fits {
        return Err(refuse());
    }
    cast(found, wanted).map_err(|_| refuse())
}

fn find<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a ArrayRef, InputError> {
    batch
        .column_by_name(name)
        .ok_or_else(|| InputError::NoColumn {
            column: name,
            found: match batch.schema().fields().as_ref() {
                [] => "none".to_owned(),
                fields => {
                    let names: Vec<&str> =
                        fields.iter().map(|field| field.name().as_str()).collect();
                    names.join(", ")
                }
            },
        })
}

/// The days of `ds`; `None` where there is none, or none that a calendar has.
fn days(batch: &RecordBatch) -> Result<Vec<Option<Day>>, InputError> {
    const NAME: &str = "ds";
    let found = find(batch, NAME)?;
    let refuse = || InputError::Type {
        column: NAME,
        found: found.data_type().to_string(),
        expected: "a date or a timestamp",
    };
    let day = |days: i64| Day::from_epoch_days(days).ok();
    match found.data_type() {
        DataType::Date32 => {
            let days = found.as_primitive::<Date32Type>().iter();
            Ok(days.map(|days| day(i64::from(days?))).collect())
        }
        DataType::Date64 | DataType::Timestamp(_, _) => {
            // Seconds since 1970 in UTC, whatever zone the column is shown in.
            let seconds = cast(found, &DataType::Timestamp(TimeUnit::Second, None))
                .and_then(|instants| cast(&instants, &DataType::Int64))
                .map_err(|_| refuse())?;
            let seconds = seconds.as_primitive::<Int64Type>().iter();
            Ok(seconds
                .map(|seconds| day(seconds?.div_euclid(86_400)))
                .collect())
        }
        _ => Err(refuse()),
    }
}
