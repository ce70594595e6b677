//! What the flags and the configuration file amount to.

mod declared;

use std::path::{Path, PathBuf};

use fleetcast::ShopOptions;
use fleetcast_core::{Day, IntervalLevel, Split, WindowLengths};
use fleetcast_judge::Rules;
use fleetcast_pipeline::{OnCollapse, Reuse};
use fleetcast_store::{LastDay, OpenOptions, Store};
use serde_json::Value;

use crate::cli::{DemoFlags, ImportFlags};
use crate::error::Error;
use crate::memory::MemoryBudget;
use crate::settings::declared::Declared;

pub(crate) use declared::CommonFlags;

const DEFAULT_CONFIG: &str = "fleetcast.toml";
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

/// The settings of a command, complete and checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) db: PathBuf,
    /// Whether the user named the database.
    pub(crate) db_is_named: bool,
    as_of: Option<Day>,
    /// What the stages do to each series.
    pub(crate) shop: ShopOptions,
    /// Earlier golden records to keep.
    pub(crate) keep_records: u32,
    pub(crate) threads: usize,
    pub(crate) memory: Option<MemoryBudget>,
    pub(crate) reuse: Reuse,
    pub(crate) last_day: LastDay,
    pub(crate) on_collapse: OnCollapse,
    pub(crate) quiet: bool,
    /// Whether to print JSON instead of sentences.
    pub(crate) json: bool,
    /// What stands in `runs.config`: the settings results depend on.
    pub(crate) config: Value,
}

impl Settings {
    pub(crate) fn resolve(flags: CommonFlags) -> Result<Self, Error> {
        let declared = Declared::resolve(flags)?;
        let level = IntervalLevel::EIGHTY_PERCENT;
        let mut config = declared.as_json();
        config["forecast"]["interval_level"] = level.share().into();
        let shop = ShopOptions {
            lengths: WindowLengths {
                train_months: declared.train_months,
                backtest_months: declared.backtest_months,
                horizon: declared.horizon_days,
            },
            refit: declared.no_refit,
            prophet_mode: declared.prophet_mode,
            challenger: declared.challenger,
            rules: Rules {
                metric: declared.metric,
                margin: declared.promotion_margin,
                golden: declared.golden,
                level,
            },
            golden_level: declared.interval_level,
            sustained: declared.sustained,
        };
        Ok(Self {
            db_is_named: declared.db.is_some(),
            db: declared.db.unwrap_or_else(|| PathBuf::from(DEFAULT_DB)),
            as_of: declared.as_of,
            shop,
            keep_records: declared.keep_records,
            threads: declared.threads,
            memory: declared.memory,
            reuse: declared.fresh,
            last_day: declared.keep_last_day,
            on_collapse: declared.force,
            quiet: declared.quiet || declared.json,
            json: declared.json,
            config,
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
        Ok(Split::new(as_of, self.shop.lengths)?)
    }

    /// The windows that end on `as_of`, whatever the settings say of it.
    pub(crate) fn split_at(&self, as_of: Day) -> Result<Split, Error> {
        Ok(Split::new(as_of, self.shop.lengths)?)
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_core::Refit;
    use fleetcast_ets::ChallengerKind;
    use fleetcast_prophet::Mode;

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
        assert_eq!(settings.shop.refit, Refit::Never);
        assert_eq!(settings.shop.prophet_mode, Mode::Exact);
        assert_eq!(settings.shop.sustained.to_string(), "5/7");
        assert_eq!(settings.shop.challenger, ChallengerKind::MstlEts);
        assert_eq!(settings.config["challenger"]["engine"], "mstl_ets");
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
