//! Forecasts of the past, out of the database.

use arrow::array::Array;
use fleetcast_core::{Day, EarlierYears, PastForecast, SeriesKey, SeriesPast};

use crate::arrow_columns::{days, lists, numbers, places, short_numbers};
use crate::results::key;
use crate::{Error, Store};

impl Store {
    /// Returns the series whose golden models have forecasts of the past, in key order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn series_with_past_forecasts(&self) -> Result<Vec<SeriesKey>, Error> {
        let sql = include_str!("../sql/series_with_past_forecasts.sql");
        self.rows("listing series with forecasts of the past", sql, [], key)
    }

    /// Says whether forecasts of the past are kept as an earlier version of the tables had them, without what came in earlier years.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn past_is_without_years(&self) -> Result<bool, Error> {
        let sql = "SELECT coalesce(bool_and(years IS NULL), false) FROM past_forecasts";
        let found = self.connection.query_row(sql, [], |row| row.get(0));
        found.map_err(Error::while_doing("reading forecasts of the past"))
    }

    /// Returns what the past says of the series of `keys`, in their order, up to the day `as_of`.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_past(&self, keys: &[SeriesKey], as_of: Day) -> Result<Vec<SeriesPast>, Error> {
        let mut found = vec![SeriesPast::of_forecasts(Vec::new(), as_of); keys.len()];
        let sql = include_str!("../sql/read_past_forecasts.sql");
        self.for_each_batch("reading forecasts of the past", sql, keys, [], |batch| {
            let (series, origins) = (places(batch)?, days(batch, "origin")?);
            let levels = numbers(batch, "level")?;
            let (latest, yhats) = (lists(batch, "latest")?, lists(batch, "yhat")?);
            let (errors, settled) = (lists(batch, "errors")?, lists(batch, "settled")?);
            let (years, moved) = (lists(batch, "years")?, lists(batch, "moved")?);
            for row in 0..batch.num_rows() {
                let Ok(origin) = Day::from_epoch_days(i64::from(origins.value(row))) else {
                    continue;
                };
                let list = |of: &arrow::array::ListArray, name| {
                    Ok::<_, Error>(short_numbers(&of.value(row), name)?.values().to_vec())
                };
                let years = EarlierYears {
                    values: list(years, "years")?,
                    moved: list(moved, "moved")?,
                };
                let yhat = list(yhats, "yhat")?;
                let past = &mut found[series.value(row) as usize];
                // What is to come has no forecast of the past.
                if yhat.is_empty() {
                    past.years = years;
                    continue;
                }
                past.forecasts.push(PastForecast {
                    origin,
                    level: levels.is_valid(row).then(|| levels.value(row)),
                    latest: list(latest, "latest")?,
                    yhat,
                    errors: list(errors, "errors")?,
                    settled: list(settled, "settled")?,
                    years,
                });
            }
            Ok(())
        })?;
        Ok(found)
    }
}
