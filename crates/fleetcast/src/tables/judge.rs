//! The judge's tables.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use fleetcast_core::batches::Columns;
use fleetcast_core::{Calibration, Day, SeriesKey};
use fleetcast_judge::{Contender, LeaderboardEntry, PooledCalibration, Scores, Verdict};

/// A metric of [`Scores`], by its name in columns.
type NamedMetric = (&'static str, fn(&Scores) -> Option<f64>);

const POINT_METRICS: [NamedMetric; 7] = [
    ("mape", |scores| scores.mape.percent),
    ("wape", |scores| scores.wape),
    ("smape", |scores| scores.smape),
    ("mase", |scores| scores.mase),
    ("mae", |scores| Some(scores.mae)),
    ("rmse", |scores| scores.rmse),
    ("bias", |scores| scores.bias),
];

const INTERVAL_METRICS: [NamedMetric; 2] = [
    ("coverage_80", |scores| scores.coverage),
    ("pinball", |scores| scores.pinball),
];

/// Returns the rows of `model_leaderboard`, one an entry.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn model_leaderboard(
    run: i64,
    entries: &[&LeaderboardEntry],
) -> Result<RecordBatch, ArrowError> {
    let models = || {
        let own = [
            Contender::Prophet,
            Contender::Challenger,
            Contender::SeasonalNaive,
            Contender::Blend,
        ];
        own.into_iter().chain(Contender::FURTHER)
    };
    let name_of = |model| match model {
        Contender::SeasonalNaive => "naive",
        model => model.as_str(),
    };
    let verdicts = || entries.iter().map(|entry| &entry.verdict);
    let mut columns = Columns::of_series(run, entries.iter().map(|entry| &entry.key));
    columns.text(
        "winner",
        verdicts().map(|verdict| Some(verdict.decision.winner.as_str())),
    );
    for (metric, of) in POINT_METRICS {
        for model in models() {
            let name = name_of(model);
            let values = verdicts().map(|verdict| verdict.backtest_of(model).and_then(of));
            columns.number(&format!("{name}_{metric}"), values);
        }
    }
    for (metric, of) in INTERVAL_METRICS {
        for model in models() {
            let name = name_of(model);
            if model != Contender::SeasonalNaive {
                let values = verdicts().map(|verdict| verdict.backtest_of(model).and_then(of));
                columns.number(&format!("{name}_{metric}"), values);
            }
        }
    }
    columns.count("n_scored", verdicts().map(days_scored));
    columns.text(
        "decided_by",
        verdicts().map(|verdict| Some(verdict.decision.decided_by)),
    );
    columns.text(
        "incumbent",
        entries
            .iter()
            .map(|entry| entry.incumbent.map(Contender::as_str)),
    );
    columns.text(
        "golden",
        verdicts().map(|verdict| Some(verdict.golden.as_str())),
    );
    let members = [
        Contender::Prophet,
        Contender::Challenger,
        Contender::NaiveYear,
        Contender::NaiveWeek,
    ];
    for member in members.into_iter().chain(Contender::FURTHER) {
        let weights = verdicts().map(|verdict| {
            // A further engine that was not asked has no weight, where champion and challenger have none to give.
            let is_asked = !Contender::FURTHER.contains(&member)
                || verdict.backtest_of(member).is_some()
                || verdict.weights.of(member) > 0.0;
            let has_blend = verdict.blend.is_some();
            (has_blend && is_asked).then(|| verdict.weights.of(member))
        });
        columns.number(&format!("weight_{member}"), weights);
    }
    columns.number("skill", verdicts().map(|verdict| verdict.skill));
    columns.number(
        "error_percent",
        verdicts().map(|verdict| verdict.error_percent),
    );
    columns.number("coverage_80", verdicts().map(|verdict| verdict.coverage));
    columns.text(
        "trust",
        verdicts().map(|verdict| Some(verdict.trust.as_str())),
    );
    columns.text(
        "reason",
        verdicts().map(|verdict| Some(verdict.decision.reason.as_str())),
    );
    columns.finish()
}

/// The days MAPE rests on: an engine's, for both have the same actual values.
fn days_scored(verdict: &Verdict) -> usize {
    verdict
        .backtest
        .first()
        .map_or(0, |scores| scores.mape.n_scored)
}

/// Returns the rows of `backtest_scores`: one an entry, contender and origin.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn backtest_scores(run: i64, entries: &[&LeaderboardEntry]) -> Result<RecordBatch, ArrowError> {
    let scored: Vec<(&SeriesKey, &Scores)> = entries
        .iter()
        .flat_map(|entry| {
            let scores = entry.verdict.backtest.iter().chain(&entry.verdict.inner);
            scores.map(|scores| (&entry.key, scores))
        })
        .collect();
    let scores = || scored.iter().map(|(_, scores)| *scores);
    let mut columns = Columns::of_series(run, scored.iter().map(|(key, _)| *key));
    columns.text("model", scores().map(|scores| Some(scores.model.as_str())));
    columns.day("origin", scores().map(|scores| Some(scores.origin)));
    columns.count("horizon_days", scores().map(|scores| scores.horizon_days));
    for (metric, of) in POINT_METRICS.into_iter().chain(INTERVAL_METRICS) {
        columns.number(metric, scores().map(of));
    }
    columns.count("n_scored", scores().map(|scores| scores.mape.n_scored));
    columns.count("n_days", scores().map(|scores| scores.mape.n_days));
    columns.finish()
}

/// Returns the rows of `interval_calibration`: one a series whose intervals are made from errors.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn interval_calibration(
    run: i64,
    calibrated: &[(&SeriesKey, Contender, &PooledCalibration)],
) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::of_series(run, calibrated.iter().map(|(key, _, _)| *key));
    columns.text(
        "model",
        calibrated.iter().map(|(_, model, _)| Some(model.as_str())),
    );
    let calibrations = || calibrated.iter().map(|(_, _, pooled)| &pooled.calibration);
    columns.count("error_days", calibrations().map(Calibration::days));
    columns.text(
        "source",
        calibrated
            .iter()
            .map(|(_, _, pooled)| Some(pooled.source.as_str())),
    );
    columns.lists("quantiles", calibrations().map(Calibration::quantiles));
    columns.finish()
}

/// Returns the rows of `judge_forecasts`: the judge's own forecasts that become golden, one an entry
/// and day from `first` on.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn judge_forecasts(
    run: i64,
    entries: &[&LeaderboardEntry],
    first: Day,
) -> Result<RecordBatch, ArrowError> {
    let own: Vec<(&LeaderboardEntry, &Vec<f64>)> = entries
        .iter()
        .filter_map(|entry| {
            let yhat = match entry.verdict.golden {
                Contender::Blend => entry.verdict.blend.as_ref(),
                engine if engine.is_engine() => None,
                _ => entry.verdict.stand_in.as_ref(),
            };
            Some((*entry, yhat?))
        })
        .collect();
    let per_day = || {
        own.iter()
            .flat_map(|(entry, yhat)| std::iter::repeat_n(*entry, yhat.len()))
    };
    let mut columns = Columns::of_series(run, per_day().map(|entry| &entry.key));
    let days = own.iter().flat_map(|(_, yhat)| (0..).zip(yhat.iter()));
    columns.day("ds", days.map(|(step, _)| Some(first.plus_days(step))));
    columns.text(
        "model",
        per_day().map(|entry| Some(entry.verdict.golden.as_str())),
    );
    columns.exact(
        "yhat",
        own.iter().flat_map(|(_, yhat)| yhat.iter().copied()),
    );
    columns.finish()
}
