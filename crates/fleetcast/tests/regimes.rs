//! Series whose level shifted or that began to grow, through the whole shop: forecasts from the present level, both
//! readings inside, trust with a reason, and the same whatever came later or stands beside it.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast::{
    Day, FleetSummary, Panel, RegimesMode, SeriesKey, SeriesResult, Shop, ShopOptions, Survey,
    TimeGrid, Trust,
};

fn as_of() -> Day {
    "2025-12-31".parse().unwrap()
}

fn shop(regimes: RegimesMode) -> Shop {
    let options = ShopOptions {
        regimes,
        ..ShopOptions::default()
    };
    Shop::new(as_of(), options).unwrap()
}

const DAYS: usize = 1096;

fn unrest(seed: usize, day: usize) -> f64 {
    let part = |a: usize, b: usize, m: usize| ((day * a + seed * b) % m) as f64 / m as f64;
    part(7919, 104_729, 1009) + part(6007, 7717, 997) - 1.0
}

fn steady(seed: usize) -> Vec<f64> {
    (0..DAYS).map(|day| 50.0 + unrest(seed, day)).collect()
}

/// A disk that filled from 48 to 79 and was halved some days before the end.
fn resized(age: usize) -> Vec<f64> {
    (0..DAYS)
        .map(|day| {
            let filled = 48.0 + 31.0 * day as f64 / DAYS as f64 + unrest(1, day);
            if day + age >= DAYS {
                filled / 2.0
            } else {
                filled
            }
        })
        .collect()
}

fn growing(age: usize, slope: f64) -> Vec<f64> {
    (0..DAYS)
        .map(|day| 40.0 + slope * (day + age).saturating_sub(DAYS) as f64 + unrest(2, day))
        .collect()
}

fn panel(all: &[(&str, Vec<f64>)]) -> Panel {
    let days = u32::try_from(DAYS).unwrap();
    let grid = TimeGrid::new(as_of().minus_days(days - 1), DAYS);
    let rows = all
        .iter()
        .map(|(host, values)| (SeriesKey::new(*host, "disk"), values.clone()));
    Panel::from_rows(grid, rows).unwrap()
}

fn results(all: &[(&str, Vec<f64>)], regimes: RegimesMode) -> Vec<SeriesResult> {
    shop(regimes).forecast(panel(all).view())
}

fn codes(result: &SeriesResult) -> Vec<&str> {
    let codes = result.issues.iter().map(|issue| issue.code.as_str());
    codes
        .filter(|code| ["level_shift", "pending_shift", "growth_onset"].contains(code))
        .collect()
}

#[test]
fn a_resized_disk_is_forecast_from_where_it_is() {
    let all = [("twenty", resized(20)), ("five", resized(5))];
    let found = results(&all, RegimesMode::Align);
    for (result, (host, values)) in found.iter().zip(&all) {
        let golden = &result.golden.as_ref().unwrap().forecast;
        let last = values[DAYS - 7..].iter().sum::<f64>() / 7.0;
        let entry = result.entry.as_ref().unwrap();
        assert!(entry.verdict.trust >= Trust::C, "{host}");
        // Both levels lie inside the interval on the first day.
        let (lower, upper) = (golden.lower[0], golden.upper[0]);
        assert!(lower < 40.0 && upper > 77.0, "{host}: {lower} to {upper}");
        if *host == "twenty" {
            assert!((golden.yhat[0] - last).abs() < 3.0, "{}", golden.yhat[0]);
            let reason = &entry.verdict.decision.reason;
            assert!(
                reason.ends_with("level fell from 79 to 39 on 2025-12-12: taken as lasting"),
                "{reason}"
            );
            assert_eq!(codes(result), ["level_shift"]);
        } else {
            assert_eq!(codes(result), ["pending_shift"]);
        }
    }
}

#[test]
fn growth_that_began_lately_goes_on_and_may_stop() {
    let values = growing(60, 0.4);
    let last = values[DAYS - 7..].iter().sum::<f64>() / 7.0;
    let result = results(&[("a", values)], RegimesMode::Align).remove(0);
    let golden = &result.golden.as_ref().unwrap().forecast;
    assert!((golden.yhat[0] - last).abs() < 3.0, "{}", golden.yhat[0]);
    assert!(golden.yhat[60] > last + 15.0, "{}", golden.yhat[60]);
    assert!(golden.lower[60] < last + 2.0 && golden.upper[60] > last + 0.4 * 60.0);
    assert_eq!(codes(&result), ["growth_onset"]);
    assert!(result.entry.as_ref().unwrap().verdict.trust >= Trust::C);
    let plain = results(&[("a", growing(60, 0.4))], RegimesMode::Off).remove(0);
    assert!(codes(&plain).is_empty());
}

#[test]
fn a_series_without_a_regime_has_the_same_answer_as_without_looking() {
    let all: Vec<(&str, Vec<f64>)> = vec![("a", steady(3)), ("b", steady(4))];
    assert_eq!(
        results(&all, RegimesMode::Align),
        results(&all, RegimesMode::Off)
    );
}

/// Neither the backtest nor an inner origin knows what comes after it.
#[test]
fn nothing_before_an_origin_moves_with_what_comes_after_it() {
    let shop = shop(RegimesMode::Align);
    let training = shop.split().training().len();
    let at = training - 200;
    let values: Vec<f64> = steady(5)
        .into_iter()
        .enumerate()
        .map(|(day, value)| if day < at { value } else { value + 25.0 })
        .collect();
    let mut wild = values.clone();
    for (day, value) in wild.iter_mut().enumerate().skip(training) {
        *value = if day % 60 < 30 {
            95.0
        } else {
            3.0 + (day % 9) as f64
        };
    }
    let evidence = |values: &Vec<f64>| {
        let panel = panel(&[("a", values.clone())]);
        let batch = fleetcast::Batch::from_panel(panel.view(), shop.split());
        let mut found = shop.evidence(&batch, &Survey::of([&batch])).unwrap();
        found.remove(0)
    };
    let (calm, changed) = (evidence(&values), evidence(&wild));
    for (calm, changed) in [
        (calm.prophet(), changed.prophet()),
        (calm.challenger(), changed.challenger()),
    ] {
        assert_eq!(calm.backtest, changed.backtest);
        assert_eq!(calm.inner, changed.inner);
        assert_ne!(calm.future, changed.future);
    }
}

#[test]
fn results_do_not_depend_on_how_a_fleet_is_cut() {
    let all = [
        ("a", resized(30)),
        ("b", growing(80, 0.3)),
        ("c", steady(6)),
        ("d", resized(10)),
    ];
    let whole = results(&all, RegimesMode::Align);
    let shop = shop(RegimesMode::Align);
    let batches: Vec<_> = all
        .iter()
        .rev()
        .map(|one| {
            fleetcast::Batch::from_panel(panel(std::slice::from_ref(one)).view(), shop.split())
        })
        .collect();
    let survey = Survey::of(batches.iter());
    let mut parts: Vec<_> = batches
        .iter()
        .flat_map(|batch| shop.evidence(batch, &survey).unwrap())
        .collect();
    parts.reverse();
    let summary = FleetSummary::of(&parts);
    assert_eq!(shop.finish(&parts, &summary), whole);
}
