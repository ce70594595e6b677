//! Commands and flags.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fleetcast_core::Day;
use fleetcast_intake::{Encoding, Format, TimeZone};
use fleetcast_store::USUAL_LEAD_TIME;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::demo::FleetKind;
use crate::flag_values::from_text;
use crate::settings::CommonFlags;
use crate::what_if::{Described, Percent};

/// Forecasts a fleet: two engines train on 32 months, a judge scores them on the last 4, and the
/// winner's next 180 days become the golden record.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
#[command(after_help = "First steps:\n  \
    cargo xtask run-all                       without a database, on a demo fleet\n  \
    cargo xtask top                           what to do now\n  \
    cargo xtask report                        then open report.html in a browser\n  \
    cargo xtask show web-0001 disk            one host, in the terminal\n\n\
    Your own data:\n  \
    cargo xtask import FILE --db mine.duckdb  CSV, Parquet or JSON; columns host, resource, ds, utilization\n  \
    cargo xtask limits --db mine.duckdb       what counts as full\n  \
    cargo xtask run-all --db mine.duckdb\n\n\
    What all commands take can stand in fleetcast.toml, and in the environment (--db is FLEETCAST_DB). NO_COLOR is \
    honoured, bars are drawn on terminals only.\n\
    Exit codes: 0 done; 1 cannot be done (one line on standard error says why); 2 wrong usage; 3 done, but most\n\
    series would have lost their forecasts, so the earlier ones stand (--force replaces them); 4 `changes` has found\n\
    what --fail-on names; 130 interrupted.")]
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
    /// Run XGBoost beside the challenger: fill `xgboost_forecasts`; with --contenders ets,xgboost, as for judge and write.
    Xgboost,
    /// Score all on the backtest: fill `backtest_scores` and `model_leaderboard`.
    Judge,
    /// Write the winners' forecasts: fill `forecasts`.
    Write,
    /// Read CSV, Parquet or JSON files into `processed_data`.
    Import(ImportFlags),
    /// Take rows out of `processed_data`: a host that was decommissioned, days of a wrong clock.
    Forget(ForgetFlags),
    /// Give a host's history another name, joining it with what stands under that name.
    Rename(RenameFlags),
    /// Say when a resource is full: list, set or remove floors, capacities and thresholds.
    Limits(LimitFlags),
    /// Read what is known of hosts, such as site, cluster and role, into `host_attributes`.
    ImportAttributes(AttributeFlags),
    /// Read days on which something is known to happen into `events`, list them, or find days that many hosts have in common.
    Events(EventFlags),
    /// Make a demo fleet with labelled behaviours.
    Demo(DemoFlags),
    /// List what has to be done now: what is full lately, or likely full before it can be replaced.
    Top(TopFlags),
    /// Say what groups of hosts (sites, clusters, owners) need together, and when they are full.
    Groups(GroupsFlags),
    /// Write the findings as one HTML file that opens from disk: what to do now, who runs out of what, when, and why.
    Report(ReportFlags),
    /// Show one host in the terminal: charts, when it is full, and how its models did.
    Show(ShowFlags),
    /// Write forecasts, leaderboard, outlook and issues as Parquet, CSV or JSON files.
    Export(ExportFlags),
    /// Measure forecasts on series whose future is known: engines, winner, blend, and peers.
    #[command(mut_arg("files", |files| files.required(false).required_unless_present("by_behaviour")))]
    Accuracy(AccuracyFlags),
    /// Copy the database, and make sure that the copy opens; `restore` puts it back.
    Backup {
        /// The file to write
        #[arg(value_name = "FILE")]
        to: PathBuf,
    },
    /// Put a copy that `backup` has made in the place of the database.
    Restore {
        /// The copy
        #[arg(value_name = "FILE")]
        from: PathBuf,
    },
    /// Ask what becomes of outlooks where load, capacity, thresholds or hosts are others than they are; nothing is written
    /// but to --to.
    WhatIf(WhatIfFlags),
    /// Name the hosts that have more than they need: whose peaks stay below a share of their capacity for the whole horizon,
    /// with a probability of 90 %.
    Oversized(OversizedFlags),
    /// Tell what is another than in the last run: series newly full, dates that moved, forecasts that were wrong.
    Changes(ChangesFlags),
    /// Note that a series is known about: `changes` does not name it up to a day.
    Acknowledge(AcknowledgeFlags),
    /// Tell what a database holds, for which data, and how fresh it is.
    Status,
    /// Print the completion script of a shell: `source <(cargo xtask completions bash)`.
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
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
#[command(
    after_help = "Days are ISO 8601, epochs, 31.12.2025, 31/12/2025 or 12/31/2025, decided by all rows. Names joined \
    from several columns have colons between their parts (disk:/var).\n\n\
    Examples:\n  \
    cargo xtask import cpu.csv --resource cpu --host-column server --ds-column time --value-column pct\n  \
    cargo xtask import disks.csv --resource disk --resource-column mountpoint\n  \
    cargo xtask import exports/ --agg mean,p95,max --time-zone Europe/Berlin\n  \
    promtool … | cargo xtask import - --format prometheus --resource cpu"
)]
pub(crate) struct ImportFlags {
    /// CSV, JSON or Parquet files, also gzipped, directories of them, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    #[serde(skip)]
    pub(crate) files: Vec<PathBuf>,
    /// Column of host names [default: host]; given several times, the names are joined
    #[arg(long, value_name = "C")]
    #[serde(default, deserialize_with = "one_or_several")]
    pub(crate) host_column: Vec<String>,
    /// One host name for all rows; with --host-column, what stands before the column's
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Column of resource names [default: resource]; given several times, the names are joined
    #[arg(long, value_name = "C")]
    #[serde(default, deserialize_with = "one_or_several")]
    pub(crate) resource_column: Vec<String>,
    /// One resource name for all rows; with --resource-column, what stands before the column's
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Option<String>,
    /// Column of days or timestamps [default: ds]
    #[arg(long, value_name = "C")]
    pub(crate) ds_column: Option<String>,
    /// Column of values [default: utilization]
    #[arg(long, value_name = "C")]
    pub(crate) value_column: Option<String>,
    /// A column a series: its name is the host (or the resource, where --host is given)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) wide: Option<bool>,
    /// How several values of a day become one: mean, p95 or max; several of them, such as mean,p95,max, make a
    /// resource each [default: mean]
    #[arg(long, value_name = "HOW", value_delimiter = ',')]
    #[serde(default, deserialize_with = "one_or_several")]
    pub(crate) agg: Vec<AggregateFlag>,
    /// What several values of a series at one instant are: their mean or max, or a reason to refuse
    /// (recommended for scheduled imports) [default: the mean, and a warning]
    #[arg(long, value_name = "WHAT")]
    pub(crate) on_repeat: Option<OnRepeatFlag>,
    /// What wrote the files: csv, json, prometheus, cloudwatch, grafana, perfmon or parquet [default: what their
    /// endings and first lines say]
    #[arg(long, value_name = "TOOL")]
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) format: Option<Format>,
    /// How days are written, as strptime has it, such as %d/%m/%Y; given several times, each is tried
    #[arg(long, value_name = "FORMAT")]
    #[serde(default, deserialize_with = "one_or_several")]
    pub(crate) ds_format: Vec<String>,
    /// Whose days instants belong to, such as Europe/Berlin; times without a zone are local there [default: UTC]
    #[arg(long, value_name = "ZONE")]
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) time_zone: Option<TimeZone>,
    /// What separates the fraction of a number, with the other separating thousands [default: . and nothing]
    #[arg(long, value_name = "MARK")]
    pub(crate) decimal: Option<DecimalFlag>,
    /// Encoding of files without a byte order mark, such as windows-1252 [default: utf-8]
    #[arg(long, value_name = "NAME")]
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) encoding: Option<Encoding>,
    /// Pass over lines that are no data, and name them, instead of refusing the file
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) skip_bad_lines: Option<bool>,
    /// Keep rows that lie more than a day after today
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) allow_future: Option<bool>,
}

