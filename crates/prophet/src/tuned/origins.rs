//! Where the inner origins of a window lie.

/// Days forecast from an inner origin: four months, as long as the backtest.
const INNER_HORIZON: usize = 122;

/// Inner origins at most.
const MOST_ORIGINS: usize = 4;

/// The least history an inner origin of a long window has, in days: 20 months.
const LEAST_HISTORY: usize = 608;

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
    /// The origins inside a window of `days` days; none where it is too short to learn anything
    /// from them.
    ///
    /// A window of 32 months has three, each with at least 20 months of history, and one of 36
    /// months four.
    pub(crate) fn of(days: usize) -> Self {
        let fitting = days.saturating_sub(LEAST_HISTORY) / INNER_HORIZON;
        let (count, horizon) = if fitting >= SHORT_ORIGINS {
            (fitting.min(MOST_ORIGINS), INNER_HORIZON)
        } else {
            let horizon = (days / SHORT_SHARE).min(INNER_HORIZON);
            (SHORT_ORIGINS, horizon)
        };
        let count = if horizon < LEAST_INNER_HORIZON {
            0
        } else {
            count
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
        assert_eq!(InnerOrigins::of(days), expected);
    }

    #[test]
    fn origins_leave_enough_history() {
        check(974, &[608, 730, 852], 122);
        check(1096, &[608, 730, 852, 974], 122);
        check(3000, &[2512, 2634, 2756, 2878], 122);
        check(800, &[500, 600, 700], 100);
        check(120, &[75, 90, 105], 15);
        check(100, &[], 12);
    }
}
