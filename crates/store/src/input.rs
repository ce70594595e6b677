//! What stands in `processed_data`, before any of it is read.

use duckdb::params;
use fleetcast_core::{Day, IssueCode, SeriesIssue, SeriesKey, Severity, Stage};

use crate::{Error, Store, Table};

/// What the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSummary {
    /// Rows of `processed_data`.
    pub rows: u64,
    /// The last day any row has.
    pub last_day: Day,
    /// The same for the same rows, in whatever order they stand; another for other rows.
    pub fingerprint: String,
}

/// Every series of `processed_data`, in key order.
#[derive(Debug, Clone)]
pub struct SeriesIndex {
    /// The keys, sorted.
    pub keys: Vec<SeriesKey>,
    /// Rows that were left out, and why.
    pub issues: Vec<SeriesIssue>,
}

impl SeriesIndex {
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
                "SELECT lower(column_name), data_type FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = 'processed_data' \
                 ORDER BY ordinal_position",
            )
            .map_err(reading)?;
        let columns = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(reading)?;
        columns.collect::<Result<_, _>>().map_err(reading)
    }

    /// Counts and fingerprints `processed_data`.
    ///
    /// # Errors
    ///
    /// [`Error::NoInput`] where no row has a day; otherwise as [`Store::check_input`].
    pub fn data_summary(&self) -> Result<DataSummary, Error> {
        self.check_input()?;
        self.make_limits()?;
        let summing_up = Error::while_doing("summing up processed_data");
        let (rows, last_day, fingerprint) = self
            .connection
            .query_row(include_str!("../sql/data_summary.sql"), [], |row| {
                let last_day: Option<Date> = row.get(1)?;
                Ok((row.get(0)?, last_day, row.get(2)?))
            })
            .map_err(summing_up)?;
        let Some(Date(last_day)) = last_day else {
            return Err(Error::NoInput);
        };
        Ok(DataSummary {
            rows,
            last_day,
            fingerprint,
        })
    }

    /// Every series, with an issue for rows that lie after `as_of` or belong to no series or day.
    ///
    /// # Errors
    ///
    /// [`Error::NoInput`] where there is no series.
    pub fn series_index(&self, as_of: Day) -> Result<SeriesIndex, Error> {
        let mut issues = self.unusable_rows()?;
        let listing = Error::while_doing("listing the series of processed_data");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/series_index.sql"))
            .map_err(listing)?;
        let rows = statement
            .query_map(params![Date(as_of)], |row| {
                let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
                Ok((key, row.get::<_, u64>(2)?))
            })
            .map_err(listing)?;
        let mut keys = Vec::new();
        for row in rows {
            let (key, rows_after) = row.map_err(listing)?;
            if rows_after > 0 {
                issues.push(data_issue(
                    &key,
                    Severity::Warning,
                    IssueCode::AfterAsOf,
                    format!("{rows_after} rows after {as_of} were left out"),
                ));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err(Error::NoInput);
        }
        Ok(SeriesIndex { keys, issues })
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
                let rows: u64 = row.get(2)?;
                let message =
                    format!("{rows} rows have no host, no resource or no day and were left out");
                Ok(data_issue(
                    &key,
                    Severity::Warning,
                    IssueCode::UnusableKey,
                    message,
                ))
            })
            .map_err(listing)?;
        issues.collect::<Result<_, _>>().map_err(listing)
    }
}

pub(crate) fn data_issue(
    key: &SeriesKey,
    severity: Severity,
    code: IssueCode,
    message: String,
) -> SeriesIssue {
    SeriesIssue {
        key: key.clone(),
        stage: Stage::Data,
        engine: None,
        severity,
        code,
        message,
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

/// A day, on its way into or out of a `DATE`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Date(pub(crate) Day);

impl duckdb::ToSql for Date {
    fn to_sql(&self) -> duckdb::Result<duckdb::types::ToSqlOutput<'_>> {
        let days = duckdb::types::Value::Date32(self.0.epoch_days());
        Ok(duckdb::types::ToSqlOutput::Owned(days))
    }
}

impl duckdb::types::FromSql for Date {
    fn column_result(value: duckdb::types::ValueRef<'_>) -> duckdb::types::FromSqlResult<Self> {
        let duckdb::types::ValueRef::Date32(days) = value else {
            return Err(duckdb::types::FromSqlError::InvalidType);
        };
        Day::from_epoch_days(i64::from(days))
            .map(Self)
            .map_err(|error| duckdb::types::FromSqlError::Other(Box::new(error)))
    }
}
