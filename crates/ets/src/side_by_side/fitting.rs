//! The search of one series among those side by side.

use std::cmp::Ordering;

use crate::likelihood::PARAMETERS;
use crate::model::{Form, Smoothing, States};
use crate::search::{
    Coordinates, Descent, Evaluated, Place, Point, Series, Settings, Surface, plain_states,
    starting_parameters,
};

/// A search ends when a step promises less log-likelihood than this. Parameters that a series can tell
/// apart differ by 2; so small a gain does not show in a forecast.
const TOLERANCE: f64 = 5e-3;

/// One series on its way to its largest likelihood.
pub(crate) struct Fitting<'a> {
    pub(crate) surface: Surface<'a>,
    /// The states to look from: those that suited the start before best.
    states: States,
    /// The best start it has looked at, and its number.
    best: Option<(usize, Evaluated)>,
    descent: Option<Descent>,
}

impl<'a> Fitting<'a> {
    pub(crate) fn new(
        series: &'a Series<'_>,
        settings: &Settings,
        form: Form,
        coordinates: &'a Coordinates,
    ) -> Self {
        let observations = &series.observations;
        let surface = Surface::new(
            form,
            settings.season_length,
            settings.bounds,
            observations.count,
            coordinates,
        );
        Self {
            states: plain_states(observations, form, settings.season_length),
            surface,
            best: None,
            descent: None,
        }
    }

    /// Returns the place where it looks at a start; `None` where the model cannot be evaluated there.
    pub(crate) fn start(&self, start: [f64; PARAMETERS]) -> Option<Place> {
        self.surface.place(start, self.states.clone())
    }

    /// What a look at the start of a number has found.
    pub(crate) fn look(&mut self, number: usize, found: Option<Evaluated>) {
        let Some(found) = found else { return };
        if let Some(place) = self.surface.recentred(&found) {
            self.states = place.states;
        }
        let best = self.best.as_ref();
        if best.is_none_or(|(_, best)| found.objective < best.objective) {
            self.best = Some((number, found));
        }
    }

    /// Goes down from the best start, the number of which it returns. Looks have no derivatives, so it
    /// begins with a pass there, from the states that suit that start.
    pub(crate) fn descend(&mut self) -> Option<usize> {
        let (number, best) = self.best.take()?;
        self.descent = Some(Descent::recentring(best, TOLERANCE));
        Some(number)
    }

    /// Returns the place where it wants a pass; `None` where it has arrived.
    pub(crate) fn next(&mut self) -> Option<Place> {
        self.descent.as_mut()?.next(&self.surface, &[])
    }

    /// What the pass has found there.
    pub(crate) fn hear(&mut self, found: Option<Evaluated>) {
        if let Some(descent) = &mut self.descent {
            descent.hear(found, &self.surface);
        }
    }

    /// Returns the point where it has arrived; `None` where no start could be evaluated.
    pub(crate) fn end(self) -> Option<Point> {
        Some(self.descent?.end(&self.surface))
    }
}

/// Returns the points where searches begin, each once. The first one, which is looked at from plain
/// states, is the one that is best least often.
pub(crate) fn starts(form: Form, coordinates: &Coordinates) -> Vec<[f64; PARAMETERS]> {
    let mut starts: Vec<[f64; PARAMETERS]> = Vec::new();
    for start in starting_parameters(form) {
        let inside = coordinates.point(&start);
        if !starts.contains(&inside) {
            starts.push(inside);
        }
    }
    let order = |start: &[f64; PARAMETERS]| {
        let Smoothing { gamma, alpha, .. } = coordinates.smoothing(start);
        (gamma, alpha)
    };
    starts.sort_by(|a, b| {
        let later = order(b).partial_cmp(&order(a));
        later.unwrap_or(Ordering::Equal)
    });
    starts
}
