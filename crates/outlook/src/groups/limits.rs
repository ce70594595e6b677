//! The limits of a group: those of its members, added up day by day.

use std::collections::BTreeMap;

use fleetcast_core::{Day, EffectiveLimits, LimitSchedule, LimitSource};

use super::sums::Sums;

/// Floor, capacity and threshold.
const PARTS: usize = 3;

/// What members have of each part, added up, and how many have it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Step {
    sums: Sums,
    known: [i64; PARTS],
}

/// The limits of a group's members, added up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct LimitTotal {
    members: i64,
    now: Step,
    /// What is added from a day on.
    later: BTreeMap<Day, Step>,
    source: Option<LimitSource>,
}

impl Default for Step {
    fn default() -> Self {
        Self {
            sums: Sums::new(PARTS),
            known: [0; PARTS],
        }
    }
}

impl Step {
    /// Adds limits, times a weight, which is below zero where they end.
    fn add(&mut self, limits: &EffectiveLimits, weight: f64) {
        let parts = [limits.floor, limits.capacity, limits.threshold];
        for (place, part) in parts.into_iter().enumerate() {
            if let Some(part) = part {
                self.sums.add_at(place, weight * part);
                self.known[place] += if weight < 0.0 { -1 } else { 1 };
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.sums.merge(&other.sums);
        for (known, more) in self.known.iter_mut().zip(other.known) {
            *known += more;
        }
    }
}

impl LimitTotal {
    /// Adds a member's limits.
    pub(super) fn add(&mut self, limits: &LimitSchedule, weight: f64) {
        self.members += 1;
        self.now.add(limits.now(), weight);
        self.source = self.source.max(Some(limits.now().source));
        let mut before = limits.now();
        for (day, later) in limits.later() {
            let step = self.later.entry(*day).or_default();
            step.add(before, -weight);
            step.add(later, weight);
            before = later;
        }
    }

    /// Adds the members of another part of the group.
    pub(super) fn merge(&mut self, other: &Self) {
        self.members += other.members;
        self.source = self.source.max(other.source);
        self.now.merge(&other.now);
        for (day, step) in &other.later {
            self.later.entry(*day).or_default().merge(step);
        }
    }

    /// The group's limits, divided by `share`: a part that a member lacks, the group lacks.
    pub(super) fn schedule(&self, share: f64) -> LimitSchedule {
        let mut so_far = self.now.clone();
        let mut schedule = LimitSchedule::from(self.limits(&so_far, share));
        for (day, step) in &self.later {
            so_far.merge(step);
            schedule = schedule.then(*day, self.limits(&so_far, share));
        }
        schedule
    }

    fn limits(&self, step: &Step, share: f64) -> EffectiveLimits {
        let part = |place: usize| {
            (self.members > 0 && step.known[place] == self.members)
                .then(|| step.sums.at(place) / share)
        };
        EffectiveLimits {
            floor: part(0),
            capacity: part(1),
            threshold: part(2),
            source: self.source.unwrap_or(LimitSource::None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(capacity: Option<f64>, threshold: f64) -> EffectiveLimits {
        EffectiveLimits {
            floor: Some(0.0),
            capacity,
            threshold: Some(threshold),
            source: LimitSource::Host,
        }
    }

    #[test]
    fn limits_add_up_from_day_to_day() {
        let day: Day = "2026-03-01".parse().unwrap();
        let mut total = LimitTotal::default();
        total.add(&limits(Some(100.0), 80.0).into(), 1.0);
        let growing = LimitSchedule::from(limits(Some(50.0), 40.0));
        total.add(&growing.then(day, limits(Some(75.0), 60.0)), 1.0);
        let schedule = total.schedule(1.0);
        assert_eq!(*schedule.now(), limits(Some(150.0), 120.0));
        assert_eq!(*schedule.on(day), limits(Some(175.0), 140.0));
        assert_eq!(schedule.later().len(), 1);
        // Who has no capacity leaves the group without one.
        let mut other = LimitTotal::default();
        other.add(&limits(None, 10.0).into(), 1.0);
        total.merge(&other);
        assert_eq!(*total.schedule(1.0).now(), limits(None, 130.0));
    }

    #[test]
    fn shares_are_weighed() {
        let mut total = LimitTotal::default();
        total.add(&limits(Some(100.0), 80.0).into(), 16.0);
        total.add(&limits(Some(100.0), 60.0).into(), 48.0);
        assert_eq!(*total.schedule(64.0).now(), limits(Some(100.0), 65.0));
        assert_eq!(
            LimitTotal::default().schedule(1.0).now().capacity,
            None,
            "of nobody"
        );
    }
}
