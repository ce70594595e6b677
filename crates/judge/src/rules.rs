//! What the judge goes by.

use std::fmt;

use fleetcast_core::IntervalLevel;

use crate::{Metric, PromotionMargin};

/// Which forecast becomes golden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Golden {
    /// The winner's.
    #[default]
    Winner,
    /// The blend's.
    Blend,
}

impl Golden {
    /// The name on the command line and in `runs.config`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Winner => "winner",
            Self::Blend => "blend",
        }
    }
}

impl fmt::Display for Golden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the judge goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// The metric that decides.
    pub metric: Metric,
    /// How much better whoever did not win the last run must be.
    pub margin: PromotionMargin,
    /// Which forecast becomes golden.
    pub golden: Golden,
    /// The level of the engines' intervals, and of the coverage that is reported.
    pub level: IntervalLevel,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            metric: Metric::default(),
            margin: PromotionMargin::default(),
            golden: Golden::default(),
            level: IntervalLevel::EIGHTY_PERCENT,
        }
    }
}
