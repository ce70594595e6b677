//! Sums of products of the columns a pass makes.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::block::BLOCK;
use super::products::{Column, Products};
use fleetcast_numerics::{KernelOf, LANES, Lanes};

/// Sums over days of the products of columns: the error, derivatives, and seasonal responses.
///
/// Columns come in vectors of eight: vector 0 has the error and the base derivatives, the others
/// the responses to seasonal states. Rows are the base columns, then the seasonal states.
#[derive(Debug)]
pub(crate) struct PassGram {
    base: usize,
    seasonal: usize,
    vectors: usize,
    /// Whether products of seasonal responses follow from those with the first one.
    toeplitz: bool,
    rows: Vec<[f64; LANES]>,
    /// Sums of relative derivatives.
    sums: Vec<[f64; LANES]>,
    tiles: Vec<Tile>,
}

impl Products for PassGram {
    fn product(&self, a: Column, b: Column) -> f64 {
        match (a, b) {
            (Column::Base(a), Column::Base(b)) => self.rows[a * self.vectors][b],
            (Column::Base(a), Column::Seasonal(b)) | (Column::Seasonal(b), Column::Base(a)) => {
                self.rows[a * self.vectors + 1 + b / LANES][b % LANES]
            }
            (Column::Seasonal(a), Column::Seasonal(b)) => {
                let (a, b) = (a.min(b), a.max(b));
                self.rows[(self.base + a) * self.vectors + 1 + b / LANES][b % LANES]
            }
        }
    }

    fn sum(&self, column: Column) -> f64 {
        match column {
            Column::Base(lane) => self.sums[0][lane],
            Column::Seasonal(state) => self.sums[1 + state / LANES][state % LANES],
        }
    }
}

impl PassGram {
    pub(crate) fn new(base: usize, seasonal: usize, toeplitz: bool) -> Self {
        let vectors = 1 + seasonal.div_ceil(LANES);
        Self {
            base,
            seasonal,
            vectors,
            toeplitz,
            rows: vec![[0.0; LANES]; (base + (vectors - 1) * LANES) * vectors],
            sums: vec![[0.0; LANES]; vectors],
            tiles: Vec::new(),
        }
        .with_tiles()
    }

    fn with_tiles(mut self) -> Self {
        self.tiles = self.tiles();
        self
    }

    /// Takes over what a pass has summed up.
    pub(crate) fn set<L: Lanes>(&mut self, lanes: L, totals: &Totals<L::V>) {
        for (row, total) in self.rows.iter_mut().zip(&totals.rows) {
            *row = lanes.store(*total);
        }
        for (sum, total) in self.sums.iter_mut().zip(&totals.sums) {
            *sum = lanes.store(*total);
        }
    }

    /// Totals to sum up in, all zero.
    #[inline(always)]
    pub(crate) fn totals<L: Lanes>(&self, lanes: L) -> Totals<L::V> {
        Totals {
            rows: vec![lanes.splat(0.0); self.rows.len()],
            sums: vec![lanes.splat(0.0); self.sums.len()],
        }
    }

    /// Σ error².
    pub(crate) fn error_squared(&self) -> f64 {
        self.rows[0][0]
    }

    /// Adds the products of a block's columns.
    #[inline(always)]
    pub(crate) fn add_block<L: Lanes>(
        &self,
        lanes: L,
        design: &[L::V],
        days: usize,
        totals: &mut Totals<L::V>,
    ) {
        lanes.apart(BlockProducts::<L> {
            gram: self,
            design,
            days,
            totals,
        });
    }

