//! This says whether a fleet's blend is better with a further engine in it than without. The whole fleet is asked, for what one series
//! gained at its backtest says little of its future.

use std::iter::Sum;

use fleetcast_core::metrics;

use crate::past_errors::PastErrors;
use crate::window::Window;
use crate::{Case, Contender, FurtherEngine};

/// Series that a fleet must have, at least, for a model of the fleet to be followed.
const LEAST_SERIES: u64 = 5;

/// The fleet's errors with the engine must be larger than without by this ratio for it not to be followed: one backtest is one stretch of
/// days, and blends of whole fleets that were up to this much worse on it were better in the days that followed.
const CLEARLY_WORSE: f64 = 1.05;

/// Knowledge of fleets in general counts as so many series: those of a small fleet go up and down together.
const KNOWN_SERIES: f64 = 20.0;

/// Such series gain this much: it is a logarithm, some 2 %.
const KNOWN_GAIN: f64 = 0.02;

/// What one series counts at most: a factor of four in the error.
const MOST: f64 = 1.386_294_361_119_890_6;

/// One part of a whole number that gains are added up in, so that their order changes nothing.
const UNIT: f64 = 4_294_967_296.0;

/// What the blends of a fleet gained at the backtest by a further engine.
///
/// Gains of parts of a fleet add up to that of the whole, whatever the parts and their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FleetGain {
    series: u64,
    /// The sum of the logarithms of error without over error with it, in parts of [`UNIT`].
    sum: i64,
}

impl FleetGain {
    /// Returns what one series gained; nothing where there is no backtest to tell by.
    #[must_use]
    pub fn of(case: &Case<'_>, model: Contender) -> Self {
        gain(case, model).map_or_else(Self::default, Self::of_logarithm)
    }

    fn of_logarithm(gain: f64) -> Self {
        Self {
            series: 1,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a number of the size of 2 times 2^32"
            )]
            sum: (gain.clamp(-MOST, MOST) * UNIT).round() as i64,
        }
    }

    /// Returns the ratio of the errors with the engine to those without, a geometric mean over series; `None` of none.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.series > 0).then(|| (-(self.sum as f64 / UNIT) / self.series as f64).exp())
    }

    /// Returns why the engine of this name is not followed, in words; `None` where it is.
    #[must_use]
    pub fn why_not(&self, engine: &str) -> Option<String> {
        if self.series < LEAST_SERIES {
            let series = self.series;
            return Some(format!(
                "{engine} is not followed: it has a backtest of {series} series, of {LEAST_SERIES} at least"
            ));
        }
        let ratio = self.ratio()?;
        let gained = self.sum as f64 / UNIT + KNOWN_SERIES * KNOWN_GAIN;
        let expected = -gained / (self.series as f64 + KNOWN_SERIES);
        (expected > CLEARLY_WORSE.ln()).then(|| {
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
        })
    }
}

/// What the blends of a fleet gained at the backtest by each further engine, in the order in which these stand in a [`Case`].
///
/// Gains of parts of a fleet add up to those of the whole, whatever the parts and their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FleetGains(Vec<FleetGain>);

impl FleetGains {
    /// Returns what one series gained by each further engine of its case, whether that is followed or not.
    #[must_use]
    pub fn of(case: &Case<'_>) -> Self {
        let engines = case.further.iter();
        Self(engines.map(|one| FleetGain::of(case, one.model)).collect())
    }

    /// Returns what was gained by the further engine at a place; `None` where nothing was added up for it.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<FleetGain> {
        self.0.get(place).copied()
    }
}

impl Sum for FleetGains {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, gains| {
            let most = sum.0.len().max(gains.0.len());
            sum.0.resize(most, FleetGain::default());
            for (sum, gain) in sum.0.iter_mut().zip(gains.0) {
                *sum = [*sum, gain].into_iter().sum();
            }
            sum
        })
    }
}

/// The logarithm of the blend's error on the backtest without the engine over that with it.
fn gain(case: &Case<'_>, model: Contender) -> Option<f64> {
    let with = case.further.iter().filter(|engine| engine.model == model);
    let with = with.map(|engine| FurtherEngine {
        not_followed: None,
        ..*engine
    });
    let with: Vec<FurtherEngine<'_>> = with.collect();
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
            fleet(&[1.1; 100]).why_not("xgboost").unwrap(),
            "xgboost is not followed: with it the fleet's errors on the backtest are 10.0 % larger"
        );
        // What a few series lost says little.
        assert_eq!(fleet(&[1.25; 5]).why_not("xgboost"), None);
        assert!(fleet(&[2.0; 5]).why_not("xgboost").is_some());
        assert_eq!(
            fleet(&[0.5; 4]).why_not("xgboost").unwrap(),
            "xgboost is not followed: it has a backtest of 4 series, of 5 at least"
        );
        // One series that loses everything is one series.
        assert_eq!(fleet(&[1e9, 0.7, 0.7, 0.7, 0.7]).why_not("xgboost"), None);
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
        // A part without series says nothing of any engine.
        let of_engines = |part: &[f64]| FleetGains(vec![fleet(part), FleetGain::default()]);
        let parts = [
            of_engines(&ratios[2..]),
            FleetGains::default(),
            of_engines(&ratios[..2]),
        ];
        let whole: FleetGains = parts.into_iter().sum();
        assert_eq!(whole, of_engines(&ratios));
        assert_eq!(whole.at(0), Some(fleet(&ratios)));
        assert_eq!(whole.at(2), None);
    }
}
