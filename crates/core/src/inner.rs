//! How an engine did at origins inside the window it was given.

use crate::{Day, metrics};

/// Calendar months from one inner origin to the next, and from the last one to the end of the window: as long as a run's backtest
/// is, so that what a backtest is forecast from is what the last inner origin of the whole history has seen.
const INNER_MONTHS: u32 = 4;

/// Days that are forecast and scored from an inner origin: four calendar months have as many or up to three more.
pub const INNER_HORIZON: usize = 120;

/// The least history an inner origin has, in days: 20 calendar months have more.
const LEAST_INNER_HISTORY: usize = 600;

/// Inner origins a window must have room for.
const LEAST_ORIGINS: usize = 3;

/// Returns how many days of a window each of its inner origins has seen, earliest first, where they lie four calendar months apart,
/// counted back from `last`, the window's last day (rolling origins without overlap: Tashman 2000, *Out-of-sample tests of forecasting
/// accuracy*, International Journal of Forecasting 16(4), 437-450).
///
/// `days` is how many the window has. There are `most` of them, or as many as have 600 days of history: a window of 32 months has room for
/// three. None are returned where there is no room for three; an engine then has its own rule.
#[must_use]
pub fn inner_origins(last: Day, days: usize, most: usize) -> Vec<usize> {
    let mut histories = Vec::with_capacity(most);
    let mut origin = last;
    while histories.len() < most {
        let Ok(earlier) = origin.minus_months(INNER_MONTHS) else {
            break;
        };
        origin = earlier;
        let back = usize::try_from(last.days_since(origin)).unwrap_or(usize::MAX);
        match days.checked_sub(back) {
            Some(history) if history >= LEAST_INNER_HISTORY => histories.push(history),
            _ => break,
        }
    }
    if histories.len() < LEAST_ORIGINS {
        histories.clear();
    }
    histories.reverse();
    histories
}

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
    use crate::{Split, WindowLengths};

    #[test]
    fn origins_are_four_months_apart_and_those_of_the_training_window_are_those_of_the_history() {
        for as_of in [
            "2025-12-31",
            "2025-06-30",
            "2024-06-29",
            "2025-03-15",
            "2026-01-01",
        ] {
            let split = Split::new(as_of.parse().unwrap(), WindowLengths::default()).unwrap();
            let (training, history) = (split.training(), split.history());
            let of_training = inner_origins(training.last(), training.len(), 4);
            let of_history = inner_origins(history.last(), history.len(), 4);
            assert_eq!(of_training.len(), 3, "{as_of}");
            let shared: Vec<usize> = of_training
                .iter()
                .copied()
                .chain([training.len()])
                .collect();
            assert_eq!(of_history, shared, "{as_of}");
            for (index, history) in shared.iter().enumerate() {
                let next = shared
                    .get(index + 1)
                    .copied()
                    .unwrap_or(split.history().len());
                assert!(
                    (INNER_HORIZON..=INNER_HORIZON + 3).contains(&(next - history)),
                    "{as_of}: {shared:?}"
                );
            }
        }
    }

    #[test]
    fn a_window_without_room_for_three_origins_has_none_of_these() {
        let last = "2025-12-31".parse().unwrap();
        assert_eq!(inner_origins(last, 1096, 4), [608, 730, 851, 974]);
        assert_eq!(inner_origins(last, 1096, 3), [730, 851, 974]);
        assert_eq!(inner_origins(last, 966, 4), [600, 721, 844]);
        assert_eq!(inner_origins(last, 965, 4), []);
        assert_eq!(inner_origins(last, 0, 4), []);
        assert_eq!(inner_origins("0001-02-01".parse().unwrap(), 5000, 4), []);
    }

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
