//! What stands in `processed_data`, before any of it is read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::Date32Type;
use duckdb::params;
use fleetcast_core::{
    CapacityChanges, Day, IssueCode, LAST_DAYS_KNOWN, SeriesIssue, SeriesKey, Severity,
    ValueShares, fleet_end,
};

use crate::arrow_columns::{lists, strings};
use crate::date::Date;
use crate::import::REPEATED_SHARE;
use crate::limits::with_limit_rules;
use crate::{Error, Store, Table};

/// What the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSummary {
    /// Rows of `processed_data`.
    pub rows: u64,
    /// The day the fleet reaches ([`fleet_end`]): what a run is as of, where nobody says.
    pub last_day: Day,
    /// Whether, of one or two series, one has a lone day ahead that was kept.
    pub kept_ahead: bool,
    /// A text that is the same for the same rows, in whatever order they stand, and another for other rows.
    pub fingerprint: String,
    /// Every series, in key order.
    series: Vec<SeriesEnd>,
}

/// How a series ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SeriesEnd {
    key: SeriesKey,
    /// The last days that have a row, latest first.
    last_days: Vec<Day>,
    /// The last day, where that is to be left out as unfinished: samples it has, and usually has.
    unfinished: Option<(Day, String)>,
}

/// Whether the last day of a series is kept where it has clearly fewer samples than its days usually have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastDay {
    /// It is left out as unfinished.
    #[default]
    WhereFinished,
    /// It is kept.
    Always,
}

/// Every series of `processed_data`, in key order.
#[derive(Debug, Clone, Default)]
pub struct SeriesIndex {
    /// The keys, sorted.
    pub keys: Vec<SeriesKey>,
    /// Rows that were left out, and why.
    pub issues: Vec<SeriesIssue>,
    /// The last day of some series that is left out as unfinished, by the series' place.
    pub(crate) unfinished: BTreeMap<usize, Day>,
    /// Percentages with values far outside 0 to 100, which are left out, by the series' place.
    pub(crate) far_outside: BTreeSet<usize>,
    /// The capacities that changed up to the day looked at.
    pub(crate) capacities: CapacityChanges,
    /// The day looked at.
    pub(crate) as_of: Option<Day>,
    /// Why many instants of a series have several values, in words.
    pub several: BTreeMap<SeriesKey, String>,
}

impl SeriesIndex {
    /// Returns the index of those series that are among `wanted`, and of nothing that was left out.
    #[must_use]
    pub fn only(&self, wanted: &HashSet<SeriesKey>) -> Self {
        let places = (0..self.keys.len()).filter(|place| wanted.contains(&self.keys[*place]));
        let mut index = Self {
            capacities: self.capacities.clone(),
            as_of: self.as_of,
            ..Self::default()
        };
        for (new, old) in places.enumerate() {
            index.keys.push(self.keys[old].clone());
            if let Some(day) = self.unfinished.get(&old) {
                index.unfinished.insert(new, *day);
            }
            if self.far_outside.contains(&old) {
                index.far_outside.insert(new);
            }
        }
        index
    }

    /// The keys in runs of at most `size`.
    pub fn batches(&self, size: usize) -> impl Iterator<Item = &[SeriesKey]> {
        self.keys.chunks(size.max(1))
    }
}

impl Store {
    /// Makes sure that `processed_data` exists and has the columns and types it must have.
    ///
    /// # Errors
    ///
    /// [`Error::NoInputTable`], [`Error::NoInputColumn`] or [`Error::InputType`].
    pub fn check_input(&self) -> Result<(), Error> {
        if !self.has_table(Table::ProcessedData.as_str())? {
            return Err(Error::NoInputTable);
        }
        let columns = self.input_columns()?;
        for (column, expected, fits) in [
            ("host", "VARCHAR", is_text as fn(&str) -> bool),
            ("resource", "VARCHAR", is_text),
            ("ds", "DATE", |found| found == "DATE"),
            ("utilization", "DOUBLE", is_number),
        ] {
            let Some((_, found)) = columns.iter().find(|(name, _)| name == column) else {
                let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
                return Err(Error::NoInputColumn {
                    column,
                    found: names.join(", "),
                });
            };
            if !fits(found) {
                return Err(Error::InputType {
                    column,
                    found: found.clone(),
                    expected,
                });
            }
        }
        Ok(())
    }

    fn input_columns(&self) -> Result<Vec<(String, String)>, Error> {
        let reading = Error::while_doing("reading the columns of processed_data");
        let mut statement = self
            .connection
            .prepare(
                "SELECT lower(name), type FROM pragma_table_info('processed_data') ORDER BY cid",
            )
            .map_err(reading)?;
        let columns = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(reading)?;
        columns.collect::<Result<_, _>>().map_err(reading)
    }

