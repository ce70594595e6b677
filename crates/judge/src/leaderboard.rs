//! The judge's tables, as batches of rows.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Float64Builder, Int32Array, Int64Array, ListBuilder,
    StringArray,
};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use fleetcast_core::{Day, SeriesKey};
use fleetcast_store::RunId;

use crate::calibration::Calibration;
use crate::pooling::Calibrated;
use crate::{Contender, Scores, Verdict};

/// One series' row of the leaderboard.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: SeriesKey,
    pub(crate) incumbent: Option<Contender>,
    pub(crate) verdict: Verdict,
}

type Columns = Vec<(String, ArrayRef)>;

fn key_columns<'a>(run: RunId, keys: &(impl Iterator<Item = &'a SeriesKey> + Clone)) -> Columns {
    let rows = keys.clone().count();
    let text = |of: fn(&SeriesKey) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(keys.clone().map(of)))
    };
    vec![
        (
            "run_id".to_owned(),
            Arc::new(Int64Array::from(vec![run.get(); rows])),
        ),
        ("host".to_owned(), text(SeriesKey::host)),
        ("resource".to_owned(), text(SeriesKey::resource)),
    ]
}

fn number(name: &str, values: impl Iterator<Item = Option<f64>>) -> (String, ArrayRef) {
    // What overflowed is no figure.
    let finite = values.map(|value| value.filter(|value| value.is_finite()));
    (name.to_owned(), Arc::new(finite.collect::<Float64Array>()))
}

fn text<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> (String, ArrayRef) {
    (name.to_owned(), Arc::new(values.collect::<StringArray>()))
}

fn count(name: &str, values: impl Iterator<Item = usize>) -> (String, ArrayRef) {
    let counts = values.map(|count| i32::try_from(count).ok());
    (name.to_owned(), Arc::new(counts.collect::<Int32Array>()))
}

fn lists<'a>(name: &str, values: impl Iterator<Item = &'a [f64]>) -> (String, ArrayRef) {
    let mut lists = ListBuilder::new(Float64Builder::new());
    for list in values {
        lists.values().append_slice(list);
        lists.append(true);
    }
    (name.to_owned(), Arc::new(lists.finish()))
}

