//! `changes`: what is another than in an earlier run; `acknowledge`: what somebody knows about.

use std::collections::HashSet;

use fleetcast_core::{Day, SeriesKey};
use fleetcast_store::{
    Acknowledgement, Change, OutlookChange, OutlookRecord, Promise, RunId, Store, Table,
    WrongForecast,
};
use serde_json::{Value, json};

use crate::Ending;
use crate::cli::{AcknowledgeFlags, ChangesFlags, FailOn, Since};
use crate::error::Error;
use crate::output;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::text_table::table;

/// Series of one kind that are named; JSON has all.
const NAMED: usize = 10;

/// What is another than in an earlier run.
#[derive(Debug)]
struct Changes {
    run: RunId,
    as_of: Day,
    /// The outlook it is compared with, where one is kept.
    since: Option<OutlookRecord>,
    horizon_days: u64,
    moved_by: u32,
    series: Vec<OutlookChange>,
    wrong: Vec<WrongForecast>,
    /// The series whose forecast was wrong already by the data of the run that it is compared with.
    wrong_before: HashSet<SeriesKey>,
}

/// Prints what is another than in an earlier run, and tells whether what was to be looked for is among it.
pub(crate) fn print(settings: &Settings, flags: &ChangesFlags) -> Result<Ending, Error> {
    let store = settings.open(false)?;
    let changes = Changes::read(settings, &store, flags)?;
    if settings.json || output::logs_json() {
        output::line(changes.as_json());
    } else {
        let reporter = Reporter::new(settings.quiet);
        reporter.say(changes.in_one_line());
        if let Some(named) = changes.named() {
            reporter.say(named);
        }
    }
    let found = flags.fail_on.iter().any(|what| match what {
        FailOn::NewFull => changes.of(Change::NewlyFull).next().is_some(),
        FailOn::FilledUp => changes.of(Change::FilledUp).next().is_some(),
        FailOn::Drift => changes.wrong().any(|one| changes.is_newly_wrong(one)),
    });
    Ok(if found { Ending::Found } else { Ending::Done })
}

/// What is another than in the run before, in one line; `None` where nothing is, or there is nothing to compare with.
pub(crate) fn since_the_last_run(
    settings: &Settings,
    store: &Store,
) -> Result<Option<String>, Error> {
    let flags = ChangesFlags {
        since: None,
        moved_by: 14,
        fail_on: Vec::new(),
    };
    // Where no series can be forecast, no outlook stands.
    if store.run_in(Table::CapacityOutlook)?.is_none() {
        return Ok(None);
    }
    let changes = Changes::read(settings, store, &flags)?;
    let is_worth_a_line = changes.since.is_some() && changes.has_any();
    Ok(is_worth_a_line.then(|| changes.in_one_line()))
}

impl Changes {
    fn read(settings: &Settings, store: &Store, flags: &ChangesFlags) -> Result<Self, Error> {
        let outlook = store.run_in(Table::CapacityOutlook)?;
        let record = outlook.map(|run| store.run(run)).transpose()?.flatten();
        let Some(record) = record else {
            let db = settings.db.display();
            let newest = store.newest_run()?;
            return Err(Error::OutOfOrder(
                match newest.filter(|run| run.status == "complete") {
                    Some(run) => format!(
                        "no outlook stands in {db}: run {} has no forecast of any series, and `cargo xtask status` and the \
                     table series_issues say why",
                        run.id
                    ),
                    None => format!(
                        "no outlook stands in {db}; run `cargo xtask run-all --db {db}` first"
                    ),
                },
            ));
        };
        let since = chosen(&store.outlook_records()?, flags.since, record.id)?;
        let series = match since {
            Some(since) => store.outlook_changes(since.run, flags.moved_by)?,
            None => Vec::new(),
        };
        let wrong_before = match since {
            Some(since) => store.wrong_forecasts(since.as_of)?,
            None => Vec::new(),
        };
        Ok(Self {
            run: record.id,
            as_of: record.as_of,
            since,
            horizon_days: record.config["forecast"]["horizon_days"]
                .as_u64()
                .unwrap_or_default(),
            moved_by: flags.moved_by,
            series,
            wrong: store.wrong_forecasts(record.as_of)?,
            wrong_before: wrong_before.into_iter().map(|one| one.key).collect(),
        })
    }

