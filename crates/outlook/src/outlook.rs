//! One series' outlook.

use std::fmt;

use fleetcast_core::{Day, GoldenForecast, LimitSchedule, STALE_AFTER_DAYS};

use crate::Sustained;
use crate::growth::{GROWTH_DAYS, growth};
use crate::paths::{PathLaw, ProbabilityMap, first_crossing};

/// The probability from which on a series is expected to be full within the horizon.
const AS_LIKELY_AS_NOT: f64 = 0.5;

/// The probability from which on it may be.
const POSSIBLE: f64 = 0.1;

/// What is to be expected of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is at or above its threshold already.
    Over,
    /// It is as likely as not that it reaches its threshold within the horizon.
    Within,
    /// It is less likely, but one in ten at least.
    Possible,
    /// It is less likely than that.
    NotWithinHorizon,
    /// It has no threshold.
    NoLimit,
}

impl Status {
    /// Returns the name it has in `capacity_outlook`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Over => "over",
            Self::Within => "within",
            Self::Possible => "possible",
            Self::NotWithinHorizon => "not_within_horizon",
            Self::NoLimit => "no_limit",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One series' outlook: what `capacity_outlook` says of it.
///
/// Probabilities and days are of the first sustained crossing of the threshold on a path, never of the forecast's line or
/// of a single day's bound. Amounts are of demand, which goes on where a disk is full: they are not drawn to the capacity.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CapacityOutlook {
    /// What is to be expected.
    pub status: Status,
    /// The probability that it is full within 30 days, 0 to 1; `None` where the horizon is shorter, or there is no
    /// threshold.
    pub p_full_30: Option<f64>,
    /// The probability that it is full within 60 days.
    pub p_full_60: Option<f64>,
    /// The probability that it is full within 90 days.
    pub p_full_90: Option<f64>,
    /// The probability that it is full within the horizon.
    pub p_full: Option<f64>,
    /// The day by which it is as likely as not that it is full, where there is one within the horizon; the day before
    /// the forecast where it is over already.
    pub full_on: Option<Day>,
    /// The day by which it is full with a probability of 10 %.
    pub full_on_earliest: Option<Day>,
    /// The day by which it is full with a probability of 90 %.
    pub full_on_latest: Option<Day>,
    /// The first day of the first sustained crossing of the forecast's own line.
    pub line_full_on: Option<Day>,
    /// Days from the day before the forecast to [`full_on`](Self::full_on).
    pub days_left: Option<i32>,
    /// The first day of the present stretch, where it is over already; a stretch that began before the days that were
    /// looked at is dated to the first of these.
    pub since: Option<Day>,
    /// The growth of its last weeks in 30 days, in its unit; `None` where too few days are known.
    pub growth: Option<f64>,
    /// The level that demand will as likely as not hold at some time within the horizon, in the series' unit.
    pub demand_p50: Option<f64>,
    /// The level it will hold with a probability of 10 %.
    pub demand_p90: Option<f64>,
    /// The capacity with which it would be full with a probability of 10 %; `None` where it has none.
    pub needed_capacity: Option<f64>,
    /// The part of it that is above the capacity it has in the end, planned changes included; 0 where it is below.
    pub to_order: Option<f64>,
    /// The mean of the last observed days, in the series' unit.
    pub recent: Option<f64>,
    /// The largest point forecast, in the series' unit.
    pub peak: f64,
}

/// What an outlook is made from.
#[derive(Debug, Clone, Copy)]
pub struct OutlookInput<'a> {
    /// The golden forecast.
    pub golden: &'a GoldenForecast,
    /// The series' last values up to the day before the forecast, NaN where missing: [`days_to_look_back`] of them are
    /// enough.
    pub recent: &'a [f64],
    /// The limits that hold for it, now and on the days of the forecast.
    pub limits: &'a LimitSchedule,
    /// When a crossing counts.
    pub sustained: Sustained,
    /// How it may go on.
    pub law: &'a PathLaw,
    /// How probabilities are mapped.
    pub map: ProbabilityMap,
}

