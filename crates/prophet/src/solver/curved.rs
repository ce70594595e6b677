//! The mode of a posterior that is not linear in its parameters: logistic growth, or features that
//! multiply the trend.
//!
//! Proximal Gauss-Newton: the model is linearised where the search stands, the mode of the
//! linearised posterior is found exactly, slope changes and noise included, and the search moves
//! towards it as far as the posterior improves. At the end the linearisation is exact where it
//! matters, and the mode's conditions are those of the posterior itself.

use libm::log;

use crate::solver::dense::{DenseDesign, DenseResiduals};
use crate::solver::linear::{FoundMode, linear_mode, search_dense};
use crate::solver::mode::{Certainty, LEAST_VARIANCE, ModeSearch, Moments};
use crate::solver::parameters::{Parameters, TREND_PRECISION};
use crate::solver::posterior::{Fitted, Posterior, Trend};
use fleetcast_numerics::dot;

/// Linearisations before a start is given up on.
const MAX_LINEARISATIONS: usize = 200;

/// Halvings of one step.
const MAX_HALVINGS: usize = 30;

/// How near 0 and its capacity a value may come before its logit is taken.
const LOGIT_MARGIN: f64 = 0.01;

/// The least slope a logistic start has.
const LEAST_START_SLOPE: f64 = 0.1;

/// The mode's conditions hold well enough for the search to end.
const CONVERGED: f64 = 1e-12;

/// Steps near the mode that bring it no nearer before the search ends.
const PATIENCE: usize = 8;

/// Steps below this are so short that the posterior is nearly quadratic along them.
const NEARLY_LINEAR: f64 = 1e-2;

/// How much shorter or longer than Gauss-Newton's a step may be there.
const LEAST_SHARE: f64 = 0.1;
const MOST_SHARE: f64 = 2.0;

/// A rise of the objective up to this share of it is rounding.
const OBJECTIVE_ROUNDING: f64 = 1e-13;

/// The best mode found from two starts: the given one, and one of our own.
pub(crate) fn curved_mode(posterior: &Posterior, start: &Parameters) -> FoundMode {
    let own_start = match &posterior.trend {
        Trend::Logistic { cap } => logit_start(posterior, cap),
        Trend::Linear | Trend::Flat => additive_start(posterior),
    };
    let own = descend(posterior, own_start);
    let given = descend(posterior, start.clone());
    // A descent that left the numbers behind is no match for one that did not.
    let is_sound = |descent: &Descent| descent.objective.is_finite();
    if !is_sound(&own) || (is_sound(&given) && given.objective < own.objective) {
        given.mode
    } else {
        own.mode
    }
}

/// The point where a descent ended.
#[derive(Debug)]
struct Descent {
    objective: f64,
    mode: FoundMode,
}

/// The point where a descent stands: parameters with the noise that is best for them.
#[derive(Debug, Clone)]
struct Point {
    parameters: Parameters,
    fitted: Fitted,
    objective: f64,
}

impl Point {
    fn at(posterior: &Posterior, mut parameters: Parameters) -> Self {
        let fitted = posterior.fitted(&parameters);
        let sum_of_squares = posterior.sum_of_squares(&fitted);
        let variance = posterior.best_variance(sum_of_squares).max(LEAST_VARIANCE);
        parameters.sigma = variance.sqrt();
        let objective = posterior.objective(&parameters, sum_of_squares);
        Self {
            parameters,
            fitted,
            objective,
        }
    }
}

fn descend(posterior: &Posterior, start: Parameters) -> Descent {
    let mut point = Point::at(posterior, start);
    let mut search = ModeSearch::default();
    let mut last = Step::default();
    let mut nearest = (f64::INFINITY, point.clone());
    let mut since_nearest = 0;
    for _ in 0..MAX_LINEARISATIONS {
        let linearised = Linearised::at(posterior, &point);
        let no_shift = vec![0.0; linearised.design.ridge()];
        let y = &linearised.y;
        search_dense(&mut search, &linearised.design, y, &no_shift, posterior.tau);
        let columns = linearised.coefficients.len();
        let target = &search.coefficients()[..columns];
        let Some((next, step)) = improve(posterior, &point, &linearised, target, &last) else {
            break;
        };
        point = next;
        if step.size < NEARLY_LINEAR {
            // Near the mode its conditions say more than the objective, whose changes are rounding.
            let kkt = violation(certainty_at(posterior, &point, &mut search));
            if kkt < nearest.0 {
                nearest = (kkt, point.clone());
                since_nearest = 0;
            } else {
                since_nearest += 1;
            }
            if kkt < CONVERGED || since_nearest > PATIENCE {
                break;
            }
        }
        last = step;
    }
    if nearest.0.is_finite() {
        point = nearest.1;
    }
    let certainty = certainty_at(posterior, &point, &mut search);
    Descent {
        objective: point.objective,
        mode: FoundMode {
            parameters: point.parameters,
            certainty,
        },
    }
}

