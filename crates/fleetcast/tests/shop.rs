//! The shop at its doors: what it takes, and what it says of what it cannot take.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast::{
    Batch, Day, FleetRows, FleetSummary, Groups, Horizon, LimitRule, Panel, Refit, SeriesKey, Shop,
    ShopError, ShopOptions, Status, Survey, TimeGrid, WindowLengths,
};
#[cfg(feature = "serde")]
use fleetcast::{FleetGains, GroupTotals};

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

/// A fleet of odd series beside plain ones: steps, gaps, constants, outliers, one that ended, one that is empty.
#[cfg(feature = "serde")]
fn odd_fleet() -> Panel {
    let plain: Vec<(String, &str, f64, f64)> = (0..9)
        .map(|host| {
            let resource = if host % 2 == 0 { "disk" } else { "cpu" };
            (format!("h{host}"), resource, 30.0 + f64::from(host), 0.04)
        })
        .collect();
    let plain: Vec<(&str, &str, f64, f64)> = plain
        .iter()
        .map(|(host, resource, level, growth)| (host.as_str(), *resource, *level, *growth))
        .collect();
    let mut rows: Vec<(SeriesKey, Vec<f64>)> = fleet(&plain)
        .view()
        .iter()
        .map(|series| (series.key.clone(), series.values.to_vec()))
        .collect();
    let change = |row: &mut Vec<f64>, days: std::ops::Range<usize>, to: fn(f64) -> f64| {
        for value in &mut row[days] {
            *value = to(*value);
        }
    };
    change(&mut rows[0].1, 200..320, |value| value + 25.0);
    change(&mut rows[1].1, 40..90, |_| f64::NAN);
    change(&mut rows[2].1, 0..320, |_| 12.5);
    change(&mut rows[3].1, 100..103, |_| 940.0);
    change(&mut rows[4].1, 250..320, |_| f64::NAN);
    change(&mut rows[5].1, 0..320, |_| f64::NAN);
    change(&mut rows[6].1, 0..290, |_| f64::NAN);
    change(&mut rows[7].1, 300..320, |value| value + 30.0);
    Panel::from_rows(TimeGrid::new(as_of().minus_days(319), 320), rows).unwrap()
}

/// Sends something as bytes and gets it back.
#[cfg(feature = "serde")]
fn sent<T: serde::Serialize + serde::de::DeserializeOwned>(one: &T) -> T {
    let text: T = serde_json::from_str(&serde_json::to_string(one).unwrap()).unwrap();
    drop(text);
    postcard::from_bytes(&postcard::to_stdvec(one).unwrap()).unwrap()
}

#[cfg(feature = "serde")]
#[test]
fn answers_that_were_sent_come_to_the_same_bits() {
    let fleet = odd_fleet();
    let shop = Shop::new(as_of(), options()).unwrap();
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let survey = Survey::of([&batch]);
    let evidence = shop.evidence(&batch, &survey).unwrap();
    let answers = shop.answers(&batch, &survey).unwrap();
    let arrived: Vec<_> = answers.iter().map(sent).collect();
    // NaN is not itself: what is printed is, digit by digit.
    assert_eq!(format!("{arrived:?}"), format!("{answers:?}"));
    let judged = shop.judge(arrived, &FleetGains::default()).unwrap();
    assert_eq!(format!("{judged:?}"), format!("{evidence:?}"));
    let summary = FleetSummary::of(&evidence);
    let finished = |evidence| format!("{:?}", shop.finish(evidence, &summary));
    assert_eq!(finished(&judged), finished(&evidence));
    assert!(
        evidence.iter().any(|one| one.issues().len() > 1),
        "nothing odd was noticed"
    );
    let other = Shop::new(as_of().minus_days(100), options()).unwrap();
    assert!(matches!(
        other.judge(answers, &FleetGains::default()),
        Err(ShopError::OtherWindows { .. })
    ));
}

