//! The blend: forecasts weighed by how wrong they have been.
//!
//! Combining forecasts by past errors goes back to Bates & Granger 1969, *The combination of
//! forecasts*, Operational Research Quarterly 20(4), 451-468. Weights here fall with the fourth
//! power of the error, start from a prior that favours the champion, and are guarded against a
//! member that leaves the others by more than it has ever been wrong.

use crate::Contender;
use crate::past_errors::{Forecasts, PastErrors};

/// A weight falls with this power of the error.
const POWER: i32 = 4;

/// A model of the whole fleet weighs this much beside all the others together, where nothing speaks against it.
const PARTNER: f64 = 0.8;

/// A model of the whole fleet weighs less where its errors were larger than the others' by more than this factor.
const PARTNERS_SLACK: f64 = 1.25;

/// What a member's weight is before anything is known of it, up to a common factor.
fn prior(member: Contender) -> f64 {
    match member {
        Contender::Prophet => 1.0,
        Contender::Challenger | Contender::Further(_) | Contender::NaiveYear => 0.5,
        Contender::NaiveWeek => 0.1,
        _ => 0.0,
    }
}

/// Weights of the members, at least 0, adding up to 1; of none or all 0 where there is nothing to weigh.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights(pub(crate) Vec<(Contender, f64)>);

impl Weights {
    /// Returns a member's weight: 0 where it says nothing.
    #[must_use]
    pub fn of(&self, member: Contender) -> f64 {
        let mut weights = self.0.iter();
        weights
            .find_map(|(name, weight)| (*name == member).then_some(*weight))
            .unwrap_or(0.0)
    }

    /// Returns members and their weights: engines, then the naive forecasts.
    pub fn iter(&self) -> impl Iterator<Item = (Contender, f64)> {
        self.0.iter().copied()
    }

    fn sum(&self) -> f64 {
        self.0.iter().map(|(_, weight)| weight).sum()
    }

    fn normalised(mut self) -> Self {
        let largest = self.0.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
        if largest <= 0.0 {
            return self;
        }
        // By the largest first, so that the sum of very large weights does not overflow.
        for (_, weight) in &mut self.0 {
            *weight /= largest;
        }
        let sum = self.sum();
        for (_, weight) in &mut self.0 {
            *weight /= sum;
        }
        self
    }
}

/// The weights for `forecasts` of one window, from `errors` of the past.
///
/// Champion, challenger, other people's models and naive forecasts are weighed against each other first; a model of the whole fleet is
/// a partner of what they come to, and leaves their shares of the rest as they were.
pub(crate) fn weights(errors: &PastErrors, forecasts: &Forecasts) -> Weights {
    let members = forecasts.0.iter().map(|(member, _)| *member);
    let (partners, members): (Vec<_>, Vec<_>) = members.partition(|member| member.is_of_fleet());
    let unguarded = members.into_iter().map(|member| {
        let relative = errors.relative(member).unwrap_or(1.0);
        (member, prior(member) * relative.powi(-POWER))
    });
    let unguarded = Weights(unguarded.collect()).normalised();
    let Some(consensus) = weighted_median(&unguarded, forecasts) else {
        return unguarded;
    };
    let guard = |member| {
        let forecast = forecasts.of(member).unwrap_or_default();
        let expected = errors.expected(member).unwrap_or(f64::INFINITY);
        let distance = mean_distance(forecast, &consensus);
        (distance / expected).max(1.0).powi(-POWER)
    };
    let guarded = unguarded.iter();
    let guarded = guarded.map(|(member, weight)| (member, weight * guard(member)));
    let mut together = Weights(guarded.collect()).normalised();
    if partners.is_empty() {
        return together;
    }
    let others: f64 = together
        .iter()
        .map(|(member, weight)| weight * errors.relative(member).unwrap_or(1.0))
        .sum();
    let partners = partners.into_iter().map(|member| {
        let excess = errors
            .relative(member)
            .map_or(1.0, |relative| relative / (PARTNERS_SLACK * others));
        let weight = PARTNER * excess.max(1.0).powi(-POWER) * guard(member);
        (member, weight)
    });
    together.0.extend(partners);
    together.normalised()
}

/// The weighted mean of the forecasts, a value a day, or `None` where all weights are 0.
pub(crate) fn blend(weights: &Weights, forecasts: &Forecasts) -> Option<Vec<f64>> {
    let days = days_of(forecasts)?;
    (weights.sum() > 0.0).then(|| {
        let mut blend = vec![0.0; days];
        for (member, weight) in weights.iter() {
            for (blend, yhat) in blend
                .iter_mut()
                .zip(forecasts.of(member).unwrap_or_default())
            {
                *blend += weight * yhat;
            }
        }
        blend
    })
}

