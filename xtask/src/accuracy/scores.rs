//! Scores of one forecast of a known future.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, StringArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use fleetcast_core::{
    Alignment, Calibration, Day, Horizon, IntervalLevel, SeriesKey, SeriesView, Split, metrics,
};
use fleetcast_judge::Trust;

/// The share of the future's days that must have a value for a series to be scored: half.
const LEAST_KNOWN: usize = 2;

/// One series and what came true of it.
#[derive(Debug)]
pub(crate) struct Truth<'a> {
    pub(crate) history: SeriesView<'a>,
    actual: &'a [f64],
    scale: f64,
}

/// One forecast's scores; what is measured in the series' unit is divided by the scale of MASE.
#[derive(Debug, Clone)]
pub(crate) struct ScoredForecast {
    key: SeriesKey,
    model: String,
    mape: Option<f64>,
    wape: Option<f64>,
    mase: Option<f64>,
    bias: Option<f64>,
    coverage_80: Option<f64>,
    coverage_95: Option<f64>,
    width: Option<f64>,
    pinball: Option<f64>,
    pub(crate) trust: Option<Trust>,
}

/// Lower and upper bounds at two levels.
#[derive(Debug)]
pub(crate) struct Intervals {
    level: IntervalLevel,
    bounds: (Vec<f64>, Vec<f64>),
    bounds_95: Option<(Vec<f64>, Vec<f64>)>,
}

impl Intervals {
    /// An engine's own, lower and upper, at one level.
    pub(crate) fn at(level: IntervalLevel, bounds: (Vec<f64>, Vec<f64>)) -> Self {
        Self {
            level,
            bounds,
            bounds_95: None,
        }
    }

    /// Makes intervals from past errors.
    pub(crate) fn calibrated(
        yhat: &[f64],
        calibration: &Calibration,
        level: IntervalLevel,
    ) -> Self {
        let bounds = |level| calibration.interval(yhat, level);
        Self {
            level,
            bounds: bounds(level),
            bounds_95: IntervalLevel::new(0.95).ok().map(bounds),
        }
    }

    /// Moves the bounds so far that the other readings of the present regime lie inside.
    pub(crate) fn reaching(mut self, regime: Option<&Alignment>) -> Self {
        if let Some(regime) = regime {
            let all = std::iter::once(&mut self.bounds).chain(&mut self.bounds_95);
            for bounds in all {
                *bounds = regime.reached(&bounds.0, &bounds.1);
            }
        }
        self
    }
}

impl<'a> Truth<'a> {
    /// A series whose future is known on at least half its days, and whose values change from week
    /// to week before it.
    pub(crate) fn new(history: SeriesView<'a>, split: &Split, actual: &'a [f64]) -> Option<Self> {
        let known = actual.iter().filter(|value| !value.is_nan()).count();
        let training = &history.values[..split.training().len()];
        let scale = metrics::mase_scale(training).filter(|scale| *scale > 0.0)?;
        (known * LEAST_KNOWN >= actual.len()).then_some(Self {
            history,
            actual,
            scale,
        })
    }

    /// How many days are forecast.
    pub(crate) fn horizon(&self) -> Horizon {
        Horizon::new(self.actual.len()).unwrap_or(Horizon::DEFAULT)
    }

    pub(crate) fn score(
        &self,
        model: String,
        yhat: &[f64],
        intervals: Option<&Intervals>,
    ) -> ScoredForecast {
        let actual = self.actual;
        let scaled = |value: Option<f64>| value.map(|value| value / self.scale);
        let mape = metrics::mape(actual, yhat);
        ScoredForecast {
            key: self.history.key.clone(),
            model,
            mape: mape.percent.filter(|_| mape.is_representative()),
            wape: metrics::wape(actual, yhat),
            mase: metrics::mase(actual, yhat, self.scale),
            bias: scaled(metrics::bias(actual, yhat)),
            coverage_80: intervals.and_then(|intervals| {
                metrics::coverage(actual, &intervals.bounds.0, &intervals.bounds.1)
            }),
            coverage_95: intervals.and_then(|intervals| {
                let (lower, upper) = intervals.bounds_95.as_ref()?;
                metrics::coverage(actual, lower, upper)
            }),
            width: scaled(intervals.map(|intervals| {
                let (lower, upper) = &intervals.bounds;
                let widths = lower.iter().zip(upper).map(|(lower, upper)| upper - lower);
                widths.sum::<f64>() / lower.len().max(1) as f64
            })),
            pinball: scaled(intervals.and_then(|intervals| {
                let (lower, upper) = &intervals.bounds;
                metrics::pinball(actual, yhat, lower, upper, intervals.level)
            })),
            trust: None,
        }
    }
}

/// The rows of `accuracy_scores` for these scores.
pub(crate) fn score_table(
    as_of: Day,
    scored: &[ScoredForecast],
) -> Result<RecordBatch, ArrowError> {
    let text = |of: fn(&ScoredForecast) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(scored.iter().map(of)))
    };
    let number = |of: fn(&ScoredForecast) -> Option<f64>| -> ArrayRef {
        Arc::new(scored.iter().map(of).collect::<Float64Array>())
    };
    let trust: StringArray = scored
        .iter()
        .map(|row| row.trust.map(Trust::as_str))
        .collect();
    let columns: [(&str, ArrayRef); 13] = [
        ("host", text(|row| row.key.host())),
        ("resource", text(|row| row.key.resource())),
        (
            "as_of",
            Arc::new(Date32Array::from(vec![as_of.epoch_days(); scored.len()])),
        ),
        ("model", text(|row| &row.model)),
        ("mape", number(|row| row.mape)),
        ("wape", number(|row| row.wape)),
        ("mase", number(|row| row.mase)),
        ("bias", number(|row| row.bias)),
        ("coverage_80", number(|row| row.coverage_80)),
        ("coverage_95", number(|row| row.coverage_95)),
        ("width", number(|row| row.width)),
        ("pinball", number(|row| row.pinball)),
        ("trust", Arc::new(trust)),
    ];
    RecordBatch::try_from_iter(columns)
}
