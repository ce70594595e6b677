//! Seasonal naive: the forecast every other one is held against.
//!
//! Source: Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §5.2: the
//! forecast of a day is the last observed value of the same day of the season.

use crate::{Horizon, SeriesView, metrics};

/// A week of days.
pub const SEASON_WEEK: usize = 7;

/// A year of whole weeks, so that weekdays meet weekdays.
pub const SEASON_YEAR: usize = 364;

/// How many seasons back a missing day is looked up before its neighbours are.
const SEASONS_BACK: usize = 4;

/// A seasonal naive forecast.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SeasonalNaive {
    /// The season length used, in days.
    pub season: usize,
    /// One value a day of the horizon.
    pub yhat: Vec<f64>,
}

/// The seasonal naive forecast of a series, or `None` where nothing is observed.
///
/// The season is a year or a week, whichever would have done better (by mean absolute error) on
/// the last `horizon` days of the series itself; where there is too little history to ask, a year
/// if the series has one, else a week. Nothing but the series' own values is used.
#[must_use]
pub fn seasonal_naive(series: SeriesView<'_>, horizon: Horizon) -> Option<SeasonalNaive> {
    // From the first observed day on, to the end of the window.
    let values = series.values.get(series.observed_span()?.start..)?;
    let season = better_season(values, horizon.days());
    Some(SeasonalNaive {
        season,
        yhat: repeat_season(values, season, horizon.days()),
    })
}

/// The seasonal naive forecast of the `horizon` days after `values` with a season of `season` days
/// (at least 1), or `None` where nothing is observed.
///
/// A day whose last season is missing has the value of up to three seasons before, else the last
/// one observed until then.
#[must_use]
pub fn naive_of_season(values: &[f64], season: usize, horizon: usize) -> Option<Vec<f64>> {
    let first = values.iter().position(|value| !value.is_nan())?;
    Some(repeat_season(&values[first..], season.max(1), horizon))
}

fn better_season(values: &[f64], horizon: usize) -> usize {
    if values.len() < SEASON_YEAR {
        return SEASON_WEEK;
    }
    let Some((past, recent)) = values
        .len()
        .checked_sub(horizon)
        .filter(|origin| *origin >= SEASON_YEAR)
        .map(|origin| values.split_at(origin))
    else {
        return SEASON_YEAR;
    };
    let error = |season| metrics::mae(recent, &repeat_season(past, season, horizon));
    match (error(SEASON_YEAR), error(SEASON_WEEK)) {
        (Some(year), Some(week)) if week < year => SEASON_WEEK,
        _ => SEASON_YEAR,
    }
}

/// `values` must begin with an observed one.
fn repeat_season(values: &[f64], season: usize, horizon: usize) -> Vec<f64> {
    let n = values.len();
    let same_day_in_the_last_season = |step: usize| {
        let seasons_ahead = step / season + 1;
        (n + step).checked_sub(seasons_ahead * season)
    };
    (0..horizon)
        .map(|step| {
            let latest = same_day_in_the_last_season(step).unwrap_or(n - 1);
            let seasons_before = (0..SEASONS_BACK).map(|back| latest.checked_sub(back * season));
            seasons_before
                .flatten()
                .map(|index| values[index])
                .find(|value| !value.is_nan())
                .unwrap_or_else(|| last_observed_until(values, latest))
        })
        .collect()
}

fn last_observed_until(values: &[f64], index: usize) -> f64 {
    let before = values[..=index].iter().rev();
    before
        .copied()
        .find(|value| !value.is_nan())
        .unwrap_or(values[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SeriesKey, TimeGrid};

    fn naive(values: &[f64], horizon: usize) -> Option<SeasonalNaive> {
        let key = SeriesKey::new("h", "cpu");
        let grid = TimeGrid::new("2024-01-01".parse().unwrap(), values.len());
        let series = SeriesView::new(&key, grid, values);
        seasonal_naive(series, Horizon::new(horizon).unwrap())
    }

    #[test]
    fn a_short_series_repeats_its_week() {
        let values: Vec<f64> = (0..21).map(f64::from).collect();
        let found = naive(&values, 9).unwrap();
        assert_eq!(found.season, 7);
        assert_eq!(found.yhat, [14., 15., 16., 17., 18., 19., 20., 14., 15.]);
    }

    #[test]
    fn a_missing_day_is_looked_up_a_season_earlier() {
        let mut values: Vec<f64> = (0..21).map(f64::from).collect();
        values[15] = f64::NAN;
        assert_eq!(naive(&values, 2).unwrap().yhat, [14., 8.]);
    }

    #[test]
    fn fewer_days_than_a_season_repeat_the_last() {
        assert_eq!(naive(&[f64::NAN, 3.0, 4.0], 2).unwrap().yhat, [4., 4.]);
        assert_eq!(naive(&[f64::NAN; 3], 2), None);
    }

    #[test]
    fn the_season_that_did_better_is_taken() {
        let yearly: Vec<f64> = (0..900).map(|day| f64::from(day % 364)).collect();
        assert_eq!(naive(&yearly, 120).unwrap().season, SEASON_YEAR);
        let level_shift: Vec<f64> = (0..900)
            .map(|day| {
                if day < 600 {
                    10.0
                } else {
                    80.0 + f64::from(day % 7)
                }
            })
            .collect();
        assert_eq!(naive(&level_shift, 120).unwrap().season, SEASON_WEEK);
    }
}
