//! Texts as numbers.

use std::borrow::Cow;

/// What separates the whole part of a number from its fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decimal {
    /// A point, and nothing separates thousands: `1,234` could be either, so it is refused.
    #[default]
    Unsaid,
    /// A point; thousands may be separated by commas, apostrophes or spaces.
    Point,
    /// A comma; thousands may be separated by points, apostrophes or spaces.
    Comma,
}

/// What a text is as a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// The nearest double to what is written; never NaN or infinite.
    Value(f64),
    /// Nothing was measured, or nothing finite: a blank, `null`, `N/A`, `NaN`, `+Inf`.
    Missing,
    /// The text is no number.
    Unreadable,
}

/// Texts that say that nothing was measured, in any case.
const MISSING: [&str; 11] = [
    "null",
    "n/a",
    "na",
    "#n/a",
    "nan",
    "-nan",
    "+nan",
    "undefined",
    "none",
    "nil",
    "-",
];

/// Reads a text as the nearest double to what is written, with or without a `%` behind it.
///
/// Blanks around it do not matter. The fraction is separated as `decimal` says; where it allows separators
/// of thousands, they must stand before groups of three digits.
#[must_use]
pub fn read_number(text: &str, decimal: Decimal) -> Number {
    let trimmed = text.trim();
    // The plain case first: nearly all texts are one.
    if decimal != Decimal::Comma
        && trimmed
            .bytes()
            .next_back()
            .is_some_and(|last| last.is_ascii_digit())
        && let Ok(value) = trimmed.parse::<f64>()
    {
        return finite(value);
    }
    let number = trimmed.strip_suffix('%').map_or(trimmed, str::trim_end);
    if number.is_empty() {
        // A lone sign of percent measures nothing, but is no blank either.
        return if trimmed.is_empty() {
            Number::Missing
        } else {
            Number::Unreadable
        };
    }
    if MISSING
        .iter()
        .any(|missing| number.eq_ignore_ascii_case(missing))
    {
        return Number::Missing;
    }
    let plain = match decimal {
        Decimal::Unsaid => Some(Cow::Borrowed(number)),
        Decimal::Point => without_separators(number, '.', ','),
        Decimal::Comma => without_separators(number, ',', '.'),
    };
    match plain.and_then(|plain| plain.parse::<f64>().ok()) {
        Some(value) => finite(value),
        None => Number::Unreadable,
    }
}

fn finite(value: f64) -> Number {
    if value.is_finite() {
        Number::Value(value)
    } else {
        Number::Missing
    }
}

/// The number with a point and without separators of thousands, or `None` where those stand elsewhere than
/// before groups of three digits.
fn without_separators(number: &str, point: char, separator: char) -> Option<Cow<'_, str>> {
    let separates = |c: char| {
        c == separator || matches!(c, '\'' | '’' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
    };
    let (whole, fraction) = match number.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    if fraction.is_some_and(|fraction| fraction.contains(|c: char| separates(c) || c == point)) {
        return None;
    }
    let is_grouped = whole.contains(separates);
    if !is_grouped && point == '.' {
        return Some(Cow::Borrowed(number));
    }
    let mut groups = whole.split(separates);
    let mut plain = groups.next()?.to_owned();
    let leading = plain.trim_start_matches(['+', '-']);
    let leads_groups =
        (1..=3).contains(&leading.len()) && leading.bytes().all(|b| b.is_ascii_digit());
    if is_grouped && !leads_groups {
        return None;
    }
    for group in groups {
        if group.len() != 3 || !group.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        plain.push_str(group);
    }
    if let Some(fraction) = fraction {
        plain.push('.');
        plain.push_str(fraction);
    }
    Some(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(decimal: Decimal, cases: &[(&str, Number)]) {
        for (text, expected) in cases {
            assert_eq!(read_number(text, decimal), *expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        use Number::{Missing, Unreadable, Value};
        check(
            Decimal::Unsaid,
            &[
                ("79.650", Value(79.65)),
                (" 41.5% ", Value(41.5)),
                ("41.5 %", Value(41.5)),
                ("-2.2e-14", Value(-2.2e-14)),
                ("+7", Value(7.0)),
                (".5", Value(0.5)),
                ("5.", Value(5.0)),
                ("1e5", Value(1e5)),
                ("", Missing),
                ("  ", Missing),
                ("null", Missing),
                ("NULL", Missing),
                ("N/A", Missing),
                ("n/a", Missing),
                ("NaN", Missing),
                ("-nan", Missing),
                ("undefined", Missing),
                ("-", Missing),
                ("+Inf", Missing),
                ("-infinity", Missing),
                ("1e999", Missing),
                ("1,5", Unreadable),
                ("1,234", Unreadable),
                ("1_000", Unreadable),
                ("0x1F", Unreadable),
                ("12 GiB", Unreadable),
                ("%", Unreadable),
                ("much", Unreadable),
                ("true", Unreadable),
            ],
        );
        check(
            Decimal::Comma,
            &[
                ("41,5", Value(41.5)),
                ("1.234,5", Value(1234.5)),
                ("1 234 567,25 %", Value(1_234_567.25)),
                ("-1.234", Value(-1234.0)),
                ("12", Value(12.0)),
                ("1.5", Unreadable),
                ("1.2345", Unreadable),
                ("1,2,3", Unreadable),
                ("1.234,5.6", Unreadable),
                ("1234.567,8", Unreadable),
                ("n/a", Missing),
            ],
        );
        check(
            Decimal::Point,
            &[
                ("1,234.5", Value(1234.5)),
                ("1'234'567", Value(1_234_567.0)),
                ("12.5", Value(12.5)),
                ("1,23", Unreadable),
                ("1,234,56", Unreadable),
            ],
        );
    }

    proptest! {
        #[test]
        fn what_is_written_comes_back_bit_for_bit(value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
            for text in [format!("{value}"), format!("{value:e}"), format!(" {value:?}%")] {
                let Number::Value(read) = read_number(&text, Decimal::Unsaid) else {
                    return Err(TestCaseError::fail(text));
                };
                prop_assert_eq!(read.to_bits(), value.to_bits(), "{}", text);
            }
            let comma = format!("{value}").replace('.', ",");
            let Number::Value(read) = read_number(&comma, Decimal::Comma) else {
                return Err(TestCaseError::fail(comma));
            };
            prop_assert_eq!(read.to_bits(), value.to_bits(), "{}", comma);
        }

        #[test]
        fn any_text_has_an_answer(text in ".{0,30}") {
            for decimal in [Decimal::Unsaid, Decimal::Point, Decimal::Comma] {
                if let Number::Value(value) = read_number(&text, decimal) {
                    prop_assert!(value.is_finite());
                }
            }
        }
    }
}
