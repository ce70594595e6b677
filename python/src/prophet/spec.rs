//! What a Prophet model is asked to be, in Prophet's own words.

use pyo3::prelude::*;

/// Growth, changepoints, scaling, and the features beside the trend.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Spec {
    /// `linear`, `logistic` or `flat`.
    pub(super) growth: String,
    /// Seconds since 1970 of changepoints that were given.
    pub(super) changepoints: Option<Vec<i64>>,
    pub(super) n_changepoints: usize,
    pub(super) changepoint_range: f64,
    pub(super) changepoint_prior_scale: f64,
    /// `absmax` or `minmax`.
    pub(super) scaling: String,
    pub(super) seasonalities: Vec<Season>,
    pub(super) holidays: Vec<Holiday>,
    pub(super) regressors: Vec<Regressor>,
}

/// A season that is given, or decided by the data.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Season {
    pub(super) name: String,
    /// Days.
    pub(super) period: f64,
    /// Sines and cosines.
    pub(super) order: usize,
    pub(super) prior_scale: f64,
    pub(super) is_multiplicative: bool,
    /// The column that says on which rows it holds.
    pub(super) condition: Option<String>,
    /// Whether it is left out where the history is too short or too coarse for it.
    pub(super) is_auto: bool,
}

/// The days of one holiday at one distance from it: a column of the model.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Holiday {
    pub(super) name: String,
    /// Days since 1970.
    pub(super) days: Vec<i64>,
    pub(super) prior_scale: f64,
    pub(super) is_multiplicative: bool,
}

/// A column of the frame that is a feature.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(super) struct Regressor {
    pub(super) name: String,
    pub(super) prior_scale: f64,
    /// Whether it is standardised; `None` where it is unless it is 0 and 1 alone.
    pub(super) standardize: Option<bool>,
    pub(super) is_multiplicative: bool,
}
