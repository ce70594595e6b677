//! What a shop makes of one series.

use std::borrow::Cow;

use fleetcast_core::{
    Alignment, Calibration, Day, Forecast, GoldenForecast, IntervalLevel, LimitSchedule, Refit,
    SeriesIssue, SeriesKey, Split,
};
use fleetcast_judge::{Contender, LeaderboardEntry, PooledCalibration, PooledMedians, Trust};
use fleetcast_outlook::paths::{
    EarlierYears, FleetLaw, PastForecast, PathLaw, PathPool, ProbabilityMap, ResourceLaw,
    SeriesPast, SeriesPaths,
};
use fleetcast_outlook::{CapacityOutlook, OutlookInput, Sustained, capacity_outlook};
use fleetcast_writer::{admit_other_readings, golden_forecast, issue_of_limits};

use crate::setup::Setup;
use crate::{Evidence, FleetSummary, LoadChange};

/// How the golden record and the outlook are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WriteRules {
    /// The level of the golden record's intervals.
    pub level: IntervalLevel,
    /// When a crossing counts.
    pub sustained: Sustained,
    /// The last day that the forecasts of the future have seen.
    pub trained_through: Day,
    /// The last day of data.
    pub as_of: Day,
}

/// The material that a series' golden forecast and outlook are written from.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The winner's forecast of the future.
    pub winner: &'a Forecast,
    /// The errors that its intervals are made from, where some were made.
    pub calibration: Option<&'a Calibration>,
    /// The limits that hold for it, now and later.
    pub limits: &'a LimitSchedule,
    /// The change of its load that is asked about, where one is.
    pub load: Option<&'a LoadChange>,
    /// The series' last values ([`fleetcast_outlook::days_to_look_back`]).
    pub recent: &'a [f64],
    /// The past holds its golden model's forecasts and earlier years.
    pub past: &'a SeriesPast,
    /// The law that the series of each resource share.
    pub fleet: &'a FleetLaw,
    /// How far the winner's forecast can be trusted.
    pub trust: Trust,
    /// The regime that the forecast goes on from, where its past was brought to it.
    pub regime: Option<&'a Alignment>,
}

/// What is written of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// The part of the golden record.
    pub golden: GoldenForecast,
    /// The outlook.
    pub outlook: CapacityOutlook,
    /// How far the outlook can be trusted: as far as the forecast, and one grade less where outlooks of its resource did
    /// worse in the past than always saying how often it happened.
    pub trust: Trust,
    /// What there is to say of it.
    pub issue: Option<SeriesIssue>,
}

impl WriteRules {
    /// Returns the last day that forecasts of the future have seen.
    #[must_use]
    pub fn trained_through(split: &Split, refit: Refit) -> Day {
        match refit {
            Refit::WholeHistory => split.as_of(),
            Refit::Never => split.origin(),
        }
    }

    /// Writes one series' golden forecast and outlook from the winner's forecast of the future.
    #[must_use]
    pub fn write(&self, key: &SeriesKey, material: &Material<'_>) -> Written {
        let Material {
            winner,
            calibration,
            limits,
            load,
            recent,
            past,
            fleet,
            trust,
            regime,
        } = *material;
        let changed = load.and_then(|load| load.of_forecast(winner).ok());
        let first_day_ahead = self.first_day_ahead(winner.grid().first());
        let drawn = changed.as_ref().unwrap_or(winner);
        let mut golden = golden_forecast(drawn, calibration, limits, first_day_ahead, self.level);
        if let Some(regime) = regime {
            admit_other_readings(&mut golden, limits, |step| {
                regime.reach(first_day_ahead + step)
            });
        }
        let resource = fleet.resource(key.resource());
        let mut law = self.law(
            key,
            winner.yhat(),
            &past.forecasts,
            &past.years,
            calibration,
            resource,
        );
        let mut recent = Cow::Borrowed(recent);
        if let Some(load) = load.filter(|_| changed.is_some()) {
            law = law.changed(|day, value| load.on(day, value));
            recent = Cow::Owned(load.of_recent(&recent));
        }
        Written {
            outlook: capacity_outlook(&OutlookInput {
                golden: &golden,
                recent: &recent,
                limits,
                sustained: self.sustained,
                law: &law,
                map: resource.map_or_else(ProbabilityMap::default, |law| *law.map()),
            }),
            trust: trust_of_outlook(trust, resource),
            issue: issue_of_limits(key, &golden, limits),
            golden,
        }
    }

