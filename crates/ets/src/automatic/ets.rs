//! Which models to fit, and how.

use std::collections::BTreeMap;

use super::fit::EtsFit;
use super::solve::{Known, Solution};
use crate::model::{Bounds, EtsError, Fixed, Form, ParameterLimits};
use crate::search::{Criterion, Effort, Series, Settings};
use fleetcast_numerics::{Instructions, Path};

/// A choice of forms and how to fit them.
///
/// ```
/// use fleetcast_ets::{Ets, Form};
///
/// let y: Vec<f64> = (0..60).map(|day| 20.0 + f64::from(day % 7)).collect();
/// let fit = Ets::new(7).forms(&["ANA".parse()?]).fit_values(&y)?;
/// assert_eq!(fit.form().to_string(), "ANA");
/// # Ok::<(), fleetcast_ets::EtsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ets {
    settings: Settings,
    forms: Vec<Form>,
}

impl Ets {
    /// All forms that suit a season of `season_length` days: 15, or the 6 without a season where
    /// it is 1 or less. Positive values are needed for 9 of the 15; others go without those.
    #[must_use]
    pub fn new(season_length: usize) -> Self {
        let forms = Form::ALL
            .into_iter()
            .filter(|form| season_length >= 2 || !form.has_season())
            .collect();
        Self {
            settings: Settings::new(season_length),
            forms,
        }
    }

    /// Compares these forms only, in whatever order: they are fitted from simple to rich, each helped
    /// by those before, and one that is named twice is fitted once.
    #[must_use]
    pub fn forms(mut self, forms: &[Form]) -> Self {
        self.forms = forms.to_vec();
        self
    }

    /// Takes some smoothing parameters as given. They are not counted as parameters estimated.
    #[must_use]
    pub fn fixed(mut self, fixed: Fixed) -> Self {
        self.settings.fixed = fixed;
        self
    }

    /// Seeks smoothing parameters between these. A limit that is not finite, or a lower one above
    /// its upper one, is an error of the fit.
    #[must_use]
    pub fn limits(mut self, limits: ParameterLimits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Seeks smoothing parameters in this region.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.settings.bounds = bounds;
        self
    }

    /// Compares forms by this criterion.
    #[must_use]
    pub fn criterion(mut self, criterion: Criterion) -> Self {
        self.settings.criterion = criterion;
        self
    }

    /// Looks for the largest likelihood this hard.
    #[must_use]
    pub fn effort(mut self, effort: Effort) -> Self {
        self.settings.effort = effort;
        self
    }

    /// Computes with these instructions, or the widest narrower ones this machine has. For
    /// comparisons: the best there are is the default, and all give the same bits.
    #[must_use]
    pub fn instructions(mut self, instructions: Instructions) -> Self {
        self.settings.path = Some(Path::at_most(instructions));
        self
    }

    /// The best form by the criterion, fitted to `y`: a value a day, NaN where it is missing.
    ///
    /// # Errors
    ///
    /// [`EtsError`] where no form can be fitted; of a single form, why.
    pub fn fit_values(&self, y: &[f64]) -> Result<EtsFit, EtsError> {
        let series = Series::new(y, &self.settings)?;
        let mut additive = Known::new();
        let mut best: Option<(f64, Solution)> = None;
        let mut failure = None;
        for form in self.simple_to_rich() {
            let least = best.as_ref().map(|(least, _)| *least);
            match series.solve(form, &mut additive, least) {
                Ok(solution) => {
                    let value = series.criterion(&solution);
                    if best.as_ref().is_none_or(|(least, _)| value < *least) {
                        best = Some((value, solution));
                    }
                }
                Err(error) => failure = Some(error),
            }
        }
        match (best, failure) {
            (Some((_, solution)), _) => Ok(series.finish(&solution)),
            (None, Some(error)) if self.simple_to_rich().count() == 1 => Err(error),
            (None, _) => Err(EtsError::NoForm),
        }
    }

    /// Every form, fitted to `y`, in the order of the forms.
    #[must_use]
    pub fn fit_all(&self, y: &[f64]) -> Vec<Result<EtsFit, EtsError>> {
        let series = match Series::new(y, &self.settings) {
            Ok(series) => series,
            Err(error) => return self.forms.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut additive = Known::new();
        let fits: BTreeMap<Form, Result<EtsFit, EtsError>> = self
            .simple_to_rich()
            .map(|form| {
                let solution = series.solve(form, &mut additive, None);
                (form, solution.map(|solution| series.finish(&solution)))
            })
            .collect();
        self.forms
            .iter()
            .filter_map(|form| fits.get(form).cloned())
            .collect()
    }

    /// Returns how models are fitted, whatever their form.
    #[cfg(test)]
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The forms to fit, in an order of their own: what is known of one is where the next begins.
    fn simple_to_rich(&self) -> impl Iterator<Item = Form> {
        let forms = Form::ALL.into_iter();
        forms.filter(|form| self.forms.contains(form))
    }
}
