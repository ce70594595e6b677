//! What a forecasting engine is.

use std::fmt;

use rayon::prelude::*;

use crate::crash::caught;
use crate::{
    Day, Forecast, ForecastError, Horizon, InnerForecast, IntervalLevel, IssueCode, PanelView,
    SeriesView, Severity,
};

/// A forecasting engine.
///
/// One method serves the backtest and the future alike: only the panel differs. An engine is a
/// pure function of its arguments: it does no I/O, reads no clock and draws no unseeded random
/// numbers, and a series' outcome does not depend on which other series share the panel.
pub trait Engine: fmt::Debug + Send + Sync {
    /// The engine's name in tables and messages.
    fn name(&self) -> &'static str;

    /// Forecasts every series of `panel` for the `horizon` days after the panel's last day, with
    /// a prediction interval at `level`.
    ///
    /// Returns one outcome a series, in the panel's order. Series may begin late, end early and
    /// have gaps (NaN); a series that cannot be forecast is a [`Failure`], never a panic.
    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome>;

    /// Forecasts the same series, in the same order, from several windows that begin on the same day, shorter ones first.
    ///
    /// Returns a list a window: the outcomes that [`forecast`](Self::forecast) returns for it, which is what this calls.
    /// An engine that does the same work for one window and for the next does it once here; no outcome may change by that.
    fn forecast_together(&self, windows: &[Asked<'_>], level: IntervalLevel) -> Vec<Vec<Outcome>> {
        windows
            .iter()
            .map(|asked| self.forecast(asked.panel, asked.horizon, level))
            .collect()
    }
}

/// A choice is what an engine settled on for one series by how it did in the past, such as weights of settings and the width of intervals:
/// numbers that only the same version of the same engine can read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice(pub Vec<f64>);

/// A window of a panel, and how many days after it are to be forecast.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The days an engine may learn from.
    pub panel: PanelView<'a>,
    /// The days after them that it forecasts.
    pub horizon: Horizon,
    /// These are the engine's choices of an earlier day, one a series, to be kept; where it chose nothing, or the list is empty, it chooses
    /// now. One that chooses nothing, or cannot use what stands here, forecasts as if the list were empty.
    pub choices: &'a [Option<Choice>],
}

impl<'a> Asked<'a> {
    /// Asks for a forecast of the days after a panel, with whatever the engine chooses now.
    #[must_use]
    pub fn of(panel: PanelView<'a>, horizon: Horizon) -> Self {
        Self {
            panel,
            horizon,
            choices: &[],
        }
    }

    /// Asks the same about a single series, by its place in the panel.
    #[must_use]
    pub fn alone(self, place: usize) -> Self {
        Self {
            panel: self.panel.slice(place..place + 1),
            choices: self.choices.get(place..=place).unwrap_or_default(),
            ..self
        }
    }
}

/// One series of a window, and how many days after it are to be forecast.
#[derive(Debug, Clone, Copy)]
pub struct AskedSeries<'a> {
    /// The series, on the days an engine may learn from.
    pub series: SeriesView<'a>,
    /// The days after them that it forecasts.
    pub horizon: Horizon,
    /// This is the engine's choice of an earlier day, to be kept, where there is one.
    pub choice: Option<&'a Choice>,
}

/// What an engine says about one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The forecast, or why there is none.
    pub forecast: Result<Forecast, Failure>,
    /// What the reader of the forecast should know.
    pub notices: Vec<Notice>,
    /// How the engine did at origins inside the window, earliest first; empty where it did not
    /// look.
    pub inner: Vec<InnerForecast>,
    /// What the engine chose, or what was to be kept; `None` where there was nothing to choose.
    pub choice: Option<Choice>,
}

impl Outcome {
    /// Returns an outcome that is a forecast and nothing else.
    #[must_use]
    pub fn of(forecast: Forecast) -> Self {
        Self {
            forecast: Ok(forecast),
            notices: Vec::new(),
            inner: Vec::new(),
            choice: None,
        }
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self {
            forecast: Err(failure),
            notices: Vec::new(),
            inner: Vec::new(),
            choice: None,
        }
    }
}

