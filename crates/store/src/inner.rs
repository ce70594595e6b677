//! Forecasts from origins inside the training window, out of the database.

use arrow::array::Array;
use fleetcast_core::{Day, InnerForecast, SeriesKey, TimeGrid};

use crate::arrow_columns::{days, doubles, lists, places};
use crate::date::Date;
use crate::{Error, Store, Table};

const READING: &str = "reading forecasts from inner origins";

impl Store {
    /// An engine's forecasts of the series of `keys` from inner origins in `training`, one list a
    /// key, earliest origin first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_inner_forecasts(
        &self,
        table: Table,
        keys: &[SeriesKey],
        training: TimeGrid,
    ) -> Result<Vec<Vec<InnerForecast>>, Error> {
        let sql =
            include_str!("../sql/read_inner_forecasts.sql").replace("{table}", table.as_str());
        let mut found = vec![Vec::new(); keys.len()];
        let window = [Date(training.first()), Date(training.last())];
        self.for_each_batch(READING, &sql, keys, window, |batch| {
            let (series, origins) = (places(batch)?, days(batch, "origin")?);
            let yhats = lists(batch, "yhat")?;
            for row in 0..batch.num_rows() {
                let Ok(origin) = Day::from_epoch_days(i64::from(origins.value(row))) else {
                    continue;
                };
                let yhat = yhats.value(row);
                let yhat = doubles(&yhat, "yhat")?;
                if yhat.null_count() == 0 {
                    found[series.value(row) as usize].push(InnerForecast {
                        origin,
                        yhat: yhat.values().to_vec(),
                    });
                }
            }
            Ok(())
        })?;
        Ok(found)
    }
}
