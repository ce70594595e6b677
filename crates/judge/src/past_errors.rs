//! How wrong each member has been, at origins in the past.

use fleetcast_core::{EngineForecasts, SEASON_WEEK, SEASON_YEAR, metrics, naive_of_season};

use crate::{Case, Contender};

/// Errors below this share of the series' level are as good as none: keeps ratios of errors finite.
const NEGLIGIBLE_SHARE: f64 = 1e-9;

/// What each member of a blend forecasts of one window, in the series' unit: engines in the order of the case, then the naive
/// ones; those that say nothing are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Forecasts(pub(crate) Vec<(Contender, Vec<f64>)>);

impl Forecasts {
    /// A member's.
    pub(crate) fn of(&self, member: Contender) -> Option<&[f64]> {
        let mut members = self.0.iter();
        members.find_map(|(name, yhat)| (*name == member).then_some(yhat.as_slice()))
    }
}

/// Sums of mean absolute errors, a member's own beside the reference's at the same origins.
///
/// The reference is the naive forecast of the last year's day, or of the last week's where there is
/// no year: engines look at origins of their own choice, and one origin is harder than another.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    own: f64,
    reference: f64,
    origins: f64,
}

impl Sums {
    fn add(&mut self, own: Option<f64>, reference: f64) {
        if let Some(own) = own.filter(|own| own.is_finite()) {
            self.own += own;
            self.reference += reference;
            self.origins += 1.0;
        }
    }
}

/// The mean absolute errors of every member at the origins so far.
#[derive(Debug, Clone)]
pub(crate) struct PastErrors {
    sums: Vec<(Contender, Sums)>,
    /// The reference's own, over all origins.
    reference: Sums,
    negligible: f64,
}

impl PastErrors {
    /// Errors at the origins inside the training window, which say nothing of the backtest.
    pub(crate) fn at_inner_origins(case: &Case<'_>) -> Self {
        let mut errors = Self::none_yet(case.training());
        for (member, engine) in case.followed() {
            errors.add_inner(case, member, engine);
        }
        errors
    }

    fn none_yet(values: &[f64]) -> Self {
        let zeros = vec![0.0; values.len()];
        let level = metrics::mae(values, &zeros).unwrap_or(0.0);
        Self {
            sums: Vec::new(),
            reference: Sums::default(),
            negligible: (NEGLIGIBLE_SHARE * level).max(f64::MIN_POSITIVE),
        }
    }

    fn sums_of(&mut self, member: Contender) -> &mut Sums {
        let place = self.sums.iter().position(|(name, _)| *name == member);
        let place = place.unwrap_or_else(|| {
            self.sums.push((member, Sums::default()));
            self.sums.len() - 1
        });
        &mut self.sums[place].1
    }

    fn add_inner(&mut self, case: &Case<'_>, member: Contender, engine: &EngineForecasts) {
        for inner in &engine.inner {
            let Some((seen, actual)) = case.at(inner.origin, inner.yhat.len()) else {
                continue;
            };
            let mut forecasts = naive_members(seen, actual.len());
            if member.is_of_fleet() {
                // What the others weigh does not depend on who stands beside them.
                let reference = reference_error(actual, &forecasts);
                if let Some(reference) = reference {
                    let own = metrics::mae(actual, &inner.yhat);
                    self.sums_of(member).add(own, reference);
                }
            } else {
                forecasts.0.insert(0, (member, inner.yhat.clone()));
                self.add_origin(actual, &forecasts);
            }
        }
    }

    /// Adds one origin: the actual values after it, and what members forecast of them.
    pub(crate) fn add_origin(&mut self, actual: &[f64], forecasts: &Forecasts) {
        let Some(reference) = reference_error(actual, forecasts) else {
            return;
        };
        for (member, yhat) in &forecasts.0 {
            self.sums_of(*member)
                .add(metrics::mae(actual, yhat), reference);
        }
        self.reference.add(Some(reference), reference);
    }

    /// How large a member's errors are beside the reference's, or `None` where it was never asked.
    pub(crate) fn relative(&self, member: Contender) -> Option<f64> {
        let mut sums = self.sums.iter();
        let (_, sums) = sums.find(|(name, _)| *name == member)?;
        (sums.origins > 0.0)
            .then(|| (sums.own + self.negligible) / (sums.reference + self.negligible))
    }

    /// The error to expect of a member, in the series' unit: its relative error times the
    /// reference's mean one. `None` where nothing is known.
    pub(crate) fn expected(&self, member: Contender) -> Option<f64> {
        let mean = self.reference.own / self.reference.origins;
        self.relative(member)
            .map(|relative| (relative * mean).max(self.negligible))
    }
}

/// The mean absolute error of the naive forecast that others are measured by.
fn reference_error(actual: &[f64], forecasts: &Forecasts) -> Option<f64> {
    let error = |member| metrics::mae(actual, forecasts.of(member)?);
    let reference = error(Contender::NaiveYear).or_else(|| error(Contender::NaiveWeek));
    reference.filter(|reference| reference.is_finite())
}

/// The naive members' forecasts of the `days` days after `values`: of the last year's day where
/// there is a year, and of the last week's.
pub(crate) fn naive_members(values: &[f64], days: usize) -> Forecasts {
    let since_first_value = values
        .iter()
        .position(|value| !value.is_nan())
        .map_or(0, |first| values.len() - first);
    let year = (since_first_value >= SEASON_YEAR)
        .then(|| naive_of_season(values, SEASON_YEAR, days))
        .flatten();
    let week = naive_of_season(values, SEASON_WEEK, days);
    let year = year.map(|yhat| (Contender::NaiveYear, yhat));
    let week = week.map(|yhat| (Contender::NaiveWeek, yhat));
    Forecasts(year.into_iter().chain(week).collect())
}

#[cfg(test)]
impl PastErrors {
    /// Makes the errors of a series of this level, at no origin yet.
    pub(crate) fn of_level(level: f64) -> Self {
        Self::none_yet(&[level])
    }
}
