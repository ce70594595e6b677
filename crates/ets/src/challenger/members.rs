//! The four forecasts the challenger is made of.

use fleetcast_core::{SEASON_WEEK, SEASON_YEAR};

use super::regression::{CalendarFit, CalendarRegression};
use crate::model::{Bounds, Extrapolation, Form, ParameterLimits, Trend};
use crate::search::Settings;
use crate::side_by_side::fit_side_by_side;

/// How many members there are.
pub(super) const MEMBERS: usize = 4;

/// The place of each member among the others.
pub(super) const SMOOTHING_OF_THE_REST: usize = 0;
pub(super) const SMOOTHING: usize = 1;
pub(super) const REGRESSION: usize = 2;
pub(super) const LAST_YEAR: usize = 3;

/// The level moves by at most this share of an error: half a year ahead, last week's level says
/// little.
const MOST_ALPHA: f64 = 0.1;

/// Days whose mean is the level that is compared with last year's.
const LEVEL_DAYS: usize = 28;

/// Weeks before and after a missing day of last year that its weekday is looked up in.
const WEEKS_NEARBY: usize = 3;

/// What the members say: one forecast each, a value a day; `None` where there is too little
/// history for one.
#[derive(Debug, Clone)]
pub(super) struct Members {
    pub(super) forecasts: [Option<Vec<f64>>; MEMBERS],
    /// The smoothing model behind the first that there is of F and E.
    pub(super) smoothing: Option<Extrapolation>,
}

/// Days that forecasts are made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Past<'a> {
    /// A value a day, NaN where missing.
    pub(super) values: &'a [f64],
    /// The regression over the same days.
    pub(super) regression: &'a CalendarRegression,
}

/// The models of all members, fitted to one past.
#[derive(Debug, Clone)]
pub(super) struct MemberModels {
    regression: CalendarFit,
    /// Smoothing of the values as they are.
    smoothing: Option<Extrapolation>,
    /// Smoothing of what is left without the annual part.
    smoothing_of_the_rest: Option<Extrapolation>,
}

