//! Prophet's model for one series: what a library user sees.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{Day, Engine, FitError, Horizon, IntervalLevel, Panel, SeriesKey, TimeGrid};
use fleetcast_prophet::{Mode, ProphetEngine, ProphetOptions};

/// Epoch days of 2022 to 2024 and a series with week, year, slope change and some unrest; every
/// eleventh day is missing.
fn series(days: usize) -> (Vec<i32>, Vec<f64>) {
    let days: Vec<i32> = (0..i32::try_from(days).unwrap())
        .filter(|day| day % 11 != 5)
        .map(|day| 18_993 + day)
        .collect();
    let values = days
        .iter()
        .map(|day| {
            let age = f64::from(day - 18_993);
            let unrest = f64::from((day * 7919) % 101) / 101.0 - 0.5;
            let year = (age * std::f64::consts::TAU / 365.25).sin();
            40.0 + 0.01 * age
                + 0.02 * (age - 500.0).max(0.0)
                + f64::from(day % 7)
                + 5.0 * year
                + unrest
        })
        .collect();
    (days, values)
}

/// What the engine's exact mode says of the same series.
fn engine(days: &[i32], values: &[f64], horizon: usize) -> fleetcast_core::Forecast {
    let first = Day::try_from(days[0]).unwrap();
    let length = usize::try_from(days[days.len() - 1] - days[0]).unwrap() + 1;
    let mut row = vec![f64::NAN; length];
    for (day, value) in days.iter().zip(values) {
        row[usize::try_from(day - days[0]).unwrap()] = *value;
    }
    let grid = TimeGrid::new(first, length);
    let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), row)]).unwrap();
    let (horizon, level) = (
        Horizon::new(horizon).unwrap(),
        IntervalLevel::EIGHTY_PERCENT,
    );
    let mut outcomes = ProphetEngine::new(Mode::Exact).forecast(panel.view(), horizon, level);
    outcomes.remove(0).forecast.unwrap()
}

#[test]
fn default_options_are_the_engine() {
    for days in [30, 400, 1096] {
        let (days, values) = series(days);
        let fitted = ProphetOptions::default().fit(&days, &values).unwrap();
        let found = fitted.forecast(180, &[0.8]).unwrap();
        let expected = engine(&days, &values, 180);
        let bits = |values: &[f64]| values.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
        assert_eq!(found.grid(), expected.grid());
        assert_eq!(
            bits(found.yhat()),
            bits(expected.yhat()),
            "{} days",
            days.len()
        );
        // The engine's table interpolates the law.
        for (found, expected) in found.intervals()[0].upper.iter().zip(expected.upper()) {
            assert!(
                (found / expected - 1.0).abs() < 1e-4,
                "{found}, not {expected}"
            );
        }
    }
}

#[test]
fn components_add_up_and_residuals_are_what_is_left() {
    let (days, values) = series(1096);
    let fitted = ProphetOptions::default().fit(&days, &values).unwrap();
    let parts = fitted.components();
    let all = fitted.series().values();
    for (day, residual) in fitted.residuals().iter().enumerate() {
        let sum = parts.trend[day] + parts.weekly[day] + parts.yearly[day];
        assert!((sum - fitted.fitted_values()[day]).abs() < 1e-9, "{day}");
        assert_eq!(residual.is_nan(), all[day].is_nan(), "{day}");
        assert!(
            residual.is_nan() || (residual - (all[day] - sum)).abs() < 1e-9,
            "{day}"
        );
    }
    let week: f64 = parts.weekly[..7].iter().sum();
    assert!(week.abs() < 1e-9, "a week adds up to nothing, not {week}");
    let ahead = fitted.components_ahead(60).unwrap();
    let forecast = fitted.forecast(60, &[]).unwrap();
    for (day, yhat) in forecast.yhat().iter().enumerate() {
        let sum = ahead.trend[day] + ahead.weekly[day] + ahead.yearly[day];
        assert!((sum - yhat).abs() < 1e-9, "{day}");
    }
    assert!(
        fitted.sigma() > 0.1 && fitted.sigma() < 1.0,
        "{}",
        fitted.sigma()
    );
    assert!(fitted.slope_changes().any(|(_, change)| change > 0.001));
}

#[test]
fn options_do_what_they_say() {
    let (days, values) = series(1096);
    let of = |options: ProphetOptions| options.fit(&days, &values).unwrap();
    let standard = ProphetOptions::default();
    let plain = of(ProphetOptions {
        yearly_order: 0,
        weekly_seasonality: false,
        ..standard
    });
    assert!(
        plain
            .components()
            .yearly
            .iter()
            .chain(&plain.components().weekly)
            .all(|y| *y == 0.0)
    );
    let moves = |scale: f64| -> f64 {
        let fitted = of(ProphetOptions {
            changepoint_prior_scale: scale,
            ..standard
        });
        fitted.slope_changes().map(|(_, change)| change.abs()).sum()
    };
    assert!(moves(0.001) < moves(0.05) && moves(0.05) <= moves(5.0));
    let few = of(ProphetOptions {
        n_changepoints: 3,
        ..standard
    });
    assert_eq!(few.slope_changes().count(), 3);
    let stiff = of(ProphetOptions {
        seasonality_prior_scale: 1e-4,
        ..standard
    });
    let range = |values: &[f64]| values.iter().fold(0.0_f64, |most, y| most.max(y.abs()));
    assert!(range(&stiff.components().yearly) < 0.5 * range(&of(standard).components().yearly));
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let (days, values) = series(60);
    let standard = ProphetOptions::default();
    let message = |options: ProphetOptions, days: &[i32], values: &[f64]| {
        options.fit(days, values).unwrap_err().to_string()
    };
    assert_eq!(
        message(standard, &days[..9], &values[..9]),
        "9 observed days, 14 needed"
    );
    assert_eq!(
        message(standard, &[5, 4], &[1.0, 2.0]),
        "day 1, 1970-01-05, comes after the later 1970-01-06; sort the days"
    );
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let options = ProphetOptions {
            changepoint_prior_scale: scale,
            ..standard
        };
        let error = options.fit(&days, &values).unwrap_err();
        assert!(
            matches!(
                error,
                FitError::Option {
                    option: "changepoint_prior_scale",
                    ..
                }
            ),
            "{error}"
        );
    }
    let fitted = standard.fit(&days, &values).unwrap();
    for (horizon, level) in [(0, 0.8), (3661, 0.8), (10, 1.0), (10, f64::NAN)] {
        assert!(
            fitted.forecast(horizon, &[level]).is_err(),
            "{horizon}, {level}"
        );
    }
}

#[test]
fn a_constant_is_forecast_as_that_constant() {
    let days: Vec<i32> = (0..30).collect();
    for value in [0.0, 7.5, -3.0] {
        let fitted = ProphetOptions::default().fit(&days, &[value; 30]).unwrap();
        let forecast = fitted.forecast(10, &[0.8]).unwrap();
        for bounds in [
            forecast.yhat(),
            &forecast.intervals()[0].lower,
            &forecast.intervals()[0].upper,
        ] {
            assert!(
                bounds.iter().all(|y| y.to_bits() == value.to_bits()),
                "{value}: {bounds:?}"
            );
        }
        assert!(fitted.residuals().iter().all(|residual| *residual == 0.0));
    }
}
