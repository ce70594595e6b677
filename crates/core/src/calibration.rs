//! How wide a prediction interval must be to hold what its level says.

use crate::{IntervalLevel, error_growth};

/// Shares of errors a [`Calibration`] keeps the quantiles of: 0 %, 1 %, …, 100 %.
pub const CALIBRATION_STEPS: usize = 100;

/// How large errors were, whatever the day ahead: the quantiles at 0 %, 1 %, …, 100 % of
/// |y − ŷ| / [`error_growth`], in the series' unit.
///
/// A forecast's interval at any level is ŷ ± the quantile at that level times the growth to the day
/// ahead. It is the split-conformal interval of Lei, G'Sell, Rinaldo, Tibshirani & Wasserman 2018,
/// *Distribution-free predictive inference for regression*, Journal of the American Statistical
/// Association 113(523), 1094-1111, with errors scaled by the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    quantiles: Vec<f64>,
    days: usize,
}

impl Calibration {
    /// Makes a calibration of the quantiles at 0 %, 1 %, …, 100 %, which rest on the errors of `days`
    /// days. Returns `None` where there are not [`CALIBRATION_STEPS`] + 1 of them, or where one is
    /// negative, NaN or below the one before it.
    #[must_use]
    pub fn new(quantiles: Vec<f64>, days: usize) -> Option<Self> {
        let is_sound = quantiles.len() == CALIBRATION_STEPS + 1
            && quantiles.first().is_some_and(|least| *least >= 0.0)
            && quantiles.is_sorted();
        is_sound.then_some(Self { quantiles, days })
    }

    /// Returns the quantiles, ascending, from 0 % to 100 %.
    #[must_use]
    pub fn quantiles(&self) -> &[f64] {
        &self.quantiles
    }

    /// Returns the mean of the errors, relative to how they grow with the horizon.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let ends = self.quantiles[0] / 2.0 + self.quantiles[CALIBRATION_STEPS] / 2.0;
        let between: f64 = self.quantiles[1..CALIBRATION_STEPS].iter().sum();
        (ends + between) / CALIBRATION_STEPS as f64
    }

    /// Returns how many days' errors they rest on.
    #[must_use]
    pub fn days(&self) -> usize {
        self.days
    }

    /// Returns half the width of the interval at `level`, `days_ahead` days after the forecast was
    /// made.
    #[must_use]
    pub fn half_width(&self, level: IntervalLevel, days_ahead: usize) -> f64 {
        self.quantile(level.share()) * error_growth(days_ahead)
    }

    /// Returns the lower and the upper bounds at `level` of point forecasts whose first day is the
    /// first ahead.
    #[must_use]
    pub fn interval(&self, yhat: &[f64], level: IntervalLevel) -> (Vec<f64>, Vec<f64>) {
        let base = self.quantile(level.share());
        yhat.iter()
            .enumerate()
            .map(|(step, yhat)| {
                let half_width = base * error_growth(step + 1);
                (yhat - half_width, yhat + half_width)
            })
            .unzip()
    }

    /// Returns the quantile at `share` (0 to 1), interpolated between whole percents.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place among the steps, at least 0"
    )]
    #[must_use]
    pub fn quantile(&self, share: f64) -> f64 {
        let place = share.clamp(0.0, 1.0) * CALIBRATION_STEPS as f64;
        let below = place.floor() as usize;
        let part = place - place.floor();
        let above = (below + 1).min(CALIBRATION_STEPS);
        if part == 0.0 {
            // The next one may be infinite.
            return self.quantiles[below];
        }
        self.quantiles[below] + part * (self.quantiles[above] - self.quantiles[below])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_interpolated_and_widths_grow() {
        let quantiles = (0..=100).map(f64::from).collect();
        let calibration = Calibration::new(quantiles, 9).unwrap();
        for (share, expected) in [(0.0, 0.0), (0.8, 80.0), (0.925, 92.5), (1.0, 100.0)] {
            assert!(
                (calibration.quantile(share) - expected).abs() < 1e-12,
                "{share}"
            );
        }
        let level = IntervalLevel::EIGHTY_PERCENT;
        assert!((calibration.half_width(level, 30) - 80.0).abs() < 1e-12);
        let (lower, upper) = calibration.interval(&[10.0; 120], level);
        assert!((lower[29] + 70.0).abs() < 1e-12 && (upper[119] - 102.0).abs() < 1e-12);
    }

    #[test]
    fn what_are_no_quantiles_of_sizes_is_refused() {
        assert_eq!(Calibration::new(vec![1.0; 100], 1), None);
        assert_eq!(Calibration::new(vec![-1.0; 101], 1), None);
        let mut falling = vec![1.0; 101];
        falling[7] = 2.0;
        assert_eq!(Calibration::new(falling, 1), None);
        assert_eq!(Calibration::new(vec![f64::NAN; 101], 1), None);
    }
}
