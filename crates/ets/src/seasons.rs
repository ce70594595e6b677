//! Which seasons a series is long enough for.

use fleetcast_core::{IssueCode, Notice, Severity};

/// Days of a week.
const WEEK: usize = 7;

/// Days of a year.
const YEAR: usize = 365;

/// Days from which on the week is modelled: three weeks.
pub(crate) const WEEKLY_FROM: usize = 3 * WEEK;

/// Days from which on the year is modelled: two years.
pub(crate) const ANNUAL_FROM: usize = 2 * YEAR;

/// The season lengths for a series of `days` days, shortest first, and a notice for each one that
/// is left out.
pub(crate) fn seasons(days: usize) -> (Vec<usize>, Vec<Notice>) {
    let mut lengths = Vec::new();
    let mut notices = Vec::new();
    for (length, from, code, name) in [
        (WEEK, WEEKLY_FROM, IssueCode::WeeklySeasonLeftOut, "weekly"),
        (YEAR, ANNUAL_FROM, IssueCode::AnnualSeasonLeftOut, "annual"),
    ] {
        if days >= from {
            lengths.push(length);
        } else {
            notices.push(Notice {
                severity: Severity::Info,
                code,
                message: format!("{days} days of history, {from} needed for the {name} season"),
            });
        }
    }
    (lengths, notices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_step_down_with_the_history() {
        for (days, expected) in [
            (974, &[7, 365][..]),
            (730, &[7, 365]),
            (729, &[7]),
            (21, &[7]),
            (20, &[]),
        ] {
            let (lengths, notices) = seasons(days);
            assert_eq!(lengths, expected, "{days} days");
            assert_eq!(lengths.len() + notices.len(), 2, "{days} days");
        }
    }
}
