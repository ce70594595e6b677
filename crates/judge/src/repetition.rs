//! Plain repetition: of the last level, the last week, the last year.

use fleetcast_core::{Day, SEASON_WEEK, SEASON_YEAR, metrics, naive_of_season};

use crate::decision::{Decision, figure};
use crate::scores::Scores;
use crate::{Case, Contender, Metric, PromotionMargin};

/// Observed values whose median is the last level: those of a week, so that each of its days counts once.
const LEVEL_VALUES: usize = 7;

/// Origins inside the training window that must be there to ask.
const LEAST_ORIGINS: usize = 2;

/// What is repeated.
pub(crate) const REPETITIONS: [Contender; 3] = [
    Contender::NaiveLevel,
    Contender::NaiveWeek,
    Contender::NaiveYear,
];

/// Returns a plain repetition's forecast of the `days` days after `seen`, in its unit, NaN where a day is missing. There is `None`
/// where the model is no repetition, where nothing is observed, and of the last year where there is not a whole one.
///
/// The last level is the median of the last 7 observed values; week and year are those of [`fleetcast_core::naive_of_season`].
#[must_use]
pub fn repeated(model: Contender, seen: &[f64], days: usize) -> Option<Vec<f64>> {
    let first = seen.iter().position(|value| !value.is_nan())?;
    let seen = &seen[first..];
    match model {
        Contender::NaiveLevel => Some(vec![last_level(seen)?; days]),
        Contender::NaiveWeek => naive_of_season(seen, SEASON_WEEK, days),
        Contender::NaiveYear if seen.len() >= SEASON_YEAR => {
            naive_of_season(seen, SEASON_YEAR, days)
        }
        _ => None,
    }
}

fn last_level(seen: &[f64]) -> Option<f64> {
    let observed = seen.iter().rev().copied().filter(|value| !value.is_nan());
    let mut last: Vec<f64> = observed.take(LEVEL_VALUES).collect();
    last.sort_by(f64::total_cmp);
    let upper = *last.get(last.len() / 2)?;
    let lower = last[(last.len() - 1) / 2];
    Some(lower / 2.0 + upper / 2.0)
}

/// A repetition that no engine has come near.
pub(crate) struct Repetition {
    /// The scores it has on the backtest.
    pub(crate) scores: Scores,
    /// The decision that it wins, and why.
    pub(crate) decision: Decision,
}

impl Repetition {
    /// Returns the repetition that wins a series: better than every engine by more than the margin on the backtest, and by mean
    /// absolute error at the origins before it as well, where champion and challenger were asked at two or more. Of several, the
    /// one with the smallest error on the backtest.
    ///
    /// `engines` are their scores on the backtest, `mase_scale` that of the training window.
    pub(crate) fn winning(
        case: &Case<'_>,
        engines: &[Scores],
        metric: Metric,
        margin: PromotionMargin,
        mase_scale: Option<f64>,
    ) -> Option<Self> {
        if engines.is_empty() {
            return None;
        }
        let clears = |own: f64, other: f64| own < other * (1.0 - margin.percent() / 100.0);
        let found = REPETITIONS.into_iter().filter_map(|model| {
            let actual = case.backtest();
            let yhat = repeated(model, case.training(), actual.len())?;
            let origin = case.split.origin();
            let scores = Scores::of(model, origin, actual, &yhat, None, mase_scale)?;
            let (metric, own, best) = metric.and_fallbacks().find_map(|metric| {
                let errors = engines.iter().map(|engine| metric.of(engine));
                let errors: Vec<f64> = errors.collect::<Option<_>>()?;
                let best = errors.into_iter().fold(f64::INFINITY, f64::min);
                Some((metric, metric.of(&scores)?, best))
            })?;
            let held_before = || {
                case.followed().all(|(name, engine)| {
                    let inner = engine.inner.iter();
                    let inner = inner.map(|inner| (inner.origin, inner.yhat.as_slice()));
                    let errors = before(case, model, inner);
                    // A model of the fleet needs a past of its own before it can be asked.
                    let is_excused = name.is_of_fleet() && errors.is_none();
                    engine.backtest.is_none()
                        || is_excused
                        || errors.is_some_and(|(own, other)| clears(own, other))
                })
            };
            if !clears(own, best) || !held_before() {
                return None;
            }
            let reason = format!(
                "{} {:.1} % better than the better engine by {} ({} against {}), and better at earlier origins too",
                in_words(model),
                100.0 * (1.0 - own / best),
                metric.as_str().to_uppercase(),
                figure(own),
                figure(best),
            );
            let decision = Decision {
                winner: model,
                decided_by: metric.as_str(),
                reason,
            };
            Some((own, Self { scores, decision }))
        });
        found
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, best)| best)
    }
}

/// Returns the mean absolute errors of a repetition and of an engine's forecasts, summed over the origins inside the
/// training window, where there are enough of them.
fn before<'a>(
    case: &Case<'_>,
    model: Contender,
    inner: impl Iterator<Item = (Day, &'a [f64])>,
) -> Option<(f64, f64)> {
    let errors = inner.filter_map(|(origin, yhat)| {
        let (seen, actual) = case.at(origin, yhat.len())?;
        let own = repeated(model, seen, yhat.len())?;
        Some((metrics::mae(actual, &own)?, metrics::mae(actual, yhat)?))
    });
    let (origins, own, other) = errors.fold((0, 0.0, 0.0), |(origins, own, other), errors| {
        (origins + 1, own + errors.0, other + errors.1)
    });
    (origins >= LEAST_ORIGINS).then_some((own, other))
}

fn in_words(model: Contender) -> &'static str {
    match model {
        Contender::NaiveLevel => "the last level over again",
        Contender::NaiveYear => "the last year over again",
        _ => "the last week over again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_level_is_the_median_of_a_week_of_values() {
        let seen = [
            50.0,
            50.0,
            1.0,
            2.0,
            f64::NAN,
            9.0,
            3.0,
            4.0,
            5.0,
            6.0,
            f64::NAN,
        ];
        assert_eq!(
            repeated(Contender::NaiveLevel, &seen, 2),
            Some(vec![4.0; 2])
        );
        let seen = [f64::NAN, 1.0, 2.0];
        assert_eq!(repeated(Contender::NaiveLevel, &seen, 1), Some(vec![1.5]));
        assert_eq!(repeated(Contender::NaiveLevel, &[f64::NAN; 3], 1), None);
    }

    #[test]
    fn a_year_is_repeated_where_there_is_a_whole_one() {
        let seen: Vec<f64> = (0..364_u16).map(f64::from).collect();
        assert_eq!(
            repeated(Contender::NaiveYear, &seen, 2),
            Some(vec![0.0, 1.0])
        );
        assert_eq!(repeated(Contender::NaiveYear, &seen[1..], 2), None);
        assert_eq!(repeated(Contender::Blend, &seen, 2), None);
    }
}
