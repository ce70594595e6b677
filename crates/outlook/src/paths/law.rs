//! The law of a series' first sustained crossing.

use fleetcast_core::{EarlierYears, SeriesKey};

use super::crossing::{first_crossing, sustained_peak};
use super::map::{LEAST_PROBABILITY, ProbabilityMap};
use super::pool::PathPool;
use super::series::SeriesPaths;
use crate::Sustained;

/// The probability that a series goes on as an earlier year did, as it was or moved to the present level: of each year either
/// way, so 16 % of two years.
///
/// Forecasts and their errors are made of what models can say. Peaks that a series has had, and that no model has, come again
/// as well, and growth ends that models continue. Shares of 15 to 25 % for two years are as good as each other; this one is small
/// enough that two ways of four neither make a probability of 10 % nor keep one of 90 % from being reached.
const LIKE_A_YEAR: f64 = 0.04;

/// A path law says how a series may go on: as its forecast with the errors of the past, or as in an earlier year.
#[derive(Debug)]
pub struct PathLaw {
    /// The forecast with the errors of the past, in ways whose weights are together 1.
    paths: Vec<WeightedPath>,
    /// The ways of earlier years, whose weights are together less than 1.
    years: Vec<WeightedPath>,
    size: f64,
    sustained: Sustained,
}

/// The probability of what has the probability `forecast` where a series goes on as it is forecast, and `years` as part of
/// `like_a_year`, the probability that it goes on as an earlier year did.
pub(super) fn together(like_a_year: f64, forecast: f64, years: f64) -> f64 {
    ((1.0 - like_a_year) * forecast + years).min(1.0)
}

/// One way to go on.
#[derive(Debug)]
struct WeightedPath {
    weight: f64,
    values: Vec<f64>,
    /// The largest threshold of which it has a sustained crossing.
    peak: f64,
}

impl PathLaw {
    /// Adds error paths to a forecast of the days to come, in the series' unit: its own, and those of its neighbours in
    /// `pool` in units of their error sizes. Without paths of its own, the forecast is the only one. `years` are the earlier years
    /// of the same days.
    #[must_use]
    pub fn of(
        yhat: &[f64],
        key: &SeriesKey,
        own: Option<&SeriesPaths>,
        pool: &PathPool,
        years: &EarlierYears,
        sustained: Sustained,
    ) -> Self {
        let weighted = |weight: f64, values: Vec<f64>| WeightedPath {
            weight,
            peak: sustained_peak(&values, sustained),
            values,
        };
        let years = years.paths(yhat.len()).into_iter();
        let years = years.map(|path| weighted(LIKE_A_YEAR, path)).collect();
        let Some(own) = own else {
            return Self {
                paths: vec![weighted(1.0, yhat.to_vec())],
                years,
                size: 0.0,
                sustained,
            };
        };
        let paths = pool
            .paths_for(key, own)
            .into_iter()
            .map(|(weight, errors)| {
                let days = yhat.iter().zip(errors);
                let values = days
                    .map(|(yhat, error)| yhat + own.bias + own.size * error)
                    .collect();
                weighted(weight, values)
            })
            .collect();
        Self {
            paths,
            years,
            size: own.size,
            sustained,
        }
    }

    /// Returns the probability that the first sustained crossing of `threshold` comes on a day or before, for every
    /// day of the forecast: what the forecast and its errors say, after `map`, and what earlier years say.
    #[must_use]
    pub fn crossed_by(&self, threshold: f64, map: &ProbabilityMap) -> Vec<f64> {
        let forecast = self.forecast_crossed_by(threshold);
        let years = self.crossed_so_far(&self.years, threshold);
        let like_a_year = self.like_a_year();
        let both = forecast.iter().zip(years);
        both.map(|(forecast, years)| together(like_a_year, map.of(*forecast), years))
            .collect()
    }

