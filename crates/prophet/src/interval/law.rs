//! Prediction intervals without simulation.
//!
//! Prophet draws its intervals by simulation (Taylor & Letham 2018, §3.1.4): after the history,
//! changepoints arrive as a Poisson process at the historical rate, each changes the slope by a
//! Laplace draw whose scale is the mean absolute historical change, and every day has normal
//! noise. For a linear trend that law has a closed form. With the history scaled to t in \[0, 1\],
//! S changepoints in it, λ the mean absolute slope change and σ the noise, the deviation from the
//! point forecast at t = 1 + τ is
//!
//! ```text
//! D = Σᵢ λ·Lᵢ·(τ − sᵢ) + σ·ε,   i = 1 … Poisson(S·τ),  Lᵢ ~ Laplace(0, 1),  sᵢ ~ U(0, τ)
//! ```
//!
//! and, since E\[exp(iuLr)\] = 1/(1 + u²r²), its characteristic function is real:
//!
//! ```text
//! φ(u) = exp( S·(arctan(uλτ)/(uλ) − τ) − σ²u²/2 )
//! ```
//!
//! Quantiles follow by inversion (Gil-Pelaez 1951, *Note on the inversion theorem*, Biometrika
//! 38, 481-482): P(|D| ≤ q) = (2/π) ∫₀^∞ sin(uq)/u · φ(u) du, by the trapezoid rule, which
//! converges exponentially for a density this smooth.

use std::f64::consts::FRAC_2_PI;

use fleetcast_core::IntervalLevel;

/// Added to the mean absolute slope change, as Prophet does.
pub(super) const LAMBDA_FLOOR: f64 = 1e-8;

/// Noise below this share of the total deviation is raised to it: the integrand then ends within
/// [`MAX_NODES`], and the deviation grows by an eighth of a percent at most.
const LEAST_NOISE_SHARE: f64 = 0.05;

/// Distance of the trapezoid rule's nodes, in units of 1 / (standard deviation of D). Aliases lie
/// 2π / 0.2 = 31 standard deviations away.
const NODE_DISTANCE: f64 = 0.2;

/// The node where the noise alone has damped the integrand by exp(−32).
const LAST_NODE: f64 = 8.0;

/// Nodes for the least noise: `LAST_NODE / LEAST_NOISE_SHARE / NODE_DISTANCE`.
const MAX_NODES: usize = 800;

/// Quantiles are searched for up to this many standard deviations.
const SEARCH_LIMIT: f64 = 15.0;

const MAX_ITERATIONS: usize = 60;

/// How far the future may deviate from a Prophet forecast with a linear trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrendUncertainty {
    /// Potential changepoints a unit of scaled time (the history's length): 25 by default.
    pub changepoints: f64,
    /// Mean absolute slope change in the history, in scaled units; not negative.
    pub mean_absolute_delta: f64,
    /// Standard deviation of the daily noise, in scaled units; not negative.
    pub sigma: f64,
}

/// The mean absolute value; 0 where there is none.
pub(crate) fn mean_absolute(values: &[f64]) -> f64 {
    let sum: f64 = values.iter().map(|value| value.abs()).sum();
    sum / values.len().max(1) as f64
}

impl TrendUncertainty {
    /// Half the width of the central interval at `level`, `tau` after the history's end.
    ///
    /// `tau` is in units of the history's length, and not negative; the result is in scaled units
    /// (a multiple of the largest absolute value in the history). It is accurate to 1e-8 of the
    /// standard deviation of the deviation where the noise makes up at least a twentieth of it;
    /// smaller noise is taken as that twentieth, so that the interval is never too narrow for it.
    #[must_use]
    pub fn half_width(&self, tau: f64, level: IntervalLevel) -> f64 {
        let lambda = self.lambda();
        // Var(L) = 2 and E[(τ − s)²] = τ²/3, for S·τ changes on average.
        let trend_variance = self.changepoints * 2.0 * lambda.powi(2) * tau.powi(3) / 3.0;
        let deviation = (trend_variance + self.sigma.powi(2)).sqrt();
        if deviation == 0.0 {
            return 0.0;
        }
        let noise_share = (self.sigma / deviation).clamp(LEAST_NOISE_SHARE, 1.0);
        let nodes = self.characteristic_nodes(lambda, tau, deviation, noise_share);
        deviation * central_quantile(&nodes, level.share())
    }

