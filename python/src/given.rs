//! Forecasts that somebody else made, as an engine.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type, Schema};
use fleetcast::core::{InnerForecast, IssueCode, Notice, Severity};
use fleetcast::{
    Day, Engine, Failure, Forecast, Horizon, IntervalLevel, Outcome, PanelView, SeriesKey,
    SeriesView, in_parallel,
};

use crate::shape::days_of;

/// A day's forecast: its point, its bounds.
type Bounds = [f64; 3];

/// Forecasts of a model that is not fleetcast's, by series, origin and day.
///
/// An engine is asked for a forecast from the last day of a panel: it has those whose cutoff is that day. Those of
/// earlier cutoffs are how it did at inner origins, which is what intervals and weights of a blend rest on.
#[derive(Debug)]
pub(crate) struct Given {
    name: String,
    series: HashMap<SeriesKey, BTreeMap<Day, BTreeMap<Day, Bounds>>>,
}

/// The columns of a frame of forecasts.
struct Columns {
    ids: Vec<usize>,
    cutoff: usize,
    time: usize,
    yhat: usize,
    bounds: Option<(usize, usize)>,
}

impl Given {
    /// Makes an engine that has no forecasts yet.
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            series: HashMap::new(),
        }
    }

    /// Returns the model's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes up the rows of a frame with the columns `ids`, `cutoff`, `time`, and the forecasts in a column of the model's
    /// name or `yhat`, with bounds at 80 % in `NAME-lo-80` and `NAME-hi-80`, or `yhat_lower` and `yhat_upper`, or without.
    /// `resource` is that of series that one column names.
    pub(crate) fn push(
        &mut self,
        batch: &RecordBatch,
        (ids, time): (&[String], &str),
        resource: &str,
    ) -> Result<(), String> {
        let columns = Columns::of(&self.name, &batch.schema(), ids, time)?;
        let of = |what: &str| format!("forecasts of `{}`: {what}", self.name);
        let texts = columns.ids.iter().map(|place| {
            cast(batch.column(*place), &DataType::Utf8).map_err(|error| of(&error.to_string()))
        });
        let texts: Vec<_> = texts.collect::<Result<_, _>>()?;
        let hosts = texts[0].as_string::<i32>();
        let resources = texts.get(1).map(AsArray::as_string::<i32>);
        let days = |name: &str, place: usize| {
            days_of(name, batch.column(place)).map_err(|error| of(&error))
        };
        let (cutoffs, times) = (days("cutoff", columns.cutoff)?, days(time, columns.time)?);
        let number = |place: usize| {
            cast(batch.column(place), &DataType::Float64).map_err(|error| of(&error.to_string()))
        };
        let yhat = number(columns.yhat)?;
        let bounds = columns
            .bounds
            .map(|(lower, upper)| Ok::<_, String>((number(lower)?, number(upper)?)));
        let bounds = bounds.transpose()?;
        let (cutoffs, times) = (
            cutoffs.as_primitive::<Date32Type>(),
            times.as_primitive::<Date32Type>(),
        );
        let yhat = yhat.as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let is_whole = hosts.is_valid(row)
                && cutoffs.is_valid(row)
                && times.is_valid(row)
                && yhat.is_valid(row);
            if !is_whole {
                return Err(of(&format!(
                    "row {row} has no name, no cutoff, no day or no value; leave it out"
                )));
            }
            let resource = resources.map_or(resource, |texts| texts.value(row));
            let key = SeriesKey::new(hosts.value(row), resource);
            let day = |days: i32| {
                Day::from_epoch_days(i64::from(days)).map_err(|error| of(&error.to_string()))
            };
            let (cutoff, time) = (day(cutoffs.value(row))?, day(times.value(row))?);
            let point = yhat.value(row);
            let bound = |of: &arrow::array::ArrayRef| of.as_primitive::<Float64Type>().value(row);
            let (lower, upper) = bounds.as_ref().map_or((point, point), |(lower, upper)| {
                (bound(lower), bound(upper))
            });
            let days = self
                .series
                .entry(key)
                .or_default()
                .entry(cutoff)
                .or_default();
            if days.insert(time, [point, lower, upper]).is_some() {
                return Err(of(&format!(
                    "{} has {time} twice from cutoff {cutoff}; leave one out",
                    hosts.value(row)
                )));
            }
        }
        Ok(())
    }

    /// The forecast of the `days` days after `origin`, if all of them are there.
    fn from(&self, key: &SeriesKey, origin: Day, days: usize) -> Option<Vec<Bounds>> {
        let known = self.series.get(key)?.get(&origin)?;
        (1..=u32::try_from(days).ok()?)
            .map(|ahead| known.get(&origin.plus_days(ahead)).copied())
            .collect()
    }

    fn forecast_one(
        &self,
        series: SeriesView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Result<Outcome, Failure> {
        let origin = series.grid.last();
        let days = self.from(series.key, origin, horizon.days());
        let days = days.ok_or_else(|| {
            Failure::numerical(format!(
                "`{}` has no forecast of all {horizon} after {origin}; give rows of cutoff {origin}",
                self.name
            ))
        })?;
        let part = |part: usize| -> Vec<f64> { days.iter().map(|bounds| bounds[part]).collect() };
        let forecast = Forecast::new(origin.plus_days(1), part(0), part(1), part(2))?;
        let inner = self.inner(series);
        let mut notices = Vec::new();
        if inner.is_empty() {
            notices.push(Notice {
                severity: Severity::Warning,
                code: IssueCode::ValidationLeftOut,
                message: format!(
                    "no forecasts of earlier cutoffs are given: intervals at {} % rest on the backtest's errors alone",
                    100.0 * level.share()
                ),
            });
        }
        Ok(Outcome {
            forecast: Ok(forecast),
            notices,
            inner,
            choice: None,
        })
    }

    /// Its forecasts from earlier cutoffs, as far as their days lie in the series' window.
    fn inner(&self, series: SeriesView<'_>) -> Vec<InnerForecast> {
        let Some(cutoffs) = self.series.get(series.key) else {
            return Vec::new();
        };
        let (grid, values) = (series.grid, series.values);
        cutoffs
            .range(..grid.last())
            .filter_map(|(origin, days)| {
                let seen = grid.index_of(*origin)? + 1;
                let ahead = origin.plus_days(1);
                let run = (0..).map_while(|step| days.get(&ahead.plus_days(step)));
                let yhat: Vec<f64> = run
                    .map(|bounds| bounds[0])
                    .take(values.len() - seen)
                    .collect();
                let actual = values.get(seen..seen + yhat.len())?;
                InnerForecast::scorable(*origin, yhat, actual)
            })
            .collect()
    }
}

