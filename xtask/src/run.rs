//! `run-all`, and each stage by itself.

use std::time::{SystemTime, UNIX_EPOCH};

use fleetcast_core::{Day, Engine, Refit, Split, Stage};
use fleetcast_prophet::ProphetEngine;
use fleetcast_store::{RunId, RunIdentity, RunStatus, SeriesIndex, StageResult, Store, Table};
use fleetcast_writer::GoldenRecord;

use crate::cli::DemoFlags;
use crate::engine_stage::EngineStage;
use crate::error::Error;
use crate::progress::{Reporter, StageProgress};
use crate::settings::Settings;
use crate::{demo, summary};

/// An open database and what is to be done in it.
#[derive(Debug)]
struct Job<'a> {
    settings: &'a Settings,
    store: Store,
    split: Split,
    index: SeriesIndex,
    identity: RunIdentity,
    reporter: Reporter,
}

pub(crate) fn run_all(settings: &Settings, demo_flags: DemoFlags) -> Result<(), Error> {
    let reporter = Reporter::new(settings.quiet);
    if !settings.db_is_named && !settings.db.exists() {
        reporter.say(format_args!(
            "no {} here: making a demo fleet first",
            settings.db.display()
        ));
        demo::make(settings, demo_flags)?;
    }
    let job = Job::open(settings)?;
    let run = job.store.begin_run(&job.identity, now())?;
    job.announce(run);
    job.prophet(run)?;
    job.challenger(run)?;
    job.judge(run)?;
    job.write(run)?;
    job.store.end_run(run, RunStatus::Complete, now())?;
    summary::print(settings, &job.store, run)
}

pub(crate) fn prophet(settings: &Settings) -> Result<(), Error> {
    engine_alone(settings, Stage::Prophet, Job::prophet)
}

pub(crate) fn challenger(settings: &Settings) -> Result<(), Error> {
    engine_alone(settings, Stage::Challenger, Job::challenger)
}

/// An engine's stage joins the newest run where that one is of the same data and settings and has
/// not come to this stage yet, and begins a new run otherwise.
fn engine_alone<'a>(
    settings: &'a Settings,
    stage: Stage,
    work: fn(&Job<'a>, RunId) -> Result<(), Error>,
) -> Result<(), Error> {
    let job = Job::open(settings)?;
    let newest = job.store.newest_run_of(&job.identity)?;
    let run = match newest.filter(|run| !run.has_done(stage)) {
        Some(newest) => {
            job.store.resume_run(newest.id, &job.identity.config)?;
            newest.id
        }
        None => job.store.begin_run(&job.identity, now())?,
    };
    job.announce(run);
    work(&job, run)
}

pub(crate) fn judge(settings: &Settings) -> Result<(), Error> {
    let job = Job::open(settings)?;
    let run = job.run_that_has_done(
        &[Stage::Prophet, Stage::Challenger],
        &[Table::ProphetForecasts, Table::ChallengerForecasts],
    )?;
    job.store.resume_run(run, &job.identity.config)?;
    job.judge(run)
}

pub(crate) fn write(settings: &Settings) -> Result<(), Error> {
    let job = Job::open(settings)?;
    let run = job.run_that_has_done(&[Stage::Judge], &[Table::ModelLeaderboard])?;
    job.write(run)?;
    job.store.end_run(run, RunStatus::Complete, now())?;
    summary::print(settings, &job.store, run)
}

impl<'a> Job<'a> {
    fn open(settings: &'a Settings) -> Result<Self, Error> {
        let store = settings.open(false)?;
        let data = store.data_summary()?;
        store.check_limits()?;
        let split = settings.split(data.last_day)?;
        let index = store.series_index(split.as_of())?;
        let identity = RunIdentity {
            as_of: split.as_of(),
            config: settings.as_json(),
            data_fingerprint: data.fingerprint,
            version: env!("CARGO_PKG_VERSION"),
            series: index.keys.len(),
        };
        Ok(Self {
            settings,
            store,
            split,
            index,
            identity,
            reporter: Reporter::new(settings.quiet),
        })
    }

    fn announce(&self, run: RunId) {
        self.reporter.say(format_args!(
            "run {run}: {} series in {}; training {} to {}, backtest to {}, future to {}",
            self.index.keys.len(),
            self.store.path().display(),
            self.split.training().first(),
            self.split.origin(),
            self.split.as_of(),
            self.split.future().last(),
        ));
    }

