//! One series: its key and its values.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use crate::regimes::Known;
use crate::{Day, TimeGrid};

/// What names a series: a host and one of its resources (`web-01`, `cpu`).
///
/// Keys are ordered by the bytes of host, then resource: the order of every table and batch.
/// Cloning is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    host: Arc<str>,
    resource: Arc<str>,
}

impl SeriesKey {
    /// A key from any two names; both may hold any Unicode text.
    pub fn new(host: impl Into<Arc<str>>, resource: impl Into<Arc<str>>) -> Self {
        Self {
            host: host.into(),
            resource: resource.into(),
        }
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Returns a hash of both names that is the same wherever and whenever it is taken.
    #[must_use]
    pub fn stable_hash(&self) -> u64 {
        let seed = XxHash3_64::oneshot(self.host.as_bytes());
        XxHash3_64::oneshot_with_seed(seed, self.resource.as_bytes())
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.resource)
    }
}

/// One series of a panel: a value a day, NaN where the day is missing.
#[derive(Debug, Clone, Copy)]
pub struct SeriesView<'a> {
    /// Whose series it is.
    pub key: &'a SeriesKey,
    /// The days, one a value.
    pub grid: TimeGrid,
    /// Finite values in the resource's own unit; NaN is a missing day, infinities never occur.
    pub values: &'a [f64],
    /// What is known of its regimes, where `values` were brought to the present one.
    pub(crate) known: Option<Known<'a>>,
}

impl<'a> SeriesView<'a> {
    /// Makes the view of a series from its `values`, one a day of `grid`.
    #[must_use]
    pub fn new(key: &'a SeriesKey, grid: TimeGrid, values: &'a [f64]) -> Self {
        Self {
            key,
            grid,
            values,
            known: None,
        }
    }
}

impl SeriesView<'_> {
    /// How many days have a value.
    #[must_use]
    pub fn observed(&self) -> usize {
        // As wide as the values, so that counts are taken a register at a time.
        let missing: u64 = self
            .values
            .iter()
            .map(|value| u64::from(value.is_nan()))
            .sum();
        self.values.len() - usize::try_from(missing).unwrap_or(self.values.len())
    }

    /// The days that have a value, in order.
    pub fn observations(&self) -> impl Iterator<Item = (Day, f64)> + '_ {
        self.grid
            .days()
            .zip(self.values.iter().copied())
            .filter(|(_, value)| !value.is_nan())
    }

    /// The indices from the first day that has a value to the last one, or `None` where no day has.
    #[must_use]
    pub fn observed_span(&self) -> Option<Range<usize>> {
        let first = self.values.iter().position(|value| !value.is_nan())?;
        let last = self.values.iter().rposition(|value| !value.is_nan())?;
        Some(first..last + 1)
    }

    /// The last day that has a value, or `None` where no day has.
    #[must_use]
    pub fn last_observed(&self) -> Option<Day> {
        self.grid.day(self.observed_span()?.end - 1)
    }

    /// The one value all observed days share, or `None` where they differ or none is observed.
    #[must_use]
    pub fn constant_value(&self) -> Option<f64> {
        let mut observed = self.values.iter().copied().filter(|value| !value.is_nan());
        let first = observed.next()?;
        #[expect(
            clippy::float_cmp,
            reason = "constant means the same number, not a near one"
        )]
        let constant = observed.all(|value| value == first);
        constant.then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_begins_and_ends_with_a_value() {
        const NAN: f64 = f64::NAN;
        for (values, span, last) in [
            (
                &[NAN, 1.0, NAN, 2.0, NAN][..],
                Some(1..4),
                Some("2024-01-04"),
            ),
            (&[3.0], Some(0..1), Some("2024-01-01")),
            (&[NAN, NAN], None, None),
            (&[], None, None),
        ] {
            let key = SeriesKey::new("h", "cpu");
            let grid = TimeGrid::new("2024-01-01".parse().unwrap(), values.len());
            let series = SeriesView::new(&key, grid, values);
            assert_eq!(series.observed_span(), span, "{values:?}");
            let found = series.last_observed().map(|day| day.to_string());
            assert_eq!(found.as_deref(), last, "{values:?}");
        }
    }
}
