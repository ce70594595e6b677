//! Which tool wrote a file.

use std::fmt;
use std::str::FromStr;

/// How a file is taken apart into rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Separated values with a header: comma, semicolon, tab or bar.
    Csv,
    /// JSON objects with a row each: one after another, or in an array.
    Json,
    /// What Prometheus answers to `query_range` (and to `query`).
    Prometheus,
    /// What `CloudWatch` answers to `get-metric-data`.
    Cloudwatch,
    /// What Grafana's panels download: `Series;Time;Value`, or a column a series.
    Grafana,
    /// What Windows' performance monitor logs as CSV (`relog`, `typeperf`).
    Perfmon,
    /// Apache Parquet, which keeps its types.
    Parquet,
}

/// A name no format has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no format `{0}`; give csv, json, prometheus, cloudwatch, grafana, perfmon or parquet"
)]
pub struct UnknownFormat(String);

impl Format {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Csv,
        Self::Json,
        Self::Prometheus,
        Self::Cloudwatch,
        Self::Grafana,
        Self::Perfmon,
        Self::Parquet,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Prometheus => "prometheus",
            Self::Cloudwatch => "cloudwatch",
            Self::Grafana => "grafana",
            Self::Perfmon => "perfmon",
            Self::Parquet => "parquet",
        }
    }

    /// What a file's name says of it, or `None` where its ending is not one of those in use.
    pub(crate) fn of_ending(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        let name = lower.strip_suffix(".gz").unwrap_or(&lower);
        match name.rsplit_once('.')?.1 {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "parquet" | "pq" => Some(Self::Parquet),
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            _ => None,
        }
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.as_str() == text);
        found.ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
