//! Exactness against Python's Prophet 1.5.0: see `fixtures/README.md`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "in a test, a panic is a failed test; the cases are a module of several"
)]

mod cases;

use std::num::NonZeroU32;

use augurs_prophet::optimizer::{Data, OptimizeOpts, OptimizedParams};
use augurs_prophet::{
    FeatureMode, PositiveFloat, PredictionData, Prophet, ProphetOptions, Scaling, Seasonality,
    TrainingData, TrendIndicator,
};
use fleetcast_core::{Horizon, IntervalLevel, Panel, SeriesKey, TimeGrid};
use fleetcast_prophet::{Certainty, ExactOptimizer, Solution, TrendUncertainty, point_forecasts};

use cases::Case;

fn of_solution(data: &Data, solution: &Solution) -> f64 {
    cases::objective(data, &solution.parameters)
}

/// A relative difference that is rounding: Stan's objective is written out in double precision.
const ROUNDING: f64 = 1e-9;

#[test]
fn no_posterior_is_worse_than_stans() {
    let cases = cases::all();
    assert_eq!(cases.len(), 88);
    for case in &cases {
        let (name, data) = (&case.name, case.stan_data());
        let stan = cases::objective(&data, &stans_parameters(case));
        let tolerance = ROUNDING * stan.abs();
        // The two definitions of the objective are one.
        assert!(
            (stan - case.neg_log_posterior).abs() <= tolerance,
            "{name}: {stan}"
        );

        let solution = ExactOptimizer::new().solve(&case.initial(), &data).unwrap();
        let ours = of_solution(&data, &solution);
        assert!(ours <= stan + tolerance, "{name}: {ours}, Stan has {stan}");
        match solution.certainty {
            Certainty::Certified { kkt } => assert!(kkt <= 1e-8, "{name}: {kkt}"),
            Certainty::Floored => assert!(
                name.starts_with("syn/const") || name.starts_with("syn/zeros"),
                "{name} is not represented exactly"
            ),
            Certainty::Uncertified { kkt } => panic!("{name} is not certified: {kkt}"),
        }
    }
}

/// The mode of a linear model is unique given the noise: nothing near it is better.
#[test]
fn a_mode_is_better_than_its_neighbours() {
    for case in cases::all()
        .iter()
        .filter(|case| case.name.starts_with("real/"))
    {
        let data = case.stan_data();
        let solution = ExactOptimizer::new().solve(&case.initial(), &data).unwrap();
        let best = of_solution(&data, &solution);
        let check = |what: &str, change: &dyn Fn(&mut Solution)| {
            let mut other = solution.clone();
            change(&mut other);
            let objective = of_solution(&data, &other);
            assert!(
                objective >= best - ROUNDING * best.abs(),
                "{}: {what}",
                case.name
            );
        };
        for by in [-1e-3, 1e-3] {
            check("k", &|other| other.parameters.k += by);
            check("m", &|other| other.parameters.m += by);
            for index in 0..solution.parameters.delta.len() {
                check("delta", &|other| other.parameters.delta[index] += by);
            }
            for index in 0..solution.parameters.beta.len() {
                check("beta", &|other| other.parameters.beta[index] += by);
            }
            check("sigma", &|other| {
                let sigma = *solution.parameters.sigma_obs * (1.0 + by);
                other.parameters.sigma_obs = PositiveFloat::try_new(sigma).unwrap();
            });
        }
    }
}

/// Stan's own parameters, as the optimizer's answer.
fn stans_parameters(case: &Case) -> OptimizedParams {
    OptimizedParams {
        k: case.k,
        m: case.m,
        sigma_obs: PositiveFloat::try_new(case.sigma_obs).unwrap(),
        delta: case.delta.clone(),
        beta: case.beta.clone(),
        trend: Vec::new(),
    }
}

#[track_caller]
fn assert_close(name: &str, found: &[f64], expected: &[f64], scale: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    for (day, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (found - expected).abs() / scale;
        assert!(
            difference < 1e-6,
            "{name} day {day}: {found}, Prophet says {expected}"
        );
    }
}

#[test]
fn at_stans_parameters_the_model_says_what_prophet_says() {
    for case in cases::all() {
        let unscaled = |values: &[f64]| -> Vec<f64> {
            let value = |value: &f64| value * case.y_scale + case.floor();
            values.iter().map(value).collect()
        };
        let parameters = stans_parameters(&case);
        let optimizer = ExactOptimizer::new();
        let history = optimizer.evaluate(&parameters, &case.stan_data()).unwrap();
        let found = unscaled(&history.yhat);
        assert_close(&case.name, &found, &case.yhat_history, case.y_scale);
        let future = optimizer
            .evaluate(&parameters, &case.future_data())
            .unwrap();
        let found = unscaled(&future.yhat);
        assert_close(&case.name, &found, &case.yhat_future, case.y_scale);
        let found = unscaled(&future.trend);
        assert_close(&case.name, &found, &case.trend_future, case.y_scale);
    }
}

