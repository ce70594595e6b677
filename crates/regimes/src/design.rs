//! A regression of weeks on the year and a trend that may bend: what does not depend on a series.

use std::f64::consts::TAU;

use fleetcast_numerics::{Cholesky, add_scaled, dot};

use crate::weekly::WEEK;

/// Days of a year, leap days shared out.
const YEAR: f64 = 365.25;

/// Days from one point where the trend may bend to the next.
const BEND_EVERY: usize = 60;

/// Pairs of a sine and a cosine over the year.
const HARMONICS: usize = 3;

/// Days of history from which on there is a year.
const YEAR_FROM: usize = 365;

// Penalties of the challenger's regression, whose days are weeks here: a seventh of them.
const MEAN_PENALTY: f64 = 1e-6;
const SLOPE_PENALTY: f64 = 1.0 / 7.0;
const BEND_PENALTY: f64 = 100.0 / 7.0;
/// The penalty of the first harmonic; the k-th has k² times as much.
const HARMONIC_PENALTY: f64 = 2.0 / 7.0;

/// The penalty of a step: next to none.
const STEP_PENALTY: f64 = 1e-3;

/// The regressors of a number of weeks, and what follows from them.
#[derive(Debug)]
pub(crate) struct Design {
    pub(crate) weeks: usize,
    /// Regressors of the trend, and of the year behind them.
    width: usize,
    trend: usize,
    /// Column by column, a value a week.
    columns: Vec<f64>,
    /// Products of the columns, penalties added; the lower triangle row by row.
    gram: Vec<f64>,
    factor: Cholesky,
    /// How much of a step that begins with each week the regression leaves: x′Px.
    left: Vec<f64>,
}

/// A design with steps beside its columns, each 1 from a week on.
#[derive(Debug)]
pub(crate) struct Stepped<'a> {
    design: &'a Design,
    steps: &'a [usize],
    factor: Option<Cholesky>,
}

/// A regression's coefficients, and what it says of each week.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fitted {
    pub(crate) coefficients: Vec<f64>,
    pub(crate) values: Vec<f64>,
}

impl Design {
    /// Makes the design of `weeks` weeks, the first of which begins `first` days after 1970-01-01.
    pub(crate) fn new(first: i64, weeks: usize) -> Self {
        let days = weeks * WEEK;
        let middle = |week: usize| (week * WEEK + WEEK / 2) as f64;
        let last = days.saturating_sub(1) as f64;
        let mut columns: Vec<f64> = vec![1.0; weeks];
        columns.extend((0..weeks).map(|week| (middle(week) - last) / YEAR));
        let bends = (1..)
            .map(|number| number * BEND_EVERY)
            .take_while(|bend| bend + BEND_EVERY <= days);
        for bend in bends {
            let bend = bend as f64;
            columns.extend((0..weeks).map(|week| (middle(week) - bend).max(0.0) / YEAR));
        }
        let trend = columns.len().checked_div(weeks).unwrap_or(0);
        if days >= YEAR_FROM {
            let angle = |week: usize| TAU * ((first as f64 + middle(week)) / YEAR).fract();
            for harmonic in 1..=HARMONICS {
                let of = |week: usize| angle(week) * harmonic as f64;
                columns.extend((0..weeks).map(|week| libm::sin(of(week))));
                columns.extend((0..weeks).map(|week| libm::cos(of(week))));
            }
        }
        let width = columns.len().checked_div(weeks).unwrap_or(0);
        let column = |index: usize| &columns[index * weeks..(index + 1) * weeks];
        let mut gram = vec![0.0; width * width];
        for row in 0..width {
            for other in 0..=row {
                gram[row * width + other] = dot(column(row), column(other));
            }
            gram[row * width + row] += penalty(row, trend);
        }
        let factor = Cholesky::new(width, gram.clone());
        let mut design = Self {
            weeks,
            width,
            trend,
            columns,
            gram,
            factor,
            left: Vec::new(),
        };
        design.left = design.what_is_left_of_steps();
        design
    }

    fn column(&self, index: usize) -> &[f64] {
        &self.columns[index * self.weeks..(index + 1) * self.weeks]
    }

    fn what_is_left_of_steps(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        let mut left = vec![0.0; self.weeks];
        for week in (0..self.weeks).rev() {
            for (index, sum) in sums.iter_mut().enumerate() {
                *sum += self.columns[index * self.weeks + week];
            }
            let mut explained = sums.clone();
            self.factor.solve(&mut explained);
            left[week] = (self.weeks - week) as f64 - dot(&explained, &sums);
        }
        left
    }

    /// Returns the design with steps beside it.
    pub(crate) fn with<'a>(&'a self, steps: &'a [usize]) -> Stepped<'a> {
        let size = self.width + steps.len();
        let factor = (!steps.is_empty()).then(|| {
            let mut gram = vec![0.0; size * size];
            for row in 0..self.width {
                let known = &self.gram[row * self.width..][..=row];
                gram[row * size..][..=row].copy_from_slice(known);
            }
            for (place, step) in steps.iter().enumerate() {
                let row = &mut gram[(self.width + place) * size..][..size];
                for (index, product) in row[..self.width].iter_mut().enumerate() {
                    *product = fleetcast_numerics::sum(&self.column(index)[*step..]);
                }
                for (product, other) in row[self.width..].iter_mut().zip(&steps[..=place]) {
                    *product = (self.weeks - step.max(other)) as f64;
                }
                row[self.width + place] += STEP_PENALTY;
            }
            Cholesky::new(size, gram)
        });
        Stepped {
            design: self,
            steps,
            factor,
        }
    }
}

