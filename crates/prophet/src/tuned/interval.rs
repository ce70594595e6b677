//! Intervals from the recipe's own errors at inner origins.

use fleetcast_core::{IntervalLevel, error_growth};
use fleetcast_numerics::conformal_rank;

use crate::tuned::RecipeForecast;

/// Half widths of a central interval, by the day ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HalfWidths {
    /// The half width where growth is 1, in the series' unit.
    pub(super) base: f64,
}

impl HalfWidths {
    /// The quantile at `level` of the absolute errors at inner origins, pooled, each relative to
    /// how errors grow with the horizon, at the finite-sample rank of conformal prediction
    /// ([`conformal_rank`]); `None` where there is no error to learn from.
    pub(super) fn from_inner(inner: &[RecipeForecast], level: IntervalLevel) -> Option<Self> {
        // As bits, which are in the order of what is not negative.
        let mut errors = Vec::with_capacity(inner.iter().map(|inner| inner.yhat.len()).sum());
        for forecast in inner {
            let days = forecast.actual.iter().zip(&forecast.yhat);
            let observed = days.enumerate().filter(|(_, (actual, _))| !actual.is_nan());
            errors.extend(observed.map(|(step, (actual, yhat))| {
                let growth = error_growth(forecast.skipped + step + 1);
                ((actual - yhat).abs() / growth).to_bits()
            }));
        }
        let rank = conformal_rank(errors.len(), level.share())?;
        let (_, base, _) = errors.select_nth_unstable(rank);
        Some(Self {
            base: f64::from_bits(*base),
        })
    }

    /// The half width `days` after the history, in the series' unit.
    pub(crate) fn at(self, days: usize) -> f64 {
        self.base * error_growth(days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_half_width_holds_the_share_asked_for() {
        // Errors of 1, 2, …, 100 times what errors grow to.
        let values: Vec<f64> = (1..=100)
            .map(|size| size as f64 * error_growth(size + 10))
            .collect();
        let inner = RecipeForecast {
            first: 0,
            skipped: 10,
            actual: values,
            yhat: vec![0.0; 100],
        };
        for (share, expected) in [(0.8, 81.0), (0.5, 51.0), (0.95, 96.0)] {
            let level = IntervalLevel::new(share).unwrap();
            let found = HalfWidths::from_inner(std::slice::from_ref(&inner), level);
            let half_width = found.unwrap().at(30);
            assert!(
                (half_width - expected).abs() < 1e-9,
                "{share}: {half_width}"
            );
        }
    }

    #[test]
    fn without_errors_there_is_none() {
        let inner = RecipeForecast {
            first: 0,
            skipped: 0,
            actual: vec![f64::NAN; 3],
            yhat: vec![0.0; 3],
        };
        let level = IntervalLevel::EIGHTY_PERCENT;
        assert_eq!(HalfWidths::from_inner(&[inner], level), None);
        assert_eq!(HalfWidths::from_inner(&[], level), None);
    }
}
