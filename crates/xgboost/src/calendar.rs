//! What the days of a grid have in common, whichever series they belong to: waves of the week and the year, and the
//! ridge's normal equations.

use std::f64::consts::TAU;

use fleetcast_core::{Day, SEASON_WEEK};
use fleetcast_numerics::{Cholesky, dot};
use jiff::civil::Date;

/// Days of a year, leap days shared out.
pub(crate) const YEAR: f64 = 365.25;

/// Columns of the week: a sine and a cosine of each of three harmonics.
pub(crate) const WEEK_WAVES: usize = 6;

/// Columns of the year: a sine and a cosine of each of six harmonics.
pub(crate) const YEAR_WAVES: usize = 12;

/// Days from one hinge of the trend to the next, back from the origin.
pub(crate) const HINGE_DAYS: usize = 61;

/// Hinges a trend has at most, and at least.
const HINGES: (usize, usize) = (2, 16);

/// Histories shorter than this have no season of the year: a part of one would be taken for it.
const DAYS_FOR_A_YEAR: usize = 364;

/// Penalties on squared coefficients of a standardised series: the constant, each wave of the week, the slope, each
/// hinge. That of the k-th harmonic of the year is [`YEAR_PENALTY`] · k².
const CONSTANT_PENALTY: f64 = 1e-3;
const WEEK_PENALTY: f64 = 0.1;
const YEAR_PENALTY: f64 = 0.3;
const SLOPE_PENALTY: f64 = 30.0;
const HINGE_PENALTY: f64 = 3.0;

/// Returns the weekday of a day counted from 1970-01-01: 0 for Monday to 6 for Sunday.
pub(crate) fn weekday(epoch_day: i32) -> usize {
    // 1970-01-01 was a Thursday.
    usize::try_from((epoch_day + 3).rem_euclid(7)).unwrap_or(0)
}

/// Waves of the week and the year on the days that follow one first day.
#[derive(Debug)]
pub(crate) struct Waves {
    first: i32,
    days: usize,
    /// A row a weekday, from Monday on.
    week: [[f64; WEEK_WAVES]; SEASON_WEEK],
    /// A column a wave, one after the other.
    year: Vec<f64>,
}

impl Waves {
    /// Computes the waves of `days` days from `first` (days since 1970-01-01) on.
    ///
    /// The angle of the year follows the day of the calendar year, so that it meets the same date at the same angle.
    pub(crate) fn new(first: i32, days: usize) -> Self {
        let mut week = [[0.0; WEEK_WAVES]; SEASON_WEEK];
        for (day, row) in week.iter_mut().enumerate() {
            fill_waves(TAU * day as f64 / SEASON_WEEK as f64, row);
        }
        let mut year = vec![0.0; YEAR_WAVES * days];
        let mut row = [0.0; YEAR_WAVES];
        for day in 0..days {
            let epoch_day = i64::from(first) + i64::try_from(day).unwrap_or(0);
            let date = Day::from_epoch_days(epoch_day).unwrap_or(Day::MAX);
            let of_year = f64::from(Date::from(date).day_of_year() - 1);
            fill_waves(TAU * of_year / YEAR, &mut row);
            for (wave, value) in row.iter().enumerate() {
                year[wave * days + day] = *value;
            }
        }
        Self {
            first,
            days,
            week,
            year,
        }
    }

    /// Returns whether these are the waves of at least `days` days from `first` on.
    pub(crate) fn reach(&self, first: i32, days: usize) -> bool {
        self.first == first && self.days >= days
    }

    /// Returns the waves of a weekday.
    pub(crate) fn week(&self, weekday: usize) -> &[f64; WEEK_WAVES] {
        &self.week[weekday]
    }

    /// Returns one wave of the year on all days.
    pub(crate) fn year(&self, wave: usize) -> &[f64] {
        &self.year[wave * self.days..(wave + 1) * self.days]
    }
}

/// Writes sine and cosine of `angle`, of twice `angle` and so on.
fn fill_waves(angle: f64, row: &mut [f64]) {
    for (harmonic, pair) in row.chunks_exact_mut(2).enumerate() {
        let (sine, cosine) = libm::sincos((harmonic + 1) as f64 * angle);
        pair.copy_from_slice(&[sine, cosine]);
    }
}

