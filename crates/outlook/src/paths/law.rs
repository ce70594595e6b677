//! The law of a series' first sustained crossing.

use fleetcast_core::SeriesKey;

use super::crossing::{first_crossing, sustained_peak};
use super::map::{LEAST_PROBABILITY, ProbabilityMap};
use super::pool::PathPool;
use super::series::SeriesPaths;
use crate::Sustained;

/// How a series may go on: its forecast with the errors of the past.
#[derive(Debug)]
pub struct PathLaw {
    paths: Vec<WeightedPath>,
    size: f64,
    sustained: Sustained,
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
    /// `pool` in units of their error sizes. Without paths of its own, the forecast is the only one.
    #[must_use]
    pub fn of(
        yhat: &[f64],
        key: &SeriesKey,
        own: Option<&SeriesPaths>,
        pool: &PathPool,
        sustained: Sustained,
    ) -> Self {
        let weighted = |weight: f64, values: Vec<f64>| WeightedPath {
            weight,
            peak: sustained_peak(&values, sustained),
            values,
        };
        let Some(own) = own else {
            return Self {
                paths: vec![weighted(1.0, yhat.to_vec())],
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
            size: own.size,
            sustained,
        }
    }

    /// Returns the probability that the first sustained crossing of `threshold` comes on a day or before, for every
    /// day of the forecast, as the paths have it.
    ///
    /// Beyond what any path reaches it is small, and falls with the distance.
    #[must_use]
    pub fn crossed_by(&self, threshold: f64) -> Vec<f64> {
        let days = self.paths.first().map_or(0, |path| path.values.len());
        let mut probability = vec![0.0; days];
        let mut highest = f64::NEG_INFINITY;
        for path in &self.paths {
            highest = highest.max(path.peak);
            if path.peak >= threshold
                && let Some(day) = first_crossing(&path.values, threshold, self.sustained)
            {
                probability[day] += path.weight;
            }
        }
        // As much as one path less than all of them.
        let beyond = if self.size > 0.0 {
            let distance = ((threshold - highest) / self.size).max(0.0);
            LEAST_PROBABILITY * libm::exp(-distance)
        } else {
            0.0
        };
        let mut sum = 0.0;
        for (day, probability) in probability.iter_mut().enumerate() {
            sum += *probability;
            let least = beyond * (day + 1) as f64 / days as f64;
            *probability = sum.clamp(least, 1.0);
        }
        probability
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
            size: self.size,
            sustained: self.sustained,
        }
    }

    /// Returns the largest sustained level within the forecast that is reached with a probability of at least
    /// `share`, after `map`: what is needed so that it runs out as rarely as that.
    #[must_use]
    pub fn sustained_level(&self, share: f64, map: &ProbabilityMap) -> f64 {
        let mut peaks: Vec<(f64, f64)> = self
            .paths
            .iter()
            .map(|path| (path.peak, path.weight))
            .collect();
        peaks.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        let mut sum = 0.0;
        for (peak, weight) in &peaks {
            sum += weight;
            if map.of(sum.min(1.0)) >= share {
                return *peak;
            }
        }
        peaks.last().map_or(f64::NAN, |(peak, _)| *peak)
    }
}
