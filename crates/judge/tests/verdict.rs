//! What a verdict may know, and what it must not.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{
    Aligner, Alignment, Day, EngineForecasts, Forecast, Horizon, InnerForecast, LevelShift,
    SeriesKey, SeriesRegimes, SeriesView, Split, WindowLengths, error_growth,
};
use fleetcast_judge::{
    Case, Contender, FleetGain, FurtherEngine, Golden, Rules, Trust, Verdict, judge_series,
};
use proptest::prelude::*;

fn split() -> Split {
    let as_of: Day = "2025-12-31".parse().unwrap();
    let lengths = WindowLengths {
        horizon: Horizon::new(60).unwrap(),
        ..WindowLengths::default()
    };
    Split::new(as_of, lengths).unwrap()
}

/// A level, a week, and unrest that differs from day to day.
fn values(unrest: f64) -> Vec<f64> {
    (0..split().history().len())
        .map(|day| {
            let noise = ((day * 7919) % 101) as f64 / 50.0 - 1.0;
            50.0 + (day % 7) as f64 + unrest * noise
        })
        .collect()
}

/// An engine that is off by `bias` wherever it looks.
fn engine(values: &[f64], bias: f64) -> EngineForecasts {
    let split = split();
    let days = split.training().len();
    let flat = |first: Day, days: usize| {
        let yhat = vec![53.0 + bias; days];
        let bound = |distance: f64| yhat.iter().map(|yhat| yhat + distance).collect();
        Forecast::new(first, yhat.clone(), bound(-2.0), bound(2.0)).ok()
    };
    let inner = [days - 366, days - 244, days - 122].map(|seen| InnerForecast {
        origin: split.training().day(seen - 1).unwrap(),
        yhat: vec![53.0 + bias; 122],
    });
    assert!(values.len() > days);
    EngineForecasts {
        backtest: flat(split.backtest().first(), split.backtest().len()),
        future: flat(split.future().first(), split.future().len()),
        inner: inner.to_vec(),
    }
}

fn verdict(values: &[f64], [prophet, challenger]: [&EngineForecasts; 2], rules: &Rules) -> Verdict {
    let split = split();
    let key = SeriesKey::new("h", "cpu");
    let case = Case {
        split: &split,
        history: SeriesView::new(&key, split.history(), values),
        prophet,
        challenger,
        further: &[],
        regimes: None,
    };
    judge_series(&case, None, rules)
}

#[test]
fn what_happens_after_the_origin_changes_nothing_that_was_decided_before_it() {
    let as_it_was = values(1.0);
    let (prophet, challenger) = (engine(&as_it_was, 1.0), engine(&as_it_was, -3.0));
    let mut as_it_might_be = as_it_was.clone();
    for value in &mut as_it_might_be[split().training().len()..] {
        *value = 3.0 * *value + 40.0;
    }
    let rules = Rules::default();
    let (was, might) = (
        verdict(&as_it_was, [&prophet, &challenger], &rules),
        verdict(&as_it_might_be, [&prophet, &challenger], &rules),
    );
    assert_eq!(was.inner, might.inner);
    // The blend of the backtest window is the same forecast: its errors differ by what changed,
    // as those of a fixed forecast do.
    let bias_of = |verdict: &Verdict, model| verdict.backtest_of(model).unwrap().bias.unwrap();
    for model in [Contender::Blend, Contender::Prophet] {
        let moved = bias_of(&was, model) - bias_of(&might, model);
        let prophet_moved = bias_of(&was, Contender::Prophet) - bias_of(&might, Contender::Prophet);
        assert!((moved - prophet_moved).abs() < 1e-9, "{model}");
    }
    // What is forecast next does know the backtest.
    assert_ne!(was.blend, might.blend);
    assert_ne!(was.calibration, might.calibration);
}

