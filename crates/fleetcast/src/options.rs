//! What a shop goes by.

use fleetcast_core::{IntervalLevel, Refit, WindowLengths};
use fleetcast_ets::ChallengerKind;
use fleetcast_judge::Rules;
use fleetcast_outlook::Sustained;
use fleetcast_prophet::Mode;

/// What a shop goes by; the default is what `cargo xtask run-all` does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShopOptions {
    /// How long the windows are.
    pub lengths: WindowLengths,
    /// Which fit the future is forecast from.
    pub refit: Refit,
    /// How the champion chooses its settings.
    pub prophet_mode: Mode,
    /// Which engine stands as the challenger.
    pub challenger: ChallengerKind,
    /// What the judge goes by; its level is that of the engines' intervals.
    pub rules: Rules,
    /// The level of the golden record's intervals; those at 95 % stand beside them.
    pub golden_level: IntervalLevel,
    /// When a crossing of the threshold counts.
    pub sustained: Sustained,
}

impl Default for ShopOptions {
    fn default() -> Self {
        Self {
            lengths: WindowLengths::default(),
            refit: Refit::default(),
            prophet_mode: Mode::Tuned,
            challenger: ChallengerKind::Ets,
            rules: Rules::default(),
            golden_level: IntervalLevel::EIGHTY_PERCENT,
            sustained: Sustained::default(),
        }
    }
}
