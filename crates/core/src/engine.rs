//! What a forecasting engine is.

use std::fmt;

use rayon::prelude::*;

use crate::crash::caught;
use crate::{
    Forecast, ForecastError, Horizon, InnerForecast, IntervalLevel, IssueCode, PanelView,
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
}

impl Outcome {
    /// Returns an outcome that is a forecast and nothing else.
    #[must_use]
    pub fn of(forecast: Forecast) -> Self {
        Self {
            forecast: Ok(forecast),
            notices: Vec::new(),
            inner: Vec::new(),
        }
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self {
            forecast: Err(failure),
            notices: Vec::new(),
            inner: Vec::new(),
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
            Self::Numerical { .. } => IssueCode::NumericalFailure,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Panel, SeriesKey, TimeGrid};

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
