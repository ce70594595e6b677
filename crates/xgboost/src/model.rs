//! A trained model: forecasts, what they are made of, and its bytes.

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use fleetcast_core::{Day, Horizon};
use twox_hash::XxHash3_128;

use crate::bytes::{Kind, Reader, Writer};
use crate::features::{FEATURES, NAMES};
use crate::history::History;
use crate::library::{Ask, Booster};
use crate::recipe::{Asked, Question, Workspace};
use crate::settings::quiet;
use crate::{Library, Settings, TrainingSample, XgboostError};

/// Rows that a model must be trained on, at least: two leaves of 50 rows.
const LEAST_ROWS: usize = 100;

/// A model's bytes.
const MODEL: Kind = Kind {
    magic: b"fleetxgb",
    name: "model",
};

/// Days ahead that can be asked about, at most.
const LONGEST_HORIZON: usize = 3660;

/// A model of a whole fleet: boosters, one a seed, whose mean says how far the base forecast of a series will be off.
///
/// It may be used by many threads at once. A forecast depends on the model, on the history's days and values and on
/// nothing else.
pub struct Model {
    library: Library,
    bytes: Vec<u8>,
    /// Where the boosters of the seeds stand in `bytes`.
    boosters: Vec<Range<usize>>,
    /// Sets of boosters that no thread uses right now: a booster serves one at a time.
    idle: Mutex<Vec<Vec<Booster>>>,
}

/// What a forecast of one day is made of, in the series' own unit.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Contributions {
    /// The forecast of the day: the sum of all that follows.
    pub forecast: f64,
    /// The base forecast: the series' own seasons, its trend held flat.
    pub base: f64,
    /// What the model adds on average, whatever the features are.
    pub average: f64,
    /// What each feature adds, by its name, in the model's order.
    pub features: Vec<(&'static str, f64)>,
}

impl Model {
    /// Trains a model on a sample, once a seed.
    ///
    /// The same library makes the same bytes of the same sample and settings, whatever else the process does. That
    /// processors of another kind make them too has not been tried: keep the bytes rather than train again.
    ///
    /// # Errors
    ///
    /// [`XgboostError::Setting`] where a setting is out of range, [`XgboostError::TooFewRows`] where the sample has
    /// fewer than 100 rows, [`XgboostError::Library`] where XGBoost fails.
    pub fn train(
        library: &Library,
        sample: &TrainingSample,
        settings: &Settings,
    ) -> Result<Self, XgboostError> {
        settings.check()?;
        let (features, targets) = sample.matrix();
        if targets.len() < LEAST_ROWS {
            return Err(XgboostError::TooFewRows {
                rows: targets.len(),
                needed: LEAST_ROWS,
            });
        }
        let mut trained = Vec::with_capacity(settings.seeds.len());
        for seed in &settings.seeds {
            let parameters = settings.parameters(*seed);
            let rows = (features.as_slice(), targets.as_slice());
            let mut booster = Booster::train(library.api(), rows, &parameters, settings.rounds)?;
            trained.push(booster.save()?);
        }
        Self::from_bytes(library, &packed(library, &trained))
    }

    /// Makes a model of the bytes that [`Model::to_bytes`] returned.
    ///
    /// # Errors
    ///
    /// [`XgboostError::Bytes`] where they are not the bytes of a model, were damaged, or belong to another version of
    /// the recipe or the library; [`XgboostError::Library`] where XGBoost cannot read them.
    pub fn from_bytes(library: &Library, bytes: &[u8]) -> Result<Self, XgboostError> {
        let boosters = unpacked(library, bytes)?;
        let model = Self {
            library: library.clone(),
            bytes: bytes.to_vec(),
            boosters,
            idle: Mutex::default(),
        };
        let ready = model.loaded()?;
        model.put_back(ready);
        Ok(model)
    }

    /// Returns everything the model is made of: a header, the boosters in XGBoost's universal binary JSON, and a hash.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    /// Returns 128 bits of `XXH3` of the model's bytes, which hold the versions of library and recipe: two models with
    /// one fingerprint make the same forecasts.
    #[must_use]
    pub fn fingerprint(&self) -> u128 {
        XxHash3_128::oneshot(&self.bytes)
    }

