//! Texts as days and instants, as far as one text alone can tell.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The first and last second that belong to a day of the years 1 to 9999, counted from 1970.
const FIRST_SECOND: i64 = -62_135_596_800;
const LAST_SECOND: i64 = 253_402_300_799;

static ISO: DateTimeParser = DateTimeParser::new();

/// Which of day and month is written first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrder {
    /// 31/12/2025.
    DayFirst,
    /// 12/31/2025.
    MonthFirst,
}

/// What a text says of a day or an instant. Some texts leave something open, which other rows decide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum WrittenDay {
    /// A calendar day.
    Day(Date),
    /// A day and a time of day, in nobody knows which zone.
    Local(DateTime),
    /// A point in time.
    Instant(Timestamp),
    /// Two numbers before a year: which is the month is open.
    TwoOrders(TwoOrders),
    /// A whole number or a decimal one: an epoch of open unit, or digits of a day (`20251231`).
    Digits {
        /// The whole part.
        whole: i64,
        /// The fraction, in billionths; 0 to 999,999,999.
        billionths: u32,
        /// How many digits the whole part is written with.
        digits: u8,
    },
}

/// `12/31/2025`, `31.12.2025 23:30`: a day whose order is open, though points are day first everywhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoOrders {
    pub(crate) first: i8,
    pub(crate) second: i8,
    pub(crate) year: i16,
    pub(crate) separator: char,
    pub(crate) time: Option<Time>,
    pub(crate) shape: TimeShape,
    pub(crate) offset: Option<Offset>,
}

/// How a time of day is written, so that a format can be proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimeShape {
    None,
    Minutes,
    Seconds,
    Fraction,
    HalfDayMinutes,
    HalfDaySeconds,
    /// An instant with an offset, or a form of no single format.
    Other,
}

impl TimeShape {
    /// What stands behind the day in a format of strptime.
    pub(crate) fn directives(self) -> Option<&'static str> {
        match self {
            Self::None => Some(""),
            Self::Minutes => Some(" %H:%M"),
            Self::Seconds => Some(" %H:%M:%S"),
            Self::Fraction => Some(" %H:%M:%S%.f"),
            Self::HalfDayMinutes => Some(" %I:%M %p"),
            Self::HalfDaySeconds => Some(" %I:%M:%S %p"),
            Self::Other => None,
        }
    }
}

impl WrittenDay {
    /// What the text says, or `None` where it is no day in any form that is understood without a format:
    ///
    /// - ISO 8601: `2025-12-31`, `2025-12-31T23:30:00Z`, `2025-12-31 23:30:00.5+01:00`, also with `/` and with
    ///   months and days of one digit; with ` UTC` or ` GMT` behind;
    /// - `31.12.2025`, `31/12/2025`, `12/31/2025`, `31-12-2025`, with a time or without, also with `AM` and `PM`;
    /// - epochs and digits: `1767139200`, `1767139200.5`, `20251231`.
    ///
    /// ```
    /// use fleetcast_intake::WrittenDay;
    ///
    /// assert!(matches!(WrittenDay::read("2025-12-31"), Some(WrittenDay::Day(_))));
    /// assert!(matches!(WrittenDay::read("31.12.2025 23:30"), Some(WrittenDay::TwoOrders(_))));
    /// assert_eq!(WrittenDay::read("2025-02-29"), None);
    /// assert_eq!(WrittenDay::read("2025-03-30 02:30:00 Europe/Berlin"), None);
    /// ```
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = text.as_bytes();
        if bytes.len() == 10 && bytes[4] == b'-' {
            return ISO.parse_date(text).ok().and_then(day);
        }
        if (bytes.first()?.is_ascii_digit() || bytes[0] == b'-')
            && let Some(digits) = read_digits(text)
        {
            return Some(digits);
        }
        // Four digits first are a year.
        let leading = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        match leading {
            4 => read_year_first(text),
            1 | 2 => read_year_last(text),
            _ => None,
        }
    }

    /// What the text says by a format of strptime, or `None` where it does not follow it.
    #[must_use]
    pub fn read_by(format: &str, text: &str) -> Option<Self> {
        let broken = BrokenDownTime::parse(format, text.trim()).ok()?;
        // An epoch, or a time with its offset.
        if broken.offset().is_some() || broken.timestamp().is_some() {
            return broken.to_timestamp().ok().and_then(instant);
        }
        if let Ok(both) = broken.to_datetime() {
            let has_time = broken.hour().is_some();
            return if has_time {
                local(both)
            } else {
                day(both.date())
            };
        }
        broken.to_date().ok().and_then(day)
    }
}

