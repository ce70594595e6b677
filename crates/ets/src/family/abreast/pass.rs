//! One pass over up to eight series at once, a series a lane.
//!
//! Where [`super::super::pass`] has the derivatives of one series in its lanes, here each lane is a
//! series with parameters and states of its own, and a column is a vector. Nothing crosses lanes, so
//! what a series gets does not depend on its neighbours. A day that is missing, or past the end of a
//! shorter series, adds nothing.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::super::gram::{Column, Products};
use super::super::lanes::{Kernel, LANES, Lanes, Path, dispatch};
use super::super::pass::{Columns, Errors, Observations};
use super::super::{Form, Smoothing, States};
use super::products::{Triangle, add_products};

/// Days a block has: ten columns of it fill two thirds of a first cache.
pub(super) const BLOCK: usize = 32;

/// Responses to initial states that are worked on at once: those of a level and a week.
const AT_ONCE: usize = 7;

/// The days of a block in one column.
pub(super) type BlockOf<V> = [V; BLOCK];

/// A model of a series: its parameters, and its states before the first day.
pub(super) type Model<'a> = (Smoothing, &'a States);

/// Where a series' model has come to.
#[derive(Debug)]
pub(super) struct End {
    /// States after the last day, the next day's season first.
    pub(super) last: States,
    pub(super) sum_of_squares: f64,
}

/// Series side by side, of one form with additive errors and without a trend, and room for passes.
#[derive(Debug)]
pub(super) struct Abreast {
    path: Path,
    pub(super) columns: Columns,
    layout: Layout,
    /// Days of the season, 0 without one.
    season_length: usize,
    /// Days of each series.
    days: Vec<usize>,
    /// Values of each day, 0 where missing or past the end.
    y: Vec<[f64; LANES]>,
    /// 1 where observed, 0 where not.
    observed: Vec<[f64; LANES]>,
    products: Triangle,
}

impl Abreast {
    /// Up to eight series; lanes without one stay empty.
    pub(super) fn new(
        form: Form,
        season_length: usize,
        path: Path,
        series: &[Option<&Observations>],
    ) -> Self {
        let days: Vec<usize> = series
            .iter()
            .map(|series| series.map_or(0, |series| series.y.len()))
            .collect();
        // Whole blocks: loops of a known length are worth a few days on which nothing is observed.
        let most = days.iter().copied().max().unwrap_or(0);
        let blocks = most.div_ceil(BLOCK);
        let mut y = vec![[0.0; LANES]; blocks * BLOCK];
        let mut observed = y.clone();
        for (lane, series) in series.iter().enumerate().take(LANES) {
            let Some(series) = series else { continue };
            for (day, value) in series.y.iter().enumerate() {
                y[day][lane] = *value;
                observed[day][lane] = series.observed[day];
            }
        }
        let columns = Columns::new(form);
        let season_length = if form.has_season() { season_length } else { 0 };
        Self {
            path,
            columns,
            layout: Layout::new(columns),
            season_length,
            days,
            y,
            observed,
            products: Triangle::new(columns.used + season_length.saturating_sub(1)),
        }
    }

