//! The model itself, a day at a time, as fast as one day can follow another.
//!
//! The same recursion as [`crate::model::Recursion`], which has the textbook's form; this one is arranged
//! so that a day waits for as few operations of the day before as can be.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use crate::model::{Smoothing, States};

// Seasons as constants, since enums cannot be.
pub(crate) const NO_SEASON: u8 = 0;
pub(crate) const ADDITIVE: u8 = 1;
pub(crate) const MULTIPLICATIVE: u8 = 2;

/// The model's place: what one day hands on to the next, but for the season.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chain {
    /// Level plus damped growth.
    pub(crate) base: f64,
    /// φ times the growth.
    pub(crate) damped_growth: f64,
}

/// A model on its way through the days.
#[derive(Debug)]
pub(crate) struct RunningModel {
    pub(crate) chain: Chain,
    /// Seasonal states, in the order of the first season's days.
    pub(crate) season: Vec<f64>,
}

impl RunningModel {
    pub(crate) fn new(smoothing: &Smoothing, states: &States) -> Self {
        let damped_growth = smoothing.phi * states.growth;
        Self {
            chain: Chain {
                base: states.level + damped_growth,
                damped_growth,
            },
            season: states.season.clone(),
        }
    }
}

/// What a day of the model leaves for the lanes beside it.
pub(crate) struct DayOfChain {
    /// Level plus damped growth, before the day.
    pub(crate) base: f64,
    /// Seasonal state before the day.
    pub(crate) season: f64,
    /// Error, 0 where missing.
    pub(crate) error: f64,
    /// Error as the level sees it (divided by a multiplicative season).
    pub(crate) level_error: f64,
    /// Error as a multiplicative season sees it (divided by the base).
    pub(crate) season_error: f64,
    /// Growth after the day.
    pub(crate) growth: f64,
    /// y / s², how the level's error depends on a multiplicative season.
    pub(crate) by_season: f64,
    /// y / base², how the season's error depends on the base.
    pub(crate) by_base: f64,
}

impl Chain {
    /// Moves the model on by a day.
    #[inline(always)]
    pub(crate) fn step<const TREND: bool, const SEASON: u8, const GAPS: bool>(
        self,
        smoothing: &Smoothing,
        y: f64,
        observed: f64,
        season_today: &mut f64,
    ) -> (Self, DayOfChain) {
        let Smoothing {
            alpha,
            beta,
            gamma,
            phi,
        } = *smoothing;
        let mut gain = alpha + phi * beta;
        let mut growth_gain = phi * beta;
        if GAPS {
            gain *= observed;
            growth_gain *= observed;
        }
        let season = *season_today;
        let deseasoned = if SEASON == MULTIPLICATIVE {
            y / season
        } else {
            y - season
        };
        let mut day = DayOfChain {
            base: self.base,
            season,
            error: 0.0,
            level_error: deseasoned - self.base,
            season_error: 0.0,
            growth: 0.0,
            by_season: 0.0,
            by_base: 0.0,
        };
        if SEASON == MULTIPLICATIVE {
            let by_base = y / self.base;
            day.error = y - self.base * season;
            day.season_error = by_base - season;
            day.by_season = deseasoned / season;
            day.by_base = by_base / self.base;
        } else {
            day.error = day.level_error;
            day.season_error = day.level_error;
        }
        if GAPS {
            day.error *= observed;
            day.level_error *= observed;
            day.season_error *= observed;
        }
        if SEASON != NO_SEASON {
            *season_today = season + gamma * day.season_error;
        }
        // The base's own share stands alone, so that a day waits for one product and one sum.
        let kept = self.base * (1.0 - gain);
        if !TREND {
            let next = Self {
                base: kept + gain * deseasoned,
                damped_growth: 0.0,
            };
            return (next, day);
        }
        let damped_twice = phi * self.damped_growth;
        day.growth = self.damped_growth + beta * day.level_error;
        let next = Self {
            base: kept + (gain * deseasoned + damped_twice),
            damped_growth: (damped_twice + growth_gain * deseasoned) - growth_gain * self.base,
        };
        (next, day)
    }
}
