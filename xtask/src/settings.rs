//! What the flags and the configuration file amount to.

use std::path::{Path, PathBuf};

use fleetcast_core::{Day, Horizon, IntervalLevel, Refit, Split, WindowLengths};
use fleetcast_ets::ChallengerKind;
use fleetcast_judge::{Golden, Metric, PromotionMargin, Rules};
use fleetcast_outlook::Sustained;
use fleetcast_prophet::Mode;
use fleetcast_store::{LastDay, OpenOptions, Store};
use serde_json::{Value, json};

use crate::cli::{
    ChallengerFlag, CommonFlags, DemoFlags, GoldenFlag, ImportFlags, ProphetModeFlag,
};
use crate::engine_stage::Reuse;
use crate::error::Error;
use crate::memory::MemoryBudget;

const DEFAULT_CONFIG: &str = "fleetcast.toml";
/// Golden records kept beside the newest: a year of monthly runs.
const DEFAULT_KEEP_RECORDS: u32 = 12;
const DEFAULT_DB: &str = "fleet.duckdb";

/// A configuration file: common flags at the top, those of `demo` and `import` in tables of their
/// own.
#[derive(Debug, Default)]
pub(crate) struct ConfigFile {
    pub(crate) common: CommonFlags,
    pub(crate) demo: DemoFlags,
    pub(crate) import: ImportFlags,
}

impl ConfigFile {
    /// Reads the file asked for, or `fleetcast.toml` where it exists.
    pub(crate) fn read(asked_for: Option<&Path>) -> Result<Self, Error> {
        let path = asked_for.unwrap_or(Path::new(DEFAULT_CONFIG));
        if asked_for.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(path).map_err(|source| Error::ConfigFile {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|error| Error::ConfigSyntax {
            path: path.to_owned(),
            cause: error.to_string().trim_end().to_owned(),
        })
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let mut table: toml::Table = text.parse()?;
        let mut section = |name| {
            let empty = || toml::Value::Table(toml::Table::new());
            table.remove(name).unwrap_or_else(empty)
        };
        Ok(Self {
            demo: section("demo").try_into()?,
            import: section("import").try_into()?,
            common: toml::Value::Table(table).try_into()?,
        })
    }
}

/// What becomes of forecasts that stand where most series would lose theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnCollapse {
    /// They stand, and the run is given up.
    Refuse,
    /// They are replaced all the same.
    Replace,
}

/// The settings of a command, complete and checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) db: PathBuf,
    /// Whether the user named the database.
    pub(crate) db_is_named: bool,
    as_of: Option<Day>,
    lengths: WindowLengths,
    pub(crate) refit: Refit,
    pub(crate) prophet_mode: Mode,
    pub(crate) challenger: ChallengerKind,
    pub(crate) margin: PromotionMargin,
    pub(crate) metric: Metric,
    pub(crate) golden: Golden,
    /// Of the engines' intervals, and of the coverage that is reported.
    pub(crate) level: IntervalLevel,
    /// Of the golden record's.
    pub(crate) golden_level: IntervalLevel,
    /// Earlier golden records to keep.
    pub(crate) keep_records: u32,
    pub(crate) sustained: Sustained,
    pub(crate) threads: usize,
    pub(crate) memory: Option<MemoryBudget>,
    pub(crate) reuse: Reuse,
    pub(crate) last_day: LastDay,
    pub(crate) on_collapse: OnCollapse,
    pub(crate) quiet: bool,
    /// Whether to print JSON instead of sentences.
    pub(crate) json: bool,
}

