//! Every contender's scores on one series.

use fleetcast_core::{IntervalLevel, SeriesView};

use crate::case::Case;
use crate::window::{Window, naive};
use crate::{Contender, Scores};

/// Scores contenders of one series.
pub(crate) struct Scorer<'a> {
    pub(crate) case: &'a Case<'a>,
    /// [`fleetcast_core::metrics::mase_scale`] of the training window.
    pub(crate) mase_scale: Option<f64>,
    /// The level of the engines' intervals.
    pub(crate) level: IntervalLevel,
}

impl Scorer<'_> {
    /// Everybody's scores on the backtest; of nobody where no engine has one, for then there is
    /// nothing to hold against seasonal naive.
    pub(crate) fn backtest(&self, window: &Window) -> Vec<Scores> {
        let origin = self.case.split.origin();
        let actual = self.case.backtest();
        let mut scores: Vec<Scores> = self
            .case
            .engines()
            .filter_map(|(model, engine)| {
                let forecast = engine.backtest.as_ref()?;
                let interval = (forecast.lower(), forecast.upper(), self.level);
                Scores::of(
                    model,
                    origin,
                    actual,
                    forecast.yhat(),
                    Some(interval),
                    self.mase_scale,
                )
            })
            .collect();
        if scores.is_empty() {
            return scores;
        }
        for model in [Contender::SeasonalNaive, Contender::Blend] {
            let yhat = window.yhat_of(model);
            scores.extend(
                yhat.and_then(|yhat| {
                    Scores::of(model, origin, actual, yhat, None, self.mase_scale)
                }),
            );
        }
        scores
    }

    /// The engines' scores at their inner origins, and seasonal naive's at the same.
    pub(crate) fn inner_origins(&self) -> Vec<Scores> {
        let mut scores: Vec<Scores> = Vec::new();
        let mut naive_scores: Vec<Scores> = Vec::new();
        for (model, engine) in self.case.engines() {
            for inner in &engine.inner {
                let days = inner.yhat.len();
                let Some((seen, actual)) = self.case.at(inner.origin, days) else {
                    continue;
                };
                scores.extend(Scores::of(
                    model,
                    inner.origin,
                    actual,
                    &inner.yhat,
                    None,
                    self.mase_scale,
                ));
                // One row an origin: where engines look from the same day, the first one's horizon.
                if naive_scores
                    .iter()
                    .any(|naive| naive.origin == inner.origin)
                {
                    continue;
                }
                let (grid, _) = self.case.split.training().split_at(seen.len());
                let past = SeriesView::new(self.case.history.key, grid, seen);
                naive_scores.extend(naive(past, days).and_then(|yhat| {
                    Scores::of(
                        Contender::SeasonalNaive,
                        inner.origin,
                        actual,
                        &yhat,
                        None,
                        self.mase_scale,
                    )
                }));
            }
        }
        scores.append(&mut naive_scores);
        scores
    }
}
