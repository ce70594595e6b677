//! What a group's forecasts of the past would have been, and how wrong.

use std::collections::BTreeMap;

use fleetcast_core::{Day, PastForecast};

use super::sums::Sums;

/// The part of a group whose errors at an origin must be known, for them to stand for the group's.
const LEAST_PART: f64 = 0.5;

/// Days before an origin whose values say what its level was.
const YEAR: u32 = 365;

/// Members' forecasts of the days after one origin, added up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Origin {
    /// How much of the group they are.
    volume: Sums,
    yhat: Sums,
    errors: Sums,
    /// How much the second reading of errors differs from the first, where members have one.
    settled: Sums,
    has_settled: bool,
}

/// Members' forecasts of the past, added up origin by origin: errors of members at one time stay together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct PastTotal {
    /// Origins, told apart by their day and by how many days after them have a forecast.
    origins: BTreeMap<(Day, usize), Origin>,
}

impl Origin {
    fn new(days: usize) -> Self {
        Self {
            volume: Sums::new(1),
            yhat: Sums::new(days),
            errors: Sums::new(days),
            settled: Sums::new(days),
            has_settled: false,
        }
    }

    fn merge(&mut self, other: &Self) {
        self.volume.merge(&other.volume);
        self.yhat.merge(&other.yhat);
        self.errors.merge(&other.errors);
        self.settled.merge(&other.settled);
        self.has_settled |= other.has_settled;
    }
}

impl PastTotal {
    /// Adds a member's forecasts of the past. `volume` is how much of the group it is.
    pub(super) fn add(&mut self, past: &[PastForecast], weight: f64, volume: f64) {
        for one in past {
            let days = one.errors.len();
            let origin = self.origins.entry((one.origin, days));
            let origin = origin.or_insert_with(|| Origin::new(days));
            origin.volume.add([volume]);
            let yhat = one.yhat.iter().copied().map(f64::from);
            origin.yhat.add(yhat.map(|value| weight * value));
            origin.errors.add(one.errors().map(|error| weight * error));
            if !one.settled.is_empty() {
                let both = one.settled().zip(one.errors());
                origin
                    .settled
                    .add(both.map(|(settled, error)| weight * (settled - error)));
                origin.has_settled = true;
            }
        }
    }

    /// Adds the members of another part of the group.
    pub(super) fn merge(&mut self, other: &Self) {
        for ((origin, days), part) in &other.origins {
            let so_far = self.origins.entry((*origin, *days));
            so_far.or_insert_with(|| Origin::new(*days)).merge(part);
        }
    }

    /// The group's forecasts of the past, earliest first, divided by `share`. Where some members have none at an origin, the
    /// others' stand for them, if they are half of the group's `volume`: as if all went wrong alike.
    pub(super) fn forecasts(&self, share: f64, volume: f64) -> Vec<PastForecast> {
        let mut chosen: BTreeMap<Day, (usize, f64)> = BTreeMap::new();
        for ((day, days), origin) in &self.origins {
            let part = origin.volume.at(0);
            let best = chosen.entry(*day).or_insert((*days, part));
            if part >= best.1 {
                *best = (*days, part);
            }
        }
        // What the group's values were, day by day, as far as a forecast was held against them.
        let mut came: BTreeMap<Day, f64> = BTreeMap::new();
        let mut forecasts = Vec::new();
        for (day, (days, part)) in chosen {
            let Some(origin) = self.origins.get(&(day, days)) else {
                continue;
            };
            if part < LEAST_PART * volume || volume <= 0.0 {
                continue;
            }
            let factor = volume / part / share;
            let scaled = |sums: &Sums| -> Vec<f64> {
                sums.values().into_iter().map(|sum| factor * sum).collect()
            };
            let (yhat, errors) = (scaled(&origin.yhat), scaled(&origin.errors));
            let actual: Vec<f64> = yhat.iter().zip(&errors).map(|(a, b)| a + b).collect();
            let seen: Vec<f64> = (0..YEAR)
                .rev()
                .map(|back| came.get(&day.minus_days(back)).copied())
                .map(|value| value.unwrap_or(f64::NAN))
                .collect();
            let lasted: Option<Vec<f64>> = origin.has_settled.then(|| {
                let apart = scaled(&origin.settled);
                actual.iter().zip(apart).map(|(a, b)| a + b).collect()
            });
            for (ahead, value) in (1..).zip(&actual) {
                came.insert(day.plus_days(ahead), *value);
            }
            let past = PastForecast::of(day, &seen, &actual, &yhat);
            forecasts.extend(past.map(|past| past.with_settled(lasted.as_deref())));
        }
        forecasts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn past(origin: &str, yhat: f64, error: f64) -> PastForecast {
        let yhat = vec![yhat; 120];
        let actual: Vec<f64> = yhat.iter().map(|yhat| yhat + error).collect();
        PastForecast::of(origin.parse().unwrap(), &[], &actual, &yhat).unwrap()
    }

    #[test]
    fn errors_of_one_time_stay_together() {
        let mut total = PastTotal::default();
        total.add(
            &[past("2025-01-01", 10.0, 1.0), past("2025-05-01", 10.0, 2.0)],
            1.0,
            10.0,
        );
        total.add(
            &[
                past("2025-01-01", 20.0, -1.0),
                past("2025-05-01", 20.0, 2.0),
            ],
            1.0,
            20.0,
        );
        let forecasts = total.forecasts(1.0, 30.0);
        assert_eq!(forecasts.len(), 2);
        assert_eq!(
            forecasts[0].errors, [0.0; 120],
            "they went against each other"
        );
        assert_eq!(forecasts[1].errors, [4.0; 120], "they went wrong alike");
        assert_eq!(forecasts[1].yhat, [30.0; 120]);
        // The level of the second origin is known from what came after the first.
        assert_eq!(forecasts[0].level, None);
        assert_eq!(forecasts[1].level, Some(30.0));
        assert_eq!(forecasts[1].latest, [30.0; 31]);
    }

    #[test]
    fn who_was_not_there_yet_goes_as_the_others_went() {
        let mut total = PastTotal::default();
        total.add(&[past("2025-05-01", 10.0, 2.0)], 1.0, 10.0);
        total.add(&[], 1.0, 5.0);
        let forecasts = total.forecasts(1.0, 15.0);
        assert_eq!(forecasts[0].errors, [3.0; 120]);
        assert_eq!(forecasts[0].yhat, [15.0; 120]);
        assert_eq!(total.forecasts(1.0, 21.0), [], "too few were there");
        assert_eq!(total.forecasts(1.0, 0.0), []);
    }

    #[test]
    fn another_reading_of_a_members_errors_is_one_of_the_groups() {
        let mut total = PastTotal::default();
        let settled = past("2025-05-01", 10.0, 40.0).with_settled(Some(&[11.0; 120]));
        total.add(&[settled], 1.0, 10.0);
        total.add(&[past("2025-05-01", 20.0, 2.0)], 1.0, 20.0);
        let forecasts = total.forecasts(1.0, 30.0);
        assert_eq!(forecasts[0].errors, [42.0; 120]);
        assert_eq!(forecasts[0].settled, [3.0; 120]);
    }
}
