//! Medians, which no few odd values move.

/// The factor by which the median absolute deviation of normal values is smaller than their standard deviation.
pub(crate) const NORMAL_MAD: f64 = 1.4826;

/// The standard normal quantile at 95 %, which bounds 90 % of absolute values.
const NORMAL_90: f64 = 1.645;

/// Returns the median of the values that are numbers, the mean of the middle two where they are even in number; NaN
/// where there is none. `scratch` is overwritten.
pub(crate) fn median(values: &[f64], scratch: &mut Vec<f64>) -> f64 {
    scratch.clear();
    scratch.extend(values.iter().copied().filter(|value| !value.is_nan()));
    median_of(scratch)
}

/// Returns the median of numbers, whose order is not kept; NaN where there is none.
pub(crate) fn median_of(values: &mut [f64]) -> f64 {
    let count = values.len();
    if count == 0 {
        return f64::NAN;
    }
    let (below, middle, _) = values.select_nth_unstable_by(count / 2, f64::total_cmp);
    let middle = *middle;
    if count % 2 == 1 {
        return middle;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(lower, middle)
}

/// Returns how large numbers typically are around their median: the larger of two estimates of a standard
/// deviation, by the median and by the 90 % quantile of what they are away from it. The second one sees what the
/// first is blind to: series that are calm most of the time. Infinite where there is none.
pub(crate) fn scale(values: &mut [f64]) -> f64 {
    let centre = median_of(values);
    if centre.is_nan() {
        return f64::INFINITY;
    }
    for value in &mut *values {
        *value = (*value - centre).abs();
    }
    values.sort_unstable_by(f64::total_cmp);
    let middle = fleetcast_numerics::quantile_of_sorted(values, 0.5);
    let high = fleetcast_numerics::quantile_of_sorted(values, 0.9);
    (NORMAL_MAD * middle).max(high / NORMAL_90)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_pass_over_what_is_missing() {
        let mut scratch = Vec::new();
        assert_eq!(
            median(&[3.0, f64::NAN, 1.0, 2.0], &mut scratch).to_bits(),
            2.0_f64.to_bits()
        );
        assert_eq!(
            median(&[4.0, 1.0, 2.0, 9.0], &mut scratch).to_bits(),
            3.0_f64.to_bits()
        );
        assert!(median(&[f64::NAN], &mut scratch).is_nan());
    }

    #[test]
    fn the_scale_sees_rare_unrest() {
        let mut calm: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i % 5 == 0))).collect();
        assert!((scale(&mut calm) - 1.0 / NORMAL_90).abs() < 1e-12);
        assert!(scale(&mut []).is_infinite());
    }
}
