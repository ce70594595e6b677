//! The rows a model is trained on: a sample of all origins and days ahead, drawn by hash.

use std::cmp::Ordering;
use std::collections::HashSet;

use fleetcast_core::{Day, SeriesKey};
use twox_hash::XxHash3_64;

use crate::XgboostError;
use crate::bytes::{Kind, Reader, Writer};
use crate::features::{FEATURES, OriginFeatures, single};
use crate::history::History;
use crate::origin::Origin;
use crate::recipe::{
    DAYS_BETWEEN_HORIZONS, FIRST_ORIGIN, ORIGIN_STEP, TRAINED_HORIZON, Workspace, earlier_origin,
};

/// A sample of training rows of any number of series, in bounded memory.
///
/// Every row has a hash of its series' key, its origin and its horizon, and the rows with the smallest hashes are the
/// sample (bottom-k sampling: Cohen & Kaplan 2007, *Summarizing data using bottom-k sketches*, PODC). So it is a
/// uniform sample without replacement that depends on neither the order of the series nor on how a fleet is cut into
/// parts: samples of parts are merged in any order, and a series that was read twice counts once.
///
/// Origins lie every 61 days back from the end of a history, as long as 600 days lie before them; of the 180 days ahead
/// every ninth is a row, from a day on that the hash chooses, where it was observed. No row uses a value after its
/// origin but the one it is to be compared with.
#[derive(Debug, Clone)]
pub struct TrainingSample {
    limit: usize,
    /// No row has a larger hash.
    largest: u64,
    /// At most twice `limit`; sorted and without repetitions up to `settled`.
    rows: Vec<Row>,
    settled: usize,
}

/// A sample's bytes.
const SAMPLE: Kind = Kind {
    magic: b"fleetrow",
    name: "training sample",
};

/// One row: what is known at an origin, and how far the base forecast was off on a day ahead.
#[derive(Debug, Clone)]
struct Row {
    hash: u64,
    key: SeriesKey,
    /// Days from the epoch to the first day after the origin.
    origin: i32,
    step: usize,
    /// In units of the mean absolute weekly change.
    target: f32,
    features: [f32; FEATURES],
}

impl Row {
    /// Orders rows by what they are of; where that is the same, by their bits, so that equal order means equal rows.
    fn order(&self, other: &Self) -> Ordering {
        let bits = |row: &Self| row.features.map(f32::to_bits);
        let place = |row: &Self| (row.hash, row.origin, row.step, row.target.to_bits());
        place(self)
            .cmp(&place(other))
            .then_with(|| self.key.cmp(&other.key))
            .then_with(|| bits(self).cmp(&bits(other)))
    }
}

impl TrainingSample {
    /// The rows that the recipe samples at most.
    pub const DEFAULT_LIMIT: usize = 24_000;

