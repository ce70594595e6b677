//! Who runs a pipeline: the clock, and where it says how far it is.

use std::fmt;

use fleetcast_core::Stage;
use fleetcast_store::RunId;

/// Who runs a pipeline. Nothing that is computed depends on it.
pub trait Host: fmt::Debug {
    /// Returns the microseconds since 1970-01-01, UTC.
    fn now(&self) -> i64;

    /// Says something about the run, in one line.
    fn say(&self, line: fmt::Arguments<'_>);

    /// Begins a stage of a run, over `series` series.
    fn stage(&self, run: RunId, stage: Stage, series: usize) -> Box<dyn StageProgress>;
}

/// One stage's progress.
pub trait StageProgress: fmt::Debug + Sync {
    /// Notes that `series` more are done.
    fn advance(&self, series: usize);

    /// Notes that the engine is at work from here on.
    fn engine_begins(&self);

    /// Notes that the engine is done for now.
    fn engine_ends(&self);

    /// Notes that the stage is done, with this many rows, and series whose forecasts are an earlier run's;
    /// returns its seconds.
    fn finish(&self, rows: u64, reused: Option<u64>) -> f64;
}

/// Nobody: a clock that stands still at 1970-01-01, and nothing said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unattended;

impl Host for Unattended {
    fn now(&self) -> i64 {
        0
    }

    fn say(&self, _: fmt::Arguments<'_>) {}

    fn stage(&self, _: RunId, _: Stage, _: usize) -> Box<dyn StageProgress> {
        Box::new(Self)
    }
}

impl StageProgress for Unattended {
    fn advance(&self, _: usize) {}

    fn engine_begins(&self) {}

    fn engine_ends(&self) {}

    fn finish(&self, _: u64, _: Option<u64>) -> f64 {
        0.0
    }
}
