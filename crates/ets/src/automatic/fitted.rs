//! A fit that knows its days.

use fleetcast_core::{DailySeries, Day, Horizon, IntervalLevel, Prediction, SeriesError};

use super::ets::Ets;
use super::fit::EtsFit;
use crate::model::EtsError;

/// Exponential smoothing, fitted to the days of one series.
#[derive(Debug, Clone)]
pub struct FittedEts {
    series: DailySeries,
    fit: EtsFit,
}

/// What the one-step forecasts of a series are made of, a value a day.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EtsComponents<'a> {
    /// The level after each day, in the series' unit.
    pub level: &'a [f64],
    /// The growth after each day, in the series' unit a day; 0 without a trend.
    pub trend: &'a [f64],
    /// The seasonal state each day was forecast with: added to the level, in the series' unit, or
    /// multiplied with it. 0 (or 1, where it multiplies) without a season.
    pub season: &'a [f64],
}

impl Ets {
    /// Fits the best form by the criterion to `values` on `days`: [`Day`]s or days since 1970-01-01, in
    /// order, where days may be left out and NaN is a missing value.
    ///
    /// ```
    /// use fleetcast_ets::Ets;
    ///
    /// let days: Vec<i32> = (20_000..20_100).collect();
    /// let values: Vec<f64> = days.iter().map(|day| 20.0 + f64::from(*day % 7)).collect();
    /// let fitted = Ets::new(7).fit(&days, &values)?;
    /// let forecast = fitted.forecast(180, &[0.8, 0.95])?;
    /// assert_eq!(forecast.intervals().len(), 2);
    ///
    /// let twice = Ets::new(7).fit(&[20_000, 20_000], &[1.0, 2.0]);
    /// assert!(twice.unwrap_err().to_string().starts_with("2024-10-04 is given more than once"));
    /// # Ok::<(), fleetcast_ets::EtsError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EtsError`] where days and values are no series, or no form can be fitted to them.
    pub fn fit<D>(&self, days: &[D], values: &[f64]) -> Result<FittedEts, EtsError>
    where
        D: Copy + TryInto<Day>,
        SeriesError: From<D::Error>,
    {
        let series = DailySeries::new(days, values)?;
        let fit = self.fit_values(series.values())?;
        Ok(FittedEts { series, fit })
    }
}

impl FittedEts {
    /// Forecasts the `horizon` days after the last day given, with a central prediction interval at each
    /// of `levels` (0.8 for 80 %).
    ///
    /// # Errors
    ///
    /// [`EtsError`] where the horizon is not 1 to 3,660 days, a level is not between 0 and 1, or a value
    /// leaves the range of numbers.
    pub fn forecast(&self, horizon: usize, levels: &[f64]) -> Result<Prediction, EtsError> {
        let days = Horizon::new(horizon)?.days();
        let mut bounds = Vec::with_capacity(levels.len());
        for level in levels {
            let found = self.fit.forecast(days, *level)?;
            bounds.push((IntervalLevel::new(*level)?, found.lower, found.upper));
        }
        let first = self.series.grid().last().plus_days(1);
        Ok(Prediction::new(first, self.fit.predict(days), bounds)?)
    }

    /// Returns level, trend and season on the days of the series.
    #[must_use]
    pub fn components(&self) -> EtsComponents<'_> {
        EtsComponents {
            level: self.fit.level(),
            trend: self.fit.trend(),
            season: self.fit.season(),
        }
    }

    /// Returns the one-step forecasts of the days of the series, in its unit.
    #[must_use]
    pub fn fitted_values(&self) -> &[f64] {
        self.fit.fitted()
    }

    /// Returns the errors y − ŷ of the one-step forecasts, in the series' unit, NaN where a day is
    /// missing; also for multiplicative errors, whose relative ones are [`EtsFit::residuals`].
    #[must_use]
    pub fn residuals(&self) -> Vec<f64> {
        let days = self.series.values().iter().zip(self.fit.fitted());
        days.map(|(y, fitted)| y - fitted).collect()
    }

    /// Returns the fitted model: its form, parameters, states and likelihood.
    #[must_use]
    pub fn model(&self) -> &EtsFit {
        &self.fit
    }

    /// Returns the days of the series and its values, as they were fitted.
    #[must_use]
    pub fn series(&self) -> &DailySeries {
        &self.series
    }
}
