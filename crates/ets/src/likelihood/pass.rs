//! One pass over a series: the errors, and how they depend on initial states and parameters.
//!
//! A scalar chain runs the model itself; eight lanes beside it carry derivatives of the one-step
//! forecasts with respect to initial states and smoothing parameters. Days are worked on in blocks:
//! chain, lanes, then the products of all columns ([`super::gram`]) while the block is in cache.
//!
//! With an additive season and no missing day, the response to the seasonal state of day j is the
//! response to that of day 0, j days later: one lane serves them all.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::block::{BLOCK, BlockOfDays};
use super::chain::{ADDITIVE, MULTIPLICATIVE, NO_SEASON, RunningModel};
use super::columns::Columns;
use super::gram::PassGram;
use super::observations::{Errors, Observations};
use super::sensitivity::{LaneDays, first_lane};
use crate::model::{ErrorKind, Form, Season, Smoothing, States};
use fleetcast_numerics::{Kernel, LANES, Lanes, Path, dispatch};

/// One-step forecasts at or below this share of the series' scale have no relative error.
const LEAST_FORECAST: f64 = 1e-12;

/// Room for passes over one series and form.
#[derive(Debug)]
pub(crate) struct Passes<'a> {
    observations: &'a Observations,
    form: Form,
    season_length: usize,
    pub(crate) columns: Columns,
    path: Path,
    /// Vectors of lanes: one, and as many as the free seasonal states fill.
    vectors: usize,
    /// Whether seasonal responses are delayed copies of one.
    delayed: bool,
    days: BlockOfDays,
    /// The response to the first seasonal state, latest day first, zeros behind it.
    response: Vec<f64>,
    pub(crate) gram: PassGram,
}

impl<'a> Passes<'a> {
    pub(crate) fn new(
        observations: &'a Observations,
        form: Form,
        season_length: usize,
        path: Path,
    ) -> Self {
        let columns = Columns::new(form);
        let seasonal = if form.has_season() {
            season_length - 1
        } else {
            0
        };
        let vectors = 1 + seasonal.div_ceil(LANES);
        let delayed = form.season() == Season::Additive && !observations.has_gaps();
        Self {
            observations,
            form,
            season_length,
            columns,
            path,
            vectors,
            delayed,
            days: BlockOfDays::new(),
            response: vec![0.0; observations.y.len() + LANES * vectors],
            gram: PassGram::new(columns.used, seasonal, delayed && form.is_additive()),
        }
    }

    /// Runs the model from `states` without derivatives: a fraction of a pass.
    pub(crate) fn errors(&mut self, smoothing: &Smoothing, states: &States) -> Errors {
        match (self.form.has_trend(), self.form.season()) {
            (false, Season::None) => self.errors_of::<false, NO_SEASON>(smoothing, states),
            (true, Season::None) => self.errors_of::<true, NO_SEASON>(smoothing, states),
            (false, Season::Additive) => self.errors_of::<false, ADDITIVE>(smoothing, states),
            (true, Season::Additive) => self.errors_of::<true, ADDITIVE>(smoothing, states),
            (false, Season::Multiplicative) => {
                self.errors_of::<false, MULTIPLICATIVE>(smoothing, states)
            }
            (true, Season::Multiplicative) => {
                self.errors_of::<true, MULTIPLICATIVE>(smoothing, states)
            }
        }
    }

    fn errors_of<const TREND: bool, const SEASON: u8>(
        &mut self,
        smoothing: &Smoothing,
        states: &States,
    ) -> Errors {
        let relative = self.form.error() == ErrorKind::Multiplicative;
        let mut model = RunningModel::new(smoothing, states);
        let mut errors = Errors {
            possible: true,
            ..Errors::default()
        };
        let mut today = 0;
        let mut none = 0.0;
        let days = self.observations.y.len();
        for start in (0..days).step_by(BLOCK) {
            let length = self.load_block(start);
            for index in 0..length.min(BLOCK) {
                let season_today = model.season.get_mut(today).unwrap_or(&mut none);
                let (y, observed) = (self.days.y[index], self.days.observed[index]);
                let (next, day) =
                    model
                        .chain
                        .step::<TREND, SEASON, true>(smoothing, y, observed, season_today);
                model.chain = next;
                self.days.error[index] = day.error;
                today = if today + 1 < model.season.len() {
                    today + 1
                } else {
                    0
                };
            }
            if relative && !weigh_relative_errors(&mut self.days, length, &mut errors) {
                errors.possible = false;
                return errors;
            }
            for index in 0..length.min(BLOCK) {
                let scale = if relative {
                    self.days.inverse_forecast[index]
                } else {
                    1.0
                };
                let error = self.days.error[index] * scale;
                errors.sum_of_squares += error * error;
            }
        }
        errors
    }

