//! Sums and products of slices that give the same bits on every processor.
//!
//! Sums run in [`LANES`] interleaved partial sums, whatever the width of the processor's registers,
//! and nothing is contracted to fused multiply-adds.

use crate::lanes::LANES;

/// Returns the least multiple of [`LANES`] that holds `len` values.
#[inline(always)]
#[must_use]
pub fn padded(len: usize) -> usize {
    len.next_multiple_of(LANES)
}

/// How many steps each lane is ahead of the first: 0 to 7.
pub const STEPS: [f64; LANES] = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];

/// Returns the sum of the lanes, added pairwise.
#[must_use]
#[inline(always)]
pub fn sum_lanes(lanes: [f64; LANES]) -> f64 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Returns the scalar product of two slices of one length.
///
/// ```
/// assert_eq!(fleetcast_numerics::dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
/// ```
#[must_use]
#[inline(always)]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (chunks_a, rest_a) = a.as_chunks::<LANES>();
    let (chunks_b, rest_b) = b.as_chunks::<LANES>();
    debug_assert_eq!(a.len(), b.len(), "vectors of one length");
    let mut lanes = [0.0; LANES];
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(rest_a).zip(rest_b) {
        *lane += a * b;
    }
    sum_lanes(lanes)
}

/// Returns the sum of a slice, 0 where it is empty.
#[must_use]
#[inline(always)]
pub fn sum(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += chunk[lane];
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += value;
    }
    sum_lanes(lanes)
}

/// Adds `factor · x` to `y`, as far as both reach.
#[inline(always)]
pub fn add_scaled(y: &mut [f64], factor: f64, x: &[f64]) {
    let len = y.len().min(x.len());
    let (chunks_y, rest_y) = y[..len].as_chunks_mut::<LANES>();
    let (chunks_x, rest_x) = x[..len].as_chunks::<LANES>();
    for (y, x) in chunks_y.iter_mut().zip(chunks_x) {
        // All of both is read before any is written, or the lanes would wait for one another.
        let (mut sums, x) = (*y, *x);
        for lane in 0..LANES {
            sums[lane] += factor * x[lane];
        }
        *y = sums;
    }
    for (y, x) in rest_y.iter_mut().zip(rest_x) {
        *y += factor * x;
    }
}

/// How many vectors are added to another one in one pass.
pub const AT_ONCE: usize = 4;

/// Adds `factors[0] · x[0] + … + factors[3] · x[3]` to `y`, which saves loading and storing `y` for
/// each; every x is at least as long as `y`.
#[inline(always)]
pub fn add_scaled_at_once(y: &mut [f64], factors: [f64; AT_ONCE], x: [&[f64]; AT_ONCE]) {
    let [f0, f1, f2, f3] = factors;
    let [x0, x1, x2, x3] = x;
    let pairs = y.iter_mut().zip(x0).zip(x1).zip(x2).zip(x3);
    for ((((y, x0), x1), x2), x3) in pairs {
        *y += (f0 * x0 + f1 * x1) + (f2 * x2 + f3 * x3);
    }
}

/// Applies a function to four indices: `array::map`, but certain to be compiled where it is called.
#[inline(always)]
pub fn each<T>(indices: [usize; AT_ONCE], of: impl Fn(usize) -> T) -> [T; AT_ONCE] {
    let [a, b, c, d] = indices;
    [of(a), of(b), of(c), of(d)]
}

/// Days of a week.
const WEEK: usize = 7;

/// Days summed at a time while weekday sums are taken: whole weeks and whole registers.
const WEEKS: usize = WEEK * LANES;

/// Returns the sums of every seventh value, from each of the first seven on.
#[must_use]
#[inline(always)]
pub fn sums_of_weekdays(y: &[f64]) -> [f64; WEEK] {
    let (chunks, rest) = y.as_chunks::<WEEKS>();
    let mut sums = [0.0; WEEKS];
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += value;
    }
    let mut weekdays = [0.0; WEEK];
    for week in sums.chunks_exact(WEEK) {
        for (weekday, sum) in weekdays.iter_mut().zip(week) {
            *weekday += sum;
        }
    }
    weekdays
}

/// Returns Σ y and Σ i·y, i from 0.
///
/// ```
/// assert_eq!(fleetcast_numerics::sum_and_ramp(&[1.0, 2.0, 3.0]), (6.0, 8.0));
/// ```
#[must_use]
#[inline(always)]
pub fn sum_and_ramp(y: &[f64]) -> (f64, f64) {
    let (chunks, rest) = y.as_chunks::<LANES>();
    let (mut sums, mut ramps, mut blocks) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
    // Σ (8b + l)·y over blocks b and lanes l, without a table: blocks counts what was summed in
    // the blocks before.
    for chunk in chunks {
        for lane in 0..LANES {
            blocks[lane] += sums[lane];
            sums[lane] += chunk[lane];
        }
    }
    // blocks[l] = Σ_b (last block − b)·y; turn it round.
    let last = chunks.len().saturating_sub(1) as f64;
    for lane in 0..LANES {
        let block_ramp = last * sums[lane] - blocks[lane];
        ramps[lane] = LANES as f64 * block_ramp + lane as f64 * sums[lane];
    }
    let first = (chunks.len() * LANES) as f64;
    for (lane, value) in rest.iter().enumerate() {
        sums[lane] += value;
        ramps[lane] += (first + lane as f64) * value;
    }
    (sum_lanes(sums), sum_lanes(ramps))
}

/// Adds `factor(i) · row(i)` to `y` for all i below `count`.
#[inline(always)]
pub fn add_all_scaled<'a>(
    y: &mut [f64],
    count: usize,
    factor: impl Fn(usize) -> f64,
    row: impl Fn(usize) -> &'a [f64],
) {
    let whole = count - count % AT_ONCE;
    for first in (0..whole).step_by(AT_ONCE) {
        let indices = [first, first + 1, first + 2, first + 3];
        add_scaled_at_once(y, each(indices, &factor), each(indices, &row));
    }
    for index in whole..count {
        add_scaled(y, factor(index), row(index));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::vectorized;

    #[test]
    fn a_scalar_product_has_the_same_bits_with_and_without_wide_registers() {
        let a: Vec<f64> = (0..103).map(|i| f64::from(i).sin()).collect();
        let b: Vec<f64> = (0..103).map(|i| f64::from(i).cos()).collect();
        let plain = dot(&a, &b);
        let wide = vectorized(
            #[inline(always)]
            || dot(&a, &b),
        );
        assert_eq!(plain.to_bits(), wide.to_bits());
        let expected: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        assert!((plain - expected).abs() < 1e-12);
    }
}
