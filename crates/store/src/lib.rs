#![doc = include_str!("../README.md")]

mod arrow_columns;
mod attributes;
mod changes;
mod collapse;
mod date;
mod draft;
mod engine_draft;
mod error;
mod events;
mod files;
mod forecast_file;
mod forecasts;
mod forget;
mod golden;
mod groups;
mod histories;
mod history;
mod import;
mod inner;
mod input;
mod limits;
mod models;
mod open;
mod oversized;
mod panels;
mod parquet_rows;
mod past;
mod planner;
mod publish;
mod results;
mod reuse;
mod runs;
mod tables;
mod text_files;
mod wanted;
mod way_out;

pub use attributes::{Attribute, AttributeSummary};
pub use changes::{Acknowledgement, Change, OutlookChange, OutlookRecord, Promise, WrongForecast};
pub use collapse::Standing;
pub use draft::{Draft, Segment};
pub use engine_draft::{EngineBatch, EngineDraft, KeptChoice, Made, Reused};
pub use error::Error;
pub use events::{CommonDay, EventRow, EventSummary};
pub use forecast_file::OutsideForecast;
pub use forget::{Forget, Forgotten, Renamed};
pub use golden::GoldenPlan;
pub use groups::GroupRow;
pub use histories::{Histories, HistoryBatch};
pub use history::Archive;
pub use import::{
    Aggregate, Import, ImportReport, OnRepeat, REPEATED_SHARE, RepeatedInstants, way_out_of_repeats,
};
pub use input::{DataSummary, LastDay, SeriesIndex};
pub use limits::BeyondObserved;
pub use models::FleetModel;
pub use open::{FileAccess, OpenOptions, Store};
pub use oversized::Oversized;
pub use planner::{PlannerList, PlannerRow, USUAL_LEAD_TIME};
pub use publish::StageResult;
pub use results::{
    ExportFiles, FileFormat, IssueCount, IssueRow, LeaderboardSummary, ModelScore, SeriesFinding,
    quotable,
};
pub use reuse::Earlier;
pub use runs::{
    CHOSEN_AS_OF, RUN_STAGES, RunId, RunIdentity, RunRecord, RunStatus, SELECT_EVERY, StageRecord,
};
pub use tables::{EngineTables, Table};
pub use text_files::Others;
