//! Members weighed by how they did at inner origins.

use std::borrow::Cow;

use fleetcast_core::{InnerForecast, MIN_OBSERVATIONS, SEASON_WEEK, metrics};

use super::chosen::{Chosen, shared_out};
use super::forecast_range::{ForecastRange, extremes};
use super::members::{LAST_YEAR, MEMBERS, MemberModels, Members, Past, fit_members};
use super::pasts::Pasts;
use super::plan::Plan;

/// Errors below this share of the series' spread are taken as this, so that a member without
/// error still has a finite weight.
const LEAST_ERROR: f64 = 1e-9;

/// Days after an inner origin that need a value for errors to be known there.
const LEAST_SCORED: usize = SEASON_WEEK;

/// A weighted forecast, and what is known of its errors.
#[derive(Debug)]
pub(super) struct Combination {
    /// Point forecasts, a value a day, inside the [`ForecastRange`].
    pub(super) yhat: Vec<f64>,
    /// How the combination did at inner origins.
    ///
    /// Fits, limits and scale of an inner origin know the values up to it and no others. Its
    /// weights do not: they come from the other two origins, later ones included. Weights of earlier origins alone would leave the first without
    /// any and the second with one; the price of leaving one out is that inner errors may be a
    /// little smaller than those of a forecast issued on that day.
    pub(super) inner: Vec<InnerForecast>,
    /// The errors of those forecasts.
    pub(super) inner_errors: InnerErrors,
    /// The members of the whole window.
    pub(super) members: Members,
    /// The weight of each, adding up to 1.
    pub(super) weights: [f64; MEMBERS],
    /// Inner origins that could be scored.
    pub(super) scored_origins: usize,
    /// Days of the window that were winsorised.
    pub(super) winsorised: usize,
}

/// How wrong a combination was at inner origins, in the series' unit.
#[derive(Debug)]
pub(super) enum InnerErrors {
    /// These are absolute errors, smallest first.
    Sorted(Vec<f64>),
    /// This is the one that intervals are made from, which was kept from an earlier day, if there was one.
    Kept(Option<f64>),
}

/// Forecasts the `steps` days after `values`, the days of `plan`.
#[cfg(test)]
pub(super) fn combine(values: &[f64], plan: &Plan, steps: usize) -> Combination {
    Ensemble::fit(values, plan).forecast(plan, steps)
}

/// A window of a series and its inner origins, before anything is fitted.
#[derive(Debug)]
pub(super) struct Question<'a> {
    /// The values of the window.
    values: &'a [f64],
    plan: &'a Plan,
    /// The place of the window among the [`Pasts`] of its series.
    whole: usize,
    inner: Vec<InnerQuestion<'a>>,
}

/// An inner origin, before anything is fitted.
#[derive(Debug)]
struct InnerQuestion<'a> {
    /// The place of what it has seen.
    past: usize,
    /// The days after it, as they were, or would have been had the level not shifted since.
    actual: Cow<'a, [f64]>,
}

impl<'a> Question<'a> {
    /// Puts the question of a window alone, where what inner origins say is known already.
    pub(super) fn of_whole(
        values: &'a [f64],
        begins: usize,
        plan: &'a Plan,
        pasts: &mut Pasts<'a>,
    ) -> Self {
        Self {
            values,
            plan,
            whole: pasts.place_of(begins, Cow::Borrowed(values), &plan.whole),
            inner: Vec::new(),
        }
    }

    /// Puts the question of a window, `values` from the day `begins` of the panel on, and adds what it and its inner origins
    /// have seen to `pasts`.
    ///
    /// The past that was known at an origin, after so many days, may be another than the window's now: `past` returns it, and
    /// `after` what the forecasts of so many days are held against, borrowed where they are days of `values`.
    ///
    /// An origin that has seen less than the engine forecasts from, or is scored on less than a week, is
    /// left out.
    pub(super) fn new(
        values: &'a [f64],
        begins: usize,
        plan: &'a Plan,
        past: impl Fn(usize) -> Cow<'a, [f64]>,
        after: impl Fn(usize, usize) -> Cow<'a, [f64]>,
        pasts: &mut Pasts<'a>,
    ) -> Self {
        let observed = |days: &[f64]| days.iter().filter(|value| !value.is_nan()).count();
        let whole = Self::of_whole(values, begins, plan, pasts);
        // Later origins have seen more.
        let origins = plan.inner.iter().rev();
        let mut inner: Vec<InnerQuestion<'a>> = origins
            .filter_map(|(days, regression)| {
                let actual = after(*days, plan.inner_horizon);
                let is_thin = observed(&values[..*days]) < MIN_OBSERVATIONS
                    || observed(&actual) < LEAST_SCORED;
                (!is_thin).then(|| InnerQuestion {
                    past: pasts.place_of(begins, past(*days), regression),
                    actual,
                })
            })
            .collect();
        inner.reverse();
        Self { inner, ..whole }
    }
}

