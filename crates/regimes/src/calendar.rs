//! What holidays and named events add to a series.
//!
//! A day is held against the same days of the week around it. What earlier occurrences say of a later one is tried on the
//! history itself, occurrence by occurrence, each from those before it alone; what did not help there is not used.

use std::collections::BTreeSet;

use fleetcast_core::{Aligner, Alignment, Calendar, Day, DayEffect, HostCalendar};

use crate::RegimeDetector;
use crate::median::median_of;

/// Days of a week.
const WEEK: usize = 7;

/// Weeks on either side of a day whose same days of the week say what is usual on it.
const WEEKS_AROUND: usize = 4;

/// Days of these that must have a value.
const LEAST_AROUND: usize = 3;

/// Weeks up to the last day whose same days of the week say what is usual after it.
const LATEST_WEEKS: usize = 8;

/// Days after the last one for which effects are said: more than any horizon.
const DAYS_AHEAD: usize = 800;

/// What is expected of an event must leave at most this share of what its days are off otherwise.
const HELPS: f64 = 0.8;

/// What is expected of holidays, which are many, must leave at most this share.
const HOLIDAYS_HELP: f64 = 0.9;

/// Occurrences that must have been expected from earlier ones, before a name is believed.
const LEAST_TRIED: u16 = 1;

/// Holidays that must have been.
const LEAST_HOLIDAYS_TRIED: u16 = 3;

/// Holidays that must lie before one for it to be expected from them.
const LEAST_HOLIDAYS_BEFORE: usize = 3;

/// What happened once is believed where it is this many times as far off as days usually are.
const CLEARLY_OFF: f64 = 4.0;

/// Days on which something happens must be off by this many times as much as other days are, on average.
const OFF_THE_USUAL: f64 = 1.5;

/// One in so many days is looked at to know how far off days usually are.
const SAMPLED: usize = 5;

/// The day of the week on which people do not work: the index of Sunday, Monday being 0.
const SUNDAY: i64 = 6;

/// Finds the present regime of a series beside what days of a calendar add to it.
#[derive(Debug, Default)]
pub struct CalendarAligner<A = RegimeDetector> {
    detector: Option<A>,
    calendar: Calendar,
}

impl<A: Aligner> CalendarAligner<A> {
    /// Makes an aligner of a calendar, and of what finds regimes, where these are looked for.
    #[must_use]
    pub fn new(detector: Option<A>, calendar: Calendar) -> Self {
        Self { detector, calendar }
    }

    /// Returns it as an aligner; `None` where it would never find anything.
    #[must_use]
    pub fn if_any(&self) -> Option<&dyn Aligner> {
        let is_idle = self.detector.is_none() && self.calendar.is_empty();
        (!is_idle).then_some(self)
    }
}

impl<A: Aligner> Aligner for CalendarAligner<A> {
    fn alignment(&self, host: &str, first: Day, values: &[f64]) -> Option<Alignment> {
        let effects = if self.calendar.is_empty() {
            Vec::new()
        } else {
            effects(&self.calendar.of_host(host), first, values)
        };
        let detector = self.detector.as_ref();
        if effects.is_empty() {
            return detector?.alignment(host, first, values);
        }
        let days = values.len();
        let calendar = Alignment {
            days,
            calendar: effects,
            ..Alignment::default()
        };
        let found = detector.and_then(|one| one.alignment(host, first, &calendar.align(values)));
        Some(Alignment {
            calendar: calendar.calendar,
            ..found.unwrap_or(Alignment {
                days,
                ..Alignment::default()
            })
        })
    }
}

/// An occurrence in the history: its index, its value, and what would have been usual.
#[derive(Debug, Clone, Copy)]
struct Occurrence {
    at: usize,
    /// The value minus the usual one.
    off: f64,
    usual: f64,
    /// The usual value of Sundays minus the usual one.
    to_sunday: f64,
}

/// A history among whose days some are marked.
struct History<'a> {
    values: &'a [f64],
    /// Indices of days on which something happens.
    marked: BTreeSet<usize>,
    /// The day of the week of index 0, Monday being 0.
    weekday: i64,
    last: usize,
}

