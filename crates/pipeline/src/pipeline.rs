//! A run, from its beginning or from where it stopped to its end.

use fleetcast::WriteRules;
use fleetcast::regimes::{CalendarAligner, RegimeDetector};
use fleetcast_core::{
    Aligner, Day, Engine, Fingerprinter, Remembered, SeriesKey, Split, Stage, screen,
};
use fleetcast_prophet::ProphetEngine;
use fleetcast_store::{
    CHOSEN_AS_OF, DataSummary, Draft, EngineTables, FleetModel, Histories, RUN_STAGES, RunId,
    RunIdentity, RunRecord, RunStatus, SELECT_EVERY, SeriesIndex, StageResult, Standing, Store,
    Table,
};
use fleetcast_xgboost::{FleetSample, Library, XgboostEngine, XgboostError};
use serde_json::{Value, json};

use crate::engine_stage::EngineStage;
use crate::judge_stage::JudgeStage;
use crate::why::Asked;
use crate::write_stage::WriteStage;
use crate::{
    ChallengerEngine, Error, Host, OnCollapse, PipelineSettings, Scenario, StageProgress, WhatIf,
    Why,
};

/// The four stages over a store: each reads its inputs, drafts its tables and publishes them.
#[derive(Debug)]
pub struct Pipeline<'a> {
    store: &'a Store,
    host: &'a dyn Host,
    split: Split,
    /// What there is to say of the day on which settings were chosen.
    of_choice: Option<String>,
    index: SeriesIndex,
    identity: RunIdentity,
    settings: PipelineSettings,
    champion: Box<dyn Engine>,
    challenger: Box<dyn Engine>,
    aligner: CalendarAligner<Remembered<RegimeDetector>>,
}

/// A table each stage fills, by which it is known whose rows stand there.
fn table_of(stage: Stage) -> Option<Table> {
    match stage {
        Stage::Prophet => Some(Table::ProphetForecasts),
        Stage::Challenger => Some(Table::ChallengerForecasts),
        Stage::Xgboost => Some(Table::XgboostForecasts),
        Stage::Judge => Some(Table::ModelLeaderboard),
        Stage::Write => Some(Table::Forecasts),
        Stage::Data => None,
    }
}

/// The day by whose data engines' settings are chosen, and what there is to say of it, where choices are kept at all.
struct ChosenOn {
    day: Day,
    note: Option<String>,
}

impl ChosenOn {
    /// The day of the last complete run's choice, where that run went by the same engines and settings and the day lies less than so many days back
    /// as choices are kept; else the last day of data. It is noted in `config`.
    fn find(
        store: &Store,
        config: &mut Value,
        as_of: Day,
        settings: &PipelineSettings,
    ) -> Result<Self, Error> {
        let every = settings.select_every;
        if every <= 1 {
            return Ok(Self {
                day: as_of,
                note: None,
            });
        }
        config["forecast"][SELECT_EVERY] = every.into();
        let runs = store.runs(RUNS_LOOKED_AT)?;
        let is_complete = |run: &&RunRecord| run.status == RunStatus::Complete.as_str();
        let earlier = runs.iter().find(is_complete).and_then(|run| {
            let day = run.chosen_as_of()?;
            let age = as_of.days_since(day);
            let why_not = run.difference_of_choice(settings.version, config);
            let why_not = why_not.or_else(|| match u32::try_from(age) {
                Ok(age) if age < every => None,
                Ok(age) => Some(format!("that is {age} days old")),
                Err(_) => Some("that is a later day".to_owned()),
            });
            Some((day, why_not))
        });
        let kept_up_to = |day: Day| day.plus_days(every - 1);
        let anew = || {
            let until = kept_up_to(as_of);
            format!("settings and winners are chosen as of {as_of}, and kept up to {until}")
        };
        let (day, note) = match earlier {
            Some((day, None)) => {
                let until = kept_up_to(day);
                let note = format!(
                    "settings and winners are those chosen as of {day}, which are kept up to {until}"
                );
                (day, note)
            }
            Some((day, Some(why))) => {
                let anew = anew();
                let note = format!("{anew}; the choice of {day} is not kept: {why}");
                (as_of, note)
            }
            None => (as_of, anew()),
        };
        config["forecast"][CHOSEN_AS_OF] = day.to_string().into();
        Ok(Self {
            day,
            note: Some(note),
        })
    }
}

