//! Who wins a series, by which metric, and why.

use std::fmt;
use std::str::FromStr;

use crate::{Contender, PromotionMargin, Scores};

/// The metric that decides. Every one is an error: smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metric {
    /// Mean absolute percentage error; where fewer than half the days can be scored, WAPE.
    #[default]
    Mape,
    /// Weighted absolute percentage error.
    Wape,
    /// Symmetric mean absolute percentage error.
    Smape,
    /// Mean absolute scaled error.
    Mase,
    /// Mean absolute error.
    Mae,
    /// Root mean squared error.
    Rmse,
}

/// No metric has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no metric is called {0}; there are mape, wape, smape, mase, mae and rmse")]
pub struct UnknownMetric(String);

impl Metric {
    const ALL: [Self; 6] = [
        Self::Mape,
        Self::Wape,
        Self::Smape,
        Self::Mase,
        Self::Mae,
        Self::Rmse,
    ];

    /// The name in `decided_by` and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mape => "mape",
            Self::Wape => "wape",
            Self::Smape => "smape",
            Self::Mase => "mase",
            Self::Mae => "mae",
            Self::Rmse => "rmse",
        }
    }

    /// The value, where it is defined and may decide.
    pub(crate) fn of(self, scores: &Scores) -> Option<f64> {
        match self {
            Self::Mape => scores
                .mape
                .percent
                .filter(|_| scores.mape.is_representative()),
            Self::Wape => scores.wape,
            Self::Smape => scores.smape,
            Self::Mase => scores.mase,
            Self::Mae => Some(scores.mae),
            Self::Rmse => scores.rmse,
        }
    }

    /// Itself, and what decides where it cannot.
    pub(crate) fn and_fallbacks(self) -> impl Iterator<Item = Self> {
        let wape = matches!(self, Self::Mape).then_some(Self::Wape);
        [Some(self), wape, Some(Self::Mae)].into_iter().flatten()
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|metric| metric.as_str() == name)
            .ok_or_else(|| UnknownMetric(name.to_owned()))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who wins, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The winner: an engine, a plain repetition that every engine lost to, or seasonal naive where there is no engine.
    pub winner: Contender,
    /// `mape` or another metric, `only_engine`, `only_backtest`, `no_backtest` or `no_engine`.
    pub decided_by: &'static str,
    /// The reason in words, with the figures.
    pub reason: String,
}

/// An engine's candidacy: whether it has a future to offer, and how its backtest was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidacy<'a> {
    pub(crate) has_future: bool,
    pub(crate) backtest: Option<&'a Scores>,
}

