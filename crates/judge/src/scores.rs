//! The scores of one contender on one series, and their table.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int32Array, Int64Array, StringArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use fleetcast_core::{Day, Forecast, IntervalLevel, SeriesKey, metrics};
use fleetcast_store::RunId;

/// The champion's name in tables.
pub const PROPHET: &str = "prophet";
/// The challenger's name in tables.
pub const CHALLENGER: &str = "challenger";
/// The name of the bar both are held against.
pub const SEASONAL_NAIVE: &str = "seasonal_naive";

/// How good one contender's backtest was: a row of `backtest_scores`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scores {
    pub(crate) model: &'static str,
    mape: metrics::Mape,
    wape: Option<f64>,
    smape: Option<f64>,
    mase: Option<f64>,
    mae: f64,
    rmse: Option<f64>,
    bias: Option<f64>,
    coverage: Option<f64>,
    pinball: Option<f64>,
}

impl Scores {
    /// The scores of a point forecast, or `None` where no day has an actual value.
    ///
    /// `mase_scale` is [`metrics::mase_scale`] of the training window.
    pub(crate) fn of_points(
        model: &'static str,
        actual: &[f64],
        yhat: &[f64],
        mase_scale: Option<f64>,
    ) -> Option<Self> {
        Some(Self {
            model,
            mape: metrics::mape(actual, yhat),
            wape: metrics::wape(actual, yhat),
            smape: metrics::smape(actual, yhat),
            mase: mase_scale.and_then(|scale| metrics::mase(actual, yhat, scale)),
            mae: metrics::mae(actual, yhat)?,
            rmse: metrics::rmse(actual, yhat),
            bias: metrics::bias(actual, yhat),
            coverage: None,
            pinball: None,
        })
    }

    /// The scores of a forecast with an interval at `level`.
    pub(crate) fn of_forecast(
        model: &'static str,
        actual: &[f64],
        forecast: &Forecast,
        level: IntervalLevel,
        mase_scale: Option<f64>,
    ) -> Option<Self> {
        let (yhat, lower, upper) = (forecast.yhat(), forecast.lower(), forecast.upper());
        let points = Self::of_points(model, actual, yhat, mase_scale)?;
        Some(Self {
            coverage: metrics::coverage(actual, lower, upper),
            pinball: metrics::pinball(actual, yhat, lower, upper, level),
            ..points
        })
    }
}

/// The rows of `backtest_scores` for these scores.
pub(crate) fn score_batch(
    run: RunId,
    origin: Day,
    horizon_days: usize,
    scores: &[(SeriesKey, Scores)],
) -> Result<RecordBatch, ArrowError> {
    let rows = scores.len();
    let text = |of: fn(&(SeriesKey, Scores)) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(scores.iter().map(of)))
    };
    let metric = |of: fn(&Scores) -> Option<f64>| -> ArrayRef {
        Arc::new(
            scores
                .iter()
                .map(|(_, scores)| of(scores))
                .collect::<Float64Array>(),
        )
    };
    let count = |of: fn(&Scores) -> usize| -> ArrayRef {
        let counts = scores
            .iter()
            .map(|(_, scores)| i32::try_from(of(scores)).ok());
        Arc::new(counts.collect::<Int32Array>())
    };
    let horizon_days = i32::try_from(horizon_days).unwrap_or(i32::MAX);
    let columns: [(&str, ArrayRef); 17] = [
        ("run_id", Arc::new(Int64Array::from(vec![run.get(); rows]))),
        ("host", text(|(key, _)| key.host())),
        ("resource", text(|(key, _)| key.resource())),
        ("model", text(|(_, scores)| scores.model)),
        (
            "origin",
            Arc::new(Date32Array::from(vec![origin.epoch_days(); rows])),
        ),
        (
            "horizon_days",
            Arc::new(Int32Array::from(vec![horizon_days; rows])),
        ),
        ("mape", metric(|scores| scores.mape.percent)),
        ("wape", metric(|scores| scores.wape)),
        ("smape", metric(|scores| scores.smape)),
        ("mase", metric(|scores| scores.mase)),
        ("mae", metric(|scores| Some(scores.mae))),
        ("rmse", metric(|scores| scores.rmse)),
        ("bias", metric(|scores| scores.bias)),
        ("coverage_80", metric(|scores| scores.coverage)),
        ("pinball", metric(|scores| scores.pinball)),
        ("n_scored", count(|scores| scores.mape.n_scored)),
        ("n_days", count(|scores| scores.mape.n_days)),
    ];
    RecordBatch::try_from_iter(columns)
}
