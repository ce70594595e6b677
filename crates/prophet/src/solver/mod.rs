//! The exact solver of Prophet's posterior mode.
//!
//! `tableau`, `gram`, `path` and `mode` serve every design. The others are for designs of any columns and
//! for models that are not linear: users of `augurs-prophet` need them, fleets and single series do not.

#[cfg(test)]
mod budget;
#[cfg(any(test, feature = "augurs"))]
mod curved;
#[cfg(any(test, feature = "augurs"))]
mod dense;
mod gram;
#[cfg(any(test, feature = "augurs"))]
mod linear;
mod logistic;
mod mode;
mod parameters;
mod path;
#[cfg(any(test, feature = "augurs"))]
mod posterior;
mod tableau;

#[cfg(feature = "augurs")]
pub(crate) use curved::curved_mode;
pub(crate) use gram::{Factor, Gram};
#[cfg(feature = "augurs")]
pub(crate) use linear::FoundMode;
#[cfg(any(test, feature = "augurs"))]
pub(crate) use linear::linear_mode;
pub(crate) use logistic::expit;
pub use mode::Certainty;
pub(crate) use mode::{ModeSearch, Moments, Residuals};
pub(crate) use parameters::{Parameters, TREND_PRECISION};
#[cfg(any(test, feature = "augurs"))]
pub(crate) use posterior::{Posterior, Trend};
