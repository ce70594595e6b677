//! The challenger: exponential smoothing for every series of a panel.
//!
//! Weekly and annual seasons are taken out by MSTL (Bandara, Hyndman & Bergmeir 2021, *MSTL: a
//! seasonal-trend decomposition algorithm for time series with multiple seasonal patterns*,
//! arXiv:2107.13462); what is left, trend and remainder, is forecast by the additive-error
//! exponential smoothing form with the smallest AICc (Hyndman, Koehler, Ord & Snyder 2008,
//! *Forecasting with Exponential Smoothing*, ch. 2 and 6); the last seasons are added back.
//!
//! ```
//! use fleetcast_core::{Engine, Horizon, IntervalLevel, Panel, SeriesKey, TimeGrid};
//! use fleetcast_ets::EtsEngine;
//!
//! let grid = TimeGrid::new("2025-01-01".parse()?, 60);
//! let workload = (0..60).map(|day| 40.0 + 0.2 * f64::from(day) + f64::from(day % 7)).collect();
//! let panel = Panel::from_rows(grid, [(SeriesKey::new("web-01", "cpu"), workload)])?;
//!
//! let engine = EtsEngine::new();
//! let outcomes = engine.forecast(panel.view(), Horizon::new(30)?, IntervalLevel::EIGHTY_PERCENT);
//! assert!(outcomes[0].forecast.is_ok());
//! // Two months say nothing about the year, and the engine says so.
//! assert_eq!(outcomes[0].notices[0].code.as_str(), "annual_season_left_out");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod engine;
mod gaps;
mod seasons;

pub use engine::EtsEngine;
