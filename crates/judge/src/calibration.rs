//! Intervals from errors that were made.
//!
//! Errors are those of the backtest and of the inner origins, each origin counting as much as another
//! however many days it was scored on.

use fleetcast_core::{CALIBRATION_STEPS, Calibration, error_growth};

/// Errors being gathered, origin by origin.
#[derive(Debug, Clone, Default)]
pub(crate) struct PastResiduals {
    /// (size, weight) of every error.
    errors: Vec<(f64, f64)>,
}

impl PastResiduals {
    /// Adds an origin's `actual` values and their forecasts, from the day after it on;
    /// all its days together weigh `weight`.
    pub(crate) fn add(&mut self, actual: &[f64], yhat: &[f64], weight: f64) {
        let observed = actual.iter().filter(|value| !value.is_nan()).count() as f64;
        if observed == 0.0 || weight <= 0.0 {
            return;
        }
        let days = actual.iter().zip(yhat).enumerate();
        self.errors.extend(days.filter_map(|(step, (y, yhat))| {
            let size = (y - yhat).abs() / error_growth(step + 1);
            size.is_finite().then_some((size, weight / observed))
        }));
    }

    /// Their quantiles, or `None` of none.
    pub(crate) fn calibration(&mut self) -> Option<Calibration> {
        // Sizes and weights are not negative, so their bits are in their order. What an earlier call
        // has sorted, the stable sort takes as it is and merges.
        self.errors
            .sort_by_key(|(size, weight)| (size.to_bits(), weight.to_bits()));
        let days = self.errors.len();
        let (largest, _) = *self.errors.last()?;
        let total: f64 = self.errors.iter().map(|(_, weight)| weight).sum();
        let mut quantiles = Vec::with_capacity(CALIBRATION_STEPS + 1);
        let mut errors = self.errors.iter();
        let (mut size, mut held) = (0.0, 0.0);
        for step in 0..=CALIBRATION_STEPS {
            // The smallest error that at least this share of the weight does not exceed; what
            // rounding leaves of a whole counts as reached.
            let wanted = total * (step as f64 / CALIBRATION_STEPS as f64) * (1.0 - 1e-12);
            while held < wanted {
                let Some((next, weight)) = errors.next() else {
                    break;
                };
                (size, held) = (*next, held + weight);
            }
            quantiles.push(size);
        }
        quantiles[CALIBRATION_STEPS] = largest;
        Calibration::new(quantiles, days)
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_core::IntervalLevel;

    use super::*;

    fn calibration(origins: &[(&[f64], f64)]) -> Calibration {
        let mut residuals = PastResiduals::default();
        for (errors, weight) in origins {
            let yhat: Vec<f64> = (1..=errors.len()).map(|_| 0.0).collect();
            let grown: Vec<f64> = errors
                .iter()
                .enumerate()
                .map(|(step, error)| error * error_growth(step + 1))
                .collect();
            residuals.add(&grown, &yhat, *weight);
        }
        residuals.calibration().unwrap()
    }

    #[test]
    fn the_interval_holds_the_share_of_errors_asked_for() {
        let errors: Vec<f64> = (1..=200).map(|size| -f64::from(size)).collect();
        let calibration = calibration(&[(&errors, 1.0)]);
        for (share, expected) in [(0.5, 100.0), (0.8, 160.0), (0.95, 190.0)] {
            let level = IntervalLevel::new(share).unwrap();
            let found = calibration.half_width(level, 30);
            assert!((found - expected).abs() < 1e-9, "{share}: {found}");
            assert!(calibration.half_width(level, 180) > 1.2 * found);
        }
        assert_eq!(calibration.days(), 200);
    }

    #[test]
    fn origins_count_alike_however_long_they_are() {
        let (long, short) = ([1.0; 90], [5.0; 10]);
        let found = calibration(&[(&long, 1.0), (&short, 1.0)]);
        assert!((found.quantile(0.5) - 1.0).abs() < 1e-9);
        assert!((found.quantile(0.52) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn quantiles_ascend_and_missing_days_do_not_count() {
        let found = calibration(&[(&[3.0, f64::NAN, 1.0, 2.0], 1.0)]);
        assert_eq!(found.days(), 3);
        assert!(found.quantiles().is_sorted());
        assert_eq!(found.quantiles().len(), CALIBRATION_STEPS + 1);
        assert!((found.quantiles()[CALIBRATION_STEPS] - 3.0).abs() < 1e-12);
        assert_eq!(PastResiduals::default().calibration(), None);
    }
}
