//! `limits`: what "full" is, for whom.

use std::collections::BTreeMap;

use fleetcast_core::{CapacityChange, Day, LimitRule, LimitSchedule, LimitSource, SeriesKey};
use fleetcast_pipeline::OnCollapse;
use fleetcast_store::{BeyondObserved, Store, Table};

use crate::cli::LimitFlags;
use crate::error::Error;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::text_table::{right_aligned, table};

/// Reads, sets or removes limits where asked to, and lists what holds then.
pub(crate) fn limits(settings: &Settings, flags: LimitFlags) -> Result<(), Error> {
    if flags.remove && flags.resource.is_none() && flags.capacity_change.is_none() {
        return Err(Error::Setting(
            "--remove needs to know what; give --resource NAME, or --capacity-change".to_owned(),
        ));
    }
    let store = settings.open_with_files(false)?;
    let reporter = Reporter::new(settings.quiet);
    let standing = || Ok::<_, Error>((store.limits()?, store.capacity_changes()?));
    let before = standing()?;
    let beyond = match settings.on_collapse {
        OnCollapse::Refuse => BeyondObserved::Refuse,
        OnCollapse::Replace => BeyondObserved::Allow,
    };
    let set = |rules: &[LimitRule]| -> Result<(), Error> {
        for note in store.set_limits(rules, beyond)? {
            reporter.warn(note);
        }
        Ok(())
    };
    for file in &flags.files {
        let rows = store.read_limits_file(file)?;
        set(&rows)?;
        reporter.say(format_args!(
            "read {} limits from {}",
            rows.len(),
            file.display()
        ));
    }
    if let Some(texts) = &flags.capacity_change {
        change_capacity(&store, texts, flags.remove, beyond, reporter)?;
    }
    if let Some(resource) = flags.resource {
        if flags.remove {
            if !store.remove_limits(flags.host.as_deref(), &resource, flags.valid_from)? {
                return Err(Error::Setting(format!(
                    "there are no limits of {}, {resource}{} to remove; `cargo xtask limits` lists what there is",
                    flags.host.as_deref().unwrap_or("all hosts"),
                    flags
                        .valid_from
                        .map_or_else(String::new, |day| format!(" from {day} on")),
                )));
            }
        } else {
            set(&[LimitRule {
                host: flags.host,
                resource,
                floor: flags.floor,
                capacity: flags.capacity,
                threshold: flags.threshold,
                valid_from: flags.valid_from,
            }])?;
        }
    }
    let is_changed = standing()? != before;
    if is_changed {
        store.finish()?;
    }
    // The day a run would look at.
    let as_of = store
        .data_summary(settings.last_day)
        .map_or(Day::MAX, |data| data.last_day);
    list(&store, as_of, reporter)?;
    if is_changed && store.count_rows(Table::CapacityOutlook)? > 0 {
        // A history that is read otherwise is another history; limits are looked at by the last stage alone, and so is what is
        // planned.
        let history = |mut changes: Vec<CapacityChange>| {
            changes.retain(|change| change.day <= as_of);
            changes
        };
        let command = if history(store.capacity_changes()?) == history(before.1) {
            "write"
        } else {
            "run-all"
        };
        reporter.say(format_args!(
            "capacity_outlook is of what held before; `cargo xtask {command} --db {}` brings it up to date",
            settings.db.display()
        ));
    }
    Ok(())
}

/// Sets or removes the change of a capacity that `texts` say: host, resource, day, from, to.
fn change_capacity(
    store: &Store,
    texts: &[String],
    remove: bool,
    beyond: BeyondObserved,
    reporter: Reporter,
) -> Result<(), Error> {
    let [host, resource, day, from, to] = texts else {
        return Err(Error::Setting(
            "--capacity-change needs a host, a resource, a day and two capacities".to_owned(),
        ));
    };
    let number = |text: &String| {
        text.parse::<f64>().map_err(|_| {
            Error::Setting(format!(
                "--capacity-change: `{text}` is no capacity; give HOST RESOURCE DAY FROM TO, the last two as numbers"
            ))
        })
    };
    let change = CapacityChange {
        host: host.clone(),
        resource: resource.clone(),
        day: day
            .parse()
            .map_err(|error| Error::Setting(format!("--capacity-change: {error}")))?,
        from: number(from)?,
        to: number(to)?,
    };
    if !remove {
        if let Some(note) = store.set_capacity_change(&change, beyond)? {
            reporter.warn(note);
        }
    } else if !store.remove_capacity_change(&change)? {
        return Err(Error::Setting(format!(
            "there is no change of the capacity of {host}, {resource} on {day} to remove; `cargo xtask limits` lists what \
             there is"
        )));
    }
    Ok(())
}

/// One line of the list: limits, and how many series they hold for.
#[derive(Debug, PartialEq)]
struct Line {
    resource: String,
    /// The host, where the limits are its own.
    host: Option<String>,
    /// The first day they hold, where that is still to come.
    from: Option<Day>,
    limits: [Option<f64>; 3],
    source: LimitSource,
    series: usize,
}

