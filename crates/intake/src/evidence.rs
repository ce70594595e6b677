//! What all rows together say of how days are written.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone as Zone};

use crate::days::{DayOrder, TwoOrders, WrittenDay, instant_of};

const MICROS_A_DAY: i64 = 86_400_000_000;

/// A time zone by its name in the IANA database, such as `Europe/Berlin`.
///
/// ```
/// use fleetcast_intake::TimeZone;
///
/// let zone: TimeZone = "Europe/Berlin".parse()?;
/// assert_eq!(zone.to_string(), "Europe/Berlin");
/// assert!("Mars/Olympus".parse::<TimeZone>().is_err());
/// # Ok::<(), fleetcast_intake::UnknownTimeZone>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeZone(Zone);

/// A name no time zone has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no time zone `{0}`; give a name of the IANA database, such as Europe/Berlin or UTC"
)]
pub struct UnknownTimeZone(String);

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(text: &str) -> Result<Self, UnknownTimeZone> {
        Zone::get(text)
            .map(Self)
            .map_err(|_| UnknownTimeZone(text.to_owned()))
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

/// What whole numbers count, where they stand for days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EpochUnit {
    /// Seconds since 1970-01-01 UTC.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
    /// Millionths.
    Microseconds,
    /// Billionths.
    Nanoseconds,
    /// Nothing: they are the digits of a day, `20251231`.
    DigitsOfDay,
    /// The digits of a day and a time, `20251231233000`.
    DigitsOfTime,
}

/// How texts become days: what a command says, and what the rows have decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DayRules {
    /// Formats of strptime, in the order they are tried. Where there is one, nothing else is understood.
    pub formats: Vec<String>,
    /// Whose days an instant belongs to; UTC where nothing is said.
    pub zone: Option<TimeZone>,
    /// Which of day and month is written first.
    pub order: Option<DayOrder>,
    /// What whole numbers are.
    pub unit: Option<EpochUnit>,
}

/// A text's place in time, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Microseconds after 1970-01-01 UTC; of a time without zone, as if it were UTC.
    pub(crate) micros: i64,
    /// The day, counted from 1970-01-01.
    pub(crate) day: i32,
    /// A point in time, rather than a day or a time of nobody knows which zone.
    pub(crate) is_instant: bool,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    Placed(Placed),
    /// It is understood as soon as rows have decided on an order or a unit.
    Open(WrittenDay),
    NoDay,
}

impl DayRules {
    /// The day or instant of a text by these rules.
    pub(crate) fn place(&self, text: &str) -> Outcome {
        if !self.formats.is_empty() {
            let read = |format: &String| WrittenDay::read_by(format, text);
            let found = self.formats.iter().find_map(read);
            return found.map_or(Outcome::NoDay, |written| self.placed(written));
        }
        WrittenDay::read(text).map_or(Outcome::NoDay, |written| self.settle(written))
    }

    /// Reads again what was read already.
    pub(crate) fn settle(&self, written: WrittenDay) -> Outcome {
        match written {
            WrittenDay::TwoOrders(both) => match self.order {
                None => Outcome::Open(written),
                Some(order) => both
                    .under(order)
                    .map_or(Outcome::NoDay, |written| self.placed(written)),
            },
            WrittenDay::Digits {
                whole,
                billionths,
                digits,
            } => match self.unit {
                None => Outcome::Open(written),
                Some(unit) => unit
                    .read(whole, billionths, digits)
                    .map_or(Outcome::NoDay, |written| self.placed(written)),
            },
            _ => self.placed(written),
        }
    }

    fn placed(&self, written: WrittenDay) -> Outcome {
        match written {
            WrittenDay::Day(date) => Outcome::Placed(Placed::of_day(date)),
            WrittenDay::Local(at) => Outcome::Placed(Placed::of_local(at)),
            WrittenDay::Instant(at) => {
                let date = match &self.zone {
                    None => Offset::UTC.to_datetime(at).date(),
                    Some(zone) => zone.0.to_datetime(at).date(),
                };
                Outcome::Placed(Placed {
                    micros: at.as_microsecond(),
                    day: epoch_days(date),
                    is_instant: true,
                })
            }
            WrittenDay::TwoOrders(_) | WrittenDay::Digits { .. } => Outcome::NoDay,
        }
    }
}

