//! Prophet's posterior: model, priors and objective, in scaled units.
//!
//! Source: the Stan program of Prophet 1.1 and later (`prophet.stan`), which Taylor & Letham 2018,
//! *Forecasting at scale*, The American Statistician 72(1), 37-45, describe.

use libm::log;

use crate::solver::logistic::expit;
use crate::solver::parameters::{Parameters, TREND_PRECISION};

/// A growth curve.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trend {
    /// k·t + m + Σ δⱼ (t − sⱼ)₊.
    Linear,
    /// cap · expit(k·(t − m) + Σ δⱼ (t − sⱼ)₊), with a capacity an observation.
    ///
    /// Prophet writes this with an offset a changepoint that keeps the curve continuous; the sum is
    /// the same.
    Logistic {
        /// The capacity, a value an observation.
        cap: Vec<f64>,
    },
    /// m.
    Flat,
}

/// The data of one series and the priors.
#[derive(Debug, Clone)]
pub(crate) struct Posterior {
    pub(crate) y: Vec<f64>,
    /// A time an observation.
    pub(crate) t: Vec<f64>,
    pub(crate) trend: Trend,
    pub(crate) changepoints: Vec<f64>,
    /// Scale of the Laplace prior on slope changes.
    pub(crate) tau: f64,
    /// Features column by column, a value an observation.
    pub(crate) features: Vec<Vec<f64>>,
    /// Whether each feature multiplies the trend, instead of being added to it.
    pub(crate) multiplicative: Vec<bool>,
    /// The prior standard deviation of each feature's coefficient.
    pub(crate) prior_scales: Vec<f64>,
}

/// The model's parts at some parameters, a value an observation.
#[derive(Debug, Clone)]
pub(crate) struct Fitted {
    pub(crate) trend: Vec<f64>,
    /// What multiplies the trend: 1 + the multiplicative features.
    pub(crate) factor: Vec<f64>,
    pub(crate) yhat: Vec<f64>,
}

impl Posterior {
    /// (t − s)₊ for one changepoint, a value an observation.
    pub(crate) fn hinge(&self, changepoint: f64) -> Vec<f64> {
        self.t.iter().map(|t| (t - changepoint).max(0.0)).collect()
    }

    /// Whether the model is linear in its parameters.
    pub(crate) fn is_linear(&self) -> bool {
        let additive = !self.multiplicative.contains(&true);
        additive && !matches!(self.trend, Trend::Logistic { .. })
    }

    /// The model at `parameters`.
    pub(crate) fn fitted(&self, parameters: &Parameters) -> Fitted {
        let trend = self.trend_at(parameters);
        let mut factor = vec![1.0; self.t.len()];
        let mut added = vec![0.0; self.t.len()];
        let features = self.features.iter().zip(&self.multiplicative);
        for ((feature, multiplies), beta) in features.zip(&parameters.beta) {
            let sum = if *multiplies { &mut factor } else { &mut added };
            fleetcast_numerics::add_scaled(sum, *beta, feature);
        }
        let yhat = trend
            .iter()
            .zip(&factor)
            .zip(&added)
            .map(|((trend, factor), added)| trend * factor + added)
            .collect();
        Fitted {
            trend,
            factor,
            yhat,
        }
    }

    fn trend_at(&self, parameters: &Parameters) -> Vec<f64> {
        match &self.trend {
            Trend::Flat => vec![parameters.m; self.t.len()],
            Trend::Linear => self
                .t
                .iter()
                .map(|t| parameters.k * t + parameters.m + self.slope_changes(parameters, *t))
                .collect(),
            Trend::Logistic { cap } => self
                .t
                .iter()
                .zip(cap)
                .map(|(t, cap)| {
                    let growth = parameters.k * (t - parameters.m);
                    cap * expit(growth + self.slope_changes(parameters, *t))
                })
                .collect(),
        }
    }

    fn slope_changes(&self, parameters: &Parameters, t: f64) -> f64 {
        self.changepoints
            .iter()
            .zip(&parameters.delta)
            .map(|(changepoint, delta)| delta * (t - changepoint).max(0.0))
            .sum()
    }

    /// Σ(y − ŷ)².
    pub(crate) fn sum_of_squares(&self, fitted: &Fitted) -> f64 {
        let residuals = self.y.iter().zip(&fitted.yhat).map(|(y, yhat)| y - yhat);
        residuals.map(|residual| residual * residual).sum()
    }

    /// The negative log posterior, constants left out: n ln σ + RSS/(2σ²) + k²/50 + m²/50 +
    /// Σ|δ|/τ + Σβ²/(2s²) + 2σ².
    pub(crate) fn objective(&self, parameters: &Parameters, sum_of_squares: f64) -> f64 {
        let variance = parameters.sigma * parameters.sigma;
        let noise = self.y.len() as f64 * log(parameters.sigma) + sum_of_squares / (2.0 * variance);
        let Parameters { k, m, .. } = parameters;
        let trend = (k * k + m * m) * TREND_PRECISION / 2.0;
        let changes: f64 = parameters.delta.iter().map(|delta| delta.abs()).sum();
        let features: f64 = parameters
            .beta
            .iter()
            .zip(&self.prior_scales)
            .map(|(beta, scale)| (beta / scale).powi(2) / 2.0)
            .sum();
        noise + trend + changes / self.tau + features + 2.0 * variance
    }

    /// The noise variance that is best for a sum of squared residuals: the positive root of
    /// 4v² + nv = RSS.
    pub(crate) fn best_variance(&self, sum_of_squares: f64) -> f64 {
        let n = self.y.len() as f64;
        2.0 * sum_of_squares / (n + (n * n + 16.0 * sum_of_squares).sqrt())
    }
}
