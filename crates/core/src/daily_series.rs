//! One series as a statistician brings it: days and values.

use std::convert::Infallible;

use crate::{Day, DayError, Failure, SeriesKey, SeriesView, TimeGrid};

/// The values of one series by the day, in order, NaN where a day is missing.
///
/// This is what the engines' `fit` takes in: whoever has a fleet fills a [`crate::Panel`] instead.
#[derive(Debug, Clone, PartialEq)]
pub struct DailySeries {
    key: SeriesKey,
    grid: TimeGrid,
    values: Vec<f64>,
}

/// Why days and values are no series.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SeriesError {
    /// There are not as many values as days.
    #[error("there are {days} days and {values} values; give one value a day")]
    Length {
        /// How many days were given.
        days: usize,
        /// How many values were given.
        values: usize,
    },
    /// There is no day at all.
    #[error("there is no observation; give at least one day and its value")]
    Empty,
    /// A day comes after a later one.
    #[error("day {index}, {day}, comes after the later {before}; sort the days")]
    Unsorted {
        /// The place of the day, counted from 0.
        index: usize,
        /// The day.
        day: Day,
        /// The day ahead of it.
        before: Day,
    },
    /// A day is given twice.
    #[error("{day} is given more than once; give each day one value, such as the mean")]
    Duplicate {
        /// The day.
        day: Day,
    },
    /// A value is infinite.
    #[error("the value of {day} is infinite; leave a missing day out, or give it as NaN")]
    Infinite {
        /// The day.
        day: Day,
    },
    /// A day lies outside the calendar.
    #[error(transparent)]
    Day(#[from] DayError),
}

impl From<Infallible> for SeriesError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Why an engine cannot be fitted to a series.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The days and values are no series.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// The series is too short, or the arithmetic failed.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// An option is outside the range it makes sense in.
    #[error("{option} = {value} is out of range; give {expected}")]
    Option {
        /// The name of the option.
        option: &'static str,
        /// The value it was given.
        value: f64,
        /// What it takes, in words.
        expected: &'static str,
    },
}

impl DailySeries {
    /// Makes a series of `values` on `days`.
    ///
    /// Days are [`Day`]s, or days since 1970-01-01 (`i32` or `i64`), each later than the one before.
    /// A day that is left out, or whose value is NaN, is missing.
    ///
    /// ```
    /// use fleetcast_core::DailySeries;
    ///
    /// // 2025-01-01 is day 20,089; the 3rd is missing.
    /// let series = DailySeries::new(&[20_089, 20_090, 20_092], &[41.0, 42.5, 40.0])?;
    /// assert_eq!(series.grid().first().to_string(), "2025-01-01");
    /// assert_eq!((series.values().len(), series.view().observed()), (4, 3));
    ///
    /// let unsorted = DailySeries::new(&[20_090, 20_089], &[42.5, 41.0]);
    /// assert_eq!(
    ///     unsorted.unwrap_err().to_string(),
    ///     "day 1, 2025-01-01, comes after the later 2025-01-02; sort the days"
    /// );
    /// # Ok::<(), fleetcast_core::SeriesError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SeriesError`] where lengths differ, there is no day, days are not in order or given twice, a
    /// value is infinite, or a day lies outside the calendar.
    pub fn new<D>(days: &[D], values: &[f64]) -> Result<Self, SeriesError>
    where
        D: Copy + TryInto<Day>,
        SeriesError: From<D::Error>,
    {
        if days.len() != values.len() {
            return Err(SeriesError::Length {
                days: days.len(),
                values: values.len(),
            });
        }
        let first: Day = (*days.first().ok_or(SeriesError::Empty)?).try_into()?;
        let mut found = Vec::with_capacity(days.len());
        let mut before: Option<Day> = None;
        for (index, (day, value)) in days.iter().zip(values).enumerate() {
            let day: Day = (*day).try_into()?;
            if value.is_infinite() {
                return Err(SeriesError::Infinite { day });
            }
            match before {
                Some(before) if before == day => return Err(SeriesError::Duplicate { day }),
                Some(before) if before > day => {
                    return Err(SeriesError::Unsorted { index, day, before });
                }
                _ => {}
            }
            before = Some(day);
            let place = usize::try_from(day.days_since(first)).unwrap_or(0);
            found.resize(place, f64::NAN);
            found.push(*value);
        }
        Ok(Self {
            key: SeriesKey::new("", ""),
            grid: TimeGrid::new(first, found.len()),
            values: found,
        })
    }

    /// Returns the days from the first one given to the last.
    #[must_use]
    pub fn grid(&self) -> TimeGrid {
        self.grid
    }

    /// Returns a value for each day of the grid, NaN where it is missing.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the series as engines see it; its key is empty.
    #[must_use]
    pub fn view(&self) -> SeriesView<'_> {
        SeriesView::new(&self.key, self.grid, &self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(days: &[i64], values: &[f64], expected: &str) {
        let error = DailySeries::new(days, values).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_is_wrong_is_said() {
        check(
            &[],
            &[],
            "there is no observation; give at least one day and its value",
        );
        check(
            &[1],
            &[],
            "there are 1 days and 0 values; give one value a day",
        );
        check(
            &[5, 5],
            &[1.0, 2.0],
            "1970-01-06 is given more than once; give each day one value, such as the mean",
        );
        check(
            &[5, 7, 6],
            &[1.0; 3],
            "day 2, 1970-01-07, comes after the later 1970-01-08; sort the days",
        );
        check(
            &[5],
            &[f64::INFINITY],
            "the value of 1970-01-06 is infinite; leave a missing day out, or give it as NaN",
        );
        check(
            &[i64::MAX],
            &[1.0],
            "day 9223372036854775807 counted from 1970-01-01 lies outside the years 1 to 9999",
        );
    }

    #[test]
    fn days_of_any_kind_make_the_same_series() {
        let days: Vec<Day> = ["2025-01-01", "2025-01-04"]
            .map(|day| day.parse().unwrap())
            .to_vec();
        let series = DailySeries::new(&days, &[1.0, 2.0]).unwrap();
        let numbers: Vec<i32> = days.iter().map(|day| day.epoch_days()).collect();
        let same = DailySeries::new(&numbers, &[1.0, 2.0]).unwrap();
        assert_eq!(series.grid(), same.grid());
        assert_eq!(series.grid().len(), 4);
        let observed: Vec<bool> = series
            .values()
            .iter()
            .map(|value| !value.is_nan())
            .collect();
        assert_eq!(observed, [true, false, false, true]);
    }
}
