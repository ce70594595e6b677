//! How a model has done so far, and what that promises of its next forecast.

use fleetcast_core::{Calibration, IntervalLevel, SeriesView, metrics};

use crate::Contender;
use crate::blend::Weights;
use crate::calibration::PastResiduals;
use crate::case::Case;
use crate::repetition::repeated;
use crate::window::Window;

/// Days at the end of the backtest by which a shift of the level shows: four weeks.
const LAST_DAYS: usize = 28;

/// Days the level of a series is taken over: its last year.
const LEVEL_DAYS: usize = 365;

/// A model's errors at inner origins and on the backtest.
#[derive(Debug)]
pub(crate) struct TrackRecord {
    /// Intervals from all of them: for the future.
    pub(crate) calibration: Option<Calibration>,
    /// The share of the backtest's days inside the interval that the inner origins alone promised.
    pub(crate) coverage: Option<f64>,
    /// Pinball loss of that interval on the backtest, in the series' unit.
    pub(crate) pinball: Option<f64>,
    /// How far the last weeks of the backtest lay off on average, in half widths.
    pub(crate) shift: f64,
    /// (mean absolute error, weight) of each origin, the backtest's last.
    origin_errors: Vec<(f64, f64)>,
}

impl TrackRecord {
    /// An engine's own; the blend was never made at inner origins, so there it has the engines'
    /// errors by their `weights`.
    pub(crate) fn of(
        case: &Case<'_>,
        model: Contender,
        weights: &Weights,
        backtest: &Window,
        level: IntervalLevel,
    ) -> Self {
        let shares = engine_shares(model, weights);
        let inner = |known_days| match model {
            Contender::NaiveLevel | Contender::NaiveWeek | Contender::NaiveYear => {
                InnerRecord::of_repetition(case, model, known_days)
            }
            _ => InnerRecord::of(case, &shares, known_days),
        };
        let trained = case.training().len();
        let mut record = inner(trained);
        let actual = case.backtest();
        let Some(yhat) = backtest.yhat_of(model) else {
            return Self {
                calibration: record.residuals.calibration(),
                coverage: None,
                pinball: None,
                shift: 0.0,
                origin_errors: record.origin_errors,
            };
        };
        let promised = record.residuals.calibration();
        let interval = promised.map(|promised| {
            let (lower, upper) = promised.interval(yhat, level);
            match case.regimes.and_then(|regimes| regimes.at(trained)) {
                Some(then) => then.reached(&lower, &upper),
                None => (lower, upper),
            }
        });
        // What is known of regimes now tells earlier errors apart from shifts since.
        let known_days = case.history.values.len();
        if case.knows_more(trained, known_days) {
            record = inner(known_days);
        }
        let lasted = case.had_it_lasted(case.split.origin(), actual.len(), known_days);
        record.add(actual, lasted.as_deref(), yhat, 1.0);
        let InnerRecord {
            mut residuals,
            origin_errors,
        } = record;
        let calibration = residuals.calibration();
        let settled = lasted.as_deref().unwrap_or(actual);
        Self {
            coverage: interval
                .as_ref()
                .and_then(|(lower, upper)| metrics::coverage(actual, lower, upper)),
            pinball: interval
                .as_ref()
                .and_then(|(lower, upper)| metrics::pinball(actual, yhat, lower, upper, level)),
            shift: calibration
                .as_ref()
                .map_or(0.0, |calibration| shift(settled, yhat, calibration, level)),
            calibration,
            origin_errors,
        }
    }

    /// The mean absolute error of all origins, in percent of the mean |y| of the last year; `None`
    /// where there is no origin, or where the last year was zero and the forecast was not.
    pub(crate) fn error_percent(&self, history: SeriesView<'_>) -> Option<f64> {
        let error = self.mean_error()?;
        if error == 0.0 {
            return Some(0.0);
        }
        let values = history.values;
        let last_year = &values[values.len().saturating_sub(LEVEL_DAYS)..];
        let level = metrics::mae(last_year, &vec![0.0; last_year.len()])?;
        Some(100.0 * error / level).filter(|percent| percent.is_finite())
    }

