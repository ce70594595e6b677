//! A table in the making: filled batch by batch, invisible until published.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Builder, Float64Builder, ListBuilder, RecordBatch, StringBuilder, UInt64Array,
};
use fleetcast_core::batches::Columns;
use fleetcast_core::{Forecast, InnerForecast, SeriesKey};

use crate::{Error, KeptChoice, RunId, Store, Table};

const APPENDING: &str = "appending rows";

/// Which part of an engine's forecast a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// The days the judge scores.
    Backtest,
    /// The days after the data.
    Future,
}

impl Segment {
    fn as_str(self) -> &'static str {
        match self {
            Self::Backtest => "backtest",
            Self::Future => "future",
        }
    }
}

/// A new version of a table, with the same columns, that nobody reads yet. It gets the table's key
/// when it is published.
#[derive(Debug)]
pub struct Draft<'store> {
    store: &'store Store,
    table: Table,
    name: String,
}

impl Store {
    /// An empty draft of `table`; one that an earlier run left behind is dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn draft(&self, table: Table) -> Result<Draft<'_>, Error> {
        let name = table.draft_name();
        let creating = Error::while_doing("creating a draft table");
        self.connection
            .execute_batch(&format!("DROP TABLE IF EXISTS {name}"))
            .map_err(creating)?;
        self.connection
            .execute_batch(&table.definition_without_key(&name))
            .map_err(creating)?;
        Ok(Draft {
            store: self,
            table,
            name,
        })
    }

    /// The draft of `table` that stands already.
    pub(crate) fn draft_as_it_stands(&self, table: Table) -> Draft<'_> {
        Draft {
            store: self,
            table,
            name: table.draft_name(),
        }
    }

    /// Appends a batch to a table, whose columns it must have in the table's order.
    pub(crate) fn append_to(&self, table: &str, batch: RecordBatch) -> Result<(), Error> {
        let appending = Error::while_doing(APPENDING);
        let mut appender = self.connection.appender(table).map_err(appending)?;
        appender.append_record_batch(batch).map_err(appending)?;
        appender.flush().map_err(appending)
    }

    /// Appends a batch to `table` itself: for inputs, which no stage publishes.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows do not fit.
    pub fn append(&self, table: Table, batch: RecordBatch) -> Result<(), Error> {
        self.append_to(table.as_str(), batch)
    }
}

impl Draft<'_> {
    pub(crate) fn store(&self) -> &Store {
        self.store
    }

    /// The table this will be.
    #[must_use]
    pub fn table(&self) -> Table {
        self.table
    }

    /// The name until then.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many rows it has.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn count_rows(&self) -> Result<u64, Error> {
        self.store
            .connection
            .query_row(&format!("SELECT count(*) FROM {}", self.name), [], |row| {
                row.get(0)
            })
            .map_err(Error::while_doing("counting rows"))
    }

    /// Gives it the table's key.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where two rows have the same.
    pub(crate) fn add_key(&self) -> Result<(), Error> {
        let Some(key) = self.table.key() else {
            return Ok(());
        };
        let add = format!("ALTER TABLE {} ADD PRIMARY KEY ({key})", self.name);
        self.store
            .connection
            .execute_batch(&add)
            .map_err(Error::while_doing("making a table's key"))
    }

    /// Appends a batch, whose columns must be the table's, in order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where a row breaks the table's rules.
    pub fn append(&self, batch: RecordBatch) -> Result<(), Error> {
        self.store.append_to(&self.name, batch)
    }

    /// Appends forecasts to a draft of an engine's table.
    ///
    /// They go in as lists, a window a row, and `DuckDB` unfolds them to days: names that repeat
    /// from day to day cross over once.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where a row breaks the table's rules.
    pub fn append_forecasts<'a>(
        &self,
        run: RunId,
        forecasts: impl Iterator<Item = (&'a SeriesKey, Segment, &'a Forecast)>,
    ) -> Result<(), Error> {
        let appending = Error::while_doing(APPENDING);
        let mut windows = WindowColumns::default();
        for (key, segment, forecast) in forecasts {
            windows.push(key, segment, forecast);
        }
        let windows = windows
            .finish()
            .map_err(|error| Error::columns(APPENDING, error))?;
        self.store
            .connection
            .execute_batch(include_str!("../sql/forecast_windows.sql"))
            .map_err(appending)?;
        self.store.append_to("forecast_windows", windows)?;
        let unfold = include_str!("../sql/unfold_forecasts.sql").replace("{draft}", &self.name);
        self.store
            .connection
            .execute(&unfold, [run.get()])
            .map(drop)
            .map_err(appending)
    }
}

