//! What there is on one series, from the series alone.

use std::sync::Arc;

use fleetcast_core::{
    Alignment, Engine, EngineForecasts, IssueCode, Notice, Panel, PanelView, SeriesIssue,
    SeriesKey, SeriesRegimes, Severity, Stage, TimeGrid, ValueShares, WindowOutcomes,
    forecast_windows, screen,
};
use fleetcast_judge::{
    Case, Circumstances, Contender, FleetGains, FurtherEngine, LeaderboardEntry,
};
use fleetcast_outlook::days_to_look_back;
use fleetcast_outlook::paths::SeriesPast;
use rayon::prelude::*;

use crate::batch::last_values;
use crate::past::past_of;
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
    /// The forecasts of engines beside these two.
    pub(crate) further: Vec<(Contender, Arc<EngineForecasts>)>,
    pub(crate) entry: Option<LeaderboardEntry>,
    /// The past holds its golden model's forecasts and earlier years.
    pub(crate) past: SeriesPast,
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

    /// Returns what an engine forecast, where the model is one of the shop's.
    #[must_use]
    pub fn engine(&self, model: Contender) -> Option<&EngineForecasts> {
        match model {
            Contender::Prophet => Some(&self.prophet),
            Contender::Challenger => Some(&self.challenger),
            model => {
                let mut further = self.further.iter();
                further.find_map(|(name, forecasts)| (*name == model).then_some(&**forecasts))
            }
        }
    }

    /// Returns its golden model's forecasts of the past, held against what came, and what came in earlier years.
    #[must_use]
    pub fn past(&self) -> &SeriesPast {
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
        for (model, engine) in &mut self.further {
            keep(engine, *model);
        }
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
    /// The answers of the shop's further engines, in their order.
    pub(crate) further: Vec<Answer>,
}

impl EngineAnswers {
    /// Returns the series.
    #[must_use]
    pub fn key(&self) -> &SeriesKey {
        &self.key
    }
}

/// The evidence on every series of a batch, in its order.
pub(crate) fn gather(
    setup: &Setup,
    batch: &Batch,
    survey: &Survey,
    why_not: &[Option<String>],
) -> Vec<Evidence> {
    with_answers(setup, batch, survey, |answers, regimes| {
        judge_with(setup, answers, regimes, why_not)
    })
}

/// Returns what engines answer on every series of a batch, in its order.
pub(crate) fn answers(setup: &Setup, batch: &Batch, survey: &Survey) -> Vec<EngineAnswers> {
    with_answers(setup, batch, survey, |answers, _| answers)
}

/// The series of a batch as engines are asked about them.
pub(crate) struct Seen {
    /// All series of the batch.
    all: Panel,
    /// What was noticed of the data, a list a series of the batch.
    issues: Vec<Vec<SeriesIssue>>,
    /// The series that are worth forecasting.
    pub(crate) worth_forecasting: Panel,
    /// The place of each of those in the batch.
    places: Vec<usize>,
}

impl Seen {
    pub(crate) fn of(setup: &Setup, batch: &Batch, survey: &Survey) -> Self {
        let (all, mut issues) = batch.seen_by_engines(survey, &setup.capacities);
        let view = all.view();
        // One by one, so that each has its own, also where two have the same name.
        let mut places = Vec::with_capacity(view.len());
        let mut rows = Vec::with_capacity(view.len());
        for (place, issues) in issues.iter_mut().enumerate() {
            let screened = screen(view.slice(place..place + 1));
            issues.extend(screened.issues);
            for series in screened.panel.view().iter() {
                places.push(place);
                rows.push((series.key.clone(), series.values.to_vec()));
            }
        }
        let worth_forecasting = Panel::from_rows(view.grid(), rows)
            .unwrap_or_else(|_| unreachable!("rows of a panel make a panel"));
        Self {
            all,
            issues,
            worth_forecasting,
            places,
        }
    }
}

/// What all engines answered on one series, and where it stands among those that they were asked about.
#[derive(Default)]
struct OfAll {
    among: Option<usize>,
    prophet: Answer,
    challenger: Answer,
    further: Vec<Answer>,
}

