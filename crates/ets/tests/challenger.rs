//! What the challenger promises, and how good it is on real series.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Float64Type, Int32Type};
use fleetcast_core::{
    Asked, Choice, Day, Engine, Horizon, IntervalLevel, IssueCode, Outcome, Panel, SeriesKey,
    Severity, TimeGrid, metrics, seasonal_naive,
};
use fleetcast_ets::{EtsEngine, MstlEngine};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;

fn panel(rows: Vec<Vec<f64>>) -> Panel {
    let grid = TimeGrid::new("2023-01-01".parse().unwrap(), rows[0].len());
    let keyed = rows.into_iter().enumerate();
    let rows = keyed.map(|(row, values)| (SeriesKey::new(format!("h{row:03}"), "cpu"), values));
    Panel::from_rows(grid, rows).unwrap()
}

fn outcomes(panel: &Panel, days: usize) -> Vec<Outcome> {
    let horizon = Horizon::new(days).unwrap();
    EtsEngine::new().forecast(panel.view(), horizon, IntervalLevel::EIGHTY_PERCENT)
}

fn outcome(values: Vec<f64>, days: usize) -> Outcome {
    outcomes(&panel(vec![values]), days).remove(0)
}

fn workload(days: usize) -> Vec<f64> {
    (0..days)
        .map(|day| {
            let unrest = ((day * 7919) % 101) as f64 / 101.0 - 0.5;
            let season = (day as f64 * std::f64::consts::TAU / 365.25).sin();
            50.0 + 10.0 * season + 3.0 * f64::from(u8::from(day % 7 < 5)) + unrest
        })
        .collect()
}

fn with_gaps(mut values: Vec<f64>) -> Vec<f64> {
    for (day, value) in values.iter_mut().enumerate() {
        if (day * 31) % 10 < 2 && day % 97 != 0 {
            *value = f64::NAN;
        }
    }
    values
}

/// Rows that begin late, end early, have gaps or are too short, and those that do not.
fn all_kinds() -> Vec<Vec<f64>> {
    let days = 1096;
    let mut rows: Vec<Vec<f64>> = (0..9).map(|_| workload(days)).collect();
    for (row, values) in rows.iter_mut().enumerate() {
        for (day, value) in values.iter_mut().enumerate() {
            *value += ((day * 31 + row * 17) % 13) as f64 / 5.0;
        }
        // A spike in the last weeks of the training window is one by what came before it.
        values[960 + row] += 40.0;
    }
    rows[1][..200].fill(f64::NAN);
    rows[2][1090..].fill(f64::NAN);
    rows[3] = with_gaps(rows[3].clone());
    rows[4][..900].fill(f64::NAN);
    rows[5][..1060].fill(f64::NAN);
    rows[6].fill(3.0);
    rows[7][..1095].fill(f64::NAN);
    rows
}

#[test]
fn windows_asked_together_are_forecast_as_each_is_alone() {
    let days = 1096;
    let panel = panel(all_kinds());
    let (engine, level) = (EtsEngine::new(), IntervalLevel::EIGHTY_PERCENT);
    // Where the windows share their inner origins, where they share none, and where both are the same.
    for training in [974, 900, 1096] {
        let windows = [(training, 150), (days, 180)].map(|(days, horizon)| Asked {
            choices: &[],
            panel: panel
                .view()
                .window(TimeGrid::new(panel.grid().first(), days))
                .unwrap(),
            horizon: Horizon::new(horizon).unwrap(),
        });
        let alone = windows.map(|asked| engine.forecast(asked.panel, asked.horizon, level));
        let together = engine.forecast_together(&windows, level);
        assert_eq!(together, alone, "{training} days");
    }
}

