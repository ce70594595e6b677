//! Forecasts of an earlier run that are also this one's.

use arrow::array::Array;
use fleetcast_core::{Choice, EngineForecasts, SeriesKey, Split};

use crate::arrow_columns::{doubles, lists, places, whole_numbers};
use crate::{EngineTables, Error, Store};

/// What an engine was asked of a series.
#[derive(Debug)]
struct Input {
    fingerprint: u64,
    chosen_by: Option<u64>,
    choice: Option<Choice>,
}

/// What an earlier run made of a series.
#[derive(Debug, Clone, PartialEq)]
pub enum Earlier {
    /// Nothing, or of something else.
    Nothing,
    /// The past is the same: the backtest, what stands at inner origins, and what the engine chose by them. The future is to be forecast.
    Past(EngineForecasts, Option<Choice>),
    /// Everything is the same, data, settings and version; and what the engine chose.
    All(EngineForecasts, Option<Choice>),
}

impl Store {
    /// What stands in the published tables of an engine that was asked the same about a series, by `fingerprints`, or where choices are kept has
    /// the same past, by `chosen_by`: one a key.
    ///
    /// What the engine could not forecast then it cannot forecast now: its forecasts are there and
    /// hold nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn earlier(
        &self,
        tables: EngineTables,
        keys: &[SeriesKey],
        fingerprints: &[u64],
        chosen_by: Option<&[u64]>,
        split: &Split,
    ) -> Result<Vec<Earlier>, Error> {
        let was_asked = self.published_inputs(tables, keys)?;
        let mut wanted: Vec<Option<(bool, Option<Choice>)>> = Vec::with_capacity(keys.len());
        for (place, before) in was_asked.into_iter().enumerate() {
            wanted.push(before.and_then(|before| {
                let is_the_same = fingerprints.get(place) == Some(&before.fingerprint);
                let past = chosen_by.and_then(|all| all.get(place)).copied();
                let has_the_same_past = past.is_some() && past == before.chosen_by;
                (is_the_same || has_the_same_past).then_some((is_the_same, before.choice))
            }));
        }
        if wanted.iter().all(Option::is_none) {
            return Ok(keys.iter().map(|_| Earlier::Nothing).collect());
        }
        let published = self.read_engine(tables, keys, split)?;
        let both = published.into_iter().zip(wanted);
        Ok(both
            .map(|(forecasts, wanted)| match wanted {
                None => Earlier::Nothing,
                Some((true, choice)) => Earlier::All(forecasts, choice),
                Some((false, choice)) => {
                    let past = EngineForecasts {
                        future: None,
                        ..forecasts
                    };
                    Earlier::Past(past, choice)
                }
            })
            .collect())
    }

    fn published_inputs(
        &self,
        tables: EngineTables,
        keys: &[SeriesKey],
    ) -> Result<Vec<Option<Input>>, Error> {
        const READING: &str = "reading what an engine was asked";
        let mut found: Vec<Option<Input>> = keys.iter().map(|_| None).collect();
        let sql = include_str!("../sql/read_inputs.sql").replace("{table}", tables.inputs.as_str());
        self.for_each_batch(READING, &sql, keys, [], |batch| {
            let fingerprints = whole_numbers(batch, "fingerprint")?;
            let chosen_by = whole_numbers(batch, "chosen_by")?;
            let choices = lists(batch, "choice")?;
            for (row, place) in places(batch)?.values().iter().enumerate() {
                let choice = choices.is_valid(row).then(|| choices.value(row));
                let choice = choice.map(|choice| {
                    let numbers = doubles(&choice, "choice")?;
                    Ok::<_, Error>(Choice(numbers.values().to_vec()))
                });
                found[*place as usize] = Some(Input {
                    fingerprint: fingerprints.value(row),
                    chosen_by: chosen_by.is_valid(row).then(|| chosen_by.value(row)),
                    choice: choice.transpose()?,
                });
            }
            Ok(())
        })?;
        Ok(found)
    }
}
