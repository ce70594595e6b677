//! `accuracy`: how far off forecasts are, on real series whose future is known.
//!
//! At every origin the whole protocol runs (training, backtest, refit, verdict), and each
//! contender's forecast is held against the days that follow, which nothing before has seen: only
//! the history window is ever read before the scores. With `--outlook` it is held against them whether a
//! series becomes full, and when. With `--groups` what is scored are totals of groups of hosts. With `--by-behaviour` the series are those of a demo fleet, whose behaviours are known.

mod behaviours;
mod bootstrap;
mod contenders;
mod fleet;
mod groups;
mod origins;
mod outlook;
mod peers;
mod report;
mod scores;

use std::path::PathBuf;

use fleetcast_core::{Day, Engine, Panel, Refit, SeriesKey, Split, screen};
use fleetcast_judge::{FleetGain, FleetGains};
use fleetcast_pipeline::{ChallengerEngine, FleetEngine, StageProgress};
use fleetcast_store::{SeriesIndex, Store};
use fleetcast_xgboost::{FleetSample, Library, XgboostEngine};

use crate::accuracy::contenders::{Contenders, Outcomes};
use crate::accuracy::groups::RandomGroups;
use crate::accuracy::peers::Peers;
use crate::accuracy::scores::score_table;
use crate::cli::{AccuracyFlags, PeerFlag};
use crate::error::Error;
use crate::import::import_of;
use crate::place::Kept;
use crate::progress::Reporter;
use crate::scratch::Scratch;
use crate::settings::Settings;

/// Days between one origin and the next: two months, so that windows fall on all seasons.
const DEFAULT_STEP_DAYS: u32 = 61;

/// Origins at most.
const DEFAULT_ORIGINS: usize = 8;

/// Series an engine gets at a time.
const BATCH: usize = 512;

pub(crate) fn measure(settings: &Settings, flags: AccuracyFlags) -> Result<(), Error> {
    let reporter = Reporter::new(settings.quiet);
    let asks_for_models = has_models(settings);
    if asks_for_models && (flags.outlook || flags.by_behaviour || flags.groups.is_some()) {
        return Err(Error::Setting(
            "accuracy measures outlooks, behaviours and groups by engines that forecast each series by itself; leave out xgboost"
                .to_owned(),
        ));
    }
    if settings.select_every > 1 && (flags.outlook || flags.groups.is_some()) {
        return Err(Error::Setting(
            "accuracy measures outlooks and groups where settings are chosen in every run; leave out --select-every"
                .to_owned(),
        ));
    }
    let kept = Kept {
        database: None,
        inputs: inputs_of(&flags),
    };
    let scratch = Scratch::new(include_str!("../../sql/accuracy/tables.sql"))?;
    let place = |table, path| scratch.place(table, path, &kept, settings.on_foreign());
    let origins_place = flags.write_origins.as_deref();
    let origins_place = origins_place
        .map(|path| place("accuracy_origins", path))
        .transpose()?;
    let scores = if flags.outlook {
        outlook::TABLE
    } else if flags.groups.is_some() {
        groups::TABLE
    } else {
        "accuracy_scores"
    };
    let scores_place = flags.out.as_deref();
    let scores_place = scores_place.map(|path| place(scores, path)).transpose()?;
    let store = Store::in_memory()?;
    let first_day = if flags.by_behaviour {
        let fleet = behaviours::fleet(settings, &flags)?;
        behaviours::put(&store, &scratch, &fleet)?;
        fleet.days.first()
    } else {
        store.import(&import_of(flags.import))?.first_day
    };
    let data = store.data_summary(settings.last_day)?;
    let origins = origins(
        settings,
        first_day,
        data.last_day,
        flags.origins.unwrap_or(DEFAULT_ORIGINS),
        flags.step_days.unwrap_or(DEFAULT_STEP_DAYS),
    )?;
    let index = store.series_index(&data, data.last_day)?;
    if let Some((path, place)) = flags.write_origins.as_ref().zip(origins_place) {
        origins::write(&store, &scratch, &index, &origins, &place)?;
        let number = origins.len();
        reporter.say(format_args!(
            "{number} origins written to {}",
            path.display()
        ));
        return Ok(());
    }
    if flags.outlook {
        let progress = reporter.stage(None, "outlook", index.keys.len() * origins.len());
        let mut questions = 0;
        for split in &origins {
            let advance = |series| progress.advance(series);
            questions += outlook::ask(&store, &index, split, settings, &scratch, advance)?;
        }
        progress.finish(questions as u64, None);
        report::print_outlook(&scratch, origins.len(), questions, reporter)?;
    } else if let Some(count) = flags.groups {
        let random = RandomGroups::draw(&index.keys, count, flags.seed.unwrap_or(1));
        let progress = reporter.stage(None, "groups", index.keys.len() * origins.len());
        let mut totals = 0;
        for split in &origins {
            let advance = |series| progress.advance(series);
            let of = (settings, &random);
            totals += groups::score(&store, &index, split, of, &scratch, advance)?;
        }
        progress.finish(totals as u64, None);
        report::print_groups(&scratch, origins.len(), reporter)?;
    } else if flags.by_behaviour {
        behaviours::score(&store, &index, &origins, settings, &scratch, reporter)?;
    } else {
        score(
            &store,
            &index,
            &origins,
            settings,
            &scratch,
            &flags.peer,
            reporter,
        )?;
    }
    if let Some((path, place)) = flags.out.as_ref().zip(scores_place) {
        scratch.write(&place)?;
        reporter.say(format_args!("scores written to {}", path.display()));
    }
    Ok(())
}

