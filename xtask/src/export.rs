//! `export`: the findings as files, for whoever reads with pandas, Spark or Grafana.

use std::path::Path;

use fleetcast_store::{Error as StoreError, Store, Table};

use crate::cli::ExportFormat;
use crate::error::Error;
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
    let place = place.to_str().ok_or_else(|| {
        Error::Setting("the name of the directory is not UTF-8; name another with --to".to_owned())
    })?;
    let sql = format!(
        "COPY (SELECT * FROM {table} ORDER BY {order}) TO '{}' ({options}{partition})",
        place.replace('\'', "''")
    );
    store
        .connection()
        .execute_batch(&sql)
        .map_err(StoreError::while_doing("writing the export"))?;
    Ok((place.to_owned(), store.count_rows(table)?))
}
