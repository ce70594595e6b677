//! Where the inner origins of a window lie.

use fleetcast_core::{Day, INNER_HORIZON, inner_origins};

/// Inner origins at most.
const MOST_ORIGINS: usize = 4;

/// Shorter windows are cut by shares: an eighth is forecast from each of three origins.
const SHORT_ORIGINS: usize = 3;
const SHORT_SHARE: usize = 8;

/// Below this many days an inner horizon says nothing about half a year.
const LEAST_INNER_HORIZON: usize = 14;

/// Rolling origins inside a window: how much history each has, and how far ahead it forecasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InnerOrigins {
    /// Days of history, ascending.
    pub(crate) histories: Vec<usize>,
    /// Days forecast from each.
    pub(crate) horizon: usize,
}

impl InnerOrigins {
    /// The origins inside a window of `days` days that ends on `last`; none where it is too short to learn anything
    /// from them.
    ///
    /// A window of 32 months has three, four months apart and each with at least 20 months of history, and one of 36
    /// months four ([`inner_origins`]).
    pub(crate) fn of(last: Day, days: usize) -> Self {
        let histories = inner_origins(last, days, MOST_ORIGINS);
        if !histories.is_empty() {
            return Self {
                histories,
                horizon: INNER_HORIZON,
            };
        }
        let horizon = (days / SHORT_SHARE).min(INNER_HORIZON);
        let count = if horizon < LEAST_INNER_HORIZON {
            0
        } else {
            SHORT_ORIGINS
        };
        Self {
            histories: (1..=count)
                .rev()
                .map(|back| days - back * horizon)
                .collect(),
            horizon,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(days: usize, histories: &[usize], horizon: usize) {
        let expected = InnerOrigins {
            histories: histories.to_vec(),
            horizon,
        };
        assert_eq!(
            InnerOrigins::of("2025-12-31".parse().unwrap(), days),
            expected
        );
    }

    #[test]
    fn origins_leave_enough_history() {
        check(974, &[608, 729, 852], 120);
        check(1096, &[608, 730, 851, 974], 120);
        check(3000, &[2512, 2634, 2755, 2878], 120);
        check(800, &[500, 600, 700], 100);
        check(120, &[75, 90, 105], 15);
        check(100, &[], 12);
    }
}
