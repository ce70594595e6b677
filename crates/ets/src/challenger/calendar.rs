//! What depends on the day alone: sines and cosines of the year, and how slopes fade.

use std::f64::consts::TAU;

use fleetcast_core::{SEASON_WEEK, TimeGrid};

/// Days of a year, leap days shared out.
pub(super) const YEAR: f64 = 365.25;

/// Pairs of a sine and a cosine over the year.
pub(super) const HARMONICS: usize = 5;

/// Days after which the slope at the end has faded to 1/e of itself.
pub(super) const SLOPE_LASTS: f64 = 90.0;

/// Days after a grid that are kept: a backtest and a half year beyond it. Later ones are computed when
/// they are asked for.
const DAYS_AHEAD: usize = 366;

/// The days of a grid and those after it, shared by all regressions that begin on the same day.
#[derive(Debug)]
pub(super) struct Calendar {
    /// Days from the epoch to the first day.
    first: i32,
    harmonics: Vec<[f64; 2 * HARMONICS]>,
    /// The share of itself that a slope has lost, for each day ahead.
    faded: Vec<f64>,
}

impl Calendar {
    /// Makes the calendar of the days of `grid` and a year more.
    pub(super) fn new(grid: TimeGrid) -> Self {
        let first = grid.first().epoch_days();
        let days = 0..grid.len() + DAYS_AHEAD;
        Self {
            first,
            harmonics: days.map(|day| harmonics(first, day)).collect(),
            faded: (0..DAYS_AHEAD).map(faded).collect(),
        }
    }

    /// Sines and cosines of a day, by its number from the first day on.
    pub(super) fn harmonics(&self, day: usize) -> [f64; 2 * HARMONICS] {
        let known = self.harmonics.get(day).copied();
        known.unwrap_or_else(|| harmonics(self.first, day))
    }

    /// Returns the share of itself that a slope has lost `step` days after the first day ahead.
    pub(super) fn faded(&self, step: usize) -> f64 {
        self.faded.get(step).copied().unwrap_or_else(|| faded(step))
    }

    /// The weekday of a day, by its number from the first day on.
    pub(super) fn weekday(&self, day: usize) -> usize {
        let week = i64::try_from(SEASON_WEEK).unwrap_or(i64::MAX);
        let first = i64::from(self.first).rem_euclid(week);
        (usize::try_from(first).unwrap_or(0) + day) % SEASON_WEEK
    }
}

fn harmonics(first: i32, day: usize) -> [f64; 2 * HARMONICS] {
    let years = (f64::from(first) + day as f64) / YEAR;
    let angle = TAU * (years - years.floor());
    std::array::from_fn(|index| {
        let angle = angle * (index / 2 + 1) as f64;
        if index % 2 == 0 {
            libm::sin(angle)
        } else {
            libm::cos(angle)
        }
    })
}

fn faded(step: usize) -> f64 {
    1.0 - libm::exp(-((step + 1) as f64) / SLOPE_LASTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_beyond_those_kept_are_the_same_as_kept_ones() {
        let grid = |days| TimeGrid::new("2023-01-01".parse().unwrap(), days);
        let (short, long) = (Calendar::new(grid(10)), Calendar::new(grid(500)));
        let bits = |calendar: &Calendar| calendar.harmonics(450).map(f64::to_bits);
        assert_eq!(bits(&short), bits(&long));
        // 2023 begins on a Sunday, the epoch on a Thursday.
        assert_eq!((short.weekday(0), short.weekday(4)), (3, 0));
        let faded: Vec<f64> = [0, 89, 400].map(|step| short.faded(step)).to_vec();
        assert!(faded.is_sorted() && (faded[1] - (1.0 - (-1.0_f64).exp())).abs() < 1e-15);
    }
}