/// What several values of a series at one instant are.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnRepeatFlag {
    /// Their mean.
    Mean,
    /// The largest.
    Max,
    /// A reason to refuse the import.
    Refuse,
}

/// What separates the fraction of a number.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
pub(crate) enum DecimalFlag {
    /// A comma; points may separate thousands.
    #[value(name = ",")]
    #[serde(rename = ",")]
    Comma,
    /// A point; commas may separate thousands.
    #[value(name = ".")]
    #[serde(rename = ".")]
    Point,
}

impl ImportFlags {
    /// These flags, and `other`'s where they say nothing. A host named on the command line, by
    /// column or outright, overrules both ways of the file; so does a resource.
    pub(crate) fn or(self, other: Self) -> Self {
        let names_host = self.host.is_some() || !self.host_column.is_empty();
        let names_resource = self.resource.is_some() || !self.resource_column.is_empty();
        let several =
            |own: Vec<String>, other: Vec<String>| if own.is_empty() { other } else { own };
        Self {
            files: self.files,
            host_column: if names_host {
                self.host_column
            } else {
                other.host_column
            },
            host: self.host.or(other.host.filter(|_| !names_host)),
            resource_column: if names_resource {
                self.resource_column
            } else {
                other.resource_column
            },
            resource: self.resource.or(other.resource.filter(|_| !names_resource)),
            ds_column: self.ds_column.or(other.ds_column),
            value_column: self.value_column.or(other.value_column),
            wide: self.wide.or(other.wide),
            agg: if self.agg.is_empty() {
                other.agg
            } else {
                self.agg
            },
            on_repeat: self.on_repeat.or(other.on_repeat),
            format: self.format.or(other.format),
            ds_format: several(self.ds_format, other.ds_format),
            time_zone: self.time_zone.or(other.time_zone),
            decimal: self.decimal.or(other.decimal),
            encoding: self.encoding.or(other.encoding),
            skip_bad_lines: self.skip_bad_lines.or(other.skip_bad_lines),
            allow_future: self.allow_future.or(other.allow_future),
        }
    }
}