#[test]
fn the_interval_holds_what_errors_were_made() {
    let values = values(3.0);
    let engines = [engine(&values, 0.5), engine(&values, 4.0)];
    let found = verdict(&values, engines.each_ref(), &Rules::default());
    let calibration = found.calibration.as_ref().unwrap();
    assert_eq!(calibration.days(), 3 * 122 + split().backtest().len());
    let level = Rules::default().level;
    let inside = values[split().training().len()..]
        .iter()
        .enumerate()
        .filter(|(step, value)| (**value - 53.5).abs() <= calibration.half_width(level, step + 1))
        .count();
    let share = inside as f64 / split().backtest().len() as f64;
    assert!((share - 0.8).abs() < 0.08, "{share}");
    assert!((found.coverage.unwrap() - 0.8).abs() < 0.08);
    let (month, half_year) = (
        calibration.half_width(level, 30),
        calibration.half_width(level, 180),
    );
    assert!((half_year / month - error_growth(180)).abs() < 1e-12);
}

#[test]
fn plain_repetition_wins_where_no_engine_comes_near_it_then_and_before() {
    // The week repeats itself and rises a little: the level alone is off by the weekdays, the last year by what it rose.
    let rise = |(day, value): (usize, &f64)| value + 0.003 * day as f64;
    let values: Vec<f64> = values(0.1).iter().enumerate().map(rise).collect();
    let engines = [engine(&values, 9.0), engine(&values, -5.0)];
    let found = verdict(&values, engines.each_ref(), &Rules::default());
    assert_eq!(found.decision.winner, Contender::NaiveWeek);
    assert_eq!(found.golden, Contender::NaiveWeek);
    assert_eq!(found.decision.decided_by, "mape");
    let week = &values[values.len() - 7..];
    let stand_in = found.stand_in.as_ref().unwrap();
    assert_eq!(&stand_in[..7], week);
    assert_eq!(stand_in.len(), split().future().len());
    let scores = found.backtest_of(Contender::NaiveWeek).unwrap();
    assert!(scores.mape.percent.unwrap() < 1.0);
    // Its interval is made from its own errors, at the engines' origins and on the backtest.
    let calibration = found.calibration.as_ref().unwrap();
    assert_eq!(calibration.days(), 3 * 122 + split().backtest().len());
    assert!(calibration.half_width(Rules::default().level, 30) < 1.0);
    assert_eq!(found.trust, Trust::A);

    // An engine that is as good before the backtest, or on it, keeps the series.
    let good = engine(&values, 0.0);
    let fallen = EngineForecasts {
        inner: good.inner.clone(),
        ..engine(&values, -5.0)
    };
    let came_back = EngineForecasts {
        inner: engine(&values, -5.0).inner,
        ..good
    };
    let mut as_good_as_the_week = came_back.clone();
    as_good_as_the_week.backtest = as_good_as_the_week.backtest.map(|backtest| {
        let yhat = values[split().training().len()..].to_vec();
        Forecast::new(backtest.grid().first(), yhat.clone(), yhat.clone(), yhat).unwrap()
    });
    let mut then = fallen.clone();
    for inner in &mut then.inner {
        let seen = split().training().index_of(inner.origin).unwrap() + 1;
        let week = values[seen - 7..seen].iter();
        inner.yhat = week.cycle().take(122).copied().collect();
    }
    for challenger in [as_good_as_the_week, then] {
        let engines = [&engines[0], &challenger];
        let found = verdict(&values, engines, &Rules::default());
        assert!(matches!(
            found.decision.winner,
            Contender::Prophet | Contender::Challenger
        ));
        assert_eq!(found.stand_in, None);
    }
}

#[test]
fn a_last_year_of_zeros_has_no_error_in_percent() {
    let mut values = values(1.0);
    let days = values.len();
    values[days - 400..].fill(0.0);
    let engines = [engine(&values, 0.5), engine(&values, 4.0)];
    let found = verdict(&values, engines.each_ref(), &Rules::default());
    assert_eq!(found.error_percent, None);
    assert_eq!(found.trust, Trust::D);
}

