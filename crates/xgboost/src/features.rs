//! What a model is told of a series and a day ahead.

use fleetcast_core::SEASON_YEAR;

use crate::base::median;
use crate::calendar::weekday;
use crate::history::History;
use crate::origin::{HALF_MONTH, HALF_WEEK, Origin};

/// How many features there are.
pub(crate) const FEATURES: usize = OF_DAY + OF_ORIGIN;

/// How many features belong to the day that is forecast; they come first.
const OF_DAY: usize = 14;

/// How many features all days after an origin share.
const OF_ORIGIN: usize = 33;

/// The names of the features, in the order in which a model is given them.
///
/// `horizon` counts days from the origin, `weekday` from Monday (0). The others are in units of the series' mean
/// absolute change from one week to the next, autocorrelations aside; none says where zero is, so
/// that a forecast follows the unit and the zero of the values. Forecasts
/// are less the base forecast. `growth` is a mean less that of the same days a year before, `residual_364` the base's
/// residual 364 days before the day that is forecast, `error` the mean absolute error that a simple forecast made in
/// the 122 days before the origin, less that of the base.
pub(crate) const NAMES: [&str; FEATURES] = [
    "horizon",
    "weekday",
    "base_less_year_mean",
    "trend",
    "naive",
    "naive_mean_7",
    "naive_mean_29",
    "naive_grown",
    "naive_weekday",
    "weekday_mean",
    "growth_at_target",
    "residual_364",
    "residual_365",
    "residual_728",
    "slope",
    "level_0.01",
    "level_0.04",
    "level_0.15",
    "level_0.5",
    "residual_mean_7",
    "residual_mean_28",
    "residual_mean_91",
    "residual_mean_182",
    "mean_7",
    "mean_28",
    "mean_91",
    "mean_182",
    "growth_28",
    "growth_91",
    "growth_182",
    "growth_364",
    "spread_28",
    "spread_364",
    "residual_spread",
    "residual_median",
    "weekday_spread",
    "lowest_28",
    "highest_28",
    "error_base",
    "error_trend",
    "error_naive",
    "error_naive_grown",
    "error_weekday_mean",
    "error_level",
    "bias_base",
    "autocorrelation_1",
    "autocorrelation_28",
];

/// How many days lie between an origin and the earlier one whose forecasts are held against what came.
pub(crate) const DAYS_OF_ERRORS: usize = 122;

/// The horizon, in days, whose trend stands for the slope, and over which the season of the week is spread.
const FULL_HORIZON: usize = 180;

/// Days of the windows of means, shortest first.
const WINDOWS: [usize; 4] = [7, 28, 91, 182];

/// Days of the windows of growth, shortest first.
const GROWTH_WINDOWS: [usize; 4] = [28, 91, 182, 364];

/// Days of a month of whole weeks.
const MONTH: usize = 28;

/// The features of one origin; a day ahead adds its own.
#[derive(Debug)]
pub(crate) struct OriginFeatures<'a> {
    history: &'a History,
    origin: &'a Origin,
    scale: f64,
    year_mean: f64,
    of_origin: Vec<f32>,
}

impl<'a> OriginFeatures<'a> {
    /// Computes what all days after `origin` share. `earlier` is the origin 122 days before, where there is one;
    /// `scale` the mean absolute weekly change.
    pub(crate) fn new(
        history: &'a History,
        origin: &'a Origin,
        earlier: Option<&Origin>,
        scale: f64,
    ) -> Self {
        let day = origin.day;
        let year_mean = history.mean_before(day, SEASON_YEAR);
        let values = &history.values()[..day];
        let month = last(values, MONTH);
        let residuals = &origin.base.residuals;
        let recent = last(residuals, SEASON_YEAR);
        let mut absolute: Vec<f64> = recent.iter().map(|value| value.abs()).collect();
        let season: [f64; FULL_HORIZON] = std::array::from_fn(|step| origin.weekday_mean(step));
        let lowest = month.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = month.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let errors = earlier.map_or([f64::NAN; 7], |earlier| errors(history, earlier, day));

        let mut scaled = Vec::with_capacity(OF_ORIGIN);
        scaled.push(origin.trend(FULL_HORIZON - 1));
        scaled.extend(origin.levels);
        scaled.extend(WINDOWS.map(|window| mean(last(residuals, window))));
        scaled.extend(WINDOWS.map(|window| history.mean_before(day, window) - year_mean));
        scaled.extend(GROWTH_WINDOWS.map(|window| growth(history, day, window)));
        scaled.extend([
            deviation(month),
            deviation(last(values, SEASON_YEAR)),
            deviation(recent),
            median(&mut absolute),
            deviation(&season),
            lowest - year_mean,
            highest - year_mean,
        ]);
        scaled.extend(errors);
        let mut of_origin: Vec<f32> = scaled.iter().map(|value| single(value / scale)).collect();
        of_origin.push(single(autocorrelation(recent, 1)));
        of_origin.push(single(autocorrelation(recent, MONTH)));
        debug_assert_eq!(of_origin.len(), OF_ORIGIN, "a value a name");
        Self {
            history,
            origin,
            scale,
            year_mean,
            of_origin,
        }
    }

