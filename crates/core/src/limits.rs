//! Floors, capacities and thresholds: what is given, and what holds for each series.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::{Day, SeriesKey, measurement};

/// What the floor, the capacity and the threshold of a resource are, for all hosts or for one: a row of the
/// table `resource_limits`. A part that is `None` is what all hosts have, or a default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LimitRule {
    /// The host; `None` for all.
    pub host: Option<String>,
    /// The resource.
    pub resource: String,
    /// The value that none is below, in the resource's unit.
    pub floor: Option<f64>,
    /// The value that none is above.
    pub capacity: Option<f64>,
    /// The value at which "full" starts.
    pub threshold: Option<f64>,
    /// The first day it holds; `None` for always.
    pub valid_from: Option<Day>,
}

/// Why rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limits of {of} {what}")]
pub struct LimitError {
    of: String,
    what: String,
}

impl LimitRule {
    /// Makes sure that the parts are finite and fit together, and that there is one.
    ///
    /// # Errors
    ///
    /// [`LimitError`] says which do not, and for what.
    pub fn check(&self) -> Result<(), LimitError> {
        let refuse = |what: String| LimitError {
            of: format!(
                "{}, {}",
                self.host.as_deref().unwrap_or("all hosts"),
                self.resource
            ),
            what: format!("cannot be used: {what}"),
        };
        let parts = [
            ("floor", self.floor),
            ("capacity", self.capacity),
            ("threshold", self.threshold),
        ];
        if self.resource.is_empty() {
            return Err(refuse("they name no resource; give one".to_owned()));
        }
        if parts.iter().all(|(_, value)| value.is_none()) {
            return Err(refuse(
                "they have neither floor nor capacity nor threshold; give at least one".to_owned(),
            ));
        }
        for (part, value) in parts {
            if let Some(value) = value.filter(|value| !value.is_finite()) {
                return Err(refuse(format!(
                    "{part} {value} is no finite number; leave it out, or give one"
                )));
            }
        }
        match disorder_of_limits(self.floor, self.capacity, self.threshold) {
            Some(disorder) => Err(refuse(format!(
                "{disorder}; give floor <= threshold <= capacity"
            ))),
            None => Ok(()),
        }
    }
}

/// What the limits of a series come from: the most specific source that says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LimitSource {
    /// A rule of its host.
    Host,
    /// A rule of its resource.
    Resource,
    /// The defaults of resources that are percentages.
    Percent,
    /// Nothing but the default that what was never negative stays so.
    None,
}

impl LimitSource {
    /// Returns the name it has in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Resource => "resource",
            Self::Percent => "percent",
            Self::None => "none",
        }
    }

    /// Returns the source of this name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Host, Self::Resource, Self::Percent, Self::None]
            .into_iter()
            .find(|source| source.as_str() == name)
    }
}

impl fmt::Display for LimitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The limits that hold for one series, in its unit: a row of `effective_limits`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectiveLimits {
    /// The value that none is below, where that is known.
    pub floor: Option<f64>,
    /// The value that none is above, where that is known.
    pub capacity: Option<f64>,
    /// The value at which "full" starts, where that is known.
    pub threshold: Option<f64>,
    /// The source they come from.
    pub source: LimitSource,
}

impl EffectiveLimits {
    /// Returns `value`, or the limit it lies beyond.
    #[must_use]
    pub fn clamp(&self, value: f64) -> f64 {
        let above = match self.floor {
            Some(floor) if floor > value => floor,
            _ => value,
        };
        match self.capacity {
            Some(capacity) if capacity < above => capacity,
            _ => above,
        }
    }
}

/// The limits that hold for one series day by day: those of now, and what is planned.
#[derive(Debug, Clone, PartialEq)]
pub struct LimitSchedule {
    now: EffectiveLimits,
    later: Vec<(Day, EffectiveLimits)>,
}

impl From<EffectiveLimits> for LimitSchedule {
    /// Limits that do not change.
    fn from(now: EffectiveLimits) -> Self {
        let later = Vec::new();
        Self { now, later }
    }
}