/// Flags of `forget`: on the command line only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask forget --host web-07 --after 2026-01-15 --dry-run   what a wrong clock has left\n  \
    cargo xtask forget --host web-07                                a host that is gone\n  \
    cargo xtask forget --before 2020-01-01                          what no run looks at any more")]
pub(crate) struct ForgetFlags {
    /// Rows of this host
    #[arg(long, value_name = "NAME")]
    pub(crate) host: Option<String>,
    /// Rows of this resource
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Option<String>,
    /// Rows after this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) after: Option<Day>,
    /// Rows before this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) before: Option<Day>,
    /// Say what would be forgotten, and forget nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Flags of `rename`: on the command line only.
#[derive(Debug, Args)]
pub(crate) struct RenameFlags {
    /// The host's old name
    #[arg(value_name = "OLD")]
    pub(crate) from: String,
    /// The new name; of days both have, this one's values are kept
    #[arg(value_name = "NEW")]
    pub(crate) to: String,
}

/// Flags of `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportFlags {
    /// The file to write [default: report.html]
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) lists: ListFlags,
}

/// What the lists of what to do go by.
#[derive(Debug, Clone, Args)]
pub(crate) struct ListFlags {
    /// Days it takes to replace or extend something
    #[arg(long, value_name = "DAYS", default_value_t = USUAL_LEAD_TIME,
        value_parser = clap::value_parser!(u32).range(1..=730))]
    pub(crate) lead_time: u32,
    /// Hosts that have this value under this key of `host_attributes` alone
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) group: Option<GroupFlag>,
}

