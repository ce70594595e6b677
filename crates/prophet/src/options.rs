//! One series and Prophet's model: options, the fit, and what can be asked of it.
//!
//! This is the door for library users; the engines fit whole panels, by the same solver and with the
//! same bits ([`crate::fit_panel`]).

use fleetcast_core::{
    DailySeries, Day, FitError, ForecastError, Horizon, IntervalLevel, Prediction, SeriesError,
    Usable,
};
use fleetcast_numerics::vectorized;

use crate::exact::{CHANGEPOINT_PRIOR_SCALE, CONSTANT_SIGMA, YEARLY_ORDER};
use crate::fleet::{
    Ahead, DesignSettings, Fitter, FoldBuffers, Harmonics, Model, ScaledSeries, Span, Window,
    WindowSums,
};
use crate::interval::{TrendUncertainty, mean_absolute};
use crate::solver::Certainty;

/// Options of Prophet's model with a linear trend and additive seasons, by Prophet's own names and with
/// its defaults.
///
/// ```
/// use fleetcast_prophet::ProphetOptions;
///
/// let days: Vec<i32> = (20_000..20_400).collect();
/// let values: Vec<f64> = days.iter().map(|day| 40.0 + 0.01 * f64::from(*day % 7)).collect();
///
/// let options = ProphetOptions { changepoint_prior_scale: 0.1, ..ProphetOptions::default() };
/// let fitted = options.fit(&days, &values)?;
/// let forecast = fitted.forecast(180, &[0.8, 0.95])?;
/// assert_eq!(forecast.yhat().len(), 180);
///
/// let options = ProphetOptions { changepoint_range: 1.5, ..options };
/// let error = options.fit(&days, &values).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "changepoint_range = 1.5 is out of range; give a number above 0 and at most 1"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Holidays, regressors, logistic growth and multiplicative seasons are those of the crate
/// `augurs-prophet`, with `ExactOptimizer` in place of Stan (feature `augurs`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProphetOptions {
    /// The scale of the Laplace prior on slope changes: larger lets the trend bend more. Above 0.
    pub changepoint_prior_scale: f64,
    /// How many days the slope may change on; fewer for a short series.
    pub n_changepoints: usize,
    /// The share of the observations, from the first on, that may hold changepoints: above 0 and at most 1.
    pub changepoint_range: f64,
    /// How many sines and cosines the annual season has; 0 leaves it out. A series of less than two
    /// years has none, as with Prophet's `auto`.
    pub yearly_order: usize,
    /// Whether there is a weekly season; a series of less than two weeks, or observed once a week or
    /// less often, has none, as with Prophet's `auto`.
    pub weekly_seasonality: bool,
    /// The standard deviation of the normal prior on the coefficients of seasons. Above 0.
    pub seasonality_prior_scale: f64,
}

impl Default for ProphetOptions {
    /// Returns Prophet's defaults.
    fn default() -> Self {
        let DesignSettings {
            changepoints,
            changepoint_range,
            seasonality_prior_scale,
        } = DesignSettings::PROPHET;
        Self {
            changepoint_prior_scale: CHANGEPOINT_PRIOR_SCALE,
            n_changepoints: changepoints,
            changepoint_range,
            yearly_order: YEARLY_ORDER,
            weekly_seasonality: true,
            seasonality_prior_scale,
        }
    }
}

impl ProphetOptions {
    /// Fits the model to `values` on `days`: [`Day`]s or days since 1970-01-01, in order, where days may
    /// be left out and NaN is a missing value.
    ///
    /// The parameters are the posterior's mode, found exactly and without random numbers. A constant
    /// series is not fitted, as in Prophet: its forecast is the constant.
    ///
    /// # Errors
    ///
    /// [`FitError`] where days and values are no series, fewer than
    /// [`MIN_OBSERVATIONS`](fleetcast_core::MIN_OBSERVATIONS) days are observed, an option is out of
    /// range, or values are too far apart for double precision.
    pub fn fit<D>(&self, days: &[D], values: &[f64]) -> Result<FittedProphet, FitError>
    where
        D: Copy + TryInto<Day>,
        SeriesError: From<D::Error>,
    {
        self.check()?;
        let series = DailySeries::new(days, values)?;
        let fit = match series.view().usable()? {
            Usable::Constant => self.constant(&series),
            Usable::Varying(days) => self.varying(&series, Span::from(days))?,
        };
        Ok(fit.of(series))
    }

