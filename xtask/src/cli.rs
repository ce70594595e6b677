//! Commands and flags.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fleetcast_core::Day;
use fleetcast_judge::Metric;
use fleetcast_outlook::Sustained;
use serde::{Deserialize, Deserializer};

use crate::memory::MemoryBudget;

/// Forecasts a fleet: two engines train on 32 months, a judge scores them on the last 4, and the
/// winner's next 180 days become the golden record.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
#[command(after_help = "First steps:\n  \
    cargo xtask run-all                       without a database, on a demo fleet\n  \
    cargo xtask report                        then open report.html in a browser\n  \
    cargo xtask show web-0001 disk            one host, in the terminal\n\n\
    Your own data:\n  \
    cargo xtask import FILE --db mine.duckdb  CSV, Parquet or JSON; columns host, resource, ds, utilization\n  \
    cargo xtask limits --db mine.duckdb       what counts as full\n  \
    cargo xtask run-all --db mine.duckdb\n\n\
    Every flag can stand in fleetcast.toml. NO_COLOR is honoured, bars are drawn on terminals only.\n\
    Exit codes: 0 done, 1 failed (one line on standard error says why), 2 wrong usage.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) flags: CommonFlags,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all four stages: champion, challenger, judge, writer.
    RunAll,
    /// Run the champion: fill `prophet_forecasts`.
    Prophet,
    /// Run the challenger: fill `challenger_forecasts`.
    Challenger,
    /// Score both on the backtest: fill `backtest_scores` and `model_leaderboard`.
    Judge,
    /// Write the winners' forecasts: fill `forecasts`.
    Write,
    /// Read CSV, Parquet or JSON files into `processed_data`.
    Import(ImportFlags),
    /// Say when a resource is full: list, set or remove floors, capacities and thresholds.
    Limits(LimitFlags),
    /// Make a demo fleet with labelled behaviours.
    Demo(DemoFlags),
    /// Write the findings as one HTML file that opens from disk: who runs out of what, when, and why.
    Report(ReportFlags),
    /// Show one host in the terminal: charts, when it is full, and how its models did.
    Show(ShowFlags),
    /// Write forecasts, leaderboard, outlook and issues as Parquet, CSV or JSON files.
    Export(ExportFlags),
    /// Measure forecasts on series whose future is known: engines, winner, blend, and peers.
    Accuracy(AccuracyFlags),
    /// Tell what a database holds, for which data, and how fresh it is.
    Status,
    /// Print the completion script of a shell: `source <(cargo xtask completions bash)`.
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Flags of every command. Each can stand in the configuration file, under the same name without
/// dashes in front; a flag on the command line wins.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CommonFlags {
    /// The DuckDB file [default: fleet.duckdb]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) db: Option<PathBuf>,
    /// Last day to look at [default: the last day in the data]
    #[arg(long, global = true, value_name = "YYYY-MM-DD")]
    #[serde(default, deserialize_with = "day_from_text")]
    pub(crate) as_of: Option<Day>,
    /// Calendar months of the training window [default: 32]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) train_months: Option<u32>,
    /// Calendar months of the backtest window [default: 4]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) backtest_months: Option<u32>,
    /// Days to forecast [default: 180]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) horizon_days: Option<usize>,
    /// Forecast the future from the backtest's fit instead of a second one on all months
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) no_refit: Option<bool>,
    /// How the champion chooses its settings [default: tuned]
    #[arg(long, global = true, value_name = "MODE")]
    pub(crate) prophet_mode: Option<ProphetModeFlag>,
    /// Which engine stands as the challenger [default: ets]
    #[arg(long, global = true, value_name = "ENGINE")]
    pub(crate) challenger: Option<ChallengerFlag>,
    /// The error that decides who wins: mape, wape, smape, mase, mae or rmse [default: mape]
    #[arg(long, global = true, value_name = "NAME")]
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) metric: Option<Metric>,
    /// By how many percent an engine's error must be smaller to take a series from the champion, or
    /// from who won the last run [default: 10]
    #[arg(long, global = true, value_name = "PERCENT")]
    pub(crate) promotion_margin: Option<f64>,
    /// Whose forecast becomes the golden record [default: winner]
    #[arg(long, global = true, value_enum, value_name = "WHOSE")]
    pub(crate) golden: Option<GoldenFlag>,
    /// Level of the golden record's intervals; those at 95 % stand beside them [default: 80]
    #[arg(long, global = true, value_name = "PERCENT")]
    pub(crate) interval_level: Option<f64>,
    /// Earlier golden records to keep, to hold against what came true [default: 12]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) keep_records: Option<u32>,
    /// When a resource counts as full: so many days of so many above its threshold [default: 3/7]
    #[arg(long, global = true, value_name = "DAYS/OF")]
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) sustained: Option<Sustained>,
    /// Threads for engines and for DuckDB [default: one a core]
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Memory to take at most, such as 4GB [default: four fifths of the machine's, for DuckDB]
    #[arg(long, global = true, value_name = "AMOUNT")]
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) memory: Option<MemoryBudget>,
    /// Forecast every series anew, also those whose values, settings and version are those of an
    /// earlier run
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) fresh: Option<bool>,
    /// Print nothing but errors
    #[arg(long, short, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) quiet: Option<bool>,
    /// Print what a command has to say as JSON: `status`, and the summary of `run-all` and `write`
    #[arg(long, global = true, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) json: Option<bool>,
    /// Configuration file [default: fleetcast.toml, where it exists]
    #[arg(long, global = true, value_name = "PATH")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
}

