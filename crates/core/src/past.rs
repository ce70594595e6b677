//! Forecasts of the past, and what became of them.

use fleetcast_numerics::quantile_of_sorted;

use crate::{Day, SEASON_YEAR, interpolated};

/// Days on which a forecast of the past must have met a value, for its errors to say anything.
const LEAST_DAYS: usize = 20;

/// Days before an origin by which its level is known.
const YEAR: usize = 365;

/// Days with a value among those, at least.
const LEAST_LEVEL_DAYS: usize = 90;

/// The share of the last year's values below what counts as its level.
const LEVEL: f64 = 0.95;

/// Days up to an origin that are kept, to know whether the series was over a threshold then.
const LATEST_DAYS: usize = 31;

/// Years whose days are repeated, at most.
const EARLIER_YEARS: usize = 2;

/// Days up to an origin whose median is the level that an earlier year's is compared with, and how many of them must have a
/// value.
const LEVEL_DAYS: usize = 56;
const LEAST_OF_LEVEL_DAYS: usize = 14;

/// The share of an earlier year's days that must have a value.
const LEAST_KNOWN: f64 = 0.75;

/// Earlier years hold what came on the same days of the year, one and two years before the days that are asked for, and how far
/// the level has moved since.
///
/// A year is 364 days, so that weekdays meet weekdays. Values are kept to seven digits.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EarlierYears {
    /// The values of the last year and of the one before, as far as they are known, one after the other, in the series' unit: of each
    /// as many days. Between observed days they lie on a straight line, before the first and after the last they are like those.
    pub values: Vec<f32>,
    /// These are the distances that the level has moved since each of them: the median of the last 56 days that were seen, less that
    /// of the same days of that year.
    pub moved: Vec<f32>,
}

impl EarlierYears {
    /// Looks up the `days` days that follow `seen` (a value a day, NaN where missing) in earlier years. A year is left out where less than
    /// three quarters of its days have a value, or where it is not known how far the level has moved since: where fewer than 14
    /// days of either level have a value. Days more than a year ahead are those of the year's beginning again.
    #[must_use]
    pub fn of(seen: &[f64], days: usize) -> Self {
        let mut years = Self::default();
        for back in 1..=EARLIER_YEARS {
            // Days beyond a year have no values of that year yet: they go one more year back.
            let of_that_year: Vec<f64> = (0..days)
                .map(|day| {
                    let years_back = back + day / SEASON_YEAR;
                    let place = (seen.len() + day).checked_sub(years_back * SEASON_YEAR)?;
                    seen.get(place).copied()
                })
                .map(|value| value.filter(|value| value.is_finite()).unwrap_or(f64::NAN))
                .collect();
            let known = of_that_year.iter().filter(|value| !value.is_nan()).count();
            if known == 0 || (known as f64) < LEAST_KNOWN * days as f64 {
                continue;
            }
            let levels = level_at(seen, 0).zip(level_at(seen, back * SEASON_YEAR));
            let Some(moved) = levels.map(|(now, then)| now - then) else {
                continue;
            };
            years
                .values
                .extend(to_seven_digits(&without_gaps(&of_that_year)));
            years.moved.extend(to_seven_digits(&[moved]));
        }
        if years
            .values
            .iter()
            .chain(&years.moved)
            .all(|value| value.is_finite())
        {
            years
        } else {
            Self::default()
        }
    }

    /// Returns how many years there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.moved.len()
    }

    /// Returns each year's `days` first days twice, in double precision: as they were, since growth may stop and go back, and moved
    /// to the present level. What has fallen since is moved both times, for it does not come back of itself. There are none
    /// where the years have fewer days.
    #[must_use]
    pub fn paths(&self, days: usize) -> Vec<Vec<f64>> {
        let long = self.values.len() / self.count().max(1);
        if long < days.max(1) {
            return Vec::new();
        }
        let years = self.values.chunks(long).zip(&self.moved);
        years
            .flat_map(|(year, moved)| {
                [moved.min(0.0), *moved].map(|moved| {
                    let values = year[..days].iter().copied().map(f64::from);
                    let moved = f64::from(moved);
                    values.map(|value| value + moved).collect()
                })
            })
            .collect()
    }
}

/// The median of the 56 days that end `back` days before the last one; `None` where too few have a value.
fn level_at(seen: &[f64], back: usize) -> Option<f64> {
    let end = seen.len().checked_sub(back)?;
    quantile_of_known(
        &seen[end.saturating_sub(LEVEL_DAYS)..end],
        0.5,
        LEAST_OF_LEVEL_DAYS,
    )
}

/// A series' past holds the forecasts that were made in it, and the days of earlier years that the future is about.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesPast {
    /// The golden model's forecasts of the past, in the order of their origins.
    pub forecasts: Vec<PastForecast>,
    /// The last day that is known.
    pub as_of: Day,
    /// These years hold what came on the days after it.
    pub years: EarlierYears,
}

