#![doc = include_str!("../README.md")]

mod daily;
mod design;
mod detector;
mod median;
mod ramp;
mod shifts;
mod weekly;

pub use detector::RegimeDetector;
