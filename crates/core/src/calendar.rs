//! Days on which something is known to happen: holidays, and events that somebody has named.

use std::collections::{BTreeMap, BTreeSet};

use twox_hash::XxHash3_128;

use crate::Day;

/// An event is something that is known to happen on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// The day.
    pub day: Day,
    /// The name of what happens; the same name stands for what is alike.
    pub name: String,
    /// The host that it happens to; `None` for all.
    pub host: Option<String>,
}

/// The days of a calendar that concern a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCalendar<'a> {
    /// Days on which people do not work, by their names.
    pub holidays: &'a BTreeMap<String, BTreeSet<Day>>,
    /// The days of every other event, by its name.
    pub events: BTreeMap<&'a str, BTreeSet<Day>>,
}

/// Days on which something is known to happen, in the past and in the future.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    holidays: BTreeMap<String, BTreeSet<Day>>,
    of_all: BTreeMap<String, BTreeSet<Day>>,
    of_hosts: BTreeMap<String, BTreeMap<String, BTreeSet<Day>>>,
}

impl Calendar {
    /// Makes a calendar of holidays, which all hosts have, by their names, and of events.
    #[must_use]
    pub fn new(
        holidays: BTreeMap<String, BTreeSet<Day>>,
        events: impl IntoIterator<Item = Event>,
    ) -> Self {
        let mut calendar = Self {
            holidays,
            ..Self::default()
        };
        for Event { day, name, host } in events {
            let of_scope = match host {
                Some(host) => calendar.of_hosts.entry(host).or_default(),
                None => &mut calendar.of_all,
            };
            of_scope.entry(name).or_default().insert(day);
        }
        calendar
    }

    /// Returns whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.holidays.is_empty() && self.of_all.is_empty() && self.of_hosts.is_empty()
    }

    /// Returns what concerns a host: the holidays, and the events of all hosts and its own, which are one where they have one
    /// name.
    #[must_use]
    pub fn of_host(&self, host: &str) -> HostCalendar<'_> {
        let mut events: BTreeMap<&str, BTreeSet<Day>> = BTreeMap::new();
        let own = self.of_hosts.get(host).into_iter().flatten();
        for (name, days) in self.of_all.iter().chain(own) {
            events.entry(name).or_default().extend(days);
        }
        HostCalendar {
            holidays: &self.holidays,
            events,
        }
    }

    /// Returns 128 bits, as hexadecimal digits, that are the same for the same calendar alone.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!("{:032x}", XxHash3_128::oneshot(self.in_words().as_bytes()))
    }

    fn in_words(&self) -> String {
        let days = |days: &BTreeSet<Day>| {
            let days: Vec<String> = days.iter().map(Day::to_string).collect();
            days.join(" ")
        };
        let mut words = Vec::new();
        for (name, on) in &self.holidays {
            words.push(format!("{name:?} {}", days(on)));
        }
        let of_all = self.of_all.iter().map(|event| (None, event));
        let of_hosts = self.of_hosts.iter();
        let of_hosts =
            of_hosts.flat_map(|(host, events)| events.iter().map(move |event| (Some(host), event)));
        for (host, (name, on)) in of_all.chain(of_hosts) {
            words.push(format!("{host:?} {name:?} {}", days(on)));
        }
        words.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn event(on: &str, name: &str, host: Option<&str>) -> Event {
        Event {
            day: day(on),
            name: name.to_owned(),
            host: host.map(str::to_owned),
        }
    }

    #[test]
    fn a_host_has_what_all_have_and_its_own() {
        let calendar = Calendar::new(
            BTreeMap::from([("Christmas".to_owned(), BTreeSet::from([day("2025-12-25")]))]),
            [
                event("2025-06-01", "release", None),
                event("2025-07-01", "release", Some("a")),
                event("2025-08-01", "move", Some("b")),
            ],
        );
        assert!(!calendar.is_empty() && Calendar::default().is_empty());
        let names = |host: &str| -> Vec<(String, usize)> {
            let events = calendar.of_host(host).events.into_iter();
            events
                .map(|(name, days)| (name.to_owned(), days.len()))
                .collect()
        };
        assert_eq!(names("a"), [("release".to_owned(), 2)]);
        assert_eq!(
            names("b"),
            [("move".to_owned(), 1), ("release".to_owned(), 1)]
        );
        assert_eq!(calendar.of_host("c").holidays.len(), 1);
        let others = Calendar::new(BTreeMap::new(), [event("2025-06-01", "release", Some("c"))]);
        assert!(others.of_host("a").events.is_empty());
        assert_ne!(calendar.fingerprint(), others.fingerprint());
        assert_eq!(calendar.fingerprint(), calendar.clone().fingerprint());
    }
}
