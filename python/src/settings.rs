//! What a call says beside its frame.

use std::collections::{BTreeMap, BTreeSet};

use fleetcast::core::ForecastError;
use fleetcast::{
    Calendar, ChallengerKind, Day, Event, Golden, Horizon, IntervalLevel, Mode, PromotionMargin,
    Refit, RegimesMode, Rules, ShopOptions, WindowLengths,
};
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::refused;
use crate::xgboost::Wanted;

/// The names of a frame's columns.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Names {
    /// One column that names a series, or two: host and resource.
    pub(crate) ids: Vec<String>,
    /// The column of days.
    pub(crate) time: String,
    /// The column of values.
    pub(crate) target: String,
}

/// What a fleet is forecast by, in the words of the Python package.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    pub(crate) as_of: Option<String>,
    pub(crate) h: usize,
    /// Levels of intervals, in percent.
    pub(crate) levels: Vec<f64>,
    pub(crate) train_months: u32,
    pub(crate) backtest_months: u32,
    pub(crate) refit: bool,
    pub(crate) regimes: String,
    pub(crate) mode: String,
    pub(crate) metric: String,
    pub(crate) promotion_margin: f64,
    pub(crate) golden: String,
    pub(crate) sustained: String,
    /// Threads to work on; 0 for as many as there are processors.
    pub(crate) threads: usize,
    /// Whether a day that stands there more than once has the mean of its values.
    pub(crate) average_duplicates: bool,
    /// The models whose forecasts are asked for; empty for the judge's choice.
    pub(crate) models: Vec<String>,
    /// XGBoost, where it is one of the models.
    pub(crate) xgboost: Option<Wanted>,
    /// Days on which people do not work, each with its name.
    pub(crate) holidays: Vec<(String, String)>,
    /// Days on which something else is known to happen: day, name, and the host, where it concerns one.
    pub(crate) events: Vec<(String, String, Option<String>)>,
}

impl Settings {
    /// Returns the last day to look at, where it was said.
    pub(crate) fn as_of(&self) -> PyResult<Option<Day>> {
        let day = self.as_of.as_deref().map(str::parse::<Day>);
        day.transpose()
            .map_err(|error| refused(format!("as_of: {error}")))
    }

    /// Returns whether a model of the whole fleet stands beside champion and challenger.
    pub(crate) fn has_model_beside(&self) -> bool {
        (self.xgboost.as_ref()).is_some_and(|wanted| !wanted.is_challenger)
    }

    /// Returns what is known to happen.
    pub(crate) fn calendar(&self) -> PyResult<Calendar> {
        let day = |day: &str, what: &str| {
            let parsed = day.parse::<Day>();
            parsed.map_err(|error| refused(format!("{what}: {error}")))
        };
        let mut holidays: BTreeMap<String, BTreeSet<Day>> = BTreeMap::new();
        for (on, name) in &self.holidays {
            let days = holidays.entry(name.clone()).or_default();
            days.insert(day(on, "holidays")?);
        }
        let events = self.events.iter().map(|(on, name, host)| {
            Ok(Event {
                day: day(on, "events")?,
                name: name.clone(),
                host: host.clone(),
            })
        });
        let events = events.collect::<PyResult<Vec<_>>>()?;
        Ok(Calendar::new(holidays, events))
    }

    /// Returns the levels of intervals as shares, in the order they were given.
    pub(crate) fn levels(&self) -> PyResult<Vec<IntervalLevel>> {
        let level = |percent: &f64| {
            IntervalLevel::new(percent / 100.0).map_err(|_| {
                refused(format!(
                    "level {percent} is no level; give percent between 0 and 100, such as 80"
                ))
            })
        };
        self.levels.iter().map(level).collect()
    }

    /// Returns what a shop goes by.
    pub(crate) fn options(&self) -> PyResult<ShopOptions> {
        let horizon = Horizon::new(self.h).map_err(|error: ForecastError| refused(error))?;
        let named = |what: &str, name: &str, known: &str| {
            refused(format!("there is no {what} `{name}`; give {known}"))
        };
        Ok(ShopOptions {
            lengths: WindowLengths {
                train_months: self.train_months,
                backtest_months: self.backtest_months,
                horizon,
            },
            refit: if self.refit {
                Refit::WholeHistory
            } else {
                Refit::Never
            },
            regimes: match self.regimes.as_str() {
                "align" => RegimesMode::Align,
                "off" => RegimesMode::Off,
                other => return Err(named("way with regimes", other, "align or off")),
            },
            prophet_mode: match self.mode.as_str() {
                "tuned" => Mode::Tuned,
                "exact" => Mode::Exact,
                other => return Err(named("mode", other, "tuned or exact")),
            },
            challenger: ChallengerKind::Ets,
            rules: Rules {
                metric: self.metric.parse().map_err(refused)?,
                margin: PromotionMargin::new(self.promotion_margin).map_err(refused)?,
                golden: match self.golden.as_str() {
                    "winner" => Golden::Winner,
                    "blend" => Golden::Blend,
                    other => return Err(named("golden record", other, "winner or blend")),
                },
                ..Rules::default()
            },
            sustained: self.sustained.parse().map_err(refused)?,
            ..ShopOptions::default()
        })
    }

    /// Makes the threads to work on. They end with the call, so that a process may fork between calls.
    pub(crate) fn pool(&self) -> PyResult<ThreadPool> {
        ThreadPoolBuilder::new()
            .num_threads(self.threads)
            .build()
            .map_err(|error| refused(format!("no threads to work on: {error}")))
    }
}
