//! A ridge regression on the calendar: weekday, year and a trend that may bend.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use std::sync::Arc;

use fleetcast_core::SEASON_WEEK;

use super::calendar::{Calendar, HARMONICS, SLOPE_LASTS, YEAR};
use super::seasons::Seasons;
use fleetcast_numerics::{
    Cholesky, add_all_scaled, dot, sum_and_ramp, sums_of_weekdays, vectorized,
};

/// Days from one point where the trend may bend to the next, and from the last one to the end.
const BEND_EVERY: usize = 60;

// Penalties: the noise's variance over a coefficient's prior variance. A residual of one day tells
// of the next, so the days count for less than they are, and penalties are larger for it. Between a
// third and three times these, forecasts hardly change.
const WEEKDAY_PENALTY: f64 = 1.0;
/// The penalty of the first harmonic; the k-th has k² times as much, since a year is smooth.
const HARMONIC_PENALTY: f64 = 2.0;
/// The penalty of a bend by 1 a year.
const BEND_PENALTY: f64 = 100.0;
/// The penalty of a slope of 1 a year.
const SLOPE_PENALTY: f64 = 1.0;
/// The penalty of the mean, which has been taken out: none, but for the weekdays, which add up to it.
const MEAN_PENALTY: f64 = 1e-6;

/// The regression over one grid of days: everything that does not depend on a series.
///
/// All series of a fleet share the products of the regressors, and those without a missing day
/// their factorisation too.
#[derive(Debug)]
pub(super) struct CalendarRegression {
    calendar: Arc<Calendar>,
    days: usize,
    bends: Vec<usize>,
    annual: bool,
    weekly: bool,
    width: usize,
    /// A row a day.
    regressors: Vec<f64>,
    /// The sines and cosines of the year again, a column each; none where the year is not modelled.
    of_year: Vec<Vec<f64>>,
    /// Products summed over all days, penalties added.
    gram: Vec<f64>,
    complete: Cholesky,
}

/// A series' regression: coefficients in the series' own unit.
#[derive(Debug, Clone)]
pub(super) struct CalendarFit {
    coefficients: Vec<f64>,
    mean: f64,
}

impl CalendarRegression {
    /// Makes the regression over the first `days` days of a calendar, with the year and the week or
    /// without.
    pub(super) fn new(
        calendar: &Arc<Calendar>,
        days: usize,
        Seasons { annual, weekly }: Seasons,
    ) -> Self {
        let bends: Vec<usize> = (1..days)
            .map(|number| number * BEND_EVERY)
            .take_while(|bend| bend + BEND_EVERY <= days)
            .collect();
        let harmonics = if annual { 2 * HARMONICS } else { 0 };
        let weekdays = if weekly { SEASON_WEEK } else { 0 };
        let width = 2 + bends.len() + weekdays + harmonics;
        let mut regression = Self {
            calendar: Arc::clone(calendar),
            days,
            bends,
            annual,
            weekly,
            width,
            regressors: vec![0.0; days * width],
            of_year: vec![Vec::with_capacity(days); harmonics],
            gram: Vec::new(),
            complete: Cholesky::new(0, Vec::new()),
        };
        for day in 0..days {
            let row = regression.row(day);
            regression.regressors[day * width..(day + 1) * width].copy_from_slice(&row);
            let of_day = &row[width - harmonics..];
            for (column, value) in regression.of_year.iter_mut().zip(of_day) {
                column.push(*value);
            }
        }
        let mut gram = vec![0.0; width * width];
        for row in regression.regressors.chunks_exact(width) {
            add_products(&mut gram, row, 1.0);
        }
        for (column, penalty) in regression.penalties().into_iter().enumerate() {
            gram[column * width + column] += penalty;
        }
        regression.complete = Cholesky::new(width, gram.clone());
        regression.gram = gram;
        regression
    }

    /// Returns the seasons it has.
    pub(super) fn seasons(&self) -> Seasons {
        Seasons {
            weekly: self.weekly,
            annual: self.annual,
        }
    }

    /// Fits `values`, one a day of the grid, NaN where missing.
    pub(super) fn fit(&self, values: &[f64]) -> CalendarFit {
        let observed = values.iter().filter(|value| !value.is_nan()).count();
        let count = observed.max(1) as f64;
        let total: f64 = values.iter().filter(|value| !value.is_nan()).sum();
        let mean = total / count;
        let mut coefficients = self.products(values, mean);
        if observed == values.len() {
            self.complete.solve(&mut coefficients);
        } else {
            let mut gram = self.gram.clone();
            for (row, value) in self.regressors.chunks_exact(self.width).zip(values) {
                if value.is_nan() {
                    add_products(&mut gram, row, -1.0);
                }
            }
            Cholesky::new(self.width, gram).solve(&mut coefficients);
        }
        CalendarFit { coefficients, mean }
    }