/// Asks an engine again with what it chose: of the same window that is the same forecast, to the bit, and of a later one another.
fn keeps_its_choice(engine: &dyn Engine, panel: &Panel) {
    let level = IntervalLevel::EIGHTY_PERCENT;
    let window = |days| {
        let grid = TimeGrid::new(panel.grid().first(), days);
        Asked::of(
            panel.view().window(grid).unwrap(),
            Horizon::new(180).unwrap(),
        )
    };
    let then = window(1070);
    let chosen = engine.forecast(then.panel, then.horizon, level);
    let choices: Vec<Option<Choice>> = chosen.iter().map(|one| one.choice.clone()).collect();
    assert!(choices.iter().flatten().count() > 4, "{choices:?}");
    let ask = |asked: Asked<'_>| -> Vec<Outcome> {
        let with_choices = [Asked {
            choices: &choices,
            ..asked
        }];
        engine.forecast_together(&with_choices, level).remove(0)
    };
    for (again, before) in ask(then).iter().zip(&chosen) {
        assert_eq!(again.forecast, before.forecast);
        assert_eq!(again.notices, before.notices);
        assert_eq!(again.choice, before.choice);
    }
    let later = ask(window(1096));
    let afresh = engine.forecast(panel.view(), Horizon::new(180).unwrap(), level);
    let mut others = 0;
    for ((later, afresh), choice) in later.iter().zip(&afresh).zip(&choices) {
        assert_eq!(later.choice.is_some(), afresh.choice.is_some());
        if choice.is_some() {
            assert_eq!(&later.choice, choice);
        }
        others += usize::from(later.forecast != afresh.forecast);
    }
    assert!(others > 4, "{others}");
    // What another engine or version chose is not understood, and chosen anew.
    let foreign = vec![Some(Choice(vec![1.0, 2.0])); panel.view().len()];
    let asked = [Asked {
        choices: &foreign,
        ..window(1096)
    }];
    assert_eq!(engine.forecast_together(&asked, level).remove(0), afresh);
}

#[test]
fn what_was_chosen_is_kept_where_it_is_asked_for() {
    keeps_its_choice(&EtsEngine::new(), &panel(all_kinds()));
}

#[test]
fn week_and_year_are_continued() {
    let all = workload(974 + 180);
    let found = outcome(all[..974].to_vec(), 180);
    let forecast = found.forecast.unwrap();
    let error = metrics::mae(&all[974..], forecast.yhat()).unwrap();
    assert!(error < 0.6, "mean absolute error {error}");
    let coverage = metrics::coverage(&all[974..], forecast.lower(), forecast.upper()).unwrap();
    assert!(coverage > 0.7, "coverage {coverage}");
    // Three origins inside the window, four months apart, each scored on the 120 days after it.
    let origins: Vec<String> = found
        .inner
        .iter()
        .map(|inner| inner.origin.to_string())
        .collect();
    assert_eq!(origins, ["2024-08-30", "2024-12-30", "2025-04-30"]);
    for (inner, first) in found.inner.iter().zip([608, 730, 851]) {
        let error = metrics::mae(&all[first..first + 120], &inner.yhat).unwrap();
        assert!(inner.yhat.len() == 120 && error < 1.0, "{error}");
    }
    assert!(found.notices.is_empty());
}

#[test]
fn degenerate_series_have_a_policy() {
    for constant in [7.5, 0.0, -3.0] {
        let forecast = outcome(vec![constant; 50], 3).forecast.unwrap();
        assert_eq!(
            (forecast.yhat(), forecast.upper()),
            (&[constant; 3][..], &[constant; 3][..])
        );
    }
    for values in [vec![1.0; 13], vec![f64::NAN; 50]] {
        let failure = outcome(values, 3).forecast.unwrap_err();
        assert_eq!(failure.code(), IssueCode::TooShort);
    }
    let noise_free: Vec<f64> = (0..900)
        .map(|day| [5.0, 6.0, 7.0, 8.0, 9.0, 2.0, 1.0][day % 7])
        .collect();
    let forecast = outcome(noise_free.clone(), 70).forecast.unwrap();
    for (found, expected) in forecast.yhat().iter().zip(&noise_free[900 % 7..]) {
        assert!((found - expected).abs() < 0.05, "{found}, not {expected}");
    }
}