    /// Takes the days from `start` on into the block; how many they are.
    fn load_block(&mut self, start: usize) -> usize {
        let end = self.observations.y.len().min(start + BLOCK);
        let length = end - start;
        self.days.y[..length].copy_from_slice(&self.observations.y[start..end]);
        self.days.observed[..length].copy_from_slice(&self.observations.observed[start..end]);
        length
    }

    /// Runs the model from `states` and fills [`Passes::gram`].
    pub(crate) fn run(&mut self, smoothing: &Smoothing, states: &States) -> Errors {
        let path = self.path;
        dispatch(
            path,
            Pass {
                passes: self,
                smoothing,
                states,
            },
        )
    }
}

/// A pass, as the dispatcher wants it.
struct Pass<'p, 'a> {
    passes: &'p mut Passes<'a>,
    smoothing: &'p Smoothing,
    states: &'p States,
}

impl Kernel for Pass<'_, '_> {
    type Output = Errors;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Errors {
        let trend = self.passes.form.has_trend();
        let gaps = self.passes.observations.has_gaps();
        match (trend, self.passes.form.season(), gaps) {
            (false, Season::None, false) => self.blocks::<L, false, NO_SEASON, false>(lanes),
            (true, Season::None, false) => self.blocks::<L, true, NO_SEASON, false>(lanes),
            (false, Season::Additive, false) => self.blocks::<L, false, ADDITIVE, false>(lanes),
            (true, Season::Additive, false) => self.blocks::<L, true, ADDITIVE, false>(lanes),
            (false, Season::Multiplicative, false) => {
                self.blocks::<L, false, MULTIPLICATIVE, false>(lanes)
            }
            (true, Season::Multiplicative, false) => {
                self.blocks::<L, true, MULTIPLICATIVE, false>(lanes)
            }
            (false, Season::None, true) => self.blocks::<L, false, NO_SEASON, true>(lanes),
            (true, Season::None, true) => self.blocks::<L, true, NO_SEASON, true>(lanes),
            (false, Season::Additive, true) => self.blocks::<L, false, ADDITIVE, true>(lanes),
            (true, Season::Additive, true) => self.blocks::<L, true, ADDITIVE, true>(lanes),
            (false, Season::Multiplicative, true) => {
                self.blocks::<L, false, MULTIPLICATIVE, true>(lanes)
            }
            (true, Season::Multiplicative, true) => {
                self.blocks::<L, true, MULTIPLICATIVE, true>(lanes)
            }
        }
    }
}

/// What the lanes carry from block to block.
struct Workspace<V> {
    /// A column of a block's days for every vector.
    design: Vec<V>,
    /// Derivatives of seasonal states, a season for every vector.
    rings: Vec<V>,
    /// Derivatives of base and damped growth, for every vector.
    states: Vec<[V; 2]>,
}

