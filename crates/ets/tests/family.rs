//! What every fit of the family promises.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use augurs_core::{Fit, Predict};
use augurs_mstl::MSTLModel;
use fleetcast_ets::{
    Bounds, Criterion, Effort, Ets, EtsError, EtsFit, Fixed, Form, ParameterLimits, Season,
};
use proptest::prelude::*;

/// A positive series with level, trend, week and unrest.
fn series(days: usize) -> Vec<f64> {
    (0..days)
        .map(|day| {
            let unrest = ((day * 7919) % 101) as f64 / 101.0 - 0.5;
            let week = [1.0, 2.0, 2.5, 2.0, 1.5, -4.0, -5.0][day % 7];
            40.0 + 0.02 * day as f64 + week + 3.0 * unrest
        })
        .collect()
}

fn fit(form: &str, y: &[f64]) -> EtsFit {
    Ets::new(7)
        .forms(&[form.parse().unwrap()])
        .fit_values(y)
        .unwrap()
}

fn is_finite(fit: &EtsFit) -> bool {
    let forecast = fit.forecast(200, 0.8).unwrap();
    let ordered = (0..200).all(|day| {
        forecast.lower[day] <= forecast.point[day] && forecast.point[day] <= forecast.upper[day]
    });
    let all = forecast
        .point
        .iter()
        .chain(&forecast.lower)
        .chain(&forecast.upper);
    ordered && all.copied().all(f64::is_finite) && fit.log_likelihood().is_finite()
}

#[test]
fn components_add_up() {
    let y = series(300);
    for form in Form::ALL {
        let fit = Ets::new(7).forms(&[form]).fit_values(&y).unwrap();
        let smoothing = fit.smoothing();
        let initial = fit.initial_states();
        for (day, &value) in y.iter().enumerate() {
            let (level, growth) = match day {
                0 => (initial.level, initial.growth),
                _ => (fit.level()[day - 1], fit.trend()[day - 1]),
            };
            let base = level
                + if form.has_trend() {
                    smoothing.phi * growth
                } else {
                    0.0
                };
            let expected = match form.season() {
                Season::Multiplicative => base * fit.season()[day],
                _ => base + fit.season()[day],
            };
            assert!(
                (fit.fitted()[day] - expected).abs() < 1e-9,
                "{form} day {day}"
            );
            let residual = if form.needs_positive() {
                value / expected - 1.0
            } else {
                value - expected
            };
            assert!(
                (fit.residuals()[day] - residual).abs() < 1e-9,
                "{form} day {day}"
            );
        }
    }
}

#[test]
fn degenerate_series_are_fitted_all_the_same() {
    let noise_free: Vec<f64> = (0..100).map(|day| 10.0 + f64::from(day % 7)).collect();
    let mut spiky = series(200);
    spiky[77] = 1e6;
    let step: Vec<f64> = series(200)
        .iter()
        .enumerate()
        .map(|(day, y)| if day < 120 { *y } else { 100.0 * y })
        .collect();
    let mut gappy = series(400);
    for day in (0..400).filter(|day| (day * 31) % 10 < 3) {
        gappy[day] = f64::NAN;
    }
    let few: Vec<f64> = series(30);
    for (name, y) in [
        ("constant", vec![7.0; 60]),
        ("all zero", vec![0.0; 60]),
        ("noise-free", noise_free),
        ("tiny", series(100).iter().map(|y| y * 1e-12).collect()),
        ("huge", series(100).iter().map(|y| y * 1e12).collect()),
        ("denormal", vec![1e-310; 60]),
        ("vast", series(60).iter().map(|y| y * 1e140).collect()),
        ("negative", series(100).iter().map(|y| -y).collect()),
        ("spiky", spiky),
        ("a hundred times as much", step),
        ("gappy", gappy),
        ("a month", few),
    ] {
        for (form, fit) in Form::ALL.into_iter().zip(Ets::new(7).fit_all(&y)) {
            match fit {
                Ok(fit) => assert!(is_finite(&fit), "{name} {form}: {:?}", fit.smoothing()),
                Err(EtsError::NotPositive { .. } | EtsError::NoLikelihood { .. }) => {
                    assert!(form.needs_positive(), "{name} {form}");
                }
                Err(error) => panic!("{name} {form}: {error}"),
            }
        }
    }
}

