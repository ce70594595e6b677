//! Sample quantiles.

/// Returns the sample quantile at `probability` (0 to 1) of values sorted from the smallest on, by linear
/// interpolation of order statistics: definition 7 of Hyndman & Fan 1996, *Sample quantiles in
/// statistical packages*, The American Statistician 50(4), 361-365, as `NumPy` and R take it.
///
/// NaN where there is no value. It lies between the smallest and the largest one, and does not
/// overflow.
///
/// ```
/// let sorted = [1.0, 2.0, 4.0];
/// assert_eq!(fleetcast_numerics::quantile_of_sorted(&sorted, 0.75), 3.0);
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

/// Returns the place, counted from 0 and from the smallest on, of the value among `count` exchangeable
/// ones that bounds the next one with at least the probability `level` (0 to 1); `None` where there is
/// no value.
///
/// The rank is ⌈(n + 1)·level⌉: the next value is as likely to fall into each of the n + 1 gaps between
/// those there are. It is the rank of split conformal prediction (Vovk, Gammerman & Shafer 2005,
/// *Algorithmic Learning in a Random World*; Lei, G'Sell, Rinaldo, Tibshirani & Wasserman 2018,
/// *Distribution-free predictive inference for regression*, Journal of the American Statistical
/// Association 113(523), 1094-1111, algorithm 2). Where it lies beyond the values there are, no value
/// bounds the next one that surely, and the largest is the best there is.
///
/// ```
/// use fleetcast_numerics::conformal_rank;
///
/// assert_eq!(conformal_rank(9, 0.8), Some(7));
/// assert_eq!(conformal_rank(9, 0.99), Some(8));
/// assert_eq!(conformal_rank(0, 0.8), None);
/// ```
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank among the values, at least 0"
)]
#[must_use]
pub fn conformal_rank(count: usize, level: f64) -> Option<usize> {
    let last = count.checked_sub(1)?;
    let rank = (level * (count + 1) as f64).ceil() as usize;
    Some(rank.saturating_sub(1).min(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A further value can take n + 1 places among the others: at least the share `level` of them lie at
    /// or below the rank, and one rank less would be too few.
    #[test]
    fn the_rank_is_the_smallest_that_holds_the_next_value_often_enough() {
        for count in 1..200 {
            for level in [0.5, 0.8, 0.9, 0.95] {
                let rank = conformal_rank(count, level).unwrap() + 1;
                let holds = |rank: usize| rank as f64 / (count + 1) as f64 >= level - 1e-12;
                assert!(holds(rank) || rank == count, "{count}, {level}: {rank}");
                assert!(!holds(rank - 1), "{count}, {level}: {rank}");
            }
        }
        assert_eq!(conformal_rank(3, 0.99), Some(2));
        assert_eq!(conformal_rank(0, 0.5), None);
    }

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
