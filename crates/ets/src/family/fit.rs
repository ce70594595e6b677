//! Models to fit, and fitted ones.

use super::coordinates::Coordinates;
use super::lanes::Path;
use super::optimise::{Point, Search};
use super::pass::Observations;
use super::recursion::Recursion;
use super::starts::{
    are_far_apart, multiplied, plain_states, starting_parameters, starts_with_moving_season,
};
use super::{Bounds, ErrorKind, EtsError, Fixed, Form, Limits, Season, Smoothing, States, Trend};

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
        let series = Series::new(y, self)?;
        let mut additive = Known::new();
        let mut best: Option<(f64, Solution)> = None;
        let mut failure = None;
        for form in &self.forms {
            let least = best.as_ref().map(|(least, _)| *least);
            match series.solve(*form, &mut additive, least) {
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
        let mut additive = Known::new();
        self.forms
            .iter()
            .map(|form| Ok(series.finish(&series.solve(*form, &mut additive, None)?)))
            .collect()
    }
}

/// A form at its largest likelihood.
struct Solution {
    form: Form,
    point: Point,
    parameters: usize,
}

/// Where searches over additive forms have ended, best first.
type Known = Vec<(Form, Vec<Point>)>;

/// Starting points a search of standard effort goes down from.
const STANDARD_DESCENTS: usize = 2;

/// Whether `simpler` is `form` without, or with less of, its trend.
fn is_simpler(simpler: Form, form: Form) -> bool {
    simpler.season() == form.season() && simpler.trend() < form.trend()
}

/// Parameters of a simpler form as those of `form`.
fn lifted(simpler: &Smoothing, form: Form) -> Vec<Smoothing> {
    let beta = simpler.beta.max(1e-4).min(simpler.alpha);
    let phis: &[f64] = if form.trend() == Trend::Damped {
        &[0.8, 0.98]
    } else {
        &[1.0]
    };
    let with_phi = |&phi: &f64| Smoothing {
        beta,
        phi,
        ..*simpler
    };
    phis.iter().map(with_phi).collect()
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
        let largest = y
            .iter()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
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
            path: ets.path.unwrap_or_else(Path::best),
        })
    }

    /// The point of the largest likelihood, or an unfinished one where it becomes plain that the
    /// form's criterion will not be below `least`.
    fn solve(
        &self,
        form: Form,
        additive: &mut Known,
        least: Option<f64>,
    ) -> Result<Solution, EtsError> {
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
        let n = self.observations.count as f64;
        let bar = least.map_or(f64::NEG_INFINITY, |least| {
            (least - criterion(self.ets.criterion, 0.0, parameters, n)) / n
        });
        let point = match form.error() {
            ErrorKind::Additive => self.additive(form, additive, bar)?,
            ErrorKind::Multiplicative => self.multiplicative(form, additive, bar)?,
        };
        Ok(Solution {
            form,
            point,
            parameters,
        })
    }

    fn search<'s>(&'s self, form: Form, coordinates: &'s Coordinates, bar: f64) -> Search<'s> {
        let season_length = if form.has_season() {
            self.ets.season_length
        } else {
            1
        };
        Search::new(
            &self.observations,
            form,
            season_length,
            coordinates,
            self.ets.bounds,
            self.path,
        )
        .above(bar)
    }

    fn coordinates(&self, form: Form) -> Result<Coordinates, EtsError> {
        Coordinates::new(form, self.ets.fixed, self.ets.limits, self.ets.bounds)
    }

    fn additive(&self, form: Form, known: &mut Known, bar: f64) -> Result<Point, EtsError> {
        let found = known.iter().find(|(known, _)| *known == form);
        if let Some(best) = found.and_then(|(_, points)| points.first()) {
            return Ok(best.clone());
        }
        let coordinates = self.coordinates(form)?;
        let mut search = self.search(form, &coordinates, bar);
        let plain = plain_states(&self.observations, form, self.ets.season_length);
        let mut starts: Vec<Point> = Vec::new();
        for simpler in known.iter().filter(|(other, _)| is_simpler(*other, form)) {
            for point in &simpler.1 {
                for smoothing in lifted(&point.smoothing, form) {
                    starts.extend(search.start(&smoothing, point.states.clone()));
                }
            }
        }
        let damped_from_trend = known
            .iter()
            .any(|(other, _)| is_simpler(*other, form) && other.has_trend());
        if !damped_from_trend || self.ets.effort == Effort::Thorough {
            let more = starting_parameters(form);
            starts.extend(
                more.iter()
                    .filter_map(|more| search.start(more, plain.clone())),
            );
        }
        if let Some(usual) = self.usual(form) {
            starts.extend(search.start(&usual.smoothing, usual.states));
        }
        let ends = descents(form, &mut search, &mut starts, self.ets.effort);
        let best = ends
            .first()
            .cloned()
            .ok_or(EtsError::NoLikelihood { form })?;
        known.push((form, ends));
        Ok(best)
    }

    /// Where the admissible region is searched: the best point of the part of it that is usual, which
    /// has no corners to be caught in.
    fn usual(&self, form: Form) -> Option<Point> {
        if self.ets.bounds != Bounds::Admissible {
            return None;
        }
        let ets = self.ets.clone().bounds(Bounds::Both);
        let series = Series::new(self.y, &ets).ok()?;
        let solution = series.solve(form, &mut Known::new(), None).ok()?;
        Some(solution.point)
    }

    fn multiplicative(&self, form: Form, known: &mut Known, bar: f64) -> Result<Point, EtsError> {
        let twin_season = match form.season() {
            Season::Multiplicative => Season::Additive,
            season => season,
        };
        let twin = Form::new(ErrorKind::Additive, form.trend(), twin_season)?;
        let _best = self.additive(twin, known, f64::NEG_INFINITY)?;
        let empty = Vec::new();
        let found = known.iter().find(|(other, _)| *other == twin);
        let twin_points = found.map_or(&empty, |(_, points)| points);
        let coordinates = self.coordinates(form)?;
        let mut search = self.search(form, &coordinates, bar);
        let plain = plain_states(&self.observations, form, self.ets.season_length);
        let mut starts: Vec<Point> = Vec::new();
        for point in twin_points {
            let states = match form.season() {
                Season::Multiplicative => multiplied(&point.states, self.mean),
                Season::None | Season::Additive => Some(point.states.clone()),
            };
            let states = states.unwrap_or_else(|| plain.clone());
            starts.extend(search.start(&point.smoothing, states.clone()));
            let more = match self.ets.effort {
                Effort::Thorough => starting_parameters(form),
                Effort::Standard if starts.len() > 1 => Vec::new(),
                Effort::Standard => starts_with_moving_season(form),
            };
            starts.extend(
                more.iter()
                    .filter_map(|more| search.start(more, states.clone())),
            );
        }
        if let Some(usual) = self.usual(form) {
            starts.extend(search.start(&usual.smoothing, usual.states));
        }
        if let (true, Some(point)) = (starts.is_empty(), twin_points.first()) {
            starts.extend(search.start(&point.smoothing, plain));
        }
        let ends = descents(form, &mut search, &mut starts, self.ets.effort);
        ends.into_iter()
            .next()
            .ok_or(EtsError::NoLikelihood { form })
    }

    /// A criterion's value, up to what all forms have in common.
    fn criterion(&self, solution: &Solution) -> f64 {
        let n = self.observations.count as f64;
        let log_likelihood = -0.5 * n * solution.point.objective;
        criterion(self.ets.criterion, log_likelihood, solution.parameters, n)
    }

    fn finish(&self, solution: &Solution) -> EtsFit {
        let Solution {
            form,
            point,
            parameters,
        } = solution;
        let states = scaled(*form, &normalised(*form, &point.states), self.unit);
        EtsFit::new(*form, point.smoothing, states, self.y, *parameters)
    }
}

