//! What a planner has to do now, what to look at, and what stands as it stood.

use duckdb::{Row, params};
use fleetcast_core::{Day, SeriesKey};

use crate::date::Date;
use crate::results::key;
use crate::{Error, Store};

/// Days it takes to replace or extend something, unless somebody says otherwise: what the view `act_list` goes by.
pub const USUAL_LEAD_TIME: u32 = 45;

/// The list on which a series stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlannerList {
    /// Full lately, or as likely as not full before it can be replaced.
    Act,
    /// It may be full, and what that rests on should be looked at by somebody.
    Look,
    /// Full for longer than it takes to replace it, and not filling up further.
    Plateau,
}

impl PlannerList {
    /// Every list.
    pub const ALL: [Self; 3] = [Self::Act, Self::Look, Self::Plateau];

    /// Returns the name it has in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Act => "act",
            Self::Look => "look",
            Self::Plateau => "plateau",
        }
    }
}

/// A series on one of the lists.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannerRow {
    /// The series.
    pub key: SeriesKey,
    /// The list.
    pub list: PlannerList,
    /// Whether it is over its threshold.
    pub is_over: bool,
    /// The probability that it is full before it can be replaced, 0 to 1.
    pub p_lead: Option<f64>,
    /// The probability that it is full within the horizon, 0 to 1.
    pub p_full: Option<f64>,
    /// The day by which it is full with a probability of 10 %, as likely as not, and with one of 90 %.
    pub full_on: [Option<Day>; 3],
    /// Days from the last day of data until it is as likely as not that it is full.
    pub days_left: Option<i32>,
    /// The growth in 30 days, in the series' unit.
    pub growth: Option<f64>,
    /// How much has to be added to the capacity, in the series' unit.
    pub to_order: Option<f64>,
    /// The first day on which it was over, of those that were looked at.
    pub since: Option<Day>,
    /// The last day of data of the first outlook that named it, and none has failed to name it since.
    pub named_since: Option<Day>,
    /// The value at which full starts.
    pub threshold: Option<f64>,
    /// Whether it is measured in percent of its capacity.
    pub is_percent: bool,
    /// The mean of the last observed days.
    pub recent: Option<f64>,
    /// How far its forecast can be trusted.
    pub trust: Option<String>,
    /// What there is to doubt, in words.
    pub doubt: Option<String>,
    /// The last day up to which somebody knows about it.
    pub acknowledged_until: Option<Day>,
}

/// The statement behind the view `outlook_lists`, for a time that it takes to replace something, in days.
pub(crate) fn lists_statement(lead_time: u32) -> String {
    let statement = include_str!("../sql/outlook_lists.sql");
    statement.replace("{lead_time}", &lead_time.to_string())
}

fn day(row: &Row<'_>, column: &str) -> duckdb::Result<Option<Day>> {
    let day: Option<Date> = row.get(column)?;
    Ok(day.map(|Date(day)| day))
}

impl Store {
    /// Returns the series a planner has to do with where it takes `lead_time` days to replace something: list by list,
    /// the most urgent first, of all resources or of one.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn planner_lists(
        &self,
        lead_time: u32,
        resource: Option<&str>,
    ) -> Result<Vec<PlannerRow>, Error> {
        let sql = format!(
            "SELECT host, resource, * EXCLUDE (host, resource), coalesce(capacity = 100, false) AS is_percent FROM ({}) \
             WHERE $1::VARCHAR IS NULL OR resource = $1 ORDER BY list, place",
            lists_statement(lead_time)
        );
        let rows = self.rows("listing what to do", &sql, params![resource], |row| {
            let name: String = row.get("list")?;
            let list = PlannerList::ALL
                .into_iter()
                .find(|list| list.as_str() == name);
            // Every name the statement gives is one of these.
            let Some(list) = list else {
                return Ok(None);
            };
            let status: String = row.get("status")?;
            Ok(Some(PlannerRow {
                key: key(row)?,
                list,
                is_over: status == "over",
                p_lead: row.get("p_lead")?,
                p_full: row.get("p_full")?,
                full_on: [
                    day(row, "full_on_earliest")?,
                    day(row, "full_on")?,
                    day(row, "full_on_latest")?,
                ],
                days_left: row.get("days_left")?,
                growth: row.get("growth")?,
                to_order: row.get("to_order")?,
                since: day(row, "since")?,
                named_since: day(row, "named_since")?,
                threshold: row.get("threshold")?,
                is_percent: row.get("is_percent")?,
                recent: row.get("recent")?,
                trust: row.get("trust")?,
                doubt: row.get("doubt")?,
                acknowledged_until: day(row, "acknowledged_until")?,
            }))
        })?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Whether an outlook stands that an earlier version has written, which goes by the forecast's line and knows no
    /// probabilities.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn outlook_is_by_line(&self) -> Result<bool, Error> {
        let sql = "SELECT count(*) > 0 FROM capacity_outlook WHERE rule = 'line'";
        let answer = self.connection.query_row(sql, [], |row| row.get(0));
        answer.map_err(Error::while_doing("reading the outlook's rule"))
    }

    /// Returns how many days after the outlook's last day of data are forecast; `None` without an outlook.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn days_forecast(&self) -> Result<Option<u32>, Error> {
        let sql =
            "SELECT (SELECT max(ds) FROM forecasts) - (SELECT max(as_of) FROM capacity_outlook)";
        let days: Vec<Option<i64>> =
            self.rows("reading how far forecasts go", sql, [], |row| row.get(0))?;
        let days = days.into_iter().next().flatten();
        Ok(days.and_then(|days| u32::try_from(days).ok()))
    }

    /// Returns the resources whose series have an outlook, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn resources_with_outlook(&self) -> Result<Vec<String>, Error> {
        let sql = "SELECT DISTINCT resource FROM capacity_outlook ORDER BY resource";
        self.rows("listing resources", sql, [], |row| row.get(0))
    }
}