impl Engine for Given {
    fn name(&self) -> &'static str {
        "given"
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        let one = |series: SeriesView<'_>| {
            self.forecast_one(series, horizon, level)
                .unwrap_or_else(Outcome::from)
        };
        in_parallel(panel, one, Outcome::from)
    }
}

impl Columns {
    fn of(name: &str, schema: &Schema, ids: &[String], time: &str) -> Result<Self, String> {
        let find = |column: &str| schema.index_of(column).ok();
        let need = |column: &str| {
            find(column).ok_or_else(|| {
                let found: Vec<&str> = schema.fields().iter().map(|one| one.name().as_str()).collect();
                format!(
                    "forecasts of `{name}` have no column `{column}`, only {}; give what cross_validation and forecast \
                     return, with a cutoff: the last day that each forecast has seen",
                    found.join(", ")
                )
            })
        };
        let pair = |lower: String, upper: String| Some((find(&lower)?, find(&upper)?));
        Ok(Self {
            ids: ids.iter().map(|id| need(id)).collect::<Result<_, _>>()?,
            cutoff: need("cutoff")?,
            time: need(time)?,
            yhat: match find(name) {
                Some(place) => place,
                None => need("yhat")?,
            },
            bounds: pair(format!("{name}-lo-80"), format!("{name}-hi-80"))
                .or_else(|| pair("yhat_lower".to_owned(), "yhat_upper".to_owned())),
        })
    }
}

/// An engine that is not asked for, and says so.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Engine for Nobody {
    fn name(&self) -> &'static str {
        NOBODY
    }

    fn forecast(&self, panel: PanelView<'_>, _: Horizon, _: IntervalLevel) -> Vec<Outcome> {
        let not_asked = || Outcome::from(Failure::numerical("not asked"));
        panel.iter().map(|_| not_asked()).collect()
    }
}

/// The name of [`Nobody`] in issues, which nobody shall see.
pub(crate) const NOBODY: &str = "nobody";
