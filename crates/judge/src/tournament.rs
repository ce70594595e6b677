//! The stage: scores, then winners.

use duckdb::params;
use fleetcast_core::{
    Forecast, Horizon, IntervalLevel, IssueCode, PanelError, PanelView, SeriesIssue, SeriesKey,
    SeriesView, Severity, Split, Stage, metrics, seasonal_naive,
};
use fleetcast_store::{RunId, SeriesIndex, StageResult, Store, Table};
use rayon::prelude::*;

use crate::PromotionMargin;
use crate::scores::{CHALLENGER, PROPHET, SEASONAL_NAIVE, Scores, score_batch};

/// Series read and scored at a time.
const BATCH: usize = 2048;

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

/// What the judge goes by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// How much better the challenger must be.
    pub margin: PromotionMargin,
    /// The level of the engines' intervals.
    pub level: IntervalLevel,
}

/// Scores both engines' forecasts in the store on the backtest of `split` and drafts
/// `backtest_scores` and `model_leaderboard`; `on_progress` hears how many series were scored.
///
/// A series is on the leaderboard where at least one engine has a forecast of its future.
///
/// # Errors
///
/// [`Error`] where the database refuses; nothing is published then.
pub fn judge<'store>(
    store: &'store Store,
    run: RunId,
    index: &SeriesIndex,
    split: &Split,
    rules: Rules,
    mut on_progress: impl FnMut(usize),
) -> Result<StageResult<'store>, Error> {
    let scores = store.draft(Table::BacktestScores)?;
    for keys in index.batches(BATCH) {
        let (panel, _) = store.read_panel(keys, split.history())?;
        let forecasts = [
            (PROPHET, Table::ProphetForecasts),
            (CHALLENGER, Table::ChallengerForecasts),
        ];
        let mut contenders = Vec::with_capacity(forecasts.len());
        for (model, table) in forecasts {
            let forecasts = store.read_backtest_forecasts(table, keys, split.backtest())?;
            contenders.push((model, forecasts));
        }
        let rows = score_panel(panel.view(), split, &contenders, rules.level)?;
        scores.append(score_batch(
            run,
            split.origin(),
            split.backtest().len(),
            &rows,
        )?)?;
        on_progress(keys.len());
    }

    let leaderboard = store.draft(Table::ModelLeaderboard)?;
    store
        .connection()
        .execute(
            &include_str!("../sql/leaderboard.sql")
                .replace("{leaderboard}", leaderboard.name())
                .replace("{scores}", scores.name()),
            params![run.get(), rules.margin.percent()],
        )
        .map_err(fleetcast_store::Error::while_doing("naming the winners"))?;
    let rows = leaderboard.count_rows()?;
    let issues = series_with_one_engine(store, leaderboard.name())?;
    Ok(StageResult {
        stage: Stage::Judge,
        drafts: vec![scores, leaderboard],
        issues,
        rows,
        seconds: 0.0,
    })
}

/// The scores of every contender on every series, in the panel's order.
fn score_panel(
    history: PanelView<'_>,
    split: &Split,
    contenders: &[(&'static str, Vec<Option<Forecast>>)],
    level: IntervalLevel,
) -> Result<Vec<(SeriesKey, Scores)>, Error> {
    let training = history.window(split.training())?;
    let backtest = history.window(split.backtest())?;
    let scored: Vec<Vec<(SeriesKey, Scores)>> = (0..history.len())
        .into_par_iter()
        .map(|index| {
            let forecasts = contenders
                .iter()
                .filter_map(|(model, forecasts)| Some((*model, forecasts[index].as_ref()?)));
            score_series(
                training.series(index),
                backtest.series(index),
                forecasts,
                level,
            )
        })
        .collect();
    Ok(scored.into_iter().flatten().collect())
}

fn score_series<'a>(
    training: SeriesView<'_>,
    backtest: SeriesView<'_>,
    forecasts: impl Iterator<Item = (&'static str, &'a Forecast)>,
    level: IntervalLevel,
) -> Vec<(SeriesKey, Scores)> {
    let mase_scale = metrics::mase_scale(training.values);
    let mut scores: Vec<Scores> = forecasts
        .filter_map(|(model, forecast)| {
            Scores::of_forecast(model, backtest.values, forecast, level, mase_scale)
        })
        .collect();
    // Seasonal naive is the bar for engines: without one there is nothing to hold against it.
    if !scores.is_empty() {
        let naive = Horizon::new(backtest.grid.len())
            .ok()
            .and_then(|horizon| seasonal_naive(training, horizon));
        scores.extend(naive.and_then(|naive| {
            Scores::of_points(SEASONAL_NAIVE, backtest.values, &naive.yhat, mase_scale)
        }));
    }
    scores
        .into_iter()
        .map(|scores| (backtest.key.clone(), scores))
        .collect()
}

fn series_with_one_engine(
    store: &Store,
    leaderboard: &str,
) -> Result<Vec<SeriesIssue>, fleetcast_store::Error> {
    let reading = fleetcast_store::Error::while_doing("looking for series with one engine");
    let mut statement = store
        .connection()
        .prepare(&include_str!("../sql/one_engine.sql").replace("{leaderboard}", leaderboard))
        .map_err(reading)?;
    let issues = statement
        .query_map([], |row| {
            let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            Ok(SeriesIssue {
                key,
                stage: Stage::Judge,
                engine: None,
                severity: Severity::Warning,
                code: IssueCode::OneEngineOnly,
                message: row.get(2)?,
            })
        })
        .map_err(reading)?;
    issues.collect::<Result<_, _>>().map_err(reading)
}
