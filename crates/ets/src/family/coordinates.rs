//! The parameter region as a box.

use super::normal_equations::PARAMETERS;
use super::{Bounds, EtsError, Fixed, Form, Limits, Smoothing, Trend};

/// Coordinates in a box, one a smoothing parameter, that cover the region parameters are sought in.
///
/// In the usual region β ≤ α and γ ≤ 1 − α; the second and third coordinate are the share of what
/// α leaves to β and γ. In the admissible region coordinates are the parameters themselves, in a
/// box around the region.
#[derive(Debug, Clone)]
pub(super) struct Coordinates {
    form: Form,
    fixed: Fixed,
    limits: Limits,
    /// Whether β and γ are shares of what α leaves them.
    nested: bool,
    pub(super) least: [f64; PARAMETERS],
    pub(super) most: [f64; PARAMETERS],
}

impl Coordinates {
    pub(super) fn new(
        form: Form,
        fixed: Fixed,
        limits: Limits,
        bounds: Bounds,
    ) -> Result<Self, EtsError> {
        let nested = bounds != Bounds::Admissible;
        let (alpha, shares) = if nested {
            // α must leave room for a β and a γ that are given.
            let least = fixed.beta.filter(|_| form.has_trend()).unwrap_or(0.0);
            let most = 1.0 - fixed.gamma.filter(|_| form.has_season()).unwrap_or(0.0);
            let alpha = (limits.alpha.0.max(least), limits.alpha.1.min(most));
            (alpha, [(0.0, 1.0), (0.0, 1.0)])
        } else {
            ((-1.0, 2.5), [(-1.0, 4.0), (0.0, 2.5)])
        };
        let mut ranges = [alpha, shares[0], shares[1], limits.phi];
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
                let inside = match index {
                    0 | 3 => value >= ranges[index].0 && value <= ranges[index].1,
                    _ => (0.0..=if nested { 1.0 } else { 4.0 }).contains(&value),
                };
                if !inside {
                    return Err(EtsError::OutsideRegion { name, value });
                }
                ranges[index] = if matches!(index, 0 | 3) {
                    (value, value)
                } else {
                    (0.0, 0.0)
                };
            }
        }
        if ranges[0].0 > ranges[0].1 {
            let name = "alpha";
            return Err(EtsError::OutsideRegion {
                name,
                value: ranges[0].0,
            });
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
    pub(super) fn smoothing(&self, point: &[f64; PARAMETERS]) -> Smoothing {
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
    pub(super) fn point(&self, smoothing: &Smoothing) -> [f64; PARAMETERS] {
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
    pub(super) fn derivative(&self, point: &[f64; PARAMETERS]) -> [[f64; PARAMETERS]; PARAMETERS] {
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
