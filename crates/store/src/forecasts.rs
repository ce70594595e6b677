//! Engines' forecasts, out of the database.

use fleetcast_core::{EngineForecasts, Forecast, SeriesKey, Split, TimeGrid};

use crate::arrow_columns::numbers;
use crate::date::Date;
use crate::wanted::for_each_day;
use crate::{EngineTables, Error, Store, Table};

const READING: &str = "reading forecasts";

impl Store {
    /// What an engine's published tables hold of the series of `keys`, one a key, in that order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_engine(
        &self,
        tables: EngineTables,
        keys: &[SeriesKey],
        split: &Split,
    ) -> Result<Vec<EngineForecasts>, Error> {
        let mut forecasts = self.read_forecasts(tables.forecasts, keys, split)?;
        let inner = self.read_inner_forecasts(tables.inner, keys, split.training())?;
        for (forecasts, inner) in forecasts.iter_mut().zip(inner) {
            forecasts.inner = inner;
        }
        Ok(forecasts)
    }

    /// The forecasts of both windows that `table` holds of the series of `keys`, one a key, in that
    /// order; those from inner origins stand in a table of their own.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_forecasts(
        &self,
        table: Table,
        keys: &[SeriesKey],
        split: &Split,
    ) -> Result<Vec<EngineForecasts>, Error> {
        let (backtest, future) = (split.backtest(), split.future());
        let until_future = split.days_until_future();
        let both = TimeGrid::new(backtest.first(), until_future + future.len());
        let days = self.read_forecast_days(table, keys, both)?;
        Ok((0..keys.len())
            .map(|index| EngineForecasts {
                backtest: days.forecast(index, 0, backtest),
                future: days.forecast(index, until_future, future),
                inner: Vec::new(),
            })
            .collect())
    }

    /// The golden forecasts of the series of `keys` on the days of `future`, one a key; `None` where
    /// there is none for every day.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_golden_forecasts(
        &self,
        keys: &[SeriesKey],
        future: TimeGrid,
    ) -> Result<Vec<Option<Forecast>>, Error> {
        let days = self.read_forecast_days(Table::Forecasts, keys, future)?;
        Ok((0..keys.len())
            .map(|index| days.forecast(index, 0, future))
            .collect())
    }

    /// Returns the golden forecasts of the series of `keys` on the days of `future` with their bounds at 95 %, one a key.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_wide_forecasts(
        &self,
        keys: &[SeriesKey],
        future: TimeGrid,
    ) -> Result<Vec<Option<Forecast>>, Error> {
        let sql = include_str!("../sql/read_wide_forecasts.sql");
        let days = self.read_days(sql, keys, future)?;
        Ok((0..keys.len())
            .map(|index| days.forecast(index, 0, future))
            .collect())
    }

    fn read_forecast_days(
        &self,
        table: Table,
        keys: &[SeriesKey],
        grid: TimeGrid,
    ) -> Result<ForecastDays, Error> {
        let sql = include_str!("../sql/read_forecasts.sql").replace("{table}", table.as_str());
        self.read_days(&sql, keys, grid)
    }

    /// What a query returns of the series of `keys` on the days of `grid`: places, days, points and bounds.
    pub(crate) fn read_days(
        &self,
        sql: &str,
        keys: &[SeriesKey],
        grid: TimeGrid,
    ) -> Result<ForecastDays, Error> {
        let days_each = grid.len();
        let mut columns = [(); 3].map(|()| vec![f64::NAN; keys.len() * days_each]);
        let window = [Date(grid.first()), Date(grid.last())];
        self.for_each_batch(READING, sql, keys, window, |batch| {
            let values = [
                numbers(batch, "yhat")?.values(),
                numbers(batch, "yhat_lower")?.values(),
                numbers(batch, "yhat_upper")?.values(),
            ];
            for_each_day(batch, grid, |row, place, day| {
                for (column, values) in columns.iter_mut().zip(values) {
                    column[place * days_each + day] = values[row];
                }
            })
        })?;
        Ok(ForecastDays { days_each, columns })
    }
}

/// Point forecasts and bounds, a value a series and day, NaN where there is none.
#[derive(Debug)]
pub(crate) struct ForecastDays {
    days_each: usize,
    columns: [Vec<f64>; 3],
}

impl ForecastDays {
    /// The forecast of the series at `index` for the days of `grid`, which begin `offset` days after
    /// the first that was read; `None` where a day is missing.
    pub(crate) fn forecast(&self, index: usize, offset: usize, grid: TimeGrid) -> Option<Forecast> {
        let from = index * self.days_each + offset;
        let [yhat, lower, upper] = self
            .columns
            .each_ref()
            .map(|column| column[from..from + grid.len()].to_vec());
        Forecast::new(grid.first(), yhat, lower, upper).ok()
    }
}
