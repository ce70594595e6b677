#![doc = include_str!("../README.md")]

mod batch;
mod evidence;
mod groups;
mod load;
mod options;
mod past;
mod result;
mod rows;
mod setup;
mod shop;
mod summary;
#[cfg(feature = "arrow")]
pub mod tables;
#[cfg(feature = "serde")]
mod wire;

pub use batch::{Batch, SeriesNotes, Survey};
pub use evidence::{EngineAnswers, Evidence};
pub use groups::{GroupKey, GroupTotals, Groups, MemberOf, Refusal, WrittenGroup, is_size};
pub use load::LoadChange;
pub use options::{RegimesMode, ShopOptions};
pub use past::past_of;
pub use result::{GoldenSeries, Material, SeriesResult, WriteRules, Written};
pub use rows::FleetRows;
pub use setup::ShopError;
pub use shop::Shop;
pub use summary::FleetSummary;

pub use fleetcast_core as core;
pub use fleetcast_ets as ets;
pub use fleetcast_judge as judge;
pub use fleetcast_outlook as outlook;
pub use fleetcast_prophet as prophet;
pub use fleetcast_regimes as regimes;
pub use fleetcast_writer as writer;

// What users of a shop, or of one engine, name most often.
pub use fleetcast_core::{
    Calendar, CapacityChange, DailySeries, Day, EffectiveLimits, Engine, EngineForecasts, Event,
    Failure, Forecast, GoldenForecast, Horizon, IntervalLevel, LimitRule, LimitSchedule, Outcome,
    Panel, PanelView, Refit, SeriesIssue, SeriesKey, SeriesView, Split, TimeGrid, WindowLengths,
    in_parallel, metrics,
};
pub use fleetcast_ets::{ChallengerKind, Ets, EtsEngine};
pub use fleetcast_judge::{Contender, FleetGains, Golden, Metric, PromotionMargin, Rules, Trust};
pub use fleetcast_outlook::{CapacityOutlook, Status, Sustained};
pub use fleetcast_prophet::{Mode, ProphetEngine, ProphetOptions};