#[cfg(feature = "serde")]
#[test]
fn bytes_that_are_no_answers_are_refused() {
    let fleet = odd_fleet();
    let shop = Shop::new(as_of(), options()).unwrap();
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let answers = shop
        .answers(&batch, &Survey::of([&batch]))
        .unwrap()
        .remove(0);
    let bytes = postcard::to_stdvec(&answers).unwrap();
    let read = |bytes: &[u8]| postcard::from_bytes::<fleetcast::EngineAnswers>(bytes);
    assert!(read(&bytes).is_ok());
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(read(&bytes[..cut]).is_err(), "{cut} of {}", bytes.len());
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_summary_is_put_together_from_outlines_in_any_order() {
    let fleet = odd_fleet();
    let shop = Shop::new(as_of(), options()).unwrap();
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let survey = Survey::of([&batch]);
    let evidence = shop.evidence(&batch, &survey).unwrap();
    let whole = FleetSummary::of(&evidence);
    let parts: Vec<FleetSummary> = evidence.chunks(2).map(FleetSummary::of).collect();
    for is_backwards in [false, true] {
        let ordered = || -> Box<dyn Iterator<Item = &FleetSummary>> {
            if is_backwards {
                Box::new(parts.iter().rev())
            } else {
                Box::new(parts.iter())
            }
        };
        let mut outline = FleetSummary::default();
        for part in ordered() {
            outline.merge(sent(&part.outline()));
        }
        assert_eq!(outline, whole.outline());
        assert_eq!(outline.series(), whole.series());
        assert!(!outline.series().is_empty() && outline.series().len() < evidence.len());
        let mut summary = FleetSummary::from(survey.clone());
        for part in ordered() {
            summary.merge(sent(&part.within(&outline)));
        }
        assert_eq!(summary, whole);
    }
    // Who is not named is left out.
    let (first, rest) = (&parts[0], &parts[1]);
    assert_eq!(first.within(&rest.outline()), FleetSummary::default());
    let large = postcard::to_stdvec(&whole).unwrap().len();
    let small = postcard::to_stdvec(&whole.outline()).unwrap().len();
    assert!(small * 20 < large, "{small} of {large} bytes");
}

#[cfg(feature = "serde")]
#[test]
fn rows_that_were_taken_apart_and_sent_are_the_same_fleet() {
    let mut rows = FleetRows::default();
    let mut backwards: Vec<FleetRows> = Vec::new();
    for (place, series) in odd_fleet().view().iter().enumerate() {
        let (host, resource) = (series.key.host(), series.key.resource());
        let mut alone = FleetRows::default();
        for (step, (day, value)) in series.observations().enumerate() {
            for rows in [&mut rows, &mut alone] {
                // A day twice, one without a value, one that is no number, and rows of nobody.
                let value = match step {
                    7 => None,
                    8 => Some(f64::NEG_INFINITY),
                    _ => Some(value),
                };
                rows.push(Some(host), Some(resource), Some(day), value);
                if step == 9 {
                    rows.push(Some(host), Some(resource), Some(day), Some(0.1));
                    rows.push(Some(host), None, Some(day), Some(0.1));
                    rows.push(None, Some("cpu"), Some(day), Some(0.1));
                }
            }
        }
        backwards.insert(place / 2, alone);
    }
    let mut together = FleetRows::default();
    for alone in backwards {
        for part in alone.apart() {
            together.merge(sent(&part));
        }
    }
    assert_eq!(together.last_days(), rows.last_days());
    assert_eq!(together.last_day(), Some(as_of()));
    assert_eq!(together.unusable_rows(), rows.unusable_rows());
    assert_eq!(together.unusable_rows().len(), 9);
    let shop = Shop::new(as_of(), options()).unwrap();
    let batches = |rows: &FleetRows| {
        let batches: Vec<Batch> = rows.batches(shop.split(), 4).collect();
        format!("{batches:?}")
    };
    assert_eq!(batches(&together), batches(&rows));
    let parts: Vec<FleetRows> = rows.clone().apart().collect();
    assert_eq!(
        parts.len(),
        9,
        "eight series with a value, and nobody's rows"
    );
    assert!(parts[8].is_empty() && !parts[7].is_empty());
    // A year is some bytes beside its values.
    let bytes = postcard::to_stdvec(&parts[0]).unwrap().len();
    assert!(bytes < 321 * 8 + 64, "{bytes}");
}

/// Hosts of two sites and of two owners, each with a disk, and how large these are.
fn hosts_of_sites() -> (Panel, Groups) {
    let fleet = fleet(&[
        ("a", "disk", 40.0, 0.12),
        ("b", "disk", 20.0, 0.01),
        ("c", "disk", 60.0, 0.02),
        ("c", "requests", 6000.0, 2.0),
    ]);
    let attributes = [
        ("a", "site", "ber"),
        ("b", "site", "ber"),
        ("c", "site", "fra"),
        ("a", "owner", "x"),
        ("b", "owner", "y"),
        ("c", "owner", "x"),
        ("a", "disk_capacity", "100"),
        ("b", "disk_capacity", "300"),
        ("c", "disk_capacity", "50"),
        ("a", "serial", "1"),
        ("b", "serial", "2"),
        ("c", "serial", "3"),
    ];
    (fleet, Groups::of(attributes))
}

#[cfg(feature = "serde")]
#[test]
fn groups_are_the_same_in_whatever_parts_they_were_added_up() {
    let (fleet, groups) = hosts_of_sites();
    let shop = Shop::new(as_of(), options()).unwrap();
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let survey = Survey::of([&batch]);
    let evidence = shop.evidence(&batch, &survey).unwrap();
    let results = shop.finish(&evidence, &FleetSummary::of(&evidence));
    let whole = shop.group_totals(&groups, &evidence, &results);
    let part = |of: std::ops::Range<usize>| -> GroupTotals {
        shop.group_totals(&groups, &evidence[of.clone()], &results[of])
    };
    let mut merged = part(2..4);
    merged.merge(part(0..1));
    merged.merge(part(1..2));
    assert_eq!(merged, whole);
    // What crosses from one process to another is the same.
    let sent = postcard::to_stdvec(&whole).unwrap();
    assert_eq!(postcard::from_bytes::<GroupTotals>(&sent).unwrap(), whole);
    assert_eq!(whole.refused(), []);

    let written = shop.finish_groups(&whole);
    let names: Vec<String> = written
        .iter()
        .map(|group| {
            let key = &group.key;
            format!(
                "{}={} {} {}",
                key.key, key.value, key.resource, group.members
            )
        })
        .collect();
    assert_eq!(
        names,
        [
            "owner=x disk 2",
            "owner=x requests 1",
            "owner=y disk 1",
            "site=ber disk 2",
            "site=fra disk 1",
            "site=fra requests 1",
        ],
        "who names hosts or says how large they are is no group"
    );
    let yhat = |place: usize| &results[place].golden.as_ref().unwrap().forecast.yhat;
    let ber = &written[3];
    assert_eq!(ber.size, Some(400.0));
    let mean = (100.0 * yhat(0)[0] + 300.0 * yhat(1)[0]) / 400.0;
    assert!((ber.written.golden.yhat[0] - mean).abs() < 1e-9);
    // A group of one is that one, and amounts are added up.
    let fra = &written[5];
    assert_eq!(
        (fra.size, fra.written.golden.yhat.as_slice()),
        (None, yhat(3).as_slice())
    );
    for group in &written {
        let golden = &group.written.golden;
        for day in 0..golden.yhat.len() {
            let inside = golden.lower_95[day] <= golden.lower[day]
                && golden.lower[day] <= golden.yhat[day]
                && golden.yhat[day] <= golden.upper[day]
                && golden.upper[day] <= golden.upper_95[day];
            assert!(inside, "{:?} on day {day}", group.key);
        }
    }
}

#[test]
fn percentages_are_not_added_up_where_nobody_said_how_large_hosts_are() {
    let (fleet, _) = hosts_of_sites();
    let groups = Groups::of([
        ("a", "site", "ber"),
        ("b", "site", "ber"),
        ("c", "site", "fra"),
    ]);
    let shop = Shop::new(as_of(), options()).unwrap();
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let evidence = shop.evidence(&batch, &Survey::of([&batch])).unwrap();
    let results = shop.finish(&evidence, &FleetSummary::of(&evidence));
    let totals = shop.group_totals(&groups, &evidence, &results);
    let refused: Vec<String> = totals
        .refused()
        .iter()
        .map(|(key, refusal)| format!("{} {} {refusal:?}", key.value, key.resource))
        .collect();
    assert_eq!(
        refused,
        ["ber disk WithoutSize(2)", "fra disk WithoutSize(1)"]
    );
    let written = shop.finish_groups(&totals);
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].key.resource, "requests");
}
