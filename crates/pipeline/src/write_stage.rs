//! The writer over the whole fleet: the golden record and the outlook.

use std::collections::HashMap;

use fleetcast::tables::{self, OutlookRow};
use fleetcast::{GroupTotals, Groups, Material, MemberOf, WriteRules, Written};
use fleetcast_core::{
    Aligner, Alignment, EffectiveLimits, LimitSchedule, LimitSource, SeriesIssue, SeriesKey,
    SeriesPast, Split, Stage, TimeGrid, pipeline,
};
use fleetcast_judge::Trust;
use fleetcast_outlook::days_to_look_back;
use fleetcast_outlook::paths::{FleetLaw, PastPool};
use fleetcast_store::{
    Archive, Draft, GoldenPlan, Histories, HistoryBatch, RunId, SeriesIndex, StageResult, Store,
    Table,
};
use rayon::prelude::*;

use crate::{Error, StageProgress};

/// What the writer's stage made.
#[derive(Debug)]
pub struct WriteStageResult<'store> {
    /// The draft of `forecasts`.
    pub forecasts: Draft<'store>,
    /// The draft of `capacity_outlook`.
    pub outlook: Draft<'store>,
    /// The draft of `outlook_calibration`.
    pub calibration: Draft<'store>,
    /// The draft of `group_forecasts`.
    pub group_forecasts: Draft<'store>,
    /// The draft of `group_outlook`.
    pub group_outlook: Draft<'store>,
    /// Lines on groups that are not added up.
    pub notes: Vec<String>,
    /// What there is to say of series that were drawn to their limits.
    pub issues: Vec<SeriesIssue>,
    /// Golden rows.
    pub rows: u64,
    /// Which earlier golden records are kept.
    pub archive: Archive,
}

impl<'store> From<WriteStageResult<'store>> for StageResult<'store> {
    fn from(made: WriteStageResult<'store>) -> Self {
        Self {
            stage: Stage::Write,
            drafts: vec![
                made.forecasts,
                made.outlook,
                made.calibration,
                made.group_forecasts,
                made.group_outlook,
            ],
            issues: made.issues,
            rows: made.rows,
            reused: None,
            seconds: 0.0,
            archive: Some(made.archive),
            models: Vec::new(),
        }
    }
}

/// What the writer's stage goes by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WriteStage<'a> {
    pub(crate) split: &'a Split,
    pub(crate) rules: WriteRules,
    /// Earlier golden records to keep.
    pub(crate) keep: u32,
    /// Series that are written at a time.
    pub(crate) at_a_time: usize,
    /// What brings the past of series to their present level, where that is wanted.
    pub(crate) aligner: Option<&'a dyn Aligner>,
}

/// What there is on some series before they are written.
pub(crate) struct Plans {
    recent: HistoryBatch,
    past: Vec<SeriesPast>,
    pub(crate) golden: Vec<Option<GoldenPlan>>,
}

/// What is known of the fleet before any of its series is written.
pub(crate) struct Writing {
    limits: HashMap<SeriesKey, LimitSchedule>,
    no_limits: LimitSchedule,
    law: FleetLaw,
    regimes: HashMap<SeriesKey, Alignment>,
}

/// What is said where forecasts of the past were kept by an earlier version.
const WITHOUT_YEARS: &str = "forecasts of the past are those of an earlier version: outlooks do without earlier years until \
    `cargo xtask run-all` or `judge` has run";

/// Groups written at a time.
const GROUPS_AT_A_TIME: usize = 256;

/// What was written of one series.
struct One {
    place: usize,
    key: SeriesKey,
    model: String,
    limits: EffectiveLimits,
    written: Written,
}

/// What holds where nothing is known of a series' limits.
const NO_LIMITS: EffectiveLimits = EffectiveLimits {
    floor: None,
    capacity: None,
    threshold: None,
    source: LimitSource::None,
};

