//! Which seasons a series has been observed for long enough.

use std::ops::RangeInclusive;

use fleetcast_core::{IssueCode, Notice, SEASON_WEEK, Severity};

/// Days from the first value to the last from which on the week is modelled: three weeks.
const WEEKLY_FROM: usize = 21;

/// Times a weekday has to be observed to tell it from the others.
const WEEKDAY_SEEN: usize = 3;

/// Days from the first value to the last from which on the year is modelled: two years.
const ANNUAL_FROM: usize = 730;

/// Days of a year, leap days shared out.
const YEAR: f64 = 365.25;

/// Parts a year is divided into, about a month each.
const PARTS: usize = 12;

/// Parts of a year that have to be observed in two years for the year to be modelled: a missing quarter
/// is bridged by what is smooth, more would be guessed.
const PARTS_NEEDED: usize = 9;

/// Observed days that make a part of a year observed: one a week.
const DAYS_OF_A_PART: usize = 4;

/// The seasons a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seasons {
    /// The week.
    pub(crate) weekly: bool,
    /// The year.
    pub(crate) annual: bool,
}

impl Seasons {
    /// Returns the seasons that `values`, from the first observed day to the last and NaN where missing,
    /// can teach, and a notice for each one left out.
    ///
    /// The week: three weeks from first to last value, and of the weekdays that are observed at
    /// all two or more, and most, three times. The year: two years from first to last value, and
    /// nine of its twelve parts observed, once a week or more often, in two years. Stray values
    /// before or after long silence switch nothing on.
    pub(crate) fn of(values: &[f64]) -> (Self, Vec<Notice>) {
        let mut notices = Vec::new();
        let mut note = |code, lack: Option<String>| {
            let modelled = lack.is_none();
            notices.extend(lack.map(|message| Notice {
                severity: Severity::Warning,
                code,
                message,
            }));
            modelled
        };
        let weekly = note(IssueCode::WeeklySeasonLeftOut, lack_of_weeks(values));
        let annual = note(IssueCode::AnnualSeasonLeftOut, lack_of_years(values));
        (Self { weekly, annual }, notices)
    }
}

/// What the weekly season lacks.
fn lack_of_weeks(values: &[f64]) -> Option<String> {
    let days = values.len();
    if days < WEEKLY_FROM {
        return Some(format!(
            "{days} days of history, {WEEKLY_FROM} needed for the weekly season"
        ));
    }
    let mut seen = [0; SEASON_WEEK];
    for (day, value) in values.iter().enumerate() {
        seen[day % SEASON_WEEK] += usize::from(!value.is_nan());
    }
    let at_all = seen.iter().filter(|seen| **seen > 0).count();
    let often = seen.iter().filter(|seen| **seen >= WEEKDAY_SEEN).count();
    let enough = often >= 2 && 2 * often > at_all;
    (!enough).then(|| {
        format!(
            "{often} of {at_all} weekdays are observed {WEEKDAY_SEEN} times, two and most of \
             them needed for the weekly season"
        )
    })
}

/// What the annual season lacks.
fn lack_of_years(values: &[f64]) -> Option<String> {
    let days = values.len();
    if days < ANNUAL_FROM {
        return Some(format!(
            "{days} days of history, {ANNUAL_FROM} needed for the annual season"
        ));
    }
    let in_two_years = (0..PARTS)
        .filter(|part| years_observed(values, *part).nth(1).is_some())
        .count();
    (in_two_years < PARTS_NEEDED).then(|| {
        format!(
            "{in_two_years} of {PARTS} parts of the year are observed in two years, {PARTS_NEEDED} \
             needed for the annual season"
        )
    })
}

/// The years, counted back from the last day, in which a part of the year is observed.
fn years_observed(values: &[f64], part: usize) -> impl Iterator<Item = usize> {
    let years = values.len() / (ANNUAL_FROM / 2) + 1;
    (0..years).filter(move |year| {
        let days_back = days_back(*year, part);
        let observed = days_back
            .filter_map(|back| values.get(values.len().checked_sub(back + 1)?))
            .filter(|value| !value.is_nan());
        observed.count() >= DAYS_OF_A_PART
    })
}

/// The days of a part of a year, both counted back from the last day, which is 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "days of a series, at least 0"
)]
fn days_back(year: usize, part: usize) -> RangeInclusive<usize> {
    let begin = |part: usize| (YEAR * (year as f64 + part as f64 / PARTS as f64)).ceil() as usize;
    begin(part)..=begin(part + 1) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    fn check(name: &str, values: &[f64], weekly: bool, annual: bool) {
        let (seasons, notices) = Seasons::of(values);
        assert_eq!(seasons, Seasons { weekly, annual }, "{name}: {notices:?}");
        let left_out = usize::from(!weekly) + usize::from(!annual);
        assert_eq!(notices.len(), left_out, "{name}");
        assert!(
            notices
                .iter()
                .all(|notice| notice.severity == Severity::Warning)
        );
    }

    /// `days` days of which those that `is_observed` says have a value.
    fn observed(days: usize, is_observed: impl Fn(usize) -> bool) -> Vec<f64> {
        let value = |day| if is_observed(day) { 1.0 } else { NAN };
        (0..days).map(value).collect()
    }

    #[test]
    fn seasons_step_down_with_the_history() {
        for (days, weekly, annual) in [
            (974, true, true),
            (730, true, true),
            (729, true, false),
            (21, true, false),
            (20, false, false),
        ] {
            check(&format!("{days} days"), &vec![1.0; days], weekly, annual);
        }
    }

    #[test]
    fn what_is_observed_counts_and_not_what_lies_between() {
        let stray_before = observed(720, |day| day == 0 || day >= 706);
        check("a stray value, then two weeks", &stray_before, false, false);
        let stray_first = observed(900, |day| day == 0 || day >= 700);
        check("a stray value, then 200 days", &stray_first, true, false);
        let stray_last = observed(900, |day| day < 200 || day == 899);
        check("200 days, then a stray value", &stray_last, true, false);
        let every_61st = observed(974, |day| day % 61 == 0);
        check("every 61st day", &every_61st, false, false);
        let mondays = observed(974, |day| day % 7 == 0);
        check("Mondays", &mondays, false, true);
        let three_a_week = observed(974, |day| matches!(day % 7, 0 | 2 | 4));
        check("three days a week", &three_a_week, true, true);
        let weekdays = observed(740, |day| day % 7 < 5);
        check("weekdays", &weekdays, true, true);
        let one_in_five_missing = observed(974, |day| (day * 31) % 10 >= 2);
        check("one day in five missing", &one_in_five_missing, true, true);
    }

    #[test]
    fn a_quarter_of_the_year_may_be_missing() {
        // Of 730 days every part is seen twice; those of a gap once.
        let gap = |length: usize| observed(730, move |day| !(100..100 + length).contains(&day));
        check("two months missing", &gap(61), true, true);
        check("half a year missing", &gap(182), true, false);
    }

    #[test]
    fn the_parts_of_all_years_follow_each_other() {
        let parts = (0..3).flat_map(|year| (0..PARTS).map(move |part| days_back(year, part)));
        let days: Vec<usize> = parts.flatten().collect();
        assert_eq!(days, (0..1096).collect::<Vec<_>>());
    }
}
