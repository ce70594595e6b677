//! The days that are worked on at a time.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::chain::{DayOfChain, MULTIPLICATIVE};

/// How many days a block has.
pub(crate) const BLOCK: usize = 64;

/// A block of days: what the model has left behind, where later steps need it again.
#[derive(Debug, Clone)]
pub(crate) struct BlockOfDays {
    /// Value, 0 where missing.
    pub(crate) y: [f64; BLOCK],
    /// 1 where observed, 0 where missing.
    pub(crate) observed: [f64; BLOCK],
    /// Error, 0 where missing.
    pub(crate) error: [f64; BLOCK],
    /// The base of a multiplicative season's day; seasonal state and the factors of [`DayOfChain`] follow.
    pub(crate) base: [f64; BLOCK],
    pub(crate) season: [f64; BLOCK],
    pub(crate) by_season: [f64; BLOCK],
    pub(crate) by_base: [f64; BLOCK],
    /// 1 / ŷ, 0 where missing.
    pub(crate) inverse_forecast: [f64; BLOCK],
    /// y / ŷ², 0 where missing.
    pub(crate) weight: [f64; BLOCK],
}

impl BlockOfDays {
    pub(crate) fn new() -> Self {
        let zeros = [0.0; BLOCK];
        Self {
            y: zeros,
            observed: zeros,
            error: zeros,
            base: zeros,
            season: zeros,
            by_season: zeros,
            by_base: zeros,
            inverse_forecast: zeros,
            weight: zeros,
        }
    }

    #[inline(always)]
    pub(crate) fn keep<const SEASON: u8>(&mut self, index: usize, day: &DayOfChain) {
        self.error[index] = day.error;
        if SEASON == MULTIPLICATIVE {
            self.base[index] = day.base;
            self.season[index] = day.season;
            self.by_season[index] = day.by_season;
            self.by_base[index] = day.by_base;
        }
    }

    /// A day without its errors, which only the first vector hears.
    #[inline(always)]
    pub(crate) fn kept(&self, index: usize) -> DayOfChain {
        DayOfChain {
            base: self.base[index],
            season: self.season[index],
            error: 0.0,
            level_error: 0.0,
            season_error: 0.0,
            growth: 0.0,
            by_season: self.by_season[index],
            by_base: self.by_base[index],
        }
    }
}
