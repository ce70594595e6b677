//! A fleet from rows, in any order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use fleetcast_core::{
    Day, DayValues, LAST_DAYS_KNOWN, Panel, SeriesIssue, SeriesKey, Split, fleet_end, measurement,
};

use crate::{Batch, SeriesNotes};

/// The daily values of a fleet, taken up row by row in any order: host, resource, day, value.
///
/// A day without a value, or with one that is not finite or beyond 1e100, is missing; a day that stands
/// there more than once has the mean of its values. What was repaired is an issue of its series.
///
/// A fleet may be taken [`apart`](Self::apart) and be put together again ([`merge`](Self::merge)), and with the feature `serde`
/// its parts can be sent from one process to another of the same version, to the bit.
///
/// ```
/// use fleetcast::{FleetRows, Shop, ShopOptions};
///
/// let mut rows = FleetRows::default();
/// for day in 20_000..20_400 {
///     let day = fleetcast::Day::from_epoch_days(day)?;
///     rows.push(Some("web-01"), Some("cpu"), Some(day), Some(41.5));
/// }
/// let as_of = rows.last_day().ok_or("no row has a day")?;
/// let shop = Shop::new(as_of, ShopOptions::default())?;
/// assert_eq!(rows.batches(shop.split(), 100).count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "crate::wire::Rows", into = "crate::wire::Rows")
)]
pub struct FleetRows {
    /// The place of each series in `series`, by host and resource.
    places: HashMap<Arc<str>, HashMap<Arc<str>, usize>>,
    series: Vec<RowsOfSeries>,
    /// Rows that belong to no series or to no day, by what they have of a name.
    pub(crate) unusable: BTreeMap<SeriesKey, u64>,
}

/// The rows of one series in any order: days and their values side by side, and apart from them the days of
/// rows that have no value. A fleet's rows are most of what is in memory while it is read, so they stand closely.
#[derive(Debug, Clone)]
pub(crate) struct RowsOfSeries {
    pub(crate) key: SeriesKey,
    pub(crate) days: Vec<Day>,
    pub(crate) values: Vec<f64>,
    pub(crate) without_value: Vec<Day>,
}

impl RowsOfSeries {
    fn rows(&self) -> impl Iterator<Item = (Day, Option<f64>)> {
        let values = self.values.iter().map(|value| Some(*value));
        let with_value = self.days.iter().copied().zip(values);
        with_value.chain(self.without_value.iter().map(|day| (*day, None)))
    }
}

impl FleetRows {
    fn in_key_order(&self) -> Vec<&RowsOfSeries> {
        let mut series: Vec<&RowsOfSeries> = self.series.iter().collect();
        series.sort_by(|a, b| a.key.cmp(&b.key));
        series
    }

    /// Takes up a row. One without a host, a resource or a day is counted, and left out.
    pub fn push(
        &mut self,
        host: Option<&str>,
        resource: Option<&str>,
        day: Option<Day>,
        value: Option<f64>,
    ) {
        let (Some(host), Some(resource), Some(day)) = (host, resource, day) else {
            let key = SeriesKey::new(host.unwrap_or_default(), resource.unwrap_or_default());
            *self.unusable.entry(key).or_default() += 1;
            return;
        };
        let place = self.place_of(host, resource);
        let series = &mut self.series[place];
        match value {
            Some(value) => {
                series.days.push(day);
                series.values.push(value);
            }
            None => series.without_value.push(day),
        }
    }

    /// Finds the place of a series, at the end where it is new.
    fn place_of(&mut self, host: &str, resource: &str) -> usize {
        let known = self.places.get(host).and_then(|of| of.get(resource));
        if let Some(place) = known {
            return *place;
        }
        let (host, resource): (Arc<str>, Arc<str>) = (host.into(), resource.into());
        let place = self.series.len();
        self.series.push(RowsOfSeries {
            key: SeriesKey::new(host.clone(), resource.clone()),
            days: Vec::new(),
            values: Vec::new(),
            without_value: Vec::new(),
        });
        self.places.entry(host).or_default().insert(resource, place);
        place
    }

    /// Returns the day the fleet reaches ([`fleet_end`]), or `None` where no row has a day and a value.
    #[must_use]
    pub fn last_day(&self) -> Option<Day> {
        fleet_end(&self.last_days()).map(|end| end.last_day)
    }