    /// Sums over the observed days of each regressor times what the value is above the mean.
    fn products(&self, values: &[f64], mean: f64) -> Vec<f64> {
        let mut above: Vec<f64> = values.iter().map(|value| value - mean).collect();
        // Of no day without a value.
        for above in &mut above {
            *above = if above.is_nan() { 0.0 } else { *above };
        }
        let mut sums = vec![0.0; self.width];
        vectorized(
            #[inline(always)]
            || self.add_up(&above, &mut sums),
        );
        sums
    }

    /// The products with `above`, 0 on missing days: those of the trend are sums over the days from each bend on, those of weekdays
    /// sums of every seventh day.
    #[inline(always)]
    fn add_up(&self, above: &[f64], sums: &mut [f64]) {
        // Sums over the days from `end` on: of the values, and of the values times the days since `end`.
        let (mut sum, mut ramp) = (0.0, 0.0);
        let mut end = above.len();
        for column in (0..=self.bends.len()).rev() {
            let start = column.checked_sub(1).map_or(0, |bend| self.bends[bend]);
            let (own_sum, own_ramp) = sum_and_ramp(&above[start..end]);
            ramp += own_ramp + (end - start) as f64 * sum;
            sum += own_sum;
            sums[1 + column] = ramp / YEAR;
            end = start;
        }
        sums[0] = sum;
        // The slope's time is counted from the last day, a bend's from the bend.
        sums[1] = (ramp - (self.days as f64 - 1.0) * sum) / YEAR;
        let weekdays = 2 + self.bends.len();
        if self.weekly {
            let first = self.calendar.weekday(0);
            for (place, sum) in sums_of_weekdays(above).into_iter().enumerate() {
                sums[weekdays + (first + place) % SEASON_WEEK] = sum;
            }
        }
        let of_year = self.width - self.of_year.len();
        for (sum, column) in sums[of_year..].iter_mut().zip(&self.of_year) {
            *sum = dot(column, above);
        }
    }

    fn penalties(&self) -> Vec<f64> {
        let mut all = vec![MEAN_PENALTY, SLOPE_PENALTY];
        all.extend(self.bends.iter().map(|_| BEND_PENALTY));
        if self.weekly {
            all.extend([WEEKDAY_PENALTY; SEASON_WEEK]);
        }
        if self.annual {
            for harmonic in 1..=HARMONICS {
                let frequency = harmonic as f64;
                all.extend([HARMONIC_PENALTY * frequency * frequency; 2]);
            }
        }
        all
    }

    /// The regressors of a day of the grid: 1, years from the end, years since each bend, weekday,
    /// year.
    fn row(&self, day: usize) -> Vec<f64> {
        let last = self.days as f64 - 1.0;
        let mut row = vec![1.0, (day as f64 - last) / YEAR];
        row.extend(
            self.bends
                .iter()
                .map(|bend| day.saturating_sub(*bend) as f64 / YEAR),
        );
        if self.weekly {
            let weekday = self.calendar.weekday(day);
            row.extend((0..SEASON_WEEK).map(|other| f64::from(u8::from(other == weekday))));
        }
        if self.annual {
            row.extend(self.calendar.harmonics(day));
        }
        row
    }
}

impl CalendarRegression {
    /// The annual part on a day of the grid, or past its end.
    pub(super) fn annual(&self, fit: &CalendarFit, day: usize) -> f64 {
        let harmonics = || self.calendar.harmonics(day);
        self.of_year(fit)
            .map_or(0.0, |of_year| sum_of_products(&harmonics(), of_year))
    }

    /// The annual part of every day of the grid.
    pub(super) fn annual_in_sample(&self, fit: &CalendarFit) -> Vec<f64> {
        let mut annual = vec![0.0; self.days];
        if let Some(of_year) = self.of_year(fit) {
            vectorized(
                #[inline(always)]
                || {
                    let columns = self.of_year.len();
                    let column = |index: usize| self.of_year[index].as_slice();
                    add_all_scaled(&mut annual, columns, |index| of_year[index], column);
                },
            );
        }
        annual
    }

