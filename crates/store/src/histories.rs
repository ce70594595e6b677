//! A fleet's history, read as many series at a time as memory allows.

use std::cell::RefCell;
use std::rc::Rc;

use fleetcast_core::{Panel, PanelView, SeriesIssue, TimeGrid};

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
    last: RefCell<Option<Rc<HistoryBlock>>>,
}

/// Series that follow one another in an index.
#[derive(Debug)]
pub struct HistoryBlock {
    first: usize,
    panel: Panel,
    repairs: Vec<SeriesIssue>,
}

impl HistoryBlock {
    /// Those of its series that are at place `place` of the index or after it.
    #[must_use]
    pub fn series_from(&self, place: usize) -> PanelView<'_> {
        let view = self.panel.view();
        view.from_series(place.saturating_sub(self.first))
    }

    /// What was repaired while reading, in the order of the series.
    #[must_use]
    pub fn repairs(&self) -> &[SeriesIssue] {
        &self.repairs
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

    /// The blocks that hold the series at place `from` of the index and those after it, in order.
    ///
    /// A block that cannot be read is [`Error::Database`] or [`Error::Columns`].
    pub fn blocks(&self, from: usize) -> impl Iterator<Item = Result<Rc<HistoryBlock>, Error>> {
        let begins = (0..self.index.keys.len()).step_by(self.block_len);
        begins
            .filter(move |first| first + self.block_len > from)
            .map(|first| self.block(first))
    }

    fn block(&self, first: usize) -> Result<Rc<HistoryBlock>, Error> {
        let mut last = self.last.borrow_mut();
        if let Some(block) = last.as_ref().filter(|block| block.first == first) {
            return Ok(Rc::clone(block));
        }
        // Two blocks at a time would be one too many.
        *last = None;
        let keys = &self.index.keys[first..];
        let keys = &keys[..self.block_len.min(keys.len())];
        let (panel, repairs) = self.store.read_panel(keys, self.grid)?;
        let block = Rc::new(HistoryBlock {
            first,
            panel,
            repairs,
        });
        *last = Some(Rc::clone(&block));
        Ok(block)
    }
}
