//! `accuracy --groups`: how far off the totals of groups are, and how often their intervals hold them, on groups of hosts
//! that are drawn at random.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int32Array, StringArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use fleetcast::{GroupKey, Groups, SeriesResult, WrittenGroup};
use fleetcast_core::{Day, PanelView, SeriesKey, Split, metrics};
use fleetcast_store::{SeriesIndex, Store};
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::accuracy::fleet::FleetAt;
use crate::error::Error;
use crate::scratch::Scratch;
use crate::settings::Settings;

/// The table the scores are kept in.
pub(crate) const TABLE: &str = "accuracy_groups";

/// Members of a group, at least and at most.
const MEMBERS: [usize; 2] = [2, 64];

/// One in so many of the days that follow must be known: half.
const LEAST_KNOWN: usize = 2;

/// Groups drawn at random, and what a host's values weigh in them.
#[derive(Debug)]
pub(crate) struct RandomGroups {
    groups: Groups,
    members: BTreeMap<String, Vec<String>>,
}

impl RandomGroups {
    /// Draws `count` groups of the hosts of some series. Hosts are taken to be equally large.
    pub(crate) fn draw(keys: &[SeriesKey], count: usize, seed: u64) -> Self {
        let hosts: BTreeSet<&str> = keys.iter().map(SeriesKey::host).collect();
        let hosts: Vec<&str> = hosts.into_iter().collect();
        let resources: BTreeSet<&str> = keys.iter().map(SeriesKey::resource).collect();
        let mut random = Pcg64::seed_from_u64(seed);
        let mut members = BTreeMap::new();
        let [least, most] = MEMBERS.map(|members| (members.min(hosts.len()) as f64).ln());
        for number in 0..count {
            let size = random.random_range(0.0..=1.0) * (most - least) + least;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it lies between the least and the most members"
            )]
            let size = size.exp().round() as usize;
            let drawn: BTreeSet<&str> = hosts.sample(&mut random, size).copied().collect();
            let drawn = drawn.into_iter().map(str::to_owned).collect();
            members.insert(format!("group {:04}", number + 1), drawn);
        }
        let of_groups = members
            .iter()
            .flat_map(|(name, hosts): (&String, &Vec<String>)| {
                let hosts = hosts.iter();
                hosts.map(move |host| (host.clone(), name.clone(), "drawn".to_owned()))
            });
        let sizes = hosts.iter().flat_map(|host| {
            let resources = resources.iter();
            resources.map(move |resource| {
                let size = format!("{resource}_capacity");
                ((*host).to_owned(), size, "1".to_owned())
            })
        });
        Self {
            groups: Groups::of(of_groups.chain(sizes)),
            members,
        }
    }
}

/// A total of a known future, and what was said of it.
#[derive(Debug)]
struct Scored {
    key: GroupKey,
    members: usize,
    mase: Option<f64>,
    /// The share of days that each interval held, and its mean width in units of the scale of MASE: the total's at 80 % and at
    /// 95 %, the sum of the members' bounds, and bounds as if members were independent.
    intervals: [[Option<f64>; 2]; 4],
}

/// Scores all groups at one origin, from the history alone. Returns how many there are.
pub(crate) fn score(
    store: &Store,
    index: &SeriesIndex,
    split: &Split,
    (settings, random): (&Settings, &RandomGroups),
    scratch: &Scratch,
    advance: impl Fn(usize),
) -> Result<usize, Error> {
    let FleetAt {
        shop,
        summary,
        batches,
    } = FleetAt::gather(store, index, split, settings, advance)?;
    let mut totals = shop.group_totals(&random.groups, &[], &[]);
    let mut known = BTreeMap::new();
    let mut results = BTreeMap::new();
    for (batch, evidence) in &batches {
        let made = shop.finish(evidence, &summary);
        totals.merge(shop.group_totals(&random.groups, evidence, &made));
        let history = batch.history();
        // Only now is the future read.
        let (future, _) = store.read_panel(history.keys(), split.future())?;
        known.extend(values_of(history, future.view()));
        results.extend(made.into_iter().map(|result| (result.key.clone(), result)));
    }
    let written = shop.finish_groups(&totals);
    let scored: Vec<Scored> = written
        .iter()
        .filter_map(|group| scored(group, random, &known, &results))
        .collect();
    scratch.append(TABLE, table_of(split.as_of(), &scored)?)?;
    Ok(scored.len())
}

/// A series' history, and what followed.
type Values = (Vec<f64>, Vec<f64>);

fn values_of(history: PanelView<'_>, future: PanelView<'_>) -> Vec<(SeriesKey, Values)> {
    let places = 0..history.len();
    places
        .map(|place| {
            let (before, after) = (history.series(place), future.series(place));
            let values = (before.values.to_vec(), after.values.to_vec());
            (before.key.clone(), values)
        })
        .collect()
}