/// What days of the calendar add to a history, and to the days after it, earliest first.
fn effects(calendar: &HostCalendar<'_>, first: Day, values: &[f64]) -> Vec<DayEffect> {
    let Some(last) = values.iter().rposition(|value| !value.is_nan()) else {
        return Vec::new();
    };
    let index = |day: &Day| usize::try_from(day.days_since(first)).ok();
    let places = |days: &BTreeSet<Day>| -> Vec<usize> {
        let places = days.iter().filter_map(index);
        places
            .filter(|at| *at < values.len() + DAYS_AHEAD)
            .collect()
    };
    let holidays: Vec<Vec<usize>> = calendar.holidays.values().map(places).collect();
    let events: Vec<Vec<usize>> = calendar.events.values().map(places).collect();
    let history = History {
        values,
        marked: holidays.iter().chain(&events).flatten().copied().collect(),
        weekday: (i64::from(first.epoch_days()) + 3).rem_euclid(7),
        last,
    };
    let mut found: Vec<DayEffect> = Vec::new();
    let mut add = |more: Vec<DayEffect>| {
        for one in more {
            // Of a day with two names the larger effect is the one that is seen.
            match found.iter_mut().find(|other| other.at == one.at) {
                Some(other) if other.effect.abs() >= one.effect.abs() => {}
                Some(other) => *other = one,
                None => found.push(one),
            }
        }
    };
    add(history.of_holidays(&holidays));
    for days in &events {
        add(history.of_event(days));
    }
    found.sort_by_key(|one| one.at);
    found
}

