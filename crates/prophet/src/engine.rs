//! The engine: one Prophet model a series.

use std::collections::BTreeMap;

use augurs_prophet::optimizer::{OptimizeOpts, OptimizedParams};
use augurs_prophet::wasmstan::WasmstanOptimizer;
use augurs_prophet::{
    Algorithm, PositiveFloat, PredictionData, Predictions, Prophet, ProphetOptions, TrainingData,
};
use fleetcast_core::{
    Day, Engine, Failure, Forecast, Horizon, IntervalLevel, MIN_OBSERVATIONS, Outcome, PanelView,
    SeriesView, TimeGrid, in_parallel,
};

use crate::TrendUncertainty;
use crate::recording::{Recorded, Recording};

const SECONDS_A_DAY: i64 = 86_400;

/// Below this many observations Prophet asks Stan for Newton's method instead of L-BFGS
/// (`prophet/forecaster.py`, `fit`).
const NEWTON_BELOW: usize = 100;

/// Iterations Prophet grants Stan (`prophet/models.py`, `CmdStanPyBackend.fit`).
const STAN_ITERATIONS: u32 = 10_000;

/// The noise Stan's search starts from, in scaled units: Prophet's own start first. A search may
/// step to a noise of zero or beyond all numbers, which native Stan survives and its WebAssembly
/// build does not; it then starts again from nearer the answer.
const FIRST_SIGMAS: [f64; 5] = [1.0, 0.3, 0.1, 0.03, 0.01];

/// Prophet with its default settings, behind the engine trait.
///
/// A series needs [`MIN_OBSERVATIONS`] observed days. A constant series is forecast as that
/// constant without asking Stan, as Prophet itself does. Missing days are left out of the fit.
#[derive(Debug, Clone)]
pub struct ProphetEngine {
    stan: WasmstanOptimizer,
}

impl ProphetEngine {
    /// An engine with its own copy of Stan.
    ///
    /// Compiling Stan from WebAssembly to machine code takes seconds: make one engine and share
    /// it. Cloning is cheap and threads may share it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            stan: WasmstanOptimizer::new(),
        }
    }

    fn forecast_one(
        &self,
        series: SeriesView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Result<Forecast, Failure> {
        let observed = series.observed();
        if observed < MIN_OBSERVATIONS {
            return Err(Failure::TooShort {
                found: observed,
                needed: MIN_OBSERVATIONS,
            });
        }
        let first = series.grid.last().plus_days(1);
        if let Some(value) = series.constant_value() {
            return Ok(Forecast::constant(first, horizon, value)?);
        }

        let (ds, y): (Vec<i64>, Vec<f64>) = series
            .observations()
            .map(|(day, value)| (timestamp(day), value))
            .unzip();
        let scale = TimeScale::of(&ds);
        let y_scale = y
            .iter()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let future: Vec<i64> = TimeGrid::new(first, horizon.days())
            .days()
            .map(timestamp)
            .collect();
        let training = TrainingData::new(ds, y).map_err(failed_fit)?;
        let (yhat, parameters) = self.fit_and_predict(&training, &future, observed)?;

        let uncertainty = TrendUncertainty {
            changepoints: parameters.delta.len() as f64,
            mean_absolute_delta: mean_absolute(&parameters.delta),
            sigma: *parameters.sigma_obs,
        };
        let half_widths: Vec<f64> = future
            .iter()
            .map(|ds| y_scale * uncertainty.half_width(scale.beyond_history(*ds), level))
            .collect();
        let bound = |sign: f64| {
            let days = yhat.iter().zip(&half_widths);
            days.map(|(yhat, half_width)| yhat + sign * half_width)
                .collect()
        };
        let (lower, upper) = (bound(-1.0), bound(1.0));
        Ok(Forecast::new(first, yhat, lower, upper)?)
    }

    /// Fits as Prophet would, and from other starts, then with the other optimizer, where that
    /// fails.
    fn fit_and_predict(
        &self,
        training: &TrainingData,
        future: &[i64],
        observed: usize,
    ) -> Result<(Vec<f64>, OptimizedParams), Failure> {
        let algorithms = if observed < NEWTON_BELOW {
            [Algorithm::Newton, Algorithm::Lbfgs]
        } else {
            [Algorithm::Lbfgs, Algorithm::Newton]
        };
        let mut result = Err(Failure::numerical("no optimizer was tried"));
        for algorithm in algorithms {
            for first_sigma in FIRST_SIGMAS {
                result = self.fit_with(algorithm, first_sigma, training, future);
                if result.is_ok() {
                    return result;
                }
            }
        }
        result
    }

    fn fit_with(
        &self,
        algorithm: Algorithm,
        first_sigma: f64,
        training: &TrainingData,
        future: &[i64],
    ) -> Result<(Vec<f64>, OptimizedParams), Failure> {
        let recorded = Recorded::default();
        let optimizer = Recording {
            optimizer: self.stan.clone(),
            recorded: recorded.clone(),
            first_sigma: PositiveFloat::try_new(first_sigma).map_err(Failure::numerical)?,
        };
        let options = ProphetOptions {
            // The library draws its samples from an unseeded generator.
            uncertainty_samples: 0,
            ..ProphetOptions::default()
        };
        let optimize = OptimizeOpts {
            algorithm: Some(algorithm),
            iter: Some(STAN_ITERATIONS),
            // The mode of the posterior in the model's own parameters, as Python's Prophet takes.
            jacobian: Some(false),
            seed: Some(0),
            ..OptimizeOpts::default()
        };
        let mut model = Prophet::new(options, optimizer);
        model.fit(training.clone(), optimize).map_err(failed_fit)?;
        let predictions = model
            .predict(PredictionData::new(future.to_vec()))
            .map_err(failed_fit)?;
        let parameters = recorded
            .take()
            .ok_or_else(|| Failure::numerical("the optimizer gave no parameters"))?;
        Ok((sum_of_components(&predictions), parameters))
    }
}

