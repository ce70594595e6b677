//! `oversized`: hosts that have more than they need.

use std::collections::{BTreeMap, HashSet};

use fleetcast_store::Oversized;
use serde_json::{Value, json};

use crate::agenda::hosts_in;
use crate::cli::OversizedFlags;
use crate::error::Error;
use crate::output;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::text_table::{right_aligned, table};

/// Below this percentage of its capacity a host is oversized, unless asked otherwise.
const BELOW: f64 = 40.0;

pub(crate) fn print(settings: &Settings, flags: &OversizedFlags) -> Result<(), Error> {
    let below = flags.below.unwrap_or(BELOW);
    if !(0.0..=100.0).contains(&below) {
        return Err(Error::Setting(format!(
            "--below {below}: a percentage of the capacity is from 0 to 100"
        )));
    }
    let store = settings.open(false)?;
    if !store.has_outlooks_of_peaks()? {
        return Err(Error::OutOfOrder(
            "there is no outlook of peaks, and daily means do not say what a host needs: import with `--agg mean,p95` and run \
             `cargo xtask run-all`"
                .to_owned(),
        ));
    }
    let reporter = Reporter::new(settings.quiet);
    let mut found = store.oversized(below / 100.0)?;
    let group = flags.group.as_ref();
    let hosts = group.map(|group| hosts_in(&store, group)).transpose()?;
    found.retain(|one| {
        let is_asked = |asked: &String| one.key.resource() == asked;
        let is_in = |hosts: &HashSet<String>| hosts.contains(one.key.host());
        flags.resource.as_ref().is_none_or(is_asked) && hosts.as_ref().is_none_or(is_in)
    });
    let shown_rows = flags.rows.unwrap_or(found.len()).min(found.len());
    if settings.json {
        let rows: Vec<Value> = found[..shown_rows].iter().map(row).collect();
        output::line(Value::from(rows).to_string());
        return Ok(());
    }
    if found.is_empty() {
        reporter.say(format_args!(
            "no host stays below {below} % of its capacity for the whole horizon with nine in ten"
        ));
        return Ok(());
    }
    let mut shown = table(&[
        "host",
        "resource",
        "peak need",
        "capacity",
        "%",
        "reclaimable",
        "trust",
    ]);
    let mut sums: BTreeMap<&str, (u64, f64)> = BTreeMap::new();
    for one in &found {
        let (hosts, sum) = sums.entry(one.key.resource()).or_default();
        *hosts += 1;
        *sum += one.reclaimable;
    }
    for one in &found[..shown_rows] {
        shown.add_row([
            output::in_one_line(one.key.host()),
            output::in_one_line(one.key.resource()),
            format!("{:.1}", one.peak_need),
            format!("{}", one.capacity),
            format!("{:.0}", 100.0 * one.share),
            format!("{:.1}", one.reclaimable),
            one.trust.clone().unwrap_or_default(),
        ]);
    }
    let sums: Vec<String> = sums
        .into_iter()
        .map(|(resource, (hosts, sum))| format!("{resource}: {hosts} hosts, {sum:.1} reclaimable"))
        .collect();
    reporter.say(format_args!(
        "below {below} % of the capacity for the whole horizon, with nine in ten: {}",
        sums.join("; ")
    ));
    reporter.say(right_aligned(shown, 2));
    if shown_rows < found.len() {
        let (all, more) = (found.len(), found.len() - shown_rows);
        reporter.say(format_args!("and {more} more: -n {all} names all of them"));
    }
    Ok(())
}

fn row(one: &Oversized) -> Value {
    json!({
        "host": one.key.host(),
        "resource": one.key.resource(),
        "peak_need": one.peak_need,
        "capacity": one.capacity,
        "share": one.share,
        "reclaimable": one.reclaimable,
        "trust": one.trust,
    })
}
