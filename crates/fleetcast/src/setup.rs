//! What a shop is made of.

use std::collections::HashMap;

use fleetcast_core::{
    Aligner, Calendar, CapacityChanges, Day, Engine, ForecastError, Horizon, LimitRules, SeriesKey,
    Split, SplitError, Stage,
};
use fleetcast_judge::{Contender, FleetGain, FleetGains};
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
    /// A further engine has a name that somebody else goes by.
    #[error("a further engine cannot be called `{name}`, which is {whose}; give it another name")]
    TakenName {
        /// The name.
        name: &'static str,
        /// Whose it is, in words.
        whose: &'static str,
    },
    /// Engines were asked by a shop that has others.
    #[error(
        "{found} further engines answered on {key}, and the shop has {expected}; judge answers by a shop with the engines that were asked"
    )]
    OtherEngines {
        /// The series.
        key: SeriesKey,
        /// How many further engines answered.
        found: usize,
        /// How many the shop has.
        expected: usize,
    },
    /// A model of the whole fleet is judged by what the whole fleet gained by it, and that was not said.
    #[error(
        "what the fleet gained by {model} is not known; ask for answers, and judge them by the sum of what `Shop::gains` returns of all"
    )]
    GainsUnknown {
        /// The model.
        model: Contender,
    },
    /// A window is longer than a forecast can be.
    #[error("the backtest window is too long: {0}")]
    Horizon(#[from] ForecastError),
}

/// An engine beside champion and challenger.
#[derive(Debug)]
pub(crate) struct Further {
    pub(crate) model: Contender,
    pub(crate) engine: Box<dyn Engine>,
}

impl Further {
    /// The stage that its issues are of.
    pub(crate) fn stage(&self) -> Stage {
        if self.model == Contender::XGBOOST {
            Stage::Xgboost
        } else {
            Stage::Challenger
        }
    }

    /// Why it is not followed where this is what the fleet gained; `None` where it is, as whoever is no model of the fleet is.
    fn why_not(&self, gain: FleetGain) -> Option<String> {
        let model = Some(self.model).filter(|model| model.is_of_fleet());
        gain.why_not(model?.as_str())
    }
}

/// What a shop is made of.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) split: Split,
    pub(crate) options: ShopOptions,
    pub(crate) champion: Box<dyn Engine>,
    pub(crate) challenger: Box<dyn Engine>,
    pub(crate) further: Vec<Further>,
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
            further: Vec::new(),
            incumbents: HashMap::new(),
            limits: LimitRules::default(),
            capacities: CapacityChanges::default(),
            aligner: CalendarAligner::new(options.regimes.detector(), Calendar::default()),
            options,
        })
    }

    /// Says why each further engine is not followed, by what the fleet gained by them.
    pub(crate) fn why_not(&self, gains: &FleetGains) -> Result<Vec<Option<String>>, ShopError> {
        let further = self.further.iter().enumerate();
        further
            .map(|(place, engine)| match gains.at(place) {
                Some(gain) => Ok(engine.why_not(gain)),
                None if engine.model.is_of_fleet() => Err(ShopError::GainsUnknown {
                    model: engine.model,
                }),
                None => Ok(None),
            })
            .collect()
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
