//! Every setting of `cargo xtask`, each declared in one place: its doc, flag and key in the configuration
//! file, its default, what it becomes, and its line in `runs.config`.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use fleetcast::RegimesMode;
use fleetcast_core::{Day, Horizon, IntervalLevel, Refit};
use fleetcast_judge::{Golden, Metric, PromotionMargin};
use fleetcast_outlook::Sustained;
use fleetcast_pipeline::{Holidays, OnCollapse, Reuse};
use fleetcast_prophet::Mode;
use fleetcast_store::{FileAccess, LastDay};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;
use crate::flag_values::{
    Challenger, ChallengerFlag, Contenders, GoldenFlag, ProphetModeFlag, RegimesFlag,
    day_from_text, from_text,
};
use crate::holidays::of_places;
use crate::memory::MemoryBudget;
use crate::output::LogFormat;

/// Declares settings, section by section of `runs.config`.
///
/// A setting is `NAME: FLAG = DEFAULT => TYPE: |flag| CHECK, json "KEY": |value| JSON;`, where CHECK makes a
/// `Result` of what was given. Without a DEFAULT, CHECK is given an `Option`; without JSON, the setting has
/// no line in `runs.config`.
macro_rules! settings {
    ($(
        $section:literal {$(
            $(#[$attribute:meta])*
            $name:ident: $flag:ty $(= $default:expr)? => $type:ty: |$given:ident| $check:expr
            $(, json $key:literal: |$value:ident| $json:expr)?;
        )*}
    )*) => {
        /// Flags of every command. Each can stand in the configuration file, under the same name without
        /// dashes in front; a flag on the command line wins.
        #[derive(Debug, Default, Args, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub(crate) struct CommonFlags {
            $($(
                $(#[$attribute])*
                #[arg(long, global = true)]
                pub(crate) $name: Option<$flag>,
            )*)*
            /// Configuration file [default: fleetcast.toml, where it exists]
            #[arg(long, global = true, value_name = "PATH")]
            #[serde(skip)]
            pub(crate) config: Option<PathBuf>,
        }

        impl CommonFlags {
            /// The settings' names: each can stand in the environment, in capitals behind `FLEETCAST_`.
            pub(crate) const NAMES: &[&str] = &[$($(stringify!($name),)*)* "config"];

            /// These flags, and `other`'s where they say nothing.
            pub(crate) fn or(self, other: Self) -> Self {
                Self {
                    $($($name: self.$name.or(other.$name),)*)*
                    config: self.config.or(other.config),
                }
            }
        }

        /// What the flags amount to, each complete and checked.
        #[derive(Debug)]
        pub(super) struct Declared {
            $($(pub(super) $name: $type,)*)*
        }

        impl Declared {
            pub(super) fn resolve(flags: CommonFlags) -> Result<Self, Error> {
                Ok(Self {
                    $($($name: {
                        let $given = flags.$name;
                        $(let $given: $flag = $given.unwrap_or($default);)?
                        $check.map_err(|error| Error::Setting(error.to_string()))?
                    },)*)*
                })
            }

            /// What stands in `runs.config`: the settings results depend on.
            pub(super) fn as_json(&self) -> Value {
                let mut config = json!({});
                $($($(
                    let $value = &self.$name;
                    config[$section][$key] = json!($json);
                )?)*)*
                config
            }
        }

        /// Each setting that has a default, as it is written down.
        #[cfg(test)]
        const DEFAULTS: &[(&str, &str)] = &[$($($((stringify!($name), stringify!($default)),)?)*)*];
    };
}

settings! {
    "command" {
        /// The DuckDB file [default: fleet.duckdb]
        #[arg(value_name = "PATH")]
        db: PathBuf => Option<PathBuf>: |path| ok(path);
        /// Last day to look at [default: the latest day that one in twenty series reach]
        #[arg(value_name = "YYYY-MM-DD")]
        #[serde(default, deserialize_with = "day_from_text")]
        as_of: Day => Option<Day>: |day| ok(day);
    }
    "forecast" {
        /// Calendar months of the training window [default: 32]
        #[arg(value_name = "N")]
        train_months: u32 = 32 => u32: |months| ok(months), json "train_months": |months| months;
        /// Calendar months of the backtest window [default: 4]
        #[arg(value_name = "N")]
        backtest_months: u32 = 4 => u32: |months| ok(months), json "backtest_months": |months| months;
        /// Days to forecast [default: 180]
        #[arg(value_name = "N")]
        horizon_days: usize = 180 => Horizon: |days| Horizon::new(days),
            json "horizon_days": |horizon| horizon.days();
        /// Forecast the future from the backtest's fit instead of a second one on all months
        #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        no_refit: bool = false => Refit:
            |no| ok(if no { Refit::Never } else { Refit::WholeHistory }),
            json "refit": |refit| *refit == Refit::WholeHistory;
        /// Whether the past of a series whose level shifted, or that began to grow lately, is brought to its present
        /// level before it is fitted [default: align]
        #[arg(value_enum, value_name = "HOW")]
        regimes: RegimesFlag = RegimesFlag::Align => RegimesMode: |how| ok(RegimesMode::from(how)),
            json "regimes": |how| how.as_str();
        /// Choose settings and winners once in so many days of data, keep them in between and only fit anew; 1 chooses in every
        /// run [default: 1]
        #[arg(value_name = "DAYS")]
        select_every: u32 = 1 => u32: |days| days_of_a_choice(days);
        /// Public holidays of countries or their parts, such as DE or DE-BY,AT: those series are expected to keep that kept
        /// earlier ones [default: none]
        #[arg(value_name = "PLACES")]
        holidays: String => Holidays: |places| of_places(places.as_deref().unwrap_or_default());
    }
    "prophet" {
        /// How the champion chooses its settings [default: tuned]
        #[arg(value_name = "MODE")]
        prophet_mode: ProphetModeFlag = ProphetModeFlag::Tuned => Mode: |mode| ok(Mode::from(mode)),
            json "mode": |mode| mode_name(*mode);
    }
    "challenger" {
        /// Which engine stands as the challenger [default: ets]
        #[arg(value_name = "ENGINE")]
        challenger: ChallengerFlag = ChallengerFlag::Ets => Challenger:
            |engine| ok(Challenger::from(engine)),
            json "engine": |challenger| challenger.as_str();
        /// Who stands against the champion: the challenger, and xgboost beside it (--contenders ets,xgboost), where XGBoost is
        /// there [default: the challenger alone]
        #[arg(value_name = "NAMES")]
        contenders: String => Option<Contenders>: |names| names.as_deref().map(Contenders::named).transpose();
    }
    "judge" {
        /// The error that decides who wins: mape, wape, smape, mase, mae or rmse [default: mape]
        #[arg(value_name = "NAME")]
        #[serde(default, deserialize_with = "from_text")]
        metric: Metric = Metric::Mape => Metric: |metric| ok(metric), json "metric": |metric| metric.as_str();
        /// Percent by which an engine's error must be smaller to take a series from the champion, or
        /// from who won the last run [default: 10]
        #[arg(value_name = "PERCENT")]
        promotion_margin: f64 = 10.0 => PromotionMargin: |percent| PromotionMargin::new(percent),
            json "promotion_margin": |margin| margin.percent();
        /// Whose forecast becomes the golden record [default: winner]
        #[arg(value_enum, value_name = "WHOSE")]
        golden: GoldenFlag = GoldenFlag::Winner => Golden: |whose| ok(Golden::from(whose)),
            json "golden": |golden| golden.as_str();
    }
    "write" {
        /// Level of the golden record's intervals; those at 95 % stand beside them [default: 80]
        #[arg(value_name = "PERCENT")]
        interval_level: f64 = 80.0 => IntervalLevel: |percent| IntervalLevel::new(percent / 100.0),
            json "interval_level": |level| level.share();
        /// Earlier golden records to keep, to hold against what came true [default: 12]
        #[arg(value_name = "N")]
        keep_records: u32 = 12 => u32: |records| ok(records), json "keep_records": |records| records;
    }
    "outlook" {
        /// When a resource counts as full: so many days of so many above its threshold [default: 3/7]
        #[arg(value_name = "DAYS/OF")]
        #[serde(default, deserialize_with = "from_text")]
        sustained: Sustained = text("3/7") => Sustained: |rule| ok(rule),
            json "sustained": |rule| rule.to_string();
    }
    "command" {
        /// Threads for engines and for DuckDB [default: one a core]
        #[arg(value_name = "N")]
        threads: usize => usize: |threads| threads_or_cores(threads);
        /// Memory to take at most, such as 4GB [default: four fifths of the machine's, for DuckDB]
        #[arg(value_name = "AMOUNT")]
        #[serde(default, deserialize_with = "from_text")]
        memory: MemoryBudget => Option<MemoryBudget>: |memory| ok(memory);
        /// Forecast every series anew, also those whose values, settings and version are those of an
        /// earlier run
        #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        fresh: bool = false => Reuse: |fresh| ok(if fresh { Reuse::Nothing } else { Reuse::Unchanged });
    }
    "data" {
        /// Keep a series' last day where it has clearly fewer samples than the days before it
        #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        keep_last_day: bool = false => LastDay:
            |keep| ok(if keep { LastDay::Always } else { LastDay::WhereFinished }),
            json "keep_last_day": |last_day| *last_day == LastDay::Always;
    }
    "command" {
        /// Do what is refused otherwise: replace forecasts where most series would lose theirs, replace files that
        /// fleetcast has not written, set limits that most of what was observed lies beyond, remove all that is known of hosts or
        /// of events
        #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        force: bool = false => OnCollapse:
            |force| ok(if force { OnCollapse::Replace } else { OnCollapse::Refuse });
        /// Let `processed_data` be a view that reads other files: only in a database you trust
        #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        allow_views: bool = false => FileAccess:
            |allow| ok(if allow { FileAccess::Views } else { FileAccess::OwnFile });
        /// File for what a run came to, for monitoring: the text format of Prometheus
        #[arg(value_name = "PATH")]
        metrics: PathBuf => Option<PathBuf>: |path| ok(path);
        /// Directory for a copy of the database that readers may hold open, `fleetcast.duckdb`, made anew when a run
        /// is complete
        #[arg(value_name = "DIR")]
        publish: PathBuf => Option<PathBuf>: |directory| ok(directory);
        /// Seconds to wait for a database that somebody else has open [default: 0]
        #[arg(value_name = "SECONDS")]
        wait: u64 = 0 => Duration: |seconds| ok(Duration::from_secs(seconds));
        /// How it is told what is going on: in sentences, or as objects of JSON, one a line [default: text]
        #[arg(value_name = "FORMAT")]
        log_format: LogFormat = LogFormat::Text => LogFormat: |format| ok(format);
        /// Print nothing but errors
        #[arg(short, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        quiet: bool = false => bool: |quiet| ok(quiet);
        /// Print what the command has to say as JSON
        #[arg(value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        json: bool = false => bool: |json| ok(json);
    }
}

/// A mode's name in `runs.config`.
fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Exact => "exact",
        Mode::Tuned => "tuned",
    }
}