    /// Appends the features of day `step` after the origin (0 is the first) to `rows`.
    pub(crate) fn append(&self, step: usize, rows: &mut Vec<f32>) {
        let (history, origin) = (self.history, self.origin);
        let base = origin.base.flat[step];
        let naive = origin.naive(history, step);
        let naive_mean = origin.naive_mean(history, step, HALF_WEEK);
        let epoch_day = history.first() + i32::try_from(origin.day + step).unwrap_or(0);
        let scaled = [
            base - self.year_mean,
            origin.trend(step),
            naive - base,
            naive_mean - base,
            origin.naive_mean(history, step, HALF_MONTH) - base,
            origin.naive_grown(history, step) - base,
            naive - naive_mean,
            origin.weekday_mean(step) - base,
            growth_at_target(history, origin, step),
            self.residual(step, 364),
            self.residual(step, 365),
            self.residual(step, 728),
        ];
        rows.push(single((step + 1) as f64));
        rows.push(single(weekday(epoch_day) as f64));
        rows.extend(scaled.map(|value| single(value / self.scale)));
        rows.extend_from_slice(&self.of_origin);
    }

    /// Returns the base's residual so many days before day `step`, NaN where it is not known.
    fn residual(&self, step: usize, days_before: usize) -> f64 {
        let day = (self.origin.day + step).checked_sub(days_before);
        let residual = day.and_then(|day| self.origin.base.residuals.get(day));
        residual.copied().unwrap_or(f64::NAN)
    }
}

/// The largest number a feature may have: XGBoost refuses infinite ones.
const LARGEST: f64 = 1e30;

/// Returns a number in single precision, in which XGBoost takes features; its bins need no more.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding to single precision is what is wanted"
)]
pub(crate) fn single(value: f64) -> f32 {
    value.clamp(-LARGEST, LARGEST) as f32
}

/// Returns the mean of the last `window` days less that of the same days a year before, NaN where they are too few.
fn growth(history: &History, day: usize, window: usize) -> f64 {
    if day < SEASON_YEAR + window {
        return f64::NAN;
    }
    history.mean_before(day, window) - history.mean_before(day - SEASON_YEAR, window)
}

/// Returns the growth of the month around the day a year before the target, over the year before that.
fn growth_at_target(history: &History, origin: &Origin, step: usize) -> f64 {
    let Some(day) = origin.year_before(step) else {
        return f64::NAN;
    };
    if origin.day < 2 * SEASON_YEAR + HALF_MONTH + 1 {
        return f64::NAN;
    }
    let year_before = day.saturating_sub(SEASON_YEAR);
    history.mean_around(day, HALF_MONTH, origin.day)
        - history.mean_around(year_before, HALF_MONTH, origin.day)
}

/// Returns what the forecasts made at `earlier` were wrong by until day `end`: the base's mean absolute error, those
/// of five others less it, and the base's mean error.
fn errors(history: &History, earlier: &Origin, end: usize) -> [f64; 7] {
    let mut sums = [0.0; 7];
    let days = &history.values()[earlier.day..end];
    for (step, value) in days.iter().enumerate() {
        let base = earlier.base.flat[step];
        let others = [
            base,
            base + earlier.trend(step),
            earlier.naive(history, step),
            earlier.naive_grown(history, step),
            earlier.weekday_mean(step),
            base + earlier.levels[2],
        ];
        for (sum, other) in sums.iter_mut().zip(others) {
            *sum += (value - other).abs();
        }
        sums[6] += value - base;
    }
    let mut errors = sums.map(|sum| sum / days.len() as f64);
    for other in 1..6 {
        errors[other] -= errors[0];
    }
    errors
}

fn last(values: &[f64], days: usize) -> &[f64] {
    &values[values.len().saturating_sub(days)..]
}

fn mean(values: &[f64]) -> f64 {
    fleetcast_numerics::sum(values) / values.len() as f64
}

fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / values.len() as f64).sqrt()
}

