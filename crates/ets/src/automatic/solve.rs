//! One form after the other at its largest likelihood, each helped by those before.

use super::fit::EtsFit;
use super::search::Search;
use crate::model::{Bounds, ErrorKind, EtsError, Form, Season, Smoothing, States, Trend};
use crate::search::{
    Coordinates, Effort, Point, Series, Settings, are_far_apart, multiplied, plain_states, scaled,
    starting_parameters, starts_with_moving_season,
};

impl Series<'_> {
    /// The point of the largest likelihood, or an unfinished one where it becomes plain that the
    /// form's criterion will not be below `least`.
    pub(crate) fn solve(
        &self,
        form: Form,
        additive: &mut Known,
        least: Option<f64>,
    ) -> Result<Solution, EtsError> {
        let parameters = self.parameters(form)?;
        let n = self.observations.count as f64;
        let bar = least.map_or(f64::NEG_INFINITY, |least| {
            (least - self.settings.criterion.value(0.0, parameters, n)) / n
        });
        let point = match form.error() {
            ErrorKind::Additive => self.additive(form, additive, bar)?,
            ErrorKind::Multiplicative => self.multiplicative(form, additive, bar)?,
        };
        Ok(Solution {
            form,
            point,
            parameters,
        })
    }

    fn search<'s>(&'s self, form: Form, coordinates: &'s Coordinates, bar: f64) -> Search<'s> {
        let season_length = if form.has_season() {
            self.settings.season_length
        } else {
            1
        };
        Search::new(
            &self.observations,
            form,
            season_length,
            coordinates,
            self.settings.bounds,
            self.path,
        )
        .above(bar)
    }

    fn additive(&self, form: Form, known: &mut Known, bar: f64) -> Result<Point, EtsError> {
        let found = known.iter().find(|(known, _)| *known == form);
        if let Some(best) = found.and_then(|(_, points)| points.first()) {
            return Ok(best.clone());
        }
        let coordinates = self.settings.coordinates(form)?;
        let mut search = self.search(form, &coordinates, bar);
        let plain = plain_states(&self.observations, form, self.settings.season_length);
        let mut starts: Vec<Point> = Vec::new();
        for simpler in known.iter().filter(|(other, _)| is_simpler(*other, form)) {
            for point in &simpler.1 {
                for smoothing in lifted(&point.smoothing, form) {
                    starts.extend(search.start(&smoothing, point.states.clone()));
                }
            }
        }
        let damped_from_trend = known
            .iter()
            .any(|(other, _)| is_simpler(*other, form) && other.has_trend());
        if !damped_from_trend || self.settings.effort == Effort::Thorough {
            let more = starting_parameters(form);
            starts.extend(
                more.iter()
                    .filter_map(|more| search.start(more, plain.clone())),
            );
        }
        if let Some(usual) = self.usual(form) {
            starts.extend(search.start(&usual.smoothing, usual.states));
        }
        let ends = descents(form, &mut search, &mut starts, self.settings.effort);
        let best = ends
            .first()
            .cloned()
            .ok_or(EtsError::NoLikelihood { form })?;
        known.push((form, ends));
        Ok(best)
    }

    /// Returns the best point of the usual region, where it is the admissible one that is searched: it
    /// has no corners to be caught in.
    fn usual(&self, form: Form) -> Option<Point> {
        if self.settings.bounds != Bounds::Admissible {
            return None;
        }
        let settings = Settings {
            bounds: Bounds::Both,
            ..self.settings.clone()
        };
        let series = Series::new(self.y, &settings).ok()?;
        let solution = series.solve(form, &mut Known::new(), None).ok()?;
        Some(solution.point)
    }

    fn multiplicative(&self, form: Form, known: &mut Known, bar: f64) -> Result<Point, EtsError> {
        let twin_season = match form.season() {
            Season::Multiplicative => Season::Additive,
            season => season,
        };
        let twin = Form::new(ErrorKind::Additive, form.trend(), twin_season)?;
        let coordinates = self.settings.coordinates(form)?;
        if self.additive(twin, known, f64::NEG_INFINITY).is_err() {
            return Err(EtsError::NoLikelihood { form });
        }
        let empty = Vec::new();
        let found = known.iter().find(|(other, _)| *other == twin);
        let twin_points = found.map_or(&empty, |(_, points)| points);
        let mut search = self.search(form, &coordinates, bar);
        let plain = plain_states(&self.observations, form, self.settings.season_length);
        let mut starts: Vec<Point> = Vec::new();
        for point in twin_points {
            let states = match form.season() {
                Season::Multiplicative => multiplied(&point.states, self.mean),
                Season::None | Season::Additive => Some(point.states.clone()),
            };
            let states = states.unwrap_or_else(|| plain.clone());
            starts.extend(search.start(&point.smoothing, states.clone()));
            let more = match self.settings.effort {
                Effort::Thorough => starting_parameters(form),
                Effort::Standard if starts.len() > 1 => Vec::new(),
                Effort::Standard => starts_with_moving_season(form),
            };
            starts.extend(
                more.iter()
                    .filter_map(|more| search.start(more, states.clone())),
            );
        }
        if let Some(usual) = self.usual(form) {
            starts.extend(search.start(&usual.smoothing, usual.states));
        }
        if let (true, Some(point)) = (starts.is_empty(), twin_points.first()) {
            starts.extend(search.start(&point.smoothing, plain));
        }
        let ends = descents(form, &mut search, &mut starts, self.settings.effort);
        ends.into_iter()
            .next()
            .ok_or(EtsError::NoLikelihood { form })
    }

    /// A criterion's value, up to what all forms have in common.
    pub(crate) fn criterion(&self, solution: &Solution) -> f64 {
        let n = self.observations.count as f64;
        let log_likelihood = -0.5 * n * solution.point.objective;
        let criterion = self.settings.criterion;
        criterion.value(log_likelihood, solution.parameters, n)
    }

    pub(crate) fn finish(&self, solution: &Solution) -> EtsFit {
        let Solution {
            form,
            point,
            parameters,
        } = solution;
        let states = scaled(*form, &normalised(*form, &point.states), self.unit);
        EtsFit::new(*form, point.smoothing, states, self.y, *parameters)
    }
}

