//! From a history to rows: which origins and days a model is trained on, and what it is asked.

use fleetcast_core::{Day, Horizon};

use crate::base::{Base, FitScratch};
use crate::calendar::{Design, Waves};
use crate::features::{DAYS_OF_ERRORS, FEATURES, OriginFeatures};
use crate::history::History;
use crate::origin::Origin;

/// The version of everything that decides what a model is trained on and what it is asked. Models of another version
/// are refused, since their features meant something else.
pub(crate) const RECIPE_VERSION: u32 = 1;

/// Days from one origin of the training to the next.
pub(crate) const ORIGIN_STEP: usize = 61;

/// Days before the first origin of the training: enough for two years' comparisons and for the errors of an earlier
/// origin, and met by eight origins in any 36 months.
pub(crate) const FIRST_ORIGIN: usize = 600;

/// Days before an origin from which forecasts are corrected at all; shorter histories get the base forecast.
pub(crate) const LEAST_DAYS: usize = 420;

/// Days from one horizon of the training to the next.
pub(crate) const DAYS_BETWEEN_HORIZONS: usize = 9;

/// Days that a model is trained for.
pub(crate) const TRAINED_HORIZON: usize = 180;

/// Designs that are kept, at most.
const DESIGNS: usize = 64;

/// Memory that is used again from one series to the next, and what series with the same days share.
///
/// A caller keeps one a thread. It changes the speed alone: results are the same with a new one each time.
#[derive(Debug, Default)]
pub struct Workspace {
    waves: Option<Waves>,
    designs: Vec<(i32, Design)>,
    scratch: FitScratch,
}

impl Workspace {
    /// Makes an empty workspace.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Computes what is known of `history` after its first `day` days, for forecasts of `horizon` days.
    pub(crate) fn origin(&mut self, history: &History, day: usize, horizon: usize) -> Origin {
        let first = history.first();
        let days = history.days() + horizon;
        let waves = match self.waves.take() {
            Some(waves) if waves.reach(first, days) => waves,
            _ => Waves::new(first, days),
        };
        let known = self
            .designs
            .iter()
            .position(|(known, design)| (*known, design.origin()) == (first, day));
        let place = known.unwrap_or_else(|| {
            if self.designs.len() >= DESIGNS {
                self.designs.clear();
            }
            self.designs.push((first, Design::new(&waves, day)));
            self.designs.len() - 1
        });
        let design = &self.designs[place].1;
        let values = history.values();
        let base = Base::fit(design, &waves, first, values, horizon, &mut self.scratch);
        self.waves = Some(waves);
        Origin::new(history, day, base)
    }
}

/// Returns the origin whose forecasts are held against the days before `day`, or `None` where its history is too
/// short.
pub(crate) fn earlier_origin(day: usize) -> Option<usize> {
    day.checked_sub(DAYS_OF_ERRORS)
        .filter(|earlier| *earlier >= LEAST_DAYS)
}

/// Returns the base forecast of the `horizon` days after `last`: seasons of the week and the year, and the level at the
/// end, by a robust ridge regression. `None` where no day is observed.
///
/// `values` are one a day up to and including `last`, NaN where a day is missing; the forecast is in their unit.
///
/// ```
/// use fleetcast_core::Horizon;
/// use fleetcast_xgboost::{Workspace, base_forecast};
///
/// let weeks: Vec<f64> = (0..700).map(|day| f64::from(day % 7)).collect();
/// let last = "2025-12-31".parse()?;
/// let forecast = base_forecast(&weeks, last, Horizon::DEFAULT, &mut Workspace::new());
/// let forecast = forecast.expect("observed days");
/// assert!((forecast[0] - 0.0).abs() < 0.1 && (forecast[6] - 6.0).abs() < 0.1);
/// # Ok::<(), fleetcast_core::DayError>(())
/// ```
#[must_use]
pub fn base_forecast(
    values: &[f64],
    last: Day,
    horizon: Horizon,
    workspace: &mut Workspace,
) -> Option<Vec<f64>> {
    let history = History::new(values, last)?;
    let origin = workspace.origin(&history, history.days(), horizon.days());
    let flat = origin.base.flat.iter();
    Some(flat.map(|value| value + history.anchor()).collect())
}

/// What a model is asked about the days after the end of a history.
#[derive(Debug)]
pub(crate) struct Question {
    /// The base forecast of each day, in the series' own unit.
    pub(crate) base: Vec<f64>,
    /// What a correction of 1 is in the series' own unit, and the corrections' features, a row a day; `None` where
    /// the base forecast stands as it is.
    pub(crate) asked: Option<Asked>,
}

/// The scale of corrections, and a row of features for each day.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) scale: f64,
    pub(crate) rows: Vec<f32>,
}

impl Question {
    /// Puts the question about the `horizon` days after the end of `history`.
    pub(crate) fn new(history: &History, horizon: usize, workspace: &mut Workspace) -> Self {
        let end = history.days();
        let origin = workspace.origin(history, end, horizon);
        let asked = history
            .scale(end)
            .filter(|_| end >= LEAST_DAYS)
            .map(|scale| {
                let earlier = earlier_origin(end)
                    .map(|earlier| workspace.origin(history, earlier, DAYS_OF_ERRORS));
                let features = OriginFeatures::new(history, &origin, earlier.as_ref(), scale);
                let mut rows = Vec::with_capacity(horizon * FEATURES);
                for step in 0..horizon {
                    features.append(step, &mut rows);
                }
                Asked { scale, rows }
            });
        let base = origin.base.flat.iter();
        Self {
            base: base.map(|value| value + history.anchor()).collect(),
            asked,
        }
    }
}
