//! How wrong each member has been, at origins in the past.

use fleetcast_core::{EngineForecasts, SEASON_WEEK, SEASON_YEAR, metrics, naive_of_season};

use crate::Case;
use crate::member::{Member, PerMember};

/// Errors below this share of the series' level are as good as none: keeps ratios of errors finite.
const NEGLIGIBLE_SHARE: f64 = 1e-9;

/// What the members forecast of one window, in the series' unit; `None` where a member says
/// nothing.
pub(crate) type Forecasts = PerMember<Option<Vec<f64>>>;

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct PastErrors {
    sums: PerMember<Sums>,
    /// The reference's own, over all origins.
    reference: Sums,
    negligible: f64,
}

impl PastErrors {
    /// Errors at the origins inside the training window, which say nothing of the backtest.
    pub(crate) fn at_inner_origins(case: &Case<'_>) -> Self {
        let mut errors = Self::none_yet(case.training());
        let engines = [
            (Member::Prophet, case.prophet),
            (Member::Challenger, case.challenger),
        ];
        for (member, engine) in engines {
            errors.add_inner(case, member, engine);
        }
        errors
    }

    fn none_yet(values: &[f64]) -> Self {
        let zeros = vec![0.0; values.len()];
        let level = metrics::mae(values, &zeros).unwrap_or(0.0);
        Self {
            sums: [Sums::default(); Member::ALL.len()],
            reference: Sums::default(),
            negligible: (NEGLIGIBLE_SHARE * level).max(f64::MIN_POSITIVE),
        }
    }

    fn add_inner(&mut self, case: &Case<'_>, member: Member, engine: &EngineForecasts) {
        for inner in &engine.inner {
            let Some((seen, actual)) = case.at(inner.origin, inner.yhat.len()) else {
                continue;
            };
            let mut forecasts = naive_members(seen, actual.len());
            forecasts[member as usize] = Some(inner.yhat.clone());
            self.add_origin(actual, &forecasts);
        }
    }

    /// Adds one origin: the actual values after it, and what members forecast of them.
    pub(crate) fn add_origin(&mut self, actual: &[f64], forecasts: &Forecasts) {
        let error = |member: Member| metrics::mae(actual, forecasts[member as usize].as_ref()?);
        let reference = error(Member::NaiveYear).or_else(|| error(Member::NaiveWeek));
        let Some(reference) = reference.filter(|reference| reference.is_finite()) else {
            return;
        };
        for member in Member::ALL {
            self.sums[member as usize].add(error(member), reference);
        }
        self.reference.add(Some(reference), reference);
    }

    /// How large a member's errors are beside the reference's, or `None` where it was never asked.
    pub(crate) fn relative(&self, member: Member) -> Option<f64> {
        let sums = self.sums[member as usize];
        (sums.origins > 0.0)
            .then(|| (sums.own + self.negligible) / (sums.reference + self.negligible))
    }

    /// The error to expect of a member, in the series' unit: its relative error times the
    /// reference's mean one. `None` where nothing is known.
    pub(crate) fn expected(&self, member: Member) -> Option<f64> {
        let mean = self.reference.own / self.reference.origins;
        self.relative(member)
            .map(|relative| (relative * mean).max(self.negligible))
    }
}

/// The naive members' forecasts of the `days` days after `values`: of the last year's day where
/// there is a year, and of the last week's.
pub(crate) fn naive_members(values: &[f64], days: usize) -> Forecasts {
    let since_first_value = values
        .iter()
        .position(|value| !value.is_nan())
        .map_or(0, |first| values.len() - first);
    let mut forecasts: Forecasts = Default::default();
    if since_first_value >= SEASON_YEAR {
        forecasts[Member::NaiveYear as usize] = naive_of_season(values, SEASON_YEAR, days);
    }
    forecasts[Member::NaiveWeek as usize] = naive_of_season(values, SEASON_WEEK, days);
    forecasts
}

#[cfg(test)]
impl PastErrors {
    /// Makes the errors of a series of this level, at no origin yet.
    pub(crate) fn of_level(level: f64) -> Self {
        Self::none_yet(&[level])
    }
}