/// Runs among which the last complete one is looked for.
const RUNS_LOOKED_AT: u32 = 100;

/// The models of an engine, as they are kept.
fn models_of(engine: &XgboostEngine) -> Vec<FleetModel> {
    let models = engine.models().iter();
    models
        .map(|(day, trained)| FleetModel {
            trained_through: *day,
            engine: engine.name(),
            library: engine.library(),
            series: trained.series as u64,
            rows: trained.rows as u64,
            fingerprint: format!("{:032x}", trained.model.fingerprint()),
            bytes: trained.model.to_bytes(),
        })
        .collect()
}

impl<'a> Pipeline<'a> {
    /// Makes a pipeline over the data of `store`, as of the day `as_of`.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] where the limits or the data cannot be used, [`Error::Split`] where the windows do
    /// not fit the calendar.
    pub fn new(
        store: &'a Store,
        data: &DataSummary,
        as_of: Day,
        settings: PipelineSettings,
        host: &'a dyn Host,
    ) -> Result<Self, Error> {
        store.check_limits()?;
        let index = store.series_index(data, as_of)?;
        let calendar = settings.holidays.calendar(store.events()?);
        let mut config = settings.config.clone();
        if !calendar.is_empty() {
            config["forecast"]["calendar"] = json!({
                "holidays": settings.holidays.places,
                "fingerprint": calendar.fingerprint(),
            });
        }
        let chosen_on = ChosenOn::find(store, &mut config, as_of, &settings)?;
        let split = Split::chosen_on(chosen_on.day, as_of, settings.shop.lengths)?;
        let identity = RunIdentity {
            as_of,
            config,
            data_fingerprint: data.fingerprint.clone(),
            version: settings.version,
            series: index.keys.len(),
        };
        Ok(Self {
            store,
            host,
            split,
            of_choice: chosen_on.note,
            index,
            identity,
            champion: Box::new(ProphetEngine::new(settings.shop.prophet_mode)),
            challenger: settings.shop.challenger.engine(),
            aligner: CalendarAligner::new(settings.shop.regimes.detector(), calendar),
            settings,
        })
    }

    /// Puts other engines in the places of the champion and the challenger.
    #[must_use]
    pub fn with_engines(
        mut self,
        champion: impl Engine + 'static,
        challenger: impl Engine + 'static,
    ) -> Self {
        self.champion = Box::new(champion);
        self.challenger = Box::new(challenger);
        self
    }

    /// Returns the windows.
    #[must_use]
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// Runs all stages, or those that a run that was cut off has not done yet.
    ///
    /// # Errors
    ///
    /// [`Error::Collapse`] where most series would lose their forecasts, which stand then; any other where
    /// a stage fails, whose earlier results stand then.
    pub fn run_all(&self) -> Result<RunId, Error> {
        let (run, done) = self.continue_or_begin()?;
        self.announce(run);
        self.refuse_collapse(run)?;
        let histories = self.histories();
        for stage in self.stages() {
            if !done.contains(&stage) {
                self.stage(stage, run, &histories)?;
            }
        }
        self.end(run)?;
        Ok(run)
    }

    /// Runs an engine's stage by itself, also that of an engine that is no contender by the settings. It joins the newest run where that one is of the same data and
    /// settings and has not come to this stage yet, and begins a new run otherwise.
    ///
    /// # Errors
    ///
    /// As [`Pipeline::run_all`].
    pub fn engine(&self, stage: Stage) -> Result<RunId, Error> {
        let newest = self.store.newest_run()?.filter(|run| {
            !run.has_done(stage) && run.difference_before(stage, &self.identity).is_none()
        });
        let run = match newest {
            Some(newest) => self.take_up(&newest, stage)?,
            None => self.store.begin_run(&self.identity, self.host.now())?,
        };
        self.announce(run);
        self.stage(stage, run, &self.histories())?;
        self.store.finish()?;
        Ok(run)
    }