impl LimitSchedule {
    /// Returns the schedule whose limits from `day` on are others, whatever was planned for later.
    #[must_use]
    pub fn then(mut self, day: Day, limits: EffectiveLimits) -> Self {
        self.later.retain(|(other, _)| *other < day);
        if *self.last() != limits {
            self.later.push((day, limits));
        }
        self
    }

    /// Returns the schedule where the capacity is another from some days on, in their order: a multiple of the present one. Capacity
    /// and threshold are shares of what there is on their day, and become shares of the present capacity.
    #[must_use]
    pub fn in_present_shares(self, multiples: &[(Day, f64)]) -> Self {
        if multiples.is_empty() {
            return self;
        }
        let multiple_on = |day: Day| {
            let begun = multiples.iter().rev().find(|(from, _)| *from <= day);
            begun.map_or(1.0, |(_, multiple)| *multiple)
        };
        let own = self.later.iter().map(|(day, _)| *day);
        let mut days: Vec<Day> = own.chain(multiples.iter().map(|(day, _)| *day)).collect();
        days.sort_unstable();
        days.dedup();
        let start = Self::from(self.now);
        days.into_iter().fold(start, |schedule, day| {
            let limits = self.on(day);
            let scaled = |limit: Option<f64>| limit.map(|limit| limit * multiple_on(day));
            let limits = EffectiveLimits {
                capacity: scaled(limits.capacity),
                threshold: scaled(limits.threshold),
                ..*limits
            };
            schedule.then(day, limits)
        })
    }

    /// Returns what holds now.
    #[must_use]
    pub fn now(&self) -> &EffectiveLimits {
        &self.now
    }

    /// Returns what holds in the end.
    #[must_use]
    pub fn last(&self) -> &EffectiveLimits {
        self.later.last().map_or(&self.now, |(_, limits)| limits)
    }

    /// Returns the days from which on other limits hold, in their order.
    #[must_use]
    pub fn later(&self) -> &[(Day, EffectiveLimits)] {
        &self.later
    }

    /// Returns what holds on a day; before the first change, what holds now.
    #[must_use]
    pub fn on(&self, day: Day) -> &EffectiveLimits {
        let begun = self.later.iter().rev().find(|(from, _)| *from <= day);
        begun.map_or(&self.now, |(_, limits)| limits)
    }
}

/// Says in words which two parts stand in the wrong order, if two do.
#[must_use]
pub fn disorder_of_limits(
    floor: Option<f64>,
    capacity: Option<f64>,
    threshold: Option<f64>,
) -> Option<String> {
    if let (Some(floor), Some(capacity)) = (floor, capacity)
        && floor >= capacity
    {
        return Some(format!("floor {floor} is not below capacity {capacity}"));
    }
    if let (Some(floor), Some(threshold)) = (floor, threshold)
        && threshold < floor
    {
        return Some(format!("threshold {threshold} lies below floor {floor}"));
    }
    if let (Some(capacity), Some(threshold)) = (capacity, threshold)
        && threshold > capacity
    {
        return Some(format!(
            "threshold {threshold} lies above capacity {capacity}"
        ));
    }
    None
}

/// How the values of one series lie: what limits by name go by.
///
/// Shares of values are counted, not the smallest and the largest: one sample of 100.3, or of −2e−14,
/// is a fault of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ValueShares {
    /// Values that are measurements.
    pub days: u64,
    /// How many of them lie below zero.
    pub negative: u64,
    /// How many of them lie outside 0 to 100.
    pub outside: u64,
    /// Whether one is so far outside that it is no measurement of a percentage.
    pub is_far: bool,
    /// Whether one lies above 1 and at most at 100.
    pub is_above_one: bool,
}

/// Values outside this range are no measurement of a percentage.
const NEAR_A_PERCENTAGE: std::ops::RangeInclusive<f64> = -10.0..=110.0;

/// Returns whether `value` is so far outside 0 to 100 that it is no measurement of a percentage.
#[must_use]
pub fn is_far_outside_percent(value: f64) -> bool {
    !NEAR_A_PERCENTAGE.contains(&value)
}

/// One value in a hundred outside 0 to 100 is a stray, and one by itself where there are enough to tell.
const STRAY_ONE_IN: u64 = 100;

/// One value in a thousand below zero is a stray, and one by itself where there are enough to tell.
const STRAY_NEGATIVE_ONE_IN: u64 = 1000;