    /// The newest run, where it has done `stages` on this data with these settings and its rows
    /// stand in `tables`.
    fn run_that_has_done(&self, stages: &[Stage], tables: &[Table]) -> Result<RunId, Error> {
        let newest = self.store.newest_run_of(&self.identity)?;
        let Some(newest) = newest else {
            return Err(Error::OutOfOrder(format!(
                "the newest run is of other data or settings; run `cargo xtask {}` first",
                stages.first().map_or("run-all", |stage| stage.as_str())
            )));
        };
        for stage in stages {
            if !newest.has_done(*stage) {
                return Err(Error::OutOfOrder(format!(
                    "run {} has not done the stage {stage}; run `cargo xtask {stage}` first",
                    newest.id
                )));
            }
        }
        for table in tables {
            let found = self.store.run_in(*table)?;
            if found.is_some_and(|found| found != newest.id) {
                return Err(Error::OutOfOrder(format!(
                    "table {table} holds another run than {}; run `cargo xtask run-all`",
                    newest.id
                )));
            }
        }
        Ok(newest.id)
    }

    fn prophet(&self, run: RunId) -> Result<(), Error> {
        self.engine_stage(
            run,
            Stage::Prophet,
            &ProphetEngine::new(self.settings.prophet_mode),
            [Table::ProphetForecasts, Table::ProphetInnerForecasts],
        )
    }

    fn challenger(&self, run: RunId) -> Result<(), Error> {
        self.engine_stage(
            run,
            Stage::Challenger,
            self.settings.challenger.engine().as_ref(),
            [Table::ChallengerForecasts, Table::ChallengerInnerForecasts],
        )
    }

    fn engine_stage(
        &self,
        run: RunId,
        stage: Stage,
        engine: &dyn Engine,
        [table, inner_table]: [Table; 2],
    ) -> Result<(), Error> {
        let work = EngineStage {
            stage,
            engine,
            table,
            inner_table,
            split: self.split,
            refit: self.settings.refit,
            level: self.settings.level,
        };
        self.publish(run, stage, |progress| {
            work.run(&self.store, run, &self.index, progress)
        })
    }

    fn judge(&self, run: RunId) -> Result<(), Error> {
        let rules = self.settings.rules();
        self.publish(run, Stage::Judge, |progress| {
            let on_progress = |series| progress.advance(series);
            let (index, split) = (&self.index, &self.split);
            let judged =
                fleetcast_judge::judge(&self.store, run, index, split, &rules, on_progress);
            Ok(judged?)
        })
    }

    fn write(&self, run: RunId) -> Result<(), Error> {
        self.publish(run, Stage::Write, |_| {
            let limits = self.store.write_down_limits()?;
            let record = GoldenRecord {
                limits,
                trained_through: self.trained_through(),
                level: self.settings.golden_level,
                keep: self.settings.keep_records,
            };
            let mut golden = fleetcast_writer::write_golden_record(&self.store, run, record)?;
            golden.drafts.push(fleetcast_outlook::draft_outlook(
                &self.store,
                run,
                &Table::Forecasts.draft_name(),
                limits,
                self.split.as_of(),
                self.settings.sustained,
            )?);
            Ok(golden)
        })
    }

    /// Does a stage's work and publishes its tables; where that fails, the earlier tables stand
    /// and the run is marked as failed.
    fn publish<'job>(
        &'job self,
        run: RunId,
        stage: Stage,
        work: impl FnOnce(&StageProgress) -> Result<StageResult<'job>, Error>,
    ) -> Result<(), Error> {
        let progress = self.reporter.stage(stage.as_str(), self.index.keys.len());
        let published = work(&progress).and_then(|mut result| {
            result.seconds = progress.finish(result.rows);
            Ok(self.store.publish(run, result)?)
        });
        published.inspect_err(|_| {
            // The stage's own error is the one to report; a database that cannot take this note
            // keeps the run as `running`, and the next run marks it as interrupted.
            let _ = self.store.end_run(run, RunStatus::Failed, now());
        })
    }

    fn trained_through(&self) -> Day {
        match self.settings.refit {
            Refit::WholeHistory => self.split.as_of(),
            Refit::Never => self.split.origin(),
        }
    }
}

/// Microseconds since 1970-01-01, UTC.
fn now() -> i64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
}
