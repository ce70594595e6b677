//! The exact solver where Stan stands: an optimizer for `augurs-prophet`.

use augurs_prophet::optimizer::{Data, Error, InitialParams, OptimizeOpts, OptimizedParams};
use augurs_prophet::{Optimizer, PositiveFloat, TrendIndicator};

use crate::exact::CONSTANT_SIGMA;
use crate::solver::{Certainty, FoundMode, Parameters, Posterior, Trend, curved_mode, linear_mode};
use fleetcast_numerics::vectorized;

/// Finds the mode of Prophet's posterior exactly, in place of Stan.
///
/// Drop it into any `augurs_prophet::Prophet`: options, holidays, regressors, custom and
/// conditional seasonalities and all growth types stay that crate's. The answer depends on the
/// data alone: the options of [`OptimizeOpts`] are Stan's (algorithm, seed, iterations) and have no
/// meaning here, and the initial parameters are only used where the posterior may have several
/// modes (logistic growth, multiplicative features) and for constant series, which are not fitted
/// (as in Python).
///
/// With additive features and linear or flat growth the mode is the one that a descent from large
/// noise reaches. [`ExactOptimizer::solve`] returns, with the parameters, whether the mode's
/// conditions hold to 1e-8; as an [`Optimizer`] it returns what it found, as Stan does.
///
/// ```
/// use augurs_prophet::{Prophet, TrainingData};
/// use fleetcast_prophet::ExactOptimizer;
///
/// let ds: Vec<i64> = (0..60).map(|day| day * 86_400).collect();
/// let y = (0..60).map(|day| 40.0 + 0.2 * f64::from(day) + f64::from(day % 7)).collect();
/// let mut model = Prophet::new(Default::default(), ExactOptimizer::new());
/// model.fit(TrainingData::new(ds, y)?, Default::default())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ExactOptimizer;

/// Parameters, and how far they can be trusted.
#[derive(Debug, Clone)]
pub struct Solution {
    /// The parameters, in Prophet's scaled units.
    pub parameters: OptimizedParams,
    /// Whether the mode's conditions hold.
    pub certainty: Certainty,
}

/// The model at some parameters, a value a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    /// The trend.
    pub trend: Vec<f64>,
    /// Trend and features together.
    pub yhat: Vec<f64>,
}

impl ExactOptimizer {
    /// An optimizer; it has no settings.
    #[must_use]
    pub fn new() -> Self {
        Self
    }

    /// The model at any parameters: trend and forecast at each of the times of `data`, in scaled
    /// units. Values of y play no part.
    ///
    /// # Errors
    ///
    /// As [`ExactOptimizer::solve`].
    pub fn evaluate(self, parameters: &OptimizedParams, data: &Data) -> Result<Evaluated, Error> {
        let parameters = Parameters {
            k: parameters.k,
            m: parameters.m,
            delta: parameters.delta.clone(),
            beta: parameters.beta.clone(),
            sigma: *parameters.sigma_obs,
        };
        let fitted = posterior_of(data, &parameters)?.fitted(&parameters);
        Ok(Evaluated {
            trend: fitted.trend,
            yhat: fitted.yhat,
        })
    }

    /// The posterior's mode, with its certificate.
    ///
    /// # Errors
    ///
    /// Where the arrays of `data` or `init` are not as long as `data` says, or a value is not
    /// finite.
    pub fn solve(self, init: &InitialParams, data: &Data) -> Result<Solution, Error> {
        let start = Parameters {
            k: init.k,
            m: init.m,
            delta: init.delta.clone(),
            beta: init.beta.clone(),
            sigma: *init.sigma_obs,
        };
        let posterior = posterior_of(data, &start)?;
        let mode = vectorized(
            #[inline(always)]
            || mode_of(&posterior, start),
        );
        let Parameters {
            k,
            m,
            delta,
            beta,
            sigma,
        } = mode.parameters.clone();
        let all = [k, m, sigma]
            .into_iter()
            .chain(delta.iter().chain(&beta).copied());
        if !all.into_iter().all(f64::is_finite) {
            return Err(Error::static_str("the search left the range of numbers"));
        }
        let trend = posterior.fitted(&mode.parameters).trend;
        let parameters = OptimizedParams {
            k,
            m,
            sigma_obs: PositiveFloat::try_new(sigma).map_err(Error::custom)?,
            delta,
            beta,
            trend,
        };
        Ok(Solution {
            parameters,
            certainty: mode.certainty,
        })
    }
}

