//! `what-if`: what becomes of outlooks where load or limits are others than they are.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, StringArray};
use arrow::record_batch::RecordBatch;
use fleetcast_core::{Day, EffectiveLimits, SeriesKey, TimeGrid};
use fleetcast_outlook::CapacityOutlook;
use fleetcast_pipeline::{Pipeline, Scenario, WhatIf};
use fleetcast_store::Store;
use serde::{Deserialize, Deserializer};
use wildmatch::WildMatch;

use crate::agenda::hosts_in;
use crate::cli::{GroupFlag, WhatIfFlags, one_or_several};
use crate::error::Error;
use crate::place::Kept;
use crate::progress::Reporter;
use crate::run;
use crate::scratch::Scratch;
use crate::settings::Settings;
use crate::text_table::table;

/// Series that are printed of a scenario unless asked otherwise.
const SHOWN: usize = 20;

/// A change in percent: `+20`, `-10 %`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Percent(f64);

impl Percent {
    fn factor(self) -> f64 {
        1.0 + self.0 / 100.0
    }
}

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.trim().trim_end_matches('%').trim_end();
        match number.parse::<f64>() {
            Ok(percent) if percent.is_finite() && percent > -100.0 => Ok(Self(percent)),
            _ => Err("write a change in percent above -100, such as +20 or -10".to_owned()),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+} %", self.0)
    }
}

/// A scenario as somebody writes it: on the command line, or in a file under `[[scenario]]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Described {
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "one_or_several")]
    pub(crate) host: Vec<String>,
    #[serde(default, deserialize_with = "from_any")]
    pub(crate) group: Option<GroupFlag>,
    #[serde(default, deserialize_with = "one_or_several")]
    pub(crate) resource: Vec<String>,
    #[serde(default, deserialize_with = "from_any")]
    pub(crate) from: Option<Day>,
    #[serde(default, deserialize_with = "from_any")]
    pub(crate) load: Option<Percent>,
    #[serde(default, deserialize_with = "from_any")]
    pub(crate) growth: Option<Percent>,
    #[serde(default, deserialize_with = "from_any")]
    pub(crate) capacity: Option<Percent>,
    #[serde(default)]
    pub(crate) threshold: Option<f64>,
    #[serde(default, deserialize_with = "one_or_several")]
    pub(crate) remove: Vec<String>,
    #[serde(default)]
    pub(crate) add: u32,
}

/// The file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScenarioFile {
    #[serde(default)]
    scenario: Vec<Described>,
}

/// A value that a file may have as a number, a date or a text.
fn from_any<'de, D: Deserializer<'de>, T: FromStr<Err: fmt::Display>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

impl Described {
    /// What it is about, in words.
    fn in_words(&self, from: Day) -> String {
        let mut parts = Vec::new();
        if let Some(load) = self.load {
            parts.push(format!("load {load}"));
        }
        if let Some(growth) = self.growth {
            parts.push(format!("growth {growth} a year"));
        }
        if let Some(capacity) = self.capacity {
            parts.push(format!("capacity {capacity}"));
        }
        if let Some(threshold) = self.threshold {
            parts.push(format!("threshold {threshold}"));
        }
        if !self.remove.is_empty() {
            parts.push(format!("without {}", self.remove.join(", ")));
        }
        if self.add > 0 {
            parts.push(format!("{} hosts more", self.add));
        }
        format!("{} from {from} on", parts.join(", "))
    }

    fn is_empty(&self) -> bool {
        let is_same = self.load.is_none() && self.growth.is_none() && self.capacity.is_none();
        is_same && self.threshold.is_none() && self.remove.is_empty() && self.add == 0
    }

