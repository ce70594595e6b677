//! How an engine did at origins inside the window it was given.

use fleetcast_numerics::quantile_of_sorted;

use crate::{Day, metrics};

/// The probabilities whose residual quantiles an [`InnerOrigin`] keeps: 5 % to 95 % in steps of 5.
pub const RESIDUAL_PROBABILITIES: [f64; 19] = [
    0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80,
    0.85, 0.90, 0.95,
];

/// What an engine forecast from an origin inside its own window, and how far off it was.
///
/// Engines that choose their settings by rolling origins (Tashman 2000, *Out-of-sample tests of
/// forecasting accuracy*, International Journal of Forecasting 16(4), 437-450) return one of these
/// an origin: who weighs engines or calibrates intervals needs more than one backtest.
#[derive(Debug, Clone, PartialEq)]
pub struct InnerOrigin {
    /// The last day that what was fitted has seen. How fits are weighed may rest on the engine's
    /// errors at its other inner origins, but never on this one's.
    pub origin: Day,
    /// The point forecast of the days after `origin`, in the series' unit.
    pub yhat: Vec<f64>,
    /// Mean absolute error over the days that have a value, in the series' unit.
    pub mae: f64,
    /// Quantiles of the residuals y − ŷ at [`RESIDUAL_PROBABILITIES`], in the series' unit.
    pub residual_quantiles: [f64; RESIDUAL_PROBABILITIES.len()],
}

impl InnerOrigin {
    /// The errors of `yhat` against the `actual` values of the same days (NaN where missing), or
    /// `None` where no day has a value or an error is not finite.
    #[must_use]
    pub fn new(origin: Day, yhat: Vec<f64>, actual: &[f64]) -> Option<Self> {
        let mae = metrics::mae(actual, &yhat).filter(|mae| mae.is_finite())?;
        let mut residuals: Vec<f64> = actual
            .iter()
            .zip(&yhat)
            .map(|(actual, yhat)| actual - yhat)
            .filter(|residual| !residual.is_nan())
            .collect();
        residuals.sort_unstable_by(f64::total_cmp);
        Some(Self {
            origin,
            yhat,
            mae,
            residual_quantiles: RESIDUAL_PROBABILITIES
                .map(|probability| quantile_of_sorted(&residuals, probability)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_the_observed_days() {
        let origin: Day = "2025-01-31".parse().unwrap();
        let actual = [3.0, f64::NAN, 1.0, 7.0];
        let inner = InnerOrigin::new(origin, vec![1.0, 9.0, 2.0, 3.0], &actual).unwrap();
        assert!((inner.mae - 7.0 / 3.0).abs() < 1e-15);
        // Residuals −1, 2, 4.
        let [first, .., last] = inner.residual_quantiles;
        assert!((first - -0.7).abs() < 1e-12);
        assert!((inner.residual_quantiles[9] - 2.0).abs() < 1e-12);
        assert!((last - 3.8).abs() < 1e-12);
    }

    #[test]
    fn without_a_value_there_is_no_error() {
        let origin: Day = "2025-01-31".parse().unwrap();
        assert_eq!(InnerOrigin::new(origin, vec![1.0], &[f64::NAN]), None);
        assert_eq!(InnerOrigin::new(origin, vec![f64::INFINITY], &[1.0]), None);
        let one = InnerOrigin::new(origin, vec![1.0], &[3.0]).unwrap();
        assert!(
            one.residual_quantiles
                .iter()
                .all(|q| (q - 2.0).abs() < 1e-15)
        );
    }
}
