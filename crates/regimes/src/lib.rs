#![doc = include_str!("../README.md")]

mod calendar;
mod daily;
mod design;
mod detector;
mod median;
mod ramp;
mod shifts;
mod weekly;

pub use calendar::CalendarAligner;
pub use detector::RegimeDetector;