    /// Returns the last days with a value of each series, latest first and at most [`LAST_DAYS_KNOWN`] of each, in the order of
    /// their keys: what [`fleet_end`] goes by, for a fleet that nobody has as a whole.
    #[must_use]
    pub fn last_days(&self) -> Vec<Vec<Day>> {
        let last_days = |series: &RowsOfSeries| {
            let mut days: Vec<Day> = series
                .rows()
                .filter(|(_, value)| measurement(*value).is_some())
                .map(|(day, _)| day)
                .collect();
            days.sort_unstable_by(|a, b| b.cmp(a));
            days.truncate(LAST_DAYS_KNOWN);
            days.dedup();
            days
        };
        self.in_key_order().into_iter().map(last_days).collect()
    }

    /// Takes the fleet apart: its series one by one, in the order of their keys, and last the rows that belong to no series
    /// or to no day, where there are any.
    pub fn apart(self) -> impl Iterator<Item = Self> {
        let mut series = self.series;
        series.sort_by(|a, b| a.key.cmp(&b.key));
        let unusable = Self {
            unusable: self.unusable,
            ..Self::default()
        };
        let last = Some(unusable).filter(|rows| !rows.unusable.is_empty());
        let alone = |series| {
            let mut rows = Self::default();
            rows.take(series);
            rows
        };
        series.into_iter().map(alone).chain(last)
    }

    /// Adds the rows of another part of the fleet, of the same series or of others.
    pub fn merge(&mut self, other: Self) {
        for series in other.series {
            self.take(series);
        }
        for (key, rows) in other.unusable {
            *self.unusable.entry(key).or_default() += rows;
        }
    }

    /// Adds the rows of a series.
    pub(crate) fn take(&mut self, series: RowsOfSeries) {
        let place = self.place_of(series.key.host(), series.key.resource());
        let known = &mut self.series[place];
        if known.days.is_empty() && known.without_value.is_empty() {
            *known = series;
            return;
        }
        known.days.extend(series.days);
        known.values.extend(series.values);
        known.without_value.extend(series.without_value);
    }

    /// Returns the series and their rows, in the order of their keys.
    #[cfg(feature = "serde")]
    pub(crate) fn into_series(self) -> Vec<RowsOfSeries> {
        let mut series = self.series;
        series.sort_by(|a, b| a.key.cmp(&b.key));
        series
    }

    /// Returns whether no series has a row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Returns the issues of rows that belong to no series or to no day.
    #[must_use]
    pub fn unusable_rows(&self) -> Vec<SeriesIssue> {
        let unusable = self.unusable.iter();
        unusable
            .map(|(key, rows)| SeriesIssue::unusable_rows(key, *rows))
            .collect()
    }

    /// Returns the fleet in batches of at most `size` series, in the order of their keys.
    pub fn batches(&self, split: &Split, size: usize) -> impl Iterator<Item = Batch> {
        let (split, size) = (*split, size.max(1));
        let mut rest = self.in_key_order().into_iter();
        std::iter::from_fn(move || {
            let some: Vec<_> = rest.by_ref().take(size).collect();
            (!some.is_empty()).then(|| batch(&some, &split))
        })
    }
}

fn batch(series: &[&RowsOfSeries], split: &Split) -> Batch {
    let (history, as_of) = (split.history(), split.as_of());
    let mut all_values = Vec::with_capacity(series.len());
    let mut all_notes = Vec::with_capacity(series.len());
    for series in series {
        let key = &series.key;
        let mut values = vec![f64::NAN; history.len()];
        let mut days = DayValues::default();
        let mut notes = SeriesNotes::default();
        let mut after: Option<(u64, Day, Day)> = None;
        for (day, value) in series.rows() {
            if day > as_of {
                let (count, first, last) = after.unwrap_or((0, day, day));
                after = Some((count + 1, first.min(day), last.max(day)));
                continue;
            }
            notes.note(day, value);
            if let Some(index) = history.index_of(day) {
                days.put(&mut values[index], index, value);
            }
        }
        notes.issues = days.finish(key, &mut values);
        if let Some((count, first, last)) = after {
            let issue = SeriesIssue::rows_after(key, count, first, last, as_of);
            notes.issues.push(issue);
        }
        all_values.push((key.clone(), values));
        all_notes.push(notes);
    }
    Panel::from_rows(history, all_values)
        .ok()
        .and_then(|history| Batch::with_notes(history, all_notes))
        .unwrap_or_else(|| unreachable!("every row is a history long"))
}
