//! Prophet's model for one series, with all that Prophet's users ask of it; the posterior's mode is found exactly, and
//! intervals are drawn from no random numbers.

mod design;
mod rows;
mod spec;
mod uncertainty;

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use augurs_prophet::PositiveFloat;
use augurs_prophet::optimizer::{Data, InitialParams, OptimizedParams, TrendIndicator};
use fleetcast::IntervalLevel;
use fleetcast_prophet::{Certainty, ExactOptimizer};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use self::design::{Component, Design};
use self::rows::{Rows, features_of};
use self::spec::Spec;
use self::uncertainty::{Bounds, Future};
use crate::Stream;
use crate::error::refused;
use crate::table::Table;

/// A model that was fitted to a series.
#[pyclass(frozen, module = "fleetcast")]
#[derive(Debug)]
pub(crate) struct FittedProphet {
    spec: Spec,
    design: Design,
    scales: Scales,
    trend: TrendIndicator,
    changepoints: Changepoints,
    parameters: OptimizedParams,
    certainty: Certainty,
    /// Seconds since 1970 of the rows that were fitted.
    history: Vec<i64>,
}

/// What values and times are measured by inside the model.
#[derive(Debug, Clone, Copy)]
struct Scales {
    /// What is taken off y, where no row says another.
    floor: f64,
    y_scale: f64,
    start: i64,
    span: f64,
}

/// The days on which the trend may bend, as times and in the model's own.
#[derive(Debug, Clone)]
struct Changepoints {
    seconds: Vec<i64>,
    scaled: Vec<f64>,
}

impl Scales {
    fn time(&self, seconds: i64) -> f64 {
        (seconds - self.start) as f64 / self.span
    }
}

#[pymethods]
impl FittedProphet {
    /// Fits a model to the rows of a frame with the columns ds and y, cap and floor where growth is logistic, and what
    /// the model's features read.
    #[new]
    fn new(py: Python<'_>, frame: Stream, spec: Spec) -> PyResult<Self> {
        py.detach(|| fit(frame, spec)).map_err(refused)
    }

    /// Forecasts the rows of a frame: ds, trend, bounds at `level` where one is given, components, and yhat.
    #[pyo3(signature = (frame, level=None))]
    fn predict(&self, py: Python<'_>, frame: Stream, level: Option<f64>) -> PyResult<Table> {
        let level = level.map(IntervalLevel::new).transpose();
        let level = level.map_err(|_| {
            refused("interval_width is not between 0 and 1; give a share such as 0.8")
        })?;
        let batch = py.detach(|| self.forecast(frame, level)).map_err(refused)?;
        Table::new(vec![batch]).ok_or_else(|| refused("there is no row to forecast"))
    }

    /// Seconds since 1970 of the rows that were fitted.
    #[getter]
    fn history(&self) -> Vec<i64> {
        self.history.clone()
    }

    /// Seconds since 1970 of the changepoints.
    #[getter]
    fn changepoints(&self) -> Vec<i64> {
        self.changepoints.seconds.clone()
    }

    /// The factor that y was divided by.
    #[getter]
    fn y_scale(&self) -> f64 {
        self.scales.y_scale
    }

    /// The parameters at the posterior's mode, by Prophet's names, in scaled units.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let params = PyDict::new(py);
        params.set_item("k", self.parameters.k)?;
        params.set_item("m", self.parameters.m)?;
        params.set_item("delta", self.parameters.delta.clone())?;
        params.set_item("beta", self.parameters.beta.clone())?;
        params.set_item("sigma_obs", *self.parameters.sigma_obs)?;
        Ok(params)
    }

    /// Whether the mode's conditions hold to 1e-8.
    #[getter]
    fn is_certified(&self) -> bool {
        !matches!(self.certainty, Certainty::Uncertified { .. })
    }
}