/// Prophet's own interval is half the distance of two sample quantiles. In units of their standard
/// error, ours must deviate from it by 1 on average.
#[test]
fn at_stans_parameters_the_interval_is_prophets() {
    let (mut squares, mut days) = (0.0, 0.0);
    let mut drawn = 0;
    for case in cases::all().iter().filter(|case| case.interval_samples > 0) {
        drawn += 1;
        let uncertainty = TrendUncertainty {
            changepoints: case.delta.len() as f64,
            mean_absolute_delta: case.delta.iter().map(|delta| delta.abs()).sum::<f64>()
                / case.delta.len() as f64,
            sigma: case.sigma_obs,
        };
        let half_width =
            |tau: f64, share: f64| uncertainty.half_width(tau, IntervalLevel::new(share).unwrap());
        let bounds = case.yhat_lower_future.iter().zip(&case.yhat_upper_future);
        for (t, (lower, upper)) in case.scaled_time(&case.future_ds).iter().zip(bounds) {
            let tau = t - 1.0;
            let found = half_width(tau, 0.8);
            let expected = (upper - lower) / (2.0 * case.y_scale);
            // The standard error of (U − L)/2, U and L the 90 % and 10 % quantiles of N draws, is
            // √(0.04/N) / f, and the density f there is half the slope of share by half width.
            let slope = (half_width(tau, 0.81) - half_width(tau, 0.79)) / 0.02;
            let error = 0.4 * slope / (case.interval_samples as f64).sqrt();
            let deviation = (found - expected) / error;
            assert!(deviation.abs() < 5.0, "{} at {tau}: {deviation}", case.name);
            squares += deviation * deviation;
            days += 1.0;
        }
    }
    assert_eq!(drawn, 17);
    let typical = (squares / days).sqrt();
    assert!((0.85..1.15).contains(&typical), "{typical} standard errors");
}

/// The optimizer behind `augurs-prophet`, on the model's own front: options, seasons, regressors.
#[test]
fn augurs_users_can_drop_it_in() {
    let mut compared = 0;
    for case in cases::all()
        .iter()
        .filter(|case| case.name.starts_with("real/AEC/"))
    {
        let is_plain = matches!(case.growth(), "linear") && case.config.get("holidays").is_none();
        if !is_plain || case.x.is_some() || case.ds.len() < 900 {
            continue;
        }
        let options = ProphetOptions {
            changepoint_prior_scale: PositiveFloat::try_new(case.tau()).unwrap(),
            seasonality_mode: if case.is_multiplicative() {
                FeatureMode::Multiplicative
            } else {
                FeatureMode::Additive
            },
            scaling: if case.config["scaling"] == "minmax" {
                Scaling::MinMax
            } else {
                Scaling::AbsMax
            },
            uncertainty_samples: 0,
            ..ProphetOptions::default()
        };
        let mut model = Prophet::new(options, ExactOptimizer::new());
        if case.config.get("add_seasonality").is_some() {
            let monthly = Seasonality::new(
                PositiveFloat::try_new(30.5).unwrap(),
                NonZeroU32::new(5).unwrap(),
            );
            model
                .add_seasonality("monthly".to_owned(), monthly)
                .unwrap();
        }
        let ds: Vec<i64> = case.ds.iter().copied().map(cases::timestamp).collect();
        let training = TrainingData::new(ds, case.y.clone()).unwrap();
        model.fit(training, OptimizeOpts::default()).unwrap();
        let future: Vec<i64> = case
            .future_ds
            .iter()
            .copied()
            .map(cases::timestamp)
            .collect();
        let found = model
            .predict(PredictionData::new(future))
            .unwrap()
            .yhat
            .point;

        let solution = ExactOptimizer::new()
            .solve(&case.initial(), &case.stan_data())
            .unwrap();
        let expected = ExactOptimizer::new()
            .evaluate(&solution.parameters, &case.future_data())
            .unwrap();
        let expected: Vec<f64> = expected
            .yhat
            .iter()
            .map(|yhat| yhat * case.y_scale + case.floor())
            .collect();
        // The library places changepoints by other rounding where days are missing.
        let tolerance_scale = if case.name.ends_with("gaps5pct") {
            2e4 * case.y_scale
        } else {
            case.y_scale
        };
        assert_close(&case.name, &found, &expected, tolerance_scale);
        compared += 1;
    }
    assert_eq!(
        compared, 7,
        "defaults, two priors, scaling, a month, multiplied, gaps"
    );
}

#[test]
fn a_fleet_has_the_forecasts_that_the_optimizer_gives_one_by_one() {
    for case in cases::all()
        .iter()
        .filter(|case| case.config == serde_json::json!({}))
    {
        let (first, last) = (case.ds[0], *case.ds.last().unwrap());
        let days = usize::try_from(last.days_since(first)).unwrap() + 1;
        let grid = TimeGrid::new(first, days);
        let mut values = vec![f64::NAN; days];
        for (day, y) in case.ds.iter().zip(&case.y) {
            values[grid.index_of(*day).unwrap()] = *y;
        }
        let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "x"), values)]).unwrap();
        let horizon = Horizon::new(case.future_ds.len()).unwrap();
        let found = point_forecasts(panel.view(), horizon).remove(0).unwrap();
        let solution = ExactOptimizer::new()
            .solve(&case.initial(), &case.stan_data())
            .unwrap();
        let alone = ExactOptimizer::new()
            .evaluate(&solution.parameters, &case.future_data())
            .unwrap();
        let expected: Vec<f64> = alone.yhat.iter().map(|yhat| yhat * case.y_scale).collect();
        assert_close(&case.name, &found, &expected, 1e-2 * case.y_scale);
    }
}

#[test]
fn data_that_do_not_fit_together_are_explained() {
    let case = &cases::all()[0];
    let check = |expected: &str, change: &dyn Fn(&mut Data)| {
        let mut data = case.stan_data();
        change(&mut data);
        let error = ExactOptimizer::new()
            .solve(&case.initial(), &data)
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("t has 973 values, 974 expected", &|data| {
        data.t.pop();
    });
    check("the initial delta has 25 values, 24 expected", &|data| {
        data.t_change.pop();
        data.S = 24;
    });
    check("not finite", &|data| data.y[3] = f64::NAN);
    check("feature 2 is both", &|data| data.s_m[2] = 1);
    check("capacity is not above the floor", &|data| {
        data.trend_indicator = TrendIndicator::Logistic;
    });
}
