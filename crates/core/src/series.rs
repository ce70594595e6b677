//! One series: its key and its values.

use std::fmt;
use std::sync::Arc;

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

    /// The last day that has a value, or `None` where no day has.
    #[must_use]
    pub fn last_observed(&self) -> Option<Day> {
        let index = self.values.iter().rposition(|value| !value.is_nan())?;
        self.grid.day(index)
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
