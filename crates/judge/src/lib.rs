#![doc = include_str!("../README.md")]

mod blend;
mod calibration;
mod case;
mod decision;
mod fleet_gain;
mod leaderboard;
mod margin;
mod member;
mod past_errors;
mod past_forecasts;
mod pooling;
mod regime;
mod repetition;
mod rules;
mod scorer;
mod scores;
mod track_record;
mod trust;
mod verdict;
mod window;

pub use blend::Weights;
pub use case::{Case, FurtherEngine};
pub use decision::{Decision, Metric, UnknownMetric};
pub use fleet_gain::{FleetGain, FleetGains};
pub use leaderboard::{Circumstances, LeaderboardEntry};
pub use margin::{MarginError, PromotionMargin};
pub use member::Contender;
pub use past_forecasts::calibration_of_past;
pub use pooling::{ErrorPool, ErrorSource, OwnErrors, PooledCalibration, PooledMedians};
pub use regime::RegimeNote;
pub use repetition::repeated;
pub use rules::{Golden, Rules};
pub use scores::Scores;
pub use trust::Trust;
pub use verdict::{Verdict, judge_series};