    /// Series with this change that nobody knows about yet.
    fn of(&self, change: Change) -> impl Iterator<Item = &OutlookChange> {
        self.series
            .iter()
            .filter(move |one| one.change == change && one.acknowledged_until.is_none())
    }

    /// Forecasts that turned out wrong that nobody knows about yet, the last run neither.
    fn wrong(&self) -> impl Iterator<Item = &WrongForecast> {
        self.all_wrong().filter(|one| one.explained_by.is_none())
    }

    /// Forecasts that turned out wrong, and that the last run can explain: its own goes on from what it has seen.
    fn overtaken(&self) -> impl Iterator<Item = &WrongForecast> {
        self.all_wrong().filter(|one| one.explained_by.is_some())
    }

    fn all_wrong(&self) -> impl Iterator<Item = &WrongForecast> {
        self.wrong
            .iter()
            .filter(|one| one.acknowledged_until.is_none())
    }

    /// Whether that is new: it was not so by the data of the run that it is compared with.
    fn is_newly_wrong(&self, wrong: &WrongForecast) -> bool {
        !self.wrong_before.contains(&wrong.key)
    }

    /// How many series are not named since somebody knows about them.
    fn acknowledged(&self) -> usize {
        let changed = self
            .series
            .iter()
            .filter(|one| one.acknowledged_until.is_some());
        let wrong = self
            .wrong
            .iter()
            .filter(|one| one.acknowledged_until.is_some());
        let all = changed.map(|one| &one.key).chain(wrong.map(|one| &one.key));
        all.collect::<HashSet<_>>().len()
    }

    fn has_any(&self) -> bool {
        !self.series.is_empty() || !self.wrong.is_empty()
    }

    fn in_one_line(&self) -> String {
        let Self { run, as_of, .. } = self;
        let mut parts = Vec::new();
        let mut add = |count: usize, what: &str| {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        };
        let (horizon, moved_by) = (self.horizon_days, self.moved_by);
        add(
            self.of(Change::NewlyFull).count(),
            &format!("newly full within {horizon} days"),
        );
        add(self.of(Change::FilledUp).count(), "filled up");
        add(
            self.of(Change::Moved).count(),
            &format!("whose day moved by more than {moved_by} days"),
        );
        add(self.of(Change::NoLongerFull).count(), "no longer full");
        add(self.of(Change::Vanished).count(), "vanished");
        add(self.of(Change::New).count(), "new");
        let newly_wrong = self.wrong().filter(|one| self.is_newly_wrong(one)).count();
        add(newly_wrong, "whose forecast turned out wrong");
        add(
            self.wrong().count() - newly_wrong,
            "whose forecast is wrong still",
        );
        add(
            self.overtaken().count(),
            "whose forecast was overtaken by what this run has seen",
        );
        add(self.acknowledged(), "acknowledged");
        let found = if parts.is_empty() {
            "nothing changed".to_owned()
        } else {
            format!("series {}", parts.join(", "))
        };
        match &self.since {
            Some(since) => format!(
                "since run {} (as of {}), as of {as_of}: {found}",
                since.run, since.as_of
            ),
            None => format!(
                "run {run} (as of {as_of}) is the first whose outlook is kept: there is nothing to compare it with{}",
                if parts.is_empty() {
                    String::new()
                } else {
                    format!("; {found}")
                }
            ),
        }
    }