    fn check(&self) -> Result<(), FitError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let above_zero = "a finite number above 0";
        let range = self.changepoint_range;
        let options = [
            (
                "changepoint_prior_scale",
                self.changepoint_prior_scale,
                positive(self.changepoint_prior_scale),
                above_zero,
            ),
            (
                "changepoint_range",
                range,
                positive(range) && range <= 1.0,
                "a number above 0 and at most 1",
            ),
            (
                "seasonality_prior_scale",
                self.seasonality_prior_scale,
                positive(self.seasonality_prior_scale),
                above_zero,
            ),
            (
                "yearly_order",
                self.yearly_order as f64,
                self.yearly_order <= MOST_HARMONICS,
                "at most 182, two days a wave",
            ),
        ];
        for (option, value, is_fine, expected) in options {
            if !is_fine {
                return Err(FitError::Option {
                    option,
                    value,
                    expected,
                });
            }
        }
        Ok(())
    }

    fn window(&self, series: &DailySeries, span: Span) -> Window {
        let window = span.window(series.view(), self.yearly_order);
        Window {
            weekly: window.weekly && self.weekly_seasonality,
            ..window
        }
    }

    /// Makes the fit of a constant series: no slope, no season, no noise to speak of.
    fn constant(&self, series: &DailySeries) -> Fit {
        let value = series.view().constant_value().unwrap_or(0.0);
        let span = Span::of(series.values()).unwrap_or(Span {
            first: 0,
            days: series.values().len(),
        });
        let window = self.window(series, span);
        let y_scale = if value == 0.0 { 1.0 } else { value.abs() };
        Fit {
            span,
            window,
            hinges: Vec::new(),
            coefficients: vec![0.0; window.ridge()],
            mean: value / y_scale,
            y_scale,
            sigma: 0.0,
            certainty: Certainty::Floored,
        }
    }

    fn varying(&self, series: &DailySeries, span: Span) -> Result<Fit, FitError> {
        let window = self.window(series, span);
        let harmonics = Harmonics::new(window.yearly_order, window.days);
        let settings = DesignSettings {
            changepoints: self.n_changepoints,
            changepoint_range: self.changepoint_range,
            seasonality_prior_scale: self.seasonality_prior_scale,
        };
        vectorized(
            #[inline(always)]
            || {
                let mut scaled = ScaledSeries::default();
                scaled.take(span.values(series.values()));
                let sums = WindowSums::new(window, &harmonics);
                let design = sums.design(&harmonics, &scaled.missing, &settings);
                let model = Model {
                    window: &window,
                    harmonics: &harmonics,
                    design: &design,
                };
                let mut fitter = Fitter::default();
                fitter.begin(model, &scaled);
                fitter.mode(model, &scaled, self.changepoint_prior_scale);
                if !fitter.is_finite() {
                    let failure =
                        fleetcast_core::Failure::numerical("the fit left the range of numbers");
                    return Err(failure.into());
                }
                let certainty = fitter.certify(model, &scaled, self.changepoint_prior_scale);
                Ok(Fit {
                    span,
                    window,
                    coefficients: fitter.coefficients().to_vec(),
                    mean: scaled.mean,
                    y_scale: scaled.y_scale,
                    sigma: fitter.sigma(),
                    certainty,
                    hinges: design.hinges.clone(),
                })
            },
        )
    }
}

/// Harmonics of a year of days, beyond which they repeat each other.
const MOST_HARMONICS: usize = 182;

/// What a fit has found, before it is given its series.
struct Fit {
    span: Span,
    window: Window,
    /// The changepoints, as days of the window.
    hinges: Vec<usize>,
    /// The coefficients of the window's columns, in scaled units.
    coefficients: Vec<f64>,
    /// What was subtracted from the scaled values.
    mean: f64,
    /// What the values were divided by.
    y_scale: f64,
    /// The noise's standard deviation, in scaled units.
    sigma: f64,
    certainty: Certainty,
}

