//! What a forecast may be.

/// The range point forecasts stay in, and the floor their intervals stay above.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForecastRange {
    least: f64,
    most: f64,
    floor: f64,
}

impl ForecastRange {
    /// The range of `values` widened by itself on either side, not below 0 where no value is;
    /// everything where there is no value.
    pub(super) fn of(values: &[f64]) -> Self {
        let (least, most) = extremes(values);
        if least > most {
            return Self {
                least: f64::NEG_INFINITY,
                most: f64::INFINITY,
                floor: f64::NEG_INFINITY,
            };
        }
        let range = most - least;
        let floor = if least >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
        Self {
            least: (least - range).max(floor),
            most: most + range,
            floor,
        }
    }

    pub(super) fn clamp(&self, value: f64) -> f64 {
        if value.is_nan() {
            // `max` would take a numerical failure for the least value, and nobody would know.
            return value;
        }
        value.max(self.least).min(self.most)
    }

    pub(super) fn not_below_floor(&self, value: f64) -> f64 {
        if value.is_nan() {
            return value;
        }
        value.max(self.floor)
    }
}

/// The smallest and the largest value.
pub(super) fn extremes(values: &[f64]) -> (f64, f64) {
    values.iter().filter(|value| !value.is_nan()).fold(
        (f64::INFINITY, f64::NEG_INFINITY),
        |(least, most), value| (least.min(*value), most.max(*value)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forecasts_stay_in_the_widened_range() {
        let huge: f64 = f64::MAX;
        let cases: &[(&[f64], f64, f64)] = &[
            (&[2.0, 5.0, f64::NAN], 9.0, 8.0),
            (&[2.0, 5.0], -1.0, 0.0),
            (&[4.0, 5.0], -1.0, 3.0),
            (&[-2.0, 5.0], -20.0, -9.0),
            (&[2.0, 5.0], 4.0, 4.0),
            (&[3.0], 4.0, 3.0),
            (&[f64::NAN], 1e300, 1e300),
            (&[], -7.0, -7.0),
            (&[-huge, huge], -huge, -huge),
        ];
        for (values, value, expected) in cases {
            let found = ForecastRange::of(values).clamp(*value);
            assert_eq!(found.to_bits(), expected.to_bits(), "{values:?}: {found}");
        }
    }

    #[test]
    fn intervals_stay_above_the_floor() {
        let cases: &[(&[f64], f64, f64)] = &[
            (&[2.0, 5.0], -1.0, 0.0),
            (&[2.0, 5.0], 1.0, 1.0),
            (&[-2.0, 5.0], -100.0, -100.0),
        ];
        for (values, value, expected) in cases {
            let found = ForecastRange::of(values).not_below_floor(*value);
            assert_eq!(found.to_bits(), expected.to_bits(), "{values:?}: {found}");
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        for values in [&[2.0, 5.0][..], &[-2.0, 5.0], &[]] {
            let limits = ForecastRange::of(values);
            assert!(limits.clamp(f64::NAN).is_nan(), "{values:?}");
            assert!(limits.not_below_floor(f64::NAN).is_nan(), "{values:?}");
        }
    }
}
