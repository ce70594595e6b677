//! The backtest and the future, by one engine over one panel.

use std::array;
use std::sync::Arc;

use rayon::prelude::*;

use crate::crash::caught;
use crate::regimes::Known;
use crate::weekdays::with_unobserved_weekdays_filled;
use crate::{
    Alignment, Asked, Choice, Engine, Failure, Forecast, ForecastError, Horizon, InnerForecast,
    IntervalLevel, Notice, Outcome, Panel, PanelError, PanelView, SeriesRegimes, Split,
};

/// Which fit the future is forecast from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refit {
    /// A second fit on the whole history.
    #[default]
    WholeHistory,
    /// The backtest's own fit on the training window, continued past the last day of data.
    Never,
}

/// What an engine says about one series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct WindowOutcomes {
    /// The forecast of the backtest window, made at the origin.
    pub backtest: Result<Forecast, Failure>,
    /// The forecast of the future, made after the last day of data.
    pub future: Result<Forecast, Failure>,
    /// What was noticed while making the future forecast.
    pub notices: Vec<Notice>,
    /// How the engine did at origins inside the training window; nothing here has seen the
    /// backtest.
    pub inner: Vec<InnerForecast>,
    /// The engine's choice, by which it forecast the future.
    pub choice: Option<Choice>,
}

