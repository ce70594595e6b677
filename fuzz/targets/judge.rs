//! The verdict on one series, whatever engines have said.
#![no_main]

use arbitrary::Arbitrary;
use fleetcast_core::{
    Day, EngineForecasts, Forecast, InnerForecast, SeriesKey, SeriesView, Split, TimeGrid,
    measurement,
};
use fleetcast_fuzz::Recipe;
use fleetcast_fuzz::database::windows;
use fleetcast_judge::{Case, Contender, Golden, Metric, Rules, judge_series};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Said {
    backtest: Option<Recipe>,
    future: Option<Recipe>,
    inner: Vec<(u16, Recipe)>,
    width: f64,
}

#[derive(Debug, Arbitrary)]
struct Input {
    lengths: [u8; 3],
    history: Recipe,
    prophet: Said,
    challenger: Said,
    blend: bool,
    metric: u8,
    incumbent: Option<bool>,
}

/// Values as the store hands them out: nothing beyond 1e100.
fn usable(recipe: &Recipe, days: usize) -> Vec<f64> {
    let values = recipe.values(days).into_iter();
    values
        .map(|value| measurement(Some(value)).unwrap_or(f64::NAN))
        .collect()
}

fn forecast(recipe: &Recipe, width: f64, grid: TimeGrid) -> Option<Forecast> {
    let yhat: Vec<f64> = usable(recipe, grid.len());
    let yhat: Vec<f64> = yhat
        .into_iter()
        .map(|value| if value.is_nan() { 0.0 } else { value })
        .collect();
    let moved = |by: f64| yhat.iter().map(|yhat| yhat + by).collect();
    let width = width.abs().min(1e101);
    Forecast::new(grid.first(), yhat.clone(), moved(-width), moved(width)).ok()
}

fn forecasts(said: &Said, split: &Split) -> EngineForecasts {
    let training = split.training();
    EngineForecasts {
        backtest: said
            .backtest
            .as_ref()
            .and_then(|recipe| forecast(recipe, said.width, split.backtest())),
        future: said
            .future
            .as_ref()
            .and_then(|recipe| forecast(recipe, said.width, split.future())),
        inner: said
            .inner
            .iter()
            .take(4)
            .filter_map(|(at, recipe)| {
                let origin = training.day(usize::from(*at) % training.len())?;
                let days = usize::from(*at >> 4) % 120 + 1;
                let yhat = usable(recipe, days)
                    .into_iter()
                    .map(|y| if y.is_nan() { 0.0 } else { y });
                Some(InnerForecast {
                    origin,
                    yhat: yhat.collect(),
                })
            })
            .collect(),
    }
}

fuzz_target!(|input: Input| {
    let [train, backtest, horizon] = input.lengths;
    let last: Day = "2024-02-29".parse().unwrap();
    let split = Split::new(last, windows(train, backtest, horizon)).unwrap();
    let values = usable(&input.history, split.history().len());
    let key = SeriesKey::new("h", "cpu");
    let (prophet, challenger) = (
        forecasts(&input.prophet, &split),
        forecasts(&input.challenger, &split),
    );
    let case = Case {
        split: &split,
        history: SeriesView::new(&key, split.history(), &values),
        prophet: &prophet,
        challenger: &challenger,
        further: &[],
        regimes: None,
    };
    let metrics = [
        Metric::Mape,
        Metric::Wape,
        Metric::Smape,
        Metric::Mase,
        Metric::Mae,
        Metric::Rmse,
    ];
    let rules = Rules {
        metric: metrics[usize::from(input.metric) % metrics.len()],
        golden: if input.blend {
            Golden::Blend
        } else {
            Golden::Winner
        },
        ..Rules::default()
    };
    let incumbent = input.incumbent.map(|prophet| {
        if prophet {
            Contender::Prophet
        } else {
            Contender::Challenger
        }
    });
    let verdict = judge_series(&case, incumbent, &rules);

    let total: f64 = verdict.weights.iter().map(|(_, weight)| weight).sum();
    assert!(
        (total - 1.0).abs() < 1e-9 || total == 0.0,
        "{:?}",
        verdict.weights
    );
    assert!(verdict.weights.iter().all(|(_, weight)| weight >= 0.0));
    for yhat in [&verdict.blend, &verdict.stand_in].into_iter().flatten() {
        assert_eq!(yhat.len(), split.future().len());
        assert!(yhat.iter().all(|yhat| yhat.is_finite()));
    }
    if let Some(calibration) = &verdict.calibration {
        let quantiles = calibration.quantiles();
        assert!(quantiles.is_sorted());
        assert!(
            quantiles
                .iter()
                .all(|size| size.is_finite() && *size >= 0.0)
        );
    }
    for scores in verdict.backtest.iter().chain(&verdict.inner) {
        let all = [
            scores.mape.percent,
            scores.wape,
            scores.smape,
            scores.mase,
            Some(scores.mae),
            scores.rmse,
            scores.bias,
            scores.coverage,
            scores.pinball,
        ];
        assert!(
            all.iter().flatten().all(|score| score.is_finite()),
            "{scores:?}"
        );
    }
    for part in [verdict.coverage, verdict.skill, verdict.error_percent]
        .into_iter()
        .flatten()
    {
        assert!(part.is_finite(), "{part}");
    }
    assert!(!verdict.decision.reason.is_empty());
    assert!(!verdict.decision.reason.contains("NaN") && !verdict.decision.reason.contains("inf "));
});
