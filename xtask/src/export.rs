//! `export`: the findings as files, for whoever reads with pandas, Spark or Grafana.

use std::path::Path;

use fleetcast_store::{ExportFiles, FileFormat, Store, Table};

use crate::cli::ExportFormat;
use crate::error::Error;
use crate::place::ExportDraft;
use crate::progress::Reporter;
use crate::settings::Settings;

/// What is exported. The golden record is the long one: a directory of files, one a resource.
const TABLES: [Table; 6] = [
    Table::Forecasts,
    Table::ModelLeaderboard,
    Table::CapacityOutlook,
    Table::SeriesIssues,
    Table::GroupForecasts,
    Table::GroupOutlook,
];

const OF_GROUPS: [Table; 2] = [Table::GroupForecasts, Table::GroupOutlook];

pub(crate) fn export(
    settings: &Settings,
    to: &Path,
    format: ExportFormat,
    csv_safe: bool,
) -> Result<(), Error> {
    if csv_safe && !matches!(format, ExportFormat::Csv) {
        return Err(Error::Setting(
            "--csv-safe is about CSV files, and these are others; say --format csv as well, or leave it out".to_owned(),
        ));
    }
    let store = settings.open_with_files(false)?;
    if store.run_in(Table::Forecasts)?.is_none() {
        return Err(Error::OutOfOrder(format!(
            "no forecast stands in {db}; run `cargo xtask run-all --db {db}` first",
            db = settings.db.display()
        )));
    }
    let draft = ExportDraft::begin(to, is_of_an_export)?;
    let reporter = Reporter::new(settings.quiet);
    let files = ExportFiles {
        format: match format {
            ExportFormat::Parquet => FileFormat::Parquet,
            ExportFormat::Csv => FileFormat::Csv,
            ExportFormat::Json => FileFormat::Json,
        },
        csv_safe,
    };
    let mut written = Vec::new();
    for table in TABLES {
        // Who has no groups gets no files of them.
        if OF_GROUPS.contains(&table) && store.count_rows(table)? == 0 {
            continue;
        }
        let (name, rows) = write(&store, table, draft.path(), files)?;
        written.push((table, to.join(name), rows));
    }
    draft.publish()?;
    for (table, place, rows) in written {
        let place = place.display();
        reporter.say(format_args!("wrote {rows} rows of {table} to {place}"));
    }
    Ok(())
}

/// Whether this is the name of something an export writes, in any format, or that one of an earlier version wrote: those
/// had directories as `resource=cpu`.
fn is_of_an_export(name: &Path) -> bool {
    let is_format = |name: &Path| {
        let ending = name.extension().and_then(|ending| ending.to_str());
        matches!(ending, Some("parquet" | "csv" | "json"))
    };
    let mut parts = name.components().map(std::path::Component::as_os_str);
    let (first, second, third) = (parts.next(), parts.next(), parts.next());
    let golden = Path::new(Table::Forecasts.as_str()).as_os_str();
    match (first, second, third, parts.next()) {
        (Some(first), None, ..) => {
            let stem = Path::new(first).file_stem();
            let is_table = TABLES
                .iter()
                .any(|table| stem == Some(table.as_str().as_ref()));
            first == golden || (is_table && is_format(name))
        }
        (Some(first), Some(resource), None, _) => {
            let resource = resource.to_string_lossy();
            let is_file = resource.starts_with("resource-") && is_format(name);
            first == golden && (is_file || resource.starts_with("resource="))
        }
        (Some(first), Some(_), Some(_), None) => first == golden && is_format(name),
        _ => false,
    }
}

fn write(
    store: &Store,
    table: Table,
    to: &Path,
    files: ExportFiles,
) -> Result<(String, u64), Error> {
    let name = match table {
        Table::Forecasts => table.to_string(),
        _ => format!("{table}.{}", files.format.ending()),
    };
    let rows = store.export(table, &to.join(&name), files)?;
    Ok((name, rows))
}