#[test]
fn what_cannot_be_fitted_is_named() {
    let expect = |ets: Ets, y: &[f64], message: &str| {
        assert_eq!(ets.fit_values(y).unwrap_err().to_string(), message);
    };
    let form = |name: &str| [name.parse::<Form>().unwrap()];
    let y = series(40);
    expect(
        Ets::new(7).forms(&form("AAdA")),
        &y[..14],
        "AAdA needs 15 observations, there are 14",
    );
    expect(
        Ets::new(1).forms(&form("ANA")),
        &y,
        "ANA needs a season of at least 2 days, not 1",
    );
    expect(
        Ets::new(7).forms(&form("MNN")),
        &[1.0, 2.0, 0.0, 3.0, 4.0, 5.0],
        "MNN needs positive values, one is 0",
    );
    expect(
        Ets::new(7).forms(&form("ANN")),
        &[1.0, f64::INFINITY],
        "the value at index 1 is infinite",
    );
    expect(
        Ets::new(7),
        &[],
        "none of the forms can be fitted to this series",
    );
    let fixed = Fixed {
        alpha: Some(1.5),
        ..Fixed::default()
    };
    let ets = Ets::new(7).forms(&form("ANN")).fixed(fixed);
    expect(ets, &y, "alpha = 1.5 lies outside the region asked for");
    assert!(fit("ANN", &y).forecast(10, 1.0).is_err());
    // A season no series can be long enough for, and what is fitted beside it all the same.
    for (name, needed) in [("ANA", usize::MAX), ("MAdM", usize::MAX)] {
        let ets = Ets::new(usize::MAX).forms(&form(name));
        let message = format!("{name} needs {needed} observations, there are 40");
        expect(ets, &y, &message);
    }
    assert!(
        !Ets::new(usize::MAX)
            .fit_values(&y)
            .unwrap()
            .form()
            .has_season()
    );
    expect(
        Ets::new(1_000_000).forms(&form("ANA")),
        &y,
        "ANA needs 1000005 observations, there are 40",
    );
}

#[test]
fn limits_that_are_no_range_are_named() {
    let usual = ParameterLimits::default();
    let y = series(60);
    let beyond = ParameterLimits {
        alpha: (-2.0, 1e300),
        phi: (1.5, 3.0),
        ..usual
    };
    let damped: [Form; 1] = ["AAdN".parse().unwrap()];
    let error = Ets::new(7)
        .forms(&damped)
        .limits(beyond)
        .fit_values(&y)
        .unwrap_err();
    assert_eq!(error.to_string(), "phi cannot lie between 1.5 and 3");
    let alpha = Ets::new(7)
        .limits(beyond)
        .fit_values(&y)
        .unwrap()
        .smoothing()
        .alpha;
    assert!((0.0..=1.0).contains(&alpha), "{alpha}");
    for range in [
        (0.9, 0.5),
        (f64::NAN, 0.5),
        (0.5, f64::NAN),
        (f64::NEG_INFINITY, 0.5),
        (0.5, f64::INFINITY),
    ] {
        let (least, most) = range;
        for (name, limits) in [
            (
                "alpha",
                ParameterLimits {
                    alpha: range,
                    ..usual
                },
            ),
            (
                "beta",
                ParameterLimits {
                    beta: range,
                    ..usual
                },
            ),
            (
                "gamma",
                ParameterLimits {
                    gamma: range,
                    ..usual
                },
            ),
            (
                "phi",
                ParameterLimits {
                    phi: range,
                    ..usual
                },
            ),
        ] {
            for bounds in [Bounds::Usual, Bounds::Admissible, Bounds::Both] {
                let ets = Ets::new(7).limits(limits).bounds(bounds);
                let expected = format!("{name} cannot lie between {least} and {most}");
                assert_eq!(ets.fit_values(&y).unwrap_err().to_string(), expected);
                for found in ets.fit_all(&y) {
                    assert_eq!(found.unwrap_err().to_string(), expected);
                }
            }
        }
    }
}