/// Fewer values than this are too few to call one of them a stray.
const ENOUGH_VALUES: u64 = 20;

impl ValueShares {
    /// Counts a value.
    pub fn add(&mut self, value: Option<f64>) {
        let Some(value) = measurement(value) else {
            return;
        };
        self.days += 1;
        self.negative += u64::from(value < 0.0);
        if !(0.0..=100.0).contains(&value) {
            self.outside += 1;
        }
        self.is_far |= is_far_outside_percent(value);
        self.is_above_one |= value > 1.0 && value <= 100.0;
    }

    /// Returns whether the series could be a percentage, by its own values.
    #[must_use]
    pub fn is_percent_like(&self) -> bool {
        self.are_strays(self.outside, STRAY_ONE_IN)
    }

    /// Returns whether the series is never negative, but for strays.
    #[must_use]
    pub fn is_never_negative(&self) -> bool {
        self.are_strays(self.negative, STRAY_NEGATIVE_ONE_IN)
    }

    fn are_strays(&self, count: u64, one_in: u64) -> bool {
        let a_single_one = if self.days >= ENOUGH_VALUES {
            one_in
        } else {
            0
        };
        count * one_in <= self.days.max(a_single_one)
    }
}

/// What the series of one resource look like together. What a resource is measured in shows over all
/// its hosts, not in one idle or broken host's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResourceShares {
    /// Series that have a value.
    pub series: u64,
    /// How many of them are never negative.
    pub never_negative: u64,
    /// How many of them could be percentages.
    pub percent_like: u64,
    /// Whether a series has a value above 1 and at most at 100: up to 1, values may as well be shares.
    pub is_above_one: bool,
}

impl ResourceShares {
    /// Counts a series.
    pub fn add(&mut self, shares: &ValueShares) {
        self.is_above_one |= shares.is_above_one;
        if shares.days > 0 {
            self.series += 1;
            self.never_negative += u64::from(shares.is_never_negative());
            self.percent_like += u64::from(shares.is_percent_like());
        }
    }

    /// Counts the series of another part of the fleet.
    pub fn merge(&mut self, other: &Self) {
        self.series += other.series;
        self.never_negative += other.never_negative;
        self.percent_like += other.percent_like;
        self.is_above_one |= other.is_above_one;
    }

    /// Three quarters of a resource's series decide what it is.
    fn is_decided_by(&self, count: u64) -> bool {
        self.series > 0 && 4 * count >= 3 * self.series
    }

    /// Returns whether the resource is never negative.
    #[must_use]
    pub fn is_never_negative(&self) -> bool {
        self.is_decided_by(self.never_negative)
    }

    /// Returns whether a resource of this name is a percentage.
    #[must_use]
    pub fn is_percent(&self, resource: &str) -> bool {
        self.is_decided_by(self.percent_like) && self.is_above_one && is_percent_by_name(resource)
    }
}

/// Parts of names of percentages, wherever they stand in the name.
const PERCENT_PARTS: [&str; 14] = [
    "cpu",
    "gpu",
    "memory",
    "disk",
    "swap",
    "storage",
    "filesystem",
    "inode",
    "network",
    "bandwidth",
    "util",
    "percent",
    "pct",
    "%",
];

/// Words of names of percentages: too short to be looked for inside others.
const PERCENT_WORDS: [&str; 8] = ["mem", "ram", "heap", "fs", "net", "used", "usage", "busy"];

/// Words of other units, and of what is short where it is low.
const OTHER_WORDS: [&str; 34] = [
    "byte",
    "bytes",
    "bit",
    "bits",
    "packet",
    "packets",
    "iops",
    "ops",
    "read",
    "reads",
    "write",
    "writes",
    "request",
    "requests",
    "count",
    "core",
    "cores",
    "cpus",
    "hz",
    "mhz",
    "ghz",
    "s",
    "ms",
    "us",
    "second",
    "seconds",
    "latency",
    "error",
    "errors",
    "free",
    "idle",
    "avail",
    "available",
    "headroom",
];

