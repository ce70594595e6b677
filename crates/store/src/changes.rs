//! What is another than in an earlier run, and what somebody knows of already.

use duckdb::{Row, params};
use fleetcast_core::{Day, SeriesKey};

use crate::date::Date;
use crate::results::key;
use crate::{Error, RunId, Store};

/// An outlook of an earlier run that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutlookRecord {
    /// The run.
    pub run: RunId,
    /// The last day of its data.
    pub as_of: Day,
    /// The series it names.
    pub series: u64,
}

/// How a series' outlook is another than it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It is full or will be within the horizon, which was not said of it.
    NewlyFull,
    /// It was to be full within the horizon, and is.
    FilledUp,
    /// It was full or to be full within the horizon, and is neither.
    NoLongerFull,
    /// The day on which it will be full is another.
    Moved,
    /// It has an outlook, and had none.
    New,
    /// It had an outlook, and has none.
    Vanished,
}

impl Change {
    /// Every change, the most urgent first.
    pub const ALL: [Self; 6] = [
        Self::NewlyFull,
        Self::FilledUp,
        Self::Moved,
        Self::NoLongerFull,
        Self::Vanished,
        Self::New,
    ];

    /// Returns the name it has in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewlyFull => "newly_full",
            Self::FilledUp => "filled_up",
            Self::NoLongerFull => "no_longer_full",
            Self::Moved => "moved",
            Self::New => "new",
            Self::Vanished => "vanished",
        }
    }
}

/// A series' outlook as one run saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    /// The status.
    pub status: String,
    /// The day on which it is full.
    pub full_on: Option<Day>,
    /// The threshold, in its own unit.
    pub threshold: Option<f64>,
}

/// A series whose outlook is another than it was.
#[derive(Debug, Clone, PartialEq)]
pub struct OutlookChange {
    /// The series.
    pub key: SeriesKey,
    /// How.
    pub change: Change,
    /// What is said of it now; `None` where it has vanished.
    pub now: Option<Promise>,
    /// What was said of it; `None` where it is new.
    pub before: Option<Promise>,
    /// Days from the last day of data until it is full.
    pub days_left: Option<i32>,
    /// How far its forecast can be trusted.
    pub trust: Option<String>,
    /// The last day up to which somebody knows about it.
    pub acknowledged_until: Option<Day>,
}

/// A series whose forecast turned out wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongForecast {
    /// The series.
    pub key: SeriesKey,
    /// The run that made the forecast.
    pub run: RunId,
    /// The last day that run had seen.
    pub trained_through: Day,
    /// Days that were held against it.
    pub days: u64,
    /// The share of them outside the 95 % interval, 0 to 1.
    pub share_outside: f64,
    /// How far they lay above the forecast, on average, in the series' unit.
    pub mean_excess: f64,
    /// The last day up to which somebody knows about it.
    pub acknowledged_until: Option<Day>,
    /// What the last run saw that explains it, in words: a shift of the level, or growth that began. Its forecast goes on
    /// from there.
    pub explained_by: Option<String>,
}

/// A series that somebody knows about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The series.
    pub key: SeriesKey,
    /// The last day of data up to which it is not named.
    pub until: Day,
    /// What that person has to say.
    pub note: Option<String>,
}

fn day(row: &Row<'_>, column: usize) -> duckdb::Result<Option<Day>> {
    let day: Option<Date> = row.get(column)?;
    Ok(day.map(|Date(day)| day))
}

impl Store {
    /// Returns the outlooks of earlier runs that are kept, the newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn outlook_records(&self) -> Result<Vec<OutlookRecord>, Error> {
        let sql = include_str!("../sql/outlook_records.sql");
        self.rows("listing the outlooks that are kept", sql, [], |row| {
            let Date(as_of) = row.get(1)?;
            Ok(OutlookRecord {
                run: RunId::read(row, 0)?,
                as_of,
                series: row.get(2)?,
            })
        })
    }

    /// Returns the series whose outlook is another than in the run `since`, or whose day moved by more than
    /// `moved_by` days, the most urgent first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn outlook_changes(
        &self,
        since: RunId,
        moved_by: u32,
    ) -> Result<Vec<OutlookChange>, Error> {
        let sql = include_str!("../sql/outlook_changes.sql");
        let named = params![since.get(), moved_by];
        let rows = self.rows("comparing outlooks", sql, named, |row| {
            let name: String = row.get(2)?;
            let change = Change::ALL
                .into_iter()
                .find(|change| change.as_str() == name);
            let (status, before): (Option<String>, Option<String>) = (row.get(3)?, row.get(8)?);
            let promise = |status: Option<String>, full_on, threshold| -> duckdb::Result<_> {
                let Some(status) = status else {
                    return Ok(None);
                };
                Ok(Some(Promise {
                    status,
                    full_on: day(row, full_on)?,
                    threshold: row.get(threshold)?,
                }))
            };
            // Every name the statement gives is one of these.
            let Some(change) = change else {
                return Ok(None);
            };
            Ok(Some(OutlookChange {
                key: key(row)?,
                change,
                now: promise(status, 4, 6)?,
                before: promise(before, 9, 10)?,
                days_left: row.get(5)?,
                trust: row.get(7)?,
                acknowledged_until: day(row, 11)?,
            }))
        })?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Returns the series whose forecast turned out wrong by the days up to `as_of`, the worst first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn wrong_forecasts(&self, as_of: Day) -> Result<Vec<WrongForecast>, Error> {
        let sql = include_str!("../sql/wrong_forecasts.sql");
        let named = params![Date(as_of)];
        self.rows("holding forecasts against the data", sql, named, |row| {
            let Date(trained_through) = row.get(3)?;
            Ok(WrongForecast {
                key: key(row)?,
                run: RunId::read(row, 2)?,
                trained_through,
                days: row.get(4)?,
                share_outside: row.get(5)?,
                mean_excess: row.get(6)?,
                acknowledged_until: day(row, 7)?,
                explained_by: row.get(8)?,
            })
        })
    }

    /// Notes that somebody knows about a series up to a day of data, in the place of what was noted of it; without a
    /// note, the earlier one stays.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn acknowledge(&self, what: &Acknowledgement) -> Result<(), Error> {
        self.connection
            .execute(
                "INSERT INTO acknowledged VALUES (?, ?, ?, ?)
                 ON CONFLICT DO UPDATE SET until = excluded.until, note = coalesce(excluded.note, acknowledged.note)",
                params![
                    what.key.host(),
                    what.key.resource(),
                    Date(what.until),
                    what.note
                ],
            )
            .map(drop)
            .map_err(Error::while_doing("acknowledging a series"))
    }

    /// Takes back what was noted of a series; returns whether there was anything.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn forget_acknowledgement(&self, key: &SeriesKey) -> Result<bool, Error> {
        self.connection
            .execute(
                "DELETE FROM acknowledged WHERE host = ? AND resource = ?",
                [key.host(), key.resource()],
            )
            .map(|rows| rows > 0)
            .map_err(Error::while_doing("taking an acknowledgement back"))
    }

    /// Returns every acknowledgement, in key order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn acknowledgements(&self) -> Result<Vec<Acknowledgement>, Error> {
        let sql = "SELECT host, resource, until, note FROM acknowledged ORDER BY host, resource";
        self.rows("reading acknowledgements", sql, [], |row| {
            let Date(until) = row.get(2)?;
            Ok(Acknowledgement {
                key: key(row)?,
                until,
                note: row.get(3)?,
            })
        })
    }
}
