//! Days of the week that were never observed.

use std::borrow::Cow;

use crate::{Day, Panel, PanelView, SeriesView};

/// Days a span must have for a day of the week without a value to mean something: three weeks.
const LEAST_SPAN: usize = 21;

/// Values around a day whose mean stands for it, in days to either side: a fortnight in all.
const DAYS_AROUND: usize = 7;

/// Monday to Sunday.
const NAMES: [&str; 7] = [
    "Mondays",
    "Tuesdays",
    "Wednesdays",
    "Thursdays",
    "Fridays",
    "Saturdays",
    "Sundays",
];

/// Which days of the week have no value at all between a series' first and last observed day: Monday is 0.
/// None where the series was observed for less than three weeks.
///
/// Models with a term for each weekday know nothing of such a day, and what nothing is known of comes out as
/// anything: 0, mostly.
#[must_use]
pub fn unobserved_weekdays(series: SeriesView<'_>) -> [bool; 7] {
    let Some(span) = series
        .observed_span()
        .filter(|span| span.len() >= LEAST_SPAN)
    else {
        return [false; 7];
    };
    let mut unobserved = [true; 7];
    let first = series.grid.first();
    for index in span {
        if !series.values[index].is_nan() {
            unobserved[weekday(first, index)] = false;
            // Mostly a week says it.
            if unobserved == [false; 7] {
                break;
            }
        }
    }
    unobserved
}

/// The names of these weekdays, for a message: `Saturdays and Sundays`.
pub(crate) fn names_of(weekdays: [bool; 7]) -> Option<String> {
    let names: Vec<&str> = NAMES
        .into_iter()
        .zip(weekdays)
        .filter_map(|(name, is_meant)| is_meant.then_some(name))
        .collect();
    let (last, others) = names.split_last()?;
    Some(if others.is_empty() {
        (*last).to_owned()
    } else {
        format!("{} and {last}", others.join(", "))
    })
}

/// The panel with a value on weekdays a series was never observed on: the mean of its values within a week to
/// either side. The same panel where no series has such a day; scores and intervals go by what was observed.
#[must_use]
pub(crate) fn with_unobserved_weekdays_filled(panel: PanelView<'_>) -> Option<Panel> {
    let filled: Vec<Cow<'_, [f64]>> = panel.iter().map(filled).collect();
    if filled
        .iter()
        .all(|values| matches!(values, Cow::Borrowed(_)))
    {
        return None;
    }
    let values: Vec<f64> = filled
        .iter()
        .flat_map(|values| values.iter().copied())
        .collect();
    Panel::from_values(panel.grid(), panel.keys().to_vec(), values).ok()
}

fn filled(series: SeriesView<'_>) -> Cow<'_, [f64]> {
    let values = series.values;
    let unobserved = unobserved_weekdays(series);
    let Some(span) = series
        .observed_span()
        .filter(|_| unobserved.contains(&true))
    else {
        return Cow::Borrowed(values);
    };
    let first = series.grid.first();
    let mut filled = values.to_vec();
    for index in span {
        if !unobserved[weekday(first, index)] {
            continue;
        }
        let around =
            &values[index.saturating_sub(DAYS_AROUND)..values.len().min(index + DAYS_AROUND + 1)];
        let (sum, count) = around
            .iter()
            .filter(|value| !value.is_nan())
            .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        if count > 0.0 {
            filled[index] = sum / count;
        }
    }
    Cow::Owned(filled)
}

/// The day of the week of the day `index` days after `first`: Monday is 0.
fn weekday(first: Day, index: usize) -> usize {
    // 1970-01-01 was a Thursday.
    const THURSDAY: i64 = 3;
    let days = i64::from(first.epoch_days()) + i64::try_from(index).unwrap_or(0);
    usize::try_from((days + THURSDAY).rem_euclid(7)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SeriesKey, TimeGrid};

    /// Values on the weekdays given, from Monday, 2024-01-01 on.
    fn panel(days: usize, observed: &[usize]) -> Panel {
        let grid = TimeGrid::new("2024-01-01".parse().unwrap(), days);
        let value = |day: usize| {
            if observed.contains(&(day % 7)) {
                60.0 + day as f64
            } else {
                f64::NAN
            }
        };
        let values = (0..days).map(value).collect();
        Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), values)]).unwrap()
    }

    #[track_caller]
    fn check(days: usize, observed: &[usize], expected: Option<&str>) {
        let panel = panel(days, observed);
        let found = unobserved_weekdays(panel.view().series(0));
        assert_eq!(names_of(found).as_deref(), expected);
        let filled = with_unobserved_weekdays_filled(panel.view());
        assert_eq!(filled.is_some(), expected.is_some());
    }

    #[test]
    fn weekdays_without_a_value_are_found_where_there_is_enough_to_tell() {
        check(70, &[0, 1, 2, 3, 4], Some("Saturdays and Sundays"));
        check(70, &[0, 1, 2, 3, 4, 5], Some("Sundays"));
        check(
            70,
            &[2],
            Some("Mondays, Tuesdays, Thursdays, Fridays, Saturdays and Sundays"),
        );
        check(70, &[0, 1, 2, 3, 4, 5, 6], None);
        check(19, &[0, 1, 2, 3, 4], None);
    }

    #[test]
    fn what_is_filled_lies_at_the_level_around_it_and_nothing_else_changes() {
        let panel = panel(70, &[0, 1, 2, 3, 4]);
        let filled = with_unobserved_weekdays_filled(panel.view()).unwrap();
        let (before, after) = (
            panel.view().series(0).values,
            filled.view().series(0).values,
        );
        for day in 0..70 {
            if !before[day].is_nan() {
                assert_eq!(before[day].to_bits(), after[day].to_bits());
            } else if day < 68 {
                assert!(
                    (after[day] - (60.0 + day as f64)).abs() < 4.0,
                    "{day}: {}",
                    after[day]
                );
            } else {
                // Behind the last observed day nothing is made up.
                assert!(after[day].is_nan());
            }
        }
    }
}
