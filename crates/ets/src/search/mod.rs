//! The search for the largest likelihood: what fits of one series and fits side by side share.
//!
//! A [`Surface`] says what a pass has found at a point and where that says to go; a [`Descent`] asks
//! for one pass after the other and is told what each has found. Who makes the passes is up to the
//! caller. Files build on each other in this order: `criterion`, `coordinates`, `settings`, `series`,
//! `starts`, `surface`, `descent`.

mod coordinates;
mod criterion;
mod descent;
mod series;
mod settings;
mod starts;
mod surface;

pub(crate) use coordinates::Coordinates;
pub use criterion::{Criterion, Effort};
pub(crate) use descent::Descent;
#[cfg(test)]
pub(crate) use descent::MOST_PASSES;
pub(crate) use series::{Series, scaled};
pub(crate) use settings::Settings;
pub(crate) use starts::{
    are_far_apart, multiplied, plain_states, starting_parameters, starts_with_moving_season,
};
pub(crate) use surface::{Evaluated, Place, Point, Surface};
