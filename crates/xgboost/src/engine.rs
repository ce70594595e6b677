//! The models of a fleet as an engine: one for each day that forecasts are made on.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use fleetcast_core::{
    Day, Engine, Failure, Forecast, Horizon, InnerForecast, IntervalLevel, Outcome, PanelView,
    Refit, SeriesView, Split, error_growth, metrics,
};
use fleetcast_numerics::conformal_rank;
use rayon::prelude::*;

use crate::bytes::{Kind, Reader, Writer};
use crate::{Library, Model, Settings, TrainingSample, Workspace, XgboostError};

/// Days forecast from the inner origin: four months, as the backtest.
const INNER_DAYS: u32 = 122;

/// How wide an interval is beside the mean weekly change, where no error was made to draw it from: that of a normal
/// distribution at 80 %.
const WIDTH_UNTRIED: f64 = 1.281_551_565_544_600_4;

/// Rows that a series of three years has in a sample that takes all of them are no fewer, as a rule.
const ROWS_OF_A_SERIES: f64 = 100.0;

/// A fleet's sample, and its models, as bytes.
const FLEET_SAMPLE: Kind = Kind {
    magic: b"fleetsmp",
    name: "training sample of a fleet",
};
const FLEET_MODELS: Kind = Kind {
    magic: b"fleetmod",
    name: "set of a fleet's models",
};

/// The name of the engine in tables and messages.
const NAME: &str = "xgboost";

/// The rows that the models of a fleet are trained on, for each day up to which one is.
///
/// Samples of parts of a fleet [`merge`](Self::merge) to that of the whole, whatever the parts and their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetSample {
    samples: BTreeMap<Day, TrainingSample>,
}

impl FleetSample {
    /// Begins with no rows, for the models that forecasts of these windows need: of the last day of the training window, of
    /// the last day of data where the future is forecast from a second fit, and of four months before the first.
    #[must_use]
    pub fn new(split: &Split, refit: Refit) -> Self {
        let origin = split.origin();
        let mut days = vec![origin.minus_days(INNER_DAYS), origin];
        if refit == Refit::WholeHistory {
            days.push(split.as_of());
        }
        let samples = days.into_iter().map(|day| (day, TrainingSample::default()));
        Self {
            samples: samples.collect(),
        }
    }

    /// Takes few more rows than the samples of a fleet of so many series need, so that its parts have little to send. Where the merged
    /// samples are not [certain](Self::is_certain) a larger `slack` is wanted; 1 is none.
    #[must_use]
    pub fn for_part_of(mut self, series: u64, slack: f64) -> Self {
        let needed = TrainingSample::DEFAULT_LIMIT as f64 / ROWS_OF_A_SERIES;
        let share = slack * needed / (series.max(1) as f64);
        for sample in self.samples.values_mut() {
            *sample = std::mem::take(sample).within(share.min(1.0));
        }
        self
    }

    /// Returns whether its samples are those that all rows of its series would have made.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.samples.values().all(TrainingSample::is_certain)
    }

    /// Adds the series of a panel. Of each model's days none is seen that lies after its own.
    pub fn add(&mut self, panel: PanelView<'_>) {
        let empty = || Self {
            samples: self
                .samples
                .iter()
                .map(|(day, sample)| (*day, sample.emptied()))
                .collect(),
        };
        let first = panel.grid().first();
        let added = (0..panel.len())
            .into_par_iter()
            .fold(
                || (empty(), Workspace::new()),
                |(mut sample, mut workspace), place| {
                    let series = panel.series(place);
                    for (day, rows) in &mut sample.samples {
                        let days = usize::try_from(day.days_since(first) + 1).unwrap_or(0);
                        if let Some(seen) = series.values.get(..days) {
                            rows.add(series.key, seen, *day, &mut workspace);
                        }
                    }
                    (sample, workspace)
                },
            )
            .map(|(sample, _)| sample)
            .reduce(empty, |mut one, other| {
                one.merge(other);
                one
            });
        self.merge(added);
    }

    /// Adds the rows of another part of the fleet.
    pub fn merge(&mut self, other: Self) {
        for (day, rows) in other.samples {
            match self.samples.entry(day) {
                Entry::Vacant(place) => {
                    place.insert(rows);
                }
                Entry::Occupied(mut place) => place.get_mut().merge(rows),
            }
        }
    }

    /// Returns its rows as bytes, such as a part of a fleet sends to where models are trained. Equal samples have equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(FLEET_SAMPLE);
        writer.number(self.samples.len() as u64);
        for (day, sample) in &self.samples {
            writer.number(u64::from(day.epoch_days().cast_unsigned()));
            writer.piece(&sample.to_bytes());
        }
        writer.finish()
    }

    /// Makes a sample of the bytes that [`to_bytes`](Self::to_bytes) returned.
    ///
    /// # Errors
    ///
    /// [`XgboostError::Bytes`] where they are not the bytes of one, were damaged, or belong to another version of the recipe.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, XgboostError> {
        let mut reader = Reader::new(FLEET_SAMPLE, bytes)?;
        let mut samples = BTreeMap::new();
        for _ in 0..reader.number()? {
            let day = day_of(&mut reader)?;
            let piece = reader.piece()?;
            samples.insert(day, TrainingSample::from_bytes(reader.at(piece))?);
        }
        Ok(Self { samples })
    }
}