/// The members fitted to a window, and to what each of its inner origins has seen.
#[derive(Debug)]
pub(super) struct Ensemble {
    /// The values of the window, winsorised.
    seen: Vec<f64>,
    /// How many days were winsorised.
    winsorised: usize,
    models: MemberModels,
    origins: Vec<Origin>,
}

/// An inner origin.
#[derive(Debug)]
struct Origin {
    /// The days it has seen, winsorised by what was known on the last of them.
    past: Vec<f64>,
    /// The days after it, as they were, or would have been had the level not shifted since.
    actual: Vec<f64>,
    members: Members,
    errors: [Option<f64>; MEMBERS],
}

impl Ensemble {
    /// Fits the members to `values`, the days of `plan`, and to the values up to each inner origin.
    pub(super) fn fit(values: &[f64], plan: &Plan) -> Self {
        let past = |days: usize| Cow::Borrowed(&values[..days]);
        let after = |days: usize, ahead: usize| Cow::Borrowed(&values[days..days + ahead]);
        let mut pasts = Pasts::default();
        let question = Question::new(values, 0, plan, past, after, &mut pasts);
        let models = fit_members(&pasts.to_fit().collect::<Vec<_>>());
        Self::of(&question, &pasts, &models)
    }

    /// Returns the ensemble of a window from the models of the pasts of its series.
    ///
    /// An inner origin without an error of each member that the whole window has is left out: a member that
    /// has none there would lose its weight for what one thin origin lacks. Last year's day is excepted,
    /// since it looks back the furthest: it is weighed only where all origins can.
    ///
    /// Errors, which the weights come from, are taken against the values of the whole window winsorised:
    /// a spike no member could know of would make all of them look alike.
    pub(super) fn of(question: &Question<'_>, pasts: &Pasts<'_>, models: &[MemberModels]) -> Self {
        let Question {
            values,
            plan,
            whole,
            inner,
        } = question;
        let of_window = &models[*whole];
        let whole = pasts.at(*whole);
        let scored = |days: usize, actual: &Cow<'_, [f64]>| {
            let days = days..days + plan.inner_horizon;
            let winsorised = &whole.values[days.clone()];
            match actual {
                Cow::Borrowed(_) => winsorised.to_vec(),
                Cow::Owned(actual) => {
                    let spikes = values[days].iter().zip(winsorised);
                    let both = actual.iter().zip(spikes);
                    both.map(|(y, (value, winsorised))| y - (value - winsorised))
                        .collect()
                }
            }
        };
        let origins = inner
            .iter()
            .filter_map(|origin| {
                let seen = pasts.at(origin.past);
                let members = models[origin.past].forecasts(seen.to_fit(), plan.inner_horizon);
                let scored = scored(seen.values.len(), &origin.actual);
                let errors = members.forecasts.each_ref().map(|forecast| {
                    let forecast = forecast.as_ref()?;
                    metrics::mae(&scored, forecast).filter(|error| error.is_finite())
                });
                let comparable = (0..MEMBERS).all(|member| {
                    let asked = member != LAST_YEAR && of_window.has(member);
                    !asked || errors[member].is_some()
                });
                comparable.then(|| Origin {
                    past: seen.values.clone(),
                    actual: origin.actual.to_vec(),
                    members,
                    errors,
                })
            })
            .collect();
        Self {
            winsorised: whole.winsorised,
            models: of_window.clone(),
            origins,
            seen: whole.values.clone(),
        }
    }

    /// Forecasts the `steps` days after the window of `plan`, which the members were fitted to, as was chosen on an earlier day.
    pub(super) fn forecast_as_chosen(
        &self,
        plan: &Plan,
        steps: usize,
        chosen: &Chosen,
    ) -> Combination {
        let window = Past {
            values: &self.seen,
            regression: &plan.whole,
        };
        let whole = self.models.forecasts(window, steps);
        let weights = chosen.weights_of(&whole);
        Combination {
            yhat: weighted(&whole, &weights, &self.seen, steps),
            inner: Vec::new(),
            inner_errors: InnerErrors::Kept(chosen.width),
            members: whole,
            weights,
            scored_origins: chosen.scored_origins,
            winsorised: self.winsorised,
        }
    }

    /// Forecasts the `steps` days after the window of `plan`, which the members were fitted to.
    pub(super) fn forecast(&self, plan: &Plan, steps: usize) -> Combination {
        let window = Past {
            values: &self.seen,
            regression: &plan.whole,
        };
        let whole = self.models.forecasts(window, steps);
        let all: Vec<&Origin> = self.origins.iter().collect();
        let final_weights = weights(&all, &whole, &self.seen);
        let mut inner = Vec::with_capacity(all.len());
        let mut absolute_errors = Vec::new();
        for (index, origin) in self.origins.iter().enumerate() {
            let mut others = all.clone();
            others.remove(index);
            let weights = weights(&others, &origin.members, &origin.past);
            let yhat = weighted(&origin.members, &weights, &origin.past, plan.inner_horizon);
            absolute_errors.extend(
                origin
                    .actual
                    .iter()
                    .zip(&yhat)
                    .map(|(y, yhat)| (y - yhat).abs())
                    .filter(|error| error.is_finite()),
            );
            let last = u32::try_from(origin.past.len() - 1).unwrap_or(u32::MAX);
            inner.extend(InnerForecast::scorable(
                plan.first.plus_days(last),
                yhat,
                &origin.actual,
            ));
        }
        absolute_errors.sort_by(f64::total_cmp);
        Combination {
            yhat: weighted(&whole, &final_weights, &self.seen, steps),
            inner,
            inner_errors: InnerErrors::Sorted(absolute_errors),
            members: whole,
            weights: final_weights,
            scored_origins: self.origins.len(),
            winsorised: self.winsorised,
        }
    }
}

