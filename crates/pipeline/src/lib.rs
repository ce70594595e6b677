#![doc = include_str!("../README.md")]

mod engine_stage;
mod error;
mod host;
mod judge_stage;
mod pipeline;
mod settings;
mod what_if;
mod why;
mod write_stage;

pub use engine_stage::EngineStageResult;
pub use error::Error;
pub use host::{Host, StageProgress, Unattended};
pub use judge_stage::JudgeStageResult;
pub use pipeline::Pipeline;
pub use settings::{
    BatchSizes, ChallengerEngine, FleetEngine, Holidays, OnCollapse, PipelineSettings, Reuse,
};
pub use what_if::{Scenario, WhatIf};
pub use why::Why;
pub use write_stage::WriteStageResult;
