//! Days on which something is known to happen.

use std::path::Path;

use duckdb::params;
use fleetcast_core::batches::Columns;
use fleetcast_core::{Day, Event};

use crate::date::Date;
use crate::{Error, Others, Store};

/// A row of `events`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventRow {
    /// The day.
    pub day: Day,
    /// The name of what happens.
    pub name: String,
    /// The host that it happens to.
    pub host: Option<String>,
    /// The group whose hosts it happens to, `KEY=VALUE`.
    pub group: Option<String>,
}

/// The days of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSummary {
    /// The name of what happens.
    pub name: String,
    /// The host or group that it happens to; `None` for all hosts.
    pub whose: Option<String>,
    /// The number of its days.
    pub days: u64,
    /// The first of them.
    pub first: Day,
    /// The latest one of the past.
    pub latest: Option<Day>,
    /// The next one.
    pub next: Option<Day>,
}

/// A day on which many series of a resource were low, or high, together.
#[derive(Debug, Clone, PartialEq)]
pub struct CommonDay {
    /// The resource.
    pub resource: String,
    /// The day.
    pub day: Day,
    /// The number of series that were looked at.
    pub series: u64,
    /// The share of them that were, 0 to 1.
    pub share: f64,
    /// The median change against the usual value, as a share of it.
    pub change: Option<f64>,
    /// The events of that day, where somebody has named one.
    pub names: Option<String>,
}

impl Store {
    /// Returns every event by the hosts that it concerns: those of a group are of the hosts that have its value now.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn events(&self) -> Result<Vec<Event>, Error> {
        let sql = include_str!("../sql/read_events.sql");
        self.rows("reading events", sql, [], |row| {
            let Date(day) = row.get(0)?;
            Ok(Event {
                day,
                name: row.get(1)?,
                host: row.get(2)?,
            })
        })
    }

    /// Reads events of a CSV, TSV, Parquet or JSON file with the columns ds and name, and host or group where they concern
    /// some hosts alone.
    ///
    /// # Errors
    ///
    /// [`Error::Import`] where the file cannot be read, has no such columns, or a row says no day; it names the row.
    pub fn read_events_file(&self, path: &Path) -> Result<Vec<EventRow>, Error> {
        let refuse = |cause: String| Error::Import {
            path: path.to_owned(),
            cause,
        };
        let (columns, rows) = self.read_texts(path)?;
        let places = ["ds", "name", "host", "group"].map(|wanted| {
            let mut names = columns.iter();
            names.position(|name| name.trim().eq_ignore_ascii_case(wanted))
        });
        for (place, wanted) in places.iter().zip(["ds", "name"]) {
            if place.is_none() {
                return Err(refuse(format!(
                    "it has no column `{wanted}`, only {}; give ds and name, and host or group where an event concerns some \
                     hosts alone",
                    columns.join(", ")
                )));
            }
        }
        let known = |place: usize| places.contains(&Some(place));
        if let Some((_, other)) = columns.iter().enumerate().find(|(place, _)| !known(*place)) {
            return Err(refuse(format!(
                "its column `{other}` says nothing of events; leave it out, or call it ds, name, host or group"
            )));
        }
        let events = rows.into_iter().enumerate();
        events
            .map(|(place, row)| {
                let texts = places.map(|column| row.get(column?)?.clone());
                event_of(texts).map_err(|cause| refuse(format!("row {}: {cause}", place + 1)))
            })
            .collect()
    }

    /// Adds events, each once.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses; nothing is changed then.
    pub fn set_events(&self, events: &[EventRow], others: Others) -> Result<(), Error> {
        const ACTION: &str = "setting events";
        let setting = Error::while_doing(ACTION);
        let mut columns = Columns::default();
        columns.day("ds", events.iter().map(|one| Some(one.day)));
        columns.text("name", events.iter().map(|one| Some(one.name.as_str())));
        columns.text("host", events.iter().map(|one| one.host.as_deref()));
        columns.text("group", events.iter().map(|one| one.group.as_deref()));
        let batch = columns
            .finish()
            .map_err(|error| Error::columns(ACTION, error))?;
        self.in_one_transaction(ACTION, || {
            if others == Others::Remove {
                self.connection
                    .execute_batch("DELETE FROM events")
                    .map_err(setting)?;
            }
            self.append_to("events", batch)?;
            self.connection
                .execute_batch(include_str!("../sql/distinct_events.sql"))
                .map_err(setting)
        })
    }

    /// Returns the hosts that events are said of and that have no data, and the groups that no host has.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn events_of_nobody(&self) -> Result<Vec<String>, Error> {
        let with_data = if self.has_table("processed_data")? {
            "SELECT host::VARCHAR FROM processed_data WHERE host IS NOT NULL"
        } else {
            "SELECT NULL::VARCHAR WHERE false"
        };
        let sql = include_str!("../sql/events_of_nobody.sql").replace("{hosts}", with_data);
        self.rows("looking for whose events are", &sql, [], |row| row.get(0))
    }

    /// Returns the days of every event, of which those after `as_of` are to come.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn event_summaries(&self, as_of: Day) -> Result<Vec<EventSummary>, Error> {
        let sql = include_str!("../sql/event_summary.sql");
        self.rows("listing events", sql, params![Date(as_of)], |row| {
            let Date(first) = row.get(3)?;
            let (latest, next): (Option<Date>, Option<Date>) = (row.get(4)?, row.get(5)?);
            Ok(EventSummary {
                name: row.get(0)?,
                whose: row.get(1)?,
                days: row.get(2)?,
                first,
                latest: latest.map(|Date(day)| day),
                next: next.map(|Date(day)| day),
            })
        })
    }

    /// Returns the days up to `as_of` on which many series of a resource were low, or high, together, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn common_days(&self, as_of: Day) -> Result<Vec<CommonDay>, Error> {
        let sql = include_str!("../sql/common_days.sql");
        self.rows(
            "looking for common days",
            sql,
            params![Date(as_of)],
            |row| {
                let Date(day) = row.get(1)?;
                Ok(CommonDay {
                    resource: row.get(0)?,
                    day,
                    series: row.get(2)?,
                    share: row.get(3)?,
                    change: row.get(4)?,
                    names: row.get(5)?,
                })
            },
        )
    }
}

