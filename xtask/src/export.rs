//! `export`: the findings as files, for whoever reads with pandas, Spark or Grafana.

use std::path::Path;

use fleetcast_store::{Error as StoreError, Store, Table};

use crate::cli::ExportFormat;
use crate::error::Error;
use crate::place::check_directory;
use crate::progress::Reporter;
use crate::settings::Settings;

/// What is exported. The golden record is the long one: a directory a resource, as `resource=cpu`.
const TABLES: [Table; 4] = [
    Table::Forecasts,
    Table::ModelLeaderboard,
    Table::CapacityOutlook,
    Table::SeriesIssues,
];

pub(crate) fn export(settings: &Settings, to: &Path, format: ExportFormat) -> Result<(), Error> {
    let store = settings.open_with_files(false)?;
    if store.run_in(Table::Forecasts)?.is_none() {
        return Err(Error::OutOfOrder(format!(
            "no forecast stands in {db}; run `cargo xtask run-all --db {db}` first",
            db = settings.db.display()
        )));
    }
    let replaced = to.join(Table::Forecasts.as_str());
    check_directory(to, &replaced, &settings.db)?;
    std::fs::create_dir_all(to).map_err(|source| Error::CannotWrite {
        path: to.to_owned(),
        source,
    })?;
    let reporter = Reporter::new(settings.quiet);
    for table in TABLES {
        let (place, rows) = write(&store, table, to, format)?;
        reporter.say(format_args!("wrote {rows} rows of {table} to {place}"));
    }
    Ok(())
}

fn write(
    store: &Store,
    table: Table,
    to: &Path,
    format: ExportFormat,
) -> Result<(String, u64), Error> {
    let (name, options) = match format {
        ExportFormat::Parquet => ("parquet", "FORMAT parquet, COMPRESSION zstd"),
        ExportFormat::Csv => ("csv", "FORMAT csv, HEADER"),
        ExportFormat::Json => ("json", "FORMAT json, ARRAY false"),
    };
    let (place, order, partition) = if table == Table::Forecasts {
        (
            to.join(table.as_str()),
            "host, resource, ds",
            ", PARTITION_BY (resource), WRITE_PARTITION_COLUMNS true, OVERWRITE true",
        )
    } else {
        (to.join(format!("{table}.{name}")), "host, resource", "")
    };
    let not_utf_8 = || {
        Error::Setting("the name of the directory is not UTF-8; name another with --to".to_owned())
    };
    let sql = format!(
        "COPY (SELECT * FROM {table} ORDER BY {order}) TO '{}' ({options}{partition})",
        quotable(&place).ok_or_else(not_utf_8)?
    );
    store
        .connection()
        .execute_batch(&sql)
        .map_err(StoreError::while_doing("writing the export"))?;
    Ok((place.display().to_string(), store.count_rows(table)?))
}

/// The name of a file that is to be written, for between single quotes: from the root on, since DuckDB
/// takes what begins with `s3:`, `file:` or `~` for another place. `None` where it is not UTF-8.
pub(crate) fn quotable(place: &Path) -> Option<String> {
    let place = std::path::absolute(place).ok()?;
    Some(place.to_str()?.replace('\'', "''"))
}