/// Flags of `top`: on the command line only.
#[derive(Debug, Args)]
#[command(
    after_help = "Full by is the day by which that is as likely as not, with the range that holds in 8 of 10 \
    cases; likely is how likely it is full within --lead-time; growth is that of 30 days; to order is what would have to be \
    added, of a percentage in percent of what there is; since is since when it is full, or since when it has been named.\n\n\
    Examples:\n  \
    cargo xtask top                                   what to do now\n  \
    cargo xtask top --resource disk --lead-time 90    disks that take a quarter to come"
)]
pub(crate) struct TopFlags {
    /// Series of this resource alone
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Option<String>,
    #[command(flatten)]
    pub(crate) lists: ListFlags,
    /// Rows to print [default: 20; with --json all]
    #[arg(short = 'n', long = "rows", value_name = "N")]
    pub(crate) rows: Option<usize>,
}

/// Flags of `oversized`.
#[derive(Debug, Args)]
pub(crate) struct OversizedFlags {
    /// The share of the capacity, in percent [default: 40]
    #[arg(long, value_name = "PERCENT")]
    pub(crate) below: Option<f64>,
    /// This resource alone, such as `cpu_p95`
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Option<String>,
    /// Hosts that have this value under this key of `host_attributes` alone
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) group: Option<GroupFlag>,
    /// Rows to print, those with the most to spare first [default: all]
    #[arg(short = 'n', long = "rows", value_name = "N")]
    pub(crate) rows: Option<usize>,
}

/// Flags of `groups`.
#[derive(Debug, Args)]
#[command(
    after_help = "Groups are hosts with the same value of an attribute (import-attributes). Percentages are weighed by what their \
    hosts have: of memory by memory_capacity, of cpu by cpu_capacity or cores; without it they are not added up, and `write` \
    says so.\n\n\
    Examples:\n  \
    cargo xtask groups                          all groups\n  \
    cargo xtask groups site --resource memory   the memory of every site"
)]
pub(crate) struct GroupsFlags {
    /// Groups by this attribute, such as site, or one of them, such as site=Berlin [default: all]
    #[arg(value_name = "KEY")]
    pub(crate) key: Option<String>,
    /// This resource alone
    #[arg(long, value_name = "NAME")]
    pub(crate) resource: Option<String>,
    /// Rows to print [default: 20; with --json all]
    #[arg(short = 'n', long = "rows", value_name = "N")]
    pub(crate) rows: Option<usize>,
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
    /// Say what forecasts by a model of the whole fleet are made of, where XGBoost is the challenger or stands beside it
    #[arg(long)]
    pub(crate) why: bool,
}

/// Flags of `export`.
#[derive(Debug, Args)]
#[command(
    after_help = "forecasts becomes a directory of its own with a file a resource (forecasts/resource-cpu.parquet), which \
    pandas, polars and Spark read as one table; the others are one file each. The export is made beside the directory \
    and takes the place of an earlier one in one step; a directory that holds anything else is refused."
)]
pub(crate) struct ExportFlags {
    /// The directory to write to: a new or an empty one, or an earlier export's
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// The files' format
    #[arg(long, value_name = "FORMAT", default_value = "parquet")]
    pub(crate) format: ExportFormat,
    /// Write texts of CSV files so that no spreadsheet takes a name for a formula
    #[arg(long)]
    pub(crate) csv_safe: bool,
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

/// Flags of `changes`: on the command line only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask changes                       since the last run on other data\n  \
    cargo xtask changes --since 2025-12-01    since the outlook of that day, or the last one before it\n  \
    cargo xtask changes --fail-on new-full    exit code 4 where a series is newly full")]
pub(crate) struct ChangesFlags {
    /// The number of an earlier run, or a day [default: the run before]
    #[arg(long, value_name = "RUN|DATE")]
    pub(crate) since: Option<Since>,
    /// Days by which a date must have moved to be named
    #[arg(long, value_name = "N", default_value_t = 14)]
    pub(crate) moved_by: u32,
    /// End with exit code 4 where there is any of these
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub(crate) fail_on: Vec<FailOn>,
}

/// An earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// The run of this number.
    Run(i64),
    /// The run whose data end on this day, or the last one before.
    Day(Day),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text.parse::<i64>(), text.parse::<Day>()) {
            (Ok(run), _) => Ok(Self::Run(run)),
            (_, Ok(day)) => Ok(Self::Day(day)),
            _ => Err("give the number of a run, or a day such as 2025-12-31".to_owned()),
        }
    }
}

