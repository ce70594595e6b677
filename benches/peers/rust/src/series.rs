//! Series in, forecasts out: CSV.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::contenders::Forecast;

/// The observed days of a series and their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    pub(crate) number: u32,
    pub(crate) days: Vec<i64>,
    pub(crate) y: Vec<f64>,
}

impl Series {
    pub(crate) fn last_day(&self) -> Option<i64> {
        self.days.last().copied()
    }

    /// The values up to and with the day `last`.
    pub(crate) fn until(&self, last: i64) -> Self {
        let known = self.days.partition_point(|day| *day <= last);
        Self {
            number: self.number,
            days: self.days[..known].to_vec(),
            y: self.y[..known].to_vec(),
        }
    }

    /// A value for every day from the first to the last, missing ones on the straight line between
    /// their neighbours.
    pub(crate) fn every_day(&self) -> Vec<f64> {
        let mut filled = Vec::new();
        for (days, y) in self.days.windows(2).zip(self.y.windows(2)) {
            let span = (days[1] - days[0]) as f64;
            filled.extend((0..days[1] - days[0]).map(|day| {
                let share = day as f64 / span;
                y[0] * (1.0 - share) + y[1] * share
            }));
        }
        filled.extend(self.y.last());
        filled
    }
}

#[derive(Deserialize)]
struct Observation {
    series: u32,
    day: i64,
    y: f64,
}

#[derive(Serialize)]
struct Prediction {
    series: u32,
    day: i64,
    yhat: f64,
    yhat_lower: f64,
    yhat_upper: f64,
}

/// The series of a file whose rows are sorted by day.
pub(crate) fn read(path: &Path) -> Result<Vec<Series>, csv::Error> {
    let mut found: BTreeMap<u32, Series> = BTreeMap::new();
    for row in csv::Reader::from_path(path)?.deserialize() {
        let Observation { series, day, y } = row?;
        let series = found.entry(series).or_insert_with(|| Series {
            number: series,
            ..Series::default()
        });
        series.days.push(day);
        series.y.push(y);
    }
    Ok(found.into_values().collect())
}

/// Writes forecasts that begin on the day after `as_of`.
pub(crate) fn write<'a>(
    path: &Path,
    as_of: i64,
    forecasts: impl Iterator<Item = (&'a Series, &'a Forecast)>,
) -> Result<(), csv::Error> {
    let mut file = csv::Writer::from_path(path)?;
    for (series, forecast) in forecasts {
        let bounds = forecast.lower.iter().zip(&forecast.upper);
        for ((day, yhat), (lower, upper)) in (as_of + 1..).zip(&forecast.yhat).zip(bounds) {
            file.serialize(Prediction {
                series: series.number,
                day,
                yhat: *yhat,
                yhat_lower: *lower,
                yhat_upper: *upper,
            })?;
        }
    }
    file.flush()?;
    Ok(())
}
