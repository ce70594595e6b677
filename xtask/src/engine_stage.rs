//! One engine over the whole fleet: table in, table out.

use fleetcast_core::{
    Engine, IntervalLevel, IssueCode, PanelView, Refit, SeriesIssue, SeriesKey, Severity, Split,
    Stage, WindowOutcomes, forecast_windows, screen,
};
use fleetcast_store::{
    EngineBatch, EngineDraft, RunId, Segment, SeriesIndex, StageResult, Store, Table,
};

use crate::error::Error;
use crate::progress::StageProgress;

/// Series read at a time, unless memory is short: some 18 MB of values for three years of days.
pub(crate) const READ_BATCH: usize = 2048;

/// Series an engine gets at a time, and a kill may cost: enough to share what series have in common,
/// few enough for the progress bar to move.
const ENGINE_BATCH: usize = 512;

/// What an engine stage goes by.
#[derive(Debug)]
pub(crate) struct EngineStage<'a> {
    pub(crate) stage: Stage,
    pub(crate) engine: &'a dyn Engine,
    /// The engine's table of forecasts, and the one of forecasts from inner origins.
    pub(crate) tables: [Table; 2],
    pub(crate) split: Split,
    pub(crate) refit: Refit,
    pub(crate) level: IntervalLevel,
    /// Series read at a time.
    pub(crate) read_batch: usize,
}

impl EngineStage<'_> {
    /// Forecasts every series of `index` into drafts of the engine's tables. Series that stand
    /// there already, because this stage of this run was cut off, are not forecast again.
    pub(crate) fn run<'store>(
        &self,
        store: &'store Store,
        run: RunId,
        index: &SeriesIndex,
        progress: &StageProgress,
    ) -> Result<StageResult<'store>, Error> {
        let mut draft = store.engine_draft(run, self.stage, self.tables, &index.keys)?;
        progress.advance(draft.series_done());
        for keys in index.keys[draft.series_done()..].chunks(self.read_batch) {
            let (panel, repairs) = store.read_panel(keys, self.split.history())?;
            let mut repairs = repairs.into_iter().peekable();
            for batch in panel.view().chunks(ENGINE_BATCH) {
                let last = batch.keys().last();
                let repairs =
                    std::iter::from_fn(|| repairs.next_if(|repair| Some(&repair.key) <= last));
                self.forecast_batch(batch, repairs.collect(), &mut draft, progress)?;
                progress.advance(batch.len());
            }
        }
        Ok(StageResult {
            stage: self.stage,
            rows: draft.count_rows()?,
            drafts: draft.into_drafts(),
            issues: index.issues.clone(),
            seconds: 0.0,
            archive: None,
        })
    }

    fn forecast_batch(
        &self,
        batch: PanelView<'_>,
        mut issues: Vec<SeriesIssue>,
        draft: &mut EngineDraft<'_>,
        progress: &StageProgress,
    ) -> Result<(), Error> {
        let screened = screen(batch);
        issues.extend(screened.issues);
        let worth_forecasting = screened.panel.view();
        let outcomes = progress.in_engine(|| {
            if worth_forecasting.is_empty() {
                return Ok(Vec::new());
            }
            forecast_windows(
                self.engine,
                worth_forecasting,
                &self.split,
                self.refit,
                self.level,
            )
        })?;
        let by_key = || worth_forecasting.keys().iter().zip(&outcomes);
        issues.extend(by_key().flat_map(|(key, outcome)| self.issues_of(key, outcome)));
        let forecasts = by_key().flat_map(|(key, outcome)| {
            let backtest = outcome.backtest.as_ref().ok();
            let future = outcome.future.as_ref().ok();
            let backtest = backtest.map(|forecast| (key, Segment::Backtest, forecast));
            let future = future.map(|forecast| (key, Segment::Future, forecast));
            backtest.into_iter().chain(future)
        });
        let inner =
            by_key().flat_map(|(key, outcome)| outcome.inner.iter().map(move |inner| (key, inner)));
        draft.append(EngineBatch {
            keys: batch.keys(),
            forecasts,
            inner,
            issues: &issues,
        })?;
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

#[cfg(test)]
mod tests;
