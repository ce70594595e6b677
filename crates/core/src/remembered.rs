//! Regimes that were found once are not looked for again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use twox_hash::XxHash3_128;

use crate::{Aligner, Alignment, Day};

/// Parts that are locked by themselves, so that threads seldom wait for each other.
const PARTS: usize = 16;

/// Histories that are remembered, at most, in each part: 64 bytes or so each.
const PER_PART: usize = 1 << 16;

/// An aligner that remembers what it found, by the days and values it was asked about: the engines, the judge and the writer ask
/// about the same ones, each in a stage of its own.
///
/// An aligner is a pure function, so an answer from memory is the one it would give; it must not look at the host. A history
/// is known by 128 bits of `XXH3` of its first day and its values. Of 2²⁰ histories the answers are kept, those of later ones
/// are found each time.
#[derive(Debug, Default)]
pub struct Remembered<A> {
    aligner: A,
    parts: [Mutex<HashMap<u128, Option<Alignment>>>; PARTS],
}

impl<A: Aligner> Remembered<A> {
    /// Makes an aligner that remembers nothing yet.
    #[must_use]
    pub fn new(aligner: A) -> Self {
        Self {
            aligner,
            parts: Default::default(),
        }
    }
}

impl<A: Aligner> Aligner for Remembered<A> {
    fn alignment(&self, host: &str, first: Day, values: &[f64]) -> Option<Alignment> {
        let mut bytes = Vec::with_capacity(8 * (values.len() + 1));
        bytes.extend(i64::from(first.epoch_days()).to_le_bytes());
        bytes.extend(
            values
                .iter()
                .flat_map(|value| value.to_bits().to_le_bytes()),
        );
        let history = XxHash3_128::oneshot(&bytes);
        let part = usize::from(history.to_le_bytes()[0]) % PARTS;
        let part = || {
            self.parts[part]
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = part().get(&history) {
            return known.clone();
        }
        let found = self.aligner.alignment(host, first, values);
        let mut part = part();
        if part.len() < PER_PART {
            part.insert(history, found.clone());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Finds a shift on the first day of every history whose first value is positive.
    #[derive(Debug, Default)]
    struct Counting(AtomicUsize);

    impl Aligner for Counting {
        fn alignment(&self, _: &str, _: Day, values: &[f64]) -> Option<Alignment> {
            self.0.fetch_add(1, Ordering::Relaxed);
            (values[0] > 0.0).then(|| Alignment {
                days: values.len(),
                ..Alignment::default()
            })
        }
    }

    #[test]
    fn each_history_is_looked_at_once() {
        let remembered = Remembered::new(Counting::default());
        let day = |text: &str| text.parse::<Day>().unwrap();
        let (first, other) = (day("2025-01-01"), day("2025-01-02"));
        let asked = [
            (first, vec![1.0, f64::NAN]),
            (first, vec![1.0]),
            (first, vec![-1.0, f64::NAN]),
            (other, vec![1.0, f64::NAN]),
        ];
        for _ in 0..3 {
            for (first, values) in &asked {
                let found = remembered.alignment("a", *first, values);
                let plainly = Counting::default().alignment("a", *first, values);
                assert_eq!(found, plainly);
            }
        }
        assert_eq!(remembered.aligner.0.load(Ordering::Relaxed), asked.len());
    }
}