#[test]
fn short_series_step_down_and_say_so() {
    use IssueCode::{
        AnnualSeasonLeftOut, ValidationLeftOut, ValidationShortened, WeeklySeasonLeftOut,
    };
    use Severity::{Info, Warning};
    for days in [14, 20, 21, 30, 55, 56, 100, 400, 479, 480, 729, 730] {
        let found = outcome(workload(days), 180);
        let forecast = found.forecast.unwrap();
        // Less than two years tell nothing of the next half: a flat line at the last four weeks'
        // mean is hard to beat there, and must not be missed by much.
        let all = workload(days + 180);
        let (past, actual) = all.split_at(days);
        let recent = &past[days - days.min(28)..];
        let flat = recent.iter().sum::<f64>() / recent.len() as f64;
        let most = match days {
            ..730 => 1.15 * metrics::mae(actual, &[flat; 180]).unwrap(),
            _ => 0.5,
        };
        let error = metrics::mae(actual, forecast.yhat()).unwrap();
        assert!(error < most, "{days} days: {error}, not below {most}");
        let notices: Vec<(IssueCode, Severity)> = found
            .notices
            .iter()
            .map(|notice| (notice.code, notice.severity))
            .collect();
        let expected: &[(IssueCode, Severity)] = match days {
            ..21 => &[
                (WeeklySeasonLeftOut, Warning),
                (AnnualSeasonLeftOut, Warning),
                (ValidationLeftOut, Warning),
            ],
            21..56 => &[(AnnualSeasonLeftOut, Warning), (ValidationLeftOut, Warning)],
            56..480 => &[(AnnualSeasonLeftOut, Warning), (ValidationShortened, Info)],
            480..730 => &[(AnnualSeasonLeftOut, Warning)],
            _ => &[],
        };
        assert_eq!(notices, expected, "{days} days");
        assert_eq!(
            found.inner.len(),
            if days < 56 { 0 } else { 3 },
            "{days} days"
        );
    }
}

/// The codes and messages of a series' notices of steps down.
fn notices(values: Vec<f64>) -> Vec<(IssueCode, String)> {
    let notices = outcome(values, 30).notices.into_iter();
    notices
        .filter(|notice| notice.code != IssueCode::OutliersWinsorised)
        .map(|notice| (notice.code, notice.message))
        .collect()
}

/// The series with some days missing.
fn without(mut values: Vec<f64>, missing: Range<usize>) -> Vec<f64> {
    values[missing].fill(f64::NAN);
    values
}

#[test]
fn a_stray_value_before_long_silence_is_no_history() {
    let codes =
        |values| -> Vec<IssueCode> { notices(values).into_iter().map(|(code, _)| code).collect() };
    let long_silence = without(workload(820), 1..720);
    assert_eq!(
        codes(long_silence),
        [
            IssueCode::AnnualSeasonLeftOut,
            // The origins lie in the silence.
            IssueCode::ValidationLeftOut
        ]
    );
    // It is forecast as the hundred days are: no annual part has been made up.
    let with_stray = outcome(without(workload(820), 1..720), 60)
        .forecast
        .unwrap();
    let alone = outcome(without(workload(820), 0..720), 60)
        .forecast
        .unwrap();
    for (found, expected) in with_stray.yhat().iter().zip(alone.yhat()) {
        assert!((found - expected).abs() < 2.0, "{found}, not {expected}");
    }
}

#[test]
fn whatever_is_missing_from_the_combination_is_noticed() {
    // Too little of last year's four weeks before the end: there is no level to compare with.
    assert_eq!(
        notices(without(workload(974), 560..611)),
        [(
            IssueCode::MemberLeftOut,
            "forecast without last year's same weekday: too many of last year's days are missing"
                .to_owned()
        )]
    );
    // The same of one inner origin, which looks back further.
    assert_eq!(
        notices(without(workload(974), 340..371)),
        [(
            IssueCode::MemberLeftOut,
            "forecast without last year's same weekday: it has no score at an inner origin"
                .to_owned()
        )]
    );
    // Nothing to score one of three inner origins on.
    assert_eq!(
        notices(without(workload(600), 481..598)),
        [
            (
                IssueCode::AnnualSeasonLeftOut,
                "600 days of history, 730 needed for the annual season".to_owned()
            ),
            (
                IssueCode::ValidationShortened,
                "2 of 3 inner origins have enough observed days before and after them; forecasts \
                 are weighed by those"
                    .to_owned()
            )
        ]
    );
}

