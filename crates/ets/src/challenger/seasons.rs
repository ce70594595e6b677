//! Which seasons a series is long enough for.

use fleetcast_core::{IssueCode, Notice, Severity};

/// Days from which on the week is modelled: three weeks.
pub(crate) const WEEKLY_FROM: usize = 21;

/// Days from which on the year is modelled: two years.
pub(crate) const ANNUAL_FROM: usize = 730;

/// The seasons a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seasons {
    /// The week.
    pub(crate) weekly: bool,
    /// The year.
    pub(crate) annual: bool,
}

impl Seasons {
    /// Those a series of `days` days is long enough for, and a notice for each one left out.
    pub(crate) fn of(days: usize) -> (Self, Vec<Notice>) {
        let seasons = Self {
            weekly: days >= WEEKLY_FROM,
            annual: days >= ANNUAL_FROM,
        };
        let notices = [
            (
                seasons.weekly,
                WEEKLY_FROM,
                IssueCode::WeeklySeasonLeftOut,
                "weekly",
            ),
            (
                seasons.annual,
                ANNUAL_FROM,
                IssueCode::AnnualSeasonLeftOut,
                "annual",
            ),
        ]
        .into_iter()
        .filter(|(modelled, ..)| !modelled)
        .map(|(_, from, code, name)| Notice {
            severity: Severity::Info,
            code,
            message: format!("{days} days of history, {from} needed for the {name} season"),
        });
        (seasons, notices.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_step_down_with_the_history() {
        for (days, weekly, annual) in [
            (974, true, true),
            (730, true, true),
            (729, true, false),
            (21, true, false),
            (20, false, false),
        ] {
            let (seasons, notices) = Seasons::of(days);
            assert_eq!(seasons, Seasons { weekly, annual }, "{days} days");
            let left_out = usize::from(!weekly) + usize::from(!annual);
            assert_eq!(notices.len(), left_out, "{days} days");
        }
    }
}
