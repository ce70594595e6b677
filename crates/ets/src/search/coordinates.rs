//! The parameter region as a box.

use crate::likelihood::PARAMETERS;
use crate::model::{Bounds, EtsError, Fixed, Form, ParameterLimits, Smoothing, Trend};

/// Coordinates in a box, one a smoothing parameter, that cover the region parameters are sought in.
///
/// In the usual region β ≤ α and γ ≤ 1 − α; the second and third coordinate are the share of what
/// α leaves to β and γ. In the admissible region coordinates are the parameters themselves, in a
/// box around the region.
#[derive(Debug, Clone)]
pub(crate) struct Coordinates {
    form: Form,
    fixed: Fixed,
    limits: ParameterLimits,
    /// Whether β and γ are shares of what α leaves them.
    nested: bool,
    pub(crate) least: [f64; PARAMETERS],
    pub(crate) most: [f64; PARAMETERS],
}

/// The limits, as far as they lie where a weighted average's weights and the damping do, 0 to 1.
fn weights_of(
    form: Form,
    limits: ParameterLimits,
    nested: bool,
) -> Result<ParameterLimits, EtsError> {
    let weight = |exists: bool, name: &'static str, (least, most): (f64, f64)| {
        let inside = (least.max(0.0), most.min(1.0));
        if exists && inside.0 > inside.1 {
            return Err(EtsError::Limits { name, least, most });
        }
        Ok(inside)
    };
    Ok(ParameterLimits {
        alpha: weight(nested, "alpha", limits.alpha)?,
        beta: weight(nested && form.has_trend(), "beta", limits.beta)?,
        gamma: weight(nested && form.has_season(), "gamma", limits.gamma)?,
        phi: weight(form.trend() == Trend::Damped, "phi", limits.phi)?,
    })
}

impl Coordinates {
    pub(crate) fn new(
        form: Form,
        fixed: Fixed,
        limits: ParameterLimits,
        bounds: Bounds,
    ) -> Result<Self, EtsError> {
        let nested = bounds != Bounds::Admissible;
        let limits = weights_of(form, limits, nested)?;
        // What is asked of a parameter that is given, and the box of one that is not.
        let (asked, mut ranges) = if nested {
            // α must leave room for β and γ: for those given, or the least there may be.
            let (mut least, mut most) = limits.alpha;
            if form.has_trend() {
                least = least.max(fixed.beta.unwrap_or(limits.beta.0));
            }
            if form.has_season() {
                most = most.min(1.0 - fixed.gamma.unwrap_or(limits.gamma.0));
            }
            (
                [limits.alpha, limits.beta, limits.gamma, limits.phi],
                [(least, most), (0.0, 1.0), (0.0, 1.0), limits.phi],
            )
        } else {
            let all = [(-1.0, 2.5), (-1.0, 4.0), (0.0, 2.5), limits.phi];
            (all, all)
        };
        let exists = [
            true,
            form.has_trend(),
            form.has_season(),
            form.trend() == Trend::Damped,
        ];
        let given = [fixed.alpha, fixed.beta, fixed.gamma, fixed.phi];
        for (index, name) in ["alpha", "beta", "gamma", "phi"].into_iter().enumerate() {
            if !exists[index] {
                ranges[index] = (0.0, 0.0);
            } else if let Some(value) = given[index] {
                let (least, most) = asked[index];
                if !(value >= least && value <= most) {
                    return Err(EtsError::OutsideRegion { name, value });
                }
                // α and φ are their own coordinates; where β and γ are given, theirs do nothing.
                ranges[index] = match index {
                    0 => (value.max(ranges[0].0), value.min(ranges[0].1)),
                    3 => (value, value),
                    _ => (0.0, 0.0),
                };
            }
        }
        let (least, most) = ranges[0];
        if least > most {
            return Err(EtsError::EmptyRegion { form, least, most });
        }
        Ok(Self {
            form,
            fixed,
            limits,
            nested,
            least: ranges.map(|range| range.0),
            most: ranges.map(|range| range.1),
        })
    }

    /// The parameters at a point of the box.
    pub(crate) fn smoothing(&self, point: &[f64; PARAMETERS]) -> Smoothing {
        let [alpha, beta, gamma, phi] = *point;
        let (beta, gamma) = if self.nested {
            let beta_room = alpha.min(self.limits.beta.1) - self.limits.beta.0;
            let gamma_room = (1.0 - alpha).min(self.limits.gamma.1) - self.limits.gamma.0;
            (
                self.limits.beta.0 + beta_room.max(0.0) * beta,
                self.limits.gamma.0 + gamma_room.max(0.0) * gamma,
            )
        } else {
            (beta, gamma)
        };
        let form = self.form;
        let existing = |exists: bool, fixed: Option<f64>, value: f64, absent: f64| {
            if exists {
                fixed.unwrap_or(value)
            } else {
                absent
            }
        };
        Smoothing {
            alpha,
            beta: existing(form.has_trend(), self.fixed.beta, beta, 0.0),
            gamma: existing(form.has_season(), self.fixed.gamma, gamma, 0.0),
            phi: existing(form.trend() == Trend::Damped, self.fixed.phi, phi, 1.0),
        }
    }

    /// The point of the box nearest to some parameters.
    pub(crate) fn point(&self, smoothing: &Smoothing) -> [f64; PARAMETERS] {
        let alpha = smoothing.alpha.clamp(self.least[0], self.most[0]);
        let share = |value: f64, least: f64, most: f64| {
            if most > least {
                (value - least) / (most - least)
            } else {
                0.0
            }
        };
        let (beta, gamma) = if self.nested {
            (
                share(
                    smoothing.beta,
                    self.limits.beta.0,
                    alpha.min(self.limits.beta.1),
                ),
                share(
                    smoothing.gamma,
                    self.limits.gamma.0,
                    (1.0 - alpha).min(self.limits.gamma.1),
                ),
            )
        } else {
            (smoothing.beta, smoothing.gamma)
        };
        let point = [alpha, beta, gamma, smoothing.phi];
        std::array::from_fn(|index| point[index].clamp(self.least[index], self.most[index]))
    }

    /// How the parameters (rows: α, β, γ, φ) move with the coordinates (columns).
    pub(crate) fn derivative(&self, point: &[f64; PARAMETERS]) -> [[f64; PARAMETERS]; PARAMETERS] {
        let mut derivative = [[0.0; PARAMETERS]; PARAMETERS];
        for (index, row) in derivative.iter_mut().enumerate() {
            row[index] = f64::from(u8::from(self.most[index] > self.least[index]));
        }
        if !self.nested {
            return derivative;
        }
        let [alpha, beta, gamma, _] = *point;
        if self.form.has_trend() && self.fixed.beta.is_none() {
            let room = alpha.min(self.limits.beta.1) - self.limits.beta.0;
            derivative[1][1] *= room.max(0.0);
            if alpha < self.limits.beta.1 && room > 0.0 {
                derivative[1][0] = beta * derivative[0][0];
            }
        }
        if self.form.has_season() && self.fixed.gamma.is_none() {
            let room = (1.0 - alpha).min(self.limits.gamma.1) - self.limits.gamma.0;
            derivative[2][2] *= room.max(0.0);
            if 1.0 - alpha < self.limits.gamma.1 && room > 0.0 {
                derivative[2][0] = -gamma * derivative[0][0];
            }
        }
        derivative
    }
}
