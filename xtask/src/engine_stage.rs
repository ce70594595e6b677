//! One engine over the whole fleet: table in, table out.

use fleetcast_core::{
    Engine, IntervalLevel, IssueCode, PanelView, Refit, SeriesIssue, SeriesKey, Severity, Split,
    Stage, WindowOutcomes, forecast_windows, screen,
};
use fleetcast_store::{Draft, RunId, Segment, SeriesIndex, StageResult, Store, Table};

use crate::error::Error;
use crate::progress::StageProgress;

/// Series read at a time: some 18 MB of values for three years of days.
const READ_BATCH: usize = 2048;

/// Series an engine gets at a time: enough to share what series have in common, few enough for the
/// progress bar to move.
const ENGINE_BATCH: usize = 512;

/// What an engine stage goes by.
#[derive(Debug)]
pub(crate) struct EngineStage<'a> {
    pub(crate) stage: Stage,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) table: Table,
    pub(crate) inner_table: Table,
    pub(crate) split: Split,
    pub(crate) refit: Refit,
    pub(crate) level: IntervalLevel,
}

/// The tables an engine fills.
#[derive(Debug)]
struct Drafts<'store> {
    forecasts: Draft<'store>,
    inner: Draft<'store>,
}

impl EngineStage<'_> {
    /// Forecasts every series of `index` into a draft of the engine's table.
    pub(crate) fn run<'store>(
        &self,
        store: &'store Store,
        run: RunId,
        index: &SeriesIndex,
        progress: &StageProgress,
    ) -> Result<StageResult<'store>, Error> {
        let drafts = Drafts {
            forecasts: store.draft(self.table)?,
            inner: store.draft(self.inner_table)?,
        };
        let mut issues = index.issues.clone();
        for keys in index.batches(READ_BATCH) {
            let (panel, repairs) = store.read_panel(keys, self.split.history())?;
            issues.extend(repairs);
            let screened = screen(panel.view());
            issues.extend(screened.issues);
            let worth_forecasting = screened.panel.view();
            progress.advance(keys.len() - worth_forecasting.len());
            for batch in worth_forecasting.chunks(ENGINE_BATCH) {
                self.forecast_batch(batch, run, &drafts, &mut issues, progress)?;
                progress.advance(batch.len());
            }
        }
        let rows = drafts.forecasts.count_rows()?;
        Ok(StageResult {
            stage: self.stage,
            drafts: vec![drafts.forecasts, drafts.inner],
            issues,
            rows,
            seconds: 0.0,
            archive: None,
        })
    }

    fn forecast_batch(
        &self,
        batch: PanelView<'_>,
        run: RunId,
        drafts: &Drafts<'_>,
        issues: &mut Vec<SeriesIssue>,
        progress: &StageProgress,
    ) -> Result<(), Error> {
        let outcomes = progress.in_engine(|| {
            forecast_windows(self.engine, batch, &self.split, self.refit, self.level)
        })?;
        for (key, outcome) in batch.keys().iter().zip(&outcomes) {
            issues.extend(self.issues_of(key, outcome));
        }
        let forecasts = batch
            .keys()
            .iter()
            .zip(&outcomes)
            .flat_map(|(key, outcome)| {
                let backtest = outcome.backtest.as_ref().ok();
                let future = outcome.future.as_ref().ok();
                let backtest = backtest.map(|forecast| (key, Segment::Backtest, forecast));
                let future = future.map(|forecast| (key, Segment::Future, forecast));
                backtest.into_iter().chain(future)
            });
        drafts.forecasts.append_forecasts(run, forecasts)?;
        let inner = batch
            .keys()
            .iter()
            .zip(&outcomes)
            .flat_map(|(key, outcome)| outcome.inner.iter().map(move |inner| (key, inner)));
        drafts.inner.append_inner_forecasts(run, inner)?;
        Ok(())
    }

    fn issues_of(&self, key: &SeriesKey, outcome: &WindowOutcomes) -> Vec<SeriesIssue> {
        let issue = |severity, code, message| SeriesIssue {
            key: key.clone(),
            stage: self.stage,
            engine: Some(self.engine.name()),
            severity,
            code,
            message,
        };
        let mut issues: Vec<SeriesIssue> = outcome
            .notices
            .iter()
            .map(|notice| issue(notice.severity, notice.code, notice.message.clone()))
            .collect();
        match (&outcome.backtest, &outcome.future) {
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
