//! Rows into samples, wherever rows come from.

use crate::columns::Columns;
use crate::days::{DayOrder, WrittenDay};
use crate::evidence::{DayEvidence, DayRules, EpochUnit, Example, Outcome, Placed};
use crate::midnights::MidnightWatch;
use crate::numbers::{Number, read_number};
use crate::refusal::{Refusal, in_one_line};
use crate::request::{Request, Sink};
use crate::rows::{DayCell, Halt, RawRow, ValueCell};
use crate::samples::{FutureRows, Noted, Samples, SeriesNames};

/// Samples handed over at a time.
const BATCH: usize = 1 << 16;

/// What a pass over the files is for.
pub(crate) enum Task<'s> {
    Reading(&'s mut dyn Sink),
    Survey(Box<DayEvidence>),
    Comparing(Comparing<'s>),
}

/// Rows of the same series and instant, compared field by field.
pub(crate) struct Comparing<'s> {
    repeated: &'s [(String, String, i64)],
    /// The first row of each.
    seen: Vec<Option<csv::StringRecord>>,
    /// Columns that differ in all of them so far compared.
    pub(crate) differing: Vec<usize>,
}

impl<'s> Comparing<'s> {
    pub(crate) fn new(repeated: &'s [(String, String, i64)]) -> Self {
        Self {
            repeated,
            seen: vec![None; repeated.len()],
            differing: Vec::new(),
        }
    }

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
    pub(crate) task: Task<'s>,
    /// The file at hand.
    file: String,
    is_text: bool,
    host_column: String,
    resource_column: String,
    pub(crate) ds_column: String,
    pub(crate) header: Vec<String>,
    pub(crate) series: SeriesNames,
    batch: Samples,
    pub(crate) rows: u64,
    pub(crate) rows_without_value: u64,
    pub(crate) future: FutureRows,
    pub(crate) bad_lines: Noted,
    pub(crate) watch: Option<MidnightWatch>,
    /// The last instant of every series, and whether its rows go back in time.
    lasts: Vec<(i64, Option<bool>)>,
    pub(crate) in_order: bool,
    last_text: String,
    last_placed: Option<Placed>,
    no_host: Fault,
    no_resource: Fault,
    no_day: Fault,
    no_number: Fault,
}

impl<'r, 's> Collector<'r, 's> {
    pub(crate) fn new(request: &'r Request, rules: &'r DayRules, task: Task<'s>) -> Self {
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

    /// Begins a file.
    pub(crate) fn begin(&mut self, file: &str, is_text: bool) {
        file.clone_into(&mut self.file);
        self.is_text = is_text;
        self.last_placed = None;
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

    /// Refuses the file at hand where something in it could not be read.
    pub(crate) fn refuse_faults(&mut self) -> Result<(), Halt> {
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

    /// Hands over what is left.
    pub(crate) fn flush(&mut self) -> Result<(), Halt> {
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
