//! The posterior mode of a model that is linear in its parameters.
//!
//! With A = \[Z H\], normal priors on the coefficients of Z (the ridge block: slope, offset,
//! seasons, holidays, regressors) and a Laplace prior of scale τ on those of H (slope changes), the
//! negative log posterior in Prophet's scaled units is
//!
//! ```text
//! F(x, σ) = n ln σ + ‖y − Ax‖²/(2σ²) + Σ x_z²/(2s_z²) + Σ|x_h|/τ + 2σ²
//! ```
//!
//! (Prophet's Stan program; constants left out). At a mode, with v = σ²,
//!
//! ```text
//! Zᵀr = v R x_z                     R = diag(1/s²),  r = y − Ax
//! Hᵀr = (v/τ) sign(x_h), or |Hᵀr| ≤ v/τ where x_h = 0
//! 4v² + nv = ‖r‖²
//! ```

use crate::solver::gram::{Factor, Gram};
use crate::solver::path::{LassoPath, Stop};
use fleetcast_numerics::{add_scaled, dot, padded, vectorized};

/// The least noise a mode can have, as a variance in scaled units: Prophet's own value for series
/// it can represent exactly, 1e-9, squared.
pub(crate) const LEAST_VARIANCE: f64 = 1e-18;

/// Private factors are taken at this variance at least: below, the prior vanishes in the rounding
/// of the Gram matrix. Newton's method makes up for the difference.
const LEAST_FACTOR_VARIANCE: f64 = 1e-12;

/// Below this share of yᵀy, a sum of squared residuals computed from moments has lost too many of
/// its digits; it is then taken from the residuals themselves.
const MOMENTS_CARRY: f64 = 1e-6;

/// Rounds of path and Newton's method before a series is given up on.
pub(super) const MAX_ROUNDS: usize = 10;

/// Newton steps in one round.
pub(super) const MAX_STEPS: usize = 30;

/// Steps after which the drift is no longer renewed: it hardly changes.
const DRIFT_STEPS: usize = 1;

/// A correlation may exceed λ by this share before its column counts as wrongly left out.
const SLACK: f64 = 1e-8;

/// Newton's method ends where the next step would be smaller than this, relatively.
const CONVERGED: f64 = 1e-12;

/// Below this, a step not much smaller than the one before is rounding.
const ROUNDING: f64 = 1e-6;

/// A violation of the mode's conditions up to this certifies a mode.
pub(crate) const CERTIFIED: f64 = 1e-8;

/// What one series brings to the posterior.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moments<'a> {
    /// Aᵀy, a value a column of the design.
    pub(crate) correlations: &'a [f64],
    /// yᵀy.
    pub(crate) sum_of_squares: f64,
    /// What is to be added to each ridge coefficient before its prior applies: y is shifted (by
    /// its mean, say) so that nothing cancels, and the prior is on the unshifted coefficient.
    pub(crate) shift: &'a [f64],
}

/// Residuals of a design and a series: what moments are too coarse for.
pub(crate) trait Residuals {
    /// Writes Aᵀ(y − Ax), a value a column, and returns the sum of squared residuals.
    fn moments(&mut self, x: &[f64], moments: &mut [f64]) -> f64;
}

/// How far a mode can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Certainty {
    /// The mode's conditions hold to 1e-8.
    Certified {
        /// The largest violation: of a coefficient's condition, relative to the norms of its
        /// column and of the residuals (the cosine of an angle); of the noise's, relative to the
        /// sum of squared residuals.
        kkt: f64,
    },
    /// The series is represented exactly, so the posterior has no mode: it grows without bound as
    /// the noise vanishes. The parameters are those for a noise of 1e-9 of scale.
    Floored,
    /// The search ended short of the conditions.
    Uncertified {
        /// The largest violation, as above.
        kkt: f64,
    },
}