impl History<'_> {
    /// The median of the unmarked values on the same day of the week around a day.
    fn usual(&self, at: usize) -> Option<f64> {
        let weeks = 1..=WEEKS_AROUND;
        let around = weeks.flat_map(|weeks| {
            let before = at.checked_sub(weeks * WEEK);
            [before, Some(at + weeks * WEEK)]
        });
        self.median(around.flatten(), LEAST_AROUND)
    }

    /// The median of the unmarked values on the same day of the week before the end: what is usual on a day after it.
    fn usual_ahead(&self, at: usize) -> Option<f64> {
        let weeks_back = (at - self.last).div_ceil(WEEK);
        let latest = at.checked_sub(weeks_back * WEEK)?;
        let weeks = 0..LATEST_WEEKS;
        let before = weeks.filter_map(|weeks| latest.checked_sub(weeks * WEEK));
        self.median(before, LEAST_AROUND)
    }

    fn median(&self, places: impl Iterator<Item = usize>, least: usize) -> Option<f64> {
        let known = places.filter(|at| !self.marked.contains(at));
        let values = known.filter_map(|at| self.values.get(at).copied());
        median_of_enough(values.filter(|value| !value.is_nan()).collect(), least)
    }

    /// The usual value of the Sundays around a day, or before the end.
    fn usual_sunday(&self, at: usize) -> Option<f64> {
        let weekday = (self.weekday + i64::try_from(at).ok()?).rem_euclid(7);
        let sunday = at + usize::try_from(SUNDAY - weekday).ok()?;
        if at <= self.last {
            self.usual(sunday)
        } else {
            self.usual_ahead(sunday)
        }
    }

    /// The occurrences in the history among some days.
    fn occurrences(&self, days: &[usize]) -> Vec<Occurrence> {
        let known = days.iter().filter(|at| **at <= self.last);
        known
            .filter_map(|at| {
                let (value, usual) = (self.values[*at], self.usual(*at)?);
                (!value.is_nan()).then(|| Occurrence {
                    at: *at,
                    off: value - usual,
                    usual,
                    to_sunday: self.usual_sunday(*at).map_or(0.0, |sunday| sunday - usual),
                })
            })
            .collect()
    }

    /// Holidays are expected in the way in which earlier ones would have been expected best, where that helps at all.
    fn of_holidays(&self, named: &[Vec<usize>]) -> Vec<DayEffect> {
        let mut known: Vec<(usize, Occurrence)> = Vec::new();
        for (name, days) in named.iter().enumerate() {
            let of_name = self.occurrences(days).into_iter();
            known.extend(of_name.map(|one| (name, one)));
        }
        known.sort_by_key(|(name, one)| (one.at, *name));
        let (mut plainly, mut tried) = (0.0, 0_u16);
        let mut left = [0.0; Way::ALL.len()];
        for (place, (name, one)) in known.iter().enumerate().skip(LEAST_HOLIDAYS_BEFORE) {
            let expected = Way::ALL.map(|way| way.effect(&known[..place], *name, one));
            let [Some(_), ..] = expected else {
                continue;
            };
            plainly += one.off.abs();
            tried += 1;
            for (left, expected) in left.iter_mut().zip(expected) {
                *left += (one.off - expected.unwrap_or(0.0)).abs();
            }
        }
        let best = left
            .iter()
            .zip(Way::ALL)
            .min_by(|(a, _), (b, _)| a.total_cmp(b));
        let helps = |left: f64| {
            tried >= LEAST_HOLIDAYS_TRIED
                && left < HOLIDAYS_HELP * plainly
                && plainly >= OFF_THE_USUAL * f64::from(tried) * self.usually_off().mean
        };
        let Some((_, way)) = best.filter(|(left, _)| helps(**left)) else {
            return Vec::new();
        };
        let past = known.iter().filter_map(|(name, one)| {
            let effect = way.effect(&known, *name, one)?;
            Some(DayEffect { at: one.at, effect })
        });
        let ahead = named.iter().enumerate().flat_map(|(name, days)| {
            let days = days.iter().filter(|at| **at > self.last);
            days.filter_map(move |at| Some((name, self.to_come(*at)?)))
        });
        let ahead = ahead.filter_map(|(name, one)| {
            let effect = way.effect(&known, name, &one)?;
            Some(DayEffect { at: one.at, effect })
        });
        past.chain(ahead).collect()
    }

    /// What is usual on a day after the last one.
    fn to_come(&self, at: usize) -> Option<Occurrence> {
        let usual = self.usual_ahead(at)?;
        Some(Occurrence {
            at,
            off: 0.0,
            usual,
            to_sunday: self.usual_sunday(at).map_or(0.0, |sunday| sunday - usual),
        })
    }

    /// An event is taken to change days by so large a part as it did before, where that helps; what happened once is taken out
    /// of the past where it is clear, and expected again by half.
    fn of_event(&self, days: &[usize]) -> Vec<DayEffect> {
        let known = self.occurrences(days);
        let share = |one: &Occurrence| one.off / one.usual;
        let are_shares = known.iter().all(|one| one.usual > 0.0);
        let size = |one: &Occurrence| if are_shares { share(one) } else { one.off };
        let of_usual = |usual: f64| if are_shares { usual } else { 1.0 };
        let expected =
            |before: &[Occurrence]| median_of_enough(before.iter().map(size).collect(), 1);
        let (mut plainly, mut left, mut tried) = (0.0, 0.0, 0_u16);
        for (place, one) in known.iter().enumerate() {
            if let Some(expected) = expected(&known[..place]) {
                plainly += one.off.abs();
                left += (one.off - expected * of_usual(one.usual)).abs();
                tried = tried.saturating_add(1);
            }
        }
        let mut certain = 1.0;
        if tried < LEAST_TRIED {
            let clear = CLEARLY_OFF * self.usually_off().median;
            if !known.first().is_some_and(|one| one.off.abs() > clear) {
                return Vec::new();
            }
            certain = 0.5;
        } else if left >= HELPS * plainly
            || plainly < OFF_THE_USUAL * f64::from(tried) * self.usually_off().mean
        {
            return Vec::new();
        }
        let Some(size) = expected(&known) else {
            return Vec::new();
        };
        let past = known.iter().map(|one| DayEffect {
            at: one.at,
            effect: size * of_usual(one.usual),
        });
        let ahead = days.iter().filter(|at| **at > self.last);
        let ahead = ahead.filter_map(|at| {
            Some(DayEffect {
                at: *at,
                effect: certain * size * of_usual(self.usual_ahead(*at)?),
            })
        });
        past.chain(ahead).collect()
    }

    /// How far days on which nothing happens are from what is usual on them.
    fn usually_off(&self) -> UsuallyOff {
        let days = (0..=self.last).rev().step_by(SAMPLED);
        let off = days.filter(|at| !self.marked.contains(at));
        let off = off.filter_map(|at| {
            let off = (self.values[at] - self.usual(at)?).abs();
            (!off.is_nan()).then_some(off)
        });
        let off: Vec<f64> = off.collect();
        UsuallyOff {
            mean: off.iter().sum::<f64>() / off.len() as f64,
            median: median_of_enough(off, 1).unwrap_or(f64::INFINITY),
        }
    }
}

/// Distances of days from what is usual on them.
#[derive(Debug, Clone, Copy)]
struct UsuallyOff {
    /// The mean; not a number of none.
    mean: f64,
    /// The median; infinite of none.
    median: f64,
}

/// A way to expect a holiday from earlier ones.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// All go the same part of the way to a Sunday.
    PartOfSunday,
    /// Each goes its own part of the way, drawn to that of all.
    OwnPartOfSunday,
    /// Each changes a day by its own share of what is usual; of those without an earlier one, as the first.
    OwnShare,
}

