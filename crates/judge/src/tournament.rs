//! The stage: evidence out of the database, verdicts into it.

use std::collections::{BTreeMap, HashMap, HashSet};

use fleetcast_core::{
    IssueCode, PanelError, SeriesIssue, SeriesKey, Severity, Split, Stage, metrics, pipeline,
};
use fleetcast_store::{
    EngineForecasts, EngineTables, Histories, HistoryBatch, RunId, StageResult, Store, Table,
};
use rayon::prelude::*;

use crate::evidence::Evidence;
use crate::leaderboard::{
    Row, calibration_batch, judge_forecast_batch, leaderboard_batch, score_batch,
};
use crate::pooling::{ToCalibrate, calibrate};
use crate::{Contender, Rules, Trust, judge_series};

/// Why the judge could not judge.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database refused.
    #[error(transparent)]
    Store(#[from] fleetcast_store::Error),
    /// The data read does not cover the windows.
    #[error("the data does not cover the windows: {0}")]
    Panel(#[from] PanelError),
    /// Scores do not form a batch.
    #[error("scores do not form a table: {0}")]
    Batch(#[from] arrow::error::ArrowError),
}

/// Judges every series of `histories` that an engine has something to say of, and drafts
/// `backtest_scores`, `model_leaderboard`, `interval_calibration` and `judge_forecasts`. Engines'
/// forecasts are read of so many series `at_a_time`; `on_progress` hears how many were judged.
///
/// A series is on the leaderboard where an engine has a forecast of its future, or where both have
/// failed on it and seasonal naive stands in. Who won the last run is read from the leaderboard
/// that stands, where that one is of other data.
///
/// # Errors
///
/// [`Error`] where the database refuses; nothing is published then.
pub fn judge<'store>(
    store: &'store Store,
    run: RunId,
    histories: &Histories<'_>,
    split: &Split,
    rules: &Rules,
    at_a_time: usize,
    mut on_progress: impl FnMut(usize),
) -> Result<StageResult<'store>, Error> {
    let incumbents = incumbents(store, run)?;
    let failed = series_engines_failed_on(store)?;
    let scores = store.draft(Table::BacktestScores)?;
    let leaderboard = store.draft(Table::ModelLeaderboard)?;
    let calibrations = store.draft(Table::IntervalCalibration)?;
    let forecasts = store.draft(Table::JudgeForecasts)?;
    let mut to_calibrate = Vec::with_capacity(histories.index().keys.len());
    let mut issues = Vec::new();
    let mut rows_made = 0;
    let several = &histories.index().several;
    pipeline(
        histories
            .batches(0, at_a_time)
            .map(|history| EvidenceBatch::read(store, history?, split)),
        |evidence| {
            let judged = evidence.judge(split, &incumbents, &failed, several, rules);
            Ok((judged, evidence.prophet.len()))
        },
        |(judged, series): (Vec<Judged>, usize)| {
            let mut rows = Vec::with_capacity(judged.len());
            for Judged { row, scale } in judged {
                issues.extend(issue_of(&row));
                to_calibrate.push(ToCalibrate {
                    key: row.key.clone(),
                    model: row.verdict.golden,
                    own: row.verdict.calibration.clone(),
                    scale,
                });
                rows.push(row);
            }
            rows_made += rows.len();
            scores.append(score_batch(run, &rows)?)?;
            leaderboard.append(leaderboard_batch(run, &rows)?)?;
            forecasts.append(judge_forecast_batch(run, &rows, split.future().first())?)?;
            on_progress(series);
            Ok::<(), Error>(())
        },
    )?;
    for calibrated in calibrate(to_calibrate).chunks(at_a_time.max(1)) {
        calibrations.append(calibration_batch(run, calibrated)?)?;
    }
    Ok(StageResult {
        stage: Stage::Judge,
        drafts: vec![scores, leaderboard, calibrations, forecasts],
        issues,
        rows: rows_made as u64,
        reused: None,
        seconds: 0.0,
        archive: None,
    })
}

