//! The ETS family: exponential smoothing models with a likelihood.

mod abreast;
mod augurs;
#[cfg(test)]
mod budget;
mod chain;
mod coordinates;
mod descent;
mod error;
mod ets;
mod extrapolation;
mod fit;
mod forecast;
mod form;
mod gram;
mod lanes;
mod normal;
mod normal_equations;
mod optimise;
mod parameters;
mod pass;
mod recursion;
mod sensitivity;
mod solve;
mod starts;
mod surface;

pub use error::EtsError;
pub use ets::{Criterion, Effort, Ets};
pub use fit::EtsFit;
pub use forecast::EtsForecast;
pub use form::{ErrorKind, Form, Season, Trend};
pub use lanes::Instructions;
pub use parameters::{Bounds, Fixed, Limits, Smoothing};
pub use recursion::States;

pub(crate) use abreast::fit_abreast;
pub(crate) use extrapolation::Extrapolation;
pub(crate) use normal::normal_quantile;
