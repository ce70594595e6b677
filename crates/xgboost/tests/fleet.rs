//! A model of a made-up fleet, trained and asked.
//!
//! What needs the XGBoost library runs where the crate is built with its feature and the environment variable
//! `FLEETCAST_XGBOOST` says where the library is; it fails where it is not there. Otherwise those tests say that they
//! were left out.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{
    Day, Engine, Horizon, IntervalLevel, Panel, PanelView, Refit, SeriesKey, Split, TimeGrid,
    WindowLengths, forecast_windows,
};
use fleetcast_xgboost::{
    FleetSample, Library, Model, Settings, TrainingSample, Workspace, XgboostEngine, XgboostError,
    base_forecast,
};

/// Days of 36 months.
const DAYS: usize = 1096;

fn last() -> Day {
    "2025-12-31".parse().unwrap()
}

/// A reproducible number between -0.5 and 0.5 for each series and day.
fn unrest(series: usize, day: usize) -> f64 {
    let hash = twox_hash::XxHash3_64::oneshot_with_seed(series as u64, &(day as u64).to_le_bytes());
    (hash >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
}

/// Series with a week, a year, growth, and unrest that lasts some days; every ninth day of some is missing.
fn series(number: usize, days: usize) -> Vec<f64> {
    let (mut lasting, size) = (0.0, 1.0 + (number % 5) as f64);
    let value = |day: usize| {
        lasting = 0.97 * lasting + unrest(number, day);
        let weekend = if day % 7 < 2 { -3.0 } else { 1.0 };
        let year = 4.0 * (day as f64 / 58.13 + (number % 3) as f64).sin();
        let growth = 0.004 * (number % 4) as f64 * day as f64;
        let missing = number % 6 == 1 && day % 9 == 4;
        if missing {
            f64::NAN
        } else {
            size * (40.0 + weekend + year + growth + lasting + unrest(number + 500, day))
        }
    };
    (0..days).map(value).collect()
}

fn fleet(count: usize) -> Vec<(SeriesKey, Vec<f64>)> {
    let one = |number: usize| {
        let key = SeriesKey::new(format!("web-{number:03}"), "cpu");
        (key, series(number, DAYS))
    };
    (0..count).map(one).collect()
}

fn sample_of<'a>(
    limit: usize,
    fleet: impl IntoIterator<Item = &'a (SeriesKey, Vec<f64>)>,
) -> TrainingSample {
    let mut sample = TrainingSample::new(limit);
    let workspace = &mut Workspace::new();
    for (key, values) in fleet {
        sample.add(key, values, last(), workspace);
    }
    sample
}

/// The library, or `None` where these tests are left out.
fn library() -> Option<Library> {
    if cfg!(feature = "xgboost") && std::env::var_os("FLEETCAST_XGBOOST").is_some() {
        return Some(Library::open(None).unwrap());
    }
    let error = Library::open(Some("/nowhere/libxgboost.so".as_ref())).unwrap_err();
    println!("left out, since FLEETCAST_XGBOOST is not set or the feature is off: {error}");
    None
}

fn trained(library: &Library, fleet: &[(SeriesKey, Vec<f64>)]) -> Model {
    let sample = sample_of(TrainingSample::DEFAULT_LIMIT, fleet);
    Model::train(library, &sample, &Settings::default()).unwrap()
}

fn forecast(model: &Model, values: &[f64]) -> Vec<f64> {
    let workspace = &mut Workspace::new();
    model
        .forecast(values, last(), Horizon::DEFAULT, workspace)
        .unwrap()
}