/// What there is on some series: their history and both engines' forecasts, one a series.
struct EvidenceBatch {
    history: HistoryBatch,
    prophet: Vec<EngineForecasts>,
    challenger: Vec<EngineForecasts>,
}

/// A verdict that belongs on the leaderboard.
struct Judged {
    row: Row,
    /// What the series' errors are measured by.
    scale: Option<f64>,
}

impl EvidenceBatch {
    fn read(store: &Store, history: HistoryBatch, split: &Split) -> Result<Self, Error> {
        let keys = history.series().keys();
        Ok(Self {
            prophet: store.read_engine(EngineTables::PROPHET, keys, split)?,
            challenger: store.read_engine(EngineTables::CHALLENGER, keys, split)?,
            history,
        })
    }

    /// The verdicts on the series that belong on the leaderboard, in their order.
    fn judge(
        &self,
        split: &Split,
        incumbents: &HashMap<SeriesKey, Contender>,
        failed: &HashSet<SeriesKey>,
        several: &BTreeMap<SeriesKey, String>,
        rules: &Rules,
    ) -> Vec<Judged> {
        let history = self.history.series();
        let verdicts: Vec<Option<Judged>> = (0..history.len())
            .into_par_iter()
            .map(|place| {
                let evidence = Evidence {
                    split,
                    history: history.series(place),
                    prophet: &self.prophet[place],
                    challenger: &self.challenger[place],
                };
                let key = evidence.history.key;
                let has_future =
                    evidence.prophet.future.is_some() || evidence.challenger.future.is_some();
                if !has_future && !failed.contains(key) {
                    return None;
                }
                let incumbent = incumbents.get(key).copied();
                let mut verdict = judge_series(&evidence, incumbent, rules);
                if let Some(why) = several.get(key) {
                    // However well the mean of several series is forecast, it is none of them.
                    verdict.trust = Trust::D;
                    verdict.decision.reason = format!("{}; {why}", verdict.decision.reason);
                }
                let has_golden = has_future || verdict.stand_in.is_some();
                has_golden.then(|| Judged {
                    scale: metrics::mase_scale(evidence.history.values),
                    row: Row {
                        key: key.clone(),
                        incumbent,
                        verdict,
                    },
                })
            })
            .collect();
        verdicts.into_iter().flatten().collect()
    }
}

fn issue_of(row: &Row) -> Option<SeriesIssue> {
    let decision = &row.verdict.decision;
    let code = match decision.decided_by {
        "only_engine" => IssueCode::OneEngineOnly,
        "no_engine" => IssueCode::NoEngine,
        _ => return None,
    };
    Some(SeriesIssue {
        key: row.key.clone(),
        stage: Stage::Judge,
        engine: None,
        severity: Severity::Warning,
        code,
        message: decision.reason.clone(),
    })
}

/// Who won the last run on other data, by the leaderboard that stands.
fn incumbents(store: &Store, run: RunId) -> Result<HashMap<SeriesKey, Contender>, Error> {
    let reading = fleetcast_store::Error::while_doing("reading the last run's winners");
    let mut statement = store
        .connection()
        .prepare(include_str!("../sql/incumbents.sql"))
        .map_err(reading)?;
    let rows = statement
        .query_map([run.get()], |row| {
            let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            Ok((key, row.get::<_, String>(2)?))
        })
        .map_err(reading)?;
    let mut incumbents = HashMap::new();
    for row in rows {
        let (key, winner) = row.map_err(reading)?;
        if let Some(winner) = Contender::named(&winner) {
            incumbents.insert(key, winner);
        }
    }
    Ok(incumbents)
}

/// Series on which an engine has failed. Those the data's screening left out are not among them.
fn series_engines_failed_on(store: &Store) -> Result<HashSet<SeriesKey>, Error> {
    let reading = fleetcast_store::Error::while_doing("reading which series engines failed on");
    let mut statement = store
        .connection()
        .prepare(include_str!("../sql/engines_failed.sql"))
        .map_err(reading)?;
    let rows = statement
        .query_map([], |row| {
            Ok(SeriesKey::new(
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
            ))
        })
        .map_err(reading)?;
    Ok(rows.collect::<Result<_, _>>().map_err(reading)?)
}
