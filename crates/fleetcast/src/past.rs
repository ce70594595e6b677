//! A series' forecasts of the past, out of what its engines did.

use fleetcast_core::EngineForecasts;
use fleetcast_judge::{Case, Contender, LeaderboardEntry};
use fleetcast_outlook::paths::PastForecast;

/// Returns the forecasts that a series' golden model made in the past, held against what came, earliest origin first:
/// those at its inner origins, and the backtest's. A blend has those of the engine that won; where no engine has a
/// forecast there is none.
#[must_use]
pub fn past_forecasts(case: &Case<'_>, entry: &LeaderboardEntry) -> Vec<PastForecast> {
    let verdict = &entry.verdict;
    let model = match verdict.golden {
        Contender::Blend => verdict.decision.winner,
        model => model,
    };
    let engine: &EngineForecasts = match model {
        Contender::Prophet => case.prophet,
        Contender::Challenger => case.challenger,
        Contender::Blend | Contender::SeasonalNaive => return Vec::new(),
    };
    let values = case.history.values;
    let grid = case.split.history();
    let training = case.split.training().len();
    let inner = engine.inner.iter().filter_map(|inner| {
        let seen = grid.index_of(inner.origin)? + 1;
        // What lies inside the training window is known at the backtest's origin already.
        let end = (seen + inner.yhat.len()).min(training);
        let actual = values.get(seen..end)?;
        PastForecast::of(inner.origin, &values[..seen], actual, &inner.yhat)
    });
    let backtest = engine.backtest.as_ref().and_then(|backtest| {
        let (seen, actual) = values.split_at_checked(training)?;
        PastForecast::of(case.split.origin(), seen, actual, backtest.yhat())
    });
    inner.chain(backtest).collect()
}
