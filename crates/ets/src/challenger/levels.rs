//! The level of each day by its weekday in the weeks around it.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use std::ops::Range;

use fleetcast_core::SEASON_WEEK;
use fleetcast_numerics::vectorized;

/// Values of a weekday that its local level is taken from: those of nine weeks.
pub(super) const WEEKS: usize = 9;

/// Weeks that have to be observed before a day, and as many after it, for the day to have a level.
const ON_A_SIDE: usize = 2;

/// Weeks that have to be observed of the nine at an end, for a line to go through them.
const WEEKS_OBSERVED: usize = WEEKS.div_ceil(2);

/// The level of a day: the two middle ones of its weekday around it, or twice the same on a line. NaN
/// where too few are observed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    pub(super) lower: f64,
    pub(super) upper: f64,
}

impl Level {
    const UNKNOWN: Self = Self {
        lower: f64::NAN,
        upper: f64::NAN,
    };

    /// What a value is above the median of itself and the others.
    pub(super) fn residual_with(self, value: f64) -> f64 {
        if self.lower.is_nan() {
            return f64::NAN;
        }
        value - value.max(self.lower).min(self.upper)
    }
}

/// Levels of the days with four weeks before them and after them; those of the others are unknown.
pub(super) fn levels_inside(values: &[f64]) -> Vec<Level> {
    vectorized(
        #[inline(always)]
        || levels_of(values),
    )
}

#[inline(always)]
fn levels_of(values: &[f64]) -> Vec<Level> {
    let mut levels = vec![Level::UNKNOWN; values.len()];
    let (reach, length) = (WEEKS / 2 * SEASON_WEEK, values.len());
    for first in (reach..length.saturating_sub(reach)).step_by(DAYS_AT_ONCE) {
        let days = DAYS_AT_ONCE.min(length - reach - first);
        let around = weeks_around(values, first);
        let (lower, upper) = middle_ones(&around);
        for day in 0..days {
            let others = around.map(|week| week[day]);
            levels[first + day] = if others.iter().any(|value| value.is_nan()) {
                level_of_observed(&others)
            } else {
                Level {
                    lower: lower[day],
                    upper: upper[day],
                }
            };
        }
    }
    levels
}

/// Days whose levels are found at once.
const DAYS_AT_ONCE: usize = 8;

/// A number for each of some days.
type Days = [f64; DAYS_AT_ONCE];

/// The four weeks before some days and the four after them, NaN beyond the end.
#[inline(always)]
fn weeks_around(values: &[f64], first: usize) -> [Days; WEEKS - 1] {
    std::array::from_fn(|week| {
        let week = week + usize::from(week >= WEEKS / 2);
        let from = &values[first + week * SEASON_WEEK - WEEKS / 2 * SEASON_WEEK..];
        match from.first_chunk() {
            Some(days) => *days,
            None => std::array::from_fn(|day| from.get(day).copied().unwrap_or(f64::NAN)),
        }
    })
}

/// The two middle ones of eight weeks, for each of the days where none is missing: both halves sorted,
/// then the larger ones of the smaller four, and the other way round.
#[inline(always)]
fn middle_ones(around: &[Days; WEEKS - 1]) -> (Days, Days) {
    let sort = |mut four: [Days; 4]| {
        for (a, b) in [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)] {
            (four[a], four[b]) = (smaller(four[a], four[b]), larger(four[a], four[b]));
        }
        four
    };
    let [a, b, c, d, e, f, g, h] = *around;
    let (before, after) = (sort([a, b, c, d]), sort([e, f, g, h]));
    let pairs = before.into_iter().zip(after.into_iter().rev());
    pairs.fold(
        (
            [f64::NEG_INFINITY; DAYS_AT_ONCE],
            [f64::INFINITY; DAYS_AT_ONCE],
        ),
        |(lower, upper), (a, b)| (larger(lower, smaller(a, b)), smaller(upper, larger(a, b))),
    )
}

#[inline(always)]
fn smaller(a: Days, b: Days) -> Days {
    std::array::from_fn(|day| if a[day] < b[day] { a[day] } else { b[day] })
}

#[inline(always)]
fn larger(a: Days, b: Days) -> Days {
    std::array::from_fn(|day| if a[day] > b[day] { a[day] } else { b[day] })
}

