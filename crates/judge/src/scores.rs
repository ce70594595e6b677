//! The scores of one contender from one origin.

use fleetcast_core::{Day, IntervalLevel, metrics};

use crate::Contender;

/// How good one contender was from one origin: a row of `backtest_scores`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Whose forecast it was.
    pub model: Contender,
    /// The last day it had seen.
    pub origin: Day,
    /// Days forecast.
    pub horizon_days: usize,
    /// Mean absolute percentage error, and the days it rests on.
    pub mape: metrics::Mape,
    /// Weighted absolute percentage error.
    pub wape: Option<f64>,
    /// Symmetric mean absolute percentage error.
    pub smape: Option<f64>,
    /// Mean absolute scaled error.
    pub mase: Option<f64>,
    /// Mean absolute error, in the series' unit.
    pub mae: f64,
    /// Root mean squared error, in the series' unit.
    pub rmse: Option<f64>,
    /// Mean error, forecast minus actual, in the series' unit.
    pub bias: Option<f64>,
    /// The share of days inside the interval, where there is one.
    pub coverage: Option<f64>,
    /// Pinball loss of interval and point forecast, in the series' unit.
    pub pinball: Option<f64>,
}

/// An interval's lower and upper bounds, a value a day, and its level.
pub(crate) type Interval<'a> = (&'a [f64], &'a [f64], IntervalLevel);

impl Scores {
    /// The scores of a forecast made at `origin`, or `None` where no day has an actual value.
    ///
    /// `mase_scale` is [`metrics::mase_scale`] of the training window.
    pub(crate) fn of(
        model: Contender,
        origin: Day,
        actual: &[f64],
        yhat: &[f64],
        interval: Option<Interval<'_>>,
        mase_scale: Option<f64>,
    ) -> Option<Self> {
        Some(Self {
            model,
            origin,
            horizon_days: yhat.len(),
            mape: metrics::mape(actual, yhat),
            wape: metrics::wape(actual, yhat),
            smape: metrics::smape(actual, yhat),
            mase: mase_scale.and_then(|scale| metrics::mase(actual, yhat, scale)),
            mae: metrics::mae(actual, yhat)?,
            rmse: metrics::rmse(actual, yhat),
            bias: metrics::bias(actual, yhat),
            coverage: interval
                .and_then(|(lower, upper, _)| metrics::coverage(actual, lower, upper)),
            pinball: interval.and_then(|(lower, upper, level)| {
                metrics::pinball(actual, yhat, lower, upper, level)
            }),
        })
    }
}
