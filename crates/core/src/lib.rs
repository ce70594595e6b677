#![doc = include_str!("../README.md")]

mod backtest;
mod crash;
mod daily_series;
mod day;
mod engine;
mod fingerprint;
mod forecast;
mod inner;
mod issue;
pub mod metrics;
mod naive;
mod panel;
mod pipeline;
mod prediction;
mod screen;
mod series;
mod split;
mod usable;

pub use backtest::{BacktestError, Refit, WindowOutcomes, forecast_windows};
pub use crash::keep_caught_panics_quiet;
pub use daily_series::{DailySeries, FitError, SeriesError};
pub use day::{Day, DayError};
pub use engine::{Engine, Failure, Notice, Outcome, in_parallel};
pub use fingerprint::Fingerprinter;
pub use fleetcast_numerics::{error_growth, quantile_of_sorted};
pub use forecast::{Forecast, ForecastError, Horizon, IntervalLevel};
pub use inner::{InnerOrigin, RESIDUAL_PROBABILITIES};
pub use issue::{IssueCode, SeriesIssue, Severity, Stage};
pub use naive::{SEASON_WEEK, SEASON_YEAR, SeasonalNaive, naive_of_season, seasonal_naive};
pub use panel::{Panel, PanelError, PanelView, TimeGrid};
pub use pipeline::pipeline;
pub use prediction::{Prediction, PredictionInterval};
pub use screen::{MIN_OBSERVATIONS, STALE_AFTER_DAYS, Screened, screen};
pub use series::{SeriesKey, SeriesView};
pub use split::{Split, SplitError, WindowLengths};
pub use usable::Usable;
