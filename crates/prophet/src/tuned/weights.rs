//! How much each setting counts.

/// Weights fall with this power of the inner error: a setting twice as far off counts 1/256.
const ERROR_POWER: i32 = 8;

/// Shares of its last slope that the trend may go on with after the history.
pub(crate) const SLOPE_SHARES: [f64; 3] = [0.0, 0.5, 1.0];

/// How likely each share is before any error is known. A trend extrapolated at full slope is the
/// largest error Prophet makes, and one that stops never predicts growth.
const SLOPE_PRIORS: [f64; SLOPE_SHARES.len()] = [0.7, 0.2, 0.1];

/// What one setting contributes to a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Weight {
    /// The weight of its forecast with a trend that stops; weights of all settings add up to 1.
    pub(crate) share: f64,
    /// The weight of its last slope: at most `share`.
    pub(crate) slope: f64,
}

/// A setting's mean absolute error at one inner origin, for each of [`SLOPE_SHARES`].
pub(crate) type Errors = [f64; SLOPE_SHARES.len()];

/// Weights from the errors of each setting at the inner origins (`errors[origin][setting]`),
/// leaving out origin `except`.
///
/// An error is the mean over origins. Where there is none, the priors alone decide; where settings
/// are without error, they share the weight.
pub(crate) fn weights(
    errors: &[Vec<Errors>],
    settings: usize,
    except: Option<usize>,
) -> Vec<Weight> {
    let mut sums = vec![[0.0; SLOPE_SHARES.len()]; settings];
    for (origin, of_settings) in errors.iter().enumerate() {
        if Some(origin) == except {
            continue;
        }
        for (sum, errors) in sums.iter_mut().zip(of_settings) {
            for (sum, error) in sum.iter_mut().zip(errors) {
                *sum += error;
            }
        }
    }
    let least = sums
        .iter()
        .flatten()
        .fold(f64::INFINITY, |least, sum| least.min(*sum));
    let mut total = 0.0;
    let mut weights = vec![Weight::default(); settings];
    for (weight, sums) in weights.iter_mut().zip(&sums) {
        let members = sums.iter().zip(SLOPE_SHARES).zip(SLOPE_PRIORS);
        for ((sum, slope_share), prior) in members {
            // Relative to the best, so that no power overflows.
            let ratio = if *sum > least { least / sum } else { 1.0 };
            // What has no error to speak of has no weight.
            let prior = if sum.is_finite() { prior } else { 0.0 };
            let member = prior * ratio.powi(ERROR_POWER);
            weight.share += member;
            weight.slope += member * slope_share;
            total += member;
        }
    }
    for weight in &mut weights {
        weight.share /= total;
        weight.slope /= total;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_setting_counts_more() {
        let errors = vec![vec![[1.0; 3], [2.0; 3]]];
        let found = weights(&errors, 2, None);
        assert!((found[0].share - 256.0 / 257.0).abs() < 1e-12);
        assert!((found[0].share + found[1].share - 1.0).abs() < 1e-12);
        // 0.2 · ½ + 0.1 of the weight goes on with the slope.
        assert!((found[0].slope / found[0].share - 0.2).abs() < 1e-12);
    }

    #[test]
    fn without_errors_the_priors_decide() {
        for errors in [vec![], vec![vec![[0.0; 3], [0.0; 3]]]] {
            let found = weights(&errors, 2, None);
            for weight in found {
                assert!((weight.share - 0.5).abs() < 1e-12);
                assert!((weight.slope - 0.1).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_setting_without_a_number_has_no_weight() {
        let errors = vec![vec![[f64::NAN; 3], [2.0; 3]]];
        let found = weights(&errors, 2, None);
        assert_eq!((found[0].share, found[1].share), (0.0, 1.0));
    }

    #[test]
    fn an_origin_can_be_left_out() {
        let errors = vec![vec![[1.0; 3], [1.0; 3]], vec![[9.0; 3], [1.0; 3]]];
        let found = weights(&errors, 2, Some(1));
        assert!((found[0].share - 0.5).abs() < 1e-12);
        assert!(weights(&errors, 2, None)[0].share < 0.01);
    }
}