    /// How whatever has the forecast `yhat` may go on, by its forecasts of the past and what its resource's series share.
    pub(crate) fn law(
        &self,
        key: &SeriesKey,
        yhat: &[f64],
        past: &[PastForecast],
        years: &EarlierYears,
        calibration: Option<&Calibration>,
        resource: Option<&ResourceLaw>,
    ) -> PathLaw {
        let empty = PathPool::default();
        let pool = resource.map_or(&empty, ResourceLaw::pool);
        let past: Vec<&PastForecast> = past.iter().collect();
        let own = SeriesPaths::of(&past, self.as_of, yhat.len());
        // Who has made no error yet borrows all, where it is known how large its errors are.
        let own = own.or_else(|| {
            let errors = calibration.filter(|_| past.is_empty())?;
            pool.stand_in(errors.mean())
        });
        PathLaw::of(yhat, key, own.as_ref(), pool, years, self.sustained)
    }

    /// How many days after the last one that was seen a forecast from `first` on begins.
    pub(crate) fn first_day_ahead(&self, first: Day) -> usize {
        usize::try_from(first.days_since(self.trained_through)).unwrap_or(1)
    }
}

/// How far an outlook can be trusted: as far as the forecast, and one grade less where outlooks of its resource did worse in
/// the past than always saying how often it happened.
pub(crate) fn trust_of_outlook(forecast: Trust, resource: Option<&ResourceLaw>) -> Trust {
    match resource.and_then(ResourceLaw::skill) {
        Some(skill) if skill < 0.0 => forecast.lower(),
        _ => forecast,
    }
}

/// One series' part of the golden record, and whose forecast it is.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldenSeries {
    /// Whose forecast it is.
    pub model: Contender,
    /// The forecast.
    pub forecast: GoldenForecast,
    /// The last day that the forecast has seen.
    pub trained_through: Day,
}

/// What a shop makes of one series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SeriesResult {
    /// The series.
    pub key: SeriesKey,
    /// The place on the leaderboard; `None` where no engine was asked about it, or has a forecast.
    pub entry: Option<LeaderboardEntry>,
    /// What its intervals are made from, where errors were made.
    pub calibration: Option<PooledCalibration>,
    /// The limits that hold for it, now and later.
    pub limits: LimitSchedule,
    /// The part of the golden record.
    pub golden: Option<GoldenSeries>,
    /// The outlook.
    pub outlook: Option<CapacityOutlook>,
    /// How far the outlook can be trusted.
    pub outlook_trust: Option<Trust>,
    /// What was noticed, from the data to the golden record.
    pub issues: Vec<SeriesIssue>,
}

impl Evidence {
    /// Returns the forecast of the future, from the day `first` on, that became golden, as its model made it; `None` where there
    /// is none.
    #[must_use]
    pub fn winners_forecast(&self, first: Day) -> Option<Forecast> {
        let verdict = &self.entry.as_ref()?.verdict;
        let own = |yhat: &Option<Vec<f64>>| {
            let yhat = yhat.clone()?;
            Forecast::new(first, yhat.clone(), yhat.clone(), yhat).ok()
        };
        match verdict.golden {
            model @ (Contender::Prophet | Contender::Challenger | Contender::Further(_)) => {
                self.engine(model)?.future.clone()
            }
            Contender::Blend => own(&verdict.blend),
            Contender::SeasonalNaive
            | Contender::NaiveLevel
            | Contender::NaiveWeek
            | Contender::NaiveYear => own(&verdict.stand_in),
        }
    }
}

