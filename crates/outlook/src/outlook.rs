//! One series' outlook.

use std::fmt;

use fleetcast_core::{Day, EffectiveLimits, GoldenForecast, STALE_AFTER_DAYS};

use crate::Sustained;

/// What is to be expected of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// It is at or above its threshold already.
    Over,
    /// It reaches its threshold within the horizon.
    Within,
    /// It does not reach its threshold within the horizon.
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
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CapacityOutlook {
    /// What is to be expected.
    pub status: Status,
    /// The first day of the first sustained crossing of the point forecast; the day before the
    /// forecast where the series is over already.
    pub full_on: Option<Day>,
    /// The first day of the first sustained crossing of the interval's upper bound.
    pub full_on_earliest: Option<Day>,
    /// Days from the day before the forecast to [`full_on`](Self::full_on).
    pub days_left: Option<i32>,
    /// The mean of the last observed days, in the series' unit.
    pub recent: Option<f64>,
    /// The largest point forecast, in the series' unit.
    pub peak: f64,
}

/// Returns how many of a history's last days [`capacity_outlook`] looks at.
#[must_use]
pub fn days_to_look_back(sustained: Sustained) -> usize {
    STALE_AFTER_DAYS + sustained.of() as usize
}

/// Holds a golden forecast against the limits of its series.
///
/// `recent` are the series' last values up to the day before the forecast, NaN where missing;
/// [`days_to_look_back`] of them are enough. The days that count are those up to its last observed day,
/// as many as the rule looks at: a series is over where enough of them are at or above its threshold.
///
/// Days after the horizon are not counted, so that a crossing at its very end is none.
#[must_use]
pub fn capacity_outlook(
    golden: &GoldenForecast,
    recent: &[f64],
    limits: &EffectiveLimits,
    sustained: Sustained,
) -> CapacityOutlook {
    let as_of = golden.grid.first().minus_days(1);
    let threshold = limits.threshold;
    let latest = latest_values(recent, sustained);
    let full_days = threshold.map_or(0, |threshold| {
        latest.iter().filter(|value| **value >= threshold).count()
    });
    let is_over = full_days >= sustained.days() as usize;
    let day_of = |values: &[f64]| {
        let index = first_crossing(values, threshold?, sustained)?;
        golden.grid.day(index)
    };
    let (full_on, full_on_earliest) = (day_of(&golden.yhat), day_of(&golden.upper));
    let status = match (threshold, full_on) {
        (None, _) => Status::NoLimit,
        (Some(_), _) if is_over => Status::Over,
        (Some(_), Some(_)) => Status::Within,
        (Some(_), None) => Status::NotWithinHorizon,
    };
    let (full_on, full_on_earliest) = match status {
        Status::Over => (Some(as_of), Some(as_of)),
        _ => (full_on, full_on_earliest),
    };
    CapacityOutlook {
        status,
        full_on,
        full_on_earliest,
        days_left: full_on.map(|day| day.days_since(as_of)),
        recent: mean_in_order_of_size(latest),
        peak: golden
            .yhat
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max),
    }
}

/// The observed values of the days up to the last observed one that a rule looks at.
fn latest_values(recent: &[f64], sustained: Sustained) -> Vec<f64> {
    let known = &recent[recent.len().saturating_sub(days_to_look_back(sustained))..];
    let end = known
        .iter()
        .rposition(|value| !value.is_nan())
        .map_or(0, |last| last + 1);
    let from = end.saturating_sub(sustained.of() as usize);
    let days = known[from..end].iter();
    days.copied().filter(|value| !value.is_nan()).collect()
}

/// The first index whose value is full, and from which on enough of the next days are.
fn first_crossing(values: &[f64], threshold: f64, sustained: Sustained) -> Option<usize> {
    let (days, of) = (sustained.days() as usize, sustained.of() as usize);
    let is_full = |index: usize| usize::from(values[index] >= threshold);
    let mut ahead: usize = (0..of.min(values.len())).map(is_full).sum();
    for index in 0..values.len() {
        if is_full(index) == 1 && ahead >= days {
            return Some(index);
        }
        ahead -= is_full(index);
        if index + of < values.len() {
            ahead += is_full(index + of);
        }
    }
    None
}

/// The mean, whose last bit does not depend on the order of the values.
fn mean_in_order_of_size(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
