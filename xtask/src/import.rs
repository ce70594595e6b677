//! `import`: files into `processed_data`.

use std::io::{Seek as _, SeekFrom};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use fleetcast_intake::{Columns, DayRules, Decimal, NameRule, Noted, Request};
use fleetcast_store::{Aggregate, Import, ImportReport, OnRepeat, way_out_of_repeats};

use crate::cli::{AggregateFlag, DecimalFlag, ImportFlags, OnRepeatFlag};
use crate::error::Error;
use crate::output::visible;
use crate::progress::Reporter;
use crate::settings::Settings;

/// What stands for standard input among the files.
const STANDARD_INPUT: &str = "-";

pub(crate) fn import(settings: &Settings, flags: ImportFlags) -> Result<(), Error> {
    let mut import = import_of(flags);
    let kept = keep_standard_input(&mut import)?;
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
    drop(kept);
    store.finish()?;
    tell(settings, &report);
    Ok(())
}

/// Files are read more than once where rows have to decide on how days are written, and a pipe is not: what it
/// holds is kept in a file until the import is done.
fn keep_standard_input(import: &mut Import) -> Result<Option<tempfile::NamedTempFile>, Error> {
    let stands_for_it = |path: &std::path::PathBuf| path == Path::new(STANDARD_INPUT);
    if !import.files.iter().any(stands_for_it) {
        return Ok(None);
    }
    import.files.retain(|path| !stands_for_it(path));
    let failed = |source| Error::CannotWrite {
        path: std::env::temp_dir(),
        source,
    };
    let mut kept = tempfile::NamedTempFile::new().map_err(failed)?;
    std::io::copy(&mut std::io::stdin().lock(), kept.as_file_mut()).map_err(failed)?;
    kept.as_file_mut()
        .seek(SeekFrom::Start(0))
        .map_err(failed)?;
    import.standard_input = Some(kept.path().to_owned());
    Ok(Some(kept))
}

fn tell(settings: &Settings, report: &ImportReport) {
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
    warn_of(
        reporter,
        &report.future,
        "rows more than a day after today were left out (--allow-future keeps them)",
    );
    warn_of(
        reporter,
        &report.bad_lines,
        "lines are no data and were passed over",
    );
    if let Some(formats) = formats_of(&report.inferred_formats) {
        reporter.say(format_args!(
            "the order of day and month was decided by all rows; give scheduled imports {formats}"
        ));
    }
    if let Some(midnights) = &report.midnights {
        reporter.warn(format_args!(
            "every instant is at {} UTC, which is midnight in {}: if these are days of such a zone, import them again \
             with --time-zone {}, or weekdays smear",
            midnights.times.join(" or "),
            midnights.zones.join(", "),
            midnights.zones.first().map_or("", String::as_str)
        ));
    }
    tell_repeats(reporter, report);
    if report.unfinished > 0 {
        reporter.say(format_args!(
            "the last day of {} series has clearly fewer samples than the days before it: runs leave it out until it \
             is imported again (--keep-last-day keeps it)",
            report.unfinished
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
}

fn tell_repeats(reporter: Reporter, report: &ImportReport) {
    if report.repeated == 0 {
        return;
    }
    let named: Vec<String> = report
        .repeated_series
        .iter()
        .map(|one| format!("{} ({} of {})", one.key, one.repeated, one.instants))
        .collect();
    let others = report.series_with_repeats - named.len() as u64;
    let and_others = if others > 0 {
        format!(" and {others} others")
    } else {
        String::new()
    };
    let verdict = match report.several_series {
        0 => String::new(),
        series => {
            format!("; {series} of them are taken for several series under one name, with trust D")
        }
    };
    reporter.warn(format_args!(
        "{} instants have several values, which became one: {}{and_others}{verdict}; {}",
        report.repeated,
        visible(&named.join(", ")),
        way_out_of_repeats(&report.telling_columns)
    ));
}

fn warn_of(reporter: Reporter, noted: &Noted, what: &str) {
    if noted.count == 0 {
        return;
    }
    let more = if noted.count > noted.first.len() as u64 {
        ", …"
    } else {
        ""
    };
    reporter.warn(format_args!(
        "{} {what}: {}{more}",
        noted.count,
        visible(&noted.first.join(", "))
    ));
}

fn formats_of(formats: &[String]) -> Option<String> {
    if formats.is_empty() {
        return None;
    }
    let flags: Vec<String> = formats
        .iter()
        .map(|format| format!("--ds-format '{format}'"))
        .collect();
    Some(flags.join(" "))
}

/// What the flags say is to be read.
pub(crate) fn import_of(flags: ImportFlags) -> Import {
    Import {
        files: flags.files,
        standard_input: None,
        request: Request {
            columns: Columns {
                host: NameRule {
                    fixed: flags.host,
                    columns: flags.host_column,
                },
                resource: NameRule {
                    fixed: flags.resource,
                    columns: flags.resource_column,
                },
                ds: flags.ds_column,
                value: flags.value_column,
                wide: flags.wide.unwrap_or(false),
            },
            format: flags.format,
            days: DayRules {
                formats: flags.ds_format,
                zone: flags.time_zone,
                ..DayRules::default()
            },
            decimal: match flags.decimal {
                None => Decimal::Unsaid,
                Some(DecimalFlag::Point) => Decimal::Point,
                Some(DecimalFlag::Comma) => Decimal::Comma,
            },
            encoding: flags.encoding,
            skip_bad_lines: flags.skip_bad_lines.unwrap_or(false),
            latest_day: (!flags.allow_future.unwrap_or(false)).then(tomorrow_anywhere),
            earlier_format: None,
        },
        aggregates: flags
            .agg
            .iter()
            .map(|aggregate| match aggregate {
                AggregateFlag::Mean => Aggregate::Mean,
                AggregateFlag::Max => Aggregate::Max,
                AggregateFlag::P95 => Aggregate::P95,
            })
            .collect(),
        on_repeat: match flags.on_repeat {
            None => OnRepeat::Mark,
            Some(OnRepeatFlag::Mean) => OnRepeat::Mean,
            Some(OnRepeatFlag::Max) => OnRepeat::Max,
            Some(OnRepeatFlag::Refuse) => OnRepeat::Refuse,
        },
    }
}

/// The day after today in the time zone that is furthest ahead (14 hours), counted from 1970-01-01.
fn tomorrow_anywhere() -> i32 {
    const FURTHEST_AHEAD: u64 = 14 * 3600;
    const SECONDS_A_DAY: u64 = 86_400;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let today = (now.as_secs() + FURTHEST_AHEAD) / SECONDS_A_DAY;
    i32::try_from(today + 1).unwrap_or(i32::MAX)
}
