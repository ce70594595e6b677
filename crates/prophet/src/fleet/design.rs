//! What series on the same days share: the Gram matrix and its factorisation.

use crate::fleet::changepoints::changepoint_rows;
use crate::fleet::harmonics::Harmonics;
use crate::fleet::window::Window;
use crate::solver::{Factor, Gram, TREND_PRECISION};
use fleetcast_numerics::{add_all_scaled, add_scaled, padded};

/// The noise variance shared factors are taken at, in scaled units: of the right order for most
/// series; the solver makes up for the rest.
const REFERENCE_VARIANCE: f64 = 1e-3;

/// Settings of the model that its design depends on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DesignSettings {
    /// Potential changepoints.
    pub(crate) changepoints: usize,
    /// The share of the observations that may hold them.
    pub(crate) changepoint_range: f64,
    /// Prior standard deviation of the seasons' coefficients.
    pub(crate) seasonality_prior_scale: f64,
}

impl DesignSettings {
    /// Prophet's defaults.
    pub(crate) const PROPHET: Self = Self {
        changepoints: 25,
        changepoint_range: 0.8,
        seasonality_prior_scale: 10.0,
    };
}

/// Sums over all days of a window, from which the Gram matrix follows for any missing days and
/// changepoints.
#[derive(Debug, Clone)]
pub(crate) struct WindowSums {
    pub(crate) window: Window,
    stride: usize,
    /// ZᵀZ, a row a ridge column.
    ridge_products: Vec<f64>,
    /// Σ over the days i after c of (i − c)·z, a row a day c and a column a ridge column.
    ramp_products: Vec<f64>,
}

/// The design of one window without its missing days: Gram matrix, factorisation, changepoints.
#[derive(Debug, Clone)]
pub(crate) struct Design {
    /// Changepoints, as days of the window.
    pub(crate) hinges: Vec<usize>,
    pub(crate) gram: Gram,
    pub(crate) factor: Factor,
}

impl Design {
    /// The design of `window` with fewer annual harmonics, the other days missing as they are: the
    /// same as if it were summed up afresh.
    #[inline(always)]
    pub(crate) fn with_fewer_harmonics(&self, window: &Window, yearly_order: usize) -> Self {
        let (of, from) = (yearly_order, window.yearly_order);
        let kept = [
            0..1 + of,
            1 + from..1 + from + of,
            window.weekly_column()..self.gram.columns(),
        ];
        let gram = self.gram.of_columns(&kept);
        let factor = gram.factor(REFERENCE_VARIANCE);
        Self {
            hinges: self.hinges.clone(),
            gram,
            factor,
        }
    }
}

impl WindowSums {
    #[inline(always)]
    pub(crate) fn new(window: Window, harmonics: &Harmonics) -> Self {
        let ridge = window.ridge();
        let stride = padded(ridge);
        let mut sums = Self {
            window,
            stride,
            ridge_products: vec![0.0; ridge * stride],
            ramp_products: vec![0.0; window.days * stride],
        };
        let mut row = vec![0.0; stride];
        let (mut after, mut ramp) = (vec![0.0; stride], vec![0.0; stride]);
        for day in (0..window.days).rev() {
            window.feature_row(harmonics, day, &mut row);
            add_products(&mut sums.ridge_products, stride, &row[..ridge]);
            add_scaled(&mut ramp, 1.0, &after);
            add_scaled(&mut after, 1.0, &row);
            sums.ramp_products[day * stride..(day + 1) * stride].copy_from_slice(&ramp);
        }
        sums
    }

    /// The design of the window without the days `missing` (in ascending order; never the first
    /// or the last one).
    #[inline(always)]
    pub(crate) fn design(
        &self,
        harmonics: &Harmonics,
        missing: &[usize],
        settings: &DesignSettings,
    ) -> Design {
        let observed = self.window.days - missing.len();
        let rows = changepoint_rows(observed, settings.changepoints, settings.changepoint_range);
        let hinges = days_of_rows(rows, missing);
        let mut gram = Gram::new(self.precisions(settings), hinges.len(), observed);
        let mut features = vec![0.0; missing.len() * self.stride];
        for (day, row) in missing.iter().zip(features.chunks_exact_mut(self.stride)) {
            self.window.feature_row(harmonics, *day, row);
        }
        self.fill_ridge_block(&mut gram, &features);
        self.fill_hinge_rows(&mut gram, &hinges, missing, &features);
        self.fill_hinge_block(&mut gram, &hinges, missing);
        gram.finish();
        let factor = gram.factor(REFERENCE_VARIANCE);
        Design {
            hinges,
            gram,
            factor,
        }
    }

