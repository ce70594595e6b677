//! The search for the largest likelihood of one form.

use crate::likelihood::{Observations, Passes};
use crate::model::{Bounds, ErrorKind, Form, Smoothing, States};
use crate::search::{Coordinates, Descent, Evaluated, Place, Point, Surface};
use fleetcast_numerics::Path;

/// A search ends when a step promises less log-likelihood than this.
const TOLERANCE: f64 = 5e-4;

/// Searches over one series and form.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    surface: Surface<'a>,
    passes: Passes<'a>,
    #[cfg(test)]
    pub(crate) passes_made: usize,
}

impl<'a> Search<'a> {
    pub(crate) fn new(
        observations: &'a Observations,
        form: Form,
        season_length: usize,
        coordinates: &'a Coordinates,
        bounds: Bounds,
        path: Path,
    ) -> Self {
        let count = observations.count;
        Self {
            surface: Surface::new(form, season_length, bounds, count, coordinates),
            passes: Passes::new(observations, form, season_length, path),
            #[cfg(test)]
            passes_made: 0,
        }
    }

    /// Returns the search with a bar: it gives up where the objective will not come down to `bar`.
    pub(crate) fn above(self, bar: f64) -> Self {
        Self {
            surface: self.surface.above(bar),
            ..self
        }
    }

    /// The value of a starting point, with the states that suit it best moved to; `None` where the
    /// model cannot be evaluated there.
    pub(crate) fn start(&mut self, smoothing: &Smoothing, states: States) -> Option<Point> {
        let place = self.surface.nearest(smoothing, states)?;
        if self.surface.form.error() == ErrorKind::Additive {
            let evaluated = self.evaluate(place)?;
            return Some(self.surface.concentrated(evaluated));
        }
        // Relative errors say nothing exact of better states: their size is all there is to know.
        let errors = self.passes.errors(&place.smoothing, &place.states);
        let objective = self.surface.relative_objective(&errors);
        (errors.possible && objective.is_finite()).then_some(Point {
            smoothing: place.smoothing,
            states: place.states,
            objective,
        })
    }

    /// The best point that can be reached downhill from `start`; an unfinished one where it becomes
    /// plain that one of the `rivals` will not be beaten.
    pub(crate) fn descend(&mut self, start: &Point, rivals: &[Point]) -> Option<Point> {
        let place = self
            .surface
            .nearest(&start.smoothing, start.states.clone())?;
        let mut descent = Descent::new(self.evaluate(place)?, TOLERANCE);
        while let Some(place) = descent.next(&self.surface, rivals) {
            let found = self.evaluate(place);
            descent.hear(found, &self.surface);
        }
        Some(descent.end(&self.surface))
    }

    /// A pass from a place.
    fn evaluate(&mut self, place: Place) -> Option<Evaluated> {
        #[cfg(test)]
        {
            self.passes_made += 1;
        }
        let errors = self.passes.run(&place.smoothing, &place.states);
        let Passes { columns, gram, .. } = &self.passes;
        self.surface.evaluated(place, columns, gram, &errors)
    }
}
