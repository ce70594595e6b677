//! How the forecasts of all series move with their initial states.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::super::lanes::{LANES, Lanes};
use super::models::Gains;
use super::pass::{BLOCK, BlockOf};

/// Responses to initial states that are worked on at once: those of a level and a week.
pub(super) const AT_ONCE: usize = 7;

/// How the forecasts of all series move with some of their initial states: the level, then the days of
/// the season. Those past the last one are not used.
pub(super) struct Responses<V> {
    level: [V; AT_ONCE],
    season: Vec<[V; AT_ONCE]>,
}

impl<V: Copy> Responses<V> {
    /// From the state of number `first` on.
    #[inline(always)]
    pub(super) fn new<L: Lanes<V = V>>(lanes: L, first: usize, season_length: usize) -> Self {
        let (zero, one) = (lanes.splat(0.0), lanes.splat(1.0));
        let mut level = [zero; AT_ONCE];
        let mut season = vec![[zero; AT_ONCE]; season_length];
        for (index, level) in level.iter_mut().enumerate() {
            match (first + index).checked_sub(1) {
                None => *level = one,
                Some(day) => {
                    if let Some(season) = season.get_mut(day) {
                        season[index] = one;
                    }
                }
            }
        }
        Self { level, season }
    }

    /// Writes a block of them into the design.
    #[inline(always)]
    pub(super) fn run<L: Lanes<V = V>, const SEASON: bool>(
        &mut self,
        lanes: L,
        gains: &Gains<V>,
        observed: &BlockOf<[f64; LANES]>,
        mut today: usize,
        design: &mut [BlockOf<V>; AT_ONCE],
    ) {
        let mut level = self.level;
        for day in 0..BLOCK {
            let observed = lanes.load(observed[day]);
            if !SEASON {
                for index in 0..AT_ONCE {
                    let rise = lanes.mul(level[index], observed);
                    level[index] = lanes.sub(level[index], lanes.mul(gains.alpha, rise));
                    design[index][day] = rise;
                }
                continue;
            }
            let season = &mut self.season[today];
            for index in 0..AT_ONCE {
                let rise = lanes.mul(lanes.add(level[index], season[index]), observed);
                level[index] = lanes.sub(level[index], lanes.mul(gains.alpha, rise));
                season[index] = lanes.sub(season[index], lanes.mul(gains.gamma, rise));
                design[index][day] = rise;
            }
            today += 1;
            if today == self.season.len() {
                today = 0;
            }
        }
        self.level = level;
    }
}
