#![doc = include_str!("../README.md")]

mod collector;
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
mod request;
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
pub use reading::{Reading, read, telling_columns};
pub use refusal::{Refusal, in_one_line};
pub use request::{Request, Sink};
pub use rows::{DayCell, EachRow, RowTable, Stop, TableStop, ValueCell};
pub use samples::{FutureRows, Noted, Samples, SeriesNames};
pub use source::{Source, files_of};