/// What `changes` may be asked to fail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// A series that is newly full within the horizon.
    NewFull,
    /// A series that is over its threshold, as was said before.
    FilledUp,
    /// A forecast that turned out wrong, and had not by the run before.
    Drift,
}

/// Flags of `acknowledge`: on the command line only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask acknowledge db-01 disk --until 2026-03-01 --note 'new shelf in February'\n  \
    cargo xtask acknowledge                     what is known about\n  \
    cargo xtask acknowledge db-01 disk --remove")]
pub(crate) struct AcknowledgeFlags {
    /// The host
    #[arg(value_name = "HOST", requires = "resource")]
    pub(crate) host: Option<String>,
    /// The resource
    #[arg(value_name = "RESOURCE")]
    pub(crate) resource: Option<String>,
    /// The last day of data up to which it is not named
    #[arg(long, value_name = "YYYY-MM-DD", requires = "host")]
    pub(crate) until: Option<Day>,
    /// What to say of it
    #[arg(long, value_name = "TEXT", requires = "until")]
    pub(crate) note: Option<String>,
    /// Take it back
    #[arg(long, requires = "host", conflicts_with = "until")]
    pub(crate) remove: bool,
}

/// Flags of `limits`: on the command line only.
#[derive(Debug, Args)]
#[command(
    after_help = "Percent resources need no limits: floor 0, capacity 100, threshold 80.\n\n\
    Examples:\n  \
    cargo xtask limits                                             what holds now\n  \
    cargo xtask limits --resource requests --capacity 25000        for all hosts\n  \
    cargo xtask limits --resource cpu --host db-01 --threshold 60  for one host\n  \
    cargo xtask limits --resource disk_gb --host db-01 --capacity 400 --valid-from 2026-03-01   a planned extension\n  \
    cargo xtask limits --capacity-change db-01 disk 2025-11-03 200 400   its percentages before were of 200\n  \
    cargo xtask limits limits.csv                                  columns host, resource, floor, capacity, threshold, \
    valid_from"
)]
pub(crate) struct LimitFlags {
    /// CSV, Parquet or JSON files with columns host (empty: all), resource, floor, capacity,
    /// threshold, `valid_from` (empty: always)
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
    /// Value at which full starts [default: 80 % of the way from floor to capacity]
    #[arg(
        long,
        value_name = "VALUE",
        requires = "resource",
        allow_negative_numbers = true
    )]
    pub(crate) threshold: Option<f64>,
    /// The first day these limits hold: the latest that are not after a day count for it [default: always]
    #[arg(long, value_name = "DAY", requires = "resource")]
    pub(crate) valid_from: Option<Day>,
    /// A percentage's capacity that changed on a day, from one size to another: values before it are brought to the new
    /// capacity
    #[arg(
        long,
        num_args = 5,
        value_names = ["HOST", "RESOURCE", "DAY", "FROM", "TO"],
        conflicts_with_all = ["files", "resource"]
    )]
    pub(crate) capacity_change: Option<Vec<String>>,
    /// Remove the limits of that resource (and host; with --valid-from: those of that day alone), or that change of a
    /// capacity
    #[arg(long, conflicts_with_all = ["floor", "capacity", "threshold"])]
    pub(crate) remove: bool,
}

