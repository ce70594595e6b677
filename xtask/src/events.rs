//! `events`: days on which something is known to happen, and days that many hosts have in common.

use fleetcast_core::Day;
use fleetcast_pipeline::OnCollapse;
use fleetcast_store::{CommonDay, EventSummary, Others, Store, Table};
use serde_json::{Value, json};

use crate::cli::EventFlags;
use crate::error::Error;
use crate::output;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::text_table::{counted, named_rows};

/// Hosts and groups that are named, where several are unknown.
const NAMED: usize = 5;

pub(crate) fn events(settings: &Settings, flags: &EventFlags) -> Result<(), Error> {
    if !flags.files.is_empty() {
        return read(settings, flags);
    }
    let store = settings.open(false)?;
    let data = store.data_summary(settings.last_day)?;
    let as_of = settings.split(data.last_day)?.as_of();
    if flags.common {
        print_common(settings, &store, as_of)
    } else {
        print(settings, &store, as_of)
    }
}

fn read(settings: &Settings, flags: &EventFlags) -> Result<(), Error> {
    let store = settings.open_with_files(true)?;
    let mut events = Vec::new();
    for file in &flags.files {
        events.extend(store.read_events_file(file)?);
    }
    if flags.replace && events.is_empty() && settings.on_collapse == OnCollapse::Refuse {
        return Err(Error::Setting(
            "there is nothing in what was read, and --replace would remove all events; give a file with rows, or --force".to_owned(),
        ));
    }
    let others = if flags.replace {
        Others::Remove
    } else {
        Others::Keep
    };
    store.set_events(&events, others)?;
    let of_nobody = store.events_of_nobody()?;
    let has_forecasts = store.count_rows(Table::Forecasts)? > 0;
    store.finish()?;
    if settings.json {
        output::line(json!({ "read": events.len() }));
        return Ok(());
    }
    let reporter = Reporter::new(settings.quiet);
    reporter.say(format_args!(
        "read {} into {}",
        counted(events.len() as u64, "event"),
        settings.db.display()
    ));
    if !of_nobody.is_empty() {
        let names = of_nobody
            .iter()
            .take(NAMED)
            .map(|name| output::in_one_line(name));
        let more = match of_nobody.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        reporter.say(format_args!(
            "events do nothing where no host with data has that name, or that group: {}{more}",
            names.collect::<Vec<_>>().join(", ")
        ));
    }
    if has_forecasts {
        reporter.say(format_args!(
            "forecasts are of what was known before; `cargo xtask run-all --db {}` makes new ones",
            settings.db.display()
        ));
    }
    Ok(())
}

fn print(settings: &Settings, store: &Store, as_of: Day) -> Result<(), Error> {
    let mut events = store.event_summaries(as_of)?;
    events.extend(holidays(settings, as_of));
    if settings.json {
        let rows: Vec<Value> = events.iter().map(event_json).collect();
        output::line(Value::from(rows));
        return Ok(());
    }
    if events.is_empty() {
        output::line(format_args!(
            "no events are known in {}; read some with `cargo xtask events FILE`, or say --holidays",
            settings.db.display()
        ));
        return Ok(());
    }
    let day = |day: Option<Day>| day.map_or_else(|| "–".to_owned(), |day| day.to_string());
    let rows: Vec<(String, [String; 4])> = events
        .iter()
        .map(|event| {
            let whose = event.whose.as_deref().unwrap_or("all hosts");
            let cells = [
                output::in_one_line(whose),
                event.days.to_string(),
                day(event.latest),
                day(event.next),
            ];
            (output::in_one_line(&event.name), cells)
        })
        .collect();
    let columns = [
        ("whose", false),
        ("days", true),
        ("latest", true),
        ("next", true),
    ];
    output::line(named_rows("event", &columns, &rows).join("\n"));
    Ok(())
}

/// The holidays that were asked for, as events of all hosts.
fn holidays(settings: &Settings, as_of: Day) -> Vec<EventSummary> {
    let named = settings.holidays.days.iter();
    named
        .filter_map(|(name, days)| {
            Some(EventSummary {
                name: name.clone(),
                whose: None,
                days: days.len() as u64,
                first: *days.first()?,
                latest: days.range(..=as_of).next_back().copied(),
                next: days.range(as_of.plus_days(1)..).next().copied(),
            })
        })
        .collect()
}

fn event_json(event: &EventSummary) -> Value {
    let day = |day: Option<Day>| day.map(|day| day.to_string());
    json!({
        "name": event.name,
        "whose": event.whose,
        "days": event.days,
        "first": event.first.to_string(),
        "latest": day(event.latest),
        "next": day(event.next),
    })
}

fn print_common(settings: &Settings, store: &Store, as_of: Day) -> Result<(), Error> {
    let days = store.common_days(as_of)?;
    let names_of = |day: &CommonDay| {
        let holidays = settings.holidays.days.iter();
        let holidays = holidays.filter(|(_, days)| days.contains(&day.day));
        let holidays = holidays.map(|(name, _)| name.as_str());
        let names: Vec<&str> = day.names.as_deref().into_iter().chain(holidays).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if settings.json {
        let rows: Vec<Value> = days
            .iter()
            .map(|day| {
                json!({
                    "day": day.day.to_string(),
                    "resource": day.resource,
                    "series": day.series,
                    "share": day.share,
                    "change": day.change,
                    "names": names_of(day),
                })
            })
            .collect();
        output::line(Value::from(rows));
        return Ok(());
    }
    if days.is_empty() {
        output::line("no day up to the last one was low, or high, on three in ten hosts together");
        return Ok(());
    }
    let rows: Vec<(String, [String; 4])> = days
        .iter()
        .map(|day| {
            let change = day.change.map_or_else(
                || "–".to_owned(),
                |change| format!("{:+.0} %", 100.0 * change),
            );
            let cells = [
                output::in_one_line(&day.resource),
                format!("{:.0} %", 100.0 * day.share),
                change,
                output::in_one_line(&names_of(day).unwrap_or_else(|| "–".to_owned())),
            ];
            (day.day.to_string(), cells)
        })
        .collect();
    let columns = [
        ("resource", false),
        ("of hosts", true),
        ("change", true),
        ("name", false),
    ];
    output::line(named_rows("day", &columns, &rows).join("\n"));
    output::line("");
    output::line(
        "a day that comes again is expected where it has a name: `cargo xtask events FILE`",
    );
    Ok(())
}
