//! One pass over a series: the errors, and how they depend on initial states and parameters.
//!
//! A scalar chain runs the model itself; eight lanes beside it carry derivatives of the one-step
//! forecasts with respect to initial states and smoothing parameters. Days are worked on in blocks:
//! chain, lanes, then the products of all columns ([`super::gram`]) while the block is in cache.
//!
//! With an additive season and no missing day, the response to the seasonal state of day j is the
//! response to that of day 0, j days later: one lane serves them all.

use super::gram::Gram;
use super::lanes::{Kernel, LANES, Lanes, Path, dispatch};
use super::{ErrorKind, Form, Season, Smoothing, States, Trend};

/// Days a block has.
pub(super) const BLOCK: usize = 64;

/// One-step forecasts at or below this share of the series' scale have no relative error.
const LEAST_FORECAST: f64 = 1e-12;

/// Which lane of the first vector is which derivative.
///
/// Lane 0 is the error itself; those that exist follow without a hole; the response to the first
/// seasonal state, of which only delayed copies are used, is last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns {
    pub(super) level: usize,
    pub(super) alpha: usize,
    pub(super) growth: Option<usize>,
    pub(super) beta: Option<usize>,
    pub(super) phi: Option<usize>,
    pub(super) gamma: Option<usize>,
    /// How many lanes count, the error included.
    pub(super) used: usize,
}

impl Columns {
    pub(super) fn new(form: Form) -> Self {
        let mut used = 3;
        let mut next = |exists: bool| {
            exists.then(|| {
                used += 1;
                used - 1
            })
        };
        let growth = next(form.has_trend());
        let beta = next(form.has_trend());
        let phi = next(form.trend() == Trend::Damped);
        let gamma = next(form.has_season());
        Self {
            level: 1,
            alpha: 2,
            growth,
            beta,
            phi,
            gamma,
            used,
        }
    }
}

/// A series as the passes see it.
#[derive(Debug, Clone)]
pub(crate) struct Observations {
    /// Values, 0 where missing.
    pub(super) y: Vec<f64>,
    /// 1 where observed, 0 where missing.
    pub(super) observed: Vec<f64>,
    /// How many are observed.
    pub(super) count: usize,
}

impl Observations {
    pub(super) fn new(values: &[f64], scale: f64) -> Self {
        let observed: Vec<f64> = values
            .iter()
            .map(|value| f64::from(u8::from(!value.is_nan())))
            .collect();
        Self {
            y: values
                .iter()
                .map(|value| if value.is_nan() { 0.0 } else { value * scale })
                .collect(),
            count: values.iter().filter(|value| !value.is_nan()).count(),
            observed,
        }
    }

    fn has_gaps(&self) -> bool {
        self.count < self.y.len()
    }
}

/// What the scalar chain leaves behind for the lanes, a value a day of the block.
#[derive(Debug, Clone)]
struct BlockOfDays {
    /// Level plus damped growth, before the day.
    base: [f64; BLOCK],
    /// Seasonal state before the day.
    season: [f64; BLOCK],
    /// Error, 0 where missing.
    error: [f64; BLOCK],
    /// Error as the level sees it (divided by a multiplicative season).
    level_error: [f64; BLOCK],
    /// Error as a multiplicative season sees it (divided by the base).
    season_error: [f64; BLOCK],
    /// Growth after the day.
    growth: [f64; BLOCK],
    /// y / s², how the level's error depends on a multiplicative season.
    by_season: [f64; BLOCK],
    /// y / base², how the season's error depends on the base.
    by_base: [f64; BLOCK],
    /// 1 / ŷ, 0 where missing.
    inverse_forecast: [f64; BLOCK],
    /// y / ŷ², 0 where missing.
    weight: [f64; BLOCK],
}

/// What a pass found, apart from the products of columns.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Errors {
    /// Sum of squared errors, relative ones for multiplicative errors.
    pub(super) sum_of_squares: f64,
    /// Σ ln ŷ over observed days, for multiplicative errors.
    pub(super) sum_of_logs: f64,
    /// Whether the model can be evaluated here at all.
    pub(super) possible: bool,
}

