//! Files into samples.

use crate::columns::Columns;
use crate::csv_rows::{csv_rows, first_byte, is_grafana};
use crate::days::{DayOrder, WrittenDay};
use crate::decode::Encoding;
use crate::evidence::{
    DayEvidence, DayRules, Decided, EpochUnit, Example, Outcome, Placed, Undecided,
};
use crate::format::Format;
use crate::json_rows::json_rows;
use crate::midnights::{LocalMidnights, MidnightWatch};
use crate::numbers::{Decimal, Number, read_number};
use crate::refusal::{Refusal, in_one_line};
use crate::rows::{DayCell, Halt, RawRow, Stop, TableStop, ValueCell};
use crate::samples::{FutureRows, Noted, Samples, SeriesNames};
use crate::source::{Content, Source, Text, read_error};

/// Samples handed over at a time.
const BATCH: usize = 1 << 16;

/// What to read, and how.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Which columns.
    pub columns: Columns,
    /// What wrote the files, where that is said.
    pub format: Option<Format>,
    /// How texts become days.
    pub days: DayRules,
    /// How texts become numbers.
    pub decimal: Decimal,
    /// The encoding of files without a byte order mark; UTF-8 where nothing is said.
    pub encoding: Option<Encoding>,
    /// Whether lines that are no data are passed over, and named, instead of refused.
    pub skip_bad_lines: bool,
    /// The last day to keep, counted from 1970-01-01: rows after it are left out and named.
    pub latest_day: Option<i32>,
    /// A format an earlier import came to, for refusals to name.
    pub earlier_format: Option<String>,
}

/// Who receives samples.
pub trait Sink {
    /// Takes a batch; says whether there should be more.
    fn samples(&mut self, batch: Samples) -> bool;

