//! JSON, taken apart into rows.

use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::collector::Collector;
use crate::columns::{Columns, NameBuilder, NameRule, no_column};
use crate::csv_rows::{first_byte, rest_of};
use crate::format::Format;
use crate::refusal::Refusal;
use crate::rows::{DayCell, Halt, RawRow, ValueCell};
use crate::source::{Text, read_error};

pub(crate) fn json_rows(
    name: &str,
    mut text: Text,
    collector: &mut Collector<'_, '_>,
) -> Result<(), Halt> {
    let refused = |cause: String| Halt::Refused(Refusal::new(name, cause));
    let io = |error: std::io::Error| refused(read_error(&error));
    let Some(first) = first_byte(&mut text).map_err(io)? else {
        return Err(refused("it is empty; give a file with rows".to_owned()));
    };
    let by_content = {
        let peeked = text.fill_buf().map_err(io)?;
        format_of(&String::from_utf8_lossy(peeked))
    };
    match collector
        .request
        .format
        .filter(|format| *format != Format::Json)
        .or(by_content)
    {
        Some(Format::Prometheus) => {
            let all = rest_of(&mut text).map_err(io)?;
            prometheus(name, &all, collector)
        }
        Some(Format::Cloudwatch) => {
            let all = rest_of(&mut text).map_err(io)?;
            cloudwatch(name, &all, collector)
        }
        _ => objects(name, text, first == b'[', collector),
    }
}

/// What a document says of itself by its first names.
fn format_of(beginning: &str) -> Option<Format> {
    let squeezed: String = beginning
        .chars()
        .take(4096)
        .filter(|c| !c.is_whitespace())
        .collect();
    if squeezed.starts_with("{\"MetricDataResults\":[")
        || squeezed.contains("\"MetricDataResults\":[{\"Id\"")
    {
        return Some(Format::Cloudwatch);
    }
    let is_answer =
        squeezed.starts_with("{\"status\":\"") || squeezed.starts_with("{\"data\":{\"resultType\"");
    let is_data = squeezed.starts_with("{\"resultType\":\"");
    ((is_answer && squeezed.contains("\"resultType\":\"")) || is_data).then_some(Format::Prometheus)
}

/// One object a row, one after another or in an array.
fn objects(
    name: &str,
    text: Text,
    is_array: bool,
    collector: &mut Collector<'_, '_>,
) -> Result<(), Halt> {
    let columns = collector.request.columns.or_usual();
    if columns.wide {
        return Err(Refusal::new(
            name,
            "JSON has names in every row, so --wide says nothing of it; leave it out",
        )
        .into());
    }
    collector.columns_are(&columns);
    collector.header.clear();
    let mut rows = ObjectRows::new(&columns, collector);
    let mut deserializer = serde_json::Deserializer::from_reader(text);
    let read = if is_array {
        let read = deserializer.deserialize_seq(&mut rows);
        read.and_then(|()| deserializer.end())
    } else {
        loop {
            match rows.deserialize(&mut deserializer) {
                Ok(()) => {}
                // Between two objects is where the end belongs.
                Err(error) if error.is_eof() && !rows.in_object => break Ok(()),
                Err(error) => break Err(error),
            }
        }
    };
    let (halted, missing) = (rows.halted.take(), rows.missing_column());
    let records = rows.record;
    if let Some(halt) = halted {
        return Err(halt);
    }
    read.map_err(|error| Refusal::new(name, json_error(&error, records)))?;
    match missing {
        Some(cause) => Err(Refusal::new(name, cause).into()),
        None => Ok(()),
    }
}

fn json_error(error: &serde_json::Error, records: u64) -> String {
    if error.is_io() {
        let message = error.to_string();
        return if message.contains("--encoding") {
            message
        } else {
            format!("{message}; mend the file, or fetch it again")
        };
    }
    format!("after {records} rows it is no JSON ({error}); mend the file, or fetch it again")
}

/// Takes objects apart; what the receiver of rows said last is kept beside what JSON's reader understands.
struct ObjectRows<'c, 'r, 's> {
    wanted: Vec<String>,
    hosts: usize,
    host: NameRule,
    resource: NameRule,
    value_column: String,
    cells: Vec<Option<Box<RawValue>>>,
    texts: Vec<Option<String>>,
    /// Which of the wanted columns occurred.
    seen: Vec<bool>,
    /// Names of the first object, for messages.
    names: Vec<String>,
    record: u64,
    in_object: bool,
    halted: Option<Halt>,
    collector: &'c mut Collector<'r, 's>,
}