    /// The series themselves, where there are any.
    fn named(&self) -> Option<String> {
        let mut named = table(&["what", "host", "resource", "now", "before", "trust"]);
        let mut left_out = 0;
        for change in Change::ALL {
            for (place, one) in self.of(change).enumerate() {
                if place >= NAMED {
                    left_out += 1;
                    continue;
                }
                named.add_row([
                    change.as_str().replace('_', " "),
                    output::in_one_line(one.key.host()),
                    output::in_one_line(one.key.resource()),
                    promised(one.now.as_ref(), one.before.as_ref()),
                    promised(one.before.as_ref(), one.now.as_ref()),
                    one.trust.clone().unwrap_or_default(),
                ]);
            }
        }
        for (place, one) in self.wrong().enumerate() {
            if place >= NAMED {
                left_out += 1;
                continue;
            }
            let side = if one.mean_excess < 0.0 {
                "below"
            } else {
                "above"
            };
            let what = if self.is_newly_wrong(one) {
                "forecast turned out wrong"
            } else {
                "forecast is wrong still"
            };
            named.add_row([
                what.to_owned(),
                output::in_one_line(one.key.host()),
                output::in_one_line(one.key.resource()),
                format!(
                    "{:.0} % of {} days outside, {:.3} {side} it on average",
                    100.0 * one.share_outside,
                    one.days,
                    one.mean_excess.abs()
                ),
                made_by(one),
                String::new(),
            ]);
        }
        for (place, one) in self.overtaken().enumerate() {
            if place >= NAMED {
                left_out += 1;
                continue;
            }
            named.add_row([
                "forecast overtaken".to_owned(),
                output::in_one_line(one.key.host()),
                output::in_one_line(one.key.resource()),
                one.explained_by.clone().unwrap_or_default(),
                made_by(one),
                String::new(),
            ]);
        }
        if named.row_count() == 0 {
            return None;
        }
        let more = if left_out == 0 {
            String::new()
        } else {
            format!("\nand {left_out} more: --json names all")
        };
        Some(format!("{named}{more}"))
    }

    fn as_json(&self) -> Value {
        let of = |change: Change| -> Vec<Value> {
            let changed = self.series.iter().filter(|one| one.change == change);
            changed.map(change_json).collect()
        };
        let mut json = json!({
            "run": self.run.get(),
            "as_of": self.as_of.to_string(),
            "since": self.since.map(|since| {
                json!({"run": since.run.get(), "as_of": since.as_of.to_string(), "series": since.series})
            }),
            "horizon_days": self.horizon_days,
            "moved_by": self.moved_by,
            "wrong_forecasts": self
                .wrong
                .iter()
                .map(|one| wrong_json(one, self.is_newly_wrong(one)))
                .collect::<Vec<Value>>(),
        });
        for change in Change::ALL {
            json[change.as_str()] = of(change).into();
        }
        json
    }
}

/// The outlook to compare with: the one asked for, or that of the run before `run`.
fn chosen(
    records: &[OutlookRecord],
    since: Option<Since>,
    run: RunId,
) -> Result<Option<OutlookRecord>, Error> {
    let kept = || {
        let all: Vec<String> = records
            .iter()
            .map(|record| format!("run {} (as of {})", record.run, record.as_of))
            .collect();
        if all.is_empty() {
            "none yet".to_owned()
        } else {
            all.join(", ")
        }
    };
    let refused = |what: String| Err(Error::Setting(format!("{what}; kept are {}", kept())));
    match since {
        None => Ok(records.iter().copied().find(|record| record.run != run)),
        Some(Since::Run(wanted)) if wanted == run.get() => Err(Error::Setting(format!(
            "run {run} is the one whose outlook stands; kept are {}",
            kept()
        ))),
        Some(Since::Run(wanted)) => {
            match records.iter().find(|record| record.run.get() == wanted) {
                Some(record) => Ok(Some(*record)),
                None => refused(format!("the outlook of run {wanted} is not kept")),
            }
        }
        Some(Since::Day(day)) => {
            let reached = records.iter().filter(|record| record.as_of <= day);
            match reached.max_by_key(|record| (record.as_of, record.run)) {
                Some(record) => Ok(Some(*record)),
                None => refused(format!("no outlook as of {day} or before is kept")),
            }
        }
    }
}

/// What was said of a series, with its threshold where that is another than in the `other` outlook.
fn promised(promise: Option<&Promise>, other: Option<&Promise>) -> String {
    let Some(promise) = promise else {
        return "-".to_owned();
    };
    let said = match (promise.status.as_str(), promise.full_on) {
        ("over", _) => "over".to_owned(),
        (_, Some(day)) => format!("full on {day}"),
        ("no_limit", None) => "no limit".to_owned(),
        ("possible", None) => "possible".to_owned(),
        (_, None) => "not within the horizon".to_owned(),
    };
    match (
        promise.threshold,
        other.and_then(|promise| promise.threshold),
    ) {
        (Some(own), Some(other)) if own.total_cmp(&other).is_ne() => {
            format!("{said} (threshold {own})")
        }
        _ => said,
    }
}

