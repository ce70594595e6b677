//! Calendar days.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Span, ToSpan, Unit};

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A calendar day, counted from 1970-01-01 (day 0), in no time zone.
///
/// Every day from 0001-01-01 to 9999-12-31 can be one, which is what the database's `DATE` and a
/// calendar have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "i32", into = "i32")
)]
pub struct Day(i32);

/// A day that no calendar this product understands has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DayError {
    /// The number of days lies outside 0001-01-01 … 9999-12-31.
    #[error("day {0} counted from 1970-01-01 lies outside the years 1 to 9999")]
    OutOfRange(i64),
    /// The text is no ISO 8601 date.
    #[error("`{0}` is no date of the form 2025-12-31")]
    NotADate(String),
}

impl From<Day> for i32 {
    /// Returns the days since 1970-01-01.
    fn from(day: Day) -> Self {
        day.0
    }
}

impl Day {
    /// The first day: 0001-01-01.
    pub const MIN: Self = Self(-719_162);
    /// The last day: 9999-12-31.
    pub const MAX: Self = Self(2_932_896);

    /// Returns the day `days` after 1970-01-01 (before it where negative).
    ///
    /// # Errors
    ///
    /// [`DayError::OutOfRange`] outside the years 1 to 9999.
    pub fn from_epoch_days(days: i64) -> Result<Self, DayError> {
        i32::try_from(days)
            .ok()
            .map(Self)
            .filter(|day| (Self::MIN..=Self::MAX).contains(day))
            .ok_or(DayError::OutOfRange(days))
    }

    /// Returns the days since 1970-01-01.
    #[must_use]
    pub fn epoch_days(self) -> i32 {
        self.0
    }

    /// Returns the day `days` later, stopping at [`Day::MAX`].
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        let later = i64::from(self.0) + i64::from(days);
        Self::from_epoch_days(later).unwrap_or(Self::MAX)
    }

    /// Returns the day `days` earlier, stopping at [`Day::MIN`].
    #[must_use]
    pub fn minus_days(self, days: u32) -> Self {
        let earlier = i64::from(self.0) - i64::from(days);
        Self::from_epoch_days(earlier).unwrap_or(Self::MIN)
    }

    /// Returns the same day of the month `months` earlier, clamped to that month's last day, as calendars
    /// do: one month before 31 March is 28 or 29 February.
    ///
    /// # Errors
    ///
    /// [`DayError::OutOfRange`] before the year 1.
    pub fn minus_months(self, months: u32) -> Result<Self, DayError> {
        let out_of_range = || DayError::OutOfRange(i64::from(self.0) - 30 * i64::from(months));
        let earlier = Span::new()
            .try_months(i64::from(months))
            .and_then(|span| self.to_date().checked_sub(span));
        earlier.map_err(|_| out_of_range()).and_then(Self::try_from)
    }

    /// Returns how many days `self` lies after `earlier` (negative where it lies before).
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    fn to_date(self) -> Date {
        // The range of `Day` lies inside jiff's, so neither the span nor the sum can overflow.
        EPOCH.saturating_add(self.0.days())
    }
}

impl TryFrom<Date> for Day {
    type Error = DayError;

    fn try_from(date: Date) -> Result<Self, DayError> {
        let days = date
            .since((Unit::Day, EPOCH))
            .map_or(i64::MAX, |span| i64::from(span.get_days()));
        Self::from_epoch_days(days)
    }
}

impl TryFrom<i32> for Day {
    type Error = DayError;

    /// Takes days since 1970-01-01.
    fn try_from(days: i32) -> Result<Self, DayError> {
        Self::from_epoch_days(i64::from(days))
    }
}

impl TryFrom<i64> for Day {
    type Error = DayError;

    /// Takes days since 1970-01-01.
    fn try_from(days: i64) -> Result<Self, DayError> {
        Self::from_epoch_days(days)
    }
}

impl From<Day> for Date {
    fn from(day: Day) -> Self {
        day.to_date()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_date().fmt(f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        text.parse::<Date>()
            .map_err(|_| DayError::NotADate(text.to_owned()))
            .and_then(Self::try_from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_counted_from_the_epoch() {
        assert_eq!(day("1970-01-01").epoch_days(), 0);
        assert_eq!(day("2000-03-01").epoch_days(), 11_017);
        assert_eq!(day("1969-12-31").epoch_days(), -1);
        assert_eq!(day("0001-01-01"), Day::MIN);
        assert_eq!(day("9999-12-31"), Day::MAX);
    }

    #[test]
    fn the_calendar_ends_where_it_says() {
        let past_the_end = i64::from(Day::MAX.epoch_days()) + 1;
        assert!(Day::from_epoch_days(past_the_end).is_err());
        assert!(Day::from_epoch_days(i64::from(i32::MAX)).is_err());
        assert_eq!(Day::MAX.plus_days(1), Day::MAX);
        assert_eq!(Day::MIN.minus_days(u32::MAX), Day::MIN);
        assert!(Day::MIN.minus_months(1).is_err());
    }

    #[test]
    fn months_are_clamped_at_month_ends() {
        for (from, months, expected) in [
            ("2025-03-31", 1, "2025-02-28"),
            ("2024-03-31", 1, "2024-02-29"),
            ("2024-02-29", 12, "2023-02-28"),
            ("2024-02-29", 36, "2021-02-28"),
            ("2025-12-31", 4, "2025-08-31"),
            ("2025-10-31", 4, "2025-06-30"),
        ] {
            assert_eq!(
                day(from).minus_months(months).unwrap(),
                day(expected),
                "{from} - {months}"
            );
        }
    }

    #[test]
    fn text_that_is_no_date_is_named() {
        let error = "yesterday".parse::<Day>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`yesterday` is no date of the form 2025-12-31"
        );
    }
}
