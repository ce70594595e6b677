//! The challenger: exponential smoothing for the long horizon.
//!
//! Files build on each other in this order: `calendar`, `seasons`, `regression`, `plan`, `windows`;
//! `levels`, `winsorising`; `members`, `pasts`, `forecast_range`, `chosen`, `combination`; `interval`, `notices`,
//! `engine`; `fitted` for library users.

mod calendar;
mod chosen;
mod combination;
mod engine;
mod fitted;
mod forecast_range;
mod interval;
mod levels;
mod members;
mod notices;
mod pasts;
mod plan;
mod regression;
mod seasons;
mod windows;
mod winsorising;

pub use engine::EtsEngine;
pub use fitted::{EnsembleMember, FittedChallenger};
#[cfg(feature = "mstl")]
pub(crate) use seasons::Seasons;
