//! A fleet's history, read as many series at a time as memory allows.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use fleetcast_core::{Panel, PanelView, SeriesIssue, TimeGrid, is_far_outside_percent};

use crate::{Error, SeriesIndex, Store};

/// Every series of an index over one grid of days, in blocks.
///
/// The block read last is kept: where one holds the whole fleet, stages that follow one another
/// read it once. Rows of `processed_data` stand in any order, so that every block reads through
/// all of it: the fewer, the better.
#[derive(Debug)]
pub struct Histories<'a> {
    store: &'a Store,
    index: &'a SeriesIndex,
    grid: TimeGrid,
    block_len: usize,
    last: RefCell<Option<Arc<Block>>>,
}

/// Series that follow one another in an index, and what was repaired in them.
#[derive(Debug)]
struct Block {
    first: usize,
    panel: Panel,
    repairs: Vec<SeriesIssue>,
}

/// Some series of a block.
#[derive(Debug)]
pub struct HistoryBatch {
    block: Arc<Block>,
    /// Their places in the index.
    places: Range<usize>,
}

impl HistoryBatch {
    /// The series.
    #[must_use]
    pub fn series(&self) -> PanelView<'_> {
        let first = self.block.first;
        let places = self.places.start - first..self.places.end - first;
        self.block.panel.view().slice(places)
    }

    /// What was repaired in them while reading, in their order.
    #[must_use]
    pub fn repairs(&self) -> &[SeriesIssue] {
        let series = self.series();
        let (Some(first), Some(last)) = (series.keys().first(), series.keys().last()) else {
            return &[];
        };
        let repairs = &self.block.repairs;
        let start = repairs.partition_point(|repair| repair.key < *first);
        let end = repairs.partition_point(|repair| repair.key <= *last);
        &repairs[start..end]
    }
}

impl SeriesIndex {
    /// Makes a panel, whose first series is that at place `first`, what models should see: without unfinished last days
    /// and values far outside 0 to 100 of percentages, and with values before a change of the capacity brought to the
    /// one after it.
    pub fn prepare(&self, first: usize, panel: &mut Panel) {
        let (grid, series) = (panel.grid(), panel.view().len());
        for (place, day) in self.unfinished.range(first..first + series) {
            if let Some(index) = grid.index_of(*day) {
                panel.values_mut(place - first)[index] = f64::NAN;
            }
        }
        for place in self.far_outside.range(first..first + series) {
            for value in panel.values_mut(place - first) {
                if is_far_outside_percent(*value) {
                    *value = f64::NAN;
                }
            }
        }
        if let Some(as_of) = self.as_of.filter(|_| !self.capacities.is_empty()) {
            for place in 0..series {
                let key = &self.keys[first + place];
                let values = panel.values_mut(place);
                self.capacities.rescale(key, grid, values, as_of);
            }
        }
    }
}

impl<'a> Histories<'a> {
    /// The series of `index` over `grid`, `block_len` at a time (one, where it is 0).
    #[must_use]
    pub fn new(store: &'a Store, index: &'a SeriesIndex, grid: TimeGrid, block_len: usize) -> Self {
        Self {
            store,
            index,
            grid,
            block_len: block_len.max(1),
            last: RefCell::default(),
        }
    }

    /// What they are the histories of.
    #[must_use]
    pub fn index(&self) -> &'a SeriesIndex {
        self.index
    }

    /// Gives back the memory of the block read last, which will be read again where it is asked for.
    pub fn let_go(&self) {
        self.last.replace(None);
    }

    /// The series at place `from` of the index and after it, in batches of at most `size`, none of
    /// which goes beyond its block.
    ///
    /// What cannot be read is [`Error::Database`] or [`Error::Columns`].
    pub fn batches(
        &self,
        from: usize,
        size: usize,
    ) -> impl Iterator<Item = Result<HistoryBatch, Error>> {
        let mut next = from;
        std::iter::from_fn(move || {
            let place = next;
            let first = place - place % self.block_len;
            let end = self
                .index
                .keys
                .len()
                .min(first.saturating_add(self.block_len));
            next = place.saturating_add(size.max(1)).min(end);
            (place < end).then(|| {
                let block = self.block(first)?;
                Ok(HistoryBatch {
                    block,
                    places: place..next,
                })
            })
        })
    }

    fn block(&self, first: usize) -> Result<Arc<Block>, Error> {
        let mut last = self.last.borrow_mut();
        if let Some(block) = last.as_ref().filter(|block| block.first == first) {
            return Ok(Arc::clone(block));
        }
        // Two blocks at a time would be one too many.
        *last = None;
        let keys = &self.index.keys[first..];
        let keys = &keys[..self.block_len.min(keys.len())];
        let (mut panel, repairs) = self.store.read_panel(keys, self.grid)?;
        self.index.prepare(first, &mut panel);
        let block = Arc::new(Block {
            first,
            panel,
            repairs,
        });
        *last = Some(Arc::clone(&block));
        Ok(block)
    }
}
