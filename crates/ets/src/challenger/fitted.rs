//! The challenger fitted to one series, for library users.

use fleetcast_core::{
    DailySeries, Day, FitError, ForecastError, Horizon, InnerForecast, IntervalLevel, Notice,
    Prediction, SeriesError, TimeGrid, Usable,
};

use super::combination::{Combination, Ensemble};
use super::engine::EtsEngine;
use super::forecast_range::ForecastRange;
use super::interval::half_widths;
use super::members::MEMBERS;
use super::notices::notices;
use super::plan::Plan;
use super::seasons::Seasons;

/// What the members are called.
const NAMES: [&str; MEMBERS] = [
    "smoothing_around_the_year",
    "smoothing",
    "calendar_regression",
    "last_year",
];

/// The challenger, fitted to one series: its members, their weights, and how they did at inner origins.
#[derive(Debug)]
pub struct FittedChallenger {
    series: DailySeries,
    /// The ensemble; `None` for a constant series, which needs none.
    model: Option<Model>,
}

#[derive(Debug)]
struct Model {
    plan: Plan,
    ensemble: Ensemble,
    /// The observed values, from the first to the last.
    range: ForecastRange,
    /// How many days were given after the last observed one.
    silent_days: usize,
    /// How many days there are from the first observed one to the last.
    days: usize,
    season_notices: Vec<Notice>,
}

/// One member of the ensemble: what it forecasts by itself, and its share of the whole.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EnsembleMember {
    /// `smoothing_around_the_year`, `smoothing`, `calendar_regression` or `last_year`.
    pub name: &'static str,
    /// The weight it has, 0 to 1; the weights of all members add up to 1.
    pub weight: f64,
    /// The forecast it makes by itself, a value a day, in the series' unit.
    pub yhat: Vec<f64>,
}

impl EtsEngine {
    /// Fits the ensemble to `values` on `days`: [`Day`]s or days since 1970-01-01, in order, where days
    /// may be left out and NaN is a missing value.
    ///
    /// ```
    /// use fleetcast_ets::EtsEngine;
    ///
    /// let days: Vec<i32> = (20_000..20_400).collect();
    /// let values: Vec<f64> = days.iter().map(|day| 40.0 + f64::from(*day % 7)).collect();
    /// let fitted = EtsEngine::new().fit(&days, &values)?;
    /// let forecast = fitted.forecast(180, &[0.8])?;
    /// assert_eq!(forecast.yhat().len(), 180);
    ///
    /// let short = EtsEngine::new().fit(&days[..5], &values[..5]);
    /// assert_eq!(short.unwrap_err().to_string(), "5 observed days, 14 needed");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`FitError`] where days and values are no series, or fewer than
    /// [`MIN_OBSERVATIONS`](fleetcast_core::MIN_OBSERVATIONS) days are observed.
    pub fn fit<D>(&self, days: &[D], values: &[f64]) -> Result<FittedChallenger, FitError>
    where
        D: Copy + TryInto<Day>,
        SeriesError: From<D::Error>,
    {
        let series = DailySeries::new(days, values)?;
        let model = match series.view().usable()? {
            Usable::Constant => None,
            Usable::Varying(span) => {
                let observed = &series.values()[span.clone()];
                let (seasons, season_notices) = Seasons::of(observed);
                let first = series.grid().split_at(span.start).1.first();
                let plan = Plan::new(TimeGrid::new(first, span.len()), seasons);
                Some(Model {
                    ensemble: Ensemble::fit(observed, &plan),
                    plan,
                    range: ForecastRange::of(observed),
                    silent_days: series.values().len() - span.end,
                    days: span.len(),
                    season_notices,
                })
            }
        };
        Ok(FittedChallenger { series, model })
    }
}