    /// Judges the newest run, whose engines must be done.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfOrder`] where they are not, or are of other data or settings; else as
    /// [`Pipeline::run_all`].
    pub fn judge(&self) -> Result<RunId, Error> {
        let engines: Vec<Stage> = self.stages().filter(|stage| stage.is_of_engine()).collect();
        let run = self.run_to_join(Stage::Judge, &engines)?;
        self.stage(Stage::Judge, run, &self.histories())?;
        self.store.finish()?;
        Ok(run)
    }

    /// Writes the golden record and the outlook of the newest run, which must be judged, and ends it.
    ///
    /// # Errors
    ///
    /// As [`Pipeline::judge`].
    pub fn write(&self) -> Result<RunId, Error> {
        let run = self.run_to_join(Stage::Write, &[Stage::Judge])?;
        self.stage(Stage::Write, run, &self.histories())?;
        self.end(run)?;
        Ok(run)
    }

    /// Says what becomes of outlooks of the newest run, which must be judged, where load or limits are others: a list a
    /// scenario, in key order. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfOrder`] where there is no judged run of this data and these settings, or a scenario leaves nobody to
    /// take over a load; [`Error::Store`] where tables cannot be read.
    pub fn what_if(&self, scenarios: &[Scenario]) -> Result<Vec<Vec<WhatIf>>, Error> {
        self.run_before(Stage::Write, &[Stage::Judge])?;
        let stage = self.write_stage();
        let answers = scenarios.iter();
        answers
            .map(|scenario| stage.what_if(self.store, &self.index, scenario))
            .collect()
    }

    /// Says what forecasts by a model of the whole fleet are made of: those of `keys`, the `ahead`th days of the future (1 is the
    /// first). There is nothing to say where no engine has such a model.
    ///
    /// # Errors
    ///
    /// [`Error::Xgboost`] where the library is not there, [`Error::OutOfOrder`] where data or settings are others than those that
    /// the forecasts were made of; [`Error::Store`] where tables cannot be read.
    pub fn why(&self, keys: &[SeriesKey], ahead: &[usize]) -> Result<Vec<Why>, Error> {
        let asked = Asked {
            store: self.store,
            split: &self.split,
            refit: self.settings.shop.refit,
            aligner: self.aligner(),
        };
        asked.why(keys, ahead)
    }

    /// Returns the series of the data.
    #[must_use]
    pub fn series(&self) -> &[SeriesKey] {
        &self.index.keys
    }

    /// The stages that a run of these settings has, in their order.
    fn stages(&self) -> impl Iterator<Item = Stage> {
        let further = &self.settings.further;
        let is_asked = |stage: &Stage| {
            *stage != Stage::Xgboost || further.iter().any(|engine| engine.stage() == *stage)
        };
        RUN_STAGES.into_iter().filter(is_asked)
    }

