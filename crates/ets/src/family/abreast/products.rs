//! Sums over days of the products of all pairs of columns, for each lane by itself.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::super::lanes::{KernelOf, LANES, Lanes};
use super::pass::BlockOf;

/// Rows that are summed up at once: as many as registers hold beside a column, with AVX2 too.
const AT_ONCE: usize = 5;

/// Sums of products of columns: those with itself and the columns before it for each, one after the
/// other.
#[derive(Debug)]
pub(super) struct Triangle {
    width: usize,
    sums: Vec<[f64; LANES]>,
}

impl Triangle {
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            sums: vec![[0.0; LANES]; width * (width + 1) / 2],
        }
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// How many sums there are.
    pub(super) fn len(&self) -> usize {
        self.sums.len()
    }

    /// Takes over what a pass has summed up.
    #[inline(always)]
    pub(super) fn set<L: Lanes>(&mut self, lanes: L, totals: &[L::V]) {
        for (sum, total) in self.sums.iter_mut().zip(totals) {
            *sum = lanes.store(*total);
        }
    }

    /// The sum of the products of two columns, in one lane.
    pub(super) fn of(&self, a: usize, b: usize, lane: usize) -> f64 {
        let (a, b) = (a.min(b), a.max(b));
        self.sums[b * (b + 1) / 2 + a][lane]
    }
}

/// Adds the products of a block's columns to `totals`, which are in the order of a [`Triangle`].
#[inline(always)]
pub(super) fn add_products<L: Lanes>(lanes: L, design: &[BlockOf<L::V>], totals: &mut [L::V]) {
    lanes.apart(BlockProducts::<L> { design, totals });
}

/// The products of a block, as the dispatcher wants them.
struct BlockProducts<'a, L: Lanes> {
    design: &'a [BlockOf<L::V>],
    totals: &'a mut [L::V],
}

impl<L: Lanes> KernelOf<L> for BlockProducts<'_, L> {
    #[inline(always)]
    fn run(self, lanes: L) {
        let mut rest = self.totals;
        for (number, column) in self.design.iter().enumerate() {
            let (totals, later) = std::mem::take(&mut rest).split_at_mut(number + 1);
            rest = later;
            let rows = self.design[..=number].chunks(AT_ONCE);
            for (rows, totals) in rows.zip(totals.chunks_mut(AT_ONCE)) {
                match rows.len() {
                    1 => add_rows::<L, 1>(lanes, rows, column, totals),
                    2 => add_rows::<L, 2>(lanes, rows, column, totals),
                    3 => add_rows::<L, 3>(lanes, rows, column, totals),
                    4 => add_rows::<L, 4>(lanes, rows, column, totals),
                    _ => add_rows::<L, AT_ONCE>(lanes, rows, column, totals),
                }
            }
        }
    }
}

/// Adds the products of `ROWS` columns with one.
#[inline(always)]
fn add_rows<L: Lanes, const ROWS: usize>(
    lanes: L,
    rows: &[BlockOf<L::V>],
    column: &BlockOf<L::V>,
    totals: &mut [L::V],
) {
    let (Some(rows), Some(totals)) = (rows.first_chunk::<ROWS>(), totals.first_chunk_mut::<ROWS>())
    else {
        return;
    };
    let mut sums = *totals;
    for (day, value) in column.iter().enumerate() {
        for row in 0..ROWS {
            sums[row] = lanes.add(sums[row], lanes.mul(rows[row][day], *value));
        }
    }
    *totals = sums;
}
