//! The tournament: both engines are scored on the backtest, and a winner is named for every
//! series.
//!
//! Scores are computed here, by the metrics of `fleetcast-core`, and stand in `backtest_scores`;
//! the decision is one SQL statement over them (`sql/leaderboard.sql`) and stands, with its
//! reason, in `model_leaderboard`. Seasonal naive is scored beside the engines: the bar every
//! forecast is held against.

mod margin;
mod scores;
mod tournament;

pub use margin::{MarginError, PromotionMargin};
pub use scores::{CHALLENGER, PROPHET, SEASONAL_NAIVE};
pub use tournament::{Error, Rules, judge};
