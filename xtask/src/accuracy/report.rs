//! The scores, summed up.

use std::path::Path;

use duckdb::Row;
use fleetcast_store::{Error as StoreError, Store};

use crate::accuracy::peers::Peers;
use crate::error::Error;
use crate::export::quotable;
use crate::progress::Reporter;
use crate::summary::{right_aligned, table};

/// A table of the report: what it shows, its query, its headings.
type Section = (&'static str, &'static str, &'static [&'static str]);

const SECTIONS: [Section; 3] = [
    (
        "the days after each origin, by contender; MASE and better against prophet_default, which \
         is Prophet as it comes",
        include_str!("../../sql/accuracy/contenders.sql"),
        &[
            "contender",
            "MASE",
            "ratio",
            "better %",
            "+-",
            "MAPE %",
            "WAPE %",
            "bias",
            "80 % holds",
            "95 % holds",
            "width",
            "pinball",
        ],
    ),
    (
        "the winner by promotion margin",
        include_str!("../../sql/accuracy/margins.sql"),
        &["margin %", "MASE", "ratio", "challenger wins %"],
    ),
    (
        "the winner by trust",
        include_str!("../../sql/accuracy/trust.sql"),
        &["trust", "forecasts", "WAPE %", "MASE", "80 % holds"],
    ),
];

pub(crate) fn print(
    store: &Store,
    origins: usize,
    peers: &Peers,
    reporter: Reporter,
) -> Result<(), Error> {
    let reading = StoreError::while_doing("summing up scores");
    for (caption, sql, headings) in SECTIONS {
        let mut shown = table(headings);
        let mut statement = store.connection().prepare(sql).map_err(reading)?;
        let rows = statement
            .query_map([], |row| cells(row, headings.len()))
            .map_err(reading)?;
        for row in rows {
            shown.add_row(row.map_err(reading)?);
        }
        reporter.say("");
        reporter.say(format_args!("{caption} ({origins} origins):"));
        reporter.say(right_aligned(shown, 1));
    }
    for name in peers.names() {
        let (covered, all): (u64, u64) = store
            .connection()
            .query_row(
                include_str!("../../sql/accuracy/covered.sql"),
                [name],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(reading)?;
        reporter.say(format_args!(
            "{name} covers {covered} of {all} forecasts; it is held against the others on those"
        ));
    }
    Ok(())
}

fn cells(row: &Row<'_>, columns: usize) -> duckdb::Result<Vec<String>> {
    (0..columns)
        .map(|index| {
            let cell: Option<String> = row.get(index)?;
            Ok(cell.unwrap_or_else(|| "-".to_owned()))
        })
        .collect()
}

/// Writes a table of the harness to a file: Parquet, CSV or JSON, by its ending.
pub(crate) fn write_table(store: &Store, table: &str, path: &Path) -> Result<(), Error> {
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
    let quoted = quotable(path).ok_or_else(|| {
        Error::Setting("the file's name is not UTF-8; name another with --out".to_owned())
    })?;
    store
        .connection()
        .execute_batch(&format!(
            "COPY (FROM {table} ORDER BY ALL) TO '{quoted}' (FORMAT {format})"
        ))
        .map_err(StoreError::while_doing("writing the file"))?;
    Ok(())
}