/// The weight of each member: 1/MAE² over the origins, adding up to 1 (Bates & Granger 1969,
/// *The combination of forecasts*, Operational Research Quarterly 20(4), 451-468, with errors
/// taken as unrelated). Equal where no origin tells, and where the values a forecast is made from,
/// `seen`, are all the same.
fn weights(origins: &[&Origin], whole: &Members, seen: &[f64]) -> [f64; MEMBERS] {
    let least = LEAST_ERROR * spread(seen);
    let mut weights = [0.0; MEMBERS];
    for (member, weight) in weights.iter_mut().enumerate() {
        if whole.forecasts[member].is_none() {
            continue;
        }
        // One that could not be asked everywhere is not comparable.
        let errors: Option<Vec<f64>> = origins.iter().map(|origin| origin.errors[member]).collect();
        if let Some(errors) = errors {
            let mean = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
            let relative = mean.max(least) / least;
            *weight = if errors.is_empty() || least == 0.0 {
                1.0
            } else {
                1.0 / (relative * relative)
            };
        }
    }
    shared_out(weights, whole)
}

/// The weighted forecast, inside the limits of the values it is made from, `seen`.
fn weighted(members: &Members, weights: &[f64; MEMBERS], seen: &[f64], steps: usize) -> Vec<f64> {
    let limits = ForecastRange::of(seen);
    let mut sum = vec![0.0; steps];
    for (forecast, weight) in members.forecasts.iter().zip(weights) {
        if let Some(forecast) = forecast.as_ref().filter(|_| *weight > 0.0) {
            for (sum, value) in sum.iter_mut().zip(forecast) {
                *sum += weight * value;
            }
        }
    }
    sum.iter().map(|value| limits.clamp(*value)).collect()
}

/// The distance from the smallest to the largest value, 0 where there is none.
fn spread(values: &[f64]) -> f64 {
    let (least, most) = extremes(values);
    (most - least).max(0.0)
}

#[cfg(test)]
mod tests {
    use fleetcast_core::TimeGrid;

    use super::*;
    use crate::challenger::Seasons;

    fn members(there: [bool; MEMBERS]) -> Members {
        Members {
            forecasts: there.map(|there| there.then(|| vec![1.0])),
            smoothing: None,
        }
    }

    fn origin(errors: [Option<f64>; MEMBERS]) -> Origin {
        Origin {
            past: vec![1.0],
            actual: vec![1.0],
            members: members(errors.map(|error| error.is_some())),
            errors,
        }
    }

