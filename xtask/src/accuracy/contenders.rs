//! Everybody's forecasts of the future, from the history alone.

use fleetcast::RegimesMode;
use fleetcast::regimes::CalendarAligner;
use fleetcast_core::{
    Engine, EngineForecasts, Forecast, IntervalLevel, PanelView, Refit, SeriesRegimes, SeriesView,
    Split, forecast_windows, seasonal_naive,
};
use fleetcast_ets::MstlEngine;
use fleetcast_judge::{
    Case, Contender, FleetGains, FurtherEngine, Golden, PromotionMargin, Rules, Verdict,
    judge_series,
};
use fleetcast_pipeline::ChallengerEngine;
use fleetcast_prophet::{Mode, ProphetEngine};
use rayon::prelude::*;

use crate::accuracy::peers::Peers;
use crate::accuracy::scores::{Intervals, ScoredForecast, Truth};
use crate::error::Error;
use crate::settings::Settings;

/// Margins the winner is also named by, in percent: the promotion margin's curve.
pub(crate) const MARGINS: [f64; 7] = [0.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0];

/// Prophet with its own default settings: what people run today.
const PROPHET_DEFAULT: &str = "prophet_default";
/// Decomposition and non-seasonal smoothing: the challenger's first version.
const MSTL_ETS: &str = "mstl_ets";

/// The winner and the blend, had no engine stood beside champion and challenger.
pub(crate) const WINNER_WITHOUT: &str = "winner_without";
pub(crate) const BLEND_WITHOUT: &str = "blend_without";

/// Names of our own; so is whatever begins as the margins' do.
const OURS: [&str; 8] = [
    "prophet",
    "challenger",
    "xgboost",
    "winner",
    "blend",
    WINNER_WITHOUT,
    BLEND_WITHOUT,
    "seasonal_naive",
];
const MARGIN: &str = "margin_";

/// Whether a peer cannot have this name.
pub(crate) fn is_taken(name: &str) -> bool {
    OURS.contains(&name) || [PROPHET_DEFAULT, MSTL_ETS].contains(&name) || name.starts_with(MARGIN)
}

/// Who is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contenders {
    /// Everybody there is, and the winner by every margin.
    All,
    /// The winner, and Prophet as it comes.
    WinnerAndProphet,
    /// The winner alone, as it is with regimes off.
    WinnerWithoutRegimes,
}

/// What engines and judge say of a batch of series, at one origin.
pub(crate) struct Outcomes<'a> {
    split: &'a Split,
    level: IntervalLevel,
    rules: Rules,
    prophet: Vec<EngineForecasts>,
    challenger: Vec<EngineForecasts>,
    /// What engines say that stand beside champion and challenger.
    further: Vec<(Contender, Vec<EngineForecasts>)>,
    /// Why each of those is not followed at this origin.
    not_followed: Vec<Option<String>>,
    references: Vec<(&'static str, Vec<EngineForecasts>)>,
    contenders: Contenders,
    aligner: CalendarAligner,
}

impl<'a> Outcomes<'a> {
    /// Asks every engine, and of those with a model of the whole fleet the one that was `trained`. `history` covers the history
    /// window of `split` and nothing else.
    pub(crate) fn of(
        history: PanelView<'_>,
        split: &'a Split,
        settings: &Settings,
        contenders: Contenders,
        trained: Option<&dyn Engine>,
    ) -> Result<Self, Error> {
        let level = settings.shop.rules.level;
        let mode = match contenders {
            Contenders::WinnerWithoutRegimes => RegimesMode::Off,
            _ => settings.shop.regimes,
        };
        let aligner = CalendarAligner::new(mode.detector(), settings.holidays.calendar([]));
        let regimes = aligner
            .if_any()
            .map(|aligner| SeriesRegimes::of_all(history, aligner));
        let ask_with = |engine: &dyn Engine, regimes| -> Result<Vec<EngineForecasts>, Error> {
            let refit = Refit::WholeHistory;
            let outcomes = forecast_windows(engine, history, split, refit, level, regimes)?;
            Ok(outcomes.into_iter().map(EngineForecasts::from).collect())
        };
        let ask = |engine: &dyn Engine| ask_with(engine, regimes.as_deref());
        let ask_plainly = |engine: &dyn Engine| ask_with(engine, None);
        let mut references = Vec::new();
        if contenders != Contenders::WinnerWithoutRegimes {
            let prophet = ask_plainly(&ProphetEngine::new(Mode::Exact))?;
            references.push((PROPHET_DEFAULT, prophet));
        }
        if contenders == Contenders::All {
            references.push((MSTL_ETS, ask_plainly(&MstlEngine::new())?));
        }
        let mut further = Vec::new();
        for engine in &settings.further {
            if let Some(trained) = trained {
                further.push((engine.contender(), ask(trained)?));
            }
        }
        let of_shop = settings.shop.challenger.engine();
        let challenger = match settings.challenger {
            ChallengerEngine::Xgboost => trained.unwrap_or(of_shop.as_ref()),
            ChallengerEngine::OfShop => of_shop.as_ref(),
        };
        Ok(Self {
            split,
            level,
            not_followed: vec![None; further.len()],
            further,
            rules: settings.shop.rules,
            prophet: ask(&ProphetEngine::new(settings.shop.prophet_mode))?,
            challenger: ask(challenger)?,
            references,
            contenders,
            aligner,
        })
    }

    /// What the blends of these series gained at the backtest by each engine beside champion and challenger.
    pub(crate) fn gains(&self, history: PanelView<'_>) -> FleetGains {
        let series = (0..history.len()).into_par_iter();
        series
            .map(|index| {
                let further = self.further(index);
                FleetGains::of(&self.case(history.series(index), index, &further))
            })
            .sum()
    }

