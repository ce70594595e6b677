//! What a shop is made of.

use std::collections::HashMap;

use fleetcast_core::{
    Aligner, Calendar, CapacityChanges, Day, Engine, ForecastError, Horizon, LimitRules, SeriesKey,
    Split, SplitError,
};
use fleetcast_judge::Contender;
use fleetcast_prophet::ProphetEngine;
use fleetcast_regimes::CalendarAligner;

use crate::{ShopOptions, WriteRules};

/// Why there is no such shop.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// The windows do not fit the calendar.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A batch was made for another shop's windows.
    #[error(
        "the batch holds {first} to {last}, and the shop looks at {expected_first} to {expected_last}; make batches with \
         the split of the shop that gets them"
    )]
    OtherWindows {
        /// The first day of the batch.
        first: Day,
        /// The last day of the batch.
        last: Day,
        /// The first day of the shop's history.
        expected_first: Day,
        /// The last day of the shop's history.
        expected_last: Day,
    },
    /// A window is longer than a forecast can be.
    #[error("the backtest window is too long: {0}")]
    Horizon(#[from] ForecastError),
}

/// What a shop is made of.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) split: Split,
    pub(crate) options: ShopOptions,
    pub(crate) champion: Box<dyn Engine>,
    pub(crate) challenger: Box<dyn Engine>,
    pub(crate) incumbents: HashMap<SeriesKey, Contender>,
    pub(crate) limits: LimitRules,
    pub(crate) capacities: CapacityChanges,
    pub(crate) aligner: CalendarAligner,
}

impl Setup {
    pub(crate) fn new(as_of: Day, options: ShopOptions) -> Result<Self, ShopError> {
        let split = Split::new(as_of, options.lengths)?;
        Horizon::new(split.backtest().len() + split.future().len())?;
        Ok(Self {
            split,
            champion: Box::new(ProphetEngine::new(options.prophet_mode)),
            challenger: options.challenger.engine(),
            incumbents: HashMap::new(),
            limits: LimitRules::default(),
            capacities: CapacityChanges::default(),
            aligner: CalendarAligner::new(options.regimes.detector(), Calendar::default()),
            options,
        })
    }

    /// Returns what brings the past of series to their present level, where that is wanted.
    pub(crate) fn aligner(&self) -> Option<&dyn Aligner> {
        self.aligner.if_any()
    }

    /// Says on which days something is known to happen.
    pub(crate) fn set_calendar(&mut self, calendar: Calendar) {
        self.aligner = CalendarAligner::new(self.options.regimes.detector(), calendar);
    }

    /// How golden records and outlooks are written.
    pub(crate) fn write_rules(&self) -> WriteRules {
        WriteRules {
            level: self.options.golden_level,
            sustained: self.options.sustained,
            trained_through: WriteRules::trained_through(&self.split, self.options.refit),
            as_of: self.split.as_of(),
        }
    }
}
