//! What runs found, read back from their tables.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use duckdb::{Params, Row, params};
use fleetcast_core::SeriesKey;

use crate::files::quoted;
use crate::{Error, RunId, Store, Table};

/// What the tables say of one series of the data: a row of `capacity_outlook` and of
/// `model_leaderboard`, as far as there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesFinding {
    /// The series.
    pub key: SeriesKey,
    /// The status of its outlook.
    pub status: Option<String>,
    /// The threshold, in its own unit.
    pub threshold: Option<f64>,
    /// The capacity, in its own unit.
    pub capacity: Option<f64>,
    /// Days until it is full.
    pub days_left: Option<i32>,
    /// Days until it is full with a probability of 10 %.
    pub days_left_earliest: Option<i32>,
    /// Days until it is full with a probability of 90 %.
    pub days_left_latest: Option<i32>,
    /// The probability that it is full within the horizon, 0 to 1.
    pub p_full: Option<f64>,
    /// The probabilities that it is full within 30, 60 and 90 days.
    pub p_full_by: [Option<f64>; 3],
    /// The mean of the probabilities that it is full within 30, 60 and 90 days and within the horizon.
    pub urgency: Option<f64>,
    /// The growth in 30 days.
    pub growth: Option<f64>,
    /// How much has to be added to its capacity.
    pub to_order: Option<f64>,
    /// Days since which it is over, of those that were looked at.
    pub since_days: Option<i32>,
    /// Whether it is measured in percent of its capacity.
    pub is_percent: bool,
    /// The mean of its last observed days.
    pub recent: Option<f64>,
    /// The largest value of its golden forecast.
    pub peak: Option<f64>,
    /// Who won it.
    pub winner: Option<String>,
    /// What decided that.
    pub decided_by: Option<String>,
    /// How far its forecast can be trusted.
    pub trust: Option<String>,
    /// The label, in a demo fleet.
    pub behaviour: Option<String>,
    /// Whose forecast is golden.
    pub golden: Option<String>,
    /// The share of the backtest's days inside its calibrated interval.
    pub coverage: Option<f64>,
}

/// How one model did on the backtest of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelScore {
    /// The series.
    pub key: SeriesKey,
    /// The model.
    pub model: String,
    /// The mean absolute percentage error, in percent.
    pub mape: Option<f64>,
    /// The mean absolute error, in the series' unit.
    pub mae: Option<f64>,
    /// The share of days inside its interval.
    pub coverage: Option<f64>,
}

/// A row of `series_issues`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRow {
    /// The series.
    pub key: SeriesKey,
    /// How much it matters.
    pub severity: String,
    /// What it is.
    pub code: String,
    /// What happened, in words.
    pub message: String,
}

/// How often an issue occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueCount {
    /// How much it matters.
    pub severity: String,
    /// What it is.
    pub code: String,
    /// Series that have it.
    pub series: u64,
    /// Rows of `series_issues` that say so.
    pub rows: u64,
}

/// The leaderboard in figures.
#[derive(Debug, Clone, PartialEq)]
pub struct LeaderboardSummary {
    /// Series on it.
    pub series: u64,
    /// Series the champion won.
    pub prophet_wins: u64,
    /// Series the challenger won.
    pub challenger_wins: u64,
    /// Series that XGBoost won, where it stood beside the challenger.
    pub xgboost_wins: u64,
    /// Series that a plain repetition won.
    pub repetition_wins: u64,
    /// The champion's median MAPE.
    pub prophet_mape: Option<f64>,
    /// The challenger's.
    pub challenger_mape: Option<f64>,
    /// The median MAPE of XGBoost; `None` where it was no contender.
    pub xgboost_mape: Option<f64>,
    /// Seasonal naive's.
    pub naive_mape: Option<f64>,
    /// Series whose winner is better than seasonal naive.
    pub better_than_naive: u64,
    /// The blend's median MAPE.
    pub blend_mape: Option<f64>,
    /// The share of the backtest's days inside the golden models' 80 % intervals.
    pub coverage: Option<f64>,
    /// Series graded A, B, C and D.
    pub trust: [u64; 4],
}

