//! Tables in the terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table as TextTable, presets};

/// Columns of the terminal that what is made for reading keeps to.
pub(crate) const WIDTH: usize = 80;

/// An empty table with these headings.
pub(crate) fn table(headings: &[&str]) -> TextTable {
    let mut table = TextTable::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headings);
    table
}

/// The table with its columns from `first` on aligned as figures are.
pub(crate) fn right_aligned(mut table: TextTable, first: usize) -> TextTable {
    for column in table.column_iter_mut().skip(first) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
