//! What is to be read, and for whom.

use crate::columns::Columns;
use crate::decode::Encoding;
use crate::evidence::DayRules;
use crate::format::Format;
use crate::numbers::Decimal;
use crate::samples::Samples;

/// What to read, and how.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Which columns.
    pub columns: Columns,
    /// What wrote the files, where that is said.
    pub format: Option<Format>,
    /// How texts become days.
    pub days: DayRules,
    /// How texts become numbers.
    pub decimal: Decimal,
    /// The encoding of files without a byte order mark; UTF-8 where nothing is said.
    pub encoding: Option<Encoding>,
    /// Whether lines that are no data are passed over, and named, instead of refused.
    pub skip_bad_lines: bool,
    /// The last day to keep, counted from 1970-01-01: rows after it are left out and named.
    pub latest_day: Option<i32>,
    /// A format an earlier import came to, for refusals to name.
    pub earlier_format: Option<String>,
}

/// Who receives samples.
pub trait Sink {
    /// Takes a batch; says whether there should be more.
    fn samples(&mut self, batch: Samples) -> bool;

    /// Forgets all samples so far: they come again, by rules that rows have decided on since.
    fn restart(&mut self) -> bool;
}
