//! Files into `processed_data`.

use std::path::{Path, PathBuf, absolute};

use duckdb::params;
use fleetcast_core::Day;

use crate::input::Date;
use crate::way_out::explained_of_file;
use crate::{Error, Store, Table};

/// Where a series' host or resource comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameSource {
    /// From a column of the file.
    Column(String),
    /// The same for all rows.
    Fixed(String),
}

/// What a day's value is, where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aggregate {
    /// Their mean.
    #[default]
    Mean,
    /// The largest.
    Max,
    /// The 95th percentile, between the neighbours where it falls between two.
    P95,
}

impl Aggregate {
    /// The SQL expression over `value`; the mean sums in sorted order, so that its last bit does
    /// not depend on threads.
    fn expression(self) -> &'static str {
        match self {
            Self::Mean => "list_avg(list_sort(list(value)))",
            Self::Max => "max(value)",
            Self::P95 => "quantile_cont(value, 0.95)",
        }
    }
}

/// What to read from which files.
#[derive(Debug, Clone)]
pub struct Import {
    /// CSV, Parquet or JSON files, by their endings.
    pub files: Vec<PathBuf>,
    /// The host.
    pub host: NameSource,
    /// The resource.
    pub resource: NameSource,
    /// The column of days or timestamps; a timestamp with a zone counts as its day in UTC.
    pub ds_column: String,
    /// The column of values.
    pub value_column: String,
    /// How several values of a day become one.
    pub aggregate: Aggregate,
}

/// What was read, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows with a value.
    pub rows: u64,
    /// Rows without a finite value, which were left out.
    pub rows_without_value: u64,
    /// Series among them.
    pub series: u64,
    /// Their first day.
    pub first_day: Day,
    /// Their last day.
    pub last_day: Day,
    /// Days that are new.
    pub new_days: u64,
    /// Days whose value changed.
    pub changed_days: u64,
    /// Days that stood there with the same value.
    pub unchanged_days: u64,
}

impl Store {
    /// Reads files into `processed_data`, a row a series and day. A day that stands there already
    /// gets the new value, so importing the same files again changes nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Import`] names the file, what it cannot be used for and the way out;
    /// `processed_data` is as before then.
    pub fn import(&self, import: &Import) -> Result<ImportReport, Error> {
        let importing = Error::while_doing("importing");
        if self.has_table(Table::ProcessedData.as_str())? {
            self.check_input()?;
        }
        self.connection
            .execute_batch(include_str!("../sql/import_begin.sql"))
            .map_err(importing)?;
        for file in &import.files {
            self.read_file(file, import)?;
        }
        let report = self.in_one_transaction("importing", || {
            self.ensure_table(Table::ProcessedData)?;
            self.connection
                .execute_batch(
                    &include_str!("../sql/import_merge.sql")
                        .replace("{aggregate}", import.aggregate.expression()),
                )
                .map_err(importing)?;
            self.import_report(import)
        })?;
        self.connection
            .execute_batch(include_str!("../sql/import_end.sql"))
            .map_err(importing)?;
        Ok(report)
    }

    fn read_file(&self, path: &Path, import: &Import) -> Result<(), Error> {
        let refuse = |cause: String| Error::Import {
            path: path.to_owned(),
            cause,
        };
        let (reader, location) = reader_for(path).map_err(refuse)?;
        let columns = self
            .file_columns(reader, &location)
            .map_err(|error| refuse(explained_of_file(&error)))?;
        let source = FileColumns {
            columns: &columns,
            import,
        };
        let select = source.select().map_err(refuse)?;
        let file = source.reading(reader).map_err(refuse)?;

        self.connection
            .execute(
                &format!("INSERT INTO import_rows {select} FROM {file}"),
                params![location],
            )
            .map_err(|error| refuse(explained_of_file(&error)))?;
        self.refuse_bad_rows(&source).map_err(refuse)
    }

    pub(crate) fn file_columns(
        &self,
        reader: &str,
        location: &str,
    ) -> Result<Vec<(String, String)>, duckdb::Error> {
        let mut statement = self
            .connection
            .prepare(&format!("DESCRIBE SELECT * FROM {reader}(?, {AS_IT_IS})"))?;
        let columns = statement.query_map([location], |row| Ok((row.get(0)?, row.get(1)?)))?;
        columns.collect()
    }

