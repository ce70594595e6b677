//! XGBoost in a shop: one model of the fleet that a call is about.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow::error::ArrowError;
use fleetcast::{Batch, Engine, Horizon, IntervalLevel, Outcome, PanelView, Shop, Survey};
use fleetcast_xgboost::{FleetSample, Library, Trained, XgboostEngine, XgboostError};
use pyo3::prelude::*;

/// Its name in tables.
pub(crate) const XGBOOST: &str = "xgboost";

/// What a call says of XGBoost, where it is wanted.
#[derive(Debug, Clone, FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Wanted {
    /// Whether it stands in the challenger's place, and not beside it.
    pub(crate) is_challenger: bool,
    /// Where the library lies; where that is not said, the environment or the system knows.
    pub(crate) library: Option<String>,
}

impl Wanted {
    /// Returns whose place it has in tables.
    pub(crate) fn contender(&self) -> &'static str {
        if self.is_challenger {
            "challenger"
        } else {
            XGBOOST
        }
    }

    fn open(&self) -> Result<Library, XgboostError> {
        Library::open(self.library.as_deref().map(Path::new))
    }

    /// Returns an empty sample of the fleet of a shop.
    pub(crate) fn sample(shop: &Shop) -> FleetSample {
        FleetSample::new(shop.split(), shop.options().refit)
    }

    /// Trains the models of a fleet, on the threads of the current pool, and says what there is to be said of them.
    pub(crate) fn train(
        &self,
        sample: &FleetSample,
    ) -> Result<(FleetModel, Option<String>), String> {
        let library = self.open().map_err(|error| error.to_string())?;
        match XgboostEngine::train(&library, sample) {
            // Who stands beside others may have nothing to say.
            Err(XgboostError::TooFewRows { rows, needed }) if !self.is_challenger => Ok((
                FleetModel::of(XgboostEngine::without_models(&library)),
                Some(format!(
                    "xgboost forecasts nothing: the fleet has {rows} rows to train on, of {needed} at least"
                )),
            )),
            Ok(trained) => Ok((FleetModel::of(trained), None)),
            Err(error) => Err(format!("xgboost has no models: {error}")),
        }
    }

    /// Makes the models of the bytes that they were sent as.
    pub(crate) fn read(&self, bytes: &[u8]) -> Result<FleetModel, XgboostError> {
        let engine = XgboostEngine::from_bytes(&self.open()?, bytes)?;
        Ok(FleetModel::of(engine))
    }

    /// Puts the models of a fleet in their place.
    pub(crate) fn put_into(&self, shop: Shop, model: FleetModel) -> Result<Shop, String> {
        if self.is_challenger {
            return Ok(shop.with_challenger(model));
        }
        shop.with_further(XGBOOST, model)
            .map_err(|error| error.to_string())
    }
}

/// The models of a fleet, which several shops may share.
#[derive(Debug, Clone)]
pub(crate) struct FleetModel(Arc<XgboostEngine>);

impl FleetModel {
    fn of(engine: XgboostEngine) -> Self {
        Self(Arc::new(engine))
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    /// Makes the table of models: those that stand in a contender's place.
    pub(crate) fn table(&self, contender: &str) -> Result<RecordBatch, ArrowError> {
        let models: Vec<_> = self.0.models().iter().collect();
        let texts = |text: &dyn Fn(&Trained) -> String| -> ArrayRef {
            let texts = models.iter().map(|(_, trained)| Some(text(trained)));
            Arc::new(texts.collect::<StringArray>())
        };
        let counts = |count: &dyn Fn(&Trained) -> usize| -> ArrayRef {
            let counts = models
                .iter()
                .map(|(_, trained)| i64::try_from(count(trained)).ok());
            Arc::new(counts.collect::<Int64Array>())
        };
        let days: Date32Array = models
            .iter()
            .map(|(day, _)| Some(day.epoch_days()))
            .collect();
        let bytes = models
            .iter()
            .map(|(_, trained)| Some(trained.model.to_bytes()));
        let bytes: BinaryArray = bytes.collect();
        RecordBatch::try_from_iter([
            ("contender", texts(&|_| contender.to_owned())),
            ("trained_through", Arc::new(days) as ArrayRef),
            ("engine", texts(&|_| self.0.name().to_owned())),
            ("library", texts(&|_| self.0.library())),
            ("series", counts(&|trained| trained.series)),
            ("rows", counts(&|trained| trained.rows)),
            (
                "fingerprint",
                texts(&|trained| format!("{:032x}", trained.model.fingerprint())),
            ),
            ("bytes", Arc::new(bytes)),
        ])
    }
}

impl Engine for FleetModel {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        self.0.forecast(panel, horizon, level)
    }
}

/// Adds what is worth forecasting in a batch to a sample.
pub(crate) fn add_batch(
    sample: &mut FleetSample,
    shop: &Shop,
    batch: &Batch,
    survey: &Survey,
) -> Result<(), String> {
    let worth = shop.worth_forecasting(batch, survey);
    sample.add(worth.map_err(|error| error.to_string())?.view());
    Ok(())
}
