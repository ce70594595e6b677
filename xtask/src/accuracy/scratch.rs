//! A database in memory for scores, which no store knows of.

use std::path::Path;

use arrow::record_batch::RecordBatch;
use duckdb::{Connection, Params, Row};
use fleetcast_store::{Error as StoreError, quotable};

use crate::error::Error;

/// A database in memory with the tables `accuracy_scores` and `accuracy_origins`.
#[derive(Debug)]
pub(crate) struct Scratch {
    connection: Connection,
}

impl Scratch {
    pub(crate) fn new() -> Result<Self, Error> {
        let making = StoreError::while_doing("making the scores' table");
        let connection = Connection::open_in_memory().map_err(making)?;
        connection
            .execute_batch(include_str!("../../sql/accuracy/tables.sql"))
            .map_err(making)?;
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

    /// Writes a table to a file: Parquet, CSV or JSON, by its ending.
    pub(crate) fn write(&self, table: &str, path: &Path) -> Result<(), Error> {
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
        let quoted = quotable(path)?;
        self.connection
            .execute_batch(&format!(
                "COPY (FROM {table} ORDER BY ALL) TO '{quoted}' (FORMAT {format})"
            ))
            .map_err(StoreError::while_doing("writing the file"))?;
        Ok(())
    }
}
