//! What a reader of a forecast should know about how it was made.

use fleetcast_core::{INNER_HORIZON, IssueCode, Notice, Severity};

use super::combination::Combination;
use super::members::{LAST_YEAR, MEMBERS, SMOOTHING, SMOOTHING_OF_THE_REST};
use super::plan::{INNER_FROM, INNER_HORIZON_IN_FULL_FROM, INNER_ORIGINS, Plan};

/// What each member is called in a message.
const NAMES: [&str; MEMBERS] = [
    "smoothing around an annual part",
    "smoothing alone",
    "the calendar regression",
    "last year's same weekday",
];

/// Every step down of a forecast, seasons aside: inner validation that was cut short or left out,
/// and members that are not in it; and how many days were winsorised.
pub(super) fn notices(combination: &Combination, plan: &Plan, days: usize) -> Vec<Notice> {
    let mut notices: Vec<Notice> = outliers(combination).into_iter().collect();
    notices.extend(validation(combination, plan, days));
    notices.extend(members(combination, plan));
    notices
}

fn outliers(combination: &Combination) -> Option<Notice> {
    let message = match combination.winsorised {
        0 => return None,
        1 => "1 day far from the level around it was winsorised before fitting".to_owned(),
        days => {
            format!("{days} days far from the level around them were winsorised before fitting")
        }
    };
    Some(Notice {
        severity: Severity::Info,
        code: IssueCode::OutliersWinsorised,
        message,
    })
}

fn validation(combination: &Combination, plan: &Plan, days: usize) -> Option<Notice> {
    let horizon = plan.inner_horizon;
    let (severity, code, message) = match (plan.inner.len(), combination.scored_origins) {
        (0, _) => (
            Severity::Warning,
            IssueCode::ValidationLeftOut,
            format!(
                "{days} days of history, {INNER_FROM} needed for inner origins: the forecasts \
                 combined count alike, and the interval is a model's own"
            ),
        ),
        (_, 0) => (
            Severity::Warning,
            IssueCode::ValidationLeftOut,
            "too few observed days before or after every inner origin: the forecasts combined \
             count alike, and the interval is a model's own"
                .to_owned(),
        ),
        (_, scored) if scored < INNER_ORIGINS => (
            Severity::Info,
            IssueCode::ValidationShortened,
            format!(
                "{scored} of {INNER_ORIGINS} inner origins have enough observed days before and \
                 after them; forecasts are weighed by those"
            ),
        ),
        _ if horizon < INNER_HORIZON => (
            Severity::Info,
            IssueCode::ValidationShortened,
            format!(
                "{days} days of history, {INNER_HORIZON_IN_FULL_FROM} needed to score forecasts \
                 {INNER_HORIZON} days ahead: {horizon} days are"
            ),
        ),
        _ => return None,
    };
    Some(Notice {
        severity,
        code,
        message,
    })
}

fn members(combination: &Combination, plan: &Plan) -> impl Iterator<Item = Notice> {
    (0..MEMBERS).filter_map(move |member| {
        let needs_a_year = matches!(member, SMOOTHING_OF_THE_REST | LAST_YEAR);
        if needs_a_year && !plan.seasons.annual {
            // The notice of the annual season says so.
            return None;
        }
        let cause = if combination.members.forecasts[member].is_none() {
            match member {
                LAST_YEAR => "too many of last year's days are missing",
                SMOOTHING | SMOOTHING_OF_THE_REST => "it finds no likelihood on this series",
                _ => "it has no value",
            }
        } else if combination.weights[member] == 0.0 {
            "it has no score at an inner origin"
        } else {
            return None;
        };
        Some(Notice {
            severity: Severity::Warning,
            code: IssueCode::MemberLeftOut,
            message: format!("forecast without {}: {cause}", NAMES[member]),
        })
    })
}

#[cfg(test)]
mod tests {
    use fleetcast_core::TimeGrid;

    use super::*;
    use crate::challenger::Seasons;
    use crate::challenger::combination::InnerErrors;
    use crate::challenger::members::Members;

    const ALL: [f64; MEMBERS] = [0.25; MEMBERS];

    fn check(
        days: usize,
        annual: bool,
        scored_origins: usize,
        weights: [Option<f64>; MEMBERS],
        expected: &[(Severity, IssueCode, &str)],
    ) {
        let seasons = Seasons {
            weekly: true,
            annual,
        };
        let grid = TimeGrid::new("2023-01-01".parse().unwrap(), days);
        let combination = Combination {
            yhat: vec![1.0],
            inner: Vec::new(),
            inner_errors: InnerErrors::Kept(None),
            members: Members {
                forecasts: weights.map(|weight| weight.map(|_| vec![1.0])),
                smoothing: None,
            },
            weights: weights.map(|weight| weight.unwrap_or(0.0)),
            scored_origins,
            winsorised: 0,
        };
        let found = notices(&combination, &Plan::new(grid, seasons), days);
        let found: Vec<(Severity, IssueCode, &str)> = found
            .iter()
            .map(|notice| (notice.severity, notice.code, notice.message.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_whole_model_needs_no_notice() {
        check(974, true, 3, ALL.map(Some), &[]);
        // A season left out has a notice of its own, and takes two members with it.
        check(500, false, 3, [None, Some(0.5), Some(0.5), None], &[]);
    }

    #[test]
    fn validation_steps_down() {
        let two = [None, Some(0.5), Some(0.5), None];
        check(
            479,
            false,
            3,
            two,
            &[(
                Severity::Info,
                IssueCode::ValidationShortened,
                "479 days of history, 480 needed to score forecasts 120 days ahead: 119 days are",
            )],
        );
        check(
            600,
            false,
            1,
            two,
            &[(
                Severity::Info,
                IssueCode::ValidationShortened,
                "1 of 3 inner origins have enough observed days before and after them; forecasts \
                 are weighed by those",
            )],
        );
        check(
            600,
            false,
            0,
            two,
            &[(
                Severity::Warning,
                IssueCode::ValidationLeftOut,
                "too few observed days before or after every inner origin: the forecasts combined \
                 count alike, and the interval is a model's own",
            )],
        );
        check(
            55,
            false,
            0,
            two,
            &[(
                Severity::Warning,
                IssueCode::ValidationLeftOut,
                "55 days of history, 56 needed for inner origins: the forecasts combined count \
                 alike, and the interval is a model's own",
            )],
        );
    }

    #[test]
    fn members_that_are_left_out_are_named() {
        let left_out = |message| (Severity::Warning, IssueCode::MemberLeftOut, message);
        check(
            974,
            true,
            3,
            [None, None, Some(1.0), None],
            &[
                left_out(
                    "forecast without smoothing around an annual part: it finds no likelihood on \
                     this series",
                ),
                left_out("forecast without smoothing alone: it finds no likelihood on this series"),
                left_out(
                    "forecast without last year's same weekday: too many of last year's days are \
                     missing",
                ),
            ],
        );
        check(
            974,
            true,
            3,
            [Some(0.5), Some(0.25), Some(0.25), Some(0.0)],
            &[left_out(
                "forecast without last year's same weekday: it has no score at an inner origin",
            )],
        );
    }
}
