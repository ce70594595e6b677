//! The challenger: exponential smoothing for every series of a panel.
//!
//! - [`EtsEngine`] is the challenger itself, built for the long horizon.
//! - [`Ets`] is the family it stands on: the 15 stable forms of exponential smoothing, fitted by
//!   maximum likelihood (Hyndman, Koehler, Ord & Snyder 2008, *Forecasting with Exponential
//!   Smoothing*).
//! - [`MstlEngine`] is the first version of the challenger, kept as a reference; [`Contender`]
//!   chooses between the two by name.
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

mod challenger;
mod contender;
mod family;
mod first_version;

pub use challenger::EtsEngine;
pub use contender::{Contender, UnknownContender};
pub use family::{
    Bounds, Criterion, Effort, ErrorKind, Ets, EtsError, EtsFit, EtsForecast, Fixed, Form,
    Instructions, Limits, Season, Smoothing, States, Trend,
};
pub use first_version::MstlEngine;
