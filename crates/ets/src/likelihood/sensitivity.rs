//! How the one-step forecasts move with initial states and parameters: eight derivatives at a time.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::block::{BLOCK, BlockOfDays};
use super::chain::{ADDITIVE, MULTIPLICATIVE, NO_SEASON, RunningModel};
use super::columns::Columns;
use crate::model::Smoothing;
use fleetcast_numerics::{LANES, Lanes};

/// What the lanes of one vector need to get through a block.
pub(crate) struct LaneDays<'b> {
    pub(crate) length: usize,
    pub(crate) smoothing: &'b Smoothing,
    pub(crate) columns: &'b Columns,
    /// Which entry of the season is the first day's.
    pub(crate) ring_start: usize,
}

impl LaneDays<'_> {
    /// Runs the derivatives of base, damped growth and season over a block, and leaves those of
    /// the one-step forecasts in `design`. `FIRST` is the vector whose lanes include parameters;
    /// the model itself runs beside it, and leaves in `days` what other vectors need.
    #[inline(always)]
    pub(crate) fn run<
        L: Lanes,
        const TREND: bool,
        const SEASON: u8,
        const GAPS: bool,
        const FIRST: bool,
    >(
        &self,
        lanes: L,
        model: &mut RunningModel,
        days: &mut BlockOfDays,
        ring: &mut [L::V],
        state: &mut [L::V; 2],
        design: &mut [L::V],
    ) {
        let sources = Sources::new(lanes, self.smoothing, self.columns);
        let mut gains = Gains::new(lanes, self.smoothing, 1.0);
        let [mut base, mut damped_growth] = *state;
        let mut chain = model.chain;
        let mut today = self.ring_start;
        for (index, column) in design.iter_mut().enumerate().take(self.length.min(BLOCK)) {
            let observed = days.observed[index];
            let day = if FIRST {
                let mut none = 0.0;
                let season_today = if SEASON == NO_SEASON {
                    &mut none
                } else {
                    &mut model.season[today]
                };
                let y = days.y[index];
                let (next, day) =
                    chain.step::<TREND, SEASON, GAPS>(self.smoothing, y, observed, season_today);
                chain = next;
                days.keep::<SEASON>(index, &day);
                day
            } else {
                days.kept(index)
            };
            if GAPS {
                gains = Gains::new(lanes, self.smoothing, observed);
            }
            let season = if SEASON == NO_SEASON {
                base
            } else {
                ring[today]
            };
            // How a seasonal state moves the error of the level, and the forecast.
            let season_effect = if SEASON == MULTIPLICATIVE {
                lanes.mul(season, lanes.splat(day.by_season))
            } else {
                season
            };
            let mut rise = match SEASON {
                NO_SEASON => base,
                ADDITIVE => lanes.add(base, season),
                _ => {
                    let base_share = lanes.mul(base, lanes.splat(day.season));
                    lanes.add(base_share, lanes.mul(season, lanes.splat(day.base)))
                }
            };
            if GAPS {
                rise = lanes.mul(rise, lanes.splat(observed));
            }
            if FIRST {
                // No derivative uses the first lane: the error travels there.
                rise = lanes.add(rise, lanes.mul(sources.error, lanes.splat(day.error)));
            }
            *column = rise;

            if SEASON != NO_SEASON {
                let season_fall = if SEASON == MULTIPLICATIVE {
                    lanes.add(lanes.mul(base, lanes.splat(day.by_base)), season)
                } else {
                    lanes.add(base, season)
                };
                let mut next = lanes.sub(season, lanes.mul(gains.season, season_fall));
                if FIRST {
                    let source = lanes.mul(sources.season, lanes.splat(day.season_error));
                    next = lanes.add(next, source);
                }
                ring[today] = next;
                today += 1;
                if today == ring.len() {
                    today = 0;
                }
            }

            // What does not wait for the day before comes first, what does comes last.
            let mut joins_base = lanes.splat(0.0);
            let mut joins_growth = lanes.splat(0.0);
            if FIRST {
                let level_error = lanes.splat(day.level_error);
                joins_base = lanes.mul(sources.base, level_error);
                if TREND {
                    let source = lanes.mul(sources.phi, lanes.splat(day.growth));
                    joins_base = lanes.add(joins_base, source);
                    joins_growth = lanes.add(lanes.mul(sources.growth, level_error), source);
                }
            }
            if SEASON != NO_SEASON {
                joins_base = lanes.sub(joins_base, lanes.mul(gains.base, season_effect));
                if TREND {
                    let share = lanes.mul(gains.growth, season_effect);
                    joins_growth = lanes.sub(joins_growth, share);
                }
            }
            if TREND {
                let damped_twice = lanes.mul(gains.phi, damped_growth);
                joins_base = lanes.add(joins_base, damped_twice);
                joins_growth = lanes.add(joins_growth, damped_twice);
                damped_growth = lanes.sub(joins_growth, lanes.mul(gains.growth, base));
            }
            base = lanes.add(lanes.mul(gains.kept, base), joins_base);
        }
        *state = [base, damped_growth];
        model.chain = chain;
    }
}

/// What derivatives are multiplied by from day to day, the same in all lanes.
#[derive(Clone, Copy)]
struct Gains<V> {
    /// α + φβ, how much of an error joins the base.
    base: V,
    /// What is left of the base: 1 less that.
    kept: V,
    /// φβ, how much of it joins the damped growth.
    growth: V,
    /// γ.
    season: V,
    /// φ.
    phi: V,
}

impl<V> Gains<V> {
    #[inline(always)]
    fn new<L: Lanes<V = V>>(lanes: L, smoothing: &Smoothing, observed: f64) -> Self {
        let growth = smoothing.phi * smoothing.beta;
        let base = smoothing.alpha + growth;
        Self {
            base: lanes.splat(base * observed),
            kept: lanes.splat(1.0 - base * observed),
            growth: lanes.splat(growth * observed),
            season: lanes.splat(smoothing.gamma * observed),
            phi: lanes.splat(smoothing.phi),
        }
    }
}

/// Which lanes hear an error or a growth directly: those of the parameter it is multiplied by.
struct Sources<V> {
    /// The lane that carries the error itself.
    error: V,
    base: V,
    growth: V,
    season: V,
    phi: V,
}

impl<V> Sources<V> {
    #[inline(always)]
    fn new<L: Lanes<V = V>>(lanes: L, smoothing: &Smoothing, columns: &Columns) -> Self {
        let (mut base, mut growth) = ([0.0; LANES], [0.0; LANES]);
        let (mut season, mut phi) = ([0.0; LANES], [0.0; LANES]);
        base[columns.alpha] = 1.0;
        if let Some(lane) = columns.beta {
            base[lane] = smoothing.phi;
            growth[lane] = smoothing.phi;
        }
        if let Some(lane) = columns.gamma {
            season[lane] = 1.0;
        }
        if let Some(lane) = columns.phi {
            phi[lane] = 1.0;
        }
        Self {
            error: first_lane(lanes),
            base: lanes.load(base),
            growth: lanes.load(growth),
            season: lanes.load(season),
            phi: lanes.load(phi),
        }
    }
}

/// 1 in the first lane, 0 in the others.
#[inline(always)]
pub(crate) fn first_lane<L: Lanes>(lanes: L) -> L::V {
    lanes.load([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
}
