//! Intervals by simulation, where the law has no closed form: logistic growth, and seasons that
//! multiply the trend.
//!
//! The law is Prophet's (Taylor & Letham 2018, §3.1.4; `prophet/forecaster.py`, `sample_model`):
//! see [`TrendUncertainty`](crate::TrendUncertainty). The draws come from one bank with a fixed
//! seed, the same for every series: an interval does not change from run to run, and two series'
//! intervals differ by what the series are, not by luck.

use std::f64::consts::TAU;

use fleetcast_core::{IntervalLevel, quantile_of_sorted};
use libm::{cos, log, sqrt};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::interval::law::{LAMBDA_FLOOR, mean_absolute};
use crate::solver::expit;

/// The seed of every bank.
const SEED: u64 = 20_170_223;

/// Futures that Prophet draws by default (`uncertainty_samples`).
const DEFAULT_FUTURES: usize = 1000;

/// How a trend grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Growth<'a> {
    /// k·t + m + Σ δⱼ (t − sⱼ)₊.
    Linear,
    /// cap · expit(k·(t − m) + Σ δⱼ (t − sⱼ)₊), with a capacity a future day in scaled units.
    Logistic(&'a [f64]),
}

/// A fitted model and the days it is to be continued over, all in Prophet's scaled units: y as a
/// multiple of `y_scale`, time 0 at the first observation and 1 at the last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FutureModel<'a> {
    /// How the trend grows.
    pub growth: Growth<'a>,
    /// Slope at the beginning.
    pub k: f64,
    /// Offset.
    pub m: f64,
    /// Slope changes.
    pub delta: &'a [f64],
    /// When the slope changes; as many as there are changes.
    pub changepoints: &'a [f64],
    /// The noise's standard deviation.
    pub sigma: f64,
    /// Future times, ascending, above 1.
    pub t: &'a [f64],
    /// What multiplies the trend on each of them: 1 plus the multiplicative features.
    pub factor: &'a [f64],
    /// What is added on each of them: the additive features.
    pub added: &'a [f64],
}

/// A slope change that a future may hold.
#[derive(Debug, Clone, Copy)]
struct SlopeChange {
    /// When, after the history, in units of its length.
    at: f64,
    /// How large, in units of the mean absolute change.
    size: f64,
}

/// One possible future.
#[derive(Debug, Clone)]
struct Future {
    /// The slope changes, in the order of time.
    changes: Vec<SlopeChange>,
    /// Standard normal, a value a day.
    noise: Vec<f64>,
}

/// Slope changes a future may have: with 25 changepoints and a horizon of ten years after two weeks of
/// history there are 6,500 on average.
const MOST_CHANGES: usize = 100_000;

/// Possible futures of trend and noise, drawn once and shared by all series that have as many
/// changepoints and are forecast as far.
#[derive(Debug, Clone)]
pub struct TrendSimulation {
    futures: Vec<Future>,
}

impl TrendSimulation {
    /// A thousand futures, as many as Prophet draws. One has at most 100,000 slope changes, however
    /// far it reaches.
    ///
    /// `changepoints` is the number of potential changepoints in the history, `reach` the last
    /// future time less 1, `days` the number of future days.
    #[must_use]
    pub fn new(changepoints: usize, reach: f64, days: usize) -> Self {
        Self::with_futures(DEFAULT_FUTURES, changepoints, reach, days)
    }

    /// Simulates as many futures as `count` says: the error of a quantile falls with their square root.
    #[must_use]
    pub fn with_futures(count: usize, changepoints: usize, reach: f64, days: usize) -> Self {
        let mut draws = Draws(Pcg64::seed_from_u64(SEED));
        let futures = (0..count)
            .map(|_| Future {
                changes: draws.slope_changes(changepoints as f64, reach),
                noise: (0..days).map(|_| draws.normal()).collect(),
            })
            .collect();
        Self { futures }
    }

    /// The central interval at `level`: lower and upper bound on each future day, in scaled units.
    ///
    /// Days beyond those the simulation was made for, or without a factor or an addition, have no
    /// bounds; without a capacity, bounds are NaN.
    #[must_use]
    pub fn interval(&self, model: &FutureModel<'_>, level: IntervalLevel) -> [Vec<f64>; 2] {
        let scale = mean_absolute(model.delta) + LAMBDA_FLOOR;
        let mut by_day = vec![Vec::with_capacity(self.futures.len()); model.t.len()];
        for future in &self.futures {
            let mut changes = future.changes.iter().peekable();
            // What the future's slope changes add up to: slope, and offset at t = 1.
            let (mut slope, mut offset) = (0.0, 0.0);
            let effects = model.factor.iter().zip(model.added);
            let days = model
                .t
                .iter()
                .zip(effects)
                .zip(&future.noise)
                .zip(&mut by_day);
            for (day, (((t, (factor, added)), noise), values)) in days.enumerate() {
                let ahead = t - 1.0;
                while let Some(change) = changes.next_if(|change| change.at < ahead) {
                    slope += scale * change.size;
                    offset -= scale * change.size * change.at;
                }
                let trend = model.trend(day, *t, offset + slope * ahead);
                let yhat = trend * factor + added;
                values.push(yhat + model.sigma * noise);
            }
        }
        for values in &mut by_day {
            values.sort_unstable_by(f64::total_cmp);
        }
        let upper = level.upper_probability();
        [1.0 - upper, upper].map(|probability| {
            by_day
                .iter()
                .filter(|values| !values.is_empty())
                .map(|values| quantile_of_sorted(values, probability))
                .collect()
        })
    }
}

