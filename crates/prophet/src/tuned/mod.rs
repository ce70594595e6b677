//! The champion's own recipe: Prophet's model under several settings, weighted for each series by
//! how they did at origins inside its window.
//!
//! Fits are cheap, so every series can afford its own validation. What is weighted: the scale of
//! the prior on slope changes, the number of annual harmonics, and how far the trend goes on after
//! the history. Weights come from rolling origins inside the window alone, so nothing that is
//! forecast has been seen; averaging settings beats picking the best one.

mod chosen;
mod fits;
mod interval;
mod members;
mod origins;
mod weights;

use std::cell::RefCell;
use std::rc::Rc;

use fleetcast_core::{
    Asked, AskedSeries, Failure, InnerForecast, IntervalLevel, MIN_OBSERVATIONS, Outcome,
    SeriesView, together_in_parallel,
};

use crate::exact;
use crate::fleet::{Ahead, DesignSettings, SharedDesigns, Span};
use crate::tuned::chosen::Chosen;
use crate::tuned::fits::{Fits, Shared};
use crate::tuned::interval::HalfWidths;
use crate::tuned::members::{Member, Workspace, window_of, yearly_orders};
use crate::tuned::origins::InnerOrigins;
use crate::tuned::weights::{Errors, SLOPE_SHARES, Weight, weights};
use fleetcast_numerics::{LANES, STEPS, sum_lanes, vectorized};

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// Forecasts every series of several windows of one panel, shorter windows first: a list of outcomes a window.
///
/// What is fitted for one window serves the next: the shorter window itself is, where it ends on an inner origin of the longer
/// one, what that origin has seen, and their other origins are the same.
pub(crate) fn forecast_panels(asked: &[Asked<'_>], level: IntervalLevel) -> Vec<Vec<Outcome>> {
    let windows = asked.iter().flat_map(|asked| {
        let series = asked.panel.iter().enumerate();
        series.flat_map(|(place, series)| {
            let is_chosen = asked.choices.get(place).is_some_and(Option::is_some);
            windows_of(series, is_chosen)
        })
    });
    let reach = asked
        .iter()
        .map(|asked| asked.panel.grid().len() + asked.horizon.days());
    let designs = SharedDesigns::new(
        windows,
        exact::YEARLY_ORDER,
        reach.max().unwrap_or(0),
        DesignSettings::PROPHET,
    );
    together_in_parallel(asked, 1, |some| {
        some.iter()
            .map(|windows| {
                let mut made = Fits::default();
                let forecast = |asked: &AskedSeries<'_>| {
                    asked.series.forecast_or(asked.horizon, |days| {
                        forecast_span(*asked, days.into(), &designs, level, &mut made)
                            .unwrap_or_else(Outcome::from)
                    })
                };
                windows.iter().map(forecast).collect()
            })
            .collect()
    })
}

/// The windows a series is fitted on: where settings were chosen on an earlier day, the whole alone.
fn windows_of(series: SeriesView<'_>, is_chosen: bool) -> Vec<crate::fleet::Window> {
    let Some(span) = Span::of(series.values) else {
        return Vec::new();
    };
    let orders = yearly_orders(span.days);
    let mut spans: Vec<Span> = Vec::new();
    if !is_chosen {
        let histories = origins_of(series, span).histories.into_iter();
        spans.extend(histories.filter_map(|history| inner_span(series, span, history)));
    }
    spans.push(span);
    spans
        .iter()
        .flat_map(|span| orders.iter().map(|order| window_of(series, *span, *order)))
        .collect()
}

/// The inner origins of a series that is observed from the first to the last day of `span`.
fn origins_of(series: SeriesView<'_>, span: Span) -> InnerOrigins {
    let silent = u32::try_from(span.days_after(series)).unwrap_or(u32::MAX);
    InnerOrigins::of(series.grid.last().minus_days(silent), span.days)
}

