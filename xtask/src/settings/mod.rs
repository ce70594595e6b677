//! What the flags and the configuration file amount to.

mod declared;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fleetcast::ShopOptions;
use fleetcast_core::{Day, IntervalLevel, Refit, Split, WindowLengths};
use fleetcast_judge::Rules;
use fleetcast_pipeline::{ChallengerEngine, FleetEngine, Holidays, OnCollapse, Reuse};
use fleetcast_store::{FileAccess, LastDay, OpenOptions, Store};
use serde_json::Value;

use crate::error::Error;
use crate::memory::MemoryBudget;
use crate::output::LogFormat;
use crate::place::OnForeign;
use crate::progress::Reporter;
use crate::settings::declared::Declared;

pub(crate) use declared::CommonFlags;

/// How long until a database that somebody else has open is tried again.
const ASKED_AGAIN_AFTER: Duration = Duration::from_millis(100);

const DEFAULT_DB: &str = "fleet.duckdb";

/// The settings of a command, complete and checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) db: PathBuf,
    /// Whether the user named the database.
    pub(crate) db_is_named: bool,
    as_of: Option<Day>,
    /// What the stages do to each series.
    pub(crate) shop: ShopOptions,
    /// Days on which people do not work.
    pub(crate) holidays: Holidays,
    /// Which engine stands as the challenger.
    pub(crate) challenger: ChallengerEngine,
    /// Engines that stand beside champion and challenger.
    pub(crate) further: Vec<FleetEngine>,
    /// Earlier golden records to keep.
    pub(crate) keep_records: u32,
    pub(crate) threads: usize,
    pub(crate) memory: Option<MemoryBudget>,
    /// Whether `processed_data` may be a view of other files.
    views: FileAccess,
    pub(crate) reuse: Reuse,
    /// Days of data for which settings and winners are kept once they are chosen.
    pub(crate) select_every: u32,
    pub(crate) last_day: LastDay,
    pub(crate) on_collapse: OnCollapse,
    /// The file to which what a run came to is written for monitoring.
    pub(crate) metrics: Option<PathBuf>,
    /// The directory to which a copy of the database is published.
    pub(crate) publish: Option<PathBuf>,
    /// How long to wait for a database that somebody else has open.
    wait: Duration,
    pub(crate) log_format: LogFormat,
    pub(crate) quiet: bool,
    /// Whether to print JSON instead of sentences.
    pub(crate) json: bool,
    /// What stands in `runs.config`: the settings results depend on.
    pub(crate) config: Value,
}

impl Settings {
    pub(crate) fn resolve(flags: CommonFlags) -> Result<Self, Error> {
        let names_challenger = flags.challenger.is_some();
        let mut declared = Declared::resolve(flags)?;
        let further = match declared.contenders.take() {
            None => Vec::new(),
            Some(contenders)
                if names_challenger && contenders.challenger != declared.challenger =>
            {
                return Err(Error::Setting(format!(
                    "--challenger says {} and --contenders {}; give one of them",
                    declared.challenger.as_str(),
                    contenders.challenger.as_str()
                )));
            }
            Some(contenders) => {
                declared.challenger = contenders.challenger;
                contenders.further
            }
        };
        if declared.select_every > 1 && declared.no_refit == Refit::Never {
            return Err(Error::Setting(
                "--select-every keeps settings for fits on newer days, and with --no-refit there are none; leave one of them out"
                    .to_owned(),
            ));
        }
        let level = IntervalLevel::EIGHTY_PERCENT;
        let mut config = declared.as_json();
        config["forecast"]["interval_level"] = level.share().into();
        for engine in &further {
            let name = engine.stage().as_str();
            config[name]["engine"] = name.into();
        }
        let shop = ShopOptions {
            lengths: WindowLengths {
                train_months: declared.train_months,
                backtest_months: declared.backtest_months,
                horizon: declared.horizon_days,
            },
            refit: declared.no_refit,
            prophet_mode: declared.prophet_mode,
            challenger: declared.challenger.kind(),
            rules: Rules {
                metric: declared.metric,
                margin: declared.promotion_margin,
                golden: declared.golden,
                level,
            },
            golden_level: declared.interval_level,
            sustained: declared.sustained,
            regimes: declared.regimes,
        };
        Ok(Self {
            db_is_named: declared.db.is_some(),
            db: declared.db.unwrap_or_else(|| PathBuf::from(DEFAULT_DB)),
            as_of: declared.as_of,
            shop,
            holidays: declared.holidays,
            challenger: declared.challenger.engine(),
            further,
            keep_records: declared.keep_records,
            threads: declared.threads,
            memory: declared.memory,
            views: declared.allow_views,
            reuse: declared.fresh,
            select_every: declared.select_every,
            last_day: declared.keep_last_day,
            on_collapse: declared.force,
            metrics: declared.metrics,
            publish: declared.publish,
            wait: declared.wait,
            log_format: declared.log_format,
            quiet: declared.quiet || declared.json,
            json: declared.json,
            config,
        })
    }

    /// What becomes of a file that stands where an output goes, and is none of ours.
    pub(crate) fn on_foreign(&self) -> OnForeign {
        match self.on_collapse {
            OnCollapse::Replace => OnForeign::Replace,
            OnCollapse::Refuse => OnForeign::Refuse,
        }
    }

    /// Opens the database, and nothing else.
    pub(crate) fn open(&self, create: bool) -> Result<Store, Error> {
        self.open_for(create, self.views)
    }

    /// Opens the database for a command that reads or writes other files.
    pub(crate) fn open_with_files(&self, create: bool) -> Result<Store, Error> {
        self.open_for(create, FileAccess::Named)
    }

    fn open_for(&self, create: bool, access: FileAccess) -> Result<Store, Error> {
        let options = OpenOptions {
            create,
            read_only: false,
            threads: Some(self.threads),
            access,
            memory: self.memory.map(MemoryBudget::for_duckdb),
        };
        let open = || Store::open(&self.db, &options);
        match open() {
            Err(locked @ fleetcast_store::Error::Locked { .. }) if !self.wait.is_zero() => {
                self.wait_for(open, &locked)
            }
            opened => Ok(opened?),
        }
    }

    /// Opens a database that somebody else has open, as soon as that one lets it go.
    fn wait_for(
        &self,
        open: impl Fn() -> Result<Store, fleetcast_store::Error>,
        locked: &fleetcast_store::Error,
    ) -> Result<Store, Error> {
        let seconds = self.wait.as_secs();
        Reporter::new(self.quiet).warn(format_args!("waiting up to {seconds} s: {locked}"));
        let deadline = Instant::now() + self.wait;
        loop {
            std::thread::sleep(ASKED_AGAIN_AFTER);
            match open() {
                Err(locked @ fleetcast_store::Error::Locked { .. }) => {
                    if Instant::now() >= deadline {
                        return Err(Error::Setting(format!("waited for {seconds} s: {locked}")));
                    }
                }
                opened => return Ok(opened?),
            }
        }
    }

    /// The windows, where the data ends on `last_day`.
    pub(crate) fn split(&self, last_day: Day) -> Result<Split, Error> {
        let as_of = self.as_of.unwrap_or(last_day);
        Ok(Split::new(as_of, self.shop.lengths)?)
    }

    /// The windows that end on `as_of`, whatever the settings say of it; where choices are kept for some days, with one as old as it
    /// becomes.
    pub(crate) fn split_at(&self, as_of: Day) -> Result<Split, Error> {
        let chosen_on = as_of.minus_days(self.select_every - 1);
        Ok(Split::chosen_on(chosen_on, as_of, self.shop.lengths)?)
    }
}
