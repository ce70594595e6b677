//! Files of sound form and nasty rows: every row is imported, counted as without a value, or the file is refused.
#![no_main]

use std::collections::BTreeSet;

use arbitrary::Arbitrary;
use fleetcast_fuzz::database::{Visible, memory};
use fleetcast_fuzz::{Name, Oddity};
use fleetcast_store::Import;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Row {
    host: Name,
    resource: Name,
    day: u16,
    form: u8,
    value: Cell,
}

#[derive(Debug, Arbitrary)]
enum Cell {
    Odd(Oddity),
    Power(i16),
    Whole(i32),
    Number(f64),
}

#[derive(Debug, Arbitrary)]
struct Input {
    separator: u8,
    quote_all: bool,
    crlf: bool,
    form: u8,
    mixed_forms: bool,
    rows: Vec<Row>,
    repeat: u8,
}

impl Cell {
    fn value(&self) -> Option<f64> {
        match self {
            Self::Odd(Oddity::Missing) => None,
            Self::Odd(Oddity::NotANumber) => Some(f64::NAN),
            Self::Odd(Oddity::Infinite) => Some(f64::INFINITY),
            Self::Odd(Oddity::MinusInfinite) => Some(f64::NEG_INFINITY),
            Self::Odd(Oddity::Largest) => Some(f64::MAX),
            Self::Odd(Oddity::Smallest) => Some(5e-324),
            Self::Odd(Oddity::Value(value)) => Some(*value),
            Self::Odd(_) => Some(0.0),
            Self::Power(power) => Some(10_f64.powi(i32::from(power % 301))),
            Self::Whole(whole) => Some(f64::from(*whole)),
            Self::Number(number) => Some(*number),
        }
    }
}

/// A day in one of the forms exports have, and the day in UTC it stands for.
fn day_text(day: u16, form: u8) -> (String, i32) {
    let civil = |days: i64| {
        let day = fleetcast_core::Day::from_epoch_days(days).unwrap();
        day.to_string()
    };
    let days = i64::from(day);
    let date = civil(days);
    let at = |offset: i64| i32::try_from(days + offset).unwrap();
    match form % 6 {
        0 => (date, at(0)),
        1 => (format!("{date} 00:00:00"), at(0)),
        2 => (format!("{date}T23:59:59Z"), at(0)),
        // The day in UTC is the next one.
        3 => (format!("{date}T23:30:00-05:00"), at(1)),
        // Summer time: the day before.
        4 => (format!("{date} 01:30:00+02:00"), at(-1)),
        _ => (format!("{date}T02:30:00.123456"), at(0)),
    }
}

fn field(text: &str, separator: char, quote_all: bool) -> String {
    let special = |c: char| c == separator || "\"\r\n".contains(c);
    if quote_all || text.contains(special) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fuzz_target!(|input: Input| {
    let rows: Vec<&Row> = input.rows.iter().take(40).collect();
    if rows.is_empty() {
        return;
    }
    let separator = [',', ';', '\t', '|'][usize::from(input.separator) % 4];
    let end = if input.crlf { "\r\n" } else { "\n" };
    let mut text = ["host", "resource", "ds", "utilization"]
        .map(|name| field(name, separator, input.quote_all))
        .join(&separator.to_string())
        + end;
    let mut expected = BTreeSet::new();
    let mut written = 0;
    for _ in 0..=input.repeat % 3 {
        for row in &rows {
            let form = if input.mixed_forms {
                row.form
            } else {
                input.form
            };
            let (ds, day) = day_text(row.day, form);
            let value = row.value.value();
            let (host, resource) = (row.host.text(), row.resource.text());
            if host.is_empty()
                || resource.is_empty()
                || host.contains('\0')
                || resource.contains('\0')
            {
                return;
            }
            if value.is_some_and(f64::is_finite) {
                expected.insert((host.clone(), resource.clone(), day));
            }
            let cells = [
                host,
                resource,
                ds,
                value.map(|value| value.to_string()).unwrap_or_default(),
            ];
            let cells =
                cells.map(|cell| field(&cell, separator, input.quote_all && !cell.is_empty()));
            text += &cells.join(&separator.to_string());
            text += end;
            written += 1;
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("rows.csv");
    std::fs::write(&path, &text).unwrap();
    let store = memory();
    let import = Import {
        files: vec![path],
        ..Import::default()
    };
    match store.import(&import) {
        Ok(report) => {
            assert_eq!(report.rows + report.rows_without_value, written, "{text}");
            assert_eq!(found(&store), expected, "{text}");
        }
        Err(error) => {
            let message = error.to_string();
            assert_eq!(message.lines().count(), 1, "{message}");
            // A sound file is refused for want of numbers alone, or for names no CSV reader tells from nothing.
            let excused = expected.is_empty() || message.contains("is empty in");
            assert!(excused, "{message}\n{text}");
        }
    }
});

fn found(store: &Visible) -> BTreeSet<(String, String, i32)> {
    let sql = "SELECT host, resource, ds - DATE '1970-01-01' FROM processed_data";
    let mut statement = store.connection.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}
