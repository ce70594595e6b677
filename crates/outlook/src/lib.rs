#![doc = include_str!("../README.md")]

mod outlook;
pub mod paths;
mod sustained;

pub use outlook::{CapacityOutlook, Status, capacity_outlook, days_to_look_back};
pub use sustained::{Sustained, SustainedError};