impl CommonFlags {
    /// These flags, and `other`'s where they say nothing.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            db: self.db.or(other.db),
            as_of: self.as_of.or(other.as_of),
            train_months: self.train_months.or(other.train_months),
            backtest_months: self.backtest_months.or(other.backtest_months),
            horizon_days: self.horizon_days.or(other.horizon_days),
            no_refit: self.no_refit.or(other.no_refit),
            prophet_mode: self.prophet_mode.or(other.prophet_mode),
            challenger: self.challenger.or(other.challenger),
            metric: self.metric.or(other.metric),
            promotion_margin: self.promotion_margin.or(other.promotion_margin),
            golden: self.golden.or(other.golden),
            interval_level: self.interval_level.or(other.interval_level),
            keep_records: self.keep_records.or(other.keep_records),
            sustained: self.sustained.or(other.sustained),
            threads: self.threads.or(other.threads),
            memory: self.memory.or(other.memory),
            fresh: self.fresh.or(other.fresh),
            quiet: self.quiet.or(other.quiet),
            json: self.json.or(other.json),
            config: self.config.or(other.config),
        }
    }
}

/// How the champion chooses its settings.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProphetModeFlag {
    /// For each series, by how settings did at origins inside its training window.
    Tuned,
    /// Prophet's own default settings, solved exactly.
    Exact,
}

/// Which engine stands as the challenger.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum ChallengerFlag {
    /// Exponential smoothing built for the long horizon.
    Ets,
    /// Its first version, MSTL with augurs' exponential smoothing, as a reference.
    MstlEts,
}

/// Whose forecast becomes the golden record.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GoldenFlag {
    /// The winner's, prophet or challenger.
    Winner,
    /// The blend of both engines and two naive forecasts.
    Blend,
}

/// How several values of one day become one.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AggregateFlag {
    /// Their mean.
    Mean,
    /// The largest.
    Max,
    /// The 95th percentile.
    P95,
}