fn scored(
    group: &WrittenGroup,
    random: &RandomGroups,
    known: &BTreeMap<SeriesKey, Values>,
    results: &BTreeMap<SeriesKey, SeriesResult>,
) -> Option<Scored> {
    let golden = &group.written.golden;
    let hosts = random.members.get(&group.key.key)?;
    let keys = hosts
        .iter()
        .map(|host| SeriesKey::new(host.as_str(), group.key.resource.as_str()));
    // Those that were added up.
    let keys: Vec<SeriesKey> = keys
        .filter(|key| results.get(key).is_some_and(|one| one.golden.is_some()))
        .collect();
    let share = group.size.unwrap_or(1.0);
    let sum = |of: fn(&Values) -> &[f64]| -> Option<Vec<f64>> {
        let mut all = keys.iter().filter_map(|key| known.get(key)).map(of);
        let mut sum = all.next()?.to_vec();
        for values in all {
            sum.iter_mut()
                .zip(values)
                .for_each(|(sum, value)| *sum += value);
        }
        Some(sum.into_iter().map(|sum| sum / share).collect())
    };
    // Days without a value of some member are unknown.
    let actual = sum(|(_, future)| future)?;
    let history = sum(|(history, _)| history)?;
    let count = actual.iter().filter(|value| !value.is_nan()).count();
    if LEAST_KNOWN * count < actual.len() {
        return None;
    }
    let scale = metrics::mase_scale(&history).filter(|scale| *scale > 0.0)?;
    let apart = |exponent: i32| -> (Vec<f64>, Vec<f64>) {
        let members = keys
            .iter()
            .filter_map(|key| results.get(key)?.golden.as_ref());
        let mut bounds = (vec![0.0; actual.len()], vec![0.0; actual.len()]);
        for member in members {
            let forecast = &member.forecast;
            for day in 0..actual.len() {
                let (below, above) = (
                    forecast.yhat[day] - forecast.lower[day],
                    forecast.upper[day] - forecast.yhat[day],
                );
                bounds.0[day] += below.powi(exponent);
                bounds.1[day] += above.powi(exponent);
            }
        }
        let root = |sum: f64| if exponent == 2 { sum.sqrt() } else { sum };
        for (day, yhat) in golden.yhat.iter().enumerate() {
            bounds.0[day] = yhat - root(bounds.0[day]) / share;
            bounds.1[day] = yhat + root(bounds.1[day]) / share;
        }
        bounds
    };
    let interval = |lower: &[f64], upper: &[f64]| {
        let width: f64 = upper
            .iter()
            .zip(lower)
            .map(|(upper, lower)| upper - lower)
            .sum();
        [
            metrics::coverage(&actual, lower, upper),
            Some(width / upper.len() as f64 / scale),
        ]
    };
    let (alike, independent) = (apart(1), apart(2));
    Some(Scored {
        members: keys.len(),
        mase: metrics::mae(&actual, &golden.yhat).map(|mae| mae / scale),
        intervals: [
            interval(&golden.lower, &golden.upper),
            interval(&golden.lower_95, &golden.upper_95),
            interval(&alike.0, &alike.1),
            interval(&independent.0, &independent.1),
        ],
        key: group.key.clone(),
    })
}

fn table_of(as_of: Day, scored: &[Scored]) -> Result<RecordBatch, ArrowError> {
    let text = |of: fn(&Scored) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(scored.iter().map(of)))
    };
    let members = scored
        .iter()
        .map(|one| i32::try_from(one.members).unwrap_or(i32::MAX));
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("group".to_owned(), text(|one| &one.key.key)),
        ("resource".to_owned(), text(|one| &one.key.resource)),
        (
            "as_of".to_owned(),
            Arc::new(Date32Array::from(vec![as_of.epoch_days(); scored.len()])),
        ),
        (
            "members".to_owned(),
            Arc::new(Int32Array::from_iter_values(members)),
        ),
        (
            "mase".to_owned(),
            Arc::new(scored.iter().map(|one| one.mase).collect::<Float64Array>()),
        ),
    ];
    let names = ["80", "95", "alike", "independent"];
    for (place, name) in names.into_iter().enumerate() {
        for (part, what) in ["coverage", "width"].into_iter().enumerate() {
            let values = scored.iter().map(|one| one.intervals[place][part]);
            let values: ArrayRef = Arc::new(values.collect::<Float64Array>());
            columns.push((format!("{what}_{name}"), values));
        }
    }
    RecordBatch::try_from_iter(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_the_same_for_the_same_seed_and_have_the_hosts_there_are() {
        let keys: Vec<SeriesKey> = (0..30)
            .map(|host| SeriesKey::new(format!("h{host}"), "cpu"))
            .collect();
        let drawn = |seed| RandomGroups::draw(&keys, 20, seed).members;
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let sizes: Vec<usize> = drawn(1).values().map(Vec::len).collect();
        assert!(
            sizes.iter().all(|size| (2..=30).contains(size)),
            "{sizes:?}"
        );
        assert!(
            sizes.iter().any(|size| *size > 10) && sizes.contains(&2),
            "{sizes:?}"
        );
        let few = RandomGroups::draw(&keys[..1], 2, 1).members;
        assert!(few.values().all(|hosts| hosts.len() == 1));
    }
}