    /// Forecasts the `horizon` days after `last` from `values`, one a day up to and including `last`, NaN where a day
    /// is missing; returns a finite value a day in the unit of the values.
    ///
    /// A constant history, and one of less than 420 days, gets the base forecast: there the model has nothing to go by.
    /// Days beyond the 180th are corrected as days of about the 180th, with the season of their own.
    ///
    /// # Errors
    ///
    /// [`XgboostError::NoObservation`] where no day is observed, [`XgboostError::Library`] where XGBoost fails.
    pub fn forecast(
        &self,
        values: &[f64],
        last: Day,
        horizon: Horizon,
        workspace: &mut Workspace,
    ) -> Result<Vec<f64>, XgboostError> {
        let history = History::new(values, last).ok_or(XgboostError::NoObservation)?;
        let Question { mut base, asked } = Question::new(&history, horizon.days(), workspace);
        let Some(Asked { scale, rows }) = asked else {
            return Ok(base);
        };
        let corrections = self.ask(&rows, horizon.days(), Ask::Values)?;
        for (value, correction) in base.iter_mut().zip(corrections) {
            *value += scale * correction;
        }
        Ok(base)
    }

    /// Returns what the forecast of day `ahead` after `last` (1 is the first) is made of, as [`Model::forecast`] makes
    /// it of the same history, up to rounding in single precision.
    ///
    /// # Errors
    ///
    /// [`XgboostError::Step`] where `ahead` is not 1 to 3,660, and those of [`Model::forecast`].
    pub fn contributions(
        &self,
        values: &[f64],
        last: Day,
        ahead: usize,
        workspace: &mut Workspace,
    ) -> Result<Contributions, XgboostError> {
        if !(1..=LONGEST_HORIZON).contains(&ahead) {
            return Err(XgboostError::Step(ahead));
        }
        let history = History::new(values, last).ok_or(XgboostError::NoObservation)?;
        let Question { base, asked } = Question::new(&history, ahead, workspace);
        let base = base[ahead - 1];
        let (mut average, mut features) = (0.0, NAMES.map(|name| (name, 0.0)));
        if let Some(Asked { scale, rows }) = asked {
            let row = &rows[(ahead - 1) * FEATURES..];
            let found = self.ask(row, 1, Ask::Contributions)?;
            for ((_, contribution), found) in features.iter_mut().zip(&found) {
                *contribution = scale * found;
            }
            average = scale * found.last().copied().unwrap_or(0.0);
        }
        let sum: f64 = features.iter().map(|(_, contribution)| contribution).sum();
        Ok(Contributions {
            forecast: base + average + sum,
            base,
            average,
            features: features.to_vec(),
        })
    }

    /// Returns the mean of what the boosters answer.
    fn ask(&self, features: &[f32], rows: usize, ask: Ask) -> Result<Vec<f64>, XgboostError> {
        let waiting = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut boosters = waiting.map_or_else(|| self.loaded(), Ok)?;
        let mut mean: Vec<f64> = Vec::new();
        let share = 1.0 / boosters.len() as f64;
        for booster in &mut boosters {
            let answers = booster.predict(features, rows, ask)?;
            mean.resize(answers.len(), 0.0);
            for (mean, answer) in mean.iter_mut().zip(answers) {
                *mean += share * f64::from(answer);
            }
        }
        self.put_back(boosters);
        Ok(mean)
    }

    fn loaded(&self) -> Result<Vec<Booster>, XgboostError> {
        let ranges = self.boosters.iter().cloned();
        ranges
            .map(|range| Booster::from_bytes(self.library.api(), &self.bytes[range], &quiet()))
            .collect()
    }

    fn put_back(&self, boosters: Vec<Booster>) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(boosters);
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("library", &self.library)
            .field("bytes", &self.bytes.len())
            .field("boosters", &self.boosters.len())
            .finish_non_exhaustive()
    }
}

/// Puts boosters into one piece: the library's version, how many there are, and each.
fn packed(library: &Library, boosters: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = Writer::new(MODEL);
    for part in library.version() {
        writer.number(u64::try_from(part).unwrap_or(0));
    }
    writer.number(boosters.len() as u64);
    for booster in boosters {
        writer.piece(booster);
    }
    writer.finish()
}

/// Returns where the boosters stand in what [`packed`] made.
fn unpacked(library: &Library, bytes: &[u8]) -> Result<Vec<Range<usize>>, XgboostError> {
    let mut reader = Reader::new(MODEL, bytes)?;
    let found = [reader.number()?, reader.number()?];
    let _patch = reader.number()?;
    let [major, minor, _] = library.version();
    if found.map(i32::try_from) != [Ok(major), Ok(minor)] {
        return Err(reader.wrong("they were made by another version of XGBoost"));
    }
    let count = reader.count()?;
    if count == 0 {
        return Err(reader.damaged());
    }
    (0..count).map(|_| reader.piece()).collect()
}
