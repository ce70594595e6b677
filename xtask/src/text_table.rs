//! Tables in the terminal.

use std::fmt::Write as _;

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

/// Blanks between two columns.
const GAP: &str = "  ";

/// Lines of the terminal's width, one a row after one of headings: a name, and cells whose columns hold figures or not. Names
/// that are too long for their column have a line of their own, so that they can be copied.
pub(crate) fn named_rows<const N: usize>(
    heading: &str,
    columns: &[(&str, bool); N],
    rows: &[(String, [String; N])],
) -> Vec<String> {
    let length = |text: &str| text.chars().count();
    let mut widths = columns.map(|(name, _)| length(name));
    for (_, cells) in rows {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = (*width).max(length(cell));
        }
    }
    let room = WIDTH.saturating_sub(widths.iter().map(|width| width + GAP.len()).sum());
    let longest = rows.iter().map(|(name, _)| length(name)).max();
    let name_width = longest
        .unwrap_or(0)
        .max(length(heading))
        .min(room.max(length(heading)));
    let line = |name: &str, cells: [&str; N]| {
        let mut line = format!("{name:name_width$}");
        for ((cell, (_, is_figure)), width) in cells.iter().zip(columns).zip(widths) {
            line.push_str(GAP);
            // Writing to a string cannot fail.
            let _ = if *is_figure {
                write!(line, "{cell:>width$}")
            } else {
                write!(line, "{cell:width$}")
            };
        }
        line.trim_end().to_owned()
    };
    let mut lines = vec![line(heading, columns.map(|(name, _)| name))];
    for (name, cells) in rows {
        let cells = cells.each_ref().map(String::as_str);
        if length(name) > name_width {
            lines.push(name.clone());
            lines.push(line("", cells));
        } else {
            lines.push(line(name, cells));
        }
    }
    lines
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

/// A number of things: `1 key`, `2 keys`.
pub(crate) fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

/// A number of things that have something: `1 host has`, `2 hosts have`.
pub(crate) fn have(count: u64, thing: &str) -> String {
    let verb = if count == 1 { "has" } else { "have" };
    format!("{} {verb}", counted(count, thing))
}