/// Finds one shift, on a day, where it has been for a month.
#[derive(Debug)]
struct ShiftOn(usize);

impl Aligner for ShiftOn {
    fn alignment(&self, _: &str, _: Day, values: &[f64]) -> Option<Alignment> {
        let shift = LevelShift {
            at: self.0,
            size: 30.0,
            factor: None,
            confidence: 20.0,
            lasting: 1.0,
            ends_event: false,
        };
        (values.len() > self.0 + 28).then(|| Alignment {
            days: values.len(),
            shifts: vec![shift],
            ..Alignment::default()
        })
    }
}

/// A shift in the middle of the backtest costs every forecast made before it: scores say so, intervals and trust rest on
/// what errors are without it too, and the reason names it.
#[test]
fn a_shift_is_told_apart_from_the_errors_of_a_forecast() {
    let days = split().history().len();
    let shifted = |age: usize| -> Vec<f64> {
        let all = values(1.0).into_iter().enumerate();
        all.map(|(day, value)| {
            if day + age < days {
                value
            } else {
                value + 30.0
            }
        })
        .collect()
    };
    let judged = |age: usize, aligner: Option<&dyn Aligner>| {
        let split = split();
        let key = SeriesKey::new("h", "cpu");
        let values = shifted(age);
        let history = SeriesView::new(&key, split.history(), &values);
        let regimes = aligner.map(|aligner| SeriesRegimes::new(history, aligner));
        let (prophet, challenger) = (engine(&values, 0.5), engine(&values, 4.0));
        let case = Case {
            split: &split,
            history,
            prophet: &prophet,
            challenger: &challenger,
            further: &[],
            regimes: regimes.as_ref(),
        };
        judge_series(&case, None, &Rules::default())
    };
    let level = Rules::default().level;
    let width = |verdict: &Verdict| verdict.calibration.as_ref().unwrap().half_width(level, 30);
    let aligner = ShiftOn(days - 50);
    let (plain, found) = (judged(50, None), judged(50, Some(&aligner)));
    // Scores go by what was observed.
    assert_eq!(plain.backtest, found.backtest);
    let expected = found.error_percent.unwrap();
    assert!(expected < plain.error_percent.unwrap(), "{expected}");
    assert!(width(&found) <= width(&plain));
    let words = "level rose from 53 to 83 on 2025-11-12: taken as lasting";
    assert!(
        found.decision.reason.ends_with(words),
        "{}",
        found.decision.reason
    );
    assert!(found.trust >= Trust::C && found.regime[0].is_young);
    // What shifted half a year ago is worth knowing, and no reason to trust less.
    let (old, unknown) = (judged(180, Some(&ShiftOn(days - 180))), judged(180, None));
    assert!(!old.regime[0].is_young);
    assert_eq!(old.decision.reason, unknown.decision.reason);
}

/// Every number of a verdict that may be a cell of a table.
fn numbers(verdict: &Verdict) -> Vec<f64> {
    let scores = verdict.backtest.iter().chain(&verdict.inner);
    let scores = scores.flat_map(|scores| {
        let mae = Some(scores.mae);
        let percentages = [scores.mape.percent, scores.wape, scores.smape, scores.mase];
        let sizes = [
            mae,
            scores.rmse,
            scores.bias,
            scores.coverage,
            scores.pinball,
        ];
        percentages.into_iter().chain(sizes)
    });
    let own = [verdict.skill, verdict.error_percent, verdict.coverage];
    let futures = [&verdict.blend, &verdict.stand_in];
    let calibration = verdict.calibration.iter();
    scores
        .chain(own)
        .flatten()
        .chain(futures.into_iter().flatten().flatten().copied())
        .chain(verdict.weights.iter().map(|(_, weight)| weight))
        .chain(calibration.flat_map(|calibration| calibration.quantiles().to_vec()))
        .collect()
}