impl Placed {
    fn of_day(date: Date) -> Self {
        let day = epoch_days(date);
        Self {
            micros: i64::from(day) * MICROS_A_DAY,
            day,
            is_instant: false,
        }
    }

    fn of_local(at: DateTime) -> Self {
        let day = epoch_days(at.date());
        let since_midnight = at.time().duration_since(jiff::civil::Time::midnight());
        let micros = i64::try_from(since_midnight.as_micros()).unwrap_or(0);
        Self {
            micros: i64::from(day) * MICROS_A_DAY + micros,
            day,
            is_instant: false,
        }
    }

    /// A day given as a number.
    pub(crate) fn of_epoch_days(day: i32) -> Self {
        Self {
            micros: i64::from(day) * MICROS_A_DAY,
            day,
            is_instant: false,
        }
    }
}

/// Days from 1970-01-01 to a date (Howard Hinnant, *chrono-compatible low-level date algorithms*,
/// `days_from_civil`).
pub(crate) fn epoch_days(date: Date) -> i32 {
    let month = i32::from(date.month());
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + i32::from(date.day()) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl EpochUnit {
    fn read(self, whole: i64, billionths: u32, digits: u8) -> Option<WrittenDay> {
        let fraction = i64::from(billionths);
        match self {
            Self::Seconds => instant_of(whole, fraction),
            Self::Milliseconds => {
                let nanos = whole.rem_euclid(1000) * 1_000_000 + fraction / 1000;
                instant_of(whole.div_euclid(1000), nanos)
            }
            Self::Microseconds => {
                let nanos = whole.rem_euclid(1_000_000) * 1000 + fraction / 1_000_000;
                instant_of(whole.div_euclid(1_000_000), nanos)
            }
            Self::Nanoseconds => instant_of(
                whole.div_euclid(1_000_000_000),
                whole.rem_euclid(1_000_000_000),
            ),
            Self::DigitsOfDay => digits_of_day(whole, billionths, digits).map(WrittenDay::Day),
            Self::DigitsOfTime => digits_of_time(whole, billionths, digits).map(WrittenDay::Local),
        }
    }

    /// The unit a number of this size is counted in, from 1973 on: below a hundred million it is none.
    fn by_size(whole: i64) -> Option<Self> {
        match whole.unsigned_abs() {
            0..100_000_000 => None,
            100_000_000..100_000_000_000 => Some(Self::Seconds),
            100_000_000_000..100_000_000_000_000 => Some(Self::Milliseconds),
            100_000_000_000_000..100_000_000_000_000_000 => Some(Self::Microseconds),
            _ => Some(Self::Nanoseconds),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
            Self::DigitsOfDay => "digits of a day",
            Self::DigitsOfTime => "digits of a day and a time",
        }
    }
}

/// Years that digits are taken for.
const YEARS_OF_DIGITS: std::ops::RangeInclusive<i64> = 1900..=2199;

fn digits_of_day(whole: i64, billionths: u32, digits: u8) -> Option<Date> {
    if digits != 8 || billionths > 0 || whole < 0 || !YEARS_OF_DIGITS.contains(&(whole / 10_000)) {
        return None;
    }
    let small = |number: i64| i8::try_from(number % 100).ok();
    Date::new(
        i16::try_from(whole / 10_000).ok()?,
        small(whole / 100)?,
        small(whole)?,
    )
    .ok()
}

fn digits_of_time(whole: i64, billionths: u32, digits: u8) -> Option<DateTime> {
    let with_seconds = match digits {
        12 => whole.checked_mul(100)?,
        14 => whole,
        _ => return None,
    };
    let date = digits_of_day(with_seconds / 1_000_000, billionths, 8)?;
    let small = |number: i64| i8::try_from(number % 100).ok();
    let time = jiff::civil::Time::new(
        small(with_seconds / 10_000)?,
        small(with_seconds / 100)?,
        small(with_seconds)?,
        0,
    );
    Some(date.to_datetime(time.ok()?))
}

/// A text and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) text: String,
    pub(crate) file: String,
    pub(crate) place: String,
}

