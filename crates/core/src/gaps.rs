//! Missing days, for what cannot do without a value.

/// Returns the values from the first observed day to the last, missing days (NaN) on the straight line between
/// their neighbours; empty where nothing is observed.
#[must_use]
pub fn interpolated(values: &[f64]) -> Vec<f64> {
    let observed: Vec<usize> = (0..values.len())
        .filter(|index| !values[*index].is_nan())
        .collect();
    let Some(&last) = observed.last() else {
        return Vec::new();
    };
    let mut filled = Vec::with_capacity(values.len());
    for pair in observed.windows(2) {
        let (left, right) = (pair[0], pair[1]);
        let span = (right - left) as f64;
        let (from, to) = (values[left], values[right]);
        filled.extend((left..right).map(|day| {
            let share = (day - left) as f64 / span;
            from * (1.0 - share) + to * share
        }));
    }
    filled.push(values[last]);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    #[test]
    fn inner_gaps_are_bridged_and_outer_ones_cut() {
        assert_eq!(
            interpolated(&[NAN, 1.0, NAN, NAN, 4.0, 2.0, NAN]),
            [1.0, 2.0, 3.0, 4.0, 2.0]
        );
        assert_eq!(interpolated(&[5.0]), [5.0]);
        assert!(interpolated(&[NAN, NAN]).is_empty());
    }
}
