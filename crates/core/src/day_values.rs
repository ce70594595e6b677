//! Rows of one series, in any order, into one value a day.

use crate::{IssueCode, SeriesIssue, SeriesKey, Severity, measurement};

/// Fills the days of one series from rows in any order, and counts what could not be used.
///
/// A day without a value, or with one that is no [`measurement`], is missing; a day that stands there
/// more than once has the mean of its values, whatever order they come in.
#[derive(Debug, Clone, Default)]
pub struct DayValues {
    /// Further values of days that have one already.
    repeats: Vec<(usize, f64)>,
    null: usize,
    not_finite: usize,
    negative: usize,
}

impl DayValues {
    /// Takes up the value of a row of the series' day number `day`, whose `cell` is NaN until filled.
    pub fn put(&mut self, cell: &mut f64, day: usize, value: Option<f64>) {
        let Some(value) = value else {
            self.null += 1;
            return;
        };
        let Some(value) = measurement(Some(value)) else {
            self.not_finite += 1;
            return;
        };
        if value < 0.0 {
            self.negative += 1;
        }
        if cell.is_nan() {
            *cell = value;
        } else {
            self.repeats.push((day, value));
        }
    }

    /// Puts the mean where a day of `values` has several, and says what was repaired.
    pub fn finish(mut self, key: &SeriesKey, values: &mut [f64]) -> Vec<SeriesIssue> {
        let repeated_days = self.average_repeats(values);
        let mut issues = Vec::new();
        let mut note = |count: usize, severity, code, what: &str| {
            if count > 0 {
                let message = format!("{count} {what}");
                issues.push(SeriesIssue::of_data(key, severity, code, message));
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
    fn average_repeats(&mut self, values: &mut [f64]) -> usize {
        // Sums depend on their order in the last bit, and rows come in any order: sort first.
        self.repeats
            .sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let days = self.repeats.chunk_by(|a, b| a.0 == b.0);
        let mut repeated_days = 0;
        for day in days {
            let cell = &mut values[day[0].0];
            let mut all: Vec<f64> = day.iter().map(|(_, value)| *value).collect();
            all.push(*cell);
            all.sort_by(f64::total_cmp);
            *cell = all.iter().sum::<f64>() / all.len() as f64;
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
        let mut days = DayValues::default();
        for (day, value) in cells {
            days.put(&mut values[*day], *day, *value);
        }
        let issues = days.finish(&SeriesKey::new("h", "cpu"), &mut values);
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