/// The columns that growth reads.
fn limits_of(spec: &Spec, schema: &arrow::datatypes::Schema) -> Vec<&'static str> {
    let mut names = Vec::new();
    if spec.growth == "logistic" {
        names.push("cap");
        if schema.index_of("floor").is_ok() {
            names.push("floor");
        }
    }
    names
}

fn read(frame: Stream, spec: &Spec, values: &[&str]) -> Result<Rows, String> {
    use arrow::record_batch::RecordBatchReader;
    let mut names = features_of(spec);
    names.extend(limits_of(spec, &frame.0.schema()));
    names.extend(values);
    Rows::read(frame.0, &names)
}

fn fit(frame: Stream, spec: Spec) -> Result<FittedProphet, String> {
    let history = read(frame, &spec, &["y"])?.observed("y");
    let y = history.column("y").unwrap_or_default();
    if y.len() < 2 {
        return Err(format!(
            "column `y` has {} values; a model needs 2 at least",
            y.len()
        ));
    }
    let scales = scales_of(&spec, &history)?;
    let trend = match spec.growth.as_str() {
        "linear" => TrendIndicator::Linear,
        "logistic" => TrendIndicator::Logistic,
        "flat" => TrendIndicator::Flat,
        other => {
            return Err(format!(
                "there is no growth `{other}`; give linear, logistic or flat"
            ));
        }
    };
    let design = Design::of(&spec, &history)?;
    let changepoints = changepoints_of(&spec, &history, &scales)?;
    let mut data = data_of(&spec, &design, &scales, &changepoints, trend, &history)?;
    let above_floor = |(row, y): (usize, &f64)| y - floor_at(&history, &scales, row);
    data.y = y
        .iter()
        .enumerate()
        .map(|row| above_floor(row) / scales.y_scale)
        .collect();
    let initial = initial(&data, trend);
    let solution = ExactOptimizer::new()
        .solve(&initial, &data)
        .map_err(|error| error.to_string())?;
    Ok(FittedProphet {
        spec,
        design,
        scales,
        trend,
        changepoints,
        parameters: solution.parameters,
        certainty: solution.certainty,
        history: history.times,
    })
}

/// The floor of a row: its own, or the model's.
fn floor_at(rows: &Rows, scales: &Scales, row: usize) -> f64 {
    rows.column("floor")
        .map_or(scales.floor, |floors| floors[row])
}

fn scales_of(spec: &Spec, history: &Rows) -> Result<Scales, String> {
    let y = history.column("y").unwrap_or_default();
    let (first, last) = (history.times[0], history.times[history.times.len() - 1]);
    if first == last {
        return Err("column `ds` is the same time in all rows; a series needs several".to_owned());
    }
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (floors, caps) = (history.column("floor"), history.column("cap"));
    let (floor, y_scale) = match (spec.scaling.as_str(), floors) {
        ("absmax", None) => (0.0, most(&y.iter().map(|y| y.abs()).collect::<Vec<_>>())),
        ("absmax", Some(floors)) => {
            let above: Vec<f64> = y
                .iter()
                .zip(floors)
                .map(|(y, floor)| (y - floor).abs())
                .collect();
            (0.0, most(&above))
        }
        ("minmax", None) => (least(y), most(y) - least(y)),
        ("minmax", Some(floors)) => (least(floors), most(caps.unwrap_or(y)) - least(floors)),
        (other, _) => {
            return Err(format!(
                "there is no scaling `{other}`; give absmax or minmax"
            ));
        }
    };
    Ok(Scales {
        floor,
        y_scale: if y_scale == 0.0 { 1.0 } else { y_scale },
        start: first,
        span: (last - first) as f64,
    })
}