/// Flags of `import-attributes`: on the command line only.
#[derive(Debug, Args)]
#[command(
    after_help = "A file has rows of host, key and value, or a row a host with a column a key. What it says takes the \
    place of what stood under the same host and key; an empty value removes it; what the file does not name stays, \
    unless --replace is given.\n\n\
    Examples:\n  \
    cargo xtask import-attributes cmdb.csv      columns host, site, cluster, role\n  \
    cargo xtask top --group site=Berlin         what to do there\n  \
    cargo xtask report                          groups beside resources"
)]
pub(crate) struct AttributeFlags {
    /// CSV, TSV, JSON or Parquet files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Remove what the files do not name: they are all there is
    #[arg(long)]
    pub(crate) replace: bool,
}

/// Flags of `events`.
#[derive(Debug, Args)]
#[command(
    after_help = "A file has the columns ds and name, and host or group (site=Berlin) where an event concerns some hosts alone. Days \
    with one name are expected to be alike: releases, sales, month ends. What they did before is expected of those to come, where \
    that would have helped; what happened once, such as an outage, is taken out of the past. Public holidays need no file: \
    run-all --holidays DE.\n\n\
    Examples:\n  \
    cargo xtask events releases.csv\n  \
    cargo xtask events             what is known\n  \
    cargo xtask events --common    days on which many hosts were low, or high, together"
)]
pub(crate) struct EventFlags {
    /// CSV, TSV, JSON or Parquet files; without one, events are listed
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Remove what the files do not name: they are all there is
    #[arg(long, requires = "files")]
    pub(crate) replace: bool,
    /// Find days on which many hosts were low, or high, together, whether they have a name or not
    #[arg(long, conflicts_with = "files")]
    pub(crate) common: bool,
}

/// Hosts that have a value under a key of `host_attributes`, written `KEY=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupFlag {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl FromStr for GroupFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() && !value.is_empty() => Ok(Self {
                key: key.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err("write a key and a value, such as site=Berlin".to_owned()),
        }
    }
}

impl std::fmt::Display for GroupFlag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.key, self.value)
    }
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
    /// Measure not forecasts but outlooks: whether and when thresholds above the last year, and of the capacity, are
    /// reached
    #[arg(long, conflicts_with = "peer")]
    pub(crate) outlook: bool,
    /// Measure the totals of N groups of hosts that are drawn at random, and how often their intervals hold them
    #[arg(
        long,
        value_name = "N",
        group = "seeded",
        conflicts_with_all = ["peer", "outlook", "by_behaviour", "write_origins"]
    )]
    pub(crate) groups: Option<usize>,
    /// Measure not on files but on a demo fleet, by how its series behave and how old the breaks in them are, with
    /// regimes and without
    #[arg(long, group = "seeded", conflicts_with_all = ["files", "peer", "outlook", "write_origins"])]
    pub(crate) by_behaviour: bool,
    /// Hosts of that fleet, each with cpu, disk, memory and network [default: 100]
    #[arg(
        long,
        value_name = "N",
        requires = "by_behaviour",
        conflicts_with = "files"
    )]
    pub(crate) hosts: Option<usize>,
    /// Which fleet, or which groups it is: the same number makes the same [default: 1]
    #[arg(long, value_name = "N", requires = "seeded")]
    pub(crate) seed: Option<u64>,
    /// Which behaviours it has [default: mixed]
    #[arg(long, value_enum, requires = "by_behaviour", conflicts_with = "files")]
    pub(crate) fleet: Option<FleetKind>,
    /// Write every score, or answer, to a file: .parquet, .csv or .json
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Another tool's forecasts, to stand beside ours under NAME: columns host, resource, origin,
    /// ds and yhat, and bounds at 80 % or none. For several tools, several times
    #[arg(long, value_name = "NAME=FILE")]
    pub(crate) peer: Vec<PeerFlag>,
    /// Measure nothing, but write what engines see at each origin to a file, for other tools
    #[arg(long, value_name = "FILE", conflicts_with_all = ["peer", "out", "outlook"])]
    pub(crate) write_origins: Option<PathBuf>,
}

