//! The tournament: engines are scored on the backtest, a winner is named for every series, and
//! what its forecast can be trusted with is said.
//!
//! [`judge_series`] is a pure function from one series' [`Evidence`] to a [`Verdict`]; [`judge`]
//! is the stage around it, which reads the evidence of a fleet from the database and drafts the
//! tables. Seasonal naive is scored beside the engines: the bar every forecast is held against.

mod blend;
mod calibration;
mod decision;
mod evidence;
mod leaderboard;
mod margin;
mod member;
mod past_errors;
mod pooling;
mod rules;
mod scorer;
mod scores;
mod tournament;
mod track_record;
mod trust;
mod verdict;
mod window;

pub use calibration::{CALIBRATION_STEPS, Calibration};
pub use decision::{Decision, Metric, UnknownMetric};
pub use evidence::Evidence;
pub use fleetcast_store::{EngineForecasts, InnerForecast};
pub use margin::{MarginError, PromotionMargin};
pub use member::Contender;
pub use rules::{Golden, Rules};
pub use scores::Scores;
pub use tournament::{Error, judge};
pub use trust::Trust;
pub use verdict::{Verdict, judge_series};
