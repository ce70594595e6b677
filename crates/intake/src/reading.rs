//! Files into samples.

use crate::collector::{Collector, Comparing, Task};
use crate::csv_rows::{csv_rows, first_byte};
use crate::evidence::{DayRules, Decided, Undecided};
use crate::format::Format;
use crate::json_rows::json_rows;
use crate::midnights::LocalMidnights;
use crate::refusal::{Refusal, in_one_line};
use crate::request::{Request, Sink};
use crate::rows::{Halt, RawRow, Stop, TableStop};
use crate::samples::{FutureRows, Noted, SeriesNames};
use crate::source::{Content, Source, Text, read_error};

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The series, by the numbers samples name them with.
    pub series: SeriesNames,
    /// Rows that became a sample.
    pub rows: u64,
    /// Rows that name a series and a day but have no finite value.
    pub rows_without_value: u64,
    /// Rows after [`Request::latest_day`].
    pub future: FutureRows,
    /// Lines that were passed over.
    pub bad_lines: Noted,
    /// Formats to give for the same days, where rows decided on the order of day and month.
    pub inferred_formats: Vec<String>,
    /// What instants look like, where a time zone seems to be missing.
    pub midnights: Option<LocalMidnights>,
    /// The rules days were read by in the end.
    pub days: DayRules,
    /// Whether the rows of every series came in the order of time, so that no instant occurs twice.
    pub in_order: bool,
}

