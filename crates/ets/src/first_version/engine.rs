//! The engine: seasons by MSTL, the rest by exponential smoothing.

use std::ops::Range;

use augurs_core::{Fit, Predict};
use augurs_ets::AutoETS;
use augurs_mstl::MSTLModel;
use fleetcast_core::{
    Engine, Failure, Forecast, Horizon, IntervalLevel, Outcome, PanelView, SEASON_WEEK, SeriesView,
    in_parallel, interpolated,
};

use crate::challenger::Seasons;

/// Days of a year.
const YEAR: usize = 365;

/// Additive errors only, with or without a trend: their intervals have a closed form, whereas the
/// library simulates those of the other forms.
const FORMS: &str = "AZN";

/// The challenger of the first version, as a reference: MSTL and exponential smoothing by augurs.
///
/// Weekly and annual seasons are taken out by MSTL (Bandara, Hyndman & Bergmeir 2021, *MSTL: a
/// seasonal-trend decomposition algorithm for time series with multiple seasonal patterns*,
/// arXiv:2107.13462); what is left is forecast by the additive-error exponential smoothing form
/// with the smallest AICc; the last seasons are added back.
///
/// A series needs [`fleetcast_core::MIN_OBSERVATIONS`] observed days. The week is modelled from three weeks on, the
/// year from two years on, where enough of those days are observed; a notice says which season was
/// left out. Missing days are interpolated.
/// A constant series is forecast as that constant.
#[derive(Debug, Clone, Copy, Default)]
pub struct MstlEngine;

impl MstlEngine {
    /// An engine.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Engine for MstlEngine {
    fn name(&self) -> &'static str {
        "mstl_ets"
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        let forecast = |series: SeriesView<'_>| forecast_one(series, horizon, level);
        in_parallel(panel, forecast, Outcome::from)
    }
}

fn forecast_one(series: SeriesView<'_>, horizon: Horizon, level: IntervalLevel) -> Outcome {
    series.forecast_or(horizon, |span| forecast_span(series, span, horizon, level))
}

/// The forecast of a series that has its first and its last value in `span`.
fn forecast_span(
    series: SeriesView<'_>,
    span: Range<usize>,
    horizon: Horizon,
    level: IntervalLevel,
) -> Outcome {
    let first = series.grid.last().plus_days(1);
    let values = interpolated(series.values);
    let (seasons, notices) = Seasons::of(&series.values[span.clone()]);
    let lengths: Vec<usize> = [(seasons.weekly, SEASON_WEEK), (seasons.annual, YEAR)]
        .into_iter()
        .filter_map(|(modelled, length)| modelled.then_some(length))
        .collect();
    // A series that ends early is forecast from where it ends, and the days before the horizon
    // are dropped.
    let silent_days = series.values.len() - span.end;
    let forecast = smooth(&values, &lengths, silent_days + horizon.days(), level).and_then(
        |[yhat, lower, upper]| {
            let after_silence = |mut values: Vec<f64>| values.split_off(silent_days);
            let (yhat, lower, upper) = (
                after_silence(yhat),
                after_silence(lower),
                after_silence(upper),
            );
            Ok(Forecast::new(first, yhat, lower, upper)?)
        },
    );
    Outcome {
        forecast,
        notices,
        inner: Vec::new(),
        choice: None,
    }
}

/// The point forecast and the bounds of its interval for `steps` days after `values`.
fn smooth(
    values: &[f64],
    season_lengths: &[usize],
    steps: usize,
    level: IntervalLevel,
) -> Result<[Vec<f64>; 3], Failure> {
    // The decomposition works in single precision: keep its numbers near 1.
    let scale = values
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let scaled: Vec<f64> = values.iter().map(|value| value / scale).collect();

    let smoothing = AutoETS::new(1, FORMS).map_err(Failure::numerical)?;
    let level = Some(level.share());
    let forecast = if season_lengths.is_empty() {
        let fitted = smoothing.fit(&scaled).map_err(Failure::numerical)?;
        fitted.predict(steps, level).map_err(Failure::numerical)?
    } else {
        let model = MSTLModel::new(season_lengths.to_vec(), smoothing.into_trend_model());
        let fitted = model.fit(&scaled).map_err(Failure::numerical)?;
        fitted.predict(steps, level).map_err(Failure::numerical)?
    };
    let intervals = forecast
        .intervals
        .ok_or_else(|| Failure::numerical("the model gave no intervals"))?;
    Ok([forecast.point, intervals.lower, intervals.upper]
        .map(|values| values.into_iter().map(|value| value * scale).collect()))
}

