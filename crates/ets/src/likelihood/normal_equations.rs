//! Gauss-Newton steps: initial states are eliminated, smoothing parameters remain.

use super::columns::Columns;
use super::observations::Errors;
use super::products::{Column, Products};
use crate::model::{ErrorKind, Form};

/// Smoothing parameters at most: α, β, γ, φ.
pub(crate) const PARAMETERS: usize = 4;

/// A pivot below this share of its diagonal says that a column repeats others; its step is zero.
const LEAST_PIVOT: f64 = 1e-11;

/// The normal equations of a pass, with initial states eliminated (Golub & Pereyra 1973, *The
/// differentiation of pseudo-inverses and nonlinear least squares problems whose variables
/// separate*, SIAM Journal on Numerical Analysis 10(2), 413-432).
///
/// For multiplicative errors the quantity to be least is the sum of squared relative errors times
/// the squared geometric mean of the forecasts, which is what their likelihood amounts to; all
/// numbers here are relative to that squared mean.
#[derive(Debug, Clone)]
pub(crate) struct NormalEquations {
    states: usize,
    /// Row by row: states, then parameters, then the right-hand side.
    whole: Vec<f64>,
    /// The equations with the states eliminated.
    table: Vec<f64>,
    width: usize,
    /// The sum of squares at the states of the pass.
    pub(crate) sum_of_squares: f64,
    /// The decrease that moving the states alone promises; exact for additive errors.
    pub(crate) decrease_by_states: f64,
    /// The second derivatives by the parameters α, β, γ, φ, with the states following them.
    pub(crate) hessian: [[f64; PARAMETERS]; PARAMETERS],
    /// The decrease of half the sum of squares along each parameter.
    pub(crate) gradient: [f64; PARAMETERS],
}

impl NormalEquations {
    /// Makes the equations of the pass that left `products`.
    pub(crate) fn new(
        form: Form,
        columns: &Columns,
        seasonal: usize,
        products: &impl Products,
        errors: &Errors,
        count: usize,
    ) -> Self {
        let state_columns: Vec<Column> = std::iter::once(Column::Base(columns.level))
            .chain(columns.growth.map(Column::Base))
            .chain((0..seasonal).map(Column::Seasonal))
            .collect();
        let parameters = [
            Some(columns.alpha),
            columns.beta,
            columns.gamma,
            columns.phi,
        ];
        let states = state_columns.len();
        let width = states + PARAMETERS + 1;
        let column = |index: usize| -> Option<Column> {
            match state_columns.get(index) {
                Some(column) => Some(*column),
                None => parameters[index - states].map(Column::Base),
            }
        };
        let error = Column::Base(0);
        let relative = form.error() == ErrorKind::Multiplicative;
        let n = count as f64;
        let sum_of_squares = errors.sum_of_squares;
        let unknowns = states + PARAMETERS;
        let existing: Vec<Option<Column>> = (0..unknowns).map(column).collect();
        // Of relative errors: how each column moves the mean logarithm of the forecasts.
        let log_means: Vec<f64> = existing
            .iter()
            .map(|column| match column {
                Some(column) if relative => products.sum(*column) / n,
                _ => 0.0,
            })
            .collect();
        let with_error: Vec<f64> = existing
            .iter()
            .map(|column| column.map_or(0.0, |column| products.product(error, column)))
            .collect();

        let mut table = vec![0.0; unknowns * width];
        for row in 0..unknowns {
            let Some(a) = existing[row] else { continue };
            for other in row..unknowns {
                let Some(b) = existing[other] else { continue };
                let mut product = products.product(a, b);
                if relative {
                    product += sum_of_squares * log_means[row] * log_means[other]
                        - with_error[row] * log_means[other]
                        - log_means[row] * with_error[other];
                }
                table[row * width + other] = product;
            }
            table[row * width + width - 1] = with_error[row] - log_means[row] * sum_of_squares;
        }
        let mut equations = Self {
            states,
            table: table.clone(),
            whole: table,
            width,
            sum_of_squares,
            decrease_by_states: 0.0,
            hessian: [[0.0; PARAMETERS]; PARAMETERS],
            gradient: [0.0; PARAMETERS],
        };
        equations.eliminate_states(0.0);
        equations
    }

    /// Eliminates the states anew, their diagonal raised by a share of `damping`: a Cholesky
    /// factorisation, stopped where the states end.
    pub(crate) fn eliminate_states(&mut self, damping: f64) {
        let Self { states, width, .. } = *self;
        self.table.copy_from_slice(&self.whole);
        for state in 0..states {
            self.table[state * width + state] *= 1.0 + damping;
        }
        let unknowns = states + PARAMETERS;
        let diagonal: Vec<f64> = (0..states)
            .map(|row| self.table[row * width + row])
            .collect();
        for pivot_row in 0..states {
            let (head, tail) = self.table.split_at_mut((pivot_row + 1) * width);
            let row = &mut head[pivot_row * width..];
            let pivot = row[pivot_row];
            if pivot <= LEAST_PIVOT * diagonal[pivot_row] || pivot.is_nan() {
                row[pivot_row..].fill(0.0);
                continue;
            }
            let scale = 1.0 / pivot.sqrt();
            for value in &mut row[pivot_row..] {
                *value *= scale;
            }
            for other in pivot_row + 1..unknowns {
                let factor = row[other];
                if factor == 0.0 {
                    continue;
                }
                let start = (other - pivot_row - 1) * width;
                let other_row = &mut tail[start..start + width];
                for (value, eliminated) in other_row[other..].iter_mut().zip(&row[other..]) {
                    *value -= factor * eliminated;
                }
            }
        }
        self.decrease_by_states = (0..states)
            .map(|row| self.table[row * width + width - 1])
            .map(|value| value * value)
            .sum();
        for a in 0..PARAMETERS {
            let row = (states + a) * width;
            for b in 0..PARAMETERS {
                let (upper, lower) = (a.min(b), a.max(b));
                self.hessian[a][b] = self.table[(states + upper) * width + states + lower];
            }
            self.gradient[a] = self.table[row + width - 1];
        }
    }

    /// How the states move with parameters that move by `parameters`: level, growth, season.
    pub(crate) fn state_step(&self, parameters: &[f64; PARAMETERS]) -> Vec<f64> {
        let Self { states, width, .. } = *self;
        let mut step = vec![0.0; states];
        for row in (0..states).rev() {
            let values = &self.table[row * width..(row + 1) * width];
            let pivot = values[row];
            if pivot == 0.0 {
                continue;
            }
            let mut rest = values[width - 1];
            for (value, moved) in values[row + 1..states].iter().zip(&step[row + 1..]) {
                rest -= value * moved;
            }
            for (value, moved) in values[states..width - 1].iter().zip(parameters) {
                rest -= value * moved;
            }
            step[row] = rest / pivot;
        }
        step
    }
}
