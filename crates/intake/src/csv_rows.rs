//! Separated values, taken apart into rows.

use std::io::{BufRead, Read};

use csv::{ReaderBuilder, StringRecord};

use crate::collector::Collector;
use crate::columns::{Columns, NameBuilder, NameRule, find, no_column};
use crate::format::Format;
use crate::perfmon;
use crate::refusal::Refusal;
use crate::rows::{DayCell, Halt, RawRow, ValueCell};
use crate::source::{Text, read_error};

/// What may separate values, the usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Lines a header may have before it: titles, settings, remarks.
const MOST_LINES_BEFORE: usize = 50;

/// The place of the header, and what separates its fields.
#[derive(Debug)]
struct Head {
    lines_before: usize,
    delimiter: u8,
    header: Vec<String>,
}

/// Whether Grafana wrote it: a row a point, under `Series`, `Time`, `Value`.
fn is_grafana(header: &[String]) -> bool {
    ["Series", "Time", "Value"]
        .iter()
        .all(|name| header.iter().any(|found| found == name))
}

/// The places of a row's parts.
struct Plan {
    host: NamePlan,
    resource: NamePlan,
    ds: usize,
    /// The tool writes the month first.
    month_first: bool,
    values: Vec<ValuePlan>,
}

struct NamePlan {
    fixed: Option<String>,
    columns: Vec<usize>,
}

/// A column of values, and what its name says of the series.
struct ValuePlan {
    column: usize,
    name: String,
    host: Option<String>,
    resource: Option<String>,
}

pub(crate) fn csv_rows(
    name: &str,
    mut text: Text,
    collector: &mut Collector<'_, '_>,
) -> Result<(), Halt> {
    let refused = |cause: String| Halt::Refused(Refusal::new(name, cause));
    let head = {
        let peeked = text
            .fill_buf()
            .map_err(|error| refused(read_error(&error)))?;
        let peeked = String::from_utf8_lossy(peeked);
        find_head(&peeked, collector)
    };
    let Some(head) = head else {
        return Err(refused(
            "it is empty; give a file with a header and rows".to_owned(),
        ));
    };
    let (plan, columns) = plan(&head, collector).map_err(refused)?;
    collector.columns_are(&columns);
    collector.header.clone_from(&head.header);

    let mut skipped = Vec::new();
    for _ in 0..head.lines_before {
        skipped.clear();
        text.read_until(b'\n', &mut skipped)
            .map_err(|error| refused(read_error(&error)))?;
    }
    let lines_before = head.lines_before as u64;
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(head.delimiter)
        .buffer_capacity(1 << 17)
        .from_reader(text);
    let mut record = StringRecord::new();
    let mut is_header = true;
    let (mut host_name, mut resource_name) = (NameBuilder::default(), NameBuilder::default());
    loop {
        let more = reader.read_record(&mut record);
        if !more.map_err(|error| refused(csv_error(error)))? {
            return Ok(());
        }
        if is_header {
            is_header = false;
            continue;
        }
        let line = record.position().map_or(0, csv::Position::line) + lines_before;
        if let Some(why) = no_data(&record, &head.header) {
            if !record.iter().all(|field| field.trim().is_empty()) {
                let delimiter = char::from(head.delimiter).to_string();
                let shown = record.iter().collect::<Vec<&str>>().join(&delimiter);
                collector.bad_line(line, &why, &shown)?;
            }
            continue;
        }
        let field = |index: usize| record.get(index).unwrap_or_default();
        let parts = |plan: &'_ NamePlan, own: Option<&'_ str>| -> bool {
            plan.columns.is_empty() && (own.is_some() || plan.fixed.is_some())
        };
        for value in &plan.values {
            let host = if parts(&plan.host, value.host.as_deref()) {
                value
                    .host
                    .as_deref()
                    .or(plan.host.fixed.as_deref())
                    .unwrap_or_default()
            } else {
                let fixed = plan.host.fixed.as_deref().into_iter();
                let columns = plan.host.columns.iter().map(|index| field(*index));
                host_name.join(fixed.chain(columns)).unwrap_or_default()
            };
            let resource = if parts(&plan.resource, value.resource.as_deref()) {
                value
                    .resource
                    .as_deref()
                    .or(plan.resource.fixed.as_deref())
                    .unwrap_or_default()
            } else {
                let fixed = plan.resource.fixed.as_deref().into_iter();
                let columns = plan.resource.columns.iter().map(|index| field(*index));
                resource_name.join(fixed.chain(columns)).unwrap_or_default()
            };
            collector.row(&RawRow {
                host,
                resource,
                day: if plan.month_first {
                    DayCell::MonthFirst(field(plan.ds))
                } else {
                    DayCell::Text(field(plan.ds))
                },
                value: ValueCell::Text(field(value.column)),
                value_column: &value.name,
                line,
                fields: Some(&record),
            })?;
        }
    }
}

