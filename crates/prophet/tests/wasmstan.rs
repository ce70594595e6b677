//! Stan itself, compiled to WebAssembly, on the same posteriors: `--features wasmstan`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "in a test, a panic is a failed test; the cases are a module of several"
)]

mod cases;

use augurs_prophet::Optimizer;
use augurs_prophet::optimizer::{Algorithm, OptimizeOpts};
use augurs_prophet::wasmstan::WasmstanOptimizer;
use fleetcast_prophet::ExactOptimizer;

#[test]
fn stan_finds_nothing_better() {
    let stan = WasmstanOptimizer::new();
    let options = OptimizeOpts {
        algorithm: Some(Algorithm::Lbfgs),
        iter: Some(10_000),
        jacobian: Some(false),
        seed: Some(0),
        ..OptimizeOpts::default()
    };
    let mut compared = 0;
    for case in cases::all().iter().step_by(4) {
        let (data, initial) = (case.stan_data(), case.initial());
        // Stan gives up on some; those say nothing.
        let Ok(found) = stan.optimize(&initial, &data, &options) else {
            continue;
        };
        let ours = ExactOptimizer::new().solve(&initial, &data).unwrap();
        let objective = |parameters| cases::objective(&data, parameters);
        let (ours, stans) = (objective(&ours.parameters), objective(&found));
        let name = &case.name;
        assert!(
            ours <= stans + 1e-9 * stans.abs(),
            "{name}: {ours}, Stan has {stans}"
        );
        compared += 1;
    }
    assert!(compared >= 15, "{compared} cases compared");
}
