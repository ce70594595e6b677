//! A forecast and what it promises.

use std::fmt;

use crate::{Day, TimeGrid};

/// The number of days forecast: from 1 to 3,660 (ten years).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Horizon(u16);

/// Why a value is no horizon, level or forecast.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ForecastError {
    /// Not between 1 and 3,660 days.
    #[error("a horizon of {0} days is out of range; give 1 to 3660")]
    Horizon(usize),
    /// Not between 0 and 1.
    #[error("an interval level of {0} is out of range; give a number between 0 and 1, such as 0.8")]
    Level(f64),
    /// Point forecast and bounds differ in length.
    #[error("the forecast has {yhat} days, its lower bound {lower}, its upper bound {upper}")]
    Length {
        /// Days of the point forecast.
        yhat: usize,
        /// Days of the lower bound.
        lower: usize,
        /// Days of the upper bound.
        upper: usize,
    },
    /// A value is NaN or infinite.
    #[error("the forecast for {day} is not finite")]
    NotFinite {
        /// The first such day.
        day: Day,
    },
    /// The bounds do not enclose the forecast.
    #[error("on {day} the interval {lower} to {upper} does not hold the forecast {yhat}")]
    NotNested {
        /// The first such day.
        day: Day,
        /// Lower bound.
        lower: f64,
        /// Point forecast.
        yhat: f64,
        /// Upper bound.
        upper: f64,
    },
}

impl Horizon {
    /// 180 days.
    pub const DEFAULT: Self = Self(180);

    /// Returns a horizon of `days`.
    ///
    /// # Errors
    ///
    /// [`ForecastError::Horizon`] outside 1 to 3,660.
    pub fn new(days: usize) -> Result<Self, ForecastError> {
        u16::try_from(days)
            .ok()
            .filter(|days| (1..=3660).contains(days))
            .map(Self)
            .ok_or(ForecastError::Horizon(days))
    }

    /// Returns the number of days.
    #[must_use]
    pub fn days(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} days", self.0)
    }
}

/// The share of outcomes a prediction interval should hold: 0.8 for an 80 % interval.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct IntervalLevel(f64);

impl IntervalLevel {
    /// 80 %, as Prophet draws them.
    pub const EIGHTY_PERCENT: Self = Self(0.8);

    /// Returns a level strictly between 0 and 1.
    ///
    /// # Errors
    ///
    /// [`ForecastError::Level`] otherwise.
    pub fn new(share: f64) -> Result<Self, ForecastError> {
        (share > 0.0 && share < 1.0)
            .then_some(Self(share))
            .ok_or(ForecastError::Level(share))
    }

    /// Returns the share of outcomes inside.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0
    }

    /// Returns the probability below the upper bound of a central interval: 0.9 at 80 %.
    #[must_use]
    pub fn upper_probability(self) -> f64 {
        f64::midpoint(1.0, self.0)
    }
}

/// A point forecast with a central prediction interval, a value a day, all in the series' unit.
///
/// Every value is finite, and `lower <= yhat <= upper` on every day: no other forecast can be
/// made.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    grid: TimeGrid,
    yhat: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
}

impl Forecast {
    /// Returns a forecast that begins on `first`.
    ///
    /// # Errors
    ///
    /// [`ForecastError`] where lengths differ, a value is not finite, or an interval does not
    /// hold its point forecast.
    pub fn new(
        first: Day,
        yhat: Vec<f64>,
        lower: Vec<f64>,
        upper: Vec<f64>,
    ) -> Result<Self, ForecastError> {
        let grid = TimeGrid::new(first, yhat.len());
        check(grid, &yhat, &lower, &upper)?;
        Ok(Self {
            grid,
            yhat,
            lower,
            upper,
        })
    }

    /// Returns a forecast of the same value every day, with an interval of no width: what a constant
    /// series promises.
    ///
    /// # Errors
    ///
    /// [`ForecastError::NotFinite`] where `value` is not finite.
    pub fn constant(first: Day, horizon: Horizon, value: f64) -> Result<Self, ForecastError> {
        let values = vec![value; horizon.days()];
        Self::new(first, values.clone(), values.clone(), values)
    }

