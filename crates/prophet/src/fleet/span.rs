//! Which days of a panel a series is fitted on, and which seasons that is long enough for.

use std::ops::Range;

use fleetcast_core::{SEASON_WEEK, SeriesView};

use crate::fleet::window::Window;

/// Days between first and last observation from which on there is an annual season
/// (`prophet/forecaster.py`, `set_auto_seasonalities`).
pub(crate) const YEARLY_FROM_DAYS: usize = 730;

/// Days between first and last observation from which on there is a weekly season.
const WEEKLY_FROM_DAYS: usize = 14;

/// The days of a panel from a series' first observation to its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Index of the first observed day.
    pub(crate) first: usize,
    /// How many days there are.
    pub(crate) days: usize,
}

impl From<Range<usize>> for Span {
    fn from(days: Range<usize>) -> Self {
        Self {
            first: days.start,
            days: days.len(),
        }
    }
}

impl Span {
    /// The span of the values (NaN where missing), or `None` where none is observed.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let first = values.iter().position(|value| !value.is_nan())?;
        let last = values.iter().rposition(|value| !value.is_nan())?;
        Some(Self {
            first,
            days: last - first + 1,
        })
    }

    /// The values of the span.
    pub(crate) fn values<'a>(&self, values: &'a [f64]) -> &'a [f64] {
        &values[self.first..self.first + self.days]
    }

    /// Days of the panel after the span.
    pub(crate) fn days_after(&self, series: SeriesView<'_>) -> usize {
        series.values.len() - self.first - self.days
    }

    /// The first day's days since 1970-01-01.
    pub(crate) fn first_day(&self, series: SeriesView<'_>) -> i64 {
        let first = i64::from(series.grid.first().epoch_days());
        first + i64::try_from(self.first).unwrap_or(i64::MAX)
    }

    /// The window with an annual season of `yearly_order` harmonics where the span is long enough,
    /// and a weekly one where it is and two observations are less than a week apart.
    pub(crate) fn window(&self, series: SeriesView<'_>, yearly_order: usize) -> Window {
        let apart = self.days - 1;
        let values = self.values(series.values);
        let weekly = apart >= WEEKLY_FROM_DAYS && is_observed_within_a_week(values);
        let yearly = apart >= YEARLY_FROM_DAYS;
        let week = i64::try_from(SEASON_WEEK).unwrap_or(i64::MAX);
        let first_weekday = self.first_day(series).rem_euclid(week);
        Window {
            days: self.days,
            first_weekday: usize::try_from(first_weekday).unwrap_or(0),
            yearly_order: if yearly { yearly_order } else { 0 },
            weekly,
        }
    }
}

fn is_observed_within_a_week(values: &[f64]) -> bool {
    let mut last = None;
    for (day, value) in values.iter().enumerate() {
        if value.is_nan() {
            continue;
        }
        if last.is_some_and(|last| day - last < SEASON_WEEK) {
            return true;
        }
        last = Some(day);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekly_observations_have_no_week() {
        let mut values = vec![f64::NAN; 100];
        for value in values.iter_mut().step_by(7) {
            *value = 1.0;
        }
        assert!(!is_observed_within_a_week(&values));
        values[3] = 1.0;
        assert!(is_observed_within_a_week(&values));
    }

    #[test]
    fn a_span_begins_and_ends_with_a_value() {
        let nan = f64::NAN;
        let span = Span::of(&[nan, 1.0, nan, 2.0, nan]).unwrap();
        assert_eq!((span.first, span.days), (1, 3));
        assert_eq!(Span::of(&[nan, nan]), None);
    }
}
