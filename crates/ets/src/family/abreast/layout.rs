//! Which column of a pass is which.

use super::super::gram::Column;
use super::super::pass::Columns;

/// Which column is which: errors and their derivatives by α and γ first, then the responses to the
/// level and the free seasonal states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    columns: Columns,
    pub(super) alpha: usize,
    pub(super) gamma: Option<usize>,
    /// The first response, the level's.
    pub(super) responses: usize,
}

impl Layout {
    pub(super) fn new(columns: Columns) -> Self {
        // The level, which other passes have behind the error, stands with the states.
        Self {
            columns,
            alpha: columns.alpha - 1,
            gamma: columns.gamma.map(|gamma| gamma - 1),
            responses: columns.used - 1,
        }
    }

    pub(super) fn number(&self, column: Column) -> usize {
        match column {
            Column::Base(0) => 0,
            Column::Base(lane) if lane == self.columns.level => self.responses,
            Column::Base(lane) => lane - 1,
            Column::Seasonal(state) => self.responses + 1 + state,
        }
    }
}