/// Returns whether the values of a resource with these limits are shares of a capacity that the limits do not tell, in percent
/// or as parts of 1, so that those of several hosts cannot be added up.
#[must_use]
pub fn are_shares(resource: &str, limits: &EffectiveLimits) -> bool {
    let whole = |capacity: f64| {
        capacity.to_bits() == 1.0_f64.to_bits() || capacity.to_bits() == 100.0_f64.to_bits()
    };
    limits.source == LimitSource::Percent
        || (limits.capacity.is_some_and(whole) && is_percent_by_name(resource))
}

/// Returns whether resources of this name are percentages, if their values allow it.
fn is_percent_by_name(resource: &str) -> bool {
    let name = resource.to_lowercase();
    let words = || name.split(|c: char| !c.is_ascii_lowercase());
    let says_percent = PERCENT_PARTS.iter().any(|part| name.contains(part))
        || words().any(|word| PERCENT_WORDS.contains(&word));
    says_percent && !words().any(|word| OTHER_WORDS.contains(&word) || is_unit_of_bytes(word))
}

/// Returns whether a word is a unit of bytes or of bits a second: `b`, `kb`, `gib`, `mbps`.
fn is_unit_of_bytes(word: &str) -> bool {
    let without = |prefixes: &[char]| word.strip_prefix(prefixes).unwrap_or(word);
    let bytes = without(&['k', 'm', 'g', 't', 'p']);
    let is_bytes = ["b", "ib"].contains(&word) || ["b", "ib"].contains(&bytes);
    is_bytes || word == "bps" || without(&['k', 'm', 'g', 't']) == "bps"
}

/// The parts of rules for the same series or resource, the most cautious of each.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Parts {
    floor: Option<f64>,
    capacity: Option<f64>,
    threshold: Option<f64>,
}

/// The rules of one host and resource, or of a resource: the parts of each first day, `None` for always.
type Dated = BTreeMap<Option<Day>, Parts>;

/// All rules of a fleet: what `resource_limits` says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LimitRules {
    of_all_hosts: BTreeMap<String, Dated>,
    of_hosts: BTreeMap<SeriesKey, Dated>,
}

/// The parts of the latest rules that hold on a day: they take the places of all earlier ones.
fn latest(dated: Option<&Dated>, on: Day) -> Option<&Parts> {
    let (_, parts) = dated?.range(..=Some(on)).next_back()?;
    Some(parts)
}