/// Flags of `what-if`.
#[derive(Debug, Args)]
#[command(
    after_help = "Percentages are changes: +20, -10. In names, * stands for anything. A file has any number of scenarios, \
    with the same words:\n\n  \
    [[scenario]]\n  \
    name = \"sale\"\n  \
    host = \"web-*\"\n  \
    resource = \"cpu\"\n  \
    from = 2026-03-01\n  \
    load = \"+20 %\""
)]
pub(crate) struct WhatIfFlags {
    /// A file of scenarios, in TOML; without one, the flags say what is another
    #[arg(value_name = "FILE", conflicts_with_all = [
        "host", "group", "resource", "from", "load", "growth", "capacity", "threshold", "remove", "add",
    ])]
    pub(crate) file: Option<PathBuf>,
    /// Hosts it is about [default: all]; several times for several
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Vec<String>,
    /// Hosts it is about: those of a group, by what `import-attributes` was told of them
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) group: Option<GroupFlag>,
    /// Resources it is about [default: all]; several times for several
    #[arg(long, value_name = "R")]
    pub(crate) resource: Vec<String>,
    /// The day from which on it holds [default: the first day that is forecast]
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<Day>,
    /// The load is larger, or smaller, by this
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    pub(crate) load: Option<Percent>,
    /// The load grows by this in a year, beside what is forecast
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    pub(crate) growth: Option<Percent>,
    /// The capacity is larger, or smaller, by this; the threshold stays at its share of it
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    pub(crate) capacity: Option<Percent>,
    /// Full starts here, in the resource's unit
    #[arg(long, value_name = "X")]
    pub(crate) threshold: Option<f64>,
    /// A host that goes: the others of these hosts take over its load, each as much; several times for several
    #[arg(long, value_name = "HOST")]
    pub(crate) remove: Vec<String>,
    /// So many hosts come, and take their share of the load
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) add: u32,
    /// Write every series' answer to a file: .parquet, .csv or .json
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Series printed of each scenario at most [default: 20]
    #[arg(short = 'n', long = "lines", value_name = "N")]
    pub(crate) lines: Option<usize>,
}

impl WhatIfFlags {
    /// The scenario that the flags describe.
    pub(crate) fn described(&self) -> Described {
        Described {
            name: None,
            host: self.host.clone(),
            group: self.group.clone(),
            resource: self.resource.clone(),
            from: self.from,
            load: self.load,
            growth: self.growth,
            capacity: self.capacity,
            threshold: self.threshold,
            remove: self.remove.clone(),
            add: self.add,
        }
    }
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
    /// Which behaviours it has [default: mixed]
    #[arg(long, value_enum)]
    pub(crate) fleet: Option<FleetKind>,
}

impl DemoFlags {
    /// These flags, and `other`'s where they say nothing.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            hosts: self.hosts.or(other.hosts),
            months: self.months.or(other.months),
            seed: self.seed.or(other.seed),
            fleet: self.fleet.or(other.fleet),
        }
    }
}

/// One value, or a list of them.
pub(crate) fn one_or_several<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let several = match toml::Value::deserialize(deserializer)? {
        toml::Value::Array(several) => several,
        one => vec![one],
    };
    let read = |value: toml::Value| value.try_into().map_err(serde::de::Error::custom);
    several.into_iter().map(read).collect()
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
            host_column: vec!["server".to_owned()],
            resource: Some("cpu".to_owned()),
            ..ImportFlags::default()
        };
        let both = flags.or(file);
        assert!(both.host_column.is_empty());
        assert_eq!(both.resource.as_deref(), Some("cpu"));
    }
}