/// Something an engine did differently for a series, and forecast it all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Notice {
    /// How much it matters.
    pub severity: Severity,
    /// What it is.
    pub code: IssueCode,
    /// What happened, in words: lower case, one sentence, with the figures.
    pub message: String,
}

/// Why an engine has no forecast for a series.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Fewer observations than the engine needs.
    #[error("{found} observed days, {needed} needed")]
    TooShort {
        /// Observed days in the window.
        found: usize,
        /// Observed days needed.
        needed: usize,
    },
    /// The model could not be fitted, or gave no number.
    #[error("{cause}")]
    Numerical {
        /// What the arithmetic, or the library that does it, said.
        cause: String,
    },
    /// The engine has no model to forecast from, which is said once for all series and not of each.
    #[error("no model was trained up to {day}")]
    Untrained {
        /// The day that a model would have been trained up to.
        day: Day,
    },
    /// The code panicked.
    #[error("crashed: {cause}")]
    Crash {
        /// The panic's message.
        cause: String,
    },
}

impl Failure {
    /// Returns the failure of a fit, from the error of the library that did it.
    pub fn numerical(cause: impl fmt::Display) -> Self {
        Self::Numerical {
            cause: cause.to_string(),
        }
    }

    /// Returns the kind of issue this failure becomes.
    #[must_use]
    pub fn code(&self) -> IssueCode {
        match self {
            Self::TooShort { .. } => IssueCode::TooShort,
            Self::Numerical { .. } | Self::Untrained { .. } => IssueCode::NumericalFailure,
            Self::Crash { .. } => IssueCode::EngineCrash,
        }
    }
}

impl From<ForecastError> for Failure {
    fn from(error: ForecastError) -> Self {
        Self::numerical(error)
    }
}

