//! Smoothing parameters.

use super::error::EtsError;
use super::form::{Form, Trend};

/// Smoothing parameters of a model, in the notation of R's `forecast::ets`: the level moves by α,
/// the growth by β, the season by γ times the error; φ damps the growth.
///
/// Parameters a form does not have are 0 (φ: 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    /// How much of an error the level keeps.
    pub alpha: f64,
    /// How much of an error the growth keeps (β, not β* = β/α).
    pub beta: f64,
    /// How much of an error the season keeps.
    pub gamma: f64,
    /// What is left of the growth after a day.
    pub phi: f64,
}

/// Which smoothing parameters are given; the others are estimated, and count as parameters of a
/// fit, which those given do not.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fixed {
    /// α, where given.
    pub alpha: Option<f64>,
    /// β, where given.
    pub beta: Option<f64>,
    /// γ, where given.
    pub gamma: Option<f64>,
    /// φ, where given.
    pub phi: Option<f64>,
}

impl Fixed {
    /// How many of the smoothing parameters of `form` are given.
    pub(crate) fn count(&self, form: Form) -> usize {
        [
            (self.alpha, true),
            (self.beta, form.has_trend()),
            (self.gamma, form.has_season()),
            (self.phi, form.trend() == Trend::Damped),
        ]
        .iter()
        .filter(|(given, exists)| *exists && given.is_some())
        .count()
    }
}

/// Days of the longest season whose characteristic equation is looked into: the work grows with
/// their square, 50 ms here.
const LONGEST_SEASON: usize = 10_000;

/// What the smoothing parameters have to satisfy, as the argument `bounds` of R's `ets` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bounds {
    /// The region of weighted averages: β ≤ α, γ ≤ 1 − α, all from 0 to 1 and inside the [`ParameterLimits`].
    Usual,
    /// The region where forecasts do not depend on the distant past (Hyndman, Akram & Archibald
    /// 2008, *The admissible parameter space for exponential smoothing models*, Annals of the
    /// Institute of Statistical Mathematics 60(2), 407-426); of the [`ParameterLimits`], φ's alone hold.
    Admissible,
    /// The part of the usual region that is admissible.
    #[default]
    Both,
}

/// The least and the greatest value of each smoothing parameter: finite numbers, in this order. What
/// lies beyond 0 to 1 is not used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParameterLimits {
    /// The limits of α.
    pub alpha: (f64, f64),
    /// The limits of β.
    pub beta: (f64, f64),
    /// The limits of γ.
    pub gamma: (f64, f64),
    /// The limits of φ.
    pub phi: (f64, f64),
}

impl Default for ParameterLimits {
    /// R's: 0.0001 to 0.9999, and 0.8 to 0.98 for φ.
    fn default() -> Self {
        Self {
            alpha: (1e-4, 0.9999),
            beta: (1e-4, 0.9999),
            gamma: (1e-4, 0.9999),
            phi: (0.8, 0.98),
        }
    }
}

impl ParameterLimits {
    /// Refuses what is no range: a search could not even begin there.
    pub(crate) fn check(&self) -> Result<(), EtsError> {
        let named = [
            ("alpha", self.alpha),
            ("beta", self.beta),
            ("gamma", self.gamma),
            ("phi", self.phi),
        ];
        for (name, (least, most)) in named {
            if !(least.is_finite() && most.is_finite() && least <= most) {
                return Err(EtsError::Limits { name, least, most });
            }
        }
        Ok(())
    }
}

impl Smoothing {
    /// Whether the parameters lie in the usual region: β ≤ α and γ ≤ 1 − α.
    #[must_use]
    pub fn is_usual(&self, form: Form, limits: &ParameterLimits) -> bool {
        let slack = 1e-8;
        let within =
            |value: f64, (least, most): (f64, f64)| value >= least - slack && value <= most + slack;
        let trend_is_usual = !form.has_trend()
            || (within(self.beta, limits.beta) && self.beta <= self.alpha + slack);
        let season_is_usual = !form.has_season()
            || (within(self.gamma, limits.gamma) && self.gamma <= 1.0 - self.alpha + slack);
        let damping_is_usual = form.trend() != Trend::Damped || within(self.phi, limits.phi);
        within(self.alpha, limits.alpha) && trend_is_usual && season_is_usual && damping_is_usual
    }

    /// Whether the parameters are admissible for a season of `season_length` days: every root of
    /// the characteristic equation lies on or inside the unit circle.
    ///
    /// Conditions of Hyndman, Koehler, Ord & Snyder 2008, ch. 10, in the form R's `ets` uses them.
    /// A season of more than 10,000 days is not looked into, and counts as not admissible.
    #[must_use]
    pub fn is_admissible(&self, form: Form, season_length: usize) -> bool {
        let Self {
            alpha,
            beta,
            gamma,
            phi,
        } = *self;
        if !(0.0..=1.0 + 1e-8).contains(&phi) {
            return false;
        }
        if form.has_season() && season_length > LONGEST_SEASON {
            return false;
        }
        if !form.has_season() {
            let level_holds = alpha >= 1.0 - 1.0 / phi && alpha <= 1.0 + 1.0 / phi;
            let trend_holds = !form.has_trend()
                || (beta >= alpha * (phi - 1.0) && beta <= (1.0 + phi) * (2.0 - alpha));
            return level_holds && trend_holds;
        }
        let m = season_length as f64;
        if gamma < (1.0 - 1.0 / phi - alpha).max(0.0) || gamma > 1.0 + 1.0 / phi - alpha {
            return false;
        }
        if alpha < 1.0 - 1.0 / phi - gamma * (1.0 - m + phi + phi * m) / (2.0 * phi * m) {
            return false;
        }
        if beta < -(1.0 - phi) * (gamma / m + alpha) {
            return false;
        }
        roots_are_inside(&characteristic_polynomial(self, season_length))
    }
}