impl Pass<'_, '_> {
    #[inline(always)]
    fn blocks<L: Lanes, const TREND: bool, const SEASON: u8, const GAPS: bool>(
        self,
        lanes: L,
    ) -> Errors {
        let Self {
            passes,
            smoothing,
            states,
        } = self;
        let mut workspace = passes.start(lanes, smoothing, states);
        let mut model = RunningModel::new(smoothing, states);
        let mut totals = passes.gram.totals(lanes);
        let relative = passes.form.error() == ErrorKind::Multiplicative;
        let days = passes.observations.y.len();
        let season_length = model.season.len();
        let mut today = 0;
        let chained_vectors = if passes.delayed { 1 } else { passes.vectors };
        let mut errors = Errors {
            possible: true,
            ..Errors::default()
        };
        for start in (0..days).step_by(BLOCK) {
            let length = passes.load_block(start);
            let end = start + length;
            for vector in 0..chained_vectors {
                let lane_days = LaneDays {
                    length,
                    smoothing,
                    columns: &passes.columns,
                    ring_start: today,
                };
                let rings = &mut workspace.rings;
                let ring = &mut rings[vector * season_length..(vector + 1) * season_length];
                let state = &mut workspace.states[vector];
                let design = &mut workspace.design[vector * BLOCK..][..BLOCK];
                let days = &mut passes.days;
                if vector == 0 {
                    lane_days.run::<L, TREND, SEASON, GAPS, true>(
                        lanes, &mut model, days, ring, state, design,
                    );
                } else {
                    lane_days.run::<L, TREND, SEASON, GAPS, false>(
                        lanes, &mut model, days, ring, state, design,
                    );
                }
            }
            if SEASON != NO_SEASON {
                today = (today + length) % season_length;
            }
            if relative && !weigh_relative_errors(&mut passes.days, length, &mut errors) {
                errors.possible = false;
                break;
            }
            if passes.delayed {
                passes.delay_responses::<L>(start, end, &mut workspace.design);
            }
            let design = &mut workspace.design;
            if relative {
                weigh_columns(lanes, &passes.days, length, design, &mut totals.sums);
            }
            passes.gram.add_block(lanes, design, length, &mut totals);
        }
        if !errors.possible {
            return errors;
        }
        passes.gram.set(lanes, &totals);
        passes.gram.close(&passes.response, days);
        errors.sum_of_squares = passes.gram.error_squared();
        errors
    }
}

impl Passes<'_> {
    /// Initial states of the lanes.
    #[inline(always)]
    fn start<L: Lanes>(&self, lanes: L, smoothing: &Smoothing, states: &States) -> Workspace<L::V> {
        let zero = lanes.splat(0.0);
        let ring_length = if self.form.has_season() {
            self.season_length
        } else {
            0
        };
        let mut workspace = Workspace {
            design: vec![zero; self.vectors * BLOCK],
            rings: vec![zero; ring_length * self.vectors],
            states: vec![[zero; 2]; self.vectors],
        };
        let mut base = [0.0; LANES];
        let mut damped_growth = [0.0; LANES];
        base[self.columns.level] = 1.0;
        if let Some(growth) = self.columns.growth {
            base[growth] = smoothing.phi;
            damped_growth[growth] = smoothing.phi;
        }
        if let Some(phi) = self.columns.phi {
            base[phi] = states.growth;
            damped_growth[phi] = states.growth;
        }
        workspace.states[0] = [lanes.load(base), lanes.load(damped_growth)];
        let unit = |lane: usize| -> [f64; LANES] {
            std::array::from_fn(|other| f64::from(u8::from(other == lane)))
        };
        if self.delayed {
            workspace.rings[0] = lanes.load(unit(self.columns.used));
        } else if self.form.has_season() {
            // A lane of its own for every seasonal state but the last, which stays as it is.
            for state in 0..self.season_length - 1 {
                let vector = 1 + state / LANES;
                workspace.rings[vector * ring_length + state] = lanes.load(unit(state % LANES));
            }
        }
        workspace
    }

    /// Writes the delayed copies of the first seasonal state's response into the block's design.
    #[inline(always)]
    fn delay_responses<L: Lanes>(&mut self, start: usize, end: usize, design: &mut [L::V]) {
        let days = self.observations.y.len();
        let lane = self.columns.used;
        let (responses, _) = L::scalars(&design[..BLOCK]).as_chunks::<LANES>();
        for (response, day) in responses.iter().zip(start..end) {
            self.response[days - 1 - day] = response[lane];
        }
        for vector in 1..self.vectors {
            let column = &mut design[vector * BLOCK..][..end - start];
            let (column, _) = L::scalars_mut(column).as_chunks_mut::<LANES>();
            let latest = &self.response[days - end + (vector - 1) * LANES..];
            // The block's last day has the latest response, which stands first.
            for (delayed, latest) in column.iter_mut().rev().zip(latest.windows(LANES)) {
                delayed.copy_from_slice(latest);
            }
        }
    }
}