/// Returns how many of a history's last days [`capacity_outlook`] looks at.
#[must_use]
pub fn days_to_look_back(sustained: Sustained) -> usize {
    STALE_AFTER_DAYS + GROWTH_DAYS.max(sustained.of() as usize)
}

/// Says when a series is full, how surely, and how much it will need.
///
/// The days that count for being over are those up to the last observed day, as many as the rule looks at: a series is
/// over where enough of them are at or above its threshold. Days after the horizon are not counted, so that a crossing at
/// its very end is none.
#[must_use]
pub fn capacity_outlook(input: &OutlookInput<'_>) -> CapacityOutlook {
    let OutlookInput {
        golden,
        limits,
        sustained,
        law,
        map,
        ..
    } = *input;
    let as_of = golden.grid.first().minus_days(1);
    let days = input.recent.len().min(days_to_look_back(sustained));
    let recent = &input.recent[input.recent.len() - days..];
    let seen = recent
        .iter()
        .rposition(|value| !value.is_nan())
        .map_or(0, |last| last + 1);
    // Days long gone are no recent ones.
    let is_known = days - seen < STALE_AFTER_DAYS + sustained.of() as usize;
    let seen = if is_known { seen } else { 0 };
    let latest = latest_values(&recent[..seen], sustained);
    let mut outlook = CapacityOutlook {
        status: Status::NoLimit,
        p_full_30: None,
        p_full_60: None,
        p_full_90: None,
        p_full: None,
        full_on: None,
        full_on_earliest: None,
        full_on_latest: None,
        line_full_on: None,
        days_left: None,
        since: None,
        growth: growth(&recent[..seen]),
        demand_p50: Some(law.sustained_level(0.5, &map)).filter(|level| level.is_finite()),
        demand_p90: Some(law.sustained_level(0.1, &map)).filter(|level| level.is_finite()),
        needed_capacity: None,
        to_order: None,
        recent: mean_in_order_of_size(latest),
        peak: golden
            .yhat
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max),
    };
    outlook.needed_capacity = needed_capacity(limits, outlook.demand_p90);
    outlook.to_order = outlook
        .needed_capacity
        .zip(limits.last().capacity)
        .map(|(needed, capacity)| (needed - capacity).max(0.0));
    let thresholds = Thresholds::of(golden, limits);
    if let Some(threshold) = limits.now().threshold
        && let Some(began) = over_since(&recent[..seen], threshold, sustained)
    {
        let days_ago = u32::try_from(days - began - 1).unwrap_or(u32::MAX);
        outlook.since = Some(as_of.minus_days(days_ago));
        outlook.line_full_on = thresholds.line_full_on(golden, sustained);
        outlook.is_over(as_of, golden.yhat.len());
        return outlook;
    }
    let crossed = match &thresholds {
        Thresholds::None => return outlook,
        Thresholds::Constant(threshold) => law.crossed_by(*threshold, &map),
        Thresholds::ByDay(thresholds) => law.above(thresholds).crossed_by(0.0, &map),
    };
    outlook.line_full_on = thresholds.line_full_on(golden, sustained);
    let within = |days: usize| crossed.get(days - 1).copied();
    (outlook.p_full_30, outlook.p_full_60) = (within(30), within(60));
    (outlook.p_full_90, outlook.p_full) = (within(90), crossed.last().copied());
    let by = |probability: f64| {
        let day = crossed.iter().position(|crossed| *crossed >= probability)?;
        golden.grid.day(day)
    };
    outlook.full_on = by(AS_LIKELY_AS_NOT);
    outlook.full_on_earliest = by(0.1);
    outlook.full_on_latest = by(0.9);
    outlook.days_left = outlook.full_on.map(|day| day.days_since(as_of));
    outlook.status = match outlook.p_full {
        Some(p) if p >= AS_LIKELY_AS_NOT => Status::Within,
        Some(p) if p >= POSSIBLE => Status::Possible,
        _ => Status::NotWithinHorizon,
    };
    outlook
}

