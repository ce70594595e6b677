//! One series' part of the golden record.

use crate::TimeGrid;

/// The forecast that stands in the golden record, a value a day, in the series' unit: inside the limits
/// of its resource, with `lower_95 <= lower <= yhat <= upper <= upper_95` on every day.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GoldenForecast {
    /// The days forecast.
    pub grid: TimeGrid,
    /// The point forecasts.
    pub yhat: Vec<f64>,
    /// The lower bounds at the golden record's level.
    pub lower: Vec<f64>,
    /// The upper bounds at the golden record's level.
    pub upper: Vec<f64>,
    /// The lower bounds at 95 %.
    pub lower_95: Vec<f64>,
    /// The upper bounds at 95 %.
    pub upper_95: Vec<f64>,
    /// Days on which the point forecast was drawn to a limit.
    pub drawn_days: usize,
}

impl GoldenForecast {
    /// Makes an empty one of the days of `grid`, to be filled day by day.
    #[must_use]
    pub fn with_capacity(grid: TimeGrid) -> Self {
        let empty = || Vec::with_capacity(grid.len());
        Self {
            grid,
            yhat: empty(),
            lower: empty(),
            upper: empty(),
            lower_95: empty(),
            upper_95: empty(),
            drawn_days: 0,
        }
    }
}