/// Room for passes over one series and form.
#[derive(Debug)]
pub(crate) struct Passes<'a> {
    observations: &'a Observations,
    form: Form,
    season_length: usize,
    pub(super) columns: Columns,
    path: Path,
    /// Vectors of lanes: one, and as many as the free seasonal states fill.
    vectors: usize,
    /// Whether seasonal responses are delayed copies of one.
    delayed: bool,
    days: BlockOfDays,
    season: Vec<f64>,
    rings: Vec<[f64; LANES]>,
    lane_states: Vec<[[f64; LANES]; 2]>,
    design: Vec<[f64; LANES]>,
    /// The response to the first seasonal state, latest day first, zeros behind it.
    response: Vec<f64>,
    pub(super) gram: Gram,
}

impl<'a> Passes<'a> {
    pub(crate) fn new(
        observations: &'a Observations,
        form: Form,
        season_length: usize,
        path: Path,
    ) -> Self {
        let columns = Columns::new(form);
        let seasonal = if form.has_season() { season_length - 1 } else { 0 };
        let vectors = 1 + seasonal.div_ceil(LANES);
        let ring_length = if form.has_season() { season_length } else { 0 };
        let delayed = form.season() == Season::Additive && !observations.has_gaps();
        Self {
            observations,
            form,
            season_length,
            columns,
            path,
            vectors,
            delayed,
            days: BlockOfDays {
                base: [0.0; BLOCK],
                season: [0.0; BLOCK],
                error: [0.0; BLOCK],
                level_error: [0.0; BLOCK],
                season_error: [0.0; BLOCK],
                growth: [0.0; BLOCK],
                by_season: [0.0; BLOCK],
                by_base: [0.0; BLOCK],
                inverse_forecast: [0.0; BLOCK],
                weight: [0.0; BLOCK],
            },
            season: vec![0.0; ring_length],
            rings: vec![[0.0; LANES]; ring_length * vectors],
            lane_states: vec![[[0.0; LANES]; 2]; vectors],
            design: vec![[0.0; LANES]; vectors * BLOCK],
            response: vec![0.0; observations.y.len() + LANES * vectors],
            gram: Gram::new(columns.used, seasonal, delayed && form.is_additive()),
        }
    }

    /// Runs the model from `states` and fills [`Passes::gram`].
    pub(super) fn run(&mut self, smoothing: &Smoothing, states: &States) -> Errors {
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

// Seasons as constants, since enums cannot be.
const NO_SEASON: u8 = 0;
const ADDITIVE: u8 = 1;
const MULTIPLICATIVE: u8 = 2;

/// Where the scalar chain is.
struct Chain {
    base: f64,
    damped_growth: f64,
    today: usize,
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
        passes.start(smoothing, states);
        let mut chain = Chain {
            base: states.level + smoothing.phi * states.growth,
            damped_growth: smoothing.phi * states.growth,
            today: 0,
        };
        let relative = passes.form.error() == ErrorKind::Multiplicative;
        let days = passes.observations.y.len();
        let mut errors = Errors {
            possible: true,
            ..Errors::default()
        };
        for start in (0..days).step_by(BLOCK) {
            let end = days.min(start + BLOCK);
            let y = &passes.observations.y[start..end];
            let observed = &passes.observations.observed[start..end];
            let ring_start = chain.today;
            run_chain::<TREND, SEASON>(
                &mut chain,
                smoothing,
                &mut passes.season,
                y,
                observed,
                &mut passes.days,
            );
            if relative && !weigh_relative_errors(&mut passes.days, y, observed, &mut errors) {
                errors.possible = false;
                return errors;
            }
            let chained_vectors = if passes.delayed { 1 } else { passes.vectors };
            let season_length = passes.season.len();
            for vector in 0..chained_vectors {
                let lane_days = LaneDays {
                    days: &passes.days,
                    observed,
                    smoothing,
                    columns: &passes.columns,
                    vectors: passes.vectors,
                    vector,
                    ring_start,
                    relative,
                };
                let ring = &mut passes.rings[vector * season_length..(vector + 1) * season_length];
                let state = &mut passes.lane_states[vector];
                let design = &mut passes.design;
                if vector == 0 {
                    lane_days.run::<L, TREND, SEASON, GAPS, true>(lanes, ring, state, design);
                } else {
                    lane_days.run::<L, TREND, SEASON, GAPS, false>(lanes, ring, state, design);
                }
            }
            if passes.delayed {
                delay_responses(passes, start, end);
            }
            passes.finish_block(lanes, start, end, relative);
        }
        passes.gram.close(&passes.response, days);
        errors.sum_of_squares = passes.gram.error_squared();
        errors
    }
}

impl Passes<'_> {
    /// Initial states of chain and lanes.
    fn start(&mut self, smoothing: &Smoothing, states: &States) {
        self.season.copy_from_slice(&states.season);
        self.rings.fill([0.0; LANES]);
        self.lane_states.fill([[0.0; LANES]; 2]);
        self.gram.clear();
        let [base, damped_growth] = &mut self.lane_states[0];
        base[self.columns.level] = 1.0;
        if let Some(growth) = self.columns.growth {
            base[growth] = smoothing.phi;
            damped_growth[growth] = smoothing.phi;
        }
        if let Some(phi) = self.columns.phi {
            base[phi] = states.growth;
            damped_growth[phi] = states.growth;
        }
        if self.delayed {
            self.rings[0][self.columns.used] = 1.0;
        } else if self.form.has_season() {
            // A lane of its own for every seasonal state but the last, which stays as it is.
            for state in 0..self.season_length - 1 {
                let vector = 1 + state / LANES;
                self.rings[vector * self.season_length + state][state % LANES] = 1.0;
            }
        }
    }

