//! Files of measurements as people have them, read into exact samples.
//!
//! A file is decoded ([`Encoding`]), taken apart into rows by its [`Format`], and every row's texts become a
//! day and a number by rules that stand here once, for CSV and JSON alike: [`WrittenDay`] for days and
//! instants, [`read_number`] for numbers. What one row leaves open (is `01/05/2026` in January or in May,
//! are epochs seconds or milliseconds) is decided by all rows of all files, never by a sample, and refused
//! where no row decides ([`DayRules`]).
//!
//! [`read`] does all of it, in batches ([`Samples`]) and in bounded memory. There is no database here.
//!
//! ```
//! use fleetcast_intake::{Number, Decimal, read_number};
//!
//! assert_eq!(read_number("41.5 %", Decimal::Unsaid), Number::Value(41.5));
//! assert_eq!(read_number("1.234,5", Decimal::Comma), Number::Value(1234.5));
//! assert_eq!(read_number("n/a", Decimal::Unsaid), Number::Missing);
//! assert_eq!(read_number("much", Decimal::Unsaid), Number::Unreadable);
//! ```

mod columns;
mod csv_rows;
mod days;
mod decode;
mod evidence;
mod format;
mod json_rows;
mod midnights;
mod numbers;
mod perfmon;
mod reading;
mod refusal;
mod rows;
mod samples;
mod source;

pub use columns::{Columns, NameRule};
pub use days::{DayOrder, WrittenDay};
pub use decode::{Encoding, UnknownEncoding};
pub use evidence::{DayRules, EpochUnit, TimeZone, UnknownTimeZone};
pub use format::{Format, UnknownFormat};
pub use midnights::LocalMidnights;
pub use numbers::{Decimal, Number, read_number};
pub use reading::{Reading, Request, Sink, read, telling_columns};
pub use refusal::{Refusal, in_one_line};
pub use rows::{DayCell, EachRow, RowTable, Stop, TableStop, ValueCell};
pub use samples::{FutureRows, Noted, Samples, SeriesNames};
pub use source::{Source, files_of};
