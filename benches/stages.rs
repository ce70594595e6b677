//! The stages around the engines, and the whole run, on a demo fleet in DuckDB.
//!
//! `FLEETCAST_BENCH_HOSTS` says how many hosts of four resources it has (2,000 unless told: 8,000
//! series). This bench belongs to the package `xtask`, whose program it runs: benches of engines
//! compile no database.

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

use criterion::{BatchSize, Criterion, Throughput};
use fleetcast_core::{Split, WindowLengths};
use fleetcast_pipeline::{Pipeline, PipelineSettings, Unattended};
use fleetcast_store::{
    EngineBatch, EngineTables, Histories, LastDay, Made, OpenOptions, Reused, RunId, SeriesIndex,
    Store, Table,
};

type Failure = Box<dyn Error>;

/// Hosts of the fleet, where nobody says otherwise.
const HOSTS: usize = 2000;

/// Series an engine's draft takes at a time, as in a run.
const KEPT_BATCH: usize = 2048;

/// A fleet that was forecast once, and what the stages need to know of it.
struct Fleet {
    store: Store,
    index: SeriesIndex,
    split: Split,
    run: RunId,
}

impl Fleet {
    fn open(path: &Path) -> Result<Self, Failure> {
        let options = OpenOptions {
            read_only: false,
            create: false,
            threads: None,
            access: fleetcast_store::FileAccess::Named,
            memory: None,
        };
        let store = Store::open(path, &options)?;
        let data = store.data_summary(LastDay::default())?;
        let as_of = data.last_day;
        let run = store.newest_run()?.ok_or("the fleet was not forecast")?.id;
        Ok(Self {
            index: store.series_index(&data, as_of)?,
            split: Split::new(as_of, WindowLengths::default())?,
            run,
            store,
        })
    }

    /// Reads the history of every series; returns how many values there are.
    fn read(&self) -> Result<usize, Failure> {
        let mut observed = 0;
        for batch in self.histories().batches(0, self.index.keys.len()) {
            let batch = batch?;
            let series = batch.series();
            observed += series.iter().map(|series| series.observed()).sum::<usize>();
        }
        Ok(observed)
    }

    /// The history of every series, not read yet.
    fn histories(&self) -> Histories<'_> {
        let history = self.split.history();
        Histories::new(&self.store, &self.index, history, self.index.keys.len())
    }

    /// What the champion's tables hold, a batch of the draft at a time.
    fn champion(&self) -> Result<Vec<Vec<Made>>, Failure> {
        let batches = self.index.batches(KEPT_BATCH);
        batches
            .map(|keys| {
                let forecasts = self
                    .store
                    .read_engine(EngineTables::PROPHET, keys, &self.split)?;
                let made = keys.iter().zip(forecasts).map(|(key, forecasts)| Made {
                    key: key.clone(),
                    fingerprint: 0,
                    forecasts,
                    kept: None,
                    reused: Reused::Nothing,
                });
                Ok(made.collect())
            })
            .collect()
    }

    /// Drafts the champion's tables; returns how many forecasts there are.
    fn keep(&self, champion: &[Vec<Made>]) -> Result<u64, Failure> {
        self.store.forget_engine_draft()?;
        let keys = &self.index.keys;
        let mut draft = self
            .store
            .engine_draft(self.run, EngineTables::PROPHET, keys)?;
        for (keys, made) in self.index.batches(KEPT_BATCH).zip(champion) {
            draft.append(&EngineBatch {
                keys,
                made,
                issues: &[],
            })?;
        }
        Ok(draft.count_rows()?)
    }

    /// The pipeline that made the run, as far as stages read it.
    fn pipeline(&self) -> Result<Pipeline<'_>, Failure> {
        let record = self.store.run(self.run)?.ok_or("the run is gone")?;
        let settings = PipelineSettings {
            config: record.config,
            ..PipelineSettings::default()
        };
        let data = self.store.data_summary(LastDay::default())?;
        let as_of = self.split.as_of();
        Ok(Pipeline::new(
            &self.store,
            &data,
            as_of,
            settings,
            &Unattended,
        )?)
    }
}

/// Runs a command of the program in `dir`.
fn xtask(dir: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let status = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .current_dir(dir)
        .stdout(std::process::Stdio::null())
        .status()?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`xtask {}` failed", arguments.join(" ")).into())
}

/// A demo fleet that was forecast once.
fn forecast_fleet(dir: &Path, hosts: usize) -> Result<PathBuf, Failure> {
    xtask(dir, &["demo", "--hosts", &hosts.to_string()])?;
    xtask(dir, &["run-all"])?;
    Ok(dir.join("fleet.duckdb"))
}

fn stages(criterion: &mut Criterion, path: &Path) -> Result<(), Failure> {
    let fleet = Fleet::open(path)?;
    let champion = fleet.champion()?;
    let mut group = criterion.benchmark_group("stages");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(fleet.index.keys.len() as u64));
    let mut measure = |name: &str, work: &dyn Fn() -> Result<u64, Failure>| {
        group.bench_function(name, |bencher| {
            bencher.iter(|| match work() {
                Ok(rows) => black_box(rows),
                Err(error) => unreachable!("{name}: {error}"),
            });
        });
    };
    measure("summarise", &|| {
        Ok(fleet.store.data_summary(LastDay::default())?.rows)
    });
    measure("read", &|| Ok(fleet.read()? as u64));
    measure("read_forecasts", &|| Ok(fleet.champion()?.len() as u64));
    measure("keep_forecasts", &|| fleet.keep(&champion));
    let pipeline = fleet.pipeline()?;
    measure("judge", &|| {
        pipeline.judge()?;
        Ok(fleet.store.count_rows(Table::ModelLeaderboard)?)
    });
    measure("write", &|| {
        pipeline.write()?;
        Ok(fleet.store.count_rows(Table::Forecasts)?)
    });
    group.finish();
    Ok(())
}

fn whole_run(criterion: &mut Criterion, path: &Path) -> Result<(), Failure> {
    let dir = path.parent().ok_or("the fleet is in no directory")?;
    let again = dir.join("again.duckdb");
    let mut group = criterion.benchmark_group("whole_run");
    group.sample_size(10);
    for (name, flag) in [
        ("everything", "--fresh=true"),
        ("nothing_changed", "--fresh=false"),
    ] {
        let run = || xtask(dir, &["run-all", "--db", "again.duckdb", flag]);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || std::fs::copy(path, &again),
                |_| match run() {
                    Ok(()) => (),
                    Err(error) => unreachable!("{name}: {error}"),
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
    Ok(())
}

fn main() -> Result<(), Failure> {
    let hosts = match std::env::var("FLEETCAST_BENCH_HOSTS") {
        Ok(hosts) => hosts.parse()?,
        Err(_) => HOSTS,
    };
    let mut criterion = Criterion::default().configure_from_args();
    let dir = tempfile::tempdir()?;
    let path = forecast_fleet(dir.path(), hosts)?;
    stages(&mut criterion, &path)?;
    whole_run(&mut criterion, &path)?;
    criterion.final_summary();
    Ok(())
}
