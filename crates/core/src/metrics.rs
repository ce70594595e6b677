//! How good a forecast was: the project's one definition of every metric.
//!
//! All functions take the actual values and the forecasts of the same days, in order. A day whose
//! actual value is missing (NaN) is left out of every metric. None of them returns NaN or an
//! infinity for finite input; where a metric is undefined it is `None`.
//!
//! Sources: Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed., §5.8 and
//! §5.9 (MAE, RMSE, MAPE, sMAPE, MASE, quantile score); Hyndman & Koehler 2006, *Another look at
//! measures of forecast accuracy*, International Journal of Forecasting 22(4), 679-688 (MASE);
//! Kolassa & Schütz 2007, *Advantages of the MAD/Mean ratio over the MAPE*, Foresight 6, 40-43
//! (WAPE).

use crate::IntervalLevel;

/// Days whose actual value is below this share of the window's mean absolute value are not scored
/// by MAPE: a division by almost nothing says nothing about a forecast.
pub const MAPE_RELATIVE_FLOOR: f64 = 1e-3;

/// The season length of MASE: a week of days.
pub const MASE_SEASON: usize = 7;

/// The (actual, forecast) pairs of the days that have an actual value.
fn scored_days<'a>(
    actual: &'a [f64],
    yhat: &'a [f64],
) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    debug_assert_eq!(actual.len(), yhat.len(), "one forecast a day");
    actual
        .iter()
        .copied()
        .zip(yhat.iter().copied())
        .filter(|(actual, _)| !actual.is_nan())
}

/// The mean of some numbers, or `None` of none, or where one of them has overflowed.
fn mean(numbers: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let (mut count, mut sum) = (0.0, 0.0);
    for number in numbers.clone() {
        count += 1.0;
        sum += number;
    }
    if sum.is_finite() {
        return (count > 0.0).then(|| sum / count);
    }
    // A running mean stays inside the range of its numbers: slower, but near f64::MAX no overflow.
    let (mut count, mut mean) = (0.0, 0.0);
    for number in numbers {
        count += 1.0;
        mean += number / count - mean / count;
    }
    mean.is_finite().then_some(mean)
}

/// A mean absolute percentage error and the days it rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Mape {
    /// 100 · mean(|y − ŷ| / |y|) over the days that can be scored, or `None` where none can.
    pub percent: Option<f64>,
    /// How many days could be scored.
    pub n_scored: usize,
    /// How many days have an actual value.
    pub n_days: usize,
}

impl Mape {
    /// Whether at least half the days with an actual value could be scored: only then MAPE may
    /// decide between forecasts.
    #[must_use]
    pub fn is_representative(&self) -> bool {
        self.n_scored > 0 && 2 * self.n_scored >= self.n_days
    }
}

/// Mean absolute percentage error, over days with |y| above [`MAPE_RELATIVE_FLOOR`] times the
/// window's mean |y|.
#[must_use]
pub fn mape(actual: &[f64], yhat: &[f64]) -> Mape {
    let days = scored_days(actual, yhat);
    let n_days = days.clone().count();
    let level = mean(days.clone().map(|(actual, _)| actual.abs())).unwrap_or(0.0);
    let floor = MAPE_RELATIVE_FLOOR * level;
    let scored = days.filter(|(actual, _)| actual.abs() > floor);
    Mape {
        n_scored: scored.clone().count(),
        n_days,
        percent: mean(scored.map(|(actual, yhat)| 100.0 * ((actual - yhat) / actual).abs())),
    }
}

/// Mean absolute error, in the series' unit.
#[must_use]
pub fn mae(actual: &[f64], yhat: &[f64]) -> Option<f64> {
    mean(scored_days(actual, yhat).map(|(actual, yhat)| (actual - yhat).abs()))
}

/// Root mean squared error, in the series' unit.
#[must_use]
pub fn rmse(actual: &[f64], yhat: &[f64]) -> Option<f64> {
    let errors = scored_days(actual, yhat).map(|(actual, yhat)| (actual - yhat).abs());
    let largest = errors.clone().fold(0.0, f64::max);
    if largest == 0.0 {
        return mean(errors);
    }
    // Scaled by the largest error, so that squares neither overflow nor vanish.
    mean(errors.map(|error| (error / largest).powi(2))).map(|mean| largest * mean.sqrt())
}

/// Mean error, forecast minus actual, in the series' unit: positive where forecasts are too high.
#[must_use]
pub fn bias(actual: &[f64], yhat: &[f64]) -> Option<f64> {
    mean(scored_days(actual, yhat).map(|(actual, yhat)| yhat - actual))
}

/// Weighted absolute percentage error, 100 · Σ|y − ŷ| / Σ|y|, in percent; `None` where every
/// actual value is zero.
#[must_use]
pub fn wape(actual: &[f64], yhat: &[f64]) -> Option<f64> {
    let error = mae(actual, yhat)?;
    let level = mean(scored_days(actual, yhat).map(|(actual, _)| actual.abs()))?;
    let percent = ratio(error, level).map(|ratio| 100.0 * ratio);
    percent.filter(|percent| percent.is_finite())
}