    /// Runs each series' model, where it has one.
    pub(super) fn run(&mut self, models: &[Option<Model<'_>>]) {
        let path = self.path;
        dispatch(
            path,
            Pass {
                abreast: self,
                models,
            },
        );
    }

    /// Runs each series' model to its end, without derivatives.
    pub(super) fn follow(&self, models: &[Option<Model<'_>>]) -> Vec<End> {
        let path = self.path;
        dispatch(
            path,
            Follow {
                abreast: self,
                models,
            },
        )
    }

    /// What the last pass has found of a series.
    pub(super) fn found(&self, lane: usize) -> (LaneProducts<'_>, Errors) {
        let products = LaneProducts {
            abreast: self,
            lane,
        };
        let errors = Errors {
            sum_of_squares: self.products.of(0, 0, lane),
            sum_of_logs: 0.0,
            possible: true,
        };
        (products, errors)
    }
}

/// Which column is which: errors and their derivatives by α and γ first, then the responses to the
/// level and the free seasonal states.
#[derive(Debug, Clone, Copy)]
struct Layout {
    columns: Columns,
    alpha: usize,
    gamma: Option<usize>,
    /// The first response, the level's.
    responses: usize,
}

impl Layout {
    fn new(columns: Columns) -> Self {
        // The level, which other passes have behind the error, stands with the states.
        Self {
            columns,
            alpha: columns.alpha - 1,
            gamma: columns.gamma.map(|gamma| gamma - 1),
            responses: columns.used - 1,
        }
    }

    fn number(&self, column: Column) -> usize {
        match column {
            Column::Base(0) => 0,
            Column::Base(lane) if lane == self.columns.level => self.responses,
            Column::Base(lane) => lane - 1,
            Column::Seasonal(state) => self.responses + 1 + state,
        }
    }
}

/// The products of one series' columns.
#[derive(Debug)]
pub(super) struct LaneProducts<'a> {
    abreast: &'a Abreast,
    lane: usize,
}

impl Products for LaneProducts<'_> {
    fn product(&self, a: Column, b: Column) -> f64 {
        let number = |column| self.abreast.layout.number(column);
        self.abreast.products.of(number(a), number(b), self.lane)
    }

    /// There are no relative errors here.
    fn sum(&self, _: Column) -> f64 {
        0.0
    }
}

/// A pass, as the dispatcher wants it.
struct Pass<'p> {
    abreast: &'p mut Abreast,
    models: &'p [Option<Model<'p>>],
}

impl Kernel for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        if self.abreast.season_length == 0 {
            self.blocks::<L, false>(lanes);
        } else {
            self.blocks::<L, true>(lanes);
        }
    }
}

impl Pass<'_> {
    #[inline(always)]
    fn blocks<L: Lanes, const SEASON: bool>(self, lanes: L) {
        let Self { abreast, models } = self;
        let given = models;
        let zero = lanes.splat(0.0);
        let width = abreast.products.width();
        let layout = abreast.layout;
        // Responses come in chunks, of which the last may have some that are not there.
        let room = (width - layout.responses).next_multiple_of(AT_ONCE);
        let mut design = vec![[zero; BLOCK]; layout.responses + room];
        let mut totals = vec![zero; abreast.products.len()];
        let mut models = Models::<L::V>::new::<L>(lanes, abreast, given);
        let mut responses: Vec<Responses<L::V>> = (layout.responses..width)
            .step_by(AT_ONCE)
            .map(|first| {
                Responses::new::<L>(lanes, first - layout.responses, abreast.season_length)
            })
            .collect();
        let gains = Gains::new::<L>(lanes, given);
        let (blocks_of_y, _) = abreast.y.as_chunks();
        let (blocks_of_observed, _) = abreast.observed.as_chunks();
        let mut today = 0;
        for (y, observed) in blocks_of_y.iter().zip(blocks_of_observed) {
            models.run::<L, SEASON>(lanes, &gains, (y, observed), today, &mut design);
            let (chunks, _) = design[layout.responses..].as_chunks_mut::<AT_ONCE>();
            for (responses, chunk) in responses.iter_mut().zip(chunks) {
                responses.run::<L, SEASON>(lanes, &gains, observed, today, chunk);
            }
            if SEASON {
                today = (today + BLOCK) % abreast.season_length;
            }
            add_products::<L>(lanes, &design[..width], &mut totals);
        }
        abreast.products.set::<L>(lanes, &totals);
    }
}

/// A run without derivatives, as the dispatcher wants it.
struct Follow<'p> {
    abreast: &'p Abreast,
    models: &'p [Option<Model<'p>>],
}

