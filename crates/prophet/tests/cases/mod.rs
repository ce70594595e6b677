//! The cases of `fixtures/prophet_reference.parquet`: what Python's Prophet 1.5.0 made of a series.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float64Type, Int64Type};
use augurs_prophet::optimizer::{Data, InitialParams, OptimizedParams};
use augurs_prophet::{PositiveFloat, TrendIndicator};
use fleetcast_core::Day;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

const SECONDS_A_DAY: i64 = 86_400;

/// One series, one configuration, and Prophet's answer.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub config: Value,
    /// Observed days.
    pub ds: Vec<Day>,
    pub y: Vec<f64>,
    pub x: Option<Vec<f64>>,
    pub y_scale: f64,
    pub changepoints_t: Vec<f64>,
    pub k: f64,
    pub m: f64,
    pub sigma_obs: f64,
    pub delta: Vec<f64>,
    pub beta: Vec<f64>,
    pub beta_columns: Vec<String>,
    pub beta_prior_scale: Vec<f64>,
    pub neg_log_posterior: f64,
    pub future_ds: Vec<Day>,
    pub x_future: Option<Vec<f64>>,
    pub yhat_history: Vec<f64>,
    pub yhat_future: Vec<f64>,
    pub trend_future: Vec<f64>,
    pub yhat_lower_future: Vec<f64>,
    pub yhat_upper_future: Vec<f64>,
    pub interval_samples: i64,
}

/// All cases, in the file's order.
pub fn all() -> Vec<Case> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/prophet_reference.parquet");
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap())
        .unwrap()
        .build()
        .unwrap();
    reader
        .flat_map(|batch| {
            let batch = batch.unwrap();
            (0..batch.num_rows())
                .map(|row| case(&batch, row))
                .collect::<Vec<_>>()
        })
        .collect()
}

fn case(batch: &RecordBatch, row: usize) -> Case {
    let column = |name: &str| batch.column_by_name(name).unwrap().clone();
    let number = |name: &str| column(name).as_primitive::<Float64Type>().value(row);
    let numbers = |name: &str| -> Option<Vec<f64>> {
        let column = column(name);
        if column.is_null(row) {
            return None;
        }
        let values = column.as_list_opt::<i32>()?.value(row);
        Some(values.as_primitive::<Float64Type>().values().to_vec())
    };
    let text = |name: &str| text_at(&column(name), row);
    let days = |name: &str| -> Vec<Day> {
        let values = column(name).as_list::<i32>().value(row);
        let days = values.as_primitive::<Date32Type>().values().to_vec();
        days.into_iter()
            .map(|day| Day::from_epoch_days(i64::from(day)).unwrap())
            .collect()
    };
    let names = column("beta_columns").as_list::<i32>().value(row);
    Case {
        name: text("name"),
        config: serde_json::from_str(&text("config")).unwrap(),
        ds: days("ds"),
        y: numbers("y").unwrap(),
        x: numbers("x"),
        y_scale: number("y_scale"),
        changepoints_t: numbers("changepoints_t").unwrap(),
        k: number("k"),
        m: number("m"),
        sigma_obs: number("sigma_obs"),
        delta: numbers("delta").unwrap(),
        beta: numbers("beta").unwrap(),
        beta_columns: (0..names.len()).map(|at| text_at(&names, at)).collect(),
        beta_prior_scale: numbers("beta_prior_scale").unwrap(),
        neg_log_posterior: number("neg_log_posterior"),
        future_ds: days("future_ds"),
        x_future: numbers("x_future"),
        yhat_history: numbers("yhat_history").unwrap(),
        yhat_future: numbers("yhat_future").unwrap(),
        trend_future: numbers("trend_future").unwrap(),
        yhat_lower_future: numbers("yhat_lower_future").unwrap_or_default(),
        yhat_upper_future: numbers("yhat_upper_future").unwrap_or_default(),
        interval_samples: column("interval_samples")
            .as_primitive::<Int64Type>()
            .value(row),
    }
}