/// Reads all sources, in their order, and hands their samples to `sink`.
///
/// # Errors
///
/// [`Refusal`] names the file, what cannot be read in it and the way out. Samples may have been handed over
/// by then, which are not to be kept.
pub fn read(
    sources: &mut [Source<'_>],
    request: &Request,
    sink: &mut dyn Sink,
) -> Result<Reading, Refusal> {
    let mut rules = request.days.clone();
    let mut inferred_formats = Vec::new();
    let gone = || Refusal::new("the files", "nobody takes what they hold any more");
    loop {
        let mut collector = Collector::new(request, &rules, Task::Reading(&mut *sink));
        match collect(&mut collector, sources).and_then(|()| collector.flush()) {
            Ok(()) => {
                return Ok(Reading {
                    series: collector.series,
                    rows: collector.rows,
                    rows_without_value: collector.rows_without_value,
                    future: collector.future,
                    bad_lines: collector.bad_lines,
                    inferred_formats,
                    midnights: collector.watch.and_then(|watch| watch.found()),
                    days: rules.clone(),
                    in_order: collector.in_order,
                });
            }
            Err(Halt::Refused(refusal)) => return Err(refusal),
            Err(Halt::Sink) => return Err(gone()),
            Err(Halt::Open) => {
                drop(collector);
                if !sink.restart() {
                    return Err(gone());
                }
                let decided = survey(sources, request, &rules)?;
                rules.order = decided.order.or(rules.order);
                rules.unit = decided.unit.or(rules.unit);
                inferred_formats = decided.formats;
            }
        }
    }
}

/// The columns of CSV files in which rows of the same series and instant differ: what may be missing from the
/// names. `repeated` has such series and instants.
///
/// # Errors
///
/// As [`read`].
pub fn telling_columns(
    sources: &mut [Source<'_>],
    request: &Request,
    rules: &DayRules,
    repeated: &[(String, String, i64)],
) -> Result<Vec<String>, Refusal> {
    let comparing = Comparing::new(repeated);
    let mut collector = Collector::new(request, rules, Task::Comparing(comparing));
    match collect(&mut collector, sources) {
        Ok(()) | Err(Halt::Open | Halt::Sink) => {}
        Err(Halt::Refused(refusal)) => return Err(refusal),
    }
    let Task::Comparing(comparing) = collector.task else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for index in comparing.differing {
        names.extend(collector.header.get(index).cloned());
    }
    Ok(names)
}

/// Lets all rows of all sources decide what single texts leave open.
fn survey(
    sources: &mut [Source<'_>],
    request: &Request,
    rules: &DayRules,
) -> Result<Decided, Refusal> {
    let mut collector = Collector::new(request, rules, Task::Survey(Box::default()));
    match collect(&mut collector, sources) {
        Ok(()) => {}
        Err(Halt::Refused(refusal)) => return Err(refusal),
        Err(Halt::Open | Halt::Sink) => return Ok(Decided::default()),
    }
    let column = collector.ds_column.clone();
    let Task::Survey(evidence) = collector.task else {
        return Ok(Decided::default());
    };
    evidence
        .decide()
        .map_err(|undecided| undecided_refusal(&undecided, &column, request))
}

fn undecided_refusal(undecided: &Undecided, column: &str, request: &Request) -> Refusal {
    let column = in_one_line(column);
    match undecided {
        Undecided::Order {
            example,
            readings: [day_first, month_first],
            formats: [day_first_format, month_first_format],
        } => {
            let earlier = request
                .earlier_format
                .as_ref()
                .map_or_else(String::new, |format| {
                    format!("; an earlier import was read with --ds-format '{format}'")
                });
            Refusal::new(
                &example.file,
                format!(
                    "column {column} holds `{}` ({}), which may be {day_first} or {month_first}, and no row decides; \
                     say which with --ds-format '{day_first_format}' or --ds-format '{month_first_format}'{earlier}",
                    in_one_line(&example.text),
                    example.place,
                ),
            )
        }
        Undecided::Contradiction {
            day_first,
            month_first,
        } => Refusal::new(
            &month_first.file,
            format!(
                "column {column} holds `{}` ({} of {}), which has the day first, and `{}` ({}), which has the month \
                 first; mend the file, or import the parts with a --ds-format each",
                in_one_line(&day_first.text),
                day_first.place,
                in_one_line(&day_first.file),
                in_one_line(&month_first.text),
                month_first.place,
            ),
        ),
        Undecided::Units {
            small,
            large,
            units: [of_small, of_large],
        } => Refusal::new(
            &small.file,
            format!(
                "column {column} holds `{}` ({}), which looks like {of_small} since 1970, and `{}` ({} of {}), which \
                 looks like {of_large}; mend the file, or import the parts one by one",
                in_one_line(&small.text),
                small.place,
                in_one_line(&large.text),
                large.place,
                in_one_line(&large.file),
            ),
        ),
        Undecided::NoEpoch(example) => Refusal::new(
            &example.file,
            format!(
                "column {column} holds `{}` ({}), which is no day; name another column with --ds-column, or say how \
                 days are written with --ds-format",
                in_one_line(&example.text),
                example.place,
            ),
        ),
    }
}

/// Takes all rows of all sources.
fn collect(collector: &mut Collector<'_, '_>, sources: &mut [Source<'_>]) -> Result<(), Halt> {
    for source in sources {
        collect_one(collector, source)?;
        collector.refuse_faults()?;
    }
    Ok(())
}

fn collect_one(collector: &mut Collector<'_, '_>, source: &mut Source<'_>) -> Result<(), Halt> {
    collector.begin(&source.name, matches!(source.content, Content::File(..)));
    let name = source.name.clone();
    match &mut source.content {
        Content::File(path, by_ending) => {
            let mut text = crate::source::open_text(&name, path, collector.request.encoding)?;
            let format = match collector.request.format.or(*by_ending) {
                Some(format) => format,
                None => format_by_content(&name, &mut text)?,
            };
            match format {
                Format::Csv | Format::Grafana | Format::Perfmon => csv_rows(&name, text, collector),
                Format::Json | Format::Prometheus | Format::Cloudwatch => {
                    json_rows(&name, text, collector)
                }
                Format::Parquet => Err(Refusal::new(&name, "it is no text").into()),
            }
        }
        Content::Table(table) => {
            let columns = collector.request.columns.or_usual();
            collector.columns_are(&columns);
            let value_column = columns.value.clone().unwrap_or_default();
            let mut host_name = crate::columns::NameBuilder::default();
            let mut resource_name = crate::columns::NameBuilder::default();
            let told = table.rows(&columns, &mut |hosts, resources, day, value, line| {
                let row = RawRow {
                    host: host_name.join(hosts.iter().copied()).unwrap_or_default(),
                    resource: resource_name
                        .join(resources.iter().copied())
                        .unwrap_or_default(),
                    day,
                    value,
                    value_column: &value_column,
                    line,
                    fields: None,
                };
                collector.row(&row).map_err(Stop)
            });
            told.map_err(|stop| match stop {
                TableStop::Refused(refusal) => Halt::Refused(refusal),
                TableStop::Told(Stop(halt)) => halt,
            })
        }
    }
}

/// What a text is that has no name to tell by: JSON begins with a brace or a bracket.
fn format_by_content(name: &str, text: &mut Text) -> Result<Format, Refusal> {
    let first = first_byte(text).map_err(|error| Refusal::new(name, read_error(&error)))?;
    Ok(match first {
        Some(b'{' | b'[') => Format::Json,
        _ => Format::Csv,
    })
}
