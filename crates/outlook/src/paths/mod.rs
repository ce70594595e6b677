//! The law of a series' path: how likely it is full by which day.

mod crossing;
mod known;
mod law;
mod map;
mod pool;
mod series;

pub use fleetcast_core::{EarlierYears, PastForecast, SeriesPast};

pub use crossing::{first_crossing, sustained_peak};
pub use known::{FleetLaw, KnownBin, KnownOutlook, PastPool, PastSeries, ResourceLaw};
pub use law::PathLaw;
pub use map::{Case, ProbabilityMap};
pub use pool::PathPool;
pub use series::SeriesPaths;