    /// Returns the forecast of the first `days` days, and that of the rest.
    #[must_use]
    pub fn split_at(mut self, days: usize) -> (Self, Self) {
        let (first, second) = self.grid.split_at(days);
        let rest = Self {
            grid: second,
            yhat: self.yhat.split_off(first.len()),
            lower: self.lower.split_off(first.len()),
            upper: self.upper.split_off(first.len()),
        };
        self.grid = first;
        (self, rest)
    }

    /// Returns the days forecast.
    #[must_use]
    pub fn grid(&self) -> TimeGrid {
        self.grid
    }

    /// Returns the point forecasts, a value a day.
    #[must_use]
    pub fn yhat(&self) -> &[f64] {
        &self.yhat
    }

    /// Returns the lower bounds, a value a day.
    #[must_use]
    pub fn lower(&self) -> &[f64] {
        &self.lower
    }

    /// Returns the upper bounds, a value a day.
    #[must_use]
    pub fn upper(&self) -> &[f64] {
        &self.upper
    }
}

/// Checks that bounds are as many as point forecasts, that all are finite, and that bounds enclose them.
pub(crate) fn check(
    grid: TimeGrid,
    yhat: &[f64],
    lower: &[f64],
    upper: &[f64],
) -> Result<(), ForecastError> {
    if yhat.len() != lower.len() || yhat.len() != upper.len() {
        return Err(ForecastError::Length {
            yhat: yhat.len(),
            lower: lower.len(),
            upper: upper.len(),
        });
    }
    for (day, ((&yhat, &lower), &upper)) in grid.days().zip(yhat.iter().zip(lower).zip(upper)) {
        if !(yhat.is_finite() && lower.is_finite() && upper.is_finite()) {
            return Err(ForecastError::NotFinite { day });
        }
        if !(lower <= yhat && yhat <= upper) {
            return Err(ForecastError::NotNested {
                day,
                lower,
                yhat,
                upper,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn horizons_and_levels_have_ranges() {
        assert_eq!(Horizon::new(180).unwrap(), Horizon::DEFAULT);
        for days in [0, 3661, usize::MAX] {
            assert_eq!(Horizon::new(days), Err(ForecastError::Horizon(days)));
        }
        for share in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(IntervalLevel::new(share).is_err());
        }
        let upper = IntervalLevel::EIGHTY_PERCENT.upper_probability();
        assert!((upper - 0.9).abs() < 1e-15);
    }

    #[test]
    fn a_forecast_splits_by_days() {
        let first: Day = "2025-01-01".parse().unwrap();
        let values = vec![1.0, 2.0, 3.0];
        let forecast =
            Forecast::new(first, values.clone(), values.clone(), values.clone()).unwrap();
        let (near, far) = forecast.clone().split_at(2);
        assert_eq!(near.yhat(), [1.0, 2.0]);
        assert_eq!(far.upper(), [3.0]);
        assert_eq!(far.grid().first().to_string(), "2025-01-03");
        let (all, none) = forecast.split_at(9);
        assert_eq!((all.yhat().len(), none.yhat().len()), (3, 0));
    }

    #[test]
    fn only_sound_forecasts_can_be_made() {
        let first: Day = "2025-01-01".parse().unwrap();
        let check = |yhat: f64, lower: f64, upper: f64| {
            Forecast::new(first, vec![1.0, yhat], vec![1.0, lower], vec![1.0, upper])
        };
        assert!(check(2.0, 1.0, 3.0).is_ok());
        let day = first.plus_days(1);
        for (yhat, lower, upper) in [
            (f64::NAN, 1.0, 3.0),
            (2.0, f64::NEG_INFINITY, 3.0),
            (2.0, 1.0, f64::NAN),
        ] {
            assert_eq!(
                check(yhat, lower, upper),
                Err(ForecastError::NotFinite { day })
            );
        }
        assert!(matches!(
            check(0.5, 1.0, 3.0),
            Err(ForecastError::NotNested { .. })
        ));
        assert!(matches!(
            check(3.5, 1.0, 3.0),
            Err(ForecastError::NotNested { .. })
        ));
        let uneven = Forecast::new(first, vec![1.0], vec![], vec![1.0]);
        assert!(matches!(uneven, Err(ForecastError::Length { .. })));
    }
}