    /// Which products are needed: base columns with everything, seasonal responses with each other
    /// (or the first of them alone, where the others follow from it).
    fn tiles(&self) -> Vec<Tile> {
        let mut tiles = Vec::new();
        for vector in 0..self.vectors {
            tiles.push(Tile {
                row: 0,
                rows: self.base,
                from: 0,
                vector,
            });
            let seasonal_rows = if self.toeplitz {
                1..vector.min(1) + 1
            } else {
                1..vector + 1
            };
            for from in seasonal_rows {
                let first_state = (from - 1) * LANES;
                tiles.push(Tile {
                    row: self.base + first_state,
                    rows: if self.toeplitz {
                        1
                    } else {
                        LANES.min(self.seasonal - first_state)
                    },
                    from,
                    vector,
                });
            }
        }
        tiles
    }

    /// Completes products of seasonal responses: one day later, everything is the same but for the
    /// last day. `response` has the latest day first.
    pub(crate) fn close(&mut self, response: &[f64], days: usize) {
        if !self.toeplitz {
            return;
        }
        debug_assert!(response.len() >= days, "a response a day");
        for state in 1..self.seasonal {
            for other in state..self.seasonal {
                let before = self.product(Column::Seasonal(state - 1), Column::Seasonal(other - 1));
                let dropped = response[state - 1] * response[other - 1];
                let row = (self.base + state) * self.vectors + 1 + other / LANES;
                self.rows[row][other % LANES] = before - dropped;
            }
        }
    }
}

/// Sums on their way.
#[derive(Debug)]
pub(crate) struct Totals<V> {
    /// Products, as [`PassGram`] keeps them.
    rows: Vec<V>,
    /// Relative derivatives.
    pub(crate) sums: Vec<V>,
}

/// The products of a block, as the dispatcher wants them.
struct BlockProducts<'a, L: Lanes> {
    gram: &'a PassGram,
    design: &'a [L::V],
    days: usize,
    totals: &'a mut Totals<L::V>,
}

impl<L: Lanes> KernelOf<L> for BlockProducts<'_, L> {
    #[inline(always)]
    fn run(self, lanes: L) {
        let vectors = self.gram.vectors;
        for tile in &self.gram.tiles {
            let rows = &mut self.totals.rows[tile.row * vectors..];
            let (design, days) = (self.design, self.days);
            match tile.rows {
                1 => tile.add::<L, 1>(lanes, design, days, vectors, rows),
                2 => tile.add::<L, 2>(lanes, design, days, vectors, rows),
                3 => tile.add::<L, 3>(lanes, design, days, vectors, rows),
                4 => tile.add::<L, 4>(lanes, design, days, vectors, rows),
                5 => tile.add::<L, 5>(lanes, design, days, vectors, rows),
                6 => tile.add::<L, 6>(lanes, design, days, vectors, rows),
                7 => tile.add::<L, 7>(lanes, design, days, vectors, rows),
                _ => tile.add::<L, 8>(lanes, design, days, vectors, rows),
            }
        }
    }
}

/// Up to eight rows of products with one vector of columns.
#[derive(Debug, Clone, Copy)]
struct Tile {
    /// The first row of the table.
    row: usize,
    rows: usize,
    /// The vector whose lanes are the rows.
    from: usize,
    /// The vector of columns.
    vector: usize,
}

impl Tile {
    /// A block's vectors lie one after the other, [`BLOCK`] days each.
    #[inline(always)]
    fn add<L: Lanes, const ROWS: usize>(
        self,
        lanes: L,
        design: &[L::V],
        days: usize,
        vectors: usize,
        rows: &mut [L::V],
    ) {
        let mut totals = [lanes.splat(0.0); ROWS];
        for row in 0..ROWS {
            totals[row] = rows[row * vectors + self.vector];
        }
        let columns = &design[self.vector * BLOCK..][..days];
        let factors = &L::scalars(&design[self.from * BLOCK..][..days]);
        let (factors, _) = factors.as_chunks::<LANES>();
        for (columns, factors) in columns.iter().zip(factors) {
            for row in 0..ROWS {
                let product = lanes.mul(lanes.splat(factors[row]), *columns);
                totals[row] = lanes.add(totals[row], product);
            }
        }
        for row in 0..ROWS {
            rows[row * vectors + self.vector] = totals[row];
        }
    }
}
