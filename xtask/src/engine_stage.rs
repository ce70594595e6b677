//! One engine over the whole fleet: table in, table out.

use fleetcast_core::{
    BacktestError, Engine, Fingerprinter, IntervalLevel, IssueCode, Panel, PanelView, Refit,
    SeriesIssue, SeriesKey, Severity, Split, WindowOutcomes, forecast_windows, screen,
};
use fleetcast_store::{
    EngineBatch, EngineDraft, EngineForecasts, EngineTables, Made, RunId, SeriesIndex, StageResult,
    Store,
};

use crate::error::Error;
use crate::progress::StageProgress;

/// Series read at a time, unless memory is short: some 72 MB of values for three years of days. Rows
/// rarely lie in the order of names, so that every batch looks through much of the table: the fewer,
/// the better.
pub(crate) const READ_BATCH: usize = 8192;

/// Series an engine gets at a time, and a kill may cost: enough to share what series have in common,
/// few enough for the progress bar to move.
const ENGINE_BATCH: usize = 512;

/// What an engine stage goes by.
#[derive(Debug)]
pub(crate) struct EngineStage<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) tables: EngineTables,
    pub(crate) split: Split,
    pub(crate) refit: Refit,
    pub(crate) level: IntervalLevel,
    /// Series read at a time.
    pub(crate) read_batch: usize,
    /// Tells whether the engine was asked the same before.
    pub(crate) fingerprinter: Fingerprinter,
    pub(crate) reuse: Reuse,
}

/// Which forecasts of an earlier run are also this one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// Those of series the engine was asked the same about.
    Unchanged,
    /// None.
    Nothing,
}

impl EngineStage<'_> {
    /// Forecasts every series of `index` into drafts of the engine's tables. Series that stand
    /// there already, because this stage of this run was cut off, are not forecast again; those an
    /// earlier run has forecast from the same values, settings and version keep its forecasts.
    pub(crate) fn run<'store>(
        &self,
        store: &'store Store,
        run: RunId,
        index: &SeriesIndex,
        progress: &StageProgress,
    ) -> Result<StageResult<'store>, Error> {
        let mut draft = store.engine_draft(run, self.tables, &index.keys)?;
        progress.advance(draft.series_done());
        for keys in index.keys[draft.series_done()..].chunks(self.read_batch) {
            let (panel, repairs) = store.read_panel(keys, self.split.history())?;
            let mut repairs = repairs.into_iter().peekable();
            for batch in panel.view().chunks(ENGINE_BATCH) {
                let last = batch.keys().last();
                let repairs =
                    std::iter::from_fn(|| repairs.next_if(|repair| Some(&repair.key) <= last));
                self.forecast_batch(store, batch, repairs.collect(), &mut draft, progress)?;
                progress.advance(batch.len());
            }
        }
        Ok(StageResult {
            stage: self.tables.stage,
            rows: draft.count_rows()?,
            reused: Some(draft.reused() as u64),
            drafts: draft.into_drafts(),
            issues: index.issues.clone(),
            seconds: 0.0,
            archive: None,
        })
    }

    fn forecast_batch(
        &self,
        store: &Store,
        batch: PanelView<'_>,
        mut issues: Vec<SeriesIssue>,
        draft: &mut EngineDraft<'_>,
        progress: &StageProgress,
    ) -> Result<(), Error> {
        let screened = screen(batch);
        issues.extend(screened.issues);
        let worth_forecasting = screened.panel.view();
        let fingerprints: Vec<u64> = worth_forecasting
            .iter()
            .map(|series| self.fingerprinter.of(series))
            .collect();
        let keys = worth_forecasting.keys();
        let earlier = match self.reuse {
            Reuse::Unchanged => store.reusable(self.tables, keys, &fingerprints, &self.split)?,
            Reuse::Nothing => vec![None; keys.len()],
        };
        let mut forecast_now = progress
            .in_engine(|| self.forecast_those_without(worth_forecasting, &earlier))?
            .into_iter();
        let mut made = Vec::with_capacity(keys.len());
        for ((key, fingerprint), earlier) in keys.iter().zip(fingerprints).zip(earlier) {
            let reused = earlier.is_some();
            let forecasts = earlier.or_else(|| {
                let outcomes = forecast_now.next()?;
                issues.extend(self.issues_of(key, &outcomes));
                Some(EngineForecasts::from(outcomes))
            });
            made.push(Made {
                key: key.clone(),
                fingerprint,
                forecasts: forecasts.unwrap_or_default(),
                reused,
            });
        }
        draft.append(&EngineBatch {
            keys: batch.keys(),
            made: &made,
            issues: &issues,
        })?;
        Ok(())
    }

    /// What the engine says of the series that have no `earlier` forecasts, in their order.
    fn forecast_those_without(
        &self,
        series: PanelView<'_>,
        earlier: &[Option<EngineForecasts>],
    ) -> Result<Vec<WindowOutcomes>, Error> {
        let anew = series
            .iter()
            .zip(earlier)
            .filter(|(_, earlier)| earlier.is_none());
        let rows = anew.map(|(series, _)| (series.key.clone(), series.values.to_vec()));
        let panel = Panel::from_rows(series.grid(), rows).map_err(BacktestError::from)?;
        if panel.view().is_empty() {
            return Ok(Vec::new());
        }
        let outcomes = forecast_windows(
            self.engine,
            panel.view(),
            &self.split,
            self.refit,
            self.level,
        )?;
        Ok(outcomes)
    }

    fn issues_of(&self, key: &SeriesKey, outcome: &WindowOutcomes) -> Vec<SeriesIssue> {
        let issue = |severity, code, message| SeriesIssue {
            key: key.clone(),
            stage: self.tables.stage,
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
