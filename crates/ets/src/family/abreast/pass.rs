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

use super::super::Form;
use super::super::gram::{Column, Products};
use super::super::lanes::{Kernel, LANES, Lanes, Path, dispatch};
use super::super::pass::{Columns, Errors, Observations};
use super::follow::{End, Follow};
use super::layout::Layout;
use super::models::{Gains, Model, Models};
use super::products::{Triangle, add_products};
use super::responses::{AT_ONCE, Responses};

/// Days a block has: ten columns of it fill two thirds of a first cache.
pub(super) const BLOCK: usize = 32;

/// The days of a block in one column.
pub(super) type BlockOf<V> = [V; BLOCK];

/// Series side by side, of one form with additive errors and without a trend, and room for passes.
#[derive(Debug)]
pub(super) struct Abreast {
    path: Path,
    pub(super) columns: Columns,
    pub(super) layout: Layout,
    /// Days of the season, 0 without one.
    pub(super) season_length: usize,
    /// Days of each series.
    pub(super) days: Vec<usize>,
    /// Values of each day, 0 where missing or past the end.
    pub(super) y: Vec<[f64; LANES]>,
    /// 1 where observed, 0 where not.
    pub(super) observed: Vec<[f64; LANES]>,
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