impl<'c, 'r, 's> ObjectRows<'c, 'r, 's> {
    fn new(columns: &Columns, collector: &'c mut Collector<'r, 's>) -> Self {
        let wanted: Vec<String> = columns.named().map(str::to_owned).collect();
        Self {
            hosts: columns.host.columns.len(),
            host: columns.host.clone(),
            resource: columns.resource.clone(),
            value_column: columns.value.clone().unwrap_or_default(),
            cells: wanted.iter().map(|_| None).collect(),
            texts: vec![None; wanted.len()],
            seen: vec![false; wanted.len()],
            names: Vec::new(),
            record: 0,
            in_object: false,
            halted: None,
            wanted,
            collector,
        }
    }

    fn missing_column(&self) -> Option<String> {
        if self.record == 0 {
            return None;
        }
        let missing = self.seen.iter().position(|seen| !seen)?;
        Some(no_column(
            &self.wanted[missing],
            self.names.iter().map(String::as_str),
        ))
    }

    fn row(&mut self) -> Result<(), Halt> {
        for (cell, text) in self.cells.iter().zip(&mut self.texts) {
            *text = cell.as_ref().and_then(|raw| text_of(raw.get()));
        }
        let text = |index: usize| self.texts[index].as_deref();
        let name = |index: usize| text(index).unwrap_or_default();
        let resources = self.resource.columns.len();
        let mut host_name = NameBuilder::default();
        let mut resource_name = NameBuilder::default();
        let hosts = self
            .host
            .fixed
            .as_deref()
            .into_iter()
            .chain((0..self.hosts).map(name));
        let of_resources = (self.hosts..self.hosts + resources).map(name);
        let resource_parts = self
            .resource
            .fixed
            .as_deref()
            .into_iter()
            .chain(of_resources);
        let (day, value) = (self.hosts + resources, self.hosts + resources + 1);
        let row = RawRow {
            host: host_name.join(hosts).unwrap_or_default(),
            resource: resource_name.join(resource_parts).unwrap_or_default(),
            day: text(day).map_or(DayCell::Missing, DayCell::Text),
            value: text(value).map_or(ValueCell::Missing, ValueCell::Text),
            value_column: &self.value_column,
            line: self.record,
            fields: None,
        };
        self.collector.row(&row)
    }
}

/// What a JSON value is as text: a string's own, a number as it is written, `None` for null.
fn text_of(raw: &str) -> Option<String> {
    if raw == "null" {
        return None;
    }
    if raw.starts_with('"') {
        return serde_json::from_str(raw).ok();
    }
    Some(raw.to_owned())
}

impl<'de> DeserializeSeed<'de> for &mut ObjectRows<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut ObjectRows<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object a row")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while array.next_element_seed(&mut *self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        self.in_object = true;
        self.record += 1;
        self.cells.iter_mut().for_each(|cell| *cell = None);
        while let Some(name) = object.next_key::<Cow<'_, str>>()? {
            let is_it = |wanted: &String| *wanted == name || wanted.eq_ignore_ascii_case(&name);
            if self.record == 1 {
                self.names.push(name.to_string());
            }
            if !self.wanted.iter().any(is_it) {
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = object.next_value::<Box<RawValue>>()?;
            for (index, wanted) in self.wanted.iter().enumerate() {
                if is_it(wanted) {
                    self.seen[index] = true;
                    self.cells[index] = Some(value.clone());
                }
            }
        }
        self.in_object = false;
        if let Err(halt) = self.row() {
            self.halted = Some(halt);
            return Err(serde::de::Error::custom("stopped"));
        }
        Ok(())
    }
}