/// Spreads changepoints over the first part of the history, as Prophet does, or takes those that were given.
fn changepoints_of(spec: &Spec, history: &Rows, scales: &Scales) -> Result<Changepoints, String> {
    let times = &history.times;
    let is_inside = |time: &i64| (times[0]..=times[times.len() - 1]).contains(time);
    let mut seconds = match &spec.changepoints {
        Some(given) if given.iter().all(is_inside) => given.clone(),
        Some(_) => {
            return Err(
                "changepoints lie outside the history; give times between its first and last"
                    .to_owned(),
            );
        }
        None => spread(spec, times),
    };
    seconds.sort_unstable();
    let scaled: Vec<f64> = seconds.iter().map(|time| scales.time(*time)).collect();
    Ok(Changepoints {
        // Where there is none, the model has one that bends nothing, for Stan's sake.
        scaled: if scaled.is_empty() { vec![0.0] } else { scaled },
        seconds,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares of rows are numbers of rows"
)]
fn spread(spec: &Spec, times: &[i64]) -> Vec<i64> {
    let rows = (times.len() as f64 * spec.changepoint_range).floor() as usize;
    let wanted = spec.n_changepoints.min(rows.saturating_sub(1));
    let step = rows.saturating_sub(1) as f64 / wanted as f64;
    let place = |one: usize| (one as f64 * step).round_ties_even() as usize;
    (1..=wanted).map(|one| times[place(one)]).collect()
}

fn data_of(
    spec: &Spec,
    design: &Design,
    scales: &Scales,
    changepoints: &Changepoints,
    trend: TrendIndicator,
    rows: &Rows,
) -> Result<Data, String> {
    let positive = |name: &str, value: f64| {
        PositiveFloat::try_new(value)
            .map_err(|_| format!("{name} is {value}; give a finite number above 0"))
    };
    let count = |count: usize, what: &str| {
        i32::try_from(count).map_err(|_| format!("there are too many {what}: {count}"))
    };
    let cap = match (trend, rows.column("cap")) {
        (TrendIndicator::Logistic, Some(caps)) => {
            let scaled = caps
                .iter()
                .enumerate()
                .map(|(row, cap)| (cap - floor_at(rows, scales, row)) / scales.y_scale);
            let scaled: Vec<f64> = scaled.collect();
            if !scaled.iter().all(|cap| *cap > 0.0) {
                return Err("column `cap` is not above the floor (0 where there is no column `floor`) in all rows".to_owned());
            }
            scaled
        }
        _ => vec![0.0; rows.times.len()],
    };
    let sign = |is_one: bool| i32::from(is_one);
    Ok(Data {
        T: count(rows.times.len(), "rows")?,
        y: vec![0.0; rows.times.len()],
        t: rows.times.iter().map(|time| scales.time(*time)).collect(),
        cap,
        S: count(changepoints.scaled.len(), "changepoints")?,
        t_change: changepoints.scaled.clone(),
        trend_indicator: trend,
        K: count(design.len(), "features")?,
        s_a: design
            .multiplies()
            .map(|multiplies| sign(!multiplies))
            .collect(),
        s_m: design.multiplies().map(sign).collect(),
        X: design.rows(rows)?,
        sigmas: design
            .prior_scales()
            .map(|scale| positive("a prior scale", scale))
            .collect::<Result<_, _>>()?,
        tau: positive("changepoint_prior_scale", spec.changepoint_prior_scale)?,
    })
}

/// Where Prophet starts its search.
fn initial(data: &Data, trend: TrendIndicator) -> InitialParams {
    let (first, last) = (data.y[0], data.y[data.y.len() - 1]);
    let span = data.t[data.t.len() - 1] - data.t[0];
    let (k, m) = match trend {
        TrendIndicator::Flat => (0.0, data.y.iter().sum::<f64>() / data.y.len() as f64),
        TrendIndicator::Linear => {
            let k = (last - first) / span;
            (k, first - k * data.t[0])
        }
        TrendIndicator::Logistic => {
            let logit =
                |y: f64, cap: f64| libm::log((cap / y.clamp(0.01 * cap, 0.99 * cap) - 1.0).abs());
            let end = data.y.len() - 1;
            let (from, to) = (logit(first, data.cap[0]), logit(last, data.cap[end]));
            let from = if (from - to).abs() <= 0.01 {
                from + 0.05
            } else {
                from
            };
            ((from - to) / span, from * span / (from - to))
        }
    };
    InitialParams {
        k,
        m,
        delta: vec![0.0; data.t_change.len()],
        beta: vec![0.0; data.sigmas.len()],
        sigma_obs: PositiveFloat::one(),
    }
}

impl FittedProphet {
    fn forecast(&self, frame: Stream, level: Option<IntervalLevel>) -> Result<RecordBatch, String> {
        let rows = read(frame, &self.spec, &[])?;
        if rows.times.is_empty() {
            return Err("there is no row to forecast".to_owned());
        }
        let data = data_of(
            &self.spec,
            &self.design,
            &self.scales,
            &self.changepoints,
            self.trend,
            &rows,
        )?;
        let evaluated = ExactOptimizer::new()
            .evaluate(&self.parameters, &data)
            .map_err(|error| error.to_string())?;
        let components = self.design.components(&data.X, &self.parameters.beta);
        let total = |is_multiplicative: bool| self.total(&data, is_multiplicative);
        let (added, multiplied) = (total(false), total(true));
        let unit = self.scales.y_scale;
        let floors: Vec<f64> = (0..rows.times.len())
            .map(|row| floor_at(&rows, &self.scales, row))
            .collect();
        let scaled_up = |values: &[f64]| -> Vec<f64> {
            values
                .iter()
                .zip(&floors)
                .map(|(value, floor)| value * unit + floor)
                .collect()
        };
        let mut columns: Vec<(String, ArrayRef)> = vec![("ds".to_owned(), rows.given.clone())];
        let mut add = |name: &str, values: Vec<f64>| {
            columns.push((name.to_owned(), Arc::new(Float64Array::from(values))));
        };
        add("trend", scaled_up(&evaluated.trend));
        for name in ["cap", "floor"] {
            if let Some(values) = rows.column(name) {
                add(name, values.to_vec());
            }
        }
        if let Some(level) = level {
            let future = Future {
                parameters: &self.parameters,
                changepoints: &self.changepoints.scaled,
                growth: self.trend,
                times: &data.t,
                caps: &data.cap,
                trend: &evaluated.trend,
                yhat: &evaluated.yhat,
                added: &added,
                multiplied: &multiplied,
            };
            let Bounds { yhat, trend } = future.bounds(level);
            for (name, bounds) in [("yhat", yhat), ("trend", trend)] {
                for (side, values) in ["lower", "upper"].iter().zip(bounds) {
                    add(&format!("{name}_{side}"), scaled_up(&values));
                }
            }
        }
        let mut component = |name: &str, is_multiplicative: bool, values: &[f64]| {
            let factor = if is_multiplicative { 1.0 } else { unit };
            let values: Vec<f64> = values.iter().map(|value| value * factor).collect();
            // At the posterior's mode a component has one value; Prophet gives it as its bounds, too.
            for suffix in ["", "_lower", "_upper"] {
                if suffix.is_empty() || level.is_some() {
                    add(&format!("{name}{suffix}"), values.clone());
                }
            }
        };
        component("additive_terms", false, &added);
        for Component {
            name,
            is_multiplicative,
            values,
        } in &components
        {
            component(name, *is_multiplicative, values);
        }
        component("multiplicative_terms", true, &multiplied);
        add("yhat", scaled_up(&evaluated.yhat));
        RecordBatch::try_from_iter(columns).map_err(|error| error.to_string())
    }

    /// The sum of all features that are added to the trend, or multiply it.
    fn total(&self, data: &Data, is_multiplicative: bool) -> Vec<f64> {
        let of_kind: Vec<f64> = self
            .parameters
            .beta
            .iter()
            .zip(self.design.multiplies())
            .map(|(beta, multiplies)| {
                if multiplies == is_multiplicative {
                    *beta
                } else {
                    0.0
                }
            })
            .collect();
        let rows = data.X.chunks(self.design.len());
        rows.map(|row| row.iter().zip(&of_kind).map(|(x, beta)| x * beta).sum())
            .collect()
    }
}
