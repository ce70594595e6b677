//! A trained model: forecasts, what they are made of, and its bytes.

use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use fleetcast_core::{Day, Horizon};
use twox_hash::XxHash3_128;

use crate::features::{FEATURES, NAMES};
use crate::history::History;
use crate::library::{Ask, Booster};
use crate::recipe::{Asked, Question, RECIPE_VERSION, Workspace};
use crate::settings::quiet;
use crate::{Library, Settings, TrainingSample, XgboostError};

/// Rows that a model must be trained on, at least: two leaves of 50 rows.
const LEAST_ROWS: usize = 100;

/// What the bytes of a model begin with.
const MAGIC: &[u8; 8] = b"fleetxgb";

/// Bytes of the hash that they end with.
const HASH_BYTES: usize = 16;

/// Days ahead that can be asked about, at most.
const LONGEST_HORIZON: usize = 3660;

/// A model of a whole fleet: two boosters that say how far the base forecast of a series will be off.
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
    /// It is the same to the byte wherever and whenever the same library trains on the same sample, up to what XGBoost
    /// promises for one version on one kind of processor.
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
    /// [`XgboostError::Model`] where they are not the bytes of a model, were damaged, or belong to another version of
    /// the recipe or the library; [`XgboostError::Library`] where XGBoost cannot read them.
    pub fn from_bytes(library: &Library, bytes: &[u8]) -> Result<Self, XgboostError> {
        let boosters = unpacked(library, bytes).map_err(XgboostError::Model)?;
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

/// Puts boosters into one piece: magic, versions, lengths, boosters, and a hash of all that.
fn packed(library: &Library, boosters: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(RECIPE_VERSION.to_le_bytes());
    bytes.extend(library.version().into_iter().flat_map(i32::to_le_bytes));
    bytes.extend((boosters.len() as u64).to_le_bytes());
    for booster in boosters {
        bytes.extend((booster.len() as u64).to_le_bytes());
        bytes.extend(booster);
    }
    let hash = XxHash3_128::oneshot(&bytes);
    bytes.extend(hash.to_le_bytes());
    bytes
}

/// Returns where the boosters stand in what [`packed`] made, or why it did not make it.
fn unpacked(library: &Library, bytes: &[u8]) -> Result<Vec<Range<usize>>, String> {
    let damaged = || "they were damaged or cut off".to_owned();
    let (content, hash) = bytes.split_last_chunk::<HASH_BYTES>().ok_or_else(damaged)?;
    let mut reader = Reader { content, place: 0 };
    if reader.take(MAGIC.len()).ok_or_else(damaged)? != MAGIC {
        return Err("they do not begin as one does".to_owned());
    }
    if XxHash3_128::oneshot(content).to_le_bytes() != *hash {
        return Err(damaged());
    }
    if reader.number(4).ok_or_else(damaged)? != u64::from(RECIPE_VERSION) {
        return Err("they were made by another version of the recipe".to_owned());
    }
    for part in library.version()[..2]
        .iter()
        .copied()
        .map(Some)
        .chain([None])
    {
        let found = reader.number(4).ok_or_else(damaged)?;
        if part.is_some_and(|part| u64::try_from(part) != Ok(found)) {
            return Err("they were made by another version of XGBoost".to_owned());
        }
    }
    let count = reader
        .number(8)
        .filter(|count| *count > 0)
        .ok_or_else(damaged)?;
    (0..count)
        .map(|_| reader.booster().ok_or_else(damaged))
        .collect()
}

/// Reads the parts of a model one after the other; `None` past the end.
struct Reader<'a> {
    content: &'a [u8],
    place: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.place.checked_add(count)?;
        let taken = self.content.get(self.place..end)?;
        self.place = end;
        Some(taken)
    }

    /// Reads a number of at most eight bytes, the smallest first.
    fn number(&mut self, bytes: usize) -> Option<u64> {
        let mut padded = [0; 8];
        padded.get_mut(..bytes)?.copy_from_slice(self.take(bytes)?);
        Some(u64::from_le_bytes(padded))
    }

    fn booster(&mut self) -> Option<Range<usize>> {
        let length = usize::try_from(self.number(8)?).ok()?;
        self.take(length)?;
        Some(self.place - length..self.place)
    }
}