/// A form at its largest likelihood.
pub(crate) struct Solution {
    pub(crate) form: Form,
    pub(crate) point: Point,
    pub(crate) parameters: usize,
}

/// The points where searches over additive forms have ended, best first: others begin there. In `Ets::fit_values` some
/// have ended early, since they would not reach the best form; such a one is not chosen either.
pub(crate) type Known = Vec<(Form, Vec<Point>)>;

/// Starting points a search of standard effort goes down from.
const STANDARD_DESCENTS: usize = 2;

/// Whether `simpler` is `form` without, or with less of, its trend.
fn is_simpler(simpler: Form, form: Form) -> bool {
    simpler.season() == form.season() && simpler.trend() < form.trend()
}

/// Parameters of a simpler form as those of `form`.
fn lifted(simpler: &Smoothing, form: Form) -> Vec<Smoothing> {
    let beta = simpler.beta.max(1e-4).min(simpler.alpha);
    let phis: &[f64] = if form.trend() == Trend::Damped {
        &[0.8, 0.98]
    } else {
        &[1.0]
    };
    let with_phi = |&phi: &f64| Smoothing {
        beta,
        phi,
        ..*simpler
    };
    phis.iter().map(with_phi).collect()
}

/// The best points that searches from `starts` end at, best first.
fn descents<'s>(
    form: Form,
    search: &mut Search<'_>,
    starts: &'s mut [Point],
    effort: Effort,
) -> Vec<Point> {
    starts.sort_by(|a, b| a.objective.total_cmp(&b.objective));
    let mut ends: Vec<Point> = Vec::new();
    if effort == Effort::Thorough {
        ends.extend(starts.iter().filter_map(|start| search.descend(start, &[])));
    } else {
        let mut begun: Vec<&Point> = Vec::new();
        let mut begin = |begun: &mut Vec<&'s Point>, wanted: fn(&Smoothing) -> bool| {
            let next = starts.iter().find(|start| {
                let mut known = begun.iter().copied().chain(&ends);
                wanted(&start.smoothing)
                    && known.all(|known| are_far_apart(&known.smoothing, &start.smoothing, 1.0))
            });
            if let Some(next) = next {
                begun.push(next);
                ends.extend(search.descend(next, &ends));
            }
        };
        for _ in 0..STANDARD_DESCENTS {
            begin(&mut begun, |_| true);
        }
        if form.season() == Season::Multiplicative {
            for wanted in [season_moves, season_stands_still] {
                if !begun.iter().any(|start| wanted(&start.smoothing)) {
                    begin(&mut begun, wanted);
                }
            }
        }
    }
    ends.sort_by(|a, b| a.objective.total_cmp(&b.objective));
    ends
}

/// Multiplicative seasons that move lie in one valley, those that stand still in another, and the
/// view from a start is poor.
fn season_moves(smoothing: &Smoothing) -> bool {
    smoothing.gamma > 0.05
}

fn season_stands_still(smoothing: &Smoothing) -> bool {
    !season_moves(smoothing)
}

/// Returns the states of the same model with a season that adds up to nothing, or averages 1.
fn normalised(form: Form, states: &States) -> States {
    let mean = states.season.iter().sum::<f64>() / states.season.len().max(1) as f64;
    match form.season() {
        Season::None => states.clone(),
        Season::Additive => States {
            level: states.level + mean,
            growth: states.growth,
            season: states.season.iter().map(|season| season - mean).collect(),
        },
        Season::Multiplicative => States {
            level: states.level * mean,
            growth: states.growth * mean,
            season: states.season.iter().map(|season| season / mean).collect(),
        },
    }
}
