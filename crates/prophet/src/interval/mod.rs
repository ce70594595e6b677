//! Prediction intervals.

mod law;
mod simulation;
mod table;

pub use law::TrendUncertainty;
pub(crate) use law::mean_absolute;
pub use simulation::{FutureModel, Growth, TrendSimulation};
pub(crate) use table::{IntervalTable, IntervalTables, TableKey, half_widths_by_law};
