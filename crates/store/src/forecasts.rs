//! Engines' forecasts, out of the database.

use fleetcast_core::{Day, Forecast, SeriesKey, Split, TimeGrid};

use crate::arrow_columns::{days, numbers, strings};
use crate::panels::key_index;
use crate::{Error, Store, Table};

/// An engine's forecasts of one series, where there is one for every day of the window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoredForecasts {
    /// Of the backtest window.
    pub backtest: Option<Forecast>,
    /// Of the future.
    pub future: Option<Forecast>,
}

impl Store {
    /// An engine's forecasts of the series of `keys`, one a key, in that order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_forecasts(
        &self,
        table: Table,
        keys: &[SeriesKey],
        split: &Split,
    ) -> Result<Vec<StoredForecasts>, Error> {
        let (backtest, future) = (split.backtest(), split.future());
        let both = TimeGrid::new(backtest.first(), backtest.len() + future.len());
        let days_each = both.len();
        let first = both.first().epoch_days();
        let mut columns = [(); 3].map(|()| vec![f64::NAN; keys.len() * days_each]);
        let sql = include_str!("../sql/read_forecasts.sql").replace("{table}", table.as_str());
        self.for_each_batch(&sql, keys, both, |batch| {
            let (hosts, resources) = (strings(batch, "host")?, strings(batch, "resource")?);
            let ds = days(batch, "ds")?;
            let values = [
                numbers(batch, "yhat")?.values(),
                numbers(batch, "yhat_lower")?.values(),
                numbers(batch, "yhat_upper")?.values(),
            ];
            // Rows of one series stand together: its place is looked up once.
            let mut last: Option<((&str, &str), Option<usize>)> = None;
            for row in 0..batch.num_rows() {
                let name = (hosts.value(row), resources.value(row));
                let index = match last {
                    Some((known, index)) if known == name => index,
                    _ => key_index(keys, name),
                };
                last = Some((name, index));
                let day = usize::try_from(ds.value(row) - first).ok();
                if let (Some(index), Some(day)) = (index, day.filter(|day| *day < days_each)) {
                    for (column, values) in columns.iter_mut().zip(values) {
                        column[index * days_each + day] = values[row];
                    }
                }
            }
            Ok(())
        })?;
        let split_at = backtest.len();
        let window = |index: usize, days: std::ops::Range<usize>, first: Day| {
            let [yhat, lower, upper] = columns
                .each_ref()
                .map(|column| column[index * days_each..][..days_each][days.clone()].to_vec());
            Forecast::new(first, yhat, lower, upper).ok()
        };
        Ok((0..keys.len())
            .map(|index| StoredForecasts {
                backtest: window(index, 0..split_at, backtest.first()),
                future: window(index, split_at..days_each, future.first()),
            })
            .collect())
    }
}
