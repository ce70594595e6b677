//! Forecasts of a fitted model, with prediction intervals.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

use super::fit::EtsFit;
use crate::model::{ErrorKind, EtsError, Season};
use fleetcast_numerics::{normal_quantile, quantile_of_sorted};

/// Futures simulated for a multiplicative season.
const PATHS: usize = 2_000;

/// Relative errors above 100 % make squares grow without bound from day to day; they end here.
const LARGEST_SQUARE: f64 = 1e290;

/// A point forecast and the bounds of its interval, a value a day, in the series' unit.
#[derive(Debug, Clone, PartialEq)]
pub struct EtsForecast {
    /// Point forecasts.
    pub point: Vec<f64>,
    /// Lower bounds.
    pub lower: Vec<f64>,
    /// Upper bounds.
    pub upper: Vec<f64>,
}

impl EtsFit {
    /// Point forecasts of the `horizon` days after the last: what the model gives without errors.
    #[must_use]
    pub fn predict(&self, horizon: usize) -> Vec<f64> {
        self.end.predict(horizon)
    }

    /// Point forecasts with a central prediction interval at `level` (0.8 for 80 %).
    ///
    /// Additive and multiplicative errors without a multiplicative season: normal, with the exact
    /// variance (Hyndman, Koehler, Ord & Snyder 2008, ch. 6, tables 6.2 and eq. 6.12). With a
    /// multiplicative season: quantiles of 2,000 simulated futures, always from the same seed.
    ///
    /// # Errors
    ///
    /// [`EtsError::Level`] where `level` is not between 0 and 1.
    pub fn forecast(&self, horizon: usize, level: f64) -> Result<EtsForecast, EtsError> {
        if !(level > 0.0 && level < 1.0) {
            return Err(EtsError::Level(level));
        }
        let point = self.predict(horizon);
        if self.form().season() == Season::Multiplicative {
            return Ok(self.simulated(point, level));
        }
        let z = normal_quantile(f64::midpoint(1.0, level));
        let half_widths: Vec<f64> = self
            .variances(&point)
            .iter()
            .map(|variance| z * variance.sqrt())
            .collect();
        let bound = |sign: f64| -> Vec<f64> {
            let both = point.iter().zip(&half_widths);
            both.map(|(point, half_width)| point + sign * half_width)
                .collect()
        };
        Ok(EtsForecast {
            lower: bound(-1.0),
            upper: bound(1.0),
            point,
        })
    }

    /// Variances of the days whose point forecasts are `point`, in the series' unit squared.
    fn variances(&self, point: &[f64]) -> Vec<f64> {
        let sigma_squared = self.sigma_squared();
        let effects: Vec<f64> = self.end.effects_of_an_error(point.len());
        match self.form().error() {
            ErrorKind::Additive => {
                let mut sum = 1.0;
                let variance = |effect: &f64| {
                    let variance = sigma_squared * sum;
                    sum += effect * effect;
                    variance
                };
                effects.iter().map(variance).collect()
            }
            ErrorKind::Multiplicative => {
                let mut squares: Vec<f64> = Vec::with_capacity(point.len());
                for mean in point {
                    let earlier = squares.iter().rev().zip(&effects);
                    let spread: f64 = earlier
                        .map(|(square, effect)| effect * effect * square)
                        .sum();
                    let square = mean * mean + sigma_squared * spread;
                    squares.push(square.min(LARGEST_SQUARE));
                }
                let both = squares.iter().zip(point);
                both.map(|(square, mean)| ((1.0 + sigma_squared) * square - mean * mean).max(0.0))
                    .collect()
            }
        }
    }

    fn simulated(&self, point: Vec<f64>, level: f64) -> EtsForecast {
        let horizon = point.len();
        let mut random = Pcg64Mcg::new(0x00f1_ee7c_a57e_7500);
        let sigma = self.sigma_squared().sqrt();
        let start = self.end.recursion();
        let mut days = vec![Vec::with_capacity(PATHS); horizon];
        for _ in 0..PATHS {
            let mut recursion = start.clone();
            for day in &mut days {
                let epsilon = sigma * normal_quantile(uniform(&mut random));
                // An error of −1 or less would make a positive series negative.
                day.push(recursion.simulate(epsilon.max(-0.999)));
            }
        }
        for day in &mut days {
            day.sort_by(f64::total_cmp);
        }
        let tail = (1.0 - level) / 2.0;
        EtsForecast {
            lower: days
                .iter()
                .zip(&point)
                .map(|(day, point)| quantile_of_sorted(day, tail).min(*point))
                .collect(),
            upper: days
                .iter()
                .zip(&point)
                .map(|(day, point)| quantile_of_sorted(day, 1.0 - tail).max(*point))
                .collect(),
            point,
        }
    }
}

/// A number strictly between 0 and 1, of 52 random bits and a half.
fn uniform(random: &mut Pcg64Mcg) -> f64 {
    let bits = (random.next_u64() >> 12) as f64;
    (bits + 0.5) / 4_503_599_627_370_496.0
}