#[test]
fn plans_that_are_shared_and_those_that_are_not_give_the_same() {
    // More windows of four series each than plans are kept for.
    let rows: Vec<Vec<f64>> = (0..4 * 40)
        .map(|row| without(workload(160), 0..row / 4))
        .collect();
    let together = outcomes(&panel(rows.clone()), 30);
    for row in [0, 5, 127, 128, 159] {
        let alone = outcome(rows[row].clone(), 30);
        assert_eq!(together[row], alone, "series {row}");
    }
}

#[test]
fn odd_series_stay_finite_and_sensible() {
    let mut spiky = workload(974);
    spiky[500] = 1e6;
    spiky[973] = 5e3;
    let step: Vec<f64> = workload(974)
        .iter()
        .enumerate()
        .map(|(day, y)| if day < 700 { *y } else { 100.0 * y })
        .collect();
    let mostly_zero: Vec<f64> = (0..974)
        .map(|day| f64::from(u8::from(day % 50 == 3)))
        .collect();
    for (name, values, sensible) in [
        ("spiky", spiky, 36.0..66.0),
        ("step", step, 3.5e3..6.5e3),
        ("mostly zero", mostly_zero, 0.0..0.2),
        ("gappy", with_gaps(workload(974)), 36.0..66.0),
        (
            "hardly there",
            {
                let mut values = vec![f64::NAN; 974];
                for day in (0..974).step_by(61) {
                    values[day] = 10.0 + (day % 3) as f64;
                }
                values
            },
            9.5..12.5,
        ),
        (
            "weekdays only",
            workload(974)
                .iter()
                .enumerate()
                .map(|(day, y)| if day % 7 < 5 { *y } else { f64::NAN })
                .collect(),
            36.0..66.0,
        ),
    ] {
        let forecast = outcome(values, 180)
            .forecast
            .unwrap_or_else(|failure| panic!("{name}: {failure}"));
        let (yhat, upper) = (forecast.yhat(), forecast.upper());
        for (yhat, upper) in yhat.iter().zip(upper) {
            assert!(sensible.contains(yhat), "{name}: {yhat}");
            assert!(*upper < 10.0 * sensible.end, "{name}: {upper}");
        }
    }
}

/// The series, changed on some days.
fn changed(mut values: Vec<f64>, days: Range<usize>, change: impl Fn(f64) -> f64) -> Vec<f64> {
    for value in &mut values[days] {
        *value = change(*value);
    }
    values
}

#[test]
fn spikes_hardly_move_a_forecast() {
    let calm = outcome(workload(974), 180).forecast.unwrap();
    // In the middle, in the days inner origins are scored on, in the last week; alone and as a run.
    for days in [
        400..401,
        800..801,
        900..901,
        970..971,
        973..974,
        500..508,
        966..974,
    ] {
        let spiky = changed(workload(974), days.clone(), |_| 1e6);
        let found = outcome(spiky, 180);
        let notice = &found.notices[0];
        assert_eq!(notice.code, IssueCode::OutliersWinsorised, "{days:?}");
        assert_eq!(notice.severity, Severity::Info);
        let forecast = found.forecast.unwrap();
        for (found, calm) in forecast.yhat().iter().zip(calm.yhat()) {
            assert!((found - calm).abs() < 1.0, "{days:?}: {found}, not {calm}");
        }
        for (found, calm) in forecast.upper().iter().zip(calm.upper()) {
            assert!((found - calm).abs() < 1.5, "{days:?}: {found}, not {calm}");
        }
    }
}

