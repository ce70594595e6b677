//! What the judge knows of one series.

use std::borrow::Cow;

use fleetcast_core::{Day, EngineForecasts, SeriesRegimes, SeriesView, Split};

use crate::Contender;

/// A further engine is one that stands beside champion and challenger.
#[derive(Debug, Clone, Copy)]
pub struct FurtherEngine<'a> {
    /// The place that it has: [`Contender::Further`] of its name.
    pub model: Contender,
    /// The forecasts that it made.
    pub forecasts: &'a EngineForecasts,
    /// Why it is scored and neither weighed nor able to win, in words; `None` where it is a contender like others.
    pub not_followed: Option<&'a str>,
}

/// Everything the verdict on one series rests on.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The windows.
    pub split: &'a Split,
    /// The values of the history window.
    pub history: SeriesView<'a>,
    /// What the champion says.
    pub prophet: &'a EngineForecasts,
    /// What the challenger says.
    pub challenger: &'a EngineForecasts,
    /// The further engines, in the order in which ties are settled.
    pub further: &'a [FurtherEngine<'a>],
    /// The regimes of the history, where they are known.
    pub regimes: Option<&'a SeriesRegimes<'a>>,
}

impl<'a> Case<'a> {
    /// Every engine's forecasts: those of the champion, of the challenger, of further ones.
    pub(crate) fn engines(&self) -> impl Iterator<Item = (Contender, &'a EngineForecasts)> {
        let both = [
            (Contender::Prophet, self.prophet),
            (Contender::Challenger, self.challenger),
        ];
        let further = self.further.iter();
        both.into_iter()
            .chain(further.map(|engine| (engine.model, engine.forecasts)))
    }

    /// The forecasts of engines that may win and have weights, in the same order.
    pub(crate) fn followed(&self) -> impl Iterator<Item = (Contender, &'a EngineForecasts)> {
        let further = self.further;
        self.engines().filter(move |(model, _)| {
            let mut left = further
                .iter()
                .filter(|engine| engine.not_followed.is_some());
            !left.any(|engine| engine.model == *model)
        })
    }

    /// Says whether an engine that may win forecasts the future.
    pub(crate) fn has_future(&self) -> bool {
        self.followed().any(|(_, engine)| engine.future.is_some())
    }

    /// Returns what an engine says, where the model is one of the case's.
    #[must_use]
    pub fn engine(&self, model: Contender) -> Option<&'a EngineForecasts> {
        self.engines()
            .find_map(|(engine, forecasts)| (engine == model).then_some(forecasts))
    }

    /// The values of the training window.
    pub(crate) fn training(&self) -> &'a [f64] {
        let days = self.split.training().len();
        &self.history.values[..days.min(self.history.values.len())]
    }

    /// The values of the backtest window.
    pub(crate) fn backtest(&self) -> &'a [f64] {
        let after = &self.history.values[self.training().len()..];
        &after[..self.split.backtest().len().min(after.len())]
    }

    /// The values up to `origin`, and those of the `days` days after it; `None` where they do not
    /// lie inside the training window.
    pub(crate) fn at(&self, origin: Day, days: usize) -> Option<(&'a [f64], &'a [f64])> {
        let seen = self.split.training().index_of(origin)? + 1;
        let training = self.training();
        let after = training.get(seen..seen + days)?;
        Some((&training[..seen], after))
    }

    /// Returns the origins inside the training window that engines were asked at and how many days each looked ahead, earliest
    /// first; where several have one, the days of the first of them.
    #[must_use]
    pub fn inner_origins(&self) -> Vec<(Day, usize)> {
        let mut origins: Vec<(Day, usize)> = Vec::new();
        for inner in self.followed().flat_map(|(_, engine)| &engine.inner) {
            if origins.iter().all(|(known, _)| *known != inner.origin) {
                origins.push((inner.origin, inner.yhat.len()));
            }
        }
        origins.sort_by_key(|(origin, _)| *origin);
        origins
    }

    /// Whether after `later` days something is known of regimes, or was after `days` days.
    pub(crate) fn knows_more(&self, days: usize, later: usize) -> bool {
        self.regimes
            .is_some_and(|regimes| regimes.at(later).is_some() || regimes.at(days).is_some())
    }

    /// Returns the values of the first `days` days of the history, brought to the level of the last of them by what was known then.
    #[must_use]
    pub fn aligned(&self, days: usize) -> Cow<'a, [f64]> {
        let values = &self.history.values[..days];
        match self.regimes.and_then(|regimes| regimes.at(days)) {
            Some(then) => Cow::Owned(then.align(values)),
            None => Cow::Borrowed(values),
        }
    }

    /// Returns the values of the `ahead` days after `origin`, had its regime lasted, by what is known after `days` days of the
    /// history; `None` where nothing is that makes them other values.
    #[must_use]
    pub fn had_it_lasted(&self, origin: Day, ahead: usize, days: usize) -> Option<Vec<f64>> {
        let seen = self.split.history().index_of(origin)? + 1;
        match self.regimes?.had_it_lasted(seen, ahead, days) {
            Cow::Borrowed(_) => None,
            Cow::Owned(values) => Some(values),
        }
    }
}
