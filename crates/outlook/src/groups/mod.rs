//! Groups of series: their totals, and how surely these are known.
//!
//! A total's interval is neither the sum of its members' bounds, as if all went wrong alike, nor that of independent series.
//! All series are forecast from the same origins of the past; there, errors of members are added up day by day, so that what
//! went wrong together stays together, and what went against each other cancels.

mod limits;
mod past;
mod sums;

use fleetcast_core::{CALIBRATION_STEPS, Calibration, GoldenForecast, LimitSchedule, PastForecast};

use self::limits::LimitTotal;
use self::past::PastTotal;
use self::sums::Sums;

/// A total is made of its members' values in one of these ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotalOf {
    /// Their sum.
    Amounts,
    /// Their mean, weighed by the members' capacities: of values that are shares of a capacity, such as percentages.
    Shares,
}

/// A member, as it enters the total of a group.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The factor of its values, above 0: 1 where they are amounts, and its capacity where they are shares of it.
    pub weight: f64,
    /// The golden forecast.
    pub golden: &'a GoldenForecast,
    /// The demand: the forecast before it was drawn to limits, a value a day.
    pub demand: &'a [f64],
    /// The distances below (at most 0) and above (at least 0) its forecast at which other readings of its present regime lie, a
    /// pair a day of the forecast; empty where there are none.
    pub reach: &'a [(f64, f64)],
    /// The errors that its intervals are made from, where some were made.
    pub calibration: Option<&'a Calibration>,
    /// The last values, NaN where missing, up to the day before the forecast: as many as those of the other members.
    pub recent: &'a [f64],
    /// The forecasts that its golden model made in the past.
    pub past: &'a [PastForecast],
    /// The limits that hold for it.
    pub limits: &'a LimitSchedule,
}

/// The members of a group, added up.
///
/// Totals of parts of a group [`merge`](Self::merge) to the total of the whole, to the bit, whatever the parts and their
/// order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GroupTotal {
    members: u64,
    weight: Sums,
    volume: Sums,
    yhat: Sums,
    demand: Sums,
    /// Squares of how far other readings reach below and above.
    reach: [Sums; 2],
    quantiles: Sums,
    calibrated: Sums,
    recent: Sums,
    /// How many members have a value on each of the last days.
    known: Vec<u64>,
    past: PastTotal,
    limits: LimitTotal,
}

/// The total of a group is the sum, or the weighed mean, of what is known of its members.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Total {
    /// The number of members.
    pub members: u64,
    /// The sum of their weights: of their capacities, where values are shares of them.
    pub weight: f64,
    /// The sum or mean of their golden forecasts, a value a day.
    pub yhat: Vec<f64>,
    /// The sum or mean of their demands.
    pub demand: Vec<f64>,
    /// The distances below and above the forecast at which other readings of members' regimes lie, a pair a day of the
    /// forecast, as if they turned out independently of each other.
    pub reach: Vec<(f64, f64)>,
    /// The last values, NaN where no member has one; a member without a value on a day counts with its latest.
    pub recent: Vec<f64>,
    /// The forecasts that would have been the group's in the past, earliest origin first.
    pub past: Vec<PastForecast>,
    /// The sum or mean of members' errors, as if all went wrong alike: for groups without a past. `None` where members that
    /// are less than half of the group have made errors.
    pub errors_alike: Option<Calibration>,
    /// The limits.
    pub limits: LimitSchedule,
}

impl GroupTotal {
    /// Makes the total of nobody, for forecasts of `days` days and `recent` days before.
    #[must_use]
    pub fn new(days: usize, recent: usize) -> Self {
        Self {
            members: 0,
            weight: Sums::new(1),
            volume: Sums::new(1),
            yhat: Sums::new(days),
            demand: Sums::new(days),
            reach: [Sums::new(days), Sums::new(days)],
            quantiles: Sums::new(CALIBRATION_STEPS + 1),
            calibrated: Sums::new(1),
            recent: Sums::new(recent),
            known: vec![0; recent],
            past: PastTotal::default(),
            limits: LimitTotal::default(),
        }
    }