    /// Returns the probability of a sustained crossing by each day as the forecast and its errors alone have it, before any
    /// map.
    ///
    /// Beyond what any path reaches it is small, and falls with the distance.
    #[must_use]
    pub fn forecast_crossed_by(&self, threshold: f64) -> Vec<f64> {
        let peaks = self.paths.iter().map(|path| path.peak);
        let highest = peaks.fold(f64::NEG_INFINITY, f64::max);
        // As much as one path less than all of them.
        let beyond = if self.size > 0.0 {
            let distance = ((threshold - highest) / self.size).max(0.0);
            LEAST_PROBABILITY * libm::exp(-distance)
        } else {
            0.0
        };
        let mut crossed = self.crossed_so_far(&self.paths, threshold);
        let days = crossed.len();
        for (day, probability) in crossed.iter_mut().enumerate() {
            let least = beyond * (day + 1) as f64 / days as f64;
            *probability = probability.clamp(least, 1.0);
        }
        crossed
    }

    /// Returns the probability that it goes on as an earlier year did, one that crosses `threshold`.
    #[must_use]
    pub fn years_crossed(&self, threshold: f64) -> f64 {
        let crossing = self.years.iter().filter(|path| path.peak >= threshold);
        crossing.map(|path| path.weight).sum()
    }

    /// Returns the probability that it goes on as an earlier year did: 0 where none is known.
    #[must_use]
    pub fn like_a_year(&self) -> f64 {
        self.years.iter().map(|path| path.weight).sum()
    }

    /// The weights of those of `paths` that have crossed `threshold` by each day.
    fn crossed_so_far(&self, paths: &[WeightedPath], threshold: f64) -> Vec<f64> {
        let days = self.paths.first().map_or(0, |path| path.values.len());
        let mut crossed = vec![0.0; days];
        for path in paths {
            if path.peak >= threshold
                && let Some(day) = first_crossing(&path.values, threshold, self.sustained)
            {
                crossed[day] += path.weight;
            }
        }
        let mut sum = 0.0;
        for weight in &mut crossed {
            sum += *weight;
            *weight = sum;
        }
        crossed
    }

    /// Returns the law of how far paths lie above a level that changes from day to day: it crosses 0 where they cross
    /// the level. A level may be infinite, which no path reaches.
    #[must_use]
    pub fn above(&self, levels: &[f64]) -> Self {
        self.changed(|day, value| value - levels[day])
    }

    /// Returns the law of what paths become where `change` says what becomes of the value of a day, by its place in the
    /// forecast.
    #[must_use]
    pub fn changed(&self, change: impl Fn(usize, f64) -> f64) -> Self {
        let changed = |path: &WeightedPath| {
            let days = path.values.iter().enumerate();
            let values: Vec<f64> = days.map(|(day, value)| change(day, *value)).collect();
            WeightedPath {
                weight: path.weight,
                peak: sustained_peak(&values, self.sustained),
                values,
            }
        };
        Self {
            paths: self.paths.iter().map(changed).collect(),
            years: self.years.iter().map(changed).collect(),
            size: self.size,
            sustained: self.sustained,
        }
    }

    /// Returns the largest sustained level within the forecast that is reached with a probability of at least
    /// `share`, after `map`: what is needed so that it runs out as rarely as that.
    #[must_use]
    pub fn sustained_level(&self, share: f64, map: &ProbabilityMap) -> f64 {
        let of_years = self.years.iter().map(|path| (path, true));
        let of_forecast = self.paths.iter().map(|path| (path, false));
        let mut all: Vec<(&WeightedPath, bool)> = of_forecast.chain(of_years).collect();
        all.sort_by(|(a, _), (b, _)| b.peak.total_cmp(&a.peak));
        let like_a_year = self.like_a_year();
        let (mut forecast, mut years) = (0.0_f64, 0.0);
        for (path, is_year) in &all {
            if *is_year {
                years += path.weight;
            } else {
                forecast += path.weight;
            }
            if together(like_a_year, map.of(forecast.min(1.0)), years) >= share {
                return path.peak;
            }
        }
        all.last().map_or(f64::NAN, |(path, _)| path.peak)
    }
}
