//! How models are fitted.

use fleetcast_numerics::Path;

use super::coordinates::Coordinates;
use super::criterion::{Criterion, Effort};
use crate::model::{Bounds, EtsError, Fixed, Form, ParameterLimits};

/// How models are fitted, whatever their form.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The days of a season.
    pub(crate) season_length: usize,
    pub(crate) fixed: Fixed,
    pub(crate) limits: ParameterLimits,
    pub(crate) bounds: Bounds,
    pub(crate) criterion: Criterion,
    pub(crate) effort: Effort,
    /// The instructions to compute with; the best there are where `None`.
    pub(crate) path: Option<Path>,
}

impl Settings {
    /// Returns the default settings for a season of `season_length` days.
    pub(crate) fn new(season_length: usize) -> Self {
        Self {
            season_length,
            fixed: Fixed::default(),
            limits: ParameterLimits::default(),
            bounds: Bounds::default(),
            criterion: Criterion::default(),
            effort: Effort::default(),
            path: None,
        }
    }

    /// Returns the box that the parameters of `form` are sought in.
    pub(crate) fn coordinates(&self, form: Form) -> Result<Coordinates, EtsError> {
        Coordinates::new(form, self.fixed, self.limits, self.bounds)
    }
}
