//! A series' forecasts of the past, out of what its engines did.

use fleetcast_core::EngineForecasts;
use fleetcast_judge::{Case, Contender, LeaderboardEntry, repeated};
use fleetcast_outlook::paths::PastForecast;

/// Returns the forecasts that a series' golden model made in the past, held against what came, earliest origin first:
/// those at its inner origins, and the backtest's. A plain repetition has those it would have made there. A blend has those of the engine that won; where no engine has a
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
        Contender::NaiveLevel | Contender::NaiveWeek | Contender::NaiveYear => {
            return of_repetition(case, model);
        }
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

/// Those that a plain repetition would have made at the same origins.
fn of_repetition(case: &Case<'_>, model: Contender) -> Vec<PastForecast> {
    let values = case.history.values;
    let grid = case.split.history();
    let training = case.split.training().len();
    let backtest = values.len().saturating_sub(training);
    let origins = case.inner_origins().into_iter();
    let origins = origins.chain([(case.split.origin(), backtest)]);
    let past = origins.filter_map(|(origin, days)| {
        let seen = grid.index_of(origin)? + 1;
        let known = if seen < training {
            training
        } else {
            values.len()
        };
        let actual = values.get(seen..(seen + days).min(known))?;
        let yhat = repeated(model, &values[..seen], days)?;
        PastForecast::of(origin, &values[..seen], actual, &yhat)
    });
    past.collect()
}