    #[inline(always)]
    fn finish_block<L: Lanes>(&mut self, lanes: L, start: usize, end: usize, relative: bool) {
        let length = end - start;
        let design = &mut self.design[..length * self.vectors];
        if relative {
            self.gram
                .add_to_means(lanes, design, self.vectors, &self.days.inverse_forecast);
            let first_lane = first_lane(lanes);
            for (index, row) in design.chunks_exact_mut(self.vectors).enumerate().take(BLOCK) {
                let weight = lanes.splat(self.days.weight[index]);
                let error = self.days.error[index] * self.days.inverse_forecast[index];
                for (vector, columns) in row.iter_mut().enumerate() {
                    let mut scaled = lanes.mul(lanes.load(columns), weight);
                    if vector == 0 {
                        scaled = lanes.add(scaled, lanes.mul(first_lane, lanes.splat(error)));
                    }
                    lanes.store(scaled, columns);
                }
            }
        }
        self.gram.add_block(self.path, design);
    }
}

/// Runs the model over a block.
#[inline(always)]
fn run_chain<const TREND: bool, const SEASON: u8>(
    chain: &mut Chain,
    smoothing: &Smoothing,
    season: &mut [f64],
    y: &[f64],
    observed: &[f64],
    days: &mut BlockOfDays,
) {
    let Smoothing {
        alpha,
        beta,
        gamma,
        phi,
    } = *smoothing;
    let gain = alpha + phi * beta;
    let Chain {
        mut base,
        mut damped_growth,
        mut today,
    } = *chain;
    for (index, (&y, &observed)) in y.iter().zip(observed).enumerate().take(BLOCK) {
        let season_today = if SEASON == NO_SEASON { 0.0 } else { season[today] };
        let gain_today = gain * observed;
        let deseasoned = if SEASON == MULTIPLICATIVE {
            y / season_today
        } else {
            y - season_today
        };
        let level_error = (deseasoned - base) * observed;
        days.base[index] = base;
        days.season[index] = season_today;
        days.level_error[index] = level_error;
        if SEASON == MULTIPLICATIVE {
            let season_error = (y / base - season_today) * observed;
            days.error[index] = (y - base * season_today) * observed;
            days.season_error[index] = season_error;
            days.by_season[index] = deseasoned / season_today;
            days.by_base[index] = y / base / base;
            season[today] = season_today + gamma * season_error;
        } else {
            days.error[index] = level_error;
            if SEASON == ADDITIVE {
                season[today] = season_today + gamma * level_error;
            }
        }
        // The base's own share stands alone, so that a day waits for one product and one sum.
        if TREND {
            let growth = damped_growth + beta * level_error;
            base = base * (1.0 - gain_today) + (gain_today * deseasoned + phi * damped_growth);
            damped_growth = phi * growth;
            days.growth[index] = growth;
        } else {
            base = base * (1.0 - gain_today) + gain_today * deseasoned;
        }
        if SEASON != NO_SEASON {
            today += 1;
            if today == season.len() {
                today = 0;
            }
        }
    }
    *chain = Chain {
        base,
        damped_growth,
        today,
    };
}