/// What cannot be wrong, as the checks of other settings return it.
#[expect(clippy::unnecessary_wraps, reason = "every check returns a result")]
fn ok<T>(value: T) -> Result<T, Infallible> {
    Ok(value)
}

/// A default that is written as text; that it can be read is under test.
fn text<T: FromStr + Default>(text: &str) -> T {
    text.parse().unwrap_or_default()
}

/// Threads at most: more than any machine has, and few enough to be started.
const MOST_THREADS: usize = 1024;

/// Days that a choice may be kept, at most: after a year, every season has come once since.
const MOST_DAYS_OF_A_CHOICE: u32 = 366;

fn days_of_a_choice(days: u32) -> Result<u32, String> {
    match days {
        1..=MOST_DAYS_OF_A_CHOICE => Ok(days),
        _ => Err(format!(
            "--select-every {days} is out of range; give 1 (in every run) to {MOST_DAYS_OF_A_CHOICE} days"
        )),
    }
}

fn threads_or_cores(threads: Option<usize>) -> Result<usize, String> {
    match threads {
        Some(0) => Err("--threads 0 leaves nobody to work; give at least 1".to_owned()),
        Some(threads) if threads > MOST_THREADS => Err(format!(
            "--threads {threads} is more than can be started; give at most {MOST_THREADS}"
        )),
        Some(threads) => Ok(threads),
        None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn help_names_the_defaults_that_hold() {
        let command = Cli::command();
        let mut named = 0;
        for (name, declared) in DEFAULTS {
            let flag = command
                .get_arguments()
                .find(|flag| flag.get_id() == *name)
                .unwrap();
            let help = flag.get_help().unwrap().to_string();
            // `Metric::Mape` is mape, `text("3/7")` is 3/7, 80.0 is 80; what is off needs no word.
            let inner = declared.trim_start_matches("text(").trim_end_matches(')');
            let last = inner.rsplit("::").next().unwrap().trim_matches('"');
            let default = last.trim_end_matches(".0").to_lowercase();
            if default == "false" {
                assert!(!help.contains("[default"), "{name}: {help}");
                continue;
            }
            assert!(
                help.ends_with(&format!("[default: {default}]")),
                "{name}: {help}"
            );
            named += 1;
        }
        assert_eq!(named, 15);
    }

    #[test]
    fn defaults_are_those_of_the_library() {
        let declared = Declared::resolve(CommonFlags::default()).unwrap();
        let shop = fleetcast::ShopOptions::default();
        assert_eq!(declared.sustained, shop.sustained);
        assert_eq!(declared.horizon_days, shop.lengths.horizon);
        assert_eq!(declared.train_months, shop.lengths.train_months);
        assert_eq!(declared.backtest_months, shop.lengths.backtest_months);
        assert_eq!(declared.promotion_margin, shop.rules.margin);
        assert_eq!(
            (declared.metric, declared.golden),
            (shop.rules.metric, shop.rules.golden)
        );
        assert_eq!(declared.interval_level, shop.golden_level);
        assert_eq!(declared.prophet_mode, shop.prophet_mode);
        assert_eq!(declared.challenger.kind(), shop.challenger);
        assert_eq!(declared.no_refit, shop.refit);
        assert_eq!(declared.regimes, shop.regimes);
    }
}
