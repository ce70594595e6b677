//! The model itself, a day at a time, as fast as one day can follow another.
//!
//! The same recursion as [`super::recursion`], which has the textbook's form; this one is arranged
//! so that a day waits for as few operations of the day before as can be.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::Smoothing;

// Seasons as constants, since enums cannot be.
pub(super) const NO_SEASON: u8 = 0;
pub(super) const ADDITIVE: u8 = 1;
pub(super) const MULTIPLICATIVE: u8 = 2;

/// Where the scalar chain is.
pub(super) struct Chain<'c> {
    pub(super) smoothing: Smoothing,
    pub(super) season: &'c mut [f64],
    pub(super) base: f64,
    pub(super) damped_growth: f64,
}

/// What a day of the model leaves for the lanes beside it.
pub(super) struct DayOfChain {
    /// Level plus damped growth, before the day.
    pub(super) base: f64,
    /// Seasonal state before the day.
    pub(super) season: f64,
    /// Error, 0 where missing.
    pub(super) error: f64,
    /// Error as the level sees it (divided by a multiplicative season).
    pub(super) level_error: f64,
    /// Error as a multiplicative season sees it (divided by the base).
    pub(super) season_error: f64,
    /// Growth after the day.
    pub(super) growth: f64,
    /// y / s², how the level's error depends on a multiplicative season.
    pub(super) by_season: f64,
    /// y / base², how the season's error depends on the base.
    pub(super) by_base: f64,
}

impl Chain<'_> {
    /// Moves the model on by a day.
    #[inline(always)]
    pub(super) fn step<const TREND: bool, const SEASON: u8, const GAPS: bool>(
        &mut self,
        y: f64,
        observed: f64,
        today: usize,
    ) -> DayOfChain {
        let Smoothing {
            alpha,
            beta,
            gamma,
            phi,
        } = self.smoothing;
        let mut gain = alpha + phi * beta;
        let mut growth_gain = phi * beta;
        if GAPS {
            gain *= observed;
            growth_gain *= observed;
        }
        let season = if SEASON == NO_SEASON {
            0.0
        } else {
            self.season[today]
        };
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
            self.season[today] = season + gamma * day.season_error;
        }
        // The base's own share stands alone, so that a day waits for one product and one sum.
        if TREND {
            let damped_twice = phi * self.damped_growth;
            day.growth = self.damped_growth + beta * day.level_error;
            self.damped_growth =
                (damped_twice + growth_gain * deseasoned) - growth_gain * self.base;
            self.base = self.base * (1.0 - gain) + (gain * deseasoned + damped_twice);
        } else {
            self.base = self.base * (1.0 - gain) + gain * deseasoned;
        }
        day
    }
}
