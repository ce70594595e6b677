//! Instants that look like midnights of somewhere else.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone as Zone;

const MICROS_A_DAY: i64 = 86_400_000_000;

/// Times of day a file of local midnights has at most: summer's, winter's, and that of a zone which changed.
const MOST_TIMES: usize = 3;

/// Instants that are kept at most; a file of midnights has one a day.
const MOST_INSTANTS: usize = 20_000;

/// Zones that are looked at first, since most fleets live in them.
const WELL_KNOWN: [&str; 16] = [
    "Europe/London",
    "Europe/Berlin",
    "Europe/Athens",
    "Europe/Istanbul",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Dubai",
    "Australia/Sydney",
    "Pacific/Auckland",
];

/// Zones that are named at most.
const NAMED: usize = 4;

/// What instants look like, where days were written as instants of local midnights: read as UTC, each
/// counts as the day before or after, and weekdays smear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalMidnights {
    /// The times of day in UTC that occur, such as `23:00`.
    pub times: Vec<String>,
    /// Zones in all of whose midnights the instants lie; a few of them, the well known first.
    pub zones: Vec<String>,
}

/// Instants being looked at.
#[derive(Debug, Default)]
pub(crate) struct MidnightWatch {
    /// Times of day, in microseconds.
    times: Vec<i64>,
    instants: HashSet<i64>,
    gave_up: bool,
}

impl MidnightWatch {
    pub(crate) fn add(&mut self, micros: i64) {
        if self.gave_up {
            return;
        }
        let time = micros.rem_euclid(MICROS_A_DAY);
        if !self.times.contains(&time) {
            self.times.push(time);
        }
        self.instants.insert(micros);
        if self.times.len() > MOST_TIMES || self.instants.len() > MOST_INSTANTS {
            self.gave_up = true;
            self.instants.clear();
        }
    }

    /// What zones' midnights they all are; `None` where they are midnights in UTC, of none, or too few to tell.
    pub(crate) fn found(&self) -> Option<LocalMidnights> {
        const LEAST_INSTANTS: usize = 7;
        if self.gave_up
            || self.instants.len() < LEAST_INSTANTS
            || self.times.iter().all(|time| *time == 0)
        {
            return None;
        }
        let mut instants: Vec<Timestamp> = Vec::with_capacity(self.instants.len());
        for micros in &self.instants {
            instants.push(Timestamp::from_microsecond(*micros).ok()?);
        }
        instants.sort_unstable();
        let database = jiff::tz::db();
        let all: Vec<String> = database.available().map(|name| name.to_string()).collect();
        let places = |name: &&str| {
            name.contains('/') && !name.starts_with("Etc/") && !WELL_KNOWN.contains(name)
        };
        let others = all.iter().map(String::as_str).filter(places);
        let fitting = WELL_KNOWN.into_iter().chain(others).filter(|name| {
            Zone::get(name).is_ok_and(|zone| {
                instants
                    .iter()
                    .all(|at| zone.to_datetime(*at).time() == jiff::civil::Time::midnight())
            })
        });
        let zones: Vec<String> = fitting.take(NAMED).map(str::to_owned).collect();
        if zones.is_empty() {
            return None;
        }
        let mut times = self.times.clone();
        times.sort_unstable();
        let shown =
            |time: &i64| format!("{:02}:{:02}", time / 3_600_000_000, time / 60_000_000 % 60);
        Some(LocalMidnights {
            times: times.iter().map(shown).collect(),
            zones,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(texts: impl Iterator<Item = String>) -> Option<LocalMidnights> {
        let mut watch = MidnightWatch::default();
        for text in texts {
            let at: Timestamp = text.parse().unwrap();
            watch.add(at.as_microsecond());
        }
        watch.found()
    }

    fn midnights_of(zone: &str) -> Option<LocalMidnights> {
        let zone = Zone::get(zone).unwrap();
        let first = jiff::civil::date(2025, 1, 1);
        watch((0..365).map(|day| {
            let date = first.checked_add(jiff::Span::new().days(day)).unwrap();
            let at = zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap();
            at.to_string()
        }))
    }

    #[test]
    fn zones_that_fit_are_named() {
        let london = midnights_of("Europe/London").unwrap();
        assert_eq!(london.times, ["00:00", "23:00"]);
        assert_eq!(london.zones[0], "Europe/London");
        assert_eq!(midnights_of("Asia/Kolkata").unwrap().times, ["18:30"]);
        assert_eq!(
            midnights_of("Asia/Kolkata").unwrap().zones[0],
            "Asia/Kolkata"
        );
        assert_eq!(
            midnights_of("America/New_York").unwrap().zones[0],
            "America/New_York"
        );
        assert_eq!(midnights_of("UTC"), None);
    }

    #[test]
    fn other_instants_are_no_midnights() {
        // A job at a quarter past two, one sample an hour, and too few to tell.
        assert_eq!(
            watch((10..25).map(|day| format!("2025-01-{day}T02:17:00Z"))),
            None
        );
        assert_eq!(
            watch((10..24).map(|hour| format!("2025-01-01T{hour}:00:00Z"))),
            None
        );
        assert_eq!(
            watch((10..13).map(|day| format!("2025-01-{day}T23:00:00Z"))),
            None
        );
    }
}
