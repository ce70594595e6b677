//! This is about a series' growth in its last weeks.

/// The last days that growth is taken from: thirteen weeks.
pub(crate) const GROWTH_DAYS: usize = 91;

/// Days among them that must have a value.
const LEAST_DAYS: usize = 28;

/// The days that growth is given for.
const PER_DAYS: f64 = 30.0;

/// Returns how much the values of the last 91 days grew in 30 days, in the series' unit: the median of the slopes
/// between all pairs of days (Sen 1968, *Estimates of the regression coefficient based on Kendall's tau*, Journal of the
/// American Statistical Association 63(324), 1379-1389), which no single day can move.
///
/// `None` where fewer than 28 of them have a value.
pub(crate) fn growth(seen: &[f64]) -> Option<f64> {
    let last = &seen[seen.len().saturating_sub(GROWTH_DAYS)..];
    let known: Vec<(f64, f64)> = last
        .iter()
        .enumerate()
        .filter(|(_, value)| value.is_finite())
        .map(|(day, value)| (day as f64, *value))
        .collect();
    if known.len() < LEAST_DAYS {
        return None;
    }
    let mut slopes = Vec::with_capacity(known.len() * (known.len() - 1) / 2);
    for (index, (day, value)) in known.iter().enumerate() {
        let later = known[index + 1..].iter();
        slopes.extend(later.map(|(later, then)| (then - value) / (later - day)));
    }
    let middle = slopes.len() / 2;
    let (_, median, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    Some(PER_DAYS * *median).filter(|growth| growth.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_last_weeks_whatever_one_day_says() {
        let mut values: Vec<f64> = (0..200)
            .map(|day| {
                let week = if day % 7 < 2 { -1.0 } else { 0.0 };
                let trend = if day < 100 {
                    0.0
                } else {
                    0.1 * f64::from(day - 100)
                };
                50.0 + week + trend
            })
            .collect();
        let found = growth(&values).unwrap();
        assert!((found - 3.0).abs() < 0.15, "{found}");
        values[150] = 9999.0;
        values[160] = f64::NAN;
        assert!((growth(&values).unwrap() - 3.0).abs() < 0.2);
        assert_eq!(growth(&values[..20]), None);
        assert_eq!(growth(&[]), None);
    }
}
