//! How much better a challenger must be.

/// The percent of the holder's error by which its rival's must be smaller to win: from 0 to below
/// 100. The holder is who won the last run, or the champion.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct PromotionMargin(f64);

impl Default for PromotionMargin {
    /// 10 %: on four sets of real series, forecasts of the half year after the backtest were best
    /// from 10 % on, and worst at 0 %.
    fn default() -> Self {
        Self(10.0)
    }
}

/// A margin no challenger could clear, or none at all.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a promotion margin of {0} % is out of range; give 0 or more and less than 100")]
pub struct MarginError(f64);

impl PromotionMargin {
    /// A margin in percent.
    ///
    /// # Errors
    ///
    /// [`MarginError`] outside 0 to below 100.
    pub fn new(percent: f64) -> Result<Self, MarginError> {
        (0.0..100.0)
            .contains(&percent)
            .then_some(Self(percent))
            .ok_or(MarginError(percent))
    }

    /// The margin in percent.
    #[must_use]
    pub fn percent(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_have_a_range() {
        assert!(PromotionMargin::new(0.0).is_ok());
        assert!(PromotionMargin::new(99.9).is_ok());
        for percent in [-1.0, 100.0, f64::NAN] {
            assert!(PromotionMargin::new(percent).is_err(), "{percent}");
        }
    }
}