fn text_at(column: &dyn Array, row: usize) -> String {
    column
        .as_string_opt::<i32>()
        .map(|text| text.value(row))
        .or_else(|| Some(column.as_string_opt::<i64>()?.value(row)))
        .or_else(|| Some(column.as_string_view_opt()?.value(row)))
        .unwrap()
        .to_owned()
}

impl Case {
    pub fn growth(&self) -> &str {
        self.config["growth"].as_str().unwrap_or("linear")
    }

    pub fn is_multiplicative(&self) -> bool {
        self.config["seasonality_mode"] == "multiplicative"
    }

    pub fn tau(&self) -> f64 {
        self.config["changepoint_prior_scale"]
            .as_f64()
            .unwrap_or(0.05)
    }

    /// What is subtracted from y before it is divided by the scale.
    pub fn floor(&self) -> f64 {
        if self.config["scaling"] == "minmax" {
            self.y.iter().copied().fold(f64::INFINITY, f64::min)
        } else {
            0.0
        }
    }

    /// Days as Prophet's scaled time.
    pub fn scaled_time(&self, days: &[Day]) -> Vec<f64> {
        let (first, last) = (self.ds[0], *self.ds.last().unwrap());
        let span = f64::from(last.days_since(first));
        days.iter()
            .map(|day| f64::from(day.days_since(first)) / span)
            .collect()
    }

    /// The feature matrix at `days`, row by row; `x` is the regressor there.
    pub fn features(&self, days: &[Day], x: Option<&[f64]>) -> Vec<f64> {
        let history = self.x.as_deref().unwrap_or_default();
        let mean = history.iter().sum::<f64>() / history.len().max(1) as f64;
        let squares: f64 = history.iter().map(|x| (x - mean).powi(2)).sum();
        // Prophet standardizes by the sample standard deviation (pandas' default).
        let deviation = (squares / (history.len().max(2) - 1) as f64).sqrt();
        let mut rows = Vec::new();
        for (index, day) in days.iter().enumerate() {
            for column in &self.beta_columns {
                let value = match column.split_once("_delim_") {
                    None if column == "x" => (x.unwrap()[index] - mean) / deviation,
                    None => 0.0,
                    Some((name, order)) => self.feature(*day, name, order),
                };
                rows.push(value);
            }
        }
        rows
    }

    fn feature(&self, day: Day, name: &str, order: &str) -> f64 {
        let period = match name {
            "yearly" => 365.25,
            "weekly" => 7.0,
            "monthly" => 30.5,
            holiday => {
                let offset: i64 = order.parse().unwrap();
                let holidays = self.config["holidays"].as_array().unwrap();
                let on = holidays.iter().any(|entry| {
                    let date: Day = entry["ds"].as_str().unwrap().parse().unwrap();
                    entry["holiday"] == holiday && i64::from(day.days_since(date)) == offset
                });
                return f64::from(u8::from(on));
            }
        };
        // Columns alternate between sine and cosine, from 1 on.
        let column: usize = order.parse::<usize>().unwrap() - 1;
        let harmonic = (column / 2 + 1) as f64;
        let days = f64::from(day.epoch_days());
        let angle = 2.0 * std::f64::consts::PI * harmonic * days / period;
        if column.is_multiple_of(2) {
            angle.sin()
        } else {
            angle.cos()
        }
    }

    /// What Prophet gives Stan.
    pub fn stan_data(&self) -> Data {
        let scale = |y: &f64| (y - self.floor()) / self.y_scale;
        let positive = |value: f64| PositiveFloat::try_new(value).unwrap();
        let (rows, features) = (self.ds.len(), self.beta_columns.len());
        let multiplies = i32::from(self.is_multiplicative());
        let cap = self.config["cap"]
            .as_f64()
            .map_or(0.0, |cap| cap / self.y_scale);
        Data {
            T: i32::try_from(rows).unwrap(),
            y: self.y.iter().map(scale).collect(),
            t: self.scaled_time(&self.ds),
            cap: vec![cap; rows],
            S: i32::try_from(self.changepoints_t.len()).unwrap(),
            t_change: self.changepoints_t.clone(),
            trend_indicator: match self.growth() {
                "linear" => TrendIndicator::Linear,
                "logistic" => TrendIndicator::Logistic,
                "flat" => TrendIndicator::Flat,
                other => panic!("growth {other}"),
            },
            K: i32::try_from(features).unwrap(),
            s_a: vec![1 - multiplies; features],
            s_m: vec![multiplies; features],
            X: self.features(&self.ds, self.x.as_deref()),
            sigmas: self
                .beta_prior_scale
                .iter()
                .copied()
                .map(positive)
                .collect(),
            tau: positive(self.tau()),
        }
    }

