//! What was read: samples, and what there is to say of them.

use std::collections::HashMap;

use crate::refusal::in_one_line;

/// Samples on their way to whoever keeps them, column by column; all columns are equally long.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Samples {
    /// Whose they are: places in [`SeriesNames`].
    pub series: Vec<u32>,
    /// When they were taken, in microseconds after 1970-01-01 UTC; of times without a zone, as if it were UTC.
    pub micros: Vec<i64>,
    /// Their days, counted from 1970-01-01.
    pub days: Vec<i32>,
    /// Finite values.
    pub values: Vec<f64>,
}

impl Samples {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// The series of all files, numbered as they appear.
#[derive(Debug, Clone, Default)]
pub struct SeriesNames {
    names: Vec<(String, String)>,
    places: HashMap<Box<str>, u32>,
    last: u32,
    key: String,
}

impl SeriesNames {
    /// Host and resource of every series, in the order of their numbers.
    #[must_use]
    pub fn names(&self) -> &[(String, String)] {
        &self.names
    }

    /// The number of a series, a new one where it has not been seen.
    pub(crate) fn place(&mut self, host: &str, resource: &str) -> u32 {
        // Rows of one series often stand together.
        let last = self.names.get(self.last as usize);
        if last.is_some_and(|(known, of)| known == host && of == resource) {
            return self.last;
        }
        // Lengths keep apart what would be the same joined.
        self.key.clear();
        self.key.push_str(host);
        self.key.push('\0');
        self.key.push_str(resource);
        self.key.push('\0');
        self.key.push_str(&host.len().to_string());
        if let Some(place) = self.places.get(self.key.as_str()) {
            self.last = *place;
            return self.last;
        }
        self.last = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push((host.to_owned(), resource.to_owned()));
        self.places.insert(self.key.as_str().into(), self.last);
        self.last
    }
}

/// How many of a kind are named, the rest is counted.
const NAMED: usize = 5;

/// Things that were noticed, the first five of them in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Noted {
    /// How many there were.
    pub count: u64,
    /// The first of them, each fit for one line.
    pub first: Vec<String>,
}

impl Noted {
    pub(crate) fn add(&mut self, in_words: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(in_one_line(&in_words()));
        }
    }
}

/// Rows that lie in the future, which were left out.
pub type FutureRows = Noted;