/// Flags of `import`; in the configuration file under `[import]`.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ImportFlags {
    /// CSV (.csv, .tsv, .txt), Parquet or JSON files, also gzipped
    #[arg(required = true, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) files: Vec<PathBuf>,
    /// Column of host names [default: host]
    #[arg(long, value_name = "C", conflicts_with = "host")]
    pub(crate) host_column: Option<String>,
    /// One host name for all rows
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Column of resource names [default: resource]
    #[arg(long, value_name = "C", conflicts_with = "resource")]
    pub(crate) resource_column: Option<String>,
    /// One resource name for all rows
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Option<String>,
    /// Column of days or timestamps [default: ds]
    #[arg(long, value_name = "C")]
    pub(crate) ds_column: Option<String>,
    /// Column of values [default: utilization]
    #[arg(long, value_name = "C")]
    pub(crate) value_column: Option<String>,
    /// How several values of a day become one [default: mean]
    #[arg(long, value_name = "HOW")]
    pub(crate) agg: Option<AggregateFlag>,
}

impl ImportFlags {
    /// These flags, and `other`'s where they say nothing. A host named on the command line, by
    /// column or outright, overrules both ways of the file; so does a resource.
    pub(crate) fn or(self, other: Self) -> Self {
        let names_host = self.host.is_some() || self.host_column.is_some();
        let names_resource = self.resource.is_some() || self.resource_column.is_some();
        let unless = |named: bool, other: Option<String>| other.filter(|_| !named);
        Self {
            files: self.files,
            host_column: self.host_column.or(unless(names_host, other.host_column)),
            host: self.host.or(unless(names_host, other.host)),
            resource_column: self
                .resource_column
                .or(unless(names_resource, other.resource_column)),
            resource: self.resource.or(unless(names_resource, other.resource)),
            ds_column: self.ds_column.or(other.ds_column),
            value_column: self.value_column.or(other.value_column),
            agg: self.agg.or(other.agg),
        }
    }
}

/// Flags of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportFlags {
    /// The file to write [default: report.html]
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
}

/// Flags of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowFlags {
    /// The host
    #[arg(value_name = "HOST")]
    pub(crate) host: String,
    /// One of its resources [default: all]
    #[arg(value_name = "RESOURCE")]
    pub(crate) resource: Option<String>,
}

/// Flags of `export`.
#[derive(Debug, Args)]
#[command(
    after_help = "forecasts becomes a directory of its own with a directory a resource \
    (forecasts/resource=cpu/…), which takes the place of an earlier one; the others are one file each."
)]
pub(crate) struct ExportFlags {
    /// The directory to write to; it is made where there is none
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// The files' format
    #[arg(long, value_name = "FORMAT", default_value = "parquet")]
    pub(crate) format: ExportFormat,
}

/// What files are written as.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Columns, compressed.
    Parquet,
    /// Comma-separated, with a header.
    Csv,
    /// An object a line.
    Json,
}

/// Flags of `limits`: on the command line only.
#[derive(Debug, Args)]
#[command(
    after_help = "Percent resources need no limits: floor 0, capacity 100, threshold 80.\n\n\
    Examples:\n  \
    cargo xtask limits                                             what holds now\n  \
    cargo xtask limits --resource requests --capacity 25000        for all hosts\n  \
    cargo xtask limits --resource cpu --host db-01 --threshold 60  for one host\n  \
    cargo xtask limits limits.csv                                  columns host, resource, floor, capacity, threshold"
)]
pub(crate) struct LimitFlags {
    /// CSV, Parquet or JSON files with columns host (empty: all), resource, floor, capacity,
    /// threshold
    #[arg(value_name = "FILE", conflicts_with = "resource")]
    pub(crate) files: Vec<PathBuf>,
    /// The resource to set limits of
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Option<String>,
    /// The host to set them for [default: all hosts]
    #[arg(long, value_name = "NAME", requires = "resource")]
    pub(crate) host: Option<String>,
    /// What no value is below
    #[arg(
        long,
        value_name = "VALUE",
        requires = "resource",
        allow_negative_numbers = true
    )]
    pub(crate) floor: Option<f64>,
    /// What no value is above
    #[arg(
        long,
        value_name = "VALUE",
        requires = "resource",
        allow_negative_numbers = true
    )]
    pub(crate) capacity: Option<f64>,
    /// Where full starts [default: 80 % of the way from floor to capacity]
    #[arg(
        long,
        value_name = "VALUE",
        requires = "resource",
        allow_negative_numbers = true
    )]
    pub(crate) threshold: Option<f64>,
    /// Remove the limits of that resource (and host)
    #[arg(long, requires = "resource", conflicts_with_all = ["floor", "capacity", "threshold"])]
    pub(crate) remove: bool,
}