    /// The worst origin's error as a multiple of the mean one.
    pub(crate) fn instability(&self) -> f64 {
        let worst = self
            .origin_errors
            .iter()
            .map(|(error, _)| *error)
            .fold(0.0, f64::max);
        match self.mean_error() {
            Some(mean) if mean > 0.0 => worst / mean,
            _ => 1.0,
        }
    }

    fn mean_error(&self) -> Option<f64> {
        let (sum, weight) = self
            .origin_errors
            .iter()
            .fold((0.0, 0.0), |(sum, total), (error, weight)| {
                (sum + error * weight, total + weight)
            });
        (weight > 0.0).then(|| sum / weight)
    }
}

/// A model's errors at inner origins, and those that are added to them.
#[derive(Debug, Default)]
struct InnerRecord {
    residuals: PastResiduals,
    /// (mean absolute error, weight) of each origin.
    origin_errors: Vec<(f64, f64)>,
}

impl InnerRecord {
    /// Takes those of the engines by their `shares`, by what is known of regimes after `known_days` days.
    fn of(case: &Case<'_>, shares: &[(Contender, f64)], known_days: usize) -> Self {
        let mut record = Self::default();
        for (model, weight) in shares.iter().copied() {
            let Some(engine) = case.engine(model) else {
                continue;
            };
            for inner in &engine.inner {
                if let Some((_, actual)) = case.at(inner.origin, inner.yhat.len()) {
                    let lasted = case.had_it_lasted(inner.origin, actual.len(), known_days);
                    record.add(actual, lasted.as_deref(), &inner.yhat, weight);
                }
            }
        }
        record
    }

    /// Takes those that a repetition would have made at the engines' inner origins.
    fn of_repetition(case: &Case<'_>, model: Contender, known_days: usize) -> Self {
        let mut record = Self::default();
        for (origin, days) in case.inner_origins() {
            let Some((seen, actual)) = case.at(origin, days) else {
                continue;
            };
            if let Some(yhat) = repeated(model, seen, days) {
                let lasted = case.had_it_lasted(origin, days, known_days);
                record.add(actual, lasted.as_deref(), &yhat, 1.0);
            }
        }
        record
    }

    /// Adds an origin's errors. Where the level shifted after it, half of them are those that would have been made
    /// had it `lasted`: neither is all that a forecast has to fear.
    fn add(&mut self, actual: &[f64], lasted: Option<&[f64]>, yhat: &[f64], weight: f64) {
        let share = if lasted.is_some() {
            weight / 2.0
        } else {
            weight
        };
        for actual in std::iter::once(actual).chain(lasted) {
            if share > 0.0 {
                self.residuals.add(actual, yhat, share);
                let mae = metrics::mae(actual, yhat).filter(|mae| mae.is_finite());
                self.origin_errors.extend(mae.map(|mae| (mae, share)));
            }
        }
    }
}

/// How much each engine's errors at inner origins count as the model's own.
fn engine_shares(model: Contender, weights: &Weights) -> Vec<(Contender, f64)> {
    match model {
        Contender::Blend => {
            let engines = || weights.0.iter().filter(|(model, _)| model.is_engine());
            let sum: f64 = engines().map(|(_, weight)| weight).sum();
            let shares = engines().map(|(model, weight)| (*model, weight / sum));
            shares.filter(|_| sum > 0.0).collect()
        }
        engine if engine.is_engine() => vec![(engine, 1.0)],
        _ => Vec::new(),
    }
}

fn shift(actual: &[f64], yhat: &[f64], calibration: &Calibration, level: IntervalLevel) -> f64 {
    let first = actual.len().saturating_sub(LAST_DAYS);
    match metrics::bias(&actual[first..], &yhat[first..]) {
        Some(bias) if bias != 0.0 => bias.abs() / calibration.half_width(level, actual.len()),
        _ => 0.0,
    }
}
