//! A series' own error paths.

use fleetcast_core::{Day, PastForecast};

/// Half the length of the mean, in days, that is the slow part of a path.
const SLOW: usize = 30;

/// A day's error enters the slow part up to so many error sizes: a single disaster is no drift.
const CLIPPED_AT: f64 = 3.0;

/// The weight of a forecast that began a year before the one to come, beside others: it has the season's errors.
const SAME_SEASON: f64 = 2.0;

/// Days by which a forecast may have begun earlier or later and is of the same season still.
const SEASON_DAYS: i32 = 30;

const YEAR: i32 = 365;

/// Days of the means that tell how much errors drift.
const MONTH: usize = 31;

/// Added to the mean errors of the size, as a share of the largest: a forecast that was right by accident does not make
/// the size vanish.
const LEAST_SHARE: f64 = 1e-3;

/// Added before logarithms of shapes.
const LEAST_RATIO: f64 = 1e-9;

/// The error paths of one series about its bias, in units of its error size: whole forecasts' errors in the order of time,
/// each as it was and with its slow part mirrored.
///
/// A drift that went up once could as well have gone down, while weekdays and peaks keep their sign. The bias is what
/// every forecast missed in the same direction.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesPaths {
    /// The error size: the geometric mean of the forecasts' mean absolute errors, in the series' unit.
    pub(super) size: f64,
    /// What every forecast missed in the same direction, in the series' unit.
    pub(super) bias: f64,
    /// How much errors drift, and how heavy their tails are: what makes series alike.
    pub(super) shape: [f64; 2],
    /// The paths, each over the whole horizon.
    pub(super) paths: Vec<Vec<f64>>,
    /// Their weights, together 1.
    pub(super) weights: Vec<f64>,
}

impl SeriesPaths {
    /// Makes the paths of the `days` days after `as_of` from past forecasts, in the order of their origins.
    ///
    /// `None` where there is none, or none was wrong.
    #[must_use]
    pub fn of(past: &[&PastForecast], as_of: Day, days: usize) -> Option<Self> {
        let size = size(past)?;
        let bias = persistent_bias(past, size);
        let (readings, weights): (Vec<_>, Vec<_>) = readings(past, as_of).into_iter().unzip();
        let mut own: Vec<Vec<f64>> = readings
            .into_iter()
            .map(|(first, reading)| chained(past, first, days, reading))
            .collect();
        let slow: Vec<Vec<f64>> = own.iter().map(|path| slow_part(path, size)).collect();
        own.iter_mut().flatten().for_each(|error| *error -= bias);
        let shape = shape(&own, &weights, size);
        let mut paths = Vec::with_capacity(2 * own.len());
        for (path, slow) in own.iter().zip(&slow) {
            let days = path.iter().zip(slow);
            let mirrored = days.map(|(error, slow)| (error - 2.0 * (slow - bias)) / size);
            paths.push(path.iter().map(|error| error / size).collect());
            paths.push(mirrored.collect());
        }
        let weights = weights
            .iter()
            .flat_map(|weight| [weight / 2.0; 2])
            .collect();
        Some(Self {
            size,
            bias,
            shape,
            paths,
            weights,
        })
    }

    /// Returns the error size, in the series' unit.
    #[must_use]
    pub fn size(&self) -> f64 {
        self.size
    }
}

/// How the errors of a forecast are read after which the level shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Errors as they were, for such a shift may come again.
    AsTheyWere,
    /// Errors as they would have been had the level lasted, for it may not.
    Settled,
}

impl Reading {
    fn errors(self, past: &PastForecast) -> Vec<f64> {
        match self {
            Self::AsTheyWere => past.errors().collect(),
            Self::Settled => past.settled().collect(),
        }
    }
}

fn mean_size(errors: &[f64]) -> f64 {
    errors.iter().copied().map(f64::abs).sum::<f64>() / errors.len() as f64
}

/// The geometric mean of the mean absolute errors, of both readings where there are two: one forecast from another regime does
/// not make it.
fn size(past: &[&PastForecast]) -> Option<f64> {
    let mean = |past: &PastForecast, reading: Reading| mean_size(&reading.errors(past));
    let means: Vec<f64> = past
        .iter()
        .map(|past| mean(past, Reading::AsTheyWere))
        .collect();
    let largest = means.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 || !largest.is_finite() {
        return None;
    }
    let logarithm = |mean: f64| libm::log(mean + LEAST_SHARE * largest);
    let logarithms = past.iter().zip(&means).map(|(past, as_it_was)| {
        if past.settled.is_empty() {
            return logarithm(*as_it_was);
        }
        let settled = mean(past, Reading::Settled);
        f64::midpoint(logarithm(*as_it_was), logarithm(settled))
    });
    let size = libm::exp(logarithms.sum::<f64>() / means.len() as f64);
    (size.is_finite() && size > 0.0).then_some(size)
}