impl Kernel for Follow<'_> {
    type Output = Vec<End>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Vec<End> {
        let Self { abreast, models } = self;
        let gains = Gains::new::<L>(lanes, models);
        let Chain {
            mut level,
            mut season,
        } = Models::<L::V>::new::<L>(lanes, abreast, models).states;
        let mut none = [lanes.splat(0.0)];
        let mut squares = lanes.splat(0.0);
        let mut today = 0;
        for (y, observed) in abreast.y.iter().zip(&abreast.observed) {
            let (y, observed) = (lanes.load(*y), lanes.load(*observed));
            let season_today = season.get_mut(today).unwrap_or(&mut none[0]);
            let error = lanes.mul(lanes.sub(lanes.sub(y, *season_today), level), observed);
            level = lanes.add(level, lanes.mul(gains.alpha, error));
            *season_today = lanes.add(*season_today, lanes.mul(gains.gamma, error));
            squares = lanes.add(squares, lanes.mul(error, error));
            today = if today + 1 < season.len() {
                today + 1
            } else {
                0
            };
        }
        let (level, squares) = (lanes.store(level), lanes.store(squares));
        let season: Vec<[f64; LANES]> = season.iter().map(|day| lanes.store(*day)).collect();
        let lanes = abreast.days.iter().enumerate();
        lanes
            .map(|(lane, days)| {
                let mut season: Vec<f64> = season.iter().map(|day| day[lane]).collect();
                let today = days % season.len().max(1);
                season.rotate_left(today);
                End {
                    last: States {
                        level: level[lane],
                        growth: 0.0,
                        season,
                    },
                    sum_of_squares: squares[lane],
                }
            })
            .collect()
    }
}

/// The smoothing parameters of each series.
struct Gains<V> {
    alpha: V,
    gamma: V,
}