impl Draft<'_> {
    /// Appends forecasts from inner origins to a draft of an engine's table of them.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where a row breaks the table's rules.
    pub fn append_inner_forecasts<'a>(
        &self,
        run: RunId,
        forecasts: impl Iterator<Item = (&'a SeriesKey, &'a InnerForecast)>,
    ) -> Result<(), Error> {
        let forecasts: Vec<_> = forecasts.collect();
        let mut columns = Columns::of_series(run.get(), forecasts.iter().map(|(key, _)| *key));
        columns.day(
            "origin",
            forecasts.iter().map(|(_, inner)| Some(inner.origin)),
        );
        columns.lists(
            "yhat",
            forecasts.iter().map(|(_, inner)| inner.yhat.as_slice()),
        );
        let batch = columns
            .finish()
            .map_err(|error| Error::columns(APPENDING, error))?;
        self.append(batch)
    }
}

impl Draft<'_> {
    /// Appends fingerprints of what an engine was asked to a draft of its table of them.
    pub(crate) fn append_inputs<'a>(
        &self,
        run: RunId,
        inputs: impl Iterator<Item = (&'a SeriesKey, u64, Option<&'a KeptChoice>)>,
    ) -> Result<(), Error> {
        let inputs: Vec<_> = inputs.collect();
        let mut columns = Columns::of_series(run.get(), inputs.iter().map(|(key, ..)| *key));
        let fingerprints = inputs.iter().map(|(_, fingerprint, _)| *fingerprint);
        columns.push(
            "fingerprint",
            Arc::new(UInt64Array::from_iter_values(fingerprints)),
        );
        let kept = || inputs.iter().map(|(.., kept)| *kept);
        let chosen_by = kept().map(|kept| Some(kept?.chosen_by));
        columns.push("chosen_by", Arc::new(chosen_by.collect::<UInt64Array>()));
        let mut choices = ListBuilder::new(Float64Builder::new());
        for kept in kept() {
            let choice = kept.and_then(|kept| kept.choice.as_ref());
            if let Some(choice) = choice {
                choices.values().append_slice(&choice.0);
            }
            choices.append(choice.is_some());
        }
        columns.push("choice", Arc::new(choices.finish()));
        let batch = columns
            .finish()
            .map_err(|error| Error::columns(APPENDING, error))?;
        self.append(batch)
    }
}

/// Forecasts, a window a row.
#[derive(Debug, Default)]
struct WindowColumns {
    host: StringBuilder,
    resource: StringBuilder,
    segment: StringBuilder,
    first: Date32Builder,
    yhat: ListBuilder<Float64Builder>,
    lower: ListBuilder<Float64Builder>,
    upper: ListBuilder<Float64Builder>,
}

impl WindowColumns {
    fn push(&mut self, key: &SeriesKey, segment: Segment, forecast: &Forecast) {
        self.host.append_value(key.host());
        self.resource.append_value(key.resource());
        self.segment.append_value(segment.as_str());
        self.first
            .append_value(forecast.grid().first().epoch_days());
        for (list, values) in [
            (&mut self.yhat, forecast.yhat()),
            (&mut self.lower, forecast.lower()),
            (&mut self.upper, forecast.upper()),
        ] {
            list.values().append_slice(values);
            list.append(true);
        }
    }

    fn finish(mut self) -> Result<RecordBatch, arrow::error::ArrowError> {
        let columns: [(&str, ArrayRef); 7] = [
            ("host", Arc::new(self.host.finish())),
            ("resource", Arc::new(self.resource.finish())),
            ("segment", Arc::new(self.segment.finish())),
            ("first", Arc::new(self.first.finish())),
            ("yhat", Arc::new(self.yhat.finish())),
            ("yhat_lower", Arc::new(self.lower.finish())),
            ("yhat_upper", Arc::new(self.upper.finish())),
        ];
        RecordBatch::try_from_iter(columns)
    }
}

/// The rows of `series_issues` for these issues.
pub(crate) fn issue_batch(
    run: RunId,
    issues: &[fleetcast_core::SeriesIssue],
) -> Result<RecordBatch, Error> {
    fleetcast_core::batches::issue_batch(run.get(), issues)
        .map_err(|error| Error::columns(APPENDING, error))
}
