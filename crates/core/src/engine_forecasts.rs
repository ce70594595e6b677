//! One engine's forecasts of one series, and what there is to say of them.

use crate::{
    Failure, Forecast, InnerForecast, IssueCode, Notice, Outcome, SeriesIssue, SeriesKey, Severity,
    Stage, WindowOutcomes,
};

/// One engine's forecasts of one series, as far as there are any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EngineForecasts {
    /// The forecast of the backtest window, made at its origin.
    pub backtest: Option<Forecast>,
    /// The forecast of the future.
    pub future: Option<Forecast>,
    /// The forecasts of days inside the training window, earliest origin first.
    pub inner: Vec<InnerForecast>,
}

impl From<WindowOutcomes> for EngineForecasts {
    fn from(outcomes: WindowOutcomes) -> Self {
        Self {
            backtest: outcomes.backtest.ok(),
            future: outcomes.future.ok(),
            inner: outcomes.inner,
        }
    }
}

impl WindowOutcomes {
    /// Returns what the reader of the forecasts should know: the engine's notices, and why a window
    /// has no forecast. An issue of severity [`Severity::Error`] says that the future has none.
    #[must_use]
    pub fn issues(&self, key: &SeriesKey, stage: Stage, engine: &'static str) -> Vec<SeriesIssue> {
        let of_future = self.future.as_ref().err();
        let mut issues = issues(&self.notices, of_future, key, stage, engine);
        if let (Err(failure), Ok(_)) = (&self.backtest, &self.future)
            && is_said_of_each(failure)
        {
            issues.push(SeriesIssue {
                key: key.clone(),
                stage,
                engine: Some(engine),
                severity: Severity::Warning,
                code: IssueCode::NoBacktest,
                message: format!("no backtest: {failure}"),
            });
        }
        issues
    }
}

impl Outcome {
    /// Returns what the reader of the forecast should know, as [`WindowOutcomes::issues`] does.
    #[must_use]
    pub fn issues(&self, key: &SeriesKey, stage: Stage, engine: &'static str) -> Vec<SeriesIssue> {
        issues(
            &self.notices,
            self.forecast.as_ref().err(),
            key,
            stage,
            engine,
        )
    }
}

/// Whether a failure is a series' own.
fn is_said_of_each(failure: &Failure) -> bool {
    !matches!(failure, Failure::Untrained { .. })
}

/// An engine's notices, and why there is no forecast where there is none.
fn issues(
    notices: &[Notice],
    failure: Option<&Failure>,
    key: &SeriesKey,
    stage: Stage,
    engine: &'static str,
) -> Vec<SeriesIssue> {
    let issue = |severity, code, message| SeriesIssue {
        key: key.clone(),
        stage,
        engine: Some(engine),
        severity,
        code,
        message,
    };
    let notices = notices.iter();
    let notices = notices.map(|one| issue(one.severity, one.code, one.message.clone()));
    let failure = failure.filter(|failure| is_said_of_each(failure));
    let failure = failure.map(|failure| {
        let message = format!("no forecast: {failure}");
        issue(Severity::Error, failure.code(), message)
    });
    notices.chain(failure).collect()
}
