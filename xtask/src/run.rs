//! `run-all`, and each stage by itself.

use std::time::{SystemTime, UNIX_EPOCH};

use fleetcast_core::{Day, Engine, Fingerprinter, Refit, Split, Stage};
use fleetcast_prophet::ProphetEngine;
use fleetcast_store::{
    EngineTables, Histories, RUN_STAGES, RunId, RunIdentity, RunRecord, RunStatus, SeriesIndex,
    StageResult, Standing, Store, Table,
};
use fleetcast_writer::GoldenRecord;

use serde_json::json;

use crate::cli::DemoFlags;
use crate::engine_stage::{EngineStage, KEPT_BATCH};
use crate::error::Error;
use crate::memory::MemoryBudget;
use crate::progress::{Reporter, StageProgress};
use crate::settings::{OnCollapse, Settings};
use crate::{demo, summary};

/// Series the judge weighs at a time, unless memory is short. Each time it reads through engines'
/// tables, of which it can leave out the less the more names of hosts begin alike: the fewer, the better.
const JUDGED_BATCH: usize = 8192;

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
    if !settings.db_is_named && holds_nothing(settings)? {
        reporter.say(format_args!(
            "no data in {}: making a demo fleet first",
            settings.db.display()
        ));
        demo::make(settings, demo_flags)?;
    }
    let job = Job::open(settings)?;
    let (run, done) = job.continue_or_begin()?;
    job.announce(run);
    job.refuse_collapse(run)?;
    let histories = job.histories();
    for stage in RUN_STAGES {
        if !done.contains(&stage) {
            job.stage(stage, run, &histories)?;
        }
    }
    job.store.end_run(run, RunStatus::Complete, now())?;
    summary::print(settings, &job.store, run)
}

/// Whether there is no database yet, or one whose first command was cut off before it wrote any data.
fn holds_nothing(settings: &Settings) -> Result<bool, Error> {
    Ok(!settings.db.exists() || settings.open(false)?.is_as_created()?)
}

/// An engine's stage by itself joins the newest run where that one is of the same data and settings
/// and has not come to this stage yet, and begins a new run otherwise.
pub(crate) fn engine(settings: &Settings, stage: Stage) -> Result<(), Error> {
    let job = Job::open(settings)?;
    let newest = job.store.newest_run()?.filter(|run| {
        !run.has_done(stage) && run.difference_before(stage, &job.identity).is_none()
    });
    let run = match newest {
        Some(newest) => job.take_up(&newest, stage)?,
        None => job.store.begin_run(&job.identity, now())?,
    };
    job.announce(run);
    job.stage(stage, run, &job.histories())
}

pub(crate) fn judge(settings: &Settings) -> Result<(), Error> {
    let job = Job::open(settings)?;
    let run = job.run_to_join(Stage::Judge, &[Stage::Prophet, Stage::Challenger])?;
    job.judge(run, &job.histories())
}

pub(crate) fn write(settings: &Settings) -> Result<(), Error> {
    let job = Job::open(settings)?;
    let run = job.run_to_join(Stage::Write, &[Stage::Judge])?;
    job.write(run)?;
    job.store.end_run(run, RunStatus::Complete, now())?;
    summary::print(settings, &job.store, run)
}

/// A table each stage fills, by which it is known whose rows stand there.
fn table_of(stage: Stage) -> Option<Table> {
    match stage {
        Stage::Prophet => Some(Table::ProphetForecasts),
        Stage::Challenger => Some(Table::ChallengerForecasts),
        Stage::Judge => Some(Table::ModelLeaderboard),
        Stage::Write => Some(Table::Forecasts),
        Stage::Data => None,
    }
}

