//! The engine.

use std::borrow::Cow;
use std::ops::Range;

use fleetcast_core::{
    Asked, AskedSeries, Engine, Failure, Forecast, Horizon, IntervalLevel, Notice, Outcome,
    PanelView, together_in_parallel,
};

use super::chosen::Chosen;
use super::combination::{Ensemble, Question};
use super::forecast_range::ForecastRange;
use super::interval::{half_widths, width};
use super::members::{Past, fit_members};
use super::notices::notices;
use super::pasts::Pasts;
use super::seasons::Seasons;
use super::windows::{PlanOfWindow, Windows};

/// Series that are fitted together: the five pasts that backtest and future have, with and without an annual part, fill all lanes of their
/// smoothing.
const SERIES_AT_ONCE: usize = 4;

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
/// Each is weighed by 1/MAE² over three origins inside the window, four months apart. The regression is a ridge on
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
        self.forecast_together(&[Asked::of(panel, horizon)], level)
            .pop()
            .unwrap_or_default()
    }

    fn forecast_together(&self, windows: &[Asked<'_>], level: IntervalLevel) -> Vec<Vec<Outcome>> {
        let shared: Vec<Windows> = windows
            .iter()
            .map(|asked| Windows::of(asked.panel))
            .collect();
        together_in_parallel(windows, SERIES_AT_ONCE, |some| {
            forecast_some(some, &shared, level)
        })
    }
}

/// A window that a model is fitted to.
struct ToFit<'a> {
    asked: AskedSeries<'a>,
    /// The days from its first value to its last, as indices.
    span: Range<usize>,
    plan: PlanOfWindow<'a>,
    notices: Vec<Notice>,
    /// What was chosen on an earlier day, where it still fits.
    chosen: Option<Chosen>,
}

/// Forecasts the windows of some series, whose smoothing shares its passes.
fn forecast_some(
    some: &[Vec<AskedSeries<'_>>],
    windows: &[Windows],
    level: IntervalLevel,
) -> Vec<Vec<Outcome>> {
    let to_fit: Vec<Vec<Result<ToFit<'_>, Box<Outcome>>>> = some
        .iter()
        .map(|asked| {
            let both = asked.iter().zip(windows);
            both.map(|(asked, windows)| to_fit(*asked, windows))
                .collect()
        })
        .collect();
    let mut pasts: Vec<Pasts<'_>> = Vec::with_capacity(some.len());
    let questions: Vec<Vec<Result<(&ToFit<'_>, Question<'_>), &Outcome>>> = to_fit
        .iter()
        .map(|windows| {
            let mut of_series = Pasts::default();
            // The longest window first: the others are its first days, mostly.
            let mut questions: Vec<_> = windows
                .iter()
                .rev()
                .map(|window| match window {
                    Ok(window) => Ok((window, window.question(&mut of_series))),
                    Err(outcome) => Err(&**outcome),
                })
                .collect();
            questions.reverse();
            pasts.push(of_series);
            questions
        })
        .collect();
    let all: Vec<Past<'_>> = pasts.iter().flat_map(Pasts::to_fit).collect();
    let models = fit_members(&all);
    let mut models = models.as_slice();
    let mut outcomes = Vec::with_capacity(some.len());
    for (questions, pasts) in questions.iter().zip(&pasts) {
        let (own, others) = models.split_at(pasts.to_fit().count());
        models = others;
        let of_series = questions.iter().map(|question| match question {
            Ok((window, question)) => window.outcome(&Ensemble::of(question, pasts, own), level),
            Err(outcome) => Outcome::clone(outcome),
        });
        outcomes.push(of_series.collect());
    }
    outcomes
}

/// Returns what a model is fitted to, or the outcome of a series that needs none.
fn to_fit<'a>(asked: AskedSeries<'a>, windows: &'a Windows) -> Result<ToFit<'a>, Box<Outcome>> {
    let AskedSeries {
        series,
        horizon,
        choice,
    } = asked;
    let span = series.days_to_fit(horizon)?;
    let (seasons, notices) = Seasons::of(&series.values[span.clone()]);
    let window = (span, seasons);
    let plan = windows.plan(&window).ok_or_else(|| {
        Box::new(Failure::numerical("the series does not begin inside its panel").into())
    })?;
    Ok(ToFit {
        asked,
        span: window.0,
        chosen: choice.and_then(|choice| Chosen::read(choice, &plan)),
        plan,
        notices,
    })
}

impl<'a> ToFit<'a> {
    /// Puts the question of the window, and adds its pasts to those of its series.
    fn question<'q>(&'q self, pasts: &mut Pasts<'q>) -> Question<'q>
    where
        'a: 'q,
    {
        let series = self.asked.series;
        let begins = self.span.start;
        let past = |days: usize| match series.past(begins + days) {
            Cow::Borrowed(past) => Cow::Borrowed(&past[begins..]),
            Cow::Owned(mut past) => Cow::Owned(past.split_off(begins)),
        };
        let after = |days: usize, ahead: usize| series.after(begins + days, ahead);
        let values = &series.values[self.span.clone()];
        if self.chosen.is_some() {
            return Question::of_whole(values, begins, &self.plan, pasts);
        }
        Question::new(values, begins, &self.plan, past, after, pasts)
    }

    /// The forecast of the window by what was fitted to it.
    fn outcome(&self, ensemble: &Ensemble, level: IntervalLevel) -> Outcome {
        let AskedSeries {
            series, horizon, ..
        } = self.asked;
        // A series that ends early is forecast from where it ends, and the days before the horizon
        // are dropped.
        let silent_days = series.values.len() - self.span.end;
        let values = &series.values[self.span.clone()];
        let steps = silent_days + horizon.days();
        let mut combination = match &self.chosen {
            Some(chosen) => ensemble.forecast_as_chosen(&self.plan, steps, chosen),
            None => ensemble.forecast(&self.plan, steps),
        };
        for inner in &mut combination.inner {
            if let Some(last) = series.grid.index_of(inner.origin) {
                inner.yhat = series.grown(last + 1, std::mem::take(&mut inner.yhat));
            }
        }
        let half_widths = half_widths(&combination, &self.plan, level);
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
        let mut all = self.notices.clone();
        all.extend(notices(&combination, &self.plan, values.len()));
        let chosen = Chosen {
            weights: combination.weights,
            scored_origins: combination.scored_origins,
            annual: self.plan.seasons.annual,
            width: width(&combination, level),
        };
        let kept = self.asked.choice.filter(|_| self.chosen.is_some());
        Outcome {
            choice: Some(kept.map_or_else(|| chosen.to_choice(), Clone::clone)),
            forecast: Forecast::new(first_day, yhat, lower, upper).map_err(Failure::from),
            notices: all,
            inner: combination.inner,
        }
    }
}