impl<V: Copy> Gains<V> {
    #[inline(always)]
    fn new<L: Lanes<V = V>>(lanes: L, models: &[Option<Model<'_>>]) -> Self {
        let of = |parameter: fn(&Smoothing) -> f64| {
            let mut all = [0.0; LANES];
            for (one, model) in all.iter_mut().zip(models) {
                *one = model.map_or(0.0, |(smoothing, _)| parameter(&smoothing));
            }
            lanes.load(all)
        };
        Self {
            alpha: of(|smoothing| smoothing.alpha),
            gamma: of(|smoothing| smoothing.gamma),
        }
    }
}

/// Level and season of something that runs through the days.
#[derive(Clone)]
struct Chain<V> {
    level: V,
    /// In the order of the first season's days.
    season: Vec<V>,
}

/// The models themselves, and how their forecasts move with α and γ.
struct Models<V> {
    states: Chain<V>,
    by_alpha: Chain<V>,
    by_gamma: Chain<V>,
    layout: Layout,
}

impl<V: Copy> Models<V> {
    #[inline(always)]
    fn new<L: Lanes<V = V>>(lanes: L, abreast: &Abreast, models: &[Option<Model<'_>>]) -> Self {
        let zero = lanes.splat(0.0);
        let at_rest = Chain {
            level: zero,
            season: vec![zero; abreast.season_length],
        };
        let mut states = at_rest.clone();
        let mut level = [0.0; LANES];
        for (level, model) in level.iter_mut().zip(models) {
            *level = model.map_or(0.0, |(_, states)| states.level);
        }
        states.level = lanes.load(level);
        for (day, season) in states.season.iter_mut().enumerate() {
            let mut all = [0.0; LANES];
            for (one, model) in all.iter_mut().zip(models) {
                *one = model.map_or(0.0, |(_, states)| states.season[day]);
            }
            *season = lanes.load(all);
        }
        Self {
            states,
            by_alpha: at_rest.clone(),
            by_gamma: at_rest,
            layout: abreast.layout,
        }
    }

    /// Writes errors and their derivatives of a block into `design`.
    #[inline(always)]
    fn run<L: Lanes<V = V>, const SEASON: bool>(
        &mut self,
        lanes: L,
        gains: &Gains<V>,
        (y, observed): (&BlockOf<[f64; LANES]>, &BlockOf<[f64; LANES]>),
        mut today: usize,
        design: &mut [BlockOf<V>],
    ) {
        let zero = lanes.splat(0.0);
        let mut level = self.states.level;
        let (mut by_alpha, mut by_gamma) = (self.by_alpha.level, self.by_gamma.level);
        let season_length = self.states.season.len();
        for day in 0..BLOCK {
            let (y, observed) = (lanes.load(y[day]), lanes.load(observed[day]));
            let (mut season, mut season_by_alpha, mut season_by_gamma) = (zero, zero, zero);
            if SEASON {
                season = self.states.season[today];
                season_by_alpha = self.by_alpha.season[today];
                season_by_gamma = self.by_gamma.season[today];
            }
            let error = lanes.mul(lanes.sub(lanes.sub(y, season), level), observed);
            level = lanes.add(level, lanes.mul(gains.alpha, error));
            design[0][day] = error;

            let rise = lanes.mul(lanes.add(by_alpha, season_by_alpha), observed);
            by_alpha = lanes.add(lanes.sub(by_alpha, lanes.mul(gains.alpha, rise)), error);
            design[self.layout.alpha][day] = rise;
            let Some(gamma) = self.layout.gamma else {
                continue;
            };
            if !SEASON {
                continue;
            }
            self.states.season[today] = lanes.add(season, lanes.mul(gains.gamma, error));
            self.by_alpha.season[today] = lanes.sub(season_by_alpha, lanes.mul(gains.gamma, rise));
            let rise = lanes.mul(lanes.add(by_gamma, season_by_gamma), observed);
            by_gamma = lanes.sub(by_gamma, lanes.mul(gains.alpha, rise));
            self.by_gamma.season[today] = lanes.add(
                lanes.sub(season_by_gamma, lanes.mul(gains.gamma, rise)),
                error,
            );
            design[gamma][day] = rise;
            today += 1;
            if today == season_length {
                today = 0;
            }
        }
        self.states.level = level;
        self.by_alpha.level = by_alpha;
        self.by_gamma.level = by_gamma;
    }
}

/// How the forecasts of all series move with some of their initial states: the level, then the days of
/// the season. Those past the last one are not used.
struct Responses<V> {
    level: [V; AT_ONCE],
    season: Vec<[V; AT_ONCE]>,
}

impl<V: Copy> Responses<V> {
    /// From the state of number `first` on.
    #[inline(always)]
    fn new<L: Lanes<V = V>>(lanes: L, first: usize, season_length: usize) -> Self {
        let (zero, one) = (lanes.splat(0.0), lanes.splat(1.0));
        let mut level = [zero; AT_ONCE];
        let mut season = vec![[zero; AT_ONCE]; season_length];
        for (index, level) in level.iter_mut().enumerate() {
            match (first + index).checked_sub(1) {
                None => *level = one,
                Some(day) => {
                    if let Some(season) = season.get_mut(day) {
                        season[index] = one;
                    }
                }
            }
        }
        Self { level, season }
    }

    /// Writes a block of them into the design.
    #[inline(always)]
    fn run<L: Lanes<V = V>, const SEASON: bool>(
        &mut self,
        lanes: L,
        gains: &Gains<V>,
        observed: &BlockOf<[f64; LANES]>,
        mut today: usize,
        design: &mut [BlockOf<V>; AT_ONCE],
    ) {
        let mut level = self.level;
        for day in 0..BLOCK {
            let observed = lanes.load(observed[day]);
            if !SEASON {
                for index in 0..AT_ONCE {
                    let rise = lanes.mul(level[index], observed);
                    level[index] = lanes.sub(level[index], lanes.mul(gains.alpha, rise));
                    design[index][day] = rise;
                }
                continue;
            }
            let season = &mut self.season[today];
            for index in 0..AT_ONCE {
                let rise = lanes.mul(lanes.add(level[index], season[index]), observed);
                level[index] = lanes.sub(level[index], lanes.mul(gains.alpha, rise));
                season[index] = lanes.sub(season[index], lanes.mul(gains.gamma, rise));
                design[index][day] = rise;
            }
            today += 1;
            if today == self.season.len() {
                today = 0;
            }
        }
        self.level = level;
    }
}