    /// Rows that name no series or no day, or hold text where a number belongs.
    fn refuse_bad_rows(&self, source: &FileColumns<'_>) -> Result<(), String> {
        let import = source.import;
        for (what, column, condition) in [
            ("host", name_column(&import.host), "host IS NULL"),
            (
                "resource",
                name_column(&import.resource),
                "resource IS NULL",
            ),
            (
                "day",
                Some(import.ds_column.as_str()),
                "day IS NULL OR day NOT BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'",
            ),
            (
                "number",
                Some(import.value_column.as_str()),
                "value IS NULL AND value_text IS NOT NULL",
            ),
        ] {
            let Some(column) = column else {
                continue;
            };
            let text = match what {
                "day" => "coalesce(any_value(day_text), any_value(day::VARCHAR))",
                "number" => "any_value(value_text)",
                _ => "NULL::VARCHAR",
            };
            let found: (u64, Option<String>) = self
                .connection
                .query_row(
                    &format!("SELECT count(*), {text} FROM import_rows WHERE {condition}"),
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .map_err(|error| first_line(&error))?;
            match found {
                (0, _) => {}
                (rows, Some(text)) => {
                    return Err(format!(
                        "column {column} holds `{}`, which is no {what} ({rows} such rows); \
                         mend the file, or name another column",
                        in_one_line(&text)
                    ));
                }
                (rows, None) => {
                    return Err(format!(
                        "column {column} is empty in {rows} rows, so they have no {what}; mend the \
                         file, or name another column"
                    ));
                }
            }
        }
        Ok(())
    }

    fn import_report(&self, import: &Import) -> Result<ImportReport, Error> {
        self.connection
            .query_row(include_str!("../sql/import_report.sql"), [], |row| {
                let (first, last): (Option<Date>, Option<Date>) = (row.get(3)?, row.get(4)?);
                let days = first.zip(last);
                let report = days.map(|(Date(first_day), Date(last_day))| {
                    Ok(ImportReport {
                        rows: row.get(0)?,
                        rows_without_value: row.get(1)?,
                        series: row.get(2)?,
                        first_day,
                        last_day,
                        new_days: row.get(5)?,
                        changed_days: row.get(6)?,
                        unchanged_days: row.get(7)?,
                    })
                });
                report.transpose()
            })
            .map_err(Error::while_doing("importing"))?
            .ok_or_else(|| Error::Import {
                path: import.files.first().cloned().unwrap_or_default(),
                cause: format!("column {} holds no finite number", import.value_column),
            })
    }
}

fn name_column(source: &NameSource) -> Option<&str> {
    match source {
        NameSource::Column(column) => Some(column),
        NameSource::Fixed(_) => None,
    }
}

/// How files are read: what a directory's name says (`host=web-01`) is not taken for a column, which
/// would hide the file's own.
pub(crate) const AS_IT_IS: &str = "hive_partitioning = false";

/// The table function that reads the file, and the file's name as it wants it: from the root on, since
/// DuckDB takes what begins with `file:` or `s3:` or `~` for something else.
pub(crate) fn reader_for(path: &Path) -> Result<(&'static str, String), String> {
    if !path.is_file() {
        return Err("no such file".to_owned());
    }
    let location = absolute(path).map_err(|error| error.to_string())?;
    let location = location
        .to_str()
        .ok_or_else(|| "its name is not UTF-8; rename it".to_owned())?;
    if location.contains(['*', '?', '[']) {
        return Err(
            "its name holds *, ? or [, which would match other files; rename it".to_owned(),
        );
    }
    let lower = location.to_lowercase();
    let name = lower.strip_suffix(".gz").unwrap_or(&lower);
    let ending = name.rsplit('.').next().unwrap_or_default();
    let reader = match ending {
        "csv" | "tsv" | "txt" => READ_CSV,
        "parquet" | "pq" => "read_parquet",
        "json" | "jsonl" | "ndjson" => READ_JSON,
        _ => {
            return Err(
                "its ending is none of .csv, .tsv, .txt, .parquet, .json, .jsonl; rename it"
                    .to_owned(),
            );
        }
    };
    Ok((reader, location.to_owned()))
}

pub(crate) const READ_CSV: &str = "read_csv";
const READ_JSON: &str = "read_json";

pub(crate) fn first_line(error: &duckdb::Error) -> String {
    let message = error.to_string();
    message.lines().next().unwrap_or_default().to_owned()
}

/// What a file has, and what is wanted of it.
#[derive(Debug)]
struct FileColumns<'a> {
    columns: &'a [(String, String)],
    import: &'a Import,
}