/// Forecasts and weights of relative errors; whether all of them exist.
fn weigh_relative_errors(days: &mut BlockOfDays, length: usize, errors: &mut Errors) -> bool {
    /// Forecasts multiplied before a logarithm is taken; 1e-12 to the 16th is a number still.
    const FACTORS: usize = 16;
    let mut possible = true;
    let mut product = 1.0;
    for index in 0..length.min(BLOCK) {
        let y = days.y[index];
        let observed = days.observed[index];
        let forecast = if observed == 0.0 {
            1.0
        } else {
            y - days.error[index]
        };
        possible &= forecast > LEAST_FORECAST && forecast < 1.0 / LEAST_FORECAST;
        let inverse = observed / forecast;
        days.inverse_forecast[index] = inverse;
        days.weight[index] = y * inverse * inverse;
        product *= forecast;
        if index % FACTORS == FACTORS - 1 {
            errors.sum_of_logs += libm::log(product);
            product = 1.0;
        }
    }
    errors.sum_of_logs += libm::log(product);
    possible
}

/// Turns derivatives of forecasts into those of relative errors, and adds up the relative ones.
#[inline(always)]
fn weigh_columns<L: Lanes>(
    lanes: L,
    days: &BlockOfDays,
    length: usize,
    design: &mut [L::V],
    sums: &mut [L::V],
) {
    let first_lane = first_lane(lanes);
    let other_lanes = lanes.sub(lanes.splat(1.0), first_lane);
    for (vector, (column, sum)) in design.chunks_exact_mut(BLOCK).zip(sums).enumerate() {
        let mut total = *sum;
        for (index, columns) in column.iter_mut().enumerate().take(length) {
            let inverse = lanes.splat(days.inverse_forecast[index]);
            let weight = lanes.splat(days.weight[index]);
            total = lanes.add(total, lanes.mul(*columns, inverse));
            *columns = lanes.mul(
                *columns,
                if vector == 0 {
                    // The error, in the first lane, is divided by the forecast and no more.
                    lanes.add(
                        lanes.mul(other_lanes, weight),
                        lanes.mul(first_lane, inverse),
                    )
                } else {
                    weight
                },
            );
        }
        *sum = total;
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_numerics::Instructions;

    use super::*;
    use crate::automatic::Ets;
    use crate::likelihood::{Column, Products};
    use crate::model::{Fixed, Trend};
    use crate::search::Effort;

    fn series(gaps: bool) -> Vec<f64> {
        (0..150)
            .map(|day| {
                let unrest = f64::from((day * 7919) % 101) / 101.0 - 0.5;
                let missing = gaps && (day * 31) % 11 < 2;
                let day = f64::from(day);
                if missing {
                    f64::NAN
                } else {
                    20.0 + day % 7.0 + 2.0 * unrest + 0.05 * day
                }
            })
            .collect()
    }

    const SMOOTHING: Smoothing = Smoothing {
        alpha: 0.3,
        beta: 0.05,
        gamma: 0.2,
        phi: 0.9,
    };

    fn smoothing(form: Form) -> Smoothing {
        Smoothing {
            alpha: SMOOTHING.alpha,
            beta: if form.has_trend() {
                SMOOTHING.beta
            } else {
                0.0
            },
            gamma: if form.has_season() {
                SMOOTHING.gamma
            } else {
                0.0
            },
            phi: if form.trend() == Trend::Damped {
                SMOOTHING.phi
            } else {
                1.0
            },
        }
    }

    fn states(form: Form) -> States {
        let season: &[f64] = match form.season() {
            Season::None => &[],
            Season::Additive => &[0.01, 0.02, 0.05, -0.02, 0.03, 0.01, 0.0],
            Season::Multiplicative => &[0.9, 1.1, 1.05, 0.95, 1.02, 1.01, 1.0],
        };
        States {
            level: 0.7,
            growth: if form.has_trend() { 0.002 } else { 0.0 },
            season: season.to_vec(),
        }
    }

    /// The sum of squares, or what is least where errors are relative.
    fn objective(passes: &mut Passes<'_>, smoothing: &Smoothing, states: &States, n: f64) -> f64 {
        let errors = passes.run(smoothing, states);
        assert!(errors.possible);
        errors.sum_of_squares * (2.0 * errors.sum_of_logs / n).exp()
    }

    /// Derivatives by the lanes against differences of the objective itself.
    #[test]
    fn derivatives_are_those_of_the_objective() {
        for gaps in [false, true] {
            let observations = Observations::new(&series(gaps), 1.0 / 32.0);
            let n = observations.count as f64;
            for form in Form::ALL {
                let season_length = if form.has_season() { 7 } else { 1 };
                let mut passes = Passes::new(&observations, form, season_length, Path::best());
                let (at, from) = (smoothing(form), states(form));
                let errors = passes.run(&at, &from);
                let relative = form.error() == ErrorKind::Multiplicative;
                let scale = (2.0 * errors.sum_of_logs / n).exp();
                let columns = passes.columns;
                let slope = |column: Column| {
                    let with_error = passes.gram.product(Column::Base(0), column);
                    let log_mean = if relative {
                        passes.gram.sum(column) / n
                    } else {
                        0.0
                    };
                    -2.0 * scale * (with_error - log_mean * errors.sum_of_squares)
                };
                let mut expected = vec![
                    (slope(Column::Base(columns.level)), 0),
                    (slope(Column::Base(columns.alpha)), 1),
                ];
                let optional = [
                    (columns.growth, 2),
                    (columns.beta, 3),
                    (columns.gamma, 4),
                    (columns.phi, 5),
                ];
                for (column, which) in optional {
                    expected.extend(column.map(|lane| (slope(Column::Base(lane)), which)));
                }
                if form.has_season() {
                    expected.push((slope(Column::Seasonal(0)), 6));
                    expected.push((slope(Column::Seasonal(5)), 7));
                }
                for (expected, which) in expected {
                    let step = 1e-6;
                    let mut moved = |sign: f64| {
                        let (mut at, mut from) = (at, from.clone());
                        match which {
                            0 => from.level += sign * step,
                            1 => at.alpha += sign * step,
                            2 => from.growth += sign * step,
                            3 => at.beta += sign * step,
                            4 => at.gamma += sign * step,
                            5 => at.phi += sign * step,
                            6 => from.season[0] += sign * step,
                            _ => from.season[5] += sign * step,
                        }
                        objective(&mut passes, &at, &from, n)
                    };
                    let found = (moved(1.0) - moved(-1.0)) / (2.0 * step);
                    let off = (found - expected).abs() / (1e-3 + expected.abs());
                    assert!(
                        off < 1e-4,
                        "{form}, gaps {gaps}, {which}: {expected}, not {found}"
                    );
                }
            }
        }
    }

    /// Products of delayed responses against those of a chain of its own for every state.
    #[test]
    fn delayed_responses_are_the_responses() {
        let whole = Observations::new(&series(false), 1.0);
        let form: Form = "AAdA".parse().unwrap();
        let mut delayed = Passes::new(&whole, form, 7, Path::best());
        delayed.run(&smoothing(form), &states(form));
        let mut chained = Passes::new(&whole, form, 7, Path::best());
        chained.delayed = false;
        chained.gram = PassGram::new(chained.columns.used, 6, false);
        chained.run(&smoothing(form), &states(form));
        for a in 0..6 {
            for b in 0..6 {
                let pair = (Column::Seasonal(a), Column::Seasonal(b));
                let (found, expected) = (
                    delayed.gram.product(pair.0, pair.1),
                    chained.gram.product(pair.0, pair.1),
                );
                assert!(
                    (found - expected).abs() < 1e-9,
                    "{a} {b}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn every_path_gives_the_same_bits() {
        let all = [
            Instructions::Portable,
            Instructions::Avx2,
            Instructions::Avx512,
        ];
        for gaps in [false, true] {
            let y = series(gaps);
            for form in Form::ALL {
                let fits = all.into_iter().map(|instructions| {
                    let ets = Ets::new(7)
                        .forms(&[form])
                        .effort(Effort::Standard)
                        .fixed(Fixed::default());
                    ets.instructions(instructions).fit_values(&y).unwrap()
                });
                let bits: Vec<Vec<u64>> = fits
                    .map(|fit| {
                        fit.predict(10)
                            .iter()
                            .map(|value| value.to_bits())
                            .collect()
                    })
                    .collect();
                assert!(
                    bits.windows(2).all(|pair| pair[0] == pair[1]),
                    "{form}, gaps {gaps}"
                );
            }
        }
    }
}
