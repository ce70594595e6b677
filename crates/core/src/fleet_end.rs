//! The last day of a fleet: what a run is as of, where nobody says.

use crate::{Day, STALE_AFTER_DAYS};

/// How many of a series' last observed days [`fleet_end`] has to know, to see behind strays.
pub const LAST_DAYS_KNOWN: usize = 12;

/// The share of a fleet's series that have to reach its last day: one in twenty.
const ONE_IN: usize = 20;

/// So many days of one series ahead of every other series are no longer a stray.
const DAYS_TO_BELIEVE: usize = 3;

/// Series from which on a day that one of them alone reaches is not believed.
const SERIES_TO_DOUBT: usize = 3;

/// The day a fleet's data end on, and who has a say in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetEnd {
    /// The latest day that at least one in twenty of the series reach, and at least one.
    pub last_day: Day,
    /// Series by their places, with values of theirs that are strays: their days lie alone behind a gap, or
    /// ahead of every other series. Ascending.
    pub strays: Vec<(usize, Vec<Day>)>,
    /// Whether, of one or two series, one has a day or two ahead of the other's end that were kept.
    pub kept_ahead: bool,
}

/// The last day of a fleet, from the last observed days of every series, latest first and at most
/// [`LAST_DAYS_KNOWN`] of each; `None` where no series has a day.
///
/// It is the latest day that at least max(1, 5 %) of the series reach, strays not counted. A value is a stray
/// where it stands alone behind a gap of more than 42 days. Of three or more series, a series' days are strays as
/// well where fewer than three of them lie ahead of every other series: a clock that runs ahead, a first import
/// of the next night. Series that end earlier do not hold the day back.
///
/// ```
/// use fleetcast_core::{Day, fleet_end};
///
/// let days = |texts: &[&str]| -> Vec<Day> { texts.iter().map(|text| text.parse().unwrap()).collect() };
/// let end = fleet_end(&[
///     days(&["2025-12-31", "2025-12-30"]),
///     days(&["2038-01-19", "2025-12-31", "2025-12-30"]),
///     days(&["2025-12-30", "2025-12-29"]),
/// ]).unwrap();
/// assert_eq!(end.last_day.to_string(), "2025-12-31");
/// assert_eq!(end.strays, [(1, days(&["2038-01-19"]))]);
/// ```
#[must_use]
pub fn fleet_end(series: &[Vec<Day>]) -> Option<FleetEnd> {
    let mut ends: Vec<Ending<'_>> = series
        .iter()
        .enumerate()
        .filter(|(_, days)| !days.is_empty())
        .map(|(place, days)| Ending {
            place,
            days,
            passed: 0,
        })
        .collect();
    for end in &mut ends {
        end.pass_lone_values();
    }
    let count = ends.len();
    let mut kept_ahead = false;
    if count >= SERIES_TO_DOUBT {
        pass_days_ahead(&mut ends);
    } else if let [one, other] = ends.as_slice() {
        kept_ahead = one.is_suspiciously_ahead_of(other) || other.is_suspiciously_ahead_of(one);
    }
    let mut lasts: Vec<Day> = ends.iter().map(Ending::last).collect();
    lasts.sort_unstable_by(|a, b| b.cmp(a));
    let needed = count.div_ceil(ONE_IN).max(1);
    let last_day = *lasts.get(needed - 1)?;
    let strays = ends
        .iter()
        .filter(|end| end.passed > 0)
        .map(|end| (end.place, end.days[..end.passed].to_vec()))
        .collect();
    Some(FleetEnd {
        last_day,
        strays,
        kept_ahead,
    })
}

/// The last days of one series, latest first, and how many of them have been passed over.
struct Ending<'a> {
    place: usize,
    days: &'a [Day],
    passed: usize,
}

impl Ending<'_> {
    fn last(&self) -> Day {
        self.days[self.passed]
    }

    /// Passes over values that stand alone behind a gap; of a series' only value nothing is known.
    fn pass_lone_values(&mut self) {
        while let [last, before, ..] = self.days[self.passed..] {
            let gap = usize::try_from(last.days_since(before)).unwrap_or(0);
            if gap <= STALE_AFTER_DAYS {
                break;
            }
            self.passed += 1;
        }
    }

    /// How many days lie after `day`, as far as they are known.
    fn days_after(&self, day: Day) -> usize {
        self.days[self.passed..]
            .iter()
            .take_while(|own| **own > day)
            .count()
    }

    /// A day or two ahead of the other series' end, with days between that neither has.
    fn is_suspiciously_ahead_of(&self, other: &Self) -> bool {
        let ahead = self.days_after(other.last());
        let first_ahead = self.days[self.passed..].iter().take(ahead).next_back();
        (1..DAYS_TO_BELIEVE).contains(&ahead)
            && first_ahead.is_some_and(|day| day.days_since(other.last()) > 1)
    }
}

