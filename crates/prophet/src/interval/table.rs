//! Half widths of Prophet's interval, tabulated for series that share a window.
//!
//! In units of the noise σ, the deviation on one day ahead is a one-parameter family, in λ/σ: see
//! [`TrendUncertainty`]. A table of its quantiles, cubic between points, serves every series.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use fleetcast_core::{Horizon, IntervalLevel};
use rayon::prelude::*;

use crate::interval::law::TrendUncertainty;
use fleetcast_numerics::add_scaled;

/// Points a day.
const POINTS: usize = 64;

/// A table runs over the ratio of the trend's standard deviation on the last day to the noise's:
/// from where the trend adds half a part in ten thousand …
const LEAST_RATIO: f64 = 0.01;

/// … to where the noise is next to nothing.
const MOST_RATIO: f64 = 20.0;

/// Days ahead at which the law itself is asked; the days between are cubic in the logarithm of
/// the time ahead.
const NODES_AHEAD: usize = 48;

/// Which law a table is of, and for which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TableKey {
    /// Days from first to last observation.
    span: usize,
    changepoints: usize,
    horizon: usize,
    /// The level's bits.
    level: u64,
}

impl TableKey {
    /// The days after a window of `span` + 1 days that holds `changepoints`.
    pub(crate) fn new(
        span: usize,
        changepoints: usize,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Self {
        Self {
            span,
            changepoints,
            horizon: horizon.days(),
            level: level.share().to_bits(),
        }
    }
}

/// Half widths on every day of a horizon, in units of the noise, by the logarithm of λ/σ.
#[derive(Debug)]
pub(crate) struct IntervalTable {
    horizon: usize,
    /// The first point.
    first: f64,
    /// How far apart points are.
    distance: f64,
    /// A row a point, a value a day.
    half_widths: Vec<f64>,
}

/// The tables made so far. They save time and change nothing: which series use one does not depend
/// on what was made before.
#[derive(Debug, Default)]
pub(crate) struct IntervalTables {
    tables: Mutex<HashMap<TableKey, Arc<IntervalTable>>>,
}

impl IntervalTables {
    /// The table for `key`, made where there is none yet.
    pub(crate) fn of(&self, key: TableKey) -> Arc<IntervalTable> {
        // A thread that panicked here left a whole table or none.
        let found = |tables: &HashMap<_, _>| tables.get(&key).map(Arc::clone);
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = found(&tables) {
            return table;
        }
        // Not while the lock is held: the work is shared among threads.
        drop(tables);
        let table = Arc::new(IntervalTable::new(key));
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tables.entry(key).or_insert(table))
    }
}

impl IntervalTable {
    fn new(key: TableKey) -> Self {
        let level = IntervalLevel::new(f64::from_bits(key.level));
        let level = level.unwrap_or(IntervalLevel::EIGHTY_PERCENT);
        let (span, changepoints) = (key.span as f64, key.changepoints as f64);
        let last = key.horizon as f64 / span;
        // The trend's variance is 2Sλ²τ³/3: see `TrendUncertainty`.
        let deviation_per_lambda = (2.0 * changepoints * last.powi(3) / 3.0).sqrt();
        let first = libm::log(LEAST_RATIO / deviation_per_lambda);
        let distance = libm::log(MOST_RATIO / LEAST_RATIO) / (POINTS - 1) as f64;
        let ahead = TimesAhead::new(key.horizon);
        let half_widths = (0..POINTS)
            .into_par_iter()
            .flat_map_iter(|point| {
                let uncertainty = TrendUncertainty {
                    changepoints,
                    mean_absolute_delta: libm::exp(first + point as f64 * distance),
                    sigma: 1.0,
                };
                ahead.on_every_day(|days| uncertainty.half_width(days / span, level))
            })
            .collect();
        Self {
            horizon: key.horizon,
            first,
            distance,
            half_widths,
        }
    }

    /// Writes the half width on every day of the horizon, in the noise's unit, or returns false
    /// where the table does not reach.
    ///
    /// Within 1e-4 of the exact ones, relatively.
    #[inline(always)]
    pub(crate) fn half_widths(
        &self,
        uncertainty: &TrendUncertainty,
        half_widths: &mut Vec<f64>,
    ) -> bool {
        let ratio = uncertainty.lambda() / uncertainty.sigma;
        let position = (libm::log(ratio) - self.first) / self.distance;
        let last = (POINTS - 1) as f64;
        if position.is_nan() || position > last {
            return false;
        }
        let position = position.max(0.0);
        let (row, weights) = cubic(position, POINTS);
        half_widths.clear();
        half_widths.resize(self.horizon, 0.0);
        for (offset, weight) in weights.into_iter().enumerate() {
            let start = (row + offset) * self.horizon;
            let values = &self.half_widths[start..start + self.horizon];
            add_scaled(half_widths, weight * uncertainty.sigma, values);
        }
        true
    }
}

/// Returns the half width on every day of a horizon that begins `skipped` days after a history of `span` days
/// plus one, in scaled units: the law itself, asked on some of the days where there are many, and cubic between
/// them. Within two thousandths of the exact ones and a thousandth of the horizon's last: where next to nothing is noise,
/// widths rise steeply as soon as a slope may have changed.
pub(crate) fn half_widths_by_law(
    uncertainty: &TrendUncertainty,
    span: f64,
    skipped: usize,
    horizon: Horizon,
    level: IntervalLevel,
) -> Vec<f64> {
    TimesAhead::new(horizon.days())
        .on_every_day(|days| uncertainty.half_width((skipped as f64 + days) / span, level))
}

