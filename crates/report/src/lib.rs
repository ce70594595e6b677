#![doc = include_str!("../README.md")]

mod champions;
mod data;
mod glance;
mod histogram;
mod input;
mod packing;
mod page;
mod quality;
mod rank;

pub use input::{Chart, Facts, Issue, Outlook, Report, Score, Series, Standing, Status};
pub use page::{RenderError, render};