/// What crosses the series of a fleet, as one series is written from it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crossing<'a> {
    pub(crate) summary: &'a FleetSummary,
    pub(crate) medians: &'a PooledMedians,
    pub(crate) law: &'a FleetLaw,
}

/// One series before it is written: everything but its limits.
struct Unwritten<'a> {
    evidence: &'a Evidence,
    entry: &'a LeaderboardEntry,
    rules: WriteRules,
    calibration: Option<PooledCalibration>,
    winner: Option<Forecast>,
}

impl<'a> Unwritten<'a> {
    /// `None` where the series has no place on the leaderboard.
    fn of(setup: &Setup, evidence: &'a Evidence, fleet: &Crossing<'_>) -> Option<Self> {
        let entry = evidence.entry.as_ref()?;
        let first = setup.split.future().first();
        Some(Self {
            evidence,
            entry,
            rules: setup.write_rules(),
            calibration: fleet.medians.calibration_of(entry.own_errors()),
            winner: evidence.winners_forecast(first),
        })
    }

    /// `None` where nobody has a forecast of the future.
    fn write(&self, limits: &LimitSchedule, fleet: &Crossing<'_>) -> Option<Written> {
        let calibration = self.calibration.as_ref();
        let material = Material {
            winner: self.winner.as_ref()?,
            calibration: calibration.map(|pooled| &pooled.calibration),
            limits,
            load: None,
            recent: &self.evidence.recent,
            past: &self.evidence.past,
            fleet: fleet.law,
            trust: self.entry.verdict.trust,
            regime: self.evidence.regime.as_deref(),
        };
        Some(self.rules.write(&self.evidence.key, &material))
    }
}

/// The limits that hold for a series, now and later.
fn limits_of(setup: &Setup, evidence: &Evidence, summary: &FleetSummary) -> LimitSchedule {
    let (key, shares) = (&evidence.key, &evidence.shares);
    let resource = summary.survey.resource_of(key, shares);
    let as_of = setup.split.as_of();
    let limits = setup.limits.schedule(key, shares, &resource, as_of);
    limits.in_present_shares(&setup.capacities.planned(key, as_of))
}

/// What becomes of one series, given what crosses the fleet.
pub(crate) fn finish_one(setup: &Setup, evidence: &Evidence, fleet: &Crossing<'_>) -> SeriesResult {
    let limits = limits_of(setup, evidence, fleet.summary);
    let mut result = SeriesResult {
        key: evidence.key.clone(),
        entry: evidence.entry.clone(),
        calibration: None,
        limits,
        golden: None,
        outlook: None,
        outlook_trust: None,
        issues: evidence.issues.clone(),
    };
    let Some(unwritten) = Unwritten::of(setup, evidence, fleet) else {
        return result;
    };
    if let Some(written) = unwritten.write(&result.limits, fleet) {
        result.issues.extend(written.issue);
        result.outlook = Some(written.outlook);
        result.outlook_trust = Some(written.trust);
        result.golden = Some(GoldenSeries {
            model: unwritten.entry.verdict.golden,
            forecast: written.golden,
            trained_through: unwritten.rules.trained_through,
        });
    }
    result.calibration = unwritten.calibration;
    result
}

/// What would be written of one series under other limits than those that hold for it, a question each.
pub(crate) fn written_under<Q>(
    setup: &Setup,
    evidence: &Evidence,
    fleet: &Crossing<'_>,
    ask: impl Fn(&LimitSchedule) -> Vec<(Q, LimitSchedule)>,
) -> Vec<(Q, Written)> {
    let Some(unwritten) = Unwritten::of(setup, evidence, fleet) else {
        return Vec::new();
    };
    let questions = ask(&limits_of(setup, evidence, fleet.summary)).into_iter();
    questions
        .filter_map(|(question, limits)| Some((question, unwritten.write(&limits, fleet)?)))
        .collect()
}
