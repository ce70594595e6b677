//! What stands in the tables of groups.

use duckdb::params;
use fleetcast_core::Day;

use crate::date::Date;
use crate::{Error, Store};

/// A row of `group_outlook`.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupRow {
    /// The attribute that its hosts have in common, such as `site`.
    pub key: String,
    /// The value that they share, such as `Berlin`.
    pub value: String,
    /// The resource.
    pub resource: String,
    /// Series that are added up.
    pub members: u64,
    /// Hosts of the group that have data of the resource, also those without a forecast.
    pub hosts: u64,
    /// The members' capacities, where values are shares of them.
    pub size: Option<f64>,
    /// The value at which full starts.
    pub threshold: Option<f64>,
    /// The capacity, in its unit.
    pub capacity: Option<f64>,
    /// The status of its outlook.
    pub status: String,
    /// The probability that it is full within the horizon, 0 to 1.
    pub p_full: Option<f64>,
    /// The day by which it is full with a probability of 10 %, as likely as not, and with one of 90 %.
    pub full_on: [Option<Day>; 3],
    /// The growth in 30 days, in its unit.
    pub growth: Option<f64>,
    /// The level that it will hold at some time with a probability of 10 %, in its unit.
    pub peak_need: Option<f64>,
    /// The amount that has to be added to the capacity, in its unit.
    pub to_order: Option<f64>,
    /// The mean of the last observed days.
    pub recent: Option<f64>,
    /// The grade of its trust.
    pub trust: Option<String>,
    /// Whether it is measured in percent.
    pub is_percent: bool,
}

impl Store {
    /// Returns the outlooks of groups of all keys or of one, of all its values or of one, in all resources or in one: those that are full or fill up first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn groups(
        &self,
        key: Option<&str>,
        value: Option<&str>,
        resource: Option<&str>,
    ) -> Result<Vec<GroupRow>, Error> {
        let sql = include_str!("../sql/read_groups.sql");
        self.rows(
            "reading the outlooks of groups",
            sql,
            params![key, value, resource],
            |row| {
                let day = |column: &str| {
                    let day: Option<Date> = row.get(column)?;
                    Ok::<_, duckdb::Error>(day.map(|Date(day)| day))
                };
                Ok(GroupRow {
                    key: row.get("key")?,
                    value: row.get("value")?,
                    resource: row.get("resource")?,
                    members: row.get("members")?,
                    hosts: row.get("hosts")?,
                    size: row.get("size")?,
                    threshold: row.get("threshold")?,
                    capacity: row.get("capacity")?,
                    status: row.get("status")?,
                    p_full: row.get("p_full")?,
                    full_on: [
                        day("full_on_earliest")?,
                        day("full_on")?,
                        day("full_on_latest")?,
                    ],
                    growth: row.get("growth")?,
                    peak_need: row.get("demand_p90")?,
                    to_order: row.get("to_order")?,
                    recent: row.get("recent")?,
                    trust: row.get("trust")?,
                    is_percent: row.get("is_percent")?,
                })
            },
        )
    }
}
