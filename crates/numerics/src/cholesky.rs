//! Symmetric positive definite systems of linear equations.

/// The Cholesky factor L of a symmetric positive definite matrix A = L·Lᵀ.
///
/// ```
/// use fleetcast_numerics::Cholesky;
///
/// // 4x + 2y = 10 and 2x + 5y = 13, of which only the lower triangle is read.
/// let factor = Cholesky::new(2, vec![4.0, 0.0, 2.0, 5.0]);
/// let mut solution = [10.0, 13.0];
/// factor.solve(&mut solution);
/// assert_eq!(solution, [1.5, 2.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Cholesky {
    size: usize,
    /// The lower triangle, row by row.
    factor: Vec<f64>,
}

impl Cholesky {
    /// Factorises a symmetric `size` × `size` matrix given row by row, of which the lower triangle is
    /// read.
    ///
    /// A pivot of at most 10⁻¹² of its diagonal takes its unknown out of the system: it is solved as 0.
    ///
    /// # Panics
    ///
    /// Where `matrix` has fewer than `size` · `size` values.
    #[must_use]
    pub fn new(size: usize, mut matrix: Vec<f64>) -> Self {
        for column in 0..size {
            let diagonal = matrix[column * size + column];
            let (above, below) = matrix.split_at_mut((column + 1) * size);
            let row = &mut above[column * size..];
            let known: f64 = row[..column].iter().map(|value| value * value).sum();
            let pivot = diagonal - known;
            let pivot = if pivot > 1e-12 * diagonal {
                pivot.sqrt()
            } else {
                f64::INFINITY
            };
            row[column] = pivot;
            for later in below.chunks_exact_mut(size) {
                let known: f64 = later[..column]
                    .iter()
                    .zip(&row[..column])
                    .map(|(a, b)| a * b)
                    .sum();
                later[column] = (later[column] - known) / pivot;
            }
        }
        Self {
            size,
            factor: matrix,
        }
    }

    /// Solves A·x = `right` and leaves x in its place.
    ///
    /// # Panics
    ///
    /// Where `right` has fewer values than the matrix has rows.
    pub fn solve(&self, right: &mut [f64]) {
        let size = self.size;
        for row in 0..size {
            let values = &self.factor[row * size..];
            let known: f64 = values[..row].iter().zip(&*right).map(|(a, b)| a * b).sum();
            right[row] = (right[row] - known) / values[row];
        }
        for row in (0..size).rev() {
            let value = right[row] / self.factor[row * size + row];
            right[row] = value;
            for (earlier, factor) in right[..row].iter_mut().zip(&self.factor[row * size..]) {
                *earlier -= factor * value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_solved_and_repeated_columns_left_out() {
        let matrix = vec![4.0, 0.0, 0.0, 2.0, 5.0, 0.0, 2.0, 1.0, 3.0];
        let mut right = [14.0, 15.0, 13.0];
        // Of x = (1, 2, 3): 4 + 4 + 6, 2 + 10 + 3, 2 + 2 + 9.
        Cholesky::new(3, matrix).solve(&mut right);
        for (found, expected) in right.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-14, "{right:?}");
        }
        let mut right = [2.0, 2.0];
        Cholesky::new(2, vec![1.0, 0.0, 1.0, 1.0]).solve(&mut right);
        assert!(
            (right[0] - 2.0).abs() < 1e-14 && right[1].abs() < 1e-14,
            "{right:?}"
        );
    }
}