/// What Prometheus answers: labels of every series, and pairs of an epoch in seconds and a number as text.
fn prometheus(name: &str, text: &str, collector: &mut Collector<'_, '_>) -> Result<(), Halt> {
    #[derive(serde::Deserialize)]
    struct Answer<'a> {
        #[serde(default)]
        status: Option<String>,
        #[serde(default)]
        error: Option<String>,
        #[serde(borrow, default)]
        data: Option<Data<'a>>,
        #[serde(borrow, default)]
        result: Option<Vec<Series<'a>>>,
    }
    #[derive(serde::Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        result: Vec<Series<'a>>,
    }
    #[derive(serde::Deserialize)]
    struct Series<'a> {
        #[serde(default)]
        metric: std::collections::BTreeMap<String, String>,
        #[serde(borrow, default)]
        values: Vec<(&'a RawValue, &'a RawValue)>,
        #[serde(borrow, default)]
        value: Option<(&'a RawValue, &'a RawValue)>,
    }
    let refused = |cause: String| Halt::Refused(Refusal::new(name, cause));
    let answer: Answer<'_> = serde_json::from_str(text).map_err(|error| {
        refused(format!(
            "it is no answer of Prometheus ({error}); mend the file, or fetch it again"
        ))
    })?;
    if let Some(error) = answer
        .error
        .filter(|_| answer.status.as_deref() == Some("error"))
    {
        return Err(refused(format!(
            "Prometheus answered with an error: {error}; ask it again"
        )));
    }
    let series = answer
        .data
        .map(|data| data.result)
        .or(answer.result)
        .unwrap_or_default();
    let columns = collector
        .request
        .columns
        .or("instance", "__name__", "values", "values");
    collector.columns_are(&columns);
    collector.header.clear();
    for one in &series {
        let label = |wanted: &String| one.metric.get(wanted).map(String::as_str);
        let missing = |rule: &NameRule| {
            rule.columns
                .iter()
                .find(|column| label(column).is_none())
                .cloned()
        };
        if let Some(wanted) = missing(&columns.host).or_else(|| missing(&columns.resource)) {
            let labels: Vec<&str> = one.metric.keys().map(String::as_str).collect();
            return Err(refused(format!(
                "a series has no label `{wanted}`, only {}; name the right ones with --host-column and \
                 --resource-column (or give --host, --resource)",
                crate::refusal::in_one_line(&labels.join(", "))
            )));
        }
        let mut host_name = NameBuilder::default();
        let mut resource_name = NameBuilder::default();
        let parts = |rule: &'_ NameRule| -> Vec<String> {
            let columns = rule.columns.iter().filter_map(label).map(str::to_owned);
            rule.fixed.clone().into_iter().chain(columns).collect()
        };
        let (hosts, resources) = (parts(&columns.host), parts(&columns.resource));
        let host = host_name
            .join(hosts.iter().map(String::as_str))
            .unwrap_or_default();
        let resource = resource_name
            .join(resources.iter().map(String::as_str))
            .unwrap_or_default();
        for (sample, (at, value)) in one.values.iter().chain(&one.value).enumerate() {
            let value = text_of(value.get());
            collector.row(&RawRow {
                host,
                resource,
                day: DayCell::Seconds(at.get()),
                value: value.as_deref().map_or(ValueCell::Missing, ValueCell::Text),
                value_column: "values",
                line: sample as u64 + 1,
                fields: None,
            })?;
        }
    }
    Ok(())
}

/// What `CloudWatch` answers: a label, instants and values of every series.
fn cloudwatch(name: &str, text: &str, collector: &mut Collector<'_, '_>) -> Result<(), Halt> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Answer<'a> {
        #[serde(borrow)]
        metric_data_results: Vec<Series<'a>>,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Series<'a> {
        #[serde(default)]
        id: String,
        label: Option<String>,
        #[serde(borrow, default)]
        timestamps: Vec<&'a RawValue>,
        #[serde(borrow, default)]
        values: Vec<&'a RawValue>,
    }
    let refused = |cause: String| Halt::Refused(Refusal::new(name, cause));
    let mut columns = collector
        .request
        .columns
        .or("Label", "", "Timestamps", "Values");
    if collector.request.columns.resource.is_unsaid() {
        return Err(refused(
            "CloudWatch's labels do not say which resource they are of; name it with --resource, such as cpu".to_owned(),
        ));
    }
    columns.resource.columns.clear();
    collector.columns_are(&columns);
    collector.header.clear();
    // With pages one after another, as `--no-paginate` and loops leave them.
    for answer in serde_json::Deserializer::from_str(text).into_iter::<Answer<'_>>() {
        let answer = answer.map_err(|error| {
            refused(format!(
                "it is no answer of CloudWatch ({error}); mend the file, or fetch it again"
            ))
        })?;
        for one in &answer.metric_data_results {
            if one.timestamps.len() != one.values.len() {
                return Err(refused(format!(
                    "series {} has {} timestamps and {} values; fetch the file again",
                    one.id,
                    one.timestamps.len(),
                    one.values.len()
                )));
            }
            let label = one.label.as_deref().unwrap_or(&one.id);
            let host = columns.host.fixed.as_deref().unwrap_or(label);
            let resource = columns.resource.fixed.as_deref().unwrap_or_default();
            for (sample, (at, value)) in one.timestamps.iter().zip(&one.values).enumerate() {
                let (at, value) = (text_of(at.get()), text_of(value.get()));
                collector.row(&RawRow {
                    host,
                    resource,
                    day: at.as_deref().map_or(DayCell::Missing, DayCell::Text),
                    value: value.as_deref().map_or(ValueCell::Missing, ValueCell::Text),
                    value_column: "Values",
                    line: sample as u64 + 1,
                    fields: None,
                })?;
            }
        }
    }
    Ok(())
}
