//! What a pipeline goes by.

use std::collections::{BTreeMap, BTreeSet};

use fleetcast::ShopOptions;
use fleetcast_core::{Calendar, Day, Event, Stage};
use fleetcast_judge::Contender;
use fleetcast_store::EngineTables;
use serde_json::{Value, json};

/// What a pipeline goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineSettings {
    /// What its stages do to each series.
    pub shop: ShopOptions,
    /// How many earlier golden records, of earlier data, are kept in `forecasts_history`.
    pub keep_records: u32,
    /// Which forecasts of an earlier run are also this one's.
    pub reuse: Reuse,
    /// Engines' settings, and the scores that winners are named by, are chosen anew once in so many days of data and kept in between; 1 where each
    /// run chooses.
    pub select_every: u32,
    /// What becomes of forecasts that stand where most series would lose theirs.
    pub on_collapse: OnCollapse,
    /// How many series are worked on at a time.
    pub batches: BatchSizes,
    /// Days on which people do not work, and how these are called in `runs.config`; events stand in the table `events`.
    pub holidays: Holidays,
    /// The engine that stands as the challenger.
    pub challenger: ChallengerEngine,
    /// Further contenders, beside champion and challenger.
    pub further: Vec<FleetEngine>,
    /// The settings that results depend on, as they stand in `runs.config`: `forecast` for all stages, and a
    /// section each for what only one stage goes by (`prophet`, `challenger`, `xgboost`, `judge`, `write`, `outlook`).
    pub config: Value,
    /// The version that stands in `runs`.
    pub version: &'static str,
}

impl Default for PipelineSettings {
    /// The default shop, twelve golden records kept, and nothing in `runs.config`.
    fn default() -> Self {
        Self {
            shop: ShopOptions::default(),
            keep_records: 12,
            reuse: Reuse::default(),
            select_every: 1,
            on_collapse: OnCollapse::default(),
            batches: BatchSizes::default(),
            holidays: Holidays::default(),
            challenger: ChallengerEngine::default(),
            further: Vec::new(),
            config: json!({}),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Days on which people do not work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Holidays {
    /// The places whose holidays they are, such as `DE` and `DE-BY`.
    pub places: Vec<String>,
    /// The days by their names, of many years.
    pub days: BTreeMap<String, BTreeSet<Day>>,
}

impl Holidays {
    /// Returns the calendar of these holidays and of events.
    #[must_use]
    pub fn calendar(&self, events: impl IntoIterator<Item = Event>) -> Calendar {
        Calendar::new(self.days.clone(), events)
    }
}

/// The challenger is one of these engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChallengerEngine {
    /// The challenger of the shop, which forecasts each series by itself.
    #[default]
    OfShop,
    /// XGBoost: models of the whole fleet, trained at the beginning of the stage by a library that is loaded then.
    Xgboost,
}

/// An engine whose models are of a whole fleet, as a contender beside champion and challenger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FleetEngine {
    /// XGBoost.
    Xgboost,
}

impl FleetEngine {
    /// Returns the stage that it has.
    #[must_use]
    pub fn stage(self) -> Stage {
        self.tables().stage
    }

    /// Returns whose place it has on the leaderboard.
    #[must_use]
    pub fn contender(self) -> Contender {
        match self {
            Self::Xgboost => Contender::XGBOOST,
        }
    }

    /// Returns the tables that it fills.
    #[must_use]
    pub fn tables(self) -> EngineTables {
        match self {
            Self::Xgboost => EngineTables::XGBOOST,
        }
    }
}

/// Which forecasts of an earlier run are also this one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reuse {
    /// The forecasts of series the engine was asked the same about.
    #[default]
    Unchanged,
    /// None.
    Nothing,
}

/// What becomes of forecasts that stand where most series would lose theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCollapse {
    /// They stand, and the run is given up.
    #[default]
    Refuse,
    /// They are replaced all the same.
    Replace,
}

/// How many series are worked on at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSizes {
    /// Series that go into the database at a time, and that a kill may cost. `DuckDB` compresses rows
    /// 122,880 at a time: what is left over from a batch, it writes twice.
    pub kept: usize,
    /// Series that are judged, or written, at a time. Each time a stage reads through the engines' tables,
    /// of which it can leave out the less the more names of hosts begin alike: the fewer, the better.
    pub judged: usize,
    /// Series whose history is held at a time.
    pub held: usize,
}

impl Default for BatchSizes {
    fn default() -> Self {
        Self {
            kept: 2048,
            judged: 8192,
            held: 100_000,
        }
    }
}
