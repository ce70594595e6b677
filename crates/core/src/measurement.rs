//! What is taken for a measurement.

/// The largest value that is taken for a measurement: no utilisation is beyond it, and its square
/// would overflow.
pub const LARGEST_VALUE: f64 = 1e100;

/// Returns `value` where it is a measurement: finite, and not beyond [`LARGEST_VALUE`].
#[must_use]
pub fn measurement(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.abs() <= LARGEST_VALUE)
}