/// The largest violation of the mode's conditions.
fn violation(certainty: Certainty) -> f64 {
    match certainty {
        Certainty::Certified { kkt } | Certainty::Uncertified { kkt } => kkt,
        Certainty::Floored => 0.0,
    }
}

/// A step of a descent.
#[derive(Debug, Clone)]
struct Step {
    /// The way from where it was made to the mode of the linearised posterior.
    direction: Vec<f64>,
    /// The share of that it went.
    share: f64,
    /// The largest change of a coefficient, relative to the largest coefficient.
    size: f64,
}

impl Default for Step {
    /// No step.
    fn default() -> Self {
        Self {
            direction: Vec::new(),
            share: 1.0,
            size: f64::INFINITY,
        }
    }
}

impl Step {
    /// The share that would have ended the search, had it been a linear one: Gauss-Newton steps
    /// that leave out curvature are too long or too short by nearly the same factor every time,
    /// and the last two tell it (Aitken's extrapolation).
    fn better_share(&self, direction: &[f64]) -> f64 {
        if self.size > NEARLY_LINEAR {
            return 1.0;
        }
        let last_square = dot(&self.direction, &self.direction);
        let kept = dot(direction, &self.direction) / last_square;
        let share = self.share / (1.0 - kept);
        if share.is_finite() {
            share.clamp(LEAST_SHARE, MOST_SHARE)
        } else {
            1.0
        }
    }
}

/// The first of a step towards `target`, half of it, a quarter, … that does not worsen the
/// posterior; `None` where there is none.
fn improve(
    posterior: &Posterior,
    point: &Point,
    linearised: &Linearised,
    target: &[f64],
    last: &Step,
) -> Option<(Point, Step)> {
    let here = &linearised.coefficients;
    let largest = |values: &[f64]| values.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    let direction: Vec<f64> = here
        .iter()
        .zip(target)
        .map(|(x, target)| target - x)
        .collect();
    let relative_distance = largest(&direction) / largest(here).max(f64::MIN_POSITIVE);
    let tolerance = OBJECTIVE_ROUNDING * point.objective.abs();
    let mut share = last.better_share(&direction);
    for _ in 0..MAX_HALVINGS {
        let moves = here.iter().zip(&direction).zip(target);
        let coefficients: Vec<f64> = moves
            .map(|((x, direction), target)| {
                // Slope changes become exactly zero, or the search would never say which are.
                let vanishes = *target == 0.0 && relative_distance < NEARLY_LINEAR;
                if vanishes { 0.0 } else { x + share * direction }
            })
            .collect();
        let next = Point::at(posterior, unpack(posterior, &coefficients));
        if next.objective <= point.objective + tolerance {
            let step = Step {
                direction,
                share,
                size: share * relative_distance,
            };
            return Some((next, step));
        }
        share /= 2.0;
    }
    None
}

/// The mode's conditions where the descent stands.
fn certainty_at(posterior: &Posterior, point: &Point, search: &mut ModeSearch) -> Certainty {
    let linearised = Linearised::at(posterior, point);
    let design = &linearised.design;
    let variance = point.parameters.sigma.powi(2);
    search.stand_at(&linearised.coefficients, variance, design.ridge());
    let moments = Moments {
        correlations: &[],
        sum_of_squares: 0.0,
        shift: &vec![0.0; design.ridge()],
    };
    let mut residuals = DenseResiduals {
        design,
        y: &linearised.y,
    };
    search.certify(&design.gram(), &moments, posterior.tau, &mut residuals)
}

/// The posterior's linear model around a point: y of the linear model is what the parameters'
/// columns have to explain for the residuals to be those of the posterior.
#[derive(Debug)]
struct Linearised {
    design: DenseDesign,
    y: Vec<f64>,
    coefficients: Vec<f64>,
}