/// A level that limits keep low leaves no room for a growth that they keep high, nor one that they
/// keep high for such a season.
#[test]
fn limits_that_contradict_each_other_are_named() {
    let usual = ParameterLimits::default();
    let y = series(60);
    let low_level = ParameterLimits {
        alpha: (0.01, 0.1),
        beta: (0.2, 0.5),
        ..usual
    };
    let high_level = ParameterLimits {
        alpha: (0.9, 0.95),
        gamma: (0.2, 0.5),
        ..usual
    };
    let given_growth = Fixed {
        beta: Some(0.3),
        ..Fixed::default()
    };
    for (limits, fixed, form, message) in [
        (
            low_level,
            Fixed::default(),
            "AAN",
            "AAN: beta needs an alpha of at least 0.2, gamma and the limits one of at most 0.1; \
             widen the limits, or give other parameters",
        ),
        (
            high_level,
            Fixed::default(),
            "MNM",
            "MNM: beta needs an alpha of at least 0.9, gamma and the limits one of at most 0.8; \
             widen the limits, or give other parameters",
        ),
        (
            ParameterLimits {
                beta: usual.beta,
                ..low_level
            },
            given_growth,
            "AAA",
            "AAA: beta needs an alpha of at least 0.3, gamma and the limits one of at most 0.1; \
             widen the limits, or give other parameters",
        ),
        (
            ParameterLimits {
                beta: (0.0, 0.2),
                ..usual
            },
            given_growth,
            "AAA",
            "beta = 0.3 lies outside the region asked for",
        ),
    ] {
        let ets = Ets::new(7).limits(limits).fixed(fixed);
        let one = ets.clone().forms(&[form.parse().unwrap()]);
        assert_eq!(one.fit_values(&y).unwrap_err().to_string(), message);
        // Forms without what there is no room for are fitted all the same.
        let all = ets.fit_values(&y).unwrap();
        assert!(all.smoothing().is_usual(all.form(), &limits));
    }
}

#[test]
fn the_order_of_forms_changes_nothing() {
    let mut spiky = series(200);
    spiky[60] = 300.0;
    let growing: Vec<f64> = series(200).iter().map(|y| y * y * y / 1e3).collect();
    for y in [series(100), spiky, growing] {
        let reference = Ets::new(7).fit_values(&y).unwrap();
        let mut all = Ets::new(7).fit_all(&y);
        let mut forms = Form::ALL.to_vec();
        for turn in 0..15 {
            // Orders of every kind: each form comes first once, forwards and backwards.
            forms.rotate_left(1);
            all.rotate_left(1);
            if turn % 2 == 0 {
                forms.reverse();
                all.reverse();
            }
            let ets = Ets::new(7).forms(&forms);
            // Not compared by `assert_eq`, which would print a thousand numbers.
            assert!(ets.fit_values(&y).unwrap() == reference, "{forms:?}");
            assert!(ets.fit_all(&y) == all, "{forms:?}");
        }
        let twice = [Form::ALL[3], Form::ALL[0], Form::ALL[3]];
        let fits = Ets::new(7).forms(&twice).fit_all(&y);
        let found: Vec<Form> = fits.iter().flatten().map(EtsFit::form).collect();
        assert_eq!(found, twice);
    }
}

/// Odd limits and given parameters, each a range or a number: a fit or an error, not a panic.
#[test]
fn odd_regions_are_fitted_or_refused() {
    let y = series(60);
    let odd = [
        (-1e300, 1e300),
        (-2.0, -1.0),
        (0.0, 0.0),
        (1.0, 1.0),
        (2.0, 3.0),
        (0.3, 0.3),
    ];
    let mut fitted = 0;
    for (alpha, beta) in odd.into_iter().flat_map(|a| odd.map(|b| (a, b))) {
        let limits = ParameterLimits {
            alpha,
            beta,
            gamma: beta,
            phi: alpha,
        };
        for bounds in [Bounds::Usual, Bounds::Admissible, Bounds::Both] {
            for fixed in [None, Some(f64::NAN), Some(0.0), Some(0.3), Some(1e300)] {
                let all = Fixed {
                    alpha: None,
                    beta: fixed,
                    gamma: fixed,
                    phi: fixed,
                };
                let ets = Ets::new(7).limits(limits).bounds(bounds).fixed(all);
                let fits = ets.fit_all(&y);
                assert_eq!(fits.len(), 15);
                for fit in fits.iter().flatten() {
                    let (form, smoothing) = (fit.form(), fit.smoothing());
                    if bounds != Bounds::Admissible {
                        let usual = smoothing.is_usual(form, &limits);
                        assert!(usual, "{form} {limits:?} {fixed:?}: {smoothing:?}");
                    }
                    if bounds != Bounds::Usual {
                        let admissible = smoothing.is_admissible(form, 7);
                        assert!(admissible, "{form} {limits:?} {fixed:?}: {smoothing:?}");
                    }
                    fitted += 1;
                }
            }
        }
    }
    assert!(fitted > 100, "{fitted} fits");
}