/// What the library says of a failed fit can be many lines of a WebAssembly backtrace: the first
/// one names the failure.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape `map_err` asks for"
)]
fn failed_fit(error: augurs_prophet::Error) -> Failure {
    let message = error.to_string();
    Failure::numerical(message.lines().next().unwrap_or_default())
}

/// Trend and seasons, added in the order of the seasons' names: the library's own sum runs in the
/// order of a hash map, and its last bit with it.
fn sum_of_components(predictions: &Predictions) -> Vec<f64> {
    let seasonalities: BTreeMap<_, _> = predictions.seasonalities.iter().collect();
    let mut yhat = predictions.trend.point.clone();
    for season in seasonalities.values() {
        for (sum, value) in yhat.iter_mut().zip(&season.point) {
            *sum += value;
        }
    }
    yhat
}

impl Default for ProphetEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for ProphetEngine {
    fn name(&self) -> &'static str {
        "prophet"
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        in_parallel(panel, |series| {
            self.forecast_one(series, horizon, level)
                .map_or_else(Outcome::from, Outcome::of)
        })
    }
}

fn timestamp(day: Day) -> i64 {
    i64::from(day.epoch_days()) * SECONDS_A_DAY
}

fn mean_absolute(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.iter().map(|value| value.abs()).sum::<f64>() / values.len() as f64
}

/// Prophet's scaled time: 0 at the first observation, 1 at the last.
#[derive(Debug, Clone, Copy)]
struct TimeScale {
    last: i64,
    span: f64,
}

impl TimeScale {
    fn of(ds: &[i64]) -> Self {
        let last = ds.last().copied().unwrap_or(0);
        let first = ds.first().copied().unwrap_or(last);
        Self {
            last,
            span: (last - first) as f64,
        }
    }