fn penalty(column: usize, trend: usize) -> f64 {
    match column {
        0 => MEAN_PENALTY,
        1 => SLOPE_PENALTY,
        _ if column < trend => BEND_PENALTY,
        _ => {
            let harmonic = ((column - trend) / 2 + 1) as f64;
            HARMONIC_PENALTY * harmonic * harmonic
        }
    }
}

impl Stepped<'_> {
    /// Fits `values`, one a week.
    pub(crate) fn fit(&self, values: &[f64], fitted: &mut Fitted) {
        let design = self.design;
        let coefficients = &mut fitted.coefficients;
        coefficients.clear();
        coefficients.extend((0..design.width).map(|index| dot(design.column(index), values)));
        let steps = self.steps.iter();
        coefficients.extend(steps.map(|step| fleetcast_numerics::sum(&values[*step..])));
        self.factor
            .as_ref()
            .unwrap_or(&design.factor)
            .solve(coefficients);
        fitted.values.clear();
        fitted.values.resize(design.weeks, 0.0);
        self.add(&fitted.coefficients, 0..design.width, &mut fitted.values);
        for (step, size) in self.steps.iter().zip(&fitted.coefficients[design.width..]) {
            for value in &mut fitted.values[*step..] {
                *value += size;
            }
        }
    }

    fn add(&self, coefficients: &[f64], columns: std::ops::Range<usize>, to: &mut [f64]) {
        for index in columns {
            add_scaled(to, coefficients[index], self.design.column(index));
        }
    }

    /// Returns the weeks from which on the steps are 1.
    pub(crate) fn steps(&self) -> &[usize] {
        self.steps
    }

    /// Returns the coefficients of the steps.
    pub(crate) fn sizes<'f>(&self, fitted: &'f Fitted) -> &'f [f64] {
        &fitted.coefficients[self.design.width..]
    }

    /// Returns the part of the year.
    pub(crate) fn season(&self, fitted: &Fitted) -> Vec<f64> {
        let design = self.design;
        let mut season = vec![0.0; design.weeks];
        self.add(
            &fitted.coefficients,
            design.trend..design.width,
            &mut season,
        );
        season
    }

    /// Returns how much of a step that begins with each week the regression and its steps leave.
    pub(crate) fn what_is_left(&self) -> Vec<f64> {
        let design = self.design;
        let mut left = design.left.clone();
        if self.steps.is_empty() {
            return left;
        }
        let count = self.steps.len();
        // What each step that is there shares with a step of each week, beside the regression.
        let shared: Vec<Vec<f64>> = self
            .steps
            .iter()
            .map(|step| {
                let mut explained: Vec<f64> = (0..design.width)
                    .map(|index| fleetcast_numerics::sum(&design.column(index)[*step..]))
                    .collect();
                design.factor.solve(&mut explained);
                let mut said = vec![0.0; design.weeks];
                self.add(&explained, 0..design.width, &mut said);
                let mut sum = 0.0;
                for week in (0..design.weeks).rev() {
                    sum += said[week];
                    said[week] = (design.weeks - week.max(*step)) as f64 - sum;
                }
                said
            })
            .collect();
        let mut between = vec![0.0; count * count];
        for (row, shared) in shared.iter().enumerate() {
            for (column, step) in self.steps[..=row].iter().enumerate() {
                between[row * count + column] = shared[*step];
            }
            between[row * count + row] += STEP_PENALTY;
        }
        let between = Cholesky::new(count, between);
        for (week, left) in left.iter_mut().enumerate() {
            let here: Vec<f64> = shared.iter().map(|shared| shared[week]).collect();
            let mut explained = here.clone();
            between.solve(&mut explained);
            *left -= dot(&here, &explained);
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a fit of the step's own column leaves of it, which is what was computed without it.
    #[test]
    fn what_is_left_of_a_step_is_what_a_fit_of_it_leaves() {
        let design = Design::new(19_000, 120);
        for steps in [&[][..], &[40], &[40, 90]] {
            let stepped = design.with(steps);
            let left = stepped.what_is_left();
            let mut fitted = Fitted::default();
            for week in [20, 41, 70, 110, 118] {
                let step: Vec<f64> = (0..120).map(|w| f64::from(u8::from(w >= week))).collect();
                stepped.fit(&step, &mut fitted);
                let residual: f64 = step[week..]
                    .iter()
                    .zip(&fitted.values[week..])
                    .map(|(y, f)| y - f)
                    .sum();
                assert!(
                    (residual - left[week]).abs() < 1e-6,
                    "{steps:?}, {week}: {residual}, not {}",
                    left[week]
                );
            }
        }
    }
}
