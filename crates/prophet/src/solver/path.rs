//! The lasso's solution path, down to where the noise agrees with it.
//!
//! With the ridge block eliminated, the slope changes δ minimise ½ δᵀSδ − qᵀδ + λ Σ|δ|, where
//! λ = σ²/τ. The minimiser is piecewise linear in λ (Osborne, Presnell & Turlach 2000, *A new
//! approach to variable selection in least squares problems*, IMA Journal of Numerical Analysis
//! 20, 389-404; Efron, Hastie, Johnstone & Tibshirani 2004, *Least angle regression*, Annals of
//! Statistics 32, 407-499), so the residual sum of squares is quadratic in λ between two events,
//! and the mode's condition on the noise, 4σ⁴ + nσ² = RSS, a quadratic equation. Following the path
//! from large λ, the first root is the mode that a descent from large noise finds.

use crate::solver::gram::Factor;
use crate::solver::tableau::Tableau;
use fleetcast_numerics::add_scaled;

/// A pivot below this share of its column's own square is rounding: the column is a combination of
/// those already active and would change nothing.
const LEAST_PIVOT: f64 = 1e-13;

/// The point where the path is to stop.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop {
    /// The point where 4σ⁴ + nσ² = RSS for σ² = λτ.
    Noise {
        /// Observations.
        observations: f64,
        /// Scale of the Laplace prior.
        tau: f64,
    },
    /// The point at this λ.
    Lambda(f64),
}

/// A point on the path, and all it takes to go on.
#[derive(Debug, Clone, Default)]
pub(crate) struct LassoPath {
    size: usize,
    /// S, swept on the active columns; behind it the right-hand sides q and the active signs.
    tableau: Tableau,
    /// The Schur complement's own diagonal.
    diagonal: Vec<f64>,
    /// −1 or 1 where active, 0 where not.
    signs: Vec<f64>,
    /// Never to enter: see [`LEAST_PIVOT`].
    redundant: Vec<bool>,
    /// The penalised sum of squares that the active columns leave at λ = 0.
    remainder: f64,
    lambda: f64,
}

/// What happens next on the way down.
#[derive(Debug, Clone, Copy)]
enum Event {
    Enter { column: usize, sign: f64 },
    Leave { column: usize },
    End,
}

impl LassoPath {
    /// Begins at λ = ∞, where no column is active.
    ///
    /// `correlations` is q; `sum_of_squares` what the ridge block alone leaves of yᵀy, its prior
    /// included.
    #[inline(always)]
    pub(crate) fn start(&mut self, factor: &Factor, correlations: &[f64], sum_of_squares: f64) {
        let size = correlations.len();
        if self.size != size || self.tableau.size() != size {
            self.size = size;
            self.tableau = Tableau::new(size, 2);
        }
        self.diagonal.clear();
        for (column, correlation) in correlations.iter().enumerate() {
            let row = self.tableau.row_mut(column);
            row.fill(0.0);
            row[..size].copy_from_slice(factor.schur_row(column));
            row[size] = *correlation;
            self.diagonal.push(row[column]);
        }
        self.signs.clear();
        self.signs.resize(size, 0.0);
        self.redundant.clear();
        self.redundant.resize(size, false);
        self.remainder = sum_of_squares;
        self.lambda = f64::INFINITY;
    }

    /// Follows the path down to where `stop` says, from where it stands.
    ///
    /// Returns whether it arrived within a generous number of events; each event makes one
    /// column active or inactive.
    #[inline(always)]
    pub(crate) fn follow(&mut self, stop: Stop) -> bool {
        let most_events = 20 + 20 * self.size;
        for _ in 0..most_events {
            let (next, event) = self.next_event();
            if let Some(lambda) = self.stops_before(next, stop) {
                self.lambda = lambda;
                return true;
            }
            self.lambda = next;
            match event {
                Event::Enter { column, sign } => self.enter(column, sign),
                Event::Leave { column } => self.leave(column),
                Event::End => return true,
            }
        }
        false
    }

    /// λ at the current point.
    #[inline(always)]
    pub(crate) fn lambda(&self) -> f64 {
        self.lambda
    }

    /// The sign of each column's coefficient, 0 where it is inactive.
    #[inline(always)]
    pub(crate) fn signs(&self) -> &[f64] {
        &self.signs
    }

    /// Writes the coefficients at the current point.
    #[inline(always)]
    pub(crate) fn coefficients(&self, delta: &mut [f64]) {
        for (column, delta) in delta.iter_mut().enumerate() {
            *delta = if self.signs[column] == 0.0 {
                0.0
            } else {
                self.free(column) - self.lambda * self.slope(column)
            };
        }
    }

