//! The likelihood of one form over one series, as a search sees it.

use super::coordinates::Coordinates;
use super::starts::are_far_apart;
use crate::likelihood::{Columns, Errors, NormalEquations, PARAMETERS, Products};
use crate::model::{Bounds, ErrorKind, Form, Season, Smoothing, States};

/// A search gives up where a rival is ahead by more than this times what the next step promises, and by
/// [`MARGIN`] besides.
const REACH: f64 = 5.0;

/// The log-likelihood a rival must be ahead by, whatever the next step promises.
const MARGIN: f64 = 1.0;

/// How near parameters are, of those a start has to be apart, for two searches to be one.
const SAME_VALLEY: f64 = 0.25;

/// A point of the likelihood surface.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) smoothing: Smoothing,
    /// Initial states, with the last day of the season at rest: 0 where it is added, 1 where it is
    /// multiplied.
    pub(crate) states: States,
    /// Twice the log-likelihood is minus this, times the number of observations.
    pub(crate) objective: f64,
}

/// A point a pass is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    coordinates: [f64; PARAMETERS],
    pub(crate) smoothing: Smoothing,
    pub(crate) states: States,
}

/// A point with what a pass from there has found.
#[derive(Debug, Clone)]
pub(crate) struct Evaluated {
    place: Place,
    pub(crate) objective: f64,
    pub(crate) equations: NormalEquations,
}

/// The likelihood of one form over one series: what a pass has found at a point, and where that says
/// to go. It makes no passes itself.
#[derive(Debug)]
pub(crate) struct Surface<'a> {
    pub(crate) form: Form,
    season_length: usize,
    bounds: Bounds,
    count: usize,
    pub(crate) coordinates: &'a Coordinates,
    /// The objective of a rival form.
    bar: f64,
}

impl<'a> Surface<'a> {
    /// Makes the surface of a form over a series with `count` observations.
    pub(crate) fn new(
        form: Form,
        season_length: usize,
        bounds: Bounds,
        count: usize,
        coordinates: &'a Coordinates,
    ) -> Self {
        Self {
            form,
            season_length,
            bounds,
            count,
            coordinates,
            bar: f64::NEG_INFINITY,
        }
    }

    /// Returns the surface with a bar: searches give up where the objective will not come down to `bar`.
    pub(crate) fn above(self, bar: f64) -> Self {
        Self { bar, ..self }
    }

    /// Returns the place at some coordinates; `None` where the model cannot be evaluated there.
    pub(crate) fn place(&self, coordinates: [f64; PARAMETERS], states: States) -> Option<Place> {
        let smoothing = self.coordinates.smoothing(&coordinates);
        self.is_possible(&smoothing, &states).then_some(Place {
            coordinates,
            smoothing,
            states,
        })
    }

    /// The place nearest to some parameters.
    pub(crate) fn nearest(&self, smoothing: &Smoothing, states: States) -> Option<Place> {
        self.place(self.coordinates.point(smoothing), states)
    }

    /// What a pass from `place` says; `None` where that is no likelihood.
    pub(crate) fn evaluated(
        &self,
        place: Place,
        columns: &Columns,
        products: &impl Products,
        errors: &Errors,
    ) -> Option<Evaluated> {
        if !errors.possible || !errors.sum_of_squares.is_finite() {
            return None;
        }
        let relative = self.form.error() == ErrorKind::Multiplicative;
        let equations = NormalEquations::new(
            self.form,
            columns,
            self.free_season(),
            products,
            errors,
            self.count,
        );
        let least = f64::MIN_POSITIVE;
        let objective = if relative {
            self.relative_objective(errors)
        } else {
            libm::log((errors.sum_of_squares - equations.decrease_by_states).max(least))
        };
        objective.is_finite().then_some(Evaluated {
            place,
            objective,
            equations,
        })
    }

    pub(crate) fn relative_objective(&self, errors: &Errors) -> f64 {
        let mean_log = errors.sum_of_logs / self.count as f64;
        libm::log(errors.sum_of_squares.max(f64::MIN_POSITIVE)) + 2.0 * mean_log
    }

