//! What depends on a series' days but not on its values.

use std::sync::Arc;

use fleetcast_core::{Day, INNER_HORIZON, TimeGrid, inner_origins};

use super::calendar::Calendar;
use super::regression::CalendarRegression;
use super::seasons::Seasons;

/// Days of history an inner horizon needs per day, so that the earliest origin keeps half.
const HISTORY_PER_INNER_DAY: usize = 4;

/// The shortest inner horizon: two weeks.
const LEAST_INNER_HORIZON: usize = 14;

/// Days of history from which on there are inner origins: eight weeks.
pub(super) const INNER_FROM: usize = LEAST_INNER_HORIZON * HISTORY_PER_INNER_DAY;

/// Days of history from which on the inner horizon is in full.
pub(super) const INNER_HORIZON_IN_FULL_FROM: usize = INNER_HORIZON * HISTORY_PER_INNER_DAY;

/// How many inner origins there are, where there are any.
pub(super) const INNER_ORIGINS: usize = 3;

/// The regressions of a window of days, and of the shorter windows its inner origins see.
///
/// One plan serves every series that begins and ends on the same days.
#[derive(Debug)]
pub(super) struct Plan {
    /// The first day.
    pub(super) first: Day,
    pub(super) seasons: Seasons,
    pub(super) whole: CalendarRegression,
    /// Days each inner origin has seen, and the regression over them; earliest first. Empty where
    /// there is too little history.
    pub(super) inner: Vec<(usize, CalendarRegression)>,
    /// Days after each inner origin that are forecast and scored.
    pub(super) inner_horizon: usize,
}

impl Plan {
    /// Makes the plan of the days of `grid`, on the first and last of which a series has values that tell
    /// of `seasons`.
    ///
    /// There are three inner origins, four months apart where the window has room for them ([`inner_origins`]), and half an inner
    /// horizon apart where it has not. The inner horizon is 120 days, or a quarter of the window where that is less; under eight
    /// weeks there are no inner origins. They see the seasons the whole window has: what is judged is the model that will be used.
    pub(super) fn new(grid: TimeGrid, seasons: Seasons) -> Self {
        let days = grid.len();
        let inner_horizon = INNER_HORIZON.min(days / HISTORY_PER_INNER_DAY);
        let apart = inner_origins(grid.last(), days, INNER_ORIGINS);
        let origins: Vec<usize> = if !apart.is_empty() {
            apart
        } else if inner_horizon < LEAST_INNER_HORIZON {
            Vec::new()
        } else {
            let halves_back: [usize; INNER_ORIGINS] = [4, 3, 2];
            halves_back
                .map(|halves| days - halves * inner_horizon / 2)
                .to_vec()
        };
        let calendar = Arc::new(Calendar::new(grid));
        Self {
            first: grid.first(),
            seasons,
            whole: CalendarRegression::new(&calendar, days, seasons),
            inner: origins
                .into_iter()
                .map(|seen| (seen, CalendarRegression::new(&calendar, seen, seasons)))
                .collect(),
            inner_horizon,
        }
    }
}