impl Settings {
    pub(crate) fn resolve(flags: CommonFlags) -> Result<Self, Error> {
        let defaults = WindowLengths::default();
        let setting = |error: &dyn std::fmt::Display| Error::Setting(error.to_string());
        let threads = match flags.threads {
            Some(0) => {
                return Err(Error::Setting(
                    "--threads 0 leaves nobody to work; give at least 1".to_owned(),
                ));
            }
            Some(threads) => threads,
            None => std::thread::available_parallelism().map_or(1, usize::from),
        };
        let horizon = flags.horizon_days.map(Horizon::new).transpose();
        let level = flags
            .interval_level
            .map(|percent| IntervalLevel::new(percent / 100.0))
            .transpose();
        let margin = flags.promotion_margin.map(PromotionMargin::new).transpose();
        Ok(Self {
            db_is_named: flags.db.is_some(),
            db: flags.db.unwrap_or_else(|| PathBuf::from(DEFAULT_DB)),
            as_of: flags.as_of,
            lengths: WindowLengths {
                train_months: flags.train_months.unwrap_or(defaults.train_months),
                backtest_months: flags.backtest_months.unwrap_or(defaults.backtest_months),
                horizon: horizon
                    .map_err(|error| setting(&error))?
                    .unwrap_or(defaults.horizon),
            },
            refit: if flags.no_refit.unwrap_or(false) {
                Refit::Never
            } else {
                Refit::WholeHistory
            },
            prophet_mode: match flags.prophet_mode {
                Some(ProphetModeFlag::Exact) => Mode::Exact,
                Some(ProphetModeFlag::Tuned) | None => Mode::Tuned,
            },
            challenger: match flags.challenger {
                Some(ChallengerFlag::MstlEts) => ChallengerKind::MstlEts,
                Some(ChallengerFlag::Ets) | None => ChallengerKind::Ets,
            },
            margin: margin.map_err(|error| setting(&error))?.unwrap_or_default(),
            metric: flags.metric.unwrap_or_default(),
            golden: match flags.golden {
                Some(GoldenFlag::Blend) => Golden::Blend,
                Some(GoldenFlag::Winner) | None => Golden::Winner,
            },
            level: IntervalLevel::EIGHTY_PERCENT,
            golden_level: level
                .map_err(|error| setting(&error))?
                .unwrap_or(IntervalLevel::EIGHTY_PERCENT),
            keep_records: flags.keep_records.unwrap_or(DEFAULT_KEEP_RECORDS),
            sustained: flags.sustained.unwrap_or_default(),
            threads,
            memory: flags.memory,
            reuse: if flags.fresh.unwrap_or(false) {
                Reuse::Nothing
            } else {
                Reuse::Unchanged
            },
            last_day: if flags.keep_last_day.unwrap_or(false) {
                LastDay::Always
            } else {
                LastDay::WhereFinished
            },
            on_collapse: if flags.force.unwrap_or(false) {
                OnCollapse::Replace
            } else {
                OnCollapse::Refuse
            },
            quiet: flags.quiet.unwrap_or(false) || flags.json.unwrap_or(false),
            json: flags.json.unwrap_or(false),
        })
    }

    /// Opens the database, and nothing else.
    pub(crate) fn open(&self, create: bool) -> Result<Store, Error> {
        let store = self.open_with_files(create)?;
        store.keep_to_own_file()?;
        Ok(store)
    }

    /// Opens the database for a command that reads or writes other files.
    pub(crate) fn open_with_files(&self, create: bool) -> Result<Store, Error> {
        let options = OpenOptions {
            create,
            threads: Some(self.threads),
            memory: self.memory.map(MemoryBudget::for_duckdb),
        };
        Ok(Store::open(&self.db, &options)?)
    }

    /// The windows, where the data ends on `last_day`.
    pub(crate) fn split(&self, last_day: Day) -> Result<Split, Error> {
        let as_of = self.as_of.unwrap_or(last_day);
        Ok(Split::new(as_of, self.lengths)?)
    }

    /// The windows that end on `as_of`, whatever the settings say of it.
    pub(crate) fn split_at(&self, as_of: Day) -> Result<Split, Error> {
        Ok(Split::new(as_of, self.lengths)?)
    }

    /// What the judge goes by.
    pub(crate) fn rules(&self) -> Rules {
        Rules {
            metric: self.metric,
            margin: self.margin,
            golden: self.golden,
            level: self.level,
        }
    }

