//! Windows whose past is brought to the present level: what engines see, what forecasts become, and that nothing that
//! was decided on a day rests on a later one.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{
    Aligner, Alignment, Day, Engine, Forecast, Horizon, InnerForecast, IntervalLevel, LevelShift,
    Outcome, Panel, PanelView, Ramp, Refit, SeriesKey, SeriesRegimes, SeriesView, Split,
    WindowLengths, WindowOutcomes, forecast_windows, in_parallel,
};

/// Takes every change by more than 10 from one day to the next as a shift, and growth from day 1000 on as such.
#[derive(Debug)]
struct EveryJump;

impl Aligner for EveryJump {
    fn alignment(&self, _: &str, _: Day, values: &[f64]) -> Option<Alignment> {
        // The unrest has a period of three days.
        let size = |at: usize| mean(&values[at..at + 3]) - mean(&values[at - 3..at]);
        let shifts: Vec<LevelShift> = (3..values.len().saturating_sub(2))
            .filter(|at| (values[*at] - values[at - 1]).abs() > 10.0)
            .map(|at| (at, size(at)))
            .map(|(at, size)| LevelShift {
                at,
                size,
                factor: None,
                ends_event: false,
                confidence: 20.0,
                lasting: if values.len() - at < 7 { 0.0 } else { 1.0 },
            })
            .collect();
        (!shifts.is_empty()).then_some(Alignment {
            days: values.len(),
            shifts,
            ..Alignment::default()
        })
    }
}

/// Forecasts the mean of what it sees, and did so 100 days before the end.
#[derive(Debug)]
struct Mean;

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

impl Engine for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn forecast(&self, panel: PanelView<'_>, horizon: Horizon, _: IntervalLevel) -> Vec<Outcome> {
        let forecast = |series: SeriesView<'_>| {
            let first = series.grid.last().plus_days(1);
            let seen = series.values.len() - 100;
            let then = vec![mean(&series.past(seen)); 50];
            let after = series.after(seen, 50);
            let width = mean(&after) - then[0];
            let yhat = vec![mean(series.values); horizon.days()];
            let bound = |sign: f64| yhat.iter().map(|y| y + sign * width.abs()).collect();
            let actual = &series.observed_values()[seen..seen + 50];
            let origin = series.grid.day(seen - 1).unwrap();
            let inner = InnerForecast::scorable(origin, series.grown(seen, then), actual);
            Outcome {
                forecast: Ok(Forecast::new(first, yhat.clone(), bound(-1.0), bound(1.0)).unwrap()),
                notices: Vec::new(),
                inner: inner.into_iter().collect(),
                choice: None,
            }
        };
        in_parallel(panel, forecast, Outcome::from)
    }
}

fn split() -> Split {
    Split::new("2025-12-31".parse().unwrap(), WindowLengths::default()).unwrap()
}

fn outcomes(all: &[Vec<f64>], refit: Refit, aligned: bool) -> Vec<WindowOutcomes> {
    let split = split();
    let rows = all.iter().enumerate().map(|(host, values)| {
        let key = SeriesKey::new(format!("h{host}"), "cpu");
        (key, values.clone())
    });
    let panel = Panel::from_rows(split.history(), rows).unwrap();
    let regimes = SeriesRegimes::of_all(panel.view(), &EveryJump);
    let regimes = aligned.then_some(regimes.as_slice());
    let level = IntervalLevel::EIGHTY_PERCENT;
    forecast_windows(&Mean, panel.view(), &split, refit, level, regimes).unwrap()
}

/// A level that becomes another on a day.
fn step(at: usize, from: f64, to: f64) -> Vec<f64> {
    let days = split().history().len();
    (0..days)
        .map(|day| {
            let level = if day < at { from } else { to };
            level + (day % 3) as f64 - 1.0
        })
        .collect()
}

#[test]
fn forecasts_go_on_from_the_present_level_and_reach_the_other_one_while_it_is_young() {
    // 30 days before the end of history; the backtest has not seen it.
    let days = split().history().len();
    let outcome = outcomes(&[step(days - 30, 20.0, 70.0)], Refit::WholeHistory, true).remove(0);
    let future = outcome.future.unwrap();
    assert!(
        (future.yhat()[0] - 70.0).abs() < 0.1,
        "{}",
        future.yhat()[0]
    );
    assert!(future.lower()[0] < 20.1 && future.upper()[0] < 72.0);
    let backtest = outcome.backtest.unwrap();
    assert!((backtest.yhat()[0] - 20.0).abs() < 0.1);
    // An old one is settled.
    let outcome = outcomes(&[step(300, 20.0, 70.0)], Refit::WholeHistory, true).remove(0);
    let future = outcome.future.unwrap();
    assert!((future.yhat()[0] - 70.0).abs() < 0.1 && future.lower()[0] > 68.0);
}

#[test]
fn a_shift_of_a_few_days_is_not_followed_but_admitted() {
    let days = split().history().len();
    let outcome = outcomes(&[step(days - 4, 20.0, 70.0)], Refit::WholeHistory, true).remove(0);
    let future = outcome.future.unwrap();
    assert!(
        (future.yhat()[0] - 20.0).abs() < 0.1,
        "{}",
        future.yhat()[0]
    );
    assert!(future.upper()[0] > 69.9 && future.lower()[0] > 18.0);
}

