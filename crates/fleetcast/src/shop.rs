//! The shop: from values to the answer.

use std::collections::HashMap;

use fleetcast_core::{
    Day, Engine, ForecastError, Horizon, LimitRule, LimitRules, PanelView, SeriesKey, Split,
    SplitError,
};
use fleetcast_judge::{Contender, LeaderboardEntry};
use fleetcast_prophet::ProphetEngine;
use rayon::prelude::*;

use crate::evidence::gather;
use crate::result::{SeriesResult, finish_one};
use crate::{Batch, Evidence, FleetSummary, ShopOptions, Survey, WriteRules};

/// Why there is no such shop.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// The windows do not fit the calendar.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A window is longer than a forecast can be.
    #[error("the backtest window is too long: {0}")]
    Horizon(#[from] ForecastError),
}

/// A champion, a challenger, a judge and a writer: from the values of a fleet to golden record,
/// leaderboard, outlook and issues.
///
/// The work is three steps. [`evidence`](Self::evidence) depends on each series alone;
/// [`FleetSummary`] holds what crosses series, and is the same in whatever parts and order it was put
/// together; [`finish`](Self::finish) makes the results. [`forecast`](Self::forecast) is all three.
/// Results are the same to the bit however a fleet is cut into batches.
#[derive(Debug)]
pub struct Shop {
    split: Split,
    options: ShopOptions,
    champion: Box<dyn Engine>,
    challenger: Box<dyn Engine>,
    incumbents: HashMap<SeriesKey, Contender>,
    limits: LimitRules,
}

impl Shop {
    /// Makes a shop that looks at the days up to `as_of`.
    ///
    /// # Errors
    ///
    /// [`ShopError`] where the windows do not fit the calendar, or are longer than a forecast can be.
    pub fn new(as_of: Day, options: ShopOptions) -> Result<Self, ShopError> {
        let split = Split::new(as_of, options.lengths)?;
        Horizon::new(split.backtest().len() + split.future().len())?;
        Ok(Self {
            split,
            champion: Box::new(ProphetEngine::new(options.prophet_mode)),
            challenger: options.challenger.engine(),
            options,
            incumbents: HashMap::new(),
            limits: LimitRules::default(),
        })
    }

    /// Puts another engine in the champion's place.
    #[must_use]
    pub fn with_champion(mut self, engine: impl Engine + 'static) -> Self {
        self.champion = Box::new(engine);
        self
    }

    /// Puts another engine in the challenger's place.
    #[must_use]
    pub fn with_challenger(mut self, engine: impl Engine + 'static) -> Self {
        self.challenger = Box::new(engine);
        self
    }

    /// Says who won series in the last run: whoever did must be beaten by the promotion margin.
    #[must_use]
    pub fn with_incumbents(
        mut self,
        incumbents: impl IntoIterator<Item = (SeriesKey, Contender)>,
    ) -> Self {
        self.incumbents.extend(incumbents);
        self
    }

    /// Says what the floors, capacities and thresholds of hosts and resources are.
    #[must_use]
    pub fn with_limits<'a>(mut self, rules: impl IntoIterator<Item = &'a LimitRule>) -> Self {
        self.limits = LimitRules::new(rules);
        self
    }

    /// Returns the windows.
    #[must_use]
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// Returns what the shop goes by.
    #[must_use]
    pub fn options(&self) -> &ShopOptions {
        &self.options
    }

    /// Returns how the golden record and the outlook are written.
    #[must_use]
    pub fn write_rules(&self) -> WriteRules {
        WriteRules {
            level: self.options.golden_level,
            sustained: self.options.sustained,
            trained_through: WriteRules::trained_through(&self.split, self.options.refit),
        }
    }

    pub(crate) fn champion(&self) -> &dyn Engine {
        self.champion.as_ref()
    }

    pub(crate) fn challenger(&self) -> &dyn Engine {
        self.challenger.as_ref()
    }

    pub(crate) fn incumbent(&self, key: &SeriesKey) -> Option<Contender> {
        self.incumbents.get(key).copied()
    }

    pub(crate) fn limits(&self) -> &LimitRules {
        &self.limits
    }

    /// Gathers the evidence on every series of a batch, in its order, on the threads of the current
    /// rayon pool.
    ///
    /// `survey` is of the whole fleet, and says which resources are percentages: values far outside 0
    /// to 100 of those are no measurements, and left out.
    ///
    /// # Panics
    ///
    /// Never, unless the batch was made for other windows.
    #[must_use]
    pub fn evidence(&self, batch: &Batch, survey: &Survey) -> Vec<Evidence> {
        gather(self, batch, survey)
    }

    /// Makes the results of some series, in their order. `summary` is of the whole fleet.
    #[must_use]
    pub fn finish(&self, evidence: &[Evidence], summary: &FleetSummary) -> Vec<SeriesResult> {
        let entries = evidence.iter().filter_map(Evidence::entry);
        let medians = summary
            .errors
            .medians_for(entries.map(LeaderboardEntry::own_errors));
        evidence
            .par_iter()
            .map(|one| finish_one(self, one, summary, &medians))
            .collect()
    }

    /// Forecasts a whole fleet, whose series may be over any days: one result a series, in their order.
    #[must_use]
    pub fn forecast(&self, fleet: PanelView<'_>) -> Vec<SeriesResult> {
        let batch = Batch::from_panel(fleet, &self.split);
        let evidence = self.evidence(&batch, &Survey::of([&batch]));
        self.finish(&evidence, &FleetSummary::of(&evidence))
    }
}
