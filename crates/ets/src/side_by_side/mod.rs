//! Fits of several series side by side: the passes of eight cost little more than those of one.
//!
//! This is how the challenger fits. It takes one form with additive errors and season and without a
//! trend, and shares the search ([`crate::search`]) with the fits of [`crate::automatic`]; its passes
//! are its own: a lane is a series here, a derivative there. Files build on each other in this order:
//! `days`, `models`, `responses`, `information`, `follow`, `passes`, `fitting`.

mod days;
mod fitting;
mod follow;
mod information;
mod models;
mod passes;
mod responses;

use crate::model::{ErrorKind, Extrapolation, Form, Season, Smoothing, Trend, freedom};
use crate::search::{Evaluated, Place, Point, Series, Settings, scaled};
use fitting::{Fitting, starts};
use fleetcast_numerics::{LANES, Path};
use models::ModelOfLane;
use passes::SideBySide;

/// Fits each series by one form, additive in errors and season and without a trend, `None` where
/// there is none. `SEASON` is the season's length, 0 for a form without one: passes are compiled for it.
///
/// Every series is searched by itself: from the best of the usual starting points downhill, once. With a
/// level that is kept slow, as the challenger's is, a second search from elsewhere ends higher in one
/// case of fifty, and not by much.
pub(crate) fn fit_side_by_side<const SEASON: usize>(
    settings: &Settings,
    form: Form,
    series: &[&[f64]],
) -> Vec<Option<Extrapolation>> {
    debug_assert!(
        form.error() == ErrorKind::Additive
            && form.trend() == Trend::None
            && form.season() != Season::Multiplicative
    );
    debug_assert_eq!(
        SEASON,
        if form.has_season() {
            settings.season_length
        } else {
            0
        }
    );
    let fits = series
        .chunks(LANES)
        .map(|some| fit_some::<SEASON>(settings, form, some));
    fits.flatten().collect()
}

/// Fits as many series as there are lanes.
fn fit_some<const SEASON: usize>(
    settings: &Settings,
    form: Form,
    series: &[&[f64]],
) -> Vec<Option<Extrapolation>> {
    let Ok(coordinates) = settings.coordinates(form) else {
        return vec![None; series.len()];
    };
    let prepared: Vec<Option<(Series<'_>, usize)>> = series
        .iter()
        .map(|y| {
            let series = Series::new(y, settings).ok()?;
            let parameters = series.parameters(form).ok()?;
            Some((series, parameters))
        })
        .collect();
    let mut fittings: Vec<Option<Fitting<'_>>> = prepared
        .iter()
        .map(|series| {
            Some(Fitting::new(
                &series.as_ref()?.0,
                settings,
                form,
                &coordinates,
            ))
        })
        .collect();
    let observations: Vec<_> = prepared
        .iter()
        .map(|series| Some(&series.as_ref()?.0.observations))
        .collect();
    let path = settings.path.unwrap_or_else(Path::best);
    let mut side_by_side = SideBySide::<SEASON>::new(form, path, &observations);
    let starts = starts(form, &coordinates);
    let parameters: Vec<Smoothing> = starts
        .iter()
        .map(|start| coordinates.smoothing(start))
        .collect();
    let informations = side_by_side.informations(&parameters);
    for (number, start) in starts.into_iter().enumerate() {
        let places: Vec<Option<Place>> = fittings
            .iter()
            .map(|fitting| fitting.as_ref()?.start(start))
            .collect();
        side_by_side.look(&models(&places), &informations[number]);
        each_found(&side_by_side, &mut fittings, places, |fitting, found| {
            fitting.look(number, found);
        });
    }
    for (lane, fitting) in fittings.iter_mut().enumerate() {
        if let Some(number) = fitting.as_mut().and_then(Fitting::descend) {
            side_by_side.set_information(lane, &parameters[number], &informations[number]);
        }
    }
    loop {
        let places: Vec<Option<Place>> = fittings
            .iter_mut()
            .map(|fitting| fitting.as_mut()?.next())
            .collect();
        if places.iter().all(Option::is_none) {
            break;
        }
        side_by_side.run(&models(&places));
        each_found(&side_by_side, &mut fittings, places, Fitting::hear);
    }
    let points: Vec<Option<Point>> = fittings.into_iter().map(|fitting| fitting?.end()).collect();
    let models: Vec<Option<ModelOfLane<'_>>> = points
        .iter()
        .map(|point| point.as_ref().map(|at| (at.smoothing, &at.states)))
        .collect();
    let ends = side_by_side.follow(&models);
    let found = prepared.iter().zip(&points).zip(ends);
    found
        .map(|((series, point), end)| {
            let (series, parameters) = series.as_ref()?;
            let freedom = freedom(series.observations.count, *parameters);
            Some(Extrapolation {
                form,
                smoothing: point.as_ref()?.smoothing,
                last: scaled(form, &end.last, series.unit),
                sigma_squared: end.sum_of_squares / freedom * series.unit * series.unit,
            })
        })
        .collect()
}

fn models(places: &[Option<Place>]) -> Vec<Option<ModelOfLane<'_>>> {
    let models = places.iter();
    models
        .map(|place| place.as_ref().map(|at| (at.smoothing, &at.states)))
        .collect()
}

