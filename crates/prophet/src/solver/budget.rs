//! No series takes more than its share of Newton steps.

use crate::solver::dense::DenseDesign;
use crate::solver::linear::search_dense;
use crate::solver::mode::{Certainty, MAX_ROUNDS, MAX_STEPS, ModeSearch};

const DAYS: usize = 200;

/// What it looks like, and its value on a day.
type Series = (&'static str, fn(usize) -> f64);

/// Constant, time, a week, and a hinge every eighth day.
fn design() -> DenseDesign {
    let time = |day: usize| day as f64 / DAYS as f64;
    let column = |value: &dyn Fn(usize) -> f64| (0..DAYS).map(value).collect::<Vec<f64>>();
    let mut ridge = vec![column(&|_| 1.0), column(&time)];
    let mut precisions = vec![0.04, 0.04];
    for weekday in 0..6 {
        ridge.push(column(&|day| f64::from(u8::from(day % 7 == weekday))));
        precisions.push(0.01);
    }
    let hinges = (1..=20).map(|at| column(&|day| (time(day) - time(8 * at)).max(0.0)));
    DenseDesign::new(DAYS, ridge, precisions, hinges)
}

#[test]
fn every_search_stays_within_its_budget() {
    let series: [Series; 9] = [
        ("alternating", |day| [1.0, -1.0][day % 2]),
        ("one spike", |day| f64::from(u8::from(day == 100))),
        ("the last day", |day| f64::from(u8::from(day == DAYS - 1))),
        ("rounding", |day| 1e-15 * ((day * 7919) % 101) as f64),
        ("nothing", |_| 0.0),
        ("a line", |day| day as f64 / DAYS as f64),
        ("a week alone", |day| (day % 7) as f64 / 7.0),
        ("a step", |day| f64::from(u8::from(day >= 100))),
        ("all scales", |day| {
            libm::pow(10.0, -((day * 37 % 300) as f64))
        }),
    ];
    let design = design();
    let no_shift = vec![0.0; design.ridge()];
    let mut most = 0;
    for (what, value) in series {
        for scale in [1e-150, 1e-12, 1.0, 1e150] {
            for tau in [1e-9, 0.003, 0.05, 1e9] {
                let y: Vec<f64> = (0..DAYS).map(|day| scale * value(day)).collect();
                let mut search = ModeSearch::default();
                let certainty = search_dense(&mut search, &design, &y, &no_shift, tau);
                // One round with the factor given, and MAX_ROUNDS with private ones.
                let budget = (1 + MAX_ROUNDS) * MAX_STEPS;
                let steps = search.steps;
                assert!(
                    steps <= budget,
                    "{what} times {scale}, {tau}: {steps} steps"
                );
                most = most.max(steps);
                let is_sound = search.coefficients().iter().all(|x| x.is_finite());
                let is_told = matches!(certainty, Certainty::Uncertified { .. });
                assert!(is_sound || is_told, "{what} times {scale}, {tau}");
            }
        }
    }
    // Budgets that are never nearly spent would say nothing.
    assert!(most > MAX_STEPS, "{most}");
}