fn event_of([day, name, host, group]: [Option<String>; 4]) -> Result<EventRow, String> {
    let Some(day) = day else {
        return Err("it has nothing in the column `ds`; every event has a day".to_owned());
    };
    let Ok(day) = day.parse() else {
        return Err(format!(
            "`{day}` in the column `ds` is no day such as 2025-12-31"
        ));
    };
    let Some(name) = name else {
        return Err("it has nothing in the column `name`; every event has one".to_owned());
    };
    if host.is_some() && group.is_some() {
        return Err("it has a host and a group; give one of them".to_owned());
    }
    if let Some(group) = group.as_ref().filter(|group| !group.contains('=')) {
        return Err(format!("`{group}` is no group such as site=Berlin"));
    }
    Ok(EventRow {
        day,
        name,
        host,
        group,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_event_is_said() {
        let event = |texts: [&str; 4]| {
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            event_of(texts.map(text))
        };
        assert!(event(["2025-12-01", "sale", "", "site=Berlin"]).is_ok());
        for (texts, expected) in [
            (["", "sale", "", ""], "nothing in the column `ds`"),
            (
                ["01.12.2025", "sale", "", ""],
                "`01.12.2025` in the column `ds` is no day",
            ),
            (["2025-12-01", "", "", ""], "nothing in the column `name`"),
            (["2025-12-01", "sale", "a", "site=x"], "a host and a group"),
            (["2025-12-01", "sale", "", "Berlin"], "`Berlin` is no group"),
        ] {
            let cause = event(texts).unwrap_err();
            assert!(cause.contains(expected), "{cause}");
        }
    }
}
