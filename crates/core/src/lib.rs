//! The types every fleetcast stage shares.
//!
//! A capacity team keeps daily utilisation, one [`SeriesKey`] (host and resource) at a time. Many
//! series over the same days form a [`Panel`]; a [`Split`] says which of those days an [`Engine`]
//! may learn from and which it is scored on; the engine returns one [`Outcome`] a series; the
//! [`metrics`] say how good it was.
//!
//! This crate does no I/O, reads no clock and draws no random numbers.
//!
//! ```
//! use fleetcast_core::{Day, Panel, SeriesKey, Split, TimeGrid, WindowLengths};
//!
//! // 36 months that end on 2025-12-31: 32 to learn from, 4 to be scored on.
//! let as_of: Day = "2025-12-31".parse()?;
//! let split = Split::new(as_of, WindowLengths::default())?;
//! assert_eq!(split.history().first().to_string(), "2023-01-01");
//! assert_eq!(split.training().last().to_string(), "2025-08-31");
//! assert_eq!(split.backtest().len(), 122);
//! assert_eq!(split.future().len(), 180);
//!
//! // A panel holds one row a series; a missing day is NaN.
//! let grid = TimeGrid::new(as_of.minus_days(1), 2);
//! let panel = Panel::from_rows(grid, vec![
//!     (SeriesKey::new("web-01", "cpu"), vec![41.5, f64::NAN]),
//! ])?;
//! assert_eq!(panel.view().series(0).observed(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backtest;
mod crash;
mod day;
mod engine;
mod fingerprint;
mod fleet_end;
mod forecast;
mod growth;
mod inner;
mod issue;
pub mod metrics;
mod naive;
mod panel;
mod pipeline;
mod quantile;
mod screen;
mod series;
mod split;
mod weekdays;

pub use backtest::{BacktestError, Refit, WindowOutcomes, forecast_windows};
pub use crash::keep_caught_panics_quiet;
pub use day::{Day, DayError};
pub use engine::{Engine, Failure, Notice, Outcome, in_parallel};
pub use fingerprint::Fingerprinter;
pub use fleet_end::{FleetEnd, LAST_DAYS_KNOWN, fleet_end};
pub use forecast::{Forecast, ForecastError, Horizon, IntervalLevel};
pub use growth::error_growth;
pub use inner::{InnerOrigin, RESIDUAL_PROBABILITIES};
pub use issue::{IssueCode, SeriesIssue, Severity, Stage};
pub use naive::{SEASON_WEEK, SEASON_YEAR, SeasonalNaive, naive_of_season, seasonal_naive};
pub use panel::{Panel, PanelError, PanelView, TimeGrid};
pub use pipeline::pipeline;
pub use quantile::quantile_of_sorted;
pub use screen::{MIN_OBSERVATIONS, STALE_AFTER_DAYS, Screened, screen};
pub use series::{SeriesKey, SeriesView};
pub use split::{Split, SplitError, WindowLengths};
pub use weekdays::unobserved_weekdays;
