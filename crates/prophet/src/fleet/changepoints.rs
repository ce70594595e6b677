//! Where Prophet puts potential changepoints.

/// The rows of `observations` at which the slope may change: spread evenly over the first `range`
/// of them, the very first left out (`prophet/forecaster.py`, `set_changepoints`).
///
/// As in Python, halves are rounded to even, and a short history has fewer changepoints than
/// `count`, at least none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "shares of a count of rows"
)]
pub(crate) fn changepoint_rows(
    observations: usize,
    count: usize,
    range: f64,
) -> impl Iterator<Item = usize> {
    let eligible = (observations as f64 * range).floor() as usize;
    let count = count.min(eligible.saturating_sub(1));
    let step = eligible.saturating_sub(1) as f64 / count.max(1) as f64;
    (1..=count).map(move |index| (index as f64 * step).round_ties_even() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_numpys_linspace() {
        // numpy.linspace(0, 778, 26).round().astype(int)[1:], for 974 days.
        let rows: Vec<usize> = changepoint_rows(974, 25, 0.8).collect();
        assert_eq!(
            rows,
            [
                31, 62, 93, 124, 156, 187, 218, 249, 280, 311, 342, 373, 405, 436, 467, 498, 529,
                560, 591, 622, 654, 685, 716, 747, 778
            ]
        );
        // 22.5 and 67.5 are rounded to even.
        assert_eq!(
            changepoint_rows(114, 4, 0.8).collect::<Vec<_>>(),
            [22, 45, 68, 90]
        );
    }

    #[test]
    fn short_histories_have_fewer() {
        assert_eq!(changepoint_rows(14, 25, 0.8).count(), 10);
        assert_eq!(changepoint_rows(2, 25, 0.8).count(), 0);
        assert_eq!(changepoint_rows(0, 25, 0.8).count(), 0);
    }
}