#[test]
fn given_parameters_are_not_counted() {
    let y = series(100);
    let n = 100.0;
    for (name, fixed, estimated) in [
        // α, the level and the variance; without α; of a form with a season, γ and 7 − 1 states too.
        ("ANN", Fixed::default(), 3.0),
        (
            "ANN",
            Fixed {
                alpha: Some(0.3),
                ..Fixed::default()
            },
            2.0,
        ),
        (
            "ANA",
            Fixed {
                alpha: Some(0.3),
                ..Fixed::default()
            },
            9.0,
        ),
        // What the form does not have is not taken off.
        (
            "ANN",
            Fixed {
                phi: Some(0.9),
                ..Fixed::default()
            },
            3.0,
        ),
    ] {
        let ets = Ets::new(7).forms(&[name.parse().unwrap()]).fixed(fixed);
        let fit = ets.fit_values(&y).unwrap();
        let deviance = -2.0 * fit.log_likelihood();
        let aicc = deviance
            + 2.0 * estimated
            + 2.0 * estimated * (estimated + 1.0) / (n - estimated - 1.0);
        let bic = deviance + estimated * f64::ln(n);
        let squares: f64 = fit.residuals().iter().map(|error| error * error).sum();
        for (found, expected) in [
            (fit.criterion(Criterion::Aicc), aicc),
            (fit.criterion(Criterion::Bic), bic),
            (fit.sigma_squared(), squares / (n - estimated + 1.0)),
        ] {
            assert!(
                (found / expected - 1.0).abs() < 1e-12,
                "{name} {fixed:?}: {found}, not {expected}"
            );
        }
    }
    let fixed = Fixed {
        alpha: Some(0.3),
        gamma: Some(0.1),
        ..Fixed::default()
    };
    let ets = Ets::new(7).forms(&["ANA".parse().unwrap()]).fixed(fixed);
    assert_eq!(
        ets.fit_values(&y[..9]).unwrap_err().to_string(),
        "ANA needs 10 observations, there are 9"
    );
    assert!(is_finite(&ets.fit_values(&y[..10]).unwrap()));
}

#[test]
fn given_parameters_stay_as_they_are() {
    let fixed = Fixed {
        alpha: Some(0.3),
        beta: Some(0.05),
        gamma: Some(0.2),
        phi: Some(0.9),
    };
    for form in Form::ALL {
        let fit = Ets::new(7)
            .forms(&[form])
            .fixed(fixed)
            .fit_values(&series(200))
            .unwrap();
        let smoothing = fit.smoothing();
        let expected = |exists: bool, given: f64, absent: f64| if exists { given } else { absent };
        let damped = form.to_string().contains('d');
        for (found, expected) in [
            (smoothing.alpha, 0.3),
            (smoothing.beta, expected(form.has_trend(), 0.05, 0.0)),
            (smoothing.gamma, expected(form.has_season(), 0.2, 0.0)),
            (smoothing.phi, expected(damped, 0.9, 1.0)),
        ] {
            assert!((found - expected).abs() < 1e-12, "{form}: {smoothing:?}");
        }
    }
}

#[test]
fn a_missing_day_teaches_nothing() {
    let mut y = series(200);
    y[100] = f64::NAN;
    for form in Form::ALL {
        let fit = Ets::new(7).forms(&[form]).fit_values(&y).unwrap();
        assert!(fit.residuals()[100].is_nan());
        assert_eq!(fit.observations(), 199);
        let growth = if form.has_trend() {
            fit.smoothing().phi * fit.trend()[99]
        } else {
            0.0
        };
        assert!(
            (fit.level()[100] - fit.level()[99] - growth).abs() < 1e-9,
            "{form}"
        );
    }
    // Values that are missing at the end leave the forecast where it was.
    let whole = fit("ANA", &series(200));
    let mut longer = series(200);
    longer.extend([f64::NAN; 5]);
    let later = fit("ANA", &longer);
    for (found, expected) in later.predict(20).iter().zip(&whole.predict(25)[5..]) {
        assert!((found - expected).abs() < 0.01, "{found}, not {expected}");
    }
}

