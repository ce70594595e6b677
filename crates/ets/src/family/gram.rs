//! Sums of products of the columns a pass makes.

use super::lanes::{Kernel, LANES, Lanes, Path, dispatch};

/// Sums over days of the products of columns: the error, derivatives, and seasonal responses.
///
/// Columns come in vectors of eight: vector 0 has the error and the base derivatives, the others
/// the responses to seasonal states. Rows are the base columns, then the seasonal states.
#[derive(Debug)]
pub(super) struct Gram {
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

/// A column: a base derivative by its lane, or a seasonal state by its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Base(usize),
    Seasonal(usize),
}

impl Gram {
    pub(super) fn new(base: usize, seasonal: usize, toeplitz: bool) -> Self {
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

    pub(super) fn clear(&mut self) {
        self.rows.fill([0.0; LANES]);
        self.sums.fill([0.0; LANES]);
    }

    /// Σ error².
    pub(super) fn error_squared(&self) -> f64 {
        self.rows[0][0]
    }

    /// Σ a · b over days.
    pub(super) fn product(&self, a: Column, b: Column) -> f64 {
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

    /// Σ of a relative derivative over days.
    pub(super) fn sum(&self, column: Column) -> f64 {
        match column {
            Column::Base(lane) => self.sums[0][lane],
            Column::Seasonal(state) => self.sums[1 + state / LANES][state % LANES],
        }
    }

    /// Adds derivatives times `inverse_forecast` to the sums.
    #[inline(always)]
    pub(super) fn add_to_means<L: Lanes>(
        &mut self,
        lanes: L,
        design: &[[f64; LANES]],
        vectors: usize,
        inverse_forecast: &[f64],
    ) {
        for (vector, sum) in self.sums.iter_mut().enumerate() {
            let mut total = lanes.load(sum);
            for (row, &inverse) in design.chunks_exact(vectors).zip(inverse_forecast) {
                let relative = lanes.mul(lanes.load(&row[vector]), lanes.splat(inverse));
                total = lanes.add(total, relative);
            }
            lanes.store(total, sum);
        }
    }

    /// Adds the products of a block's columns.
    pub(super) fn add_block(&mut self, path: Path, design: &[[f64; LANES]]) {
        dispatch(path, Products { gram: self, design });
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
            let seasonal_rows = if self.toeplitz { 1..vector.min(1) + 1 } else { 1..vector + 1 };
            for from in seasonal_rows {
                let first_state = (from - 1) * LANES;
                tiles.push(Tile {
                    row: self.base + first_state,
                    rows: if self.toeplitz { 1 } else { LANES.min(self.seasonal - first_state) },
                    from,
                    vector,
                });
            }
        }
        tiles
    }

    /// Completes products of seasonal responses: one day later, everything is the same but for the
    /// last day. `response` has the latest day first.
    pub(super) fn close(&mut self, response: &[f64], days: usize) {
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

/// The products of a block, as the dispatcher wants them.
struct Products<'a> {
    gram: &'a mut Gram,
    design: &'a [[f64; LANES]],
}

impl Kernel for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { gram, design } = self;
        let vectors = gram.vectors;
        for tile in &gram.tiles {
            let rows = &mut gram.rows[tile.row * vectors..];
            match tile.rows {
                1 => tile.add::<L, 1>(lanes, design, vectors, rows),
                2 => tile.add::<L, 2>(lanes, design, vectors, rows),
                3 => tile.add::<L, 3>(lanes, design, vectors, rows),
                4 => tile.add::<L, 4>(lanes, design, vectors, rows),
                5 => tile.add::<L, 5>(lanes, design, vectors, rows),
                6 => tile.add::<L, 6>(lanes, design, vectors, rows),
                7 => tile.add::<L, 7>(lanes, design, vectors, rows),
                _ => tile.add::<L, 8>(lanes, design, vectors, rows),
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
    #[inline(always)]
    fn add<L: Lanes, const ROWS: usize>(
        self,
        lanes: L,
        design: &[[f64; LANES]],
        vectors: usize,
        rows: &mut [[f64; LANES]],
    ) {
        let mut totals = [lanes.splat(0.0); ROWS];
        for row in 0..ROWS {
            totals[row] = lanes.load(&rows[row * vectors + self.vector]);
        }
        for day in design.chunks_exact(vectors) {
            let columns = lanes.load(&day[self.vector]);
            let factors = &day[self.from];
            for row in 0..ROWS {
                totals[row] = lanes.add(totals[row], lanes.mul(lanes.splat(factors[row]), columns));
            }
        }
        for row in 0..ROWS {
            lanes.store(totals[row], &mut rows[row * vectors + self.vector]);
        }
    }
}
