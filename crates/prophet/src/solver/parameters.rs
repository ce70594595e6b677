//! The parameters of Prophet's model, and the prior that no option changes.

/// 1 / (prior standard deviation of slope and offset)²: 1 / 5².
pub(crate) const TREND_PRECISION: f64 = 1.0 / 25.0;

/// Parameters of the model.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Parameters {
    pub(crate) k: f64,
    pub(crate) m: f64,
    /// A slope change a changepoint.
    pub(crate) delta: Vec<f64>,
    /// A coefficient a feature.
    pub(crate) beta: Vec<f64>,
    /// The noise's standard deviation.
    pub(crate) sigma: f64,
}
