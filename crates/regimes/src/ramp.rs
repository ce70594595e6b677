//! Growth or decline that began lately: a line with a bend, held against a straight one.

use std::ops::Range;

use fleetcast_numerics::{Cholesky, add_scaled, dot};

use crate::median::{median_of, scale};
use crate::weekly::{WEEK, Weeks, without_gaps};

/// Days that are looked at for a bend, in weeks.
const LOOKED_AT: usize = 420;

/// Ages, in days, that are tried.
const AGES: [usize; 14] = [14, 18, 23, 30, 38, 48, 60, 75, 95, 120, 150, 190, 235, 290];

/// Days before the last one on which growth may have stopped.
const STOPS: [usize; 7] = [7, 10, 14, 20, 28, 40, 56];

/// Days that are looked at for a stop, as a multiple of the days since it, and at least.
const AROUND_STOP: usize = 4;
const LEAST_AROUND_STOP: usize = 60;

/// The share of what a bend leaves that a second one, at which growth stops, must leave for it to have stopped.
const LEFT_BY_STOP: f64 = 0.95;

/// A bend is no younger than this.
const LEAST_AGE: usize = 18;

/// A bend has as many days before it, at least.
const LEAST_BEFORE: usize = 30;

/// The share of what a straight line leaves that a bend may leave.
const MOST_LEFT: f64 = 0.6;

/// What a bend may leave of squares where a closer look is worth it.
const LOOK_FROM_LEFT: f64 = 0.75;

/// The least rise or fall, in mean weekly changes, and that from which on it is looked at closely.
const LEAST_RISE: f64 = 2.0;
const LOOK_FROM_RISE: f64 = 1.5;

/// How large the change in slope is beside others of the series, at least.
const LEAST_CONFIDENCE: f64 = 3.0;

/// The share of its slope that the latest days must have.
const STILL_GOES_ON: f64 = 0.5;

/// Passes of reweighted least squares.
const PASSES: usize = 6;

/// A bend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bend {
    /// Days from it to the last day.
    pub(crate) age: usize,
    /// The change in slope, a day.
    pub(crate) slope: f64,
    /// The sum of what it leaves, over the weeks looked at.
    pub(crate) left: f64,
}

impl Bend {
    /// Returns how far the series has come by it.
    pub(crate) fn rise(&self) -> f64 {
        self.slope * self.age as f64
    }

    /// Returns the values of weeks without what it has added to them.
    pub(crate) fn taken_out_of(&self, weeks: &[f64]) -> Vec<f64> {
        let all = weeks.iter().enumerate();
        all.map(|(week, value)| {
            let since = middle_of_week(week, weeks.len()) + self.age as f64;
            value - self.slope * since.max(0.0)
        })
        .collect()
    }
}

/// Returns the bend that the weeks could hold: by least squares, cheaply, and rather too often.
pub(crate) fn possible_bend(weeks: &[f64], change: f64) -> Option<Bend> {
    let recent = latest(weeks);
    let time = |index: usize| middle_of_week(index, recent.len());
    let (_, straight) = squares_left(recent, |index| [1.0, time(index), 0.0])?;
    let mut best: Option<Bend> = None;
    for age in AGES {
        if age < LEAST_AGE || recent.len() * WEEK < age + LEAST_BEFORE {
            continue;
        }
        let bent = squares_left(recent, |index| {
            let time = time(index);
            [1.0, time, (time + age as f64).max(0.0)]
        });
        if let Some((slope, left)) = bent
            && best.is_none_or(|best| left < best.left)
        {
            best = Some(Bend { age, slope, left });
        }
    }
    best.filter(|best| {
        best.left <= LOOK_FROM_LEFT * straight && best.rise().abs() >= LOOK_FROM_RISE * change
    })
}

/// The last coefficient of a fit by least squares, and the sum of squares it leaves; `None` of fewer than six values.
fn squares_left(values: &[f64], row: impl Fn(usize) -> [f64; 3]) -> Option<(f64, f64)> {
    let mut gram = vec![0.0; 9];
    let mut products = [0.0_f64; 3];
    let (mut squares, mut count) = (0.0, 0);
    for (index, value) in values.iter().enumerate() {
        if value.is_nan() {
            continue;
        }
        let row = row(index);
        for (a, left) in row.iter().enumerate() {
            for (b, right) in row[..=a].iter().enumerate() {
                gram[a * 3 + b] += left * right;
            }
            products[a] += left * value;
        }
        squares += value * value;
        count += 1;
    }
    if count < 6 {
        return None;
    }
    // A column of zeros is left out, as any that repeats others is.
    let is_straight = gram[8] == 0.0;
    if is_straight {
        gram[8] = 1.0;
    }
    let mut coefficients = products;
    Cholesky::new(3, gram).solve(&mut coefficients);
    let explained: f64 = coefficients.iter().zip(&products).map(|(a, b)| a * b).sum();
    Some((coefficients[2], (squares - explained).max(0.0)))
}

