//! Models to fit, and fitted ones.

use super::coordinates::Coordinates;
use super::lanes::Path;
use super::optimise::{Point, Search};
use super::pass::Observations;
use super::recursion::Recursion;
use super::starts::{multiplied, plain_states, starting_parameters};
use super::{Bounds, ErrorKind, EtsError, Fixed, Form, Limits, Season, Smoothing, States};

/// What forms are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Criterion {
    /// Akaike's, corrected for small samples.
    #[default]
    Aicc,
    /// Akaike's.
    Aic,
    /// Schwarz's.
    Bic,
}

/// How hard the largest likelihood is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effort {
    /// From the best of a few starting points, and again where it ends on a bound of α.
    #[default]
    Standard,
    /// From every starting point.
    Thorough,
}

/// A choice of forms and how to fit them.
///
/// ```
/// use fleetcast_ets::{Ets, Form};
///
/// let y: Vec<f64> = (0..60).map(|day| 20.0 + f64::from(day % 7)).collect();
/// let fit = Ets::new(7).forms(&["ANA".parse()?]).fit(&y)?;
/// assert_eq!(fit.form().to_string(), "ANA");
/// # Ok::<(), fleetcast_ets::EtsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Ets {
    season_length: usize,
    forms: Vec<Form>,
    fixed: Fixed,
    limits: Limits,
    bounds: Bounds,
    criterion: Criterion,
    effort: Effort,
    path: Option<Path>,
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
            season_length,
            forms,
            fixed: Fixed::default(),
            limits: Limits::default(),
            bounds: Bounds::default(),
            criterion: Criterion::default(),
            effort: Effort::default(),
            path: None,
        }
    }

    /// Compares these forms only.
    #[must_use]
    pub fn forms(mut self, forms: &[Form]) -> Self {
        self.forms = forms.to_vec();
        self
    }

    /// Takes some smoothing parameters as given.
    #[must_use]
    pub fn fixed(mut self, fixed: Fixed) -> Self {
        self.fixed = fixed;
        self
    }

    /// Seeks smoothing parameters between these.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Seeks smoothing parameters in this region.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Compares forms by this criterion.
    #[must_use]
    pub fn criterion(mut self, criterion: Criterion) -> Self {
        self.criterion = criterion;
        self
    }

    /// Looks for the largest likelihood this hard.
    #[must_use]
    pub fn effort(mut self, effort: Effort) -> Self {
        self.effort = effort;
        self
    }

    #[cfg(test)]
    pub(crate) fn on_path(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }

    /// The best form by the criterion, fitted to `y`: a value a day, NaN where it is missing.
    ///
    /// # Errors
    ///
    /// [`EtsError`] where no form can be fitted; of a single form, why.
    pub fn fit(&self, y: &[f64]) -> Result<EtsFit, EtsError> {
        let mut best: Option<EtsFit> = None;
        let mut failure = None;
        for result in self.fit_all(y) {
            match result {
                Ok(fit) => {
                    let better = best.as_ref().is_none_or(|best| {
                        fit.criterion(self.criterion) < best.criterion(self.criterion)
                    });
                    if better {
                        best = Some(fit);
                    }
                }
                Err(error) => failure = Some(error),
            }
        }
        match (best, failure) {
            (Some(fit), _) => Ok(fit),
            (None, Some(error)) if self.forms.len() == 1 => Err(error),
            (None, _) => Err(EtsError::NoForm),
        }
    }

    /// Every form, fitted to `y`, in the order of the forms.
    #[must_use]
    pub fn fit_all(&self, y: &[f64]) -> Vec<Result<EtsFit, EtsError>> {
        let series = match Series::new(y, self) {
            Ok(series) => series,
            Err(error) => return self.forms.iter().map(|_| Err(error.clone())).collect(),
        };
        let mut additive: Vec<(Form, Point)> = Vec::new();
        self.forms
            .iter()
            .map(|form| series.fit(*form, &mut additive))
            .collect()
    }
}

/// A series, scaled to a size near 1 by a power of two.
struct Series<'a> {
    y: &'a [f64],
    ets: &'a Ets,
    observations: Observations,
    /// Scaled values times this are the series' own.
    unit: f64,
    least: f64,
    mean: f64,
    path: Path,
}

