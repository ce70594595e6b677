//! The search of one series among those side by side.

use std::cmp::Ordering;

use super::super::coordinates::Coordinates;
use super::super::descent::Descent;
use super::super::solve::Series;
use super::super::starts::{plain_states, starting_parameters};
use super::super::surface::{Evaluated, Place, Point, Surface};
use super::super::{Ets, Form, Smoothing, States};

/// A search ends when a step promises less log-likelihood than this: what is far below the 2 by which
/// parameters differ that a series can tell apart does not show in a forecast.
const TOLERANCE: f64 = 1e-2;

/// One series on its way to its largest likelihood.
pub(super) struct Fitting<'a> {
    pub(super) surface: Surface<'a>,
    /// Where it has yet to look, last first.
    starts: Vec<Smoothing>,
    /// The states to look from: those that suited the start before best.
    states: States,
    stage: Stage,
}

/// How far it has come.
enum Stage {
    /// Looking at starts, of which this is the best so far.
    Looking(Option<Start>),
    Descending(Descent),
    /// No start could be evaluated.
    Nowhere,
}

/// The best start so far.
struct Start {
    found: Evaluated,
    /// Whether it was looked at from plain states: then its derivatives say little yet.
    is_first: bool,
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
        let mut starts: Vec<Smoothing> = Vec::new();
        for start in starting_parameters(form) {
            let inside = coordinates.smoothing(&coordinates.point(&start));
            if !starts.contains(&inside) {
                starts.push(inside);
            }
        }
        // Looked at from the last one on, each from the states of the one before: what is looked at first,
        // from plain states, is what is best least often.
        starts.sort_by(|a, b| {
            (a.gamma, a.alpha)
                .partial_cmp(&(b.gamma, b.alpha))
                .unwrap_or(Ordering::Equal)
        });
        Self {
            states: plain_states(observations, form, ets.season_length),
            surface,
            starts,
            stage: Stage::Looking(None),
        }
    }

    /// Where it wants a pass; `None` where it has arrived.
    pub(super) fn next(&mut self) -> Option<Place> {
        while let Some(start) = self.starts.last() {
            let place = self.surface.nearest(start, self.states.clone());
            if place.is_some() {
                return place;
            }
            self.starts.pop();
        }
        if let Stage::Looking(best) = &mut self.stage {
            self.stage = match best.take() {
                Some(Start { found, is_first }) if is_first => {
                    Stage::Descending(Descent::recentring(found, TOLERANCE))
                }
                Some(Start { found, .. }) => Stage::Descending(Descent::new(found, TOLERANCE)),
                None => Stage::Nowhere,
            };
        }
        match &mut self.stage {
            Stage::Descending(descent) => descent.next(&self.surface, &[]),
            Stage::Looking(_) | Stage::Nowhere => None,
        }
    }

    /// What the pass has found there.
    pub(super) fn hear(&mut self, found: Option<Evaluated>) {
        match &mut self.stage {
            Stage::Descending(descent) => descent.hear(found, &self.surface),
            Stage::Nowhere => {}
            Stage::Looking(best) => {
                self.starts.pop();
                let Some(found) = found else { return };
                let is_first = best.is_none();
                if let Some(place) = self.surface.recentred(&found) {
                    self.states = place.states;
                }
                if best
                    .as_ref()
                    .is_none_or(|best| found.objective < best.found.objective)
                {
                    *best = Some(Start { found, is_first });
                }
            }
        }
    }

    /// Where it has arrived.
    pub(super) fn end(self) -> Option<Point> {
        match self.stage {
            Stage::Descending(descent) => Some(descent.end(&self.surface)),
            Stage::Looking(_) | Stage::Nowhere => None,
        }
    }
}
