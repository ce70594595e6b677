//! Models run to where their series end, without derivatives.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::days::Days;
use super::models::{Gains, LaneStates, ModelOfLane};
use crate::model::States;
use fleetcast_numerics::{Kernel, LANES, Lanes};

/// The end of a series, as its model has reached it.
#[derive(Debug)]
pub(crate) struct End {
    /// States after the last day, the next day's season first.
    pub(crate) last: States,
    pub(crate) sum_of_squares: f64,
}

/// A run without derivatives, as the dispatcher wants it.
pub(crate) struct Follow<'p, const SEASON: usize> {
    pub(crate) days: &'p Days,
    pub(crate) models: &'p [Option<ModelOfLane<'p>>],
}

impl<const SEASON: usize> Kernel for Follow<'_, SEASON> {
    type Output = Vec<End>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Vec<End> {
        let Self { days, models } = self;
        let gains = Gains::of(models);
        let (alpha, gamma) = (lanes.load(gains.alpha), lanes.load(gains.gamma));
        let LaneStates {
            mut level,
            mut season,
        } = LaneStates::<L::V, SEASON>::of::<L>(lanes, models);
        let mut squares = lanes.splat(0.0);
        let mut today = 0;
        for (y, observed) in days.y.iter().zip(&days.observed) {
            let (mut rest, observed) = (lanes.load(*y), lanes.load(*observed));
            if SEASON > 0 {
                rest = lanes.sub(rest, season[today]);
            }
            let error = lanes.mul(lanes.sub(rest, level), observed);
            level = lanes.add(level, lanes.mul(alpha, error));
            if SEASON > 0 {
                season[today] = lanes.add(season[today], lanes.mul(gamma, error));
            }
            squares = lanes.add(squares, lanes.mul(error, error));
            today += 1;
            if today >= SEASON {
                today = 0;
            }
        }
        let (level, squares) = (lanes.store(level), lanes.store(squares));
        let season: Vec<[f64; LANES]> = season.iter().map(|day| lanes.store(*day)).collect();
        let lanes = days.lengths.iter().enumerate();
        lanes
            .map(|(lane, days)| {
                let mut season: Vec<f64> = season.iter().map(|day| day[lane]).collect();
                let today = days % season.len().max(1);
                season.rotate_left(today);
                End {
                    last: States {
                        level: level[lane],
                        growth: 0.0,
                        season,
                    },
                    sum_of_squares: squares[lane],
                }
            })
            .collect()
    }
}