    fn precisions(&self, settings: &DesignSettings) -> Vec<f64> {
        let mut precisions = vec![settings.seasonality_prior_scale.powi(-2); self.window.ridge()];
        precisions[0] = TREND_PRECISION;
        precisions[self.window.time_column()] = TREND_PRECISION;
        precisions
    }

    #[inline(always)]
    fn fill_ridge_block(&self, gram: &mut Gram, missing_features: &[f64]) {
        let ridge = self.window.ridge();
        let row = |day: usize| &missing_features[day * self.stride..(day + 1) * self.stride];
        let missing = missing_features.len() / self.stride;
        for (column, products) in self.ridge_products.chunks_exact(self.stride).enumerate() {
            let gram_row = &mut gram.row_mut(column)[..ridge];
            gram_row.copy_from_slice(&products[..ridge]);
            let factor = |day: usize| -row(day)[column];
            add_all_scaled(gram_row, missing, factor, |day| &row(day)[..ridge]);
        }
    }

    /// ZᵀH: what the window's sums say, less the missing days' part, summed from the end.
    #[inline(always)]
    fn fill_hinge_rows(
        &self,
        gram: &mut Gram,
        hinges: &[usize],
        missing: &[usize],
        missing_features: &[f64],
    ) {
        let (ridge, stride) = (self.window.ridge(), self.stride);
        let per_day = 1.0 / self.window.span();
        let (mut after, mut ramp) = (vec![0.0; stride], vec![0.0; stride]);
        let mut left = missing.len();
        let mut end = self.window.days;
        for (column, start) in hinges.iter().copied().enumerate().rev() {
            add_scaled(&mut ramp, (end - start) as f64, &after);
            while left > 0 && missing[left - 1] > start {
                left -= 1;
                let features = &missing_features[left * stride..(left + 1) * stride];
                add_scaled(&mut ramp, (missing[left] - start) as f64, features);
                add_scaled(&mut after, 1.0, features);
            }
            let whole = &self.ramp_products[start * stride..(start + 1) * stride];
            for row in 0..ridge {
                gram.row_mut(row)[ridge + column] = (whole[row] - ramp[row]) * per_day;
            }
            end = start;
        }
    }

    /// HᵀH, from sums of powers of the days after each changepoint.
    #[inline(always)]
    fn fill_hinge_block(&self, gram: &mut Gram, hinges: &[usize], missing: &[usize]) {
        let ridge = self.window.ridge();
        let per_day_squared = self.window.span().powi(-2);
        for (later, hinge) in hinges.iter().copied().enumerate() {
            let days = (self.window.days - hinge) as f64;
            let (mut sum, mut squares) = (
                days * (days - 1.0) / 2.0,
                days * (days - 1.0) * (2.0 * days - 1.0) / 6.0,
            );
            for day in missing.iter().rev().take_while(|day| **day > hinge) {
                let distance = (day - hinge) as f64;
                sum -= distance;
                squares -= distance * distance;
            }
            for (earlier, other) in hinges[..=later].iter().enumerate() {
                let apart = (hinge - other) as f64;
                let product = (squares + apart * sum) * per_day_squared;
                gram.row_mut(ridge + earlier)[ridge + later] = product;
            }
        }
    }
}

/// Adds the products of a row's values with one another.
#[inline(always)]
fn add_products(products: &mut [f64], stride: usize, row: &[f64]) {
    for (products, value) in products.chunks_exact_mut(stride).zip(row) {
        add_scaled(&mut products[..row.len()], *value, row);
    }
}

/// The days of a window on which the observations of these numbers (ascending) were made, where
/// the days `missing` (ascending) hold none.
#[inline(always)]
fn days_of_rows(rows: impl Iterator<Item = usize>, missing: &[usize]) -> Vec<usize> {
    let mut skipped = 0;
    rows.map(|row| {
        while missing
            .get(skipped)
            .is_some_and(|day| *day <= row + skipped)
        {
            skipped += 1;
        }
        row + skipped
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_days_move_changepoints() {
        let rows = [0, 2, 3, 6];
        assert_eq!(days_of_rows(rows.into_iter(), &[]), rows);
        assert_eq!(days_of_rows(rows.into_iter(), &[1, 2, 5]), [0, 4, 6, 9]);
        assert_eq!(days_of_rows([1, 2].into_iter(), &[0, 1]), [3, 4]);
    }
}