/// What every forecast missed in the same direction: the mean of their mean errors, days clipped, shrunk by its own
/// uncertainty (nothing is left below |t| = √3) and at most the latest one's; none where they are fewer than three.
fn persistent_bias(past: &[&PastForecast], size: f64) -> f64 {
    let limit = CLIPPED_AT * size;
    let mean = |past: &PastForecast| {
        let clipped = past.settled().map(|error| error.clamp(-limit, limit));
        clipped.sum::<f64>() / past.errors.len() as f64
    };
    let means: Vec<f64> = past.iter().map(|past| mean(past)).collect();
    let count = means.len() as f64;
    let latest = past.iter().max_by_key(|past| past.origin);
    let Some(latest) = latest.filter(|_| past.len() >= 3).map(|past| mean(past)) else {
        return 0.0;
    };
    let all = means.iter().sum::<f64>() / count;
    if all * latest <= 0.0 {
        return 0.0;
    }
    let variance = means.iter().map(|mean| (mean - all).powi(2)).sum::<f64>() / (count - 1.0);
    let certain = (1.0 - 3.0 * variance / count / (all * all)).max(0.0);
    all.signum() * (all.abs() * certain).min(latest.abs())
}

fn weights(past: &[&PastForecast], as_of: Day) -> Vec<f64> {
    let mut weights: Vec<f64> = past
        .iter()
        .map(|past| {
            let age = as_of.days_since(past.origin);
            let is_of_the_season = (age - YEAR).abs() <= SEASON_DAYS;
            if is_of_the_season { SAME_SEASON } else { 1.0 }
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    weights
}

/// Which of the forecasts' errors make paths, and with which weights: those of a forecast after which the level shifted in both
/// readings, each with half.
fn readings(past: &[&PastForecast], as_of: Day) -> Vec<((usize, Reading), f64)> {
    let all = past.iter().zip(weights(past, as_of)).enumerate();
    all.flat_map(|(place, (past, weight))| {
        let reading = |reading, weight| ((place, reading), weight);
        if past.settled.is_empty() {
            vec![reading(Reading::AsTheyWere, weight)]
        } else {
            vec![
                reading(Reading::AsTheyWere, weight / 2.0),
                reading(Reading::Settled, weight / 2.0),
            ]
        }
    })
    .collect()
}

/// The errors of a forecast, continued by those of the forecast that begins nearest to where they end, the year
/// disregarded; of two as near, the later one.
fn chained(past: &[&PastForecast], first: usize, days: usize, reading: Reading) -> Vec<f64> {
    let mut path = reading.errors(past[first]);
    while path.len() < days {
        let length = i32::try_from(path.len()).unwrap_or(i32::MAX);
        let distance = |other: &&PastForecast| {
            let apart = other.origin.days_since(past[first].origin) - length;
            [apart, apart + YEAR, apart - YEAR]
                .into_iter()
                .map(i32::abs)
                .min()
        };
        let next = past
            .iter()
            .min_by_key(|other| (distance(other), std::cmp::Reverse(other.origin)));
        match next.filter(|next| !next.errors.is_empty()) {
            Some(next) => path.extend(reading.errors(next)),
            None => break,
        }
    }
    path.truncate(days);
    path
}

/// The centred mean of the errors, whose ends are continued as they are.
fn slow_part(errors: &[f64], size: f64) -> Vec<f64> {
    let limit = CLIPPED_AT * size;
    let clipped: Vec<f64> = errors
        .iter()
        .map(|error| error.clamp(-limit, limit))
        .collect();
    let (Some(first), Some(last)) = (clipped.first(), clipped.last()) else {
        return Vec::new();
    };
    let at = |place: isize| match usize::try_from(place) {
        Ok(place) => *clipped.get(place).unwrap_or(last),
        Err(_) => *first,
    };
    let (length, slow) = (2 * SLOW + 1, SLOW.cast_signed());
    let mut sum: f64 = (-slow..=slow).map(at).sum();
    (0..errors.len().cast_signed())
        .map(|day| {
            let mean = sum / length as f64;
            sum += at(day + slow + 1) - at(day - slow);
            mean
        })
        .collect()
}

/// The logarithms of how large the errors' monthly means are, and the errors themselves, beside the error size.
fn shape(paths: &[Vec<f64>], weights: &[f64], size: f64) -> [f64; 2] {
    let (mut drift, mut spread) = (0.0, 0.0);
    for (path, weight) in paths.iter().zip(weights) {
        let month = MONTH.min(path.len()).max(1);
        let mut sum: f64 = path[..month.min(path.len())].iter().sum();
        let mut squares = 0.0;
        let means = path.len() + 1 - month;
        for first in 0..means {
            squares += (sum / month as f64).powi(2);
            if first + month < path.len() {
                sum += path[first + month] - path[first];
            }
        }
        drift += weight * squares / means as f64;
        spread += weight * path.iter().map(|error| error * error).sum::<f64>() / path.len() as f64;
    }
    [drift, spread].map(|square| 0.5 * libm::log(square / (size * size) + LEAST_RATIO))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(origin: &str, errors: &[f64]) -> PastForecast {
        let origin: Day = origin.parse().unwrap();
        let none = vec![0.0; errors.len()];
        PastForecast::of(origin, &[], errors, &none).unwrap()
    }

    #[test]
    fn forecasts_are_chained_by_the_season() {
        let all = [
            past("2024-01-01", &vec![1.0; 120]),
            past("2024-05-01", &vec![2.0; 120]),
            past("2024-09-01", &vec![3.0; 120]),
        ];
        let all: Vec<&PastForecast> = all.iter().collect();
        let chained = |past, first, days| chained(past, first, days, Reading::AsTheyWere);
        let path = chained(&all[..], 0, 180);
        assert_eq!((path[119], path[120], path.len()), (1.0, 2.0, 180));
        // September's ends where January's began, a year before.
        assert!((chained(&all[..], 2, 180)[120] - 1.0).abs() < 1e-12);
        assert!((chained(&all[..1], 0, 180)[150] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_shift_of_the_past_may_come_again_or_not() {
        let calm = |origin| past(origin, &vec![1.0; 180]);
        let shifted: Vec<f64> = (0..180)
            .map(|day| if day < 60 { 1.0 } else { 41.0 })
            .collect();
        let known = past("2025-01-01", &shifted).with_settled(Some(&[1.0; 180]));
        let all = [calm("2024-01-01"), known];
        let all: Vec<&PastForecast> = all.iter().collect();
        let as_of: Day = "2026-06-05".parse().unwrap();
        let paths = SeriesPaths::of(&all, as_of, 180).unwrap();
        // One forecast's errors in one reading, the other's in two; each path as it was and mirrored.
        assert_eq!(paths.weights, [0.25, 0.25, 0.125, 0.125, 0.125, 0.125]);
        let late = |path: &Vec<f64>| path[179] * paths.size + paths.bias;
        assert!((late(&paths.paths[2]) - 41.0).abs() < 1e-9);
        assert!((late(&paths.paths[4]) - 1.0).abs() < 1e-9);
        // What is not known of regimes weighs as ever.
        let unknown = [calm("2024-01-01"), past("2025-01-01", &shifted)];
        let unknown: Vec<&PastForecast> = unknown.iter().collect();
        let wider = SeriesPaths::of(&unknown, as_of, 180).unwrap();
        assert_eq!(wider.weights, [0.25; 4]);
        assert!(wider.size > 1.5 * paths.size);
    }

    #[test]
    fn a_drift_is_mirrored_and_weekdays_are_not() {
        let errors: Vec<f64> = (0..180)
            .map(|day| 1.0 + if day % 7 == 0 { 0.5 } else { 0.0 })
            .collect();
        let all = past("2025-01-01", &errors);
        let as_of: Day = "2026-01-05".parse().unwrap();
        let paths = SeriesPaths::of(&[&all], as_of, 180).unwrap();
        assert_eq!(paths.paths.len(), 2);
        assert_eq!(paths.weights, [0.5, 0.5]);
        let (up, down) = (&paths.paths[0], &paths.paths[1]);
        let mean = |path: &[f64]| path[7..175].iter().sum::<f64>() / 168.0;
        assert!(
            (mean(up) + mean(down)).abs() < 0.02,
            "{} {}",
            mean(up),
            mean(down)
        );
        assert!((up[70] - up[71] - (down[70] - down[71])).abs() < 0.02);
    }

    #[test]
    fn what_every_forecast_missed_is_a_bias_and_what_one_missed_is_none() {
        let missed = |means: [f64; 4]| {
            let all: Vec<PastForecast> = ["2024-01-01", "2024-05-01", "2024-09-01", "2025-01-01"]
                .into_iter()
                .zip(means)
                .map(|(origin, mean)| past(origin, &vec![mean; 120]))
                .collect();
            let all: Vec<&PastForecast> = all.iter().collect();
            persistent_bias(&all, size(&all).unwrap())
        };
        assert!((missed([2.0; 4]) - 2.0).abs() < 1e-9);
        assert!(
            (missed([2.1, 1.9, 2.0, 1.0]) - 1.0).abs() < 1e-9,
            "at most the latest"
        );
        assert!(missed([3.0, -3.0, 3.0, 1.0]).abs() < 1e-12, "no agreement");
        assert!(
            missed([2.0, 2.0, 2.0, -0.1]).abs() < 1e-12,
            "the latest went the other way"
        );
    }

    #[test]
    fn one_wild_forecast_does_not_make_the_size() {
        let all = [
            past("2024-01-01", &vec![1.0; 120]),
            past("2024-05-01", &vec![1.0; 120]),
            past("2024-09-01", &vec![100.0; 120]),
        ];
        let all: Vec<&PastForecast> = all.iter().collect();
        let size = size(&all).unwrap();
        assert!((4.0..6.0).contains(&size), "{size}");
        assert_eq!(super::size(&[&past("2024-01-01", &vec![0.0; 120])]), None);
        assert_eq!(super::size(&[]), None);
    }
}
