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
pub struct FleetRows {
    /// The place of each series in `series`, by host and resource.
    places: HashMap<Arc<str>, HashMap<Arc<str>, usize>>,
    series: Vec<RowsOfSeries>,
    /// Rows that belong to no series or to no day, by what they have of a name.
    unusable: BTreeMap<SeriesKey, u64>,
}

/// The rows of one series in any order: days and their values side by side, and apart from them the days of
/// rows that have no value. A fleet's rows are most of what is in memory while it is read, so they stand closely.
#[derive(Debug, Clone)]
struct RowsOfSeries {
    key: SeriesKey,
    days: Vec<Day>,
    values: Vec<f64>,
    without_value: Vec<Day>,
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
        let series = self.in_key_order().into_iter();
        let ends: Vec<Vec<Day>> = series.map(last_days).collect();
        fleet_end(&ends).map(|end| end.last_day)
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
