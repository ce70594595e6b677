//! The shop at its doors: what it takes, and what it says of what it cannot take.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast::{
    Batch, Day, FleetRows, FleetSummary, Horizon, LimitRule, Panel, Refit, SeriesKey, Shop,
    ShopError, ShopOptions, Status, Survey, TimeGrid, WindowLengths,
};

fn as_of() -> Day {
    "2025-12-31".parse().unwrap()
}

fn options() -> ShopOptions {
    ShopOptions {
        lengths: WindowLengths {
            train_months: 8,
            backtest_months: 2,
            horizon: Horizon::new(30).unwrap(),
        },
        ..ShopOptions::default()
    }
}

/// Series over the 320 days up to the last: a level, a growth a day, and some unrest.
fn fleet(series: &[(&str, &str, f64, f64)]) -> Panel {
    let grid = TimeGrid::new(as_of().minus_days(319), 320);
    let rows = series.iter().map(|(host, resource, level, growth)| {
        let value = |day: u32| {
            let unrest = f64::from(day * 7919 % 101) / 100.0;
            level + growth * f64::from(day) + unrest
        };
        (
            SeriesKey::new(*host, *resource),
            (0..320).map(value).collect(),
        )
    });
    Panel::from_rows(grid, rows.collect::<Vec<_>>()).unwrap()
}

#[test]
fn the_answer_goes_by_the_limits_that_are_given() {
    let fleet = fleet(&[("a", "disk", 40.0, 0.12), ("b", "disk", 40.0, 0.12)]);
    let shop = Shop::new(as_of(), options()).unwrap();
    let statuses = |shop: &Shop| -> Vec<Status> {
        let results = shop.forecast(fleet.view());
        results
            .iter()
            .map(|result| result.outlook.as_ref().unwrap().status)
            .collect()
    };
    assert_eq!(statuses(&shop), [Status::Within, Status::Within]);
    let rule = |capacity, threshold| LimitRule {
        valid_from: None,
        host: Some("a".to_owned()),
        resource: "disk".to_owned(),
        floor: None,
        capacity,
        threshold,
    };
    let shop = shop.with_limits(&[rule(Some(200.0), None)]).unwrap();
    assert_eq!(statuses(&shop), [Status::NotWithinHorizon, Status::Within]);
    let message = shop
        .with_limits(&[rule(Some(100.0), Some(120.0))])
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "limits of a, disk cannot be used: threshold 120 lies above capacity 100; give floor <= threshold <= capacity"
    );
}

#[test]
fn a_batch_of_other_windows_is_refused() {
    let fleet = fleet(&[("a", "cpu", 40.0, 0.0)]);
    let shop = Shop::new(as_of(), options()).unwrap();
    for other in [as_of().minus_days(100), as_of().plus_days(200)] {
        let other = Shop::new(other, options()).unwrap();
        let batch = Batch::from_panel(fleet.view(), other.split());
        let error = shop.evidence(&batch, &Survey::default()).unwrap_err();
        assert!(matches!(error, ShopError::OtherWindows { .. }), "{error}");
    }
}

#[test]
fn two_series_of_one_name_both_have_their_forecasts() {
    let fleet = fleet(&[
        ("a", "cpu", 40.0, 0.0),
        ("a", "cpu", 20.0, 0.0),
        ("b", "cpu", f64::NAN, 0.0),
    ]);
    let shop = Shop::new(as_of(), options()).unwrap();
    let results = shop.forecast(fleet.view());
    let first = |index: usize| {
        results[index]
            .golden
            .as_ref()
            .map(|golden| golden.forecast.yhat[0])
    };
    assert!(first(0).unwrap() > 39.0 && first(1).unwrap() < 22.0);
    assert_eq!(first(2), None);
    assert_eq!(
        results[2].issues[0].message,
        "no value from 2025-03-01 to 2025-12-31"
    );
}

#[test]
fn resources_nobody_surveyed_are_taken_by_the_series() {
    let fleet = fleet(&[("a", "disk", 60.0, 0.05)]);
    let shop = Shop::new(as_of(), options()).unwrap();
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let evidence = shop.evidence(&batch, &Survey::default()).unwrap();
    let unknown = shop.finish(&evidence, &FleetSummary::default());
    assert_eq!(unknown[0].limits.now().capacity, Some(100.0));
    assert_eq!(unknown, shop.forecast(fleet.view()));
}

#[test]
fn rows_become_the_panel_they_are() {
    let panel = fleet(&[("a", "cpu", 40.0, 0.01), ("b", "disk", 20.0, 0.0)]);
    let mut rows = FleetRows::default();
    // Backwards, with a row nobody can use, and one day that stands there twice.
    for series in panel.view().iter() {
        let observations: Vec<(Day, f64)> = series.observations().collect();
        for (day, value) in observations.into_iter().rev() {
            rows.push(
                Some(series.key.host()),
                Some(series.key.resource()),
                Some(day),
                Some(value),
            );
        }
    }
    rows.push(None, Some("cpu"), Some(as_of()), Some(1.0));
    rows.push(Some("a"), Some("cpu"), Some(as_of().plus_days(9)), None);
    assert_eq!(rows.last_day(), Some(as_of()));
    assert_eq!(
        rows.unusable_rows()[0].message,
        "1 rows have no host, no resource or no day and were left out"
    );
    let shop = Shop::new(as_of(), options()).unwrap();
    let batch = rows.batches(shop.split(), 9).next().unwrap();
    let from_panel = Batch::from_panel(panel.view(), shop.split());
    for (one, other) in batch.history().iter().zip(from_panel.history().iter()) {
        let bits = |values: &[f64]| {
            values
                .iter()
                .map(|value| value.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!((one.key, bits(one.values)), (other.key, bits(other.values)));
    }
    let (_, notes) = batch.notes().next().unwrap();
    assert_eq!(
        notes.issues[0].message,
        "1 rows after 2025-12-31 were left out, of 2026-01-09"
    );
}

#[test]
fn without_a_refit_the_interval_grows_from_the_origin_on() {
    let fleet = fleet(&[("a", "cpu", 40.0, 0.0)]);
    let width = |refit: Refit| {
        let options = ShopOptions { refit, ..options() };
        let shop = Shop::new(as_of(), options).unwrap();
        let result = shop.forecast(fleet.view()).remove(0);
        let golden = result.golden.unwrap();
        assert_eq!(
            golden.trained_through == as_of(),
            refit == Refit::WholeHistory
        );
        golden.forecast.upper[0] - golden.forecast.lower[0]
    };
    assert!(width(Refit::Never) > width(Refit::WholeHistory));
}