fn list(store: &Store, as_of: Day, reporter: Reporter) -> Result<(), Error> {
    let given = store.limits()?;
    let schedules = store.limit_schedules(as_of)?;
    let unused = given.iter().filter(|row| !is_used(row, &schedules));
    for row in unused {
        reporter.say(format_args!(
            "note: no series of {}, {}; its limits wait for one",
            row.host.as_deref().unwrap_or("any host"),
            row.resource
        ));
    }
    let lines = lines(schedules);
    let mut headings = vec![
        "resource",
        "host",
        "limits from",
        "series",
        "floor",
        "capacity",
        "threshold",
    ];
    let is_planned = lines.iter().any(|line| line.from.is_some());
    if is_planned {
        headings.push("from");
    }
    let mut shown = table(&headings);
    let figure = |value: &Option<f64>| value.map_or_else(|| "-".to_owned(), |v| v.to_string());
    for line in &lines {
        let [floor, capacity, threshold] = &line.limits;
        let mut cells = vec![
            line.resource.clone(),
            line.host.clone().unwrap_or_else(|| "-".to_owned()),
            line.source.to_string(),
            line.series.to_string(),
            figure(floor),
            figure(capacity),
            figure(threshold),
        ];
        if is_planned {
            cells.push(
                line.from
                    .map_or_else(|| "now".to_owned(), |day| day.to_string()),
            );
        }
        shown.add_row(cells);
    }
    reporter.say(right_aligned(shown, 3));
    for line in lines.iter().filter(|line| line.limits[2].is_none()) {
        reporter.say(format_args!(
            "{} has no threshold: say when it is full with \
             `cargo xtask limits --resource {} --capacity N`",
            line.resource,
            shell_word(&line.resource)
        ));
    }
    for change in store.capacity_changes()? {
        let CapacityChange {
            host,
            resource,
            day,
            from,
            to,
        } = change;
        reporter.say(if day > as_of {
            format!(
                "the capacity of {host}, {resource} will change from {from} to {to} on {day}: until then limits are shares of \
                 the present one"
            )
        } else {
            format!("the capacity of {host}, {resource} changed from {from} to {to} on {day}")
        });
    }
    Ok(())
}

fn is_used(row: &LimitRule, schedules: &[(SeriesKey, LimitSchedule)]) -> bool {
    schedules.iter().any(|(key, _)| {
        key.resource() == row.resource && row.host.as_deref().is_none_or(|host| host == key.host())
    })
}

/// Hosts with limits of their own by themselves, all others together; what is planned after what holds now.
fn lines(schedules: Vec<(SeriesKey, LimitSchedule)>) -> Vec<Line> {
    let mut lines: BTreeMap<(String, Option<String>, Option<Day>), Line> = BTreeMap::new();
    for (key, schedule) in schedules {
        let later = schedule.later().iter();
        let all = std::iter::once((None, schedule.now()))
            .chain(later.map(|(day, limits)| (Some(*day), limits)));
        for (from, limits) in all {
            let is_own = limits.source == LimitSource::Host;
            let host = is_own.then(|| key.host().to_owned());
            let place = (key.resource().to_owned(), host.clone(), from);
            let line = lines.entry(place).or_insert_with(|| Line {
                resource: key.resource().to_owned(),
                host,
                from,
                limits: [limits.floor, limits.capacity, limits.threshold],
                source: limits.source,
                series: 0,
            });
            line.series += 1;
        }
    }
    lines.into_values().collect()
}

/// The text as one word of a shell's command line.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_core::EffectiveLimits;

    use super::*;

    fn effective(host: &str, source: LimitSource) -> (SeriesKey, LimitSchedule) {
        let limits = EffectiveLimits {
            floor: Some(0.0),
            capacity: Some(100.0),
            threshold: Some(80.0),
            source,
        };
        let day: Day = "2026-03-01".parse().unwrap();
        let planned = EffectiveLimits {
            capacity: Some(200.0),
            ..limits
        };
        let schedule = LimitSchedule::from(limits).then(day, planned);
        (SeriesKey::new(host, "cpu"), schedule)
    }

    #[test]
    fn hosts_of_their_own_stand_by_themselves() {
        let lines = lines(vec![
            effective("a", LimitSource::Percent),
            effective("b", LimitSource::Host),
            effective("c", LimitSource::Percent),
        ]);
        let seen: Vec<_> = lines
            .iter()
            .map(|line| (line.host.as_deref(), line.from.is_some(), line.series))
            .collect();
        assert_eq!(
            seen,
            [
                (None, false, 2),
                (None, true, 2),
                (Some("b"), false, 1),
                (Some("b"), true, 1)
            ]
        );
    }

    #[test]
    fn names_are_quoted_for_the_shell() {
        assert_eq!(shell_word("cpu"), "cpu");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
    }
}