/// The search for a mode, and the mode once it is found. Reusable from series to series.
#[derive(Debug, Clone, Default)]
pub(crate) struct ModeSearch {
    path: LassoPath,
    private_factor: Factor,
    /// The path at the shared factor and its origin, kept while private ones stand in for them.
    kept_path: LassoPath,
    kept_origin: Vec<f64>,
    /// Coefficients, a value a column.
    x: Vec<f64>,
    variance: f64,
    /// −1 or 1 for active slope changes, 0 for the others.
    signs: Vec<f64>,
    /// The ridge coefficients without any slope change, at the noise of the path's factor.
    origin: Vec<f64>,
    /// Aᵀr at `x`.
    gradient: Vec<f64>,
    /// How far the conditions on the coefficients are from being met.
    defect: Vec<f64>,
    /// What mends the defect at a given noise.
    step: Vec<f64>,
    /// What the coefficients lose per unit of noise variance.
    drift: Vec<f64>,
    buffers: SolveBuffers,
    /// Newton steps made so far, for those who hold them against their budget.
    #[cfg(test)]
    pub(super) steps: usize,
}

#[derive(Debug, Clone, Default)]
struct SolveBuffers {
    side: Vec<f64>,
    solution: Vec<f64>,
}

/// How a round of Newton's method ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Round {
    /// It converged and the active columns are the right ones.
    Done,
    /// It converged, but columns have to enter or leave.
    WrongColumns,
    /// It did not converge with this factor.
    Stuck,
}

/// The point where Newton's method begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// The end of the path, which says all that the first step asks for.
    Path,
    Anywhere,
}

impl ModeSearch {
    /// The coefficients found, in the order of the design's columns.
    #[inline(always)]
    pub(crate) fn coefficients(&self) -> &[f64] {
        &self.x
    }

    /// The noise variance found.
    #[inline(always)]
    pub(crate) fn variance(&self) -> f64 {
        self.variance
    }

    /// Whether the series is represented exactly, so that the noise is the least there can be.
    #[inline(always)]
    fn is_floored(&self) -> bool {
        self.variance <= LEAST_VARIANCE
    }

    /// Begins the search for one series.
    ///
    /// `factor` is of `gram`, at any noise variance: the nearer to the answer, the faster.
    #[inline(always)]
    pub(crate) fn begin(&mut self, gram: &Gram, factor: &Factor, moments: &Moments<'_>) {
        let columns = padded(gram.columns());
        for values in [
            &mut self.x,
            &mut self.origin,
            &mut self.gradient,
            &mut self.defect,
            &mut self.step,
            &mut self.drift,
        ] {
            values.clear();
            values.resize(columns, 0.0);
        }
        // Nothing of the series before may show.
        self.variance = factor.variance();
        self.signs.clear();
        self.signs.resize(gram.lasso(), 0.0);
        let lasso = padded(gram.lasso() + 2);
        for values in [&mut self.buffers.side, &mut self.buffers.solution] {
            values.clear();
            values.resize(lasso, 0.0);
        }
        self.start_path(gram, factor, moments);
    }

    /// Goes on to the mode for a Laplace scale of `tau`, from the beginning or from the mode for
    /// a smaller scale: the modes for all scales lie on one path.
    ///
    /// The mode is the one that a descent from large noise reaches. Returns whether the search
    /// ended as it should; [`ModeSearch::certify`] says how good the answer is.
    #[inline(always)]
    pub(crate) fn go_on(
        &mut self,
        gram: &Gram,
        factor: &Factor,
        moments: &Moments<'_>,
        tau: f64,
        residuals: &mut impl Residuals,
    ) -> bool {
        let observations = gram.observations();
        let noise = Stop::Noise { observations, tau };
        let round = self.round(gram, factor, moments, tau, noise, residuals);
        round == Round::Done || self.with_private_factors(gram, factor, moments, tau, residuals)
    }

    /// Rarely, the prior's dependence on the noise decides which slope changes are active, or the
    /// shared factor is too far from the right one: then the path is followed again with a
    /// factor at the noise that was found.
    #[cold]
    fn with_private_factors(
        &mut self,
        gram: &Gram,
        shared: &Factor,
        moments: &Moments<'_>,
        tau: f64,
        residuals: &mut impl Residuals,
    ) -> bool {
        // Out of line, so wide registers have to be turned on again.
        vectorized(
            #[inline(always)]
            || self.private_rounds(gram, shared, moments, tau, residuals),
        )
    }

