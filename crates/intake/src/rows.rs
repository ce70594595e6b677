//! Rows before their texts are read.

use crate::columns::Columns;
use crate::refusal::Refusal;

/// What stands for a day in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DayCell<'a> {
    /// A text, read by the rules of days.
    Text(&'a str),
    /// A text by a tool that writes the month first.
    MonthFirst(&'a str),
    /// A text that counts seconds after 1970-01-01 UTC.
    Seconds(&'a str),
    /// A whole number: an epoch, or digits.
    Whole(i64),
    /// A calendar day, counted from 1970-01-01.
    Day(i32),
    /// A point in time, in microseconds after 1970-01-01 UTC.
    Instant(i64),
    /// A time of nobody knows which zone, in microseconds after 1970-01-01 as if it were UTC.
    Local(i64),
    /// Nothing.
    Missing,
}

/// What stands for a value in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ValueCell<'a> {
    /// A text, read by the rules of numbers.
    Text(&'a str),
    /// A number; NaN and infinities count as missing.
    Number(f64),
    /// Nothing.
    Missing,
}

/// A row, its names assembled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawRow<'a> {
    pub(crate) host: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) day: DayCell<'a>,
    pub(crate) value: ValueCell<'a>,
    /// The column the value stands in.
    pub(crate) value_column: &'a str,
    /// The place where it stands: the line of a text, else the number of the record.
    pub(crate) line: u64,
    /// All fields of the row, where the file has a header.
    pub(crate) fields: Option<&'a csv::StringRecord>,
}

/// Takes one row: the parts of its host's name, those of its resource's, its day, its value and its number.
pub type EachRow<'e> =
    dyn FnMut(&[&str], &[&str], DayCell<'_>, ValueCell<'_>, u64) -> Result<(), Stop> + 'e;

/// Rows that are taken apart elsewhere, by the same columns.
pub trait RowTable {
    /// Hands every row to `each`. Called again for a second pass.
    ///
    /// # Errors
    ///
    /// [`Refusal`] where the table cannot be read or lacks a column, or the one `each` returned.
    fn rows(&mut self, columns: &Columns, each: &mut EachRow<'_>) -> Result<(), TableStop>;
}

/// Reading has to stop here.
#[derive(Debug)]
pub struct Stop(pub(crate) Halt);

/// Why a table stopped: it cannot be read, or it was told so.
#[derive(Debug)]
pub enum TableStop {
    /// It cannot be read.
    Refused(Refusal),
    /// `each` said so.
    Told(Stop),
}

impl From<Stop> for TableStop {
    fn from(stop: Stop) -> Self {
        Self::Told(stop)
    }
}

impl From<Refusal> for TableStop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Why a pass over the files ended early.
#[derive(Debug)]
pub(crate) enum Halt {
    Refused(Refusal),
    /// A text is open that all rows have to decide on.
    Open,
    /// The receiver has gone.
    Sink,
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
