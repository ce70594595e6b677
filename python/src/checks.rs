//! What a fleet's days must be like, told for parts of a fleet as for the whole.

use std::collections::BTreeMap;

use fleetcast::core::IssueCode;
use fleetcast::{Batch, SeriesKey};
use serde::{Deserialize, Serialize};

use crate::shape::Shape;

/// What was counted in the days of a fleet's series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checks {
    series: u64,
    /// Series that have a day more than once.
    repeated: u64,
    /// The first of them, by host and resource.
    first_repeated: Option<Name>,
    /// How often observations are so many days apart.
    steps: BTreeMap<u64, u64>,
    /// The first series with observations more than a day apart.
    example: Option<Name>,
}

/// A host and a resource.
type Name = (String, String);

/// The first of two names, where there are any.
fn first(one: Option<Name>, other: Option<Name>) -> Option<Name> {
    one.into_iter().chain(other).min()
}

fn name_of(key: &SeriesKey) -> Name {
    (key.host().to_owned(), key.resource().to_owned())
}

impl Checks {
    /// Counts in the batches of a fleet.
    pub(crate) fn of<'a>(batches: impl IntoIterator<Item = &'a Batch>) -> Self {
        let mut checks = Self::default();
        for batch in batches {
            checks.add(batch);
        }
        checks
    }

    fn add(&mut self, batch: &Batch) {
        for (key, notes) in batch.notes() {
            self.series += 1;
            let is_repeated = |code: IssueCode| code == IssueCode::DuplicateDay;
            if notes.issues.iter().any(|issue| is_repeated(issue.code)) {
                self.repeated += 1;
                self.first_repeated = first(self.first_repeated.take(), Some(name_of(key)));
            }
        }
        for series in batch.history().iter() {
            let mut last = None;
            let mut has_gap = false;
            for (day, value) in series.values.iter().enumerate() {
                if value.is_nan() {
                    continue;
                }
                if let Some(last) = last.replace(day) {
                    *self.steps.entry((day - last) as u64).or_default() += 1;
                    has_gap |= day - last > 1;
                }
            }
            if has_gap {
                self.example = first(self.example.take(), Some(name_of(series.key)));
            }
        }
    }

    /// Adds the counts of another part of the fleet.
    pub(crate) fn merge(&mut self, other: Self) {
        self.series += other.series;
        self.repeated += other.repeated;
        self.first_repeated = first(self.first_repeated.take(), other.first_repeated);
        for (step, times) in other.steps {
            *self.steps.entry(step).or_default() += times;
        }
        self.example = first(self.example.take(), other.example);
    }

    /// Refuses a fleet that has days more than once, unless their means are wanted, and one whose observations are mostly not a
    /// day apart.
    pub(crate) fn refuse(&self, shape: &Shape, average_duplicates: bool) -> Result<(), String> {
        if !average_duplicates {
            self.refuse_duplicates(shape)?;
        }
        self.refuse_other_steps(shape)
    }

    fn refuse_duplicates(&self, shape: &Shape) -> Result<(), String> {
        let Some((host, resource)) = &self.first_repeated else {
            return Ok(());
        };
        Err(format!(
            "column `{}` has days more than once in {} of {} series, first in {}; give one value a day, such as \
             df.groupby([{}, {:?}]).mean(), or say duplicates=\"mean\"",
            shape.time(),
            self.repeated,
            self.series,
            shape.name_of(&SeriesKey::new(host.as_str(), resource.as_str())),
            shape
                .id_names()
                .iter()
                .map(|name| format!("{name:?}"))
                .collect::<Vec<_>>()
                .join(", "),
            shape.time(),
        ))
    }

    fn refuse_other_steps(&self, shape: &Shape) -> Result<(), String> {
        let most = self
            .steps
            .iter()
            .max_by_key(|(step, times)| (**times, std::cmp::Reverse(**step)));
        match (most, &self.example) {
            (Some((step, _)), Some((host, resource))) if *step > 1 => Err(format!(
                "column `{}` goes by steps of {step} days, as in {}, and fleetcast forecasts days; give daily values, \
                 where days may be missing but most are there",
                shape.time(),
                shape.name_of(&SeriesKey::new(host.as_str(), resource.as_str())),
            )),
            _ => Ok(()),
        }
    }
}