    #[inline(always)]
    fn private_rounds(
        &mut self,
        gram: &Gram,
        shared: &Factor,
        moments: &Moments<'_>,
        tau: f64,
        residuals: &mut impl Residuals,
    ) -> bool {
        let observations = gram.observations();
        let noise = Stop::Noise { observations, tau };
        let mut private = std::mem::take(&mut self.private_factor);
        // The next scale goes on from the shared factor's path.
        self.kept_origin.resize(self.origin.len(), 0.0);
        self.swap_with_kept();
        let mut round = Round::Stuck;
        for attempt in 0..MAX_ROUNDS {
            let variance = self.variance;
            gram.factor_into(variance.max(LEAST_FACTOR_VARIANCE), &mut private);
            self.start_path(gram, &private, moments);
            // At first the path finds the noise; then only the columns for the noise found.
            let stop = if attempt < 2 {
                noise
            } else {
                Stop::Lambda(variance / tau)
            };
            round = self.round(gram, &private, moments, tau, stop, residuals);
            if round == Round::Done {
                break;
            }
        }
        self.swap_with_kept();
        self.private_factor = private;
        if round != Round::Done {
            // What the shared path says is sound, if not exact.
            self.take_from_path(gram, shared, tau);
        }
        round == Round::Done
    }

    #[inline(always)]
    fn swap_with_kept(&mut self) {
        std::mem::swap(&mut self.path, &mut self.kept_path);
        std::mem::swap(&mut self.origin, &mut self.kept_origin);
    }

    /// Follows the path to `stop` and polishes what it finds.
    #[inline(always)]
    fn round(
        &mut self,
        gram: &Gram,
        factor: &Factor,
        moments: &Moments<'_>,
        tau: f64,
        stop: Stop,
        residuals: &mut impl Residuals,
    ) -> Round {
        if !self.path.follow(stop) {
            return Round::Stuck;
        }
        self.take_from_path(gram, factor, tau);
        // Where the path has found the noise, the conditions at its factor's noise hold.
        let is_foretold = matches!(stop, Stop::Noise { .. }) && !self.is_floored();
        let begin = if is_foretold {
            Begin::Path
        } else {
            Begin::Anywhere
        };
        self.newton(gram, factor, moments, tau, residuals, begin)
    }

    #[inline(always)]
    fn start_path(&mut self, gram: &Gram, factor: &Factor, moments: &Moments<'_>) {
        let (ridge, columns) = (gram.ridge(), gram.columns());
        let mut sum_of_squares = moments.sum_of_squares;
        for column in 0..ridge {
            let shift = moments.shift[column];
            let prior = factor.variance() * gram.precisions()[column] * shift;
            self.defect[column] = moments.correlations[column] - prior;
            sum_of_squares += prior * shift;
        }
        factor.solve_ridge(&self.defect, &mut self.origin);
        sum_of_squares -= dot(&self.defect[..ridge], &self.origin[..ridge]);
        for column in ridge..columns {
            self.buffers.side[column - ridge] = moments.correlations[column] - self.origin[column];
        }
        let correlations = &self.buffers.side[..gram.lasso()];
        self.path
            .start(factor, correlations, sum_of_squares.max(0.0));
    }

    /// Coefficients and noise where the path stands.
    #[inline(always)]
    fn take_from_path(&mut self, gram: &Gram, factor: &Factor, tau: f64) {
        let (ridge, columns) = (gram.ridge(), gram.columns());
        self.variance = (self.path.lambda() * tau).max(LEAST_VARIANCE);
        let (ridge_part, lasso_part) = self.x.split_at_mut(ridge);
        let lasso_part = &mut lasso_part[..columns - ridge];
        self.path.coefficients(lasso_part);
        ridge_part.copy_from_slice(&self.origin[..ridge]);
        add_projections(factor, lasso_part, ridge_part);
        self.signs.clear();
        self.signs.extend_from_slice(self.path.signs());
    }

