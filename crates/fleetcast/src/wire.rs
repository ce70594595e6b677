//! Rows and engines' answers as they are sent: numbers as their bits, so that no format rounds them.

use std::fmt;

use fleetcast_core::{
    Day, EngineForecasts, Forecast, InnerForecast, IssueCode, Notice, SeriesIssue, SeriesKey,
    Severity, Stage, TimeGrid, ValueShares,
};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::evidence::Answer;
use crate::rows::RowsOfSeries;
use crate::{EngineAnswers, FleetRows};

/// Numbers of eight bytes each, the lowest first.
struct Bits(Vec<u8>);

impl Bits {
    fn of(numbers: &[f64]) -> Self {
        Self(
            numbers
                .iter()
                .flat_map(|number| number.to_bits().to_le_bytes())
                .collect(),
        )
    }

    fn numbers(&self) -> Result<Vec<f64>, Unusable> {
        let (numbers, rest) = self.0.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(Unusable("numbers are cut off"));
        }
        let number = |bytes: &[u8; 8]| f64::from_bits(u64::from_le_bytes(*bytes));
        Ok(numbers.iter().map(number).collect())
    }
}

impl Serialize for Bits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor).map(Self)
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    // Formats without bytes of their own have lists of numbers.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::with_capacity(list.size_hint().unwrap_or(0).min(1 << 16));
        while let Some(byte) = list.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