/// The days ahead of a horizon, and nodes among them that are evenly spaced in the logarithm.
#[derive(Debug, Clone, Copy)]
struct TimesAhead {
    horizon: usize,
    /// The distance of two nodes' logarithms.
    distance: f64,
}

impl TimesAhead {
    fn new(horizon: usize) -> Self {
        Self {
            horizon,
            distance: libm::log(horizon as f64) / (NODES_AHEAD - 1) as f64,
        }
    }

    /// A function of the days ahead on every day of the horizon, from its values at the nodes.
    fn on_every_day(&self, of: impl Fn(f64) -> f64) -> Vec<f64> {
        if self.horizon <= NODES_AHEAD {
            return (1..=self.horizon).map(|day| of(day as f64)).collect();
        }
        let nodes: Vec<f64> = (0..NODES_AHEAD)
            .map(|node| of(libm::exp(node as f64 * self.distance)))
            .collect();
        (1..=self.horizon)
            .map(|day| {
                let position = libm::log(day as f64) / self.distance;
                let (row, weights) = cubic(position, NODES_AHEAD);
                let values = nodes[row..].iter().zip(weights);
                values.map(|(value, weight)| weight * value).sum()
            })
            .collect()
    }
}

/// The four of `points` points around a position (the first or last four at the ends): the index
/// of the first, and the weight of each.
#[inline(always)]
fn cubic(position: f64, points: usize) -> (usize, [f64; 4]) {
    let second = position.floor().clamp(1.0, (points - 3) as f64);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of points"
    )]
    let row = second as usize - 1;
    (row, lagrange(position - second))
}

/// Weights of the values at −1, 0, 1 and 2 in the cubic through them, at `x`.
#[inline(always)]
fn lagrange(x: f64) -> [f64; 4] {
    let (before, after, beyond) = (x + 1.0, x - 1.0, x - 2.0);
    [
        -x * after * beyond / 6.0,
        before * after * beyond / 2.0,
        -before * x * beyond / 2.0,
        before * x * after / 6.0,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_agrees_with_the_law() {
        let tables = IntervalTables::default();
        let mut found = Vec::new();
        for (span, changepoints, days) in [(973_u32, 25, 300), (1095, 25, 180), (99, 25, 60)] {
            let horizon = Horizon::new(days).unwrap();
            for share in [0.5, 0.8, 0.95] {
                let level = IntervalLevel::new(share).unwrap();
                let key = TableKey::new(span as usize, changepoints, horizon, level);
                let table = tables.of(key);
                for ratio in [1e-9, 1e-3, 0.07, 0.31, 1.0, 1.7, 9.0, 40.0] {
                    let sigma = 0.03;
                    let uncertainty = TrendUncertainty {
                        changepoints: 25.0,
                        mean_absolute_delta: ratio * sigma,
                        sigma,
                    };
                    if !table.half_widths(&uncertainty, &mut found) {
                        assert!(ratio > 5.0, "{span} {ratio}");
                        continue;
                    }
                    for (day, found) in found.iter().enumerate() {
                        let tau = (day + 1) as f64 / f64::from(span);
                        let expected = uncertainty.half_width(tau, level);
                        assert!(
                            (found / expected - 1.0).abs() < 1e-4,
                            "span {span} share {share} λ/σ {ratio} day {day}: {found} {expected}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn days_between_those_the_law_is_asked_on_agree_with_it() {
        for (span, skipped, lambda, sigma) in [
            (59.0, 0, 0.02, 1e-9),
            (59.0, 0, 1e-8, 1e-9),
            (59.0, 12, 0.3, 0.01),
            (1095.0, 0, 0.5, 1e-4),
            (1095.0, 41, 0.01, 0.05),
            (13.0, 0, 0.1, 0.001),
        ] {
            let uncertainty = TrendUncertainty {
                changepoints: 25.0,
                mean_absolute_delta: lambda,
                sigma,
            };
            for share in [0.5, 0.8, 0.95] {
                let level = IntervalLevel::new(share).unwrap();
                let horizon = Horizon::new(180).unwrap();
                let found = half_widths_by_law(&uncertainty, span, skipped, horizon, level);
                for (day, found) in found.iter().enumerate() {
                    let tau = (skipped + day + 1) as f64 / span;
                    let expected = uncertainty.half_width(tau, level);
                    let far_ahead = uncertainty.half_width(180.0 / span, level);
                    assert!(
                        (found - expected).abs() < 2e-3 * expected + 1e-3 * far_ahead,
                        "span {span} λ {lambda} σ {sigma} share {share} day {day}: {found} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_the_table_does_not_reach_is_said() {
        let horizon = Horizon::new(30).unwrap();
        let key = TableKey::new(973, 25, horizon, IntervalLevel::EIGHTY_PERCENT);
        let table = IntervalTable::new(key);
        let uncertainty = TrendUncertainty {
            changepoints: 25.0,
            mean_absolute_delta: 1e6,
            sigma: 1e-9,
        };
        assert!(!table.half_widths(&uncertainty, &mut Vec::new()));
    }
}
