//! Series out of the database, as panels.

use arrow::record_batch::RecordBatch;
use duckdb::params;
use fleetcast_core::{Day, IssueCode, Panel, SeriesIssue, SeriesKey, Severity, TimeGrid};

use crate::arrow_columns::{dates, doubles, lists, strings};
use crate::input::{Date, data_issue};
use crate::{Error, Store};

/// Values beyond this are no utilisation of anything, and their squares would overflow.
const LARGEST_VALUE: f64 = 1e100;

const READING_PANEL: &str = "reading series from processed_data";

impl Store {
    /// The series of `keys` over `grid`, with what was repaired on the way.
    ///
    /// `keys` must be consecutive keys of a [`crate::SeriesIndex`]; the panel has one row a key, in
    /// that order, all NaN where the series has no row in `grid`. A day without a value, with one
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
        let mut issues = Vec::new();
        let mut rows = Rows::new(keys, grid);
        let sql = include_str!("../sql/read_panel.sql");
        self.for_each_batch(sql, keys, grid, |batch| {
            let (ds, utilization) = (lists(batch, "ds")?, lists(batch, "utilization")?);
            rows.fill(batch, |key, row, values| {
                let (ds, utilization) = (ds.value(row), utilization.value(row));
                let (ds, utilization) = (dates(&ds)?, doubles(&utilization, "utilization")?);
                let mut cells = Cells::new(values);
                for (day, value) in ds.iter().zip(utilization.iter()) {
                    let index = day.and_then(|day| grid_index(grid, day));
                    cells.put(index, value);
                }
                issues.extend(cells.finish(key));
                Ok(())
            })
        })?;
        let panel = rows.into_panel()?;
        Ok((panel, issues))
    }

    /// Runs a query over the series of `keys` on the days of `grid`, one batch at a time.
    pub(crate) fn for_each_batch(
        &self,
        sql: &str,
        keys: &[SeriesKey],
        grid: TimeGrid,
        mut work: impl FnMut(&RecordBatch) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (Some(first), Some(last)) = (keys.first(), keys.last()) else {
            return Ok(());
        };
        let reading = Error::while_doing(READING_PANEL);
        let mut statement = self.connection.prepare(sql).map_err(reading)?;
        let batches = statement
            .stream_arrow(params![
                first.host(),
                first.resource(),
                last.host(),
                last.resource(),
                Date(grid.first()),
                Date(grid.last()),
            ])
            .map_err(reading)?;
        for batch in batches {
            work(&batch.map_err(reading)?)?;
        }
        Ok(())
    }
}

/// Where the series of this (host, resource) stands among sorted keys.
pub(crate) fn key_index(keys: &[SeriesKey], name: (&str, &str)) -> Option<usize> {
    keys.binary_search_by(|key| (key.host(), key.resource()).cmp(&name))
        .ok()
}

fn grid_index(grid: TimeGrid, epoch_days: i32) -> Option<usize> {
    let day = Day::from_epoch_days(i64::from(epoch_days)).ok()?;
    grid.index_of(day)
}

/// A value a key and day, NaN until filled.
#[derive(Debug)]
struct Rows<'a> {
    keys: &'a [SeriesKey],
    grid: TimeGrid,
    values: Vec<f64>,
}

impl<'a> Rows<'a> {
    fn new(keys: &'a [SeriesKey], grid: TimeGrid) -> Self {
        Self {
            keys,
            grid,
            values: vec![f64::NAN; keys.len() * grid.len()],
        }
    }

    /// Calls `work` with the key, the batch's row and the values to fill, for every row of `batch`
    /// whose key is wanted.
    fn fill(
        &mut self,
        batch: &RecordBatch,
        mut work: impl FnMut(&SeriesKey, usize, &mut [f64]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (hosts, resources) = (strings(batch, "host")?, strings(batch, "resource")?);
        let days = self.grid.len();
        for row in 0..batch.num_rows() {
            let name = (hosts.value(row), resources.value(row));
            if let Some(index) = key_index(self.keys, name) {
                work(
                    &self.keys[index],
                    row,
                    &mut self.values[index * days..][..days],
                )?;
            }
        }
        Ok(())
    }

    fn into_panel(self) -> Result<Panel, Error> {
        let rows = self.keys.iter().cloned().zip(
            self.values
                .chunks(self.grid.len().max(1))
                .map(<[f64]>::to_vec),
        );
        Panel::from_rows(self.grid, rows).map_err(|error| Error::columns(READING_PANEL, error))
    }
}

/// One series being filled, and what was odd about its rows.
#[derive(Debug)]
struct Cells<'a> {
    values: &'a mut [f64],
    /// Further values of days that have one already.
    repeats: Vec<(usize, f64)>,
    null: usize,
    not_finite: usize,
    negative: usize,
}

