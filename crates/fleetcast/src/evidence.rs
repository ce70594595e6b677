//! What there is on one series, from the series alone.

use std::sync::Arc;

use fleetcast_core::{
    Alignment, Engine, EngineForecasts, Panel, PanelView, SeriesIssue, SeriesKey, SeriesRegimes,
    Severity, Stage, ValueShares, WindowOutcomes, forecast_windows, screen,
};
use fleetcast_judge::{Case, Circumstances, LeaderboardEntry};
use fleetcast_outlook::days_to_look_back;
use fleetcast_outlook::paths::PastForecast;
use rayon::prelude::*;

use crate::batch::last_values;
use crate::past::past_forecasts;
use crate::setup::Setup;
use crate::{Batch, Survey, WriteRules};

/// Series an engine gets at a time: enough to share what series have in common.
const ENGINE_BATCH: usize = 512;

/// What there is on one series: engines' forecasts, scores, and what was noticed on the way. It
/// depends on the series alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub(crate) key: SeriesKey,
    pub(crate) issues: Vec<SeriesIssue>,
    pub(crate) shares: ValueShares,
    /// The last values the outlook looks at.
    pub(crate) recent: Vec<f64>,
    pub(crate) prophet: Arc<EngineForecasts>,
    pub(crate) challenger: Arc<EngineForecasts>,
    pub(crate) entry: Option<LeaderboardEntry>,
    /// The golden model's forecasts of the past.
    pub(crate) past: Vec<PastForecast>,
    /// The regime that the forecast of the future goes on from, where its past was brought to it.
    pub(crate) regime: Option<Arc<Alignment>>,
}

impl Evidence {
    /// Returns the series.
    #[must_use]
    pub fn key(&self) -> &SeriesKey {
        &self.key
    }

    /// Returns what was noticed of it so far, from the data to the judge.
    #[must_use]
    pub fn issues(&self) -> &[SeriesIssue] {
        &self.issues
    }

    /// Returns what the champion forecast.
    #[must_use]
    pub fn prophet(&self) -> &EngineForecasts {
        &self.prophet
    }

    /// Returns what the challenger forecast.
    #[must_use]
    pub fn challenger(&self) -> &EngineForecasts {
        &self.challenger
    }

    /// Returns its golden model's forecasts of the past, held against what came.
    #[must_use]
    pub fn past(&self) -> &[PastForecast] {
        &self.past
    }

    /// Returns the series' place on the leaderboard, where it has one.
    #[must_use]
    pub fn entry(&self) -> Option<&LeaderboardEntry> {
        self.entry.as_ref()
    }
}

/// What one engine made of a series.
#[derive(Debug, Default)]
struct Answer {
    forecasts: EngineForecasts,
    issues: Vec<SeriesIssue>,
}

/// What both engines made of a series, and its regimes, where those are known.
#[derive(Debug, Default)]
struct Answers<'a> {
    prophet: Answer,
    challenger: Answer,
    regimes: Option<&'a SeriesRegimes<'a>>,
}

/// The evidence on every series of a batch, in its order.
pub(crate) fn gather(setup: &Setup, batch: &Batch, survey: &Survey) -> Vec<Evidence> {
    let (seen, mut issues) = batch.seen_by_engines(survey, &setup.capacities);
    let seen = seen.view();
    // One by one, so that each has its own, also where two have the same name.
    let mut kept = Vec::with_capacity(seen.len());
    let mut rows = Vec::with_capacity(seen.len());
    for (place, issues) in issues.iter_mut().enumerate() {
        let screened = screen(seen.slice(place..place + 1));
        issues.extend(screened.issues);
        for series in screened.panel.view().iter() {
            kept.push(place);
            rows.push((series.key.clone(), series.values.to_vec()));
        }
    }
    let worth_forecasting = Panel::from_rows(seen.grid(), rows)
        .unwrap_or_else(|_| unreachable!("rows of a panel make a panel"));
    let panel = worth_forecasting.view();
    let aligner = setup.aligner();
    let regimes = aligner.map(|aligner| SeriesRegimes::of_all(panel, aligner));
    let regimes = regimes.as_deref();
    let champion = ask(
        setup,
        setup.champion.as_ref(),
        Stage::Prophet,
        panel,
        regimes,
    );
    let challenger = setup.challenger.as_ref();
    let challenger = ask(setup, challenger, Stage::Challenger, panel, regimes);
    let mut answers: Vec<Option<Answers<'_>>> = issues.iter().map(|_| None).collect();
    let both = champion.into_iter().zip(challenger).enumerate();
    for (place, (among, (prophet, challenger))) in kept.into_iter().zip(both) {
        answers[place] = Some(Answers {
            prophet,
            challenger,
            regimes: regimes.map(|regimes| &regimes[among]),
        });
    }
    let all_notes: Vec<_> = batch.notes().map(|(_, notes)| notes.shares).collect();
    answers
        .into_par_iter()
        .zip(issues)
        .zip(all_notes)
        .enumerate()
        .map(|(place, ((answers, issues), shares))| {
            one(
                setup,
                seen,
                place,
                answers.unwrap_or_default(),
                issues,
                shares,
            )
        })
        .collect()
}

