#![doc = include_str!("../README.md")]

mod agenda;
mod champions;
mod data;
mod glance;
mod heat;
mod histogram;
mod input;
mod packing;
mod page;
mod quality;
mod rank;

pub use agenda::{
    Agenda, LOOKED_BACK, News, Task, TaskInWords, day_and_month, figure, percent, signed,
};
pub use heat::Grouping;
pub use input::{Chart, Facts, Issue, Outlook, Report, Score, Series, Standing, Status};
pub use page::{RenderError, render};
