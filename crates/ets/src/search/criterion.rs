//! What forms are compared by, and how hard the best fit of each is looked for.

/// The criterion forms are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Criterion {
    /// Akaike's information criterion, corrected for small samples.
    #[default]
    Aicc,
    /// Akaike's information criterion.
    Aic,
    /// Schwarz's information criterion.
    Bic,
}

/// How hard the largest likelihood is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// Searches begin from the two best starting points that lie apart; with a multiplicative season from a third
    /// where the two agree on whether the season moves.
    #[default]
    Standard,
    /// Searches begin from every starting point.
    Thorough,
}

impl Criterion {
    /// Returns the criterion's value for a fit of `parameters` estimated parameters and states, the
    /// variance among them, to `n` observations.
    pub(crate) fn value(self, log_likelihood: f64, parameters: usize, n: f64) -> f64 {
        let k = parameters as f64;
        let aic = -2.0 * log_likelihood + 2.0 * k;
        match self {
            Self::Aic => aic,
            Self::Aicc => aic + 2.0 * k * (k + 1.0) / (n - k - 1.0),
            Self::Bic => -2.0 * log_likelihood + k * libm::log(n),
        }
    }
}