    /// The scale of future slope changes.
    pub(crate) fn lambda(&self) -> f64 {
        self.mean_absolute_delta + LAMBDA_FLOOR
    }

    /// φ at the nodes of the trapezoid rule after 0, for D in units of its standard deviation.
    fn characteristic_nodes(
        &self,
        lambda: f64,
        tau: f64,
        deviation: f64,
        noise_share: f64,
    ) -> Vec<f64> {
        let slope_scale = lambda / deviation;
        let last = LAST_NODE / noise_share;
        (1..=MAX_NODES)
            .map(|node| node as f64 * NODE_DISTANCE)
            .take_while(|u| *u <= last)
            .map(|u| {
                let rate = u * slope_scale;
                let trend = self.changepoints * arctan_excess(rate, tau);
                libm::exp(trend - (noise_share * u).powi(2) / 2.0)
            })
            .collect()
    }
}

/// arctan(rate·tau)/rate − tau, without cancellation where `rate·tau` is small.
fn arctan_excess(rate: f64, tau: f64) -> f64 {
    let x = rate * tau;
    if x.abs() < 1e-3 {
        // arctan(x) − x = −x³/3 + x⁵/5 − …
        let square = x * x;
        return tau * square * (square / 5.0 - 1.0 / 3.0);
    }
    libm::atan(x) / rate - tau
}

/// q with P(|D| ≤ q) = `share`, where φ of D at the nodes is `nodes`; by Newton's method inside a
/// bracket.
fn central_quantile(nodes: &[f64], share: f64) -> f64 {
    let (mut low, mut high) = (0.0, SEARCH_LIMIT);
    let mut q = 1.0;
    for _ in 0..MAX_ITERATIONS {
        let (probability, density) = central_probability(nodes, q);
        let excess = probability - share;
        if excess > 0.0 {
            high = q;
        } else {
            low = q;
        }
        let newton = q - excess / density;
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        if (next - q).abs() < 1e-10 {
            return next;
        }
        q = next;
    }
    q
}

/// P(|D| ≤ q) and its derivative by q.
fn central_probability(nodes: &[f64], q: f64) -> (f64, f64) {
    // sin and cos of the multiples of one angle, by rotation; renewed now and then, so that
    // rounding does not add up.
    const RENEW_EVERY: usize = 64;
    let angle = NODE_DISTANCE * q;
    let (step_sin, step_cos) = libm::sincos(angle);
    let (mut sin, mut cos) = (0.0, 1.0);
    let (mut probability, mut density) = (q / 2.0, 0.5);
    for (index, phi) in nodes.iter().enumerate() {
        let node = (index + 1) as f64;
        (sin, cos) = if index % RENEW_EVERY == 0 {
            libm::sincos(node * angle)
        } else {
            (
                sin * step_cos + cos * step_sin,
                cos * step_cos - sin * step_sin,
            )
        };
        probability += phi * sin / (node * NODE_DISTANCE);
        density += phi * cos;
    }
    let weight = FRAC_2_PI * NODE_DISTANCE;
    (weight * probability, (weight * density).max(f64::EPSILON))
}

/// The standard deviation of one Laplace(0, 1) slope change.
#[cfg(test)]
const LAPLACE_DEVIATION: f64 = std::f64::consts::SQRT_2;

#[cfg(test)]
mod tests {
    use super::*;

    fn half_width(lambda: f64, sigma: f64, tau: f64, share: f64) -> f64 {
        let uncertainty = TrendUncertainty {
            changepoints: 25.0,
            mean_absolute_delta: lambda,
            sigma,
        };
        uncertainty.half_width(tau, IntervalLevel::new(share).unwrap())
    }

