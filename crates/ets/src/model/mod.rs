//! The models: their forms, parameters and states, and how they move from day to day.
//!
//! Nothing here is estimated. Forms and errors know each other, since a form that there is not is an
//! error that names it; otherwise files build on each other in this order: `form`, `parameters`,
//! `states`, `recursion`, `extrapolation`.

mod error;
mod extrapolation;
mod form;
mod parameters;
mod recursion;
mod states;

pub use error::EtsError;
pub(crate) use extrapolation::{Extrapolation, freedom};
pub use form::{ErrorKind, Form, Season, Trend};
pub use parameters::{Bounds, Fixed, ParameterLimits, Smoothing};
pub(crate) use recursion::Recursion;
pub use states::States;
