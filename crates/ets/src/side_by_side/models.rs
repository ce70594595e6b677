//! The models of all series from the first day to the last, and how their forecasts move with α and γ.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::days::Days;
use crate::model::{Smoothing, States};
use fleetcast_numerics::{LANES, Lanes};

/// A model of a series: its parameters, and its states before the first day.
pub(crate) type ModelOfLane<'a> = (Smoothing, &'a States);

/// The smoothing parameters of each lane.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gains {
    pub(crate) alpha: [f64; LANES],
    pub(crate) gamma: [f64; LANES],
}

impl Gains {
    /// Returns the parameters of some models; 0 where there is none.
    pub(crate) fn of(models: &[Option<ModelOfLane<'_>>]) -> Self {
        let mut gains = Self {
            alpha: [0.0; LANES],
            gamma: [0.0; LANES],
        };
        for (lane, model) in models.iter().enumerate().take(LANES) {
            if let Some((smoothing, _)) = model {
                gains.set(lane, smoothing);
            }
        }
        gains
    }

    pub(crate) fn set(&mut self, lane: usize, smoothing: &Smoothing) {
        self.alpha[lane] = smoothing.alpha;
        self.gamma[lane] = smoothing.gamma;
    }

    /// Whether a lane has the same parameters as in another.
    pub(crate) fn are_those_of(&self, other: &Self, lane: usize) -> bool {
        let bits = |gains: &Self| [gains.alpha[lane], gains.gamma[lane]].map(f64::to_bits);
        bits(self) == bits(other)
    }
}

/// Level and season of something that runs through the days.
#[derive(Clone, Copy)]
pub(crate) struct LaneStates<V, const SEASON: usize> {
    pub(crate) level: V,
    /// The season's states, in the order of the first season's days.
    pub(crate) season: [V; SEASON],
}

impl<V: Copy, const SEASON: usize> LaneStates<V, SEASON> {
    /// Returns states that are all zero.
    #[inline(always)]
    pub(crate) fn at_rest<L: Lanes<V = V>>(lanes: L) -> Self {
        let zero = lanes.splat(0.0);
        Self {
            level: zero,
            season: [zero; SEASON],
        }
    }

    /// The states of some models; 0 where there is none.
    #[inline(always)]
    pub(crate) fn of<L: Lanes<V = V>>(lanes: L, models: &[Option<ModelOfLane<'_>>]) -> Self {
        let mut states = Self::at_rest::<L>(lanes);
        let mut level = [0.0; LANES];
        let mut season = [[0.0; LANES]; SEASON];
        for (lane, model) in models.iter().enumerate().take(LANES) {
            let Some((_, states)) = model else { continue };
            level[lane] = states.level;
            for (all, one) in season.iter_mut().zip(&states.season) {
                all[lane] = *one;
            }
        }
        states.level = lanes.load(level);
        for (state, all) in states.season.iter_mut().zip(season) {
            *state = lanes.load(all);
        }
        states
    }
}

/// A day's columns: the error, then the derivatives of the forecast by α and γ.
pub(crate) const ERROR: usize = 0;
pub(crate) const ALPHA: usize = 1;
pub(crate) const GAMMA: usize = 2;

/// Runs models through the days and writes each day's columns: the error alone, or all three.
#[inline(always)]
pub(crate) fn forward<L: Lanes, const SEASON: usize, const COLUMNS: usize>(
    lanes: L,
    observations: &Days,
    gains: &Gains,
    models: &[Option<ModelOfLane<'_>>],
    columns: &mut [[L::V; COLUMNS]],
) {
    let zero = lanes.splat(0.0);
    let (alpha, gamma) = (lanes.load(gains.alpha), lanes.load(gains.gamma));
    let mut states = LaneStates::<L::V, SEASON>::of::<L>(lanes, models);
    let mut by_alpha = LaneStates::<L::V, SEASON>::at_rest::<L>(lanes);
    let mut by_gamma = by_alpha;
    let mut today = 0;
    let days = observations.y.iter().zip(&observations.observed);
    for ((y, observed), columns) in days.zip(columns) {
        let (y, observed) = (lanes.load(*y), lanes.load(*observed));
        let mut season = zero;
        if SEASON > 0 {
            season = states.season[today];
        }
        let error = lanes.mul(lanes.sub(lanes.sub(y, season), states.level), observed);
        states.level = lanes.add(states.level, lanes.mul(alpha, error));
        columns[ERROR] = error;
        if SEASON > 0 {
            states.season[today] = lanes.add(season, lanes.mul(gamma, error));
        }
        if COLUMNS > ALPHA {
            let mut season = zero;
            if SEASON > 0 {
                season = by_alpha.season[today];
            }
            let rise = lanes.mul(lanes.add(by_alpha.level, season), observed);
            by_alpha.level = lanes.sub(lanes.add(by_alpha.level, error), lanes.mul(alpha, rise));
            columns[ALPHA] = rise;
            if SEASON > 0 {
                by_alpha.season[today] = lanes.sub(season, lanes.mul(gamma, rise));
            }
        }
        if SEASON > 0 && COLUMNS > GAMMA {
            let season = by_gamma.season[today];
            let rise = lanes.mul(lanes.add(by_gamma.level, season), observed);
            by_gamma.level = lanes.sub(by_gamma.level, lanes.mul(alpha, rise));
            by_gamma.season[today] = lanes.sub(lanes.add(season, error), lanes.mul(gamma, rise));
            columns[GAMMA] = rise;
        }
        today += 1;
        if today >= SEASON {
            today = 0;
        }
    }
}