#[cfg(test)]
mod tests {
    use fleetcast_core::{IssueCode, Panel, SeriesKey, TimeGrid};

    use super::*;

    fn outcome(values: Vec<f64>, days: usize) -> Outcome {
        let grid = TimeGrid::new("2023-01-01".parse().unwrap(), values.len());
        let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), values)]).unwrap();
        let horizon = Horizon::new(days).unwrap();
        let mut outcomes =
            MstlEngine::new().forecast(panel.view(), horizon, IntervalLevel::EIGHTY_PERCENT);
        assert_eq!(outcomes.len(), 1);
        outcomes.remove(0)
    }

    fn workload(days: usize) -> Vec<f64> {
        (0..days)
            .map(|day| {
                let unrest = ((day * 7919) % 101) as f64 / 101.0 - 0.5;
                let season = (day as f64 * std::f64::consts::TAU / 365.0).sin();
                50.0 + 10.0 * season + 3.0 * f64::from(day % 7 < 5) + unrest
            })
            .collect()
    }

    #[test]
    fn week_and_year_are_continued() {
        let days = 974;
        let all = workload(days + 120);
        let found = outcome(all[..days].to_vec(), 120).forecast.unwrap();
        let errors = found
            .yhat()
            .iter()
            .zip(&all[days..])
            .map(|(yhat, y)| (yhat - y).abs());
        let mean = errors.sum::<f64>() / 120.0;
        assert!(mean < 3.0, "mean absolute error {mean}");
    }

    #[test]
    fn a_series_that_ends_early_keeps_its_weekdays() {
        let all = workload(200);
        let mut early = all[..180].to_vec();
        early[170..].fill(f64::NAN);
        let found = outcome(early, 20).forecast.unwrap();
        assert_eq!(found.grid().first().to_string(), "2023-06-30");
        for (yhat, actual) in found.yhat().iter().zip(&all[180..]) {
            assert!((yhat - actual).abs() < 6.0, "{yhat}, not {actual}");
        }
    }

    #[test]
    fn degenerate_series_have_a_policy() {
        assert_eq!(outcome(vec![7.5; 50], 3).forecast.unwrap().yhat(), [7.5; 3]);
        assert_eq!(
            outcome(vec![0.0; 50], 3).forecast.unwrap().upper(),
            [0.0; 3]
        );
        for values in [vec![1.0; 13], vec![f64::NAN; 50]] {
            let failure = outcome(values, 3).forecast.unwrap_err();
            assert_eq!(failure.code(), IssueCode::TooShort);
        }
        for days in [14, 20, 21, 30, 100, 729, 731] {
            let found = outcome(workload(days), 10);
            let forecast = found.forecast.unwrap();
            let sane = forecast
                .yhat()
                .iter()
                .all(|yhat| (20.0..90.0).contains(yhat));
            assert!(sane, "{days} days: {:?}", forecast.yhat());
            assert_eq!(found.notices.is_empty(), days >= 730, "{days} days");
        }
    }

    #[test]
    fn any_scale_and_sign_gives_the_same_forecast() {
        let reference = outcome(workload(60), 10).forecast.unwrap();
        for scale in [1e-12, 1e12, -1.0] {
            let values = workload(60).iter().map(|value| value * scale).collect();
            let found = outcome(values, 10).forecast.unwrap();
            for (found, reference) in found.yhat().iter().zip(reference.yhat()) {
                assert!((found / scale / reference - 1.0).abs() < 1e-3, "{scale}");
            }
        }
    }
}