/// The ridge regression of one origin, as far as it does not depend on the series: which columns it has, and the
/// factor of its normal equations.
///
/// The columns are the constant, the waves of the week, those of the year, the days to the origin in years, and the
/// hinges, which are constant before their knot and fall to 0 at the origin.
#[derive(Debug)]
pub(crate) struct Design {
    origin: usize,
    year_waves: usize,
    hinges: usize,
    factor: Cholesky,
}

impl Design {
    /// Makes the design of the `origin` days that `waves` begins with.
    pub(crate) fn new(waves: &Waves, origin: usize) -> Self {
        let year_waves = if origin < DAYS_FOR_A_YEAR {
            0
        } else {
            YEAR_WAVES
        };
        let hinges = (origin / HINGE_DAYS)
            .saturating_sub(1)
            .clamp(HINGES.0, HINGES.1);
        let mut columns = vec![vec![1.0; origin]];
        let start = weekday(waves.first);
        columns.extend((0..WEEK_WAVES).map(|wave| {
            let days = 0..origin;
            days.map(|day| waves.week[(start + day) % SEASON_WEEK][wave])
                .collect()
        }));
        columns.extend((0..year_waves).map(|wave| waves.year(wave)[..origin].to_vec()));
        let years_before = |day: usize| (origin - day) as f64 / YEAR;
        columns.push((0..origin).map(|day| -years_before(day)).collect());
        columns.extend((0..hinges).map(|hinge| {
            let days = 0..origin;
            days.map(|day| years_before(day).min(hinge_years(hinge)))
                .collect()
        }));
        let size = columns.len();
        let mut normal = vec![0.0; size * size];
        for row in 0..size {
            for column in 0..=row {
                normal[row * size + column] = dot(&columns[row], &columns[column]);
            }
            normal[row * size + row] += penalty(row, year_waves);
        }
        Self {
            origin,
            year_waves,
            hinges,
            factor: Cholesky::new(size, normal),
        }
    }

    /// Returns the number of days before the origin.
    pub(crate) fn origin(&self) -> usize {
        self.origin
    }

    /// Returns how many waves of the year there are: all or none.
    pub(crate) fn year_waves(&self) -> usize {
        self.year_waves
    }

    /// Returns how many hinges there are.
    pub(crate) fn hinges(&self) -> usize {
        self.hinges
    }

    /// Solves the normal equations: `products`, of each column with the values, become the coefficients.
    pub(crate) fn solve(&self, products: &mut [f64]) {
        self.factor.solve(products);
    }
}

/// Returns how many years before the origin the knot of a hinge lies.
pub(crate) fn hinge_years(hinge: usize) -> f64 {
    ((hinge + 1) * HINGE_DAYS) as f64 / YEAR
}

fn penalty(column: usize, year_waves: usize) -> f64 {
    let slope = 1 + WEEK_WAVES + year_waves;
    if column == 0 {
        CONSTANT_PENALTY
    } else if column <= WEEK_WAVES {
        WEEK_PENALTY
    } else if column < slope {
        let harmonic = (column - 1 - WEEK_WAVES) / 2 + 1;
        YEAR_PENALTY * (harmonic * harmonic) as f64
    } else if column == slope {
        SLOPE_PENALTY
    } else {
        HINGE_PENALTY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_begin_on_monday() {
        let day = |text: &str| text.parse::<Day>().unwrap().epoch_days();
        assert_eq!(weekday(day("2025-01-06")), 0);
        assert_eq!(weekday(day("1969-12-28")), 6);
    }

    #[test]
    fn the_year_turns_with_the_calendar() {
        let first: Day = "2023-12-31".parse().unwrap();
        let waves = Waves::new(first.epoch_days(), 400);
        // 1 January of both years: sine 0, cosine 1.
        for day in [1, 367] {
            assert_eq!((waves.year(0)[day], waves.year(1)[day]), (0.0, 1.0));
        }
        assert!(waves.reach(first.epoch_days(), 400) && !waves.reach(first.epoch_days(), 401));
    }
}
