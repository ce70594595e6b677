//! The blend: forecasts weighed by how wrong they have been.
//!
//! Combining forecasts by past errors goes back to Bates & Granger 1969, *The combination of
//! forecasts*, Operational Research Quarterly 20(4), 451-468. Weights here fall with the fourth
//! power of the error, start from a prior that favours the champion, and are guarded against a
//! member that leaves the others by more than it has ever been wrong.

use crate::member::{Member, PerMember};
use crate::past_errors::{Forecasts, PastErrors};

/// A weight falls with this power of the error.
const POWER: i32 = 4;

/// What a member's weight is before anything is known of it, up to a common factor.
const PRIOR: PerMember<f64> = [1.0, 0.5, 0.5, 0.1];

/// Weights of the members, at least 0, adding up to 1; all 0 where there is nothing to weigh.
pub(crate) type Weights = PerMember<f64>;

/// The weights for `forecasts` of one window, from `errors` of the past.
pub(crate) fn weights(errors: &PastErrors, forecasts: &Forecasts) -> Weights {
    let unguarded = normalised(Member::ALL.map(|member| {
        if forecasts[member as usize].is_none() {
            return 0.0;
        }
        let relative = errors.relative(member).unwrap_or(1.0);
        PRIOR[member as usize] * relative.powi(-POWER)
    }));
    let Some(consensus) = weighted_median(&unguarded, forecasts) else {
        return unguarded;
    };
    normalised(Member::ALL.map(|member| {
        let Some(forecast) = &forecasts[member as usize] else {
            return 0.0;
        };
        let expected = errors.expected(member).unwrap_or(f64::INFINITY);
        let distance = mean_distance(forecast, &consensus);
        unguarded[member as usize] * (distance / expected).max(1.0).powi(-POWER)
    }))
}

/// The weighted mean of the forecasts, a value a day, or `None` where all weights are 0.
pub(crate) fn blend(weights: &Weights, forecasts: &Forecasts) -> Option<Vec<f64>> {
    let days = days_of(forecasts)?;
    (weights.iter().sum::<f64>() > 0.0).then(|| {
        let mut blend = vec![0.0; days];
        for (weight, forecast) in weights.iter().zip(forecasts) {
            for (blend, yhat) in blend.iter_mut().zip(forecast.iter().flatten()) {
                *blend += weight * yhat;
            }
        }
        blend
    })
}

fn days_of(forecasts: &Forecasts) -> Option<usize> {
    forecasts.iter().flatten().map(Vec::len).min()
}

fn normalised(weights: Weights) -> Weights {
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return weights;
    }
    // By the largest first, so that the sum of very large weights does not overflow.
    let weights = weights.map(|weight| weight / largest);
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

fn mean_distance(a: &[f64], b: &[f64]) -> f64 {
    let days = a.len().min(b.len()).max(1) as f64;
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs() / days)
        .sum::<f64>()
}

/// What lies in the middle of the forecasts' weight, day by day, interpolated between forecasts:
/// unlike the mean, one far-off forecast of small weight does not move it.
fn weighted_median(weights: &Weights, forecasts: &Forecasts) -> Option<Vec<f64>> {
    let days = days_of(forecasts)?;
    let members: Vec<(f64, &Vec<f64>)> = weights
        .iter()
        .copied()
        .zip(forecasts)
        .filter_map(|(weight, forecast)| Some((weight, forecast.as_ref()?)))
        .collect();
    let mut sorted: Vec<(f64, f64)> = Vec::with_capacity(members.len());
    Some(
        (0..days)
            .map(|day| {
                sorted.clear();
                sorted.extend(
                    members
                        .iter()
                        .map(|(weight, forecast)| (forecast[day], *weight)),
                );
                sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
                middle(&sorted)
            })
            .collect(),
    )
}