/// The two middle ones of those of eight weeks that are observed; of an odd number those on either side
/// of the median.
fn level_of_observed(around: &[f64; WEEKS - 1]) -> Level {
    let mut found = [0.0; WEEKS - 1];
    let mut count = 0;
    for side in around.chunks(WEEKS / 2) {
        let before = count;
        for value in side.iter().filter(|value| !value.is_nan()) {
            found[count] = *value;
            count += 1;
        }
        if count - before < ON_A_SIDE {
            return Level::UNKNOWN;
        }
    }
    let found = &mut found[..count];
    found.sort_unstable_by(f64::total_cmp);
    let lower = count / 2 - 1;
    Level {
        lower: found[lower],
        upper: found[count - 1 - lower],
    }
}

/// Levels of the first four weeks, on lines through nine.
pub(super) fn set_first_levels(values: &[f64], levels: &mut [Level]) {
    for weekday in 0..SEASON_WEEK.min(values.len()) {
        let weeks = weeks_of(values, weekday);
        set_levels_on_a_line(values, weekday, (0, 0..weeks.min(WEEKS / 2)), levels);
    }
}

/// Levels of the last four weeks, on lines through nine.
pub(super) fn set_last_levels(values: &[f64], levels: &mut [Level]) {
    for weekday in 0..SEASON_WEEK.min(values.len()) {
        let weeks = weeks_of(values, weekday);
        let last = weeks.saturating_sub(WEEKS / 2)..weeks;
        let on_a_line = (weeks.saturating_sub(WEEKS), last);
        set_levels_on_a_line(values, weekday, on_a_line, levels);
    }
}

/// How many values there are of a weekday, the number of its first day.
fn weeks_of(values: &[f64], weekday: usize) -> usize {
    (values.len() - weekday).div_ceil(SEASON_WEEK)
}

/// Levels of some weeks of one weekday, on a line through the nine weeks from `first` on.
fn set_levels_on_a_line(
    values: &[f64],
    weekday: usize,
    (first, weeks): (usize, Range<usize>),
    levels: &mut [Level],
) {
    let day = |week: usize| weekday + week * SEASON_WEEK;
    let nine: [f64; WEEKS] =
        std::array::from_fn(|week| values.get(day(first + week)).copied().unwrap_or(f64::NAN));
    let line = line(&nine);
    for week in weeks {
        let level = line.map_or(f64::NAN, |(height, slope)| {
            height + slope * (week - first) as f64
        });
        levels[day(week)] = Level {
            lower: level,
            upper: level,
        };
    }
}

/// The height at the first week and the slope a week of a line by repeated medians; `None` where too
/// few weeks are observed.
fn line(weeks: &[f64; WEEKS]) -> Option<(f64, f64)> {
    let mut observed = [(0.0, 0.0); WEEKS];
    let mut count = 0;
    for (week, value) in weeks.iter().enumerate() {
        if !value.is_nan() {
            observed[count] = (week as f64, *value);
            count += 1;
        }
    }
    if count < WEEKS_OBSERVED {
        return None;
    }
    let observed = &observed[..count];
    // The slopes from each week to the others; between two weeks there is one.
    let mut slopes_at = [[0.0; WEEKS - 1]; WEEKS];
    for (later, (week, value)) in observed.iter().enumerate() {
        for (earlier, (other, there)) in observed[..later].iter().enumerate() {
            let slope = (there - value) / (other - week);
            slopes_at[later][earlier] = slope;
            slopes_at[earlier][later - 1] = slope;
        }
    }
    let mut numbers = [0.0; WEEKS];
    for (slope, slopes) in numbers.iter_mut().zip(&mut slopes_at[..count]) {
        *slope = median_of_few(&mut slopes[..count - 1]);
    }
    let slope = median_of_few(&mut numbers[..count]);
    for (height, (week, value)) in numbers.iter_mut().zip(observed) {
        *height = value - slope * week;
    }
    Some((median_of_few(&mut numbers[..count]), slope))
}

/// The median of a few values, of which there is one or more.
fn median_of_few(values: &mut [f64]) -> f64 {
    for end in 1..values.len() {
        let mut at = end;
        while at > 0 && values[at - 1] > values[at] {
            values.swap(at - 1, at);
            at -= 1;
        }
    }
    let count = values.len();
    f64::midpoint(values[(count - 1) / 2], values[count / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Levels found eight days at a time against sorting.
    #[test]
    fn middle_ones_are_those_of_sorted_weeks() {
        let around: [Days; WEEKS - 1] = std::array::from_fn(|week| {
            std::array::from_fn(|day| ((week * 37 + day * day * 11) % 17) as f64)
        });
        let (lower, upper) = middle_ones(&around);
        for day in 0..DAYS_AT_ONCE {
            let level = level_of_observed(&around.map(|week| week[day]));
            let found = [lower[day], upper[day]].map(f64::to_bits);
            assert_eq!(found, [level.lower, level.upper].map(f64::to_bits), "{day}");
        }
    }
}
