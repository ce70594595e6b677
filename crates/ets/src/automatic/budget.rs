//! No series takes more than its share of passes.

use super::Ets;
use super::search::Search;
use crate::likelihood::Observations;
use crate::model::{Bounds, Fixed, Form, ParameterLimits};
use crate::search::{Coordinates, MOST_PASSES, plain_states, starting_parameters};
use fleetcast_numerics::Path;

/// Series that give a search nothing to hold on to, or too much, scaled as [`Ets`] scales them.
fn pathological() -> Vec<(&'static str, Vec<f64>)> {
    let series = |value: fn(usize) -> f64| (0..300).map(value).collect();
    let noise = |day: usize| ((day * 7919) % 101) as f64 / 101.0;
    let with_noise = |scale: f64| (0..300).map(|day| 1.0 + scale * noise(day)).collect();
    vec![
        ("alternating", series(|day| [1.0, -1.0][day % 2])),
        (
            "alternating, positive",
            series(|day| [1.0, 1e-300][day % 2]),
        ),
        (
            "one spike",
            series(|day| if day == 150 { 1.0 } else { 1e-12 }),
        ),
        (
            "a spike on a level",
            series(|day| if day == 299 { 1.9 } else { 1.0 }),
        ),
        ("rounding", with_noise(1e-15)),
        ("noise", with_noise(1.0)),
        ("a step", series(|day| if day < 150 { 1e-9 } else { 1.0 })),
        (
            "growth without end",
            series(|day| libm::pow(1.9, day as f64 - 300.0)),
        ),
        (
            "all scales",
            series(|day| libm::pow(10.0, -((day * 37 % 300) as f64))),
        ),
        ("a week alone", series(|day| (day % 7) as f64 / 7.0 + 0.1)),
        (
            "gaps",
            series(|day| if day % 5 == 0 { 0.5 } else { f64::NAN }),
        ),
    ]
}

#[test]
fn every_search_stays_within_its_budget() {
    let mut most = 0;
    for (what, values) in pathological() {
        let observations = Observations::new(&values, 1.0);
        for form in Form::ALL {
            most = most.max(passes(&observations, form, what));
        }
    }
    // Budgets that are never nearly spent would say nothing.
    assert!(most > MOST_PASSES / 2, "{most}");
}

/// The most passes a descent from any start makes.
fn passes(observations: &Observations, form: Form, what: &str) -> usize {
    let bounds = Bounds::Both;
    let (fixed, limits) = (Fixed::default(), ParameterLimits::default());
    let coordinates = Coordinates::new(form, fixed, limits, bounds).unwrap();
    let season_length = if form.has_season() { 7 } else { 1 };
    let path = Path::best();
    let mut search = Search::new(
        observations,
        form,
        season_length,
        &coordinates,
        bounds,
        path,
    );
    let plain = plain_states(observations, form, season_length);
    let mut most = 0;
    for start in starting_parameters(form) {
        let Some(start) = search.start(&start, plain.clone()) else {
            continue;
        };
        let before = search.passes_made;
        search.descend(&start, &[]);
        let made = search.passes_made - before;
        // The last step may end with one more, at states that have moved on.
        assert!(made <= MOST_PASSES + 1, "{what}, {form}: {made} passes");
        most = most.max(made);
    }
    most
}

#[test]
fn nothing_pathological_is_fitted_with_numbers_that_are_none() {
    for (what, values) in pathological() {
        for scale in [1e-300, 1.0, 1e300] {
            let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
            // A refusal is an answer, too.
            if let Ok(fit) = Ets::new(7).fit_values(&scaled) {
                let smoothing = fit.smoothing();
                assert!(smoothing.alpha.is_finite(), "{what} times {scale}");
            }
        }
    }
}