impl Linearised {
    fn at(posterior: &Posterior, point: &Point) -> Self {
        let Fitted {
            trend,
            factor,
            yhat,
        } = &point.fitted;
        // How the forecast changes with the growth curve's argument.
        let sensitivity: Vec<f64> = match &posterior.trend {
            Trend::Linear | Trend::Flat => factor.clone(),
            Trend::Logistic { cap } => trend
                .iter()
                .zip(cap)
                .zip(factor)
                .map(|((trend, cap), factor)| trend * (1.0 - trend / cap) * factor)
                .collect(),
        };
        let scaled = |of: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let times = posterior.t.iter().zip(&sensitivity);
            times.map(|(t, sensitivity)| of(*t) * sensitivity).collect()
        };
        let Parameters { k, m, .. } = point.parameters;
        let (by_m, by_k) = match posterior.trend {
            Trend::Linear => (scaled(&|_| 1.0), Some(scaled(&|t| t))),
            Trend::Flat => (scaled(&|_| 1.0), None),
            Trend::Logistic { .. } => (scaled(&|_| -k), Some(scaled(&|t| t - m))),
        };
        let mut ridge = vec![by_m];
        let features = posterior.features.iter().zip(&posterior.multiplicative);
        ridge.extend(features.map(|(feature, multiplies)| {
            if *multiplies {
                feature
                    .iter()
                    .zip(trend)
                    .map(|(x, trend)| x * trend)
                    .collect()
            } else {
                feature.clone()
            }
        }));
        let mut precisions = vec![TREND_PRECISION];
        precisions.extend(posterior.prior_scales.iter().map(|scale| scale.powi(-2)));
        if let Some(by_k) = by_k {
            ridge.push(by_k);
            precisions.push(TREND_PRECISION);
        }
        let changepoints = if posterior.trend == Trend::Flat {
            &[][..]
        } else {
            &posterior.changepoints
        };
        let hinges = changepoints.iter().map(|s| scaled(&|t| (t - s).max(0.0)));
        let design = DenseDesign::new(posterior.t.len(), ridge, precisions, hinges);
        let coefficients = pack(posterior, &point.parameters);
        let linear = design.multiply(&coefficients);
        let y = posterior
            .y
            .iter()
            .zip(yhat)
            .zip(&linear)
            .map(|((y, yhat), linear)| y - yhat + linear)
            .collect();
        Self {
            design,
            y,
            coefficients,
        }
    }
}

/// The parameters in the order of the design's columns: m, features, k, slope changes.
fn pack(posterior: &Posterior, parameters: &Parameters) -> Vec<f64> {
    let mut coefficients = vec![parameters.m];
    coefficients.extend_from_slice(&parameters.beta);
    if posterior.trend != Trend::Flat {
        coefficients.push(parameters.k);
        coefficients.extend_from_slice(&parameters.delta);
    }
    coefficients
}

/// The opposite of [`pack`]; the noise is left at zero.
fn unpack(posterior: &Posterior, coefficients: &[f64]) -> Parameters {
    let features = posterior.features.len();
    let (k, delta) = if posterior.trend == Trend::Flat {
        (0.0, vec![0.0; posterior.changepoints.len()])
    } else {
        (
            coefficients[features + 1],
            coefficients[features + 2..].to_vec(),
        )
    };
    Parameters {
        k,
        m: coefficients[0],
        delta,
        beta: coefficients[1..=features].to_vec(),
        sigma: 0.0,
    }
}

/// The mode of the same posterior with every feature additive, its additive features kept: the
/// trend is nearly right, and features that multiply start from nothing.
fn additive_start(posterior: &Posterior) -> Parameters {
    let additive = Posterior {
        multiplicative: vec![false; posterior.multiplicative.len()],
        ..posterior.clone()
    };
    let mut start = linear_mode(&additive).parameters;
    for (beta, multiplies) in start.beta.iter_mut().zip(&posterior.multiplicative) {
        if *multiplies {
            *beta = 0.0;
        }
    }
    start
}

/// The linear mode of the logits of y as shares of the capacity: logistic growth is linear there.
fn logit_start(posterior: &Posterior, cap: &[f64]) -> Parameters {
    let logits = posterior.y.iter().zip(cap).map(|(y, cap)| {
        let share = (y / cap).clamp(LOGIT_MARGIN, 1.0 - LOGIT_MARGIN);
        log(share / (1.0 - share))
    });
    let linear = Posterior {
        y: logits.collect(),
        trend: Trend::Linear,
        features: Vec::new(),
        multiplicative: Vec::new(),
        prior_scales: Vec::new(),
        ..posterior.clone()
    };
    let found = linear_mode(&linear).parameters;
    // k·t + m there is k·(t − m) here; a flat curve needs some slope to have an offset at all.
    let k = if found.k.abs() < LEAST_START_SLOPE {
        LEAST_START_SLOPE.copysign(found.k)
    } else {
        found.k
    };
    Parameters {
        k,
        m: -found.m / k,
        delta: found.delta,
        beta: vec![0.0; posterior.features.len()],
        sigma: 0.0,
    }
}
