//! Outlooks whose future is known, and what they say of those whose future is not.

use std::collections::{BTreeMap, BTreeSet};

use fleetcast_core::{Day, PastForecast, SeriesKey};

use super::crossing::first_crossing;
use super::law::{PathLaw, together};
use super::map::{Case, ProbabilityMap};
use super::pool::PathPool;
use super::series::SeriesPaths;
use crate::Sustained;

/// Thresholds by which outlooks of the past are held against what happened: the last year's level, and so many error
/// sizes above it.
const LADDER: [f64; 7] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0];

/// An origin counts like at most so many open cases: what happened to a fleet at one time happened once.
const MOST_OPEN_CASES: f64 = 30.0;

/// Forecasts of the past that are shorter than this hold no outlook worth comparing.
const LEAST_DAYS: usize = 90;

/// Fewer outlooks of the past say nothing of their skill.
const LEAST_KNOWN: usize = 50;

/// A series with its forecasts of the past, in the order of their origins.
#[derive(Debug, Clone, PartialEq)]
pub struct PastSeries {
    /// The series.
    pub key: SeriesKey,
    /// The forecasts its golden model made in the past.
    pub past: Vec<PastForecast>,
}

/// An outlook of the past that came true or did not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownOutlook {
    /// The last day it had seen.
    pub origin: Day,
    /// The days it was about.
    pub horizon_days: usize,
    /// The probability of a sustained crossing that its forecast and errors said, before any map.
    pub said: f64,
    /// This part of what it said is of earlier years, which no map changes.
    pub like_a_year: f64,
    /// The probability that it goes on as an earlier year that had a sustained crossing: at most
    /// [`like_a_year`](Self::like_a_year).
    pub years: f64,
    /// Whether there was one.
    pub came_true: bool,
    /// How much it counts for the map.
    pub weight: f64,
}

impl KnownOutlook {
    /// Returns the probability that it said, on a map.
    #[must_use]
    pub fn probability(&self, map: &ProbabilityMap) -> f64 {
        together(self.like_a_year, map.of(self.said), self.years)
    }
}

/// Outlooks of the past that said about the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownBin {
    /// The last day they had seen.
    pub origin: Day,
    /// The days they were about.
    pub horizon_days: usize,
    /// The least probability of the bin, 0 to 1.
    pub from: f64,
    /// The least probability of the next one.
    pub to: f64,
    /// The mean of their probabilities.
    pub mean: f64,
    /// How many there are.
    pub cases: usize,
    /// How many came true.
    pub came_true: usize,
}

/// What a resource's series share: error paths to borrow, and what outlooks of the past were worth.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceLaw {
    pool: PathPool,
    map: ProbabilityMap,
    known: Vec<KnownOutlook>,
    /// The skill of `known` on `map`, which every series of the resource asks for.
    skill: Option<f64>,
}

impl ResourceLaw {
    /// Learns from the series of a resource, in whatever order they come, for outlooks of `days` days after `as_of`.
    ///
    /// Outlooks of the past are made as those of the future are, at the origin of each past forecast, from errors that
    /// were known by then.
    #[must_use]
    pub fn of(mut series: Vec<PastSeries>, as_of: Day, days: usize, sustained: Sustained) -> Self {
        series.sort_by(|a, b| a.key.cmp(&b.key));
        let paths = series.iter().filter_map(|one| {
            let past: Vec<&PastForecast> = one.past.iter().collect();
            Some((one.key.clone(), SeriesPaths::of(&past, as_of, days)?))
        });
        let pool = PathPool::of(paths.collect());
        let longest = series.iter().map(|one| one.past.len()).max().unwrap_or(0);
        let known: Vec<KnownOutlook> = (0..longest)
            .flat_map(|era| outlooks_of(&series, era, sustained))
            .collect();
        let cases: Vec<Case> = known
            .iter()
            .map(|known| Case {
                said: known.said,
                came_true: known.came_true,
                weight: known.weight,
            })
            .collect();
        let map = ProbabilityMap::fit(&cases);
        Self {
            skill: skill(&known, map),
            pool,
            map,
            known,
        }
    }