fn csv_error(error: csv::Error) -> String {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => read_error(&error),
        csv::ErrorKind::Utf8 { pos, err } => {
            let line = pos.map_or(0, |pos| pos.line());
            format!(
                "line {line} holds bytes that are no text ({err}); name the encoding with --encoding"
            )
        }
        other => format!("{other:?}; mend the file, or fetch it again"),
    }
}

/// Why a record is no row of data, if it is none.
fn no_data(record: &StringRecord, header: &[String]) -> Option<String> {
    let (found, wanted) = (record.len(), header.len());
    if found != wanted {
        // Fields that are empty say nothing: some tools leave them out at the end, others add one.
        let surplus = record
            .iter()
            .skip(wanted)
            .all(|field| field.trim().is_empty());
        if found < wanted || !surplus {
            return Some(format!("has {found} fields where the header has {wanted}"));
        }
    }
    let is_header = record.iter().zip(header).all(|(field, name)| field == name);
    is_header.then(|| "is the header again".to_owned())
}

/// The header: the first of the lines at the beginning that has all columns that are wanted, else the first
/// that is not empty.
fn find_head(peeked: &str, collector: &Collector<'_, '_>) -> Option<Head> {
    let request = collector.request;
    let usual = request.columns.or_usual();
    let mut first: Option<Head> = None;
    for (lines_before, line) in peeked.lines().take(MOST_LINES_BEFORE).enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let mut best: Option<Head> = None;
        for delimiter in DELIMITERS {
            let Some(header) = split(line, delimiter) else {
                continue;
            };
            let head = Head {
                lines_before,
                delimiter,
                header,
            };
            let has_all = has_columns(&head.header, &usual, request.columns.wide);
            let is_known = perfmon::is_header(&head.header)
                || (is_grafanas(collector, &head.header) && is_grafana(&head.header));
            if has_all || is_known {
                return Some(head);
            }
            if best
                .as_ref()
                .is_none_or(|best| head.header.len() > best.header.len())
            {
                best = Some(head);
            }
        }
        first = first.or(best);
    }
    first
}

fn has_columns(header: &[String], columns: &Columns, wide: bool) -> bool {
    let has = |name: &str| find(header.iter().map(String::as_str), name).is_some();
    if wide {
        // What is not named is a column a series.
        return header.len() > 1 && columns.ds.as_deref().is_some_and(has);
    }
    columns.named().all(has)
}

/// One line as a header.
fn split(line: &str, delimiter: u8) -> Option<Vec<String>> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(line.as_bytes());
    let mut record = StringRecord::new();
    reader
        .read_record(&mut record)
        .ok()
        .filter(|found| *found)?;
    Some(record.iter().map(str::to_owned).collect())
}

/// Names of columns that hold a time, where none is named.
const TIMES: [&str; 6] = ["ds", "time", "timestamp", "date", "datetime", "day"];

fn plan(head: &Head, collector: &Collector<'_, '_>) -> Result<(Plan, Columns), String> {
    let header = &head.header;
    let request = collector.request;
    let asked = &request.columns;
    if perfmon::is_header(header) || request.format == Some(Format::Perfmon) {
        return plan_perfmon(header, asked);
    }
    let names = || header.iter().map(String::as_str);
    let find_column = |name: &str| find(names(), name).ok_or_else(|| no_column(name, names()));
    let grafana = is_grafanas(collector, header);
    if asked.wide || (grafana && !is_grafana(header)) {
        return plan_wide(header, asked);
    }
    let columns = if grafana {
        asked.or("Series", "resource", "Time", "Value")
    } else {
        asked.or_usual()
    };
    let name_plan = |rule: &NameRule| -> Result<NamePlan, String> {
        Ok(NamePlan {
            fixed: rule.fixed.clone(),
            columns: rule
                .columns
                .iter()
                .map(|name| find_column(name))
                .collect::<Result<_, _>>()?,
        })
    };
    let value = columns.value.clone().unwrap_or_default();
    let plan = Plan {
        host: name_plan(&columns.host)?,
        resource: name_plan(&columns.resource)?,
        ds: find_column(columns.ds.as_deref().unwrap_or_default())?,
        month_first: false,
        values: vec![ValuePlan {
            column: find_column(&value)?,
            name: value,
            host: None,
            resource: None,
        }],
    };
    Ok((plan, columns))
}