#[test]
fn a_sample_depends_on_neither_order_nor_cuts() {
    let fleet = fleet(12);
    let whole = sample_of(500, &fleet);
    assert_eq!(whole.len(), 500);
    let backwards = sample_of(500, fleet.iter().rev());
    assert_eq!(whole, backwards);
    // Rows that were passed over for their hashes would not have got in.
    let mut of_all_rows = TrainingSample::new(500);
    of_all_rows.merge(sample_of(usize::MAX, &fleet));
    assert_eq!(whole, of_all_rows);

    let part = |range: std::ops::Range<usize>| sample_of(500, &fleet[range]);
    let (a, b, c) = (part(0..3), part(3..4), part(4..12));
    let mut left = a.clone();
    left.merge(b.clone());
    left.merge(c.clone());
    let mut right = c;
    right.merge(b);
    right.merge(a);
    assert_eq!(left, whole);
    assert_eq!(right, whole);
    let sent = TrainingSample::from_bytes(&left.to_bytes());
    assert_eq!(sent.as_ref(), Ok(&whole));
    assert_eq!(left.to_bytes(), whole.to_bytes());
    // A part that is read twice counts once.
    right.merge(part(2..5));
    assert_eq!(right, whole);
}

#[test]
fn a_sample_of_some_hashes_is_that_of_all_once_it_is_certain() {
    let fleet = fleet(12);
    let whole = sample_of(200, &fleet);
    assert!(whole.is_certain());
    let within = |share: f64, fleet: &[(SeriesKey, Vec<f64>)]| {
        let mut sample = TrainingSample::new(200).within(share);
        for (key, values) in fleet {
            sample.add(key, values, last(), &mut Workspace::new());
        }
        sample
    };
    let mut merged = within(0.3, &fleet[6..]);
    assert!(merged.len() < 400, "{}", merged.len());
    merged.merge(within(0.3, &fleet[..6]));
    assert!(merged.is_certain());
    assert_eq!(merged.len(), 200);
    // Whoever takes all hashes and whoever takes enough have the same rows.
    let mut all = whole.clone().within(0.3);
    all.merge(merged.clone());
    assert_eq!(all, merged);
    let few = within(0.01, &fleet);
    assert!(!few.is_certain() && few.len() < 200);
    let sent = TrainingSample::from_bytes(&few.to_bytes()).unwrap();
    assert!(!sent.is_certain());
    assert_eq!(sent, few);
    assert_eq!(within(1.0, &fleet), whole);
}

#[test]
fn the_sample_of_a_fleet_is_sent_and_merged() {
    let of = |fleet: &[(SeriesKey, Vec<f64>)], slack: f64| {
        let (panel, split) = windows(fleet);
        let sample = FleetSample::new(&split, Refit::WholeHistory);
        let mut sample = sample.for_part_of(12, slack);
        sample.add(panel.view());
        sample
    };
    let fleet = fleet(12);
    let whole = of(&fleet, 2.0);
    let mut merged = FleetSample::from_bytes(&of(&fleet[5..], 2.0).to_bytes()).unwrap();
    merged.merge(FleetSample::from_bytes(&of(&fleet[..5], 2.0).to_bytes()).unwrap());
    assert_eq!(merged, whole);
    assert!(merged.is_certain());
    assert!(!of(&fleet, 1e-6).is_certain());
    let error = FleetSample::from_bytes(b"nothing of that kind at all").unwrap_err();
    assert_eq!(
        error.to_string(),
        "the bytes are no training sample of a fleet of this version: they do not begin as one does; make it anew"
    );
}

#[test]
fn what_cannot_be_trained_on_adds_no_row() {
    let key = SeriesKey::new("web", "cpu");
    let workspace = &mut Workspace::new();
    let mut sample = TrainingSample::default();
    let mut late = series(1, DAYS);
    late[..500].fill(f64::NAN);
    for values in [
        vec![7.0; DAYS],
        vec![f64::NAN; DAYS],
        series(1, 660),
        late,
        Vec::new(),
    ] {
        sample.add(&key, &values, last(), workspace);
        assert!(sample.is_empty());
    }
    sample.add(&key, &series(1, 700), last(), workspace);
    assert!(!sample.is_empty());
}

