//! `limits`: what "full" is, for whom.

use fleetcast_core::{Day, EffectiveLimits, LimitRule, LimitSource, SeriesKey};
use fleetcast_pipeline::OnCollapse;
use fleetcast_store::{BeyondObserved, Store, Table};

use crate::cli::LimitFlags;
use crate::error::Error;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::text_table::{right_aligned, table};

/// Reads, sets or removes limits where asked to, and lists what holds then.
pub(crate) fn limits(settings: &Settings, flags: LimitFlags) -> Result<(), Error> {
    let store = settings.open_with_files(false)?;
    let reporter = Reporter::new(settings.quiet);
    let before = store.limits()?;
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
    if let Some(resource) = flags.resource {
        if flags.remove {
            if !store.remove_limits(flags.host.as_deref(), &resource)? {
                return Err(Error::Setting(format!(
                    "there are no limits of {}, {resource} to remove; `cargo xtask limits` lists what there is",
                    flags.host.as_deref().unwrap_or("all hosts"),
                )));
            }
        } else {
            set(&[LimitRule {
                host: flags.host,
                resource,
                floor: flags.floor,
                capacity: flags.capacity,
                threshold: flags.threshold,
            }])?;
        }
    }
    if store.limits()? != before {
        store.finish()?;
    }
    list(&store, reporter)?;
    if store.limits()? != before && store.count_rows(Table::CapacityOutlook)? > 0 {
        reporter.say(format_args!(
            "capacity_outlook is of the limits before; `cargo xtask write --db {}` brings it up to date",
            settings.db.display()
        ));
    }
    Ok(())
}

/// One line of the list: limits, and how many series they hold for.
#[derive(Debug, PartialEq)]
struct Line {
    resource: String,
    /// The host, where the limits are its own.
    host: Option<String>,
    limits: [Option<f64>; 3],
    source: LimitSource,
    series: usize,
}

fn list(store: &Store, reporter: Reporter) -> Result<(), Error> {
    let given = store.limits()?;
    let effective = store.effective_limits(Day::MAX)?;
    let unused = given.iter().filter(|row| !is_used(row, &effective));
    for row in unused {
        reporter.say(format_args!(
            "note: no series of {}, {}; its limits wait for one",
            row.host.as_deref().unwrap_or("any host"),
            row.resource
        ));
    }
    let mut shown = table(&[
        "resource",
        "host",
        "limits from",
        "series",
        "floor",
        "capacity",
        "threshold",
    ]);
    let lines = lines(effective);
    let figure = |value: &Option<f64>| value.map_or_else(|| "-".to_owned(), |v| v.to_string());
    for line in &lines {
        let [floor, capacity, threshold] = &line.limits;
        shown.add_row([
            line.resource.clone(),
            line.host.clone().unwrap_or_else(|| "-".to_owned()),
            line.source.to_string(),
            line.series.to_string(),
            figure(floor),
            figure(capacity),
            figure(threshold),
        ]);
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
    Ok(())
}

fn is_used(row: &LimitRule, effective: &[(SeriesKey, EffectiveLimits)]) -> bool {
    effective.iter().any(|(key, _)| {
        key.resource() == row.resource && row.host.as_deref().is_none_or(|host| host == key.host())
    })
}

/// Hosts with limits of their own by themselves, all others together.
fn lines(effective: Vec<(SeriesKey, EffectiveLimits)>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (key, limits) in effective {
        let is_own = limits.source == LimitSource::Host;
        let host = is_own.then(|| key.host().to_owned());
        let same = lines
            .iter_mut()
            .find(|line| !is_own && line.host.is_none() && line.resource == key.resource());
        match same {
            Some(line) => line.series += 1,
            None => lines.push(Line {
                resource: key.resource().to_owned(),
                host,
                limits: [limits.floor, limits.capacity, limits.threshold],
                source: limits.source,
                series: 1,
            }),
        }
    }
    lines.sort_by(|a, b| (&a.resource, &a.host).cmp(&(&b.resource, &b.host)));
    lines
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
    use super::*;

    fn effective(host: &str, source: LimitSource) -> (SeriesKey, EffectiveLimits) {
        let limits = EffectiveLimits {
            floor: Some(0.0),
            capacity: Some(100.0),
            threshold: Some(80.0),
            source,
        };
        (SeriesKey::new(host, "cpu"), limits)
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
            .map(|line| (line.host.as_deref(), line.series))
            .collect();
        assert_eq!(seen, [(None, 2), (Some("b"), 1)]);
    }

    #[test]
    fn names_are_quoted_for_the_shell() {
        assert_eq!(shell_word("cpu"), "cpu");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
    }
}
