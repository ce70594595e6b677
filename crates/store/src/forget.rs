//! Taking data out of a database, and joining a renamed host's histories.

use duckdb::params;
use fleetcast_core::Day;

use crate::date::Date;
use crate::{Error, Store, Table};

/// What is to be taken out of `processed_data`: rows that fit all that is said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forget {
    /// The host whose rows these are.
    pub host: Option<String>,
    /// The resource whose rows these are.
    pub resource: Option<String>,
    /// After a day.
    pub after: Option<Day>,
    /// Before a day.
    pub before: Option<Day>,
}

/// What was taken out, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// Rows of `processed_data`.
    pub rows: u64,
    /// Series they belong to.
    pub series: u64,
    /// Their first and last day, where there are any.
    pub days: Option<(Day, Day)>,
    /// Series of which nothing is left, whose forecasts go as well.
    pub series_gone: u64,
}

/// What came of renaming a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// Rows that have the new name now.
    pub rows: u64,
    /// Days that stood under both names, of which those of the new one were kept.
    pub days_of_both: u64,
}

/// Tables that say something of a series that is gone.
const OF_SERIES: [Table; 15] = [
    Table::Forecasts,
    Table::ModelLeaderboard,
    Table::BacktestScores,
    Table::IntervalCalibration,
    Table::JudgeForecasts,
    Table::CapacityOutlook,
    Table::ProphetForecasts,
    Table::ChallengerForecasts,
    Table::ProphetInputs,
    Table::ChallengerInputs,
    Table::XgboostForecasts,
    Table::XgboostInputs,
    Table::OutlookHistory,
    Table::PastForecasts,
    Table::Acknowledged,
];

impl Store {
    /// Takes rows out of `processed_data`, with what was noted of their days; of series of which nothing is left,
    /// results as well. Only counts them where `dry_run` says so.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses (`processed_data` may be a view); nothing is changed then.
    pub fn forget(&self, what: &Forget, dry_run: bool) -> Result<Forgotten, Error> {
        const ACTION: &str = "forgetting rows";
        let forgetting = Error::while_doing(ACTION);
        self.check_input()?;
        self.in_one_transaction(ACTION, || {
            let chosen = params![
                what.host,
                what.resource,
                what.after.map(Date),
                what.before.map(Date)
            ];
            let forgotten = self
                .connection
                .query_row(include_str!("../sql/forget_count.sql"), chosen, |row| {
                    let (first, last): (Option<Date>, Option<Date>) = (row.get(2)?, row.get(3)?);
                    Ok(Forgotten {
                        rows: row.get(0)?,
                        series: row.get(1)?,
                        days: first
                            .zip(last)
                            .map(|(Date(first), Date(last))| (first, last)),
                        series_gone: row.get(4)?,
                    })
                })
                .map_err(forgetting)?;
            if dry_run || forgotten.rows == 0 {
                return Ok(forgotten);
            }
            for table in [
                Table::ProcessedData,
                Table::UnfinishedDays,
                Table::RepeatedInstants,
            ] {
                let sql = include_str!("../sql/forget_rows.sql").replace("{table}", table.as_str());
                let chosen = params![
                    what.host,
                    what.resource,
                    what.after.map(Date),
                    what.before.map(Date)
                ];
                self.connection.execute(&sql, chosen).map_err(forgetting)?;
            }
            if forgotten.series_gone > 0 {
                self.forget_results()?;
            }
            Ok(forgotten)
        })
    }

    /// Takes results of series without any row out of the tables.
    fn forget_results(&self) -> Result<(), Error> {
        for table in OF_SERIES.into_iter().chain([Table::SeriesIssues]) {
            self.connection
                .execute_batch(
                    &include_str!("../sql/forget_results.sql").replace("{table}", table.as_str()),
                )
                .map_err(Error::while_doing("forgetting results"))?;
        }
        Ok(())
    }

    /// Gives a host's rows another name, which other rows may have already: the histories become one. Of a day both
    /// have, the new name's value is kept. Limits of the host, what is known and was noted of it and earlier outlooks move along
    /// where the new name has none of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses; nothing is changed then.
    pub fn rename_host(&self, from: &str, to: &str) -> Result<Renamed, Error> {
        const ACTION: &str = "renaming a host";
        let renaming = Error::while_doing(ACTION);
        self.check_input()?;
        self.in_one_transaction(ACTION, || {
            let days_of_both = self
                .connection
                .query_row(include_str!("../sql/rename_both.sql"), [from, to], |row| {
                    row.get(0)
                })
                .map_err(renaming)?;
            for table in [
                Table::ProcessedData,
                Table::UnfinishedDays,
                Table::RepeatedInstants,
            ] {
                let sql = include_str!("../sql/rename_drop_doubles.sql")
                    .replace("{table}", table.as_str());
                self.connection
                    .execute(&sql, [from, to])
                    .map_err(renaming)?;
            }
            let mut rows = 0;
            for table in [
                Table::ProcessedData,
                Table::UnfinishedDays,
                Table::RepeatedInstants,
            ] {
                let sql = format!("UPDATE {table} SET host = $2 WHERE host = $1");
                let changed = self
                    .connection
                    .execute(&sql, [from, to])
                    .map_err(renaming)?;
                if table == Table::ProcessedData {
                    rows = changed as u64;
                }
            }
            self.connection
                .execute(include_str!("../sql/rename_limits.sql"), [from, to])
                .map_err(renaming)?;
            self.connection
                .execute("DELETE FROM resource_limits WHERE host = $1", [from])
                .map_err(renaming)?;
            for sql in [
                include_str!("../sql/rename_acknowledged.sql"),
                include_str!("../sql/rename_capacity_changes.sql"),
                include_str!("../sql/rename_outlooks.sql"),
            ] {
                self.connection.execute(sql, [from, to]).map_err(renaming)?;
            }
            self.connection
                .execute(include_str!("../sql/rename_attributes.sql"), [from, to])
                .map_err(renaming)?;
            self.connection
                .execute(include_str!("../sql/rename_events.sql"), [from, to])
                .map_err(renaming)?;
            for table in [Table::HostAttributes, Table::Events] {
                let sql = format!("DELETE FROM {table} WHERE host = $1");
                self.connection.execute(&sql, [from]).map_err(renaming)?;
            }
            self.forget_results()?;
            Ok(Renamed { rows, days_of_both })
        })
    }
}