    /// The log-likelihood `step` promises to gain.
    pub(crate) fn promised(&self, from: &Evaluated, step: &Step) -> f64 {
        0.5 * self.count as f64 * step.decrease / from.equations.sum_of_squares
    }

    /// Whether a rival is out of reach, or is where this search is going.
    pub(crate) fn is_beaten(&self, current: &Evaluated, promised: f64, rivals: &[Point]) -> bool {
        let lead = |of: f64| 0.5 * self.count as f64 * (current.objective - of);
        let out_of_reach = REACH * promised.max(0.0) + MARGIN;
        lead(self.bar).is_finite() && lead(self.bar) > out_of_reach
            || rivals.iter().any(|rival| {
                let ahead = lead(rival.objective);
                let smoothing = &current.place.smoothing;
                let far = are_far_apart(&rival.smoothing, smoothing, SAME_VALLEY);
                ahead > out_of_reach || (ahead > 0.0 && !far)
            })
    }

    /// Returns the place with the same parameters and the states that suit them best, as far as the pass
    /// can tell.
    pub(crate) fn recentred(&self, evaluated: &Evaluated) -> Option<Place> {
        let step = evaluated.equations.state_step(&[0.0; PARAMETERS]);
        let states = self.moved(&evaluated.place.states, &step);
        self.place(evaluated.place.coordinates, states)
    }

    /// The point with its states where the pass says they should be (additive errors, for which
    /// that is exact, and is what the objective already counts).
    pub(crate) fn concentrated(&self, evaluated: Evaluated) -> Point {
        let place = evaluated.place;
        let states = match self.form.error() {
            ErrorKind::Additive => {
                let step = evaluated.equations.state_step(&[0.0; PARAMETERS]);
                self.moved(&place.states, &step)
            }
            ErrorKind::Multiplicative => place.states,
        };
        Point {
            smoothing: place.smoothing,
            states,
            objective: evaluated.objective,
        }
    }

    /// A bounded Levenberg-Marquardt step (Moré 1978, *The Levenberg-Marquardt algorithm:
    /// implementation and theory*, Lecture Notes in Mathematics 630, 105-116; coordinates that
    /// would leave the box stay on its face).
    pub(crate) fn step(&self, from: &Evaluated, damping: f64) -> Step {
        let derivative = self.coordinates.derivative(&from.place.coordinates);
        let hessian = congruent(&from.equations.hessian, &derivative);
        let gradient: [f64; PARAMETERS] = std::array::from_fn(|column| {
            (0..PARAMETERS)
                .map(|row| derivative[row][column] * from.equations.gradient[row])
                .sum()
        });
        let (least, most) = (&self.coordinates.least, &self.coordinates.most);
        let mut free: [bool; PARAMETERS] = std::array::from_fn(|index| {
            let at = from.place.coordinates[index];
            let leaves = (at <= least[index] && gradient[index] < 0.0)
                || (at >= most[index] && gradient[index] > 0.0);
            most[index] > least[index] && hessian[index][index] > 0.0 && !leaves
        });
        let mut moved = [0.0; PARAMETERS];
        // Each round either ends or puts one more coordinate on a face of the box.
        for _ in 0..=PARAMETERS {
            solve_free(&hessian, &gradient, damping, free, &mut moved);
            let mut left_the_box = false;
            for index in 0..PARAMETERS {
                let at = from.place.coordinates[index];
                let clamped = (at + moved[index]).clamp(least[index], most[index]);
                if free[index] && clamped.to_bits() != (at + moved[index]).to_bits() {
                    moved[index] = clamped - at;
                    free[index] = false;
                    left_the_box = true;
                }
            }
            if !left_the_box {
                break;
            }
        }
        let coordinates: [f64; PARAMETERS] = std::array::from_fn(|index| {
            (from.place.coordinates[index] + moved[index]).clamp(least[index], most[index])
        });
        let mut decrease = match self.form.error() {
            ErrorKind::Additive => 0.0,
            ErrorKind::Multiplicative => from.equations.decrease_by_states,
        };
        for a in 0..PARAMETERS {
            decrease += 2.0 * gradient[a] * moved[a];
            for b in 0..PARAMETERS {
                decrease -= moved[a] * hessian[a][b] * moved[b];
            }
        }
        let after = self.coordinates.smoothing(&coordinates);
        let before = &from.place.smoothing;
        let parameters_moved = [
            after.alpha - before.alpha,
            after.beta - before.beta,
            after.gamma - before.gamma,
            after.phi - before.phi,
        ];
        let state_step = from.equations.state_step(&parameters_moved);
        Step {
            coordinates,
            states: self.moved(&from.place.states, &state_step),
            decrease,
        }
    }