    /// Adds a member.
    pub fn add(&mut self, member: &Member<'_>) {
        let weight = member.weight;
        let size: f64 = member.demand.iter().map(|value| value.abs()).sum();
        let volume = weight * size / member.demand.len().max(1) as f64;
        let weighed = |value: &f64| weight * value;
        self.members += 1;
        self.weight.add([weight]);
        self.volume.add([volume]);
        self.yhat.add(member.golden.yhat.iter().map(weighed));
        self.demand.add(member.demand.iter().map(weighed));
        let [below, above] = &mut self.reach;
        below.add(
            member
                .reach
                .iter()
                .map(|(below, _)| (weight * below).powi(2)),
        );
        above.add(
            member
                .reach
                .iter()
                .map(|(_, above)| (weight * above).powi(2)),
        );
        if let Some(errors) = member.calibration {
            self.quantiles.add(errors.quantiles().iter().map(weighed));
            self.calibrated.add([volume]);
        }
        self.add_recent(member);
        self.past.add(member.past, weight, volume);
        self.limits.add(member.limits, weight);
    }

    fn add_recent(&mut self, member: &Member<'_>) {
        let recent = member.recent;
        let first_known = recent.iter().copied().find(|value| value.is_finite());
        // Who has been silent all the time counts with what is forecast for the next day.
        let next = member.golden.yhat.first().copied();
        let mut latest = first_known.or(next).unwrap_or(0.0);
        let from = self.known.len().saturating_sub(recent.len());
        let days = self.known.iter_mut().enumerate();
        for (day, known) in days {
            let value = day.checked_sub(from).and_then(|day| recent.get(day));
            if let Some(value) = value.filter(|value| value.is_finite()) {
                *known += 1;
                latest = *value;
            }
            self.recent.add_at(day, member.weight * latest);
        }
    }

    /// Adds the members of another part of the group, of the same days.
    pub fn merge(&mut self, other: &Self) {
        self.members += other.members;
        self.weight.merge(&other.weight);
        self.volume.merge(&other.volume);
        self.yhat.merge(&other.yhat);
        self.demand.merge(&other.demand);
        for (reach, more) in self.reach.iter_mut().zip(&other.reach) {
            reach.merge(more);
        }
        self.quantiles.merge(&other.quantiles);
        self.calibrated.merge(&other.calibrated);
        self.recent.merge(&other.recent);
        for (known, more) in self.known.iter_mut().zip(&other.known) {
            *known += more;
        }
        self.past.merge(&other.past);
        self.limits.merge(&other.limits);
    }