impl Way {
    const ALL: [Self; 3] = [Self::PartOfSunday, Self::OwnPartOfSunday, Self::OwnShare];

    /// What is expected of a holiday, given others by their names.
    fn effect(self, others: &[(usize, Occurrence)], name: usize, one: &Occurrence) -> Option<f64> {
        let of_all = part_of_sunday(others)?;
        let own = others.iter().filter(|(other, _)| *other == name);
        match self {
            Self::PartOfSunday => Some(of_all * one.to_sunday),
            Self::OwnPartOfSunday => {
                let ways = others.iter().map(|(_, one)| one.to_sunday.abs());
                let usual_way = ways.sum::<f64>() / others.len() as f64;
                let (mut went, mut way) = (of_all * usual_way, usual_way);
                for (_, one) in own {
                    went += one.off * one.to_sunday.signum();
                    way += one.to_sunday.abs();
                }
                Some(went / way * one.to_sunday)
            }
            Self::OwnShare => {
                let shares = own.filter(|(_, one)| one.usual > 0.0);
                let shares = shares.map(|(_, one)| one.off / one.usual);
                let share = median_of_enough(shares.collect(), 1).filter(|_| one.usual > 0.0);
                Some(share.map_or(of_all * one.to_sunday, |share| share * one.usual))
            }
        }
    }
}

/// Which part of the way to a Sunday holidays went: the median of the parts, weighed by how long the way is.
fn part_of_sunday(known: &[(usize, Occurrence)]) -> Option<f64> {
    let mut parts: Vec<(f64, f64)> = known
        .iter()
        .filter(|(_, one)| one.to_sunday != 0.0)
        .map(|(_, one)| (one.off / one.to_sunday, one.to_sunday.abs()))
        .collect();
    parts.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let half = 0.5 * parts.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut sum = 0.0;
    let middle = parts.iter().find(|(_, weight)| {
        sum += weight;
        sum >= half
    });
    middle.map(|(part, _)| *part)
}

