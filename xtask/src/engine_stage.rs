//! One engine over the whole fleet: table in, table out.

use fleetcast_core::{
    BacktestError, Engine, Fingerprinter, IntervalLevel, IssueCode, Panel, PanelView, Refit,
    SeriesIssue, SeriesKey, Severity, Split, WindowOutcomes, forecast_windows, pipeline, screen,
};
use fleetcast_store::{
    EngineBatch, EngineForecasts, EngineTables, Histories, HistoryBatch, Made, RunId, StageResult,
    Store,
};

use crate::error::Error;
use crate::progress::StageProgress;

/// Series that go into the database at a time, unless memory is short, and that a kill may cost. `DuckDB`
/// compresses rows 122,880 at a time: what is left over from a batch, it writes twice.
pub(crate) const KEPT_BATCH: usize = 2048;

/// Series an engine gets at a time: enough to share what series have in common, few enough for the
/// progress bar to move.
const ENGINE_BATCH: usize = 512;

/// What an engine stage goes by.
#[derive(Debug)]
pub(crate) struct EngineStage<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) tables: EngineTables,
    pub(crate) split: Split,
    pub(crate) refit: Refit,
    pub(crate) level: IntervalLevel,
    /// Series that go into the database at a time.
    pub(crate) kept_batch: usize,
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

/// Series of a batch, and what is known of them before the engine is asked.
#[derive(Debug)]
struct Question {
    keys: Vec<SeriesKey>,
    /// Those worth forecasting.
    panel: Panel,
    fingerprints: Vec<u64>,
    /// What an earlier run made of them, where it was asked the same.
    earlier: Vec<Option<EngineForecasts>>,
    issues: Vec<SeriesIssue>,
}

/// What goes into the database of a batch.
#[derive(Debug)]
struct Answer {
    keys: Vec<SeriesKey>,
    made: Vec<Made>,
    issues: Vec<SeriesIssue>,
}

impl EngineStage<'_> {
    /// Forecasts every series of `histories` into drafts of the engine's tables. Series that stand
    /// there already, because this stage of this run was cut off, are not forecast again; those an
    /// earlier run has forecast from the same values, settings and version keep its forecasts.
    ///
    /// While the engine is at a batch, the one before goes into the database, and the one after is
    /// read.
    pub(crate) fn run<'store>(
        &self,
        store: &'store Store,
        run: RunId,
        histories: &Histories<'_>,
        progress: &StageProgress,
    ) -> Result<StageResult<'store>, Error> {
        let index = histories.index();
        let mut draft = store.engine_draft(run, self.tables, &index.keys)?;
        progress.advance(draft.series_done());
        pipeline(
            histories
                .batches(draft.series_done(), self.kept_batch)
                .map(|batch| self.question(store, &batch?)),
            |question| self.answer(question, progress),
            |answer| {
                Ok(draft.append(&EngineBatch {
                    keys: &answer.keys,
                    made: &answer.made,
                    issues: &answer.issues,
                })?)
            },
        )?;
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

    /// Which series of `batch` the engine is to be asked about.
    fn question(&self, store: &Store, batch: &HistoryBatch) -> Result<Question, Error> {
        let screened = screen(batch.series());
        let mut issues = batch.repairs().to_vec();
        issues.extend(screened.issues);
        let worth_forecasting = screened.panel.view();
        let fingerprints: Vec<u64> = worth_forecasting
            .iter()
            .map(|series| self.fingerprinter.of(series))
            .collect();
        let worth = worth_forecasting.keys();
        let earlier = match self.reuse {
            Reuse::Unchanged => store.reusable(self.tables, worth, &fingerprints, &self.split)?,
            Reuse::Nothing => vec![None; worth.len()],
        };
        Ok(Question {
            keys: batch.series().keys().to_vec(),
            panel: screened.panel,
            fingerprints,
            earlier,
            issues,
        })
    }

    /// Earlier forecasts, and the engine's where there are none.
    fn answer(&self, question: Question, progress: &StageProgress) -> Result<Answer, Error> {
        let Question {
            keys,
            panel,
            fingerprints,
            earlier,
            mut issues,
        } = question;
        let mut forecast_now = Vec::new();
        for (series, earlier) in panel
            .view()
            .chunks(ENGINE_BATCH)
            .zip(earlier.chunks(ENGINE_BATCH))
        {
            let forecasts = progress.in_engine(|| self.forecast_those_without(series, earlier))?;
            forecast_now.extend(forecasts);
            progress.advance(series.len());
        }
        progress.advance(keys.len() - panel.view().len());
        let mut forecast_now = forecast_now.into_iter();
        let mut made = Vec::with_capacity(earlier.len());
        for ((key, fingerprint), earlier) in
            panel.view().keys().iter().zip(fingerprints).zip(earlier)
        {
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
        Ok(Answer { keys, made, issues })
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
