//! Capacities that changed, for series whose values are shares of them.

use std::collections::BTreeMap;

use crate::{Day, SeriesKey, TimeGrid};

/// A capacity that is another from a day on: a row of the table `capacity_changes`.
///
/// A disk of 100 GB that was 80 % full is 40 % full once it is one of 200 GB: values before the day are
/// brought to the capacity after it.
#[derive(Debug, Clone, PartialEq)]
pub struct CapacityChange {
    /// The host.
    pub host: String,
    /// The resource, whose values are shares of its capacity.
    pub resource: String,
    /// The first day with the new capacity.
    pub day: Day,
    /// The capacity before, in any unit.
    pub from: f64,
    /// The capacity from the day on, in the same unit.
    pub to: f64,
}

/// Why a change of a capacity cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the change of the capacity of {of} {what}")]
pub struct CapacityChangeError {
    of: String,
    what: String,
}

impl CapacityChange {
    /// Makes sure that it names a series, and two capacities above 0.
    ///
    /// # Errors
    ///
    /// [`CapacityChangeError`] says what it lacks.
    pub fn check(&self) -> Result<(), CapacityChangeError> {
        let refuse = |what: String| {
            Err(CapacityChangeError {
                of: format!("{}, {} on {}", self.host, self.resource, self.day),
                what,
            })
        };
        if self.host.is_empty() || self.resource.is_empty() {
            return refuse("names no host or no resource; give both".to_owned());
        }
        for (which, capacity) in [("from", self.from), ("to", self.to)] {
            if !(capacity.is_finite() && capacity > 0.0) {
                return refuse(format!(
                    "goes {which} {capacity}, which is no capacity; give numbers above 0"
                ));
            }
        }
        Ok(())
    }
}

/// All capacities of a fleet that changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CapacityChanges {
    /// The days of each series' changes, in their order, with the capacity before and after.
    days: BTreeMap<SeriesKey, BTreeMap<Day, [f64; 2]>>,
}

impl CapacityChanges {
    /// Puts changes together. Of several of one series and day the last one counts.
    ///
    /// # Errors
    ///
    /// [`CapacityChangeError`] where one cannot be used.
    pub fn new<'a>(
        changes: impl IntoIterator<Item = &'a CapacityChange>,
    ) -> Result<Self, CapacityChangeError> {
        let mut all = Self::default();
        for change in changes {
            change.check()?;
            let key = SeriesKey::new(change.host.as_str(), change.resource.as_str());
            let days = all.days.entry(key).or_default();
            days.insert(change.day, [change.from, change.to]);
        }
        Ok(all)
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Returns the days after `as_of` on which a series' capacity becomes another, in their order, and what multiple of the one of that
    /// day it is from then on.
    #[must_use]
    pub fn planned(&self, key: &SeriesKey, as_of: Day) -> Vec<(Day, f64)> {
        let days = self.days.get(key).into_iter().flatten();
        let mut multiple = 1.0;
        days.filter(|(day, _)| **day > as_of)
            .map(|(day, [from, to])| {
                multiple *= to / from;
                (*day, multiple)
            })
            .collect()
    }

    /// Brings a series' values over the days of `grid` to the capacity it has on the day `as_of`: what stands before
    /// a change is multiplied by the capacity before it and divided by the one after it. Changes after the day are not
    /// looked at.
    pub fn rescale(&self, key: &SeriesKey, grid: TimeGrid, values: &mut [f64], as_of: Day) {
        let Some(days) = self.days.get(key) else {
            return;
        };
        for (day, [from, to]) in days.range(..=as_of) {
            let factor = from / to;
            let before = day.days_since(grid.first());
            let before = usize::try_from(before).unwrap_or(0).min(values.len());
            for value in &mut values[..before] {
                *value *= factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn change(on: &str, from: f64, to: f64) -> CapacityChange {
        CapacityChange {
            host: "a".to_owned(),
            resource: "disk".to_owned(),
            day: day(on),
            from,
            to,
        }
    }

    #[test]
    fn values_are_brought_to_the_capacity_of_the_day() {
        let changes = CapacityChanges::new(&[
            change("2026-01-03", 100.0, 200.0),
            change("2026-01-05", 200.0, 400.0),
            change("2026-01-07", 400.0, 100.0),
            change("2025-06-01", 1.0, 1000.0),
        ])
        .unwrap();
        let grid = TimeGrid::new(day("2026-01-01"), 6);
        let key = SeriesKey::new("a", "disk");
        let mut values = [80.0, f64::NAN, 40.0, 40.0, 20.0, 20.0];
        changes.rescale(&key, grid, &mut values, day("2026-01-06"));
        assert!(values[1].is_nan());
        values[1] = 20.0;
        assert!(
            values.iter().all(|value| (value - 20.0).abs() < 1e-12),
            "{values:?}"
        );
        // What is still to come is planned.
        let planned = |as_of: &str| changes.planned(&key, day(as_of));
        assert_eq!(planned("2026-01-06"), [(day("2026-01-07"), 0.25)]);
        assert_eq!(
            planned("2026-01-03"),
            [(day("2026-01-05"), 2.0), (day("2026-01-07"), 0.5)]
        );
        assert!(planned("2026-01-07").is_empty());
        // Another series is left alone, and so are values before a change that is still to come.
        let mut other = [80.0; 6];
        changes.rescale(
            &SeriesKey::new("b", "disk"),
            grid,
            &mut other,
            day("2026-01-06"),
        );
        changes.rescale(&key, grid, &mut other, day("2026-01-02"));
        assert!(
            other.iter().all(|value| (value - 80.0).abs() < 1e-300),
            "{other:?}"
        );
    }

    #[test]
    fn changes_need_two_capacities() {
        for (from, to) in [
            (0.0, 1.0),
            (1.0, -2.0),
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
        ] {
            let message = CapacityChanges::new(&[change("2026-01-03", from, to)])
                .unwrap_err()
                .to_string();
            assert!(message.contains("a, disk on 2026-01-03 goes"), "{message}");
        }
    }
}