    /// Newton's method on coefficients and noise variance together, the signs held.
    ///
    /// The factor stands in for the matrix at the right noise: the steps are a little off, and the
    /// next ones make up for it.
    #[inline(always)]
    fn newton(
        &mut self,
        gram: &Gram,
        factor: &Factor,
        moments: &Moments<'_>,
        tau: f64,
        residuals: &mut impl Residuals,
        begin: Begin,
    ) -> Round {
        let columns = gram.columns();
        let observations = gram.observations();
        let mut last_change = f64::INFINITY;
        for step in 0..MAX_STEPS {
            #[cfg(test)]
            {
                self.steps += 1;
            }
            let is_foretold = step == 0 && begin == Begin::Path;
            let sum_of_squares = if is_foretold {
                self.foretell(gram, factor, moments, tau)
            } else {
                let sum_of_squares = self.residual_moments(gram, moments, residuals);
                if self.is_floored() && sum_of_squares <= observations * LEAST_VARIANCE {
                    // What is left is rounding: it has no say in which slope changes are active.
                    return Round::Done;
                }
                self.take_defect(gram, moments, tau);
                solve(
                    gram,
                    factor,
                    &self.path,
                    &self.defect,
                    &mut self.step,
                    &mut self.buffers,
                );
                if step < DRIFT_STEPS {
                    self.take_drift(gram, factor, moments, tau);
                }
                sum_of_squares
            };
            // 4v² + nv = RSS, linearised along step − dv·drift.
            let variance = self.variance;
            let excess = (4.0 * variance + observations) * variance - sum_of_squares;
            let slope = 8.0 * variance + observations - 2.0 * dot(&self.drift, &self.gradient);
            let change = -(excess + 2.0 * dot(&self.step, &self.gradient)) / slope;
            if slope <= 0.0 || !change.is_finite() {
                return Round::Stuck;
            }
            let next = (variance + change).max(variance / 16.0).max(LEAST_VARIANCE);
            let change = next - variance;
            let (mut largest, mut sum) = (0.0_f64, 0.0);
            for column in 0..columns {
                let by = self.step[column] - change * self.drift[column];
                self.x[column] += by;
                sum += by;
                largest = largest.max(by.abs() * gram.norms()[column]);
            }
            if !sum.is_finite() {
                return Round::Stuck;
            }
            self.variance = next;
            let residual_norm = (observations * next).sqrt();
            let relative = (change / next).abs().max(largest / residual_norm);
            // Steps shrink by about the same factor each time, so the next one can be foretold.
            let next_change = relative * (relative / last_change);
            let converges = relative < SLACK && next_change < CONVERGED;
            // What was foretold has yet to be seen, and rounding on the path is no measure of steps.
            let stagnates = step > usize::from(begin == Begin::Path)
                && relative < ROUNDING
                && relative > 0.5 * last_change;
            if (converges && !is_foretold) || stagnates {
                return self.check_columns(gram, tau);
            }
            if !relative.is_finite() {
                return Round::Stuck;
            }
            last_change = relative;
        }
        Round::Stuck
    }

    /// Whether signs and left-out columns agree with the coefficients found.
    ///
    /// The gradient is that before the last step, which was too small to matter.
    #[inline(always)]
    fn check_columns(&self, gram: &Gram, tau: f64) -> Round {
        let bound = self.variance / tau * (1.0 + SLACK);
        let ridge = gram.ridge();
        let columns = self.x[ridge..].iter().zip(&self.gradient[ridge..]);
        for (sign, (x, gradient)) in self.signs.iter().zip(columns) {
            let agrees = if *sign == 0.0 {
                gradient.abs() <= bound
            } else {
                x * sign >= 0.0
            };
            if !agrees {
                return Round::WrongColumns;
            }
        }
        Round::Done
    }

