//! The present regime of a history, from all that was found in it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fleetcast_core::{Aligner, Alignment, Day, LevelShift, Ramp};

use crate::daily::{Daily, between_weeks};
use crate::design::Design;
use crate::median::{NORMAL_MAD, median, median_of};
use crate::ramp::{Bend, best_bend, goes_on, left_by_steps, possible_bend};
use crate::shifts::{Found, LEAST_AGE, Search, Step};
use crate::weekly::{WEEK, Weeks};

/// Days from the first value to the last one below which a history has no regimes.
const LEAST_DAYS: usize = 120;

/// Weeks that need a value.
const LEAST_WEEKS: usize = 17;

/// Designs that are kept at most: one takes some thirty kilobytes.
const MOST_DESIGNS: usize = 512;

/// Weeks that the starts of series which begin late are rounded to, so that they share designs.
const ROUNDED_TO: usize = 4;

/// A shift of at least this age lasts: of those between 18 and 31 days old, 22 of 28 still stood one to three months
/// later.
const SETTLED_AGE: usize = 18;

/// One from this age on lasts by half, where it is this many mean weekly changes large: of those between 7 and 17 days
/// old and between 5 and 8 changes large, 5 of 10 still stood. Smaller ones did not (none of 21). Larger ones mostly did
/// (13 of 14), but bursts of a week that came after a quiet year are among the largest there are.
const MAY_LAST_AGE: usize = 14;
const MAY_LAST: f64 = 5.0;

/// A level of at most this share of the one before is as good as none: an outage, while it is no older than this.
const OUTAGE: f64 = 0.02;
const OUTAGE_AGE: usize = 28;

/// Ratios of a capacity to what it was that are usual, and how near a level's must be to one.
const SIMPLE_RATIOS: [f64; 10] = [
    0.25,
    1.0 / 3.0,
    0.5,
    2.0 / 3.0,
    0.75,
    4.0 / 3.0,
    1.5,
    2.0,
    3.0,
    4.0,
];
const NEARLY: f64 = 0.03;

/// Days to either side of a shift by whose unrest it is told whether it is one of scale.
const SCALE_DAYS: usize = 56;

/// Days after a shift within which a return to the level before is the end of an event.
const EVENT_DAYS: usize = 120;

/// How much of a shift the return may leave.
const LEFT_BY_RETURN: f64 = 0.4;

/// Days at the end that can tell a return, and that all must be away by this share of their median.
const LAST_DAYS: std::ops::RangeInclusive<usize> = 3..=6;
const ALL_AWAY: f64 = 0.6;

/// Days back at the level before a shift that end it as an event.
const LEAST_RETURNED: usize = 2;

/// How far the last days must be away, in standard deviations of days and in mean weekly changes.
const AWAY_DEVIATIONS: f64 = 6.0;
const AWAY_CHANGES: f64 = 4.0;

/// Days before the last ones by which their deviation is known.
const CALM_DAYS: usize = 91;

/// Steps of at most this age may be a ramp.
const RECENT: usize = 120;

/// Finds the present regime of daily series: [`Aligner`] for all of a fleet.
///
/// It keeps what depends on days alone, so that series of one grid share it; what it finds in a history depends on
/// that history's days and values only, whatever it was asked before.
#[derive(Debug, Default)]
pub struct RegimeDetector {
    designs: Mutex<BTreeMap<(i64, usize), Arc<Design>>>,
}

impl RegimeDetector {
    fn design(&self, first: i64, weeks: usize) -> Arc<Design> {
        let lock = || self.designs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(design) = lock().get(&(first, weeks)) {
            return Arc::clone(design);
        }
        let design = Arc::new(Design::new(first, weeks));
        let mut designs = lock();
        if designs.len() < MOST_DESIGNS {
            designs.insert((first, weeks), Arc::clone(&design));
        }
        design
    }
}

