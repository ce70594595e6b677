//! Whether a fleet's blend is better with a further engine in it than without: asked of the whole fleet, for what one series
//! gained at its backtest says little of its future.

use std::iter::Sum;

use fleetcast_core::metrics;

use crate::past_errors::PastErrors;
use crate::window::Window;
use crate::{Case, Contender};

/// Series that a fleet must have, at least, for a model of the fleet to be followed.
const LEAST_SERIES: u64 = 5;

/// How much larger, as a ratio, the fleet's errors must be with the engine for it not to be followed: one backtest is one stretch of
/// days, and blends of whole fleets that were up to this much worse on it were better in the days that followed.
const CLEARLY_WORSE: f64 = 1.05;

/// A loss must be one by so many standard errors of its mean over series.
const STANDARD_ERRORS: f64 = 2.0;

/// What one series counts at most: a factor of four in the error.
const MOST: f64 = 1.386_294_361_119_890_6;

/// One part of a whole number that gains are added up in, so that their order changes nothing.
const UNIT: f64 = 4_294_967_296.0;

/// What the blends of a fleet gained at the backtest by a further engine.
///
/// Gains of parts of a fleet add up to that of the whole, whatever the parts and their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FleetGain {
    series: u64,
    /// The sum of the logarithms of error without over error with it, in parts of [`UNIT`].
    sum: i64,
    /// The sum of their squares, likewise.
    squares: i64,
}

impl FleetGain {
    /// Returns what one series gained; nothing where there is no backtest to tell by.
    #[must_use]
    pub fn of(case: &Case<'_>, model: Contender) -> Self {
        gain(case, model).map_or_else(Self::default, Self::of_logarithm)
    }

    fn of_logarithm(gain: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a number of the size of 2 times 2^32"
        )]
        let in_units = |number: f64| (number * UNIT).round() as i64;
        let gain = gain.clamp(-MOST, MOST);
        Self {
            series: 1,
            sum: in_units(gain),
            squares: in_units(gain * gain),
        }
    }

    /// Returns the ratio of the errors with the engine to those without, a geometric mean over series; `None` of none.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.series > 0).then(|| (-(self.sum as f64 / UNIT) / self.series as f64).exp())
    }

    /// The standard error of the mean logarithm.
    fn standard_error(&self) -> f64 {
        let series = self.series as f64;
        let mean = self.sum as f64 / UNIT / series;
        let variance = (self.squares as f64 / UNIT / series - mean * mean).max(0.0);
        (variance / (series - 1.0).max(1.0)).sqrt()
    }

    /// Returns why the engine of this name is not followed, in words; `None` where it is.
    #[must_use]
    pub fn why_not(&self, engine: &str) -> Option<String> {
        if self.series < LEAST_SERIES {
            let series = self.series;
            return Some(format!(
                "{engine} is not followed: {series} series with a backtest are too few to learn from"
            ));
        }
        let ratio = self.ratio()?;
        let loss = ratio.ln();
        let is_clear = ratio > CLEARLY_WORSE && loss > STANDARD_ERRORS * self.standard_error();
        is_clear.then(|| {
            format!(
                "{engine} is not followed: with it the fleet's errors on the backtest are {:.1} % larger",
                100.0 * (ratio - 1.0)
            )
        })
    }
}

impl Sum for FleetGain {
    fn sum<I: Iterator<Item = Self>>(gains: I) -> Self {
        gains.fold(Self::default(), |sum, gain| Self {
            series: sum.series + gain.series,
            sum: sum.sum.saturating_add(gain.sum),
            squares: sum.squares.saturating_add(gain.squares),
        })
    }
}

/// The logarithm of the blend's error on the backtest without the engine over that with it.
fn gain(case: &Case<'_>, model: Contender) -> Option<f64> {
    let with = case.further.iter().filter(|engine| engine.model == model);
    let with: Vec<_> = with.copied().collect();
    with.first()?.forecasts.backtest.as_ref()?;
    let error = |case: &Case<'_>| {
        let window = Window::backtest(case, &PastErrors::at_inner_origins(case));
        metrics::mae(case.backtest(), window.yhat_of(Contender::Blend)?)
    };
    let without = error(&Case {
        further: &[],
        ..*case
    })?;
    let with = error(&Case {
        further: &with,
        ..*case
    })?;
    let gain = (without / with).ln();
    gain.is_finite().then_some(gain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a series gains whose error with the engine is so many times that without.
    fn gain(ratio: f64) -> FleetGain {
        FleetGain::of_logarithm(-f64::ln(ratio))
    }

    fn fleet(ratios: &[f64]) -> FleetGain {
        ratios.iter().copied().map(gain).sum()
    }

    #[test]
    fn a_fleet_follows_an_engine_unless_it_does_clearly_worse() {
        assert_eq!(fleet(&[0.9; 5]).why_not("xgboost"), None);
        assert_eq!(fleet(&[1.04; 50]).why_not("xgboost"), None);
        assert_eq!(
            fleet(&[1.07; 5]).why_not("xgboost").unwrap(),
            "xgboost is not followed: with it the fleet's errors on the backtest are 7.0 % larger"
        );
        assert_eq!(
            fleet(&[0.5; 4]).why_not("xgboost").unwrap(),
            "xgboost is not followed: 4 series with a backtest are too few to learn from"
        );
        // One series that loses everything is one series.
        assert_eq!(fleet(&[1e9, 0.7, 0.7, 0.7, 0.7]).why_not("xgboost"), None);
        // A few that differ much say little.
        assert_eq!(fleet(&[1.6, 1.4, 0.8, 0.9, 1.1]).why_not("xgboost"), None);
        assert_eq!(FleetGain::default().ratio(), None);
    }

    #[test]
    fn parts_add_up_in_any_order() {
        let ratios = [0.3, 1.7, 0.999_999, 1.000_001, 0.8];
        let mut turned = ratios;
        turned.reverse();
        assert_eq!(fleet(&ratios), fleet(&turned));
        let parts = [fleet(&ratios[..2]), fleet(&ratios[2..])];
        assert_eq!(parts.into_iter().sum::<FleetGain>(), fleet(&ratios));
    }
}
