//! The fleet path against the path for any design.

use super::*;
use crate::solver::{Certainty, Parameters, Posterior, Trend, linear_mode};
use fleetcast_numerics::vectorized;

/// A load with trend changes, seasons and seeded unrest.
fn load(days: usize, seed: usize) -> Vec<f64> {
    (0..days)
        .map(|day| {
            let d = day as f64;
            let unrest = ((day * 7919 + seed * 104_729) % 1009) as f64 / 1009.0 - 0.5;
            let year = (d * std::f64::consts::TAU / 365.25).sin();
            let turn = (d - 300.0).max(0.0) * 0.03 - (d - 600.0).max(0.0) * 0.05;
            50.0 + 0.01 * d + turn + 8.0 * year + 3.0 * f64::from(day % 7 < 5) + 2.0 * unrest
        })
        .collect()
}

fn with_gaps(mut values: Vec<f64>) -> Vec<f64> {
    let days = values.len();
    for (index, value) in values.iter_mut().enumerate() {
        if index % 19 == 5 && index + 1 < days {
            *value = f64::NAN;
        }
    }
    values
}

/// Writes a series as the general path sees it: observations and features written out.
fn posterior(
    values: &[f64],
    window: &Window,
    design: &Design,
    first_day: f64,
    tau: f64,
) -> Posterior {
    let scale = values
        .iter()
        .fold(0.0_f64, |scale, value| scale.max(value.abs()));
    let observed: Vec<(f64, f64)> = values
        .iter()
        .enumerate()
        .filter(|(_, value)| !value.is_nan())
        .map(|(day, value)| (day as f64, value / scale))
        .collect();
    let mut features = Vec::new();
    let mut add = |period: f64, order: usize| {
        for harmonic in 1..=order {
            let angle =
                |day: &f64| std::f64::consts::TAU * harmonic as f64 * (first_day + day) / period;
            features.push(observed.iter().map(|(day, _)| angle(day).sin()).collect());
            features.push(observed.iter().map(|(day, _)| angle(day).cos()).collect());
        }
    };
    add(365.25, window.yearly_order);
    if window.weekly {
        add(7.0, 3);
    }
    let count = features.len();
    Posterior {
        y: observed.iter().map(|(_, value)| *value).collect(),
        t: observed
            .iter()
            .map(|(day, _)| day / window.span())
            .collect(),
        trend: Trend::Linear,
        changepoints: design
            .hinges
            .iter()
            .map(|day| *day as f64 / window.span())
            .collect(),
        tau,
        features,
        multiplicative: vec![false; count],
        prior_scales: vec![10.0; count],
    }
}

fn largest_difference(a: &Parameters, b: &Parameters) -> f64 {
    let pairs = |a: &[f64], b: &[f64]| {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .fold(0.0_f64, |largest, (a, b)| largest.max((a - b).abs()))
    };
    pairs(&[a.k, a.m, a.sigma], &[b.k, b.m, b.sigma])
        .max(pairs(&a.delta, &b.delta))
        .max(pairs(&a.beta, &b.beta))
}

#[track_caller]
fn check(values: &[f64], first_weekday: usize, yearly_order: usize, tau: f64) {
    let window = Window {
        days: values.len(),
        first_weekday,
        yearly_order,
        weekly: true,
    };
    // Any day with this weekday.
    let first_day = (7 * 2400 + first_weekday) as f64;
    let harmonics = Harmonics::new(10, values.len() / 2 + 1);
    let sums = WindowSums::new(window, &harmonics);
    let mut series = ScaledSeries::default();
    series.take(values);
    let design = sums.design(&harmonics, &series.missing, &DesignSettings::PROPHET);
    let model = Model {
        window: &window,
        harmonics: &harmonics,
        design: &design,
    };
    let mut fitter = Fitter::default();
    let (found, certainty) = vectorized(
        #[inline(always)]
        || {
            fitter.begin(model, &series);
            assert!(fitter.mode(model, &series, tau));
            let certainty = fitter.certify(model, &series, tau);
            (fitter.parameters(model, &series, first_day), certainty)
        },
    );
    assert!(
        matches!(certainty, Certainty::Certified { .. }),
        "{certainty:?}"
    );
    let expected = linear_mode(&posterior(values, &window, &design, first_day, tau)).parameters;
    let difference = largest_difference(&found, &expected);
    assert!(difference < 1e-9, "{difference:e}\n{found:?}\n{expected:?}");
}

#[test]
fn a_series_in_a_fleet_has_the_parameters_it_has_alone() {
    for (days, order) in [(974, 10), (975, 10), (1096, 3), (400, 0), (100, 0)] {
        for seed in 0..7 {
            check(&load(days, seed), seed, order, 0.05);
            check(&with_gaps(load(days, seed)), seed, order, 0.05);
        }
    }
    for tau in [0.001, 0.3] {
        check(&load(974, 3), 2, 10, tau);
        check(&with_gaps(load(974, 3)), 2, 10, tau);
    }
}

#[test]
fn a_design_with_fewer_harmonics_has_the_bits_of_one_made_afresh() {
    let harmonics = Harmonics::new(10, 1000);
    let missing = [3, 40, 41, 500, 801];
    for weekly in [true, false] {
        let design_of = |yearly_order| {
            let window = Window {
                days: 809,
                first_weekday: 2,
                yearly_order,
                weekly,
            };
            let sums = WindowSums::new(window, &harmonics);
            let design = sums.design(&harmonics, &missing, &DesignSettings::PROPHET);
            (window, design)
        };
        let (window, rich) = design_of(10);
        let (_, afresh) = design_of(3);
        let fewer = rich.with_fewer_harmonics(&window, 3);
        assert_eq!(format!("{fewer:?}"), format!("{afresh:?}"));
        assert_ne!(format!("{fewer:?}"), format!("{rich:?}"));
    }
}