/// Flags of `accuracy`, beside those of `import`.
#[derive(Debug, Default, Args)]
#[command(after_help = "Other tools beside ours:\n  \
    cargo xtask accuracy FILE --write-origins seen.parquet   host, resource, origin, ds, y\n  \
    cargo xtask accuracy FILE --peer theirs=theirs.parquet   host, resource, origin, ds, yhat\n\n\
    The second file may have yhat_lower and yhat_upper, too. origin is the last day known; a\n\
    forecast counts where it has all days of the horizon.")]
pub(crate) struct AccuracyFlags {
    #[command(flatten)]
    pub(crate) import: ImportFlags,
    /// Origins at most; the last one has its whole future in the data [default: 8]
    #[arg(long, value_name = "N")]
    pub(crate) origins: Option<usize>,
    /// Days from one origin to the next [default: 61]
    #[arg(long, value_name = "N")]
    pub(crate) step_days: Option<u32>,
    /// Write every score to a file: .parquet, .csv or .json
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Another tool's forecasts, to stand beside ours under NAME: columns host, resource, origin,
    /// ds and yhat, and bounds at 80 % or none. For several tools, several times
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) peer: Vec<PeerFlag>,
    /// Measure nothing, but write what engines see at each origin to a file, for other tools
    #[arg(long, value_name = "FILE", conflicts_with_all = ["peer", "out"])]
    pub(crate) write_origins: Option<PathBuf>,
}

/// Another tool's name and the file of its forecasts, written `NAME=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PeerFlag {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
}

impl FromStr for PeerFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Self {
                name: name.to_owned(),
                file: PathBuf::from(file),
            }),
            _ => Err("write a name and a file, such as prophet_py=forecasts.parquet".to_owned()),
        }
    }
}

impl AccuracyFlags {
    /// These flags, with the file's for what is to be imported.
    pub(crate) fn or(self, import: ImportFlags) -> Self {
        Self {
            import: self.import.or(import),
            ..self
        }
    }
}

/// Flags of `demo`; in the configuration file under `[demo]`.
#[derive(Debug, Default, Clone, Copy, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct DemoFlags {
    /// Hosts, each with cpu, disk, memory and network [default: 50]
    #[arg(long, value_name = "N")]
    pub(crate) hosts: Option<usize>,
    /// Calendar months of history [default: 36]
    #[arg(long, value_name = "N")]
    pub(crate) months: Option<u32>,
    /// Which fleet: the same number makes the same fleet [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

impl DemoFlags {
    /// These flags, and `other`'s where they say nothing.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            hosts: self.hosts.or(other.hosts),
            months: self.months.or(other.months),
            seed: self.seed.or(other.seed),
        }
    }
}

/// A day, written as a TOML date or as text.
fn day_from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Day>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// What is written as text: a metric's name, or a rule such as `3/7`.
fn from_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_host_on_the_command_line_overrules_the_file() {
        let flags = ImportFlags {
            host: Some("web".to_owned()),
            ..ImportFlags::default()
        };
        let file = ImportFlags {
            host_column: Some("server".to_owned()),
            resource: Some("cpu".to_owned()),
            ..ImportFlags::default()
        };
        let both = flags.or(file);
        assert_eq!(both.host_column, None);
        assert_eq!(both.resource.as_deref(), Some("cpu"));
    }
}