/// The part of a span that its first `history` days hold, or `None` where they hold too little.
fn inner_span(series: SeriesView<'_>, span: Span, history: usize) -> Option<Span> {
    // Which days have a value does not depend on regimes.
    let values = &series.values[..span.first + history];
    let observed = values.iter().filter(|value| !value.is_nan());
    let is_enough = observed.take(MIN_OBSERVATIONS).count() == MIN_OBSERVATIONS;
    Span::of(values).filter(|_| is_enough)
}

fn forecast_span(
    asked: AskedSeries<'_>,
    span: Span,
    designs: &SharedDesigns,
    level: IntervalLevel,
    made: &mut Fits,
) -> Result<Outcome, Failure> {
    let AskedSeries {
        series, horizon, ..
    } = asked;
    let origins = origins_of(series, span);
    if origins.histories.is_empty() {
        return exact::forecast_span(series, span, designs, None, horizon, level);
    }
    WORKSPACE.with_borrow_mut(|workspace| {
        vectorized(
            #[inline(always)]
            || {
                let mut fits = Shared {
                    workspace,
                    designs,
                    made,
                };
                let ahead = Ahead {
                    skipped: span.days_after(series),
                    horizon: horizon.days(),
                    slope_share: 0.0,
                };
                let orders = yearly_orders(span.days);
                if let Some(choice) = asked.choice {
                    let members = fits.members(series, span, orders, ahead)?;
                    if let Some(chosen) = Chosen::read(choice, members.len()) {
                        let forecast = chosen.forecast(series, &members, ahead)?;
                        return Ok(Outcome {
                            choice: Some(choice.clone()),
                            ..Outcome::of(forecast)
                        });
                    }
                }
                let tests = inner_tests(&mut fits, series, span, &origins);
                let members = fits.members(series, span, orders, ahead)?;
                let errors: Vec<Vec<Errors>> =
                    tests.iter().map(|test| test.errors.clone()).collect();
                let inner = inner_forecasts(&tests, &errors);
                let Some(half_widths) = HalfWidths::from_inner(&inner, level) else {
                    return exact::forecast_span(series, span, designs, None, horizon, level);
                };
                let chosen = Chosen {
                    weights: weights(&errors, members.len(), None),
                    half_widths,
                };
                Ok(Outcome {
                    forecast: Ok(chosen.forecast(series, &members, ahead)?),
                    notices: Vec::new(),
                    inner: inner
                        .into_iter()
                        .filter_map(|inner| inner.into_origin(series))
                        .collect(),
                    choice: Some(chosen.to_choice()),
                })
            },
        )
    })
}

/// All settings' forecasts from one inner origin.
struct InnerTest {
    /// Index of the first day forecast.
    first: usize,
    /// The values it is held against, one a day ahead.
    actual: Vec<f64>,
    members: Rc<[Member]>,
    errors: Vec<Errors>,
    ahead: Ahead,
}

/// Tries every setting at every inner origin that has values before and after it.
#[inline(always)]
fn inner_tests(
    fits: &mut Shared<'_>,
    series: SeriesView<'_>,
    span: Span,
    origins: &InnerOrigins,
) -> Vec<InnerTest> {
    let orders = yearly_orders(span.days);
    let mut tests = Vec::with_capacity(origins.histories.len());
    for history in &origins.histories {
        let first = span.first + history;
        let actual = series.after(first, origins.horizon);
        let Some(inner) = inner_span(series, span, *history) else {
            continue;
        };
        if actual.iter().all(|value| value.is_nan()) {
            continue;
        }
        let ahead = Ahead {
            skipped: first - inner.first - inner.days,
            horizon: origins.horizon,
            slope_share: 0.0,
        };
        let past = series.past(first);
        let then = SeriesView::new(series.key, series.grid.split_at(first).0, &past);
        // One origin less is no reason to have no forecast.
        let Ok(members) = fits.members(then, inner, orders, ahead) else {
            continue;
        };
        let mut errors = Vec::with_capacity(members.len());
        for member in members.iter() {
            errors.push(errors_of(member, &actual, ahead));
        }
        tests.push(InnerTest {
            first,
            actual: actual.into_owned(),
            members,
            errors,
            ahead,
        });
    }
    tests
}

