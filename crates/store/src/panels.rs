//! Series out of the database, as panels.

use arrow::array::Array;
use fleetcast_core::{DayValues, Panel, SeriesIssue, SeriesKey, TimeGrid};

use crate::arrow_columns::numbers;
use crate::date::Date;
use crate::wanted::for_each_day;
use crate::{Error, Store};

const READING_PANEL: &str = "reading series from processed_data";

impl Store {
    /// The series of `keys` over `grid`, with what was repaired on the way.
    ///
    /// The panel has one row a key, in the order of `keys`, all NaN where the series has no row in
    /// `grid`. A day without a value, with one
    /// that is not finite, or with one beyond 1e100 is missing; a day that stands there more than
    /// once has the mean of its values.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_panel(
        &self,
        keys: &[SeriesKey],
        grid: TimeGrid,
    ) -> Result<(Panel, Vec<SeriesIssue>), Error> {
        let mut values = vec![f64::NAN; keys.len() * grid.len()];
        let mut day_values = vec![DayValues::default(); keys.len()];
        let sql = include_str!("../sql/read_panel.sql");
        let window = [Date(grid.first()), Date(grid.last())];
        self.for_each_batch(READING_PANEL, sql, keys, window, |batch| {
            let utilization = numbers(batch, "utilization")?;
            for_each_day(batch, grid, |row, place, day| {
                let cell = &mut values[place * grid.len() + day];
                let value = utilization.is_valid(row).then(|| utilization.value(row));
                day_values[place].put(cell, day, value);
            })
        })?;
        let mut issues = Vec::new();
        for (place, day_values) in day_values.into_iter().enumerate() {
            let values = &mut values[place * grid.len()..][..grid.len()];
            issues.extend(day_values.finish(&keys[place], values));
        }
        let panel = Panel::from_values(grid, keys.to_vec(), values)
            .map_err(|error| Error::columns(READING_PANEL, error))?;
        Ok((panel, issues))
    }
}
