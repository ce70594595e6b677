#![doc = include_str!("../README.md")]

mod automatic;
mod challenger;
mod challenger_kind;
#[cfg(feature = "mstl")]
mod first_version;
mod likelihood;
mod model;
mod search;
mod side_by_side;

pub use automatic::{Ets, EtsComponents, EtsFit, EtsForecast, FittedEts};
pub use challenger::{EnsembleMember, EtsEngine, FittedChallenger};
pub use challenger_kind::{ChallengerKind, UnknownChallenger};
#[cfg(feature = "mstl")]
pub use first_version::MstlEngine;
pub use fleetcast_numerics::Instructions;
pub use model::{
    Bounds, ErrorKind, EtsError, Fixed, Form, ParameterLimits, Season, Smoothing, States, Trend,
};
pub use search::{Criterion, Effort};
