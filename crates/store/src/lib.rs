//! The `DuckDB` tables: the only place where engines' data meets the database.
//!
//! A [`Store`] is an open database file. It checks what stands in `processed_data`, hands it out
//! as panels of bounded size ([`Histories`]), takes forecasts as Arrow batches
//! ([`Draft`]), and lets a stage's finished tables take their places in one transaction
//! ([`Store::publish`]). Which tables and columns there are is documented in `docs/contract.md`.

mod arrow_columns;
mod collapse;
mod date;
mod draft;
mod engine_draft;
mod error;
mod files;
mod forecast_file;
mod forecasts;
mod forget;
mod golden;
mod histories;
mod history;
mod import;
mod inner;
mod input;
mod limits;
mod open;
mod panels;
mod parquet_rows;
mod publish;
mod results;
mod reuse;
mod runs;
mod tables;
mod wanted;
mod way_out;

pub use collapse::Standing;
pub use draft::{Draft, Segment};
pub use engine_draft::{EngineBatch, EngineDraft, Made};
pub use error::Error;
pub use forecast_file::OutsideForecast;
pub use forget::{Forget, Forgotten, Renamed};
pub use golden::GoldenPlan;
pub use histories::{Histories, HistoryBatch};
pub use history::Archive;
pub use import::{
    Aggregate, Import, ImportReport, OnRepeat, REPEATED_SHARE, RepeatedInstants, way_out_of_repeats,
};
pub use input::{DataSummary, LastDay, SeriesIndex};
pub use open::{OpenOptions, Store};
pub use publish::StageResult;
pub use results::{
    FileFormat, IssueCount, IssueRow, LeaderboardSummary, ModelScore, SeriesFinding, quotable,
};
pub use runs::{RUN_STAGES, RunId, RunIdentity, RunRecord, RunStatus, StageRecord};
pub use tables::{EngineTables, Table};