/// How a table is written to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// Parquet, compressed.
    Parquet,
    /// CSV with a header.
    Csv,
    /// JSON, one object a line.
    Json,
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportFiles {
    /// The files' format.
    pub format: FileFormat,
    /// Whether texts in CSV files that a spreadsheet would take for a formula get an apostrophe before
    /// them.
    pub csv_safe: bool,
}

impl FileFormat {
    fn options(self) -> &'static str {
        match self {
            Self::Parquet => "FORMAT parquet, COMPRESSION zstd",
            Self::Csv => "FORMAT csv, HEADER",
            Self::Json => "FORMAT json, ARRAY false",
        }
    }

    /// Returns the ending of its files' names.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

pub(crate) fn key(row: &Row<'_>) -> duckdb::Result<SeriesKey> {
    Ok(SeriesKey::new(
        row.get::<_, String>(0)?,
        row.get::<_, String>(1)?,
    ))
}

impl Store {
    pub(crate) fn rows<T>(
        &self,
        action: &'static str,
        sql: &str,
        params: impl Params,
        of: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let reading = Error::while_doing(action);
        let mut statement = self.connection.prepare(sql).map_err(reading)?;
        let rows = statement.query_map(params, of).map_err(reading)?;
        rows.collect::<Result<_, _>>().map_err(reading)
    }