impl LimitRules {
    /// Puts rules together. For a host and resource (or a resource of all hosts) the rules with the latest first day
    /// count that is not after the day asked about, and of several with the same first day the most cautious figures:
    /// the highest floor, the lowest capacity, the lowest threshold.
    ///
    /// # Errors
    ///
    /// [`LimitError`] where a rule cannot be used, or where the parts a series gets from different ones do
    /// not fit together on some day.
    pub fn new<'a>(rules: impl IntoIterator<Item = &'a LimitRule>) -> Result<Self, LimitError> {
        let mut all = Self::default();
        for rule in rules {
            rule.check()?;
            let dated = match &rule.host {
                None => all.of_all_hosts.entry(rule.resource.clone()).or_default(),
                Some(host) => {
                    let key = SeriesKey::new(host.as_str(), rule.resource.as_str());
                    all.of_hosts.entry(key).or_default()
                }
            };
            let parts = dated.entry(rule.valid_from).or_default();
            let either = |a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64| match (a, b)
            {
                (Some(a), Some(b)) => Some(choose(a, b)),
                (a, b) => a.or(b),
            };
            parts.floor = either(parts.floor, rule.floor, f64::max);
            parts.capacity = either(parts.capacity, rule.capacity, f64::min);
            parts.threshold = either(parts.threshold, rule.threshold, f64::min);
        }
        for key in all.of_hosts.keys() {
            for day in std::iter::once(Day::MIN).chain(all.steps(key)) {
                let [floor, capacity, threshold] = all.given(key, day);
                if let Some(disorder) = disorder_of_limits(floor, capacity, threshold) {
                    let from = if day == Day::MIN {
                        String::new()
                    } else {
                        format!(" from {day} on")
                    };
                    return Err(LimitError {
                        of: key.to_string(),
                        what: format!(
                            "do not fit together{from}: {disorder}, and they come from different rules; give that host \
                             both"
                        ),
                    });
                }
            }
        }
        Ok(all)
    }

    /// The first days of a series' dated rules, in their order.
    fn steps(&self, key: &SeriesKey) -> BTreeSet<Day> {
        let own = self.of_hosts.get(key);
        let common = self.of_all_hosts.get(key.resource());
        let dated = own.into_iter().chain(common).flat_map(BTreeMap::keys);
        dated.copied().flatten().collect()
    }

    /// Returns what is given of a series' floor, capacity and threshold on a day, by its host's rule or by its resource's.
    fn given(&self, key: &SeriesKey, on: Day) -> [Option<f64>; 3] {
        let own = latest(self.of_hosts.get(key), on);
        let common = latest(self.of_all_hosts.get(key.resource()), on);
        let parts: [fn(&Parts) -> Option<f64>; 3] = [
            |parts| parts.floor,
            |parts| parts.capacity,
            |parts| parts.threshold,
        ];
        parts.map(|part| own.and_then(part).or_else(|| common.and_then(part)))
    }

    /// Returns the limits that hold for a series on a day: what its host's rule says, else its resource's, else
    /// the defaults, part by part. `shares` are of its values, `resource` of all series of its resource.
    ///
    /// A percentage runs from 0 to 100, and what was never negative stays so; full starts at four
    /// fifths of the way from floor to capacity, where nothing else is said. A default gives way where
    /// it does not fit what was given.
    #[must_use]
    pub fn of(
        &self,
        key: &SeriesKey,
        shares: &ValueShares,
        resource: &ResourceShares,
        on: Day,
    ) -> EffectiveLimits {
        let [floor, capacity, threshold] = self.given(key, on);
        let is_percent = shares.is_percent_like() && resource.is_percent(key.resource());
        let is_never_negative = shares.is_never_negative() && resource.is_never_negative();
        let zero_fits = is_never_negative
            && capacity.is_none_or(|capacity| capacity > 0.0)
            && threshold.is_none_or(|threshold| threshold >= 0.0);
        let hundred_fits = is_percent
            && floor.is_none_or(|floor| floor < 100.0)
            && threshold.is_none_or(|threshold| threshold <= 100.0);
        let floor = floor.or_else(|| zero_fits.then_some(0.0));
        let capacity = capacity.or_else(|| hundred_fits.then_some(100.0));
        let threshold = threshold.or_else(|| {
            let (from, capacity) = (floor.unwrap_or(0.0), capacity?);
            (capacity > from).then_some(from + 0.8 * (capacity - from))
        });
        let has_own = latest(self.of_hosts.get(key), on).is_some();
        let has_common = latest(self.of_all_hosts.get(key.resource()), on).is_some();
        let source = match (has_own, has_common) {
            (true, _) => LimitSource::Host,
            (false, true) => LimitSource::Resource,
            (false, false) if is_percent => LimitSource::Percent,
            (false, false) => LimitSource::None,
        };
        EffectiveLimits {
            floor,
            capacity,
            threshold,
            source,
        }
    }

    /// Returns the limits that hold for a series on the day `as_of`, and on each day after it. See [`Self::of`].
    #[must_use]
    pub fn schedule(
        &self,
        key: &SeriesKey,
        shares: &ValueShares,
        resource: &ResourceShares,
        as_of: Day,
    ) -> LimitSchedule {
        let on = |day| self.of(key, shares, resource, day);
        self.steps(key)
            .into_iter()
            .filter(|day| *day > as_of)
            .fold(on(as_of).into(), |schedule: LimitSchedule, day| {
                schedule.then(day, on(day))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(values: &[f64]) -> ValueShares {
        let mut shares = ValueShares::default();
        for value in values {
            shares.add(Some(*value));
        }
        shares
    }

    #[test]
    fn names_say_what_is_a_percentage() {
        for name in [
            "cpu",
            "mem.used",
            "disk:/var",
            "CPU %",
            "fs",
            "net-in",
            "node_memory",
        ] {
            assert!(is_percent_by_name(name), "{name}");
        }
        for name in [
            "disk_gb",
            "disk_bytes",
            "cpu_cores",
            "net_kbps",
            "mem_free",
            "memory MiB",
            "cpu_idle",
            "latency",
            "members",
            "network_packets",
            "disk_b",
            "cpu_ms",
            "tib disk",
        ] {
            assert!(!is_percent_by_name(name), "{name}");
        }
    }

    #[test]
    fn strays_do_not_decide() {
        let mut values = vec![40.0; 150];
        assert!(shares(&values).is_percent_like());
        values.push(100.3);
        assert!(shares(&values).is_percent_like());
        values.push(-2e-14);
        assert!(!shares(&values).is_percent_like() && shares(&values).is_never_negative());
        values.push(-1.0);
        assert!(!shares(&values).is_never_negative());
        assert!(!shares(&[40.0, 130.0]).is_percent_like());
        assert!(shares(&[40.0, 65_535.0]).is_far && !shares(&[105.0]).is_far);
    }

    #[test]
    fn parts_come_from_the_host_then_the_resource_then_the_defaults() {
        let rule = |host: Option<&str>, capacity, threshold| LimitRule {
            host: host.map(str::to_owned),
            resource: "cpu".to_owned(),
            floor: None,
            capacity,
            threshold,
            valid_from: None,
        };
        let rules = LimitRules::new(&[
            rule(None, Some(64.0), Some(60.0)),
            rule(Some("a"), Some(128.0), None),
            rule(Some("a"), Some(120.0), None),
        ])
        .unwrap();
        let percent = shares(&[50.0; 30]);
        let mut resource = ResourceShares::default();
        resource.add(&percent);
        let of = |host: &str| rules.of(&SeriesKey::new(host, "cpu"), &percent, &resource, Day::MIN);
        assert_eq!(
            of("a"),
            EffectiveLimits {
                floor: Some(0.0),
                capacity: Some(120.0),
                threshold: Some(60.0),
                source: LimitSource::Host,
            }
        );
        assert_eq!(of("b").capacity, Some(64.0));
        assert_eq!(of("b").source, LimitSource::Resource);
        let default =
            LimitRules::default().of(&SeriesKey::new("b", "cpu"), &percent, &resource, Day::MAX);
        assert_eq!(
            (default.threshold, default.source),
            (Some(80.0), LimitSource::Percent)
        );
        let other =
            LimitRules::default().of(&SeriesKey::new("b", "load"), &percent, &resource, Day::MAX);
        assert_eq!((other.threshold, other.source), (None, LimitSource::None));
    }

    #[test]
    fn rules_that_cannot_hold_are_refused() {
        let refused = |rules: &[LimitRule]| LimitRules::new(rules).unwrap_err().to_string();
        let rule = |host: Option<&str>, parts: [Option<f64>; 3]| LimitRule {
            host: host.map(str::to_owned),
            resource: "cpu".to_owned(),
            floor: parts[0],
            capacity: parts[1],
            threshold: parts[2],
            valid_from: None,
        };
        for (parts, expected) in [
            ([None; 3], "neither floor nor capacity"),
            (
                [None, Some(f64::NAN), None],
                "capacity NaN is no finite number",
            ),
            (
                [None, Some(100.0), Some(120.0)],
                "threshold 120 lies above capacity 100",
            ),
            (
                [Some(7.0), Some(-5.0), None],
                "floor 7 is not below capacity -5",
            ),
        ] {
            let message = refused(&[rule(None, parts)]);
            assert!(
                message.contains(expected) && message.contains("all hosts, cpu"),
                "{message}"
            );
        }
        let common = rule(None, [None, Some(64.0), Some(60.0)]);
        let own = rule(Some("a"), [None, Some(50.0), None]);
        let message = refused(&[common, own]);
        assert!(
            message.contains("a/cpu do not fit together: threshold 60"),
            "{message}"
        );
    }

    #[test]
    fn limits_of_a_capacity_to_come_are_in_shares_of_the_present_one() {
        let day = |text: &str| -> Day { text.parse().unwrap() };
        let limits = |capacity, threshold| EffectiveLimits {
            floor: Some(0.0),
            capacity: Some(capacity),
            threshold: Some(threshold),
            source: LimitSource::Percent,
        };
        let schedule = LimitSchedule::from(limits(100.0, 80.0))
            .then(day("2026-03-01"), limits(100.0, 90.0))
            .in_present_shares(&[(day("2026-02-01"), 2.0), (day("2026-04-01"), 0.5)]);
        let expected = [
            ("2026-01-31", 100.0, 80.0),
            ("2026-02-01", 200.0, 160.0),
            ("2026-03-01", 200.0, 180.0),
            ("2026-04-01", 50.0, 45.0),
        ];
        for (on, capacity, threshold) in expected {
            assert_eq!(*schedule.on(day(on)), limits(capacity, threshold), "{on}");
        }
        assert_eq!(schedule.later().len(), 3);
        let same = LimitSchedule::from(limits(100.0, 80.0));
        assert_eq!(same.clone().in_present_shares(&[]), same);
    }

    #[test]
    fn the_latest_rule_counts_on_each_day() {
        let day = |text: &str| -> Day { text.parse().unwrap() };
        let rule = |host: Option<&str>, from: Option<&str>, capacity, threshold| LimitRule {
            host: host.map(str::to_owned),
            resource: "disk_gb".to_owned(),
            floor: None,
            capacity: Some(capacity),
            threshold,
            valid_from: from.map(day),
        };
        let rules = LimitRules::new(&[
            rule(None, None, 100.0, Some(90.0)),
            rule(None, Some("2026-03-01"), 400.0, None),
            rule(None, Some("2026-03-01"), 200.0, None),
            rule(Some("a"), Some("2026-06-01"), 300.0, None),
        ])
        .unwrap();
        let (shares, resource) = (ValueShares::default(), ResourceShares::default());
        let key = SeriesKey::new("a", "disk_gb");
        let schedule = rules.schedule(&key, &shares, &resource, day("2026-01-31"));
        let on = |text: &str| {
            let limits = schedule.on(day(text));
            (limits.capacity.unwrap(), limits.threshold.unwrap())
        };
        assert_eq!(on("2026-02-28"), (100.0, 90.0));
        // The later rule takes the place of the earlier one as a whole: its threshold is the default.
        assert_eq!(on("2026-03-01"), (200.0, 160.0));
        assert_eq!(on("2026-06-01"), (300.0, 240.0));
        assert_eq!(schedule.last().source, LimitSource::Host);
        assert_eq!(schedule.later().len(), 2);
        let now = rules.schedule(&key, &shares, &resource, day("2026-06-01"));
        assert_eq!((now.now().capacity, now.later().len()), (Some(300.0), 0));
        let other = SeriesKey::new("b", "disk_gb");
        let other = rules.schedule(&other, &shares, &resource, day("2026-01-31"));
        assert_eq!(other.last().capacity, Some(200.0));
        // What does not fit together on one day alone is refused with the day.
        let contradicting = [
            rule(Some("a"), None, 50.0, None),
            LimitRule {
                capacity: None,
                threshold: Some(70.0),
                ..rule(None, Some("2026-03-01"), 0.0, None)
            },
        ];
        let message = LimitRules::new(&contradicting).unwrap_err().to_string();
        assert!(
            message.contains("a/disk_gb do not fit together from 2026-03-01 on: threshold 70"),
            "{message}"
        );
    }

    #[test]
    fn resources_are_what_three_quarters_of_their_series_are() {
        let mut resource = ResourceShares::default();
        for outside in [false, false, false, true] {
            let value = if outside { 400.0 } else { 40.0 };
            resource.add(&shares(&[value; 30]));
        }
        assert!(resource.is_percent("disk"));
        let mut more = ResourceShares::default();
        more.add(&shares(&[400.0; 30]));
        resource.merge(&more);
        assert!(!resource.is_percent("disk") && resource.is_never_negative());
        assert!(!ResourceShares::default().is_percent("disk"));
    }

    #[test]
    fn values_are_drawn_to_the_limit_they_lie_beyond() {
        let limits = EffectiveLimits {
            floor: Some(0.0),
            capacity: Some(100.0),
            threshold: None,
            source: LimitSource::Percent,
        };
        assert!(limits.clamp(-1.0).abs() < 1e-300);
        assert!((limits.clamp(101.0) - 100.0).abs() < 1e-300);
        assert!(limits.clamp(-0.0).is_sign_negative());
    }
}
