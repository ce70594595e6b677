//! Groups of hosts: their totals, forecast from those of their members.

use std::collections::{BTreeMap, HashMap};

use fleetcast_core::{
    Alignment, Calibration, Forecast, GoldenForecast, LimitSchedule, PastForecast, SeriesKey,
    Split, are_shares,
};
use fleetcast_judge::{Trust, calibration_of_past};
use fleetcast_outlook::groups::{GroupTotal, Member, Total, TotalOf};
use fleetcast_outlook::paths::{EarlierYears, PastPool, ProbabilityMap};
use fleetcast_outlook::{OutlookInput, capacity_outlook, days_to_look_back};
use fleetcast_writer::{admit_other_readings, golden_forecast, issue_of_limits};
use rayon::prelude::*;

use crate::result::trust_of_outlook;
use crate::{Material, WriteRules, Written};

/// The ending of the names of attributes that say how large a host is in a resource: `memory_capacity`.
const CAPACITY_OF: &str = "_capacity";

/// The attribute that says how large a host's processors are, where none is named after the resource.
const CORES: &str = "cores";

/// The beginning of the names of resources in which the size of a host is a number of cores.
const CPU: &str = "cpu";

/// A group of hosts in one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GroupKey {
    /// The attribute that the hosts have in common, such as `site`.
    pub key: String,
    /// The value that they share, such as `Berlin`.
    pub value: String,
    /// The resource.
    pub resource: String,
}

impl GroupKey {
    /// Returns the key of the group as if it were a series, whose host is `site=Berlin`.
    pub(crate) fn as_series(&self) -> SeriesKey {
        SeriesKey::new(
            format!("{}={}", self.key, self.value),
            self.resource.as_str(),
        )
    }
}

/// The groups that hosts belong to, and how large hosts are.
///
/// Hosts that share the value of an attribute are a group. An attribute by whose name the size of hosts is known makes none
/// (`memory_capacity`: the size in `memory`; `cores`: that in a resource whose name begins with `cpu`), nor does one of which
/// every host has a value of its own, which names hosts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Groups {
    of_hosts: HashMap<String, Vec<(String, String)>>,
    sizes: HashMap<String, HashMap<String, f64>>,
}

impl Groups {
    /// Makes the groups of attributes of hosts: host, key and value.
    #[must_use]
    pub fn of<H: Into<String>, K: Into<String>, V: Into<String>>(
        attributes: impl IntoIterator<Item = (H, K, V)>,
    ) -> Self {
        let mut keys: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
        let mut groups = Self::default();
        for (host, key, value) in attributes {
            let (host, key, value) = (host.into(), key.into(), value.into());
            if is_size(&key) {
                let size = value.trim().parse().ok();
                if let Some(size) = size.filter(|size: &f64| size.is_finite() && *size > 0.0) {
                    groups.sizes.entry(key).or_default().insert(host, size);
                }
            } else {
                let values = keys.entry(key).or_default();
                values.entry(value).or_default().push(host);
            }
        }
        for (key, values) in keys {
            let names_hosts = values.len() > 1 && values.values().all(|hosts| hosts.len() == 1);
            if names_hosts {
                continue;
            }
            for (value, hosts) in values {
                for host in hosts {
                    let of_host = groups.of_hosts.entry(host).or_default();
                    of_host.push((key.clone(), value.clone()));
                }
            }
        }
        groups
    }

    /// Returns whether no host is in a group.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of_hosts.is_empty()
    }

    /// Lists the groups that a series belongs to.
    fn of_series(&self, series: &SeriesKey) -> impl Iterator<Item = GroupKey> {
        let of_host = self.of_hosts.get(series.host()).into_iter().flatten();
        of_host.map(|(key, value)| GroupKey {
            key: key.clone(),
            value: value.clone(),
            resource: series.resource().to_owned(),
        })
    }

    /// The size of a series' host in its resource.
    fn size_of(&self, series: &SeriesKey) -> Option<f64> {
        let size = |key: &str| self.sizes.get(key)?.get(series.host()).copied();
        let resource = series.resource();
        size(&format!("{resource}{CAPACITY_OF}"))
            .or_else(|| size(CORES).filter(|_| is_cpu(resource)))
    }
}

/// Whether the size of hosts in a resource is a number of cores.
fn is_cpu(resource: &str) -> bool {
    resource.to_lowercase().starts_with(CPU)
}

/// Says whether an attribute is the size of hosts, such as `cores` and `memory_capacity`: what percentages are weighed by, and no
/// group.
#[must_use]
pub fn is_size(key: &str) -> bool {
    key == CORES || key.ends_with(CAPACITY_OF)
}

/// A series of a group, and what was written of it.
#[derive(Debug, Clone, Copy)]
pub struct MemberOf<'a> {
    /// The series.
    pub key: &'a SeriesKey,
    /// The winner's forecast of the future.
    pub winner: &'a Forecast,
    /// The errors that its intervals are made from, where some were made.
    pub calibration: Option<&'a Calibration>,
    /// The limits that hold for it, now and later.
    pub limits: &'a LimitSchedule,
    /// The last values, up to the day before the forecast ([`days_to_look_back`]).
    pub recent: &'a [f64],
    /// The forecasts that its golden model made in the past.
    pub past: &'a [PastForecast],
    /// The regime that the forecast goes on from, where its past was brought to it.
    pub regime: Option<&'a Alignment>,
    /// The part of the golden record.
    pub golden: &'a GoldenForecast,
}

