//! The challenger: exponential smoothing for the long horizon.

mod calendar;
mod combination;
mod companions;
mod engine;
mod interval;
mod levels;
mod limits;
mod linear_algebra;
mod notices;
mod outliers;
mod plan;
mod regression;
mod seasons;
mod windows;

pub use engine::EtsEngine;
pub(crate) use seasons::Seasons;