#[inline(always)]
fn errors_of(member: &Member, actual: &[f64], ahead: Ahead) -> Errors {
    let mut errors = [0.0; SLOPE_SHARES.len()];
    let (days, last_days) = actual.as_chunks::<LANES>();
    // Members may reach further than the days that are scored.
    let (stopped, last_stopped) = member.stopped[..actual.len()].as_chunks::<LANES>();
    let mut observed = [0.0; LANES];
    for actual in days {
        for lane in 0..LANES {
            observed[lane] += f64::from(u8::from(!actual[lane].is_nan()));
        }
    }
    for (observed, actual) in observed.iter_mut().zip(last_days) {
        *observed += f64::from(u8::from(!actual.is_nan()));
    }
    let observed = sum_lanes(observed);
    for (mean, share) in errors.iter_mut().zip(SLOPE_SHARES) {
        let slope = share * member.slope;
        let mut sums = [0.0; LANES];
        let mut first = (ahead.skipped + 1) as f64;
        for (actual, stopped) in days.iter().zip(stopped) {
            for lane in 0..LANES {
                let yhat = stopped[lane] + slope * (first + STEPS[lane]);
                sums[lane] += error_of(actual[lane], yhat);
            }
            first += LANES as f64;
        }
        for (lane, (actual, stopped)) in last_days.iter().zip(last_stopped).enumerate() {
            sums[lane] += error_of(*actual, stopped + slope * (first + STEPS[lane]));
        }
        *mean = sum_lanes(sums) / observed;
    }
    errors
}

/// The absolute error, none where there is no value.
#[inline(always)]
fn error_of(actual: f64, yhat: f64) -> f64 {
    if actual.is_nan() {
        0.0
    } else {
        (actual - yhat).abs()
    }
}

/// The weighted mean of the settings' forecasts.
#[inline(always)]
fn combine(members: &[Member], weights: &[Weight], ahead: Ahead) -> Vec<f64> {
    let mut yhat = vec![0.0; ahead.horizon];
    let mut slope = 0.0;
    for (member, weight) in members.iter().zip(weights) {
        fleetcast_numerics::add_scaled(&mut yhat, weight.share, &member.stopped[..ahead.horizon]);
        slope += weight.slope * member.slope;
    }
    for (step, yhat) in yhat.iter_mut().enumerate() {
        *yhat += slope * (ahead.skipped + step + 1) as f64;
    }
    yhat
}

/// What the recipe forecasts from each inner origin, with weights from the other ones: the weights
/// have not seen what they are judged by.
fn inner_forecasts(tests: &[InnerTest], errors: &[Vec<Errors>]) -> Vec<RecipeForecast> {
    let tests = tests.iter().enumerate();
    tests
        .map(|(index, test)| {
            let weights = weights(errors, test.members.len(), Some(index));
            RecipeForecast {
                first: test.first,
                skipped: test.ahead.skipped,
                actual: test.actual.clone(),
                yhat: combine(&test.members, &weights, test.ahead),
            }
        })
        .collect()
}

/// What the recipe forecast from an inner origin.
#[derive(Debug, Clone, PartialEq)]
struct RecipeForecast {
    /// Index of the first day forecast.
    first: usize,
    /// Days between the last observation before it and that day.
    skipped: usize,
    /// The values it is held against.
    actual: Vec<f64>,
    yhat: Vec<f64>,
}