    /// Returns the error paths to borrow.
    #[must_use]
    pub fn pool(&self) -> &PathPool {
        &self.pool
    }

    /// Returns how probabilities are mapped.
    #[must_use]
    pub fn map(&self) -> &ProbabilityMap {
        &self.map
    }

    /// Returns the outlooks of the past by origin and by the probability they have on the map, in tenths; those that
    /// none falls into are left out.
    #[must_use]
    pub fn known_bins(&self) -> Vec<KnownBin> {
        let mut bins: BTreeMap<(Day, usize, usize), KnownBin> = BTreeMap::new();
        for known in &self.known {
            let probability = known.probability(&self.map);
            // The last tenth has its end.
            let tenth = (0..9)
                .find(|tenth| probability < (tenth + 1) as f64 / 10.0)
                .unwrap_or(9);
            let bin = bins
                .entry((known.origin, known.horizon_days, tenth))
                .or_insert(KnownBin {
                    origin: known.origin,
                    horizon_days: known.horizon_days,
                    from: tenth as f64 / 10.0,
                    to: (tenth + 1) as f64 / 10.0,
                    mean: 0.0,
                    cases: 0,
                    came_true: 0,
                });
            bin.mean += probability;
            bin.cases += 1;
            bin.came_true += usize::from(known.came_true);
        }
        let mut bins: Vec<KnownBin> = bins.into_values().collect();
        for bin in &mut bins {
            bin.mean /= bin.cases as f64;
        }
        bins
    }

    /// Returns the part of the base rate's Brier score that the outlooks of the past, on the map, take away (Murphy 1973,
    /// *A new vector partition of the probability score*): below 0 always saying how often it happened would have been
    /// better. `None` where fewer than 50 are known, or none or all of them came true.
    #[must_use]
    pub fn skill(&self) -> Option<f64> {
        self.skill
    }

    /// Returns the outlooks of the past, with what became of them.
    #[must_use]
    pub fn known(&self) -> &[KnownOutlook] {
        &self.known
    }
}

/// Returns what [`ResourceLaw::skill`] does, of outlooks on a map.
fn skill(known: &[KnownOutlook], map: ProbabilityMap) -> Option<f64> {
    let cases = known.len();
    let came_true = known.iter().filter(|known| known.came_true).count();
    let base = came_true as f64 / cases as f64;
    if cases < LEAST_KNOWN || came_true == 0 || came_true == cases {
        return None;
    }
    let apart = |known: &KnownOutlook| {
        (known.probability(&map) - f64::from(u8::from(known.came_true))).powi(2)
    };
    let brier = known.iter().map(apart).sum::<f64>() / cases as f64;
    Some(1.0 - brier / (base * (1.0 - base)))
}

/// Series of a resource that are learned from, at most: those with the smallest hashes of their names.
const MOST_SERIES: usize = 256;

/// Series of a fleet that are learned from, at most: it may have as many resources as series.
const MOST_IN_ALL: usize = 4096;

/// The forecasts of the past of a fleet's series, resource by resource: what its series learn from each other.
///
/// Pools of parts of a fleet [`merge`](Self::merge) to the pool of the whole, whatever the parts and their order. Of a
/// resource with more than 256 series, and of a fleet with more than 4,096 of those, the ones with the smallest hashes of
/// their names are kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PastPool {
    resources: BTreeMap<String, BTreeMap<(u64, SeriesKey), Vec<PastForecast>>>,
    all: BTreeSet<(u64, SeriesKey)>,
}

impl PastPool {
    /// Adds a series that has forecasts of the past.
    pub fn add(&mut self, key: &SeriesKey, past: &[PastForecast]) {
        if !past.is_empty() {
            self.insert((key.stable_hash(), key.clone()), past.to_vec());
        }
    }

    /// Adds the series of another part of the fleet.
    pub fn merge(&mut self, other: Self) {
        for series in other.resources.into_values() {
            for (key, past) in series {
                self.insert(key, past);
            }
        }
    }