/// Returns the autocorrelation at a lag, 0 where the values are constant.
fn autocorrelation(values: &[f64], lag: usize) -> f64 {
    let Some(pairs) = values.len().checked_sub(lag).filter(|pairs| *pairs > 0) else {
        return f64::NAN;
    };
    let mean = mean(values);
    let product = |(a, b): (&f64, &f64)| (a - mean) * (b - mean);
    let variance = values.iter().zip(values).map(product).sum::<f64>() / values.len() as f64;
    let covariance = values[lag..].iter().zip(values).map(product).sum::<f64>() / pairs as f64;
    if variance > 0.0 {
        covariance / variance
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_core::Day;

    use super::*;
    use crate::base::Base;
    use crate::recipe::{Workspace, earlier_origin};

    /// Values of three series from 2016-01-01 on: electricity demand and requests a day of the public data sets in
    /// `fixtures/`, rounded and with gaps made, and a made-up one with a shift.
    const SERIES: &str = include_str!("../tests/golden/series.csv");

    /// What a prototype of the recipe in Python (numpy) made of them: `base` and `scale` in the series' own unit, then
    /// the features, at four origins and four days ahead each. An empty field is NaN.
    const FEATURES_OF_PROTOTYPE: &str = include_str!("../tests/golden/features.csv");

    fn fields(line: &str) -> Vec<f64> {
        let number = |field: &str| field.parse().unwrap_or(f64::NAN);
        line.split(',').map(number).collect()
    }

    fn golden_series(name: &str) -> Vec<f64> {
        let mut lines = SERIES.lines();
        let column = lines.next().unwrap().split(',').position(|n| n == name);
        lines.map(|line| fields(line)[column.unwrap()]).collect()
    }

    fn first_day() -> Day {
        "2016-01-01".parse().unwrap()
    }

    fn history(values: &[f64]) -> History {
        let days = u32::try_from(values.len()).unwrap();
        History::new(values, first_day().plus_days(days - 1)).unwrap()
    }

    #[test]
    fn features_are_those_of_the_prototype() {
        let mut lines = FEATURES_OF_PROTOTYPE.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        assert_eq!(header[5..], NAMES);
        let workspace = &mut Workspace::new();
        let mut compared = 0;
        for line in lines {
            let name = line.split(',').next().unwrap();
            let expected = fields(line);
            let place = |value: &str| value.parse::<usize>().unwrap();
            let of_line: Vec<&str> = line.split(',').collect();
            let (day, step) = (place(of_line[1]), place(of_line[2]) - 1);
            let history = history(&golden_series(name));
            let origin = workspace.origin(&history, day, 180);
            let earlier = workspace.origin(&history, earlier_origin(day).unwrap(), 180);
            let scale = history.scale(day).unwrap();
            let mut found = vec![origin.base.flat[step] + history.anchor(), scale];
            let mut row = Vec::new();
            OriginFeatures::new(&history, &origin, Some(&earlier), scale).append(step, &mut row);
            found.extend(row.into_iter().map(f64::from));
            for ((feature, found), expected) in header[3..].iter().zip(found).zip(&expected[3..]) {
                let near = (found - expected).abs() <= 2e-6 * expected.abs().max(1.0);
                let same = near || (found.is_nan() && expected.is_nan());
                assert!(
                    same,
                    "{name} {day} {step} {feature}: {found}, {expected} expected"
                );
                compared += 1;
            }
        }
        assert_eq!(compared, 3 * 4 * 4 * 49);
    }

    /// Whatever comes after an origin changes no bit of what is known there.
    #[test]
    fn nothing_after_the_origin_is_seen() {
        let features = |values: &[f64], day: usize| {
            let history = history(values);
            let workspace = &mut Workspace::new();
            let origin = workspace.origin(&history, day, 180);
            let earlier = workspace.origin(&history, earlier_origin(day).unwrap(), 180);
            let scale = history.scale(day).unwrap();
            let features = OriginFeatures::new(&history, &origin, Some(&earlier), scale);
            let mut rows = Vec::new();
            (0..180).for_each(|step| features.append(step, &mut rows));
            let Base { flat, .. } = &origin.base;
            let flat: Vec<u64> = flat.iter().map(|value| value.to_bits()).collect();
            let rows: Vec<u32> = rows.iter().map(|value| value.to_bits()).collect();
            (flat, rows, scale.to_bits())
        };
        let values = golden_series("made");
        for day in [608, 729, 974] {
            let expected = features(&values, day);
            for other in [f64::NAN, 1e9, -7.0] {
                let mut changed = values.clone();
                changed[day..].fill(other);
                assert_eq!(features(&changed, day), expected, "{day}");
            }
            assert_eq!(features(&values[..day], day), expected, "{day}");
        }
    }
}