#[test]
fn a_new_level_of_three_weeks_is_followed() {
    let raised = changed(workload(974), 953..974, |value| value + 100.0);
    let found = outcome(raised, 60);
    assert!(found.notices.is_empty(), "{:?}", found.notices);
    let calm = outcome(workload(974), 60).forecast.unwrap();
    let forecast = found.forecast.unwrap();
    let moved = forecast.yhat().iter().zip(calm.yhat());
    let mean = moved.map(|(found, calm)| found - calm).sum::<f64>() / 60.0;
    // The level moves by a tenth of an error a day, last year's day by half of the change.
    assert!(mean > 40.0, "moved by {mean}");
}

#[test]
fn bursts_of_an_intermittent_series_are_its_nature() {
    let bursts = |size: f64| -> Vec<f64> {
        (0..974)
            .map(|day| if (day * 7919) % 101 < 9 { size } else { 0.0 })
            .collect()
    };
    let found = outcome(bursts(40.0), 60);
    assert!(found.notices.is_empty(), "{:?}", found.notices);
    let yhat = found.forecast.unwrap();
    let mean = yhat.yhat().iter().sum::<f64>() / 60.0;
    // Nine days in 101 have 40.
    assert!((mean - 3.6).abs() < 1.2, "{mean}");
}

#[test]
fn gaps_hardly_change_a_forecast() {
    let whole = outcome(workload(974), 180).forecast.unwrap();
    let gappy = outcome(with_gaps(workload(974)), 180).forecast.unwrap();
    for (whole, gappy) in whole.yhat().iter().zip(gappy.yhat()) {
        assert!((whole - gappy).abs() < 1.5, "{gappy}, not {whole}");
    }
}

#[test]
fn a_series_that_ends_early_keeps_its_weekdays() {
    let all = workload(300);
    let mut early = all[..280].to_vec();
    early[270..].fill(f64::NAN);
    let found = outcome(early, 20).forecast.unwrap();
    assert_eq!(found.grid().first().to_string(), "2023-10-08");
    for (yhat, actual) in found.yhat().iter().zip(&all[280..]) {
        assert!((yhat - actual).abs() < 1.5, "{yhat}, not {actual}");
    }
}

#[test]
fn any_scale_and_sign_gives_the_same_forecast() {
    let reference = outcome(workload(800), 100).forecast.unwrap();
    for scale in [1e-12, 1e12, -1.0] {
        let values = workload(800).iter().map(|value| value * scale).collect();
        let found = outcome(values, 100).forecast.unwrap();
        for (found, reference) in found.yhat().iter().zip(reference.yhat()) {
            assert!((found / scale / reference - 1.0).abs() < 1e-6, "{scale}");
        }
    }
}

#[test]
fn company_and_threads_change_nothing() {
    let late: Vec<f64> = {
        let mut values = workload(800);
        values[..200].fill(f64::NAN);
        values
    };
    let rows = vec![
        workload(800),
        workload(800).iter().map(|y| 2.0 * y).collect(),
        workload(800).iter().map(|y| y * y).collect(),
        with_gaps(workload(800)),
        late,
        vec![1.0; 800],
    ];
    let together = panel(rows.clone());
    let pool = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
    };
    let by_one = pool(1).install(|| outcomes(&together, 60));
    let by_three = pool(3).install(|| outcomes(&together, 60));
    assert_eq!(by_one, by_three);
    for (index, row) in rows.into_iter().enumerate() {
        let alone = outcomes(&panel(vec![row]), 60).remove(0);
        assert_eq!(alone, by_one[index], "series {index}");
    }
}

#[test]
fn the_first_version_is_still_there() {
    let panel = panel(vec![workload(800)]);
    let horizon = Horizon::new(30).unwrap();
    let engine = MstlEngine::new();
    assert_eq!(engine.name(), "mstl_ets");
    let outcomes = engine.forecast(panel.view(), horizon, IntervalLevel::EIGHTY_PERCENT);
    assert!(outcomes[0].forecast.is_ok());
}

