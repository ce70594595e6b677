//! `export`: the findings as files, for whoever reads with pandas, Spark or Grafana.

use std::path::Path;

use fleetcast_store::{FileFormat, Store, Table};

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
    let format = match format {
        ExportFormat::Parquet => FileFormat::Parquet,
        ExportFormat::Csv => FileFormat::Csv,
        ExportFormat::Json => FileFormat::Json,
    };
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
    format: FileFormat,
) -> Result<(String, u64), Error> {
    let place = match table {
        Table::Forecasts => to.join(table.as_str()),
        _ => to.join(format!("{table}.{}", format.ending())),
    };
    let rows = store.export(table, &place, format)?;
    Ok((place.display().to_string(), rows))
}
