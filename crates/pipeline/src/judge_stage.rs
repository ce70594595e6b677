//! The judge over the whole fleet: evidence out of the database, verdicts into it.

use std::collections::{BTreeMap, HashMap, HashSet};

use fleetcast::{past_of, tables};
use fleetcast_core::{
    Aligner, Calibration, EngineForecasts, SeriesIssue, SeriesKey, SeriesPast, SeriesRegimes,
    Split, Stage, pipeline,
};
use fleetcast_judge::{
    Case, Circumstances, Contender, ErrorPool, FleetGains, FurtherEngine, LeaderboardEntry,
    OwnErrors, Rules,
};
use fleetcast_store::{
    Draft, EngineTables, Histories, HistoryBatch, RunId, StageResult, Store, Table,
};
use rayon::prelude::*;

use crate::{Error, FleetEngine, StageProgress};

/// What the judge's stage made.
#[derive(Debug)]
pub struct JudgeStageResult<'store> {
    /// The draft of `backtest_scores`.
    pub scores: Draft<'store>,
    /// The draft of `model_leaderboard`.
    pub leaderboard: Draft<'store>,
    /// The draft of `interval_calibration`.
    pub calibrations: Draft<'store>,
    /// The draft of `judge_forecasts`.
    pub forecasts: Draft<'store>,
    /// The draft of `past_forecasts`.
    pub past: Draft<'store>,
    /// What there is to say of series that had one engine only, or none.
    pub issues: Vec<SeriesIssue>,
    /// Series on the leaderboard.
    pub rows: u64,
}

impl<'store> From<JudgeStageResult<'store>> for StageResult<'store> {
    fn from(made: JudgeStageResult<'store>) -> Self {
        Self {
            stage: Stage::Judge,
            drafts: vec![
                made.scores,
                made.leaderboard,
                made.calibrations,
                made.forecasts,
                made.past,
            ],
            issues: made.issues,
            rows: made.rows,
            reused: None,
            seconds: 0.0,
            archive: None,
            models: Vec::new(),
        }
    }
}

/// What is kept of a series until all have been judged.
struct ToCalibrate {
    key: SeriesKey,
    model: Contender,
    own: Option<Calibration>,
    scale: Option<f64>,
}

impl ToCalibrate {
    fn errors(&self) -> OwnErrors<'_> {
        OwnErrors {
            key: &self.key,
            calibration: self.own.as_ref(),
            scale: self.scale,
        }
    }
}

/// What the judge's stage goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JudgeStage<'a> {
    pub(crate) split: &'a Split,
    pub(crate) rules: &'a Rules,
    /// What brings the past of series to their present level, where that is wanted.
    pub(crate) aligner: Option<&'a dyn Aligner>,
    /// Contenders beside champion and challenger.
    pub(crate) further: &'a [FleetEngine],
    /// Series that are judged at a time.
    pub(crate) at_a_time: usize,
}

impl JudgeStage<'_> {
    /// Says of each further engine why it is not followed, where that is so: what a model of the fleet gained at the backtest
    /// is asked of the whole fleet, before any of its series is judged.
    fn why_not(
        &self,
        store: &Store,
        histories: &Histories<'_>,
    ) -> Result<Vec<Option<String>>, Error> {
        if self.further.is_empty() {
            return Ok(Vec::new());
        }
        let mut gains = FleetGains::default();
        for history in histories.batches(0, self.at_a_time) {
            let of_batch = self.read(store, history?)?.gains(self);
            gains = [gains, of_batch].into_iter().sum();
        }
        let engines = self.further.iter().enumerate();
        Ok(engines
            .map(|(place, engine)| gains.at(place)?.why_not(engine.contender().as_str()))
            .collect())
    }

    fn read(&self, store: &Store, history: HistoryBatch) -> Result<EvidenceBatch, Error> {
        let keys = history.series().keys();
        let further = self.further.iter().map(|engine| {
            let forecasts = store.read_engine(engine.tables(), keys, self.split)?;
            Ok((engine.contender(), forecasts))
        });
        Ok(EvidenceBatch {
            prophet: store.read_engine(EngineTables::PROPHET, keys, self.split)?,
            challenger: store.read_engine(EngineTables::CHALLENGER, keys, self.split)?,
            further: further.collect::<Result<_, Error>>()?,
            history,
        })
    }

    /// Judges every series of `histories` that an engine has something to say of.
    pub(crate) fn run<'store>(
        &self,
        store: &'store Store,
        run: RunId,
        histories: &Histories<'_>,
        progress: &dyn StageProgress,
    ) -> Result<JudgeStageResult<'store>, Error> {
        let mut made = JudgeStageResult {
            scores: store.draft(Table::BacktestScores)?,
            leaderboard: store.draft(Table::ModelLeaderboard)?,
            calibrations: store.draft(Table::IntervalCalibration)?,
            forecasts: store.draft(Table::JudgeForecasts)?,
            past: store.draft(Table::PastForecasts)?,
            issues: Vec::new(),
            rows: 0,
        };
        let why_not = self.why_not(store, histories)?;
        let known = Known {
            why_not: &why_not,
            incumbents: incumbents(store, run)?,
            failed: store.series_engines_failed_on()?,
            several: &histories.index().several,
        };
        let mut to_calibrate = Vec::with_capacity(histories.index().keys.len());
        let mut pool = ErrorPool::default();
        pipeline(
            histories
                .batches(0, self.at_a_time)
                .map(|history| self.read(store, history?)),
            |evidence| Ok((evidence.judge(self, &known), evidence.prophet.len())),
            |(judged, series): (Vec<(LeaderboardEntry, SeriesPast)>, usize)| {
                let past: Vec<_> = judged
                    .iter()
                    .map(|(entry, past)| (&entry.key, entry.verdict.golden.as_str(), past))
                    .collect();
                made.past
                    .append(tables::past_forecasts(run.get(), &past)?)?;
                let entries: Vec<LeaderboardEntry> =
                    judged.into_iter().map(|(entry, _)| entry).collect();
                let entries_by_reference: Vec<&LeaderboardEntry> = entries.iter().collect();
                made.scores
                    .append(tables::backtest_scores(run.get(), &entries_by_reference)?)?;
                made.leaderboard
                    .append(tables::model_leaderboard(run.get(), &entries_by_reference)?)?;
                let first = self.split.future().first();
                made.forecasts.append(tables::judge_forecasts(
                    run.get(),
                    &entries_by_reference,
                    first,
                )?)?;
                made.rows += entries.len() as u64;
                for entry in entries {
                    made.issues.extend(entry.issues());
                    pool.add(entry.own_errors());
                    to_calibrate.push(ToCalibrate {
                        key: entry.key,
                        model: entry.verdict.golden,
                        own: entry.verdict.calibration,
                        scale: entry.scale,
                    });
                }
                progress.advance(series);
                Ok::<(), Error>(())
            },
        )?;
        let medians = pool.medians_for(to_calibrate.iter().map(ToCalibrate::errors));
        for some in to_calibrate.chunks(self.at_a_time.max(1)) {
            let calibrated: Vec<_> = some
                .iter()
                .filter_map(|one| Some((one, medians.calibration_of(one.errors())?)))
                .collect();
            let rows: Vec<_> = calibrated
                .iter()
                .map(|(one, pooled)| (&one.key, one.model, pooled))
                .collect();
            made.calibrations
                .append(tables::interval_calibration(run.get(), &rows)?)?;
        }
        Ok(made)
    }
}

