//! Engines beside champion and challenger: scored, weighed, winning, and refused.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast::core::InnerForecast;
use fleetcast::{
    Batch, Contender, Day, Engine, Evidence, FleetGains, FleetSummary, Forecast, Horizon,
    IntervalLevel, Outcome, Panel, PanelView, SeriesKey, SeriesResult, SeriesView, Shop, ShopError,
    ShopOptions, Survey, TimeGrid, WindowLengths, in_parallel,
};

fn as_of() -> Day {
    "2025-12-31".parse().unwrap()
}

fn shop() -> Shop {
    let options = ShopOptions {
        lengths: WindowLengths {
            train_months: 8,
            backtest_months: 2,
            horizon: Horizon::new(30).unwrap(),
        },
        ..ShopOptions::default()
    };
    Shop::new(as_of(), options).unwrap()
}

/// The value of a day, counted from the first of the year: nothing but who knows the rule forecasts it.
fn value(day: Day) -> f64 {
    let days = day.days_since("2025-01-01".parse().unwrap());
    let mixed = i64::from(days) * 7919 % 101;
    f64::from(i32::try_from(mixed).unwrap()) / 4.0 + 30.0
}

/// Series over the 320 days up to the last.
fn fleet(series: usize) -> Panel {
    let grid = TimeGrid::new(as_of().minus_days(319), 320);
    let rows = (0..series).map(|place| {
        let key = SeriesKey::new(format!("host-{place}"), "sessions");
        (key, grid.days().map(value).collect::<Vec<f64>>())
    });
    Panel::from_rows(grid, rows.collect::<Vec<_>>()).unwrap()
}

/// Forecasts the rule's values, and so many more.
#[derive(Debug)]
struct Rule {
    off_by: f64,
}

impl Rule {
    fn values(&self, first: Day, days: usize) -> Vec<f64> {
        let grid = TimeGrid::new(first, days);
        grid.days().map(|day| value(day) + self.off_by).collect()
    }
}

impl Engine for Rule {
    fn name(&self) -> &'static str {
        "rule"
    }

    fn forecast(&self, panel: PanelView<'_>, horizon: Horizon, _: IntervalLevel) -> Vec<Outcome> {
        let one = |series: SeriesView<'_>| {
            let first = series.grid.last().plus_days(1);
            let yhat = self.values(first, horizon.days());
            let origin = series.grid.last().minus_days(40);
            Outcome {
                inner: vec![InnerForecast {
                    origin,
                    yhat: self.values(origin.plus_days(1), 40),
                }],
                ..Outcome::of(Forecast::new(first, yhat.clone(), yhat.clone(), yhat).unwrap())
            }
        };
        in_parallel(panel, one, Outcome::from)
    }
}

fn winners(results: &[SeriesResult]) -> Vec<Contender> {
    let entries = results.iter().map(|result| result.entry.as_ref().unwrap());
    entries.map(|entry| entry.verdict.decision.winner).collect()
}

/// The way of a fleet in parts: answers, gains, evidence.
fn judged_in_parts(shop: &Shop, fleet: &Panel) -> (Vec<Evidence>, FleetGains) {
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let survey = Survey::of([&batch]);
    let answers = shop.answers(&batch, &survey).unwrap();
    let parts = answers.chunks(2).rev();
    let gains: FleetGains = parts.map(|part| shop.gains(part).unwrap()).sum();
    (shop.judge(answers, &gains).unwrap(), gains)
}

#[test]
fn an_engine_under_its_own_name_wins_where_it_is_better() {
    let fleet = fleet(2);
    let mine = Contender::Further("mine");
    let shop_with = |off_by| shop().with_further("mine", Rule { off_by }).unwrap();
    let results = shop_with(0.5).forecast(fleet.view());
    assert_eq!(winners(&results), [mine, mine]);
    let golden = results[0].golden.as_ref().unwrap();
    assert_eq!(golden.model, mine);
    let first = as_of().plus_days(1);
    assert!((golden.forecast.yhat[0] - value(first) - 0.5).abs() < 1e-9);
    let scored = &results[0].entry.as_ref().unwrap().verdict.backtest;
    let names: Vec<&str> = scored.iter().map(|scores| scores.model.as_str()).collect();
    assert!(names.contains(&"mine"), "{names:?}");
    // One that is far off is scored and does not win.
    let without = shop().forecast(fleet.view());
    let results = shop_with(500.0).forecast(fleet.view());
    assert_eq!(winners(&results), winners(&without));
}

