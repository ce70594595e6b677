//! What a planner has to do, read from the tables: what `top` prints and the report begins with.

use std::collections::HashSet;

use fleetcast_core::Day;
use fleetcast_report::{Agenda, News, Task, day_and_month, figure};
use fleetcast_store::{Change, PlannerList, PlannerRow, Promise, RunId, Store, USUAL_LEAD_TIME};

use crate::cli::{GroupFlag, ListFlags};
use crate::error::Error;

/// Days by which a date must have moved to be news.
const MOVED_BY: u32 = 14;

/// What there is to do by these flags, of all resources or of one. `None` where an earlier version has written the
/// outlook, which says nothing of it.
pub(crate) fn read(
    store: &Store,
    flags: &ListFlags,
    resource: Option<&str>,
) -> Result<Option<Agenda>, Error> {
    let hosts = hosts_of(store, flags)?;
    let lead_time = flags.lead_time;
    if store.outlook_is_by_line()? {
        return Ok(None);
    }
    check_lead_time(store, lead_time)?;
    let mut agenda = Agenda {
        lead_time,
        ..Agenda::default()
    };
    for row in store.planner_lists(lead_time, resource)? {
        if hosts
            .as_ref()
            .is_some_and(|hosts| !hosts.contains(row.key.host()))
        {
            continue;
        }
        if row.acknowledged_until.is_some() {
            agenda.acknowledged += 1;
            continue;
        }
        let list = match row.list {
            PlannerList::Act => &mut agenda.act,
            PlannerList::Look => &mut agenda.look,
            PlannerList::Plateau => &mut agenda.plateaus,
        };
        list.push(task(row));
    }
    Ok(Some(agenda))
}

/// Refuses a time that reaches beyond the last day that was forecast; the usual one is nobody's wish.
fn check_lead_time(store: &Store, lead_time: u32) -> Result<(), Error> {
    let Some(days) = store.days_forecast()?.filter(|days| lead_time > *days) else {
        return Ok(());
    };
    if lead_time == USUAL_LEAD_TIME {
        return Ok(());
    }
    Err(Error::Setting(format!(
        "--lead-time {lead_time} is longer than the {days} days that were forecast; forecast further with `cargo xtask run-all \
         --horizon-days {lead_time}`"
    )))
}

/// The hosts of the group that flags name; `None` where they name none.
///
/// # Errors
///
/// [`Error::Setting`] where no host is in it; it lists the values of the key, or the keys.
pub(crate) fn hosts_of(store: &Store, flags: &ListFlags) -> Result<Option<HashSet<String>>, Error> {
    let hosts = flags.group.as_ref().map(|group| hosts_in(store, group));
    hosts.transpose()
}

/// The hosts of a group.
///
/// # Errors
///
/// [`Error::Setting`] where no host is in it; it lists the values of the key, or the keys.
pub(crate) fn hosts_in(store: &Store, group: &GroupFlag) -> Result<HashSet<String>, Error> {
    /// Names that a refusal lists.
    const LISTED: usize = 12;
    let hosts = store.hosts_with(&group.key, &group.value)?;
    if !hosts.is_empty() {
        return Ok(hosts.into_iter().collect());
    }
    let known = store.attribute_values()?;
    let listed = |names: Vec<&str>| {
        let more = if names.len() > LISTED { ", …" } else { "" };
        let first: Vec<&str> = names.into_iter().take(LISTED).collect();
        format!("{}{more}", first.join(", "))
    };
    Err(Error::Setting(match known.get(&group.key) {
        Some(values) => format!(
            "no host has {group}; values of {} are {}",
            group.key,
            listed(values.iter().map(|(value, _)| value.as_str()).collect())
        ),
        None if known.is_empty() => format!(
            "nothing is known of hosts, so none has {group}; read it with `cargo xtask import-attributes FILE`"
        ),
        None => format!(
            "no host has {group}; keys are {}",
            listed(known.keys().map(String::as_str).collect())
        ),
    }))
}

/// Adds what is another than in the run before `run`, whose data end on `as_of`.
pub(crate) fn add_news(
    store: &Store,
    run: RunId,
    as_of: Day,
    agenda: &mut Agenda,
) -> Result<(), Error> {
    let records = store.outlook_records()?;
    let Some(before) = records.into_iter().find(|record| record.run != run) else {
        return Ok(());
    };
    agenda.since = Some((before.run.get(), before.as_of));
    let mut changes = store.outlook_changes(before.run, MOVED_BY)?;
    changes.retain(|one| one.acknowledged_until.is_none() && one.change != Change::New);
    changes.sort_by_key(|one| one.change);
    agenda.news = changes
        .into_iter()
        .map(|one| News {
            host: one.key.host().to_owned(),
            resource: one.key.resource().to_owned(),
            what: match one.change {
                Change::NewlyFull => "new",
                Change::FilledUp => "has filled up",
                Change::Moved => "day moved",
                Change::NoLongerFull => "no longer full",
                Change::Vanished | Change::New => "no forecast any more",
            }
            .to_owned(),
            now: said(one.now.as_ref(), one.before.as_ref(), as_of),
            before: said(one.before.as_ref(), one.now.as_ref(), as_of),
        })
        .collect();
    Ok(())
}

/// What was said of a series, with its threshold where that is another than in the `other` outlook; nothing where no
/// outlook has it.
fn said(promise: Option<&Promise>, other: Option<&Promise>, as_of: Day) -> String {
    let Some(promise) = promise else {
        return "–".to_owned();
    };
    let said = match (promise.status.as_str(), promise.full_on) {
        ("over", _) => "full".to_owned(),
        ("within", Some(day)) => format!("full by {}", day_and_month(day, as_of)),
        ("no_limit", _) => "no limit".to_owned(),
        ("possible", _) => "may be full".to_owned(),
        _ => "not full".to_owned(),
    };
    let thresholds = promise
        .threshold
        .zip(other.and_then(|other| other.threshold));
    match thresholds {
        Some((own, other)) if own.total_cmp(&other).is_ne() => {
            format!("{said} (at {})", figure(own))
        }
        _ => said,
    }
}

fn task(row: PlannerRow) -> Task {
    Task {
        key: row.key,
        is_over: row.is_over,
        p_lead: row.p_lead,
        full_on: row.full_on,
        growth: row.growth,
        to_order: row.to_order,
        is_percent: row.is_percent,
        since: row.since.or(row.named_since),
        trust: row.trust,
        doubt: row.doubt,
    }
}