fn promise_json(promise: Option<&Promise>) -> Value {
    promise.map_or(Value::Null, |promise| {
        json!({
            "status": promise.status,
            "full_on": promise.full_on.map(|day| day.to_string()),
            "threshold": promise.threshold,
        })
    })
}

fn change_json(one: &OutlookChange) -> Value {
    json!({
        "host": one.key.host(),
        "resource": one.key.resource(),
        "now": promise_json(one.now.as_ref()),
        "before": promise_json(one.before.as_ref()),
        "days_left": one.days_left,
        "trust": one.trust,
        "acknowledged_until": one.acknowledged_until.map(|day| day.to_string()),
    })
}

fn made_by(one: &WrongForecast) -> String {
    format!("made by run {} as of {}", one.run, one.trained_through)
}

fn wrong_json(one: &WrongForecast, is_new: bool) -> Value {
    json!({
        "host": one.key.host(),
        "resource": one.key.resource(),
        "run": one.run.get(),
        "trained_through": one.trained_through.to_string(),
        "days": one.days,
        "share_outside": one.share_outside,
        "mean_excess": one.mean_excess,
        "is_new": is_new,
        "acknowledged_until": one.acknowledged_until.map(|day| day.to_string()),
        "explained_by": one.explained_by,
    })
}

/// Notes that a series is known about, takes that back, or lists what is.
pub(crate) fn acknowledge(settings: &Settings, flags: AcknowledgeFlags) -> Result<(), Error> {
    let store = settings.open(false)?;
    let reporter = Reporter::new(settings.quiet);
    let (Some(host), Some(resource)) = (flags.host, flags.resource) else {
        return list(settings, &store);
    };
    let key = SeriesKey::new(host, resource);
    if flags.remove {
        if !store.forget_acknowledgement(&key)? {
            return Err(Error::Setting(format!(
                "{key} is not acknowledged; `cargo xtask acknowledge` lists what is"
            )));
        }
        store.finish()?;
        reporter.say(format_args!("{key} is named again"));
        return Ok(());
    }
    let Some(until) = flags.until else {
        return Err(Error::Setting(
            "say until when the series is known about, with --until YYYY-MM-DD, or take it back with --remove"
                .to_owned(),
        ));
    };
    if !store
        .series_findings(Some(key.host()))?
        .iter()
        .any(|series| series.key == key)
    {
        return Err(Error::Setting(format!(
            "no series {key} in the data; `cargo xtask show {}` lists the host's resources",
            key.host()
        )));
    }
    if let Some(run) = store.run_in(Table::CapacityOutlook)?
        && let Some(record) = store.run(run)?
        && until < record.as_of
    {
        return Err(Error::Setting(format!(
            "the outlook is as of {} already, so a series that is known about until {until} would be named all the \
             same; give a later day with --until",
            record.as_of
        )));
    }
    store.acknowledge(&Acknowledgement {
        key: key.clone(),
        until,
        note: flags.note,
    })?;
    store.finish()?;
    reporter.say(format_args!(
        "{key} is not named by `cargo xtask changes` until the data end after {until}"
    ));
    Ok(())
}

fn list(settings: &Settings, store: &Store) -> Result<(), Error> {
    let all = store.acknowledgements()?;
    if settings.json {
        let all: Vec<Value> = all
            .iter()
            .map(|one| {
                json!({
                    "host": one.key.host(),
                    "resource": one.key.resource(),
                    "until": one.until.to_string(),
                    "note": one.note,
                })
            })
            .collect();
        output::line(Value::from(all));
        return Ok(());
    }
    let mut listed = table(&["host", "resource", "until", "note"]);
    for one in &all {
        listed.add_row([
            output::in_one_line(one.key.host()),
            output::in_one_line(one.key.resource()),
            one.until.to_string(),
            output::in_one_line(one.note.as_deref().unwrap_or_default()),
        ]);
    }
    if all.is_empty() {
        output::line("no series is acknowledged");
    } else {
        output::line(listed);
    }
    Ok(())
}