/// Fits the members to each of `pasts`. They forecast by
///
/// 1. F: the annual part of the regression, and exponential smoothing of the rest;
/// 2. E: exponential smoothing alone;
/// 3. R: the regression alone;
/// 4. A: the mean of F and last year's same weekday, moved by half of how the level has changed.
///
/// Without an annual part there are E and R alone; where exponential smoothing finds too few values,
/// R alone. Pasts, of one series or of several, share the passes of their smoothing and nothing else: no model depends on another
/// past.
pub(super) fn fit_members(pasts: &[Past<'_>]) -> Vec<MemberModels> {
    let fits: Vec<CalendarFit> = pasts
        .iter()
        .map(|past| past.regression.fit(past.values))
        .collect();
    let without_a_year: Vec<Option<Vec<f64>>> = pasts
        .iter()
        .zip(&fits)
        .map(|(past, fit)| {
            past.regression.seasons().annual.then(|| {
                let annual = past.regression.annual_in_sample(fit);
                let both = past.values.iter().zip(annual);
                both.map(|(y, annual)| y - annual).collect()
            })
        })
        .collect();
    let of_values = (0..pasts.len()).map(|place| (place, pasts[place].values));
    let of_the_rest = without_a_year.iter().enumerate();
    let of_the_rest =
        of_the_rest.filter_map(|(place, rest)| Some((place + pasts.len(), rest.as_deref()?)));
    let mut smoothed: Vec<(usize, &[f64])> = of_values.chain(of_the_rest).collect();
    // Series that are as long share the days of a pass best.
    let is_weekly = |place: usize| pasts[place % pasts.len()].regression.seasons().weekly;
    smoothed.sort_by_key(|(place, values)| (is_weekly(*place), values.len()));
    let mut models: Vec<Option<Extrapolation>> = vec![None; 2 * pasts.len()];
    for alike in smoothed.chunk_by(|(one, _), (other, _)| is_weekly(*one) == is_weekly(*other)) {
        let series: Vec<&[f64]> = alike.iter().map(|(_, values)| *values).collect();
        let found = smooth(&series, is_weekly(alike[0].0));
        for ((place, _), model) in alike.iter().zip(found) {
            models[*place] = model;
        }
    }
    let mut of_the_rest = models.split_off(pasts.len()).into_iter();
    let all = fits.into_iter().zip(models);
    all.map(|(regression, smoothing)| MemberModels {
        regression,
        smoothing,
        smoothing_of_the_rest: of_the_rest.next().flatten(),
    })
    .collect()
}

impl MemberModels {
    /// Whether a member other than last year's day has a model.
    pub(super) fn has(&self, member: usize) -> bool {
        match member {
            SMOOTHING_OF_THE_REST => self.smoothing_of_the_rest.is_some(),
            SMOOTHING => self.smoothing.is_some(),
            _ => member == REGRESSION,
        }
    }

    /// Forecasts the `steps` days after `past`, which the models were fitted to.
    pub(super) fn forecasts(&self, past: Past<'_>, steps: usize) -> Members {
        let Past { values, regression } = past;
        let mut found = Members {
            forecasts: [const { None }; MEMBERS],
            smoothing: None,
        };
        let fit = &self.regression;
        let of_values = self.smoothing.as_ref();
        found.forecasts[SMOOTHING] = of_values.map(|smoothing| smoothing.predict(steps));
        found.forecasts[REGRESSION] = Some(regression.forecast(fit, steps));
        let Some(smoothing) = &self.smoothing_of_the_rest else {
            found.smoothing.clone_from(&self.smoothing);
            return found;
        };
        let ahead = smoothing.predict(steps).into_iter().enumerate();
        let forecast: Vec<f64> = ahead
            .map(|(step, value)| value + regression.annual(fit, values.len() + step))
            .collect();
        let last_year = level_adjusted_last_year(values, steps);
        found.forecasts[LAST_YEAR] = last_year.map(|year| {
            let both = year.iter().zip(&forecast);
            both.map(|(year, forecast)| f64::midpoint(*year, *forecast))
                .collect()
        });
        found.forecasts[SMOOTHING_OF_THE_REST] = Some(forecast);
        found.smoothing = Some(smoothing.clone());
        found
    }
}

/// Additive exponential smoothing with a slow level, of each by itself.
fn smooth(series: &[&[f64]], weekly: bool) -> Vec<Option<Extrapolation>> {
    // No trend: half a year ahead a local one misleads, and the regression has one that lasts.
    let form = Form::ADDITIVE
        .into_iter()
        .find(|form| form.has_season() == weekly && form.trend() == Trend::None);
    let Some(form) = form else {
        return vec![None; series.len()];
    };
    let settings = Settings {
        limits: ParameterLimits {
            alpha: (1e-4, MOST_ALPHA),
            ..ParameterLimits::default()
        },
        bounds: Bounds::Usual,
        ..Settings::new(if weekly { SEASON_WEEK } else { 1 })
    };
    if weekly {
        fit_side_by_side::<SEASON_WEEK>(&settings, form, series)
    } else {
        fit_side_by_side::<0>(&settings, form, series)
    }
}

/// Last year's same weekday, moved by half of how the level has changed since; `None` where a day
/// of last year is missing in every nearby week.
fn level_adjusted_last_year(values: &[f64], steps: usize) -> Option<Vec<f64>> {
    let days = values.len();
    let a_year_ago = days.checked_sub(SEASON_YEAR)?;
    let now = mean(&values[days.checked_sub(LEVEL_DAYS)?..])?;
    let then = mean(&values[a_year_ago.checked_sub(LEVEL_DAYS)?..a_year_ago])?;
    let moved = 0.5 * (now - then);
    (0..steps)
        .map(|step| {
            let day = a_year_ago + step % SEASON_YEAR;
            let earlier = |weeks| day.checked_sub(weeks * SEASON_WEEK);
            let later = |weeks| Some(day + weeks * SEASON_WEEK);
            (0..=WEEKS_NEARBY)
                .flat_map(|weeks| [earlier(weeks), later(weeks)])
                .filter_map(|day| values.get(day?))
                .find(|value| !value.is_nan())
                .map(|value| value + moved)
        })
        .collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    let observed: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| !value.is_nan())
        .collect();
    (2 * observed.len() >= values.len())
        .then(|| observed.iter().sum::<f64>() / observed.len() as f64)
}
