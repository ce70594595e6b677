//! Random tables, written in every form and read back exactly.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::fmt::Write as _;
use std::path::Path;

use fleetcast_intake::{
    Columns, DayRules, Decimal, NameRule, Request, Samples, Sink, Source, read,
};
use proptest::prelude::*;

/// A sample as it was written: host, day (counted from 1970-01-01), minute of the day, value.
#[derive(Debug, Clone)]
struct Row {
    host: String,
    day: i32,
    minute: u32,
    value: Option<f64>,
}

/// How a table is written.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
struct Form {
    days: Days,
    separator: char,
    decimal_comma: bool,
    percent: bool,
    quoted: bool,
    crlf: bool,
    utf16: bool,
    json: bool,
}

#[derive(Debug, Clone, Copy)]
enum Days {
    Iso,
    Instant,
    Offset,
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
    DayFirst,
    MonthFirst,
    Points,
    Digits,
}

#[derive(Default)]
struct Kept(Vec<Samples>);

impl Sink for Kept {
    fn samples(&mut self, batch: Samples) -> bool {
        self.0.push(batch);
        true
    }

    fn restart(&mut self) -> bool {
        self.0.clear();
        true
    }
}

/// Year, month and day of a day counted from 1970-01-01.
fn civil(day: i32) -> (i32, i32, i32) {
    let (mut year, mut rest) = (1970, day);
    let length = |year: i32| {
        if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) {
            366
        } else {
            365
        }
    };
    while rest >= length(year) {
        rest -= length(year);
        year += 1;
    }
    let mut month = 1;
    for days in [
        31,
        length(year) - 337,
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ] {
        if rest < days {
            break;
        }
        rest -= days;
        month += 1;
    }
    (year, month, rest + 1)
}

fn day_text(row: &Row, days: Days) -> String {
    let (year, month, day) = civil(row.day);
    let (hour, minute) = (row.minute / 60, row.minute % 60);
    let seconds = i64::from(row.day) * 86_400 + i64::from(row.minute) * 60;
    match days {
        Days::Iso => format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}"),
        Days::Instant => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z"),
        // The same instant on a clock that is an hour and a half behind, where that is the same day.
        Days::Offset if row.minute >= 90 => {
            let behind = row.minute - 90;
            format!(
                "{year}-{month:02}-{day:02}T{:02}:{:02}:00-01:30",
                behind / 60,
                behind % 60
            )
        }
        Days::Offset => format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00+00:00"),
        Days::Seconds => seconds.to_string(),
        Days::Milliseconds => (seconds * 1000).to_string(),
        Days::Microseconds => (seconds * 1_000_000).to_string(),
        Days::Nanoseconds => (seconds * 1_000_000_000).to_string(),
        Days::DayFirst => format!("{day:02}/{month:02}/{year} {hour:02}:{minute:02}"),
        Days::MonthFirst => format!(
            "{month}/{day}/{year} {}:{minute:02} {}",
            (hour + 11) % 12 + 1,
            if hour < 12 { "AM" } else { "PM" }
        ),
        Days::Points => format!("{day}.{month}.{year} {hour}:{minute:02}"),
        Days::Digits => format!("{year}{month:02}{day:02}{hour:02}{minute:02}00"),
    }
}

fn value_text(value: Option<f64>, form: Form, place: usize) -> String {
    const MISSING: [&str; 7] = ["", "null", "N/A", "NaN", "-nan", "undefined", "-"];
    let Some(value) = value else {
        return MISSING[place % MISSING.len()].to_owned();
    };
    let mut text = format!("{value}");
    if form.decimal_comma {
        text = text.replace('.', ",");
    }
    if form.percent {
        text.push_str([" %", "%"][place % 2]);
    }
    text
}