#[test]
fn an_inner_origin_sees_what_was_known_then() {
    let split = split();
    let training = split.training().len();
    // Between the inner origin and the end of training.
    let values = step(training - 60, 20.0, 70.0);
    let outcome = outcomes(std::slice::from_ref(&values), Refit::WholeHistory, true).remove(0);
    let inner = &outcome.inner[0];
    assert!((inner.yhat[0] - 20.0).abs() < 0.1, "{}", inner.yhat[0]);
    // Engines learn from its errors what they would have been had the level stayed.
    let backtest = outcome.backtest.unwrap();
    assert!((backtest.yhat()[0] - 70.0).abs() < 0.1);
    assert!(backtest.upper()[0] - backtest.yhat()[0] < 1.0);
    // Whatever comes after it, it stays.
    let mut other = values;
    for (day, value) in other.iter_mut().enumerate().skip(training - 100) {
        *value = 500.0 - 3.0 * *value + 40.0 * f64::from(u8::from(day % 40 < 9));
    }
    let changed = outcomes(&[other], Refit::WholeHistory, true).remove(0);
    assert_eq!(changed.inner[0].yhat, inner.yhat);
}

#[test]
fn what_comes_after_the_origin_does_not_move_the_backtest() {
    let split = split();
    let training = split.training().len();
    for refit in [Refit::WholeHistory, Refit::Never] {
        let values = step(500, 20.0, 70.0);
        let mut other = values.clone();
        for (day, value) in other.iter_mut().enumerate().skip(training) {
            *value = if day % 50 < 25 { 900.0 } else { 1.0 };
        }
        let found = outcomes(&[values, other], refit, true);
        assert_eq!(found[0].backtest, found[1].backtest);
        assert_eq!(found[0].inner, found[1].inner);
    }
}

#[test]
fn a_series_without_a_regime_is_untouched_to_the_bit() {
    let plain = step(2000, 20.0, 20.0);
    let shifted = step(400, 20.0, 70.0);
    let aligned = outcomes(&[plain.clone(), shifted], Refit::WholeHistory, true);
    let as_it_was = outcomes(&[plain], Refit::WholeHistory, false);
    assert_eq!(aligned[0], as_it_was[0]);
}

#[test]
fn nothing_falls_below_zero_where_no_value_does() {
    let days = split().history().len();
    let outcome = outcomes(&[step(days - 30, 70.0, 1.0)], Refit::WholeHistory, true).remove(0);
    let future = outcome.future.unwrap();
    assert!(future.lower().iter().all(|value| *value >= 0.0));
    assert!(future.upper()[0] > 69.0);
}

#[test]
fn growth_fades_and_both_ends_of_it_are_within_reach() {
    let alignment = Alignment {
        days: 100,
        shifts: Vec::new(),
        ramp: Some(Ramp {
            age: 50,
            slope: 0.5,
        }),
        calendar: Vec::new(),
    };
    let values: Vec<f64> = (0..100)
        .map(|day| 10.0 + 0.5 * (f64::from(day) - 49.0).max(0.0))
        .collect();
    let aligned = alignment.align(&values);
    assert!(
        aligned.iter().all(|value| (value - 35.0).abs() < 1e-9),
        "{aligned:?}"
    );
    let (mut last, mut added) = (0.0, 0.0);
    for days in 1..=180 {
        let now = alignment.ahead(days);
        let step = now - last;
        assert!(step > 0.0 && (days == 1 || step < added));
        (last, added) = (now, step);
        let (below, above) = alignment.reach(days);
        assert!((now + below).abs() < 1e-9);
        assert!((now + above - 0.5 * days as f64).abs() < 1e-9);
    }
}

fn shift(at: usize, size: f64, lasting: f64) -> LevelShift {
    LevelShift {
        at,
        size,
        factor: None,
        confidence: 20.0,
        lasting,
        ends_event: false,
    }
}

#[test]
fn an_event_that_is_over_is_taken_out_and_its_end_alone_may_not_last() {
    let end = LevelShift {
        ends_event: true,
        ..shift(90, -30.0, 1.0)
    };
    let mut alignment = Alignment {
        days: 100,
        shifts: vec![shift(70, 30.0, 1.0), end],
        ..Alignment::default()
    };
    let values: Vec<f64> = (0..100)
        .map(|day| if (70..90).contains(&day) { 50.0 } else { 20.0 })
        .collect();
    assert_eq!(alignment.align(&values), [20.0; 100]);
    assert_eq!(alignment.reach(1), (0.0, 30.0));
    // A month later nothing speaks for it any more.
    alignment.days = 130;
    assert_eq!(alignment.reach(1), (0.0, 0.0));
}

#[test]
fn a_shift_of_scale_multiplies_the_past() {
    let halved = LevelShift {
        factor: Some(0.5),
        ..shift(50, -30.0, 1.0)
    };
    let mut alignment = Alignment {
        days: 100,
        shifts: vec![halved],
        ..Alignment::default()
    };
    let values: Vec<f64> = (0..100)
        .map(|day| {
            let all = 40.0 + 0.4 * f64::from(day);
            if day < 50 { all } else { all / 2.0 }
        })
        .collect();
    let line = |scale: f64| -> Vec<f64> {
        (0..100)
            .map(|day| scale * (40.0 + 0.4 * f64::from(day)))
            .collect()
    };
    assert_eq!(alignment.align(&values), line(0.5));
    // Where it is not taken as lasting, what came after it is what it would have been.
    alignment.shifts[0].lasting = 0.0;
    for (found, expected) in alignment.align(&values).iter().zip(line(1.0)) {
        assert!((found - expected).abs() < 1e-12);
    }
}
