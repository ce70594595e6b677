//! The sweep operator on a symmetric matrix.
//!
//! Source: Goodnight 1979, *A tutorial on the SWEEP operator*, The American Statistician 33(3),
//! 149-158.

use fleetcast_numerics::{AT_ONCE, add_scaled, add_scaled_at_once, each, padded};

/// A pivot below this share of what it was before any sweep is rounding: its column is a
/// combination of those already swept.
const LEAST_SHARE: f64 = 1e-14;

/// A square matrix whose rows can be swept, with room for right-hand sides behind each row.
///
/// With the rows and columns of a set A swept, a symmetric matrix holds
///
/// ```text
/// A,A:  M_AA⁻¹            A,N:  M_AA⁻¹ M_AN
/// N,A: −M_NA M_AA⁻¹       N,N:  M_NN − M_NA M_AA⁻¹ M_AN
/// ```
///
/// and a right-hand side becomes the least squares solution on A in the rows of A, and what that
/// leaves to the rest in the others. Sweeping a row twice undoes it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tableau {
    size: usize,
    stride: usize,
    values: Vec<f64>,
}

impl Tableau {
    /// Zeros: `size` rows and columns and `right_hand_sides` further columns.
    pub(crate) fn new(size: usize, right_hand_sides: usize) -> Self {
        let stride = padded(size + right_hand_sides);
        Self {
            size,
            stride,
            values: vec![0.0; size * stride],
        }
    }

    #[inline(always)]
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// A whole row, padding included.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.stride..(row + 1) * self.stride]
    }

    /// All rows, each with its padding.
    #[inline(always)]
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        // A tableau without rows has no stride.
        self.values.chunks_exact(self.stride.max(1))
    }

    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.values[row * self.stride..(row + 1) * self.stride]
    }

    #[inline(always)]
    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.stride + column]
    }

    #[inline(always)]
    pub(crate) fn at_mut(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.values[row * self.stride + column]
    }

    /// Sweeps (or undoes the sweep of) one row and column.
    ///
    /// `unswept` is the pivot before any sweep: a column that turns out to be a combination of those
    /// already swept gets a zero for its inverse, and with it no coefficient.
    #[inline(always)]
    pub(crate) fn sweep(&mut self, pivot: usize, unswept: f64) {
        let stride = self.stride;
        let (before, rest) = self.values.split_at_mut(pivot * stride);
        let (pivot_row, after) = rest.split_at_mut(stride);
        normalise(pivot_row, pivot, unswept);
        let others = before
            .chunks_exact_mut(stride)
            .chain(after.chunks_exact_mut(stride));
        for row in others {
            eliminate(row, pivot_row, pivot);
        }
    }

    /// Sweeps [`AT_ONCE`] consecutive rows: the same as one after the other up to rounding, in one
    /// pass over the others.
    #[inline(always)]
    pub(crate) fn sweep_at_once(&mut self, first: usize, unswept: [f64; AT_ONCE]) {
        let stride = self.stride;
        let (before, rest) = self.values.split_at_mut(first * stride);
        let (block, after) = rest.split_at_mut(AT_ONCE * stride);
        for (own, unswept) in unswept.into_iter().enumerate() {
            let (above, rest) = block.split_at_mut(own * stride);
            let (pivot_row, below) = rest.split_at_mut(stride);
            normalise(pivot_row, first + own, unswept);
            for row in above
                .chunks_exact_mut(stride)
                .chain(below.chunks_exact_mut(stride))
            {
                eliminate(row, pivot_row, first + own);
            }
        }
        let pivot_rows = each([0, 1, 2, 3], |own| &block[own * stride..(own + 1) * stride]);
        let others = before
            .chunks_exact_mut(stride)
            .chain(after.chunks_exact_mut(stride));
        for row in others {
            let factors = each([0, 1, 2, 3], |own| -row[first + own]);
            row[first..first + AT_ONCE].fill(0.0);
            add_scaled_at_once(row, factors, pivot_rows);
        }
    }
}

/// Makes a row the pivot row of its own sweep.
#[inline(always)]
fn normalise(row: &mut [f64], pivot: usize, unswept: f64) {
    let inverse = if row[pivot] > LEAST_SHARE * unswept {
        1.0 / row[pivot]
    } else {
        0.0
    };
    for value in row.iter_mut() {
        *value *= inverse;
    }
    row[pivot] = inverse;
}

/// Takes a row's multiple of the pivot row away from it.
#[inline(always)]
fn eliminate(row: &mut [f64], pivot_row: &[f64], pivot: usize) {
    let factor = -row[pivot];
    row[pivot] = 0.0;
    add_scaled(row, factor, pivot_row);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Tableau {
        let mut tableau = Tableau::new(3, 1);
        let rows = [
            [4.0, 1.0, 0.5, 1.0],
            [1.0, 3.0, 0.2, -2.0],
            [0.5, 0.2, 2.0, 0.3],
        ];
        for (row, values) in rows.iter().enumerate() {
            tableau.row_mut(row)[..4].copy_from_slice(values);
        }
        tableau
    }

    #[test]
    fn all_rows_swept_are_the_inverse_and_the_solution() {
        let original = example();
        let mut swept = original.clone();
        for row in [1, 0, 2] {
            swept.sweep(row, original.at(row, row));
        }
        for row in 0..3 {
            for column in 0..3 {
                let product: f64 = (0..3)
                    .map(|inner| original.at(row, inner) * swept.at(inner, column))
                    .sum();
                let identity = f64::from(u8::from(row == column));
                assert!((product - identity).abs() < 1e-14);
            }
            let fitted: f64 = (0..3)
                .map(|inner| original.at(row, inner) * swept.at(inner, 3))
                .sum();
            assert!((fitted - original.at(row, 3)).abs() < 1e-14);
        }
    }

    #[test]
    fn a_column_that_others_make_up_gets_no_coefficient() {
        let mut tableau = Tableau::new(2, 1);
        for row in 0..2 {
            tableau.row_mut(row)[..3].copy_from_slice(&[2.0, 2.0, 3.0]);
        }
        tableau.sweep(0, 2.0);
        tableau.sweep(1, 2.0);
        assert_eq!((tableau.at(0, 2), tableau.at(1, 2)), (1.5, 0.0));
    }

    #[test]
    fn a_second_sweep_undoes_the_first() {
        let original = example();
        let mut swept = original.clone();
        for row in [0, 2, 0, 2] {
            swept.sweep(row, 0.0);
        }
        for row in 0..3 {
            for column in 0..4 {
                let (found, expected) = (swept.at(row, column), original.at(row, column));
                assert!((found - expected).abs() < 1e-14);
            }
        }
    }
}