/// The characteristic polynomial of a seasonal model, constant term first, leading coefficient 1.
fn characteristic_polynomial(smoothing: &Smoothing, season_length: usize) -> Vec<f64> {
    let Smoothing {
        alpha,
        beta,
        gamma,
        phi,
    } = *smoothing;
    let mut coefficients = vec![alpha + beta - alpha * phi; season_length + 2];
    coefficients[0] = phi * (1.0 - alpha - gamma);
    coefficients[1] = alpha + beta - alpha * phi + gamma - 1.0;
    coefficients[season_length] = alpha + beta - phi;
    coefficients[season_length + 1] = 1.0;
    coefficients
}

/// Whether all roots lie on or inside the unit circle, by the recursion of Schur and Cohn, which
/// needs no roots. The polynomial is shrunk a little, so that roots on the circle count as inside.
fn roots_are_inside(coefficients: &[f64]) -> bool {
    const SLACK: f64 = 1.0 + 1e-9;
    let mut scale = 1.0;
    let mut current: Vec<f64> = coefficients
        .iter()
        .rev()
        .map(|coefficient| {
            let scaled = coefficient * scale;
            scale /= SLACK;
            scaled
        })
        .collect();
    // `current` holds the leading coefficient first.
    while current.len() > 1 {
        let degree = current.len() - 1;
        let reflection = current[degree] / current[0];
        if reflection.abs() >= 1.0 || reflection.is_nan() {
            return false;
        }
        // In place, by pairs that are each other's mirror image.
        for index in 0..=degree / 2 {
            let (near, far) = (current[index], current[degree - index]);
            current[index] = near - reflection * far;
            current[degree - index] = far - reflection * near;
        }
        current.truncate(degree);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smoothing(alpha: f64, beta: f64, gamma: f64, phi: f64) -> Smoothing {
        Smoothing {
            alpha,
            beta,
            gamma,
            phi,
        }
    }

    #[test]
    fn roots_are_told_from_the_circle() {
        // (z − 0.5)(z + 0.9), (z − 1)(z − 0.2), (z − 1.1)(z − 0.2), z² + 1.
        for (coefficients, inside) in [
            ([-0.45, 0.4, 1.0], true),
            ([0.2, -1.2, 1.0], true),
            ([0.22, -1.3, 1.0], false),
            ([1.0, 0.0, 1.0], true),
        ] {
            assert_eq!(roots_are_inside(&coefficients), inside, "{coefficients:?}");
        }
    }

    #[test]
    fn seasons_of_any_length_have_an_answer() {
        let form: Form = "ANA".parse().unwrap();
        let usual = smoothing(0.3, 0.0, 0.2, 1.0);
        for (season_length, admissible) in [
            (2, true),
            (365, true),
            (LONGEST_SEASON, true),
            (LONGEST_SEASON + 1, false),
            (usize::MAX, false),
        ] {
            let found = usual.is_admissible(form, season_length);
            assert_eq!(found, admissible, "{season_length}");
        }
        let without: Form = "ANN".parse().unwrap();
        assert!(usual.is_admissible(without, usize::MAX));
    }

    #[test]
    fn regions_are_those_of_r() {
        let limits = ParameterLimits::default();
        for (name, parameters, usual, admissible) in [
            ("ANN", (0.5, 0.0, 0.0, 1.0), true, true),
            ("ANN", (1.5, 0.0, 0.0, 1.0), false, true),
            ("ANN", (2.1, 0.0, 0.0, 1.0), false, false),
            ("AAN", (0.3, 0.4, 0.0, 1.0), false, true),
            ("AAdN", (0.3, 0.1, 0.0, 0.9), true, true),
            ("AAdN", (0.3, 0.1, 0.0, 0.7), false, true),
            ("ANA", (0.5, 0.0, 0.4, 1.0), true, true),
            ("ANA", (0.5, 0.0, 0.6, 1.0), false, true),
            ("AAA", (0.9, 0.5, 0.05, 1.0), true, false),
            ("AAA", (0.9, 1.5, 0.05, 1.0), false, false),
        ] {
            let form: Form = name.parse().unwrap();
            let (alpha, beta, gamma, phi) = parameters;
            let found = smoothing(alpha, beta, gamma, phi);
            assert_eq!(
                found.is_usual(form, &limits),
                usual,
                "{name} {parameters:?}"
            );
            assert_eq!(
                found.is_admissible(form, 7),
                admissible,
                "{name} {parameters:?}"
            );
        }
    }
}
