//! The engine.

use std::borrow::Cow;
use std::ops::Range;

use fleetcast_core::{
    Engine, Failure, Forecast, Horizon, IntervalLevel, Outcome, PanelView, SeriesView, in_parallel,
};

use super::combination::Ensemble;
use super::forecast_range::ForecastRange;
use super::interval::half_widths;
use super::notices::notices;
use super::plan::Plan;
use super::seasons::Seasons;
use super::windows::Windows;

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
/// A series needs [`fleetcast_core::MIN_OBSERVATIONS`] observed days. The week is modelled where three weeks are
/// observed, the year where two years are: what counts is the days that have a value and how they
/// are spread. Without a year, E and R alone are weighed; under eight weeks there are no inner
/// origins and they count alike. Every such step down is a notice. A missing day teaches nothing and
/// is not filled in. A constant series is forecast as that constant.
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
        let windows = Windows::of(panel);
        let forecast = |series: SeriesView<'_>| forecast_one(series, &windows, horizon, level);
        in_parallel(panel, forecast, Outcome::from)
    }
}

fn forecast_one(
    series: SeriesView<'_>,
    windows: &Windows,
    horizon: Horizon,
    level: IntervalLevel,
) -> Outcome {
    series.forecast_or(horizon, |span| {
        let (seasons, season_notices) = Seasons::of(&series.values[span.clone()]);
        let window = (span.clone(), seasons);
        let forecast = |plan: &Plan| forecast_span(series, span, plan, horizon, level);
        let Some(mut outcome) = windows.with_plan(&window, forecast) else {
            return Failure::numerical("the series does not begin inside its panel").into();
        };
        outcome.notices.splice(0..0, season_notices);
        outcome
    })
}

/// The forecast of a series that has its first and its last value in `span`.
fn forecast_span(
    series: SeriesView<'_>,
    span: Range<usize>,
    plan: &Plan,
    horizon: Horizon,
    level: IntervalLevel,
) -> Outcome {
    // A series that ends early is forecast from where it ends, and the days before the horizon
    // are dropped.
    let silent_days = series.values.len() - span.end;
    let begins = span.start;
    let values = &series.values[span];
    let past = |days: usize| match series.past(begins + days) {
        Cow::Borrowed(past) => Cow::Borrowed(&past[begins..]),
        Cow::Owned(mut past) => Cow::Owned(past.split_off(begins)),
    };
    let after = |days: usize, ahead: usize| series.after(begins + days, ahead);
    let ensemble = Ensemble::fit_by(values, plan, past, after);
    let mut combination = ensemble.forecast(plan, silent_days + horizon.days());
    for inner in &mut combination.inner {
        if let Some(last) = series.grid.index_of(inner.origin) {
            inner.yhat = series.grown(last + 1, std::mem::take(&mut inner.yhat));
        }
    }
    let half_widths = half_widths(&combination, plan, level);
    let range = ForecastRange::of(values);
    let mut yhat = Vec::with_capacity(horizon.days());
    let (mut lower, mut upper) = (yhat.clone(), yhat.clone());
    let days = combination.yhat.iter().zip(&half_widths);
    for (value, half_width) in days.skip(silent_days) {
        yhat.push(*value);
        lower.push(range.not_below_floor(value - half_width));
        upper.push(value + half_width);
    }
    let first_day = series.grid.last().plus_days(1);
    Outcome {
        forecast: Forecast::new(first_day, yhat, lower, upper).map_err(Failure::from),
        notices: notices(&combination, plan, values.len()),
        inner: combination.inner,
    }
}