impl<'a> Job<'a> {
    fn open(settings: &'a Settings) -> Result<Self, Error> {
        let store = settings.open(false)?;
        let data = store.data_summary(settings.last_day)?;
        store.check_limits()?;
        let split = settings.split(data.last_day)?;
        let index = store.series_index(&data, split.as_of())?;
        let reporter = Reporter::new(settings.quiet);
        if data.kept_ahead && split.as_of() == data.last_day {
            reporter.warn(format_args!(
                "{} is reached by one of two series alone; if it is a wrong clock's, give --as-of or take it out with \
                 `cargo xtask forget --after DAY`",
                data.last_day
            ));
        }
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
            reporter,
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

    /// The newest run and the stages it has done, where it was cut off and is of this data, these
    /// settings and this version; otherwise a new run.
    fn continue_or_begin(&self) -> Result<(RunId, Vec<Stage>), Error> {
        let unfinished = self.store.newest_run()?.filter(RunRecord::is_unfinished);
        let Some(unfinished) = unfinished else {
            return Ok((self.store.begin_run(&self.identity, now())?, Vec::new()));
        };
        let done: Vec<Stage> = unfinished.stages.iter().map(|done| done.stage).collect();
        let difference = match unfinished.difference(&self.identity) {
            None => self.table_of_another_run(&unfinished, &done)?,
            difference => difference,
        };
        if let Some(difference) = difference {
            let run = self.store.begin_run(&self.identity, now())?;
            self.reporter.say(format_args!(
                "run {run} starts from the beginning: since run {} stopped, {difference}",
                unfinished.id
            ));
            return Ok((run, Vec::new()));
        }
        let mut so_far: Vec<String> = done.iter().map(Stage::to_string).collect();
        let next = RUN_STAGES.into_iter().find(|stage| !done.contains(stage));
        if let Some(next) = next {
            let keys = &self.index.keys;
            let drafted = self.store.series_drafted(unfinished.id, next, keys)?;
            if let Some(series) = drafted.filter(|series| *series > 0) {
                so_far.push(format!("{next} for {series} of {} series", keys.len()));
            }
            self.take_up(&unfinished, next)?;
        }
        self.reporter.say(format_args!(
            "run {} goes on where it stopped: {}",
            unfinished.id,
            match so_far.as_slice() {
                [] => "nothing is done yet".to_owned(),
                [one] => format!("{one} is done"),
                several => format!("{} are done", several.join(", ")),
            }
        ));
        Ok((unfinished.id, done))
    }

    fn take_up(&self, run: &RunRecord, stage: Stage) -> Result<RunId, Error> {
        self.store.take_up_run(run, stage, &self.identity.config)?;
        Ok(run.id)
    }

    /// The newest run, taken up at `stage`, where it has done `before` on this data with these
    /// settings.
    fn run_to_join(&self, stage: Stage, before: &[Stage]) -> Result<RunId, Error> {
        let first = before.first().map_or("run-all", |stage| stage.as_str());
        let Some(newest) = self.store.newest_run()? else {
            return Err(Error::OutOfOrder(format!(
                "there is no run yet; run `cargo xtask {first}` first"
            )));
        };
        if let Some(difference) = newest.difference_before(stage, &self.identity) {
            return Err(Error::OutOfOrder(format!(
                "the newest run is of other data or settings ({difference}); give the same, or run \
                 `cargo xtask {first}` first"
            )));
        }
        for stage in before {
            if !newest.has_done(*stage) {
                return Err(Error::OutOfOrder(format!(
                    "run {} has not done the stage {stage}; run `cargo xtask {stage}` first",
                    newest.id
                )));
            }
        }
        if let Some(mixed_up) = self.table_of_another_run(&newest, before)? {
            return Err(Error::OutOfOrder(format!(
                "{mixed_up}; run `cargo xtask run-all`"
            )));
        }
        self.take_up(&newest, stage)
    }

    /// Which of the stages' tables holds rows of another run, if one does.
    fn table_of_another_run(
        &self,
        run: &RunRecord,
        stages: &[Stage],
    ) -> Result<Option<String>, Error> {
        for table in stages.iter().copied().filter_map(table_of) {
            let found = self.store.run_in(table)?;
            if found.is_some_and(|found| found != run.id) {
                return Ok(Some(format!(
                    "table {table} holds another run than {}",
                    run.id
                )));
            }
        }
        Ok(None)
    }

    /// The history of every series, for all stages of a command.
    fn histories(&self) -> Histories<'_> {
        let history = self.split.history();
        let held = MemoryBudget::series_held(self.settings.memory, history);
        Histories::new(&self.store, &self.index, history, held)
    }

    fn stage(&self, stage: Stage, run: RunId, histories: &Histories<'_>) -> Result<(), Error> {
        match stage {
            Stage::Prophet => {
                let engine = ProphetEngine::new(self.settings.prophet_mode);
                self.engine_stage(run, EngineTables::PROPHET, &engine, histories)
            }
            Stage::Challenger => {
                let engine = self.settings.challenger.engine();
                self.engine_stage(run, EngineTables::CHALLENGER, engine.as_ref(), histories)
            }
            Stage::Judge => self.judge(run, histories),
            Stage::Write => {
                histories.let_go();
                self.write(run)
            }
            // Reading the data is part of the engines' stages.
            Stage::Data => Ok(()),
        }
    }