impl Fit {
    fn of(self, series: DailySeries) -> FittedProphet {
        let mut fitted = FittedProphet {
            series,
            fit: self,
            yhat: Vec::new(),
        };
        fitted.yhat = fitted.on_history(Part::All);
        fitted
    }
}

impl std::fmt::Debug for FittedProphet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FittedProphet")
            .field("days", &self.series.grid())
            .field("sigma", &self.sigma())
            .field("certainty", &self.fit.certainty)
            .finish_non_exhaustive()
    }
}

/// Prophet's model, fitted to one series.
pub struct FittedProphet {
    series: DailySeries,
    fit: Fit,
    yhat: Vec<f64>,
}

/// What a forecast is made of, a value a day, all in the series' unit: it is their sum.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProphetComponents {
    /// The trend.
    pub trend: Vec<f64>,
    /// The weekly season; zeros where there is none.
    pub weekly: Vec<f64>,
    /// The annual season; zeros where there is none.
    pub yearly: Vec<f64>,
}

impl ProphetComponents {
    fn of(part: impl Fn(Part) -> Vec<f64>) -> Self {
        Self {
            trend: part(Part::Trend),
            weekly: part(Part::Weekly),
            yearly: part(Part::Yearly),
        }
    }
}

/// The columns of the model that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Trend,
    Weekly,
    Yearly,
}

impl FittedProphet {
    /// Forecasts the `horizon` days after the last observation's day, with a central prediction interval
    /// at each of `levels` (0.8 for 80 %).
    ///
    /// Intervals follow Prophet's own law for future slope changes, in closed form: see
    /// [`TrendUncertainty`].
    ///
    /// # Errors
    ///
    /// [`ForecastError`] where the horizon is not 1 to 3,660 days, a level is not between 0 and 1, or a
    /// value leaves the range of numbers.
    pub fn forecast(&self, horizon: usize, levels: &[f64]) -> Result<Prediction, ForecastError> {
        let horizon = Horizon::new(horizon)?;
        let yhat = self.ahead(horizon, Part::All);
        let mut bounds = Vec::with_capacity(levels.len());
        for level in levels {
            let level = IntervalLevel::new(*level)?;
            let half_widths = self.half_widths(horizon, level);
            let bound = |sign: f64| {
                let days = yhat.iter().zip(&half_widths);
                days.map(|(yhat, half_width)| yhat + sign * half_width)
                    .collect()
            };
            bounds.push((level, bound(-1.0), bound(1.0)));
        }
        let first = self.series.grid().last().plus_days(1);
        Prediction::new(first, yhat, bounds)
    }

    /// Returns trend and seasons on the days of the series, from the first one given to the last.
    #[must_use]
    pub fn components(&self) -> ProphetComponents {
        ProphetComponents::of(|part| self.on_history(part))
    }

    /// Returns trend and seasons on the `horizon` days after the series.
    ///
    /// # Errors
    ///
    /// [`ForecastError::Horizon`] where the horizon is not 1 to 3,660 days.
    pub fn components_ahead(&self, horizon: usize) -> Result<ProphetComponents, ForecastError> {
        let horizon = Horizon::new(horizon)?;
        Ok(ProphetComponents::of(|part| self.ahead(horizon, part)))
    }

    /// Returns the model's values on the days of the series, in its unit; NaN before the first
    /// observation and after the last, where days were given without a value.
    #[must_use]
    pub fn fitted_values(&self) -> &[f64] {
        &self.yhat
    }

    /// Returns y − ŷ on the days of the series, in its unit, NaN where a day is missing.
    #[must_use]
    pub fn residuals(&self) -> Vec<f64> {
        let days = self.series.values().iter().zip(&self.yhat);
        days.map(|(y, yhat)| y - yhat).collect()
    }

    /// Returns the days of the series and its values, as they were fitted.
    #[must_use]
    pub fn series(&self) -> &DailySeries {
        &self.series
    }