/// The value at half the weight of `(value, weight)` pairs, sorted by value; each value stands at
/// the middle of its own weight, and between two it is interpolated.
fn middle(sorted: &[(f64, f64)]) -> f64 {
    let mut below: Option<(f64, f64)> = None;
    let mut weight_before = 0.0;
    for (value, weight) in sorted.iter().copied() {
        let position = weight_before + weight / 2.0;
        if position >= 0.5 {
            return match below {
                Some((value_below, position_below)) if position > position_below => {
                    let share = (0.5 - position_below) / (position - position_below);
                    value_below * (1.0 - share) + value * share
                }
                _ => value,
            };
        }
        below = Some((value, position));
        weight_before += weight;
    }
    below.map_or(f64::NAN, |(value, _)| value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn constant(values: PerMember<f64>) -> Forecasts {
        values.map(|value| Some(vec![value; 3]))
    }

    /// Errors of the past that are the same at every origin.
    fn errors(actual: f64, forecasts: PerMember<f64>) -> PastErrors {
        let mut errors = PastErrors::of_level(actual);
        errors.add_origin(&[actual; 3], &constant(forecasts));
        errors
    }

    #[test]
    fn equal_errors_leave_the_prior() {
        let found = weights(&errors(10.0, [11.0; 4]), &constant([9.0; 4]));
        for (found, prior) in found.into_iter().zip(PRIOR) {
            assert!((found - prior / 2.1).abs() < 1e-12, "{found}");
        }
    }

    #[test]
    fn half_the_error_has_sixteen_times_the_weight() {
        let found = weights(&errors(10.0, [12.0, 11.0, 12.0, 12.0]), &constant([9.0; 4]));
        assert!((found[1] / found[0] - 8.0).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn who_leaves_the_others_by_more_than_it_was_ever_wrong_is_not_followed() {
        let past = errors(10.0, [11.0; 4]);
        let together = weights(&past, &constant([10.0; 4]));
        let apart = weights(&past, &constant([10.0, 90.0, 10.0, 10.0]));
        assert!(apart[1] < 1e-6 * together[1], "{apart:?}");
        let blend = blend(&apart, &constant([10.0, 90.0, 10.0, 10.0])).unwrap();
        assert!((blend[0] - 10.0).abs() < 1e-3);
    }

    #[test]
    fn without_a_past_the_prior_holds_and_without_members_nothing_does() {
        let nothing_known = PastErrors::of_level(10.0);
        let found = weights(&nothing_known, &constant([1.0, 500.0, 7.0, 9.0]));
        assert!((found[0] - PRIOR[0] / 2.1).abs() < 1e-12);
        let nobody: Forecasts = Default::default();
        assert!(
            weights(&nothing_known, &nobody)
                .iter()
                .all(|weight| *weight <= 0.0)
        );
        assert_eq!(blend(&[0.0; 4], &nobody), None);
    }

    #[test]
    fn the_median_stands_at_half_the_weight() {
        assert!((middle(&[(1.0, 0.25), (2.0, 0.5), (9.0, 0.25)]) - 2.0).abs() < 1e-12);
        assert!((middle(&[(1.0, 0.5), (3.0, 0.5)]) - 2.0).abs() < 1e-12);
        assert!((middle(&[(1.0, 1.0)]) - 1.0).abs() < 1e-12);
        assert!((middle(&[(1.0, 0.0), (2.0, 1.0)]) - 2.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn a_blend_lies_among_its_members(
            actual in -1e6..1e6_f64,
            past in prop::array::uniform4(-1e6..1e6_f64),
            ahead in prop::array::uniform4(-1e6..1e6_f64),
            power in -12..12_i32,
        ) {
            let scale = 2.0_f64.powi(power);
            let forecasts = constant(ahead);
            let weights_here = weights(&errors(actual, past), &forecasts);
            prop_assert!((weights_here.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let blended = blend(&weights_here, &forecasts).unwrap()[0];
            let (least, most) = ahead.iter().fold((f64::MAX, f64::MIN), |(least, most), yhat| {
                (least.min(*yhat), most.max(*yhat))
            });
            let slack = 1e-9 * (1.0 + least.abs().max(most.abs()));
            prop_assert!(least - slack <= blended && blended <= most + slack);

            let scaled = weights(
                &errors(actual * scale, past.map(|yhat| yhat * scale)),
                &constant(ahead.map(|yhat| yhat * scale)),
            );
            for (plain, scaled) in weights_here.into_iter().zip(scaled) {
                prop_assert!((plain - scaled).abs() < 1e-9, "{plain} is not {scaled}");
            }
        }
    }
}