    /// The scenario, among the series there are; `hosts_of_group` are those of its group, where it names one.
    fn among(
        &self,
        name: &str,
        series: &[SeriesKey],
        hosts_of_group: Option<&HashSet<String>>,
        days: TimeGrid,
    ) -> Result<Scenario, Error> {
        let wrong = |what: String| Error::Setting(format!("scenario {name}: {what}"));
        if self.is_empty() {
            return Err(wrong(
                "nothing is another than it is; say load, growth, capacity, threshold, remove or add".to_owned(),
            ));
        }
        if self
            .threshold
            .is_some_and(|threshold| !threshold.is_finite())
        {
            return Err(wrong("a threshold is a number".to_owned()));
        }
        if let Some(from) = self.from.filter(|from| *from > days.last()) {
            return Err(wrong(format!(
                "{from} is after {}, the last day that is forecast",
                days.last()
            )));
        }
        let patterns = |texts: &[String]| -> Vec<WildMatch> {
            texts.iter().map(|text| WildMatch::new(text)).collect()
        };
        let (hosts, resources) = (patterns(&self.host), patterns(&self.resource));
        let matches = |patterns: &[WildMatch], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(text))
        };
        let affected: BTreeSet<SeriesKey> = series
            .iter()
            .filter(|key| matches(&hosts, key.host()) && matches(&resources, key.resource()))
            .filter(|key| hosts_of_group.is_none_or(|hosts| hosts.contains(key.host())))
            .cloned()
            .collect();
        let unmatched = |texts: &[String], of: fn(&SeriesKey) -> &str| -> Option<String> {
            let is_there = |text: &String| {
                let pattern = WildMatch::new(text);
                series.iter().any(|key| pattern.matches(of(key)))
            };
            texts.iter().find(|text| !is_there(text)).cloned()
        };
        let (host, resource) = (
            unmatched(&self.host, SeriesKey::host),
            unmatched(&self.resource, SeriesKey::resource),
        );
        if let Some((what, name)) = host
            .map(|name| ("host", name))
            .or(resource.map(|name| ("resource", name)))
        {
            return Err(wrong(format!(
                "no {what} is called {name}; * stands for anything in a name"
            )));
        }
        if affected.is_empty() {
            let group = self.group.as_ref();
            let group = group.map_or_else(String::new, |group| format!(", group {group}"));
            return Err(wrong(format!(
                "no series is all of this: host {}, resource {}{group}",
                or_any(&self.host),
                or_any(&self.resource)
            )));
        }
        for text in &self.remove {
            let pattern = WildMatch::new(text);
            if !affected.iter().any(|key| pattern.matches(key.host())) {
                return Err(wrong(format!(
                    "no host {text} is among its series, and so none can go"
                )));
            }
        }
        let going = patterns(&self.remove);
        let goes = |key: &&SeriesKey| !going.is_empty() && matches(&going, key.host());
        let factor = |percent: Option<Percent>| percent.map_or(1.0, Percent::factor);
        Ok(Scenario {
            removed: affected.iter().filter(goes).cloned().collect(),
            series: affected,
            from: self.from.unwrap_or(days.first()).max(days.first()),
            load: factor(self.load),
            growth: factor(self.growth),
            capacity: factor(self.capacity),
            threshold: self.threshold,
            added: self.add,
        })
    }
}

fn or_any(texts: &[String]) -> String {
    if texts.is_empty() {
        "any".to_owned()
    } else {
        texts.join(" or ")
    }
}

/// Answers the scenarios of a file, or of the command line.
pub(crate) fn what_if(settings: &Settings, flags: &WhatIfFlags) -> Result<(), Error> {
    if settings.json {
        return Err(Error::Setting(
            "what-if prints no JSON; --to answers.json writes it".to_owned(),
        ));
    }
    let reporter = Reporter::new(settings.quiet);
    let described = match &flags.file {
        Some(file) => read(file)?,
        None => vec![flags.described()],
    };
    let scratch = Scratch::new(include_str!("../sql/what_if_tables.sql"))?;
    let kept = Kept {
        database: Some(settings.db.clone()),
        inputs: flags.file.clone().into_iter().collect(),
    };
    let place = flags.to.as_deref();
    let place = place
        .map(|path| scratch.place("what_if", path, &kept, settings.on_foreign()))
        .transpose()?;
    let store = settings.open(false)?;
    let shown = flags.lines.unwrap_or(SHOWN);
    run::over_pipeline(settings, &store, |pipeline| {
        answer(pipeline, &store, &described, &scratch, shown, reporter)
    })?;
    if let Some((path, place)) = flags.to.as_ref().zip(place) {
        scratch.write(&place)?;
        reporter.say(format_args!("answers written to {}", path.display()));
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<Described>, Error> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| Error::Setting(format!("cannot read {}: {source}", file.display())))?;
    let read: ScenarioFile = toml::from_str(&text).map_err(|error| {
        let line = error
            .span()
            .map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        let cause = error.message().replace('\n', ", ");
        Error::Setting(format!("{} (line {line}): {cause}", file.display()))
    })?;
    if read.scenario.is_empty() {
        return Err(Error::Setting(format!(
            "{} has no scenario; write each under [[scenario]]",
            file.display()
        )));
    }
    Ok(read.scenario)
}