/// Scores everybody's forecasts at all origins, and prints what came of it.
fn score(
    store: &Store,
    index: &SeriesIndex,
    origins: &[Split],
    settings: &Settings,
    scratch: &Scratch,
    peers: &[PeerFlag],
    reporter: Reporter,
) -> Result<(), Error> {
    let peers = Peers::read(store, peers, &index.keys, origins)?;
    if settings.select_every > 1 {
        reporter.say(format_args!(
            "settings and winners are chosen {} days before each origin, the oldest that --select-every {} lets them become",
            settings.select_every - 1,
            settings.select_every
        ));
    }
    let progress = reporter.stage(None, "accuracy", index.keys.len() * origins.len());
    let mut forecasts = 0;
    for split in origins {
        let mut append = |(history, outcomes): (Panel, Outcomes<'_>)| {
            // Only now is the future read.
            let (future, _) = store.read_panel(history.view().keys(), split.future())?;
            let scored = outcomes.score(history.view(), future.view(), &peers);
            forecasts += scored.len();
            scratch.append("accuracy_scores", score_table(split.as_of(), &scored)?)
        };
        let trained = trained_models(store, index, split, settings)?;
        let trained = trained.as_ref().map(|engine| engine as &dyn Engine);
        // Whether an engine beside champion and challenger is followed, the whole fleet says.
        let mut asked = Vec::new();
        for keys in index.batches(BATCH) {
            let history = seen_by_engines(store, keys, split)?;
            let outcomes = Outcomes::of(history.view(), split, settings, Contenders::All, trained)?;
            if settings.further.is_empty() {
                append((history, outcomes))?;
            } else {
                asked.push((history, outcomes));
            }
            progress.advance(keys.len());
        }
        let of_batches = asked.iter();
        let gains: FleetGains = of_batches
            .map(|(history, outcomes)| outcomes.gains(history.view()))
            .sum();
        for (history, mut outcomes) in asked {
            outcomes.follow(&gains);
            append((history, outcomes))?;
        }
        for (place, engine) in settings.further.iter().enumerate() {
            let gain = gains.at(place).unwrap_or_default();
            say_gain(reporter, split.as_of(), *engine, gain);
        }
    }
    progress.finish(forecasts as u64, None);
    report::print(scratch, origins.len(), &peers, reporter)?;
    if !settings.further.is_empty() {
        report::print_gain(scratch, reporter)?;
    }
    Ok(())
}

/// Says whether an engine was followed at an origin.
fn say_gain(reporter: Reporter, as_of: Day, engine: FleetEngine, gain: FleetGain) {
    let name = engine.contender().as_str();
    let words = gain.why_not(name).or_else(|| {
        let percent = 100.0 * (gain.ratio()? - 1.0);
        let change = if percent > 0.0 { "larger" } else { "smaller" };
        Some(format!(
            "{name} is followed: with it the fleet's errors on the backtest are {:.1} % {change}",
            percent.abs()
        ))
    });
    if let Some(words) = words {
        reporter.say(format_args!("as of {as_of}: {words}"));
    }
}

/// Whether one of the engines has models of the whole fleet.
fn has_models(settings: &Settings) -> bool {
    settings.challenger == ChallengerEngine::Xgboost || !settings.further.is_empty()
}

/// The models of the whole fleet, trained on what engines see at an origin, where one of the engines has some.
fn trained_models(
    store: &Store,
    index: &SeriesIndex,
    split: &Split,
    settings: &Settings,
) -> Result<Option<XgboostEngine>, Error> {
    if !has_models(settings) {
        return Ok(None);
    }
    let mut sample = FleetSample::new(split, Refit::WholeHistory);
    for keys in index.batches(BATCH) {
        sample.add(seen_by_engines(store, keys, split)?.view());
    }
    let library = Library::open(None)?;
    Ok(Some(XgboostEngine::train(&library, &sample)?))
}

/// The files the command reads.
fn inputs_of(flags: &AccuracyFlags) -> Vec<PathBuf> {
    let peers = flags.peer.iter().map(|peer| peer.file.clone());
    flags.import.files.iter().cloned().chain(peers).collect()
}

/// The windows, latest first: as many as there are days for, with the whole future known.
fn origins(
    settings: &Settings,
    first_day: Day,
    last_day: Day,
    most: usize,
    step_days: u32,
) -> Result<Vec<Split>, Error> {
    let horizon = settings.split(last_day)?.future().len();
    let mut as_of = last_day.minus_days(u32::try_from(horizon).unwrap_or(u32::MAX));
    let mut splits = Vec::new();
    while splits.len() < most {
        let Ok(split) = settings.split_at(as_of) else {
            break;
        };
        if split.history().first() < first_day {
            break;
        }
        splits.push(split);
        as_of = as_of.minus_days(step_days.max(1));
    }
    if splits.is_empty() {
        return Err(Error::Setting(format!(
            "the data run from {first_day} to {last_day}: too short for one history window and the \
             {horizon} days after it; give longer series, or shorter windows with --train-months, \
             --backtest-months and --horizon-days"
        )));
    }
    Ok(splits)
}

/// The history window of the series that engines get to see at this origin.
fn seen_by_engines(store: &Store, keys: &[SeriesKey], split: &Split) -> Result<Panel, Error> {
    let (history, _) = store.read_panel(keys, split.history())?;
    Ok(screen(history.view()).panel)
}
