//! One engine over the whole fleet: table in, table out.

use fleetcast_core::{
    Aligner, BacktestError, Choice, Engine, EngineForecasts, Fingerprinter, IntervalLevel, Panel,
    PanelView, Refit, SeriesIssue, SeriesKey, SeriesRegimes, Split, forecast_future,
    forecast_windows, pipeline, screen,
};
use fleetcast_store::{
    Draft, Earlier, EngineBatch, EngineTables, Histories, HistoryBatch, KeptChoice, Made, Reused,
    RunId, StageResult, Store,
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
    /// Tells whether what it chose rests on the same as before, where choices are kept from run to run.
    pub(crate) chooser: Option<Fingerprinter>,
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
    /// What each one's choice rests on, where choices are kept.
    chosen_by: Option<Vec<u64>>,
    /// What an earlier run made of them.
    earlier: Vec<Earlier>,
    issues: Vec<SeriesIssue>,
}

/// What is made of a series now.
#[derive(Debug, Default)]
struct Now {
    forecasts: EngineForecasts,
    choice: Option<Choice>,
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
        let chosen_by = self.chosen_by(worth_forecasting)?;
        let earlier = match self.reuse {
            Reuse::Unchanged => store.earlier(
                self.tables,
                worth,
                &fingerprints,
                chosen_by.as_deref(),
                &self.split,
            )?,
            Reuse::Nothing => worth.iter().map(|_| Earlier::Nothing).collect(),
        };
        Ok(Question {
            keys: batch.series().keys().to_vec(),
            panel: screened.panel,
            fingerprints,
            chosen_by,
            earlier,
            issues,
        })
    }

    /// What the choices of some series rest on, where choices are kept: their values up to the day of the choice.
    fn chosen_by(&self, series: PanelView<'_>) -> Result<Option<Vec<u64>>, Error> {
        let Some(chooser) = &self.chooser else {
            return Ok(None);
        };
        let then = series.window(self.split.when_chosen().history());
        let then = then.map_err(BacktestError::from)?;
        Ok(Some(then.iter().map(|series| chooser.of(series)).collect()))
    }

    /// Earlier forecasts, and the engine's where there are none.
    fn answer(&self, question: Question, progress: &dyn StageProgress) -> Result<Answer, Error> {
        let Question {
            keys,
            panel,
            fingerprints,
            chosen_by,
            mut earlier,
            mut issues,
        } = question;
        let panel = panel.view();
        let mut made = Vec::with_capacity(earlier.len());
        let mut place = 0;
        for (series, earlier) in panel
            .chunks(ENGINE_BATCH)
            .zip(earlier.chunks_mut(ENGINE_BATCH))
        {
            progress.engine_begins();
            let now = self.forecast_now(series, earlier);
            progress.engine_ends();
            let mut now = now?.into_iter();
            for (key, earlier) in series.keys().iter().zip(earlier) {
                let (reused, of_series) = match std::mem::replace(earlier, Earlier::Nothing) {
                    Earlier::All(forecasts, choice) => {
                        let as_before = Now {
                            forecasts,
                            choice,
                            issues: Vec::new(),
                        };
                        (Reused::All, as_before)
                    }
                    Earlier::Past(past, _) => {
                        let now = now.next().unwrap_or_default();
                        let forecasts = EngineForecasts {
                            future: now.forecasts.future,
                            ..past
                        };
                        (Reused::Past, Now { forecasts, ..now })
                    }
                    Earlier::Nothing => (Reused::Nothing, now.next().unwrap_or_default()),
                };
                issues.extend(of_series.issues);
                made.push(Made {
                    key: key.clone(),
                    fingerprint: fingerprints[place],
                    forecasts: of_series.forecasts,
                    kept: chosen_by.as_ref().map(|chosen_by| KeptChoice {
                        chosen_by: chosen_by[place],
                        choice: of_series.choice,
                    }),
                    reused,
                });
                place += 1;
            }
            progress.advance(series.len());
        }
        progress.advance(keys.len() - panel.len());
        Ok(Answer { keys, made, issues })
    }

    /// What the engine says now of the series that are not wholly known from `earlier`, in their order.
    fn forecast_now(&self, series: PanelView<'_>, earlier: &[Earlier]) -> Result<Vec<Now>, Error> {
        let rows_of = |is_wanted: fn(&Earlier) -> bool| {
            let wanted = series
                .iter()
                .zip(earlier)
                .filter(move |(_, earlier)| is_wanted(earlier));
            let rows = wanted.map(|(series, _)| (series.key.clone(), series.values.to_vec()));
            Panel::from_rows(series.grid(), rows).map_err(BacktestError::from)
        };
        let anew = rows_of(|earlier| matches!(earlier, Earlier::Nothing))?;
        let as_chosen = rows_of(|earlier| matches!(earlier, Earlier::Past(..)))?;
        let mut anew = self.windows(anew.view())?.into_iter();
        let mut as_chosen = self.future(as_chosen.view(), earlier)?.into_iter();
        let of_series = earlier.iter().filter_map(|earlier| match earlier {
            Earlier::Nothing => anew.next(),
            Earlier::Past(..) => as_chosen.next(),
            Earlier::All(..) => None,
        });
        Ok(of_series.collect())
    }

    /// The engine is asked for both windows of some series.
    fn windows(&self, panel: PanelView<'_>) -> Result<Vec<Now>, Error> {
        if panel.is_empty() {
            return Ok(Vec::new());
        }
        let regimes = self.regimes(panel);
        let outcomes = forecast_windows(
            self.engine,
            panel,
            &self.split,
            self.refit,
            self.level,
            regimes.as_deref(),
        )?;
        let of_series = panel.keys().iter().zip(outcomes);
        Ok(of_series
            .map(|(key, mut outcomes)| Now {
                issues: outcomes.issues(key, self.tables.stage, self.engine.name()),
                choice: outcomes.choice.take(),
                forecasts: EngineForecasts::from(outcomes),
            })
            .collect())
    }

    /// The future of those series whose past is known from `earlier`, as it was chosen then.
    fn future(&self, panel: PanelView<'_>, earlier: &[Earlier]) -> Result<Vec<Now>, Error> {
        if panel.is_empty() {
            return Ok(Vec::new());
        }
        let choices: Vec<Option<Choice>> = earlier
            .iter()
            .filter_map(|earlier| match earlier {
                Earlier::Past(_, choice) => Some(choice.clone()),
                Earlier::Nothing | Earlier::All(..) => None,
            })
            .collect();
        let regimes = self.regimes(panel);
        let outcomes = forecast_future(
            self.engine,
            panel,
            &self.split,
            self.level,
            regimes.as_deref(),
            &choices,
        )?;
        let of_series = panel.keys().iter().zip(outcomes).zip(choices);
        Ok(of_series
            .map(|((key, outcome), choice)| Now {
                issues: outcome.issues(key, self.tables.stage, self.engine.name()),
                choice,
                forecasts: EngineForecasts {
                    future: outcome.forecast.ok(),
                    ..EngineForecasts::default()
                },
            })
            .collect())
    }

    fn regimes<'p>(&self, panel: PanelView<'p>) -> Option<Vec<SeriesRegimes<'p>>>
    where
        Self: 'p,
    {
        self.aligner
            .map(|aligner| SeriesRegimes::of_all(panel, aligner))
    }
}