    fn write_stage(&self) -> WriteStage<'_> {
        let shop = &self.settings.shop;
        WriteStage {
            split: &self.split,
            rules: WriteRules {
                level: shop.golden_level,
                sustained: shop.sustained,
                trained_through: WriteRules::trained_through(&self.split, shop.refit),
                as_of: self.split.as_of(),
            },
            keep: self.settings.keep_records,
            at_a_time: self.settings.batches.judged,
            aligner: self.aligner(),
        }
    }

    fn end(&self, run: RunId) -> Result<(), Error> {
        let now = self.host.now();
        self.store.end_run(run, RunStatus::Complete, now)?;
        Ok(self.store.finish()?)
    }

    fn announce(&self, run: RunId) {
        self.host.say(format_args!(
            "run {run}: {} series in {}; training {} to {}, backtest to {}, future to {}",
            self.index.keys.len(),
            self.store.path().display(),
            self.split.training().first(),
            self.split.origin(),
            self.split.chosen_as_of(),
            self.split.future().last(),
        ));
        if let Some(note) = &self.of_choice {
            self.host.say(format_args!("{note}"));
        }
    }

    /// The newest run and the stages it has done, where it was cut off and is of this data, these
    /// settings and this version; otherwise a new run.
    fn continue_or_begin(&self) -> Result<(RunId, Vec<Stage>), Error> {
        let unfinished = self.store.newest_run()?.filter(RunRecord::is_unfinished);
        let Some(unfinished) = unfinished else {
            return Ok((
                self.store.begin_run(&self.identity, self.host.now())?,
                Vec::new(),
            ));
        };
        let done: Vec<Stage> = unfinished.stages.iter().map(|done| done.stage).collect();
        let difference = match unfinished.difference(&self.identity) {
            None => self.table_of_another_run(&unfinished, &done)?,
            difference => difference,
        };
        if let Some(difference) = difference {
            let run = self.store.begin_run(&self.identity, self.host.now())?;
            self.host.say(format_args!(
                "run {run} starts from the beginning: since run {} stopped, {difference}",
                unfinished.id
            ));
            return Ok((run, Vec::new()));
        }
        let mut so_far: Vec<String> = done.iter().map(Stage::to_string).collect();
        let next = self.stages().find(|stage| !done.contains(stage));
        if let Some(next) = next {
            let keys = &self.index.keys;
            let drafted = self.store.series_drafted(unfinished.id, next, keys)?;
            if let Some(series) = drafted.filter(|series| *series > 0) {
                so_far.push(format!("{next} for {series} of {} series", keys.len()));
            }
            self.take_up(&unfinished, next)?;
        }
        self.host.say(format_args!(
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
        let newest = self.run_before(stage, before)?;
        self.take_up(&newest, stage)
    }

    /// The newest run, where it has done `before` on this data with these settings.
    fn run_before(&self, stage: Stage, before: &[Stage]) -> Result<RunRecord, Error> {
        let first = before.first().map_or("run-all", |stage| stage.as_str());
        let Some(newest) = self.store.newest_run()? else {
            return Err(Error::OutOfOrder(format!(
                "there is no run yet; run `cargo xtask {first}` first"
            )));
        };
        if let Some(difference) = newest.difference_before(stage, &self.identity) {
            return Err(Error::OutOfOrder(format!(
                "the newest run is of other data or settings ({difference}); give the same, or run `cargo xtask run-all`"
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
        Ok(newest)
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
        let held = self.settings.batches.held;
        Histories::new(self.store, &self.index, self.split.history(), held)
    }

    /// Does a stage's work and publishes its tables; where that fails, the earlier tables stand
    /// and the run is marked as failed.
    fn stage(&self, stage: Stage, run: RunId, histories: &Histories<'_>) -> Result<(), Error> {
        let progress = self.host.stage(run, stage, self.index.keys.len());
        let published = self
            .draft(stage, run, histories, progress.as_ref())
            .and_then(|mut result| {
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
            let now = self.host.now();
            let _ = self.store.end_run(run, RunStatus::Failed, now);
        })
    }

    /// What a stage makes, before anybody sees it.
    fn draft(
        &self,
        stage: Stage,
        run: RunId,
        histories: &Histories<'_>,
        progress: &dyn StageProgress,
    ) -> Result<StageResult<'a>, Error> {
        let shop = &self.settings.shop;
        let at_a_time = self.settings.batches.judged;
        match stage {
            Stage::Challenger => {
                self.engine_stage(EngineTables::CHALLENGER, run, histories, progress)
            }
            Stage::Xgboost => self.engine_stage(EngineTables::XGBOOST, run, histories, progress),
            Stage::Judge => {
                if !self.stages().any(|stage| stage == Stage::Xgboost) {
                    self.store.retire_engine(EngineTables::XGBOOST)?;
                }
                let stage = JudgeStage {
                    split: &self.split,
                    rules: &shop.rules,
                    further: &self.settings.further,
                    aligner: self.aligner(),
                    at_a_time,
                };
                let made = stage.run(self.store, run, histories, progress)?;
                self.refuse_collapse_of(run, &made.leaderboard)?;
                Ok(made.into())
            }
            Stage::Write => {
                histories.let_go();
                let made = self
                    .write_stage()
                    .run(self.store, run, &self.index, progress)?;
                self.refuse_collapse_of(run, &made.forecasts)?;
                for note in &made.notes {
                    self.host.say(format_args!("{note}"));
                }
                Ok(made.into())
            }
            // Reading the data is part of the engines' stages.
            Stage::Prophet | Stage::Data => {
                self.engine_stage(EngineTables::PROPHET, run, histories, progress)
            }
        }
    }

    fn engine_stage(
        &self,
        tables: EngineTables,
        run: RunId,
        histories: &Histories<'_>,
        progress: &dyn StageProgress,
    ) -> Result<StageResult<'a>, Error> {
        let shop = &self.settings.shop;
        let trained = self.trained(tables.stage, histories)?;
        let engine: &dyn Engine = match (tables.stage, &trained) {
            (_, Some(trained)) => trained,
            (Stage::Challenger, None) => self.challenger.as_ref(),
            _ => self.champion.as_ref(),
        };
        // A model of the fleet is trained anew in each run, and chooses nothing series by series.
        let keeps_choices = self.settings.select_every > 1 && trained.is_none();
        let models = trained.as_ref().map(XgboostEngine::fingerprint);
        let stage = EngineStage {
            engine,
            tables,
            split: self.split,
            refit: shop.refit,
            level: shop.rules.level,
            kept_batch: self.settings.batches.kept,
            fingerprinter: Fingerprinter::new(&self.circumstances(
                tables.stage,
                self.identity.as_of,
                models,
            )),
            chooser: keeps_choices.then(|| {
                let chosen_on = self.split.chosen_as_of();
                Fingerprinter::new(&self.circumstances(tables.stage, chosen_on, None))
            }),
            reuse: self.settings.reuse,
            aligner: self.aligner(),
        };
        let mut made = StageResult::from(stage.run(self.store, run, histories, progress)?);
        made.models = trained.as_ref().map(models_of).unwrap_or_default();
        Ok(made)
    }

    /// What brings the past of series to their present level, where that is wanted.
    fn aligner(&self) -> Option<&dyn Aligner> {
        self.aligner.if_any()
    }

    /// Everything but its values that an engine's forecast of a series as of a day depends on.
    fn circumstances(&self, stage: Stage, as_of: Day, models: Option<String>) -> String {
        let config = &self.identity.config;
        let mut forecast = config["forecast"].clone();
        if let Some(settings) = forecast.as_object_mut() {
            // For how long a choice is kept changes no forecast.
            settings.remove(SELECT_EVERY);
        }
        let mut circumstances = json!({
            "version": self.identity.version,
            "as_of": as_of.to_string(),
            "forecast": forecast,
            "engine": config[stage.as_str()],
        });
        if let Some(models) = models {
            circumstances["models"] = models.into();
        }
        circumstances.to_string()
    }

    /// The models of the fleet, where the engine of a stage has some: trained on what engines would see of all series.
    fn trained(
        &self,
        stage: Stage,
        histories: &Histories<'_>,
    ) -> Result<Option<XgboostEngine>, Error> {
        let has_models = match stage {
            Stage::Challenger => self.settings.challenger == ChallengerEngine::Xgboost,
            stage => stage == Stage::Xgboost,
        };
        if !has_models {
            return Ok(None);
        }
        let library = Library::open(None)?;
        let mut sample = FleetSample::new(&self.split, self.settings.shop.refit);
        for batch in histories.batches(0, self.settings.batches.kept) {
            let batch = batch?;
            sample.add(screen(batch.series()).panel.view());
        }
        match XgboostEngine::train(&library, &sample) {
            // Who stands beside others may have nothing to say.
            Err(XgboostError::TooFewRows { rows, needed }) if stage == Stage::Xgboost => {
                self.host.say(format_args!(
                    "xgboost forecasts nothing: the fleet has {rows} rows to train on, of {needed} at least"
                ));
                Ok(Some(XgboostEngine::without_models(&library)))
            }
            trained => Ok(Some(trained?)),
        }
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

    /// Does the same by what a stage has drafted: engines may fail on series that looked well.
    fn refuse_collapse_of(&self, run: RunId, draft: &Draft<'_>) -> Result<(), Error> {
        if self.settings.on_collapse == OnCollapse::Replace {
            return Ok(());
        }
        match self.store.standing_in(draft, self.split.as_of())? {
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
        self.store.give_up_run(run, &reason, self.host.now())?;
        Err(Error::Collapse(format!(
            "{reason}; look at the data with `cargo xtask status`, take out what should not be there with `cargo xtask \
             forget`, or replace them all the same with --force"
        )))
    }
}
