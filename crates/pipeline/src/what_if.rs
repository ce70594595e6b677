//! What becomes of outlooks where load or limits are others than they are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use fleetcast::LoadChange;
use fleetcast_core::{Day, EffectiveLimits, LimitSchedule, SeriesKey, TimeGrid};
use fleetcast_outlook::CapacityOutlook;
use fleetcast_store::{SeriesIndex, Store};

use crate::Error;
use crate::write_stage::{Plans, WriteStage, Writing};

/// Days of a year, over which growth is said.
const YEAR: f64 = 365.0;

/// What is another than it is, from a day on.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// The series it is about.
    pub series: BTreeSet<SeriesKey>,
    /// The first day on which it holds; days before the forecast count as its first.
    pub from: Day,
    /// What the load is multiplied by, at least 0.
    pub load: f64,
    /// What the load is multiplied by in a year, compounding from the day on, above 0.
    pub growth: f64,
    /// What the way from floor to capacity is multiplied by, above 0; the threshold stays at its share.
    pub capacity: f64,
    /// Another threshold, in the series' unit.
    pub threshold: Option<f64>,
    /// Which of the series go. Their load is spread over those that stay, and that come, of the same resource.
    pub removed: BTreeSet<SeriesKey>,
    /// How many hosts like these come, and take their share of the load.
    pub added: u32,
}

/// What a scenario makes of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    /// The series.
    pub key: SeriesKey,
    /// The outlook as it is.
    pub today: CapacityOutlook,
    /// The limits as they are.
    pub limits: EffectiveLimits,
    /// The outlook it would have; `None` where the series goes.
    pub then: Option<CapacityOutlook>,
    /// The limits it would have in the end.
    pub limits_then: EffectiveLimits,
    /// How far the outlook can be trusted.
    pub trust: &'static str,
}

/// What happens to the load of the series of a resource, day by day of the forecast.
type Spread = BTreeMap<String, LoadChange>;

impl Scenario {
    /// What the load is multiplied by on each day, before hosts come and go.
    fn factors(&self, days: TimeGrid) -> Vec<f64> {
        let factor = |day: Day| {
            if day < self.from {
                return 1.0;
            }
            let years = f64::from(day.days_since(self.from)) / YEAR;
            self.load * libm::pow(self.growth, years)
        };
        days.days().map(factor).collect()
    }

    /// The limits that hold then.
    fn limits(&self, today: &LimitSchedule, days: TimeGrid) -> LimitSchedule {
        let from_start = self.from <= days.first();
        let start = if from_start {
            self.changed(today.on(days.first()))
        } else {
            *today.now()
        };
        let mut then = LimitSchedule::from(start);
        let mut steps: BTreeSet<Day> = today.later().iter().map(|(day, _)| *day).collect();
        if !from_start {
            steps.insert(self.from);
        }
        for day in steps {
            let limits = *today.on(day);
            let limits = if day < self.from {
                limits
            } else {
                self.changed(&limits)
            };
            then = then.then(day, limits);
        }
        then
    }

    fn changed(&self, limits: &EffectiveLimits) -> EffectiveLimits {
        let floor = limits.floor.unwrap_or(0.0);
        let larger = |limit: f64| floor + self.capacity * (limit - floor);
        EffectiveLimits {
            capacity: limits.capacity.map(larger),
            threshold: self.threshold.or(limits.threshold.map(larger)),
            ..*limits
        }
    }

    /// How the load of those that go is spread, by resource.
    fn spread(&self, store: &Store, days: TimeGrid) -> Result<Spread, Error> {
        let factors = self.factors(days);
        let mut spread = Spread::new();
        let mut hosts: BTreeMap<&str, f64> = BTreeMap::new();
        for key in &self.series {
            *hosts.entry(key.resource()).or_default() += 1.0;
        }
        let removed: Vec<SeriesKey> = self.removed.iter().cloned().collect();
        let going = store.read_golden_plans(&removed, days)?;
        let mut moved: BTreeMap<&str, (f64, Vec<f64>)> = BTreeMap::new();
        for (key, plan) in removed.iter().zip(&going) {
            let (count, load) = moved
                .entry(key.resource())
                .or_insert_with(|| (0.0, vec![0.0; days.len()]));
            *count += 1.0;
            let forecast = plan.as_ref().and_then(|plan| plan.forecast.as_ref());
            let yhat = forecast.map_or(&[][..], |forecast| forecast.yhat());
            for (load, yhat) in load.iter_mut().zip(yhat) {
                *load += yhat.max(0.0);
            }
        }
        for (resource, all) in hosts {
            let (gone, load) = moved.get(resource).cloned().unwrap_or_default();
            let stay = all - gone;
            let then = stay + f64::from(self.added);
            // What becomes of a host that nobody has seen yet, nothing is known of.
            if stay <= 0.0 {
                return Err(Error::OutOfOrder(format!(
                    "nobody is left to take over the {resource} of the hosts that go; name more hosts"
                )));
            }
            let share = |(place, factor): (usize, &f64)| {
                let is_now = days.day(place).is_some_and(|day| day < self.from);
                if is_now {
                    return (*factor, 0.0);
                }
                let moved = load.get(place).copied().unwrap_or(0.0);
                (factor * (stay / then), factor * (moved / then))
            };
            let (factor, added) = factors.iter().enumerate().map(share).unzip();
            spread.insert(resource.to_owned(), LoadChange { factor, added });
        }
        Ok(spread)
    }
}