#[test]
fn trust_follows_the_error_and_the_bar() {
    let calm = values(1.0);
    let grade = |values: &[f64], bias: f64| {
        let mut engine = engine(values, bias);
        // With one origin before the backtest, plain repetition cannot win.
        engine.inner.truncate(1);
        verdict(values, [&engine, &engine], &Rules::default()).trust
    };
    let never_tested = EngineForecasts {
        future: engine(&calm, 0.0).future,
        ..EngineForecasts::default()
    };
    // A flat line loses against seasonal naive on a calm week: one grade less than its 4 %.
    assert_eq!(grade(&calm, 0.0), Trust::B);
    // On an unruly series it wins, and its error is 9 % of the level.
    assert_eq!(grade(&values(9.0), 0.0), Trust::B);
    assert_eq!(grade(&values(9.0), 30.0), Trust::D);
    let untested = verdict(&calm, [&never_tested, &never_tested], &Rules::default());
    assert_eq!(untested.trust, Trust::D);
    assert_eq!(untested.calibration, None);
}

#[test]
fn constant_and_zero_series_have_a_verdict() {
    for level in [0.0, 53.0, 1e99, 1e-300] {
        let values = vec![level; split().history().len()];
        let engine = engine(&values, level - 53.0);
        let rules = Rules {
            golden: Golden::Blend,
            ..Rules::default()
        };
        let found = verdict(&values, [&engine, &engine], &rules);
        assert!(found.blend.unwrap().iter().all(|yhat| yhat.is_finite()));
        let sum: f64 = found.weights.iter().map(|(_, weight)| weight).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{level}: {sum}");
    }
}

proptest! {
    #[test]
    fn every_number_of_a_verdict_is_one(
        sizes in prop::array::uniform4(prop::sample::select(vec![
            0.0, -0.0, 5e-324, 1e-300, 1e-9, 1.0, -50.0, 1e12, 1e99, -1e100,
        ])),
        gap in 1..9_usize,
        shape in 0..3_usize,
        blend: bool,
    ) {
        // Two sizes in the data, one in each engine's forecasts.
        let days = split().history().len();
        let values: Vec<f64> = (0..days)
            .map(|day| match shape {
                _ if gap > 1 && day % gap == 1 => f64::NAN,
                0 => sizes[day % 2],
                1 => sizes[usize::from(day > days - 100)],
                _ => sizes[usize::from(day == days - 50)],
            })
            .collect();
        let engines = [sizes[2], sizes[3]].map(|bias| engine(&values, bias));
        let golden = if blend { Golden::Blend } else { Golden::Winner };
        let rules = Rules { golden, ..Rules::default() };
        let found = verdict(&values, engines.each_ref(), &rules);
        for number in numbers(&found) {
            prop_assert!(number.is_finite(), "{:?}", found);
        }
    }

    #[test]
    fn verdicts_do_not_depend_on_the_unit(
        biases in prop::array::uniform2(-20.0..20.0_f64),
        unrest in 0.1..10.0_f64,
        power in -20..20_i32,
    ) {
        let scale = 2.0_f64.powi(power);
        let plain = values(unrest);
        let engines = biases.map(|bias| engine(&plain, bias));
        let scaled: Vec<f64> = plain.iter().map(|value| value * scale).collect();
        let scaled_engines = engines.clone().map(|engine| {
            let forecast = |forecast: Option<Forecast>| {
                let forecast = forecast.unwrap();
                let times = |values: &[f64]| values.iter().map(|v| v * scale).collect();
                Forecast::new(
                    forecast.grid().first(),
                    times(forecast.yhat()),
                    times(forecast.lower()),
                    times(forecast.upper()),
                )
                .ok()
            };
            EngineForecasts {
                backtest: forecast(engine.backtest),
                future: forecast(engine.future),
                inner: engine
                    .inner
                    .into_iter()
                    .map(|inner| InnerForecast {
                        yhat: inner.yhat.iter().map(|yhat| yhat * scale).collect(),
                        ..inner
                    })
                    .collect(),
            }
        });
        let rules = Rules { golden: Golden::Blend, ..Rules::default() };
        let was = verdict(&plain, engines.each_ref(), &rules);
        let is = verdict(&scaled, scaled_engines.each_ref(), &rules);
        prop_assert_eq!(was.decision.winner, is.decision.winner);
        prop_assert_eq!(was.trust, is.trust);
        let (was, is) = (was.calibration.unwrap(), is.calibration.unwrap());
        for (was, is) in was.quantiles().iter().zip(is.quantiles()) {
            prop_assert!((was * scale - is).abs() <= 1e-6 * is.abs(), "{} is not {}", was * scale, is);
        }
    }
}