/// Reads a day.
fn day_of(reader: &mut Reader<'_>) -> Result<Day, XgboostError> {
    let days = u32::try_from(reader.number()?).map_err(|_| reader.damaged())?;
    Day::from_epoch_days(i64::from(days.cast_signed())).map_err(|_| reader.damaged())
}

/// XGBoost as an engine: a model of the whole fleet for each day that forecasts are made on.
///
/// Unlike those of other engines, its forecast of a series depends on the fleet that its models were trained on.
#[derive(Debug)]
pub struct XgboostEngine {
    models: BTreeMap<Day, Trained>,
    library: Library,
}

/// A model of a fleet, and what it was trained on.
#[derive(Debug)]
#[non_exhaustive]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// Series with rows in the sample.
    pub series: usize,
    /// Rows of the sample.
    pub rows: usize,
}

impl XgboostEngine {
    /// Trains the models of a fleet.
    ///
    /// # Errors
    ///
    /// [`XgboostError::TooFewRows`] where the fleet has no 100 rows to train on up to the last day of the training window;
    /// the model four months before is left out then. Others as [`Model::train`].
    pub fn train(library: &Library, fleet: &FleetSample) -> Result<Self, XgboostError> {
        let settings = Settings::default();
        let earliest = fleet.samples.keys().next();
        let trained: Vec<Option<(Day, Trained)>> = fleet
            .samples
            .par_iter()
            .map(
                |(day, sample)| match Model::train(library, sample, &settings) {
                    Ok(model) => {
                        let (series, rows) = (sample.series(), sample.len());
                        Ok(Some((
                            *day,
                            Trained {
                                model,
                                series,
                                rows,
                            },
                        )))
                    }
                    // Nobody's forecast stands or falls with an inner origin.
                    Err(XgboostError::TooFewRows { .. }) if Some(day) == earliest => Ok(None),
                    Err(error) => Err(error),
                },
            )
            .collect::<Result<_, _>>()?;
        Ok(Self {
            models: trained.into_iter().flatten().collect(),
            library: library.clone(),
        })
    }

    /// Makes an engine without models, which forecasts nothing and says so of each series: where a fleet is too young to learn from.
    #[must_use]
    pub fn without_models(library: &Library) -> Self {
        Self {
            models: BTreeMap::new(),
            library: library.clone(),
        }
    }

    /// Returns its models, by the day up to which each was trained.
    #[must_use]
    pub fn models(&self) -> &BTreeMap<Day, Trained> {
        &self.models
    }