    fn free_season(&self) -> usize {
        if self.form.has_season() {
            self.season_length - 1
        } else {
            0
        }
    }

    fn moved(&self, states: &States, step: &[f64]) -> States {
        let mut states = states.clone();
        let mut steps = step.iter();
        states.level += steps.next().unwrap_or(&0.0);
        if self.form.has_trend() {
            states.growth += steps.next().unwrap_or(&0.0);
        }
        for (season, step) in states.season.iter_mut().zip(steps) {
            *season += step;
        }
        states
    }

    fn is_possible(&self, smoothing: &Smoothing, states: &States) -> bool {
        let admissible =
            self.bounds == Bounds::Usual || smoothing.is_admissible(self.form, self.season_length);
        let season_is_possible = self.form.season() != Season::Multiplicative
            || states.season.iter().all(|season| *season > 0.0);
        admissible && states.level.is_finite() && states.growth.is_finite() && season_is_possible
    }
}

/// A step: the place it leads to, and by how much it promises to lower the sum of squares.
pub(crate) struct Step {
    pub(crate) coordinates: [f64; PARAMETERS],
    pub(crate) states: States,
    decrease: f64,
}

type Square = [[f64; PARAMETERS]; PARAMETERS];

/// Dᵀ H D.
fn congruent(hessian: &Square, derivative: &Square) -> Square {
    let product = |a: usize, b: usize| {
        let mut sum = 0.0;
        for (row, hessian_row) in hessian.iter().enumerate() {
            for (column, value) in hessian_row.iter().enumerate() {
                sum += derivative[row][a] * value * derivative[column][b];
            }
        }
        sum
    };
    std::array::from_fn(|a| std::array::from_fn(|b| product(a, b)))
}

/// Solves for the free coordinates, with those that are not moved as `moved` has them.
fn solve_free(
    hessian: &Square,
    gradient: &[f64; PARAMETERS],
    damping: f64,
    free: [bool; PARAMETERS],
    moved: &mut [f64; PARAMETERS],
) {
    let mut table = *hessian;
    let mut right = *gradient;
    for a in 0..PARAMETERS {
        for b in 0..PARAMETERS {
            if free[a] && !free[b] {
                right[a] -= hessian[a][b] * moved[b];
            }
        }
        table[a][a] += damping * hessian[a][a];
    }
    let order: Vec<usize> = (0..PARAMETERS).filter(|index| free[*index]).collect();
    for (position, &pivot) in order.iter().enumerate() {
        let diagonal = table[pivot][pivot];
        if diagonal <= 1e-14 * hessian[pivot][pivot] {
            table[pivot][pivot] = 0.0;
            continue;
        }
        for &row in &order[position + 1..] {
            let factor = table[row][pivot] / diagonal;
            for &column in &order[position..] {
                table[row][column] -= factor * table[pivot][column];
            }
            right[row] -= factor * right[pivot];
        }
    }
    for (position, &row) in order.iter().enumerate().rev() {
        let mut rest = right[row];
        for &column in &order[position + 1..] {
            rest -= table[row][column] * moved[column];
        }
        moved[row] = if table[row][row] == 0.0 {
            0.0
        } else {
            rest / table[row][row]
        };
    }
}
