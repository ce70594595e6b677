//! A history as medians of weeks, counted back from its last day.

use crate::median::median_of;

/// Days of a week.
pub(crate) const WEEK: usize = 7;

/// Days of a week that need a value for it to have one.
const LEAST_OBSERVED: usize = 3;

/// The medians of a history's weeks.
#[derive(Debug, Clone)]
pub(crate) struct Weeks {
    /// Days before the first week, fewer than seven.
    pub(crate) skipped: usize,
    /// The median of each week, NaN where too few of its days have a value.
    pub(crate) values: Vec<f64>,
    /// Weeks that have one.
    pub(crate) observed: usize,
    /// How much values change from week to week on average: the mean |y(t) − y(t − 7)|.
    pub(crate) change: f64,
}

impl Weeks {
    /// Takes the medians of the weeks of `days`, the last of which ends on the last day.
    pub(crate) fn of(days: &[f64]) -> Self {
        let skipped = days.len() % WEEK;
        let (weeks, _) = days[skipped..].as_chunks::<WEEK>();
        let values: Vec<f64> = weeks.iter().map(median_of_week).collect();
        let (mut sum, mut count) = (0.0, 0.0);
        for (later, earlier) in days[WEEK.min(days.len())..].iter().zip(days) {
            let change = (later - earlier).abs();
            let is_known = f64::from(u8::from(!change.is_nan()));
            sum += if change.is_nan() { 0.0 } else { change };
            count += is_known;
        }
        Self {
            skipped,
            observed: values.iter().filter(|value| !value.is_nan()).count(),
            values,
            change: if count > 0.0 { sum / count } else { 0.0 },
        }
    }

    /// Returns the first day of the week at `index`.
    pub(crate) fn first_day(&self, index: usize) -> usize {
        self.skipped + index * WEEK
    }
}

fn median_of_week(week: &[f64; WEEK]) -> f64 {
    let mut known = *week;
    let mut count = 0;
    for value in *week {
        if !value.is_nan() {
            // Insertion keeps the few values there are in order.
            let mut at = count;
            while at > 0 && known[at - 1] > value {
                known[at] = known[at - 1];
                at -= 1;
            }
            known[at] = value;
            count += 1;
        }
    }
    if count < LEAST_OBSERVED {
        return f64::NAN;
    }
    f64::midpoint(known[(count - 1) / 2], known[count / 2])
}

/// Returns the values with straight lines between those that are numbers, the first and the last one continued.
pub(crate) fn without_gaps(values: &[f64]) -> Vec<f64> {
    let mut filled = values.to_vec();
    let mut last: Option<usize> = None;
    for index in 0..filled.len() {
        if filled[index].is_nan() {
            continue;
        }
        let from = last.map_or(0, |last| last + 1);
        let (start, end) = (
            last.map_or(filled[index], |last| filled[last]),
            filled[index],
        );
        let steps = (index - from + 1) as f64;
        for (step, value) in filled[from..index].iter_mut().enumerate() {
            *value = start + (end - start) * (step + 1) as f64 / steps;
        }
        last = Some(index);
    }
    if let Some(last) = last {
        let value = filled[last];
        filled[last + 1..].fill(value);
    }
    filled
}

/// Returns the median of a few numbers, in any order.
pub(crate) fn median_of_few<const N: usize>(values: &mut [f64; N], count: usize) -> f64 {
    median_of(&mut values[..count.min(N)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weeks_end_on_the_last_day() {
        let mut days: Vec<f64> = (0..23).map(f64::from).collect();
        days[3] = f64::NAN;
        let weeks = Weeks::of(&days);
        assert_eq!((weeks.skipped, weeks.first_day(1)), (2, 9));
        // 2, 4, 5, 6, 7, 8 without 3.
        assert_eq!(weeks.values, [5.5, 12.0, 19.0]);
        assert!((weeks.change - 7.0).abs() < 1e-12);
        let sparse = [f64::NAN, 1.0, f64::NAN, 2.0, f64::NAN, f64::NAN, f64::NAN];
        assert_eq!(Weeks::of(&sparse).observed, 0);
    }

    #[test]
    fn gaps_are_bridged() {
        let nan = f64::NAN;
        assert_eq!(
            without_gaps(&[nan, 1.0, nan, nan, 4.0, nan]),
            [1.0, 1.0, 2.0, 3.0, 4.0, 4.0]
        );
    }
}