    /// Returns its models as bytes, such as they are sent to where series are forecast.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(FLEET_MODELS);
        writer.number(self.models.len() as u64);
        for (day, trained) in &self.models {
            writer.number(u64::from(day.epoch_days().cast_unsigned()));
            writer.number(trained.series as u64);
            writer.number(trained.rows as u64);
            writer.piece(&trained.model.to_bytes());
        }
        writer.finish()
    }

    /// Makes an engine of the bytes that [`to_bytes`](Self::to_bytes) returned.
    ///
    /// # Errors
    ///
    /// [`XgboostError::Bytes`] where they are not the bytes of one, were damaged, or belong to another version of the recipe or the
    /// library; [`XgboostError::Library`] where XGBoost cannot read them.
    pub fn from_bytes(library: &Library, bytes: &[u8]) -> Result<Self, XgboostError> {
        let mut reader = Reader::new(FLEET_MODELS, bytes)?;
        let mut models = BTreeMap::new();
        for _ in 0..reader.number()? {
            let day = day_of(&mut reader)?;
            let (series, rows) = (reader.count()?, reader.count()?);
            let piece = reader.piece()?;
            let model = Model::from_bytes(library, reader.at(piece))?;
            let trained = Trained {
                model,
                series,
                rows,
            };
            models.insert(day, trained);
        }
        Ok(Self {
            models,
            library: library.clone(),
        })
    }

    /// Returns the library that trained them, and its version.
    #[must_use]
    pub fn library(&self) -> String {
        let [major, minor, patch] = self.library.version();
        format!("{NAME} {major}.{minor}.{patch}")
    }

    /// Returns what tells the models from others, one after the other.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let models = self.models.iter();
        let each =
            models.map(|(day, trained)| format!("{day} {:032x}", trained.model.fingerprint()));
        each.collect::<Vec<_>>().join(", ")
    }

    /// The forecast of one series by the model of its last day.
    fn outcome(
        &self,
        series: SeriesView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
        workspace: &mut Workspace,
    ) -> Result<Outcome, Failure> {
        let last = series.grid.last();
        let Some(Trained { model, .. }) = self.models.get(&last) else {
            return Err(Failure::Untrained { day: last });
        };
        // A constant series has a model's forecast, which is that constant.
        series.usable()?;
        let floor = floor_of(series.values);
        let yhat = model
            .forecast(series.values, last, horizon, workspace)
            .map_err(Failure::numerical)?;
        let yhat: Vec<f64> = yhat.into_iter().map(|value| value.max(floor)).collect();
        let (inner, errors) = self.inner(series, last, workspace);
        let half_width = half_width(errors, level)
            .unwrap_or_else(|| WIDTH_UNTRIED * metrics::mase_scale(series.values).unwrap_or(0.0));
        let widths = (1..=yhat.len()).map(|day| half_width * error_growth(day));
        let bounds = yhat.iter().zip(widths);
        let (lower, upper) = bounds
            .map(|(value, width)| ((value - width).max(floor), value + width))
            .unzip();
        let forecast = Forecast::new(last.plus_days(1), yhat, lower, upper);
        Ok(Outcome {
            forecast: forecast.map_err(Failure::from),
            notices: Vec::new(),
            inner,
            choice: None,
        })
    }

    /// The forecasts by models of earlier days inside the window, and how large their errors were beside how errors grow.
    fn inner(
        &self,
        series: SeriesView<'_>,
        last: Day,
        workspace: &mut Workspace,
    ) -> (Vec<InnerForecast>, Vec<f64>) {
        let (mut inner, mut errors) = (Vec::new(), Vec::new());
        for (day, Trained { model, .. }) in self.models.range(..last) {
            let Some(days) = series.grid.index_of(*day).map(|place| place + 1) else {
                continue;
            };
            let ahead = (series.values.len() - days).min(INNER_DAYS as usize);
            let past = series.past(days);
            let Ok(asked) = Horizon::new(ahead) else {
                continue;
            };
            let Ok(yhat) = model.forecast(&past, *day, asked, workspace) else {
                continue;
            };
            let floor = floor_of(&past);
            let yhat: Vec<f64> = yhat.into_iter().map(|value| value.max(floor)).collect();
            let actual = series.after(days, ahead);
            let sizes = actual.iter().zip(&yhat).enumerate();
            errors.extend(sizes.filter_map(|(step, (actual, yhat))| {
                let size = (actual - yhat).abs() / error_growth(step + 1);
                size.is_finite().then_some(size)
            }));
            let observed = &series.observed_values()[days..days + ahead];
            inner.extend(InnerForecast::scorable(
                *day,
                series.grown(days, yhat),
                observed,
            ));
        }
        (inner, errors)
    }
}

impl Engine for XgboostEngine {
    fn name(&self) -> &'static str {
        NAME
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        (0..panel.len())
            .into_par_iter()
            .map_init(Workspace::new, |workspace, place| {
                let series = panel.series(place);
                self.outcome(series, horizon, level, workspace)
                    .unwrap_or_else(Outcome::from)
            })
            .collect()
    }
}

/// The value that no forecast is below: 0 where no value was.
fn floor_of(values: &[f64]) -> f64 {
    if values.iter().any(|value| *value < 0.0) {
        f64::NEG_INFINITY
    } else {
        0.0
    }
}

/// The error that a share of all does not exceed, at the finite-sample rank of conformal prediction.
fn half_width(mut errors: Vec<f64>, level: IntervalLevel) -> Option<f64> {
    let rank = conformal_rank(errors.len(), level.share())?;
    errors.sort_by(f64::total_cmp);
    errors.get(rank).copied()
}
