//! One engine over the whole fleet: table in, table out.

use fleetcast_core::{
    Aligner, BacktestError, Engine, EngineForecasts, Fingerprinter, IntervalLevel, Panel,
    PanelView, Refit, SeriesIssue, SeriesKey, SeriesRegimes, Split, WindowOutcomes,
    forecast_windows, pipeline, screen,
};
use fleetcast_store::{
    Draft, EngineBatch, EngineTables, Histories, HistoryBatch, Made, RunId, StageResult, Store,
};

use crate::{Error, Reuse, StageProgress};

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
    /// What brings the past of series to their present level, where that is wanted.
    pub(crate) aligner: Option<&'a dyn Aligner>,
}

/// What an engine's stage made: its forecasts, those from inner origins, what it was asked, and issues.
#[derive(Debug)]
pub struct EngineStageResult<'store> {
    /// The tables it fills.
    pub tables: EngineTables,
    /// Their drafts, and that of its issues.
    pub drafts: Vec<Draft<'store>>,
    /// What was noticed of the data itself.
    pub issues: Vec<SeriesIssue>,
    /// Rows of forecasts.
    pub rows: u64,
    /// Series whose forecasts are those of an earlier run.
    pub reused: u64,
}

impl<'store> From<EngineStageResult<'store>> for StageResult<'store> {
    fn from(made: EngineStageResult<'store>) -> Self {
        Self {
            stage: made.tables.stage,
            drafts: made.drafts,
            issues: made.issues,
            rows: made.rows,
            reused: Some(made.reused),
            seconds: 0.0,
            archive: None,
            models: Vec::new(),
        }
    }
}

/// Series of a batch, and what is known of them before the engine is asked.
#[derive(Debug)]
struct Question {
    keys: Vec<SeriesKey>,
    /// The series worth forecasting.
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
        progress: &dyn StageProgress,
    ) -> Result<EngineStageResult<'store>, Error> {
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
        Ok(EngineStageResult {
            tables: self.tables,
            rows: draft.count_rows()?,
            reused: draft.reused() as u64,
            drafts: draft.into_drafts(),
            issues: index.issues.clone(),
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
    fn answer(&self, question: Question, progress: &dyn StageProgress) -> Result<Answer, Error> {
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
            progress.engine_begins();
            let forecasts = self.forecast_those_without(series, earlier);
            progress.engine_ends();
            forecast_now.extend(forecasts?);
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
                issues.extend(outcomes.issues(key, self.tables.stage, self.engine.name()));
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
        let regimes = self
            .aligner
            .map(|aligner| SeriesRegimes::of_all(panel.view(), aligner));
        let outcomes = forecast_windows(
            self.engine,
            panel.view(),
            &self.split,
            self.refit,
            self.level,
            regimes.as_deref(),
        )?;
        Ok(outcomes)
    }
}
