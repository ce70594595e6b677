//! Which series are worth an engine's time, and what is odd about the rest.

use crate::weekdays::{names_of, unobserved_weekdays};
use crate::{IssueCode, Panel, PanelView, SeriesIssue, SeriesView, Severity, Stage};

/// Observed days a series needs in the history window: every weekday twice.
pub const MIN_OBSERVATIONS: usize = 14;

/// A series without a value in the last this many days of the history is stale: its host was
/// decommissioned or is no longer monitored, and a forecast would be of nothing.
pub const STALE_AFTER_DAYS: usize = 42;

/// More missing days than one in this many, between the first and the last observed one, are
/// worth a word.
const GAPS_ONE_IN: usize = 10;

/// The series worth forecasting, and what was noticed about any of them.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Screened {
    /// Series an engine should see, in the order they came.
    pub panel: Panel,
    /// Issues of all series: those left out have one of severity [`Severity::Error`].
    pub issues: Vec<SeriesIssue>,
}

/// Leaves out the series no engine should see, with a reason each.
///
/// `history` is the whole history window, ending on the last day of data. A series is left out
/// when nothing is observed in the window, when it ended more than [`STALE_AFTER_DAYS`] before the
/// window does, or when fewer than [`MIN_OBSERVATIONS`] days are observed.
#[must_use]
pub fn screen(history: PanelView<'_>) -> Screened {
    let mut issues = Vec::new();
    let mut kept = Vec::with_capacity(history.len());
    for series in history.iter() {
        let mut note = |severity, code, message| {
            issues.push(SeriesIssue {
                key: series.key.clone(),
                stage: Stage::Data,
                engine: None,
                severity,
                code,
                message,
            });
        };
        if let Some((code, message)) = reason_to_leave_out(series) {
            note(Severity::Error, code, message);
            continue;
        }
        for (code, message) in oddities(series) {
            note(Severity::Info, code, message);
        }
        kept.push((series.key.clone(), series.values.to_vec()));
    }
    let panel = Panel::from_rows(history.grid(), kept);
    Screened {
        panel: panel.unwrap_or_else(|_| unreachable!("rows of a panel make a panel")),
        issues,
    }
}

fn reason_to_leave_out(series: SeriesView<'_>) -> Option<(IssueCode, String)> {
    let grid = series.grid;
    let Some(last_observed) = series.last_observed() else {
        let message = format!("no value from {} to {}", grid.first(), grid.last());
        return Some((IssueCode::NoHistory, message));
    };
    let silent_days = usize::try_from(grid.last().days_since(last_observed)).unwrap_or(0);
    if silent_days > STALE_AFTER_DAYS {
        let message = format!(
            "no value in the {silent_days} days before {}; taken as decommissioned",
            grid.last()
        );
        return Some((IssueCode::Stale, message));
    }
    let observed = series.observed();
    if observed < MIN_OBSERVATIONS {
        let message = format!("{observed} observed days, {MIN_OBSERVATIONS} needed");
        return Some((IssueCode::TooShort, message));
    }
    None
}

fn oddities(series: SeriesView<'_>) -> Vec<(IssueCode, String)> {
    let mut found = Vec::new();
    if let Some(value) = series.constant_value() {
        found.push((IssueCode::Constant, format!("every observation is {value}")));
    }
    if let Some(span) = series.observed_span() {
        let lifetime = span.len();
        let missing = lifetime - series.observed();
        if missing * GAPS_ONE_IN > lifetime {
            let message = format!(
                "{missing} of {lifetime} days between the first and the last value are missing"
            );
            found.push((IssueCode::Gaps, message));
        }
    }
    if let Some(names) = names_of(unobserved_weekdays(series)) {
        let message = format!(
            "no value on {names}: they are forecast at about the level of the days around them"
        );
        found.push((IssueCode::WeekdayUnobserved, message));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SeriesKey, TimeGrid};

    const DAYS: usize = 100;

    fn check(values: Vec<f64>, kept: bool, expected: &[IssueCode]) {
        let grid = TimeGrid::new("2024-01-01".parse().unwrap(), DAYS);
        let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), values)]).unwrap();
        let screened = screen(panel.view());
        let codes: Vec<IssueCode> = screened.issues.iter().map(|issue| issue.code).collect();
        assert_eq!(codes, expected);
        assert_eq!(screened.panel.view().len(), usize::from(kept));
        let left_out = screened
            .issues
            .iter()
            .any(|issue| issue.severity == Severity::Error);
        assert_eq!(left_out, !kept);
    }

    /// A series observed on the days from `first` to before `end`.
    fn observed(first: usize, end: usize) -> Vec<f64> {
        let value = |day: usize| if day.is_multiple_of(2) { 1.0 } else { 2.0 };
        (0..DAYS)
            .map(|day| {
                if (first..end).contains(&day) {
                    value(day)
                } else {
                    f64::NAN
                }
            })
            .collect()
    }

    #[test]
    fn every_series_is_kept_or_has_a_reason() {
        check(observed(0, DAYS), true, &[]);
        check(observed(DAYS - MIN_OBSERVATIONS, DAYS), true, &[]);
        check(
            observed(DAYS - MIN_OBSERVATIONS + 1, DAYS),
            false,
            &[IssueCode::TooShort],
        );
        check(observed(0, DAYS - STALE_AFTER_DAYS), true, &[]);
        check(
            observed(0, DAYS - STALE_AFTER_DAYS - 1),
            false,
            &[IssueCode::Stale],
        );
        check(observed(0, 0), false, &[IssueCode::NoHistory]);
        check(vec![3.5; DAYS], true, &[IssueCode::Constant]);
        check(vec![0.0; DAYS], true, &[IssueCode::Constant]);
    }

    #[test]
    fn many_gaps_are_worth_a_word() {
        let mut gappy = observed(0, DAYS);
        for value in gappy.iter_mut().skip(1).step_by(8) {
            *value = f64::NAN;
        }
        check(gappy, true, &[IssueCode::Gaps]);
        // The same day of every week is another matter.
        let mut weekdays = observed(0, DAYS);
        for value in weekdays.iter_mut().skip(1).step_by(7) {
            *value = f64::NAN;
        }
        check(
            weekdays,
            true,
            &[IssueCode::Gaps, IssueCode::WeekdayUnobserved],
        );
    }
}