impl<'a> Series<'a> {
    fn new(y: &'a [f64], ets: &'a Ets) -> Result<Self, EtsError> {
        if let Some(index) = y.iter().position(|value| value.is_infinite()) {
            return Err(EtsError::Infinite { index });
        }
        let largest = y.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let unit = power_of_two_near(largest);
        let observations = Observations::new(y, 1.0 / unit);
        let count = observations.count.max(1) as f64;
        Ok(Self {
            y,
            ets,
            unit,
            least: y.iter().copied().fold(f64::INFINITY, f64::min),
            mean: observations.y.iter().sum::<f64>() / count,
            observations,
            path: ets.path.unwrap_or_else(||Path::named(&std::env::var("ETS_PATH").unwrap_or_default())),
        })
    }

    fn fit(&self, form: Form, additive: &mut Vec<(Form, Point)>) -> Result<EtsFit, EtsError> {
        let season_length = self.ets.season_length;
        if form.has_season() && season_length < 2 {
            return Err(EtsError::SeasonLength {
                form,
                season_length,
            });
        }
        let parameters = form.smoothing_parameters() + form.initial_states(season_length) + 1;
        // One more than AICc divides by, and a whole season.
        let needed = parameters + 2;
        if self.observations.count < needed {
            return Err(EtsError::TooShort {
                form,
                needed,
                found: self.observations.count,
            });
        }
        if form.needs_positive() && self.least <= 0.0 {
            return Err(EtsError::NotPositive {
                form,
                value: self.least,
            });
        }
        let point = match form.error() {
            ErrorKind::Additive => self.additive(form, additive)?,
            ErrorKind::Multiplicative => self.multiplicative(form, additive)?,
        };
        Ok(self.finish(form, &point, parameters))
    }

    fn search<'s>(&'s self, form: Form, coordinates: &'s Coordinates) -> Search<'s> {
        let season_length = if form.has_season() { self.ets.season_length } else { 1 };
        Search::new(
            &self.observations,
            form,
            season_length,
            coordinates,
            self.ets.bounds,
            self.path,
        )
    }

    fn coordinates(&self, form: Form) -> Result<Coordinates, EtsError> {
        Coordinates::new(form, self.ets.fixed, self.ets.limits, self.ets.bounds)
    }

    fn additive(
        &self,
        form: Form,
        known: &mut Vec<(Form, Point)>,
    ) -> Result<Point, EtsError> {
        if let Some((_, point)) = known.iter().find(|(known, _)| *known == form) {
            return Ok(point.clone());
        }
        let coordinates = self.coordinates(form)?;
        let mut search = self.search(form, &coordinates);
        let plain = plain_states(&self.observations, form, self.ets.season_length);
        let mut starts: Vec<Point> = starting_parameters(form)
            .iter()
            .filter_map(|smoothing| search.start(smoothing, plain.clone()))
            .collect();
        let best = best_descent(&mut search, &mut starts, self.ets.effort);
        let best = best.ok_or(EtsError::NoLikelihood { form })?;
        if std::env::var("ETS_PASSES").is_ok() { eprintln!("{form} passes {}", search.passes_made); }
        known.push((form, best.clone()));
        Ok(best)
    }

    fn multiplicative(
        &self,
        form: Form,
        known: &mut Vec<(Form, Point)>,
    ) -> Result<Point, EtsError> {
        let twin_season = match form.season() {
            Season::Multiplicative => Season::Additive,
            season => season,
        };
        let twin = Form::new(ErrorKind::Additive, form.trend(), twin_season)?;
        let twin_point = self.additive(twin, known)?;
        let coordinates = self.coordinates(form)?;
        let mut search = self.search(form, &coordinates);
        let plain = plain_states(&self.observations, form, self.ets.season_length);
        let states_of_twin = match form.season() {
            Season::Multiplicative => multiplied(&twin_point.states, self.mean),
            Season::None | Season::Additive => Some(twin_point.states.clone()),
        };
        let states_of_twin = states_of_twin.unwrap_or_else(|| plain.clone());
        let mut starts: Vec<Point> = Vec::new();
        starts.extend(search.start(&twin_point.smoothing, states_of_twin.clone()));
        for smoothing in starting_parameters(form) {
            starts.extend(search.start(&smoothing, states_of_twin.clone()));
        }
        if starts.is_empty() {
            starts.extend(search.start(&twin_point.smoothing, plain));
        }
        let best = best_descent(&mut search, &mut starts, self.ets.effort);
        if std::env::var("ETS_PASSES").is_ok() { eprintln!("{form} passes {}", search.passes_made); }
        best.ok_or(EtsError::NoLikelihood { form })
    }