impl FileColumns<'_> {
    /// The table function's call, on a file that is still to be bound. Names are texts, whatever they
    /// look like: `7.0` and `7.00` are two hosts, and DuckDB's guess would make one number of them.
    fn reading(&self, reader: &str) -> Result<String, String> {
        let names = [&self.import.host, &self.import.resource].into_iter();
        let mut types = Vec::new();
        for column in names.filter_map(name_column) {
            let (name, data_type) = self.named(column)?;
            types.push((name, "VARCHAR", data_type != "VARCHAR"));
        }
        let is_guessed = types.iter().any(|(_, _, is_guessed)| *is_guessed);
        let argument = match reader {
            READ_CSV => "types",
            // All columns that are wanted, or none.
            READ_JSON if is_guessed => {
                for column in [&self.import.ds_column, &self.import.value_column] {
                    let (name, data_type) = self.named(column)?;
                    types.push((name, data_type, false));
                }
                "columns"
            }
            _ => return Ok(format!("{reader}(?, {AS_IT_IS})")),
        };
        types.sort_unstable();
        types.dedup_by_key(|(name, _, _)| *name);
        let types: Vec<String> = types
            .into_iter()
            .map(|(name, data_type, _)| {
                format!("{}: {}", quoted(name, '\''), quoted(data_type, '\''))
            })
            .collect();
        if types.is_empty() {
            return Ok(format!("{reader}(?, {AS_IT_IS})"));
        }
        let types = types.join(", ");
        Ok(format!("{reader}(?, {AS_IT_IS}, {argument} = {{{types}}})"))
    }

    /// `SELECT host, resource, day, day_text, value, value_text`, the texts where a conversion can
    /// fail.
    fn select(&self) -> Result<String, String> {
        let host = self.name(&self.import.host)?;
        let resource = self.name(&self.import.resource)?;
        let (day, day_text) = self.day()?;
        let (value, value_text) = self.value()?;
        Ok(format!(
            "SELECT {host}, {resource}, {day}, {day_text}, {value}, {value_text}"
        ))
    }

    fn name(&self, source: &NameSource) -> Result<String, String> {
        match source {
            NameSource::Fixed(name) => Ok(quoted(name, '\'')),
            NameSource::Column(column) => {
                let (column, _) = self.find(column)?;
                Ok(format!("{column}::VARCHAR"))
            }
        }
    }

    fn day(&self) -> Result<(String, String), String> {
        let (column, data_type) = self.find(&self.import.ds_column)?;
        let no_text = "NULL".to_owned();
        match data_type {
            "DATE" => Ok((column, no_text)),
            // Without time zones in the database, the instant's day in UTC.
            "TIMESTAMP WITH TIME ZONE" => Ok((
                format!("make_timestamp(epoch_us({column}))::DATE"),
                // The one instant that has no day.
                format!("CASE WHEN NOT isfinite({column}) THEN {column}::VARCHAR END"),
            )),
            "VARCHAR" => Ok((
                // As an instant: a cast to a timestamp without zone would pass over an offset. Text
                // without one counts as UTC.
                format!("make_timestamp(epoch_us(TRY_CAST({column} AS TIMESTAMPTZ)))::DATE"),
                column,
            )),
            other if other.starts_with("TIMESTAMP") => Ok((format!("{column}::DATE"), no_text)),
            other => Err(format!(
                "column {} is {other}, not a date or timestamp; name another with --ds-column",
                self.import.ds_column
            )),
        }
    }

    fn value(&self) -> Result<(String, String), String> {
        let (column, data_type) = self.find(&self.import.value_column)?;
        match data_type {
            "VARCHAR" => Ok((format!("TRY_CAST({column} AS DOUBLE)"), column)),
            "BOOLEAN" | "DATE" | "TIME" | "BLOB" | "UUID" | "INTERVAL" => {
                Err(self.no_number(data_type))
            }
            other
                if other.starts_with("TIMESTAMP")
                    || other.ends_with(['[', ']', ')']) && !other.starts_with("DECIMAL") =>
            {
                Err(self.no_number(other))
            }
            _ => Ok((format!("{column}::DOUBLE"), "NULL".to_owned())),
        }
    }

    fn no_number(&self, data_type: &str) -> String {
        format!(
            "column {} is {data_type}, not a number; name another with --value-column",
            self.import.value_column
        )
    }

    /// The column's quoted name and its type.
    fn find(&self, column: &str) -> Result<(String, &str), String> {
        let (name, data_type) = self.named(column)?;
        Ok((quoted(name, '"'), data_type))
    }

    /// The column's name as the file has it, and its type.
    fn named(&self, column: &str) -> Result<(&str, &str), String> {
        let found = self
            .columns
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(column));
        let Some((name, data_type)) = found else {
            let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
            return Err(format!(
                "it has no column `{}`, only {}; name the right one with --host-column, \
                 --resource-column, --ds-column or --value-column (or give --host, --resource)",
                in_one_line(column),
                in_one_line(&names.join(", "))
            ));
        };
        Ok((name, data_type))
    }
}

/// The text as a message can hold it: no control characters, and not longer than is read.
pub(crate) fn in_one_line(text: &str) -> String {
    const LONGEST: usize = 400;
    let mut shown = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A name or text between quotes, with the quotes inside doubled.
pub(crate) fn quoted(text: &str, quote: char) -> String {
    let doubled = text.replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{doubled}{quote}")
}
