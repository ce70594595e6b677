//! Many series over the same days.

use std::ops::Range;

use crate::regimes::Known;
use crate::{Day, SeriesKey, SeriesView, TimeGrid};

/// Why values do not form a panel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PanelError {
    /// A series has more or fewer values than the grid has days.
    #[error("series {key} has {found} values for {expected} days")]
    Length {
        /// Whose values.
        key: SeriesKey,
        /// Days of the grid.
        expected: usize,
        /// Values given.
        found: usize,
    },
    /// There are not as many values as days of all series.
    #[error("{found} values are not those of {series} series over {days} days")]
    Shape {
        /// Series to have values.
        series: usize,
        /// Days of the grid.
        days: usize,
        /// Values given.
        found: usize,
    },
    /// A series holds an infinite value.
    #[error("series {key} holds an infinite value on {day}")]
    Infinite {
        /// Whose value.
        key: SeriesKey,
        /// The day it was noticed on.
        day: Day,
    },
    /// The windows asked for do not lie inside the panel.
    #[error("the days {first} to {last} do not lie inside the panel")]
    Window {
        /// First day asked for.
        first: Day,
        /// Last day asked for.
        last: Day,
    },
}

/// Many series over one grid of days: the batch an engine works on.
///
/// Values are stored row by row, a row a series, a column a day; NaN is a missing day.
#[derive(Debug, Clone)]
pub struct Panel {
    grid: TimeGrid,
    keys: Vec<SeriesKey>,
    values: Vec<f64>,
}

impl Panel {
    /// The values of the series at `index`, to be changed; empty where there is no such series.
    pub fn values_mut(&mut self, index: usize) -> &mut [f64] {
        let days = self.grid.len();
        let start = index.saturating_mul(days);
        self.values
            .get_mut(start..start.saturating_add(days))
            .unwrap_or_default()
    }

    /// The days every series has a value or NaN for.
    #[must_use]
    pub fn grid(&self) -> TimeGrid {
        self.grid
    }

    /// A panel from one row of values a series.
    ///
    /// # Errors
    ///
    /// [`PanelError::Length`] where a row is not as long as the grid, [`PanelError::Infinite`]
    /// where a value is infinite.
    pub fn from_rows(
        grid: TimeGrid,
        rows: impl IntoIterator<Item = (SeriesKey, Vec<f64>)>,
    ) -> Result<Self, PanelError> {
        let mut panel = Self {
            grid,
            keys: Vec::new(),
            values: Vec::new(),
        };
        for (key, row) in rows {
            panel.push(key, &row)?;
        }
        Ok(panel)
    }

    /// A panel of `keys` from all their values, one series' after the other's.
    ///
    /// # Errors
    ///
    /// [`PanelError::Shape`] where there are more or fewer values than every series has days,
    /// [`PanelError::Infinite`] where one is infinite.
    pub fn from_values(
        grid: TimeGrid,
        keys: Vec<SeriesKey>,
        values: Vec<f64>,
    ) -> Result<Self, PanelError> {
        if values.len() != keys.len() * grid.len() {
            return Err(PanelError::Shape {
                series: keys.len(),
                days: grid.len(),
                found: values.len(),
            });
        }
        if let Some(place) = values.iter().position(|value| value.is_infinite()) {
            let day = grid.day(place % grid.len()).unwrap_or(grid.first());
            let key = keys[place / grid.len()].clone();
            return Err(PanelError::Infinite { key, day });
        }
        Ok(Self { grid, keys, values })
    }

    /// Appends one series.
    ///
    /// # Errors
    ///
    /// As [`Panel::from_rows`]; the panel is unchanged then.
    pub fn push(&mut self, key: SeriesKey, row: &[f64]) -> Result<(), PanelError> {
        if row.len() != self.grid.len() {
            return Err(PanelError::Length {
                key,
                expected: self.grid.len(),
                found: row.len(),
            });
        }
        if let Some(index) = row.iter().position(|value| value.is_infinite()) {
            let day = self.grid.day(index).unwrap_or(self.grid.first());
            return Err(PanelError::Infinite { key, day });
        }
        self.keys.push(key);
        self.values.extend_from_slice(row);
        Ok(())
    }

    /// Everything, borrowed.
    #[must_use]
    pub fn view(&self) -> PanelView<'_> {
        PanelView {
            grid: self.grid,
            keys: &self.keys,
            values: &self.values,
            stride: self.grid.len(),
            offset: 0,
            known: &[],
        }
    }
}

/// Some series and some consecutive days of a [`Panel`], without copying.
#[derive(Debug, Clone, Copy)]
pub struct PanelView<'a> {
    grid: TimeGrid,
    keys: &'a [SeriesKey],
    values: &'a [f64],
    /// Days of the panel behind this view: the distance from one series' row to the next.
    stride: usize,
    /// Days of the panel before this view's first.
    offset: usize,
    /// The regimes of each series as they are known, where their past was brought to the present one.
    known: &'a [Known<'a>],
}

impl<'a> PanelView<'a> {
    /// The days, which all series share.
    #[must_use]
    pub fn grid(&self) -> TimeGrid {
        self.grid
    }