    #[test]
    fn without_trend_changes_it_is_the_normal_quantile() {
        for (share, z) in [
            (0.8, 1.281_551_565_5),
            (0.95, 1.959_963_984_5),
            (0.5, 0.674_489_750_2),
        ] {
            let found = half_width(0.0, 0.3, 0.2, share);
            assert!((found - 0.3 * z).abs() < 1e-7, "{share}: {found}");
        }
    }

    /// A plain simulation of Prophet's law, by inverse transform on a fixed stream of numbers.
    fn simulated(lambda: f64, sigma: f64, tau: f64, share: f64) -> f64 {
        let mut state = 88_172_645_463_325_252_u64;
        let mut uniform = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        };
        let mut deviations: Vec<f64> = (0..200_000)
            .map(|_| {
                let mut deviation = 0.0;
                // Arrivals of a Poisson process: exponential gaps.
                let mut at = -uniform().ln() / 25.0;
                while at < tau {
                    let draw = uniform() - 0.5;
                    let laplace = -draw.signum() * (1.0 - 2.0 * draw.abs()).ln();
                    deviation += lambda * laplace * (tau - at);
                    at += -uniform().ln() / 25.0;
                }
                // Box-Muller.
                let radius = (-2.0 * uniform().ln()).sqrt();
                deviation += sigma * radius * (std::f64::consts::TAU * uniform()).cos();
                deviation.abs()
            })
            .collect();
        deviations.sort_by(f64::total_cmp);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among the draws"
        )]
        let rank = (share * 200_000.0) as usize;
        deviations[rank]
    }

    #[test]
    fn it_agrees_with_a_simulation_of_prophets_law() {
        for (lambda, sigma, tau) in [
            (0.05, 0.05, 0.18),
            (0.5, 0.05, 0.18),
            (0.5, 0.02, 0.02),
            (2.0, 0.01, 0.3),
        ] {
            for share in [0.5, 0.8, 0.95] {
                let (found, expected) = (
                    half_width(lambda, sigma, tau, share),
                    simulated(lambda, sigma, tau, share),
                );
                // 200,000 draws know a quantile to about half a percent.
                assert!(
                    (found / expected - 1.0).abs() < 0.015,
                    "λ {lambda} σ {sigma} τ {tau} at {share}: {found}, simulated {expected}"
                );
            }
        }
    }

    #[test]
    fn it_grows_with_level_time_and_scale() {
        let narrow = half_width(0.1, 0.05, 0.1, 0.8);
        assert!(half_width(0.1, 0.05, 0.1, 0.95) > narrow);
        assert!(half_width(0.1, 0.05, 0.2, 0.8) > narrow);
        let scaled = half_width(10.0, 5.0, 0.1, 0.8);
        assert!((scaled / narrow - 100.0).abs() < 1e-4);
    }

    #[test]
    fn extremes_are_finite() {
        for (lambda, sigma) in [
            (0.0, 0.0),
            (1e3, 0.0),
            (0.0, 1e-9),
            (1e3, 1e-9),
            (1e-9, 1e3),
        ] {
            for tau in [0.0, 1e-4, 1.0, 20.0] {
                let found = half_width(lambda, sigma, tau, 0.8);
                assert!(
                    found.is_finite() && found >= 0.0,
                    "λ {lambda} σ {sigma} τ {tau}: {found}"
                );
            }
        }
    }

    #[test]
    fn far_ahead_it_becomes_normal() {
        // Many changes: the central limit theorem applies.
        let tau = 40.0_f64;
        let deviation = LAPLACE_DEVIATION * (25.0 * tau.powi(3) / 3.0).sqrt();
        let found = half_width(1.0, 0.0, tau, 0.8) / deviation;
        assert!((found - 1.2816).abs() < 0.01, "{found}");
    }
}
