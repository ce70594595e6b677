//! What a posterior mode depends on apart from the values: the Gram matrix and the priors.

use std::ops::Range;

use crate::solver::tableau::Tableau;
use fleetcast_numerics::{AT_ONCE, add_all_scaled, add_scaled, each, padded};

/// The Gram matrix AᵀA of a design whose first columns have normal priors (the ridge block) and
/// whose last ones have a Laplace prior (the lasso block: Prophet's slope changes).
///
/// Everything is in Prophet's scaled units: y is a multiple of `y_scale`, time runs from 0 to 1.
#[derive(Debug, Clone)]
pub(crate) struct Gram {
    ridge: usize,
    lasso: usize,
    observations: f64,
    stride: usize,
    values: Vec<f64>,
    /// 1 / (prior standard deviation)² of each ridge column.
    precisions: Vec<f64>,
    /// Euclidean norms of the columns.
    norms: Vec<f64>,
}

impl Gram {
    /// A Gram matrix of zeros, to be filled in with [`Gram::row_mut`] and then [`Gram::finish`].
    pub(crate) fn new(precisions: Vec<f64>, lasso: usize, observations: usize) -> Self {
        let ridge = precisions.len();
        let stride = padded(ridge + lasso);
        Self {
            ridge,
            lasso,
            observations: observations as f64,
            stride,
            values: vec![0.0; (ridge + lasso) * stride],
            precisions,
            norms: vec![0.0; ridge + lasso],
        }
    }

    /// The row of one column's products, padding included: only the part right of the diagonal
    /// needs to be filled in.
    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.stride..(row + 1) * self.stride]
    }

    /// Copies the upper triangle to the lower and takes the columns' norms.
    #[inline(always)]
    pub(crate) fn finish(&mut self) {
        let stride = self.stride;
        for (row, norm) in self.norms.iter_mut().enumerate() {
            let (above, own) = self.values.split_at_mut(row * stride);
            for (value, above) in own[..row].iter_mut().zip(above.chunks_exact(stride)) {
                *value = above[row];
            }
            *norm = own[row].max(0.0).sqrt();
        }
    }

    /// The Gram matrix of the columns in `kept`, ranges in ascending order that hold the whole lasso
    /// block.
    #[inline(always)]
    pub(crate) fn of_columns(&self, kept: &[Range<usize>]) -> Self {
        let mut precisions = Vec::with_capacity(self.ridge);
        for range in kept {
            precisions.extend_from_slice(&self.precisions[range.start..range.end.min(self.ridge)]);
        }
        let mut part = Self {
            observations: self.observations,
            ..Self::new(precisions, self.lasso, 0)
        };
        for (row, column) in kept.iter().flat_map(Range::clone).enumerate() {
            let whole = &self.values[column * self.stride..(column + 1) * self.stride];
            let mut start = 0;
            for range in kept {
                let end = start + range.len();
                part.row_mut(row)[start..end].copy_from_slice(&whole[range.clone()]);
                start = end;
            }
            part.norms[row] = self.norms[column];
        }
        part
    }

    /// Columns of the design.
    #[inline(always)]
    pub(crate) fn columns(&self) -> usize {
        self.ridge + self.lasso
    }

    /// Columns with a normal prior; they come first.
    #[inline(always)]
    pub(crate) fn ridge(&self) -> usize {
        self.ridge
    }

    /// Columns with a Laplace prior.
    #[inline(always)]
    pub(crate) fn lasso(&self) -> usize {
        self.lasso
    }

    #[inline(always)]
    pub(crate) fn observations(&self) -> f64 {
        self.observations
    }

    #[inline(always)]
    pub(crate) fn precisions(&self) -> &[f64] {
        &self.precisions
    }

    #[inline(always)]
    pub(crate) fn norms(&self) -> &[f64] {
        &self.norms
    }

    /// AᵀA·x: `product` and `x` have a value a column and padding up to the stride.
    #[inline(always)]
    pub(crate) fn multiply(&self, x: &[f64], product: &mut [f64]) {
        let product = &mut product[..self.stride];
        product.fill(0.0);
        let row = |index: usize| &self.values[index * self.stride..(index + 1) * self.stride];
        add_all_scaled(product, self.ridge, |index| x[index], row);
        // Most slope changes are zero.
        for (column, x) in x[self.ridge..self.columns()].iter().enumerate() {
            if *x != 0.0 {
                add_scaled(product, *x, row(self.ridge + column));
            }
        }
    }

    /// The matrix with `variance` times the prior's precisions added and the ridge block swept.
    #[inline(always)]
    pub(crate) fn factor_into(&self, variance: f64, factor: &mut Factor) {
        factor.variance = variance;
        if factor.swept.size() != self.columns() || factor.ridge != self.ridge {
            factor.swept = Tableau::new(self.columns(), 0);
            factor.ridge = self.ridge;
        }
        for (row, values) in self.values.chunks_exact(self.stride).enumerate() {
            factor.swept.row_mut(row).copy_from_slice(values);
        }
        for (row, precision) in self.precisions.iter().enumerate() {
            *factor.swept.at_mut(row, row) += variance * precision;
        }
        let unswept =
            |row: usize| self.values[row * self.stride + row] + variance * self.precisions[row];
        let whole = self.ridge - self.ridge % AT_ONCE;
        for first in (0..whole).step_by(AT_ONCE) {
            let pivots = each([first, first + 1, first + 2, first + 3], unswept);
            factor.swept.sweep_at_once(first, pivots);
        }
        for row in whole..self.ridge {
            factor.swept.sweep(row, unswept(row));
        }
    }

    /// [`Gram::factor_into`] in new memory.
    #[inline(always)]
    pub(crate) fn factor(&self, variance: f64) -> Factor {
        let mut factor = Factor::default();
        self.factor_into(variance, &mut factor);
        factor
    }
}

/// A Gram matrix with its ridge block eliminated at one noise variance: what series on one grid
/// share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Factor {
    ridge: usize,
    variance: f64,
    swept: Tableau,
}

impl Factor {
    /// The noise variance the ridge was taken at.
    #[inline(always)]
    pub(crate) fn variance(&self) -> f64 {
        self.variance
    }

    /// A row of the Schur complement of the ridge block, S = HᵀH − HᵀZ (ZᵀZ + σ²R)⁻¹ ZᵀH.
    #[inline(always)]
    pub(crate) fn schur_row(&self, column: usize) -> &[f64] {
        &self.swept.row(self.ridge + column)[self.ridge..self.swept.size()]
    }

    /// A row of −HᵀZ (ZᵀZ + σ²R)⁻¹.
    #[inline(always)]
    pub(crate) fn projection_row(&self, column: usize) -> &[f64] {
        &self.swept.row(self.ridge + column)[..self.ridge]
    }

    /// Solves for a right-hand side r of the ridge block: leaves (ZᵀZ + σ²R)⁻¹ r in the first entries of
    /// `solution`, HᵀZ (ZᵀZ + σ²R)⁻¹ r in those of the lasso block.
    #[inline(always)]
    pub(crate) fn solve_ridge(&self, right_hand_side: &[f64], solution: &mut [f64]) {
        solution.fill(0.0);
        let side = &right_hand_side[..self.ridge];
        add_all_scaled(
            solution,
            self.ridge,
            |row| side[row],
            |row| self.swept.row(row),
        );
    }
}
