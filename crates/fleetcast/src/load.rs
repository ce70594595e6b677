//! A load that is another than the one that is forecast.

use fleetcast_core::{Forecast, ForecastError};

/// A change of load says what becomes of a series in a scenario, a day of the forecast: what it is multiplied by, and what is added then, in
/// the series' unit.
///
/// The paths of the outlook and the forecast are changed alike, so that errors grow with the load.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LoadChange {
    /// The factors, at least 0, a day of the forecast.
    pub factor: Vec<f64>,
    /// The amounts that are added after that, a day of the forecast.
    pub added: Vec<f64>,
}

impl LoadChange {
    /// Returns what becomes of a value on a day of the forecast; on later ones it stays.
    #[must_use]
    pub fn on(&self, day: usize, value: f64) -> f64 {
        let factor = self.factor.get(day).copied().unwrap_or(1.0);
        value * factor + self.added.get(day).copied().unwrap_or(0.0)
    }

    /// Returns what becomes of a forecast.
    pub(crate) fn of_forecast(&self, forecast: &Forecast) -> Result<Forecast, ForecastError> {
        let changed = |values: &[f64]| {
            let days = values.iter().enumerate();
            days.map(|(day, value)| self.on(day, *value)).collect()
        };
        Forecast::new(
            forecast.grid().first(),
            changed(forecast.yhat()),
            changed(forecast.lower()),
            changed(forecast.upper()),
        )
    }

    /// Returns what the last observed values would have been, had the change of the first day held then.
    pub(crate) fn of_recent(&self, recent: &[f64]) -> Vec<f64> {
        recent.iter().map(|value| self.on(0, *value)).collect()
    }
}