    /// Returns what the members come to; `None` where there are none, or a sum overflows.
    #[must_use]
    pub fn total(&self, of: TotalOf) -> Option<Total> {
        let weight = self.weight.at(0);
        let share = match of {
            TotalOf::Amounts => 1.0,
            TotalOf::Shares => weight,
        };
        let volume = self.volume.at(0);
        let divided = |sums: &Sums| -> Vec<f64> {
            sums.values().into_iter().map(|sum| sum / share).collect()
        };
        let root = |sum: &f64| libm::sqrt(*sum) / share;
        let [below, above] = self.reach.each_ref().map(Sums::values);
        let reach = below.iter().zip(&above);
        let recent = divided(&self.recent).into_iter().zip(&self.known);
        let is_calibrated = self.calibrated.at(0) >= 0.5 * volume && volume > 0.0;
        let total = Total {
            members: self.members,
            weight,
            yhat: divided(&self.yhat),
            demand: divided(&self.demand),
            reach: reach
                .map(|(below, above)| (-root(below), root(above)))
                .collect(),
            recent: recent
                .map(|(sum, known)| if *known > 0 { sum } else { f64::NAN })
                .collect(),
            past: self.past.forecasts(share, volume),
            errors_alike: is_calibrated
                .then(|| Calibration::new(divided(&self.quantiles), 0))
                .flatten(),
            limits: self.limits.schedule(share),
        };
        let is_sound = self.members > 0 && weight > 0.0 && share.is_finite();
        let values = total.yhat.iter().chain(&total.demand);
        (is_sound && values.copied().all(f64::is_finite)).then_some(total)
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_core::{EffectiveLimits, LimitSource, TimeGrid};

    use super::*;

    const DAYS: usize = 4;

    fn golden(yhat: f64) -> GoldenForecast {
        let mut golden =
            GoldenForecast::with_capacity(TimeGrid::new("2026-01-01".parse().unwrap(), DAYS));
        golden.yhat = vec![yhat; DAYS];
        golden
    }

    fn limits(threshold: f64) -> LimitSchedule {
        LimitSchedule::from(EffectiveLimits {
            floor: Some(0.0),
            capacity: Some(100.0),
            threshold: Some(threshold),
            source: LimitSource::Percent,
        })
    }

    /// A group of members, each of a weight, a forecast, values of the last days, and a reach.
    fn group(members: &[(f64, f64, [f64; 3], f64)]) -> GroupTotal {
        let mut total = GroupTotal::new(DAYS, 3);
        for (weight, yhat, recent, reach) in members {
            total.add(&Member {
                weight: *weight,
                golden: &golden(*yhat),
                demand: &[yhat + 1.0; DAYS],
                reach: &[(-reach, 0.0); DAYS],
                calibration: None,
                recent,
                past: &[],
                limits: &limits(80.0),
            });
        }
        total
    }

    #[test]
    fn amounts_add_up_and_shares_are_weighed() {
        let nan = f64::NAN;
        let total = group(&[
            (1.0, 10.0, [8.0, nan, 9.0], 3.0),
            (1.0, 20.0, [20.0, nan, nan], 4.0),
            (1.0, 5.0, [nan; 3], 0.0),
        ]);
        let sum = total.total(TotalOf::Amounts).unwrap();
        let is = |found: f64, expected: f64, why: &str| {
            assert!(
                (found - expected).abs() < 1e-12,
                "{found}, not {expected}: {why}"
            );
        };
        assert_eq!(sum.members, 3);
        is(sum.yhat[0], 35.0, "forecasts are added up");
        is(sum.demand[0], 38.0, "demands are added up");
        is(
            sum.recent[0],
            33.0,
            "the silent one counts with its forecast",
        );
        assert!(sum.recent[1].is_nan(), "nobody has a value");
        is(sum.recent[2], 34.0, "who has none counts with the latest");
        is(sum.reach[0].0, -5.0, "independent of each other");
        assert_eq!(sum.limits.now().threshold, Some(240.0));
        let total = group(&[(16.0, 10.0, [10.0; 3], 0.0), (48.0, 50.0, [50.0; 3], 4.0)]);
        let mean = total.total(TotalOf::Shares).unwrap();
        is(mean.weight, 64.0, "sizes are added up");
        is(mean.yhat[0], 40.0, "forecasts are weighed");
        is(mean.recent[2], 40.0, "values are weighed");
        is(mean.reach[0].0, -3.0, "by size");
        assert_eq!(mean.limits.now().capacity, Some(100.0));
        assert_eq!(group(&[]).total(TotalOf::Amounts), None);
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let members = [
            (1.0, 0.1, [0.3; 3], 0.1),
            (1.0, 0.2, [0.7, f64::NAN, 0.1], 0.0),
            (1.0, 1e9, [1e9; 3], 1e6),
            (1.0, 0.7, [0.1; 3], 0.2),
        ];
        let whole = group(&members);
        let mut merged = group(&members[2..]);
        merged.merge(&group(&members[..2]));
        assert_eq!(merged, whole);
    }
}