    /// Lists its series, with their forecasts of the past.
    pub fn parts(&self) -> impl Iterator<Item = (&SeriesKey, &[PastForecast])> {
        let series = self.resources.values().flatten();
        series.map(|((_, key), past)| (key, past.as_slice()))
    }

    /// Returns those of these series that a pool of them keeps.
    #[must_use]
    pub fn kept<'a>(series: impl IntoIterator<Item = &'a SeriesKey>) -> Vec<SeriesKey> {
        let mut pool = Self::default();
        for key in series {
            pool.insert((key.stable_hash(), key.clone()), Vec::new());
        }
        pool.parts().map(|(key, _)| key.clone()).collect()
    }

    fn insert(&mut self, key: (u64, SeriesKey), past: Vec<PastForecast>) {
        let resource = key.1.resource().to_owned();
        let series = self.resources.entry(resource).or_default();
        self.all.insert(key.clone());
        series.insert(key, past);
        if series.len() > MOST_SERIES
            && let Some((last, _)) = series.pop_last()
        {
            self.all.remove(&last);
        }
        if self.all.len() > MOST_IN_ALL
            && let Some(last) = self.all.pop_last()
            && let Some(series) = self.resources.get_mut(last.1.resource())
        {
            series.remove(&last);
            if series.is_empty() {
                self.resources.remove(last.1.resource());
            }
        }
    }

    /// Learns what each resource's series share, for outlooks of `days` days after `as_of`.
    #[must_use]
    pub fn learn(&self, as_of: Day, days: usize, sustained: Sustained) -> FleetLaw {
        let resources = self.resources.iter().map(|(resource, series)| {
            let series = series.iter().map(|((_, key), past)| PastSeries {
                key: key.clone(),
                past: past.clone(),
            });
            let law = ResourceLaw::of(series.collect(), as_of, days, sustained);
            (resource.clone(), law)
        });
        FleetLaw {
            resources: resources.collect(),
        }
    }
}

/// What each resource's series share.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetLaw {
    resources: BTreeMap<String, ResourceLaw>,
}

impl FleetLaw {
    /// Returns what the series of a resource share; `None` where none has a forecast of the past.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&ResourceLaw> {
        self.resources.get(name)
    }

    /// Lists every resource and what its series share, in the order of their names.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &ResourceLaw)> {
        self.resources
            .iter()
            .map(|(name, law)| (name.as_str(), law))
    }
}

/// The outlooks at every series' past forecast number `era`.
fn outlooks_of(series: &[PastSeries], era: usize, sustained: Sustained) -> Vec<KnownOutlook> {
    // Of every series, what was known by then.
    let then: Vec<(&PastSeries, &PastForecast, SeriesPaths)> = series
        .iter()
        .filter_map(|one| {
            let now = one
                .past
                .get(era)
                .filter(|past| past.errors.len() >= LEAST_DAYS)?;
            let ended = |past: &&PastForecast| {
                let days = i64::try_from(past.errors.len()).unwrap_or(i64::MAX);
                i64::from(now.origin.days_since(past.origin)) >= days
            };
            let known: Vec<&PastForecast> = one.past.iter().filter(ended).collect();
            Some((
                one,
                now,
                SeriesPaths::of(&known, now.origin, now.errors.len())?,
            ))
        })
        .collect();
    let shortest = then
        .iter()
        .map(|(_, now, _)| now.errors.len())
        .min()
        .unwrap_or(0);
    let pool = PathPool::of(
        then.iter()
            .map(|(one, _, paths)| (one.key.clone(), paths.clone()))
            .collect(),
    );
    let mut outlooks = Vec::new();
    for (one, now, paths) in &then {
        let Some(level) = now.level else {
            continue;
        };
        let law = PathLaw::of(
            &now.forecast(shortest),
            &one.key,
            Some(paths),
            &pool,
            &now.years,
            sustained,
        );
        let came = now.came(shortest);
        let first = outlooks.len();
        for step in LADDER {
            let threshold = level + step * paths.size();
            if is_over(now, threshold, sustained) {
                continue;
            }
            let said = law.forecast_crossed_by(threshold);
            let said = said.last().copied().unwrap_or(0.0);
            let open = 4.0 * said * (1.0 - said);
            outlooks.push(KnownOutlook {
                origin: now.origin,
                horizon_days: shortest,
                said,
                like_a_year: law.like_a_year(),
                years: law.years_crossed(threshold),
                came_true: first_crossing(&came, threshold, sustained).is_some(),
                weight: open * open,
            });
        }
        bound(&mut outlooks[first..], 1.0);
    }
    bound(&mut outlooks, MOST_OPEN_CASES);
    outlooks
}

