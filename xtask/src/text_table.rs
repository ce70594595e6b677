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

/// The words of a text in lines of the terminal's width; a word that is longer has a line of its own.
pub(crate) fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + word.chars().count() > WIDTH {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