    /// Forgets all samples so far: they come again, by rules that rows have decided on since.
    fn restart(&mut self) -> bool;
}

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
        match collector.all(sources).and_then(|()| collector.flush()) {
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
    let comparing = Comparing {
        repeated,
        seen: vec![None; repeated.len()],
        differing: Vec::new(),
    };
    let mut collector = Collector::new(request, rules, Task::Comparing(comparing));
    match collector.all(sources) {
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
    match collector.all(sources) {
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

/// What a pass over the files is for.
enum Task<'s> {
    Reading(&'s mut dyn Sink),
    Survey(Box<DayEvidence>),
    Comparing(Comparing<'s>),
}

/// Rows of the same series and instant, compared field by field.
struct Comparing<'s> {
    repeated: &'s [(String, String, i64)],
    /// The first row of each.
    seen: Vec<Option<csv::StringRecord>>,
    /// Columns that differ in all of them so far compared.
    differing: Vec<usize>,
}

impl Comparing<'_> {
    fn add(&mut self, host: &str, resource: &str, micros: i64, fields: &csv::StringRecord) {
        let is_it = |(known, of, at): &(String, String, i64)| {
            known == host && of == resource && *at == micros
        };
        let Some(place) = self.repeated.iter().position(is_it) else {
            return;
        };
        match &self.seen[place] {
            None => self.seen[place] = Some(fields.clone()),
            Some(first) => {
                for index in 0..fields.len().min(first.len()) {
                    if fields.get(index) != first.get(index) && !self.differing.contains(&index) {
                        self.differing.push(index);
                    }
                }
            }
        }
    }
}

/// One kind of thing that cannot be read, in one file.
#[derive(Debug, Default)]
struct Fault {
    rows: u64,
    /// The column, the text and its line.
    first: Option<(String, String, u64)>,
}

/// Takes rows and makes samples of them.
pub(crate) struct Collector<'r, 's> {
    pub(crate) request: &'r Request,
    rules: &'r DayRules,
    task: Task<'s>,
    /// The file at hand.
    file: String,
    is_text: bool,
    host_column: String,
    resource_column: String,
    pub(crate) ds_column: String,
    pub(crate) header: Vec<String>,
    series: SeriesNames,
    batch: Samples,
    rows: u64,
    rows_without_value: u64,
    future: FutureRows,
    bad_lines: Noted,
    watch: Option<MidnightWatch>,
    /// The last instant of every series, and whether its rows go back in time.
    lasts: Vec<(i64, Option<bool>)>,
    in_order: bool,
    last_text: String,
    last_placed: Option<Placed>,
    no_host: Fault,
    no_resource: Fault,
    no_day: Fault,
    no_number: Fault,
}

impl<'r, 's> Collector<'r, 's> {
    fn new(request: &'r Request, rules: &'r DayRules, task: Task<'s>) -> Self {
        Self {
            request,
            rules,
            task,
            file: String::new(),
            is_text: true,
            host_column: String::new(),
            resource_column: String::new(),
            ds_column: String::new(),
            header: Vec::new(),
            series: SeriesNames::default(),
            batch: Samples::default(),
            rows: 0,
            rows_without_value: 0,
            future: FutureRows::default(),
            bad_lines: Noted::default(),
            watch: rules.zone.is_none().then(MidnightWatch::default),
            lasts: Vec::new(),
            in_order: true,
            last_text: String::new(),
            last_placed: None,
            no_host: Fault::default(),
            no_resource: Fault::default(),
            no_day: Fault::default(),
            no_number: Fault::default(),
        }
    }

    fn all(&mut self, sources: &mut [Source<'_>]) -> Result<(), Halt> {
        for source in sources {
            self.file.clone_from(&source.name);
            self.is_text = true;
            self.last_placed = None;
            self.one(source)?;
            self.refuse_faults()?;
        }
        Ok(())
    }

    fn one(&mut self, source: &mut Source<'_>) -> Result<(), Halt> {
        let name = source.name.clone();
        match &mut source.content {
            Content::File(path, by_ending) => {
                let mut text = crate::source::open_text(&name, path, self.request.encoding)?;
                let format = match self.request.format.or(*by_ending) {
                    Some(format) => format,
                    None => format_by_content(&name, &mut text)?,
                };
                match format {
                    Format::Csv | Format::Grafana | Format::Perfmon => csv_rows(&name, text, self),
                    Format::Json | Format::Prometheus | Format::Cloudwatch => {
                        json_rows(&name, text, self)
                    }
                    Format::Parquet => Err(Refusal::new(&name, "it is no text").into()),
                }
            }
            Content::Table(table) => {
                self.is_text = false;
                let columns = self.request.columns.or_usual();
                self.columns_are(&columns);
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
                    self.row(&row).map_err(Stop)
                });
                told.map_err(|stop| match stop {
                    TableStop::Refused(refusal) => Halt::Refused(refusal),
                    TableStop::Told(Stop(halt)) => halt,
                })
            }
        }
    }

    /// Says which columns the rows that follow have, for messages.
    pub(crate) fn columns_are(&mut self, columns: &Columns) {
        self.host_column = columns.host.columns.join(", ");
        self.resource_column = columns.resource.columns.join(", ");
        self.ds_column = columns.ds.clone().unwrap_or_default();
    }

    /// A line that is no data: passed over where that is asked for, else the end.
    pub(crate) fn bad_line(&mut self, line: u64, why: &str, text: &str) -> Result<(), Halt> {
        // A quote that is never closed swallows all that follows it: more than a line would be passed over.
        let is_one_line = !text.contains(['\n', '\r']);
        if self.request.skip_bad_lines && !is_one_line {
            return Err(Halt::Refused(Refusal::new(
                &self.file,
                format!(
                    "line {line} {why} and goes on over further lines, as where a quote is not closed: `{}`; mend the file",
                    in_one_line(text)
                ),
            )));
        }
        if self.request.skip_bad_lines {
            let file = &self.file;
            self.bad_lines
                .add(|| format!("line {line} of {file} {why}: `{text}`"));
            return Ok(());
        }
        Err(Halt::Refused(Refusal::new(
            &self.file,
            format!(
                "line {line} {why}: `{}`; mend the file, or pass over such lines with --skip-bad-lines",
                in_one_line(text)
            ),
        )))
    }

    pub(crate) fn row(&mut self, row: &RawRow<'_>) -> Result<(), Halt> {
        if let Task::Survey(evidence) = &mut self.task {
            let written = match row.day {
                DayCell::Text(text) => WrittenDay::read(text),
                DayCell::Whole(whole) => Some(digits_of(whole)),
                _ => None,
            };
            if let Some(written) = written {
                let (file, is_text) = (&self.file, self.is_text);
                evidence.add(written, || Example {
                    text: text_of(&row.day),
                    file: file.clone(),
                    place: place_of(row.line, is_text),
                });
            }
            return Ok(());
        }
        let Some(placed) = self.place(row)? else {
            return Ok(());
        };
        if let Task::Comparing(comparing) = &mut self.task {
            if let Some(fields) = row.fields {
                comparing.add(row.host, row.resource, placed.micros, fields);
            }
            return Ok(());
        }
        let number = match row.value {
            ValueCell::Text(text) => read_number(text, self.request.decimal),
            ValueCell::Number(value) if value.is_finite() => Number::Value(value),
            ValueCell::Number(_) | ValueCell::Missing => Number::Missing,
        };
        let value = match number {
            Number::Value(value) => value,
            Number::Missing => {
                self.rows_without_value += 1;
                return Ok(());
            }
            Number::Unreadable => {
                let ValueCell::Text(text) = row.value else {
                    return Ok(());
                };
                return self.fault(
                    |all| &mut all.no_number,
                    row.value_column,
                    text,
                    row.line,
                    "holds a value that is no number",
                );
            }
        };
        if self
            .request
            .latest_day
            .is_some_and(|latest| placed.day > latest)
        {
            self.future.add(|| {
                let day = fleet_day(placed.day);
                format!("{}/{} on {day}", row.host, row.resource)
            });
            return Ok(());
        }
        if placed.is_instant
            && let Some(watch) = &mut self.watch
        {
            watch.add(placed.micros);
        }
        self.rows += 1;
        let series = self.series.place(row.host, row.resource);
        self.note_order(series, placed.micros);
        self.batch.series.push(series);
        self.batch.micros.push(placed.micros);
        self.batch.days.push(placed.day);
        self.batch.values.push(value);
        if self.batch.len() >= BATCH {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Notes whether a series' instants only rise, or only fall.
    fn note_order(&mut self, series: u32, micros: i64) {
        let Some((last, falls)) = self.lasts.get_mut(series as usize) else {
            self.lasts.push((micros, None));
            return;
        };
        let goes_back = micros < *last;
        if micros == *last || falls.is_some_and(|falls| falls != goes_back) {
            self.in_order = false;
        }
        (*last, *falls) = (micros, Some(goes_back));
    }

    /// Finds where a row stands in time; `None` where something is wrong with it, which is noted.
    fn place(&mut self, row: &RawRow<'_>) -> Result<Option<Placed>, Halt> {
        const WITHOUT_NAME: &str = "has no name of a series";
        if row.host.is_empty() {
            let column = self.host_column.clone();
            self.fault(|all| &mut all.no_host, &column, "", row.line, WITHOUT_NAME)?;
            return Ok(None);
        }
        if row.resource.is_empty() {
            let column = self.resource_column.clone();
            self.fault(
                |all| &mut all.no_resource,
                &column,
                "",
                row.line,
                WITHOUT_NAME,
            )?;
            return Ok(None);
        }
        let outcome = match row.day {
            DayCell::Text(text) => {
                if let Some(placed) = self.last_placed.filter(|_| self.last_text == text) {
                    return Ok(Some(placed));
                }
                let outcome = self.rules.place(text);
                if let Outcome::Placed(placed) = outcome {
                    self.last_text.clear();
                    self.last_text.push_str(text);
                    self.last_placed = Some(placed);
                }
                outcome
            }
            DayCell::MonthFirst(text) => {
                let rules = DayRules {
                    order: Some(DayOrder::MonthFirst),
                    ..self.rules.clone()
                };
                rules.place(text)
            }
            DayCell::Seconds(text) => match WrittenDay::read(text) {
                Some(written @ WrittenDay::Digits { .. }) => {
                    let rules = DayRules {
                        unit: Some(EpochUnit::Seconds),
                        zone: self.rules.zone.clone(),
                        ..DayRules::default()
                    };
                    rules.settle(written)
                }
                _ => Outcome::NoDay,
            },
            DayCell::Whole(whole) if self.rules.formats.is_empty() => {
                self.rules.settle(digits_of(whole))
            }
            DayCell::Whole(whole) => self.rules.place(&whole.to_string()),
            DayCell::Day(day) if is_calendar_day(day) => {
                Outcome::Placed(Placed::of_epoch_days(day))
            }
            DayCell::Instant(micros) => {
                let at = jiff::Timestamp::from_microsecond(micros).ok();
                let written = at.and_then(crate::days::instant);
                written.map_or(Outcome::NoDay, |written| self.rules.settle(written))
            }
            DayCell::Local(micros) => {
                let day = i32::try_from(micros.div_euclid(86_400_000_000)).unwrap_or(i32::MAX);
                if is_calendar_day(day) {
                    Outcome::Placed(Placed {
                        micros,
                        day,
                        is_instant: false,
                    })
                } else {
                    Outcome::NoDay
                }
            }
            DayCell::Day(_) | DayCell::Missing => Outcome::NoDay,
        };
        match outcome {
            Outcome::Placed(placed) => Ok(Some(placed)),
            Outcome::Open(_) => Err(Halt::Open),
            Outcome::NoDay => {
                let (column, text) = (self.ds_column.clone(), text_of(&row.day));
                self.fault(
                    |all| &mut all.no_day,
                    &column,
                    &text,
                    row.line,
                    "has no day that can be read",
                )?;
                Ok(None)
            }
        }
    }

    /// Notes something that cannot be read: the file is refused at its end, when all such rows are counted.
    fn fault(
        &mut self,
        of: fn(&mut Self) -> &mut Fault,
        column: &str,
        text: &str,
        line: u64,
        why: &str,
    ) -> Result<(), Halt> {
        if self.request.skip_bad_lines {
            return self.bad_line(line, why, text);
        }
        let fault = of(self);
        fault.rows += 1;
        if fault.first.is_none() {
            fault.first = Some((column.to_owned(), text.to_owned(), line));
        }
        Ok(())
    }

    fn refuse_faults(&mut self) -> Result<(), Halt> {
        let is_text = self.is_text;
        for (what, fault) in [
            ("host", std::mem::take(&mut self.no_host)),
            ("resource", std::mem::take(&mut self.no_resource)),
            ("day", std::mem::take(&mut self.no_day)),
            ("number", std::mem::take(&mut self.no_number)),
        ] {
            let Some((column, text, line)) = fault.first else {
                continue;
            };
            let (column, rows) = (in_one_line(&column), fault.rows);
            let place = place_of(line, is_text);
            let cause = if text.trim().is_empty() {
                format!(
                    "column {column} is empty in {rows} rows (the first is {place}), so they have no {what}; mend the \
                     file, or name another column"
                )
            } else {
                let formats = if what == "day" {
                    ", or say how days are written with --ds-format"
                } else {
                    ""
                };
                let comma = text.contains(',') && what == "number";
                let decimal = if comma {
                    ", or say what separates fractions with --decimal"
                } else {
                    ""
                };
                format!(
                    "column {column} holds `{}`, which is no {what} ({place}, {rows} such rows); mend the file, or \
                     name another column{formats}{decimal}",
                    in_one_line(&text)
                )
            };
            return Err(Refusal::new(&self.file, cause).into());
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Halt> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let Task::Reading(sink) = &mut self.task else {
            return Ok(());
        };
        if sink.samples(batch) {
            Ok(())
        } else {
            Err(Halt::Sink)
        }
    }

    /// Whether the file at hand is one of Grafana's by its header.
    pub(crate) fn is_grafana(&self, header: &[String]) -> bool {
        self.request.format == Some(Format::Grafana)
            || (self.request.format.is_none() && is_grafana(header))
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

fn is_calendar_day(day: i32) -> bool {
    (-719_162..=2_932_896).contains(&day)
}

fn digits_of(whole: i64) -> WrittenDay {
    let digits = whole.unsigned_abs().checked_ilog10().unwrap_or(0) + 1;
    WrittenDay::Digits {
        whole,
        billionths: 0,
        digits: u8::try_from(digits).unwrap_or(u8::MAX),
    }
}

fn place_of(line: u64, is_text: bool) -> String {
    if is_text {
        format!("line {line}")
    } else {
        format!("row {line}")
    }
}

fn text_of(day: &DayCell<'_>) -> String {
    match day {
        DayCell::Text(text) | DayCell::MonthFirst(text) | DayCell::Seconds(text) => {
            (*text).to_owned()
        }
        DayCell::Whole(whole) => whole.to_string(),
        DayCell::Day(day) => format!("{day} days after 1970-01-01"),
        DayCell::Instant(micros) | DayCell::Local(micros) => {
            format!("{micros} µs after 1970-01-01")
        }
        DayCell::Missing => String::new(),
    }
}

/// A day counted from 1970-01-01, as calendars write it.
fn fleet_day(day: i32) -> String {
    let span = jiff::Span::new().try_days(day);
    let date = span.and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span));
    date.map_or_else(|_| format!("day {day}"), |date| date.to_string())
}