/// Whether the series was over the threshold at the origin.
fn is_over(past: &PastForecast, threshold: f64, sustained: Sustained) -> bool {
    let from = past.latest.len().saturating_sub(sustained.of() as usize);
    let full = past.latest[from..]
        .iter()
        .filter(|value| f64::from(**value) >= threshold);
    full.count() >= sustained.days() as usize
}

/// Lets outlooks together weigh no more than `most`.
fn bound(outlooks: &mut [KnownOutlook], most: f64) {
    let sum: f64 = outlooks.iter().map(|outlook| outlook.weight).sum();
    if sum > most {
        for outlook in outlooks {
            outlook.weight *= most / sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skill_is_what_outlooks_of_the_past_took_from_the_base_rates_score() {
        let known = |said: [f64; 2]| -> Vec<KnownOutlook> {
            (0..100)
                .map(|case| KnownOutlook {
                    origin: "2025-01-01".parse().unwrap(),
                    horizon_days: 120,
                    said: said[case % 2],
                    like_a_year: 0.0,
                    years: 0.0,
                    came_true: case % 2 == 0,
                    weight: 1.0,
                })
                .collect()
        };
        let skill = |known: &[KnownOutlook]| super::skill(known, ProbabilityMap::default());
        // Half came true: the base rate's score is a quarter.
        assert!((skill(&known([1.0, 0.0])).unwrap() - 1.0).abs() < 1e-12);
        assert!(skill(&known([0.5, 0.5])).unwrap().abs() < 1e-12);
        assert!((skill(&known([0.7, 0.3])).unwrap() - 0.64).abs() < 1e-12);
        assert!((skill(&known([0.0, 1.0])).unwrap() + 3.0).abs() < 1e-12);
        assert_eq!(skill(&known([1.0, 0.0])[..49]), None);
        let mut none = known([0.1, 0.1]);
        for known in &mut none {
            known.came_true = false;
        }
        assert_eq!(skill(&none), None);
    }

    #[test]
    fn a_pool_stays_small_and_keeps_the_same_series_in_any_order() {
        // More resources than series are kept, and some with more than a resource keeps.
        let keys: Vec<SeriesKey> = (0..6000)
            .map(|n| {
                SeriesKey::new(
                    format!("h{n}"),
                    format!("r{}", if n % 4 == 0 { 0 } else { n }),
                )
            })
            .collect();
        let mut forth = PastPool::default();
        let mut back = PastPool::default();
        for key in &keys {
            forth.insert((key.stable_hash(), key.clone()), Vec::new());
        }
        for key in keys.iter().rev() {
            back.insert((key.stable_hash(), key.clone()), Vec::new());
        }
        assert_eq!(forth, back);
        assert_eq!(forth.parts().count(), MOST_IN_ALL);
        let (first, second) = keys.split_at(2500);
        let part = |keys: &[SeriesKey]| {
            let mut pool = PastPool::default();
            for key in keys {
                pool.insert((key.stable_hash(), key.clone()), Vec::new());
            }
            pool
        };
        let mut merged = part(second);
        merged.merge(part(first));
        assert_eq!(merged, forth);
        assert_eq!(PastPool::kept(&keys).len(), MOST_IN_ALL);
    }
}