impl TwoOrders {
    /// The day under an order, or `None` where there is no such day.
    pub(crate) fn under(&self, order: DayOrder) -> Option<WrittenDay> {
        let (day_of_month, month) = match order {
            DayOrder::DayFirst => (self.first, self.second),
            DayOrder::MonthFirst => (self.second, self.first),
        };
        let date = Date::new(self.year, month, day_of_month).ok()?;
        match (self.time, self.offset) {
            (None, _) => day(date),
            (Some(time), None) => local(date.to_datetime(time)),
            (Some(time), Some(offset)) => {
                instant(offset.to_timestamp(date.to_datetime(time)).ok()?)
            }
        }
    }

    /// The format of strptime that reads days like this one under an order.
    pub(crate) fn format(&self, order: DayOrder) -> Option<String> {
        let separator = self.separator;
        let day = match order {
            DayOrder::DayFirst => format!("%d{separator}%m{separator}%Y"),
            DayOrder::MonthFirst => format!("%m{separator}%d{separator}%Y"),
        };
        Some(day + self.shape.directives()?)
    }
}

fn day(date: Date) -> Option<WrittenDay> {
    (date.year() >= 1).then_some(WrittenDay::Day(date))
}

fn local(at: DateTime) -> Option<WrittenDay> {
    (at.year() >= 1).then_some(WrittenDay::Local(at))
}

pub(crate) fn instant(at: Timestamp) -> Option<WrittenDay> {
    (FIRST_SECOND..=LAST_SECOND)
        .contains(&at.as_second())
        .then_some(WrittenDay::Instant(at))
}

fn read_digits(text: &str) -> Option<WrittenDay> {
    let (whole_text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = whole_text.strip_prefix('-').unwrap_or(whole_text);
    if unsigned.is_empty() || !is_number(unsigned) || !is_number(fraction) || text.ends_with('.') {
        return None;
    }
    // A fraction of more than nine digits says less than a nanosecond.
    let mut billionths = 0;
    for place in 0..9 {
        let digit = fraction.as_bytes().get(place).map_or(0, |byte| byte - b'0');
        billionths = billionths * 10 + u32::from(digit);
    }
    Some(WrittenDay::Digits {
        whole: whole_text.parse().ok()?,
        billionths,
        digits: u8::try_from(unsigned.len()).ok()?,
    })
}

/// The text without the name of universal time behind it, and whether it was there.
fn without_universal(text: &str) -> (&str, bool) {
    for name in ["UTC", "GMT", "Z", "z"] {
        if let Some(rest) = text.strip_suffix(name) {
            return (rest.trim_end(), true);
        }
    }
    (text, false)
}

fn read_year_first(text: &str) -> Option<WrittenDay> {
    let (rest, is_universal) = without_universal(text);
    let split = rest.find([' ', 'T', 't']);
    let (date, time) = match split {
        Some(at) => (&rest[..at], rest[at + 1..].trim_start()),
        None => (rest, ""),
    };
    let date = read_date_year_first(date)?;
    if time.is_empty() {
        return match (split, is_universal) {
            (None, false) => day(date),
            _ => None,
        };
    }
    let (time, offset) = split_offset(time)?;
    let (time, _) = read_time(time)?;
    at(date, time, offset, is_universal)
}

fn read_date_year_first(text: &str) -> Option<Date> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.split(separator);
    let (year, month, day_of_month) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(number(year)?, small(month)?, small(day_of_month)?).ok()
}

fn read_year_last(text: &str) -> Option<WrittenDay> {
    let (rest, is_universal) = without_universal(text);
    let split = rest.find([' ', 'T', ',']);
    let (date, time) = match split {
        Some(at) => (&rest[..at], rest[at + 1..].trim_start()),
        None => (rest, ""),
    };
    let separator = date.chars().find(|c| matches!(c, '.' | '/' | '-'))?;
    let mut parts = date.split(separator);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let (mut time_of_day, mut offset, mut shape) = (None, None, TimeShape::None);
    if !time.is_empty() {
        let (time, written_offset) = split_offset(time)?;
        let (time, written) = read_time(time)?;
        if is_universal && written_offset.is_some() {
            return None;
        }
        offset = written_offset.or(is_universal.then_some(Offset::UTC));
        shape = if offset.is_some() {
            TimeShape::Other
        } else {
            written
        };
        time_of_day = Some(time);
    } else if split.is_some() || is_universal {
        return None;
    }
    let both = TwoOrders {
        first: small(first)?,
        second: small(second)?,
        year: number(year)?,
        separator,
        time: time_of_day,
        shape,
        offset,
    };
    let possible = [DayOrder::DayFirst, DayOrder::MonthFirst];
    possible
        .into_iter()
        .any(|order| both.under(order).is_some())
        .then_some(WrittenDay::TwoOrders(both))
}

