//! One series: what a library user sees.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast_core::{Day, Engine, Horizon, IntervalLevel, Panel, SeriesKey, TimeGrid};
use fleetcast_ets::{Ets, EtsEngine};

/// Epoch days and values with a week, a year and some unrest; every eleventh day is missing.
fn series(days: usize) -> (Vec<i32>, Vec<f64>) {
    let days: Vec<i32> = (0..i32::try_from(days).unwrap())
        .filter(|day| day % 11 != 5)
        .map(|day| 18_993 + day)
        .collect();
    let values = days
        .iter()
        .map(|day| {
            let unrest = f64::from((day * 7919) % 101) / 101.0 - 0.5;
            let year = (f64::from(*day) * std::f64::consts::TAU / 365.25).sin();
            40.0 + f64::from(day % 7) + 5.0 * year + unrest
        })
        .collect();
    (days, values)
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn the_fitted_challenger_is_the_engine() {
    for count in [20, 40, 300, 600, 1000] {
        let (days, values) = series(count);
        let fitted = EtsEngine::new().fit(&days, &values).unwrap();
        let length = usize::try_from(days[days.len() - 1] - days[0]).unwrap() + 1;
        let mut row = vec![f64::NAN; length];
        for (day, value) in days.iter().zip(&values) {
            row[usize::try_from(day - days[0]).unwrap()] = *value;
        }
        let grid = TimeGrid::new(Day::try_from(days[0]).unwrap(), length);
        let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), row)]).unwrap();
        // The same fit at several horizons and levels.
        for (horizon, share) in [(180, 0.8), (30, 0.95)] {
            let level = IntervalLevel::new(share).unwrap();
            let horizon = Horizon::new(horizon).unwrap();
            let outcome = EtsEngine::new()
                .forecast(panel.view(), horizon, level)
                .remove(0);
            let expected = outcome.forecast.unwrap();
            let found = fitted.forecast(horizon.days(), &[0.5, share]).unwrap();
            let interval = found.interval(level).unwrap();
            assert_eq!(found.grid(), expected.grid());
            assert_eq!(bits(found.yhat()), bits(expected.yhat()), "{count}");
            assert_eq!(bits(&interval.lower), bits(expected.lower()), "{count}");
            assert_eq!(bits(&interval.upper), bits(expected.upper()), "{count}");
            assert_eq!(
                fitted.notices(horizon.days()).unwrap(),
                outcome.notices,
                "{count}"
            );
            assert_eq!(fitted.inner_origins(), outcome.inner, "{count}");
        }
    }
}

#[test]
fn members_weigh_up_to_the_forecast() {
    let (days, values) = series(1000);
    let fitted = EtsEngine::new().fit(&days, &values).unwrap();
    let forecast = fitted.forecast(60, &[]).unwrap();
    let members = fitted.members(60).unwrap();
    let names: Vec<&str> = members.iter().map(|member| member.name).collect();
    assert_eq!(
        names,
        [
            "smoothing_around_the_year",
            "smoothing",
            "calendar_regression",
            "last_year"
        ]
    );
    let weights: f64 = members.iter().map(|member| member.weight).sum();
    assert!((weights - 1.0).abs() < 1e-12, "{weights}");
    for (day, yhat) in forecast.yhat().iter().enumerate() {
        let sum: f64 = members
            .iter()
            .map(|member| member.weight * member.yhat[day])
            .sum();
        assert!((sum - yhat).abs() < 1e-9, "{day}: {sum}, not {yhat}");
    }
    let residuals = fitted.residuals();
    assert_eq!(residuals.len(), fitted.series().values().len());
    let known = residuals
        .iter()
        .filter(|residual| !residual.is_nan())
        .count();
    assert!(
        (300..360).contains(&known),
        "{known} days after inner origins"
    );
    assert!(
        residuals
            .iter()
            .all(|residual| residual.is_nan() || residual.abs() < 5.0)
    );
}

#[test]
fn smoothing_knows_its_days() {
    let (days, values) = series(200);
    let fitted = Ets::new(7).fit(&days, &values).unwrap();
    let same = Ets::new(7).fit_values(fitted.series().values()).unwrap();
    let forecast = fitted.forecast(28, &[0.8, 0.95]).unwrap();
    assert_eq!(
        forecast.grid().first(),
        Day::try_from(days[days.len() - 1] + 1).unwrap()
    );
    assert_eq!(bits(forecast.yhat()), bits(&same.predict(28)));
    let narrow = same.forecast(28, 0.8).unwrap();
    assert_eq!(bits(&forecast.intervals()[0].upper), bits(&narrow.upper));
    assert!(forecast.intervals()[1].upper[27] > narrow.upper[27]);
    assert_eq!(
        fitted.components().level.len(),
        fitted.series().values().len()
    );
    let all = fitted.series().values().iter().zip(fitted.fitted_values());
    for (residual, (y, yhat)) in fitted.residuals().iter().zip(all) {
        assert_eq!(residual.to_bits(), (y - yhat).to_bits());
    }
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let (days, values) = series(200);
    let mut infinite = values.clone();
    infinite[3] = f64::NEG_INFINITY;
    let message = "the value of 2022-01-04 is infinite; leave a missing day out, or give it as NaN";
    assert_eq!(
        Ets::new(7).fit(&days, &infinite).unwrap_err().to_string(),
        message
    );
    assert_eq!(
        EtsEngine::new()
            .fit(&days, &infinite)
            .unwrap_err()
            .to_string(),
        message
    );
    let short = EtsEngine::new().fit(&days[..13], &values[..13]);
    assert_eq!(
        short.unwrap_err().to_string(),
        "13 observed days, 14 needed"
    );
    let unequal = Ets::new(7).fit(&days, &values[..13]);
    assert!(
        unequal
            .unwrap_err()
            .to_string()
            .ends_with("values; give one value a day")
    );
    let fitted = Ets::new(7).fit(&days, &values).unwrap();
    assert!(fitted.forecast(0, &[]).is_err());
    assert_eq!(
        fitted.forecast(5, &[1.5]).unwrap_err().to_string(),
        "an interval level of 1.5 is out of range; give a number between 0 and 1, such as 0.8"
    );
}

#[test]
fn a_constant_is_forecast_as_that_constant() {
    let days: Vec<i32> = (0..30).collect();
    let fitted = EtsEngine::new().fit(&days, &[7.5; 30]).unwrap();
    let forecast = fitted.forecast(10, &[0.8]).unwrap();
    assert_eq!(forecast.yhat(), [7.5; 10]);
    assert_eq!(forecast.intervals()[0].upper, [7.5; 10]);
    assert!(fitted.members(10).unwrap().is_empty());
}
