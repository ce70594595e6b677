//! The models of all series, a day at a time, and how their forecasts move with α and γ.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::super::lanes::{LANES, Lanes};
use super::super::{Smoothing, States};
use super::layout::Layout;
use super::pass::{Abreast, BLOCK, BlockOf};

/// A model of a series: its parameters, and its states before the first day.
pub(super) type Model<'a> = (Smoothing, &'a States);

/// The smoothing parameters of each series.
pub(super) struct Gains<V> {
    pub(super) alpha: V,
    pub(super) gamma: V,
}

impl<V: Copy> Gains<V> {
    #[inline(always)]
    pub(super) fn new<L: Lanes<V = V>>(lanes: L, models: &[Option<Model<'_>>]) -> Self {
        let of = |parameter: fn(&Smoothing) -> f64| {
            let mut all = [0.0; LANES];
            for (one, model) in all.iter_mut().zip(models) {
                *one = model.map_or(0.0, |(smoothing, _)| parameter(&smoothing));
            }
            lanes.load(all)
        };
        Self {
            alpha: of(|smoothing| smoothing.alpha),
            gamma: of(|smoothing| smoothing.gamma),
        }
    }
}

/// Level and season of something that runs through the days.
#[derive(Clone)]
pub(super) struct Chain<V> {
    pub(super) level: V,
    /// In the order of the first season's days.
    pub(super) season: Vec<V>,
}

/// The models themselves, and how their forecasts move with α and γ.
pub(super) struct Models<V> {
    pub(super) states: Chain<V>,
    by_alpha: Chain<V>,
    by_gamma: Chain<V>,
    layout: Layout,
}

impl<V: Copy> Models<V> {
    #[inline(always)]
    pub(super) fn new<L: Lanes<V = V>>(
        lanes: L,
        abreast: &Abreast,
        models: &[Option<Model<'_>>],
    ) -> Self {
        let zero = lanes.splat(0.0);
        let at_rest = Chain {
            level: zero,
            season: vec![zero; abreast.season_length],
        };
        let mut states = at_rest.clone();
        let mut level = [0.0; LANES];
        for (level, model) in level.iter_mut().zip(models) {
            *level = model.map_or(0.0, |(_, states)| states.level);
        }
        states.level = lanes.load(level);
        for (day, season) in states.season.iter_mut().enumerate() {
            let mut all = [0.0; LANES];
            for (one, model) in all.iter_mut().zip(models) {
                *one = model.map_or(0.0, |(_, states)| states.season[day]);
            }
            *season = lanes.load(all);
        }
        Self {
            states,
            by_alpha: at_rest.clone(),
            by_gamma: at_rest,
            layout: abreast.layout,
        }
    }

    /// Writes errors and their derivatives of a block into `design`.
    #[inline(always)]
    pub(super) fn run<L: Lanes<V = V>, const SEASON: bool>(
        &mut self,
        lanes: L,
        gains: &Gains<V>,
        (y, observed): (&BlockOf<[f64; LANES]>, &BlockOf<[f64; LANES]>),
        mut today: usize,
        design: &mut [BlockOf<V>],
    ) {
        let zero = lanes.splat(0.0);
        let mut level = self.states.level;
        let (mut by_alpha, mut by_gamma) = (self.by_alpha.level, self.by_gamma.level);
        let season_length = self.states.season.len();
        for day in 0..BLOCK {
            let (y, observed) = (lanes.load(y[day]), lanes.load(observed[day]));
            let (mut season, mut season_by_alpha, mut season_by_gamma) = (zero, zero, zero);
            if SEASON {
                season = self.states.season[today];
                season_by_alpha = self.by_alpha.season[today];
                season_by_gamma = self.by_gamma.season[today];
            }
            let error = lanes.mul(lanes.sub(lanes.sub(y, season), level), observed);
            level = lanes.add(level, lanes.mul(gains.alpha, error));
            design[0][day] = error;

            let rise = lanes.mul(lanes.add(by_alpha, season_by_alpha), observed);
            by_alpha = lanes.add(lanes.sub(by_alpha, lanes.mul(gains.alpha, rise)), error);
            design[self.layout.alpha][day] = rise;
            let Some(gamma) = self.layout.gamma else {
                continue;
            };
            if !SEASON {
                continue;
            }
            self.states.season[today] = lanes.add(season, lanes.mul(gains.gamma, error));
            self.by_alpha.season[today] = lanes.sub(season_by_alpha, lanes.mul(gains.gamma, rise));
            let rise = lanes.mul(lanes.add(by_gamma, season_by_gamma), observed);
            by_gamma = lanes.sub(by_gamma, lanes.mul(gains.alpha, rise));
            self.by_gamma.season[today] = lanes.add(
                lanes.sub(season_by_gamma, lanes.mul(gains.gamma, rise)),
                error,
            );
            design[gamma][day] = rise;
            today += 1;
            if today == season_length {
                today = 0;
            }
        }
        self.states.level = level;
        self.by_alpha.level = by_alpha;
        self.by_gamma.level = by_gamma;
    }
}