    /// Returns what the tables say of every series of the data, of all hosts or of one, in key order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn series_findings(&self, host: Option<&str>) -> Result<Vec<SeriesFinding>, Error> {
        // Labels belong to demo fleets.
        let behaviour = if self.has_table(Table::DemoLabels.as_str())? {
            "(SELECT any_value(behaviour) FROM demo_labels AS d WHERE d.host = s.host AND d.resource = s.resource)"
        } else {
            "NULL::VARCHAR"
        };
        let sql = include_str!("../sql/read_series.sql").replace("{behaviour}", behaviour);
        self.rows("reading the outlook", &sql, params![host], |row| {
            Ok(SeriesFinding {
                key: key(row)?,
                status: row.get(2)?,
                threshold: row.get(3)?,
                capacity: row.get(4)?,
                days_left: row.get(5)?,
                days_left_earliest: row.get(6)?,
                recent: row.get(7)?,
                peak: row.get(8)?,
                winner: row.get(9)?,
                decided_by: row.get(10)?,
                trust: row.get(11)?,
                behaviour: row.get(12)?,
                golden: row.get(13)?,
                coverage: row.get(14)?,
                days_left_latest: row.get(15)?,
                p_full: row.get(16)?,
                urgency: row.get(17)?,
                p_full_by: [row.get(18)?, row.get(19)?, row.get(20)?],
                growth: row.get(21)?,
                to_order: row.get(22)?,
                since_days: row.get(23)?,
                is_percent: row.get(24)?,
            })
        })
    }

    /// Returns how every model did on the backtest, of all hosts or of one, in key order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn model_scores(&self, host: Option<&str>) -> Result<Vec<ModelScore>, Error> {
        let sql = include_str!("../sql/read_scores.sql");
        self.rows("reading the scores", sql, params![host], |row| {
            Ok(ModelScore {
                key: key(row)?,
                model: row.get(2)?,
                mape: row.get(3)?,
                mae: row.get(4)?,
                coverage: row.get(5)?,
            })
        })
    }

    /// Returns every issue, of all hosts or of one, in key order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn issues(&self, host: Option<&str>) -> Result<Vec<IssueRow>, Error> {
        let sql = include_str!("../sql/read_issues.sql");
        self.rows("reading the issues", sql, params![host], |row| {
            Ok(IssueRow {
                key: key(row)?,
                severity: row.get(2)?,
                code: row.get(3)?,
                message: row.get(4)?,
            })
        })
    }

    /// Returns how often each issue occurs, the most serious first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn issues_by_code(&self) -> Result<Vec<IssueCount>, Error> {
        let sql = include_str!("../sql/issues_by_code.sql");
        self.rows("summing up the issues", sql, [], |row| {
            Ok(IssueCount {
                severity: row.get(0)?,
                code: row.get(1)?,
                series: row.get(2)?,
                rows: row.get(3)?,
            })
        })
    }

    /// Returns how many series have which status.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn outlook_by_status(&self) -> Result<Vec<(String, u64)>, Error> {
        let sql = include_str!("../sql/outlook_by_status.sql");
        self.rows("summing up the outlook", sql, [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }

    /// Returns how many outlooks of the past, whose future is known, said 60 to 80 %, and which share of them came true.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn likely_outlooks(&self) -> Result<(u64, Option<f64>), Error> {
        self.connection
            .query_row(include_str!("../sql/likely_outlooks.sql"), [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map_err(Error::while_doing("summing up outlooks of the past"))
    }

    /// Returns how many series are full within 30, 90 and 180 days, those over their threshold already among
    /// them; no figure for days beyond the horizon.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn full_within(&self) -> Result<Vec<(u32, u64)>, Error> {
        let sql = include_str!("../sql/full_within.sql");
        let rows = self.rows("summing up the outlook", sql, [], |row| {
            let counts = [row.get(0)?, row.get(1)?, row.get(2)?];
            Ok([30, 90, 180].into_iter().zip(counts))
        })?;
        let known = rows.into_iter().flatten();
        Ok(known
            .filter_map(|(days, count): (u32, Option<u64>)| Some((days, count?)))
            .collect())
    }

    /// Returns the leaderboard in figures.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn leaderboard_summary(&self) -> Result<LeaderboardSummary, Error> {
        self.connection
            .query_row(include_str!("../sql/sum_up_leaderboard.sql"), [], |row| {
                Ok(LeaderboardSummary {
                    series: row.get(0)?,
                    prophet_wins: row.get(1)?,
                    challenger_wins: row.get(2)?,
                    xgboost_wins: row.get(14)?,
                    xgboost_mape: row.get(15)?,
                    repetition_wins: row.get(3)?,
                    prophet_mape: row.get(4)?,
                    challenger_mape: row.get(5)?,
                    naive_mape: row.get(6)?,
                    better_than_naive: row.get(7)?,
                    blend_mape: row.get(8)?,
                    coverage: row.get(9)?,
                    trust: [row.get(10)?, row.get(11)?, row.get(12)?, row.get(13)?],
                })
            })
            .map_err(Error::while_doing("summing up the leaderboard"))
    }

    /// Returns how many series of a run have no forecast.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where there is no such run.
    pub fn series_without_forecast(&self, run: RunId) -> Result<u64, Error> {
        self.connection
            .query_row(
                include_str!("../sql/without_forecast.sql"),
                [run.get()],
                |row| row.get(0),
            )
            .map_err(Error::while_doing("counting series without a forecast"))
    }

    /// Returns the hosts whose names come nearest to `host`, three at most.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn similar_hosts(&self, host: &str) -> Result<Vec<String>, Error> {
        let sql = include_str!("../sql/similar_hosts.sql");
        self.rows("looking for the host", sql, [host], |row| row.get(0))
    }

    /// Returns who won each series in the last run, by the leaderboard that stands, where that one is of
    /// other data than `run`; a leaderboard of the same data has that on it already.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn incumbents(&self, run: RunId) -> Result<HashMap<SeriesKey, String>, Error> {
        let sql = include_str!("../sql/incumbents.sql");
        let rows = self.rows("reading the last run's winners", sql, [run.get()], |row| {
            Ok((key(row)?, row.get(2)?))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// Returns the series on which an engine has failed. Those the data's screening left out are not
    /// among them.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn series_engines_failed_on(&self) -> Result<HashSet<SeriesKey>, Error> {
        let sql = include_str!("../sql/engines_failed.sql");
        let rows = self.rows("reading which series engines failed on", sql, [], key)?;
        Ok(rows.into_iter().collect())
    }

    /// Returns the series of whose regime the judge had something to say.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn series_with_regimes(&self) -> Result<HashSet<SeriesKey>, Error> {
        let sql = include_str!("../sql/series_with_regimes.sql");
        let rows = self.rows("reading which series have regimes", sql, [], key)?;
        Ok(rows.into_iter().collect())
    }

    /// Writes a table to `place`: the golden record as a directory with a file a resource, any other as a file. Returns
    /// its rows.
    ///
    /// Every file holds every column, so that whoever reads the directory needs to know nothing of the files' names:
    /// these are `resource-NAME`, the name encoded as in a URL; one too long for a file system is cut off and ends in a
    /// hash.
    ///
    /// # Errors
    ///
    /// [`Error::Place`] where the place's name cannot be written down, [`Error::Database`] where it
    /// cannot be written to.
    pub fn export(&self, table: Table, place: &Path, files: ExportFiles) -> Result<u64, Error> {
        let columns = match (files.format, files.csv_safe) {
            (FileFormat::Csv, true) => self.csv_safe_columns(table)?,
            _ => "*".to_owned(),
        };
        if table == Table::Forecasts {
            std::fs::create_dir_all(place).map_err(|error| Error::CannotOpen {
                path: place.to_owned(),
                cause: error.to_string(),
            })?;
            let names = include_str!("../sql/file_names.sql");
            let names = self.rows("naming the files", names, [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            for (resource, name) in names {
                let resource = quoted(&resource, '\'');
                let rows = format!(
                    "SELECT {columns} FROM {table} WHERE resource = {resource} ORDER BY host, ds"
                );
                let file = place.join(format!("{name}.{}", files.format.ending()));
                self.copy(&rows, &file, files.format.options())?;
            }
        } else {
            let order = match table {
                Table::GroupForecasts | Table::GroupOutlook => table.key().unwrap_or("ALL"),
                _ => "host, resource",
            };
            let all = format!("SELECT {columns} FROM {table} ORDER BY {order}");
            self.copy(&all, place, files.format.options())?;
        }
        self.count_rows(table)
    }

    fn copy(&self, select: &str, place: &Path, options: &str) -> Result<(), Error> {
        let sql = format!("COPY ({select}) TO '{}' ({options})", quotable(place)?);
        self.connection
            .execute_batch(&sql)
            .map_err(Error::while_doing("writing the export"))
    }

    /// The columns of a table, texts so that no spreadsheet takes one for a formula: what begins like one
    /// has an apostrophe before it.
    fn csv_safe_columns(&self, table: Table) -> Result<String, Error> {
        let sql = include_str!("../sql/columns_of_table.sql");
        let columns = self.rows("listing columns", sql, [table.as_str()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?))
        })?;
        let safe = columns.into_iter().map(|(name, is_text)| {
            if is_text {
                include_str!("../sql/csv_safe.sql")
                    .trim_end()
                    .replace("{column}", &name)
            } else {
                name
            }
        });
        Ok(safe.collect::<Vec<String>>().join(", "))
    }
}

/// Returns the name of a file that is to be written, for between single quotes: from the root on, since
/// `DuckDB` takes what begins with `s3:`, `file:` or `~` for another place.
///
/// # Errors
///
/// [`Error::Place`] where it is not UTF-8.
pub fn quotable(place: &Path) -> Result<String, Error> {
    let absolute = std::path::absolute(place).ok();
    let name = absolute.as_deref().and_then(Path::to_str);
    match name {
        Some(name) => Ok(name.replace('\'', "''")),
        None => Err(Error::Place {
            path: place.to_owned(),
        }),
    }
}
