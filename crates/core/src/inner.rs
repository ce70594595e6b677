//! How an engine did at origins inside the window it was given.

use crate::{Day, metrics};

/// A forecast an engine made from an origin inside its own window.
///
/// Engines that choose their settings by rolling origins (Tashman 2000, *Out-of-sample tests of
/// forecasting accuracy*, International Journal of Forecasting 16(4), 437-450) return one of these
/// an origin: who weighs engines or calibrates intervals needs more than one backtest.
#[derive(Debug, Clone, PartialEq)]
pub struct InnerForecast {
    /// The last day that what was fitted has seen. How fits are weighed may rest on the engine's
    /// errors at its other inner origins, but never on this one's.
    pub origin: Day,
    /// The point forecast of the days after `origin`, in the series' unit.
    pub yhat: Vec<f64>,
}

impl InnerForecast {
    /// Keeps a forecast that can be scored against the `actual` values of the same days (NaN where
    /// missing): `None` where no day has a value or an error is not finite.
    #[must_use]
    pub fn scorable(origin: Day, yhat: Vec<f64>, actual: &[f64]) -> Option<Self> {
        let mae = metrics::mae(actual, &yhat)?;
        mae.is_finite().then_some(Self { origin, yhat })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_value_or_a_finite_error_there_is_nothing_to_score() {
        let origin: Day = "2025-01-31".parse().unwrap();
        let scorable = |yhat: f64, actual: f64| {
            InnerForecast::scorable(origin, vec![yhat, 1.0], &[actual, f64::NAN])
        };
        assert_eq!(scorable(1.0, f64::NAN), None);
        assert_eq!(scorable(f64::INFINITY, 1.0), None);
        assert_eq!(scorable(1.0, 3.0).unwrap().yhat, [1.0, 1.0]);
    }
}