/// Tells each search what a pass has found where it asked for one.
fn each_found<'a, const SEASON: usize>(
    side_by_side: &SideBySide<SEASON>,
    fittings: &mut [Option<Fitting<'a>>],
    places: Vec<Option<Place>>,
    hear: impl Fn(&mut Fitting<'a>, Option<Evaluated>),
) {
    for (lane, (fitting, place)) in fittings.iter_mut().zip(places).enumerate() {
        if let (Some(fitting), Some(place)) = (fitting, place) {
            let (products, errors) = side_by_side.found(lane);
            let found = fitting
                .surface
                .evaluated(place, &side_by_side.columns, &products, &errors);
            hear(fitting, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_numerics::Instructions;

    use super::*;
    use crate::automatic::Ets;
    use crate::model::{Bounds, ParameterLimits};
    use crate::search::Effort;

    /// Level, week and unrest of a kind of its own for each number; odd numbers have gaps.
    fn series(number: usize, days: usize) -> Vec<f64> {
        (0..days)
            .map(|day| {
                let unrest = ((day * 7919 + number * 31) % 101) as f64 / 101.0 - 0.5;
                let week = (day % 7) as f64 * (1.0 + day as f64 / 300.0 * (number % 3) as f64);
                let drift = (day as f64 / (20.0 + number as f64)).sin();
                if number % 2 == 1 && (day * 31) % 23 < 2 {
                    f64::NAN
                } else {
                    100.0 + week + 3.0 * drift + 4.0 * unrest
                }
            })
            .collect()
    }

    /// Fits with a season of as many days, or without one.
    fn fit(ets: &Ets, form: Form, series: &[&[f64]]) -> Vec<Option<Extrapolation>> {
        let settings = ets.settings();
        match settings.season_length {
            12 => fit_side_by_side::<12>(settings, form, series),
            7 => fit_side_by_side::<7>(settings, form, series),
            _ => fit_side_by_side::<0>(settings, form, series),
        }
    }

    fn slow_levels(season_length: usize) -> Ets {
        let limits = ParameterLimits {
            alpha: (1e-4, 0.1),
            ..ParameterLimits::default()
        };
        Ets::new(season_length).limits(limits).bounds(Bounds::Usual)
    }

    fn bits(fit: Option<&Extrapolation>) -> Option<Vec<u64>> {
        let fit = fit?;
        let all = fit.predict(10).into_iter().chain([fit.sigma_squared()]);
        Some(all.map(f64::to_bits).collect())
    }

    #[test]
    fn neighbours_and_instructions_change_no_bit() {
        let all: Vec<Vec<f64>> = (0..11)
            .map(|number| series(number, 90 + 13 * number))
            .collect();
        let views: Vec<&[f64]> = all.iter().map(Vec::as_slice).collect();
        for (name, season_length) in [("ANA", 7), ("ANN", 1), ("ANA", 12)] {
            let form: Form = name.parse().unwrap();
            let ets = slow_levels(season_length);
            let together = fit(&ets, form, &views);
            for (number, y) in views.iter().enumerate() {
                for instructions in [
                    Instructions::Portable,
                    Instructions::Avx2,
                    Instructions::Avx512,
                ] {
                    let ets = ets.clone().instructions(instructions);
                    let alone = fit(&ets, form, &[y]);
                    assert_eq!(
                        bits(alone[0].as_ref()),
                        bits(together[number].as_ref()),
                        "{name}, series {number}, {instructions:?}"
                    );
                }
            }
        }
    }

    /// Against a thorough search of one series at a time: within what a search may leave, but for the
    /// few where another valley is a little deeper.
    #[test]
    fn fits_are_those_of_a_thorough_search() {
        let days = 300;
        let mut elsewhere = 0;
        for (name, season_length) in [("ANA", 7), ("ANN", 1)] {
            let form: Form = name.parse().unwrap();
            let ets = slow_levels(season_length);
            let thorough = ets.clone().forms(&[form]).effort(Effort::Thorough);
            for number in 0..20 {
                let y = series(number, days);
                let found = fit(&ets, form, &[&y]).remove(0).unwrap();
                let reference = thorough.fit_values(&y).unwrap();
                let ratio = found.sigma_squared() / reference.sigma_squared();
                let lost = 0.5 * days as f64 * ratio.ln();
                assert!((-0.02..1.0).contains(&lost), "{name}, {number}: {lost}");
                if lost > 0.02 {
                    elsewhere += 1;
                    continue;
                }
                for (found, expected) in found.predict(30).iter().zip(reference.predict(30)) {
                    let off = (found - expected).abs() / reference.sigma_squared().sqrt();
                    assert!(off < 0.1, "{name}, {number}: {found}, not {expected}");
                }
            }
        }
        assert!(elsewhere <= 2, "{elsewhere} of 40");
    }

    #[test]
    fn one_that_cannot_be_fitted_takes_nothing_with_it() {
        let form: Form = "ANA".parse().unwrap();
        let (good, short) = (series(0, 200), series(1, 9));
        let infinite = vec![f64::INFINITY; 200];
        let found = fit(&slow_levels(7), form, &[&short, &good, &infinite, &[]]);
        let there: Vec<bool> = found.iter().map(Option::is_some).collect();
        assert_eq!(there, [false, true, false, false]);
        let alone = fit(&slow_levels(7), form, &[&good]);
        assert_eq!(bits(found[1].as_ref()), bits(alone[0].as_ref()));
    }
}