    /// The coefficients of the harmonics, where there are any.
    fn of_year<'f>(&self, fit: &'f CalendarFit) -> Option<&'f [f64; 2 * HARMONICS]> {
        fit.coefficients.last_chunk().filter(|_| self.annual)
    }

    /// The regression itself, `steps` days on from the end of the grid, its last slope fading.
    pub(super) fn forecast(&self, fit: &CalendarFit, steps: usize) -> Vec<f64> {
        let days = self.days;
        let last = days.saturating_sub(1);
        let bends = &fit.coefficients[2..2 + self.bends.len()];
        let since = self
            .bends
            .iter()
            .map(|bend| last.saturating_sub(*bend) as f64 / YEAR);
        let level = fit.mean
            + fit.coefficients[0]
            + bends
                .iter()
                .zip(since)
                .map(|(bend, since)| bend * since)
                .sum::<f64>();
        let slope = (fit.coefficients[1] + bends.iter().sum::<f64>()) / YEAR;
        let weekdays = &fit.coefficients[2 + bends.len()..];
        (0..steps)
            .map(|step| {
                let grown = slope * SLOPE_LASTS * self.calendar.faded(step);
                let day = days + step;
                let weekday = if self.weekly {
                    weekdays[self.calendar.weekday(day)]
                } else {
                    0.0
                };
                level + grown + weekday + self.annual(fit, day)
            })
            .collect()
    }
}

fn sum_of_products(a: &[f64; 2 * HARMONICS], b: &[f64; 2 * HARMONICS]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Adds `sign` times the products of a row with itself to the lower triangle of `gram`.
fn add_products(gram: &mut [f64], row: &[f64], sign: f64) {
    for (column, sums) in gram.chunks_exact_mut(row.len()).enumerate() {
        let factor = sign * row[column];
        if factor != 0.0 {
            for (sum, other) in sums[..=column].iter_mut().zip(row) {
                *sum += factor * other;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use fleetcast_core::TimeGrid;

    use super::*;

    const BOTH: Seasons = Seasons {
        weekly: true,
        annual: true,
    };

    fn regression(days: usize, seasons: Seasons) -> CalendarRegression {
        let grid = TimeGrid::new("2023-01-01".parse().unwrap(), days);
        CalendarRegression::new(&Arc::new(Calendar::new(grid)), days, seasons)
    }

    /// A level of 100, a slope, the weekend (2023 begins on a Sunday) and one annual harmonic.
    fn series(days: usize) -> Vec<f64> {
        (0..days)
            .map(|day| {
                let angle = TAU * (day as f64 + 19_358.0) / YEAR;
                let weekend = if matches!(day % 7, 0 | 6) { -10.0 } else { 0.0 };
                100.0 + 0.01 * day as f64 + weekend + 20.0 * angle.sin()
            })
            .collect()
    }

    #[test]
    fn what_is_regular_is_found() {
        let all = series(1096 + 60);
        let regression = self::regression(1096, BOTH);
        let fit = regression.fit(&all[..1096]);
        for (forecast, actual) in regression.forecast(&fit, 60).iter().zip(&all[1096..]) {
            assert!((forecast - actual).abs() < 0.7, "{forecast}, not {actual}");
        }
        let angle = TAU * (1100.0 + 19_358.0) / YEAR;
        assert!((regression.annual(&fit, 1100) - 20.0 * angle.sin()).abs() < 0.3);
        assert!((regression.annual_in_sample(&fit)[5] - regression.annual(&fit, 5)).abs() < 1e-12);
    }

    #[test]
    fn products_are_sums_over_rows() {
        for days in [800, 803] {
            let regression = self::regression(days, BOTH);
            let mut values = series(days);
            values[100..180].fill(f64::NAN);
            let found = regression.products(&values, 100.0);
            let mut expected = vec![0.0; regression.width];
            for (day, value) in values
                .iter()
                .enumerate()
                .filter(|(_, value)| !value.is_nan())
            {
                for (sum, regressor) in expected.iter_mut().zip(regression.row(day)) {
                    *sum += regressor * (value - 100.0);
                }
            }
            for (column, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!(
                    (found - expected).abs() < 1e-8,
                    "{days}, {column}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn missing_days_are_subtracted() {
        let regression = self::regression(800, BOTH);
        let whole = series(800);
        let mut gappy = whole.clone();
        gappy[100..180].fill(f64::NAN);
        let (whole, gappy) = (
            regression.forecast(&regression.fit(&whole), 30),
            regression.forecast(&regression.fit(&gappy), 30),
        );
        for (whole, gappy) in whole.iter().zip(&gappy) {
            assert!((whole - gappy).abs() < 0.3, "{gappy}, not {whole}");
        }
    }

    #[test]
    fn the_last_slope_fades() {
        let seasons = Seasons {
            weekly: false,
            annual: false,
        };
        let line: Vec<f64> = (0..720).map(f64::from).collect();
        let regression = self::regression(720, seasons);
        let forecast = regression.forecast(&regression.fit(&line), 1000);
        let (first, last) = (forecast[1] - forecast[0], forecast[999] - forecast[998]);
        assert!((0.5..1.1).contains(&first), "{first} a day");
        assert!(last.abs() < 1e-3, "{last} a day");
    }
}
