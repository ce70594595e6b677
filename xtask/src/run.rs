//! `run-all`, and each stage by itself.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use fleetcast_core::{Split, Stage};
use fleetcast_pipeline::{
    BatchSizes, FleetEngine, Host, Pipeline, PipelineSettings, StageProgress,
};
use fleetcast_store::{RunId, Store};

use crate::cli::DemoFlags;
use crate::error::Error;
use crate::memory::MemoryBudget;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::{demo, metrics_file, publish, summary};

pub(crate) fn run_all(settings: &Settings, demo_flags: DemoFlags) -> Result<(), Error> {
    let reporter = Reporter::new(settings.quiet);
    if !settings.db_is_named && holds_nothing(settings)? {
        reporter.say(format_args!(
            "no data in {}: making a demo fleet first",
            settings.db.display()
        ));
        demo::make(settings, demo_flags)?;
    }
    finish(settings, Work::Everything)
}

/// Whether there is no database yet, or one whose first command was cut off before it wrote any data.
fn holds_nothing(settings: &Settings) -> Result<bool, Error> {
    Ok(!settings.db.exists() || settings.open(false)?.is_as_created()?)
}

pub(crate) fn engine(settings: &Settings, stage: Stage) -> Result<(), Error> {
    let is_asked = |engine: &FleetEngine| engine.stage() == stage;
    if stage == Stage::Xgboost && !settings.further.iter().any(is_asked) {
        return Err(Error::Setting(
            "xgboost is no contender beside the challenger; give --contenders ets,xgboost here, to judge and to write"
                .to_owned(),
        ));
    }
    let store = settings.open(false)?;
    with_pipeline(settings, &store, Work::Engine(stage)).map(drop)
}

pub(crate) fn judge(settings: &Settings) -> Result<(), Error> {
    let store = settings.open(false)?;
    with_pipeline(settings, &store, Work::Judge).map(drop)
}

pub(crate) fn write(settings: &Settings) -> Result<(), Error> {
    finish(settings, Work::Write)
}

/// Does work that ends a run, and tells what it came to.
fn finish(settings: &Settings, work: Work) -> Result<(), Error> {
    let metrics = metrics_file::place(settings)?;
    let publication = publish::place(settings)?;
    let done = settings.open(false).and_then(|store| {
        let run = with_pipeline(settings, &store, work)?;
        Ok((store, run))
    });
    let (store, run) = done.inspect_err(|_| {
        if let Some(metrics) = &metrics {
            // Why the run failed is what is to be said.
            let _ = metrics_file::write_failure(metrics);
        }
    })?;
    if let Some(publication) = publication {
        publish::copy(&store, &publication)?;
    }
    if let Some(metrics) = metrics {
        metrics_file::write(&metrics, &store, run)?;
    }
    summary::print(settings, &store, run)
}

/// What a pipeline is to do.
#[derive(Debug, Clone, Copy)]
enum Work {
    Everything,
    Engine(Stage),
    Judge,
    Write,
}

/// Does some work with the pipeline over the data as it stands.
fn with_pipeline(settings: &Settings, store: &Store, work: Work) -> Result<RunId, Error> {
    over_pipeline(settings, store, |pipeline| {
        Ok(match work {
            Work::Everything => pipeline.run_all(),
            Work::Engine(stage) => pipeline.engine(stage),
            Work::Judge => pipeline.judge(),
            Work::Write => pipeline.write(),
        }?)
    })
}

/// Hands over the pipeline over the data as it stands.
pub(crate) fn over_pipeline<T>(
    settings: &Settings,
    store: &Store,
    then: impl FnOnce(&Pipeline<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let data = store.data_summary(settings.last_day)?;
    // Limits that cannot be used come before windows that cannot be made.
    store.check_limits()?;
    let split = settings.split(data.last_day)?;
    let reporter = Reporter::new(settings.quiet);
    if data.kept_ahead && split.as_of() == data.last_day {
        reporter.warn(format_args!(
            "{} is reached by one of two series alone; if it is a wrong clock's, give --as-of or take it out with \
             `cargo xtask forget --after DAY`",
            data.last_day
        ));
    }
    let attended = Attended { reporter };
    let pipeline_settings = pipeline_settings(settings, &split);
    let pipeline = Pipeline::new(store, &data, split.as_of(), pipeline_settings, &attended)?;
    then(&pipeline)
}

fn pipeline_settings(settings: &Settings, split: &Split) -> PipelineSettings {
    let (memory, history) = (settings.memory, split.history());
    let most = BatchSizes::default();
    let at_work = |most| MemoryBudget::series_at_work(memory, history, most);
    PipelineSettings {
        shop: settings.shop,
        keep_records: settings.keep_records,
        reuse: settings.reuse,
        select_every: settings.select_every,
        on_collapse: settings.on_collapse,
        batches: BatchSizes {
            kept: at_work(most.kept),
            judged: at_work(most.judged),
            held: MemoryBudget::series_held(memory, history),
        },
        holidays: settings.holidays.clone(),
        challenger: settings.challenger,
        further: settings.further.clone(),
        config: settings.config.clone(),
        version: env!("CARGO_PKG_VERSION"),
    }
}

/// The clock of this machine, and somebody who reads what is printed.
#[derive(Debug)]
struct Attended {
    reporter: Reporter,
}

impl Host for Attended {
    fn now(&self) -> i64 {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX)
    }

    fn say(&self, line: fmt::Arguments<'_>) {
        self.reporter.say(line);
    }

    fn stage(&self, run: RunId, stage: Stage, series: usize) -> Box<dyn StageProgress> {
        Box::new(self.reporter.stage(Some(run), stage.as_str(), series))
    }
}