impl RecipeForecast {
    fn into_origin(self, series: SeriesView<'_>) -> Option<InnerForecast> {
        let origin = series.grid.day(self.first.checked_sub(1)?)?;
        let observed = series.observed_values();
        let actual = &observed[self.first..self.first + self.yhat.len()];
        InnerForecast::scorable(origin, series.grown(self.first, self.yhat), actual)
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_core::{Panel, SeriesKey, TimeGrid};

    use super::*;

    fn values(seed: usize) -> Vec<f64> {
        (0..1096)
            .map(|day| {
                let unrest = ((day * 7919 + seed * 104_729) % 1009) as f64 / 1009.0;
                50.0 + 10.0 * (day as f64 / 58.0).sin() + unrest
            })
            .collect()
    }

    fn tests_of(values: Vec<f64>) -> Vec<InnerTest> {
        let grid = TimeGrid::new("2023-01-01".parse().unwrap(), values.len());
        let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), values)]).unwrap();
        let series = panel.view().series(0);
        let span = Span::of(series.values).unwrap();
        let windows = windows_of(series, false).into_iter();
        let designs = SharedDesigns::new(windows, 10, 2000, DesignSettings::PROPHET);
        let origins = origins_of(series, span);
        let mut fits = Shared {
            workspace: &mut Workspace::default(),
            designs: &designs,
            made: &mut Fits::default(),
        };
        inner_tests(&mut fits, series, span, &origins)
    }

    #[test]
    fn what_is_fitted_at_an_origin_has_seen_nothing_after_it() {
        let as_it_was = tests_of(values(1));
        for (index, test) in as_it_was.iter().enumerate() {
            let mut changed = values(1);
            for value in &mut changed[test.first..] {
                *value = 3.0 * *value + 7.0;
            }
            let as_it_might_be = tests_of(changed);
            assert_eq!(test.members, as_it_might_be[index].members);
            assert_ne!(test.errors, as_it_might_be[index].errors);
        }
    }

    #[test]
    fn what_the_training_window_was_fitted_to_serves_the_history() {
        let (all, days) = (values(1), 1096);
        let grid = TimeGrid::new("2023-01-01".parse().unwrap(), days);
        let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), all)]).unwrap();
        let windows = [974, days].map(|days| {
            panel
                .view()
                .window(TimeGrid::new(grid.first(), days))
                .unwrap()
        });
        let designs = SharedDesigns::new(
            windows
                .iter()
                .flat_map(|panel| windows_of(panel.series(0), false)),
            10,
            2000,
            DesignSettings::PROPHET,
        );
        let mut made = Fits::default();
        for (panel, fits) in windows.iter().zip([4, 5]) {
            let asked = AskedSeries {
                series: panel.series(0),
                horizon: fleetcast_core::Horizon::new(180).unwrap(),
                choice: None,
            };
            let span = Span::of(asked.series.values).unwrap();
            let level = IntervalLevel::EIGHTY_PERCENT;
            let outcome = forecast_span(asked, span, &designs, level, &mut made).unwrap();
            assert_eq!(outcome.inner.len(), fits - 1);
            assert_eq!(made.len(), fits);
        }
    }

    #[test]
    fn errors_are_means_over_the_days_that_have_a_value() {
        let member = Member {
            stopped: (0..21).map(f64::from).collect(),
            slope: 2.0,
        };
        let mut actual = vec![3.0; 21];
        for day in [0, 9, 20] {
            actual[day] = f64::NAN;
        }
        let ahead = Ahead {
            skipped: 4,
            horizon: 21,
            slope_share: 0.0,
        };
        let found = errors_of(&member, &actual, ahead);
        for (found, share) in found.into_iter().zip(SLOPE_SHARES) {
            let days = (0..21).filter(|day| ![0, 9, 20].contains(day));
            let errors = days.map(|day| {
                let yhat = f64::from(day) + share * 2.0 * f64::from(day + 5);
                (3.0 - yhat).abs()
            });
            assert!((found - errors.sum::<f64>() / 18.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_step_is_found_by_some_settings_and_missed_by_others() {
        let mut stepped = values(2);
        for value in &mut stepped[500..] {
            *value += 40.0;
        }
        let tests = tests_of(stepped);
        assert_eq!(tests.len(), 4);
        let errors = tests[3].errors.iter().flatten();
        let (least, most) = errors.fold((f64::INFINITY, 0.0_f64), |(least, most), error| {
            (least.min(*error), most.max(*error))
        });
        assert!(most > 1.5 * least, "{least} to {most}");
    }
}