#[test]
fn nobody_takes_anothers_name() {
    let refused = |name| {
        let with = shop().with_further("mine", Rule { off_by: 0.0 }).unwrap();
        let error = with.with_further(name, Rule { off_by: 0.0 }).unwrap_err();
        error.to_string()
    };
    assert_eq!(
        refused("blend"),
        "a further engine cannot be called `blend`, which is one of fleetcast's own; give it another name"
    );
    assert_eq!(
        refused("mine"),
        "a further engine cannot be called `mine`, which is that of a further engine already; give it another name"
    );
}

#[test]
fn a_model_of_the_fleet_is_judged_by_what_the_fleet_gained() {
    // One that is far off has no weight, and nobody loses by it; of two series nothing is learned.
    for (off_by, series, is_followed) in [(0.5, 6, true), (500.0, 6, true), (0.5, 2, false)] {
        let fleet = fleet(series);
        let shop = shop().with_further("xgboost", Rule { off_by }).unwrap();
        let (evidence, gains) = judged_in_parts(&shop, &fleet);
        assert_eq!(
            gains.at(0).unwrap().why_not("xgboost").is_none(),
            is_followed
        );
        let results = shop.finish(&evidence, &FleetSummary::of(&evidence));
        assert_eq!(
            format!("{results:?}"),
            format!("{:?}", shop.forecast(fleet.view()))
        );
        for result in &results {
            let verdict = &result.entry.as_ref().unwrap().verdict;
            let wins = verdict.decision.winner == Contender::XGBOOST;
            assert_eq!(
                wins,
                is_followed && off_by < 1.0,
                "{}",
                verdict.decision.reason
            );
            let says_why = verdict.decision.reason.contains("xgboost is not followed");
            assert_eq!(says_why, !is_followed, "{}", verdict.decision.reason);
        }
        let batch = Batch::from_panel(fleet.view(), shop.split());
        let worth = shop
            .worth_forecasting(&batch, &Survey::of([&batch]))
            .unwrap();
        assert_eq!(worth.view().len(), series);
    }
}

#[test]
fn nothing_is_judged_before_the_gain_of_a_model_of_the_fleet_is_known() {
    let fleet = fleet(2);
    let shop = shop()
        .with_further("xgboost", Rule { off_by: 0.0 })
        .unwrap();
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let survey = Survey::of([&batch]);
    let error = shop.evidence(&batch, &survey).unwrap_err().to_string();
    assert_eq!(
        error,
        "what the fleet gained by xgboost is not known; ask for answers, and judge them by the sum of what `Shop::gains` returns of all"
    );
    let answers = shop.answers(&batch, &survey).unwrap();
    assert!(matches!(
        shop.judge(answers.clone(), &FleetGains::default()),
        Err(ShopError::GainsUnknown { .. })
    ));
    let without = self::shop().judge(answers, &FleetGains::default());
    let error = without.unwrap_err().to_string();
    assert_eq!(
        error,
        "1 further engines answered on host-0/sessions, and the shop has 0; judge answers by a shop with the engines that were asked"
    );
}

#[cfg(feature = "serde")]
#[test]
fn answers_of_further_engines_and_gains_are_sent_to_the_bit() {
    let fleet = fleet(3);
    let shop = shop()
        .with_further("xgboost", Rule { off_by: 0.5 })
        .unwrap();
    let batch = Batch::from_panel(fleet.view(), shop.split());
    let answers = shop.answers(&batch, &Survey::of([&batch])).unwrap();
    let sent: Vec<fleetcast::EngineAnswers> = answers
        .iter()
        .map(|one| postcard::from_bytes(&postcard::to_stdvec(one).unwrap()).unwrap())
        .collect();
    assert_eq!(format!("{sent:?}"), format!("{answers:?}"));
    let gains = shop.gains(&answers).unwrap();
    let bytes = postcard::to_stdvec(&gains).unwrap();
    assert_eq!(postcard::from_bytes::<FleetGains>(&bytes).unwrap(), gains);
}

#[cfg(feature = "arrow")]
#[test]
fn forecasts_of_a_model_of_the_fleet_have_tables() {
    let fleet = fleet(5);
    let tables_of = |shop: &Shop| -> Vec<&'static str> {
        let (evidence, _) = judged_in_parts(shop, &fleet);
        let tables = fleetcast::tables::of_evidence(1, &evidence).unwrap();
        tables.iter().map(|(name, _)| *name).collect()
    };
    let with = shop()
        .with_further("xgboost", Rule { off_by: 0.5 })
        .unwrap();
    let names = tables_of(&with);
    assert!(names.contains(&"xgboost_forecasts") && names.contains(&"xgboost_inner_forecasts"));
    let plain = shop();
    let batch = Batch::from_panel(fleet.view(), plain.split());
    let evidence = plain.evidence(&batch, &Survey::of([&batch])).unwrap();
    let tables = fleetcast::tables::of_evidence(1, &evidence).unwrap();
    assert!(tables.iter().all(|(name, _)| !name.starts_with("xgboost")));
}
