//! A forecast with prediction intervals at several levels.

use crate::{Day, ForecastError, IntervalLevel, TimeGrid};

/// Point forecasts with central prediction intervals at any number of levels, a value a day, all in
/// the series' unit: what the engines' fitted models return.
///
/// Every value is finite, and every interval holds its point forecast on every day.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    grid: TimeGrid,
    yhat: Vec<f64>,
    intervals: Vec<PredictionInterval>,
}

/// A central prediction interval at one level, a bound a day.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct PredictionInterval {
    /// The share of outcomes it should hold.
    pub level: IntervalLevel,
    /// The lower bounds.
    pub lower: Vec<f64>,
    /// The upper bounds.
    pub upper: Vec<f64>,
}

impl Prediction {
    /// Makes a prediction that begins on `first`, with the lower and the upper bounds of each level.
    ///
    /// ```
    /// use fleetcast_core::{IntervalLevel, Prediction};
    ///
    /// let level = IntervalLevel::EIGHTY_PERCENT;
    /// let first = "2025-01-01".parse()?;
    /// let found = Prediction::new(first, vec![5.0], [(level, vec![4.0], vec![6.5])])?;
    /// assert_eq!(found.interval(level).map(|bounds| bounds.upper[0]), Some(6.5));
    /// assert!(Prediction::new(first, vec![7.0], [(level, vec![4.0], vec![6.5])]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ForecastError`] where lengths differ, a value is not finite, or an interval does not hold its
    /// point forecast.
    pub fn new(
        first: Day,
        yhat: Vec<f64>,
        bounds: impl IntoIterator<Item = (IntervalLevel, Vec<f64>, Vec<f64>)>,
    ) -> Result<Self, ForecastError> {
        let grid = TimeGrid::new(first, yhat.len());
        crate::forecast::check(grid, &yhat, &yhat, &yhat)?;
        let mut intervals = Vec::new();
        for (level, lower, upper) in bounds {
            crate::forecast::check(grid, &yhat, &lower, &upper)?;
            intervals.push(PredictionInterval {
                level,
                lower,
                upper,
            });
        }
        Ok(Self {
            grid,
            yhat,
            intervals,
        })
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

    /// Returns the intervals, in the order the levels were asked for.
    #[must_use]
    pub fn intervals(&self) -> &[PredictionInterval] {
        &self.intervals
    }

    /// Returns the interval at `level`, or `None` where it was not asked for.
    #[must_use]
    pub fn interval(&self, level: IntervalLevel) -> Option<&PredictionInterval> {
        let mut intervals = self.intervals.iter();
        intervals.find(|interval| interval.level == level)
    }
}