impl SeriesPast {
    /// Makes a past of forecasts alone, up to the last day that is known.
    #[must_use]
    pub fn of_forecasts(forecasts: Vec<PastForecast>, as_of: Day) -> Self {
        Self {
            forecasts,
            as_of,
            years: EarlierYears::default(),
        }
    }
}

/// A forecast that was made at an origin in the past, and how wrong it was, day by day in order.
///
/// Values are kept to seven digits: what they are for needs no more, and there are many.
#[derive(Debug, Clone, PartialEq)]
pub struct PastForecast {
    /// The last day it had seen.
    pub origin: Day,
    /// The forecast of the days after it, in the series' unit.
    pub yhat: Vec<f32>,
    /// Observed minus forecast, a value a day; between observed days on a straight line, before the first and after
    /// the last like those.
    pub errors: Vec<f32>,
    /// The errors it would have had, had the regime lasted that its origin was in, by what is known of regimes now, likewise;
    /// empty where those are its errors.
    pub settled: Vec<f32>,
    /// The 95 % quantile of the last year's values up to the origin; `None` where too few are known.
    pub level: Option<f64>,
    /// The values of the last days up to the origin, 31 at most; −∞ where missing.
    pub latest: Vec<f32>,
    /// These years hold what came on its days before, by what was known at the origin.
    pub years: EarlierYears,
}

impl PastForecast {
    /// Holds the forecast `yhat` of the days after `origin` against the `actual` values of these days (NaN where
    /// missing). `seen` are the values up to the origin.
    ///
    /// `None` where fewer than 20 days have a value, or an error is not finite.
    #[must_use]
    pub fn of(origin: Day, seen: &[f64], actual: &[f64], yhat: &[f64]) -> Option<Self> {
        let errors: Vec<f64> = actual.iter().zip(yhat).map(|(y, yhat)| y - yhat).collect();
        let known = errors.iter().filter(|error| !error.is_nan()).count();
        let errors = to_seven_digits(&without_gaps(&errors));
        let yhat = to_seven_digits(&yhat[..errors.len()]);
        let are_finite = errors.iter().chain(&yhat).all(|value| value.is_finite());
        (known >= LEAST_DAYS && are_finite).then(|| Self {
            origin,
            yhat,
            errors,
            settled: Vec::new(),
            level: level_of_last_year(seen),
            latest: latest(seen),
            years: EarlierYears::default(),
        })
    }

    /// Says what came on its days in earlier years. `aligned` are the values up to the origin, brought to the level that they had
    /// there by what was known then.
    #[must_use]
    pub fn with_years(mut self, aligned: &[f64]) -> Self {
        self.years = EarlierYears::of(aligned, self.yhat.len());
        self
    }

    /// Says which values would have come `had` the regime `lasted` that the origin was in (NaN where missing), where those are
    /// others than those that came: a value a day, from the first on.
    #[must_use]
    pub fn with_settled(mut self, had_it_lasted: Option<&[f64]>) -> Self {
        let Some(lasted) = had_it_lasted else {
            return self;
        };
        let days = lasted.iter().zip(&self.yhat);
        let errors: Vec<f64> = days.map(|(y, yhat)| y - f64::from(*yhat)).collect();
        let settled = to_seven_digits(&without_gaps(&errors));
        if settled.len() == self.errors.len() && settled.iter().all(|error| error.is_finite()) {
            self.settled = settled;
        }
        self
    }

    /// Returns the forecast of its first `days` days, which it must have.
    #[must_use]
    pub fn forecast(&self, days: usize) -> Vec<f64> {
        self.yhat[..days].iter().copied().map(f64::from).collect()
    }

    /// Returns the values that came on its first `days` days, which it must have; those without one are taken as their
    /// errors are.
    #[must_use]
    pub fn came(&self, days: usize) -> Vec<f64> {
        let both = self.yhat[..days].iter().zip(&self.errors);
        both.map(|(yhat, error)| f64::from(*yhat) + f64::from(*error))
            .collect()
    }

    /// Returns the errors in double precision.
    pub fn errors(&self) -> impl Iterator<Item = f64> {
        self.errors.iter().copied().map(f64::from)
    }