impl Optimizer for ExactOptimizer {
    fn optimize(
        &self,
        init: &InitialParams,
        data: &Data,
        _: &OptimizeOpts,
    ) -> Result<OptimizedParams, Error> {
        self.solve(init, data).map(|solution| solution.parameters)
    }
}

fn mode_of(posterior: &Posterior, start: Parameters) -> FoundMode {
    let first = posterior.y.first().copied().unwrap_or(0.0);
    let is_constant = posterior.y.iter().all(|y| y.total_cmp(&first).is_eq());
    if is_constant && !matches!(posterior.trend, Trend::Logistic { .. }) {
        let parameters = Parameters {
            sigma: CONSTANT_SIGMA,
            ..start
        };
        return FoundMode {
            parameters,
            certainty: Certainty::Floored,
        };
    }
    if posterior.is_linear() {
        linear_mode(posterior)
    } else {
        curved_mode(posterior, &start)
    }
}

/// The posterior of Stan's data block.
fn posterior_of(data: &Data, start: &Parameters) -> Result<Posterior, Error> {
    let rows = usize::try_from(data.T).unwrap_or(0);
    let features = usize::try_from(data.K).unwrap_or(0);
    let changepoints = usize::try_from(data.S).unwrap_or(0);
    let lengths = [
        ("y", data.y.len(), rows),
        ("t", data.t.len(), rows),
        ("cap", data.cap.len(), rows),
        ("t_change", data.t_change.len(), changepoints),
        ("X", data.X.len(), rows * features),
        ("sigmas", data.sigmas.len(), features),
        ("s_a", data.s_a.len(), features),
        ("s_m", data.s_m.len(), features),
        ("the initial delta", start.delta.len(), changepoints),
        ("the initial beta", start.beta.len(), features),
    ];
    for (name, found, expected) in lengths {
        if found != expected {
            return Err(Error::string(format!(
                "{name} has {found} values, {expected} expected"
            )));
        }
    }
    if rows == 0 {
        return Err(Error::static_str("there is no observation"));
    }
    let values = data.y.iter().chain(&data.t).chain(&data.cap);
    let values = values.chain(&data.t_change).chain(&data.X);
    let starts = [&start.k, &start.m].into_iter();
    let mut values = values.chain(starts).chain(&start.delta).chain(&start.beta);
    if !values.all(|value| value.is_finite()) {
        return Err(Error::static_str(
            "the data or the initial parameters hold a value that is not finite",
        ));
    }
    let is_logistic = data.trend_indicator == TrendIndicator::Logistic;
    if is_logistic && data.cap.iter().any(|cap| *cap <= 0.0) {
        return Err(Error::static_str("a capacity is not above the floor"));
    }
    let mut modes = data.s_a.iter().zip(&data.s_m);
    if let Some(both) = modes.position(|(additive, multiplicative)| additive * multiplicative != 0)
    {
        return Err(Error::string(format!(
            "feature {both} is both additive and multiplicative"
        )));
    }
    let trend = match data.trend_indicator {
        TrendIndicator::Linear => Trend::Linear,
        TrendIndicator::Flat => Trend::Flat,
        TrendIndicator::Logistic => Trend::Logistic {
            cap: data.cap.clone(),
        },
    };
    let column = |feature: usize| {
        // A feature that is neither added nor multiplied has no effect.
        let effect = f64::from(u8::from(data.s_a[feature] != 0 || data.s_m[feature] != 0));
        let values = data.X.iter().skip(feature).step_by(features);
        values.map(|value| value * effect).collect()
    };
    Ok(Posterior {
        y: data.y.clone(),
        t: data.t.clone(),
        trend,
        changepoints: data.t_change.clone(),
        tau: *data.tau,
        features: (0..features).map(column).collect(),
        multiplicative: data.s_m.iter().map(|indicator| *indicator != 0).collect(),
        prior_scales: data.sigmas.iter().map(|scale| **scale).collect(),
    })
}
