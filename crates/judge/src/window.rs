//! All forecasts of one window of days.

use fleetcast_core::{Horizon, SeriesView, seasonal_naive};

use crate::Contender;
use crate::blend::{Weights, blend, weights};
use crate::case::Case;
use crate::member::Member;
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
        let engines = [case.prophet, case.challenger];
        let forecasts = engines.map(|engine| engine.backtest.as_ref());
        let mut window = Self::new(
            case.training(),
            case.backtest().len(),
            forecasts.map(|forecast| forecast.map(|forecast| forecast.yhat().to_vec())),
            errors,
        );
        window.naive = naive(training, case.backtest().len());
        window
    }

    /// The future's.
    pub(crate) fn future(case: &Case<'_>, errors: &PastErrors) -> Self {
        let engines = [case.prophet, case.challenger];
        let forecasts = engines.map(|engine| engine.future.as_ref());
        Self::new(
            case.history.values,
            case.split.future().len(),
            forecasts.map(|forecast| forecast.map(|forecast| forecast.yhat().to_vec())),
            errors,
        )
    }

    fn new(
        seen: &[f64],
        days: usize,
        [prophet, challenger]: [Option<Vec<f64>>; 2],
        errors: &PastErrors,
    ) -> Self {
        let mut forecasts = naive_members(seen, days);
        let has_engine = prophet.is_some() || challenger.is_some();
        forecasts[Member::Prophet as usize] = prophet;
        forecasts[Member::Challenger as usize] = challenger;
        let weights = if has_engine {
            weights(errors, &forecasts)
        } else {
            [0.0; Member::ALL.len()]
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
        let yhat = match model {
            Contender::Prophet => &self.forecasts[Member::Prophet as usize],
            Contender::Challenger => &self.forecasts[Member::Challenger as usize],
            Contender::Blend => &self.blend,
            Contender::SeasonalNaive => &self.naive,
            Contender::NaiveLevel => &self.level,
            Contender::NaiveWeek => &self.forecasts[Member::NaiveWeek as usize],
            Contender::NaiveYear => &self.forecasts[Member::NaiveYear as usize],
        };
        yhat.as_deref()
    }
}

/// Seasonal naive's forecast of the `days` days after a series.
pub(crate) fn naive(series: SeriesView<'_>, days: usize) -> Option<Vec<f64>> {
    let horizon = Horizon::new(days).ok()?;
    seasonal_naive(series, horizon).map(|naive| naive.yhat)
}