/// What rows have said so far of the order of day and month, and of what numbers count.
#[derive(Debug, Clone, Default)]
pub(crate) struct DayEvidence {
    /// A row that can only be day first, and one that can only be month first.
    day_first: Option<Example>,
    month_first: Option<Example>,
    /// A row that means two different days, and what it says.
    undecided: Option<(Example, TwoOrders)>,
    /// One of every shape, to propose formats by.
    shapes: Vec<TwoOrders>,
    epochs: Option<Epochs>,
}

/// What numbers there were.
#[derive(Debug, Clone)]
struct Epochs {
    smallest: (u64, Example),
    largest: (u64, Example),
    /// Whether all could be the digits of a day, or of a day and a time.
    are_days: bool,
    are_times: bool,
}

/// Why rows do not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undecided {
    /// No row tells day from month; one reads as either of two days.
    Order {
        example: Example,
        readings: [String; 2],
        formats: [String; 2],
    },
    /// One row is day first and another month first.
    Contradiction {
        day_first: Example,
        month_first: Example,
    },
    /// Numbers of different sizes.
    Units {
        small: Example,
        large: Example,
        units: [&'static str; 2],
    },
    /// Numbers that count nothing known.
    NoEpoch(Example),
}

impl DayEvidence {
    /// Takes note of a text that is open by itself.
    pub(crate) fn add(&mut self, written: WrittenDay, example: impl Fn() -> Example) {
        match written {
            WrittenDay::TwoOrders(both) => self.add_orders(both, example),
            WrittenDay::Digits {
                whole,
                billionths,
                digits,
            } => {
                let size = whole.unsigned_abs();
                let is_day = digits_of_day(whole, billionths, digits).is_some();
                let is_time = digits_of_time(whole, billionths, digits).is_some();
                let epochs = self.epochs.get_or_insert_with(|| Epochs {
                    smallest: (size, example()),
                    largest: (size, example()),
                    are_days: true,
                    are_times: true,
                });
                epochs.are_days &= is_day;
                epochs.are_times &= is_time;
                if size < epochs.smallest.0 {
                    epochs.smallest = (size, example());
                }
                if size > epochs.largest.0 {
                    epochs.largest = (size, example());
                }
            }
            WrittenDay::Day(_) | WrittenDay::Local(_) | WrittenDay::Instant(_) => {}
        }
    }

    fn add_orders(&mut self, both: TwoOrders, example: impl Fn() -> Example) {
        let known =
            |shape: &TwoOrders| shape.shape == both.shape && shape.separator == both.separator;
        if !self.shapes.iter().any(known) {
            self.shapes.push(both);
        }
        let as_day_first = both.under(DayOrder::DayFirst);
        // Points stand between day and month in this order everywhere.
        let as_month_first = both
            .under(DayOrder::MonthFirst)
            .filter(|_| both.separator != '.');
        match (as_day_first, as_month_first) {
            (Some(_), None) => {
                self.day_first.get_or_insert_with(example);
            }
            (None, Some(_)) => {
                self.month_first.get_or_insert_with(example);
            }
            (Some(one), Some(other)) if one != other && self.undecided.is_none() => {
                self.undecided = Some((example(), both));
            }
            _ => {}
        }
    }