    /// How far `ds` lies after the last observation, in units of the history's length.
    fn beyond_history(self, ds: i64) -> f64 {
        (ds - self.last) as f64 / self.span
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use fleetcast_core::{IssueCode, Panel, SeriesKey, TimeGrid};

    use super::*;

    /// Compiling Stan takes seconds; all tests share one.
    static ENGINE: LazyLock<ProphetEngine> = LazyLock::new(ProphetEngine::new);

    fn forecast(values: Vec<f64>, days: usize) -> Result<Forecast, Failure> {
        let grid = TimeGrid::new("2023-01-01".parse().unwrap(), values.len());
        let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), values)]).unwrap();
        let horizon = Horizon::new(days).unwrap();
        let mut outcomes = ENGINE.forecast(panel.view(), horizon, IntervalLevel::EIGHTY_PERCENT);
        assert_eq!(outcomes.len(), 1);
        outcomes.remove(0).forecast
    }

    /// Growth of a tenth a day, a weekly cycle and some seeded unrest.
    fn workload(days: usize) -> Vec<f64> {
        (0..days)
            .map(|day| {
                let unrest = ((day * 7919) % 101) as f64 / 101.0 - 0.5;
                40.0 + 0.1 * day as f64 + 3.0 * f64::from(day % 7 < 5) + unrest
            })
            .collect()
    }

    #[test]
    fn trend_and_week_are_continued() {
        let days = 400;
        let all = workload(days + 28);
        let found = forecast(all[..days].to_vec(), 28).unwrap();
        for (step, (yhat, actual)) in found.yhat().iter().zip(&all[days..]).enumerate() {
            assert!(
                (yhat - actual).abs() < 1.0,
                "day {step}: {yhat}, not {actual}"
            );
        }
        let inside = all[days..]
            .iter()
            .zip(found.lower().iter().zip(found.upper()));
        let hits = inside
            .filter(|(y, (lower, upper))| lower <= y && y <= upper)
            .count();
        assert!(hits >= 20, "{hits} of 28 inside an 80 % interval");
    }

    #[test]
    fn gaps_are_left_out_of_the_fit() {
        let days = 400;
        let mut gappy = workload(days);
        for value in gappy.iter_mut().skip(3).step_by(9) {
            *value = f64::NAN;
        }
        gappy[200..230].fill(f64::NAN);
        let (whole, gappy) = (
            forecast(workload(days), 28).unwrap(),
            forecast(gappy, 28).unwrap(),
        );
        for (whole, gappy) in whole.yhat().iter().zip(gappy.yhat()) {
            assert!((whole - gappy).abs() < 1.0, "{whole} and {gappy}");
        }
    }

    #[test]
    fn series_that_end_early_are_forecast_for_the_same_days() {
        let mut values = workload(100);
        values[90..].fill(f64::NAN);
        let found = forecast(values, 5).unwrap();
        assert_eq!(found.grid().first().to_string(), "2023-04-11");
    }

    #[test]
    fn degenerate_series_have_a_policy() {
        let constant = forecast(vec![7.5; 50], 3).unwrap();
        assert_eq!(constant.yhat(), [7.5; 3]);
        assert_eq!(constant.upper(), [7.5; 3]);
        assert_eq!(forecast(vec![0.0; 50], 3).unwrap().yhat(), [0.0; 3]);

        let short = forecast(vec![1.0; MIN_OBSERVATIONS - 1], 3).unwrap_err();
        assert_eq!(short.code(), IssueCode::TooShort);
        let missing = forecast(vec![f64::NAN; 50], 3).unwrap_err();
        assert_eq!(missing.to_string(), "0 observed days, 14 needed");
    }

    #[test]
    fn any_scale_and_sign_is_finite() {
        for scale in [1e-12, 1.0, 1e12, -1.0] {
            let values = workload(60).iter().map(|value| value * scale).collect();
            let found = forecast(values, 10).unwrap();
            let expected = 46.0 * scale;
            assert!((found.yhat()[0] / expected - 1.0).abs() < 0.2, "{scale}");
        }
        let mut blip = vec![0.0; 60];
        blip[30] = 100.0;
        assert!(forecast(blip, 10).is_ok());
    }
}