impl WriteStage<'_> {
    /// Says what becomes of the outlooks of a scenario's series, in key order; nothing is written.
    pub(crate) fn what_if(
        &self,
        store: &Store,
        index: &SeriesIndex,
        scenario: &Scenario,
    ) -> Result<Vec<WhatIf>, Error> {
        let days = self.split.future();
        let spread = scenario.spread(store, days)?;
        let wanted: HashSet<SeriesKey> = scenario.series.iter().cloned().collect();
        let index = index.only(&wanted);
        let writing = self.begin(store, &index)?;
        let mut rows = Vec::new();
        let histories = self.recent(store, &index);
        for plans in self.plans(store, &histories) {
            rows.extend(self.answers(&plans?, &writing, scenario, &spread)?);
        }
        Ok(rows)
    }

    fn answers(
        &self,
        plans: &Plans,
        writing: &Writing,
        scenario: &Scenario,
        spread: &Spread,
    ) -> Result<Vec<WhatIf>, Error> {
        let days = self.split.future();
        let places = 0..plans.golden.len();
        let rows = places.filter_map(|place| {
            let (key, material) = plans.material(writing, place)?;
            let limits = scenario.limits(material.limits, days);
            if let Some(disorder) = disorder(key, limits.last()) {
                return Some(Err(Error::OutOfOrder(disorder)));
            }
            let today = self.rules.write(key, &material);
            let goes = scenario.removed.contains(key);
            let mut changed = material;
            changed.limits = &limits;
            changed.load = spread.get(key.resource());
            let then = (!goes).then(|| self.rules.write(key, &changed).outlook);
            Some(Ok(WhatIf {
                key: key.clone(),
                limits: *material.limits.now(),
                limits_then: *limits.last(),
                then,
                trust: today.trust.as_str(),
                today: today.outlook,
            }))
        });
        rows.collect()
    }
}

/// Says why no series can have such limits, where that is so.
fn disorder(key: &SeriesKey, limits: &EffectiveLimits) -> Option<String> {
    let threshold = limits.threshold?;
    let floor = limits.floor.unwrap_or(0.0);
    if threshold <= floor {
        return Some(format!(
            "a threshold of {threshold} is not above the floor of {key}, which is {floor}: it would be full whatever comes"
        ));
    }
    let capacity = limits.capacity.filter(|capacity| threshold > *capacity)?;
    Some(format!(
        "a threshold of {threshold} is above the capacity of {key}, which is {capacity}: it would never be full; say \
         --capacity as well"
    ))
}

#[cfg(test)]
mod tests {
    use fleetcast_core::LimitSource;

    use super::*;

    fn scenario() -> Scenario {
        Scenario {
            series: BTreeSet::new(),
            from: "2026-02-01".parse().unwrap(),
            load: 1.2,
            growth: 1.0,
            capacity: 1.5,
            threshold: None,
            removed: BTreeSet::new(),
            added: 0,
        }
    }

    fn january_and_february() -> TimeGrid {
        TimeGrid::new("2026-01-01".parse().unwrap(), 59)
    }

    #[test]
    fn load_and_growth_begin_on_their_day() {
        let factors = scenario().factors(january_and_february());
        assert_eq!((factors[30], factors[31]), (1.0, 1.2));
        let growing = Scenario {
            load: 1.0,
            growth: 2.0,
            ..scenario()
        };
        let factors = growing.factors(TimeGrid::new("2026-02-01".parse().unwrap(), 366));
        assert!((factors[0] - 1.0).abs() < 1e-12 && (factors[365] - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_larger_capacity_keeps_the_thresholds_share_and_what_is_planned() {
        let limits = |capacity: f64, threshold: f64| EffectiveLimits {
            floor: Some(10.0),
            capacity: Some(capacity),
            threshold: Some(threshold),
            source: LimitSource::None,
        };
        let planned = "2026-02-10".parse().unwrap();
        let today = LimitSchedule::from(limits(110.0, 90.0)).then(planned, limits(210.0, 170.0));
        let then = scenario().limits(&today, january_and_february());
        let on = |day: &str| *then.on(day.parse().unwrap());
        assert_eq!(on("2026-01-31"), limits(110.0, 90.0));
        assert_eq!(on("2026-02-01"), limits(160.0, 130.0));
        assert_eq!(on("2026-02-10"), limits(310.0, 250.0));
        let at_once = Scenario {
            from: "2025-06-01".parse().unwrap(),
            threshold: Some(95.0),
            capacity: 1.0,
            ..scenario()
        };
        let then = at_once.limits(&today, january_and_february());
        assert_eq!(*then.now(), limits(110.0, 95.0));
        assert_eq!(*then.last(), limits(210.0, 95.0));
    }
}