    fn finish(&self, form: Form, point: &Point, parameters: usize) -> EtsFit {
        let states = scaled(normalised(form, &point.states), self.unit);
        EtsFit::new(form, point.smoothing, states, self.y, parameters)
    }
}

fn best_descent(search: &mut Search<'_>, starts: &mut [Point], effort: Effort) -> Option<Point> {
    starts.sort_by(|a, b| a.objective.total_cmp(&b.objective));
    let tried = match effort {
        Effort::Standard => 1,
        Effort::Thorough => starts.len(),
    };
    starts
        .iter()
        .take(tried)
        .filter_map(|start| search.descend(start))
        .min_by(|a, b| a.objective.total_cmp(&b.objective))
}

/// The power of two at or below `size`, so that dividing by it loses no bit.
fn power_of_two_near(size: f64) -> f64 {
    if size < f64::MIN_POSITIVE {
        return 1.0;
    }
    let exponent = (size.to_bits() >> 52).clamp(64, 1982);
    f64::from_bits(exponent << 52)
}

/// The same model, with seasonal states that add up to nothing, or average 1.
fn normalised(form: Form, states: &States) -> States {
    let mean = states.season.iter().sum::<f64>() / states.season.len().max(1) as f64;
    match form.season() {
        Season::None => states.clone(),
        Season::Additive => States {
            level: states.level + mean,
            growth: states.growth,
            season: states.season.iter().map(|season| season - mean).collect(),
        },
        Season::Multiplicative => States {
            level: states.level * mean,
            growth: states.growth * mean,
            season: states.season.iter().map(|season| season / mean).collect(),
        },
    }
}

/// The same model of a series `unit` times as large.
fn scaled(states: States, unit: f64) -> States {
    // A multiplicative season averages 1, whatever the unit: tell by the mean.
    let multiplicative = states.season.iter().sum::<f64>() > 0.5 * states.season.len() as f64
        && !states.season.is_empty();
    States {
        level: states.level * unit,
        growth: states.growth * unit,
        season: if multiplicative {
            states.season
        } else {
            states.season.iter().map(|season| season * unit).collect()
        },
    }
}

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct EtsFit {
    form: Form,
    smoothing: Smoothing,
    initial: States,
    last: States,
    fitted: Vec<f64>,
    residuals: Vec<f64>,
    levels: Vec<f64>,
    growths: Vec<f64>,
    seasons: Vec<f64>,
    log_likelihood: f64,
    sigma_squared: f64,
    parameters: usize,
    observations: usize,
}

impl EtsFit {
    fn new(
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
            .map(|(y, fitted)| if relative { (y - fitted) / fitted } else { y - fitted })
            .collect();
        let observations = residuals.iter().filter(|residual| !residual.is_nan()).count();
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
        let freedom = observations.saturating_sub(parameters).max(1) as f64;
        Self {
            form,
            smoothing,
            initial,
            last: recursion.into_states(),
            levels: days.iter().map(|day| day.level).collect(),
            growths: days.iter().map(|day| day.growth).collect(),
            seasons: days.iter().map(|day| day.season).collect(),
            fitted,
            residuals,
            log_likelihood: -0.5 * n * log_sum - logs,
            sigma_squared: sum / freedom * largest * largest,
            parameters,
            observations,
        }
    }

    /// The form.
    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    /// The smoothing parameters.
    #[must_use]
    pub fn smoothing(&self) -> Smoothing {
        self.smoothing
    }

    /// States before the first day.
    #[must_use]
    pub fn initial_states(&self) -> &States {
        &self.initial
    }

    /// States after the last day.
    #[must_use]
    pub fn last_states(&self) -> &States {
        &self.last
    }

    /// The log-likelihood up to a constant that depends on the number of observations only, as R's
    /// `forecast::ets` reports it.
    #[must_use]
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// The variance of the residuals, corrected for the parameters estimated.
    #[must_use]
    pub fn sigma_squared(&self) -> f64 {
        self.sigma_squared
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

    /// A criterion's value; the smallest wins.
    #[must_use]
    pub fn criterion(&self, criterion: Criterion) -> f64 {
        let k = self.parameters as f64;
        let n = self.observations as f64;
        let aic = -2.0 * self.log_likelihood + 2.0 * k;
        match criterion {
            Criterion::Aic => aic,
            Criterion::Aicc => aic + 2.0 * k * (k + 1.0) / (n - k - 1.0),
            Criterion::Bic => -2.0 * self.log_likelihood + k * libm::log(n),
        }
    }
}
