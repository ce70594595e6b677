//! Exactness against Python's Prophet 1.5.0: see `fixtures/README.md`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    reason = "in a test, a panic is a failed test; the cases are a module of several"
)]

mod cases;

use augurs_prophet::optimizer::Data;
use fleetcast_prophet::{Certainty, ExactOptimizer, Solution};

use cases::Case;

/// The negative log posterior, written out once more, straight from its definition.
fn objective(data: &Data, k: f64, m: f64, sigma: f64, delta: &[f64], beta: &[f64]) -> f64 {
    let columns = beta.len();
    let squares: f64 = (0..data.y.len())
        .map(|row| {
            let t = data.t[row];
            let hinges = data.t_change.iter().zip(delta);
            let changes: f64 = hinges.map(|(s, delta)| delta * (t - s).max(0.0)).sum();
            let trend = match data.trend_indicator {
                augurs_prophet::TrendIndicator::Linear => k * t + m + changes,
                augurs_prophet::TrendIndicator::Flat => m,
                augurs_prophet::TrendIndicator::Logistic => {
                    data.cap[row] / (1.0 + (-(k * (t - m) + changes)).exp())
                }
            };
            let feature = |indicator: &[i32]| -> f64 {
                (0..columns)
                    .map(|c| data.X[row * columns + c] * beta[c] * f64::from(indicator[c]))
                    .sum()
            };
            let yhat = trend * (1.0 + feature(&data.s_m)) + feature(&data.s_a);
            (data.y[row] - yhat).powi(2)
        })
        .sum();
    let variance = sigma * sigma;
    data.y.len() as f64 * sigma.ln()
        + squares / (2.0 * variance)
        + (k * k + m * m) / 50.0
        + delta.iter().map(|delta| delta.abs()).sum::<f64>() / *data.tau
        + beta
            .iter()
            .zip(&data.sigmas)
            .map(|(beta, scale)| (beta / **scale).powi(2) / 2.0)
            .sum::<f64>()
        + 2.0 * variance
}

fn of_solution(data: &Data, solution: &Solution) -> f64 {
    let found = &solution.parameters;
    let sigma = *found.sigma_obs;
    objective(data, found.k, found.m, sigma, &found.delta, &found.beta)
}

fn of_stan(data: &Data, case: &Case) -> f64 {
    objective(
        data,
        case.k,
        case.m,
        case.sigma_obs,
        &case.delta,
        &case.beta,
    )
}

#[test]
fn no_posterior_is_worse_than_stans() {
    let cases = cases::all();
    assert_eq!(cases.len(), 88);
    let mut failures = Vec::new();
    for case in &cases {
        let data = case.stan_data();
        let stan = of_stan(&data, case);
        let solution = ExactOptimizer::new().solve(&case.initial(), &data).unwrap();
        let ours = of_solution(&data, &solution);
        println!(
            "{:45} stan {stan:16.6} given {:16.6} ours-stan {:12.6} {:?}",
            case.name,
            case.neg_log_posterior,
            ours - stan,
            solution.certainty
        );
        if ours > stan + 1e-9 * stan.abs()
            || matches!(solution.certainty, Certainty::Uncertified { .. })
        {
            failures.push(case.name.clone());
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
}