fn days_of(forecasts: &Forecasts) -> Option<usize> {
    forecasts.0.iter().map(|(_, yhat)| yhat.len()).min()
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
    let members: Vec<(f64, &[f64])> = weights
        .iter()
        .filter_map(|(member, weight)| Some((weight, forecasts.of(member)?)))
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

    const MEMBERS: [Contender; 4] = [
        Contender::Prophet,
        Contender::Challenger,
        Contender::NaiveYear,
        Contender::NaiveWeek,
    ];

    fn constant(values: [f64; 4]) -> Forecasts {
        let members = MEMBERS.into_iter().zip(values);
        Forecasts(
            members
                .map(|(member, value)| (member, vec![value; 3]))
                .collect(),
        )
    }

    fn and_xgboost(mut forecasts: Forecasts, value: f64) -> Forecasts {
        forecasts.0.insert(2, (Contender::XGBOOST, vec![value; 3]));
        forecasts
    }

    /// Errors of the past that are the same at every origin.
    fn errors(actual: f64, forecasts: &Forecasts) -> PastErrors {
        let mut errors = PastErrors::of_level(actual);
        errors.add_origin(&[actual; 3], forecasts);
        errors
    }

    #[test]
    fn equal_errors_leave_the_prior() {
        let found = weights(&errors(10.0, &constant([11.0; 4])), &constant([9.0; 4]));
        for member in MEMBERS {
            let found = found.of(member);
            assert!((found - prior(member) / 2.1).abs() < 1e-12, "{found}");
        }
    }

    #[test]
    fn half_the_error_has_sixteen_times_the_weight() {
        let past = errors(10.0, &constant([12.0, 11.0, 12.0, 12.0]));
        let found = weights(&past, &constant([9.0; 4]));
        let ratio = found.of(Contender::Challenger) / found.of(Contender::Prophet);
        assert!((ratio - 8.0).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn somebody_elses_model_is_weighed_as_the_challenger_is() {
        let mine = Contender::Further("mine");
        let four_and_mine = |values: [f64; 4], value: f64| {
            let mut forecasts = constant(values);
            forecasts.0.push((mine, vec![value; 3]));
            forecasts
        };
        let past = errors(10.0, &four_and_mine([12.0, 11.0, 11.0, 11.0], 11.0));
        let found = weights(&past, &four_and_mine([10.0; 4], 10.0));
        assert!((found.of(mine) - found.of(Contender::Challenger)).abs() < 1e-15);
        assert!(found.of(mine) > found.of(Contender::Prophet), "{found:?}");
    }

    #[test]
    fn a_model_of_the_fleet_is_a_partner_of_all_the_others() {
        let ahead = constant([9.0, 9.5, 9.0, 9.0]);
        let without = weights(&errors(10.0, &constant([11.0; 4])), &ahead);
        let with = |error: f64, ahead_value: f64| {
            let past = errors(10.0, &and_xgboost(constant([11.0; 4]), 10.0 + error));
            weights(&past, &and_xgboost(ahead.clone(), ahead_value))
        };
        let equal = with(1.0, 9.0);
        let share = equal.of(Contender::XGBOOST);
        assert!((share - PARTNER / (1.0 + PARTNER)).abs() < 1e-12, "{share}");
        for member in MEMBERS {
            let rest = without.of(member) * (1.0 - share);
            assert!((equal.of(member) - rest).abs() < 1e-12, "{member}");
        }
        // Errors that are a little larger do not count, and ones that are far larger leave it nothing.
        assert!((with(1.2, 9.0).of(Contender::XGBOOST) - share).abs() < 1e-12);
        assert!(with(50.0, 9.0).of(Contender::XGBOOST) < 1e-5);
        // Nor is it followed where it leaves the others by more than it was ever wrong.
        assert!(with(1.0, 90.0).of(Contender::XGBOOST) < 1e-6);
    }

    #[test]
    fn who_leaves_the_others_by_more_than_it_was_ever_wrong_is_not_followed() {
        let past = errors(10.0, &constant([11.0; 4]));
        let together = weights(&past, &constant([10.0; 4])).of(Contender::Challenger);
        let apart = weights(&past, &constant([10.0, 90.0, 10.0, 10.0]));
        assert!(
            apart.of(Contender::Challenger) < 1e-6 * together,
            "{apart:?}"
        );
        let blend = blend(&apart, &constant([10.0, 90.0, 10.0, 10.0])).unwrap();
        assert!((blend[0] - 10.0).abs() < 1e-3);
    }

    #[test]
    fn without_a_past_the_prior_holds_and_without_members_nothing_does() {
        let nothing_known = PastErrors::of_level(10.0);
        let found = weights(&nothing_known, &constant([1.0, 500.0, 7.0, 9.0]));
        let champion = found.of(Contender::Prophet);
        assert!((champion - prior(Contender::Prophet) / 2.1).abs() < 1e-12);
        let nobody = Forecasts::default();
        let found = weights(&nothing_known, &nobody);
        assert_eq!(found, Weights::default());
        assert_eq!(blend(&found, &nobody), None);
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
            let weights_here = weights(&errors(actual, &constant(past)), &forecasts);
            prop_assert!((weights_here.sum() - 1.0).abs() < 1e-9);
            let blended = blend(&weights_here, &forecasts).unwrap()[0];
            let (least, most) = ahead.iter().fold((f64::MAX, f64::MIN), |(least, most), yhat| {
                (least.min(*yhat), most.max(*yhat))
            });
            let slack = 1e-9 * (1.0 + least.abs().max(most.abs()));
            prop_assert!(least - slack <= blended && blended <= most + slack);

            let scaled = weights(
                &errors(actual * scale, &constant(past.map(|yhat| yhat * scale))),
                &constant(ahead.map(|yhat| yhat * scale)),
            );
            for ((_, plain), (_, scaled)) in weights_here.iter().zip(scaled.iter()) {
                prop_assert!((plain - scaled).abs() < 1e-9, "{plain} is not {scaled}");
            }
        }
    }
}
