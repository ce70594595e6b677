//! A design of any columns at all, kept column by column.

use crate::solver::gram::Gram;
use crate::solver::mode::Residuals;
use fleetcast_numerics::dot;

/// Columns of a model that is linear in its parameters, those with a normal prior first.
#[derive(Debug, Clone)]
pub(crate) struct DenseDesign {
    rows: usize,
    /// 1 / (prior standard deviation)² of each ridge column.
    precisions: Vec<f64>,
    columns: Vec<Vec<f64>>,
}

impl DenseDesign {
    /// A design of `rows` observations; every column has that many values.
    pub(crate) fn new(
        rows: usize,
        ridge: Vec<Vec<f64>>,
        precisions: Vec<f64>,
        lasso: impl IntoIterator<Item = Vec<f64>>,
    ) -> Self {
        let mut columns = ridge;
        columns.extend(lasso);
        Self {
            rows,
            precisions,
            columns,
        }
    }

    /// Columns with a normal prior.
    pub(crate) fn ridge(&self) -> usize {
        self.precisions.len()
    }

    /// AᵀA and the priors.
    pub(crate) fn gram(&self) -> Gram {
        let lasso = self.columns.len() - self.precisions.len();
        let mut gram = Gram::new(self.precisions.clone(), lasso, self.rows);
        for (row, left) in self.columns.iter().enumerate() {
            for (column, right) in self.columns.iter().enumerate().skip(row) {
                gram.row_mut(row)[column] = dot(left, right);
            }
        }
        gram.finish();
        gram
    }

    /// Aᵀy, a value a column.
    pub(crate) fn correlations(&self, y: &[f64]) -> Vec<f64> {
        self.columns.iter().map(|column| dot(column, y)).collect()
    }

    /// A·x, a value an observation.
    pub(crate) fn multiply(&self, x: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.rows];
        for (column, x) in self.columns.iter().zip(x) {
            fleetcast_numerics::add_scaled(&mut product, *x, column);
        }
        product
    }
}

/// A design and the values it is to explain.
#[derive(Debug)]
pub(crate) struct DenseResiduals<'a> {
    pub(crate) design: &'a DenseDesign,
    pub(crate) y: &'a [f64],
}

impl Residuals for DenseResiduals<'_> {
    fn moments(&mut self, x: &[f64], moments: &mut [f64]) -> f64 {
        let fitted = self.design.multiply(x);
        let residuals: Vec<f64> = self
            .y
            .iter()
            .zip(&fitted)
            .map(|(y, yhat)| y - yhat)
            .collect();
        for (moment, column) in moments.iter_mut().zip(&self.design.columns) {
            *moment = dot(column, &residuals);
        }
        dot(&residuals, &residuals)
    }
}