/// Values at times, in days before the last day, and the columns of a fit that they are held against.
struct Columns {
    times: Vec<f64>,
    values: Vec<f64>,
    regressors: Vec<Vec<f64>>,
}

impl Columns {
    /// Takes the values that are numbers, beside 1 and the time.
    fn new(all: &[f64], time: impl Fn(usize) -> f64) -> Self {
        let known = || (0..all.len()).filter(|place| !all[*place].is_nan());
        let times: Vec<f64> = known().map(time).collect();
        Self {
            values: known().map(|place| all[place]).collect(),
            regressors: vec![vec![1.0; times.len()], times.clone()],
            times,
        }
    }

    fn of_days(days: &[f64]) -> Self {
        Self::new(days, |day| day as f64 - (days.len() as f64 - 1.0))
    }

    fn of_weeks(weeks: &[f64]) -> Self {
        Self::new(weeks, |week| middle_of_week(week, weeks.len()))
    }

    /// Puts a column more beside them, by the time.
    fn with(mut self, column: impl Fn(f64) -> f64) -> Self {
        let values = self.times.iter().copied().map(column).collect();
        self.regressors.push(values);
        self
    }

    fn with_bend(self, age: usize) -> Self {
        self.with(|time| (time + age as f64).max(0.0))
    }

    /// Fits by least absolute values, approximately (reweighted least squares), and returns the coefficients and
    /// the sum of absolute values left.
    fn fit(&self) -> (Vec<f64>, f64) {
        let size = self.regressors.len();
        let mut weights = vec![1.0; self.values.len()];
        let mut weighted = vec![0.0; self.values.len()];
        let mut coefficients = vec![0.0; size];
        let mut apart = vec![0.0; self.values.len()];
        let mut scratch = Vec::with_capacity(self.values.len());
        for _ in 0..PASSES {
            let mut gram = vec![0.0; size * size];
            for (a, left) in self.regressors.iter().enumerate() {
                for ((weighted, weight), left) in weighted.iter_mut().zip(&weights).zip(left) {
                    *weighted = weight * left;
                }
                for (b, right) in self.regressors[..=a].iter().enumerate() {
                    gram[a * size + b] = dot(&weighted, right);
                }
                coefficients[a] = dot(&weighted, &self.values);
            }
            Cholesky::new(size, gram).solve(&mut coefficients);
            apart.copy_from_slice(&self.values);
            for (column, coefficient) in self.regressors.iter().zip(&coefficients) {
                add_scaled(&mut apart, -coefficient, column);
            }
            for apart in &mut apart {
                *apart = apart.abs();
            }
            scratch.clear();
            scratch.extend_from_slice(&apart);
            let least = median_of(&mut scratch).max(1e-9);
            for (weight, apart) in weights.iter_mut().zip(&apart) {
                *weight = least / apart.max(least);
            }
        }
        (coefficients, fleetcast_numerics::sum(&apart))
    }
}

/// The middle day of a week of `weeks`, counted from the last day on.
fn middle_of_week(week: usize, weeks: usize) -> f64 {
    (week as f64 - weeks as f64) * WEEK as f64 + 4.0
}

/// The weeks that are looked at for a bend.
fn latest(weeks: &[f64]) -> &[f64] {
    &weeks[weeks.len().saturating_sub(LOOKED_AT / WEEK)..]
}

/// Returns what a line with steps on the days of `ages` leaves of the latest weeks.
pub(crate) fn left_by_steps(weeks: &[f64], ages: &[usize]) -> f64 {
    let line = Columns::of_weeks(latest(weeks));
    let stepped = ages.iter().fold(line, |columns, age| {
        let began = -(*age as f64);
        columns.with(|time| f64::from(u8::from(time > began)))
    });
    stepped.fit().1
}

/// Returns the bend that leaves least of the latest weeks.
pub(crate) fn best_bend(weeks: &[f64]) -> Option<Bend> {
    let weeks = latest(weeks);
    let mut best: Option<Bend> = None;
    for age in AGES {
        if weeks.len() * WEEK < age + LEAST_BEFORE {
            continue;
        }
        let (coefficients, left) = Columns::of_weeks(weeks).with_bend(age).fit();
        if best.is_none_or(|best| left < best.left) {
            best = Some(Bend {
                age,
                slope: coefficients[2],
                left,
            });
        }
    }
    best
}

