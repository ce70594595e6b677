//! A model where its series ends.

use super::form::{Form, Season, Trend};
use super::parameters::Smoothing;
use super::recursion::Recursion;
use super::states::States;

/// A model where its series ends: all that forecasts are made from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Extrapolation {
    pub(crate) form: Form,
    pub(crate) smoothing: Smoothing,
    /// States after the last day, the next day's season first, in the series' unit.
    pub(crate) last: States,
    /// The variance of the residuals, corrected for the parameters and states estimated.
    pub(crate) sigma_squared: f64,
}

impl Extrapolation {
    /// The variance of the residuals, in the series' unit squared (no unit for multiplicative errors).
    pub(crate) fn sigma_squared(&self) -> f64 {
        self.sigma_squared
    }

    /// Point forecasts of the `horizon` days after the last: what the model gives without errors.
    pub(crate) fn predict(&self, horizon: usize) -> Vec<f64> {
        if self.form.trend() == Trend::None && self.form.season() != Season::Multiplicative {
            // Without errors and growth nothing moves but the day of the season.
            let States { level, season, .. } = &self.last;
            let season = if season.is_empty() {
                &[0.0]
            } else {
                &season[..]
            };
            let days = season.iter().cycle().take(horizon);
            return days.map(|season| level + season).collect();
        }
        let mut recursion = self.recursion();
        (0..horizon)
            .map(|_| recursion.step(f64::NAN).fitted)
            .collect()
    }

    /// How much of an error is left in the forecast 1, 2, … days later: `c_j` of table 6.1.
    pub(crate) fn effects_of_an_error(&self, days: usize) -> Vec<f64> {
        let smoothing = self.smoothing;
        let season_length = self.last.season.len();
        let mut damping = 1.0;
        let mut growth_kept = 0.0;
        (1..=days)
            .map(|day| {
                damping *= smoothing.phi;
                growth_kept += damping;
                let same_day = season_length > 0 && day % season_length == 0;
                let season = if same_day { smoothing.gamma } else { 0.0 };
                smoothing.alpha + smoothing.beta * growth_kept + season
            })
            .collect()
    }

    pub(crate) fn recursion(&self) -> Recursion {
        Recursion::new(self.form, self.smoothing, self.last.clone())
    }
}

/// The divisor of a sum of squared errors: observations less the parameters and states estimated,
/// the variance not among them.
pub(crate) fn freedom(observations: usize, parameters: usize) -> f64 {
    observations.saturating_sub(parameters - 1).max(1) as f64
}