    fn check(origins: &[[Option<f64>; MEMBERS]], there: [bool; MEMBERS], expected: [f64; 4]) {
        let origins: Vec<Origin> = origins.iter().copied().map(origin).collect();
        let origins: Vec<&Origin> = origins.iter().collect();
        let found = weights(&origins, &members(there), &[0.0, 1.0]);
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
        }
    }

    #[test]
    fn weights_are_inverse_squares_of_mean_errors() {
        let all = [true; MEMBERS];
        // Mean errors 1, 2, 2 and 4: squares 1, 1/4, 1/4 and 1/16 of 25/16.
        let first = [Some(0.5), Some(2.0), Some(1.0), Some(4.0)];
        let second = [Some(1.5), Some(2.0), Some(3.0), Some(4.0)];
        check(&[first, second], all, [0.64, 0.16, 0.16, 0.04]);
        // Without an origin all count alike; one without a forecast, or without an error, does not.
        check(&[], [false, true, true, false], [0.0, 0.5, 0.5, 0.0]);
        let partial = [None, Some(1.0), Some(1.0), Some(1.0)];
        check(&[partial], [true, true, true, false], [0.0, 0.5, 0.5, 0.0]);
    }

    #[test]
    fn a_series_that_has_not_moved_yet_has_equal_weights() {
        let errors = [Some(1.0), Some(2.0), Some(3.0), Some(4.0)];
        let there = [true; MEMBERS];
        for seen in [&[5.0, 5.0][..], &[f64::NAN], &[]] {
            let found = weights(&[&origin(errors)], &members(there), seen);
            assert!(found.iter().all(|weight| (weight - 0.25).abs() < 1e-12));
        }
    }

    /// A wave with a week, long enough for a year.
    fn wave() -> Vec<f64> {
        (0..900)
            .map(|day| 50.0 + 9.0 * (f64::from(day) / 58.0).sin() + f64::from(day % 7))
            .collect()
    }

    fn plan(days: usize, annual: bool) -> Plan {
        let grid = TimeGrid::new("2023-01-01".parse().unwrap(), days);
        Plan::new(
            grid,
            Seasons {
                weekly: true,
                annual,
            },
        )
    }

    /// The origins of a plan.
    fn found(values: &[f64], plan: &Plan) -> Vec<Origin> {
        Ensemble::fit(values, plan).origins
    }

    #[test]
    fn inner_fits_know_nothing_of_later_values() {
        let values = wave();
        let plan = plan(values.len(), true);
        let reference = found(&values, &plan);
        assert_eq!(reference.len(), 3);
        for (index, reference) in reference.iter().enumerate() {
            let mut other = values.clone();
            for value in &mut other[reference.past.len()..] {
                *value = 1000.0 - 7.0 * *value;
            }
            let found = &found(&other, &plan)[index];
            assert_eq!(found.members.forecasts, reference.members.forecasts);
            assert_ne!(found.errors, reference.errors);
        }
    }

    #[test]
    fn inner_forecasts_stay_in_the_limits_of_what_they_have_seen() {
        // It has fallen to nothing when the origins look ahead: what is issued is not negative.
        let mut values = wave();
        for (day, value) in values.iter_mut().enumerate() {
            *value = (*value - 0.09 * day as f64).max(0.0);
        }
        let plan = plan(values.len(), true);
        let combined = combine(&values, &plan, 30);
        let raw = found(&values, &plan);
        let falls_below = raw.iter().any(|origin| {
            let all = origin.members.forecasts.iter().flatten().flatten();
            all.fold(0.0_f64, |least, value| least.min(*value)) < -1.0
        });
        assert!(falls_below, "a forecast the limits have no work with");
        for inner in &combined.inner {
            assert!(inner.yhat.iter().all(|value| *value >= 0.0), "{inner:?}");
        }
        assert!(combined.yhat.iter().all(|value| *value >= 0.0));
    }

    #[test]
    fn a_thin_inner_origin_is_skipped_and_takes_nothing_with_it() {
        let days = 700;
        let plan = plan(days, false);
        let seen: Vec<usize> = plan.inner.iter().map(|(seen, _)| *seen).collect();
        assert_eq!(seen, [460, 520, 580]);
        for (name, observed, expected) in [
            // The first origin has seen ten days, too few to smooth.
            ("thin past", [450..days, 0..0], &seen[1..]),
            // All have seen enough; nothing follows the last one for a while.
            ("thin future", [0..580, 696..days], &seen[..2]),
            ("all there", [0..days, 0..0], &seen[..]),
            ("nothing before", [0..1, 686..days], &[]),
        ] {
            let mut values = wave()[..days].to_vec();
            for (day, value) in values.iter_mut().enumerate() {
                if !observed.iter().any(|observed| observed.contains(&day)) {
                    *value = f64::NAN;
                }
            }
            let origins = found(&values, &plan);
            let seen: Vec<usize> = origins.iter().map(|origin| origin.past.len()).collect();
            assert_eq!(seen, expected, "{name}");
            let combined = combine(&values, &plan, 30);
            assert_eq!(combined.scored_origins, expected.len(), "{name}");
            // Smoothing and the regression are both weighed all the same.
            assert!(
                combined.weights[1] > 0.0 && combined.weights[2] > 0.0,
                "{name}"
            );
        }
    }
}
