//! Days, windows, panels, screening, seasonal naive and metrics.
#![no_main]

use arbitrary::Arbitrary;
use fleetcast_core::{
    Day, Forecast, Horizon, Panel, SeriesKey, Severity, Split, TimeGrid, WindowLengths, metrics,
    screen, seasonal_naive,
};
use fleetcast_fuzz::Recipe;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input {
    text: String,
    day: i32,
    months: u32,
    backtest_months: u32,
    horizon: usize,
    first: i32,
    days: u16,
    series: [Recipe; 2],
    bounds: [Vec<f64>; 3],
}

fuzz_target!(|input: Input| {
    if let Ok(day) = input.text.parse::<Day>() {
        assert_eq!(day.to_string().parse(), Ok(day));
    }
    if let Ok(day) = Day::from_epoch_days(i64::from(input.day)) {
        check_day(day, &input);
    }
    let [yhat, lower, upper] = input.bounds;
    if let Ok(first) = Day::from_epoch_days(i64::from(input.first)) {
        let _ = Forecast::new(first, yhat, lower, upper);
    }
    let Ok(first) = Day::from_epoch_days(i64::from(input.first)) else {
        return;
    };
    let days = usize::from(input.days % 1500);
    let grid = TimeGrid::new(first, days);
    let rows = input.series.iter().enumerate();
    let rows = rows.map(|(i, recipe)| (SeriesKey::new(i.to_string(), "cpu"), recipe.values(days)));
    let panel = Panel::from_rows(grid, rows).unwrap();
    let screened = screen(panel.view());
    let refused = screened
        .issues
        .iter()
        .filter(|issue| issue.severity == Severity::Error)
        .count();
    assert_eq!(
        screened.panel.view().len() + refused,
        2,
        "a series was lost"
    );
    for series in panel.view().iter() {
        let horizon = Horizon::new(usize::from(input.days % 400) + 1).unwrap();
        let naive = seasonal_naive(series, horizon);
        assert_eq!(naive.is_some(), series.observed() > 0);
        let Some(naive) = naive else { continue };
        assert_eq!(naive.yhat.len(), horizon.days());
        assert!(naive.yhat.iter().all(|yhat| yhat.is_finite()));
        let length = naive.yhat.len().min(days);
        let (actual, yhat) = (&series.values[..length], &naive.yhat[..length]);
        for found in [
            metrics::mae(actual, yhat),
            metrics::mase_scale(series.values),
        ]
        .into_iter()
        .flatten()
        {
            assert!(!found.is_nan() && found >= 0.0);
        }
    }
});

fn check_day(day: Day, input: &Input) {
    assert_eq!(day.to_string().parse(), Ok(day));
    if let Ok(earlier) = day.minus_months(input.months) {
        assert!(earlier <= day);
    }
    let Ok(horizon) = Horizon::new(input.horizon) else {
        return;
    };
    let lengths = WindowLengths {
        train_months: input.months,
        backtest_months: input.backtest_months,
        horizon,
    };
    if let Ok(split) = Split::new(day, lengths) {
        assert_eq!(
            split.training().last().plus_days(1),
            split.backtest().first()
        );
        assert_eq!(split.backtest().last(), day);
        assert_eq!(split.future().first(), day.plus_days(1));
        assert_eq!(split.future().len(), input.horizon);
        assert_eq!(
            split.history().len(),
            split.training().len() + split.backtest().len()
        );
    }
}
