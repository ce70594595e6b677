//! All forecasts of one window of days.

use fleetcast_core::{Forecast, Horizon, SeriesView, seasonal_naive};

use crate::Contender;
use crate::blend::{Weights, blend, weights};
use crate::case::Case;
use crate::past_errors::{Forecasts, PastErrors, naive_members};
use crate::repetition::repeated;

/// All members' forecasts of one window, and what the blend makes of them.
pub(crate) struct Window {
    pub(crate) forecasts: Forecasts,
    /// What the blend makes of each.
    pub(crate) weights: Weights,
    pub(crate) blend: Option<Vec<f64>>,
    /// Seasonal naive, by the season that did better in its own past.
    naive: Option<Vec<f64>>,
    /// The last level over again.
    level: Option<Vec<f64>>,
}

impl Window {
    /// The backtest's, with weights from `errors` that know nothing of it.
    pub(crate) fn backtest(case: &Case<'_>, errors: &PastErrors) -> Self {
        let training = SeriesView::new(case.history.key, case.split.training(), case.training());
        let engines = case.followed();
        let mut window = Self::new(
            case.training(),
            case.backtest().len(),
            engines.filter_map(|(model, engine)| Some((model, engine.backtest.as_ref()?))),
            errors,
        );
        window.naive = naive(training, case.backtest().len());
        window
    }

    /// The future's.
    pub(crate) fn future(case: &Case<'_>, errors: &PastErrors) -> Self {
        let engines = case.followed();
        Self::new(
            case.history.values,
            case.split.future().len(),
            engines.filter_map(|(model, engine)| Some((model, engine.future.as_ref()?))),
            errors,
        )
    }

    fn new<'f>(
        seen: &[f64],
        days: usize,
        engines: impl Iterator<Item = (Contender, &'f Forecast)>,
        errors: &PastErrors,
    ) -> Self {
        let mut forecasts = Forecasts(
            engines
                .map(|(model, forecast)| (model, forecast.yhat().to_vec()))
                .collect(),
        );
        let has_engine = !forecasts.0.is_empty();
        forecasts.0.append(&mut naive_members(seen, days).0);
        let weights = if has_engine {
            weights(errors, &forecasts)
        } else {
            Weights::default()
        };
        Self {
            blend: blend(&weights, &forecasts),
            weights,
            forecasts,
            naive: None,
            level: repeated(Contender::NaiveLevel, seen, days),
        }
    }

    /// A contender's point forecast, where there is one.
    pub(crate) fn yhat_of(&self, model: Contender) -> Option<&[f64]> {
        match model {
            Contender::Blend => self.blend.as_deref(),
            Contender::SeasonalNaive => self.naive.as_deref(),
            Contender::NaiveLevel => self.level.as_deref(),
            member => self.forecasts.of(member),
        }
    }
}

/// Seasonal naive's forecast of the `days` days after a series.
pub(crate) fn naive(series: SeriesView<'_>, days: usize) -> Option<Vec<f64>> {
    let horizon = Horizon::new(days).ok()?;
    seasonal_naive(series, horizon).map(|naive| naive.yhat)
}