/// Runs `work` on every series of `panel`, on the threads of the current rayon pool.
///
/// Results come back in the panel's order. A panic inside `work` becomes that series'
/// [`Failure::Crash`], by way of `failed`, and leaves the others alone.
pub fn in_parallel<T: Send>(
    panel: PanelView<'_>,
    work: impl Fn(SeriesView<'_>) -> T + Sync,
    failed: impl Fn(Failure) -> T + Sync,
) -> Vec<T> {
    (0..panel.len())
        .into_par_iter()
        .map(|index| {
            caught(|| work(panel.series(index)))
                .unwrap_or_else(|cause| failed(Failure::Crash { cause }))
        })
        .collect()
}

/// Runs `work` on the series of several windows, `at_once` of them at a time, on the threads of the current rayon pool.
///
/// `work` gets the windows of each of some series, and returns an outcome for each of them. Results are a list a window, in
/// the order of the windows and of the series. Where `work` panics over some series it is asked for each of them alone, and a panic over
/// one series becomes that series' [`Failure::Crash`] in all windows.
pub fn together_in_parallel(
    windows: &[Asked<'_>],
    at_once: usize,
    work: impl Fn(&[Vec<AskedSeries<'_>>]) -> Vec<Vec<Outcome>> + Sync,
) -> Vec<Vec<Outcome>> {
    let count = windows.first().map_or(0, |asked| asked.panel.len());
    let at_once = at_once.max(1);
    let of_series: Vec<Vec<Vec<Outcome>>> = (0..count.div_ceil(at_once))
        .into_par_iter()
        .map(|chunk| {
            let first = chunk * at_once;
            let some: Vec<Vec<AskedSeries<'_>>> = (first..count.min(first + at_once))
                .map(|index| {
                    let windows = windows.iter();
                    windows
                        .map(|asked| AskedSeries {
                            series: asked.panel.series(index),
                            horizon: asked.horizon,
                            choice: asked.choices.get(index).and_then(Option::as_ref),
                        })
                        .collect()
                })
                .collect();
            caught(|| work(&some)).unwrap_or_else(|_| {
                let alone = some.chunks(1);
                alone
                    .flat_map(|one| {
                        caught(|| work(one)).unwrap_or_else(|cause| {
                            vec![vec![Failure::Crash { cause }.into(); windows.len()]]
                        })
                    })
                    .collect()
            })
        })
        .collect();
    let mut of_windows: Vec<Vec<Outcome>> =
        windows.iter().map(|_| Vec::with_capacity(count)).collect();
    for outcomes in of_series.into_iter().flatten() {
        for (window, outcome) in of_windows.iter_mut().zip(outcomes) {
            window.push(outcome);
        }
    }
    of_windows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Panel, SeriesKey, TimeGrid};

    #[test]
    fn a_panic_over_some_series_stays_with_the_one_that_brings_it_about() {
        let grid = TimeGrid::new("2025-01-01".parse().unwrap(), 2);
        let rows = (0..7).map(|i| {
            (
                SeriesKey::new(format!("h{i}"), "cpu"),
                vec![f64::from(i); 2],
            )
        });
        let panel = Panel::from_rows(grid, rows).unwrap();
        let horizon = Horizon::new(1).unwrap();
        let first_day = TimeGrid::new(grid.first(), 1);
        let windows = [first_day, grid].map(|days| Asked {
            panel: panel.view().window(days).unwrap(),
            horizon,
            choices: &[],
        });
        let last_values = |some: &[Vec<AskedSeries<'_>>]| -> Vec<Vec<Outcome>> {
            let of_one = |asked: &AskedSeries<'_>| {
                let value = asked.series.values[0];
                assert!((value - 4.0).abs() > 0.5, "value {value} is too much");
                let first = asked.series.grid.last().plus_days(1);
                Outcome::of(Forecast::constant(first, asked.horizon, value).unwrap())
            };
            some.iter()
                .map(|windows| windows.iter().map(of_one).collect())
                .collect()
        };
        let found = together_in_parallel(&windows, 3, last_values);
        assert_eq!(found.len(), 2);
        for (outcomes, day) in found.iter().zip(["2025-01-02", "2025-01-03"]) {
            assert_eq!(outcomes.len(), 7);
            for (index, outcome) in outcomes.iter().enumerate() {
                match &outcome.forecast {
                    Ok(forecast) => {
                        assert_eq!(forecast.yhat(), [index as f64]);
                        assert_eq!(forecast.grid().first().to_string(), day);
                    }
                    Err(failure) => {
                        assert_eq!(index, 4);
                        assert_eq!(failure.to_string(), "crashed: value 4 is too much");
                    }
                }
            }
        }
    }

    #[test]
    fn a_panic_stays_with_its_series() {
        let grid = TimeGrid::new("2025-01-01".parse().unwrap(), 1);
        let rows = (0..3).map(|i| (SeriesKey::new(format!("h{i}"), "cpu"), vec![f64::from(i)]));
        let panel = Panel::from_rows(grid, rows).unwrap();
        let too_short = |series: SeriesView<'_>| {
            assert!(
                series.values[0] < 1.5,
                "value {} is too much",
                series.values[0]
            );
            Outcome::from(Failure::TooShort {
                found: 1,
                needed: 2,
            })
        };
        let outcomes = in_parallel(panel.view(), too_short, Outcome::from);
        let codes: Vec<IssueCode> = outcomes
            .iter()
            .map(|outcome| outcome.forecast.as_ref().unwrap_err().code())
            .collect();
        assert_eq!(
            codes,
            [
                IssueCode::TooShort,
                IssueCode::TooShort,
                IssueCode::EngineCrash
            ]
        );
        let crash = outcomes[2].forecast.as_ref().unwrap_err();
        assert_eq!(crash.to_string(), "crashed: value 2 is too much");
    }
}
