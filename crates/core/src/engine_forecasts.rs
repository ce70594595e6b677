//! One engine's forecasts of one series, and what there is to say of them.

use crate::{
    Forecast, InnerForecast, IssueCode, Notice, SeriesIssue, SeriesKey, Severity, Stage,
    WindowOutcomes,
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
        let issue = |severity, code, message| SeriesIssue {
            key: key.clone(),
            stage,
            engine: Some(engine),
            severity,
            code,
            message,
        };
        let notice = |notice: &Notice| issue(notice.severity, notice.code, notice.message.clone());
        let mut issues: Vec<SeriesIssue> = self.notices.iter().map(notice).collect();
        match (&self.backtest, &self.future) {
            (_, Err(failure)) => {
                let message = format!("no forecast: {failure}");
                issues.push(issue(Severity::Error, failure.code(), message));
            }
            (Err(failure), Ok(_)) => {
                let message = format!("no backtest: {failure}");
                issues.push(issue(Severity::Warning, IssueCode::NoBacktest, message));
            }
            (Ok(_), Ok(_)) => {}
        }
        issues
    }
}