fn at(date: Date, time: Time, offset: Option<Offset>, is_universal: bool) -> Option<WrittenDay> {
    let both = date.to_datetime(time);
    match (offset, is_universal) {
        (Some(_), true) => None,
        (Some(offset), false) => instant(offset.to_timestamp(both).ok()?),
        (None, true) => instant(Offset::UTC.to_timestamp(both).ok()?),
        (None, false) => local(both),
    }
}

fn number(text: &str) -> Option<i16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

fn small(text: &str) -> Option<i8> {
    if text.len() > 2 {
        return None;
    }
    number(text).and_then(|number| i8::try_from(number).ok())
}

/// A time of day and the offset behind it; a zone's name in brackets says the same again and is passed over.
fn split_offset(text: &str) -> Option<(&str, Option<Offset>)> {
    let text = match text.split_once('[') {
        // The name alone would not tell which of two offsets holds.
        Some((before, name)) if name.ends_with(']') && before.contains(['+', '-']) => before,
        Some(_) => return None,
        None => text,
    };
    let Some(sign_at) = text.find(['+', '-']) else {
        return Some((text, None));
    };
    let (time, offset) = text.split_at(sign_at);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let digits = offset[1..].replace(':', "");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(digits.len(), 2 | 4 | 6) {
        return None;
    }
    let part = |from: usize| -> i32 {
        digits
            .get(from..from + 2)
            .and_then(|part| part.parse().ok())
            .unwrap_or(0)
    };
    let (hours, minutes, seconds) = (part(0), part(2), part(4));
    if minutes > 59 || seconds > 59 {
        return None;
    }
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60 + seconds)).ok()?;
    Some((time.trim_end(), Some(offset)))
}

/// A time of day, by the clock of 24 hours or of twice 12.
fn read_time(text: &str) -> Option<(Time, TimeShape)> {
    let half = ["AM", "PM", "am", "pm", "Am", "Pm"]
        .into_iter()
        .find_map(|name| Some((text.strip_suffix(name)?.trim_end(), name)));
    let (clock, name) = match half {
        Some((clock, name)) => (clock, Some(name)),
        None => (text, None),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (small(parts.next()?)?, small(parts.next()?)?);
    let (second, nanosecond, shape) = match parts.next() {
        None => (0, 0, TimeShape::Minutes),
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once(['.', ',']).unwrap_or((seconds, ""));
            if whole.len() != 2 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let mut nanosecond = 0;
            for place in 0..9 {
                let digit = fraction.as_bytes().get(place).map_or(0, |byte| byte - b'0');
                nanosecond = nanosecond * 10 + i32::from(digit);
            }
            let shape = if fraction.is_empty() {
                TimeShape::Seconds
            } else {
                TimeShape::Fraction
            };
            // A leap second belongs to the minute before it.
            (
                small(whole)?.min(if whole == "60" { 59 } else { i8::MAX }),
                nanosecond,
                shape,
            )
        }
    };
    if parts.next().is_some() {
        return None;
    }
    let Some(name) = name else {
        return Some((Time::new(hour, minute, second, nanosecond).ok()?, shape));
    };
    if !(1..=12).contains(&hour) {
        return None;
    }
    let afternoon = if name.eq_ignore_ascii_case("pm") {
        12
    } else {
        0
    };
    let shape = match shape {
        TimeShape::Minutes => TimeShape::HalfDayMinutes,
        TimeShape::Seconds => TimeShape::HalfDaySeconds,
        _ => TimeShape::Other,
    };
    let time = Time::new(hour % 12 + afternoon, minute, second, nanosecond).ok()?;
    Some((time, shape))
}