/// Why an engine could not be asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BacktestError {
    /// The panel does not cover the split's history.
    #[error("the panel does not cover the history window")]
    Panel(#[from] PanelError),
    /// A window is longer than a horizon can be.
    #[error("the backtest window is too long")]
    Horizon(#[from] ForecastError),
}

/// Forecasts both windows of `split` for every series of `history`, in its order.
///
/// The backtest is made from the training window alone: days at and after the origin are not
/// passed to the engine.
///
/// A weekday a series was never observed on has the mean of the days around it for the engine's eyes
/// ([`crate::unobserved_weekdays`]); what is scored is what was observed.
///
/// Engines see each window's past at the level that it ends with ([`crate::Alignment`]), where `regimes` are those of the
/// history's series; forecasts go on from there, with what growth adds to them, and bounds reach as far as the other
/// readings of the present. A series without a shift or growth is handed over as it is.
///
/// Where the split's settings were [chosen on an earlier day](Split::chosen_on), the engine is asked for the windows of that day first, and
/// then for the future with what it chose there.
///
/// An engine that panics over the panel as a whole, or does not return an outcome a series, is asked
/// series by series: what is wrong with one is that one's [`Failure`].
///
/// # Errors
///
/// [`BacktestError`] where `history` does not cover the split, or the backtest window is longer
/// than a [`Horizon`] can be.
pub fn forecast_windows(
    engine: &dyn Engine,
    history: PanelView<'_>,
    split: &Split,
    refit: Refit,
    level: IntervalLevel,
    regimes: Option<&[SeriesRegimes<'_>]>,
) -> Result<Vec<WindowOutcomes>, BacktestError> {
    let regimes = regimes_of_windows(history, split, regimes);
    let training = history.window(split.training())?;
    let backtest_days = split.backtest().len();
    let future_days = split.future().len();
    match refit {
        Refit::WholeHistory => {
            let then = split.when_chosen();
            let windows = [
                Asked::of(training, Horizon::new(backtest_days)?),
                Asked::of(history.window(then.history())?, Horizon::new(future_days)?),
            ];
            let [backtests, mut futures] = ask(engine, windows, level, regimes);
            if then != *split {
                let choices: Vec<Option<Choice>> =
                    futures.into_iter().map(|future| future.choice).collect();
                futures = forecast_future(engine, history, split, level, regimes, &choices)?;
            }
            let both = backtests.into_iter().zip(futures);
            Ok(both
                .map(|(backtest, future)| WindowOutcomes {
                    backtest: backtest.forecast,
                    future: future.forecast,
                    notices: future.notices,
                    inner: backtest.inner,
                    choice: future.choice,
                })
                .collect())
        }
        Refit::Never => {
            let until_future = split.days_until_future();
            let horizon = Horizon::new(until_future + future_days)?;
            let [outcomes] = ask(engine, [Asked::of(training, horizon)], level, regimes);
            Ok(outcomes
                .into_iter()
                .map(|outcome| split_outcome(outcome, backtest_days, until_future))
                .collect())
        }
    }
}

/// Forecasts the future alone, of series for which the engine chose on an earlier day how: one outcome a series, in their order. It
/// is the future of [`forecast_windows`] where the settings of `split` were chosen on that day.
///
/// `choices` are those of the series, in their order.
///
/// # Errors
///
/// The errors are those of [`forecast_windows`].
pub fn forecast_future(
    engine: &dyn Engine,
    history: PanelView<'_>,
    split: &Split,
    level: IntervalLevel,
    regimes: Option<&[SeriesRegimes<'_>]>,
    choices: &[Option<Choice>],
) -> Result<Vec<Outcome>, BacktestError> {
    let regimes = regimes_of_windows(history, split, regimes);
    let asked = Asked {
        panel: history.window(split.history())?,
        horizon: Horizon::new(split.future().len())?,
        choices,
    };
    let [futures] = ask(engine, [asked], level, regimes);
    Ok(futures)
}

/// The regimes of series, where they are those of the windows' days: all begin on the same one.
fn regimes_of_windows<'a, 'r>(
    history: PanelView<'_>,
    split: &Split,
    regimes: Option<&'a [SeriesRegimes<'r>]>,
) -> Option<&'a [SeriesRegimes<'r>]> {
    regimes
        .filter(|series| series.len() == history.len())
        .filter(|_| history.grid().first() == split.history().first())
}

/// An outcome a series for each of some windows of the same series, whatever the engine does.
fn ask<const WINDOWS: usize>(
    engine: &dyn Engine,
    windows: [Asked<'_>; WINDOWS],
    level: IntervalLevel,
    regimes: Option<&[SeriesRegimes<'_>]>,
) -> [Vec<Outcome>; WINDOWS] {
    // Engines have a term for every weekday, and nothing to tell one by that was never observed.
    let filled = windows.map(|asked| with_unobserved_weekdays_filled(asked.panel));
    let seen: [PanelView<'_>; WINDOWS] = array::from_fn(|window| {
        let panel = windows[window].panel;
        filled[window].as_ref().map_or(panel, Panel::view)
    });
    let asked = |panels: [PanelView<'_>; WINDOWS]| {
        let windows: [Asked<'_>; WINDOWS] = array::from_fn(|window| Asked {
            panel: panels[window],
            ..windows[window]
        });
        let mut found = answers(engine, &windows, level).into_iter();
        array::from_fn(|_| found.next().unwrap_or_default())
    };
    let Some(regimes) = regimes else {
        return asked(seen);
    };
    let alignments = seen.map(|panel| alignments(regimes, panel.grid().len()));
    let known = seen.map(|panel| {
        let both = panel.iter().zip(regimes);
        both.map(|(series, regimes)| Known {
            values: series.values,
            regimes,
        })
        .collect::<Vec<_>>()
    });
    let aligned: [Option<Panel>; WINDOWS] =
        array::from_fn(|window| aligned(seen[window], &alignments[window]));
    let outcomes: [Vec<Outcome>; WINDOWS] = asked(array::from_fn(|window| {
        let panel = aligned[window].as_ref().map_or(seen[window], Panel::view);
        panel.with_known(&known[window])
    }));
    let mut window = 0..WINDOWS;
    outcomes.map(|outcomes| {
        let window = window.next().unwrap_or_default();
        let all = outcomes.into_iter().zip(&alignments[window]);
        all.zip(&known[window])
            .map(|((outcome, alignment), known)| match alignment {
                Some(alignment) => continued(outcome, alignment, known.values),
                None => outcome,
            })
            .collect()
    })
}

/// Returns how the past of each series is brought to the level of the last of so many days.
fn alignments(regimes: &[SeriesRegimes<'_>], days: usize) -> Vec<Option<Arc<Alignment>>> {
    let all = regimes.par_iter();
    all.map(|regimes| caught(|| regimes.at(days)).ok().flatten())
        .collect()
}

/// The panel with the past of each series at the level it ends with, or `None` where all are there already.
fn aligned(panel: PanelView<'_>, alignments: &[Option<Arc<Alignment>>]) -> Option<Panel> {
    if alignments.iter().all(Option::is_none) {
        return None;
    }
    let values = panel
        .iter()
        .zip(alignments)
        .flat_map(|(series, alignment)| match alignment {
            Some(alignment) => alignment.align(series.values),
            None => series.values.to_vec(),
        })
        .collect();
    Panel::from_values(panel.grid(), panel.keys().to_vec(), values).ok()
}

/// The outcome of an engine that saw aligned values, as a forecast of the `values` there were: with what growth adds,
/// bounds that reach the other readings, and nothing below zero where no value is.
fn continued(mut outcome: Outcome, alignment: &Alignment, values: &[f64]) -> Outcome {
    let known = values.iter().filter(|value| !value.is_nan());
    let floor = if known.fold(f64::INFINITY, |least, value| least.min(*value)) >= 0.0 {
        0.0
    } else {
        f64::NEG_INFINITY
    };
    outcome.forecast = outcome.forecast.and_then(|forecast| {
        let moved = |values: &[f64]| -> Vec<f64> {
            let days = values.iter().enumerate();
            days.map(|(step, value)| value + alignment.ahead(step + 1))
                .collect()
        };
        let (lower, upper) = alignment.reached(&moved(forecast.lower()), &moved(forecast.upper()));
        let [yhat, lower, upper] = [moved(forecast.yhat()), lower, upper]
            .map(|days| days.into_iter().map(|value| value.max(floor)).collect());
        Ok(Forecast::new(forecast.grid().first(), yhat, lower, upper)?)
    });
    outcome
}

/// The engine's outcomes, a list a window and in it one a series: asked once more series by series where it fails on all of them, and
/// window by window where it fails on one.
fn answers(engine: &dyn Engine, windows: &[Asked<'_>], level: IntervalLevel) -> Vec<Vec<Outcome>> {
    let count = windows.first().map_or(0, |asked| asked.panel.len());
    let answer = caught(|| engine.forecast_together(windows, level));
    let failure = match answer {
        Ok(outcomes) => match outcomes.iter().find(|window| window.len() != count) {
            None if outcomes.len() == windows.len() => return outcomes,
            wrong => Failure::numerical(format!(
                "the engine returned {} outcomes for {count} series",
                wrong.map_or(0, Vec::len)
            )),
        },
        Err(cause) => Failure::Crash { cause },
    };
    if count > 1 {
        let mut all: Vec<Vec<Outcome>> =
            windows.iter().map(|_| Vec::with_capacity(count)).collect();
        for index in 0..count {
            let alone: Vec<Asked<'_>> = windows.iter().map(|asked| asked.alone(index)).collect();
            for (all, own) in all.iter_mut().zip(answers(engine, &alone, level)) {
                all.extend(own);
            }
        }
        return all;
    }
    if windows.len() > 1 {
        let alone = windows.chunks(1);
        return alone
            .flat_map(|window| answers(engine, window, level))
            .collect();
    }
    windows
        .iter()
        .map(|_| vec![failure.clone().into(); count])
        .collect()
}

/// Takes a forecast apart that goes on from the training window: into that of the backtest, and that of the future.
fn split_outcome(outcome: Outcome, backtest_days: usize, until_future: usize) -> WindowOutcomes {
    let (backtest, future) = match outcome.forecast {
        Ok(forecast) => {
            let (before, future) = forecast.split_at(until_future);
            let (backtest, _) = before.split_at(backtest_days);
            (Ok(backtest), Ok(future))
        }
        Err(failure) => (Err(failure.clone()), Err(failure)),
    };
    WindowOutcomes {
        backtest,
        future,
        notices: outcome.notices,
        inner: outcome.inner,
        choice: outcome.choice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Day, IssueCode, SeriesKey, SeriesView, WindowLengths, in_parallel};

    /// Forecasts the last value it is shown.
    #[derive(Debug)]
    struct LastValue;

    impl Engine for LastValue {
        fn name(&self) -> &'static str {
            "last_value"
        }

        fn forecast(
            &self,
            panel: PanelView<'_>,
            horizon: Horizon,
            _: IntervalLevel,
        ) -> Vec<Outcome> {
            let last_value = |series: SeriesView<'_>| {
                let first = series.grid.last().plus_days(1);
                let last = series.values.last().copied().unwrap_or(f64::NAN);
                match Forecast::constant(first, horizon, last) {
                    Ok(forecast) => Outcome::of(forecast),
                    Err(error) => Outcome::from(Failure::from(error)),
                }
            };
            in_parallel(panel, last_value, Outcome::from)
        }
    }

    fn windows(refit: Refit) -> (Split, WindowOutcomes) {
        let as_of: Day = "2025-12-31".parse().unwrap();
        let split = Split::new(as_of, WindowLengths::default()).unwrap();
        let values = split
            .history()
            .days()
            .map(|day| f64::from(day.epoch_days()))
            .collect();
        let panel =
            Panel::from_rows(split.history(), [(SeriesKey::new("h", "cpu"), values)]).unwrap();
        let level = IntervalLevel::EIGHTY_PERCENT;
        let mut outcomes =
            forecast_windows(&LastValue, panel.view(), &split, refit, level, None).unwrap();
        (split, outcomes.remove(0))
    }

    #[test]
    fn the_backtest_sees_nothing_after_the_origin() {
        for refit in [Refit::WholeHistory, Refit::Never] {
            let (split, outcome) = windows(refit);
            let backtest = outcome.backtest.unwrap();
            assert_eq!(backtest.grid(), split.backtest());
            let origin = f64::from(split.origin().epoch_days());
            assert!(
                backtest
                    .yhat()
                    .iter()
                    .all(|yhat| (yhat - origin).abs() < 0.5)
            );
        }
    }

    /// Panics or falls silent over any panel with the host `bad`.
    #[derive(Debug)]
    struct Moody {
        silent: bool,
    }

    impl Engine for Moody {
        fn name(&self) -> &'static str {
            "moody"
        }

        fn forecast(
            &self,
            panel: PanelView<'_>,
            horizon: Horizon,
            level: IntervalLevel,
        ) -> Vec<Outcome> {
            let is_bad = panel.keys().iter().any(|key| key.host() == "bad");
            assert!(!is_bad || self.silent, "no mood\nfor {}", panel.len());
            if is_bad {
                return Vec::new();
            }
            LastValue.forecast(panel, horizon, level)
        }
    }

    #[test]
    fn an_engine_that_fails_on_a_panel_is_asked_series_by_series() {
        let as_of: Day = "2025-12-31".parse().unwrap();
        let split = Split::new(as_of, WindowLengths::default()).unwrap();
        let rows = ["a", "bad", "c"].map(|host| {
            let values = vec![1.0; split.history().len()];
            (SeriesKey::new(host, "cpu"), values)
        });
        let panel = Panel::from_rows(split.history(), rows).unwrap();
        for (silent, code, said) in [
            (false, IssueCode::EngineCrash, "crashed: no mood for 1"),
            (
                true,
                IssueCode::NumericalFailure,
                "the engine returned 0 outcomes for 1 series",
            ),
        ] {
            for refit in [Refit::WholeHistory, Refit::Never] {
                let level = IntervalLevel::EIGHTY_PERCENT;
                let engine = Moody { silent };
                let outcomes =
                    forecast_windows(&engine, panel.view(), &split, refit, level, None).unwrap();
                assert_eq!(outcomes.len(), 3);
                assert!(outcomes[0].future.is_ok() && outcomes[2].backtest.is_ok());
                for failed in [&outcomes[1].backtest, &outcomes[1].future] {
                    let failure = failed.as_ref().unwrap_err();
                    assert_eq!(failure.code(), code);
                    assert_eq!(failure.to_string(), said);
                }
            }
        }
    }

    #[test]
    fn the_future_comes_from_the_fit_asked_for() {
        for (refit, trained_through) in [
            (Refit::WholeHistory, Split::as_of as fn(&Split) -> Day),
            (Refit::Never, Split::origin),
        ] {
            let (split, outcome) = windows(refit);
            let future = outcome.future.unwrap();
            assert_eq!(future.grid(), split.future());
            let last_seen = f64::from(trained_through(&split).epoch_days());
            assert!(
                future
                    .yhat()
                    .iter()
                    .all(|yhat| (yhat - last_seen).abs() < 0.5),
                "{refit:?}"
            );
        }
    }
}