/// The best points that searches from `starts` end at, best first.
fn descents<'s>(
    form: Form,
    search: &mut Search<'_>,
    starts: &'s mut [Point],
    effort: Effort,
) -> Vec<Point> {
    starts.sort_by(|a, b| a.objective.total_cmp(&b.objective));
    let mut ends: Vec<Point> = Vec::new();
    if effort == Effort::Thorough {
        ends.extend(starts.iter().filter_map(|start| search.descend(start, &[])));
    } else {
        let mut begun: Vec<&Point> = Vec::new();
        let mut begin = |begun: &mut Vec<&'s Point>, wanted: fn(&Smoothing) -> bool| {
            let next = starts.iter().find(|start| {
                let mut known = begun.iter().copied().chain(&ends);
                wanted(&start.smoothing)
                    && known.all(|known| are_far_apart(&known.smoothing, &start.smoothing, 1.0))
            });
            if let Some(next) = next {
                begun.push(next);
                ends.extend(search.descend(next, &ends));
            }
        };
        for _ in 0..STANDARD_DESCENTS {
            begin(&mut begun, |_| true);
        }
        if form.season() == Season::Multiplicative {
            for wanted in [season_moves, season_stands_still] {
                if !begun.iter().any(|start| wanted(&start.smoothing)) {
                    begin(&mut begun, wanted);
                }
            }
        }
    }
    ends.sort_by(|a, b| a.objective.total_cmp(&b.objective));
    ends
}

/// Multiplicative seasons that move lie in one valley, those that stand still in another, and the
/// view from a start is poor.
fn season_moves(smoothing: &Smoothing) -> bool {
    smoothing.gamma > 0.05
}

fn season_stands_still(smoothing: &Smoothing) -> bool {
    !season_moves(smoothing)
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
fn scaled(form: Form, states: &States, unit: f64) -> States {
    let seasonal_unit = match form.season() {
        Season::None | Season::Additive => unit,
        Season::Multiplicative => 1.0,
    };
    States {
        level: states.level * unit,
        growth: states.growth * unit,
        season: states
            .season
            .iter()
            .map(|season| season * seasonal_unit)
            .collect(),
    }
}

fn criterion(criterion: Criterion, log_likelihood: f64, parameters: usize, n: f64) -> f64 {
    let k = parameters as f64;
    let aic = -2.0 * log_likelihood + 2.0 * k;
    match criterion {
        Criterion::Aic => aic,
        Criterion::Aicc => aic + 2.0 * k * (k + 1.0) / (n - k - 1.0),
        Criterion::Bic => -2.0 * log_likelihood + k * libm::log(n),
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
        let freedom = observations.saturating_sub(parameters - 1).max(1) as f64;
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
    pub fn criterion(&self, by: Criterion) -> f64 {
        criterion(
            by,
            self.log_likelihood,
            self.parameters,
            self.observations as f64,
        )
    }
}