/// A verdict where an engine stands beside champion and challenger.
fn verdict_beside(
    values: &[f64],
    engines: [&EngineForecasts; 3],
    not_followed: Option<&str>,
    incumbent: Option<Contender>,
) -> (Verdict, FleetGain) {
    let split = split();
    let key = SeriesKey::new("h", "cpu");
    let further = [FurtherEngine {
        model: Contender::XGBOOST,
        forecasts: engines[2],
        not_followed,
    }];
    let case = Case {
        split: &split,
        history: SeriesView::new(&key, split.history(), values),
        prophet: engines[0],
        challenger: engines[1],
        further: &further,
        regimes: None,
    };
    let verdict = judge_series(&case, incumbent, &Rules::default());
    (verdict, FleetGain::of(&case, Contender::XGBOOST))
}

#[test]
fn an_engine_beside_the_challenger_is_a_contender_like_others() {
    let values = values(9.0);
    let [prophet, challenger, near] = [14.0, -15.0, 0.5].map(|bias| engine(&values, bias));
    let (found, gain) = verdict_beside(&values, [&prophet, &challenger, &near], None, None);
    assert_eq!(found.decision.winner, Contender::XGBOOST);
    assert_eq!(found.golden, Contender::XGBOOST);
    let reason = &found.decision.reason;
    assert!(
        reason.starts_with("xgboost ") && reason.contains("against prophet's"),
        "{reason}"
    );
    assert!(found.weights.of(Contender::XGBOOST) > 0.3);
    assert!(found.backtest_of(Contender::XGBOOST).unwrap().mae < 6.0);
    assert!(
        found
            .inner
            .iter()
            .any(|scores| scores.model == Contender::XGBOOST)
    );
    // Its own errors make its interval.
    let days = found.calibration.as_ref().unwrap().days();
    assert_eq!(days, 3 * 122 + split().backtest().len());
    assert!(gain.ratio().unwrap() < 0.95);

    // Whoever won the last run stays where nobody is better by the margin.
    let close = engine(&values, 0.4);
    let (stays, _) = verdict_beside(
        &values,
        [&prophet, &close, &near],
        None,
        Some(Contender::XGBOOST),
    );
    assert_eq!(stays.decision.winner, Contender::XGBOOST);
    assert!(
        stays
            .decision
            .reason
            .contains("xgboost won the last run and stays"),
        "{}",
        stays.decision.reason
    );
}

#[test]
fn an_engine_that_is_not_followed_is_scored_and_changes_nothing() {
    let values = values(2.0);
    let [prophet, challenger, near] = [4.0, -5.0, 0.5].map(|bias| engine(&values, bias));
    let why = "xgboost is not followed: it rained";
    let (found, _) = verdict_beside(&values, [&prophet, &challenger, &near], Some(why), None);
    let without = verdict(&values, [&prophet, &challenger], &Rules::default());
    assert!(found.backtest_of(Contender::XGBOOST).is_some());
    assert_eq!(
        found.decision.reason,
        format!("{}; {why}", without.decision.reason)
    );
    let as_without = Verdict {
        decision: without.decision.clone(),
        backtest: without.backtest.clone(),
        inner: without.inner.clone(),
        ..found
    };
    assert_eq!(as_without, without);
}