impl<'a> Cells<'a> {
    fn new(values: &'a mut [f64]) -> Self {
        Self {
            values,
            repeats: Vec::new(),
            null: 0,
            not_finite: 0,
            negative: 0,
        }
    }

    fn put(&mut self, index: Option<usize>, value: Option<f64>) {
        let Some(index) = index else {
            return;
        };
        let Some(value) = value else {
            self.null += 1;
            return;
        };
        if !value.is_finite() || value.abs() > LARGEST_VALUE {
            self.not_finite += 1;
            return;
        }
        if value < 0.0 {
            self.negative += 1;
        }
        if self.values[index].is_nan() {
            self.values[index] = value;
        } else {
            self.repeats.push((index, value));
        }
    }

    fn finish(mut self, key: &SeriesKey) -> Vec<SeriesIssue> {
        let repeated_days = self.average_repeats();
        let mut issues = Vec::new();
        let mut note = |count: usize, severity, code, what: &str| {
            if count > 0 {
                issues.push(data_issue(key, severity, code, format!("{count} {what}")));
            }
        };
        let (warning, info) = (Severity::Warning, Severity::Info);
        note(
            self.null,
            warning,
            IssueCode::NullValue,
            "rows without a value were left out",
        );
        note(
            self.not_finite,
            warning,
            IssueCode::NotFinite,
            "values that are NaN, infinite or beyond 1e100 were left out",
        );
        note(
            repeated_days,
            warning,
            IssueCode::DuplicateDay,
            "days occur more than once; the mean of their values is used",
        );
        note(
            self.negative,
            info,
            IssueCode::NegativeValue,
            "values below zero were kept",
        );
        issues
    }

    /// Puts the mean where a day has several values; returns how many such days there are.
    fn average_repeats(&mut self) -> usize {
        // Sums depend on their order in the last bit, and rows come in any order: sort first.
        for (index, value) in &mut self.repeats {
            if *value < self.values[*index] {
                std::mem::swap(value, &mut self.values[*index]);
            }
        }
        self.repeats
            .sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let days = self.repeats.chunk_by(|a, b| a.0 == b.0);
        let mut repeated_days = 0;
        for day in days {
            let index = day[0].0;
            let sum: f64 = self.values[index] + day.iter().map(|(_, value)| value).sum::<f64>();
            self.values[index] = sum / (day.len() + 1) as f64;
            repeated_days += 1;
        }
        repeated_days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(cells: &[(usize, Option<f64>)]) -> (Vec<f64>, Vec<IssueCode>) {
        let mut values = vec![f64::NAN; 4];
        let mut filling = Cells::new(&mut values);
        for (index, value) in cells {
            filling.put(Some(*index), *value);
        }
        let issues = filling.finish(&SeriesKey::new("h", "cpu"));
        (values, issues.into_iter().map(|issue| issue.code).collect())
    }

    #[test]
    fn what_cannot_be_used_is_left_out_and_counted() {
        let (values, codes) = filled(&[
            (0, Some(1.0)),
            (1, None),
            (2, Some(f64::INFINITY)),
            (3, Some(-1e101)),
        ]);
        assert!(values[1..].iter().all(|value| value.is_nan()));
        assert_eq!(codes, [IssueCode::NullValue, IssueCode::NotFinite]);
    }

    #[test]
    fn a_day_that_occurs_twice_has_the_mean_in_any_order() {
        let forth = [
            (0, Some(0.1)),
            (0, Some(0.2)),
            (0, Some(0.7)),
            (1, Some(-2.0)),
        ];
        let mut back = forth;
        back.reverse();
        let (values, codes) = filled(&forth);
        assert_eq!(values[..2], filled(&back).0[..2]);
        assert!((values[0] - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(codes, [IssueCode::DuplicateDay, IssueCode::NegativeValue]);
    }
}
