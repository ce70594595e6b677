//! The search of one series among those side by side.

use std::cmp::Ordering;

use super::super::coordinates::Coordinates;
use super::super::descent::Descent;
use super::super::normal_equations::PARAMETERS;
use super::super::solve::Series;
use super::super::starts::{plain_states, starting_parameters};
use super::super::surface::{Evaluated, Place, Point, Surface};
use super::super::{Ets, Form, Smoothing, States};

/// A search ends when a step promises less log-likelihood than this: what is far below the 2 by which
/// parameters differ that a series can tell apart does not show in a forecast.
const TOLERANCE: f64 = 5e-3;

/// One series on its way to its largest likelihood.
pub(super) struct Fitting<'a> {
    pub(super) surface: Surface<'a>,
    /// The states to look from: those that suited the start before best.
    states: States,
    /// The best start it has looked at, and its number.
    best: Option<(usize, Evaluated)>,
    descent: Option<Descent>,
}

impl<'a> Fitting<'a> {
    pub(super) fn new(
        series: &'a Series<'_>,
        ets: &Ets,
        form: Form,
        coordinates: &'a Coordinates,
    ) -> Self {
        let observations = &series.observations;
        let surface = Surface::new(
            form,
            ets.season_length,
            ets.bounds,
            observations.count,
            coordinates,
        );
        Self {
            states: plain_states(observations, form, ets.season_length),
            surface,
            best: None,
            descent: None,
        }
    }

    /// Where it looks at a start; `None` where the model cannot be evaluated there.
    pub(super) fn start(&self, start: [f64; PARAMETERS]) -> Option<Place> {
        self.surface.place(start, self.states.clone())
    }

    /// What a look at the start of a number has found.
    pub(super) fn look(&mut self, number: usize, found: Option<Evaluated>) {
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
    pub(super) fn descend(&mut self) -> Option<usize> {
        let (number, best) = self.best.take()?;
        self.descent = Some(Descent::recentring(best, TOLERANCE));
        Some(number)
    }

    /// Where it wants a pass; `None` where it has arrived.
    pub(super) fn next(&mut self) -> Option<Place> {
        self.descent.as_mut()?.next(&self.surface, &[])
    }

    /// What the pass has found there.
    pub(super) fn hear(&mut self, found: Option<Evaluated>) {
        if let Some(descent) = &mut self.descent {
            descent.hear(found, &self.surface);
        }
    }

    /// Where it has arrived; `None` where no start could be evaluated.
    pub(super) fn end(self) -> Option<Point> {
        Some(self.descent?.end(&self.surface))
    }
}

/// Where searches begin, each once. What is looked at first, from plain states, is what is best least often.
pub(super) fn starts(form: Form, coordinates: &Coordinates) -> Vec<[f64; PARAMETERS]> {
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
