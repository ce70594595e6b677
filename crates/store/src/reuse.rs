//! Forecasts of an earlier run that are also this one's.

use fleetcast_core::{EngineForecasts, SeriesKey, Split};

use crate::arrow_columns::{places, whole_numbers};
use crate::{EngineTables, Error, Store};

impl Store {
    /// The published forecasts of those series of `keys` that the engine was asked the same about,
    /// by `fingerprints`, one a key: `None` where it was not asked, or something else.
    ///
    /// What the engine could not forecast then it cannot forecast now: its forecasts are there and
    /// hold nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn reusable(
        &self,
        tables: EngineTables,
        keys: &[SeriesKey],
        fingerprints: &[u64],
        split: &Split,
    ) -> Result<Vec<Option<EngineForecasts>>, Error> {
        let was_asked = self.published_inputs(tables, keys)?;
        let is_same = |(before, now): (Option<u64>, &u64)| before == Some(*now);
        let same: Vec<bool> = was_asked
            .into_iter()
            .zip(fingerprints)
            .map(is_same)
            .collect();
        if !same.contains(&true) {
            return Ok(vec![None; keys.len()]);
        }
        let published = self.read_engine(tables, keys, split)?;
        let both = published.into_iter().zip(same);
        Ok(both
            .map(|(forecasts, same)| same.then_some(forecasts))
            .collect())
    }

    fn published_inputs(
        &self,
        tables: EngineTables,
        keys: &[SeriesKey],
    ) -> Result<Vec<Option<u64>>, Error> {
        const READING: &str = "reading what an engine was asked";
        let mut found = vec![None; keys.len()];
        let sql = include_str!("../sql/read_inputs.sql").replace("{table}", tables.inputs.as_str());
        self.for_each_batch(READING, &sql, keys, [], |batch| {
            let fingerprints = whole_numbers(batch, "fingerprint")?;
            for (place, fingerprint) in places(batch)?.values().iter().zip(fingerprints.values()) {
                found[*place as usize] = Some(*fingerprint);
            }
            Ok(())
        })?;
        Ok(found)
    }
}
