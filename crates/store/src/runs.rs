//! The record of runs.

use std::fmt;

use duckdb::{OptionalExt, params};
use fleetcast_core::{Day, Stage};
use serde_json::Value;

use crate::date::Date;
use crate::{Error, Store};

/// The number of a run, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(i64);

impl RunId {
    /// The number.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }

    /// The number that stands in a column of a row.
    pub(crate) fn read(row: &duckdb::Row<'_>, column: usize) -> duckdb::Result<Self> {
        row.get(column).map(Self)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a run ended, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Some stages are still to come.
    Running,
    /// All four stages are done.
    Complete,
    /// A stage failed.
    Failed,
}

impl RunStatus {
    /// The name in `runs`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Failed => "failed",
        }
    }
}

/// What must be the same for two stages to belong to one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunIdentity {
    /// The last day of data.
    pub as_of: Day,
    /// The settings results depend on: `forecast` for all stages, and a section each for what only
    /// one stage goes by (`prophet`, `challenger`, `judge`, and `write` with `outlook`).
    pub config: Value,
    /// [`crate::DataSummary::fingerprint`].
    pub data_fingerprint: String,
    /// The version of fleetcast.
    pub version: &'static str,
    /// How many series there are.
    pub series: usize,
}

/// A stage that is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StageRecord {
    /// Which.
    pub stage: Stage,
    /// Rows it made.
    pub rows: u64,
    /// How long it took.
    pub seconds: f64,
    /// Series whose forecasts are those of an earlier run; `None` of a stage that reuses nothing.
    pub reused: Option<u64>,
}

/// One row of `runs`.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// The number.
    pub id: RunId,
    /// When it began, in UTC, as `2025-12-31 23:59:59`.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// `running`, `complete`, `failed` or `interrupted`.
    pub status: String,
    /// The last day of data.
    pub as_of: Day,
    /// The settings.
    pub config: Value,
    /// The data's fingerprint.
    pub data_fingerprint: String,
    /// The version that ran.
    pub version: String,
    /// How many series there were.
    pub series: u64,
    /// The stages that are done, in their order.
    pub stages: Vec<StageRecord>,
    /// Why it failed, where the run itself decided so; such a run is not taken up again.
    pub reason: Option<String>,
}

impl RunRecord {
    /// Whether the stage is done.
    #[must_use]
    pub fn has_done(&self, stage: Stage) -> bool {
        self.stages.iter().any(|done| done.stage == stage)
    }

    /// Whether it was left before its last stage was done, and can be taken up again.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.status != RunStatus::Complete.as_str() && self.reason.is_none()
    }

    /// What keeps the stages this run has done from being of `identity`, in words ("the data
    /// changed"), or `None` where nothing does: data, version, and every setting.
    #[must_use]
    pub fn difference(&self, identity: &RunIdentity) -> Option<String> {
        self.difference_of_data(identity)
            .or_else(|| different_setting("", &self.config, &identity.config))
    }

    /// Does so for a stage that would join this run: settings that only it, stages that read its
    /// tables, or stages yet to be done go by may be others.
    #[must_use]
    pub fn difference_before(&self, stage: Stage, identity: &RunIdentity) -> Option<String> {
        let redone = redone_with(stage);
        let kept = RUN_STAGES
            .into_iter()
            .filter(|done| self.has_done(*done) && !redone.contains(done))
            .map(Stage::as_str);
        self.difference_of_data(identity).or_else(|| {
            std::iter::once("forecast").chain(kept).find_map(|section| {
                let (then, now) = (&self.config[section], &identity.config[section]);
                different_setting(section, then, now)
            })
        })
    }

    /// Returns the day by whose data the engines' settings of this run were chosen, where it kept that for later runs.
    #[must_use]
    pub fn chosen_as_of(&self) -> Option<Day> {
        self.config["forecast"][CHOSEN_AS_OF].as_str()?.parse().ok()
    }

    /// What keeps engines' settings that this run chose from being those of another run, in words ("the version was 0.1"), or `None` where
    /// nothing does: the version, and what engines go by. For how long a choice is kept may differ.
    #[must_use]
    pub fn difference_of_choice(&self, version: &str, config: &Value) -> Option<String> {
        if self.version != version {
            return Some(format!("the version was {}", self.version));
        }
        let engines = RUN_STAGES.into_iter().filter(|stage| stage.is_of_engine());
        let sections = std::iter::once("forecast").chain(engines.map(Stage::as_str));
        sections.into_iter().find_map(|section| {
            let [then, now] = [&self.config, config].map(|config| {
                let mut of_section = config[section].clone();
                if let Some(settings) = of_section.as_object_mut() {
                    settings.remove(CHOSEN_AS_OF);
                    settings.remove(SELECT_EVERY);
                }
                of_section
            });
            different_setting(section, &then, &now)
        })
    }

    fn difference_of_data(&self, identity: &RunIdentity) -> Option<String> {
        if self.data_fingerprint != identity.data_fingerprint {
            return Some("the data changed".to_owned());
        }
        if self.as_of != identity.as_of {
            return Some(format!("the last day was {}", self.as_of));
        }
        (self.version != identity.version).then(|| format!("the version was {}", self.version))
    }
}

