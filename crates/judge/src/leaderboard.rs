//! One series' place on the leaderboard.

use fleetcast_core::{IssueCode, SeriesIssue, SeriesKey, Severity, Stage, metrics};

use crate::{Case, Contender, OwnErrors, Rules, Trust, Verdict, judge_series};

/// What the judge knows of a series beside its [`Case`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// Who won it in the last run.
    pub incumbent: Option<Contender>,
    /// Whether an engine was asked about it and failed.
    pub engine_failed: bool,
    /// Why its values seem to be those of several series, in words.
    pub several: Option<&'a str>,
}

/// One series' place on the leaderboard.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderboardEntry {
    /// The series.
    pub key: SeriesKey,
    /// Who won it in the last run.
    pub incumbent: Option<Contender>,
    /// What the judge says of it.
    pub verdict: Verdict,
    /// How much its values change from week to week ([`metrics::mase_scale`]): what its errors are
    /// measured by beside those of other series.
    pub scale: Option<f64>,
}

impl LeaderboardEntry {
    /// Judges a series, and returns its place on the leaderboard; `None` where it has none.
    ///
    /// A series is on the leaderboard where an engine has a forecast of its future, or where engines
    /// have failed on it and seasonal naive stands in.
    #[must_use]
    pub fn of(case: &Case<'_>, circumstances: Circumstances<'_>, rules: &Rules) -> Option<Self> {
        let has_future = case.has_future();
        if !has_future && !circumstances.engine_failed {
            return None;
        }
        let mut verdict = judge_series(case, circumstances.incumbent, rules);
        if let Some(why) = circumstances.several {
            // However well the mean of several series is forecast, it is none of them.
            verdict.trust = Trust::D;
            verdict.decision.reason = format!("{}; {why}", verdict.decision.reason);
        }
        let has_golden = has_future || verdict.stand_in.is_some();
        has_golden.then(|| Self {
            scale: metrics::mase_scale(case.history.values),
            key: case.history.key.clone(),
            incumbent: circumstances.incumbent,
            verdict,
        })
    }

    /// Returns the errors that the golden model made on this series.
    #[must_use]
    pub fn own_errors(&self) -> OwnErrors<'_> {
        OwnErrors {
            key: &self.key,
            calibration: self.verdict.calibration.as_ref(),
            scale: self.scale,
        }
    }

    /// Returns what is to be said of a series: of the regime it is in, and that it had one engine only, or none.
    #[must_use]
    pub fn issues(&self) -> Vec<SeriesIssue> {
        let regime = self.verdict.regime.iter();
        let regime = regime.map(|note| note.issue(&self.key));
        self.issue_of_engines().into_iter().chain(regime).collect()
    }

    fn issue_of_engines(&self) -> Option<SeriesIssue> {
        let decision = &self.verdict.decision;
        let code = match decision.decided_by {
            "only_engine" => IssueCode::OneEngineOnly,
            "no_engine" => IssueCode::NoEngine,
            _ => return None,
        };
        Some(SeriesIssue {
            key: self.key.clone(),
            stage: Stage::Judge,
            engine: None,
            severity: Severity::Warning,
            code,
            message: decision.reason.clone(),
        })
    }
}