impl<'a> MemberOf<'a> {
    /// Makes a member of what its golden forecast was written from.
    #[must_use]
    pub fn of(key: &'a SeriesKey, material: &Material<'a>, golden: &'a GoldenForecast) -> Self {
        Self {
            key,
            winner: material.winner,
            calibration: material.calibration,
            limits: material.limits,
            recent: material.recent,
            past: &material.past.forecasts,
            regime: material.regime,
            golden,
        }
    }
}

/// Says why the members of a group are not added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Their values are shares of capacities, and of so many members nobody said how large these are.
    WithoutSize(u64),
    /// Some members' values are shares of a capacity, and others' are amounts.
    Mixed,
    /// A sum overflows.
    Overflow,
}

/// A group's members, so far.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
struct Sum {
    total: GroupTotal,
    amounts: u64,
    shares: u64,
    without_size: u64,
    /// The first host by name of whose size nobody has said anything that can be used.
    unknown: Option<String>,
}

impl Sum {
    fn add(&mut self, groups: &Groups, member: &MemberOf<'_>, rules: &WriteRules) {
        let MemberOf {
            winner,
            calibration,
            limits,
            recent,
            past,
            regime,
            golden,
            ..
        } = *member;
        let weight = if are_shares(member.key.resource(), limits.now()) {
            let Some(size) = groups.size_of(member.key) else {
                self.without_size += 1;
                self.name_unknown(Some(member.key.host().to_owned()));
                return;
            };
            self.shares += 1;
            size
        } else {
            self.amounts += 1;
            1.0
        };
        let first = rules.first_day_ahead(winner.grid().first());
        let days = 0..winner.yhat().len();
        let reach: Vec<(f64, f64)> = regime.map_or_else(Vec::new, |regime| {
            days.map(|step| regime.reach(first + step)).collect()
        });
        self.total.add(&Member {
            weight,
            golden,
            demand: winner.yhat(),
            reach: &reach,
            calibration,
            recent,
            past,
            limits,
        });
    }

    fn name_unknown(&mut self, host: Option<String>) {
        let known = self.unknown.take();
        self.unknown = known.into_iter().chain(host).min();
    }

    fn total(&self) -> Result<(TotalOf, Total), Refusal> {
        let of = match (self.amounts, self.shares, self.without_size) {
            (_, 0, 0) => TotalOf::Amounts,
            (0, _, 0) => TotalOf::Shares,
            (0, _, without_size) => return Err(Refusal::WithoutSize(without_size)),
            _ => return Err(Refusal::Mixed),
        };
        let total = self.total.total(of).ok_or(Refusal::Overflow)?;
        Ok((of, total))
    }
}

/// The groups of a fleet, their members added up.
///
/// Totals of parts of a fleet [`merge`](Self::merge) to those of the whole, to the bit, whatever the parts and their order.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct GroupTotals {
    days: usize,
    look_back: usize,
    sums: BTreeMap<GroupKey, Sum>,
}

impl GroupTotals {
    /// Begins with groups without members, for the windows of a shop with these rules.
    #[must_use]
    pub fn new(split: &Split, rules: &WriteRules) -> Self {
        Self {
            days: split.future().len(),
            look_back: days_to_look_back(rules.sustained),
            sums: BTreeMap::new(),
        }
    }

    /// Adds series to the groups that they belong to.
    pub fn add(&mut self, groups: &Groups, rules: &WriteRules, members: &[MemberOf<'_>]) {
        let mut places: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            for group in groups.of_series(member.key) {
                places.entry(group).or_default().push(place);
            }
        }
        let (days, look_back) = (self.days, self.look_back);
        let mut taken: Vec<(GroupKey, Sum)> = places
            .keys()
            .map(|key| {
                let sum = self.sums.remove(key).unwrap_or_else(|| Sum {
                    total: GroupTotal::new(days, look_back),
                    amounts: 0,
                    shares: 0,
                    without_size: 0,
                    unknown: None,
                });
                (key.clone(), sum)
            })
            .collect();
        taken.par_iter_mut().for_each(|(key, sum)| {
            for place in places.get(key).into_iter().flatten() {
                sum.add(groups, &members[*place], rules);
            }
        });
        self.sums.extend(taken);
    }

    /// Adds the groups of another part of the fleet.
    pub fn merge(&mut self, other: Self) {
        for (key, sum) in other.sums {
            match self.sums.get_mut(&key) {
                Some(so_far) => {
                    so_far.total.merge(&sum.total);
                    so_far.amounts += sum.amounts;
                    so_far.shares += sum.shares;
                    so_far.without_size += sum.without_size;
                    so_far.name_unknown(sum.unknown);
                }
                None => {
                    self.sums.insert(key, sum);
                }
            }
        }
    }