fn written(rows: &[Row], form: Form) -> Vec<u8> {
    let end = if form.crlf { "\r\n" } else { "\n" };
    let mut text = String::new();
    if form.json {
        for (place, row) in rows.iter().enumerate() {
            let value = match row.value {
                Some(value) if place % 2 == 0 => format!("{value}"),
                Some(value) => format!("\"{value}\""),
                None => "null".to_owned(),
            };
            let host = serde_json::to_string(&row.host).unwrap();
            let ds = day_text(row, form.days);
            write!(text, "{{\"utilization\": {value}, \"other\": [1, {{}}], \"ds\": \"{ds}\", \"host\": {host}}}{end}").unwrap();
        }
    } else {
        let separator = form.separator;
        write!(text, "host{separator}ds{separator}utilization{end}").unwrap();
        for (place, row) in rows.iter().enumerate() {
            let fields = [
                row.host.clone(),
                day_text(row, form.days),
                value_text(row.value, form, place),
            ];
            let fields = fields.map(|field| {
                let must = field.contains([separator, '"', '\n', '\r']) || form.quoted;
                if must {
                    format!("\"{}\"", field.replace('"', "\"\""))
                } else {
                    field
                }
            });
            write!(text, "{}{end}", fields.join(&separator.to_string())).unwrap();
        }
    }
    if form.utf16 {
        let marked = format!("\u{feff}{text}");
        return marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    text.into_bytes()
}

/// Host, day and the bits of the value.
type Sample = (String, i32, u64);

/// The samples of a file, and how many of its rows have no value.
fn read_back(path: &Path, form: Form) -> Result<(Vec<Sample>, u64), String> {
    let request = Request {
        columns: Columns {
            resource: NameRule::fixed("cpu"),
            ..Columns::default()
        },
        days: DayRules::default(),
        decimal: if form.decimal_comma {
            Decimal::Comma
        } else {
            Decimal::Unsaid
        },
        ..Request::default()
    };
    let mut kept = Kept::default();
    let reading =
        read(&mut [Source::file(path)], &request, &mut kept).map_err(|refusal| refusal.cause)?;
    let names = reading.series.names();
    let mut samples = Vec::new();
    for batch in &kept.0 {
        for row in 0..batch.len() {
            let (host, _) = &names[batch.series[row] as usize];
            samples.push((host.clone(), batch.days[row], batch.values[row].to_bits()));
        }
    }
    Ok((samples, reading.rows_without_value))
}

fn forms() -> impl Strategy<Value = Form> {
    let days = prop::sample::select(vec![
        Days::Iso,
        Days::Instant,
        Days::Offset,
        Days::Seconds,
        Days::Milliseconds,
        Days::Microseconds,
        Days::Nanoseconds,
        Days::DayFirst,
        Days::MonthFirst,
        Days::Points,
        Days::Digits,
    ]);
    let separator = prop::sample::select(vec![',', ';', '\t', '|']);
    (days, separator, any::<[bool; 6]>()).prop_map(
        |(days, separator, [comma, percent, quoted, crlf, utf16, json])| Form {
            days,
            separator,
            decimal_comma: comma && !json,
            percent,
            quoted,
            crlf,
            utf16,
            json,
        },
    )
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let host = prop_oneof![
        3 => "[a-z]{1,8}-[0-9]{1,3}",
        // Nothing that a line break would end where it is not quoted; anything else a name may hold.
        1 => "[^\u{0}-\u{1f}\u{feff}]{1,12}",
    ];
    let value = prop_oneof![
        4 => (0.0..100.0_f64).prop_map(Some),
        1 => prop::num::f64::NORMAL.prop_map(Some),
        1 => Just(None),
    ];
    // From 1973 on, where epochs can be told from other numbers.
    let row =
        (host, 1200..25_000_i32, 0..1440_u32, value).prop_map(|(host, day, minute, value)| Row {
            host,
            day,
            minute,
            value,
        });
    prop::collection::vec(row, 1..60)
}

/// Writes the rows in a form, reads them back, and holds what was read against what was written.
fn check(mut rows: Vec<Row>, form: Form) -> Result<usize, TestCaseError> {
    // A row that decides on the order of day and month, and one with a value.
    rows.push(Row {
        host: "last".to_owned(),
        day: 20_453, // 31 December 2025
        minute: 100,
        value: Some(1.0),
    });
    if form.percent {
        rows.retain(|row| !row.host.ends_with('%'));
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory
        .path()
        .join(if form.json { "rows.jsonl" } else { "rows.csv" });
    std::fs::write(&path, written(&rows, form)).unwrap();
    let (samples, missing) = read_back(&path, form).map_err(TestCaseError::fail)?;
    let expected: Vec<Sample> = rows
        .iter()
        .filter_map(|row| Some((row.host.clone(), row.day, row.value?.to_bits())))
        .collect();
    prop_assert_eq!(samples, expected);
    let without = rows.iter().filter(|row| row.value.is_none()).count();
    prop_assert_eq!(missing, without as u64);
    Ok(rows.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(rows in rows(), form in forms()) {
        check(rows, form)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused_in_one_line(bytes in prop::collection::vec(any::<u8>(), 0..300), json in any::<bool>(), header in any::<bool>()) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(if json { "rows.json" } else { "rows.csv" });
        let mut all = if header && !json { b"host,ds,utilization\n".to_vec() } else { Vec::new() };
        all.extend(bytes);
        std::fs::write(&path, all).unwrap();
        let form = Form { days: Days::Iso, separator: ',', decimal_comma: false, percent: false, quoted: false, crlf: false, utf16: false, json };
        if let Err(cause) = read_back(&path, form) {
            prop_assert_eq!(cause.lines().count(), 1, "{}", cause);
            prop_assert!(cause.chars().next().is_some_and(|first| !first.is_uppercase() || cause.starts_with("JSON")), "{}", cause);
        }
    }
}

/// A long run over as many rows as `INTAKE_ROWS` says: by hand, with ten million and more.
#[test]
fn as_many_rows_as_asked_for() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let asked = std::env::var("INTAKE_ROWS")
        .ok()
        .and_then(|rows| rows.parse().ok())
        .unwrap_or(2000);
    let mut runner = TestRunner::deterministic();
    let table = (prop::collection::vec(rows(), 20), forms());
    let mut done = 0;
    while done < asked {
        let (tables, form) = table.new_tree(&mut runner).unwrap().current();
        // The same generated rows again and again, so that reading takes the time and not making them up.
        let rows: Vec<Row> = tables.into_iter().flatten().collect();
        let many: Vec<Row> = rows.iter().cycle().take(rows.len() * 20).cloned().collect();
        match check(many, form) {
            Ok(rows) => done += rows,
            Err(error) => panic!("{form:?}: {error}"),
        }
    }
}