#[test]
fn a_base_forecast_follows_scale_and_level() {
    let workspace = &mut Workspace::new();
    let values = series(3, DAYS);
    let expected = base_forecast(&values, last(), Horizon::DEFAULT, workspace).unwrap();
    let moved: Vec<f64> = values.iter().map(|value| 8.0 * value + 1000.0).collect();
    let found = base_forecast(&moved, last(), Horizon::DEFAULT, workspace).unwrap();
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - (8.0 * expected + 1000.0)).abs() < 1e-7);
    }
    assert_eq!(
        base_forecast(&[f64::NAN], last(), Horizon::DEFAULT, workspace),
        None
    );
    for days in [1, 2, 6, 30, 100, 363, 364, 420] {
        let found = base_forecast(&series(1, days), last(), Horizon::DEFAULT, workspace).unwrap();
        assert!(found.iter().all(|value| value.is_finite()), "{days} days");
    }
}

#[test]
fn the_same_fleet_makes_the_same_bytes() {
    let Some(library) = library() else { return };
    let mut fleet = fleet(8);
    let model = trained(&library, &fleet);
    fleet.reverse();
    let again = trained(&library, &fleet);
    assert_eq!(model.to_bytes(), again.to_bytes());
    assert_eq!(model.fingerprint(), again.fingerprint());
    // Threads that share a model, and a model that was kept, forecast alike.
    let kept = Model::from_bytes(&library, &model.to_bytes()).unwrap();
    assert_eq!(kept.fingerprint(), model.fingerprint());
    let expected: Vec<Vec<f64>> = fleet.iter().map(|(_, v)| forecast(&kept, v)).collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let workspace = &mut Workspace::new();
                for ((_, values), expected) in fleet.iter().zip(&expected) {
                    let found = model.forecast(values, last(), Horizon::DEFAULT, workspace);
                    assert_eq!(found.as_ref(), Ok(expected));
                }
            });
        }
    });
}

#[test]
fn a_model_forecasts_better_than_its_base() {
    let Some(library) = library() else { return };
    let past = |number: usize| series(number, DAYS + 180)[..DAYS].to_vec();
    let fleet: Vec<_> = (0..30)
        .map(|number| {
            (
                SeriesKey::new(format!("web-{number:03}"), "cpu"),
                past(number),
            )
        })
        .collect();
    let model = trained(&library, &fleet);
    let workspace = &mut Workspace::new();
    let (mut of_model, mut of_base) = (0.0, 0.0);
    for (number, (_, values)) in fleet.iter().enumerate() {
        let future = &series(number, DAYS + 180)[DAYS..];
        let error = |forecast: &[f64]| -> f64 {
            let days = forecast.iter().zip(future);
            let errors = days.map(|(a, b)| (a - b).abs());
            errors.filter(|error| !error.is_nan()).sum()
        };
        let size = 1.0 + (number % 5) as f64;
        of_model += error(&forecast(&model, values)) / size;
        let base = base_forecast(values, last(), Horizon::DEFAULT, workspace).unwrap();
        of_base += error(&base) / size;
    }
    assert!(
        of_model < 0.95 * of_base,
        "{of_model} is not below {of_base}"
    );
}

#[test]
fn a_forecast_is_the_sum_of_its_contributions() {
    let Some(library) = library() else { return };
    let fleet = fleet(8);
    let model = trained(&library, &fleet);
    let workspace = &mut Workspace::new();
    let values = &fleet[3].1;
    let forecast = forecast(&model, values);
    for ahead in [1, 90, 180] {
        let found = model
            .contributions(values, last(), ahead, workspace)
            .unwrap();
        let sum: f64 = found.features.iter().map(|(_, value)| value).sum();
        let sum = sum + found.base + found.average;
        assert!((sum - found.forecast).abs() < 1e-9);
        assert!(
            (found.forecast - forecast[ahead - 1]).abs() < 1e-4,
            "{ahead}"
        );
        assert_eq!(found.features.len(), 47);
    }
    let constant = model
        .contributions(&[5.0; DAYS], last(), 1, workspace)
        .unwrap();
    assert_eq!((constant.forecast, constant.average), (5.0, 0.0));
    let error = model
        .contributions(values, last(), 0, workspace)
        .unwrap_err();
    assert_eq!(error, XgboostError::Step(0));
}

