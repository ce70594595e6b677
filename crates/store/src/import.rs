//! Files into `processed_data`.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use duckdb::params;
use fleetcast_core::{Day, SeriesKey};
use fleetcast_intake::{
    Format, LocalMidnights, Noted, Reading, Refusal, Request, Samples, Sink, Source, files_of,
    in_one_line, read, telling_columns,
};

use crate::date::Date;
use crate::files::{AS_IT_IS, location_of};
use crate::parquet_rows::ParquetRows;
use crate::{Error, Store, Table};

const IMPORTING: &str = "importing";

/// Batches that wait to be kept, at most.
const WAITING: usize = 4;

/// The share of a series' instants that may have several values, until it is taken for several series.
pub const REPEATED_SHARE: f64 = 0.01;

/// Memory a sample takes, at most, while the values of its day are brought together.
const BYTES_A_SAMPLE: u64 = 512;

/// Samples that are brought together at a time, however little memory there is.
const LEAST_AT_A_TIME: u64 = 100_000;

/// Memory that is reckoned with where nobody has named a budget.
const USUAL_MEMORY: u64 = 4 << 30;

/// Series that are named, where there may be many.
const NAMED: usize = 5;

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

    /// What stands behind a resource's name, where one import makes several of it.
    fn suffix(self) -> &'static str {
        match self {
            Self::Mean => "",
            Self::Max => "_max",
            Self::P95 => "_p95",
        }
    }
}

/// What becomes of several values of one series at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnRepeat {
    /// Their mean; where more than a hundredth of a series' instants are such, it is marked as several
    /// series under one name.
    #[default]
    Mark,
    /// Their mean, and that is right.
    Mean,
    /// The largest, and that is right.
    Max,
    /// The import is refused.
    Refuse,
}

/// What to read from which files, and what to make of it.
#[derive(Debug, Clone, Default)]
pub struct Import {
    /// Files, or directories of files; their endings or [`Request::format`] say what they are.
    pub files: Vec<PathBuf>,
    /// What standard input held, kept in a file: read as well where there is one.
    pub standard_input: Option<PathBuf>,
    /// Which columns, and how texts become days and numbers.
    pub request: Request,
    /// How several values of a day become one; the mean where none is named. Several make a resource each:
    /// `cpu`, `cpu_p95`, `cpu_max`.
    pub aggregates: Vec<Aggregate>,
    /// What becomes of several values at one instant.
    pub on_repeat: OnRepeat,
}

/// Instants of one series that have several values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepeatedInstants {
    /// The series.
    pub key: SeriesKey,
    /// The instants in this import.
    pub instants: u64,
    /// How many of them have several values.
    pub repeated: u64,
}