fn one(
    setup: &Setup,
    seen: PanelView<'_>,
    place: usize,
    Answers {
        prophet,
        challenger,
        regimes,
    }: Answers<'_>,
    mut issues: Vec<SeriesIssue>,
    shares: ValueShares,
) -> Evidence {
    let history = seen.series(place);
    let key = history.key;
    issues.extend(prophet.issues);
    issues.extend(challenger.issues);
    let is_failure =
        |issue: &SeriesIssue| issue.engine.is_some() && issue.severity == Severity::Error;
    let circumstances = Circumstances {
        incumbent: setup.incumbents.get(key).copied(),
        engine_failed: issues.iter().any(is_failure),
        several: None,
    };
    let case = Case {
        split: &setup.split,
        history,
        prophet: &prophet.forecasts,
        challenger: &challenger.forecasts,
        regimes,
    };
    let entry = LeaderboardEntry::of(&case, circumstances, &setup.options.rules);
    issues.extend(entry.iter().flat_map(LeaderboardEntry::issues));
    let trained_through = WriteRules::trained_through(&setup.split, setup.options.refit);
    let trained_days = setup.split.history().index_of(trained_through);
    // Where the judge says nothing of its regime, there is one reading only.
    let has_readings = entry
        .as_ref()
        .is_some_and(|entry| !entry.verdict.regime.is_empty());
    let regime = regimes.zip(trained_days).filter(|_| has_readings);
    let regime = regime.and_then(|(regimes, last)| regimes.at(last + 1));
    let past = entry
        .as_ref()
        .map(|entry| past_forecasts(&case, entry))
        .unwrap_or_default();
    Evidence {
        key: key.clone(),
        issues,
        shares,
        recent: last_values(history, days_to_look_back(setup.options.sustained)),
        prophet: Arc::new(prophet.forecasts),
        challenger: Arc::new(challenger.forecasts),
        entry,
        past,
        regime,
    }
}

/// What an engine makes of the series of a panel, in their order.
fn ask(
    setup: &Setup,
    engine: &dyn Engine,
    stage: Stage,
    panel: PanelView<'_>,
    regimes: Option<&[SeriesRegimes<'_>]>,
) -> Vec<Answer> {
    let options = &setup.options;
    let mut answers = Vec::with_capacity(panel.len());
    for (chunk, series) in panel.chunks(ENGINE_BATCH).enumerate() {
        let first = chunk * ENGINE_BATCH;
        let regimes = regimes.map(|all| &all[first..first + series.len()]);
        let outcomes = forecast_windows(
            engine,
            series,
            &setup.split,
            options.refit,
            options.rules.level,
            regimes,
        );
        let outcomes = outcomes.unwrap_or_else(|_| unreachable!("a shop's windows fit its panels"));
        let answer = |(key, outcomes): (&SeriesKey, WindowOutcomes)| Answer {
            issues: outcomes.issues(key, stage, engine.name()),
            forecasts: EngineForecasts::from(outcomes),
        };
        answers.extend(series.keys().iter().zip(outcomes).map(answer));
    }
    answers
}