impl Plans {
    /// What the series at a place is written from, where it has a golden forecast.
    pub(crate) fn material<'m>(
        &'m self,
        writing: &'m Writing,
        place: usize,
    ) -> Option<(&'m SeriesKey, Material<'m>)> {
        let plan = self.golden[place].as_ref()?;
        let series = self.recent.series().series(place);
        let limits = writing.limits.get(series.key);
        let material = Material {
            winner: plan.forecast.as_ref()?,
            calibration: plan.calibration.as_ref(),
            limits: limits.unwrap_or(&writing.no_limits),
            load: None,
            recent: series.values,
            past: &self.past[place],
            fleet: &writing.law,
            // What cannot be read is not trusted.
            trust: Trust::named(&plan.trust).unwrap_or(Trust::D),
            regime: writing.regimes.get(series.key),
        };
        Some((series.key, material))
    }
}

impl WriteStage<'_> {
    /// Writes every series that is on the leaderboard.
    pub(crate) fn run<'store>(
        &self,
        store: &'store Store,
        run: RunId,
        index: &SeriesIndex,
        progress: &dyn StageProgress,
    ) -> Result<WriteStageResult<'store>, Error> {
        let as_of = self.split.as_of();
        let mut made = WriteStageResult {
            forecasts: store.draft(Table::Forecasts)?,
            outlook: store.draft(Table::CapacityOutlook)?,
            calibration: store.draft(Table::OutlookCalibration)?,
            group_forecasts: store.draft(Table::GroupForecasts)?,
            group_outlook: store.draft(Table::GroupOutlook)?,
            notes: Vec::new(),
            issues: Vec::new(),
            rows: 0,
            archive: Archive {
                trained_through: self.rules.trained_through,
                keep: self.keep,
                as_of,
            },
        };
        if store.past_is_without_years()? {
            made.notes.push(WITHOUT_YEARS.to_owned());
        }
        let writing = self.begin(store, index)?;
        made.calibration
            .append(tables::outlook_calibration(run.get(), &writing.law)?)?;
        let groups = Groups::of(store.attributes()?);
        let mut totals = GroupTotals::new(self.split, &self.rules);
        let histories = self.recent(store, index);
        pipeline(
            self.plans(store, &histories),
            |plans| {
                let written = self.write(&plans, &writing);
                Ok((written, plans))
            },
            |(all, plans): (Vec<One>, Plans)| {
                if !groups.is_empty() {
                    let members = members(&all, &plans, &writing);
                    totals.add(&groups, &self.rules, &members);
                }
                let golden: Vec<_> = all
                    .iter()
                    .map(|one| (&one.key, one.model.as_str(), &one.written.golden))
                    .collect();
                made.forecasts
                    .append_golden(run, self.rules.trained_through, &golden)?;
                let outlooks: Vec<OutlookRow<'_>> = all
                    .iter()
                    .map(|one| OutlookRow {
                        key: &one.key,
                        limits: &one.limits,
                        outlook: &one.written.outlook,
                        trust: Some(one.written.trust.as_str()),
                        model: one.model.as_str(),
                    })
                    .collect();
                made.outlook
                    .append(tables::capacity_outlook(run.get(), as_of, &outlooks)?)?;
                made.rows += golden
                    .iter()
                    .map(|(_, _, golden)| golden.yhat.len() as u64)
                    .sum::<u64>();
                let issues = all.into_iter().filter_map(|one| one.written.issue);
                made.issues.extend(issues);
                progress.advance(plans.golden.len());
                Ok::<(), Error>(())
            },
        )?;
        self.write_groups(run, &totals, &mut made)?;
        Ok(made)
    }

    /// Writes the groups whose members were added up.
    fn write_groups(
        &self,
        run: RunId,
        totals: &GroupTotals,
        made: &mut WriteStageResult<'_>,
    ) -> Result<(), Error> {
        let groups = self.rules.write_groups(self.split, totals);
        for some in groups.chunks(GROUPS_AT_A_TIME) {
            let trained_through = self.rules.trained_through;
            let forecasts = tables::group_forecasts(run.get(), trained_through, some)?;
            made.group_forecasts.append(forecasts)?;
            let outlook = tables::group_outlook(run.get(), self.split.as_of(), some)?;
            made.group_outlook.append(outlook)?;
        }
        made.notes.extend(totals.notes());
        Ok(())
    }

    /// Reads what is to be known of the fleet.
    pub(crate) fn begin(&self, store: &Store, index: &SeriesIndex) -> Result<Writing, Error> {
        Ok(Writing {
            limits: store
                .limit_schedules(self.split.as_of())?
                .into_iter()
                .collect(),
            no_limits: LimitSchedule::from(NO_LIMITS),
            law: self.learn(store)?,
            regimes: self.regimes(store, index)?,
        })
    }

    /// The last days of the series, as many as outlooks look at.
    pub(crate) fn recent<'s>(&self, store: &'s Store, index: &'s SeriesIndex) -> Histories<'s> {
        let as_of = self.split.as_of();
        let look_back = u32::try_from(days_to_look_back(self.rules.sustained)).unwrap_or(u32::MAX);
        let recent = TimeGrid::between(as_of.minus_days(look_back), as_of);
        Histories::new(store, index, recent, self.at_a_time)
    }

    /// What there is on all series, some at a time.
    pub(crate) fn plans<'s>(
        &'s self,
        store: &'s Store,
        histories: &'s Histories<'s>,
    ) -> impl Iterator<Item = Result<Plans, Error>> + 's {
        histories.batches(0, self.at_a_time).map(|recent| {
            let recent = recent?;
            let keys = recent.series().keys();
            let golden = store.read_golden_plans(keys, self.split.future())?;
            let past = store.read_past(keys, self.split.as_of())?;
            Ok(Plans {
                recent,
                past,
                golden,
            })
        })
    }

    /// The regimes that forecasts of the future go on from, of the series of which the judge said something.
    fn regimes(
        &self,
        store: &Store,
        index: &SeriesIndex,
    ) -> Result<HashMap<SeriesKey, Alignment>, Error> {
        let mut regimes = HashMap::new();
        let Some(aligner) = self.aligner else {
            return Ok(regimes);
        };
        let index = index.only(&store.series_with_regimes()?);
        let grid = self.split.history();
        let days = grid
            .index_of(self.rules.trained_through)
            .map_or(0, |last| last + 1);
        let histories = Histories::new(store, &index, grid, self.at_a_time);
        for batch in histories.batches(0, self.at_a_time) {
            let batch = batch?;
            let all = batch.series();
            let found: Vec<_> = (0..all.len())
                .into_par_iter()
                .filter_map(|place| {
                    let series = all.series(place);
                    let seen = series.values.get(..days)?;
                    let regime = aligner.alignment(series.key.host(), grid.first(), seen)?;
                    Some((series.key.clone(), regime))
                })
                .collect();
            regimes.extend(found);
        }
        Ok(regimes)
    }

    /// What the series of each resource share.
    fn learn(&self, store: &Store) -> Result<FleetLaw, Error> {
        let keys = PastPool::kept(&store.series_with_past_forecasts()?);
        let mut pool = PastPool::default();
        for (key, past) in keys.iter().zip(store.read_past(&keys, self.split.as_of())?) {
            pool.add(key, &past.forecasts);
        }
        let days = self.split.future().len();
        Ok(pool.learn(self.split.as_of(), days, self.rules.sustained))
    }

    /// What is written of the series that have a golden forecast, in their order.
    fn write(&self, plans: &Plans, writing: &Writing) -> Vec<One> {
        let all: Vec<Option<One>> = plans
            .golden
            .par_iter()
            .enumerate()
            .map(|(place, plan)| {
                let (key, material) = plans.material(writing, place)?;
                Some(One {
                    place,
                    key: key.clone(),
                    model: plan.as_ref()?.model.clone(),
                    limits: *material.limits.now(),
                    written: self.rules.write(key, &material),
                })
            })
            .collect();
        all.into_iter().flatten().collect()
    }
}

/// What was written, as members of groups.
fn members<'a>(all: &'a [One], plans: &'a Plans, writing: &'a Writing) -> Vec<MemberOf<'a>> {
    let members = all.iter().filter_map(|one| {
        let (key, material) = plans.material(writing, one.place)?;
        Some(MemberOf::of(key, &material, &one.written.golden))
    });
    members.collect()
}