/// The median of numbers, if there are at least so many, and one at all.
fn median_of_enough(mut values: Vec<f64>, least: usize) -> Option<f64> {
    (values.len() >= least.max(1)).then(|| median_of(&mut values))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fleetcast_core::Event;

    use super::*;

    fn first() -> Day {
        // A Monday.
        "2023-01-02".parse().unwrap()
    }

    /// Three years of weeks of work, Sundays at half, holidays as Sundays where that is so, and some unrest.
    fn office(holidays: &BTreeSet<Day>, keeps_them: bool) -> Vec<f64> {
        (0..1000_u32)
            .map(|day| {
                let on = first().plus_days(day);
                let rests = day % 7 == 6 || (keeps_them && holidays.contains(&on));
                let level = if rests { 30.0 } else { 60.0 };
                level + f64::from(day * 7919 % 101) / 50.0
            })
            .collect()
    }

    fn holidays() -> BTreeSet<Day> {
        let days = [
            "04-07", "04-10", "05-01", "05-18", "10-03", "12-25", "12-26", "01-01",
        ];
        let years = 2023..2027;
        let all = years.flat_map(|year| days.iter().map(move |day| format!("{year}-{day}")));
        all.map(|day| day.parse().unwrap()).collect()
    }

    fn aligner(holidays: &BTreeSet<Day>, events: &[(&str, &str)]) -> CalendarAligner {
        let events = events.iter().map(|(day, name)| Event {
            day: day.parse().unwrap(),
            name: (*name).to_owned(),
            host: Some("a".to_owned()),
        });
        let names: BTreeMap<String, BTreeSet<Day>> =
            holidays.iter().fold(BTreeMap::new(), |mut names, day| {
                let name = day.to_string()[5..].to_owned();
                names.entry(name).or_insert_with(BTreeSet::new).insert(*day);
                names
            });
        CalendarAligner::new(
            Some(RegimeDetector::default()),
            Calendar::new(names, events.collect::<Vec<_>>()),
        )
    }

    #[test]
    fn holidays_are_sundays_where_people_keep_them() {
        let holidays = holidays();
        let values = office(&holidays, true);
        let found = aligner(&holidays, &[])
            .alignment("a", first(), &values)
            .unwrap();
        assert!(found.shifts.is_empty() && found.ramp.is_none());
        let aligned = found.align(&values);
        let on = |day: &str| {
            let day: Day = day.parse().unwrap();
            usize::try_from(day.days_since(first())).unwrap()
        };
        // A Monday, and a Wednesday of the days after the last one.
        assert!((aligned[on("2023-05-01")] - 61.0).abs() < 3.0);
        let ahead = on("2026-04-10") + 1 - values.len();
        assert!(
            (found.ahead(ahead) + 30.0).abs() < 3.0,
            "{}",
            found.ahead(ahead)
        );
        // A holiday on a Sunday is a Sunday.
        let sunday = on("2024-04-07");
        assert_eq!(aligned[sunday].to_bits(), values[sunday].to_bits());
        assert!(found.ahead(3).abs() < 1e-9);
    }

    #[test]
    fn holidays_that_nobody_keeps_change_nothing() {
        let holidays = holidays();
        let values = office(&holidays, false);
        let found = aligner(&holidays, &[]).alignment("a", first(), &values);
        assert_eq!(
            found,
            RegimeDetector::default().alignment("a", first(), &values)
        );
        assert_eq!(found, None);
        let idle = CalendarAligner::<RegimeDetector>::new(None, Calendar::default());
        assert!(idle.if_any().is_none());
    }

    #[test]
    fn chance_is_no_holiday() {
        // A disk that fills up and is emptied, every 37 days: on some holidays it is far from what is usual.
        let holidays = holidays();
        let mut believed = 0;
        for begins in 0..37 {
            let values: Vec<f64> = (0..1000_u32)
                .map(|day| {
                    20.0 + 2.0 * f64::from((day + begins) % 37) + f64::from(day * 7919 % 101) / 50.0
                })
                .collect();
            let aligner =
                CalendarAligner::<RegimeDetector>::new(None, aligner(&holidays, &[]).calendar);
            believed += usize::from(aligner.alignment("a", first(), &values).is_some());
        }
        assert!(believed <= 1, "{believed} of 37");
    }

    #[test]
    fn an_event_that_comes_again_is_expected_where_it_did() {
        let mut values = office(&BTreeSet::new(), false);
        let days = [
            "2024-01-10",
            "2024-05-15",
            "2024-11-13",
            "2025-03-12",
            "2025-12-10",
        ];
        let index = |day: &str| {
            let day: Day = day.parse().unwrap();
            usize::try_from(day.days_since(first())).unwrap()
        };
        for day in &days[..4] {
            values[index(day)] *= 1.5;
        }
        let events: Vec<(&str, &str)> = days.iter().map(|day| (*day, "release")).collect();
        let none = BTreeSet::new();
        let aligner = aligner(&none, &events);
        let found = aligner.alignment("a", first(), &values).unwrap();
        assert_eq!(found.calendar.len(), 5);
        let ahead = index(days[4]) + 1 - values.len();
        assert!(
            (found.ahead(ahead) - 30.5).abs() < 2.0,
            "{}",
            found.ahead(ahead)
        );
        // Another host does not have it.
        assert_eq!(aligner.alignment("b", first(), &values), None);
        // What is to come changes nothing before.
        let early = aligner.alignment("a", first(), &values[..600]).unwrap();
        let mut later = values.clone();
        later[600..].iter_mut().for_each(|value| *value *= 3.0);
        assert_eq!(
            aligner.alignment("a", first(), &later[..600]).unwrap(),
            early
        );
    }

    #[test]
    fn what_happened_once_is_taken_out_where_it_is_clear() {
        let mut values = office(&BTreeSet::new(), false);
        values[500] = 5.0;
        let day = first().plus_days(500).to_string();
        let again = first().plus_days(1050).to_string();
        let none = BTreeSet::new();
        let outage = aligner(&none, &[(&day, "outage")]);
        let found = outage.alignment("a", first(), &values).unwrap();
        assert!((found.align(&values)[500] - 61.0).abs() < 3.0);
        let announced = aligner(&none, &[(&day, "outage"), (&again, "outage")]);
        let found = announced.alignment("a", first(), &values).unwrap();
        assert!((found.ahead(51) + 28.0).abs() < 2.0, "{}", found.ahead(51));
        // Nothing to be seen, nothing taken out.
        values[500] = 60.5;
        assert_eq!(outage.alignment("a", first(), &values), None);
        assert_eq!(outage.alignment("a", first(), &[f64::NAN; 700]), None);
        assert_eq!(outage.alignment("a", first(), &[]), None);
    }
}