/// What is known of series before they are judged.
struct Known<'a> {
    /// Why each further engine is not followed.
    why_not: &'a [Option<String>],
    incumbents: HashMap<SeriesKey, Contender>,
    failed: HashSet<SeriesKey>,
    several: &'a BTreeMap<SeriesKey, String>,
}

fn incumbents(store: &Store, run: RunId) -> Result<HashMap<SeriesKey, Contender>, Error> {
    let by_name = store.incumbents(run)?.into_iter();
    Ok(by_name
        .filter_map(|(key, name)| Some((key, Contender::named(&name)?)))
        .collect())
}

/// What there is on some series: their history and engines' forecasts, one a series.
struct EvidenceBatch {
    history: HistoryBatch,
    prophet: Vec<EngineForecasts>,
    challenger: Vec<EngineForecasts>,
    further: Vec<(Contender, Vec<EngineForecasts>)>,
}

impl EvidenceBatch {
    /// What further engines say of a series.
    fn further<'a>(
        &'a self,
        place: usize,
        why_not: &'a [Option<String>],
    ) -> Vec<FurtherEngine<'a>> {
        let engines = self.further.iter().zip(why_not);
        engines
            .map(|((model, forecasts), why_not)| FurtherEngine {
                model: *model,
                forecasts: &forecasts[place],
                not_followed: why_not.as_deref(),
            })
            .collect()
    }

    /// What the blends of these series gain by each further engine.
    fn gains(&self, stage: &JudgeStage<'_>) -> FleetGains {
        let nothing_known = vec![None; self.further.len()];
        let series = (0..self.history.series().len()).into_par_iter();
        series
            .map(|place| {
                let further = self.further(place, &nothing_known);
                FleetGains::of(&self.case(stage, place, &further, None))
            })
            .sum()
    }

    fn case<'a>(
        &'a self,
        stage: &JudgeStage<'a>,
        place: usize,
        further: &'a [FurtherEngine<'a>],
        regimes: Option<&'a SeriesRegimes<'a>>,
    ) -> Case<'a> {
        Case {
            split: stage.split,
            history: self.history.series().series(place),
            prophet: &self.prophet[place],
            challenger: &self.challenger[place],
            further,
            regimes,
        }
    }

    /// The series that belong on the leaderboard, in their order.
    fn judge(
        &self,
        stage: &JudgeStage<'_>,
        known: &Known<'_>,
    ) -> Vec<(LeaderboardEntry, SeriesPast)> {
        let history = self.history.series();
        let entries: Vec<Option<_>> = (0..history.len())
            .into_par_iter()
            .map(|place| {
                let series = history.series(place);
                let regimes = stage
                    .aligner
                    .map(|aligner| SeriesRegimes::new(series, aligner));
                let further = self.further(place, known.why_not);
                let case = self.case(stage, place, &further, regimes.as_ref());
                let key = case.history.key;
                let circumstances = Circumstances {
                    incumbent: known.incumbents.get(key).copied(),
                    engine_failed: known.failed.contains(key),
                    several: known.several.get(key).map(String::as_str),
                };
                let entry = LeaderboardEntry::of(&case, circumstances, stage.rules)?;
                let past = past_of(&case, &entry);
                Some((entry, past))
            })
            .collect();
        entries.into_iter().flatten().collect()
    }
}