/// Forecasts and weights of relative errors; whether all of them exist.
fn weigh_relative_errors(
    days: &mut BlockOfDays,
    y: &[f64],
    observed: &[f64],
    errors: &mut Errors,
) -> bool {
    /// Forecasts multiplied before a logarithm is taken; 1e-12 to the 16th is a number still.
    const FACTORS: usize = 16;
    let mut possible = true;
    let mut product = 1.0;
    for (index, (&y, &observed)) in y.iter().zip(observed).enumerate() {
        let error = days.error[index];
        let forecast = if observed == 0.0 { 1.0 } else { y - error };
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

/// What the lanes of one vector need to get through a block.
struct LaneDays<'b> {
    days: &'b BlockOfDays,
    observed: &'b [f64],
    smoothing: &'b Smoothing,
    columns: &'b Columns,
    vectors: usize,
    vector: usize,
    ring_start: usize,
    relative: bool,
}

impl LaneDays<'_> {
    /// Runs the derivatives of base, damped growth and season over a block, and leaves those of
    /// the one-step forecasts in `design`. `FIRST` is the vector whose lanes include parameters.
    #[inline(always)]
    fn run<
        L: Lanes,
        const TREND: bool,
        const SEASON: u8,
        const GAPS: bool,
        const FIRST: bool,
    >(
        &self,
        lanes: L,
        ring: &mut [[f64; LANES]],
        state: &mut [[f64; LANES]; 2],
        design: &mut [[f64; LANES]],
    ) {
        let Smoothing {
            alpha,
            beta,
            gamma,
            phi,
        } = *self.smoothing;
        let gain = alpha + phi * beta;
        // Which lanes hear an error or a growth directly: those of the parameter it is times.
        let mut mask = [[0.0; LANES]; 4];
        let [base_mask, beta_mask, gamma_mask, phi_mask] = &mut mask;
        base_mask[self.columns.alpha] = 1.0;
        if let Some(lane) = self.columns.beta {
            base_mask[lane] = phi;
            beta_mask[lane] = 1.0;
        }
        if let Some(lane) = self.columns.gamma {
            gamma_mask[lane] = 1.0;
        }
        if let Some(lane) = self.columns.phi {
            phi_mask[lane] = 1.0;
        }
        let base_mask = lanes.load(base_mask);
        let beta_mask = lanes.load(beta_mask);
        let gamma_mask = lanes.load(gamma_mask);
        let phi_mask = lanes.load(phi_mask);

        let first_lane = first_lane(lanes);
        let phi_lanes = lanes.splat(phi);
        let mut gain_lanes = lanes.splat(gain);
        let mut kept_lanes = lanes.splat(1.0 - gain);
        let mut beta_lanes = lanes.splat(beta);
        let mut gamma_lanes = lanes.splat(gamma);
        let mut base = lanes.load(&state[0]);
        let mut damped_growth = lanes.load(&state[1]);
        let mut today = self.ring_start;
        let length = self.observed.len();
        let rows = design.chunks_exact_mut(self.vectors).take(length);
        for (index, row) in rows.enumerate().take(BLOCK) {
            let observed = self.observed[index];
            if GAPS {
                gain_lanes = lanes.splat(gain * observed);
                kept_lanes = lanes.splat(1.0 - gain * observed);
                beta_lanes = lanes.splat(beta * observed);
                gamma_lanes = lanes.splat(gamma * observed);
            }
            let (season, season_effect) = match SEASON {
                NO_SEASON => (base, base),
                ADDITIVE => {
                    let season = lanes.load(&ring[today]);
                    (season, season)
                }
                _ => {
                    let season = lanes.load(&ring[today]);
                    let by_season = lanes.splat(self.days.by_season[index]);
                    (season, lanes.mul(by_season, season))
                }
            };
            // How the level's error falls, and how the forecast rises.
            let fall = if SEASON == NO_SEASON {
                base
            } else {
                lanes.add(base, season_effect)
            };
            let mut rise = fall;
            if SEASON == MULTIPLICATIVE {
                let base_share = lanes.mul(base, lanes.splat(self.days.season[index]));
                let season_share = lanes.mul(season, lanes.splat(self.days.base[index]));
                rise = lanes.add(base_share, season_share);
            }
            if GAPS {
                rise = lanes.mul(rise, lanes.splat(observed));
            }
            if FIRST && !self.relative {
                // No derivative uses the first lane: the error travels there.
                let error = lanes.splat(self.days.error[index]);
                rise = lanes.add(rise, lanes.mul(first_lane, error));
            }
            lanes.store(rise, &mut row[self.vector]);

            if SEASON != NO_SEASON {
                let season_fall = if SEASON == MULTIPLICATIVE {
                    let by_base = lanes.splat(self.days.by_base[index]);
                    lanes.add(lanes.mul(by_base, base), season)
                } else {
                    fall
                };
                let mut next = lanes.sub(season, lanes.mul(gamma_lanes, season_fall));
                if FIRST {
                    let season_error = if SEASON == MULTIPLICATIVE {
                        self.days.season_error[index]
                    } else {
                        self.days.error[index]
                    };
                    next = lanes.add(next, lanes.mul(gamma_mask, lanes.splat(season_error)));
                }
                lanes.store(next, &mut ring[today]);
                today += 1;
                if today == ring.len() {
                    today = 0;
                }
            }

            let level_error = lanes.splat(self.days.level_error[index]);
            // What joins the base beside its own share, season and sources first.
            let mut joins = lanes.splat(0.0);
            if FIRST {
                joins = lanes.mul(base_mask, level_error);
            }
            if SEASON != NO_SEASON {
                joins = lanes.sub(joins, lanes.mul(gain_lanes, season_effect));
            }
            if TREND {
                joins = lanes.add(joins, lanes.mul(phi_lanes, damped_growth));
                let mut growth = lanes.sub(damped_growth, lanes.mul(beta_lanes, fall));
                if FIRST {
                    growth = lanes.add(growth, lanes.mul(beta_mask, level_error));
                }
                damped_growth = lanes.mul(phi_lanes, growth);
                if FIRST {
                    let source = lanes.mul(phi_mask, lanes.splat(self.days.growth[index]));
                    joins = lanes.add(joins, source);
                    damped_growth = lanes.add(damped_growth, source);
                }
            }
            base = lanes.add(lanes.mul(kept_lanes, base), joins);
        }
        lanes.store(base, &mut state[0]);
        lanes.store(damped_growth, &mut state[1]);
    }
}

/// 1 in the first lane, 0 in the others.
#[inline(always)]
fn first_lane<L: Lanes>(lanes: L) -> L::V {
    lanes.load(&[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
}

/// Writes the delayed copies of the first seasonal state's response into the block's design.
#[inline(always)]
fn delay_responses(passes: &mut Passes<'_>, start: usize, end: usize) {
    let days = passes.observations.y.len();
    let lane = passes.columns.used;
    for (index, day) in (start..end).enumerate() {
        let response = passes.design[index * passes.vectors][lane];
        passes.response[days - 1 - day] = response;
    }
    for (index, day) in (start..end).enumerate() {
        let row = &mut passes.design[index * passes.vectors + 1..(index + 1) * passes.vectors];
        let latest = &passes.response[days - 1 - day..];
        for (vector, delayed) in row.iter_mut().zip(latest.as_chunks::<LANES>().0) {
            *vector = *delayed;
        }
    }
}