/// A column a series: what is named is no series, every other column is one.
fn plan_wide(header: &[String], asked: &Columns) -> Result<(Plan, Columns), String> {
    let names = || header.iter().map(String::as_str);
    let find_column = |name: &str| find(names(), name).ok_or_else(|| no_column(name, names()));
    let by_name = TIMES.iter().find_map(|time| find(names(), time));
    let ds = match &asked.ds {
        Some(name) => find_column(name)?,
        None => by_name.unwrap_or(0),
    };
    let name_plan = |rule: &NameRule| -> Result<NamePlan, String> {
        Ok(NamePlan {
            fixed: rule.fixed.clone(),
            columns: rule
                .columns
                .iter()
                .map(|name| find_column(name))
                .collect::<Result<_, _>>()?,
        })
    };
    let (host, resource) = (name_plan(&asked.host)?, name_plan(&asked.resource)?);
    let (host_is_said, resource_is_said) = (!asked.host.is_unsaid(), !asked.resource.is_unsaid());
    if host_is_said == resource_is_said {
        return Err(if host_is_said {
            "with --wide a column is a host or a resource, and both were said; leave one of them out".to_owned()
        } else {
            "with --wide a column is a host, and nothing says of which resource; name it with --resource (or name the \
             host with --host, where columns are resources)"
                .to_owned()
        });
    }
    let taken: Vec<usize> = host
        .columns
        .iter()
        .chain(&resource.columns)
        .copied()
        .chain([ds])
        .collect();
    let values: Vec<ValuePlan> = header
        .iter()
        .enumerate()
        .filter(|(column, name)| !taken.contains(column) && !name.trim().is_empty())
        .map(|(column, name)| ValuePlan {
            column,
            name: name.clone(),
            host: resource_is_said.then(|| name.clone()),
            resource: host_is_said.then(|| name.clone()),
        })
        .collect();
    if values.is_empty() {
        return Err(
            "it has no column besides that of days; give a file with a column a series".to_owned(),
        );
    }
    let columns = Columns {
        ds: header.get(ds).cloned(),
        ..asked.clone()
    };
    let plan = Plan {
        host,
        resource,
        ds,
        month_first: false,
        values,
    };
    Ok((plan, columns))
}

fn plan_perfmon(header: &[String], asked: &Columns) -> Result<(Plan, Columns), String> {
    let mut values = Vec::new();
    for (column, name) in header.iter().enumerate().skip(1) {
        let wanted = asked.value.as_ref();
        if wanted.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(name)) {
            continue;
        }
        let Some((host, counter)) = perfmon::host_and_counter(name) else {
            continue;
        };
        values.push(ValuePlan {
            column,
            name: name.clone(),
            host: asked.host.is_unsaid().then(|| host.to_owned()),
            resource: asked.resource.is_unsaid().then(|| counter.to_owned()),
        });
    }
    if values.is_empty() {
        let names = header.iter().map(String::as_str);
        return Err(match &asked.value {
            Some(wanted) => no_column(wanted, names),
            None => r"it has no column of the form \\HOST\Counter; give a log of the performance monitor".to_owned(),
        });
    }
    let names = |rule: &NameRule| NamePlan {
        fixed: rule.fixed.clone(),
        columns: rule
            .columns
            .iter()
            .filter_map(|name| find(header.iter().map(String::as_str), name))
            .collect(),
    };
    let columns = Columns {
        ds: header.first().cloned(),
        ..asked.clone()
    };
    let plan = Plan {
        host: names(&asked.host),
        resource: names(&asked.resource),
        ds: 0,
        month_first: true,
        values,
    };
    Ok((plan, columns))
}

/// The first bytes of the text that are no blank.
pub(crate) fn first_byte(text: &mut Text) -> std::io::Result<Option<u8>> {
    loop {
        let peeked = text.fill_buf()?;
        if peeked.is_empty() {
            return Ok(None);
        }
        let found = peeked.iter().position(|byte| !byte.is_ascii_whitespace());
        let byte = found.map(|at| peeked[at]);
        let blanks = found.unwrap_or(peeked.len());
        text.consume(blanks);
        if byte.is_some() {
            return Ok(byte);
        }
    }
}

/// Reads what is left to its end; for texts that are read as a whole.
pub(crate) fn rest_of(text: &mut Text) -> std::io::Result<String> {
    let mut rest = String::new();
    text.read_to_string(&mut rest)?;
    Ok(rest)
}

/// Whether the file at hand is taken for one of Grafana's, by what was said or by its header.
fn is_grafanas(collector: &Collector<'_, '_>, header: &[String]) -> bool {
    let said = collector.request.format;
    said == Some(Format::Grafana) || (said.is_none() && is_grafana(header))
}
