//! Record batches in (host, resource, ds, utilization) and out (a schema a table of the contract).
//!
//! [`FleetRows::push_batch`](crate::FleetRows::push_batch) takes rows in; [`of_results`] and
//! [`of_evidence`] return every table of some series, and [`of_summary`] that of a fleet, under the name it has in a
//! database.

mod engines;
mod groups;
mod input;
mod judge;
mod outlook;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use fleetcast_core::batches::issue_batch;
use fleetcast_core::{Day, EngineForecasts, SeriesIssue, SeriesKey};
use fleetcast_judge::{Contender, LeaderboardEntry, Trust};

pub use engines::{engine_forecasts, forecasts, inner_forecasts};
pub use groups::{group_forecasts, group_outlook};
pub use input::InputError;
pub use judge::{backtest_scores, interval_calibration, judge_forecasts, model_leaderboard};
pub use outlook::{OutlookRow, capacity_outlook, outlook_calibration, past_forecasts};

use crate::{Evidence, FleetSummary, SeriesResult, Shop, Split};

/// A table: its name in a database, and its rows.
pub type NamedTable = (&'static str, RecordBatch);

/// Returns what engines forecast of some series: their forecasts of the backtest and of the future, those from inner
/// origins, and what the golden model's forecasts of the past were worth. `run` is what stands in `run_id`.
///
/// # Errors
///
/// [`ArrowError`] where rows do not form a batch.
pub fn of_evidence(run: i64, evidence: &[Evidence]) -> Result<Vec<NamedTable>, ArrowError> {
    let of = |model: Contender| -> Vec<(&SeriesKey, &EngineForecasts)> {
        let with = evidence.iter();
        with.filter_map(|one| Some((one.key(), one.engine(model)?)))
            .collect()
    };
    let (prophet, challenger) = (of(Contender::Prophet), of(Contender::Challenger));
    let xgboost = of(Contender::XGBOOST);
    let past: Vec<_> = evidence
        .iter()
        .filter_map(|one| {
            let model = one.entry()?.verdict.golden.as_str();
            Some((one.key(), model, one.past()))
        })
        .collect();
    let mut tables = vec![
        ("prophet_forecasts", engine_forecasts(run, &prophet)?),
        ("prophet_inner_forecasts", inner_forecasts(run, &prophet)?),
        ("challenger_forecasts", engine_forecasts(run, &challenger)?),
        (
            "challenger_inner_forecasts",
            inner_forecasts(run, &challenger)?,
        ),
        ("past_forecasts", past_forecasts(run, &past)?),
    ];
    if !xgboost.is_empty() {
        tables.push(("xgboost_forecasts", engine_forecasts(run, &xgboost)?));
        tables.push(("xgboost_inner_forecasts", inner_forecasts(run, &xgboost)?));
    }
    Ok(tables)
}

/// Returns the results of some series: leaderboard, scores, intervals, golden record, outlook and
/// issues. `run` is what stands in `run_id`; `split` are the shop's windows.
///
/// # Errors
///
/// [`ArrowError`] where rows do not form a batch.
pub fn of_results(
    run: i64,
    split: &Split,
    results: &[SeriesResult],
) -> Result<Vec<NamedTable>, ArrowError> {
    let entries: Vec<&LeaderboardEntry> = results
        .iter()
        .filter_map(|result| result.entry.as_ref())
        .collect();
    let calibrated: Vec<_> = results
        .iter()
        .filter_map(|result| {
            let golden = result.entry.as_ref()?.verdict.golden;
            Some((&result.key, golden, result.calibration.as_ref()?))
        })
        .collect();
    let outlooks: Vec<OutlookRow<'_>> = results
        .iter()
        .filter_map(|result| {
            let verdict = &result.entry.as_ref()?.verdict;
            Some(OutlookRow {
                key: &result.key,
                limits: result.limits.now(),
                outlook: result.outlook.as_ref()?,
                trust: result.outlook_trust.map(Trust::as_str),
                model: verdict.golden.as_str(),
            })
        })
        .collect();
    let issues: Vec<SeriesIssue> = results
        .iter()
        .flat_map(|result| result.issues.iter().cloned())
        .collect();
    let (first, as_of): (Day, Day) = (split.future().first(), split.as_of());
    Ok(vec![
        ("model_leaderboard", model_leaderboard(run, &entries)?),
        ("backtest_scores", backtest_scores(run, &entries)?),
        (
            "interval_calibration",
            interval_calibration(run, &calibrated)?,
        ),
        ("judge_forecasts", judge_forecasts(run, &entries, first)?),
        ("forecasts", forecasts(run, results)?),
        ("capacity_outlook", capacity_outlook(run, as_of, &outlooks)?),
        ("series_issues", issue_batch(run, &issues)?),
    ])
}

/// Returns what series share: what became of the outlooks of the past, by resource, origin and probability. `run` is what
/// stands in `run_id`.
///
/// # Errors
///
/// [`ArrowError`] where rows do not form a batch.
pub fn of_summary(
    run: i64,
    shop: &Shop,
    summary: &FleetSummary,
) -> Result<Vec<NamedTable>, ArrowError> {
    let law = shop.law(summary);
    Ok(vec![(
        "outlook_calibration",
        outlook_calibration(run, &law)?,
    )])
}