    /// What all rows together decide.
    pub(crate) fn decide(&self) -> Result<Decided, Box<Undecided>> {
        let order = match (&self.day_first, &self.month_first, &self.undecided) {
            (Some(day_first), Some(month_first), _) => {
                return Err(Box::new(Undecided::Contradiction {
                    day_first: day_first.clone(),
                    month_first: month_first.clone(),
                }));
            }
            (Some(_), None, _) => Some(DayOrder::DayFirst),
            (None, Some(_), _) => Some(DayOrder::MonthFirst),
            (None, None, Some((example, both))) => {
                let orders = [DayOrder::DayFirst, DayOrder::MonthFirst];
                let reading = |order| match both.under(order) {
                    Some(WrittenDay::Day(date)) => date.strftime("%-d %B %Y").to_string(),
                    Some(WrittenDay::Local(at)) => at.strftime("%-d %B %Y").to_string(),
                    Some(WrittenDay::Instant(at)) => at.strftime("%-d %B %Y").to_string(),
                    _ => String::new(),
                };
                let format = |order| {
                    both.format(order).unwrap_or_else(|| {
                        let plain = TwoOrders {
                            shape: crate::days::TimeShape::None,
                            ..*both
                        };
                        plain.format(order).unwrap_or_default()
                    })
                };
                return Err(Box::new(Undecided::Order {
                    example: example.clone(),
                    readings: orders.map(reading),
                    formats: orders.map(format),
                }));
            }
            // Days that mean the same either way, if any.
            (None, None, None) => (!self.shapes.is_empty()).then_some(DayOrder::DayFirst),
        };
        let unit = self.epochs.as_ref().map(Epochs::unit).transpose()?;
        // What was inferred is worth saying: formats that read the same without the rows that decided.
        let inferred = order.filter(|_| self.day_first.is_some() || self.month_first.is_some());
        let formats = inferred.map_or_else(Vec::new, |order| {
            let open = self.shapes.iter().filter(|shape| shape.separator != '.');
            open.filter_map(|shape| shape.format(order)).collect()
        });
        Ok(Decided {
            order,
            unit,
            formats,
        })
    }
}

impl Epochs {
    fn unit(&self) -> Result<EpochUnit, Box<Undecided>> {
        if self.are_days {
            return Ok(EpochUnit::DigitsOfDay);
        }
        if self.are_times {
            return Ok(EpochUnit::DigitsOfTime);
        }
        let (smallest, small) = &self.smallest;
        let (largest, large) = &self.largest;
        let unit_of = |size: u64| EpochUnit::by_size(i64::try_from(size).unwrap_or(i64::MAX));
        let Some(unit) = unit_of(*largest) else {
            return Err(Box::new(Undecided::NoEpoch(large.clone())));
        };
        match unit_of(*smallest) {
            Some(other) if other != unit => Err(Box::new(Undecided::Units {
                small: small.clone(),
                large: large.clone(),
                units: [other.as_str(), unit.as_str()],
            })),
            None if *smallest > 0 && *smallest < largest / 1000 => {
                Err(Box::new(Undecided::NoEpoch(small.clone())))
            }
            _ => Ok(unit),
        }
    }
}