impl FutureModel<'_> {
    /// The trend at one future time, with `deviation` added to the argument of its curve.
    fn trend(&self, day: usize, t: f64, deviation: f64) -> f64 {
        let changes: f64 = self
            .changepoints
            .iter()
            .zip(self.delta)
            .map(|(changepoint, delta)| delta * (t - changepoint).max(0.0))
            .sum();
        match self.growth {
            Growth::Linear => self.k * t + self.m + changes + deviation,
            Growth::Logistic(cap) => {
                let cap = cap.get(day).copied().unwrap_or(f64::NAN);
                cap * expit(self.k * (t - self.m) + changes + deviation)
            }
        }
    }
}

/// Random numbers from one stream, by transforms that are the same on every machine.
#[derive(Debug)]
struct Draws(Pcg64);

impl Draws {
    /// Between 0 and 1, neither of them.
    fn uniform(&mut self) -> f64 {
        loop {
            let draw: f64 = self.0.random();
            if draw > 0.0 {
                return draw;
            }
        }
    }

    fn exponential(&mut self) -> f64 {
        -log(self.uniform())
    }

    /// Draws a standard normal number by Box & Muller 1958, *A note on the generation of random normal deviates*, Annals of
    /// Mathematical Statistics 29, 610-611.
    fn normal(&mut self) -> f64 {
        let radius = sqrt(2.0 * self.exponential());
        radius * cos(TAU * self.uniform())
    }

    /// Laplace changes at the times of a Poisson process with `rate` arrivals a unit of time.
    fn slope_changes(&mut self, rate: f64, reach: f64) -> Vec<SlopeChange> {
        let mut changes = Vec::new();
        if rate <= 0.0 || !reach.is_finite() {
            return changes;
        }
        let mut at = self.exponential() / rate;
        while at < reach && changes.len() < MOST_CHANGES {
            let size = self.exponential();
            let size = if self.uniform() < 0.5 { size } else { -size };
            changes.push(SlopeChange { at, size });
            at += self.exponential() / rate;
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrendUncertainty;

    const DAYS: usize = 200;

    fn times() -> Vec<f64> {
        (1..=DAYS).map(|day| 1.0 + day as f64 / 973.0).collect()
    }

    fn model<'a>(t: &'a [f64], factor: &'a [f64], growth: Growth<'a>) -> FutureModel<'a> {
        FutureModel {
            growth,
            k: 0.3,
            m: 0.2,
            delta: &[0.4, -0.6, 0.2],
            changepoints: &[0.2, 0.4, 0.6],
            sigma: 0.02,
            t,
            factor,
            added: &[0.1; DAYS],
        }
    }

    #[test]
    fn where_there_is_a_closed_form_it_agrees() {
        let (t, ones) = (times(), vec![1.0; DAYS]);
        let reach = DAYS as f64 / 973.0;
        let simulation = TrendSimulation::with_futures(20_000, 3, reach, DAYS);
        let model = model(&t, &ones, Growth::Linear);
        let uncertainty = TrendUncertainty {
            changepoints: 3.0,
            mean_absolute_delta: 0.4,
            sigma: 0.02,
        };
        for share in [0.5, 0.8, 0.95] {
            let level = IntervalLevel::new(share).unwrap();
            let [lower, upper] = simulation.interval(&model, level);
            for day in [0, 20, 80, 199] {
                let found = (upper[day] - lower[day]) / 2.0;
                let expected = uncertainty.half_width(t[day] - 1.0, level);
                assert!(
                    (found / expected - 1.0).abs() < 0.05,
                    "{share} day {day}: {found} {expected}"
                );
                let middle = f64::midpoint(lower[day], upper[day]);
                let yhat = model.trend(day, t[day], 0.0) + 0.1;
                assert!((middle - yhat).abs() < 0.05 * expected, "{middle} {yhat}");
            }
        }
    }

    #[test]
    fn logistic_growth_stays_below_its_capacity() {
        let (t, ones, cap) = (times(), vec![1.0; DAYS], vec![1.2; DAYS]);
        let simulation = TrendSimulation::new(3, DAYS as f64 / 973.0, DAYS);
        let model = FutureModel {
            sigma: 0.0,
            added: &[0.0; DAYS],
            ..model(&t, &ones, Growth::Logistic(&cap))
        };
        let level = IntervalLevel::new(0.95).unwrap();
        let [lower, upper] = simulation.interval(&model, level);
        assert!(
            lower
                .iter()
                .zip(&upper)
                .all(|(lower, upper)| lower <= upper)
        );
        assert!(upper.iter().all(|upper| *upper <= 1.2));
        assert!(lower.iter().all(|lower| *lower >= 0.0));
    }

    #[test]
    fn features_that_multiply_widen_the_trends_part() {
        let (t, ones, twos) = (times(), vec![1.0; DAYS], vec![2.0; DAYS]);
        let simulation = TrendSimulation::new(3, DAYS as f64 / 973.0, DAYS);
        let width = |factor: &[f64]| {
            let model = FutureModel {
                sigma: 0.0,
                ..model(&t, factor, Growth::Linear)
            };
            let [lower, upper] = simulation.interval(&model, IntervalLevel::EIGHTY_PERCENT);
            upper[DAYS - 1] - lower[DAYS - 1]
        };
        assert!((width(&twos) / width(&ones) - 2.0).abs() < 1e-9);
    }
}
