//! What forecasts by a model of the whole fleet are made of.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use fleetcast_core::{
    Aligner, Day, Engine, Failure, Horizon, IntervalLevel, Outcome, PanelView, Refit, SeriesKey,
    SeriesRegimes, Split, forecast_windows, screen,
};
use fleetcast_store::{EngineTables, Store};
use fleetcast_xgboost::{Contributions, Library, Model, Workspace};

use crate::Error;

/// How far a forecast may be from what it is made of, in parts of it: features are numbers of seven digits.
const ROUNDING: f64 = 1e-3;

/// What the forecast of one day is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// The series.
    pub key: SeriesKey,
    /// Whose forecast it is: `challenger`, or `xgboost` beside it.
    pub contender: &'static str,
    /// The day that is forecast.
    pub day: Day,
    /// The forecast, as it stands in the contender's table.
    pub forecast: f64,
    /// What the model makes of the history.
    pub made_of: Contributions,
    /// What growth that began lately adds.
    pub growth: f64,
}

/// Forecasts whose making is asked about.
pub(crate) struct Asked<'a> {
    pub(crate) store: &'a Store,
    pub(crate) split: &'a Split,
    pub(crate) refit: Refit,
    pub(crate) aligner: Option<&'a dyn Aligner>,
}

/// Keeps what engines see of each series on a day, and forecasts nothing.
#[derive(Debug)]
struct Looking {
    last: Day,
    seen: Mutex<HashMap<SeriesKey, Vec<f64>>>,
}

impl Engine for Looking {
    fn name(&self) -> &'static str {
        "looking"
    }

    fn forecast(&self, panel: PanelView<'_>, _: Horizon, _: IntervalLevel) -> Vec<Outcome> {
        if panel.grid().last() == self.last {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            for series in panel.iter() {
                seen.insert(series.key.clone(), series.values.to_vec());
            }
        }
        let nothing = Failure::numerical("nothing is forecast".to_owned());
        panel.iter().map(|_| nothing.clone().into()).collect()
    }
}

impl Asked<'_> {
    /// Returns what the forecasts of `keys` are made of, the `ahead`th days of the future each (1 is the first).
    pub(crate) fn why(&self, keys: &[SeriesKey], ahead: &[usize]) -> Result<Vec<Why>, Error> {
        let mut found = Vec::new();
        for tables in [EngineTables::CHALLENGER, EngineTables::XGBOOST] {
            if let Some((last, bytes)) = self.store.model_of_future(tables.stage)? {
                let model = Model::from_bytes(&Library::open(None)?, &bytes)?;
                found.extend(self.by_model(keys, ahead, tables, (last, &model))?);
            }
        }
        Ok(found)
    }

    fn by_model(
        &self,
        keys: &[SeriesKey],
        ahead: &[usize],
        tables: EngineTables,
        (last, model): (Day, &Model),
    ) -> Result<Vec<Why>, Error> {
        let (panel, _) = self.store.read_panel(keys, self.split.history())?;
        let screened = screen(panel.view()).panel;
        let panel = screened.view();
        let regimes = self
            .aligner
            .map(|aligner| SeriesRegimes::of_all(panel, aligner));
        let looking = Looking {
            last,
            seen: Mutex::default(),
        };
        let level = IntervalLevel::EIGHTY_PERCENT;
        forecast_windows(
            &looking,
            panel,
            self.split,
            self.refit,
            level,
            regimes.as_deref(),
        )?;
        let seen = looking
            .seen
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let stored = self
            .store
            .read_forecasts(tables.forecasts, panel.keys(), self.split)?;
        let first = self.split.future().first();
        let after_last = usize::try_from(first.days_since(last)).unwrap_or(1);
        let mut found = Vec::new();
        for (place, (key, stored)) in panel.keys().iter().zip(stored).enumerate() {
            let (Some(values), Some(stored)) = (seen.get(key), stored.future) else {
                continue;
            };
            let alignment = regimes
                .as_ref()
                .and_then(|regimes| regimes[place].at(values.len()));
            for step in ahead.iter().copied() {
                let Some(forecast) = stored.yhat().get(step.wrapping_sub(1)).copied() else {
                    continue;
                };
                let days = step - 1 + after_last;
                let made_of = model.contributions(values, last, days, &mut Workspace::new())?;
                let growth = alignment
                    .as_ref()
                    .map_or(0.0, |alignment| alignment.ahead(days));
                let sum = made_of.forecast + growth;
                // Nothing is forecast below zero where no value is.
                let apart = (forecast - sum).abs().min((forecast - sum.max(0.0)).abs());
                if apart > ROUNDING * (forecast.abs() + made_of.base.abs()) {
                    return Err(Error::OutOfOrder(format!(
                        "the forecast of {key} on {} is {forecast}, and its model makes {sum} of the data as they are now: data or \
                         settings are others than those of the run; give the same settings, or run `cargo xtask run-all`",
                        stored
                            .grid()
                            .first()
                            .plus_days(u32::try_from(step - 1).unwrap_or(0)),
                    )));
                }
                found.push(Why {
                    key: key.clone(),
                    contender: tables.stage.as_str(),
                    day: first.plus_days(u32::try_from(step - 1).unwrap_or(0)),
                    forecast,
                    made_of,
                    growth,
                });
            }
        }
        Ok(found)
    }
}
