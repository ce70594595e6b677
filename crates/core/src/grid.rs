//! A run of days.

use crate::Day;

/// A run of consecutive days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeGrid {
    first: Day,
    len: usize,
}

impl TimeGrid {
    /// The `len` days that begin on `first`.
    #[must_use]
    pub fn new(first: Day, len: usize) -> Self {
        Self { first, len }
    }

    /// The days after `exclusive`, up to and including `last`; empty where `last` is not later.
    #[must_use]
    pub fn between(exclusive: Day, last: Day) -> Self {
        Self {
            first: exclusive.plus_days(1),
            len: usize::try_from(last.days_since(exclusive)).unwrap_or(0),
        }
    }

    /// The first day.
    #[must_use]
    pub fn first(&self) -> Day {
        self.first
    }

    /// The last day; of an empty grid, the day before the first.
    #[must_use]
    pub fn last(&self) -> Day {
        match u32::try_from(self.len) {
            Ok(0) => self.first.minus_days(1),
            Ok(len) => self.first.plus_days(len - 1),
            Err(_) => Day::MAX,
        }
    }

    /// How many days there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no day.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The day at `index`, or `None` past the end.
    #[must_use]
    pub fn day(&self, index: usize) -> Option<Day> {
        let days = u32::try_from(index).ok()?;
        (index < self.len).then(|| self.first.plus_days(days))
    }

    /// The first `len` days (all where there are fewer), and the rest.
    #[must_use]
    pub fn split_at(&self, len: usize) -> (Self, Self) {
        let len = len.min(self.len);
        let skipped = u32::try_from(len).unwrap_or(u32::MAX);
        (
            Self::new(self.first, len),
            Self::new(self.first.plus_days(skipped), self.len - len),
        )
    }

    /// Returns the index of `day`, or `None` outside the grid.
    #[must_use]
    pub fn index_of(&self, day: Day) -> Option<usize> {
        usize::try_from(day.days_since(self.first))
            .ok()
            .filter(|index| *index < self.len)
    }

    /// Every day, in order.
    pub fn days(&self) -> impl Iterator<Item = Day> + use<> {
        let grid = *self;
        (0..self.len).filter_map(move |index| grid.day(index))
    }
}
