//! Products of columns with the responses of forecasts to initial states, without those responses: found
//! from the last day back.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::models::{Gains, LaneStates};
use fleetcast_numerics::{LANES, Lanes};

/// Returns, for each column, the sums over days of its products with the responses to the level and to
/// each day of the season.
///
/// The adjoint of the recursion: what a state adds to the sum over this day and all later ones follows
/// from what the states after this day add to the later ones.
#[inline(always)]
pub(crate) fn backward<L: Lanes, const SEASON: usize, const COLUMNS: usize>(
    lanes: L,
    observed: &[[f64; LANES]],
    gains: &Gains,
    columns: &[[L::V; COLUMNS]],
) -> [LaneStates<L::V, SEASON>; COLUMNS] {
    let (alpha, gamma) = (lanes.load(gains.alpha), lanes.load(gains.gamma));
    // Levels by themselves: they stay in registers.
    let mut levels = [lanes.splat(0.0); COLUMNS];
    let mut seasons = [[lanes.splat(0.0); SEASON]; COLUMNS];
    let mut today = first_of_season(observed.len(), SEASON);
    for (observed, columns) in observed.iter().zip(columns).rev() {
        today = day_before(today, SEASON);
        let observed = lanes.load(*observed);
        for column in 0..COLUMNS {
            let mut effect = columns[column];
            if SEASON > 0 {
                effect = lanes.sub(effect, lanes.mul(gamma, seasons[column][today]));
            }
            effect = lanes.sub(effect, lanes.mul(alpha, levels[column]));
            effect = lanes.mul(effect, observed);
            levels[column] = lanes.add(levels[column], effect);
            if SEASON > 0 {
                seasons[column][today] = lanes.add(seasons[column][today], effect);
            }
        }
    }
    let mut sums = [LaneStates::<L::V, SEASON>::at_rest::<L>(lanes); COLUMNS];
    for column in 0..COLUMNS {
        sums[column].level = levels[column];
        sums[column].season = seasons[column];
    }
    sums
}

/// The day of the season after `days` days.
#[inline(always)]
pub(crate) fn first_of_season(days: usize, season_length: usize) -> usize {
    if season_length == 0 {
        0
    } else {
        days % season_length
    }
}

/// The day of the season before another.
#[inline(always)]
pub(crate) fn day_before(today: usize, season_length: usize) -> usize {
    if today == 0 {
        season_length.saturating_sub(1)
    } else {
        today - 1
    }
}
