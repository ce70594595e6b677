//! A fitted model.

use crate::model::{ErrorKind, Extrapolation, Form, Recursion, Smoothing, States, freedom};
use crate::search::Criterion;

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct EtsFit {
    pub(crate) end: Extrapolation,
    initial: States,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
    levels: Vec<f64>,
    growths: Vec<f64>,
    seasons: Vec<f64>,
    log_likelihood: f64,
    parameters: usize,
    observations: usize,
}

impl EtsFit {
    pub(crate) fn new(
        form: Form,
        smoothing: Smoothing,
        initial: States,
        y: &[f64],
        parameters: usize,
    ) -> Self {
        let mut recursion = Recursion::new(form, smoothing, initial.clone());
        let days: Vec<_> = y.iter().map(|y| recursion.step(*y)).collect();
        let fitted: Vec<f64> = days.iter().map(|day| day.fitted).collect();
        let relative = form.error() == ErrorKind::Multiplicative;
        let residuals: Vec<f64> = y
            .iter()
            .zip(&fitted)
            .map(|(y, fitted)| {
                if relative {
                    (y - fitted) / fitted
                } else {
                    y - fitted
                }
            })
            .collect();
        let observations = residuals
            .iter()
            .filter(|residual| !residual.is_nan())
            .count();
        let largest = residuals
            .iter()
            .filter(|residual| !residual.is_nan())
            .fold(0.0, |largest: f64, residual| largest.max(residual.abs()));
        let mut sum = 0.0;
        let mut logs = 0.0;
        for (residual, fitted) in residuals.iter().zip(&fitted) {
            if !residual.is_nan() {
                if largest > 0.0 {
                    sum += (residual / largest) * (residual / largest);
                }
                if relative {
                    logs += libm::log(fitted.abs());
                }
            }
        }
        let n = observations as f64;
        // A perfect fit has no likelihood; call its error a rounding error.
        let floor = f64::MIN_POSITIVE;
        let log_sum = libm::log(sum.max(floor)) + 2.0 * libm::log(largest.max(1e-150));
        let freedom = freedom(observations, parameters);
        Self {
            end: Extrapolation {
                form,
                smoothing,
                last: recursion.into_states(),
                sigma_squared: sum / freedom * largest * largest,
            },
            initial,
            levels: days.iter().map(|day| day.level).collect(),
            growths: days.iter().map(|day| day.growth).collect(),
            seasons: days.iter().map(|day| day.season).collect(),
            fitted,
            residuals,
            log_likelihood: -0.5 * n * log_sum - logs,
            parameters,
            observations,
        }
    }

    /// The form.
    #[must_use]
    pub fn form(&self) -> Form {
        self.end.form
    }

    /// The smoothing parameters.
    #[must_use]
    pub fn smoothing(&self) -> Smoothing {
        self.end.smoothing
    }

    /// States before the first day.
    #[must_use]
    pub fn initial_states(&self) -> &States {
        &self.initial
    }

    /// States after the last day.
    #[must_use]
    pub fn last_states(&self) -> &States {
        &self.end.last
    }

    /// The log-likelihood up to a constant that depends on the number of observations only, as R's
    /// `forecast::ets` reports it.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The variance of the residuals, corrected for the parameters and states estimated; those
    /// given are not.
    #[must_use]
    pub fn sigma_squared(&self) -> f64 {
        self.end.sigma_squared
    }

    /// One-step forecasts, a value a day.
    #[must_use]
    pub fn fitted(&self) -> &[f64] {
        &self.fitted
    }

    /// Errors of the one-step forecasts, a value a day, NaN where a day is missing: y − ŷ in the
    /// series' unit, or (y − ŷ)/ŷ for multiplicative errors.
    #[must_use]
    pub fn residuals(&self) -> &[f64] {
        &self.residuals
    }

    /// The level after each day, in the series' unit.
    #[must_use]
    pub fn level(&self) -> &[f64] {
        &self.levels
    }

    /// The growth after each day, in the series' unit a day; 0 without a trend.
    #[must_use]
    pub fn trend(&self) -> &[f64] {
        &self.growths
    }

    /// The seasonal state each day was forecast with; 0 (or 1, where it multiplies) without one.
    #[must_use]
    pub fn season(&self) -> &[f64] {
        &self.seasons
    }

    /// How many days have a value.
    #[must_use]
    pub fn observations(&self) -> usize {
        self.observations
    }

    /// A criterion's value; the smallest wins. It counts the parameters and states estimated and
    /// the variance, not what was given.
    #[must_use]
    pub fn criterion(&self, by: Criterion) -> f64 {
        by.value(
            self.log_likelihood,
            self.parameters,
            self.observations as f64,
        )
    }
}
