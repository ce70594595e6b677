//! The exact solver of Prophet's posterior mode.

#[cfg(test)]
mod budget;
mod curved;
mod dense;
mod gram;
mod linear;
mod mode;
mod path;
mod posterior;
mod tableau;

pub(crate) use curved::curved_mode;
pub(crate) use gram::{Factor, Gram};
pub(crate) use linear::{FoundMode, linear_mode};
pub use mode::Certainty;
pub(crate) use mode::{ModeSearch, Moments, Residuals};
pub(crate) use posterior::{Parameters, Posterior, TREND_PRECISION, Trend, expit};