impl RepeatedInstants {
    /// Whether there are so many that they are values of several series.
    #[must_use]
    pub fn are_several_series(&self) -> bool {
        self.repeated as f64 > REPEATED_SHARE * self.instants as f64
    }
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
    /// Rows in the future, which were left out.
    pub future: Noted,
    /// Lines that were passed over.
    pub bad_lines: Noted,
    /// Formats to give for the same days, where rows decided on the order of day and month.
    pub inferred_formats: Vec<String>,
    /// What instants look like, where a time zone seems to be missing.
    pub midnights: Option<LocalMidnights>,
    /// Instants with several values, in all series.
    pub repeated: u64,
    /// The series that have them, those with most first: five at most.
    pub repeated_series: Vec<RepeatedInstants>,
    /// How many series have them.
    pub series_with_repeats: u64,
    /// How many of these have so many that they are taken for several series.
    pub several_series: u64,
    /// Columns that tell the repeated rows apart, where the file has a header.
    pub telling_columns: Vec<String>,
    /// Series whose last day has clearly fewer samples than those before it.
    pub unfinished: u64,
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
        let importing = Error::while_doing(IMPORTING);
        if self.has_table(Table::ProcessedData.as_str())? {
            self.check_input()?;
        }
        let mut request = import.request.clone();
        request.earlier_format = self.earlier_day_format()?;
        let mut sources = self.sources(import)?;
        self.connection
            .execute_batch(include_str!("../sql/import_begin.sql"))
            .map_err(importing)?;
        let reading = self.keep_samples(&mut sources, &request)?;
        if reading.rows == 0 {
            let columns = request.columns.or_usual();
            let left_out = match reading.future.count {
                0 => String::new(),
                rows => {
                    format!(" up to tomorrow ({rows} rows lie after it; --allow-future keeps them)")
                }
            };
            return Err(Error::Import {
                path: import.files.first().cloned().unwrap_or_default(),
                cause: format!(
                    "column {} holds no finite number{left_out}",
                    in_one_line(columns.value.as_deref().unwrap_or_default())
                ),
            });
        }
        self.name_series(&reading, import)?;
        let repeats = self.repeats(&reading, import)?;
        let telling = columns_that_tell(&mut sources, &request, &reading, &repeats)?;
        if import.on_repeat == OnRepeat::Refuse
            && let Some(worst) = repeats.series.first()
        {
            return Err(Error::Import {
                path: import.files.first().cloned().unwrap_or_default(),
                cause: format!(
                    "{} instants have several values, {} of {} in {}: {}; nothing was imported",
                    repeats.instants,
                    worst.repeated,
                    worst.instants,
                    in_one_line(&worst.key.to_string()),
                    way_out_of_repeats(&telling)
                ),
            });
        }
        let report = self.in_one_transaction(IMPORTING, || {
            self.ensure_table(Table::ProcessedData)?;
            self.merge(import, &repeats)?;
            if let Some(format) = reading.inferred_formats.first() {
                self.keep_day_format(format)?;
            }
            self.import_report(&reading, repeats, &telling)
        })?;
        self.connection
            .execute_batch(include_str!("../sql/import_end.sql"))
            .map_err(importing)?;
        Ok(report)
    }

    /// Every file as a source of rows; Parquet by way of a connection of its own.
    fn sources(&self, import: &Import) -> Result<Vec<Source<'static>>, Error> {
        let mut sources = Vec::new();
        let named = import.request.format;
        for path in &import.files {
            for file in files_of(path, named).map_err(refused)? {
                let source = Source::file(&file);
                if !source.is_parquet(named) {
                    sources.push(source);
                    continue;
                }
                let refuse = |cause: String| Error::Import {
                    path: file.clone(),
                    cause,
                };
                let location = location_of(&file).map_err(refuse)?;
                let connection = self
                    .connection
                    .try_clone()
                    .map_err(Error::while_doing(IMPORTING))?;
                let name = file.display().to_string();
                sources.push(Source::table(
                    &name,
                    ParquetRows {
                        connection,
                        name: name.clone(),
                        location,
                    },
                ));
            }
        }
        if let Some(kept) = &import.standard_input {
            if named == Some(Format::Parquet) {
                return Err(Error::Import {
                    path: PathBuf::from("standard input"),
                    cause: "Parquet cannot be read from a pipe; give the file by its name"
                        .to_owned(),
                });
            }
            sources.push(Source::kept("standard input", kept));
        }
        Ok(sources)
    }

    /// Reads on a thread of its own and keeps what is read in `import_rows`.
    fn keep_samples(
        &self,
        sources: &mut [Source<'static>],
        request: &Request,
    ) -> Result<Reading, Error> {
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let mut pipe = Pipe(sender);
                read(sources, request, &mut pipe)
            });
            let kept = self.keep_all(&receiver);
            // A reader whose receiver has gone stops at its next batch.
            drop(receiver);
            let read = reader.join().map_err(|_| Error::Import {
                path: PathBuf::new(),
                cause: "reading the files crashed; please report it".to_owned(),
            })?;
            kept?;
            read.map_err(refused)
        })
    }

    fn keep_all(&self, receiver: &Receiver<Message>) -> Result<(), Error> {
        let importing = Error::while_doing(IMPORTING);
        let mut appender = self.connection.appender("import_rows").map_err(importing)?;
        for message in receiver {
            match message {
                Message::Samples(samples) => {
                    let batch =
                        batch_of(samples).map_err(|error| Error::columns(IMPORTING, error))?;
                    appender.append_record_batch(batch).map_err(importing)?;
                }
                Message::Restart => {
                    appender.flush().map_err(importing)?;
                    drop(appender);
                    self.connection
                        .execute_batch("DELETE FROM import_rows")
                        .map_err(importing)?;
                    appender = self.connection.appender("import_rows").map_err(importing)?;
                }
            }
        }
        appender.flush().map_err(importing)
    }

    /// Writes down which series the numbers stand for, a row for each of its aggregates.
    fn name_series(&self, reading: &Reading, import: &Import) -> Result<(), Error> {
        let aggregates = aggregates_of(import);
        let several = aggregates.len() > 1;
        let names = reading.series.names();
        let (mut places, mut order) = (Vec::new(), Vec::new());
        let (mut hosts, mut resources) = (Vec::new(), Vec::new());
        for (place, (host, resource)) in names.iter().enumerate() {
            for (index, aggregate) in aggregates.iter().enumerate() {
                let suffix = if several { aggregate.suffix() } else { "" };
                places.push(u32::try_from(place).unwrap_or(u32::MAX));
                order.push(u32::try_from(index).unwrap_or(u32::MAX));
                hosts.push(host.as_str());
                resources.push(format!("{resource}{suffix}"));
            }
        }
        let columns: [(&str, ArrayRef); 4] = [
            ("place", Arc::new(UInt32Array::from(places))),
            ("aggregate", Arc::new(UInt32Array::from(order))),
            ("host", Arc::new(StringArray::from(hosts))),
            ("resource", Arc::new(StringArray::from(resources))),
        ];
        let batch = RecordBatch::try_from_iter(columns)
            .map_err(|error| Error::columns(IMPORTING, error))?;
        self.append_to("import_series", batch)
    }

    /// Finds instants with several values, and makes one of each. Where every series' rows came in the order
    /// of time there is none, and nothing to look for.
    fn repeats(&self, reading: &Reading, import: &Import) -> Result<Repeats, Error> {
        if reading.in_order {
            return Ok(Repeats::default());
        }
        let importing = Error::while_doing(IMPORTING);
        let one = match import.on_repeat {
            OnRepeat::Max => "max(value)",
            _ => Aggregate::Mean.expression(),
        };
        self.connection
            .execute_batch(include_str!("../sql/import_repeats_begin.sql"))
            .map_err(importing)?;
        self.part_by_part(&include_str!("../sql/import_repeats.sql").replace("{one}", one))?;
        self.connection
            .execute_batch(include_str!("../sql/import_repeats_end.sql"))
            .map_err(importing)?;
        let mut statement = self
            .connection
            .prepare(
                "SELECT place, sum(instants)::UBIGINT, sum(repeated)::UBIGINT FROM import_repeated_days \
                 WHERE place IN (SELECT place FROM import_repeated_days WHERE repeated > 0) \
                 GROUP BY place ORDER BY sum(repeated) DESC, place",
            )
            .map_err(importing)?;
        let rows = statement
            .query_map([], |row| {
                Ok((row.get::<_, u32>(0)?, row.get(1)?, row.get(2)?))
            })
            .map_err(importing)?;
        let names = reading.series.names();
        let mut series = Vec::new();
        for row in rows {
            let (place, instants, repeated) = row.map_err(importing)?;
            if let Some((host, resource)) = names.get(place as usize) {
                series.push(RepeatedInstants {
                    key: SeriesKey::new(host.as_str(), resource.as_str()),
                    instants,
                    repeated,
                });
            }
        }
        let mut statement = self
            .connection
            .prepare("SELECT place, micros FROM import_repeated_examples ORDER BY place, micros")
            .map_err(importing)?;
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?)))
            .map_err(importing)?;
        let mut examples = Vec::new();
        for row in rows {
            let (place, micros) = row.map_err(importing)?;
            if let Some((host, resource)) = names.get(place as usize) {
                examples.push((host.clone(), resource.clone(), micros));
            }
        }
        Ok(Repeats {
            instants: series.iter().map(|one| one.repeated).sum(),
            series,
            examples,
        })
    }

    /// Does a statement over `import_rows` for some of the days of series at a time, as many as memory has room for:
    /// `DuckDB` keeps all values that are to be sorted, and writes none of them to temporary files.
    fn part_by_part(&self, sql: &str) -> Result<(), Error> {
        let importing = Error::while_doing(IMPORTING);
        let rows: u64 = self
            .connection
            .query_row("SELECT count(*) FROM import_rows", [], |row| row.get(0))
            .map_err(importing)?;
        let at_a_time = (self.memory.unwrap_or(USUAL_MEMORY) / BYTES_A_SAMPLE).max(LEAST_AT_A_TIME);
        let parts = rows.div_ceil(at_a_time).max(1);
        for part in 0..parts {
            let condition = match parts {
                1 => "true".to_owned(),
                _ => format!("hash(place, day) % {parts} = {part}"),
            };
            self.connection
                .execute_batch(&sql.replace("{part}", &condition))
                .map_err(importing)?;
        }
        Ok(())
    }

    fn merge(&self, import: &Import, repeats: &Repeats) -> Result<(), Error> {
        let importing = Error::while_doing(IMPORTING);
        for (index, aggregate) in aggregates_of(import).iter().enumerate() {
            let sql = include_str!("../sql/import_aggregate.sql")
                .replace("{expression}", aggregate.expression())
                .replace("{index}", &index.to_string());
            self.part_by_part(&sql)?;
        }
        self.connection
            .execute_batch(include_str!("../sql/import_merge.sql"))
            .map_err(importing)?;
        let is_marked = import.on_repeat == OnRepeat::Mark && !repeats.series.is_empty();
        self.connection
            .execute_batch(
                &include_str!("../sql/import_notes.sql")
                    .replace("{is_marked}", if is_marked { "true" } else { "false" }),
            )
            .map_err(importing)
    }

    fn import_report(
        &self,
        reading: &Reading,
        repeats: Repeats,
        telling_columns: &[String],
    ) -> Result<ImportReport, Error> {
        let report = self
            .connection
            .query_row(include_str!("../sql/import_report.sql"), [], |row| {
                let (first, last): (Date, Date) = (row.get(1)?, row.get(2)?);
                let several = repeats
                    .series
                    .iter()
                    .filter(|one| one.are_several_series())
                    .count();
                Ok(ImportReport {
                    rows: reading.rows,
                    rows_without_value: reading.rows_without_value,
                    series: row.get(0)?,
                    first_day: first.0,
                    last_day: last.0,
                    new_days: row.get(3)?,
                    changed_days: row.get(4)?,
                    unchanged_days: row.get(5)?,
                    future: reading.future.clone(),
                    bad_lines: reading.bad_lines.clone(),
                    inferred_formats: reading.inferred_formats.clone(),
                    midnights: reading.midnights.clone(),
                    repeated: repeats.instants,
                    series_with_repeats: repeats.series.len() as u64,
                    several_series: several as u64,
                    repeated_series: Vec::new(),
                    telling_columns: telling_columns.to_vec(),
                    unfinished: row.get(6)?,
                })
            })
            .map_err(Error::while_doing(IMPORTING))?;
        Ok(ImportReport {
            repeated_series: repeats.series.into_iter().take(NAMED).collect(),
            ..report
        })
    }

    /// Names and types of a file's columns, as the table function `reader` finds them.
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

    fn earlier_day_format(&self) -> Result<Option<String>, Error> {
        self.connection
            .query_row("SELECT max(format) FROM inferred_day_format", [], |row| {
                row.get(0)
            })
            .map_err(Error::while_doing(IMPORTING))
    }

    fn keep_day_format(&self, format: &str) -> Result<(), Error> {
        let importing = Error::while_doing(IMPORTING);
        self.connection
            .execute_batch("DELETE FROM inferred_day_format")
            .map_err(importing)?;
        self.connection
            .execute(
                "INSERT INTO inferred_day_format VALUES (?)",
                params![format],
            )
            .map(|_| ())
            .map_err(importing)
    }
}

