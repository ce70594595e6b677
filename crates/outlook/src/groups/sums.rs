//! Sums that do not depend on the order in which they were made.

use std::collections::BTreeMap;

/// Powers of two that a part of the sums spans.
const SPAN: i32 = 48;

/// Bits of a double's fraction.
const FRACTION_BITS: u32 = 52;

/// The power of two of the last bit of a double whose exponent's bits are 0 or 1.
const LEAST_POWER: i32 = -1074;

/// Sums of values, place by place, without any rounding: they are the same to the bit in whatever order and parts values were
/// added.
///
/// Every value is a whole number times a power of two. Whole numbers whose powers lie within a span of 48 are added up as
/// they are, one sum a span, as in Collange, Defour, Graillat and Iakymchuk 2015, *Numerical reproducibility for the parallel
/// reduction on multi- and many-core architectures*, Parallel Computing 49, 83-97. A sum holds 2²⁷ values at least.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Sums {
    len: usize,
    parts: BTreeMap<i32, Vec<i128>>,
}

impl Sums {
    /// Makes `len` sums of nothing.
    pub(crate) fn new(len: usize) -> Self {
        Self {
            len,
            parts: BTreeMap::new(),
        }
    }

    /// Adds a value to each sum, as far as there are values; those that are not finite count as 0.
    pub(crate) fn add(&mut self, values: impl IntoIterator<Item = f64>) {
        for (place, value) in values.into_iter().take(self.len).enumerate() {
            self.add_at(place, value);
        }
    }

    /// Adds a value to the sum at a place.
    pub(crate) fn add_at(&mut self, place: usize, value: f64) {
        if value == 0.0 || !value.is_finite() {
            return;
        }
        let (whole, power) = whole_and_power(value);
        let part = power.div_euclid(SPAN);
        let len = self.len;
        let sums = self.parts.entry(part).or_insert_with(|| vec![0; len]);
        sums[place] += i128::from(whole) << power.rem_euclid(SPAN);
    }

    /// Adds the sums of other values, which must be as many.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (part, values) in &other.parts {
            let sums = self.parts.entry(*part);
            let sums = sums.or_insert_with(|| vec![0; values.len()]);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value;
            }
        }
    }

    /// Returns the sums, rounded.
    pub(crate) fn values(&self) -> Vec<f64> {
        let mut values = vec![0.0; self.len];
        // From the smallest part on, so that little is lost to rounding.
        for (part, sums) in &self.parts {
            for (value, sum) in values.iter_mut().zip(sums) {
                *value += libm::scalbn(*sum as f64, part * SPAN);
            }
        }
        values
    }

    /// Returns the sum at a place, rounded.
    pub(crate) fn at(&self, place: usize) -> f64 {
        let parts = self.parts.iter();
        let rounded = parts.map(|(part, sums)| libm::scalbn(sums[place] as f64, part * SPAN));
        rounded.fold(0.0, |sum, part| sum + part)
    }
}

/// The smallest whole number and the power of two whose product a finite value other than 0 is.
#[expect(
    clippy::cast_possible_wrap,
    reason = "an exponent has eleven bits, and a fraction with its first bit 53"
)]
fn whole_and_power(value: f64) -> (i64, i32) {
    let bits = value.to_bits();
    let exponent = ((bits >> FRACTION_BITS) & 0x7ff) as i32;
    let fraction = (bits & ((1 << FRACTION_BITS) - 1)) as i64;
    // The first bit of a normal number is not written down.
    let whole = if exponent == 0 {
        fraction
    } else {
        fraction | (1 << FRACTION_BITS)
    };
    let even = whole.trailing_zeros();
    let power = LEAST_POWER + (exponent - 1).max(0) + even as i32;
    let odd = whole >> even;
    (if value < 0.0 { -odd } else { odd }, power)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut sums = Sums::new(1);
        for value in values {
            sums.add([*value]);
        }
        sums.at(0)
    }

    #[test]
    fn nothing_is_lost_on_the_way() {
        for (values, expected) in [
            (&[1e16, 1.0, -1e16][..], 1.0),
            (&[1e300, 1e-300, -1e300], 1e-300),
            (&[f64::MIN_POSITIVE / 4.0; 4], f64::MIN_POSITIVE),
            (&[f64::NAN, 2.0, f64::INFINITY], 2.0),
            (&[], 0.0),
        ] {
            assert_eq!(sum(values).to_bits(), expected.to_bits(), "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn one_value_is_itself(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL) {
            prop_assert_eq!(sum(&[value]).to_bits(), value.to_bits());
        }

        #[test]
        fn no_order_and_no_parts_change_a_bit(
            values in proptest::collection::vec(-1e12_f64..1e12, 0..40),
            cut in 0_usize..40,
        ) {
            let forwards = sum(&values);
            let mut backwards = values.clone();
            backwards.reverse();
            prop_assert_eq!(forwards.to_bits(), sum(&backwards).to_bits());
            let cut = cut.min(values.len());
            let part = |values: &[f64]| {
                let mut sums = Sums::new(1);
                for value in values {
                    sums.add([*value]);
                }
                sums
            };
            let mut merged = part(&values[cut..]);
            merged.merge(&part(&values[..cut]));
            prop_assert_eq!(forwards.to_bits(), merged.at(0).to_bits());
            prop_assert_eq!(merged.values()[0].to_bits(), forwards.to_bits());
            let plain: f64 = values.iter().sum();
            prop_assert!((forwards - plain).abs() <= 1e-9 * values.iter().map(|v| v.abs()).sum::<f64>());
        }
    }
}
