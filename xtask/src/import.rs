//! `import`: files into `processed_data`.

use fleetcast_store::{Aggregate, Import, NameSource};

use crate::cli::{AggregateFlag, ImportFlags};
use crate::error::Error;
use crate::progress::Reporter;
use crate::settings::Settings;

pub(crate) fn import(settings: &Settings, flags: ImportFlags) -> Result<(), Error> {
    let import = import_of(flags);
    // A file that cannot be read should not leave an empty database behind.
    let existed = settings.db.exists();
    let store = settings.open_with_files(true)?;
    let report = match store.import(&import) {
        Ok(report) => report,
        Err(error) => {
            drop(store);
            if !existed {
                // Best effort: the error that matters is the import's.
                let _ = std::fs::remove_file(&settings.db);
            }
            return Err(error.into());
        }
    };

    let reporter = Reporter::new(settings.quiet);
    reporter.say(format_args!(
        "read {} rows of {} series, {} to {}, into {}",
        report.rows,
        report.series,
        report.first_day,
        report.last_day,
        settings.db.display()
    ));
    if report.rows_without_value > 0 {
        reporter.say(format_args!(
            "left out {} rows without a finite value",
            report.rows_without_value
        ));
    }
    reporter.say(format_args!(
        "days: {} new, {} changed, {} as they were",
        report.new_days, report.changed_days, report.unchanged_days
    ));
    reporter.say(format_args!(
        "next: cargo xtask run-all --db {}",
        settings.db.display()
    ));
    Ok(())
}

/// What the flags say is to be read.
pub(crate) fn import_of(flags: ImportFlags) -> Import {
    Import {
        files: flags.files,
        host: name_source(flags.host, flags.host_column, "host"),
        resource: name_source(flags.resource, flags.resource_column, "resource"),
        ds_column: flags.ds_column.unwrap_or_else(|| "ds".to_owned()),
        value_column: flags
            .value_column
            .unwrap_or_else(|| "utilization".to_owned()),
        aggregate: match flags.agg {
            None | Some(AggregateFlag::Mean) => Aggregate::Mean,
            Some(AggregateFlag::Max) => Aggregate::Max,
            Some(AggregateFlag::P95) => Aggregate::P95,
        },
    }
}

fn name_source(fixed: Option<String>, column: Option<String>, default: &str) -> NameSource {
    match fixed {
        Some(name) => NameSource::Fixed(name),
        None => NameSource::Column(column.unwrap_or_else(|| default.to_owned())),
    }
}
