//! A search downhill, a pass at a time.

use super::surface::{Evaluated, Place, Point, Surface};
use crate::model::ErrorKind;

/// A step that promises less log-likelihood than this and does not keep it is the last.
const PETTY: f64 = 5e-3;

/// Passes a search may make: a budget, so that no series holds up a fleet.
pub(crate) const MOST_PASSES: usize = 60;

/// Damping a search begins with, the least it has, and where it gives up.
const FIRST_DAMPING: f64 = 1e-3;
const LEAST_DAMPING: f64 = 1e-6;
/// Less damping than this hardly changes a step: what is tried after one that failed.
const STIFF_DAMPING: f64 = 0.2;
const MOST_DAMPING: f64 = 1e6;

/// A search on its way downhill. It says which pass it wants next and is told what that found, so that
/// several can share their passes.
#[derive(Debug)]
pub(crate) struct Descent {
    best: Evaluated,
    /// It ends when a step promises less log-likelihood than this.
    tolerance: f64,
    damping: f64,
    /// Steps refused since the last one taken.
    rejections: usize,
    passes: usize,
    stage: Stage,
}

/// What a descent does next, or waits for.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// A step; once it is asked for, the log-likelihood it promises.
    Stepping {
        promised: f64,
    },
    /// A pass at the same parameters and better states: derivatives were taken at states that have moved on.
    Recentring,
    Ended,
}

impl Descent {
    /// Begins from a point that is known already, and goes on until a step promises less log-likelihood
    /// than `tolerance`.
    pub(crate) fn new(start: Evaluated, tolerance: f64) -> Self {
        Self {
            best: start,
            tolerance,
            damping: FIRST_DAMPING,
            rejections: 0,
            passes: 0,
            stage: Stage::Stepping { promised: 0.0 },
        }
    }

    /// Begins with a pass at better states, since the point's derivatives were taken at states that suit
    /// it badly.
    pub(crate) fn recentring(start: Evaluated, tolerance: f64) -> Self {
        Self {
            stage: Stage::Recentring,
            ..Self::new(start, tolerance)
        }
    }

    /// Returns the place where it wants a pass; `None` at the bottom, and where it becomes plain that one of the `rivals`
    /// will not be beaten.
    pub(crate) fn next(&mut self, surface: &Surface<'_>, rivals: &[Point]) -> Option<Place> {
        loop {
            match self.stage {
                Stage::Ended => return None,
                Stage::Recentring => {
                    if let Some(place) = surface.recentred(&self.best) {
                        return Some(place);
                    }
                    self.stage = Stage::Stepping { promised: 0.0 };
                }
                Stage::Stepping { .. } => {
                    let place = self.step(surface, rivals);
                    if place.is_some() {
                        return place;
                    }
                }
            }
        }
    }

    /// Returns the place where the next step leads, or `None` where there is no step: the search then has
    /// ended, or its damping has been raised for another try.
    fn step(&mut self, surface: &Surface<'_>, rivals: &[Point]) -> Option<Place> {
        if self.passes >= MOST_PASSES || self.damping >= MOST_DAMPING {
            self.stage = Stage::Ended;
            return None;
        }
        if surface.form.error() == ErrorKind::Multiplicative {
            // The states enter relative errors in a curve: they are damped as parameters are.
            self.best.equations.eliminate_states(self.damping);
        }
        let step = surface.step(&self.best, self.damping);
        let promised = surface.promised(&self.best, &step);
        if promised.is_nan()
            || promised.abs() < self.tolerance
            || surface.is_beaten(&self.best, promised, rivals)
        {
            self.stage = Stage::Ended;
            return None;
        }
        // A step cut off by the box may promise an increase; a shorter one will not.
        if promised < 0.0 {
            self.stiffen();
            return None;
        }
        self.stage = Stage::Stepping { promised };
        let place = surface.place(step.coordinates, step.states);
        if place.is_none() {
            self.refuse(promised, surface);
        }
        place
    }

    /// What the pass has found there.
    pub(crate) fn hear(&mut self, found: Option<Evaluated>, surface: &Surface<'_>) {
        self.passes += 1;
        match (self.stage, found) {
            (Stage::Recentring, found) => {
                if let Some(found) = found {
                    self.best = found;
                }
                self.stage = Stage::Stepping { promised: 0.0 };
            }
            (_, Some(found)) if found.objective < self.best.objective => {
                self.best = found;
                self.damping = (self.damping * 0.1).max(LEAST_DAMPING);
                self.rejections = 0;
            }
            (Stage::Stepping { promised }, _) => self.refuse(promised, surface),
            (Stage::Ended, _) => {}
        }
    }

    /// Does not take a step that promised some log-likelihood.
    fn refuse(&mut self, promised: f64, surface: &Surface<'_>) {
        self.stiffen();
        self.rejections += 1;
        if self.rejections == 1 && surface.form.error() == ErrorKind::Additive {
            self.stage = Stage::Recentring;
        } else if promised < PETTY {
            self.stage = Stage::Ended;
        }
    }

    fn stiffen(&mut self) {
        self.damping = (10.0 * self.damping).max(STIFF_DAMPING);
    }

    /// The best point it has come to.
    pub(crate) fn end(self, surface: &Surface<'_>) -> Point {
        surface.concentrated(self.best)
    }
}
