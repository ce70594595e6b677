//! One series as the recipe sees it: from its first observed day on, without gaps.

use fleetcast_core::{Day, SEASON_WEEK};

/// The share of the largest value that the mean weekly change must exceed: below it a series is constant but for
/// rounding.
const LEAST_CHANGE: f64 = 1e-9;

/// A series from its first observed day on, with missing days filled from what came before them.
///
/// Whatever is computed up to a day depends on nothing after it, to the bit.
#[derive(Debug)]
pub(crate) struct History {
    /// Days from the epoch to the first observed day.
    first: i32,
    /// The first observed value. `values` are counted from it, so that sums lose no digits to a high level.
    anchor: f64,
    values: Vec<f64>,
    observed: Vec<bool>,
    /// Sums of the values before each day.
    sums: Vec<f64>,
    /// Sums of the absolute weekly changes before each day.
    changes: Vec<f64>,
}

impl History {
    /// Makes a history of `values`, a value a day up to `last`, NaN where a day is missing; `None` where nothing is
    /// observed.
    ///
    /// A missing day has the value of a week earlier; in the first week, that of the day before.
    pub(crate) fn new(values: &[f64], last: Day) -> Option<Self> {
        let start = values.iter().position(|value| value.is_finite())?;
        let given = &values[start..];
        let days = given.len();
        let first = last.epoch_days() - i32::try_from(days - 1).ok()?;
        let anchor = given[0];
        let mut filled: Vec<f64> = Vec::with_capacity(days);
        let (mut sums, mut changes) = (vec![0.0; days + 1], vec![0.0; days + 1]);
        for (day, value) in given.iter().enumerate() {
            let value = if value.is_finite() {
                value - anchor
            } else {
                filled[day.checked_sub(SEASON_WEEK).unwrap_or(day - 1)]
            };
            let change = day
                .checked_sub(SEASON_WEEK)
                .map_or(0.0, |week_ago| (value - filled[week_ago]).abs());
            filled.push(value);
            sums[day + 1] = sums[day] + value;
            changes[day + 1] = changes[day] + change;
        }
        Some(Self {
            first,
            anchor,
            values: filled,
            observed: given.iter().map(|value| value.is_finite()).collect(),
            sums,
            changes,
        })
    }

    /// Returns the days from the epoch to day 0.
    pub(crate) fn first(&self) -> i32 {
        self.first
    }

    /// Returns how many days there are.
    pub(crate) fn days(&self) -> usize {
        self.values.len()
    }

    /// Returns the value that all others are counted from.
    pub(crate) fn anchor(&self) -> f64 {
        self.anchor
    }

    /// Returns the values of all days, counted from the anchor.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Returns the value of a day, counted from the anchor, or `None` where it was not observed.
    pub(crate) fn observed(&self, day: usize) -> Option<f64> {
        self.observed[day].then(|| self.values[day])
    }

    /// Returns the mean absolute change from one week to the next of the days before `end`, or `None` where the
    /// series is constant until then.
    pub(crate) fn scale(&self, end: usize) -> Option<f64> {
        let changes = end.checked_sub(SEASON_WEEK).filter(|count| *count > 0)?;
        let scale = self.changes[end] / changes as f64;
        let largest = self.values[..end]
            .iter()
            .map(|value| (value + self.anchor).abs())
            .fold(0.0, f64::max);
        (scale > LEAST_CHANGE * largest && scale.is_finite()).then_some(scale)
    }

    /// Returns the mean of the `days` days before `end`, of fewer where the history begins later.
    pub(crate) fn mean_before(&self, end: usize, days: usize) -> f64 {
        let start = end.saturating_sub(days);
        (self.sums[end] - self.sums[start]) / (end - start).max(1) as f64
    }

    /// Returns the mean of the days from `half` before to `half` after `day`. The first day stands for those before
    /// it, the last one before `end` for those after it.
    pub(crate) fn mean_around(&self, day: usize, half: usize, end: usize) -> f64 {
        let missing_before = half.saturating_sub(day);
        let stop = (day + half + 1).min(end);
        let missing_after = day + half + 1 - stop;
        let inside = self.sums[stop] - self.sums[day.saturating_sub(half)];
        let edges = missing_before as f64 * self.values[0]
            + missing_after as f64 * self.values[end.saturating_sub(1)];
        (inside + edges) / (2 * half + 1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(values: &[f64]) -> Option<History> {
        History::new(values, "2025-01-31".parse().unwrap())
    }

    #[test]
    fn missing_days_repeat_the_week_before() {
        let nan = f64::NAN;
        let given = [
            nan, 2.0, nan, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, nan, 11.0, nan, nan,
        ];
        let found = history(&given).unwrap();
        assert_eq!(found.days(), 12);
        let filled: Vec<f64> = found.values().iter().map(|value| value + 2.0).collect();
        assert_eq!(
            filled,
            [2.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 2.0, 11.0, 5.0, 6.0]
        );
        assert_eq!((found.observed(7), found.observed(8)), (Some(7.0), None));
        assert!(history(&[nan; 3]).is_none());
    }

    #[test]
    fn a_constant_series_has_no_scale() {
        assert_eq!(history(&[5.0; 40]).unwrap().scale(40), None);
        let rounding: Vec<f64> = (0..40).map(|day| 1e6 + f64::from(day % 2) * 1e-6).collect();
        assert_eq!(history(&rounding).unwrap().scale(40), None);
        let line: Vec<f64> = (0..40).map(f64::from).collect();
        assert_eq!(history(&line).unwrap().scale(40), Some(7.0));
        assert_eq!(history(&line).unwrap().scale(7), None);
    }

    #[test]
    fn means_use_the_ends_for_what_lies_beyond_them() {
        let line: Vec<f64> = (0..10).map(f64::from).collect();
        let line = history(&line).unwrap();
        let means = [
            line.mean_before(6, 3),
            line.mean_around(4, 1, 10),
            line.mean_around(0, 1, 10),
            line.mean_around(5, 1, 6),
        ];
        assert_eq!(means.to_vec(), [4.0, 4.0, 1.0 / 3.0, 14.0 / 3.0]);
    }
}