/// An instant so many seconds and billionths of a second after 1970.
pub(crate) fn instant_of(seconds: i64, nanoseconds: i64) -> Option<WrittenDay> {
    let since_epoch =
        SignedDuration::from_secs(seconds).checked_add(SignedDuration::from_nanos(nanoseconds))?;
    Timestamp::from_duration(since_epoch).ok().and_then(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match WrittenDay::read(text) {
            None => "none".to_owned(),
            Some(WrittenDay::Day(date)) => date.to_string(),
            Some(WrittenDay::Local(at)) => at.to_string(),
            Some(WrittenDay::Instant(at)) => at.to_string(),
            Some(WrittenDay::TwoOrders(both)) => {
                let show = |order| {
                    both.under(order)
                        .map_or("-".to_owned(), |written| match written {
                            WrittenDay::Day(date) => date.to_string(),
                            WrittenDay::Local(at) => at.to_string(),
                            WrittenDay::Instant(at) => at.to_string(),
                            _ => "?".to_owned(),
                        })
                };
                format!(
                    "{} | {}",
                    show(DayOrder::DayFirst),
                    show(DayOrder::MonthFirst)
                )
            }
            Some(WrittenDay::Digits {
                whole,
                billionths,
                digits,
            }) => {
                format!("{whole} {billionths} {digits}")
            }
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn iso_days_and_instants() {
        check("2025-12-31", "2025-12-31");
        check(" 2025-12-31 ", "2025-12-31");
        check("2025/12/31", "2025-12-31");
        check("2025-1-5", "2025-01-05");
        check("2025-12-29T22:00:00-05:00", "2025-12-30T03:00:00Z");
        check("2025-12-29 22:00:00 -0500", "2025-12-30T03:00:00Z");
        check("2025-12-29T22:00+01", "2025-12-29T21:00:00Z");
        check("2025-12-29T00:00:00.000Z", "2025-12-29T00:00:00Z");
        check("2025-12-29 00:10:01 UTC", "2025-12-29T00:10:01Z");
        check(
            "2025-12-29T22:00:00+01:00[Europe/Berlin]",
            "2025-12-29T21:00:00Z",
        );
        check("2025-12-29 10:00:00", "2025-12-29T10:00:00");
        check("2025-12-29 10:00:00.123456", "2025-12-29T10:00:00.123456");
        check("2025-12-29 11:30 PM", "2025-12-29T23:30:00");
        check("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z");
        check("0001-01-01", "0001-01-01");
        check("9999-12-31", "9999-12-31");
        check("9999-12-30T21:59:59Z", "9999-12-30T21:59:59Z");
    }

    #[test]
    fn days_of_either_order() {
        check("01/05/2026", "2026-05-01 | 2026-01-05");
        check("12/31/2025", "- | 2025-12-31");
        check("31.12.2025", "2025-12-31 | -");
        check("31-12-2025 23:30", "2025-12-31T23:30:00 | -");
        check("12/29/2025 23:30:00.112", "- | 2025-12-29T23:30:00.112");
        check("12/29/2025, 11:30:00 PM", "- | 2025-12-29T23:30:00");
        check(
            "1/5/2026 12:05 AM",
            "2026-05-01T00:05:00 | 2026-01-05T00:05:00",
        );
        check("29/12/2025 23:30:00 +01:00", "2025-12-29T22:30:00Z | -");
        check("29/12/2025 23:30 UTC", "2025-12-29T23:30:00Z | -");
    }

    #[test]
    fn digits_are_left_open() {
        check("1766966400", "1766966400 0 10");
        check("1766966400.25", "1766966400 250000000 10");
        check("20251231", "20251231 0 8");
        check("-86400", "-86400 0 5");
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "",
            "soon",
            "infinity",
            "-infinity",
            "10000-01-01",
            "0000-01-01",
            "0044-03-15 (BC)",
            "-0044-03-15",
            "2025-02-29",
            "2025-13-01",
            "2025-03-30 02:30:00 Europe/Berlin",
            "2025-12-29T10:00:00[Europe/Berlin]",
            "2025-12-29T25:00:00Z",
            "2025-12-29T10",
            "2025-12-29Z",
            "2025-12-29T",
            "32/12/2025",
            "29/12/25",
            "12/2025",
            "1.2.3.2025",
            "29 Dec 2025",
            "13:30",
            "99999999999999999999",
            "1e9",
            "5.",
            "9999-12-31T23:59:59-01:00",
        ] {
            check(text, "none");
        }
    }

    #[test]
    fn a_format_settles_it() {
        let read = |format: &str, text: &str| WrittenDay::read_by(format, text);
        let date = |text: &str| Some(WrittenDay::Day(text.parse().unwrap()));
        assert_eq!(read("%m/%d/%Y", "01/05/2026"), date("2026-01-05"));
        assert_eq!(read("%m/%d/%Y", "1/5/2026"), date("2026-01-05"));
        assert_eq!(read("%d/%m/%y", "01/05/26"), date("2026-05-01"));
        assert_eq!(read("%d %b %Y", "29 Dec 2025"), date("2025-12-29"));
        assert_eq!(read("%m/%d/%Y", "13/05/2026"), None);
        assert_eq!(read("%m/%d/%Y", "01/05/2026 10:00"), None);
        let at: DateTime = "2025-12-29T23:30:00".parse().unwrap();
        assert_eq!(
            read("%d.%m.%Y %H:%M", "29.12.2025 23:30"),
            Some(WrittenDay::Local(at))
        );
        let zoned: Timestamp = "2025-12-29T22:30:00Z".parse().unwrap();
        assert_eq!(
            read("%d.%m.%Y %H:%M %z", "29.12.2025 23:30 +0100"),
            Some(WrittenDay::Instant(zoned))
        );
        assert_eq!(read("%s", "1767047400"), Some(WrittenDay::Instant(zoned)));
    }
}