/// The columns that tell repeated rows apart.
fn columns_that_tell(
    sources: &mut [Source<'static>],
    request: &Request,
    reading: &Reading,
    repeats: &Repeats,
) -> Result<Vec<String>, Error> {
    if repeats.examples.is_empty() {
        return Ok(Vec::new());
    }
    let columns = request.columns.or_usual();
    let mut telling =
        telling_columns(sources, request, &reading.days, &repeats.examples).map_err(refused)?;
    // That values differ is what was noticed in the first place.
    telling
        .retain(|name| Some(name) != columns.value.as_ref() && Some(name) != columns.ds.as_ref());
    Ok(telling)
}

/// What to do about instants with several values.
#[must_use]
pub fn way_out_of_repeats(telling_columns: &[String]) -> String {
    if telling_columns.is_empty() {
        return "several series seem to share a name; name the column that tells them apart with --host-column or \
                --resource-column, or say with --on-repeat what several values are"
            .to_owned();
    }
    let columns: Vec<String> = telling_columns
        .iter()
        .map(|name| format!("`{}`", in_one_line(name)))
        .collect();
    format!(
        "column {} tells them apart; add it to --host-column or --resource-column, or say with --on-repeat what \
         several values are",
        columns.join(" or ")
    )
}

fn aggregates_of(import: &Import) -> Vec<Aggregate> {
    let mut aggregates: Vec<Aggregate> = Vec::new();
    for aggregate in &import.aggregates {
        if !aggregates.contains(aggregate) {
            aggregates.push(*aggregate);
        }
    }
    if aggregates.is_empty() {
        vec![Aggregate::Mean]
    } else {
        aggregates
    }
}

fn refused(refusal: Refusal) -> Error {
    Error::Import {
        path: PathBuf::from(&refusal.file),
        cause: refusal.cause,
    }
}

/// Instants with several values.
#[derive(Debug, Default)]
struct Repeats {
    instants: u64,
    /// Sorts those with most first.
    series: Vec<RepeatedInstants>,
    /// Some of them, to look for what tells their rows apart.
    examples: Vec<(String, String, i64)>,
}

/// What the reader sends to whoever keeps it.
enum Message {
    Samples(Samples),
    Restart,
}

struct Pipe(SyncSender<Message>);

impl Sink for Pipe {
    fn samples(&mut self, batch: Samples) -> bool {
        self.0.send(Message::Samples(batch)).is_ok()
    }

    fn restart(&mut self) -> bool {
        self.0.send(Message::Restart).is_ok()
    }
}

fn batch_of(samples: Samples) -> Result<RecordBatch, arrow::error::ArrowError> {
    let columns: [(&str, ArrayRef); 4] = [
        ("place", Arc::new(UInt32Array::from(samples.series))),
        ("micros", Arc::new(Int64Array::from(samples.micros))),
        ("day", Arc::new(Date32Array::from(samples.days))),
        ("value", Arc::new(Float64Array::from(samples.values))),
    ];
    RecordBatch::try_from_iter(columns)
}