#[test]
fn a_forecast_follows_unit_and_zero() {
    let Some(library) = library() else { return };
    let fleet = fleet(8);
    let model = trained(&library, &fleet);
    let values = &fleet[2].1;
    let expected = forecast(&model, values);
    let in_unit = |unit: f64, zero: f64, values: &[f64]| -> Vec<f64> {
        let moved = values.iter().map(|value| unit * value + zero);
        moved.collect()
    };
    // A power of two changes no bit of what the model is told.
    let sixteenth = forecast(&model, &in_unit(0.0625, 0.0, values));
    assert_eq!(sixteenth, in_unit(0.0625, 0.0, &expected));
    for (unit, zero) in [(1.0, 1000.0), (0.37, -40.0), (1e6, 3e7)] {
        let found = forecast(&model, &in_unit(unit, zero, values));
        for (found, expected) in found.iter().zip(in_unit(unit, zero, &expected)) {
            let off = (found - expected).abs() / unit;
            assert!(off < 1e-4, "{unit}, {zero}: {found}, {expected} expected");
        }
    }
}

#[test]
fn odd_histories_get_the_base_forecast() {
    let Some(library) = library() else { return };
    let model = trained(&library, &fleet(8));
    let workspace = &mut Workspace::new();
    assert_eq!(forecast(&model, &[5.0; DAYS]), [5.0; 180]);
    let short = series(2, 419);
    let base = base_forecast(&short, last(), Horizon::DEFAULT, workspace);
    assert_eq!(Some(forecast(&model, &short)), base);
    for days in [420, 541, 542, 600, 742, 743] {
        let found = forecast(&model, &series(1, days));
        assert!(found.iter().all(|value| value.is_finite()), "{days} days");
    }
    // As large and as small as measurements can be, and one wild day.
    for size in [1e100, 1e-100] {
        let mut values: Vec<f64> = series(1, DAYS).iter().map(|value| size * value).collect();
        let found = forecast(&model, &values);
        assert!(found.iter().all(|value| value.is_finite()), "{size}");
        values[900] = 1e100;
        let found = forecast(&model, &values);
        assert!(found.iter().all(|value| value.is_finite()), "{size}");
    }
    let year = Horizon::new(800).unwrap();
    let found = model
        .forecast(&series(1, DAYS), last(), year, workspace)
        .unwrap();
    assert!(found.len() == 800 && found.iter().all(|value| value.is_finite()));
    let nothing = model.forecast(&[f64::NAN; 9], last(), year, workspace);
    assert_eq!(nothing, Err(XgboostError::NoObservation));
}

#[test]
fn what_is_no_model_is_refused() {
    let Some(library) = library() else { return };
    let model = trained(&library, &fleet(4));
    let bytes = model.to_bytes();
    let refused = |bytes: &[u8]| Model::from_bytes(&library, bytes).unwrap_err().to_string();
    let mut damaged = bytes.clone();
    damaged[5000] ^= 1;
    let advice = "; make it anew";
    for (bytes, expected) in [
        (damaged.as_slice(), "they were damaged or cut off"),
        (&bytes[..bytes.len() - 1], "they were damaged or cut off"),
        (&[], "they were damaged or cut off"),
        (&[0; 100], "they do not begin as one does"),
    ] {
        let expected = format!("the bytes are no model of this version: {expected}{advice}");
        assert_eq!(refused(bytes), expected);
    }
    let error = Model::train(&library, &sample_of(99, &fleet(4)), &Settings::default());
    let expected = XgboostError::TooFewRows {
        rows: 99,
        needed: 100,
    };
    assert_eq!(error.unwrap_err(), expected);
    let train = |settings: &Settings| {
        let error = Model::train(&library, &sample_of(500, &fleet(4)), settings);
        error.unwrap_err().to_string()
    };
    let unlearned = Settings {
        eta: f64::NAN,
        ..Settings::default()
    };
    let expected = "eta = NaN is out of range; give above 0 and up to 1";
    assert_eq!(train(&unlearned), expected);
    let unseeded = Settings {
        seeds: Vec::new(),
        ..Settings::default()
    };
    let expected = "seeds = 0 is out of range; give at least one";
    assert_eq!(train(&unseeded), expected);
}

