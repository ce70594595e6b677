//! What there is on one series, from the series alone.

use std::sync::Arc;

use fleetcast_core::{
    Alignment, Engine, EngineForecasts, IssueCode, Notice, Panel, PanelView, SeriesIssue,
    SeriesKey, SeriesRegimes, Severity, Stage, TimeGrid, ValueShares, WindowOutcomes,
    forecast_windows, screen,
};
use fleetcast_judge::{Case, Circumstances, Contender, LeaderboardEntry};
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

    /// Lets go of what engines forecast that did not become golden: what is left is all that
    /// [`Shop::finish`](crate::Shop::finish) needs, and a fourth of the memory. Tables of engines' forecasts cannot be made
    /// from it any more.
    #[must_use]
    pub fn for_finishing(mut self) -> Self {
        let golden = self.entry.as_ref().map(|entry| entry.verdict.golden);
        let keep = |engine: &mut Arc<EngineForecasts>, model| {
            *engine = Arc::new(EngineForecasts {
                future: engine.future.clone().filter(|_| golden == Some(model)),
                ..EngineForecasts::default()
            });
        };
        keep(&mut self.prophet, Contender::Prophet);
        keep(&mut self.challenger, Contender::Challenger);
        self
    }

    /// Returns the series' place on the leaderboard, where it has one.
    #[must_use]
    pub fn entry(&self) -> Option<&LeaderboardEntry> {
        self.entry.as_ref()
    }
}

/// An answer is what one engine made of a series: its forecasts, and what is to be said of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Answer {
    pub(crate) forecasts: EngineForecasts,
    pub(crate) notices: Vec<Notice>,
}

impl Answer {
    /// Returns what is to be said of the answer as issues of the series.
    fn issues(
        notices: Vec<Notice>,
        key: &SeriesKey,
        stage: Stage,
        engine: &dyn Engine,
    ) -> impl Iterator<Item = SeriesIssue> {
        let name = engine.name();
        notices.into_iter().map(move |notice| SeriesIssue {
            key: key.clone(),
            stage,
            engine: Some(name),
            severity: notice.severity,
            code: notice.code,
            message: notice.message,
        })
    }
}

/// Engines' answers on one series stand beside the values they were asked about: this is evidence that is not judged yet.
///
/// All that takes time is in it, and [`Shop::judge`](crate::Shop::judge) makes [`Evidence`] of it whenever it is wanted. With
/// the feature `serde` it can be sent from one process to another of the same version, to the bit, where what was noticed of
/// the data names no engine.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "crate::wire::Answers", into = "crate::wire::Answers")
)]
pub struct EngineAnswers {
    pub(crate) key: SeriesKey,
    /// The history window.
    pub(crate) grid: TimeGrid,
    /// The values that engines saw over it, NaN where missing.
    pub(crate) values: Vec<f64>,
    pub(crate) shares: ValueShares,
    /// The issues that were noticed of the data.
    pub(crate) issues: Vec<SeriesIssue>,
    /// This says whether engines were asked, since the series was worth forecasting.
    pub(crate) were_asked: bool,
    pub(crate) prophet: Answer,
    pub(crate) challenger: Answer,
}

impl EngineAnswers {
    /// Returns the series.
    #[must_use]
    pub fn key(&self) -> &SeriesKey {
        &self.key
    }
}

/// The evidence on every series of a batch, in its order.
pub(crate) fn gather(setup: &Setup, batch: &Batch, survey: &Survey) -> Vec<Evidence> {
    with_answers(setup, batch, survey, |answers, regimes| {
        judge_with(setup, answers, regimes)
    })
}

/// Returns what engines answer on every series of a batch, in its order.
pub(crate) fn answers(setup: &Setup, batch: &Batch, survey: &Survey) -> Vec<EngineAnswers> {
    with_answers(setup, batch, survey, |answers, _| answers)
}

