//! What the judge says of the regime a series is in.

use std::sync::Arc;

use fleetcast_core::{Alignment, Day, IssueCode, LevelShift, SeriesIssue, Severity, Stage};

use crate::case::Case;

/// Days after a shift on which it is worth knowing.
const WORTH_KNOWING: usize = 365;

/// Days after a shift on which a forecast rests on how it is read.
const YOUNG: usize = 60;

/// Days to either side of a shift that its levels are taken over.
const AROUND: usize = 28;

/// One thing that is to be said of a regime.
#[derive(Debug, Clone, PartialEq)]
pub struct RegimeNote {
    /// What it is: a level shift, one that may not last, or growth that began lately.
    pub code: IssueCode,
    /// The day it began.
    pub day: Day,
    /// Whether it is so young that the forecast rests on how it is read.
    pub is_young: bool,
    /// What it is, in words.
    pub words: String,
}

impl RegimeNote {
    /// Returns it as an issue of a series.
    #[must_use]
    pub fn issue(&self, key: &fleetcast_core::SeriesKey) -> SeriesIssue {
        SeriesIssue {
            key: key.clone(),
            stage: Stage::Judge,
            engine: None,
            severity: if self.is_young {
                Severity::Warning
            } else {
                Severity::Info
            },
            code: self.code,
            message: self.words.clone(),
        }
    }
}

/// What is to be said of the regime of a series on the last day of its history, latest first.
pub(crate) fn notes(case: &Case<'_>) -> Vec<RegimeNote> {
    let Some(alignment) = present(case) else {
        return Vec::new();
    };
    let growth = alignment
        .ramp
        .and_then(|ramp| {
            let began = alignment.days.checked_sub(ramp.age + 1)?;
            let day = case.history.grid.day(began)?;
            let what = if ramp.slope > 0.0 { "growth" } else { "decline" };
            let size = figure(30.0 * ramp.slope.abs());
            Some(RegimeNote {
                code: IssueCode::GrowthOnset,
                day,
                is_young: true,
                words: format!(
                    "{what} of {size} in 30 days began about {day}: taken as going on more and more slowly"
                ),
            })
        })
        .into_iter();
    let latest = alignment.shifts.iter().rev();
    let shifts = latest
        .filter(|shift| alignment.age(shift) <= WORTH_KNOWING)
        .filter_map(|shift| of_shift(case, &alignment, shift));
    growth
        .chain(shifts)
        .chain(of_calendar(case, &alignment))
        .collect()
}

/// What days of the calendar are expected to do within the horizon.
fn of_calendar(case: &Case<'_>, alignment: &Alignment) -> Option<RegimeNote> {
    let last = alignment.days + case.split.future().len();
    let ahead = || {
        let days = alignment.calendar.iter();
        days.filter(|one| (alignment.days..last).contains(&one.at))
    };
    let most = ahead().max_by(|a, b| a.effect.abs().total_cmp(&b.effect.abs()))?;
    let after_last = u32::try_from(most.at + 1 - alignment.days).ok()?;
    let day = case.history.grid.last().plus_days(after_last);
    let (sign, size) = if most.effect < 0.0 {
        ("−", -most.effect)
    } else {
        ("+", most.effect)
    };
    let size = figure(size);
    let words = match ahead().count() {
        1 => format!("a day of the calendar is expected to differ: {day}, by {sign}{size}"),
        days => format!(
            "{days} days of the calendar are expected to differ, most of all {day}, by {sign}{size}"
        ),
    };
    Some(RegimeNote {
        code: IssueCode::CalendarEffect,
        day,
        is_young: false,
        words,
    })
}

fn of_shift(case: &Case<'_>, alignment: &Alignment, shift: &LevelShift) -> Option<RegimeNote> {
    let day = case.history.grid.day(shift.at)?;
    let values = case.history.values;
    let after = level(&values[shift.at..(shift.at + AROUND).min(values.len())])?;
    let before = after - shift.size;
    let verb = if shift.size > 0.0 { "rose" } else { "fell" };
    let taken = if shift.ends_event {
        "the event before it is taken as over"
    } else if shift.lasting >= 1.0 {
        "taken as lasting"
    } else if shift.lasting > 0.0 {
        "half of it is taken as lasting"
    } else {
        "not taken as lasting yet"
    };
    let (before, after) = (figure(before), figure(after));
    Some(RegimeNote {
        code: if shift.lasting >= 1.0 {
            IssueCode::LevelShift
        } else {
            IssueCode::PendingShift
        },
        day,
        is_young: alignment.age(shift) <= YOUNG,
        words: format!("level {verb} from {before} to {after} on {day}: {taken}"),
    })
}

fn present(case: &Case<'_>) -> Option<Arc<Alignment>> {
    case.regimes?.at(case.history.values.len())
}

/// The median of what was observed.
fn level(values: &[f64]) -> Option<f64> {
    let mut known: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    known.sort_by(f64::total_cmp);
    known.get(known.len() / 2).copied()
}

/// A number in three digits or so.
fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 10.0 => 0,
        size if size >= 1.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        for (value, expected) in [(78.4, "78"), (-39.0, "-39"), (4.25, "4.2"), (0.456, "0.46")] {
            assert_eq!(figure(value), expected);
        }
    }
}