/// A metric of [`Scores`], by its name in columns.
type NamedMetric = (&'static str, fn(&Scores) -> Option<f64>);

const POINT_METRICS: [NamedMetric; 7] = [
    ("mape", |scores| scores.mape.percent),
    ("wape", |scores| scores.wape),
    ("smape", |scores| scores.smape),
    ("mase", |scores| scores.mase),
    ("mae", |scores| Some(scores.mae)),
    ("rmse", |scores| scores.rmse),
    ("bias", |scores| scores.bias),
];

const INTERVAL_METRICS: [NamedMetric; 2] = [
    ("coverage_80", |scores| scores.coverage),
    ("pinball", |scores| scores.pinball),
];

/// Rows of `model_leaderboard`.
pub(crate) fn leaderboard_batch(run: RunId, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    const NAMES: [(Contender, &str); 4] = [
        (Contender::Prophet, "prophet"),
        (Contender::Challenger, "challenger"),
        (Contender::SeasonalNaive, "naive"),
        (Contender::Blend, "blend"),
    ];
    let verdicts = || rows.iter().map(|row| &row.verdict);
    let mut columns = key_columns(run, &rows.iter().map(|row| &row.key));
    columns.push(text(
        "winner",
        verdicts().map(|verdict| Some(verdict.decision.winner.as_str())),
    ));
    for (metric, of) in POINT_METRICS {
        for (model, name) in NAMES {
            let values = verdicts().map(|verdict| verdict.backtest_of(model).and_then(of));
            columns.push(number(&format!("{name}_{metric}"), values));
        }
    }
    for (metric, of) in INTERVAL_METRICS {
        for (model, name) in NAMES {
            if model != Contender::SeasonalNaive {
                let values = verdicts().map(|verdict| verdict.backtest_of(model).and_then(of));
                columns.push(number(&format!("{name}_{metric}"), values));
            }
        }
    }
    columns.push(count("n_scored", verdicts().map(days_scored)));
    columns.push(text(
        "decided_by",
        verdicts().map(|verdict| Some(verdict.decision.decided_by)),
    ));
    columns.push(text(
        "incumbent",
        rows.iter().map(|row| row.incumbent.map(Contender::as_str)),
    ));
    columns.push(text(
        "golden",
        verdicts().map(|verdict| Some(verdict.golden.as_str())),
    ));
    for (index, name) in ["prophet", "challenger", "naive_year", "naive_week"]
        .into_iter()
        .enumerate()
    {
        let weights = verdicts().map(|verdict| {
            let has_blend = verdict.blend.is_some();
            has_blend.then(|| verdict.weights[index])
        });
        columns.push(number(&format!("weight_{name}"), weights));
    }
    columns.push(number("skill", verdicts().map(|verdict| verdict.skill)));
    columns.push(number(
        "error_percent",
        verdicts().map(|verdict| verdict.error_percent),
    ));
    columns.push(number(
        "coverage_80",
        verdicts().map(|verdict| verdict.coverage),
    ));
    columns.push(text(
        "trust",
        verdicts().map(|verdict| Some(verdict.trust.as_str())),
    ));
    columns.push(text(
        "reason",
        verdicts().map(|verdict| Some(verdict.decision.reason.as_str())),
    ));
    RecordBatch::try_from_iter(columns)
}

/// The days MAPE rests on: an engine's, for both have the same actual values.
fn days_scored(verdict: &Verdict) -> usize {
    verdict
        .backtest
        .first()
        .map_or(0, |scores| scores.mape.n_scored)
}

/// Rows of `backtest_scores`.
pub(crate) fn score_batch(run: RunId, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let scored: Vec<(&SeriesKey, &Scores)> = rows
        .iter()
        .flat_map(|row| {
            let scores = row.verdict.backtest.iter().chain(&row.verdict.inner);
            scores.map(|scores| (&row.key, scores))
        })
        .collect();
    let scores = || scored.iter().map(|(_, scores)| *scores);
    let mut columns = key_columns(run, &scored.iter().map(|(key, _)| *key));
    columns.push(text(
        "model",
        scores().map(|scores| Some(scores.model.as_str())),
    ));
    let origins: Date32Array = scores()
        .map(|scores| Some(scores.origin.epoch_days()))
        .collect();
    columns.push(("origin".to_owned(), Arc::new(origins)));
    columns.push(count(
        "horizon_days",
        scores().map(|scores| scores.horizon_days),
    ));
    for (metric, of) in POINT_METRICS.into_iter().chain(INTERVAL_METRICS) {
        columns.push(number(metric, scores().map(of)));
    }
    columns.push(count(
        "n_scored",
        scores().map(|scores| scores.mape.n_scored),
    ));
    columns.push(count("n_days", scores().map(|scores| scores.mape.n_days)));
    RecordBatch::try_from_iter(columns)
}

/// Rows of `interval_calibration`.
pub(crate) fn calibration_batch(
    run: RunId,
    calibrated: &[Calibrated],
) -> Result<RecordBatch, ArrowError> {
    let mut columns = key_columns(run, &calibrated.iter().map(|row| &row.key));
    columns.push(text(
        "model",
        calibrated.iter().map(|row| Some(row.model.as_str())),
    ));
    let calibrations = || calibrated.iter().map(|row| &row.calibration);
    columns.push(count("error_days", calibrations().map(Calibration::days)));
    columns.push(text(
        "source",
        calibrated.iter().map(|row| Some(row.source.as_str())),
    ));
    columns.push(lists(
        "quantiles",
        calibrations().map(Calibration::quantiles),
    ));
    RecordBatch::try_from_iter(columns)
}

/// Rows of `judge_forecasts`: the judge's own forecasts that become golden. `first` is the first
/// day of the future.
pub(crate) fn judge_forecast_batch(
    run: RunId,
    rows: &[Row],
    first: Day,
) -> Result<RecordBatch, ArrowError> {
    let own: Vec<(&Row, &Vec<f64>)> = rows
        .iter()
        .filter_map(|row| {
            let yhat = match row.verdict.golden {
                Contender::Blend => row.verdict.blend.as_ref(),
                Contender::SeasonalNaive => row.verdict.stand_in.as_ref(),
                Contender::Prophet | Contender::Challenger => None,
            };
            Some((row, yhat?))
        })
        .collect();
    let per_day = || {
        own.iter()
            .flat_map(|(row, yhat)| std::iter::repeat_n(*row, yhat.len()))
    };
    let mut columns = key_columns(run, &per_day().map(|row| &row.key));
    let days: Date32Array = own
        .iter()
        .flat_map(|(_, yhat)| (0..).zip(yhat.iter()))
        .map(|(step, _)| Some(first.plus_days(step).epoch_days()))
        .collect();
    columns.push(("ds".to_owned(), Arc::new(days)));
    columns.push(text(
        "model",
        per_day().map(|row| Some(row.verdict.golden.as_str())),
    ));
    let yhat: Float64Array = own
        .iter()
        .flat_map(|(_, yhat)| yhat.iter().copied().map(Some))
        .collect();
    columns.push(("yhat".to_owned(), Arc::new(yhat)));
    RecordBatch::try_from_iter(columns)
}
