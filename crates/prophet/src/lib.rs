#![doc = include_str!("../README.md")]
#![expect(
    clippy::inline_always,
    reason = "what is compiled for wide registers must be inlined where they are turned on"
)]

mod engine;
mod exact;
mod fleet;
mod interval;
#[cfg(feature = "augurs")]
mod optimizer;
mod options;
mod solver;
mod tuned;

pub use engine::{Mode, ProphetEngine};
pub use exact::{Certify, FittedSeries, fit_panel, point_forecasts};
pub use interval::{FutureModel, Growth, TrendSimulation, TrendUncertainty};
#[cfg(feature = "augurs")]
pub use optimizer::{Evaluated, ExactOptimizer, Solution};
pub use options::{FittedProphet, ProphetComponents, ProphetOptions};
pub use solver::Certainty;
