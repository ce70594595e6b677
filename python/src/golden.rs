//! The judge's choice at any level.

use fleetcast::core::{Calibration, ForecastError, IntervalLevel};
use fleetcast::writer::golden_forecast;
use fleetcast::{Evidence, Forecast, SeriesResult};
use fleetcast_numerics::normal_quantile;

use crate::frame::Bounded;

/// Returns a series' golden forecast with intervals at `levels`, `None` where it has none.
///
/// Point forecasts and intervals at 80 % and 95 % are those of the golden record; others are made as those are.
pub(crate) fn golden(
    evidence: &Evidence,
    result: &SeriesResult,
    levels: &[IntervalLevel],
) -> Option<Bounded> {
    let golden = result.golden.as_ref()?;
    let own = |level: IntervalLevel| level == IntervalLevel::EIGHTY_PERCENT;
    let wide = |level: IntervalLevel| level.share().to_bits() == 0.95_f64.to_bits();
    let bounds = levels.iter().map(|level| {
        let forecast = &golden.forecast;
        if own(*level) {
            return Some((forecast.lower.clone(), forecast.upper.clone()));
        }
        if wide(*level) {
            return Some((forecast.lower_95.clone(), forecast.upper_95.clone()));
        }
        other_bounds(evidence, result, *level)
    });
    Some(Bounded {
        bounds: bounds.collect::<Option<_>>()?,
        yhat: golden.forecast.yhat.clone(),
    })
}

/// Bounds at a level that the golden record does not have.
fn other_bounds(
    evidence: &Evidence,
    result: &SeriesResult,
    level: IntervalLevel,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let golden = result.golden.as_ref()?;
    let first = golden.forecast.grid.first();
    let ahead = usize::try_from(first.days_since(golden.trained_through)).ok()?;
    let calibration: Option<&Calibration> = result
        .calibration
        .as_ref()
        .map(|pooled| &pooled.calibration);
    let mut winner = evidence.winners_forecast(first)?;
    if calibration.is_none() {
        winner = widened(&winner, level).ok()?;
    }
    let made = golden_forecast(&winner, calibration, &result.limits, ahead, level);
    Some((made.lower, made.upper))
}

/// A forecast whose interval at 80 % is made one at `level`, as a normal distribution's would be.
fn widened(forecast: &Forecast, level: IntervalLevel) -> Result<Forecast, ForecastError> {
    let quantile = |level: IntervalLevel| normal_quantile(level.upper_probability());
    let share = quantile(level) / quantile(IntervalLevel::EIGHTY_PERCENT);
    let bound = |bounds: &[f64]| -> Vec<f64> {
        let days = forecast.yhat().iter().zip(bounds);
        days.map(|(yhat, bound)| yhat + share * (bound - yhat))
            .collect()
    };
    Forecast::new(
        forecast.grid().first(),
        forecast.yhat().to_vec(),
        bound(forecast.lower()),
        bound(forecast.upper()),
    )
}