/// Asks engines about every series of a batch, and hands over each one's answers, with its regimes where those are known.
fn with_answers<T: Send>(
    setup: &Setup,
    batch: &Batch,
    survey: &Survey,
    then: impl Fn(EngineAnswers, Option<&SeriesRegimes<'_>>) -> T + Sync,
) -> Vec<T> {
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
    let mut answered: Vec<Option<(usize, Answer, Answer)>> = issues.iter().map(|_| None).collect();
    let both = champion.into_iter().zip(challenger).enumerate();
    for (place, (among, (prophet, challenger))) in kept.into_iter().zip(both) {
        answered[place] = Some((among, prophet, challenger));
    }
    let all_notes: Vec<_> = batch.notes().map(|(_, notes)| notes.shares).collect();
    answered
        .into_par_iter()
        .zip(issues)
        .zip(all_notes)
        .enumerate()
        .map(|(place, ((answered, issues), shares))| {
            let series = seen.series(place);
            let among = answered.as_ref().map(|(among, ..)| *among);
            let (_, prophet, challenger) = answered.unwrap_or_default();
            let answers = EngineAnswers {
                key: series.key.clone(),
                grid: series.grid,
                values: series.values.to_vec(),
                shares,
                issues,
                were_asked: among.is_some(),
                prophet,
                challenger,
            };
            then(answers, regimes.zip(among).map(|(all, among)| &all[among]))
        })
        .collect()
}

/// Judges a series by what engines answered, over the windows of the shop.
pub(crate) fn judge(setup: &Setup, answers: EngineAnswers) -> Evidence {
    let panel = panel_of(&answers);
    let view = panel.view();
    let aligner = setup.aligner().filter(|_| answers.were_asked);
    let regimes = aligner.map(|aligner| SeriesRegimes::new(view.series(0), aligner));
    judge_with(setup, answers, regimes.as_ref())
}

/// Returns the one series that engines answered on.
fn panel_of(answers: &EngineAnswers) -> Panel {
    let row = (answers.key.clone(), answers.values.clone());
    Panel::from_rows(answers.grid, [row])
        .unwrap_or_else(|_| unreachable!("a series that engines saw makes a panel"))
}

fn judge_with(
    setup: &Setup,
    answers: EngineAnswers,
    regimes: Option<&SeriesRegimes<'_>>,
) -> Evidence {
    let panel = panel_of(&answers);
    let panel = panel.view();
    let history = panel.series(0);
    let EngineAnswers {
        key,
        shares,
        mut issues,
        prophet,
        challenger,
        ..
    } = answers;
    let of_engine = |notices, stage, engine: &dyn Engine| {
        Answer::issues(notices, &key, stage, engine).collect::<Vec<_>>()
    };
    issues.extend(of_engine(
        prophet.notices,
        Stage::Prophet,
        setup.champion.as_ref(),
    ));
    issues.extend(of_engine(
        challenger.notices,
        Stage::Challenger,
        setup.challenger.as_ref(),
    ));
    let is_failure =
        |issue: &SeriesIssue| issue.engine.is_some() && issue.severity == Severity::Error;
    let circumstances = Circumstances {
        incumbent: setup.incumbents.get(&key).copied(),
        engine_failed: issues.iter().any(is_failure),
        several: None,
    };
    let case = Case {
        split: &setup.split,
        history,
        prophet: &prophet.forecasts,
        challenger: &challenger.forecasts,
        further: &[],
        regimes,
    };
    let entry = LeaderboardEntry::of(&case, circumstances, &setup.options.rules);
    issues.extend(entry.iter().flat_map(LeaderboardEntry::issues));
    let trained_through = WriteRules::trained_through(&setup.split, setup.options.refit);
    let trained_days = setup.split.history().index_of(trained_through);
    // Where the judge says nothing of its level and growth, there is one reading only.
    let has_readings = entry.iter().any(|entry| {
        let mut notes = entry.verdict.regime.iter();
        notes.any(|note| note.code != IssueCode::CalendarEffect)
    });
    let regime = regimes.zip(trained_days).filter(|_| has_readings);
    let regime = regime.and_then(|(regimes, last)| regimes.at(last + 1));
    let past = entry
        .as_ref()
        .map(|entry| past_forecasts(&case, entry))
        .unwrap_or_default();
    let recent = last_values(history, days_to_look_back(setup.options.sustained));
    Evidence {
        key,
        issues,
        shares,
        recent,
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
            notices: outcomes
                .issues(key, stage, engine.name())
                .into_iter()
                .map(|issue| Notice {
                    severity: issue.severity,
                    code: issue.code,
                    message: issue.message,
                })
                .collect(),
            forecasts: EngineForecasts::from(outcomes),
        };
        answers.extend(series.keys().iter().zip(outcomes).map(answer));
    }
    answers
}
