//! What a shop goes by.

use fleetcast_core::{Aligner, IntervalLevel, Refit, WindowLengths};
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
    /// Whether the past is brought to the present level before it is fitted.
    pub regimes: RegimesMode,
}

/// Whether the past is brought to the present level before it is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegimesMode {
    /// It is: level shifts and growth that began lately are looked for.
    #[default]
    Align,
    /// It is fitted as it was.
    Off,
}

impl RegimesMode {
    /// Returns what finds the regimes of series, a [`fleetcast_regimes::RegimeDetector`] as a rule, where they are looked for.
    #[must_use]
    pub fn detector<A: Aligner + Default>(self) -> Option<A> {
        match self {
            Self::Align => Some(A::default()),
            Self::Off => None,
        }
    }

    /// Returns its name on the command line and in `runs.config`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Align => "align",
            Self::Off => "off",
        }
    }
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
            regimes: RegimesMode::default(),
        }
    }
}
