//! Sample quantiles.

/// The sample quantile at `probability` (0 to 1) of values sorted from the smallest on, by linear
/// interpolation of order statistics: definition 7 of Hyndman & Fan 1996, *Sample quantiles in
/// statistical packages*, The American Statistician 50(4), 361-365, as `NumPy` and R take it.
///
/// NaN where there is no value. It lies between the smallest and the largest one, and does not
/// overflow.
///
/// ```
/// let sorted = [1.0, 2.0, 4.0];
/// assert_eq!(fleetcast_core::quantile_of_sorted(&sorted, 0.75), 3.0);
/// ```
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank among the values, at least 0"
)]
#[must_use]
pub fn quantile_of_sorted(sorted: &[f64], probability: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let rank = probability.clamp(0.0, 1.0) * last as f64;
    let share = rank.fract();
    // A weighted mean stays between its numbers, as a difference of large ones might not.
    sorted[rank.floor() as usize] * (1.0 - share) + sorted[rank.ceil() as usize] * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        // numpy.quantile([1, 2, 4, 8], p).
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (probability, expected) in [
            (0.0, 1.0),
            (0.1, 1.3),
            (0.5, 3.0),
            (0.9, 6.8),
            (1.0, 8.0),
            (7.0, 8.0),
        ] {
            let found = quantile_of_sorted(&sorted, probability);
            assert!((found - expected).abs() < 1e-12, "{probability}: {found}");
        }
        let huge = [-f64::MAX, f64::MAX];
        assert!(quantile_of_sorted(&huge, 0.25).is_finite());
        assert!(quantile_of_sorted(&[], 0.5).is_nan());
    }
}
