//! `accuracy --by-behaviour`: how far off forecasts are by how series behave, and by how old the break in them is.

use arrow::record_batch::RecordBatch;
use fleetcast_core::Split;
use fleetcast_pipeline::StageProgress;
use fleetcast_store::{SeriesIndex, Store};

use crate::accuracy::contenders::{Contenders, Outcomes};
use crate::accuracy::peers::Peers;
use crate::accuracy::scores::score_table;
use crate::accuracy::{BATCH, DEFAULT_ORIGINS, DEFAULT_STEP_DAYS, report, seen_by_engines};
use crate::cli::AccuracyFlags;
use crate::demo::{self, Fleet};
use crate::error::Error;
use crate::progress::Reporter;
use crate::scratch::Scratch;
use crate::settings::Settings;

/// Hosts of the fleet unless asked otherwise.
const DEFAULT_HOSTS: usize = 100;

/// Days of a month, at least.
const DAYS_OF_A_MONTH: usize = 28;

/// Returns the demo fleet that is measured on: long enough for all origins.
pub(crate) fn fleet(settings: &Settings, flags: &AccuracyFlags) -> Result<Fleet, Error> {
    let lengths = settings.shop.lengths;
    let origins = flags.origins.unwrap_or(DEFAULT_ORIGINS);
    let step_days = flags.step_days.unwrap_or(DEFAULT_STEP_DAYS) as usize;
    let days = origins.saturating_sub(1).saturating_mul(step_days);
    let days = days.saturating_add(lengths.horizon.days());
    let months = u32::try_from(days / DAYS_OF_A_MONTH + 1).unwrap_or(u32::MAX);
    let months = months.saturating_add(lengths.train_months);
    Ok(Fleet {
        kind: flags.fleet.unwrap_or_default(),
        hosts: flags.hosts.unwrap_or(DEFAULT_HOSTS),
        days: demo::days_of(months.saturating_add(lengths.backtest_months))?,
        seed: flags.seed.unwrap_or(demo::DEFAULT_SEED),
    })
}

/// Puts a fleet into a store, and its labels beside the scores.
pub(crate) fn put(store: &Store, scratch: &Scratch, fleet: &Fleet) -> Result<(), Error> {
    let labelled = |labels: &RecordBatch| scratch.append("behaviours", labels.clone());
    demo::write_fleet(store, fleet, labelled).map(drop)
}

/// Scores the winner at all origins, with regimes as they are set and without, beside Prophet as it comes, and prints
/// what came of it.
pub(crate) fn score(
    store: &Store,
    index: &SeriesIndex,
    origins: &[Split],
    settings: &Settings,
    scratch: &Scratch,
    reporter: Reporter,
) -> Result<(), Error> {
    let progress = reporter.stage(None, "accuracy", index.keys.len() * origins.len());
    let mut forecasts = 0;
    for split in origins {
        for keys in index.batches(BATCH) {
            let history = seen_by_engines(store, keys, split)?;
            let history = history.view();
            let all = [
                Outcomes::of(history, split, settings, Contenders::WinnerAndProphet, None)?,
                Outcomes::of(
                    history,
                    split,
                    settings,
                    Contenders::WinnerWithoutRegimes,
                    None,
                )?,
            ];
            // Only now is the future read.
            let (future, _) = store.read_panel(history.keys(), split.future())?;
            for outcomes in all {
                let scored = outcomes.score(history, future.view(), &Peers::default());
                forecasts += scored.len();
                scratch.append("accuracy_scores", score_table(split.as_of(), &scored)?)?;
            }
            progress.advance(keys.len());
        }
    }
    progress.finish(forecasts as u64, None);
    report::print_behaviours(scratch, origins.len(), reporter)
}
