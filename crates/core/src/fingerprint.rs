//! Telling whether an engine has been asked the same question before.

use twox_hash::XxHash3_64;

use crate::SeriesView;

/// Makes one number of a series' values and of everything else its forecast depends on.
///
/// An engine is a pure function of them and of nothing else, so equal fingerprints mean equal
/// forecasts. The hash is `XXH3` with 64 bits, the same on every machine: two different questions
/// about one series have the same fingerprint once in 2⁶⁴ times.
#[derive(Debug, Clone, Copy)]
pub struct Fingerprinter {
    seed: u64,
}

impl Fingerprinter {
    /// Makes a fingerprinter for one set of `circumstances`: the engine, its version and settings, and
    /// the windows, as any text that differs where one of them does.
    #[must_use]
    pub fn new(circumstances: &str) -> Self {
        Self {
            seed: XxHash3_64::oneshot(circumstances.as_bytes()),
        }
    }

    /// Returns the fingerprint of a series' days and values; its name has no part in it.
    #[must_use]
    pub fn of(&self, series: SeriesView<'_>) -> u64 {
        let mut bytes = Vec::with_capacity(8 * (series.values.len() + 1));
        bytes.extend(i64::from(series.grid.first().epoch_days()).to_le_bytes());
        // A missing day is one, whichever of the many NaN stands for it.
        let values = series.values.iter();
        bytes.extend(values.flat_map(|value| {
            let value = if value.is_nan() { f64::NAN } else { *value };
            value.to_bits().to_le_bytes()
        }));
        XxHash3_64::oneshot_with_seed(self.seed, &bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SeriesKey, TimeGrid};

    fn fingerprint(circumstances: &str, first: &str, values: &[f64]) -> u64 {
        let grid = TimeGrid::new(first.parse().unwrap(), values.len());
        let key = SeriesKey::new("h", "cpu");
        Fingerprinter::new(circumstances).of(SeriesView::new(&key, grid, values))
    }

    #[test]
    fn it_is_another_where_anything_is() {
        let values = [1.0, f64::NAN, 3.0];
        let reference = fingerprint("ets", "2025-01-01", &values);
        // What is stored in databases must be the same tomorrow, and on every machine: this is what
        // the reference implementation of XXH3 makes of the same bytes.
        assert_eq!(reference, 0xec31_0325_e36f_fa8c);
        let other_nan = f64::from_bits(f64::NAN.to_bits() ^ 1);
        assert!(other_nan.is_nan());
        assert_eq!(
            fingerprint("ets", "2025-01-01", &[1.0, other_nan, 3.0]),
            reference
        );
        for other in [
            fingerprint("ets 2", "2025-01-01", &values),
            fingerprint("ets", "2025-01-02", &values),
            fingerprint("ets", "2025-01-01", &[1.0, f64::NAN, 3.0 + 1e-15]),
            fingerprint("ets", "2025-01-01", &[1.0, 3.0, f64::NAN]),
            fingerprint("ets", "2025-01-01", &[1.0, f64::NAN]),
        ] {
            assert_ne!(other, reference);
        }
    }
}