fn answer(
    pipeline: &Pipeline<'_>,
    store: &Store,
    described: &[Described],
    scratch: &Scratch,
    shown: usize,
    reporter: Reporter,
) -> Result<(), Error> {
    let days = pipeline.split().future();
    let name = |place: usize| {
        let given = described[place].name.clone();
        given.unwrap_or_else(|| (place + 1).to_string())
    };
    let scenarios = described.iter().enumerate();
    let scenarios: Vec<Scenario> = scenarios
        .map(|(place, one)| {
            let group = one.group.as_ref();
            let hosts = group.map(|group| hosts_in(store, group)).transpose()?;
            one.among(&name(place), pipeline.series(), hosts.as_ref(), days)
        })
        .collect::<Result<_, _>>()?;
    let answers = pipeline.what_if(&scenarios)?;
    for (place, rows) in answers.iter().enumerate() {
        let name = name(place);
        scratch.append("what_if", batch(&name, rows)?)?;
        let words = described[place].in_words(scenarios[place].from);
        print(
            scratch,
            &name,
            (&words, described[place].add),
            shown,
            reporter,
        )?;
    }
    Ok(())
}

fn print(
    scratch: &Scratch,
    name: &str,
    (words, added): (&str, u32),
    shown: usize,
    reporter: Reporter,
) -> Result<(), Error> {
    let sql = include_str!("../sql/what_if_counts.sql");
    let counts: Vec<(String, u64)> =
        scratch.rows(sql, [name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let counted: Vec<String> = counts
        .iter()
        .map(|(change, series)| format!("{series} {change}"))
        .collect();
    let all: u64 = counts.iter().map(|(_, series)| series).sum();
    reporter.say(format_args!(
        "scenario {name}: {words}, {all} series: {}",
        counted.join(", ")
    ));
    let sql = include_str!("../sql/what_if_orders.sql");
    let orders: Vec<String> = scratch.rows(sql, [name], |row| {
        let (resource, today, then): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(format!("{resource} {today}, then {then}"))
    })?;
    if !orders.is_empty() {
        reporter.say(format_args!("to order: {}", orders.join("; ")));
    }
    if added > 0 {
        reporter.say(format_args!(
            "hosts that come are none of these series: each takes as much load as the others on average, and what is to \
             order for it is not counted"
        ));
    }
    let headings = [
        "change",
        "host",
        "resource",
        "today",
        "then",
        "to order",
        "then to order",
        "trust",
    ];
    let mut named = table(&headings);
    let sql = include_str!("../sql/what_if_rows.sql");
    let params = duckdb::params![name, shown as u64];
    let rows: Vec<Vec<String>> = scratch.rows(sql, params, |row| {
        (0..headings.len()).map(|cell| row.get(cell)).collect()
    })?;
    if !rows.is_empty() {
        for row in rows {
            named.add_row(row);
        }
        reporter.say(named);
    }
    Ok(())
}

/// An outlook, and the limits it is of.
type Side = (CapacityOutlook, EffectiveLimits);

fn batch(scenario: &str, rows: &[WhatIf]) -> Result<RecordBatch, Error> {
    let text = |of: fn(&WhatIf) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let mut columns: Vec<(String, ArrayRef)> = vec![
        (
            "scenario".to_owned(),
            Arc::new(StringArray::from(vec![scenario; rows.len()])),
        ),
        ("host".to_owned(), text(|row| Some(row.key.host()))),
        ("resource".to_owned(), text(|row| Some(row.key.resource()))),
        ("trust".to_owned(), text(|row| Some(row.trust))),
    ];
    let today = |row: &WhatIf| Some((row.today.clone(), row.limits));
    let then = |row: &WhatIf| Some((row.then.clone()?, row.limits_then));
    let sides: [(&str, Vec<Option<Side>>); 2] = [
        ("", rows.iter().map(today).collect()),
        ("then_", rows.iter().map(then).collect()),
    ];
    for (prefix, side) in sides {
        let number = |of: fn(&Side) -> Option<f64>| -> ArrayRef {
            let values = side.iter().map(|side| side.as_ref().and_then(of));
            Arc::new(values.collect::<Float64Array>())
        };
        let day = |of: fn(&Side) -> Option<Day>| -> ArrayRef {
            let days = side
                .iter()
                .map(|side| side.as_ref().and_then(of).map(Day::epoch_days));
            Arc::new(days.collect::<Date32Array>())
        };
        let status = side
            .iter()
            .map(|side| side.as_ref().map(|(outlook, _)| outlook.status.as_str()));
        let status: ArrayRef = Arc::new(status.collect::<StringArray>());
        let all: [(&str, ArrayRef); 8] = [
            ("status", status),
            ("p_full", number(|(outlook, _)| outlook.p_full)),
            ("full_on", day(|(outlook, _)| outlook.full_on)),
            (
                "full_on_earliest",
                day(|(outlook, _)| outlook.full_on_earliest),
            ),
            ("demand_p90", number(|(outlook, _)| outlook.demand_p90)),
            ("threshold", number(|(_, limits)| limits.threshold)),
            ("capacity", number(|(_, limits)| limits.capacity)),
            ("to_order", number(|(outlook, _)| outlook.to_order)),
        ];
        columns.extend(
            all.into_iter()
                .map(|(name, column)| (format!("{prefix}{name}"), column)),
        );
    }
    Ok(RecordBatch::try_from_iter(columns)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_written_as_people_write_them() {
        for (text, factor) in [("+20", 1.2), ("-10 %", 0.9), ("5%", 1.05), ("0", 1.0)] {
            assert!((text.parse::<Percent>().unwrap().factor() - factor).abs() < 1e-12);
        }
        for text in ["", "much", "-100", "inf"] {
            assert!(text.parse::<Percent>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_holds_scenarios() {
        let file: ScenarioFile = toml::from_str(
            "[[scenario]]
             name = 'sale'
             host = 'web-*'
             resource = ['cpu', 'memory']
             from = 2026-03-01
             load = '+20 %'
             growth = 5
             [[scenario]]
             remove = ['web-0001']
             add = 2",
        )
        .unwrap();
        let [sale, fewer] = &file.scenario[..] else {
            panic!("two scenarios");
        };
        assert_eq!(sale.from, "2026-03-01".parse().ok());
        assert_eq!(
            (sale.load, sale.growth),
            (Some(Percent(20.0)), Some(Percent(5.0)))
        );
        let key = |host: &str, resource: &str| SeriesKey::new(host, resource);
        let series = [
            key("web-0001", "cpu"),
            key("web-0001", "disk"),
            key("web-0002", "cpu"),
            key("db-0001", "cpu"),
            key("db-0001", "memory"),
        ];
        let first: Day = "2026-01-01".parse().unwrap();
        let days = TimeGrid::new(first, 180);
        let found = sale.among("sale", &series, None, days).unwrap();
        assert_eq!(found.series.len(), 2);
        assert!(found.removed.is_empty());
        let found = fewer.among("2", &series, None, days).unwrap();
        assert_eq!(
            (found.series.len(), found.removed.len(), found.from),
            (5, 2, first)
        );
        let unknown = Described {
            host: vec!["nobody".to_owned()],
            ..sale.clone()
        };
        let refused = unknown
            .among("sale", &series, None, days)
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with("scenario sale: no host is called nobody"),
            "{refused}"
        );
        let nothing = Described::default()
            .among("1", &series, None, days)
            .unwrap_err();
        assert!(
            nothing
                .to_string()
                .contains("nothing is another than it is")
        );
        assert!(toml::from_str::<ScenarioFile>("[[scenario]]\nlaod = 3").is_err());
    }
}