    /// Lists the groups whose members are not added up, and why.
    #[must_use]
    pub fn refused(&self) -> Vec<(&GroupKey, Refusal)> {
        let refused = self.sums.par_iter();
        refused
            .filter_map(|(key, sum)| Some((key, sum.total().err()?)))
            .collect()
    }

    /// Says in words what is not added up, why, and the way out: a line an attribute, resource and reason.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        type Counted<'a> = (u64, u64, Option<&'a str>);
        let mut reasons: BTreeMap<(&str, &str, u8), Counted<'_>> = BTreeMap::new();
        for (group, refusal) in self.refused() {
            let (reason, hosts) = match refusal {
                Refusal::WithoutSize(hosts) => (0, hosts),
                Refusal::Mixed => (1, 0),
                Refusal::Overflow => (2, 0),
            };
            let counted = reasons.entry((&group.resource, &group.key, reason));
            let (groups, sum, unknown) = counted.or_default();
            let host = self.sums.get(group).and_then(|sum| sum.unknown.as_deref());
            *unknown = unknown.iter().copied().chain(host).min();
            (*groups, *sum) = (*groups + 1, *sum + hosts);
        }
        let notes = reasons.into_iter();
        notes
            .map(|((resource, key, reason), (groups, hosts, unknown))| {
                let such_as = unknown.map_or_else(String::new, |host| format!(" ({host} is one)"));
                let of = match groups {
                    1 => format!("{resource} of 1 group by {key} is not added up"),
                    _ => format!("{resource} of {groups} groups by {key} is not added up"),
                };
                match reason {
                    0 => format!(
                        "{of}: percentages are weighed by what their hosts have, and of {hosts} that is not known{such_as}; say it \
                         with a number above 0 as attribute {resource}{CAPACITY_OF}{}",
                        if is_cpu(resource) { " or cores" } else { "" }
                    ),
                    1 => format!(
                        "{of}: some values are shares of a capacity, and others are amounts; give limits of one kind"
                    ),
                    _ => format!("{of}: the sums are too large"),
                }
            })
            .collect()
    }
}

/// A written group has the forecast of its total, and its outlook.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenGroup {
    /// The group.
    pub key: GroupKey,
    /// The number of its series.
    pub members: u64,
    /// The sum of its members' sizes, where its values are shares of them.
    pub size: Option<f64>,
    /// The limits that hold for it, now and later.
    pub limits: LimitSchedule,
    /// The forecast of its total, and its outlook.
    pub written: Written,
}

impl WriteRules {
    /// Writes the forecasts and outlooks of groups, in the order of their keys, those that are refused left out.
    ///
    /// Point forecasts are the sums (or, of shares, the weighed means) of the members' golden ones. Intervals and paths are
    /// made of what the total's errors would have been at the origins of the past, as a series' are of its own.
    #[must_use]
    pub fn write_groups(&self, split: &Split, totals: &GroupTotals) -> Vec<WrittenGroup> {
        let all: Vec<(&GroupKey, TotalOf, Total)> = totals
            .sums
            .par_iter()
            .filter_map(|(key, sum)| {
                let (of, total) = sum.total().ok()?;
                Some((key, of, total))
            })
            .collect();
        let mut pool = PastPool::default();
        for (key, _, total) in &all {
            pool.add(&key.as_series(), &total.past);
        }
        let law = pool.learn(self.as_of, split.future().len(), self.sustained);
        let written = all.into_par_iter().filter_map(|(key, of, total)| {
            let series = key.as_series();
            let resource = law.resource(&key.resource);
            let calibration = calibration_of_past(&total.past).or(total.errors_alike.clone());
            let golden = self.golden_of_total(split, &total, calibration.as_ref())?;
            // What members were like in earlier years is not added up.
            let law = self.law(
                &series,
                &total.demand,
                &total.past,
                &EarlierYears::default(),
                calibration.as_ref(),
                resource,
            );
            let outlook = capacity_outlook(&OutlookInput {
                golden: &golden,
                recent: &total.recent,
                limits: &total.limits,
                sustained: self.sustained,
                law: &law,
                map: resource.map_or_else(ProbabilityMap::default, |law| *law.map()),
            });
            Some(WrittenGroup {
                key: key.clone(),
                members: total.members,
                size: (of == TotalOf::Shares).then_some(total.weight),
                written: Written {
                    outlook,
                    trust: trust_of_outlook(Trust::of_past(&total.past), resource),
                    issue: issue_of_limits(&series, &golden, &total.limits),
                    golden,
                },
                limits: total.limits,
            })
        });
        written.collect()
    }

    /// The total's part of the golden record.
    fn golden_of_total(
        &self,
        split: &Split,
        total: &Total,
        calibration: Option<&Calibration>,
    ) -> Option<GoldenForecast> {
        let first = split.future().first();
        let own = || total.yhat.clone();
        let forecast = Forecast::new(first, own(), own(), own()).ok()?;
        let ahead = self.first_day_ahead(first);
        let mut golden = golden_forecast(&forecast, calibration, &total.limits, ahead, self.level);
        admit_other_readings(&mut golden, &total.limits, |step| total.reach[step]);
        Some(golden)
    }
}