    /// Makes an empty sample of at most `limit` rows (at least 1).
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            largest: u64::MAX,
            rows: Vec::new(),
            settled: 0,
        }
    }

    /// Takes rows of about this share of all hashes alone, more than 0 and at most 1: of a large fleet whose parts send samples to where
    /// these are merged, few rows get into the sample of the whole, and the others need not be made.
    ///
    /// The merged sample is the same once it [is certain](Self::is_certain).
    #[must_use]
    pub fn within(mut self, share: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "casts of floats saturate, and NaN becomes 0"
        )]
        let largest = (share.max(0.0) * 2.0_f64.powi(64)) as u64;
        self.largest = largest;
        self
    }

    /// Returns whether more hashes would not change the sample: all were taken, or it is full.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.largest == u64::MAX || self.len() == self.limit
    }

    /// Adds the rows of a series: `values`, one a day up to and including `last`, NaN where a day is missing.
    ///
    /// A history of less than 661 days from its first observed day on adds nothing, and neither does a constant one.
    /// The sample's bytes do not depend on `workspace`.
    pub fn add(&mut self, key: &SeriesKey, values: &[f64], last: Day, workspace: &mut Workspace) {
        let Some(history) = History::new(values, last) else {
            return;
        };
        let days = history.days();
        let origins = (1..)
            .map_while(|steps| days.checked_sub(steps * ORIGIN_STEP))
            .take_while(|day| *day >= FIRST_ORIGIN);
        // An origin's forecasts are looked back at from the second one after it.
        let mut known: Vec<Origin> = Vec::new();
        for day in origins {
            let wanted = self.wanted(key, &history, day);
            if wanted.is_empty() {
                continue;
            }
            let Some(scale) = history.scale(day) else {
                continue;
            };
            let earlier = earlier_origin(day);
            for day in [Some(day), earlier].into_iter().flatten() {
                if known.iter().all(|origin| origin.day != day) {
                    known.push(workspace.origin(&history, day, TRAINED_HORIZON));
                }
            }
            let at = |day: usize| known.iter().find(|origin| origin.day == day);
            let Some(origin) = at(day) else { continue };
            let features = OriginFeatures::new(&history, origin, earlier.and_then(at), scale);
            let mut row = Vec::with_capacity(FEATURES);
            for (step, hash) in wanted {
                let Some(value) = history.observed(day + step) else {
                    continue;
                };
                row.clear();
                features.append(step, &mut row);
                let target = single((value - origin.base.flat[step]) / scale);
                let (Ok(features), true) = (row.as_slice().try_into(), target.is_finite()) else {
                    continue;
                };
                self.rows.push(Row {
                    hash,
                    key: key.clone(),
                    origin: epoch_day(&history, day),
                    step,
                    target,
                    features,
                });
            }
        }
        self.shrink();
    }

    /// Makes an empty sample of the same limits.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            largest: self.largest,
            ..Self::new(self.limit)
        }
    }

    /// Adds the rows of another sample of the same limits; the smaller ones hold where they differ.
    pub fn merge(&mut self, other: Self) {
        self.limit = self.limit.min(other.limit);
        self.largest = self.largest.min(other.largest);
        self.rows.extend(other.rows);
        self.settle();
    }

    /// Returns the rows of the sample as bytes, such as a part of a fleet sends to where samples are merged. Equal samples
    /// have equal bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let rows = self.sorted();
        let mut writer = Writer::new(SAMPLE);
        writer.number(self.limit as u64);
        writer.number(self.largest);
        writer.number(rows.len() as u64);
        for row in rows {
            writer.number(row.hash);
            writer.piece(row.key.host().as_bytes());
            writer.piece(row.key.resource().as_bytes());
            writer.number(u64::from(row.origin.cast_unsigned()));
            writer.number(row.step as u64);
            writer.floats(&[row.target]);
            writer.floats(&row.features);
        }
        writer.finish()
    }

    /// Makes a sample of the bytes that [`TrainingSample::to_bytes`] returned.
    ///
    /// # Errors
    ///
    /// [`XgboostError::Bytes`] where they are not the bytes of a sample, were damaged, or belong to another version of the
    /// recipe.
    ///
    /// ```
    /// use fleetcast_xgboost::TrainingSample;
    ///
    /// let sample = TrainingSample::new(500);
    /// assert_eq!(TrainingSample::from_bytes(&sample.to_bytes()), Ok(sample));
    ///
    /// let error = TrainingSample::from_bytes(b"something else of the same length").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the bytes are no training sample of this version: they do not begin as one does; make it anew"
    /// );
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, XgboostError> {
        let mut reader = Reader::new(SAMPLE, bytes)?;
        let mut sample = Self::new(reader.count()?);
        sample.largest = reader.number()?;
        for _ in 0..reader.number()? {
            let hash = reader.number()?;
            let (host, resource) = (reader.text()?, reader.text()?);
            let origin = u32::try_from(reader.number()?).map_err(|_| reader.damaged())?;
            let step = reader.count()?;
            let [target] = reader.floats()?;
            sample.rows.push(Row {
                hash,
                key: SeriesKey::new(host, resource),
                origin: origin.cast_signed(),
                step,
                target,
                features: reader.floats()?,
            });
        }
        sample.settle();
        Ok(sample)
    }

    /// Returns how many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted().len()
    }

    /// Returns how many series have rows in it.
    #[must_use]
    pub fn series(&self) -> usize {
        let rows = self.sorted();
        let keys: HashSet<&SeriesKey> = rows.iter().map(|row| &row.key).collect();
        keys.len()
    }

    /// Returns whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns features, a row after the other, and targets, ordered by hash.
    pub(crate) fn matrix(&self) -> (Vec<f32>, Vec<f32>) {
        let rows = self.sorted();
        let features = rows.iter().flat_map(|row| row.features).collect();
        (features, rows.iter().map(|row| row.target).collect())
    }

    /// Returns the steps ahead of an origin that may get into the sample, each with its hash.
    fn wanted(&self, key: &SeriesKey, history: &History, day: usize) -> Vec<(usize, u64)> {
        let origin = epoch_day(history, day).to_le_bytes();
        let of_origin = XxHash3_64::oneshot_with_seed(key.stable_hash(), &origin);
        let offset = usize::try_from(of_origin % DAYS_BETWEEN_HORIZONS as u64).unwrap_or(0);
        let end = TRAINED_HORIZON.min(history.days() - day);
        let largest = self.largest_hash();
        (offset..end)
            .step_by(DAYS_BETWEEN_HORIZONS)
            .map(|step| {
                let bytes = (step as u64).to_le_bytes();
                (step, XxHash3_64::oneshot_with_seed(of_origin, &bytes))
            })
            .filter(|(_, hash)| *hash <= largest)
            .collect()
    }

    /// Returns the hash that no further row of the sample can exceed.
    fn largest_hash(&self) -> u64 {
        let settled = self.settled.checked_sub(1);
        settled
            .filter(|_| self.settled >= self.limit)
            .map_or(self.largest, |last| self.rows[last].hash)
    }

    /// Sorts rows and forgets those beyond the limit once they are twice as many, which bounds both memory and work.
    fn shrink(&mut self) {
        if self.rows.len() / 2 >= self.limit {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let largest = self.largest;
        self.rows.retain(|row| row.hash <= largest);
        self.rows.sort_unstable_by(Row::order);
        self.rows.dedup_by(|a, b| a.order(b).is_eq());
        self.rows.truncate(self.limit);
        self.settled = self.rows.len();
    }

    /// Returns the rows of the sample in order.
    fn sorted(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_unstable_by(|a, b| a.order(b));
        rows.dedup_by(|a, b| a.order(b).is_eq());
        rows.truncate(self.limit);
        rows
    }
}

impl PartialEq for TrainingSample {
    /// Tells whether both have the same limits and the same rows, to the bit.
    fn eq(&self, other: &Self) -> bool {
        let (rows, others) = (self.sorted(), other.sorted());
        let same = |(row, other): (&&Row, &&Row)| row.order(other).is_eq();
        (self.limit, self.largest) == (other.limit, other.largest)
            && rows.len() == others.len()
            && rows.iter().zip(&others).all(same)
    }
}

impl Default for TrainingSample {
    /// Makes an empty sample of at most 24,000 rows.
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

fn epoch_day(history: &History, day: usize) -> i32 {
    history.first() + i32::try_from(day).unwrap_or(0)
}