    /// What stands in `runs.config`: the settings results depend on.
    pub(crate) fn as_json(&self) -> Value {
        json!({
            "data": {
                "keep_last_day": self.last_day == LastDay::Always,
            },
            "forecast": {
                "train_months": self.lengths.train_months,
                "backtest_months": self.lengths.backtest_months,
                "horizon_days": self.lengths.horizon.days(),
                "refit": self.refit == Refit::WholeHistory,
                "interval_level": self.level.share(),
            },
            "prophet": {
                "mode": match self.prophet_mode {
                    Mode::Exact => "exact",
                    Mode::Tuned => "tuned",
                },
            },
            "challenger": {
                "engine": self.challenger.as_str(),
            },
            "judge": {
                "metric": self.metric.as_str(),
                "promotion_margin": self.margin.percent(),
                "golden": self.golden.as_str(),
            },
            "write": {
                "interval_level": self.golden_level.share(),
                "keep_records": self.keep_records,
            },
            "outlook": {
                "sustained": self.sustained.to_string(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flag_can_stand_in_the_file() {
        let file = ConfigFile::parse(
            "db = 'x.duckdb'\nas-of = 2025-06-30\ntrain-months = 24\nbacktest-months = 6\n\
             horizon-days = 90\nno-refit = true\nprophet-mode = 'exact'\nchallenger = 'mstl_ets'\npromotion-margin = 10\nsustained = '5/7'\nthreads = 3\nmemory = '4GB'\nfresh = true\nkeep-last-day = true\nforce = true\nquiet = true\n\
             [demo]\nhosts = 7\nmonths = 24\nseed = 5\n\
             [import]\nhost-column = 'server'\nresource = 'cpu'\nds-column = 'ts'\n\
             value-column = 'y'\nagg = 'p95'\n",
        )
        .unwrap();
        let settings = Settings::resolve(file.common).unwrap();
        assert_eq!(settings.db, PathBuf::from("x.duckdb"));
        assert_eq!(settings.refit, Refit::Never);
        assert_eq!(settings.prophet_mode, Mode::Exact);
        assert_eq!(settings.sustained.to_string(), "5/7");
        assert_eq!(settings.challenger, ChallengerKind::MstlEts);
        assert_eq!(settings.as_json()["challenger"]["engine"], "mstl_ets");
        assert_eq!(settings.threads, 3);
        assert_eq!(settings.reuse, Reuse::Nothing);
        assert_eq!(settings.memory, Some("4GB".parse().unwrap()));
        let split = settings.split("2025-12-31".parse().unwrap()).unwrap();
        assert_eq!(split.as_of().to_string(), "2025-06-30");
        assert_eq!(split.origin().to_string(), "2024-12-30");
        assert_eq!(split.future().len(), 90);
        assert_eq!(file.demo.hosts, Some(7));
        assert_eq!(file.import.resource.as_deref(), Some("cpu"));
    }

    #[test]
    fn the_command_line_wins() {
        let file = ConfigFile::parse("threads = 3\ntrain-months = 24").unwrap();
        let flags = CommonFlags {
            threads: Some(1),
            ..CommonFlags::default()
        };
        let both = flags.or(file.common);
        assert_eq!((both.threads, both.train_months), (Some(1), Some(24)));
    }

    #[test]
    fn unknown_keys_are_errors() {
        for (text, named) in [
            ("treads = 3", "treads"),
            ("[demo]\nhost = 3", "host"),
            ("[import]\ncolumn = 'x'", "column"),
            ("[judge]\nmargin = 3", "judge"),
            ("as-of = 'yesterday'", "yesterday"),
            ("sustained = 'often'", "often"),
        ] {
            let error = ConfigFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let resolve = |change: fn(&mut CommonFlags)| {
            let mut flags = CommonFlags::default();
            change(&mut flags);
            Settings::resolve(flags).unwrap_err().to_string()
        };
        assert!(resolve(|flags| flags.threads = Some(0)).contains("--threads 0"));
        assert!(resolve(|flags| flags.horizon_days = Some(0)).contains("horizon of 0 days"));
        assert!(resolve(|flags| flags.promotion_margin = Some(100.0)).contains("100 %"));
    }
}
