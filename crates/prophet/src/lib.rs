//! The champion: Prophet's model for every series of a panel.
//!
//! The model is Prophet's own: a piecewise linear trend with 25 potential changepoints, a weekly
//! season, and a yearly one where the series spans two years (Taylor & Letham 2018, *Forecasting at
//! scale*, The American Statistician 72(1), 37-45). Its parameters are the mode of the posterior,
//! found exactly: see [`ExactOptimizer`], which also serves users of `augurs-prophet`, and
//! [`fit_panel`], which fits a whole fleet with what its series have in common. The engine works in
//! one of two [`Mode`]s: Prophet's default settings, or settings weighted for each series by how
//! they did inside its own window. Intervals with default settings follow Prophet's own law for
//! future trend changes, in closed form instead of by simulation: see [`TrendUncertainty`].
//!
//! ```
//! use fleetcast_core::{Engine, Horizon, IntervalLevel, Panel, SeriesKey, TimeGrid};
//! use fleetcast_prophet::ProphetEngine;
//!
//! let grid = TimeGrid::new("2025-01-01".parse()?, 60);
//! let workload = (0..60).map(|day| 40.0 + 0.2 * f64::from(day) + f64::from(day % 7)).collect();
//! let panel = Panel::from_rows(grid, [(SeriesKey::new("web-01", "cpu"), workload)])?;
//!
//! let engine = ProphetEngine::default();
//! let outcomes = engine.forecast(panel.view(), Horizon::new(30)?, IntervalLevel::EIGHTY_PERCENT);
//! let forecast = outcomes[0].forecast.as_ref().map_err(Clone::clone)?;
//! assert_eq!(forecast.grid().first().to_string(), "2025-03-02");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![expect(
    clippy::inline_always,
    reason = "what is compiled for wide registers must be inlined where they are turned on: see simd.rs"
)]

mod engine;
mod exact;
mod fleet;
mod interval;
mod optimizer;
mod simd;
mod solver;
mod tuned;

pub use engine::{Mode, ProphetEngine};
pub use exact::{Certify, FittedSeries, fit_panel, point_forecasts};
pub use interval::{FutureModel, Growth, TrendSimulation, TrendUncertainty};
pub use optimizer::{Evaluated, ExactOptimizer, Solution};
pub use solver::Certainty;
