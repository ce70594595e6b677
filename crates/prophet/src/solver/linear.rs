//! The mode of a posterior that is linear in its parameters, for any design.

use crate::solver::dense::{DenseDesign, DenseResiduals};
use crate::solver::mode::{Certainty, LEAST_VARIANCE, ModeSearch, Moments};
use crate::solver::parameters::{Parameters, TREND_PRECISION};
use crate::solver::posterior::{Posterior, Trend};

/// A mode and how far it can be trusted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundMode {
    pub(crate) parameters: Parameters,
    pub(crate) certainty: Certainty,
}

/// The mode of a posterior with linear or flat growth and additive features.
pub(crate) fn linear_mode(posterior: &Posterior) -> FoundMode {
    let rows = posterior.t.len();
    let flat = posterior.trend == Trend::Flat;
    let mut ridge = vec![vec![1.0; rows]];
    ridge.extend(posterior.features.iter().cloned());
    if !flat {
        ridge.push(posterior.t.clone());
    }
    let mut precisions = vec![TREND_PRECISION];
    precisions.extend(posterior.prior_scales.iter().map(|scale| scale.powi(-2)));
    if !flat {
        precisions.push(TREND_PRECISION);
    }
    // A flat trend does not see slope changes: their mode is zero.
    let seen = if flat {
        &[][..]
    } else {
        &posterior.changepoints
    };
    let hinges = seen.iter().map(|changepoint| posterior.hinge(*changepoint));
    let design = DenseDesign::new(rows, ridge, precisions, hinges);

    let mean = posterior.y.iter().sum::<f64>() / rows as f64;
    let centred: Vec<f64> = posterior.y.iter().map(|y| y - mean).collect();
    let mut shift = vec![0.0; design.ridge()];
    shift[0] = mean;
    let mut search = ModeSearch::default();
    let certainty = search_dense(&mut search, &design, &centred, &shift, posterior.tau);

    let features = posterior.features.len();
    let found = search.coefficients();
    let changes = &found[design.ridge()..];
    let mut delta = vec![0.0; posterior.changepoints.len()];
    for (delta, found) in delta.iter_mut().zip(changes).take(seen.len()) {
        *delta = *found;
    }
    FoundMode {
        parameters: Parameters {
            k: if flat { 0.0 } else { found[features + 1] },
            m: found[0] + mean,
            delta,
            beta: found[1..=features].to_vec(),
            sigma: search.variance().sqrt(),
        },
        certainty,
    }
}

/// Finds the mode of `y` on `design`, and certifies it.
pub(crate) fn search_dense(
    search: &mut ModeSearch,
    design: &DenseDesign,
    y: &[f64],
    shift: &[f64],
    tau: f64,
) -> Certainty {
    let gram = design.gram();
    let correlations = design.correlations(y);
    let sum_of_squares: f64 = y.iter().map(|y| y * y).sum();
    let moments = Moments {
        correlations: &correlations,
        sum_of_squares,
        shift,
    };
    let mut residuals = DenseResiduals { design, y };
    // Any positive noise will do to begin with; a tenth of the variance is of the right order.
    let first_variance = (0.1 * sum_of_squares / gram.observations()).max(LEAST_VARIANCE);
    let factor = gram.factor(first_variance);
    search.begin(&gram, &factor, &moments);
    search.go_on(&gram, &factor, &moments, tau, &mut residuals);
    search.certify(&gram, &moments, tau, &mut residuals)
}
