//! Where each derivative stands among the lanes.

use crate::model::{Form, Trend};

/// Which lane of the first vector is which derivative.
///
/// Lane 0 is the error itself; those that exist follow without a hole; the response to the first
/// seasonal state, of which only delayed copies are used, is last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    pub(crate) level: usize,
    pub(crate) alpha: usize,
    pub(crate) growth: Option<usize>,
    pub(crate) beta: Option<usize>,
    pub(crate) phi: Option<usize>,
    pub(crate) gamma: Option<usize>,
    /// How many lanes count, the error included.
    pub(crate) used: usize,
}

impl Columns {
    pub(crate) fn new(form: Form) -> Self {
        let mut used = 3;
        let mut next = |exists: bool| {
            exists.then(|| {
                used += 1;
                used - 1
            })
        };
        let growth = next(form.has_trend());
        let beta = next(form.has_trend());
        let phi = next(form.trend() == Trend::Damped);
        let gamma = next(form.has_season());
        Self {
            level: 1,
            alpha: 2,
            growth,
            beta,
            phi,
            gamma,
            used,
        }
    }
}
