//! Forecasts of the past, out of the database.

use arrow::array::Array;
use fleetcast_core::{Day, PastForecast, SeriesKey};

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
        let sql = "SELECT DISTINCT host, resource FROM past_forecasts ORDER BY ALL";
        self.rows("listing series with forecasts of the past", sql, [], key)
    }

    /// Returns the golden models' forecasts of the past of the series of `keys`, one list a key, earliest origin
    /// first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_past_forecasts(&self, keys: &[SeriesKey]) -> Result<Vec<Vec<PastForecast>>, Error> {
        let mut found = vec![Vec::new(); keys.len()];
        let sql = include_str!("../sql/read_past_forecasts.sql");
        self.for_each_batch("reading forecasts of the past", sql, keys, [], |batch| {
            let (series, origins) = (places(batch)?, days(batch, "origin")?);
            let levels = numbers(batch, "level")?;
            let (latest, yhats) = (lists(batch, "latest")?, lists(batch, "yhat")?);
            let (errors, settled) = (lists(batch, "errors")?, lists(batch, "settled")?);
            for row in 0..batch.num_rows() {
                let Ok(origin) = Day::from_epoch_days(i64::from(origins.value(row))) else {
                    continue;
                };
                let list = |of: &arrow::array::ListArray, name| {
                    Ok::<_, Error>(short_numbers(&of.value(row), name)?.values().to_vec())
                };
                found[series.value(row) as usize].push(PastForecast {
                    origin,
                    level: levels.is_valid(row).then(|| levels.value(row)),
                    latest: list(latest, "latest")?,
                    yhat: list(yhats, "yhat")?,
                    errors: list(errors, "errors")?,
                    settled: list(settled, "settled")?,
                });
            }
            Ok(())
        })?;
        Ok(found)
    }
}
