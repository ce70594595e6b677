//! What forecasts of the past say of those to come, of whatever no engine was asked about: a group's total.

use fleetcast_core::{Calibration, PastForecast};

use crate::Trust;
use crate::calibration::PastResiduals;
use crate::trust::TrustEvidence;

/// Returns what intervals are made from by the errors of forecasts of the past, each counting as much as another; `None` of
/// none.
#[must_use]
pub fn calibration_of_past(past: &[PastForecast]) -> Option<Calibration> {
    let mut residuals = PastResiduals::default();
    for one in past {
        let days = one.errors.len();
        residuals.add(&one.came(days), &one.forecast(days), 1.0);
    }
    residuals.calibration()
}

impl Trust {
    /// Grades a forecast by those of the past alone: their mean errors in percent of the level, how much worse the worst was
    /// than the mean, and whether they are of a year together.
    #[must_use]
    pub fn of_past(past: &[PastForecast]) -> Self {
        let mean_size = |values: &[f64]| {
            values.iter().copied().map(f64::abs).sum::<f64>() / values.len().max(1) as f64
        };
        let errors: Vec<f64> = past
            .iter()
            .map(|one| mean_size(&one.errors().collect::<Vec<_>>()))
            .collect();
        let levels = past
            .iter()
            .map(|one| mean_size(&one.came(one.errors.len())));
        let level = levels.sum::<f64>() / past.len().max(1) as f64;
        let error = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
        let worst = errors.iter().copied().fold(0.0, f64::max);
        let is_known = !past.is_empty() && (level > 0.0 || error <= 0.0);
        Self::grade(&TrustEvidence {
            error_percent: is_known.then(|| {
                if error > 0.0 {
                    100.0 * error / level
                } else {
                    0.0
                }
            }),
            skill: None,
            instability: if error > 0.0 { worst / error } else { 0.0 },
            coverage: None,
            shift: 0.0,
            observed: past.iter().map(|one| one.errors.len()).sum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_core::error_growth;

    use super::*;

    fn past(error: f64) -> PastForecast {
        let yhat = vec![100.0; 122];
        let actual: Vec<f64> = yhat.iter().map(|yhat| yhat + error).collect();
        let origin = "2025-01-01".parse().unwrap();
        PastForecast::of(origin, &[], &actual, &yhat).unwrap()
    }

    #[test]
    fn intervals_are_as_wide_as_errors_were() {
        let calibration = calibration_of_past(&[past(6.0), past(-6.0)]).unwrap();
        assert_eq!(calibration.days(), 244);
        let [least, most] = [122, 1].map(|day| 6.0 / error_growth(day));
        let middle = calibration.quantile(0.8);
        assert!(least < middle && middle < most, "{least} {middle} {most}");
        assert!((calibration.quantile(1.0) - most).abs() < 1e-9);
        assert_eq!(calibration_of_past(&[]), None);
    }

    #[test]
    fn trust_goes_by_errors_and_how_many_there_were() {
        assert_eq!(
            Trust::of_past(&[past(4.0), past(-4.0), past(4.0)]),
            Trust::A
        );
        assert_eq!(
            Trust::of_past(&[past(4.0), past(-4.0)]),
            Trust::B,
            "not a year"
        );
        assert_eq!(Trust::of_past(&[past(8.0), past(8.0), past(8.0)]), Trust::B);
        let one_was_wild = [past(1.0), past(1.0), past(12.0), past(1.0)];
        assert_eq!(Trust::of_past(&one_was_wild), Trust::B);
        assert_eq!(Trust::of_past(&[]), Trust::D);
    }
}