impl Aligner for RegimeDetector {
    fn alignment(&self, _: &str, first: Day, values: &[f64]) -> Option<Alignment> {
        let begins = values.iter().position(|value| !value.is_nan())?;
        let ends = values.iter().rposition(|value| !value.is_nan())? + 1;
        let mut begins = begins;
        if begins > 0 {
            let rounded = ROUNDED_TO * WEEK;
            begins = ends - (ends - begins) / rounded * rounded;
        }
        let days = &values[begins..ends];
        if days.len() < LEAST_DAYS {
            return None;
        }
        let weeks = Weeks::of(days);
        if weeks.observed < LEAST_WEEKS {
            return None;
        }
        let first = i64::from(first.epoch_days()) + i64::try_from(begins + weeks.skipped).ok()?;
        let design = self.design(first, weeks.values.len());
        let present = Present::of(days, &weeks, &design);
        present.alignment(begins, values.len())
    }
}

/// What the present regime of a series is, by indices of its own days.
#[derive(Debug, Default)]
struct Present {
    days: usize,
    shifts: Vec<LevelShift>,
    ramp: Option<Ramp>,
}

impl Present {
    fn of(days: &[f64], weeks: &Weeks, design: &Design) -> Self {
        let mut daily = None;
        let found = Search::new(days, weeks, design).run(&mut daily);
        let history = History {
            days,
            weeks,
            design,
            found: &found,
        };
        let mut steps = found.steps.clone();
        let ramp = history.ramp(&mut steps, &mut daily);
        let mut shifts: Vec<LevelShift> = Vec::with_capacity(steps.len() + 1);
        for step in &steps {
            history.push(step, &mut shifts);
        }
        if ramp.is_none()
            && let Some(last) = history.last_days(&shifts, &mut daily)
        {
            settle_event(&last, &mut shifts);
            shifts.push(last);
        }
        Self {
            days: days.len(),
            shifts,
            ramp: ramp.map(|bend| Ramp {
                age: bend.age,
                slope: bend.slope,
            }),
        }
    }

    /// Returns the same by indices of a grid of `all` days, on which the series begins at `begins`.
    fn alignment(mut self, begins: usize, all: usize) -> Option<Alignment> {
        if self.shifts.is_empty() && self.ramp.is_none() {
            return None;
        }
        for shift in &mut self.shifts {
            shift.at += begins;
        }
        if let Some(ramp) = &mut self.ramp {
            ramp.age += all - begins - self.days;
        }
        let sizes = self.shifts.iter().map(|shift| shift.size);
        let slopes = self.ramp.iter().map(|ramp| ramp.slope);
        let is_sound = sizes.chain(slopes).all(f64::is_finite);
        is_sound.then_some(Alignment {
            days: all,
            shifts: self.shifts,
            ramp: self.ramp,
            calendar: Vec::new(),
        })
    }
}

/// Takes the shift before as an event, where `shift` ends it.
fn settle_event(shift: &LevelShift, shifts: &mut [LevelShift]) {
    if shift.ends_event
        && let Some(event) = shifts.last_mut()
    {
        (event.lasting, event.factor) = (1.0, None);
    }
}

/// The mean change from one week to the next, of a fortnight and more.
fn unrest(days: &[f64]) -> Option<f64> {
    if days.len() < 3 * WEEK {
        return None;
    }
    let changes = days[WEEK..].iter().zip(days);
    let known: Vec<f64> = changes
        .map(|(later, earlier)| (later - earlier).abs())
        .filter(|change| !change.is_nan())
        .collect();
    (known.len() > WEEK).then(|| fleetcast_numerics::sum(&known) / known.len() as f64)
}

/// A history in which steps were looked for.
struct History<'a> {
    days: &'a [f64],
    weeks: &'a Weeks,
    design: &'a Design,
    found: &'a Found,
}

