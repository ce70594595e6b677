//! How far the future may be from a forecast: Prophet's own law for slope changes to come, and noise.

use augurs_prophet::optimizer::{OptimizedParams, TrendIndicator};
use fleetcast::IntervalLevel;
use fleetcast_prophet::{FutureModel, Growth, TrendSimulation, TrendUncertainty};

/// Rows of a forecast, all in the model's own units.
#[derive(Debug, Clone, Copy)]
pub(super) struct Future<'a> {
    pub(super) parameters: &'a OptimizedParams,
    pub(super) changepoints: &'a [f64],
    pub(super) growth: TrendIndicator,
    pub(super) times: &'a [f64],
    pub(super) caps: &'a [f64],
    pub(super) trend: &'a [f64],
    pub(super) yhat: &'a [f64],
    pub(super) added: &'a [f64],
    pub(super) multiplied: &'a [f64],
}

/// Lower and upper bounds, a value a row.
#[derive(Debug, Clone)]
pub(super) struct Bounds {
    pub(super) yhat: [Vec<f64>; 2],
    pub(super) trend: [Vec<f64>; 2],
}

impl Future<'_> {
    /// Returns the central interval at `level` of forecast and trend.
    ///
    /// Where the trend is a line, it has a closed form; a trend that saturates is simulated, with the same draws each time.
    /// On rows of the history the trend is known, and the noise is all there is.
    pub(super) fn bounds(&self, level: IntervalLevel) -> Bounds {
        let sigma = *self.parameters.sigma_obs;
        let factors: Vec<f64> = self.multiplied.iter().map(|part| 1.0 + part).collect();
        let ones = vec![1.0; self.times.len()];
        let zeros = vec![0.0; self.times.len()];
        let mut bounds = Bounds {
            yhat: self.straight(self.yhat, &factors, sigma, level),
            trend: self.straight(self.trend, &ones, 0.0, level),
        };
        if matches!(self.growth, TrendIndicator::Logistic) {
            self.simulate(&mut bounds.yhat, (&factors, self.added), sigma, level);
            self.simulate(&mut bounds.trend, (&ones, &zeros), 0.0, level);
        }
        bounds
    }

    /// Bounds about a center whose trend is a line; of a trend that is none, those of the history alone hold.
    fn straight(
        &self,
        center: &[f64],
        factors: &[f64],
        sigma: f64,
        level: IntervalLevel,
    ) -> [Vec<f64>; 2] {
        let delta = &self.parameters.delta;
        let mean = delta.iter().map(|delta| delta.abs()).sum::<f64>() / delta.len() as f64;
        let bends = matches!(self.growth, TrendIndicator::Linear);
        let half_width = |row: usize| {
            let tau = (self.times[row] - 1.0).max(0.0);
            let law = TrendUncertainty {
                changepoints: self.changepoints.len() as f64,
                mean_absolute_delta: if bends && tau > 0.0 {
                    mean * factors[row].abs()
                } else {
                    0.0
                },
                sigma,
            };
            let is_known = sigma == 0.0 && law.mean_absolute_delta == 0.0;
            if is_known {
                0.0
            } else {
                law.half_width(tau, level)
            }
        };
        let half_widths: Vec<f64> = (0..center.len()).map(half_width).collect();
        let bound = |sign: f64| {
            let both = center.iter().zip(&half_widths);
            both.map(|(center, half_width)| center + sign * half_width)
                .collect()
        };
        [bound(-1.0), bound(1.0)]
    }

    /// Puts simulated bounds on the rows after the history, which may stand in any order.
    fn simulate(
        &self,
        bounds: &mut [Vec<f64>; 2],
        (factors, added): (&[f64], &[f64]),
        sigma: f64,
        level: IntervalLevel,
    ) {
        let mut rows: Vec<usize> = (0..self.times.len())
            .filter(|row| self.times[*row] > 1.0)
            .collect();
        rows.sort_by(|a, b| self.times[*a].total_cmp(&self.times[*b]));
        let Some(last) = rows.last() else {
            return;
        };
        let of = |values: &[f64]| -> Vec<f64> { rows.iter().map(|row| values[*row]).collect() };
        let (times, caps) = (of(self.times), of(self.caps));
        let simulation =
            TrendSimulation::new(self.changepoints.len(), self.times[*last] - 1.0, rows.len());
        let model = FutureModel {
            growth: Growth::Logistic(&caps),
            k: self.parameters.k,
            m: self.parameters.m,
            delta: &self.parameters.delta,
            changepoints: self.changepoints,
            sigma,
            t: &times,
            factor: &of(factors),
            added: &of(added),
        };
        let simulated = simulation.interval(&model, level);
        for (side, values) in bounds.iter_mut().zip(simulated) {
            for (row, value) in rows.iter().zip(values) {
                side[*row] = value;
            }
        }
    }
}