/// What rows have decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) order: Option<DayOrder>,
    pub(crate) unit: Option<EpochUnit>,
    /// Formats to give for the same answer without those rows; none where nothing had to be inferred.
    pub(crate) formats: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(texts: &[&str]) -> Result<Decided, Box<Undecided>> {
        let mut evidence = DayEvidence::default();
        for (row, text) in texts.iter().enumerate() {
            evidence.add(WrittenDay::read(text).unwrap(), || Example {
                text: (*text).to_owned(),
                file: "a.csv".to_owned(),
                place: format!("line {}", row + 2),
            });
        }
        evidence.decide()
    }

    #[test]
    fn days_are_counted_as_calendars_do() {
        for text in [
            "1970-01-01",
            "0001-01-01",
            "9999-12-31",
            "2000-02-29",
            "1969-12-31",
            "2024-03-01",
        ] {
            let date: Date = text.parse().unwrap();
            let expected = date
                .since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1)))
                .unwrap()
                .get_days();
            assert_eq!(epoch_days(date), expected, "{text}");
        }
    }

    #[test]
    fn one_row_that_can_only_be_one_order_decides_for_all() {
        let decided = evidence(&["01/05/2026", "01/02/2026", "12/31/2025"]).unwrap();
        assert_eq!(decided.order, Some(DayOrder::MonthFirst));
        assert_eq!(decided.formats, ["%m/%d/%Y"]);
        let decided = evidence(&["01/05/2026 10:00", "31/12/2025 11:00:00"]).unwrap();
        assert_eq!(decided.order, Some(DayOrder::DayFirst));
        assert_eq!(decided.formats, ["%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S"]);
    }

    #[test]
    fn points_are_day_first_and_the_same_either_way_needs_no_order() {
        assert_eq!(
            evidence(&["01.05.2026"]).unwrap().order,
            Some(DayOrder::DayFirst)
        );
        let same = evidence(&["05/05/2026"]).unwrap();
        assert!(same.order.is_some() && same.formats.is_empty());
    }

    #[test]
    fn where_no_row_decides_both_readings_are_shown() {
        let Undecided::Order {
            example,
            readings,
            formats,
        } = *evidence(&["01/05/2026", "02/05/2026"]).unwrap_err()
        else {
            panic!("decided");
        };
        assert_eq!(
            (example.text.as_str(), example.place.as_str()),
            ("01/05/2026", "line 2")
        );
        assert_eq!(readings, ["1 May 2026", "5 January 2026"]);
        assert_eq!(formats, ["%d/%m/%Y", "%m/%d/%Y"]);
        assert!(matches!(
            *evidence(&["31/12/2025", "12/31/2025"]).unwrap_err(),
            Undecided::Contradiction { .. }
        ));
    }

    #[test]
    fn numbers_are_counted_in_one_unit_by_their_size() {
        let unit = |texts: &[&str]| evidence(texts).map(|decided| decided.unit);
        assert_eq!(
            unit(&["1766966400", "1767052800.5"]),
            Ok(Some(EpochUnit::Seconds))
        );
        assert_eq!(unit(&["1766966400000"]), Ok(Some(EpochUnit::Milliseconds)));
        assert_eq!(
            unit(&["1766966400000000"]),
            Ok(Some(EpochUnit::Microseconds))
        );
        assert_eq!(
            unit(&["1766966400000000000"]),
            Ok(Some(EpochUnit::Nanoseconds))
        );
        assert_eq!(
            unit(&["20251231", "20260101"]),
            Ok(Some(EpochUnit::DigitsOfDay))
        );
        assert_eq!(unit(&["20251231233000"]), Ok(Some(EpochUnit::DigitsOfTime)));
        assert!(matches!(
            *unit(&["1766966400", "1766966400000"]).unwrap_err(),
            Undecided::Units { .. }
        ));
        assert!(matches!(*unit(&["17"]).unwrap_err(), Undecided::NoEpoch(_)));
        assert!(matches!(
            *unit(&["17", "1766966400"]).unwrap_err(),
            Undecided::NoEpoch(_)
        ));
    }

    #[test]
    fn zones_tell_whose_day_it_is() {
        let day_in = |zone: Option<&str>, text: &str| {
            let rules = DayRules {
                zone: zone.map(|zone| zone.parse().unwrap()),
                ..DayRules::default()
            };
            match rules.place(text) {
                Outcome::Placed(placed) => placed.day - epoch_days(jiff::civil::date(2025, 12, 29)),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(day_in(None, "2025-12-29T23:30:00Z"), 0);
        assert_eq!(day_in(Some("Europe/Berlin"), "2025-12-29T23:30:00Z"), 1);
        assert_eq!(day_in(Some("America/New_York"), "2025-12-30T03:00:00Z"), 0);
        // A time without a zone is local already.
        assert_eq!(day_in(Some("America/New_York"), "2025-12-29 23:30:00"), 0);
        assert_eq!(day_in(Some("Asia/Tokyo"), "2025-12-29"), 0);
    }
}
