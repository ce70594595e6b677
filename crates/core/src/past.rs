//! Forecasts of the past, and what became of them.

use fleetcast_numerics::quantile_of_sorted;

use crate::{Day, interpolated};

/// Days on which a forecast of the past must have met a value, for its errors to say anything.
const LEAST_DAYS: usize = 20;

/// Days before an origin by which its level is known.
const YEAR: usize = 365;

/// Days with a value among those, at least.
const LEAST_LEVEL_DAYS: usize = 90;

/// The share of the last year's values below what counts as its level.
const LEVEL: f64 = 0.95;

/// Days up to an origin that are kept, to know whether the series was over a threshold then.
const LATEST_DAYS: usize = 31;

/// A forecast that was made at an origin in the past, and how wrong it was, day by day in order.
///
/// Values are kept to seven digits: what they are for needs no more, and there are many.
#[derive(Debug, Clone, PartialEq)]
pub struct PastForecast {
    /// The last day it had seen.
    pub origin: Day,
    /// The forecast of the days after it, in the series' unit.
    pub yhat: Vec<f32>,
    /// Observed minus forecast, a value a day; between observed days on a straight line, before the first and after
    /// the last like those.
    pub errors: Vec<f32>,
    /// The errors it would have had, had the regime lasted that its origin was in, by what is known of regimes now, likewise;
    /// empty where those are its errors.
    pub settled: Vec<f32>,
    /// The 95 % quantile of the last year's values up to the origin; `None` where too few are known.
    pub level: Option<f64>,
    /// The values of the last days up to the origin, 31 at most; −∞ where missing.
    pub latest: Vec<f32>,
}

impl PastForecast {
    /// Holds the forecast `yhat` of the days after `origin` against the `actual` values of these days (NaN where
    /// missing). `seen` are the values up to the origin.
    ///
    /// `None` where fewer than 20 days have a value, or an error is not finite.
    #[must_use]
    pub fn of(origin: Day, seen: &[f64], actual: &[f64], yhat: &[f64]) -> Option<Self> {
        let errors: Vec<f64> = actual.iter().zip(yhat).map(|(y, yhat)| y - yhat).collect();
        let known = errors.iter().filter(|error| !error.is_nan()).count();
        let errors = to_seven_digits(&without_gaps(&errors));
        let yhat = to_seven_digits(&yhat[..errors.len()]);
        let are_finite = errors.iter().chain(&yhat).all(|value| value.is_finite());
        (known >= LEAST_DAYS && are_finite).then(|| Self {
            origin,
            yhat,
            errors,
            settled: Vec::new(),
            level: level_of_last_year(seen),
            latest: latest(seen),
        })
    }

    /// Says which values would have come `had` the regime `lasted` that the origin was in (NaN where missing), where those are
    /// others than those that came: a value a day, from the first on.
    #[must_use]
    pub fn with_settled(mut self, had_it_lasted: Option<&[f64]>) -> Self {
        let Some(lasted) = had_it_lasted else {
            return self;
        };
        let days = lasted.iter().zip(&self.yhat);
        let errors: Vec<f64> = days.map(|(y, yhat)| y - f64::from(*yhat)).collect();
        let settled = to_seven_digits(&without_gaps(&errors));
        if settled.len() == self.errors.len() && settled.iter().all(|error| error.is_finite()) {
            self.settled = settled;
        }
        self
    }

    /// Returns the forecast of its first `days` days, which it must have.
    #[must_use]
    pub fn forecast(&self, days: usize) -> Vec<f64> {
        self.yhat[..days].iter().copied().map(f64::from).collect()
    }

    /// Returns the values that came on its first `days` days, which it must have; those without one are taken as their
    /// errors are.
    #[must_use]
    pub fn came(&self, days: usize) -> Vec<f64> {
        let both = self.yhat[..days].iter().zip(&self.errors);
        both.map(|(yhat, error)| f64::from(*yhat) + f64::from(*error))
            .collect()
    }

    /// Returns the errors in double precision.
    pub fn errors(&self) -> impl Iterator<Item = f64> {
        self.errors.iter().copied().map(f64::from)
    }

    /// Returns the settled errors in double precision: the errors, where it has no others.
    pub fn settled(&self) -> impl Iterator<Item = f64> {
        let settled = if self.settled.is_empty() {
            &self.errors
        } else {
            &self.settled
        };
        settled.iter().copied().map(f64::from)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what has no more digits than that is meant"
)]
fn to_seven_digits(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

/// The values with straight lines in the places of NaN, the first and the last one continued; empty where there is
/// none.
fn without_gaps(values: &[f64]) -> Vec<f64> {
    let between = interpolated(values);
    let (Some(first), Some(last)) = (between.first().copied(), between.last().copied()) else {
        return between;
    };
    let before = values.iter().take_while(|value| value.is_nan()).count();
    let mut all = vec![first; before];
    all.extend(between);
    all.resize(values.len(), last);
    all
}

/// Returns the 95 % quantile of the values of the last 365 days of `seen`, NaN where missing: what a threshold must lie above
/// to be a question. `None` where too few of them are known.
#[must_use]
pub fn level_of_last_year(seen: &[f64]) -> Option<f64> {
    let year = &seen[seen.len().saturating_sub(YEAR)..];
    let mut known: Vec<f64> = year
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    if known.len() < LEAST_LEVEL_DAYS {
        return None;
    }
    known.sort_by(f64::total_cmp);
    Some(quantile_of_sorted(&known, LEVEL))
}

fn latest(seen: &[f64]) -> Vec<f32> {
    let last = &seen[seen.len().saturating_sub(LATEST_DAYS)..];
    let known = last.iter().map(|value| {
        if value.is_finite() {
            *value
        } else {
            f64::NEG_INFINITY
        }
    });
    to_seven_digits(&known.collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_days_without_a_value_lie_between_their_neighbours() {
        let nan = f64::NAN;
        assert_eq!(
            without_gaps(&[nan, 1.0, nan, nan, 4.0, nan]),
            [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]
        );
        assert_eq!(without_gaps(&[2.0]), [2.0]);
    }

    #[test]
    fn a_forecast_is_held_against_what_came() {
        let origin: Day = "2025-06-30".parse().unwrap();
        let seen: Vec<f64> = (0..200).map(f64::from).collect();
        let actual = vec![10.0; 30];
        let yhat = vec![8.0; 30];
        let past = PastForecast::of(origin, &seen, &actual, &yhat).unwrap();
        assert_eq!(past.errors, [2.0; 30]);
        assert_eq!(past.came(30), [10.0; 30]);
        assert_eq!(past.latest.len(), 31);
        assert!((past.latest[30] - 199.0).abs() < 1e-6);
        assert!((past.level.unwrap() - 0.95 * 199.0).abs() < 1e-9);
        assert_eq!(past.clone().with_settled(None), past);
        let lasted = [vec![7.0; 29], vec![f64::NAN]].concat();
        let settled = past.clone().with_settled(Some(&lasted));
        assert_eq!(settled.settled, [-1.0; 30]);
        assert_eq!(settled.errors, past.errors);
        let few = [vec![10.0; 19], vec![f64::NAN; 11]].concat();
        assert_eq!(PastForecast::of(origin, &seen, &few, &yhat), None);
        let endless = vec![f64::MAX; 30];
        assert_eq!(PastForecast::of(origin, &seen, &endless, &yhat), None);
    }
}