/// Says whether a bend is growth or decline that goes on: it is old and large enough, a straight line leaves much
/// more, the latest days still go its way, and the series' slope has not changed like this before it.
pub(crate) fn goes_on(bend: &Bend, values: &[f64], weeks: &[f64], all: &Weeks) -> bool {
    if bend.age < LEAST_AGE || bend.rise().abs() < LEAST_RISE * all.change {
        return false;
    }
    let around = (3 * bend.age).max(60).min(values.len());
    let near = &values[values.len() - around..];
    let (_, straight) = Columns::of_days(near).fit();
    let (coefficients, bent) = Columns::of_days(near).with_bend(bend.age).fit();
    if bent > MOST_LEFT * straight {
        return false;
    }
    let slope = coefficients[1] + coefficients[2];
    let lately = (bend.age / 2).max(10).min(values.len());
    let (late, _) = Columns::of_days(&values[values.len() - lately..]).fit();
    let late = late[1];
    if late * bend.slope <= 0.0 || late.abs() < STILL_GOES_ON * slope.abs() {
        return false;
    }
    confidence(bend, weeks) >= LEAST_CONFIDENCE && !has_stopped(bend, values)
}

/// Says whether a second bend, at which most of the growth stops, explains the latest days better than the first alone.
fn has_stopped(bend: &Bend, values: &[f64]) -> bool {
    let stops = STOPS.iter().filter(|stop| **stop * 3 <= 2 * bend.age);
    stops.into_iter().any(|stop| {
        let around = (AROUND_STOP * stop)
            .max(LEAST_AROUND_STOP)
            .min(values.len());
        let near = || Columns::of_days(&values[values.len() - around..]).with_bend(bend.age);
        let (_, one) = near().fit();
        let (coefficients, two) = near().with_bend(*stop).fit();
        let growing = coefficients[1] + coefficients[2];
        let after = growing + coefficients[3];
        two <= LEFT_BY_STOP * one && after / growing < STILL_GOES_ON
    })
}

/// How large a change in slope is beside those of weeks before it.
fn confidence(bend: &Bend, weeks: &[f64]) -> f64 {
    let filled = without_gaps(weeks);
    let before = &filled[..filled.len().saturating_sub(bend.age.div_ceil(WEEK))];
    let after = (bend.age / WEEK).max(2);
    let ahead = after.max(60 / WEEK);
    let slope = |weeks: Range<usize>| {
        let middle = (weeks.len() as f64 - 1.0) / 2.0;
        let (mut sum, mut squares) = (0.0, 0.0);
        for (place, value) in before[weeks].iter().enumerate() {
            let away = place as f64 - middle;
            sum += away * value;
            squares += away * away;
        }
        sum / squares / WEEK as f64
    };
    let ends = ahead..(before.len() + 1).saturating_sub(after);
    let mut changes: Vec<f64> = ends
        .map(|week| slope(week..week + after) - slope(week - ahead..week))
        .collect();
    if changes.len() <= 5 {
        return 0.0;
    }
    bend.slope.abs() / scale(&mut changes).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(began: usize, slope: f64, days: usize) -> Vec<f64> {
        (0..days)
            .map(|day| {
                let unrest = ((day * 7919) % 1009) as f64 / 1009.0;
                40.0 + unrest + slope * day.saturating_sub(began) as f64
            })
            .collect()
    }

    #[test]
    fn growth_that_began_lately_goes_on() {
        let days = values(900, 0.4, 961);
        let weeks = Weeks::of(&days);
        assert!(possible_bend(&weeks.values, weeks.change).is_some());
        let bend = best_bend(&weeks.values).unwrap();
        assert_eq!(bend.age, 60);
        assert!((bend.slope - 0.4).abs() < 0.01, "{bend:?}");
        assert!(goes_on(&bend, &days, &weeks.values, &weeks));
    }

    #[test]
    fn what_has_stopped_or_always_grew_does_not() {
        let mut stopped = values(860, 0.4, 961);
        for (day, value) in stopped.iter_mut().enumerate() {
            *value -= 0.4 * day.saturating_sub(925) as f64;
        }
        let always = values(0, 0.1, 961);
        for days in [stopped, always] {
            let weeks = Weeks::of(&days);
            let bend = best_bend(&weeks.values).unwrap();
            assert!(!goes_on(&bend, &days, &weeks.values, &weeks), "{bend:?}");
        }
    }
}
