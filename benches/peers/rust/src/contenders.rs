//! The crates compared, each with the settings its own documentation begins with.

use anofox_forecast::core::TimeSeries;
use anofox_forecast::models::Forecaster;
use anofox_forecast::models::exponential::AutoETS as AnofoxAutoETS;
use augurs_core::{Fit, Predict};
use augurs_ets::AutoETS;
use augurs_mstl::MSTLModel;
use augurs_prophet::optimizer::{Algorithm, OptimizeOpts};
use augurs_prophet::wasmstan::WasmstanOptimizer;
use augurs_prophet::{PredictionData, Prophet, ProphetOptions, TrainingData};
use clap::ValueEnum;

use crate::series::Series;

const LEVEL: f64 = 0.8;
const WEEK: usize = 7;
const YEAR: usize = 365;
const SECONDS_A_DAY: i64 = 86_400;

/// A forecast with its interval, one value a day.
#[derive(Debug, Clone)]
pub(crate) struct Forecast {
    pub(crate) yhat: Vec<f64>,
    pub(crate) lower: Vec<f64>,
    pub(crate) upper: Vec<f64>,
}

impl Forecast {
    /// Its last `days` days.
    pub(crate) fn last(self, days: usize) -> Self {
        let last = |mut values: Vec<f64>| values.split_off(values.len().saturating_sub(days));
        Self {
            yhat: last(self.yhat),
            lower: last(self.lower),
            upper: last(self.upper),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Contender {
    /// augurs-prophet with Stan in WebAssembly, Prophet's defaults.
    AugursProphet,
    /// augurs-mstl with weekly and annual seasons, its trend by augurs-ets.
    AugursMstlEts,
    /// anofox-forecast: all forms of exponential smoothing with a week's season, chosen by AICc.
    AnofoxAutoets,
}

impl Contender {
    /// A function that fits a series and forecasts so many days after its last one; what is loaded
    /// once is loaded here.
    pub(crate) fn ready(self) -> Box<dyn Fn(&Series, usize) -> Option<Forecast> + Sync> {
        match self {
            Self::AugursProphet => {
                let stan = WasmstanOptimizer::new();
                Box::new(move |series, days| prophet(series, days, &stan))
            }
            Self::AugursMstlEts => Box::new(mstl_ets),
            Self::AnofoxAutoets => Box::new(anofox_autoets),
        }
    }
}

fn prophet(series: &Series, days: usize, stan: &WasmstanOptimizer) -> Option<Forecast> {
    let seconds = |day: &i64| day * SECONDS_A_DAY;
    let training = TrainingData::new(series.days.iter().map(seconds).collect(), series.y.clone());
    let mut model = Prophet::new(ProphetOptions::default(), stan.clone());
    // As Python's Prophet calls Stan.
    let options = OptimizeOpts {
        algorithm: Some(Algorithm::Lbfgs),
        iter: Some(10_000),
        jacobian: Some(false),
        seed: Some(1),
        ..OptimizeOpts::default()
    };
    model.fit(training.ok()?, options).ok()?;
    let last = series.last_day()?;
    let future = (last + 1..).take(days).map(|day| seconds(&day)).collect();
    let predicted = model.predict(PredictionData::new(future)).ok()?.yhat;
    Some(Forecast {
        yhat: predicted.point,
        lower: predicted.lower?,
        upper: predicted.upper?,
    })
}

fn mstl_ets(series: &Series, days: usize) -> Option<Forecast> {
    let y = series.every_day();
    let trend = AutoETS::non_seasonal().into_trend_model();
    let fitted = MSTLModel::new(vec![WEEK, YEAR], trend).fit(&y).ok()?;
    let predicted = fitted.predict(days, LEVEL).ok()?;
    let intervals = predicted.intervals?;
    Some(Forecast {
        yhat: predicted.point,
        lower: intervals.lower,
        upper: intervals.upper,
    })
}

fn anofox_autoets(series: &Series, days: usize) -> Option<Forecast> {
    let first = *series.days.first()?;
    let times = (first..=series.last_day()?)
        .map(|day| chrono::DateTime::from_timestamp(day * SECONDS_A_DAY, 0))
        .collect::<Option<Vec<_>>>()?;
    let series = TimeSeries::univariate(times, series.every_day()).ok()?;
    let mut model = AnofoxAutoETS::with_period(WEEK);
    model.fit(&series).ok()?;
    let predicted = model.predict_with_intervals(days, LEVEL).ok()?;
    Some(Forecast {
        yhat: predicted.primary().to_vec(),
        lower: predicted.lower_series(0).ok()?.to_vec(),
        upper: predicted.upper_series(0).ok()?.to_vec(),
    })
}
