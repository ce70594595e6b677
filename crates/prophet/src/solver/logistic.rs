//! The logistic curve.

use libm::exp;

/// 1 / (1 + exp(−x)), without overflow.
pub(crate) fn expit(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let growth = exp(x);
        growth / (1.0 + growth)
    }
}