impl History<'_> {
    fn age(&self, at: usize) -> usize {
        self.days.len() - at
    }

    /// Puts a step behind the shifts before it.
    fn push(&self, step: &Step, shifts: &mut Vec<LevelShift>) {
        let ends_event = shifts.last().is_some_and(|before| {
            step.at - before.at <= EVENT_DAYS
                && !before.ends_event
                && (before.size + step.size).abs() <= LEFT_BY_RETURN * before.size.abs()
        });
        let shift = LevelShift {
            at: step.at,
            size: step.size,
            factor: None,
            confidence: step.confidence,
            lasting: if ends_event { 1.0 } else { self.lasting(step) },
            ends_event,
        };
        let shift = LevelShift {
            factor: self.factor(&shift),
            ..shift
        };
        settle_event(&shift, shifts);
        shifts.push(shift);
    }

    /// How much of a step is taken as lasting.
    fn lasting(&self, step: &Step) -> f64 {
        let age = self.age(step.at);
        let size = step.size.abs() / self.weeks.change;
        if age < OUTAGE_AGE && self.is_outage(step) {
            0.0
        } else if age >= SETTLED_AGE {
            1.0
        } else if age >= MAY_LAST_AGE && size >= MAY_LAST {
            0.5
        } else {
            0.0
        }
    }

    /// What the new level is of the old one, where the values are those of a percentage, it is a simple ratio, and
    /// the unrest around the level became as much larger or smaller.
    fn factor(&self, shift: &LevelShift) -> Option<f64> {
        let is_percent = |value: &f64| value.is_nan() || (0.0..=100.0).contains(value);
        if shift.ends_event || !self.days.iter().all(is_percent) {
            return None;
        }
        let before = &self.days[shift.at.saturating_sub(SCALE_DAYS)..shift.at];
        let after = &self.days[shift.at..self.days.len().min(shift.at + SCALE_DAYS)];
        let mut scratch = Vec::with_capacity(SCALE_DAYS);
        let level = median(&after[..after.len().min(4 * WEEK)], &mut scratch);
        let ratio = level / (level - shift.size);
        let is_near = |simple: &&f64| (ratio / **simple - 1.0).abs() <= NEARLY;
        let simple = *SIMPLE_RATIOS.iter().find(is_near)?;
        let (before, after) = (unrest(before)?, unrest(after)?);
        let middle = simple.sqrt();
        let follows = (after / before > middle) == (simple > 1.0);
        (follows && before > 0.0).then_some(simple)
    }

    /// Whether a step leads down to next to nothing.
    fn is_outage(&self, step: &Step) -> bool {
        let mut scratch = Vec::new();
        let after = median(&self.days[step.at..], &mut scratch);
        let from = step.at.saturating_sub(4 * WEEK);
        let before = median(&self.days[from..step.at], &mut scratch);
        step.size < 0.0 && after >= 0.0 && before > 0.0 && after <= OUTAGE * before
    }

    /// Growth or decline that began lately. Steps that are better explained by it are taken out of `steps`.
    fn ramp(&self, steps: &mut Vec<Step>, daily: &mut Option<Daily>) -> Option<Bend> {
        let (old, recent): (Vec<Step>, Vec<Step>) = steps
            .iter()
            .copied()
            .partition(|step| self.age(step.at) > RECENT);
        if !recent.is_empty()
            && let Some(bend) = self.bend(&old, &recent, daily)
        {
            *steps = old;
            return Some(bend);
        }
        self.bend(steps, &[], daily)
    }

    /// A bend of the history without its season and `steps`, where there is one that goes on and explains more than
    /// the steps `instead`.
    fn bend(&self, steps: &[Step], instead: &[Step], daily: &mut Option<Daily>) -> Option<Bend> {
        let mut moved = self.weeks.values.clone();
        for step in steps {
            for (week, value) in moved.iter_mut().enumerate() {
                if self.weeks.first_day(week) + WEEK / 2 < step.at {
                    *value += step.size;
                }
            }
        }
        let without = |season: &[f64]| -> Vec<f64> {
            let both = moved.iter().zip(season);
            both.map(|(value, season)| value - season).collect()
        };
        let weeks = without(&self.found.season);
        let first = possible_bend(&weeks, self.weeks.change)?;
        // A season that was fitted across the bend has a part of it.
        let straight = Weeks {
            values: first.taken_out_of(&moved),
            ..self.weeks.clone()
        };
        let season = Search::new(self.days, &straight, self.design).season();
        let weeks = without(&season);
        let bend = best_bend(&weeks)?;
        let ages: Vec<usize> = instead.iter().map(|step| self.age(step.at)).collect();
        if !ages.is_empty() && bend.left >= left_by_steps(&weeks, &ages) {
            return None;
        }
        let daily = daily.get_or_insert_with(|| Daily::of(self.days, self.weeks));
        let season = between_weeks(&season, self.weeks, self.days.len());
        let mut values: Vec<f64> = daily
            .values
            .iter()
            .zip(&season)
            .map(|(value, season)| value - season)
            .collect();
        for step in steps {
            for value in &mut values[..step.at] {
                *value += step.size;
            }
        }
        goes_on(&bend, &values, &weeks, self.weeks).then_some(bend)
    }

    /// The last three to six days, where all of them are far from the level: the end of an event, or the beginning of
    /// one, or of a shift that is too young to tell.
    fn last_days(&self, shifts: &[LevelShift], daily: &mut Option<Daily>) -> Option<LevelShift> {
        if !self.ends_elsewhere() {
            return None;
        }
        let daily = daily.get_or_insert_with(|| Daily::of(self.days, self.weeks));
        let days = self.days.len();
        let mut apart = between_weeks(&self.found.smooth, self.weeks, days);
        for (apart, value) in apart.iter_mut().zip(&daily.values) {
            *apart = value - *apart;
        }
        for shift in shifts {
            for apart in &mut apart[shift.at..] {
                *apart -= shift.size;
            }
        }
        let from = days - (CALM_DAYS + LAST_DAYS.end()).min(days);
        let calm = &apart[from..days - LAST_DAYS.end()];
        let mut scratch = Vec::with_capacity(calm.len());
        let level = median(calm, &mut scratch);
        scratch.clear();
        let away = calm.iter().map(|apart| (apart - level).abs());
        scratch.extend(away.filter(|away| !away.is_nan()));
        let deviation = NORMAL_MAD * median_of(&mut scratch);
        let event = shifts.last().filter(|last| {
            (LEAST_AGE..=EVENT_DAYS).contains(&self.age(last.at)) && !last.ends_event
        });
        // Back where it was: the level is known, and a few days of it are enough.
        if let Some(event) = event {
            let back = apart.iter().rev().take(*LAST_DAYS.end());
            let back = back
                .take_while(|apart| apart.is_nan() || **apart / event.size < LEFT_BY_RETURN - 1.0)
                .count();
            let at = days - back;
            let size = median(&apart[at..], &mut scratch);
            if back >= LEAST_RETURNED && size.is_finite() {
                return Some(LevelShift {
                    at,
                    size: -event.size,
                    factor: None,
                    confidence: event.confidence,
                    lasting: 1.0,
                    ends_event: true,
                });
            }
        }
        let (at, size) = self.far_away(&apart, level, deviation)?;
        if shifts.last().is_some_and(|last| at < last.at + LEAST_AGE) {
            return None;
        }
        Some(LevelShift {
            at,
            size,
            factor: None,
            confidence: size.abs() / deviation.max(size.abs() / 1e6),
            lasting: 0.0,
            ends_event: false,
        })
    }

    /// The first of the last days that are all far from the level on one side, and how far they are.
    fn far_away(&self, apart: &[f64], level: f64, deviation: f64) -> Option<(usize, f64)> {
        let days = apart.len();
        let mut scratch = Vec::with_capacity(*LAST_DAYS.end());
        let mut longest = None;
        for count in LAST_DAYS {
            let last: Vec<f64> = apart[days - count..]
                .iter()
                .map(|apart| apart - level)
                .filter(|apart| !apart.is_nan())
                .collect();
            if last.len() < *LAST_DAYS.start() {
                continue;
            }
            let middle = median(&last, &mut scratch);
            let is_far = middle.abs() >= AWAY_DEVIATIONS * deviation
                && middle.abs() >= AWAY_CHANGES * self.weeks.change;
            if is_far && last.iter().all(|apart| apart / middle > ALL_AWAY) {
                longest = Some((days - count, middle));
            }
        }
        longest
    }

    /// Whether the last days lie elsewhere than the same days of the week before, at a glance.
    fn ends_elsewhere(&self) -> bool {
        let days = self.days.len();
        let far = AWAY_CHANGES / 2.0 * self.weeks.change;
        let last = days - LEAST_RETURNED..days;
        let mut changes = last.map(|day| (self.days[day] - self.days[day - WEEK]).abs());
        far > 0.0 && changes.all(|change| change.is_nan() || change >= far)
    }
}