impl FittedChallenger {
    /// Forecasts the `horizon` days after the last day given, with a central prediction interval at each
    /// of `levels` (0.8 for 80 %): the bits that the engine gives.
    ///
    /// # Errors
    ///
    /// [`ForecastError`] where the horizon is not 1 to 3,660 days, a level is not between 0 and 1, or a
    /// value leaves the range of numbers.
    pub fn forecast(&self, horizon: usize, levels: &[f64]) -> Result<Prediction, ForecastError> {
        let days = Horizon::new(horizon)?.days();
        let first = self.series.grid().last().plus_days(1);
        let Some(model) = &self.model else {
            let yhat = vec![self.constant(); days];
            let bounds = levels.iter().map(|level| {
                let level = IntervalLevel::new(*level)?;
                Ok((level, yhat.clone(), yhat.clone()))
            });
            let bounds: Vec<_> = bounds.collect::<Result<_, ForecastError>>()?;
            return Prediction::new(first, yhat, bounds);
        };
        let combination = model.ahead(days);
        let yhat = combination.yhat[model.silent_days..].to_vec();
        let mut bounds = Vec::with_capacity(levels.len());
        for level in levels {
            let level = IntervalLevel::new(*level)?;
            let half_widths = half_widths(&combination, &model.plan, level);
            let both = || yhat.iter().zip(&half_widths[model.silent_days..]);
            let lower = both()
                .map(|(yhat, half)| model.range.not_below_floor(yhat - half))
                .collect();
            let upper = both().map(|(yhat, half)| yhat + half).collect();
            bounds.push((level, lower, upper));
        }
        Prediction::new(first, yhat, bounds)
    }

    /// Returns the members that take part in a forecast of the `horizon` days after the series; the
    /// forecast is their weighted sum, kept in the range a series' values allow. A constant series has
    /// none.
    ///
    /// # Errors
    ///
    /// [`ForecastError::Horizon`] where the horizon is not 1 to 3,660 days.
    pub fn members(&self, horizon: usize) -> Result<Vec<EnsembleMember>, ForecastError> {
        let days = Horizon::new(horizon)?.days();
        let Some(model) = &self.model else {
            return Ok(Vec::new());
        };
        let Combination {
            members, weights, ..
        } = model.ahead(days);
        let all = NAMES.into_iter().zip(weights).zip(members.forecasts);
        Ok(all
            .filter_map(|((name, weight), forecast)| {
                let yhat = forecast?.split_off(model.silent_days);
                Some(EnsembleMember { name, weight, yhat })
            })
            .collect())
    }

    /// Returns what the ensemble forecast from origins inside the series, each with weights from the
    /// other origins; earliest first, and empty where there is too little history.
    #[must_use]
    pub fn inner_origins(&self) -> Vec<InnerForecast> {
        let model = self.model.as_ref();
        model.map_or_else(Vec::new, |model| model.ahead(1).inner)
    }

    /// Returns y − ŷ on the days of the series, in its unit: the errors of forecasts from inner origins,
    /// NaN where there is none or a day is missing. Where several origins forecast a day, the error is
    /// that of the latest.
    #[must_use]
    pub fn residuals(&self) -> Vec<f64> {
        let values = self.series.values();
        let mut residuals = vec![f64::NAN; values.len()];
        for origin in self.inner_origins() {
            let after = self.series.grid().index_of(origin.origin);
            let first = after.map_or(values.len(), |index| index + 1);
            for (day, yhat) in (first..values.len()).zip(&origin.yhat) {
                residuals[day] = values[day] - yhat;
            }
        }
        residuals
    }

    /// Returns what a reader of a forecast of `horizon` days should know: seasons, members or inner
    /// origins left out, days winsorised.
    ///
    /// # Errors
    ///
    /// [`ForecastError::Horizon`] where the horizon is not 1 to 3,660 days.
    pub fn notices(&self, horizon: usize) -> Result<Vec<Notice>, ForecastError> {
        let days = Horizon::new(horizon)?.days();
        let Some(model) = &self.model else {
            return Ok(Vec::new());
        };
        let mut all = model.season_notices.clone();
        all.extend(notices(&model.ahead(days), &model.plan, model.days));
        Ok(all)
    }

    /// Returns the days of the series and its values, as they were fitted.
    #[must_use]
    pub fn series(&self) -> &DailySeries {
        &self.series
    }

    fn constant(&self) -> f64 {
        self.series.view().constant_value().unwrap_or(f64::NAN)
    }
}

impl Model {
    /// The forecast of the days after the last observed one, `days` past the end of the series.
    fn ahead(&self, days: usize) -> Combination {
        self.ensemble.forecast(&self.plan, self.silent_days + days)
    }
}