    /// Aᵀr and rᵀr at the current coefficients: from the moments, or from the residuals where the
    /// noise is too small for that.
    #[inline(always)]
    fn residual_moments(
        &mut self,
        gram: &Gram,
        moments: &Moments<'_>,
        residuals: &mut impl Residuals,
    ) -> f64 {
        if self.variance * gram.observations() < MOMENTS_CARRY * moments.sum_of_squares {
            return residuals.moments(&self.x, &mut self.gradient);
        }
        gram.multiply(&self.x, &mut self.gradient);
        let mut sum_of_squares = moments.sum_of_squares;
        for (column, correlation) in moments.correlations.iter().enumerate() {
            let left = correlation - self.gradient[column];
            sum_of_squares -= self.x[column] * (correlation + left);
            self.gradient[column] = left;
        }
        // Rounding may leave less than nothing; a NaN stays one.
        if sum_of_squares < 0.0 {
            0.0
        } else {
            sum_of_squares
        }
    }

    /// How far the conditions on ridge coefficients and active slope changes are from being met.
    #[inline(always)]
    fn take_defect(&mut self, gram: &Gram, moments: &Moments<'_>, tau: f64) {
        let ridge = gram.ridge();
        for column in 0..ridge {
            let coefficient = self.x[column] + moments.shift[column];
            let prior = self.variance * gram.precisions()[column] * coefficient;
            self.defect[column] = self.gradient[column] - prior;
        }
        for (column, sign) in self.signs.iter().enumerate() {
            let prior = self.variance / tau * sign;
            self.defect[ridge + column] = self.gradient[ridge + column] - prior;
        }
    }

    /// What the coefficients lose per unit of noise variance, through their priors.
    #[inline(always)]
    fn take_drift(&mut self, gram: &Gram, factor: &Factor, moments: &Moments<'_>, tau: f64) {
        let ridge = gram.ridge();
        for column in 0..ridge {
            let coefficient = self.x[column] + moments.shift[column];
            self.defect[column] = gram.precisions()[column] * coefficient;
        }
        for (column, sign) in self.signs.iter().enumerate() {
            self.defect[ridge + column] = sign / tau;
        }
        self.solve_for_drift(gram, factor);
    }

    /// The drift that what the priors bring, in `defect`, makes.
    #[inline(always)]
    fn solve_for_drift(&mut self, gram: &Gram, factor: &Factor) {
        solve(
            gram,
            factor,
            &self.path,
            &self.defect,
            &mut self.drift,
            &mut self.buffers,
        );
    }

    /// Gradient, step and drift where the path ends, and the sum of squared residuals there.
    ///
    /// The path's conditions say what the gradient is: w R x for ridge columns, with the factor's
    /// noise w and x unshifted, and λ times the sign for active slope changes. So the defect is
    /// (w − v) R x, a multiple of what the ridge's prior brings to the drift, and what the signs
    /// bring is how the path goes on. It takes one solution instead of two, and no product with
    /// the Gram matrix.
    #[inline(always)]
    fn foretell(&mut self, gram: &Gram, factor: &Factor, moments: &Moments<'_>, tau: f64) -> f64 {
        let ridge = gram.ridge();
        let (reference, variance) = (factor.variance(), self.variance);
        self.defect.fill(0.0);
        self.gradient.fill(0.0);
        let mut penalty = 0.0;
        for column in 0..ridge {
            let coefficient = self.x[column] + moments.shift[column];
            let prior = gram.precisions()[column] * coefficient;
            self.defect[column] = prior;
            self.gradient[column] = reference * prior;
            penalty += reference * prior * coefficient;
        }
        let lambda = variance / tau;
        for (gradient, sign) in self.gradient[ridge..].iter_mut().zip(&self.signs) {
            *gradient = lambda * sign;
        }
        self.solve_for_drift(gram, factor);
        for (step, drift) in self.step.iter_mut().zip(&self.drift) {
            *step = (reference - variance) * drift;
        }
        let (ridge_part, lasso_part) = self.drift.split_at_mut(ridge);
        let by_signs = &mut self.buffers.solution[..gram.lasso()];
        self.path.loss(by_signs);
        for (drift, loss) in lasso_part.iter_mut().zip(by_signs.iter_mut()) {
            *loss /= tau;
            *drift += *loss;
        }
        add_projections(factor, by_signs, ridge_part);
        (4.0 * variance + gram.observations()) * variance - penalty
    }

