//! The engine.

use std::collections::BTreeMap;

use fleetcast_core::{
    Engine, Failure, Forecast, Horizon, IntervalLevel, MIN_OBSERVATIONS, Outcome, PanelView,
    SeriesView, TimeGrid, in_parallel,
};
use rayon::prelude::*;

use super::combination::combine;
use super::interval::half_widths;
use super::limits::Limits;
use super::plan::Plan;
use super::seasons::Seasons;

/// The challenger: four forecasts for the long horizon, weighed by rolling origins inside the
/// window.
///
/// | | forecast |
/// |---|---|
/// | F | the annual part of a calendar regression, and exponential smoothing of the rest |
/// | E | exponential smoothing alone |
/// | R | the calendar regression alone, its last slope fading |
/// | A | the mean of F and last year's same weekday, moved by half of the change in level |
///
/// Each is weighed by 1/MAE² over three origins inside the window. The regression is a ridge on
/// weekday, five harmonics of 365.25 days and a trend that may bend every 60 days; smoothing has
/// additive errors, a season of 7 days and a level that moves by at most a tenth of an error. It has no
/// trend: half a year ahead a local one misleads, and the regression has one that lasts.
///
/// A series needs [`MIN_OBSERVATIONS`] observed days. The week is modelled from three weeks on, the
/// year from two years on; a notice says which season was left out. Without a year, E and R alone
/// are weighed; under eight weeks there are no inner origins and they count alike. A missing day
/// teaches nothing and is not filled in. A constant series is forecast as that constant.
///
/// Forecasts stay within the observed range widened by itself on either side; a series without a
/// negative value has no negative forecast.
#[derive(Debug, Clone, Copy, Default)]
pub struct EtsEngine;

impl EtsEngine {
    /// An engine.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Engine for EtsEngine {
    fn name(&self) -> &'static str {
        "challenger"
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        let plans = plans(panel);
        let forecast = |series: SeriesView<'_>| forecast_one(series, &plans, horizon, level);
        in_parallel(panel, forecast, Outcome::from)
    }
}

/// Plans by the first and the last observed day, as indices.
type Plans = BTreeMap<(usize, usize), Plan>;

/// Series that have to share a window for its plan to be kept: a plan takes about a megabyte, and a
/// millisecond to make.
const KEPT_FROM: usize = 4;

/// A plan for every window that several series of the panel live in: mostly one.
fn plans(panel: PanelView<'_>) -> Plans {
    let mut series_by_window: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for series in panel.iter() {
        if let Some(window) = observed_window(series.values) {
            *series_by_window.entry(window).or_default() += 1;
        }
    }
    let kept: Vec<(usize, usize)> = series_by_window
        .into_iter()
        .filter(|(_, series)| *series >= KEPT_FROM)
        .map(|(window, _)| window)
        .collect();
    kept.into_par_iter()
        .filter_map(|window| Some((window, plan(panel.grid(), window)?)))
        .collect()
}

fn plan(grid: TimeGrid, (first, last): (usize, usize)) -> Option<Plan> {
    let first_day = grid.day(first)?;
    Some(Plan::new(TimeGrid::new(first_day, last - first + 1)))
}

fn observed_window(values: &[f64]) -> Option<(usize, usize)> {
    let first = values.iter().position(|value| !value.is_nan())?;
    let last = values.iter().rposition(|value| !value.is_nan())?;
    Some((first, last))
}

fn forecast_one(
    series: SeriesView<'_>,
    plans: &Plans,
    horizon: Horizon,
    level: IntervalLevel,
) -> Outcome {
    let observed = series.observed();
    let too_short = || {
        Outcome::from(Failure::TooShort {
            found: observed,
            needed: MIN_OBSERVATIONS,
        })
    };
    if observed < MIN_OBSERVATIONS {
        return too_short();
    }
    let first_day = series.grid.last().plus_days(1);
    if let Some(value) = series.constant_value() {
        let forecast = Forecast::constant(first_day, horizon, value);
        return forecast.map_or_else(|error| Failure::from(error).into(), Outcome::of);
    }
    let Some((first, last)) = observed_window(series.values) else {
        return too_short();
    };
    let own_plan = if plans.contains_key(&(first, last)) {
        None
    } else {
        plan(series.grid, (first, last))
    };
    let plan = plans.get(&(first, last)).or(own_plan.as_ref());
    let (Some(plan), Some(series_begins)) = (plan, series.grid.day(first)) else {
        return too_short();
    };
    let values = &series.values[first..=last];
    // A series that ends early is forecast from where it ends, and the days before the horizon
    // are dropped.
    let silent_days = series.values.len() - 1 - last;
    let combination = combine(values, series_begins, plan, silent_days + horizon.days());
    let half_widths = half_widths(&combination, plan, level);
    let limits = Limits::of(values);
    let mut yhat = Vec::with_capacity(horizon.days());
    let (mut lower, mut upper) = (yhat.clone(), yhat.clone());
    let days = combination.yhat.iter().zip(&half_widths);
    for (value, half_width) in days.skip(silent_days) {
        yhat.push(*value);
        lower.push(limits.not_below_floor(value - half_width));
        upper.push(value + half_width);
    }
    let (_, notices) = Seasons::of(values.len());
    Outcome {
        forecast: Forecast::new(first_day, yhat, lower, upper).map_err(Failure::from),
        notices,
        inner: combination.inner,
    }
}