    fn engine_stage(
        &self,
        run: RunId,
        tables: EngineTables,
        engine: &dyn Engine,
        histories: &Histories<'_>,
    ) -> Result<(), Error> {
        let stage = tables.stage;
        let work = EngineStage {
            engine,
            tables,
            split: self.split,
            refit: self.settings.refit,
            level: self.settings.level,
            kept_batch: self.series_at_work(KEPT_BATCH),
            fingerprinter: Fingerprinter::new(&self.circumstances(stage)),
            reuse: self.settings.reuse,
        };
        self.publish(run, stage, |progress| {
            work.run(&self.store, run, histories, progress)
        })
    }

    /// Everything but its values that an engine's forecast of a series depends on.
    fn circumstances(&self, stage: Stage) -> String {
        let config = &self.identity.config;
        json!({
            "version": self.identity.version,
            "as_of": self.identity.as_of.to_string(),
            "forecast": config["forecast"],
            "engine": config[stage.as_str()],
        })
        .to_string()
    }

    fn series_at_work(&self, most: usize) -> usize {
        MemoryBudget::series_at_work(self.settings.memory, self.split.history(), most)
    }

    fn judge(&self, run: RunId, histories: &Histories<'_>) -> Result<(), Error> {
        let rules = self.settings.rules();
        self.publish(run, Stage::Judge, |progress| {
            let on_progress = |series| progress.advance(series);
            let judged = fleetcast_judge::judge(
                &self.store,
                run,
                histories,
                &self.split,
                &rules,
                self.series_at_work(JUDGED_BATCH),
                on_progress,
            )?;
            self.refuse_collapse_of(run, &judged, Table::ModelLeaderboard)?;
            Ok(judged)
        })
    }

    fn write(&self, run: RunId) -> Result<(), Error> {
        self.publish(run, Stage::Write, |_| {
            let limits = self.store.write_down_limits(self.split.as_of())?;
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
            self.refuse_collapse_of(run, &golden, Table::Forecasts)?;
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
            result.seconds = progress.finish(result.rows, result.reused);
            Ok(self.store.publish(run, result)?)
        });
        published.inspect_err(|error| {
            // A run that was given up says so already.
            if matches!(error, Error::Collapse(_)) {
                return;
            }
            // The stage's own error is the one to report; a database that cannot take this note
            // keeps the run as `running`, and the next run marks it as interrupted.
            let _ = self.store.end_run(run, RunStatus::Failed, now());
        })
    }

    /// Gives up a run that would leave most series of the golden record without a forecast, before anything of it is
    /// published.
    fn refuse_collapse(&self, run: RunId) -> Result<(), Error> {
        if self.settings.on_collapse == OnCollapse::Replace {
            return Ok(());
        }
        match self.store.standing(self.split.history())? {
            Some(standing) => self.refuse(run, standing),
            None => Ok(()),
        }
    }

    fn refuse(&self, run: RunId, standing: Standing) -> Result<(), Error> {
        if !standing.is_collapse() {
            return Ok(());
        }
        let reason = format!(
            "as of {}, {} of the {} series that have a forecast would have one again ({} series in all), so the earlier \
             forecasts stand",
            self.split.as_of(),
            standing.keep,
            standing.had,
            standing.would_have
        );
        self.store.give_up_run(run, &reason, now())?;
        Err(Error::Collapse(format!(
            "{reason}; look at the data with `cargo xtask status`, take out what should not be there with `cargo xtask \
             forget`, or replace them all the same with --force"
        )))
    }

    /// The same of what a stage has drafted: engines may fail on series that looked well.
    fn refuse_collapse_of(
        &self,
        run: RunId,
        result: &StageResult<'_>,
        table: Table,
    ) -> Result<(), Error> {
        let draft = result.drafts.iter().find(|draft| draft.table() == table);
        let Some(draft) = draft.filter(|_| self.settings.on_collapse == OnCollapse::Refuse) else {
            return Ok(());
        };
        match self.store.standing_in(draft.name(), self.split.as_of())? {
            Some(standing) => self.refuse(run, standing),
            None => Ok(()),
        }
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