/// Symmetric mean absolute percentage error, 100 · mean(2|y − ŷ| / (|y| + |ŷ|)), from 0 to 200
/// percent; a day on which both are zero counts as 0.
#[must_use]
pub fn smape(actual: &[f64], yhat: &[f64]) -> Option<f64> {
    mean(scored_days(actual, yhat).map(|(actual, yhat)| {
        let size = actual.abs() + yhat.abs();
        ratio((actual - yhat).abs(), size).map_or(0.0, |ratio| 200.0 * ratio)
    }))
}

/// The scale of MASE: the mean absolute difference of days one [`MASE_SEASON`] apart in
/// `training`, in the series' unit; `None` where there is no such pair of days.
#[must_use]
pub fn mase_scale(training: &[f64]) -> Option<f64> {
    let seasonal_pairs = training.iter().zip(training.get(MASE_SEASON..)?);
    mean(
        seasonal_pairs
            .map(|(earlier, later)| (later - earlier).abs())
            .filter(|difference| !difference.is_nan()),
    )
}

/// Mean absolute scaled error: the mean absolute error as a multiple of `scale`, from
/// [`mase_scale`]; `None` where the scale is zero.
#[must_use]
pub fn mase(actual: &[f64], yhat: &[f64], scale: f64) -> Option<f64> {
    ratio(mae(actual, yhat)?, scale)
}

/// The share of actual values inside `[lower, upper]`, from 0 to 1.
#[must_use]
pub fn coverage(actual: &[f64], lower: &[f64], upper: &[f64]) -> Option<f64> {
    let bounds = lower.iter().copied().zip(upper.iter().copied());
    mean(
        actual
            .iter()
            .copied()
            .zip(bounds)
            .filter(|(actual, _)| !actual.is_nan())
            .map(|(actual, (lower, upper))| {
                f64::from(u8::from(lower <= actual && actual <= upper))
            }),
    )
}

/// Pinball loss (quantile score) of an interval forecast, in the series' unit: the mean over days
/// and over three quantiles, the lower bound, the point forecast (as the median) and the upper
/// bound, of a central interval at `level`. Smaller is better.
#[must_use]
pub fn pinball(
    actual: &[f64],
    yhat: &[f64],
    lower: &[f64],
    upper: &[f64],
    level: IntervalLevel,
) -> Option<f64> {
    let upper_probability = level.upper_probability();
    let loss = |quantiles: &[f64], probability: f64| {
        mean(scored_days(actual, quantiles).map(|(actual, quantile)| {
            let shortfall = actual - quantile;
            (probability * shortfall).max((probability - 1.0) * shortfall)
        }))
    };
    let losses = [
        loss(lower, 1.0 - upper_probability)?,
        loss(yhat, 0.5)?,
        loss(upper, upper_probability)?,
    ];
    mean(losses.into_iter())
}

