//! Small files of names, read as texts: what is known of hosts, and of days.

use std::path::Path;

use crate::files::{AS_IT_IS, READ_CSV, first_line, quoted, reader_for};
use crate::{Error, Store};

/// What becomes of entries of a table that are not among new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// They stay.
    Keep,
    /// They go: the new ones are all there is.
    Remove,
}

/// The columns of a file, and its rows: a text a column, `None` where it is blank.
type Texts = (Vec<String>, Vec<Vec<Option<String>>>);

impl Store {
    /// Reads all columns of a CSV, TSV, Parquet or JSON file as texts without blanks at their ends.
    ///
    /// # Errors
    ///
    /// [`Error::Import`] where the file cannot be read.
    pub(crate) fn read_texts(&self, path: &Path) -> Result<Texts, Error> {
        let refuse = |cause: String| Error::Import {
            path: path.to_owned(),
            cause,
        };
        let (reader, location) = reader_for(path).map_err(refuse)?;
        // Names are texts, whatever they look like.
        let options = if reader == READ_CSV {
            ", all_varchar = true, header = true"
        } else {
            ""
        };
        let from = format!("{reader}(?, {AS_IT_IS}{options})");
        let read = || -> Result<Texts, duckdb::Error> {
            let sql = format!("SELECT column_name FROM (DESCRIBE FROM {from})");
            let mut statement = self.connection.prepare(&sql)?;
            let columns = statement.query_map([&location], |row| row.get(0))?;
            let columns: Vec<String> = columns.collect::<Result<_, _>>()?;
            let texts: Vec<String> = columns
                .iter()
                .map(|name| format!("nullif(trim({}::VARCHAR), '')", quoted(name, '"')))
                .collect();
            let sql = format!("SELECT {} FROM {from}", texts.join(", "));
            let mut statement = self.connection.prepare(&sql)?;
            let rows = statement.query_map([&location], |row| {
                (0..columns.len()).map(|column| row.get(column)).collect()
            })?;
            let rows = rows.collect::<Result<_, _>>()?;
            Ok((columns, rows))
        };
        read().map_err(|error| refuse(first_line(&error)))
    }
}
