//! `top`: what has to be done now, in the terminal.

use fleetcast_core::Day;
use fleetcast_report::{Agenda, Task, TaskInWords};
use fleetcast_store::{RunRecord, Store, Table};
use serde_json::{Value, json};

use crate::agenda;
use crate::cli::TopFlags;
use crate::error::Error;
use crate::output;
use crate::settings::Settings;
use crate::text_table::{named_rows, wrapped};

/// Rows that are printed unless somebody asks for more.
const USUAL_ROWS: usize = 20;

/// The columns behind the host, and whether they hold figures.
const COLUMNS: [(&str, bool); 6] = [
    ("resource", false),
    ("full by", false),
    ("likely", true),
    ("growth", true),
    ("to order", true),
    ("since", true),
];

pub(crate) fn print(settings: &Settings, flags: &TopFlags) -> Result<(), Error> {
    let store = settings.open(false)?;
    let run = run_of_outlook(settings, &store)?;
    let resource = flags.resource.as_deref();
    if let Some(resource) = resource {
        check_resource(&store, resource)?;
    }
    let Some(agenda) = agenda::read(&store, &flags.lists, resource)? else {
        return Err(Error::OutOfOrder(format!(
            "the outlook in {db} is one of an earlier version, without probabilities; run `cargo xtask write --db {db}` to \
             say it anew",
            db = settings.db.display()
        )));
    };
    if settings.json {
        output::line(as_json(&run, &agenda, flags.rows));
    } else {
        let group = flags.lists.group.as_ref();
        let of_group = group.map_or_else(String::new, |group| format!(" of {group}"));
        let rows = flags.rows.unwrap_or(USUAL_ROWS);
        output::line(in_text(&run, &agenda, &of_group, rows));
    }
    Ok(())
}

/// The run whose outlook stands.
fn run_of_outlook(settings: &Settings, store: &Store) -> Result<RunRecord, Error> {
    let run = store.run_in(Table::CapacityOutlook)?;
    let record = run.map(|run| store.run(run)).transpose()?.flatten();
    record.ok_or_else(|| {
        Error::OutOfOrder(format!(
            "no outlook stands in {db}; run `cargo xtask run-all --db {db}` first",
            db = settings.db.display()
        ))
    })
}

fn check_resource(store: &Store, resource: &str) -> Result<(), Error> {
    let known = store.resources_with_outlook()?;
    if known.iter().any(|known| known == resource) {
        return Ok(());
    }
    Err(Error::Setting(format!(
        "no series of resource `{resource}` has an outlook; there are {}",
        known.join(", ")
    )))
}

fn in_text(run: &RunRecord, agenda: &Agenda, of_group: &str, rows: usize) -> String {
    let Agenda { lead_time, act, .. } = agenda;
    let count = act.len();
    let head = format!(
        "as of {}: {count} series{of_group} to act on, full lately or likely within {lead_time} days",
        run.as_of
    );
    let mut lines = wrapped(&output::in_one_line(&head));
    if !act.is_empty() {
        lines.push(String::new());
        lines.extend(table(&act[..rows.min(count)], run.as_of));
        lines.push(String::new());
    }
    if rows < count {
        lines.push(format!(
            "and {} more: -n {count} names all of them",
            count - rows
        ));
    }
    let mut others = Vec::new();
    let mut add = |count: usize, what: &str| {
        if count > 0 {
            others.push(format!("{count} {what}"));
        }
    };
    add(agenda.look.len(), "to look at yourself");
    add(agenda.plateaus.len(), "full for longer and flat");
    add(agenda.acknowledged, "acknowledged");
    if !others.is_empty() {
        let others = others.join(", ");
        lines.push(format!("besides: {others}"));
        lines.push("`cargo xtask report` has all of them, with charts".to_owned());
    }
    lines.join("\n")
}

/// A line a task. Names that are too long for their column have a line of their own, so that they can be copied.
fn table(tasks: &[Task], as_of: Day) -> Vec<String> {
    let words: Vec<TaskInWords> = tasks.iter().map(|task| task.in_words(as_of)).collect();
    let cells: Vec<[String; 6]> = words
        .iter()
        .map(|words| {
            let when = words.when.replace(" – ", "–");
            [
                output::in_one_line(&words.resource),
                when,
                words.likely.clone(),
                words.growth.clone(),
                words.to_order.clone(),
                words.since.clone(),
            ]
        })
        .collect();
    let hosts = words.iter().map(|words| output::in_one_line(&words.host));
    named_rows("host", &COLUMNS, &hosts.zip(cells).collect::<Vec<_>>())
}

fn as_json(run: &RunRecord, agenda: &Agenda, rows: Option<usize>) -> Value {
    let list = |tasks: &[Task]| -> Value {
        let shown = rows.unwrap_or(tasks.len()).min(tasks.len());
        tasks[..shown].iter().map(task_json).collect()
    };
    json!({
        "run": run.id.get(),
        "as_of": run.as_of.to_string(),
        "lead_time_days": agenda.lead_time,
        "act": list(&agenda.act),
        "look": list(&agenda.look),
        "plateau": list(&agenda.plateaus),
        "acknowledged": agenda.acknowledged,
    })
}

fn task_json(task: &Task) -> Value {
    let day = |day: Option<Day>| day.map(|day| day.to_string());
    let [earliest, median, latest] = task.full_on;
    json!({
        "host": task.key.host(),
        "resource": task.key.resource(),
        "is_over": task.is_over,
        "p_lead": task.p_lead,
        "full_on_earliest": day(earliest),
        "full_on": day(median),
        "full_on_latest": day(latest),
        "growth": task.growth,
        "to_order": task.to_order,
        "since": day(task.since),
        "trust": task.trust,
        "doubt": task.doubt,
    })
}
