//! Files by way of the database: their names, and who reads them.

use std::path::{Path, absolute};

/// How files are read: what a directory's name says (`host=web-01`) is not taken for a column, which
/// would hide the file's own.
pub(crate) const AS_IT_IS: &str = "hive_partitioning = false";

/// The table function that reads the file, and the file's name as it wants it.
pub(crate) fn reader_for(path: &Path) -> Result<(&'static str, String), String> {
    let location = location_of(path)?;
    let lower = location.to_lowercase();
    let name = lower.strip_suffix(".gz").unwrap_or(&lower);
    let ending = name.rsplit('.').next().unwrap_or_default();
    let reader = match ending {
        "csv" | "tsv" | "txt" => READ_CSV,
        "parquet" | "pq" => "read_parquet",
        "json" | "jsonl" | "ndjson" => READ_JSON,
        _ => {
            return Err(
                "its ending is none of .csv, .tsv, .txt, .parquet, .json, .jsonl; rename it"
                    .to_owned(),
            );
        }
    };
    Ok((reader, location))
}

/// The file's name as `DuckDB` wants it: from the root on, since it takes what begins with `file:` or `s3:` or
/// `~` for something else.
pub(crate) fn location_of(path: &Path) -> Result<String, String> {
    if !path.is_file() {
        return Err("no such file".to_owned());
    }
    let location = absolute(path).map_err(|error| error.to_string())?;
    let location = location
        .to_str()
        .ok_or_else(|| "its name is not UTF-8; rename it".to_owned())?;
    if location.contains(['*', '?', '[']) {
        return Err(
            "its name holds *, ? or [, which would match other files; rename it".to_owned(),
        );
    }
    Ok(location.to_owned())
}

/// The table function that reads CSV files.
pub(crate) const READ_CSV: &str = "read_csv";
/// The table function that reads JSON files.
const READ_JSON: &str = "read_json";

/// The first line of what `DuckDB` said.
pub(crate) fn first_line(error: &duckdb::Error) -> String {
    let message = error.to_string();
    message.lines().next().unwrap_or_default().to_owned()
}

/// A name or text between quotes, with the quotes inside doubled.
pub(crate) fn quoted(text: &str, quote: char) -> String {
    let doubled = text.replace(quote, &format!("{quote}{quote}"));
    format!("{quote}{doubled}{quote}")
}
