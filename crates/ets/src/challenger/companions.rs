//! The four forecasts the challenger is made of.

use fleetcast_core::{SEASON_WEEK, SEASON_YEAR};

use super::regression::{CalendarFit, CalendarRegression};
use super::seasons::Seasons;
use crate::family::{Bounds, Ets, Extrapolation, Form, Limits, Trend, fit_abreast};

/// How many companions there are.
pub(super) const COMPANIONS: usize = 4;

/// Which is which.
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

/// What the companions say: one forecast each, a value a day; `None` where there is too little
/// history for one.
#[derive(Debug, Clone)]
pub(super) struct Companions {
    pub(super) forecasts: [Option<Vec<f64>>; COMPANIONS],
    /// The smoothing model behind the first that there is of F and E.
    pub(super) smoothing: Option<Extrapolation>,
}

/// Days that forecasts are made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Past<'a> {
    /// A value a day, NaN where missing.
    pub(super) values: &'a [f64],
    /// Of the same days.
    pub(super) regression: &'a CalendarRegression,
    /// How many days after them are forecast.
    pub(super) steps: usize,
}

/// Forecasts of the days after each of `pasts` by
///
/// 1. F: the annual part of the regression, and exponential smoothing of the rest;
/// 2. E: exponential smoothing alone;
/// 3. R: the regression alone;
/// 4. A: the mean of F and last year's same weekday, moved by half of how the level has changed.
///
/// Without an annual part there are E and R alone; where exponential smoothing finds too few values,
/// R alone. Pasts share the passes of their smoothing and nothing else: no forecast depends on another
/// past.
pub(super) fn companions(pasts: &[Past<'_>], seasons: Seasons) -> Vec<Companions> {
    let fits: Vec<CalendarFit<'_>> = pasts
        .iter()
        .map(|past| past.regression.fit(past.values))
        .collect();
    let without_a_year: Vec<Vec<f64>> = pasts
        .iter()
        .zip(&fits)
        .filter(|_| seasons.annual)
        .map(|(past, fit)| {
            let both = past.values.iter().zip(fit.annual_in_sample());
            both.map(|(y, annual)| y - annual).collect()
        })
        .collect();
    let smoothed: Vec<&[f64]> = pasts
        .iter()
        .map(|past| past.values)
        .chain(without_a_year.iter().map(Vec::as_slice))
        .collect();
    let mut of_values = smooth(&smoothed, seasons.weekly);
    let mut of_the_rest = of_values.split_off(pasts.len()).into_iter();
    let all = pasts.iter().zip(&fits).zip(of_values);
    all.map(|((past, fit), of_values)| {
        let of_the_rest = of_the_rest.next().flatten();
        companions_of(past, fit, of_values, of_the_rest)
    })
    .collect()
}

fn companions_of(
    past: &Past<'_>,
    fit: &CalendarFit<'_>,
    of_values: Option<Extrapolation>,
    of_the_rest: Option<Extrapolation>,
) -> Companions {
    let Past { values, steps, .. } = *past;
    let mut found = Companions {
        forecasts: [const { None }; COMPANIONS],
        smoothing: None,
    };
    found.forecasts[SMOOTHING] = of_values.as_ref().map(|smoothing| smoothing.predict(steps));
    found.forecasts[REGRESSION] = Some(fit.forecast(steps));
    found.smoothing = of_values;
    let Some(smoothing) = of_the_rest else {
        return found;
    };
    let ahead = smoothing.predict(steps).into_iter().enumerate();
    let forecast: Vec<f64> = ahead
        .map(|(step, value)| value + fit.annual(values.len() + step))
        .collect();
    let last_year = level_adjusted_last_year(values, steps);
    found.forecasts[LAST_YEAR] = last_year.map(|year| {
        let both = year.iter().zip(&forecast);
        both.map(|(year, forecast)| f64::midpoint(*year, *forecast))
            .collect()
    });
    found.forecasts[SMOOTHING_OF_THE_REST] = Some(forecast);
    found.smoothing = Some(smoothing);
    found
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
    let limits = Limits {
        alpha: (1e-4, MOST_ALPHA),
        ..Limits::default()
    };
    let ets = Ets::new(if weekly { SEASON_WEEK } else { 1 })
        .limits(limits)
        .bounds(Bounds::Usual);
    if weekly {
        fit_abreast::<SEASON_WEEK>(&ets, form, series)
    } else {
        fit_abreast::<0>(&ets, form, series)
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