    /// Takes a point found elsewhere, for [`ModeSearch::certify`] to judge.
    #[cfg(any(test, feature = "augurs"))]
    pub(crate) fn stand_at(&mut self, coefficients: &[f64], variance: f64, ridge: usize) {
        let columns = padded(coefficients.len());
        for values in [&mut self.x, &mut self.gradient, &mut self.defect] {
            values.clear();
            values.resize(columns, 0.0);
        }
        self.x[..coefficients.len()].copy_from_slice(coefficients);
        self.variance = variance;
        self.signs.clear();
        let changes = coefficients[ridge..].iter();
        self.signs
            .extend(changes.map(|change| if *change == 0.0 { 0.0 } else { change.signum() }));
    }

    /// Checks the mode's conditions against the residuals themselves.
    #[inline(always)]
    pub(crate) fn certify(
        &mut self,
        gram: &Gram,
        moments: &Moments<'_>,
        tau: f64,
        residuals: &mut impl Residuals,
    ) -> Certainty {
        let sum_of_squares = residuals.moments(&self.x, &mut self.gradient);
        self.take_defect(gram, moments, tau);
        // `max` below would not hear of a NaN.
        let all = self.x.iter().chain(&self.gradient).chain(&self.defect);
        if !(sum_of_squares + all.sum::<f64>()).is_finite() {
            return Certainty::Uncertified { kkt: f64::INFINITY };
        }
        if self.is_floored() {
            return Certainty::Floored;
        }
        let (ridge, lambda) = (gram.ridge(), self.variance / tau);
        let residual_norm = sum_of_squares.sqrt();
        let mut kkt = 0.0_f64;
        for (column, norm) in gram.norms().iter().enumerate() {
            let defect = if column < ridge || self.x[column] != 0.0 {
                self.defect[column].abs()
            } else {
                (self.gradient[column].abs() - lambda).max(0.0)
            };
            let scale = norm * residual_norm;
            if scale > 0.0 {
                kkt = kkt.max(defect / scale);
            }
        }
        let variance = self.variance;
        let excess = (4.0 * variance + gram.observations()) * variance - sum_of_squares;
        kkt = kkt.max((excess / sum_of_squares).abs());
        if kkt <= CERTIFIED {
            Certainty::Certified { kkt }
        } else {
            Certainty::Uncertified { kkt }
        }
    }
}

/// Solves for ridge coefficients and active slope changes with the factor's matrix: zero for the
/// other slope changes.
#[inline(always)]
fn solve(
    gram: &Gram,
    factor: &Factor,
    path: &LassoPath,
    right_hand_side: &[f64],
    solution: &mut [f64],
    buffers: &mut SolveBuffers,
) {
    let (ridge, columns) = (gram.ridge(), gram.columns());
    factor.solve_ridge(right_hand_side, solution);
    for column in ridge..columns {
        buffers.side[column - ridge] = right_hand_side[column] - solution[column];
    }
    path.solve_active(&buffers.side, &mut buffers.solution);
    let (ridge_part, lasso_part) = solution.split_at_mut(ridge);
    let lasso_part = &mut lasso_part[..columns - ridge];
    lasso_part.copy_from_slice(&buffers.solution[..columns - ridge]);
    add_projections(factor, lasso_part, ridge_part);
}

/// Adds to the ridge coefficients what slope changes make of them.
#[inline(always)]
fn add_projections(factor: &Factor, slope_changes: &[f64], ridge_coefficients: &mut [f64]) {
    for (column, change) in slope_changes.iter().enumerate() {
        if *change != 0.0 {
            add_scaled(ridge_coefficients, *change, factor.projection_row(column));
        }
    }
}
