//! Exponential smoothing for library users: the best form for one series, its fit, its forecasts.
//!
//! The challenger does not come here; it fits one form to many series in [`crate::side_by_side`].
//! Files build on each other in this order: `fit`, `forecast`, `search`, `solve`, `ets`, `fitted`,
//! `augurs`.

#[cfg(feature = "augurs")]
mod augurs;
#[cfg(test)]
mod budget;
mod ets;
mod fit;
mod fitted;
mod forecast;
mod search;
mod solve;

pub use ets::Ets;
pub use fit::EtsFit;
pub use fitted::{EtsComponents, FittedEts};
pub use forecast::EtsForecast;
