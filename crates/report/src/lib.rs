//! The report: one self-contained HTML file that says which hosts run out of what, when, how sure
//! the forecasts are, and why.
//!
//! [`render`] takes plain data ([`Report`]) and returns the page. Style, script, charts' library
//! ([uPlot](https://github.com/leeoniya/uPlot)) and data are all inside, so it opens from disk and
//! asks nobody for anything. What the fleet amounts to is computed here and stands in the page as
//! HTML; the list and the charts are drawn by the page's script, from rows and packed series.
//!
//! ```
//! # use fleetcast_core::{Horizon, Split, WindowLengths};
//! # use fleetcast_report::{Facts, Report, render};
//! let split = Split::new("2025-12-31".parse().unwrap(), WindowLengths::default()).unwrap();
//! let report = Report {
//!     facts: Facts::of_run(1, split),
//!     series: Vec::new(),
//!     issues: Vec::new(),
//! };
//! assert!(render(&report).unwrap().starts_with("<!DOCTYPE html>"));
//! ```

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
