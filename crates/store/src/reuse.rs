//! Forecasts of an earlier run that are also this one's.

use fleetcast_core::{SeriesKey, Split};

use crate::panels::{key_index, key_range};
use crate::{EngineForecasts, EngineTables, Error, Store};

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
        let mut found = vec![None; keys.len()];
        let Some(range) = key_range(keys) else {
            return Ok(found);
        };
        let reading = Error::while_doing("reading what an engine was asked");
        let sql = include_str!("../sql/read_inputs.sql").replace("{table}", tables.inputs.as_str());
        let mut statement = self.connection.prepare(&sql).map_err(reading)?;
        let rows = statement
            .query_map(range, |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get(2)?,
                ))
            })
            .map_err(reading)?;
        for row in rows {
            let (host, resource, fingerprint) = row.map_err(reading)?;
            if let Some(index) = key_index(keys, (&host, &resource)) {
                found[index] = Some(fingerprint);
            }
        }
        Ok(found)
    }
}