    /// Returns the settled errors in double precision: the errors, where it has no others.
    pub fn settled(&self) -> impl Iterator<Item = f64> {
        let settled = if self.settled.is_empty() {
            &self.errors
        } else {
            &self.settled
        };
        settled.iter().copied().map(f64::from)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what has no more digits than that is meant"
)]
fn to_seven_digits(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

/// The values with straight lines in the places of NaN, the first and the last one continued; empty where there is
/// none.
fn without_gaps(values: &[f64]) -> Vec<f64> {
    let between = interpolated(values);
    let (Some(first), Some(last)) = (between.first().copied(), between.last().copied()) else {
        return between;
    };
    let before = values.iter().take_while(|value| value.is_nan()).count();
    let mut all = vec![first; before];
    all.extend(between);
    all.resize(values.len(), last);
    all
}

/// Returns the 95 % quantile of the values of the last 365 days of `seen`, NaN where missing: what a threshold must lie above
/// to be a question. `None` where too few of them are known.
#[must_use]
pub fn level_of_last_year(seen: &[f64]) -> Option<f64> {
    let year = &seen[seen.len().saturating_sub(YEAR)..];
    quantile_of_known(year, LEVEL, LEAST_LEVEL_DAYS)
}

/// The quantile at `share` of the values that are known; `None` where fewer than `least` are.
fn quantile_of_known(values: &[f64], share: f64, least: usize) -> Option<f64> {
    let mut known: Vec<f64> = values
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    if known.len() < least {
        return None;
    }
    known.sort_by(f64::total_cmp);
    Some(quantile_of_sorted(&known, share))
}

fn latest(seen: &[f64]) -> Vec<f32> {
    let last = &seen[seen.len().saturating_sub(LATEST_DAYS)..];
    let known = last.iter().map(|value| {
        if value.is_finite() {
            *value
        } else {
            f64::NEG_INFINITY
        }
    });
    to_seven_digits(&known.collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_years_are_repeated_as_they_were_and_at_the_present_level() {
        // A year at 10, one at 20, half a year at 40; on Mondays 1 more.
        let level = |day: usize| [10.0, 20.0, 40.0][day / 364];
        let seen: Vec<f64> = (0..910)
            .map(|day| level(day) + f64::from(u8::from(day % 7 == 0)))
            .collect();
        let years = EarlierYears::of(&seen, 180);
        assert_eq!(years.count(), 2);
        assert_eq!(years.moved, [20.0, 30.0]);
        let paths = years.paths(180);
        let first: Vec<f64> = paths.iter().map(|path| path[0]).collect();
        // The day after the last is a Monday.
        assert_eq!(first, [21.0, 41.0, 11.0, 41.0]);
        assert_eq!(paths[0][1..7], [20.0; 6]);
        assert_eq!(years.paths(30)[3].len(), 30);
        // A level that has fallen is that of both.
        let fallen: Vec<f64> = seen.iter().map(|value| 100.0 - value).collect();
        let fallen = EarlierYears::of(&fallen, 1).paths(1).concat();
        assert_eq!(fallen, [59.0; 4]);
        assert!(years.paths(181).is_empty());
    }

    #[test]
    fn a_year_that_is_not_known_is_none() {
        let seen = vec![1.0; 400];
        assert_eq!(EarlierYears::of(&seen, 36 + 364).count(), 1);
        // What is not known of its level is not known of the year.
        assert_eq!(EarlierYears::of(&seen[..377], 10).count(), 0);
        assert_eq!(EarlierYears::of(&seen[..378], 10).count(), 1);
        assert_eq!(EarlierYears::of(&[], 10), EarlierYears::default());
        assert_eq!(
            EarlierYears::of(&[f64::NAN; 800], 10),
            EarlierYears::default()
        );
        assert_eq!(
            EarlierYears::of(&[f64::MAX; 800], 10),
            EarlierYears::default()
        );
        let mut gaps = seen.clone();
        gaps[36..66].fill(f64::NAN);
        assert_eq!(EarlierYears::of(&gaps, 100).count(), 0);
        assert_eq!(EarlierYears::of(&gaps, 120).values, [1.0; 120]);
        assert!(EarlierYears::of(&gaps, 120).moved[0].abs() < 1e-9);
        // The year before the last may be known where the last is not.
        let mut long: Vec<f64> = vec![1.0; 364];
        long.extend(&gaps);
        assert_eq!(EarlierYears::of(&long, 100).count(), 1);
    }

    #[test]
    fn errors_of_days_without_a_value_lie_between_their_neighbours() {
        let nan = f64::NAN;
        assert_eq!(
            without_gaps(&[nan, 1.0, nan, nan, 4.0, nan]),
            [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]
        );
        assert_eq!(without_gaps(&[2.0]), [2.0]);
    }

    #[test]
    fn a_forecast_is_held_against_what_came() {
        let origin: Day = "2025-06-30".parse().unwrap();
        let seen: Vec<f64> = (0..200).map(f64::from).collect();
        let actual = vec![10.0; 30];
        let yhat = vec![8.0; 30];
        let past = PastForecast::of(origin, &seen, &actual, &yhat).unwrap();
        assert_eq!(past.errors, [2.0; 30]);
        assert_eq!(past.came(30), [10.0; 30]);
        assert_eq!(past.latest.len(), 31);
        assert!((past.latest[30] - 199.0).abs() < 1e-6);
        assert!((past.level.unwrap() - 0.95 * 199.0).abs() < 1e-9);
        assert_eq!(past.clone().with_settled(None), past);
        let lasted = [vec![7.0; 29], vec![f64::NAN]].concat();
        let settled = past.clone().with_settled(Some(&lasted));
        assert_eq!(settled.settled, [-1.0; 30]);
        assert_eq!(settled.errors, past.errors);
        let few = [vec![10.0; 19], vec![f64::NAN; 11]].concat();
        assert_eq!(PastForecast::of(origin, &seen, &few, &yhat), None);
        let endless = vec![f64::MAX; 30];
        assert_eq!(PastForecast::of(origin, &seen, &endless, &yhat), None);
    }
}
