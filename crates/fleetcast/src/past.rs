//! A series' forecasts of the past, out of what its engines did.

use fleetcast_core::{Day, EngineForecasts};
use fleetcast_judge::{Case, Contender, LeaderboardEntry, repeated};
use fleetcast_outlook::paths::{EarlierYears, PastForecast, SeriesPast};

/// Returns what the past says of a series: the forecasts of its golden model, and what came in earlier years on the days that
/// are to come. It is empty where nobody has a forecast.
#[must_use]
pub fn past_of(case: &Case<'_>, entry: &LeaderboardEntry) -> SeriesPast {
    let seen = case.history.values.len();
    SeriesPast {
        forecasts: past_forecasts(case, entry),
        as_of: case.split.as_of(),
        years: EarlierYears::of(&case.aligned(seen), case.split.future().len()),
    }
}

/// Returns the forecasts that a series' golden model made in the past, held against what came, earliest origin first:
/// those at its inner origins, and the backtest's. A plain repetition has those that it would have made there, a blend those
/// of whoever won; where no engine has a forecast there is none.
fn past_forecasts(case: &Case<'_>, entry: &LeaderboardEntry) -> Vec<PastForecast> {
    let verdict = &entry.verdict;
    let model = match verdict.golden {
        Contender::Blend => verdict.decision.winner,
        model => model,
    };
    if let Some(engine) = case.engine(model) {
        return of_engine(case, engine);
    }
    match model {
        Contender::NaiveLevel | Contender::NaiveWeek | Contender::NaiveYear => {
            of_repetition(case, model)
        }
        _ => Vec::new(),
    }
}

fn of_engine(case: &Case<'_>, engine: &EngineForecasts) -> Vec<PastForecast> {
    let inner = engine.inner.iter();
    let inner = inner.filter_map(|inner| held_against(case, inner.origin, &inner.yhat));
    let backtest = engine.backtest.as_ref();
    let backtest = backtest.and_then(|one| held_against(case, case.split.origin(), one.yhat()));
    inner.chain(backtest).collect()
}

fn of_repetition(case: &Case<'_>, model: Contender) -> Vec<PastForecast> {
    let values = case.history.values;
    let backtest = (case.split.origin(), case.split.backtest().len());
    let origins = case.inner_origins().into_iter().chain([backtest]);
    let past = origins.filter_map(|(origin, days)| {
        let seen = case.split.history().index_of(origin)? + 1;
        held_against(case, origin, &repeated(model, values.get(..seen)?, days)?)
    });
    past.collect()
}

/// Holds a forecast of the days after `origin` against what came, and against what would have come had the level lasted.
fn held_against(case: &Case<'_>, origin: Day, yhat: &[f64]) -> Option<PastForecast> {
    let values = case.history.values;
    let training = case.split.training().len();
    let seen = case.split.history().index_of(origin)? + 1;
    // What lies inside the training window is known at the backtest's origin already.
    let known = if seen < training {
        training
    } else {
        values.len()
    };
    let end = (seen + yhat.len()).min(known);
    let actual = values.get(seen..end)?;
    let past = PastForecast::of(origin, &values[..seen], actual, yhat)?;
    let past = past.with_years(&case.aligned(seen));
    let lasted = case.had_it_lasted(origin, end - seen, values.len());
    Some(past.with_settled(lasted.as_deref()))
}