/// Why bytes are no rows or answers.
#[derive(Debug, thiserror::Error)]
#[error("what was sent is not of this version: {0}")]
pub(crate) struct Unusable(&'static str);

#[derive(Serialize, Deserialize)]
pub(crate) struct Answers {
    host: String,
    resource: String,
    first: i32,
    values: Bits,
    shares: Shares,
    issues: Vec<Issue>,
    were_asked: bool,
    prophet: One,
    challenger: One,
    further: Vec<One>,
}

#[derive(Serialize, Deserialize)]
struct Shares {
    days: u64,
    negative: u64,
    outside: u64,
    is_far: bool,
    is_above_one: bool,
}

#[derive(Serialize, Deserialize)]
struct Issue {
    stage: Stage,
    severity: Severity,
    code: IssueCode,
    message: String,
}

#[derive(Serialize, Deserialize)]
struct One {
    backtest: Option<Sent>,
    future: Option<Sent>,
    inner: Vec<(i32, Bits)>,
    notices: Vec<Notice>,
}

#[derive(Serialize, Deserialize)]
struct Sent {
    first: i32,
    yhat: Bits,
    lower: Bits,
    upper: Bits,
}

impl Sent {
    fn of(forecast: &Forecast) -> Self {
        Self {
            first: forecast.grid().first().epoch_days(),
            yhat: Bits::of(forecast.yhat()),
            lower: Bits::of(forecast.lower()),
            upper: Bits::of(forecast.upper()),
        }
    }

    fn forecast(self) -> Result<Forecast, Unusable> {
        let (yhat, lower, upper) = (
            self.yhat.numbers()?,
            self.lower.numbers()?,
            self.upper.numbers()?,
        );
        Forecast::new(day(self.first)?, yhat, lower, upper)
            .map_err(|_| Unusable("a forecast is none"))
    }
}

fn day(epoch_days: i32) -> Result<Day, Unusable> {
    Day::from_epoch_days(i64::from(epoch_days)).map_err(|_| Unusable("a day is in no calendar"))
}

impl One {
    fn of(answer: Answer) -> Self {
        let Answer { forecasts, notices } = answer;
        let inner = forecasts.inner.iter();
        Self {
            backtest: forecasts.backtest.as_ref().map(Sent::of),
            future: forecasts.future.as_ref().map(Sent::of),
            inner: inner
                .map(|inner| (inner.origin.epoch_days(), Bits::of(&inner.yhat)))
                .collect(),
            notices,
        }
    }

    fn answer(self) -> Result<Answer, Unusable> {
        let inner = self.inner.into_iter().map(|(origin, yhat)| {
            Ok(InnerForecast {
                origin: day(origin)?,
                yhat: yhat.numbers()?,
            })
        });
        Ok(Answer {
            forecasts: EngineForecasts {
                backtest: self.backtest.map(Sent::forecast).transpose()?,
                future: self.future.map(Sent::forecast).transpose()?,
                inner: inner.collect::<Result<_, Unusable>>()?,
            },
            notices: self.notices,
        })
    }
}

impl From<EngineAnswers> for Answers {
    fn from(answers: EngineAnswers) -> Self {
        let shares = answers.shares;
        let issues = answers.issues.into_iter();
        Self {
            host: answers.key.host().to_owned(),
            resource: answers.key.resource().to_owned(),
            first: answers.grid.first().epoch_days(),
            values: Bits::of(&answers.values),
            shares: Shares {
                days: shares.days,
                negative: shares.negative,
                outside: shares.outside,
                is_far: shares.is_far,
                is_above_one: shares.is_above_one,
            },
            issues: issues
                .map(|issue| Issue {
                    stage: issue.stage,
                    severity: issue.severity,
                    code: issue.code,
                    message: issue.message,
                })
                .collect(),
            were_asked: answers.were_asked,
            prophet: One::of(answers.prophet),
            challenger: One::of(answers.challenger),
            further: answers.further.into_iter().map(One::of).collect(),
        }
    }
}

impl TryFrom<Answers> for EngineAnswers {
    type Error = Unusable;

    fn try_from(sent: Answers) -> Result<Self, Unusable> {
        let key = SeriesKey::new(sent.host, sent.resource);
        let issues = sent.issues.into_iter().map(|issue| SeriesIssue {
            key: key.clone(),
            stage: issue.stage,
            engine: None,
            severity: issue.severity,
            code: issue.code,
            message: issue.message,
        });
        let issues = issues.collect();
        let values = sent.values.numbers()?;
        if values.iter().any(|value| value.is_infinite()) {
            return Err(Unusable("a value is infinite"));
        }
        Ok(Self {
            grid: TimeGrid::new(day(sent.first)?, values.len()),
            values,
            shares: ValueShares {
                days: sent.shares.days,
                negative: sent.shares.negative,
                outside: sent.shares.outside,
                is_far: sent.shares.is_far,
                is_above_one: sent.shares.is_above_one,
            },
            issues,
            were_asked: sent.were_asked,
            prophet: sent.prophet.answer()?,
            challenger: sent.challenger.answer()?,
            further: (sent.further.into_iter())
                .map(One::answer)
                .collect::<Result<_, _>>()?,
            key,
        })
    }
}

/// A fleet's rows, a series after the other.
#[derive(Serialize, Deserialize)]
pub(crate) struct Rows {
    series: Vec<Series>,
    unusable: Vec<(String, String, u64)>,
}

#[derive(Serialize, Deserialize)]
struct Series {
    host: String,
    resource: String,
    /// The days of the values, in runs of days that follow each other.
    runs: Vec<Run>,
    values: Bits,
    without_value: Vec<Run>,
}

/// A first day, and how many days there are from it on.
type Run = (i32, u32);

/// Days as runs, in their order.
fn runs_of(days: &[Day]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for day in days.iter().map(|day| day.epoch_days()) {
        match runs.last_mut() {
            Some((first, count)) if i64::from(*first) + i64::from(*count) == i64::from(day) => {
                *count += 1;
            }
            _ => runs.push((day, 1)),
        }
    }
    runs
}

fn days_of(runs: &[Run], most: usize) -> Result<Vec<Day>, Unusable> {
    let mut days = Vec::new();
    for (first, count) in runs {
        for step in 0..*count {
            if days.len() == most {
                return Err(Unusable("there are more days than values"));
            }
            let day = Day::from_epoch_days(i64::from(*first) + i64::from(step));
            days.push(day.map_err(|_| Unusable("a day is in no calendar"))?);
        }
    }
    Ok(days)
}

/// Days without a value that are read of a series, at most: beyond that the bytes are none of ours.
const MOST_WITHOUT_VALUE: usize = 1 << 28;

impl From<FleetRows> for Rows {
    fn from(mut rows: FleetRows) -> Self {
        let unusable = std::mem::take(&mut rows.unusable).into_iter();
        let series = rows.into_series().into_iter().map(|mut series| {
            // In the order of days: rows may come in any, and days that follow each other are few bytes.
            let mut rows: Vec<(Day, f64)> = series.days.into_iter().zip(series.values).collect();
            rows.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let (days, values): (Vec<Day>, Vec<f64>) = rows.into_iter().unzip();
            series.without_value.sort_unstable();
            Series {
                host: series.key.host().to_owned(),
                resource: series.key.resource().to_owned(),
                runs: runs_of(&days),
                values: Bits::of(&values),
                without_value: runs_of(&series.without_value),
            }
        });
        Self {
            series: series.collect(),
            unusable: unusable
                .map(|(key, rows)| (key.host().to_owned(), key.resource().to_owned(), rows))
                .collect(),
        }
    }
}

impl TryFrom<Rows> for FleetRows {
    type Error = Unusable;

    fn try_from(sent: Rows) -> Result<Self, Unusable> {
        let mut rows = Self::default();
        for series in sent.series {
            let values = series.values.numbers()?;
            let days = days_of(&series.runs, values.len())?;
            if days.len() < values.len() {
                return Err(Unusable("there are more values than days"));
            }
            rows.take(RowsOfSeries {
                key: SeriesKey::new(series.host, series.resource),
                days,
                values,
                without_value: days_of(&series.without_value, MOST_WITHOUT_VALUE)?,
            });
        }
        for (host, resource, count) in sent.unusable {
            rows.unusable.insert(SeriesKey::new(host, resource), count);
        }
        Ok(rows)
    }
}