    /// Returns the noise's standard deviation, in the series' unit; 1e-9 of its size for a constant one.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.fit.sigma.max(CONSTANT_SIGMA) * self.fit.y_scale
    }

    /// Says whether the parameters are the posterior's mode.
    #[must_use]
    pub fn certainty(&self) -> Certainty {
        self.fit.certainty
    }

    /// Returns the days on which the slope may change, and by how much it does, in the series' unit a
    /// day.
    pub fn slope_changes(&self) -> impl Iterator<Item = (Day, f64)> + '_ {
        let Fit {
            span,
            window,
            hinges,
            ..
        } = &self.fit;
        let unit = self.fit.y_scale / window.span();
        let changes = &self.fit.coefficients[window.ridge()..];
        hinges
            .iter()
            .zip(changes)
            .filter_map(move |(hinge, change)| {
                let day = self.series.grid().day(span.first + hinge)?;
                Some((day, change * unit))
            })
    }

    /// The coefficients with zeros in the columns of other parts.
    fn coefficients(&self, part: Part) -> Vec<f64> {
        let window = &self.fit.window;
        let (weekly, time) = (window.weekly_column(), window.time_column());
        let mut coefficients = self.fit.coefficients.clone();
        for (column, coefficient) in coefficients.iter_mut().enumerate() {
            let own = match column {
                0 => Part::Trend,
                _ if column < weekly => Part::Yearly,
                _ if column < time => Part::Weekly,
                _ => Part::Trend,
            };
            if part != Part::All && own != part {
                *coefficient = 0.0;
            }
        }
        coefficients
    }

    /// A part's scaled values in the series' unit; the mean belongs to the trend.
    fn unscale(&self, part: Part, values: &mut [f64]) {
        let mean = match part {
            Part::All | Part::Trend => self.fit.mean,
            Part::Weekly | Part::Yearly => 0.0,
        };
        for value in values {
            *value = (*value + mean) * self.fit.y_scale;
        }
    }

    fn on_history(&self, part: Part) -> Vec<f64> {
        let Fit {
            span,
            window,
            hinges,
            ..
        } = &self.fit;
        let harmonics = Harmonics::new(window.yearly_order, window.days);
        let (mut buffers, mut fitted) = (FoldBuffers::default(), Vec::new());
        let coefficients = self.coefficients(part);
        window.fitted(&harmonics, hinges, &coefficients, &mut buffers, &mut fitted);
        self.unscale(part, &mut fitted);
        let mut all = vec![f64::NAN; self.series.values().len()];
        all[span.first..span.first + span.days].copy_from_slice(&fitted);
        all
    }

    fn ahead(&self, horizon: Horizon, part: Part) -> Vec<f64> {
        let Fit {
            span,
            window,
            hinges,
            ..
        } = &self.fit;
        let ahead = Ahead {
            skipped: span.days_after(self.series.view()),
            horizon: horizon.days(),
            slope_share: 1.0,
        };
        let reach = window.days + ahead.skipped + ahead.horizon;
        let harmonics = Harmonics::new(window.yearly_order, reach);
        let (mut buffers, mut yhat) = (FoldBuffers::default(), Vec::new());
        let coefficients = self.coefficients(part);
        window.forecast(
            &harmonics,
            hinges,
            &coefficients,
            ahead,
            &mut buffers,
            &mut yhat,
        );
        self.unscale(part, &mut yhat);
        yhat
    }

    /// Half the width of the interval of each day ahead, in the series' unit.
    fn half_widths(&self, horizon: Horizon, level: IntervalLevel) -> Vec<f64> {
        let Fit {
            span,
            window,
            hinges,
            coefficients,
            y_scale,
            sigma,
            ..
        } = &self.fit;
        let changes = &coefficients[window.ridge()..window.ridge() + hinges.len()];
        let uncertainty = TrendUncertainty {
            changepoints: changes.len() as f64,
            mean_absolute_delta: mean_absolute(changes),
            sigma: *sigma,
        };
        let skipped = span.days_after(self.series.view());
        let days = (1..=horizon.days()).map(|day| (skipped + day) as f64 / window.span());
        days.map(|tau| y_scale * uncertainty.half_width(tau, level))
            .collect()
    }
}