/// Asks engines about every series of a batch, and hands over each one's answers, with its regimes where those are known.
fn with_answers<T: Send>(
    setup: &Setup,
    batch: &Batch,
    survey: &Survey,
    then: impl Fn(EngineAnswers, Option<&SeriesRegimes<'_>>) -> T + Sync,
) -> Vec<T> {
    let Seen {
        all,
        issues,
        worth_forecasting,
        places,
    } = Seen::of(setup, batch, survey);
    let panel = worth_forecasting.view();
    let aligner = setup.aligner();
    let regimes = aligner.map(|aligner| SeriesRegimes::of_all(panel, aligner));
    let regimes = regimes.as_deref();
    let ask = |engine: &dyn Engine, stage| ask(setup, engine, stage, panel, regimes).into_iter();
    let champion = ask(setup.champion.as_ref(), Stage::Prophet);
    let challenger = ask(setup.challenger.as_ref(), Stage::Challenger);
    let engines = setup.further.iter();
    let mut further: Vec<_> = engines
        .map(|further| ask(further.engine.as_ref(), further.stage()))
        .collect();
    let mut answered: Vec<OfAll> = issues.iter().map(|_| OfAll::default()).collect();
    let both = champion.zip(challenger).enumerate();
    for (place, (among, (prophet, challenger))) in places.into_iter().zip(both) {
        answered[place] = OfAll {
            among: Some(among),
            prophet,
            challenger,
            further: further.iter_mut().filter_map(Iterator::next).collect(),
        };
    }
    let all_notes: Vec<_> = batch.notes().map(|(_, notes)| notes.shares).collect();
    let all = all.view();
    answered
        .into_par_iter()
        .zip(issues)
        .zip(all_notes)
        .enumerate()
        .map(|(place, ((answered, issues), shares))| {
            let series = all.series(place);
            let among = answered.among;
            let answers = EngineAnswers {
                key: series.key.clone(),
                grid: series.grid,
                values: series.values.to_vec(),
                shares,
                issues,
                were_asked: among.is_some(),
                prophet: answered.prophet,
                challenger: answered.challenger,
                further: answered.further,
            };
            then(answers, regimes.zip(among).map(|(all, among)| &all[among]))
        })
        .collect()
}

/// Returns what the blend of one series gained at the backtest by each further engine, in the order of the shop.
pub(crate) fn gains(setup: &Setup, answers: &EngineAnswers) -> FleetGains {
    let panel = panel_of(answers);
    let panel = panel.view();
    let further: Vec<FurtherEngine<'_>> = setup
        .further
        .iter()
        .zip(&answers.further)
        .map(|(engine, answer)| FurtherEngine {
            model: engine.model,
            forecasts: &answer.forecasts,
            not_followed: None,
        })
        .collect();
    FleetGains::of(&Case {
        split: &setup.split,
        history: panel.series(0),
        prophet: &answers.prophet.forecasts,
        challenger: &answers.challenger.forecasts,
        further: &further,
        regimes: None,
    })
}

/// Judges a series by what engines answered, over the windows of the shop. `why_not` says of each further engine why it is not followed.
pub(crate) fn judge(setup: &Setup, answers: EngineAnswers, why_not: &[Option<String>]) -> Evidence {
    let panel = panel_of(&answers);
    let view = panel.view();
    let aligner = setup.aligner().filter(|_| answers.were_asked);
    let regimes = aligner.map(|aligner| SeriesRegimes::new(view.series(0), aligner));
    judge_with(setup, answers, regimes.as_ref(), why_not)
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
    why_not: &[Option<String>],
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
        further,
        ..
    } = answers;
    let mut say = |notices, stage, engine: &dyn Engine| {
        issues.extend(Answer::issues(notices, &key, stage, engine));
    };
    say(prophet.notices, Stage::Prophet, setup.champion.as_ref());
    say(
        challenger.notices,
        Stage::Challenger,
        setup.challenger.as_ref(),
    );
    let mut further_forecasts = Vec::with_capacity(further.len());
    for (engine, answer) in setup.further.iter().zip(further) {
        say(answer.notices, engine.stage(), engine.engine.as_ref());
        further_forecasts.push((engine.model, Arc::new(answer.forecasts)));
    }
    let is_failure =
        |issue: &SeriesIssue| issue.engine.is_some() && issue.severity == Severity::Error;
    let circumstances = Circumstances {
        incumbent: setup.incumbents.get(&key).copied(),
        engine_failed: issues.iter().any(is_failure),
        several: None,
    };
    let further: Vec<FurtherEngine<'_>> = further_forecasts
        .iter()
        .zip(why_not)
        .map(|((model, forecasts), why_not)| FurtherEngine {
            model: *model,
            forecasts,
            not_followed: why_not.as_deref(),
        })
        .collect();
    let case = Case {
        split: &setup.split,
        history,
        prophet: &prophet.forecasts,
        challenger: &challenger.forecasts,
        further: &further,
        regimes,
    };
    let entry = LeaderboardEntry::of(&case, circumstances, &setup.options.rules);
    issues.extend(entry.iter().flat_map(LeaderboardEntry::issues));
    let regime = regime_of(setup, entry.as_ref(), regimes);
    let past = entry.as_ref().map_or_else(
        || SeriesPast::of_forecasts(Vec::new(), setup.split.as_of()),
        |entry| past_of(&case, entry),
    );
    let recent = last_values(history, days_to_look_back(setup.options.sustained));
    Evidence {
        key,
        issues,
        shares,
        recent,
        prophet: Arc::new(prophet.forecasts),
        challenger: Arc::new(challenger.forecasts),
        further: further_forecasts,
        entry,
        past,
        regime,
    }
}

/// Returns the regime that the forecast of the future goes on from. Where the judge says nothing of level and growth, there is one reading
/// of them only.
fn regime_of(
    setup: &Setup,
    entry: Option<&LeaderboardEntry>,
    regimes: Option<&SeriesRegimes<'_>>,
) -> Option<Arc<Alignment>> {
    let mut notes = entry?.verdict.regime.iter();
    if !notes.any(|note| note.code != IssueCode::CalendarEffect) {
        return None;
    }
    let trained_through = WriteRules::trained_through(&setup.split, setup.options.refit);
    let last = setup.split.history().index_of(trained_through)?;
    regimes?.at(last + 1)
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