/// `part / whole`, or `None` where the whole is zero or the quotient overflows.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    let ratio = part / whole;
    ratio.is_finite().then_some(ratio)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAN: f64 = f64::NAN;

    #[track_caller]
    fn check(found: Option<f64>, expected: f64) {
        let found = found.expect("the metric is defined");
        assert!(
            (found - expected).abs() < 1e-12,
            "{found} is not {expected}"
        );
    }

    #[test]
    fn figures_worked_out_by_hand() {
        let actual = [10.0, 20.0, NAN, 40.0];
        let yhat = [12.0, 16.0, 99.0, 40.0];
        check(mape(&actual, &yhat).percent, 40.0 / 3.0);
        check(mae(&actual, &yhat), 2.0);
        check(rmse(&actual, &yhat), (20.0_f64 / 3.0).sqrt());
        check(bias(&actual, &yhat), -2.0 / 3.0);
        check(wape(&actual, &yhat), 600.0 / 70.0);
        check(smape(&actual, &yhat), (400.0 / 22.0 + 800.0 / 36.0) / 3.0);
        check(mase(&actual, &yhat, 4.0), 0.5);
    }

    #[test]
    fn zeros_have_a_policy() {
        let idle = [0.0, 0.0, 0.0, 5.0];
        let scored = mape(&idle, &[1.0, 0.0, 0.0, 4.0]);
        check(scored.percent, 20.0);
        assert_eq!((scored.n_scored, scored.n_days), (1, 4));
        assert!(!scored.is_representative(), "one day in four is no basis");

        let zero = [0.0; 4];
        assert_eq!(mape(&zero, &[1.0; 4]).percent, None);
        assert_eq!(wape(&zero, &[1.0; 4]), None);
        check(mae(&zero, &[1.0; 4]), 1.0);
        check(smape(&zero, &[0.0; 4]), 0.0);
        check(smape(&zero, &[1.0; 4]), 200.0);
        assert_eq!(mase(&zero, &[1.0; 4], 0.0), None);
    }

    #[test]
    fn what_overflows_is_none() {
        // Percentages of the smallest numbers there are, and differences of the largest.
        assert_eq!(mape(&[5e-324, 5e-324], &[1e98, 1e98]).percent, None);
        assert_eq!(wape(&[1e-307], &[0.61]), None);
        let (largest, smallest) = ([f64::MAX; 2], [f64::MIN; 2]);
        assert_eq!(mae(&largest, &smallest), None);
        assert_eq!(bias(&largest, &smallest), None);
        assert_eq!(rmse(&largest, &smallest), None);
        let swings: Vec<f64> = (0..14)
            .map(|day| if day < 7 { f64::MAX } else { f64::MIN })
            .collect();
        assert_eq!(mase_scale(&swings), None);
    }

    #[test]
    fn almost_zero_is_not_scored_by_mape() {
        let scored = mape(&[1e-9, 50.0, 50.0], &[1.0, 55.0, 50.0]);
        check(scored.percent, 5.0);
        assert_eq!(scored.n_scored, 2);
        assert!(scored.is_representative());
    }

    #[test]
    fn nothing_to_score_is_none() {
        for actual in [&[][..], &[NAN, NAN]] {
            let yhat = vec![1.0; actual.len()];
            assert_eq!(mape(actual, &yhat).percent, None);
            assert!(!mape(actual, &yhat).is_representative());
            assert_eq!(mae(actual, &yhat), None);
            assert_eq!(rmse(actual, &yhat), None);
            assert_eq!(coverage(actual, &yhat, &yhat), None);
        }
    }

    #[test]
    fn the_scale_of_mase_is_the_weekly_difference() {
        let growing: Vec<f64> = (0..20).map(f64::from).collect();
        check(mase_scale(&growing), 7.0);
        let mut gappy = growing;
        gappy[9] = NAN;
        check(mase_scale(&gappy), 7.0);
        assert_eq!(mase_scale(&[1.0; 7]), None);
    }

    #[test]
    fn intervals_are_scored() {
        let actual = [1.0, 5.0, NAN, 9.0];
        let (lower, upper) = ([0.0; 4], [5.0; 4]);
        check(coverage(&actual, &lower, &upper), 2.0 / 3.0);
        // Lower at 10 %: 0.1·(1 + 5 + 9); median at 3: ½·(2 + 2 + 6); upper at 90 %:
        // 0.1·4 + 0 + 0.9·4.
        let expected = (1.5 / 3.0 + 5.0 / 3.0 + 4.0 / 3.0) / 3.0;
        check(
            pinball(
                &actual,
                &[3.0; 4],
                &lower,
                &upper,
                IntervalLevel::EIGHTY_PERCENT,
            ),
            expected,
        );
    }

    proptest! {
        #[test]
        fn metrics_are_finite_and_scale_with_the_data(
            days in prop::collection::vec((-1e6..1e6_f64, -1e6..1e6_f64), 1..50),
            power in -12..12_i32,
        ) {
            let (actual, yhat): (Vec<f64>, Vec<f64>) = days.into_iter().unzip();
            let scale = 2.0_f64.powi(power);
            let scaled = |values: &[f64]| values.iter().map(|v| v * scale).collect::<Vec<_>>();
            let (actual_scaled, yhat_scaled) = (scaled(&actual), scaled(&yhat));

            for metric in [mae, rmse, bias] {
                let (plain, scaled) = (metric(&actual, &yhat), metric(&actual_scaled, &yhat_scaled));
                prop_assert_eq!(plain.map(|value| value * scale), scaled);
                prop_assert!(plain.is_some_and(f64::is_finite));
            }
            for metric in [wape, smape, |a: &[f64], f: &[f64]| mape(a, f).percent] {
                prop_assert_eq!(metric(&actual, &yhat), metric(&actual_scaled, &yhat_scaled));
                prop_assert!(metric(&actual, &yhat).is_none_or(f64::is_finite));
            }
        }

        #[test]
        fn metrics_never_return_nan(
            actual in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..20),
        ) {
            // Values of any size are halved, so that the error itself can be represented.
            let actual: Vec<f64> = actual.iter().map(|value| value / 4.0).collect();
            let yhat: Vec<f64> = actual.iter().rev().copied().collect();
            for metric in [mae, rmse, bias, wape, smape, |a: &[f64], f: &[f64]| mape(a, f).percent] {
                prop_assert!(metric(&actual, &yhat).is_none_or(|value| !value.is_nan()));
            }
        }

        #[test]
        fn a_perfect_forecast_has_no_error(
            actual in prop::collection::vec(0.1..1e9_f64, 1..50),
        ) {
            for metric in [mae, rmse, bias, wape, smape, |a: &[f64], f: &[f64]| mape(a, f).percent] {
                prop_assert_eq!(metric(&actual, &actual), Some(0.0));
            }
            prop_assert_eq!(coverage(&actual, &actual, &actual), Some(1.0));
        }
    }
}