    /// Counts and fingerprints `processed_data`, and finds the day its fleet reaches.
    ///
    /// # Errors
    ///
    /// [`Error::NoInput`] where no row has a day; otherwise as [`Store::check_input`].
    pub fn data_summary(&self, last_day: LastDay) -> Result<DataSummary, Error> {
        self.check_input()?;
        self.make_limits()?;
        let summing_up = Error::while_doing("summing up processed_data");
        let (rows, fingerprint) = self
            .connection
            .query_row(include_str!("../sql/data_summary.sql"), [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .map_err(summing_up)?;
        let series = self.series_ends(last_day)?;
        let observed = |one: &SeriesEnd| -> Vec<Day> {
            let left_out = one.unfinished.as_ref().map(|(day, _)| *day);
            one.last_days
                .iter()
                .copied()
                .filter(|day| Some(*day) != left_out)
                .collect()
        };
        let ends: Vec<Vec<Day>> = series.iter().map(observed).collect();
        let Some(end) = fleet_end(&ends) else {
            return Err(Error::NoInput);
        };
        Ok(DataSummary {
            rows,
            last_day: end.last_day,
            kept_ahead: end.kept_ahead,
            fingerprint,
            series,
        })
    }

    /// Every series and its last days.
    fn series_ends(&self, last_day: LastDay) -> Result<Vec<SeriesEnd>, Error> {
        let listing = Error::while_doing("listing the series of processed_data");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/series_ends.sql"))
            .map_err(listing)?;
        let known = u32::try_from(LAST_DAYS_KNOWN).unwrap_or(u32::MAX);
        let mut ends = Vec::new();
        for batch in statement.stream_arrow([known]).map_err(listing)? {
            let batch = batch.map_err(listing)?;
            let (hosts, resources) = (strings(&batch, "host")?, strings(&batch, "resource")?);
            let last_days = lists(&batch, "last_days")?;
            for row in 0..batch.num_rows() {
                let mut days: Vec<Day> = Vec::new();
                if last_days.is_valid(row) {
                    let list = last_days.value(row);
                    let list = list.as_primitive_opt::<Date32Type>().ok_or_else(|| {
                        Error::columns(
                            "listing the series of processed_data",
                            "days came as something else",
                        )
                    })?;
                    days.extend(
                        list.iter()
                            .flatten()
                            .filter_map(|day| Day::from_epoch_days(i64::from(day)).ok()),
                    );
                    days.sort_unstable_by(|a, b| b.cmp(a));
                    days.dedup();
                }
                ends.push(SeriesEnd {
                    key: SeriesKey::new(hosts.value(row), resources.value(row)),
                    last_days: days,
                    unfinished: None,
                });
            }
        }
        if last_day == LastDay::WhereFinished {
            self.note_unfinished(&mut ends)?;
        }
        Ok(ends)
    }

    /// Notes which series' last day is unfinished.
    fn note_unfinished(&self, ends: &mut [SeriesEnd]) -> Result<(), Error> {
        let listing = Error::while_doing("listing unfinished days");
        let mut statement = self
            .connection
            .prepare("SELECT host, resource, ds, samples, usual_samples FROM unfinished_days")
            .map_err(listing)?;
        let rows = statement
            .query_map([], |row| {
                let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
                let (samples, usual): (u64, f64) = (row.get(3)?, row.get(4)?);
                let Date(day) = row.get(2)?;
                let message = format!(
                    "{day} has {samples} samples where days have {usual}: left out as unfinished"
                );
                Ok((key, day, message))
            })
            .map_err(listing)?;
        for row in rows {
            let (key, day, message) = row.map_err(listing)?;
            let place = ends.binary_search_by(|end| end.key.cmp(&key));
            if let Ok(place) = place
                && ends[place].last_days.first() == Some(&day)
            {
                ends[place].unfinished = Some((day, message));
            }
        }
        Ok(())
    }

    /// Every series, with an issue for rows that lie after `as_of` or belong to no series or day, and what else
    /// was noted of their days.
    ///
    /// # Errors
    ///
    /// [`Error::NoInput`] where there is no series.
    pub fn series_index(&self, data: &DataSummary, as_of: Day) -> Result<SeriesIndex, Error> {
        if data.series.is_empty() {
            return Err(Error::NoInput);
        }
        let mut index = SeriesIndex {
            issues: self.unusable_rows()?,
            capacities: CapacityChanges::new(&self.capacity_changes()?)?,
            as_of: Some(as_of),
            ..SeriesIndex::default()
        };
        for (place, end) in data.series.iter().enumerate() {
            index.keys.push(end.key.clone());
            if let Some((day, message)) = end.unfinished.as_ref().filter(|(day, _)| *day <= as_of) {
                index.unfinished.insert(place, *day);
                let code = IssueCode::UnfinishedDay;
                index.issues.push(SeriesIssue::of_data(
                    &end.key,
                    Severity::Info,
                    code,
                    message.clone(),
                ));
            }
        }
        if data
            .series
            .iter()
            .any(|end| end.last_days.first().is_some_and(|last| *last > as_of))
        {
            index.issues.extend(self.rows_after(data, as_of)?);
        }
        self.note_outside_percent(&mut index, as_of)?;
        self.note_repeats(&mut index, as_of)?;
        index.issues.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(index)
    }

    /// Issues that name rows after `as_of`.
    fn rows_after(&self, data: &DataSummary, as_of: Day) -> Result<Vec<SeriesIssue>, Error> {
        let listing = Error::while_doing("listing rows after the last day");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/rows_after.sql"))
            .map_err(listing)?;
        let rows = statement
            .query_map(params![Date(as_of)], |row| {
                let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
                let (Date(first), Date(last)): (Date, Date) = (row.get(3)?, row.get(4)?);
                Ok((key, row.get::<_, u64>(2)?, first, last))
            })
            .map_err(listing)?;
        let mut issues = Vec::new();
        for row in rows {
            let (key, count, first, last) = row.map_err(listing)?;
            let unfinished = data
                .series
                .binary_search_by(|end| end.key.cmp(&key))
                .ok()
                .and_then(|place| data.series[place].unfinished.as_ref());
            issues.push(match unfinished {
                // What is left out anyway has its own words.
                Some((day, message)) if count == 1 && *day == first => SeriesIssue::of_data(
                    &key,
                    Severity::Info,
                    IssueCode::UnfinishedDay,
                    message.clone(),
                ),
                _ => SeriesIssue::rows_after(&key, count, first, last, as_of),
            });
        }
        Ok(issues)
    }

    /// Names the values of percentages that lie outside 0 to 100, and notes the series that have some so far
    /// outside that no model should see them.
    fn note_outside_percent(&self, index: &mut SeriesIndex, as_of: Day) -> Result<(), Error> {
        let listing = Error::while_doing("listing values outside 0 to 100");
        let sql = with_limit_rules(include_str!("../sql/outside_percent.sql"), as_of);
        let mut statement = self.connection.prepare(&sql).map_err(listing)?;
        let rows = statement
            .query_map([], |row| {
                let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
                let shares = ValueShares {
                    days: row.get(2)?,
                    outside: row.get(3)?,
                    is_far: row.get(4)?,
                    ..ValueShares::default()
                };
                let Date(day) = row.get(5)?;
                Ok((key, shares, (day, row.get::<_, f64>(6)?)))
            })
            .map_err(listing)?;
        for row in rows {
            let (key, shares, first) = row.map_err(listing)?;
            if let Ok(place) = index.keys.binary_search(&key) {
                if shares.is_percent_like() && shares.is_far {
                    index.far_outside.insert(place);
                }
                let issue = SeriesIssue::outside_percent(&key, &shares, first);
                index.issues.push(issue);
            }
        }
        Ok(())
    }

    /// Notes series of whose instants so many have several values that they are several series.
    fn note_repeats(&self, index: &mut SeriesIndex, as_of: Day) -> Result<(), Error> {
        let listing = Error::while_doing("listing repeated instants");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/several_series.sql"))
            .map_err(listing)?;
        let rows = statement
            .query_map(params![Date(as_of), REPEATED_SHARE], |row| {
                let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
                Ok((key, row.get::<_, u64>(2)?))
            })
            .map_err(listing)?;
        for row in rows {
            let (key, repeated) = row.map_err(listing)?;
            let message = format!(
                "{repeated} instants had several different values, which were averaged: several series seem to share \
                 this name; import them with the column that tells them apart"
            );
            if index.keys.binary_search(&key).is_ok() {
                let code = IssueCode::SeveralSeriesUnderOneName;
                index.issues.push(SeriesIssue::of_data(
                    &key,
                    Severity::Warning,
                    code,
                    message.clone(),
                ));
                index.several.insert(key, message);
            }
        }
        Ok(())
    }

    fn unusable_rows(&self) -> Result<Vec<SeriesIssue>, Error> {
        let listing = Error::while_doing("listing unusable rows of processed_data");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/unusable_rows.sql"))
            .map_err(listing)?;
        let issues = statement
            .query_map([], |row| {
                let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
                Ok(SeriesIssue::unusable_rows(&key, row.get(2)?))
            })
            .map_err(listing)?;
        issues.collect::<Result<_, _>>().map_err(listing)
    }
}

fn is_text(data_type: &str) -> bool {
    data_type == "VARCHAR" || data_type.starts_with("ENUM(")
}

fn is_number(data_type: &str) -> bool {
    const INTEGERS: [&str; 9] = [
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "HUGEINT",
    ];
    matches!(data_type, "DOUBLE" | "FLOAT")
        || data_type.starts_with("DECIMAL(")
        || INTEGERS.contains(&data_type)
}
