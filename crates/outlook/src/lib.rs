#![doc = include_str!("../README.md")]

pub mod groups;
mod growth;
mod outlook;
pub mod paths;
mod sustained;

pub use outlook::{CapacityOutlook, OutlookInput, Status, capacity_outlook, days_to_look_back};
pub use sustained::{Sustained, SustainedError};
