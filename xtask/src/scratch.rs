//! A database in memory for what no store knows of, and files of its tables.

use std::path::Path;

use arrow::record_batch::RecordBatch;
use duckdb::{Connection, Params, Row};
use fleetcast_store::{Error as StoreError, quotable};

use crate::error::Error;
use crate::place::{Kept, OnForeign, Place};

/// A database in memory with tables that are written to files, or summed up.
#[derive(Debug)]
pub(crate) struct Scratch {
    connection: Connection,
}

impl Scratch {
    /// Makes one with these tables, as SQL makes them.
    pub(crate) fn new(tables: &str) -> Result<Self, Error> {
        let making = StoreError::while_doing("making tables in memory");
        let connection = Connection::open_in_memory().map_err(making)?;
        connection.execute_batch(tables).map_err(making)?;
        Ok(Self { connection })
    }

    pub(crate) fn append(&self, table: &str, batch: RecordBatch) -> Result<(), Error> {
        let appending = StoreError::while_doing("appending rows");
        let mut appender = self.connection.appender(table).map_err(appending)?;
        appender.append_record_batch(batch).map_err(appending)?;
        Ok(appender.flush().map_err(appending)?)
    }

    /// What a query returns, in its order.
    pub(crate) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        of: impl FnMut(&Row<'_>) -> duckdb::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let reading = StoreError::while_doing("summing up scores");
        let mut statement = self.connection.prepare(sql).map_err(reading)?;
        let rows = statement.query_map(params, of).map_err(reading)?;
        Ok(rows.collect::<Result<_, _>>().map_err(reading)?)
    }

    /// Makes sure that a table may be written to `path`, and as what.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] where the ending names no format, or the place is none for an output.
    pub(crate) fn place(
        &self,
        table: &'static str,
        path: &Path,
        kept: &Kept,
        on_foreign: OnForeign,
    ) -> Result<TablePlace, Error> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let format = match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("parquet") => "parquet",
            Some("csv") => "csv",
            Some("json") => "json",
            _ => {
                return Err(Error::Setting(format!(
                    "cannot tell the format of {} from its ending; end it in .parquet, .csv or .json",
                    path.display()
                )));
            }
        };
        let is_ours = |path: &Path| self.holds(path, format, table);
        Ok(TablePlace {
            table,
            format,
            place: Place::check(path, kept, on_foreign, is_ours)?,
        })
    }

    /// Whether the file at `path` has the columns of `table`, and so is an earlier one.
    fn holds(&self, path: &Path, format: &str, table: &str) -> bool {
        let columns = |of: &str| {
            let sql = format!("SELECT column_name FROM (DESCRIBE FROM {of})");
            self.rows(&sql, [], |row| row.get::<_, String>(0)).ok()
        };
        let Ok(quoted) = quotable(path) else {
            return false;
        };
        let found = columns(&format!("read_{format}('{quoted}')"));
        found.is_some() && found == columns(table)
    }

    /// Writes a table to its place.
    pub(crate) fn write(&self, to: &TablePlace) -> Result<(), Error> {
        let TablePlace {
            table,
            format,
            place,
        } = to;
        place.write(|draft| {
            let quoted = quotable(draft)?;
            self.connection
                .execute_batch(&format!(
                    "COPY (FROM {table} ORDER BY ALL) TO '{quoted}' (FORMAT {format})"
                ))
                .map_err(StoreError::while_doing("writing the file"))?;
            Ok(())
        })
    }
}

/// A table, and the file it is to be written to.
#[derive(Debug)]
pub(crate) struct TablePlace {
    table: &'static str,
    format: &'static str,
    place: Place,
}
