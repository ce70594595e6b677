//! Models run to where their series end, without derivatives.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::super::States;
use super::super::lanes::{Kernel, LANES, Lanes};
use super::models::{Chain, Gains, Model};
use super::pass::Abreast;

/// Where a series' model has come to.
#[derive(Debug)]
pub(super) struct End {
    /// States after the last day, the next day's season first.
    pub(super) last: States,
    pub(super) sum_of_squares: f64,
}

/// A run without derivatives, as the dispatcher wants it.
pub(super) struct Follow<'p, const SEASON: usize> {
    pub(super) abreast: &'p Abreast<SEASON>,
    pub(super) models: &'p [Option<Model<'p>>],
}

impl<const SEASON: usize> Kernel for Follow<'_, SEASON> {
    type Output = Vec<End>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Vec<End> {
        let Self { abreast, models } = self;
        let gains = Gains::of(models);
        let (alpha, gamma) = (lanes.load(gains.alpha), lanes.load(gains.gamma));
        let Chain {
            mut level,
            mut season,
        } = Chain::<L::V, SEASON>::of::<L>(lanes, models);
        let mut squares = lanes.splat(0.0);
        let mut today = 0;
        for (y, observed) in abreast.y.iter().zip(&abreast.observed) {
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
        let lanes = abreast.days.iter().enumerate();
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
