//! What a model carries from one day to the next.

/// Level, growth and seasonal states of a model on some day.
#[derive(Debug, Clone, PartialEq)]
pub struct States {
    /// Level, in the series' unit.
    pub level: f64,
    /// Growth a day, in the series' unit; 0 without a trend.
    pub growth: f64,
    /// One state a day of the season, the next day's first: added to the level (unit of the series)
    /// or multiplied with it (no unit). Empty without a season.
    pub season: Vec<f64>,
}