    /// Returns Stan's data for the days that Prophet forecasts; y is unknown there, and 0.
    pub fn future_data(&self) -> Data {
        let history = self.stan_data();
        let rows = self.future_ds.len();
        Data {
            T: i32::try_from(rows).unwrap(),
            y: vec![0.0; rows],
            t: self.scaled_time(&self.future_ds),
            cap: vec![history.cap[0]; rows],
            X: self.features(&self.future_ds, self.x_future.as_deref()),
            ..history
        }
    }

    /// Returns the parameters where Prophet starts its search.
    pub fn initial(&self) -> InitialParams {
        let data = self.stan_data();
        let (first, last) = (data.y[0], *data.y.last().unwrap());
        let (k, m) = match self.growth() {
            "flat" => (0.0, data.y.iter().sum::<f64>() / data.y.len() as f64),
            "logistic" => {
                let logit = |y: f64, cap: f64| (cap / y.clamp(0.01 * cap, 0.99 * cap) - 1.0).ln();
                let (l0, l1) = (logit(first, data.cap[0]), logit(last, data.cap[0]));
                let l0 = if (l0 - l1).abs() < 0.01 {
                    l0 + 0.05
                } else {
                    l0
                };
                (l0 - l1, l0 / (l0 - l1))
            }
            _ => (last - first, first),
        };
        InitialParams {
            k,
            m,
            delta: vec![0.0; self.delta.len()],
            beta: vec![0.0; self.beta.len()],
            sigma_obs: PositiveFloat::one(),
        }
    }
}

/// A day as seconds since 1970.
pub fn timestamp(day: Day) -> i64 {
    i64::from(day.epoch_days()) * SECONDS_A_DAY
}

/// The negative log posterior, written out once more, straight from its definition.
pub fn objective(data: &Data, parameters: &OptimizedParams) -> f64 {
    let OptimizedParams {
        k,
        m,
        sigma_obs,
        delta,
        beta,
        ..
    } = parameters;
    let sigma = **sigma_obs;
    let columns = beta.len();
    let squares: f64 = (0..data.y.len())
        .map(|row| {
            let t = data.t[row];
            let hinges = data.t_change.iter().zip(delta);
            let changes: f64 = hinges.map(|(s, delta)| delta * (t - s).max(0.0)).sum();
            let trend = match data.trend_indicator {
                TrendIndicator::Linear => k * t + m + changes,
                TrendIndicator::Flat => *m,
                TrendIndicator::Logistic => {
                    data.cap[row] / (1.0 + (-(k * (t - m) + changes)).exp())
                }
            };
            let feature = |indicator: &[i32]| -> f64 {
                (0..columns)
                    .map(|c| data.X[row * columns + c] * beta[c] * f64::from(indicator[c]))
                    .sum()
            };
            let yhat = trend * (1.0 + feature(&data.s_m)) + feature(&data.s_a);
            (data.y[row] - yhat).powi(2)
        })
        .sum();
    let variance = sigma * sigma;
    data.y.len() as f64 * sigma.ln()
        + squares / (2.0 * variance)
        + (k * k + m * m) / 50.0
        + delta.iter().map(|delta| delta.abs()).sum::<f64>() / *data.tau
        + beta
            .iter()
            .zip(&data.sigmas)
            .map(|(beta, scale)| (beta / **scale).powi(2) / 2.0)
            .sum::<f64>()
        + 2.0 * variance
}