#[test]
fn what_is_no_library_is_named() {
    let Some(_) = library() else { return };
    let error = Library::open(Some("/nowhere/libxgboost.so".as_ref())).unwrap_err();
    let message = error.to_string();
    for part in [
        "library /nowhere/libxgboost.so cannot be loaded",
        "No such file",
        "pip install",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains('\n'), "{message}");
}

/// A panel of the fleet's days, and windows that end with it.
fn windows(fleet: &[(SeriesKey, Vec<f64>)]) -> (Panel, Split) {
    let first = last().minus_days(u32::try_from(DAYS).unwrap() - 1);
    let panel = Panel::from_rows(TimeGrid::new(first, DAYS), fleet.to_vec()).unwrap();
    (panel, Split::new(last(), WindowLengths::default()).unwrap())
}

#[test]
fn rows_of_a_models_day_know_nothing_after_it() {
    let all = fleet(9);
    let (panel, split) = windows(&all);
    let sampled = |panel: &Panel, refit| {
        let mut sample = FleetSample::new(&split, refit);
        sample.add(panel.view());
        sample
    };
    let origin = split.training().len();
    let mut later = all.clone();
    for (_, values) in &mut later {
        for value in &mut values[origin..] {
            *value = 1e6 - 3.0 * *value;
        }
    }
    let (other, _) = windows(&later);
    assert_eq!(sampled(&panel, Refit::Never), sampled(&other, Refit::Never));
    assert_ne!(
        sampled(&panel, Refit::WholeHistory),
        sampled(&other, Refit::WholeHistory)
    );
    // Parts of a fleet in any order are the fleet.
    let whole = sampled(&panel, Refit::WholeHistory);
    let mut merged = sampled(&windows(&all[4..]).0, Refit::WholeHistory);
    merged.merge(sampled(&windows(&all[..4]).0, Refit::WholeHistory));
    assert_eq!(merged, whole);
}

#[test]
fn an_engine_forecasts_from_the_models_of_its_days() {
    let Some(library) = library() else {
        return;
    };
    let (panel, split) = windows(&fleet(24));
    let mut sample = FleetSample::new(&split, Refit::WholeHistory);
    sample.add(panel.view());
    let engine = XgboostEngine::train(&library, &sample).unwrap();
    assert_eq!(
        engine.fingerprint().matches(", ").count(),
        2,
        "three models"
    );
    let level = IntervalLevel::EIGHTY_PERCENT;
    let asked = |panel: PanelView<'_>| {
        forecast_windows(&engine, panel, &split, Refit::WholeHistory, level, None).unwrap()
    };
    let all = asked(panel.view());
    let sent = XgboostEngine::from_bytes(&library, &engine.to_bytes()).unwrap();
    assert_eq!(sent.fingerprint(), engine.fingerprint());
    let of_sent = forecast_windows(
        &sent,
        panel.view(),
        &split,
        Refit::WholeHistory,
        level,
        None,
    );
    assert_eq!(format!("{:?}", of_sent.unwrap()), format!("{all:?}"));
    for outcome in &all {
        assert_eq!(
            outcome.backtest.as_ref().unwrap().yhat().len(),
            split.backtest().len()
        );
        assert_eq!(outcome.future.as_ref().unwrap().yhat().len(), 180);
        assert_eq!(outcome.inner.len(), 1);
        assert_eq!(outcome.inner[0].origin, split.origin().minus_days(122));
    }
    // The same series is forecast in the same way beside others and alone.
    let alone = asked(panel.view().slice(5..6));
    assert_eq!(alone[0].future, all[5].future);
    // No model, no forecast.
    let earlier = TimeGrid::new(panel.view().grid().first(), 900);
    let windows = panel.view().window(earlier).unwrap();
    let failed = engine.forecast(windows, Horizon::DEFAULT, level);
    assert!(failed.iter().all(|outcome| outcome.forecast.is_err()));
}