/// Passes over days by which one series is ahead of every other, where they are fewer than three; then over those
/// of the series that is ahead now.
fn pass_days_ahead(ends: &mut [Ending<'_>]) {
    let mut order: Vec<(Day, usize)> = ends
        .iter()
        .enumerate()
        .map(|(at, end)| (end.last(), at))
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    loop {
        let [(first, at), (second, _), ..] = order[..] else {
            return;
        };
        let end = &mut ends[at];
        let ahead = end.days_after(second);
        // Days beyond those that are known are enough to be believed.
        if first == second || ahead >= DAYS_TO_BELIEVE || end.passed + ahead >= end.days.len() {
            return;
        }
        end.passed += ahead;
        order[0] = (end.last(), at);
        // The one that has moved is the only one out of order.
        let place = order[1..].partition_point(|other| *other > order[0]);
        order[..=place].rotate_left(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(offset: i32) -> Day {
        Day::from_epoch_days(i64::from(20_000 + offset)).unwrap()
    }

    /// A series observed daily up to a day.
    fn daily_to(last: i32) -> Vec<Day> {
        (0..12).map(|back| day(last - back)).collect()
    }

    /// Puts single days ahead of the days of a series.
    fn with(days: &[i32], mut rest: Vec<Day>) -> Vec<Day> {
        let mut all: Vec<Day> = days.iter().map(|offset| day(*offset)).collect();
        all.append(&mut rest);
        all.truncate(LAST_DAYS_KNOWN);
        all
    }

    #[track_caller]
    fn check(series: &[Vec<Day>], last: i32, strays: &[usize], kept_ahead: bool) {
        let end = fleet_end(series).unwrap();
        let places: Vec<usize> = end.strays.iter().map(|(place, _)| *place).collect();
        assert_eq!(
            (end.last_day, places.as_slice(), end.kept_ahead),
            (day(last), strays, kept_ahead)
        );
    }

    #[test]
    fn one_series_ends_where_it_ends() {
        check(&[daily_to(0)], 0, &[], false);
        check(&[with(&[30], daily_to(0))], 30, &[], false);
        check(&[with(&[4000], daily_to(0))], 0, &[0], false);
        check(&[vec![day(4000)]], 4000, &[], false);
        assert_eq!(fleet_end(&[]), None);
        assert_eq!(fleet_end(&[Vec::new()]), None);
    }

    #[test]
    fn of_two_a_lone_day_ahead_is_kept_with_a_warning() {
        check(&[daily_to(0), with(&[30], daily_to(0))], 30, &[], true);
        check(&[daily_to(0), daily_to(1)], 1, &[], false);
        check(&[daily_to(0), daily_to(100)], 100, &[], false);
        check(&[daily_to(0), with(&[4000], daily_to(0))], 0, &[1], false);
    }

    #[test]
    fn of_three_and_more_a_lone_day_ahead_is_a_stray() {
        check(
            &[daily_to(0), daily_to(0), with(&[30], daily_to(0))],
            0,
            &[2],
            false,
        );
        check(
            &[daily_to(0), daily_to(0), with(&[31, 30], daily_to(0))],
            0,
            &[2],
            false,
        );
        // Three days are believed: one series in twenty is enough.
        check(&[daily_to(0), daily_to(0), daily_to(3)], 3, &[], false);
        // Two clocks ahead, each by another time.
        check(
            &[
                with(&[20], daily_to(0)),
                with(&[30], daily_to(0)),
                daily_to(0),
                daily_to(0),
            ],
            0,
            &[0, 1],
            false,
        );
        let mut ten = vec![daily_to(0); 9];
        ten.push(with(&[4000], daily_to(-1)));
        check(&ten, 0, &[9], false);
    }

    #[test]
    fn one_in_twenty_of_a_large_fleet_decides() {
        // 100 of 2,000 have tomorrow's night already, 60 run a month ahead.
        let mut fleet = vec![daily_to(0); 1840];
        fleet.extend(vec![daily_to(1); 100]);
        fleet.extend(vec![daily_to(30); 60]);
        check(&fleet, 1, &[], false);
        // 60 alone are too few.
        let mut fleet = vec![daily_to(0); 1940];
        fleet.extend(vec![daily_to(30); 60]);
        check(&fleet, 0, &[], false);
    }

    #[test]
    fn who_ends_earlier_does_not_hold_the_day_back() {
        // Half a fleet was decommissioned a year ago, the rest reports in a staggered way.
        let mut fleet = vec![daily_to(-365); 1000];
        fleet.extend((0..1000).map(|host| daily_to(-(host % 4))));
        check(&fleet, 0, &[], false);
        check(
            &[daily_to(0), daily_to(-1), daily_to(-2), daily_to(-3)],
            -1,
            &[0],
            false,
        );
    }
}