/// The setting that says by whose day's data engines' settings were chosen, in the section `forecast` of `runs.config`; nobody gives it.
pub const CHOSEN_AS_OF: &str = "chosen_as_of";

/// The setting that says for how many days such a choice is kept, in the same section.
pub const SELECT_EVERY: &str = "select_every";

/// What is another of the days that something is known to happen on, whose fingerprint says nothing to anybody.
fn different_calendar(then: &Value, now: &Value) -> Option<String> {
    let places = |calendar: &Value| {
        let places = calendar["holidays"].as_array().into_iter().flatten();
        let places: Vec<&str> = places.filter_map(Value::as_str).collect();
        if places.is_empty() {
            "not set".to_owned()
        } else {
            places.join(",")
        }
    };
    if then == now {
        return None;
    }
    let (before, after) = (places(then), places(now));
    Some(if before == after {
        "days of events were others, or hosts of their groups".to_owned()
    } else {
        format!("--holidays was {before}, is {after}")
    })
}

/// The first setting that is another: `judge.metric was mape, is wape`.
fn different_setting(name: &str, then: &Value, now: &Value) -> Option<String> {
    if name == "forecast.calendar" {
        return different_calendar(then, now);
    }
    // A section that is not there has no settings.
    let (nothing, is_null) = (serde_json::Map::new(), then.is_null() && now.is_null());
    let sections = [then, now].map(|value| match value {
        Value::Object(settings) => Some(settings),
        Value::Null if !is_null => Some(&nothing),
        _ => None,
    });
    if let [Some(then), Some(now)] = sections {
        // Which day it was follows from how long a choice is kept.
        let is_told =
            |key: &&String| *key != CHOSEN_AS_OF || then.get(SELECT_EVERY) == now.get(SELECT_EVERY);
        let keys = then.keys().chain(now.keys()).filter(is_told);
        return keys.into_iter().find_map(|key| {
            let name = if name.is_empty() {
                key.clone()
            } else {
                format!("{name}.{key}")
            };
            let value =
                |of: &serde_json::Map<String, Value>| of.get(key).cloned().unwrap_or_default();
            different_setting(&name, &value(then), &value(now))
        });
    }
    (then != now).then(|| format!("{name} was {}, is {}", in_words(then), in_words(now)))
}

fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "not set".to_owned(),
        other => other.to_string(),
    }
}

/// The stages of a run, in their order; that of XGBoost only where it stands beside the challenger.
pub const RUN_STAGES: [Stage; 5] = [
    Stage::Prophet,
    Stage::Challenger,
    Stage::Xgboost,
    Stage::Judge,
    Stage::Write,
];

/// The stage itself and those that read its tables.
fn redone_with(stage: Stage) -> &'static [Stage] {
    match stage {
        Stage::Prophet => &[Stage::Prophet, Stage::Judge, Stage::Write],
        Stage::Challenger => &[Stage::Challenger, Stage::Judge, Stage::Write],
        Stage::Xgboost => &[Stage::Xgboost, Stage::Judge, Stage::Write],
        Stage::Judge => &[Stage::Judge, Stage::Write],
        Stage::Write => &[Stage::Write],
        // Read by every engine, and no stage of its own.
        Stage::Data => &RUN_STAGES,
    }
}

