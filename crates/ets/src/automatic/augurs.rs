//! The models where augurs wants them: its fit and predict traits, and MSTL's trend models.
//!
//! Both predict traits fill what they are given; where a level is asked for, so are intervals, and
//! where none is, there are none.

use std::borrow::Cow;
use std::error::Error;

use augurs_core::{Fit, Forecast, ForecastIntervals, ModelError, Predict};
use augurs_mstl::{FittedTrendModel, TrendModel};

use super::ets::Ets;
use super::fit::EtsFit;
use crate::model::{ErrorKind, EtsError};
use fleetcast_numerics::normal_quantile;

impl ModelError for EtsError {}

impl Fit for Ets {
    type Fitted = EtsFit;
    type Error = EtsError;

    fn fit(&self, y: &[f64]) -> Result<EtsFit, EtsError> {
        self.fit_values(y)
    }
}

impl Predict for EtsFit {
    type Error = EtsError;

    fn predict_inplace(
        &self,
        horizon: usize,
        level: Option<f64>,
        forecast: &mut Forecast,
    ) -> Result<(), EtsError> {
        match level {
            None => {
                forecast.point = self.predict(horizon);
                forecast.intervals = None;
            }
            Some(level) => {
                let found = self.forecast(horizon, level)?;
                forecast.point = found.point;
                forecast.intervals = Some(ForecastIntervals {
                    level,
                    lower: found.lower,
                    upper: found.upper,
                });
            }
        }
        Ok(())
    }

    fn predict_in_sample_inplace(
        &self,
        level: Option<f64>,
        forecast: &mut Forecast,
    ) -> Result<(), EtsError> {
        forecast.point = self.fitted().to_vec();
        // Those of an earlier forecast would not belong to these points.
        forecast.intervals = None;
        if let Some(level) = level {
            if !(level > 0.0 && level < 1.0) {
                return Err(EtsError::Level(level));
            }
            let z = normal_quantile(f64::midpoint(1.0, level));
            let sigma = self.sigma_squared().sqrt();
            let bound = |sign: f64| {
                let days = self.fitted().iter();
                days.map(|fitted| match self.form().error() {
                    ErrorKind::Additive => fitted + sign * z * sigma,
                    ErrorKind::Multiplicative => fitted + sign * z * sigma * fitted.abs(),
                })
                .collect()
            };
            forecast.intervals = Some(ForecastIntervals {
                level,
                lower: bound(-1.0),
                upper: bound(1.0),
            });
        }
        Ok(())
    }

    fn training_data_size(&self) -> usize {
        self.fitted().len()
    }
}

/// What augurs passes errors on as.
type Cause = Box<dyn Error + Send + Sync + 'static>;

impl TrendModel for Ets {
    fn name(&self) -> Cow<'_, str> {
        Cow::Borrowed("ETS")
    }

    fn fit(&self, y: &[f64]) -> Result<Box<dyn FittedTrendModel + Sync + Send>, Cause> {
        let fitted = self.fit_values(y)?;
        Ok(Box::new(fitted))
    }
}

impl FittedTrendModel for EtsFit {
    fn predict_inplace(
        &self,
        horizon: usize,
        level: Option<f64>,
        forecast: &mut Forecast,
    ) -> Result<(), Cause> {
        Ok(Predict::predict_inplace(self, horizon, level, forecast)?)
    }

    fn predict_in_sample_inplace(
        &self,
        level: Option<f64>,
        forecast: &mut Forecast,
    ) -> Result<(), Cause> {
        Ok(Predict::predict_in_sample_inplace(self, level, forecast)?)
    }

    fn training_data_size(&self) -> Option<usize> {
        Some(self.fitted().len())
    }
}
