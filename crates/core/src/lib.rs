#![doc = include_str!("../README.md")]

mod backtest;
#[cfg(feature = "arrow")]
pub mod batches;
mod calendar;
mod calibration;
mod capacity_changes;
mod crash;
mod daily_series;
mod day;
mod day_values;
mod engine;
mod engine_forecasts;
mod fingerprint;
mod fleet_end;
mod forecast;
mod gaps;
mod golden;
mod grid;
mod inner;
mod issue;
mod limits;
mod measurement;
pub mod metrics;
mod naive;
mod panel;
mod past;
mod pipeline;
mod prediction;
mod regimes;
mod remembered;
mod screen;
mod series;
mod split;
mod usable;
mod weekdays;

pub use backtest::{BacktestError, Refit, WindowOutcomes, forecast_future, forecast_windows};
pub use calendar::{Calendar, Event, HostCalendar};
pub use calibration::{CALIBRATION_STEPS, Calibration};
pub use capacity_changes::{CapacityChange, CapacityChangeError, CapacityChanges};
pub use crash::keep_caught_panics_quiet;
pub use daily_series::{DailySeries, FitError, SeriesError};
pub use day::{Day, DayError};
pub use day_values::DayValues;
pub use engine::{
    Asked, AskedSeries, Choice, Engine, Failure, Notice, Outcome, in_parallel, together_in_parallel,
};
pub use engine_forecasts::EngineForecasts;
pub use fingerprint::Fingerprinter;
pub use fleet_end::{FleetEnd, LAST_DAYS_KNOWN, fleet_end};
pub use fleetcast_numerics::{error_growth, quantile_of_sorted};
pub use forecast::{Forecast, ForecastError, Horizon, IntervalLevel};
pub use gaps::interpolated;
pub use golden::GoldenForecast;
pub use grid::TimeGrid;
pub use inner::{INNER_HORIZON, InnerForecast, inner_origins};
pub use issue::{IssueCode, SeriesIssue, Severity, Stage};
pub use limits::{
    EffectiveLimits, LimitError, LimitRule, LimitRules, LimitSchedule, LimitSource, ResourceShares,
    ValueShares, are_shares, disorder_of_limits, is_far_outside_percent,
};
pub use measurement::{LARGEST_VALUE, measurement};
pub use naive::{SEASON_WEEK, SEASON_YEAR, SeasonalNaive, naive_of_season, seasonal_naive};
pub use panel::{Panel, PanelError, PanelView};
pub use past::{EarlierYears, PastForecast, SeriesPast, level_of_last_year};
pub use pipeline::pipeline;
pub use prediction::{Prediction, PredictionInterval};
pub use regimes::{Aligner, Alignment, DayEffect, LevelShift, Ramp, SeriesRegimes};
pub use remembered::Remembered;
pub use screen::{MIN_OBSERVATIONS, STALE_AFTER_DAYS, Screened, screen};
pub use series::{SeriesKey, SeriesView};
pub use split::{Split, SplitError, WindowLengths};
pub use usable::Usable;
pub use weekdays::unobserved_weekdays;
