//! Prediction intervals from errors made at inner origins.

use fleetcast_core::IntervalLevel;

use super::combination::{Combination, InnerErrors};
use super::plan::Plan;
use fleetcast_numerics::{conformal_rank, normal_quantile};

/// Three origins are few, and the next half year may be odder than the last:
/// intervals are this much wider than the errors' quantile.
const WIDENING: f64 = 1.1;

/// Half the width of the interval of each day of the forecast, in the series' unit.
///
/// The quantile of the absolute errors of all inner origins, which pools the days after an origin,
/// gives the width. It grows with the square root of the smoothing model's deviation (Hyndman, Koehler,
/// Ord & Snyder 2008, table 6.2), the days of the inner horizon averaging 1: the level's share of the
/// error grows as the model says, the season's does not.
/// Without an annual part, what a year does to the series is still unseen: past the inner horizon
/// the width then grows with the square root of time as well.
///
/// Without inner errors the width is the smoothing model's own.
pub(super) fn half_widths(
    combination: &Combination,
    plan: &Plan,
    level: IntervalLevel,
) -> Vec<f64> {
    let inner_horizon = plan.inner_horizon;
    let days = combination.yhat.len();
    let z = normal_quantile(level.upper_probability());
    let Some(smoothing) = &combination.members.smoothing else {
        let width = width(combination, level).unwrap_or(0.0);
        return vec![WIDENING * width; days];
    };
    let mut sum = 1.0;
    let variances: Vec<f64> = smoothing
        .effects_of_an_error(days.max(inner_horizon))
        .iter()
        .map(|effect| {
            let variance = sum;
            sum += effect * effect;
            variance
        })
        .collect();
    let Some(width) = width(combination, level) else {
        let sigma_squared = smoothing.sigma_squared();
        let own = variances.iter().take(days);
        return own
            .map(|variance| z * (sigma_squared * variance).sqrt())
            .collect();
    };
    let growth: Vec<f64> = variances
        .iter()
        .map(|variance| variance.sqrt().sqrt())
        .collect();
    let inner = &growth[..inner_horizon];
    let scale = WIDENING * width * inner.len() as f64 / inner.iter().sum::<f64>();
    let ahead = growth.iter().take(days).enumerate();
    ahead
        .map(|(step, growth)| {
            let measured = plan.seasons.annual || step < inner_horizon;
            let unseen = if measured {
                1.0
            } else {
                ((step + 1) as f64 / inner_horizon as f64).sqrt()
            };
            scale * growth * unseen
        })
        .collect()
}

/// The error that intervals at `level` are made from, before it grows; `None` where no error is known.
pub(super) fn width(combination: &Combination, level: IntervalLevel) -> Option<f64> {
    match &combination.inner_errors {
        InnerErrors::Sorted(errors) => quantile(errors, level.share()),
        InnerErrors::Kept(width) => *width,
    }
}

/// Returns the sorted value that bounds the next one with a probability of `share`.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    sorted.get(conformal_rank(sorted.len(), share)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_ranks() {
        let sorted: Vec<f64> = (1..=9).map(f64::from).collect();
        assert_eq!(quantile(&sorted, 0.8), Some(8.0));
        assert_eq!(quantile(&sorted, 0.99), Some(9.0));
        assert_eq!(quantile(&[], 0.8), None);
    }
}