#[test]
fn any_season_length_is_fitted() {
    for season_length in [2, 5, 12, 24, 52, 365] {
        let days = 2 * season_length + 40;
        let y: Vec<f64> = series(days)
            .iter()
            .enumerate()
            .map(|(day, y)| y + 5.0 * f64::from(u8::from(day % season_length == 0)))
            .collect();
        for form in ["ANA", "AAdA"] {
            let ets = Ets::new(season_length).forms(&[form.parse().unwrap()]);
            assert!(
                is_finite(&ets.fit_values(&y).unwrap()),
                "{form} {season_length}"
            );
        }
    }
}

#[test]
fn thorough_effort_is_never_worse() {
    let y = series(250);
    let standard = Ets::new(7).fit_all(&y);
    let thorough = Ets::new(7).effort(Effort::Thorough).fit_all(&y);
    for (standard, thorough) in standard.into_iter().zip(thorough) {
        let (standard, thorough) = (standard.unwrap(), thorough.unwrap());
        let gain = thorough.log_likelihood() - standard.log_likelihood();
        assert!(gain > -0.01, "{}: {gain}", standard.form());
    }
}

#[test]
fn augurs_can_use_it() {
    let y = series(120);
    let fitted = Fit::fit(&Ets::new(7), &y).unwrap();
    let forecast = Predict::predict(&fitted, 14, 0.8).unwrap();
    assert_eq!(forecast.point, fitted.predict(14));
    assert_eq!(forecast.intervals.as_ref().unwrap().upper.len(), 14);
    let in_sample = Predict::predict_in_sample(&fitted, 0.8).unwrap();
    assert_eq!(in_sample.point.len(), 120);
    // Room that held intervals holds none where none are asked for.
    for in_sample in [false, true] {
        let mut room = forecast.clone();
        room.intervals = Predict::predict(&fitted, 14, 0.8).unwrap().intervals;
        if in_sample {
            Predict::predict_in_sample_inplace(&fitted, None, &mut room).unwrap();
        } else {
            Predict::predict_inplace(&fitted, 14, None, &mut room).unwrap();
        }
        assert!(room.intervals.is_none());
    }

    // As a trend model of MSTL, which asks for one without a season.
    let forms: Vec<Form> = Form::ADDITIVE
        .into_iter()
        .filter(|form| !form.has_season())
        .collect();
    let model = MSTLModel::new(vec![7], Box::new(Ets::new(1).forms(&forms)) as Box<_>);
    let fitted = model.fit(&y).unwrap();
    let forecast = fitted.predict(14, 0.8).unwrap();
    for (day, point) in forecast.point.iter().enumerate() {
        let expected = 40.0
            + 0.02 * (120 + day) as f64
            + [1.0, 2.0, 2.5, 2.0, 1.5, -4.0, -5.0][(120 + day) % 7];
        assert!((point - expected).abs() < 2.0, "{point}, not {expected}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_series_has_a_finite_fit(
        y in prop::collection::vec(prop_oneof![9 => -1e6..1e6_f64, 1 => Just(f64::NAN)], 20..120),
    ) {
        for form in Form::ADDITIVE {
            if let Ok(fit) = Ets::new(7).forms(&[form]).fit_values(&y) {
                prop_assert!(is_finite(&fit), "{} {:?}", form, fit.smoothing());
            }
        }
    }

    #[test]
    fn twice_as_large_is_twice_as_large(seed in 0_u64..1000, power in -40_i32..40) {
        let y: Vec<f64> = (0..80_u64)
            .map(|day| 10.0 + ((day * 7919 + seed * 104_729) % 997) as f64 / 100.0)
            .collect();
        let scale = 2.0_f64.powi(power);
        let scaled: Vec<f64> = y.iter().map(|y| y * scale).collect();
        let ets = Ets::new(7);
        let (one, other) = (ets.fit_values(&y).unwrap(), ets.fit_values(&scaled).unwrap());
        prop_assert_eq!(one.form(), other.form());
        for (one, other) in one.predict(30).iter().zip(other.predict(30)) {
            prop_assert_eq!((one * scale).to_bits(), other.to_bits());
        }
    }
}
