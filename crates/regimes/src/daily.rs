//! Days beside what the weeks say of them.

use crate::median::median_of;
use crate::weekly::{WEEK, Weeks};

/// The days of a history without the level that their place in the week has.
#[derive(Debug)]
pub(crate) struct Daily {
    /// A value a day, NaN where missing.
    pub(crate) values: Vec<f64>,
}

impl Daily {
    /// Takes from each of `days` what its weekday is above the median of its week, by the median of all weeks.
    pub(crate) fn of(days: &[f64], weeks: &Weeks) -> Self {
        let mut effects = [0.0; WEEK];
        let mut apart = Vec::with_capacity(weeks.values.len());
        for (weekday, effect) in effects.iter_mut().enumerate() {
            apart.clear();
            let of_weeks = weeks.values.iter().enumerate();
            apart.extend(
                of_weeks
                    .map(|(week, level)| days[weeks.first_day(week) + weekday] - level)
                    .filter(|apart| !apart.is_nan()),
            );
            let middle = median_of(&mut apart);
            *effect = if middle.is_nan() { 0.0 } else { middle };
        }
        let place = |day: usize| (day + WEEK - weeks.skipped) % WEEK;
        let values = days.iter().enumerate();
        Self {
            values: values
                .map(|(day, value)| value - effects[place(day)])
                .collect(),
        }
    }
}

/// Returns a value for each of `days` days on the straight lines between the middles of weeks, whose values
/// `of_weeks` are; constant before the first and after the last.
pub(crate) fn between_weeks(of_weeks: &[f64], weeks: &Weeks, days: usize) -> Vec<f64> {
    let Some(last) = of_weeks.len().checked_sub(1) else {
        return vec![0.0; days];
    };
    let middle = weeks.skipped + WEEK / 2;
    (0..days)
        .map(|day| {
            let Some(since) = day.checked_sub(middle) else {
                return of_weeks[0];
            };
            let (week, step) = (since / WEEK, since % WEEK);
            if week >= last {
                return of_weeks[last];
            }
            let share = step as f64 / WEEK as f64;
            of_weeks[week] * (1.0 - share) + of_weeks[week + 1] * share
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_taken_out() {
        let days: Vec<f64> = (0..100)
            .map(|day| 50.0 + if day % 7 < 2 { -20.0 } else { 0.0 })
            .collect();
        let weeks = Weeks::of(&days);
        let daily = Daily::of(&days, &weeks);
        assert!(
            daily
                .values
                .iter()
                .all(|value| (value - 50.0).abs() < 1e-12)
        );
    }

    #[test]
    fn days_lie_between_weeks() {
        let days = vec![0.0; 23];
        let weeks = Weeks::of(&days);
        let between = between_weeks(&[0.0, 7.0, 14.0], &weeks, 23);
        // The middles are days 5, 12 and 19.
        for (day, expected) in [
            (0, 0.0),
            (5, 0.0),
            (6, 1.0),
            (12, 7.0),
            (18, 13.0),
            (22, 14.0),
        ] {
            assert!((between[day] - expected).abs() < 1e-12, "{day}");
        }
    }
}