impl Store {
    /// Begins a run at `now` (microseconds since 1970-01-01, UTC). A run that was left unfinished
    /// is marked as interrupted.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn begin_run(&self, identity: &RunIdentity, now: i64) -> Result<RunId, Error> {
        const ACTION: &str = "beginning a run";
        let beginning = Error::while_doing(ACTION);
        self.in_one_transaction(ACTION, || {
            self.connection
                .execute("UPDATE runs SET status = 'interrupted' WHERE status = 'running'", [])
                .map_err(beginning)?;
            let id: i64 = self
                .connection
                .query_row("SELECT coalesce(max(run_id), 0) + 1 FROM runs", [], |row| row.get(0))
                .map_err(beginning)?;
            self.connection
                .execute(
                    "INSERT INTO runs (run_id, started_at, status, as_of, config, data_fingerprint, \
                     fleetcast_version, series) VALUES (?, make_timestamp(?), 'running', ?, ?, ?, ?, ?)",
                    params![
                        id,
                        now,
                        Date(identity.as_of),
                        identity.config.to_string(),
                        identity.data_fingerprint,
                        identity.version,
                        identity.series as u64,
                    ],
                )
                .map_err(beginning)?;
            Ok(RunId(id))
        })
    }

    /// Takes up a run again at `stage`, with what may be new settings for it and for stages to
    /// come. They and what was made from them count as not done from here on, so that a kill before
    /// they are published leaves no run that says of itself what is not so.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn take_up_run(&self, run: &RunRecord, stage: Stage, config: &Value) -> Result<(), Error> {
        const ACTION: &str = "taking up a run";
        let to_come = redone_with(stage)
            .iter()
            .map(|stage| format!("{stage}_rows = NULL, {stage}_seconds = NULL"))
            .collect::<Vec<_>>()
            .join(", ");
        self.in_one_transaction(ACTION, || {
            if run.config != *config {
                self.forget_engine_draft()?;
            }
            self.connection
                .execute(
                    &format!(
                        "UPDATE runs SET status = 'running', finished_at = NULL, config = ?, {to_come} \
                         WHERE run_id = ?"
                    ),
                    params![config.to_string(), run.id.get()],
                )
                .map(drop)
                .map_err(Error::while_doing(ACTION))
        })
    }

    /// Notes how a run ended, at `now` (microseconds since 1970-01-01, UTC).
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn end_run(&self, run: RunId, status: RunStatus, now: i64) -> Result<(), Error> {
        self.connection
            .execute(
                "UPDATE runs SET status = ?, finished_at = make_timestamp(?) WHERE run_id = ?",
                params![status.as_str(), now, run.get()],
            )
            .map(drop)
            .map_err(Error::while_doing("ending a run"))
    }

    /// Notes that a run was given up and why, at `now` (microseconds since 1970-01-01, UTC). It is not taken up
    /// again.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn give_up_run(&self, run: RunId, reason: &str, now: i64) -> Result<(), Error> {
        const ACTION: &str = "giving up a run";
        self.in_one_transaction(ACTION, || {
            self.forget_engine_draft()?;
            self.connection
                .execute(
                    "UPDATE runs SET status = 'failed', reason = ?, finished_at = make_timestamp(?) WHERE run_id = ?",
                    params![reason, now, run.get()],
                )
                .map(drop)
                .map_err(Error::while_doing(ACTION))
        })
    }

    /// The newest run, if there was one.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn newest_run(&self) -> Result<Option<RunRecord>, Error> {
        Ok(self.runs(1)?.into_iter().next())
    }

    /// The newest `limit` runs, newest first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunRecord>, Error> {
        self.run_records("ORDER BY run_id DESC LIMIT ?", i64::from(limit))
    }

    /// One run.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn run(&self, run: RunId) -> Result<Option<RunRecord>, Error> {
        let records = self.run_records("WHERE run_id = ?", run.get())?;
        Ok(records.into_iter().next())
    }

    fn run_records(&self, which: &str, parameter: i64) -> Result<Vec<RunRecord>, Error> {
        let reading = Error::while_doing("reading the record of runs");
        let stage_columns = RUN_STAGES
            .map(|stage| format!("{stage}_rows, {stage}_seconds"))
            .join(", ");
        let mut statement = self
            .connection
            .prepare(&format!(
                "SELECT run_id, strftime(started_at, '%Y-%m-%d %H:%M:%S'), \
                 strftime(finished_at, '%Y-%m-%d %H:%M:%S'), status, as_of, config::VARCHAR, \
                 data_fingerprint, fleetcast_version, series, prophet_reused, \
                 challenger_reused, xgboost_reused, reason, {stage_columns} FROM runs {which}"
            ))
            .map_err(reading)?;
        let records = statement
            .query_map([parameter], |row| {
                let mut stages = Vec::new();
                for (index, stage) in RUN_STAGES.into_iter().enumerate() {
                    let rows: Option<u64> = row.get(13 + 2 * index)?;
                    let seconds: Option<f64> = row.get(14 + 2 * index)?;
                    let reused = match stage {
                        Stage::Prophet => row.get(9)?,
                        Stage::Challenger => row.get(10)?,
                        Stage::Xgboost => row.get(11)?,
                        Stage::Judge | Stage::Write | Stage::Data => None,
                    };
                    if let (Some(rows), Some(seconds)) = (rows, seconds) {
                        stages.push(StageRecord {
                            stage,
                            rows,
                            seconds,
                            reused,
                        });
                    }
                }
                let Date(as_of) = row.get(4)?;
                let config: String = row.get(5)?;
                Ok(RunRecord {
                    id: RunId(row.get(0)?),
                    started_at: row.get(1)?,
                    finished_at: row.get(2)?,
                    status: row.get(3)?,
                    as_of,
                    config: serde_json::from_str(&config).unwrap_or(Value::Null),
                    data_fingerprint: row.get(6)?,
                    version: row.get(7)?,
                    series: row.get(8)?,
                    stages,
                    reason: row.get(12)?,
                })
            })
            .map_err(reading)?;
        records.collect::<Result<_, _>>().map_err(reading)
    }

    /// The run whose rows stand in `table` (of an engine or the judge), or `None` where it is
    /// empty.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn run_in(&self, table: crate::Table) -> Result<Option<RunId>, Error> {
        self.connection
            .query_row(&format!("SELECT run_id FROM {table} LIMIT 1"), [], |row| {
                row.get(0)
            })
            .optional()
            .map(|id| id.map(RunId))
            .map_err(Error::while_doing("reading the run of a table"))
    }
}