/// The days of every series of a fixture.
fn fixture(name: &str) -> BTreeMap<String, BTreeMap<i32, f64>> {
    let path = format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap());
    let mut all: BTreeMap<String, BTreeMap<i32, f64>> = BTreeMap::new();
    for batch in reader.unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let names = arrow::compute::cast(
            batch.column_by_name("series").unwrap(),
            &arrow::datatypes::DataType::Utf8,
        )
        .unwrap();
        let days = arrow::compute::cast(
            batch.column_by_name("ts").unwrap(),
            &arrow::datatypes::DataType::Date32,
        )
        .unwrap();
        let days = arrow::compute::cast(&days, &arrow::datatypes::DataType::Int32).unwrap();
        let (names, days) = (names.as_string::<i32>(), days.as_primitive::<Int32Type>());
        let values = batch
            .column_by_name("y")
            .unwrap()
            .as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            if !values.is_null(row) {
                let series = all.entry(names.value(row).to_owned()).or_default();
                series.insert(days.value(row), values.value(row));
            }
        }
    }
    all
}

/// Electricity demand: clearly better than seasonal naive and than the first version, and honest.
#[test]
fn real_series_are_forecast_better_than_by_the_baselines() {
    const DAYS: usize = 974;
    const HORIZON: usize = 120;
    let all = fixture("eia930_2015_2020_daily.parquet");
    let (mut challenger, mut first_version, mut naive, mut covered, mut count) =
        (0.0, 0.0, 0.0, 0.0, 0.0);
    for skip in [0, 400, 733] {
        let rows: Vec<(&str, Vec<f64>)> = all
            .iter()
            .map(|(name, days)| {
                let first = days.keys().next().unwrap() + skip;
                let window = first..first + i32::try_from(DAYS + HORIZON).unwrap();
                (
                    name.as_str(),
                    window
                        .map(|day| days.get(&day).copied().unwrap_or(f64::NAN))
                        .collect(),
                )
            })
            .collect();
        let first = all.values().next().unwrap().keys().next().unwrap() + skip;
        let grid = TimeGrid::new(Day::from_epoch_days(i64::from(first)).unwrap(), DAYS);
        let training = rows
            .iter()
            .map(|(name, values)| (SeriesKey::new(*name, "demand"), values[..DAYS].to_vec()));
        let panel = Panel::from_rows(grid, training).unwrap();
        let horizon = Horizon::new(HORIZON).unwrap();
        let ours = outcomes(&panel, HORIZON);
        let level = IntervalLevel::EIGHTY_PERCENT;
        let theirs = MstlEngine::new().forecast(panel.view(), horizon, level);
        for ((row, ours), theirs) in rows.iter().zip(&ours).zip(&theirs) {
            let (training, actual) = row.1.split_at(DAYS);
            let scale = metrics::mase_scale(training).unwrap();
            let mase = |yhat: &[f64]| metrics::mase(actual, yhat, scale).unwrap();
            let series = panel
                .view()
                .iter()
                .find(|series| series.key.host() == row.0)
                .unwrap();
            let (ours, theirs) = (
                ours.forecast.as_ref().unwrap(),
                theirs.forecast.as_ref().unwrap(),
            );
            challenger += mase(ours.yhat());
            first_version += mase(theirs.yhat());
            naive += mase(&seasonal_naive(series, horizon).unwrap().yhat);
            covered += metrics::coverage(actual, ours.lower(), ours.upper()).unwrap();
            count += 1.0;
        }
    }
    let (to_naive, to_first_version) = (challenger / naive, challenger / first_version);
    println!(
        "MASE {} of seasonal naive's, {} of the first version's; coverage {}",
        to_naive,
        to_first_version,
        covered / count
    );
    assert!(to_naive < 0.88, "{to_naive} of seasonal naive");
    assert!(
        to_first_version < 0.88,
        "{to_first_version} of the first version"
    );
    assert!(
        (0.72..0.90).contains(&(covered / count)),
        "coverage {}",
        covered / count
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_series_has_a_forecast(
        values in prop::collection::vec(prop_oneof![8 => -1e6..1e6_f64, 2 => Just(f64::NAN)], 20..800),
    ) {
        let observed = values.iter().filter(|value| !value.is_nan()).count();
        let found = outcome(values, 180);
        prop_assert_eq!(found.forecast.is_ok(), observed >= 14, "{:?}", found.forecast);
    }
}