    /// How many series there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys, in the order of the series.
    #[must_use]
    pub fn keys(&self) -> &'a [SeriesKey] {
        self.keys
    }

    /// The series at `index`.
    ///
    /// # Panics
    ///
    /// Where `index` is not below [`PanelView::len`], as indexing a slice does.
    #[must_use]
    pub fn series(&self, index: usize) -> SeriesView<'a> {
        let start = index * self.stride + self.offset;
        SeriesView {
            key: &self.keys[index],
            grid: self.grid,
            values: &self.values[start..start + self.grid.len()],
            known: self.known.get(index).copied(),
        }
    }

    /// Returns the same series with what is known of the regimes of each, in their order.
    pub(crate) fn with_known(self, known: &'a [Known<'a>]) -> Self {
        Self { known, ..self }
    }

    /// Every series, in order.
    pub fn iter(&self) -> impl Iterator<Item = SeriesView<'a>> + use<'a> {
        let view = *self;
        (0..self.len()).map(move |index| view.series(index))
    }

    /// Returns the same series over fewer days.
    ///
    /// # Errors
    ///
    /// [`PanelError::Window`] where `window` does not lie inside this view's days.
    pub fn window(&self, window: TimeGrid) -> Result<Self, PanelError> {
        let outside = PanelError::Window {
            first: window.first(),
            last: window.last(),
        };
        let skipped = usize::try_from(window.first().days_since(self.grid.first()));
        let Ok(skipped) = skipped else {
            return Err(outside);
        };
        if skipped + window.len() > self.grid.len() {
            return Err(outside);
        }
        Ok(Self {
            grid: window,
            offset: self.offset + skipped,
            known: &[],
            ..*self
        })
    }

    /// The series at the places of `range`, as far as there are any.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        Self {
            keys: &self.keys[start..end],
            values: &self.values[start * self.stride..end * self.stride],
            known: self.known.get(start..end).unwrap_or_default(),
            ..*self
        }
    }

    /// The series in runs of at most `size` (one at a time where `size` is 0).
    pub fn chunks(&self, size: usize) -> impl Iterator<Item = Self> + use<'a> {
        let view = *self;
        let size = size.max(1);
        let starts = (0..self.len()).step_by(size);
        starts.map(move |start| view.slice(start..start.saturating_add(size)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(first: &str, len: usize) -> TimeGrid {
        TimeGrid::new(first.parse().unwrap(), len)
    }

    fn panel() -> Panel {
        let rows = (0..5).map(|series| {
            let key = SeriesKey::new(format!("h{series}"), "cpu");
            let row = (0..4).map(|day| f64::from(10 * series + day)).collect();
            (key, row)
        });
        Panel::from_rows(grid("2024-02-27", 4), rows).unwrap()
    }

    #[test]
    fn a_grid_knows_its_days() {
        let grid = grid("2024-02-27", 4);
        assert_eq!(grid.last().to_string(), "2024-03-01");
        assert_eq!(grid.index_of("2024-02-29".parse().unwrap()), Some(2));
        assert_eq!(grid.index_of("2024-03-02".parse().unwrap()), None);
        assert_eq!(grid.index_of("2024-02-26".parse().unwrap()), None);
        assert_eq!(grid.days().count(), 4);
    }

    #[test]
    fn an_empty_grid_ends_before_it_begins() {
        let day: Day = "2024-01-10".parse().unwrap();
        let grid = TimeGrid::between(day, day);
        assert!(grid.is_empty());
        assert_eq!(grid.last(), day);
        assert_eq!(grid.days().count(), 0);
    }

    #[test]
    fn windows_and_chunks_show_the_same_values() {
        let panel = panel();
        let window = panel.view().window(grid("2024-02-28", 2)).unwrap();
        let chunks: Vec<PanelView<'_>> = window.chunks(2).collect();
        assert_eq!(
            chunks.iter().map(PanelView::len).collect::<Vec<_>>(),
            [2, 2, 1]
        );
        assert_eq!(chunks[1].series(1).values, [31.0, 32.0]);
        assert_eq!(chunks[2].series(0).key.host(), "h4");
        assert_eq!(chunks[2].series(0).values, [41.0, 42.0]);
        let last = window.slice(3..9);
        assert_eq!(last.len(), 2);
        assert_eq!(last.series(0).values, [31.0, 32.0]);
        assert!(window.slice(6..9).is_empty());
    }

    #[test]
    fn windows_outside_are_refused() {
        let panel = panel();
        for outside in [grid("2024-02-26", 2), grid("2024-02-29", 3)] {
            assert!(panel.view().window(outside).is_err());
        }
    }

    #[test]
    fn rows_that_do_not_fit_are_refused() {
        let grid = grid("2024-01-01", 2);
        let key = SeriesKey::new("h", "cpu");
        let short = Panel::from_rows(grid, [(key.clone(), vec![1.0])]).unwrap_err();
        assert_eq!(short.to_string(), "series h/cpu has 1 values for 2 days");
        let infinite = Panel::from_rows(grid, [(key, vec![1.0, f64::INFINITY])]).unwrap_err();
        assert_eq!(
            infinite.to_string(),
            "series h/cpu holds an infinite value on 2024-01-02"
        );
    }

    #[test]
    fn values_of_all_series_make_a_panel_where_they_are_as_many_as_its_days() {
        let keys = || vec![SeriesKey::new("h", "cpu"), SeriesKey::new("i", "cpu")];
        let of = |values: Vec<f64>| Panel::from_values(grid("2024-01-01", 2), keys(), values);
        let panel = of(vec![1.0, f64::NAN, 3.0, 4.0]).unwrap();
        assert_eq!(panel.view().series(1).values, [3.0, 4.0]);
        assert_eq!(panel.view().series(1).key.host(), "i");
        assert_eq!(
            of(vec![1.0; 5]).unwrap_err().to_string(),
            "5 values are not those of 2 series over 2 days"
        );
        assert_eq!(
            of(vec![1.0, 2.0, 3.0, f64::INFINITY])
                .unwrap_err()
                .to_string(),
            "series i/cpu holds an infinite value on 2024-01-02"
        );
    }
}
