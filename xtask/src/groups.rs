//! `groups`: what sites, clusters and other groups of hosts need together.

use fleetcast_core::Day;
use fleetcast_report::{day_and_month, figure, percent, signed};
use fleetcast_store::{GroupRow, RunRecord, Store, Table};
use serde_json::{Value, json};

use crate::cli::GroupsFlags;
use crate::error::Error;
use crate::output;
use crate::settings::Settings;
use crate::text_table::{counted, named_rows};

/// Rows that are printed unless somebody asks for more.
const USUAL_ROWS: usize = 20;

/// The columns behind the group, and whether they hold figures.
const COLUMNS: [(&str, bool); 8] = [
    ("resource", false),
    ("hosts", true),
    ("now", true),
    ("growth", true),
    ("need", true),
    ("full by", true),
    ("order", true),
    ("trust", false),
];

pub(crate) fn print(settings: &Settings, flags: &GroupsFlags) -> Result<(), Error> {
    let store = settings.open(false)?;
    let (key, value) = match flags.key.as_deref().map(|key| key.split_once('=')) {
        Some(Some((key, value))) => (Some(key), Some(value)),
        _ => (flags.key.as_deref(), None),
    };
    let groups = store.groups(key, value, flags.resource.as_deref())?;
    let run = store.run_in(Table::GroupOutlook)?;
    let run = run.map(|run| store.run(run)).transpose()?.flatten();
    let Some(run) = run.filter(|_| !groups.is_empty()) else {
        return Err(nothing(settings, &store, flags)?);
    };
    let count = groups.len();
    let shown = flags
        .rows
        .unwrap_or(if settings.json { count } else { USUAL_ROWS });
    let rows = &groups[..shown.min(count)];
    if settings.json {
        output::line(as_json(&run, rows));
        return Ok(());
    }
    output::line(format_args!(
        "as of {}: {}, those that fill up first on top",
        run.as_of,
        counted(count as u64, "total")
    ));
    output::line("");
    output::line(in_text(rows, key, run.as_of));
    output::line("");
    output::line("need: held at some time in one of ten cases; order: so that it is not full, in");
    output::line("the unit of the hosts' sizes where the need is in percent");
    if shown < count {
        output::line(format_args!(
            "and {} more: -n {count} names all of them",
            count - shown
        ));
    }
    Ok(())
}

/// Says why there is nothing to print, and the way out.
fn nothing(settings: &Settings, store: &Store, flags: &GroupsFlags) -> Result<Error, Error> {
    let db = settings.db.display();
    if store.run_in(Table::CapacityOutlook)?.is_none() {
        return Ok(Error::OutOfOrder(format!(
            "no outlook stands in {db}; run `cargo xtask run-all --db {db}` first"
        )));
    }
    let keys = store.attribute_values()?;
    if keys.is_empty() {
        return Ok(Error::OutOfOrder(format!(
            "nothing is known of the hosts in {db}, so there are no groups; say it with `cargo xtask import-attributes FILE --db \
             {db}`, and run `cargo xtask write --db {db}`"
        )));
    }
    let known = store.groups(None, None, None)?;
    if known.is_empty() {
        return Ok(Error::OutOfOrder(format!(
            "no groups were added up when {db} was written last; run `cargo xtask write --db {db}`, which says why"
        )));
    }
    let listed = |of: fn(&GroupRow) -> &str| {
        let names: std::collections::BTreeSet<&str> = known.iter().map(of).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let asked = [flags.key.as_deref(), flags.resource.as_deref()];
    let asked: Vec<&str> = asked.into_iter().flatten().collect();
    Ok(Error::Setting(format!(
        "no group of {} was added up; there are groups of {} in {} (`cargo xtask write` says why others are not)",
        asked.join(" in "),
        listed(|group| &group.key),
        listed(|group| &group.resource),
    )))
}

/// A line a group; the key they are asked by need not be said in each.
fn in_text(rows: &[GroupRow], key: Option<&str>, as_of: Day) -> String {
    let mut shown = Vec::with_capacity(rows.len());
    let nothing = || "–".to_owned();
    for row in rows {
        let amount = |value: f64| {
            if row.is_percent {
                format!("{value:.1} %")
            } else {
                figure(value)
            }
        };
        let cells = [
            output::in_one_line(&row.resource),
            if row.members < row.hosts {
                format!("{} of {}", row.members, row.hosts)
            } else {
                row.members.to_string()
            },
            row.recent.map_or_else(nothing, amount),
            row.growth.map_or_else(nothing, signed),
            row.peak_need.map_or_else(nothing, amount),
            match (row.p_full, row.full_on) {
                _ if row.status == "over" => "already".to_owned(),
                (Some(p), [_, Some(day), _]) => {
                    format!("{}, {}", percent(p), day_and_month(day, as_of))
                }
                (Some(p), _) => percent(p),
                (None, _) => nothing(),
            },
            match row.to_order {
                Some(amount) if amount > 0.0 => needed(row, amount),
                _ => nothing(),
            },
            row.trust.clone().unwrap_or_else(nothing),
        ];
        let name = match key {
            Some(_) => row.value.clone(),
            None => format!("{}={}", row.key, row.value),
        };
        shown.push((output::in_one_line(&name), cells));
    }
    let heading = output::in_one_line(key.unwrap_or("group"));
    named_rows(&heading, &COLUMNS, &shown).join("\n")
}

/// What is to be ordered: of percentages, in the unit that their hosts' sizes are given in.
fn needed(row: &GroupRow, amount: f64) -> String {
    match (row.size, row.capacity) {
        (Some(size), Some(capacity)) if capacity > 0.0 => figure(size * amount / capacity),
        _ => figure(amount),
    }
}

fn as_json(run: &RunRecord, rows: &[GroupRow]) -> Value {
    let day = |day: Option<Day>| day.map(|day| day.to_string());
    let groups: Vec<Value> = rows
        .iter()
        .map(|row| {
            let [earliest, median, latest] = row.full_on;
            json!({
                "key": row.key,
                "value": row.value,
                "resource": row.resource,
                "members": row.members,
                "hosts": row.hosts,
                "size": row.size,
                "threshold": row.threshold,
                "capacity": row.capacity,
                "status": row.status,
                "p_full": row.p_full,
                "full_on_earliest": day(earliest),
                "full_on": day(median),
                "full_on_latest": day(latest),
                "growth": row.growth,
                "demand_p90": row.peak_need,
                "to_order": row.to_order,
                "recent": row.recent,
                "trust": row.trust,
            })
        })
        .collect();
    json!({
        "run": run.id.get(),
        "as_of": run.as_of.to_string(),
        "groups": groups,
    })
}
