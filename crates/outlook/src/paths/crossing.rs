//! Sustained crossings of one path.

use crate::Sustained;

/// Returns the index of the first day of the first sustained crossing of `threshold`: that day is at or above it,
/// and so are enough of the days from it on. Days after the path's end are not counted.
#[must_use]
pub fn first_crossing(path: &[f64], threshold: f64, sustained: Sustained) -> Option<usize> {
    let (days, of) = (sustained.days() as usize, sustained.of() as usize);
    let is_full = |index: usize| usize::from(path[index] >= threshold);
    let mut ahead: usize = (0..of.min(path.len())).map(is_full).sum();
    for index in 0..path.len() {
        if is_full(index) == 1 && ahead >= days {
            return Some(index);
        }
        ahead -= is_full(index);
        if index + of < path.len() {
            ahead += is_full(index + of);
        }
    }
    None
}

/// Returns the largest threshold of which a path has a sustained crossing; −∞ where it is too short for any.
///
/// A day d carries the smaller of its own value and of the `days`-th largest of the `of` days from it on:
/// [`first_crossing`] finds a threshold where that is at or above it.
#[must_use]
pub fn sustained_peak(path: &[f64], sustained: Sustained) -> f64 {
    let (days, of) = (sustained.days() as usize, sustained.of() as usize);
    let mut largest = Vec::with_capacity(days);
    // Of any so many days, enough are at or above the `days`-th largest: a crossing begins at the first of them. So few
    // days are left to look at.
    let mut peak = path
        .chunks(of)
        .filter_map(|some| nth_largest(some, days, &mut largest))
        .fold(f64::NEG_INFINITY, f64::max);
    for (index, value) in path.iter().enumerate() {
        // No day carries more than its own value: most need no second look.
        if *value > peak {
            let ahead = &path[index..path.len().min(index + of)];
            let higher: usize = ahead.iter().map(|ahead| usize::from(*ahead > peak)).sum();
            if higher < days {
                continue;
            }
            if let Some(carried) = nth_largest(ahead, days, &mut largest) {
                peak = peak.max(carried.min(*value));
            }
        }
    }
    peak
}

/// The `nth` largest value, counted from 1; `None` where there are fewer.
fn nth_largest(values: &[f64], nth: usize, buffer: &mut Vec<f64>) -> Option<f64> {
    if values.len() < nth {
        return None;
    }
    match nth {
        1 => Some(last_of_largest::<1>(values)),
        2 => Some(last_of_largest::<2>(values)),
        3 => Some(last_of_largest::<3>(values)),
        4 => Some(last_of_largest::<4>(values)),
        5 => Some(last_of_largest::<5>(values)),
        _ => {
            buffer.clear();
            buffer.extend_from_slice(values);
            let (_, nth, _) = buffer.select_nth_unstable_by(nth - 1, |a, b| b.total_cmp(a));
            Some(*nth)
        }
    }
}

/// The `NTH` largest of at least as many values: each takes its place among the largest so far, without a branch.
fn last_of_largest<const NTH: usize>(values: &[f64]) -> f64 {
    let mut largest = [f64::NEG_INFINITY; NTH];
    for value in values {
        let mut value = *value;
        for place in &mut largest {
            let (higher, lower) = if value > *place {
                (value, *place)
            } else {
                (*place, value)
            };
            *place = higher;
            value = lower;
        }
    }
    largest[NTH - 1]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(text: &str) -> Sustained {
        text.parse().unwrap()
    }

    #[test]
    fn three_days_of_seven_count_and_two_do_not() {
        let path = [0.0, 9.0, 0.0, 9.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0];
        // Of the seven days from the second on, three are full; from the eighth on one is.
        assert_eq!(first_crossing(&path, 9.0, rule("3/7")), Some(1));
        assert_eq!(first_crossing(&path, 9.1, rule("3/7")), None);
        assert_eq!(first_crossing(&path[..7], 9.0, rule("3/7")), None);
        assert!((sustained_peak(&path, rule("3/7")) - 9.0).abs() < 1e-12);
        assert!(sustained_peak(&path[..7], rule("3/7")).abs() < 1e-12);
        assert!(sustained_peak(&path[..2], rule("3/7")).is_infinite());
        assert!((sustained_peak(&path, rule("1/1")) - 9.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn the_peak_is_the_largest_threshold_that_is_crossed(
            path in prop::collection::vec(-5.0_f64..5.0, 0..60),
            days in 1_u32..8,
            more in 0_u32..5,
        ) {
            let rule = rule(&format!("{days}/{}", days + more));
            let peak = sustained_peak(&path, rule);
            if peak.is_finite() {
                prop_assert!(first_crossing(&path, peak, rule).is_some());
                prop_assert_eq!(first_crossing(&path, peak.next_up(), rule), None);
            } else {
                prop_assert_eq!(first_crossing(&path, -6.0, rule), None);
            }
        }
    }
}
