//! The verdict on one series: scores, winner, blend, intervals and trust, from slices alone.

use fleetcast_core::{Calibration, metrics};

use crate::blend::Weights;
use crate::decision::{Candidacy, Decision, decide};
use crate::past_errors::PastErrors;
use crate::regime::{RegimeNote, notes};
use crate::repetition::Repetition;
use crate::scorer::Scorer;
use crate::track_record::TrackRecord;
use crate::trust::TrustEvidence;
use crate::window::{Window, naive};
use crate::{Case, Contender, Golden, Rules, Scores, Trust};

/// What the judge says of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Who wins among the engines, and why.
    pub decision: Decision,
    /// Whose forecast becomes golden.
    pub golden: Contender,
    /// Every contender's scores on the backtest, a plain repetition's where it has won; none where no engine has a backtest.
    pub backtest: Vec<Scores>,
    /// The engines' scores at their inner origins, and seasonal naive's at the same.
    pub inner: Vec<Scores>,
    /// What the blend makes of each of its members.
    pub weights: Weights,
    /// The blend's point forecast of the future, in the series' unit.
    pub blend: Option<Vec<f64>>,
    /// The point forecast of the future of a plain repetition, or of seasonal naive, where that is golden in the place of
    /// engines.
    pub stand_in: Option<Vec<f64>>,
    /// What the golden forecast's intervals are made from, where errors were made.
    pub calibration: Option<Calibration>,
    /// The share of the backtest's days inside the golden model's interval, as errors before the
    /// backtest alone would have drawn it.
    pub coverage: Option<f64>,
    /// 1 − MAE/MAE of seasonal naive of the golden model, on the backtest.
    pub skill: Option<f64>,
    /// The mean absolute error of the golden model over backtest and inner origins, in percent of
    /// the series' level.
    pub error_percent: Option<f64>,
    /// How far the golden forecast can be trusted.
    pub trust: Trust,
    /// What is to be said of the regime that the series is in, latest first.
    pub regime: Vec<RegimeNote>,
}

impl Verdict {
    /// A contender's scores on the backtest.
    #[must_use]
    pub fn backtest_of(&self, model: Contender) -> Option<&Scores> {
        of(&self.backtest, model)
    }
}

fn of(scores: &[Scores], model: Contender) -> Option<&Scores> {
    scores.iter().find(|scores| scores.model == model)
}

/// Judges one series. `incumbent` is who won it in the last run.
///
/// Weights and intervals of the backtest rest on the training window alone; those of the future on
/// the whole history, and on nothing after it.
#[must_use]
pub fn judge_series(case: &Case<'_>, incumbent: Option<Contender>, rules: &Rules) -> Verdict {
    let mut errors = PastErrors::at_inner_origins(case);
    let backtest = Window::backtest(case, &errors);
    errors.add_origin(case.backtest(), &backtest.forecasts);
    let future = Window::future(case, &errors);

    let scorer = Scorer {
        case,
        mase_scale: metrics::mase_scale(case.training()),
        level: rules.level,
    };
    let mut scores = scorer.backtest(&backtest);
    let followed: Vec<(Contender, Candidacy<'_>)> = case
        .followed()
        .map(|(model, engine)| {
            let candidacy = Candidacy {
                has_future: engine.future.is_some(),
                backtest: of(&scores, model),
            };
            (model, candidacy)
        })
        .collect();
    let mut decision = decide(&followed, incumbent, rules.metric, rules.margin);
    let engines = followed.iter();
    let engines: Vec<Scores> = engines
        .filter_map(|(_, engine)| engine.backtest.cloned())
        .collect();
    if decision.winner != Contender::SeasonalNaive
        && let Some(repetition) = Repetition::winning(
            case,
            &engines,
            rules.metric,
            rules.margin,
            scorer.mase_scale,
        )
        && future.yhat_of(repetition.decision.winner).is_some()
    {
        decision = repetition.decision;
        scores.push(repetition.scores);
    }
    let golden = if rules.golden == Golden::Blend && future.blend.is_some() {
        Contender::Blend
    } else {
        decision.winner
    };

    let record_of = |model| TrackRecord::of(case, model, &future.weights, &backtest, rules.level);
    let record = record_of(golden);
    if let Some(blend) = scores
        .iter_mut()
        .find(|scores| scores.model == Contender::Blend)
    {
        let other = (golden != Contender::Blend).then(|| record_of(Contender::Blend));
        let blends_record = other.as_ref().unwrap_or(&record);
        blend.coverage = blends_record.coverage;
        blend.pinball = blends_record.pinball;
    }
    let skill = skill(&scores, golden);
    let error_percent = record.error_percent(case.history);
    let mut trust = Trust::grade(&TrustEvidence {
        error_percent,
        skill,
        instability: record.instability(),
        coverage: record.coverage,
        shift: record.shift,
        observed: case.history.observed(),
    });
    let regime = notes(case);
    if let Some(young) = regime.iter().find(|note| note.is_young) {
        trust = trust.at_best_c();
        decision.reason = format!("{}; {}", decision.reason, young.words);
    }
    for why in case.further.iter().filter_map(|engine| engine.not_followed) {
        decision.reason = format!("{}; {why}", decision.reason);
    }
    let stand_in = match golden {
        Contender::SeasonalNaive => naive(case.history, case.split.future().len()),
        Contender::NaiveLevel | Contender::NaiveWeek | Contender::NaiveYear => {
            future.yhat_of(golden).map(<[f64]>::to_vec)
        }
        Contender::Prophet | Contender::Challenger | Contender::Further(_) | Contender::Blend => {
            None
        }
    };
    Verdict {
        decision,
        golden,
        backtest: scores,
        inner: scorer.inner_origins(),
        weights: future.weights,
        blend: future.blend,
        stand_in,
        calibration: record.calibration,
        coverage: record.coverage,
        // A bar that is almost nothing says how bad a forecast is, but not in numbers.
        skill: skill.filter(|skill| skill.is_finite()),
        error_percent,
        trust,
        regime,
    }
}

fn skill(scores: &[Scores], golden: Contender) -> Option<f64> {
    let naive = of(scores, Contender::SeasonalNaive)?.mae;
    let own = of(scores, golden)?.mae;
    (naive > 0.0).then(|| 1.0 - own / naive)
}
