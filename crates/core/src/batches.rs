//! Rows about series as Arrow record batches.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, ListBuilder, PrimitiveBuilder,
    RecordBatch, StringArray,
};
use arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type};
use arrow::error::ArrowError;

use crate::{Day, SeriesIssue, SeriesKey};

/// Columns of a record batch, one after the other, each with a value a row.
#[derive(Debug, Clone, Default)]
pub struct Columns(Vec<(String, ArrayRef)>);

impl Columns {
    /// Begins with what every result has: `run_id`, `host` and `resource`.
    #[must_use]
    pub fn of_series<'a>(run: i64, keys: impl Iterator<Item = &'a SeriesKey>) -> Self {
        let keys: Vec<&SeriesKey> = keys.collect();
        let text = |of: fn(&SeriesKey) -> &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(
                keys.iter().map(|key| of(key)),
            ))
        };
        let mut columns = Self::default();
        columns.push("run_id", Arc::new(Int64Array::from(vec![run; keys.len()])));
        columns.push("host", text(SeriesKey::host));
        columns.push("resource", text(SeriesKey::resource));
        columns
    }

    /// Adds a column.
    pub fn push(&mut self, name: &str, values: ArrayRef) {
        self.0.push((name.to_owned(), values));
    }

    /// Adds a column of texts.
    pub fn text<'a>(&mut self, name: &str, values: impl Iterator<Item = Option<&'a str>>) {
        self.push(name, Arc::new(values.collect::<StringArray>()));
    }

    /// Adds a column of numbers. What is not finite is no figure, and missing.
    pub fn number(&mut self, name: &str, values: impl Iterator<Item = Option<f64>>) {
        let finite = values.map(|value| value.filter(|value| value.is_finite()));
        self.push(name, Arc::new(finite.collect::<Float64Array>()));
    }

    /// Adds a column of numbers as they are.
    pub fn exact(&mut self, name: &str, values: impl Iterator<Item = f64>) {
        self.push(name, Arc::new(Float64Array::from_iter_values(values)));
    }

    /// Adds a column of counts.
    pub fn count(&mut self, name: &str, values: impl Iterator<Item = usize>) {
        let counts = values.map(|count| i32::try_from(count).ok());
        self.push(name, Arc::new(counts.collect::<Int32Array>()));
    }

    /// Adds a column of days.
    pub fn day(&mut self, name: &str, values: impl Iterator<Item = Option<Day>>) {
        let days = values.map(|day| day.map(Day::epoch_days));
        self.push(name, Arc::new(days.collect::<Date32Array>()));
    }

    /// Adds a column of lists of numbers.
    pub fn lists<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a [f64]>) {
        self.lists_of::<Float64Type>(name, values);
    }

    /// Adds a column of lists of numbers of seven digits.
    pub fn short_lists<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a [f32]>) {
        self.lists_of::<Float32Type>(name, values);
    }

    fn lists_of<'a, T: ArrowPrimitiveType>(
        &mut self,
        name: &str,
        values: impl Iterator<Item = &'a [T::Native]>,
    ) {
        let mut lists = ListBuilder::new(PrimitiveBuilder::<T>::new());
        for list in values {
            lists.values().append_slice(list);
            lists.append(true);
        }
        self.push(name, Arc::new(lists.finish()));
    }

    /// Makes a record batch of them.
    ///
    /// # Errors
    ///
    /// [`ArrowError`] where columns differ in length, or there is none.
    pub fn finish(self) -> Result<RecordBatch, ArrowError> {
        RecordBatch::try_from_iter(self.0)
    }
}

/// Returns the rows of `series_issues` for `issues`.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn issue_batch(run: i64, issues: &[SeriesIssue]) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::of_series(run, issues.iter().map(|issue| &issue.key));
    columns.text(
        "stage",
        issues.iter().map(|issue| Some(issue.stage.as_str())),
    );
    columns.text("engine", issues.iter().map(|issue| issue.engine));
    columns.text(
        "severity",
        issues.iter().map(|issue| Some(issue.severity.as_str())),
    );
    columns.text("code", issues.iter().map(|issue| Some(issue.code.as_str())));
    columns.text(
        "message",
        issues.iter().map(|issue| Some(issue.message.as_str())),
    );
    columns.finish()
}