impl CapacityOutlook {
    /// Says that it is full on the day `as_of`, for as many days as the horizon has.
    fn is_over(&mut self, as_of: Day, horizon: usize) {
        let certain = |within: usize| (horizon >= within).then_some(1.0);
        self.status = Status::Over;
        (self.p_full_30, self.p_full_60) = (certain(30), certain(60));
        (self.p_full_90, self.p_full) = (certain(90), Some(1.0));
        (self.full_on, self.full_on_earliest) = (Some(as_of), Some(as_of));
        self.full_on_latest = Some(as_of);
        self.days_left = Some(0);
    }
}

/// The thresholds of the days of a forecast.
enum Thresholds {
    /// No day has one.
    None,
    /// All days have the same.
    Constant(f64),
    /// One a day; infinite where there is none.
    ByDay(Vec<f64>),
}

impl Thresholds {
    fn of(golden: &GoldenForecast, limits: &LimitSchedule) -> Self {
        let last = golden.grid.last();
        let is_constant = limits.later().iter().all(|(from, later)| {
            *from > last
                || later.threshold.map(f64::to_bits) == limits.now().threshold.map(f64::to_bits)
        });
        if is_constant {
            return limits.now().threshold.map_or(Self::None, Self::Constant);
        }
        let of = |day| limits.on(day).threshold.unwrap_or(f64::INFINITY);
        Self::ByDay(golden.grid.days().map(of).collect())
    }

    /// The day on which the forecast's own line crosses the threshold of its days.
    fn line_full_on(&self, golden: &GoldenForecast, sustained: Sustained) -> Option<Day> {
        let day = match self {
            Self::None => None,
            Self::Constant(threshold) => first_crossing(&golden.yhat, *threshold, sustained),
            Self::ByDay(thresholds) => {
                let days = golden.yhat.iter().zip(thresholds);
                let above: Vec<f64> = days.map(|(yhat, threshold)| yhat - threshold).collect();
                first_crossing(&above, 0.0, sustained)
            }
        };
        golden.grid.day(day?)
    }
}

/// The capacity whose threshold is at `level`, where the threshold stays at the share of the way from floor to capacity
/// that it has in the end.
fn needed_capacity(limits: &LimitSchedule, level: Option<f64>) -> Option<f64> {
    let limits = limits.last();
    let (capacity, threshold) = limits.capacity.zip(limits.threshold)?;
    let floor = limits.floor.unwrap_or(0.0);
    let share = (threshold - floor) / (capacity - floor);
    let needed = floor + (level? - floor) / share;
    needed.is_finite().then_some(needed)
}

/// The observed values of the last days of `seen` that a rule looks at.
fn latest_values(seen: &[f64], sustained: Sustained) -> Vec<f64> {
    let from = seen.len().saturating_sub(sustained.of() as usize);
    let days = seen[from..].iter();
    days.copied().filter(|value| !value.is_nan()).collect()
}

/// Finds where the present stretch begins, if the series is over its threshold: the first full day of the days that the rule
/// looks at now, and of those it looked at on each day before as long as enough of them were full.
fn over_since(seen: &[f64], threshold: f64, sustained: Sustained) -> Option<usize> {
    let (days, of) = (sustained.days() as usize, sustained.of() as usize);
    let first_full = |end: usize| {
        let from = end.saturating_sub(of);
        let full = (from..end).filter(|day| seen[*day] >= threshold);
        (full.clone().count() >= days).then(|| full.min()).flatten()
    };
    let mut end = seen.len();
    let mut began = first_full(end)?;
    while end > 0 {
        end -= 1;
        match first_full(end) {
            Some(day) => began = began.min(day),
            None => break,
        }
    }
    Some(began)
}

/// The mean, whose last bit does not depend on the order of the values.
fn mean_in_order_of_size(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