/// Names the winner among the engines, which stand in the order in which ties are settled.
///
/// The holder is whoever won the last run, else the champion; its rival must be better by more than
/// the margin, and of several rivals the best one counts.
pub(crate) fn decide(
    engines: &[(Contender, Candidacy<'_>)],
    incumbent: Option<Contender>,
    metric: Metric,
    margin: PromotionMargin,
) -> Decision {
    let by = |winner, decided_by, reason: String| Decision {
        winner,
        decided_by,
        reason,
    };
    let (with_future, without): (Vec<_>, Vec<_>) =
        engines.iter().partition(|(_, engine)| engine.has_future);
    let [(first, _), others @ ..] = with_future.as_slice() else {
        let reason = "no engine has a forecast; seasonal naive stands in";
        return by(Contender::SeasonalNaive, "no_engine", reason.to_owned());
    };
    if others.is_empty() && engines.len() > 1 {
        let names: Vec<&str> = without.iter().map(|(model, _)| model.in_words()).collect();
        let reason = match names.as_slice() {
            [one] => format!("{one} has no forecast"),
            several => format!("{} have no forecast", several.join(" and ")),
        };
        return by(*first, "only_engine", reason);
    }
    let tested: Vec<(Contender, &Scores)> = with_future
        .iter()
        .filter_map(|(model, engine)| Some((*model, engine.backtest?)))
        .collect();
    match tested.as_slice() {
        [] => {
            let reason = format!("no backtest to decide by; {} stays", as_holder(*first));
            by(*first, "no_backtest", reason)
        }
        [(only, _)] => {
            let reason = format!("only {} has a backtest", only.in_words());
            by(*only, "only_backtest", reason)
        }
        several => compare(several, incumbent, metric, margin),
    }
}

fn as_holder(model: Contender) -> &'static str {
    match model {
        Contender::Prophet => "the champion",
        other => other.in_words(),
    }
}

/// Compares two engines or more that have a backtest.
fn compare(
    engines: &[(Contender, &Scores)],
    incumbent: Option<Contender>,
    metric: Metric,
    margin: PromotionMargin,
) -> Decision {
    let errors_by = |metric: Metric| -> Option<Vec<(Contender, f64)>> {
        let errors = engines.iter();
        errors
            .map(|(model, scores)| Some((*model, metric.of(scores)?)))
            .collect()
    };
    let (metric, errors) = metric
        .and_fallbacks()
        .find_map(|metric| Some((metric, errors_by(metric)?)))
        .unwrap_or_else(|| {
            let maes = engines.iter().map(|(model, scores)| (*model, scores.mae));
            (Metric::Mae, maes.collect())
        });
    let place = errors
        .iter()
        .position(|(model, _)| Some(*model) == incumbent)
        .unwrap_or(0);
    let (holder, held) = errors[place];
    let rivals = errors.iter().copied().filter(|(model, _)| *model != holder);
    let (rival, rivalling) = rivals
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .unwrap_or((holder, held));
    let stays = match holder {
        Contender::Prophet => "the champion stays".to_owned(),
        other if Some(other) == incumbent => {
            format!("{} won the last run and stays", other.in_words())
        }
        other => format!("{} stays", other.in_words()),
    };
    let (better, worse) = (held.min(rivalling), held.max(rivalling));
    let lead = if worse > 0.0 {
        100.0 * (1.0 - better / worse)
    } else {
        0.0
    };
    let name = metric.as_str().to_uppercase();
    let winner = if rivalling < held * (1.0 - margin.percent() / 100.0) {
        rival
    } else {
        holder
    };
    let reason = if held.total_cmp(&rivalling).is_eq() {
        format!("a tie at {name} {}; {stays}", figure(held))
    } else if winner == holder && rivalling < held {
        format!(
            "{rival} {lead:.1} % better, within the {} % margin; {stays}",
            margin.percent()
        )
    } else {
        // Of two engines it is clear whom the other figure is of.
        let loser = if winner == holder { rival } else { holder };
        let whose = if engines.len() > 2 {
            format!("{}'s ", loser.in_words())
        } else {
            String::new()
        };
        format!(
            "{winner} {lead:.1} % better by {name} ({} against {whose}{})",
            figure(better),
            figure(worse)
        )
    };
    Decision {
        winner,
        decided_by: metric.as_str(),
        reason,
    }
}

/// A figure with four digits that count.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of decimals, from 0 to 6"
)]
pub(crate) fn figure(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs().log10().floor();
    if !(-3.0..6.0).contains(&magnitude) {
        return format!("{value:.3e}");
    }
    let decimals = (3.0 - magnitude).clamp(0.0, 6.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_four_digits() {
        for (value, text) in [
            (5.0, "5"),
            (146.875, "146.9"),
            (0.25, "0.25"),
            (12345.6, "12346"),
            (0.0, "0"),
            (9.9999, "10"),
            (1.5e99, "1.500e99"),
            (2e-9, "2.000e-9"),
        ] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn metrics_are_called_by_name() {
        for metric in Metric::ALL {
            assert_eq!(metric.as_str().parse(), Ok(metric));
        }
        assert!("mse".parse::<Metric>().is_err());
    }
}