    /// Says what the whole fleet gained by each engine beside champion and challenger: by that they are followed or not.
    pub(crate) fn follow(&mut self, gains: &FleetGains) {
        let engines = self.further.iter().enumerate();
        self.not_followed = engines
            .map(|(place, (model, _))| gains.at(place)?.why_not(model.as_str()))
            .collect();
    }

    fn further(&self, index: usize) -> Vec<FurtherEngine<'_>> {
        let engines = self.further.iter().zip(&self.not_followed);
        engines
            .map(|((model, forecasts), why_not)| FurtherEngine {
                model: *model,
                forecasts: &forecasts[index],
                not_followed: why_not.as_deref(),
            })
            .collect()
    }

    fn case<'s>(
        &'s self,
        history: SeriesView<'s>,
        index: usize,
        further: &'s [FurtherEngine<'s>],
    ) -> Case<'s> {
        Case {
            split: self.split,
            history,
            prophet: &self.prophet[index],
            challenger: &self.challenger[index],
            further,
            regimes: None,
        }
    }

    /// The scores of all of them, and of `peers`, against the `future`, for series whose future is
    /// known.
    pub(crate) fn score(
        &self,
        history: PanelView<'_>,
        future: PanelView<'_>,
        peers: &Peers,
    ) -> Vec<ScoredForecast> {
        let scored: Vec<Vec<ScoredForecast>> = (0..history.len())
            .into_par_iter()
            .map(|index| {
                let actual = future.series(index).values;
                let truth = Truth::new(history.series(index), self.split, actual);
                truth.map_or_else(Vec::new, |truth| {
                    let mut scored = self.score_series(index, &truth);
                    scored.extend(peers.score(&truth, self.split.as_of(), self.level));
                    scored
                })
            })
            .collect();
        scored.into_iter().flatten().collect()
    }

    fn score_series(&self, index: usize, truth: &Truth<'_>) -> Vec<ScoredForecast> {
        let (prophet, challenger) = (&self.prophet[index], &self.challenger[index]);
        let is_all = self.contenders == Contenders::All;
        let mut scored = Vec::new();
        let further = self.further.iter();
        let further = further.map(|(model, all)| (model.as_str(), &all[index]));
        let engines = [("prophet", prophet), ("challenger", challenger)];
        let engines = engines.into_iter().chain(further).filter(|_| is_all);
        let references = self.references.iter();
        let references = references.map(|(name, all)| (*name, &all[index]));
        for (name, forecasts) in engines.chain(references) {
            if let Some(forecast) = &forecasts.future {
                let bounds = (forecast.lower().to_vec(), forecast.upper().to_vec());
                let intervals = Intervals::at(self.level, bounds);
                scored.push(truth.score(name.to_owned(), forecast.yhat(), Some(&intervals)));
            }
        }
        let naive = seasonal_naive(truth.history, truth.horizon());
        if let Some(naive) = naive.filter(|_| is_all) {
            scored.push(truth.score("seasonal_naive".to_owned(), &naive.yhat, None));
        }
        let aligner = self.aligner.if_any();
        let regimes = aligner.map(|aligner| SeriesRegimes::new(truth.history, aligner));
        let present = regimes.as_ref();
        let present = present.and_then(|regimes| regimes.at(truth.history.values.len()));
        let followed = self.further(index);
        let case = Case {
            regimes: regimes.as_ref(),
            ..self.case(truth.history, index, &followed)
        };
        let without = Case {
            further: &[],
            ..case
        };
        let judged = |rules: Rules| judge_series(&case, None, &rules);
        let winner = match self.contenders {
            Contenders::WinnerWithoutRegimes => "winner_off",
            _ => "winner",
        };
        let blend = is_all.then_some(("blend", Golden::Blend, &case));
        let alone = [
            (WINNER_WITHOUT, Golden::Winner, &without),
            (BLEND_WITHOUT, Golden::Blend, &without),
        ];
        let alone = alone.into_iter().filter(|_| !self.further.is_empty());
        let all = [(winner, Golden::Winner, &case)]
            .into_iter()
            .chain(blend)
            .chain(alone);
        for (name, golden, case) in all {
            let rules = Rules {
                golden,
                ..self.rules
            };
            let verdict = judge_series(case, None, &rules);
            if let Some(yhat) = golden_yhat(&verdict, case) {
                let intervals = verdict
                    .calibration
                    .as_ref()
                    .map(|calibration| Intervals::calibrated(yhat, calibration, self.level))
                    .map(|intervals| intervals.reaching(present.as_deref()));
                let mut row = truth.score(name.to_owned(), yhat, intervals.as_ref());
                row.trust = Some(verdict.trust);
                scored.push(row);
            }
        }
        for percent in MARGINS.into_iter().filter(|_| is_all) {
            let Ok(margin) = PromotionMargin::new(percent) else {
                continue;
            };
            let winner = judged(Rules {
                margin,
                golden: Golden::Winner,
                ..self.rules
            });
            if let Some(yhat) = golden_yhat(&winner, &case) {
                scored.push(truth.score(format!("{MARGIN}{percent}"), yhat, None));
            }
        }
        scored
    }
}

fn golden_yhat<'a>(verdict: &'a Verdict, case: &Case<'a>) -> Option<&'a [f64]> {
    if let Some(engine) = case.engine(verdict.golden) {
        return engine.future.as_ref().map(Forecast::yhat);
    }
    match verdict.golden {
        Contender::Blend => verdict.blend.as_deref(),
        _ => verdict.stand_in.as_deref(),
    }
}