    /// Writes what the coefficients lose per unit of λ.
    #[inline(always)]
    pub(crate) fn loss(&self, loss: &mut [f64]) {
        for (column, loss) in loss.iter_mut().enumerate() {
            *loss = if self.signs[column] == 0.0 {
                0.0
            } else {
                self.slope(column)
            };
        }
    }

    /// `S_AA`⁻¹ r for the active columns A: in `solution`, zero elsewhere. Both have a value a
    /// column and padding for two more.
    #[inline(always)]
    pub(crate) fn solve_active(&self, right_hand_side: &[f64], solution: &mut [f64]) {
        solution.fill(0.0);
        for (column, sign) in self.signs.iter().enumerate() {
            if *sign != 0.0 {
                let row = self.tableau.row(column);
                add_scaled(solution, right_hand_side[column], row);
            }
        }
        for (value, sign) in solution.iter_mut().zip(&self.signs) {
            if *sign == 0.0 {
                *value = 0.0;
            }
        }
    }

    /// Returns an active column's coefficient at λ = 0, and the correlation there of another one.
    #[inline(always)]
    fn free(&self, column: usize) -> f64 {
        self.tableau.at(column, self.size)
    }

    /// What λ takes away from [`LassoPath::free`], per unit.
    #[inline(always)]
    fn slope(&self, column: usize) -> f64 {
        self.tableau.at(column, self.size + 1)
    }

    /// The largest λ below the current one at which a column enters or leaves.
    #[inline(always)]
    fn next_event(&self) -> (f64, Event) {
        let (mut next, mut event) = (0.0, Event::End);
        let columns = self.signs.iter().copied().zip(&self.redundant);
        for (column, ((sign, redundant), row)) in columns.zip(self.tableau.rows()).enumerate() {
            let (free, slope) = (row[self.size], row[self.size + 1]);
            if sign != 0.0 {
                // On the way down δ changes by +slope; only a move towards zero can end there.
                if slope * sign < 0.0 {
                    let at = free / slope;
                    if at > next {
                        (next, event) = (at, Event::Leave { column });
                    }
                }
            } else if !redundant {
                // |c| = λ at free = λ(slope ± 1), from inside only where the gap closes.
                let (side, closing) = if free > 0.0 {
                    (1.0, 1.0 + slope)
                } else {
                    (-1.0, 1.0 - slope)
                };
                if closing > 0.0 {
                    let at = free.abs() / closing;
                    if at > next {
                        (next, event) = (at, Event::Enter { column, sign: side });
                    }
                }
            }
        }
        (next.min(self.lambda), event)
    }

    /// Returns where the path ends between `next` and the current λ, if it does.
    #[inline(always)]
    fn stops_before(&self, next: f64, stop: Stop) -> Option<f64> {
        let (observations, tau) = match stop {
            Stop::Lambda(lambda) => return (lambda >= next).then_some(lambda.min(self.lambda)),
            Stop::Noise { observations, tau } => (observations, tau),
        };
        // RSS = remainder + curvature·λ² on this stretch.
        let mut curvature = 0.0;
        for (sign, row) in self.signs.iter().zip(self.tableau.rows()) {
            curvature += sign * row[self.size + 1];
        }
        let remainder = self.remainder.max(0.0);
        let quadratic = 4.0 * tau * tau - curvature;
        let linear = observations * tau;
        if (quadratic * next + linear) * next - remainder > 0.0 {
            return None;
        }
        // The root of quadratic·λ² + linear·λ − remainder above `next`, without cancellation.
        let discriminant = (linear * linear + 4.0 * quadratic * remainder).max(0.0);
        let root = 2.0 * remainder / (linear + discriminant.sqrt());
        Some(root.clamp(next, self.lambda))
    }

    #[inline(always)]
    fn enter(&mut self, column: usize, sign: f64) {
        let pivot = self.tableau.at(column, column);
        if pivot <= LEAST_PIVOT * self.diagonal[column] {
            self.redundant[column] = true;
            return;
        }
        self.remainder -= self.free(column).powi(2) / pivot;
        *self.tableau.at_mut(column, self.size + 1) += sign;
        self.signs[column] = sign;
        // The pivot was checked when the column entered.
        self.tableau.sweep(column, 0.0);
    }

    #[inline(always)]
    fn leave(&mut self, column: usize) {
        self.remainder += self.free(column).powi(2) / self.tableau.at(column, column);
        self.tableau.sweep(column, 0.0);
        *self.tableau.at_mut(column, self.size + 1) -= self.signs[column];
        self.signs[column] = 0.0;
    }
}
