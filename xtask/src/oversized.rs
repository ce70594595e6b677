//! `oversized`: hosts that have more than they need.

use std::collections::BTreeMap;

use fleetcast_store::Oversized;
use serde_json::{Value, json};

use crate::error::Error;
use crate::output;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::text_table::{right_aligned, table};

/// Below this percentage of its capacity a host is oversized, unless asked otherwise.
const BELOW: f64 = 40.0;

pub(crate) fn print(settings: &Settings, below: Option<f64>) -> Result<(), Error> {
    let below = below.unwrap_or(BELOW);
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
    let found = store.oversized(below / 100.0)?;
    if settings.json {
        let rows: Vec<Value> = found.iter().map(row).collect();
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
