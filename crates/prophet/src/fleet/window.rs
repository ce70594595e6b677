//! A window of consecutive days as a design: which columns it has, and sums over them.
//!
//! The design is never written out. Its columns have structure, and so have their products with a
//! series: slope changes are sums of sums over segments, weekly features know only the weekday,
//! and annual ones are even or odd around the window's middle.

use std::f64::consts::TAU;

use fleetcast_core::SEASON_WEEK;

use crate::fleet::harmonics::{HalfWindow, Harmonics};
use fleetcast_numerics::{
    AT_ONCE, LANES, STEPS, add_all_scaled, add_scaled, each, padded, sum_and_ramp, sum_lanes,
    sums_of_weekdays,
};

/// Harmonics of the weekly season, as Prophet has them.
const WEEKLY_ORDER: usize = 3;

/// Weekly features: a sine and a cosine a harmonic.
pub(crate) const WEEKLY_FEATURES: usize = 2 * WEEKLY_ORDER;

/// Days that a week's effects are added to at a time: whole weeks and whole registers.
const WEEKS: usize = SEASON_WEEK * LANES;

/// Consecutive days and the features a model has on them.
///
/// Columns, in this order: the constant; the annual cosines and sines around the window's middle;
/// the weekly features; time, from 0 on the first day to 1 on the last; and a hinge (t − s)₊ for
/// each changepoint s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Window {
    /// How many days; at least 2.
    pub(crate) days: usize,
    /// The first day's days since 1970-01-01, modulo 7.
    pub(crate) first_weekday: usize,
    /// Harmonics of the annual season; 0 where there is none.
    pub(crate) yearly_order: usize,
    /// Whether there is a weekly season.
    pub(crate) weekly: bool,
}

/// Memory for [`Window::moments`] and [`Window::fitted`].
#[derive(Debug, Clone, Default)]
pub(crate) struct FoldBuffers {
    even: Vec<f64>,
    odd: Vec<f64>,
}

impl Window {
    /// Columns with a normal prior: all but the hinges.
    #[inline(always)]
    pub(crate) fn ridge(&self) -> usize {
        self.time_column() + 1
    }

    #[inline(always)]
    pub(crate) fn weekly_column(&self) -> usize {
        1 + 2 * self.yearly_order
    }

    #[inline(always)]
    pub(crate) fn time_column(&self) -> usize {
        self.weekly_column() + if self.weekly { WEEKLY_FEATURES } else { 0 }
    }

    /// Features of the annual and the weekly season.
    pub(crate) fn seasonal_features(&self) -> usize {
        self.time_column() - 1
    }

    /// The days between the first and the last: what a unit of scaled time is.
    #[inline(always)]
    pub(crate) fn span(&self) -> f64 {
        (self.days - 1) as f64
    }

    /// The ridge columns' values on one day of the window, counted from 0.
    #[inline(always)]
    pub(crate) fn feature_row(&self, harmonics: &Harmonics, day: usize, row: &mut [f64]) {
        row.fill(0.0);
        row[0] = 1.0;
        if self.yearly_order > 0 {
            let table = harmonics.around_the_middle_of(self.days);
            let half = self.days / 2;
            let on_middle = self.days - 2 * half;
            let (distance, side) = if day < half {
                (half - 1 - day + on_middle, -1.0)
            } else {
                (day - half, 1.0)
            };
            for harmonic in 0..self.yearly_order {
                row[1 + harmonic] = table.cosine(harmonic)[distance];
                row[1 + self.yearly_order + harmonic] = side * table.sine(harmonic)[distance];
            }
        }
        if self.weekly {
            let features = weekly_features(self.first_weekday + day);
            row[self.weekly_column()..self.time_column()].copy_from_slice(&features);
        }
        row[self.time_column()] = day as f64 / self.span();
    }

    /// Aᵀy for values of y on all days (0 on missing ones) and changepoints on the days `hinges`,
    /// in ascending order.
    #[inline(always)]
    pub(crate) fn moments(
        &self,
        harmonics: &Harmonics,
        hinges: &[usize],
        y: &[f64],
        buffers: &mut FoldBuffers,
        moments: &mut [f64],
    ) {
        self.trend_moments(hinges, y, moments);
        if self.weekly {
            let features = &mut moments[self.weekly_column()..self.time_column()];
            features.fill(0.0);
            for (residue, sum) in sums_of_weekdays(y).iter().enumerate() {
                let row = weekly_features(self.first_weekday + residue);
                for (feature, value) in features.iter_mut().zip(row) {
                    *feature += sum * value;
                }
            }
        }
        if self.yearly_order > 0 {
            buffers.fold(y);
            let table = harmonics.around_the_middle_of(self.days);
            let (cosines, sines) = moments[1..].split_at_mut(self.yearly_order);
            products(&buffers.even, |harmonic| table.cosine(harmonic), cosines);
            let sines = &mut sines[..self.yearly_order];
            products(&buffers.odd, |harmonic| table.sine(harmonic), sines);
        }
    }

    /// The moments of constant, time and hinges: sums over the segments between changepoints, and
    /// sums of those from the end.
    #[inline(always)]
    fn trend_moments(&self, hinges: &[usize], y: &[f64], moments: &mut [f64]) {
        let per_day = 1.0 / self.span();
        let ridge = self.ridge();
        // Sums over the days from `end` on: of y, and of y times the days since `end`.
        let (mut sum, mut ramp) = (0.0, 0.0);
        let mut end = y.len();
        for (column, start) in hinges.iter().copied().enumerate().rev() {
            let (segment_sum, segment_ramp) = sum_and_ramp(&y[start..end]);
            ramp += segment_ramp + (end - start) as f64 * sum;
            sum += segment_sum;
            moments[ridge + column] = ramp * per_day;
            end = start;
        }
        let (segment_sum, segment_ramp) = sum_and_ramp(&y[..end]);
        ramp += segment_ramp + end as f64 * sum;
        moments[0] = sum + segment_sum;
        moments[self.time_column()] = ramp * per_day;
    }

    /// A·x on every day of the window.
    #[inline(always)]
    pub(crate) fn fitted(
        &self,
        harmonics: &Harmonics,
        hinges: &[usize],
        x: &[f64],
        buffers: &mut FoldBuffers,
        fitted: &mut Vec<f64>,
    ) {
        fitted.clear();
        let half = self.days / 2;
        if self.yearly_order > 0 {
            let table = harmonics.around_the_middle_of(self.days);
            let rows = self.days - half;
            self.annual(table, 0, rows, x, buffers);
            fitted.resize(self.days, 0.0);
            // The window's first half backwards from the middle, the second half forwards.
            let (before, after) = fitted.split_at_mut(half);
            let on_middle = self.days - 2 * half;
            for ((value, even), odd) in before
                .iter_mut()
                .rev()
                .zip(&buffers.even[on_middle..])
                .zip(&buffers.odd[on_middle..])
            {
                *value = even - odd;
            }
            for ((value, even), odd) in after.iter_mut().zip(&buffers.even).zip(&buffers.odd) {
                *value = even + odd;
            }
        } else {
            fitted.resize(self.days, 0.0);
        }
        self.add_week(0, x, fitted);
        let mut start = 0;
        let per_day = 1.0 / self.span();
        let (mut level, mut slope) = (x[0], x[self.time_column()] * per_day);
        let changes = &x[self.ridge()..self.ridge() + hinges.len()];
        for (end, change) in hinges.iter().zip(changes) {
            add_line(&mut fitted[start..*end], level, slope);
            level += (end - start) as f64 * slope;
            slope += change * per_day;
            start = *end;
        }
        add_line(&mut fitted[start..], level, slope);
    }

    /// A·x on the `horizon` days after the window, `skipped` days later; the trend goes on with
    /// `slope_share` of its last slope.
    #[inline(always)]
    pub(crate) fn forecast(
        &self,
        harmonics: &Harmonics,
        hinges: &[usize],
        x: &[f64],
        ahead: Ahead,
        buffers: &mut FoldBuffers,
        forecast: &mut Vec<f64>,
    ) {
        forecast.clear();
        forecast.resize(ahead.horizon, 0.0);
        if self.yearly_order > 0 {
            let table = harmonics.around_the_middle_of(self.days);
            let first = self.days - self.days / 2 + ahead.skipped;
            self.annual(table, first, ahead.horizon, x, buffers);
            let parts = buffers.even.iter().zip(&buffers.odd);
            for (value, (even, odd)) in forecast.iter_mut().zip(parts) {
                *value = even + odd;
            }
        }
        self.add_week(self.days + ahead.skipped, x, forecast);
        let changes = &x[self.ridge()..self.ridge() + hinges.len()];
        let slope = x[self.time_column()] + changes.iter().sum::<f64>();
        let per_day = 1.0 / self.span();
        let mut level = x[0] + x[self.time_column()];
        for (hinge, change) in hinges.iter().zip(changes) {
            level += change * (self.span() - *hinge as f64) * per_day;
        }
        let slope = ahead.slope_share * slope * per_day;
        add_line(forecast, level + slope * (ahead.skipped + 1) as f64, slope);
    }

    /// The annual season's even and odd parts at `rows` distances from the middle, from the
    /// table's row `first` on, into the buffers.
    #[inline(always)]
    fn annual(
        &self,
        table: &HalfWindow,
        first: usize,
        rows: usize,
        x: &[f64],
        buffers: &mut FoldBuffers,
    ) {
        let (cosines, sines) = x[1..].split_at(self.yearly_order);
        for (part, weights, is_even) in [
            (&mut buffers.even, cosines, true),
            (&mut buffers.odd, &sines[..self.yearly_order], false),
        ] {
            part.clear();
            part.resize(rows, 0.0);
            let column = |harmonic: usize| {
                let column = if is_even {
                    table.cosine(harmonic)
                } else {
                    table.sine(harmonic)
                };
                &column[first..first + rows]
            };
            add_all_scaled(part, weights.len(), |harmonic| weights[harmonic], column);
        }
    }

    #[inline(always)]
    fn add_week(&self, first: usize, x: &[f64], values: &mut [f64]) {
        if !self.weekly {
            return;
        }
        let weights = &x[self.weekly_column()..self.time_column()];
        let mut one_week = [0.0; SEASON_WEEK];
        for (residue, value) in one_week.iter_mut().enumerate() {
            let row = weekly_features(self.first_weekday + first + residue);
            for (weight, feature) in weights.iter().zip(row) {
                *value += weight * feature;
            }
        }
        let mut week = [0.0; WEEKS];
        for week in week.as_chunks_mut().0 {
            *week = one_week;
        }
        for days in values.chunks_mut(WEEKS) {
            add_scaled(days, 1.0, &week);
        }
    }
}

/// Which days after a window are forecast, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ahead {
    /// Days between the window and the first day forecast.
    pub(crate) skipped: usize,
    /// Days forecast.
    pub(crate) horizon: usize,
    /// The share of its last slope that the trend goes on with: 1 in Prophet.
    pub(crate) slope_share: f64,
}

impl FoldBuffers {
    /// The even and odd parts of `y` around its middle.
    #[inline(always)]
    fn fold(&mut self, y: &[f64]) {
        let half = y.len() / 2;
        let rows = y.len() - half;
        let on_middle = rows - half;
        for part in [&mut self.even, &mut self.odd] {
            part.resize(padded(rows), 0.0);
            part[rows..].fill(0.0);
        }
        // The middle day is even by itself.
        if on_middle == 1 {
            self.even[0] = y[half];
            self.odd[0] = 0.0;
        }
        let pairs = y[half + on_middle..].iter().zip(y[..half].iter().rev());
        let parts = self.even[on_middle..]
            .iter_mut()
            .zip(&mut self.odd[on_middle..]);
        for ((even, odd), (after, before)) in parts.zip(pairs) {
            *even = after + before;
            *odd = after - before;
        }
    }
}

/// The weekly features of a day, by its days since 1970-01-01.
#[inline(always)]
fn weekly_features(day: usize) -> [f64; WEEKLY_FEATURES] {
    WEEKLY[day % SEASON_WEEK]
}

/// sin and cos of 2πk·d/7 for k = 1, 2, 3, a row a weekday d.
static WEEKLY: std::sync::LazyLock<[[f64; WEEKLY_FEATURES]; SEASON_WEEK]> =
    std::sync::LazyLock::new(|| {
        std::array::from_fn(|day| {
            std::array::from_fn(|feature| {
                let harmonic = (feature / 2 + 1) as f64;
                let angle = TAU * harmonic * day as f64 / SEASON_WEEK as f64;
                if feature.is_multiple_of(2) {
                    libm::sin(angle)
                } else {
                    libm::cos(angle)
                }
            })
        })
    });

/// Adds level, level + slope, level + 2·slope, …
#[inline(always)]
fn add_line(values: &mut [f64], level: f64, slope: f64) {
    let (chunks, rest) = values.as_chunks_mut::<LANES>();
    let mut first = 0.0;
    for chunk in chunks {
        for lane in 0..LANES {
            chunk[lane] += level + (first + STEPS[lane]) * slope;
        }
        first += LANES as f64;
    }
    for (value, step) in rest.iter_mut().zip(STEPS) {
        *value += level + (first + step) * slope;
    }
}

/// The scalar products of `vector` (a multiple of [`LANES`] long) with columns at least as long.
#[inline(always)]
fn products<'a>(vector: &[f64], column: impl Fn(usize) -> &'a [f64], products: &mut [f64]) {
    let (chunks, _) = vector.as_chunks::<LANES>();
    let count = products.len();
    let mut first = 0;
    while first + AT_ONCE <= count {
        let columns = each([first, first + 1, first + 2, first + 3], |index| {
            let (chunks_of_column, _) = column(index).as_chunks::<LANES>();
            &chunks_of_column[..chunks.len()]
        });
        let mut sums = [[0.0; LANES]; AT_ONCE];
        for (block, chunk) in chunks.iter().enumerate() {
            for (sums, column) in sums.iter_mut().zip(&columns) {
                for lane in 0..LANES {
                    sums[lane] += chunk[lane] * column[block][lane];
                }
            }
        }
        for (product, sums) in products[first..].iter_mut().zip(sums) {
            *product = sum_lanes(sums);
        }
        first += AT_ONCE;
    }
    for (index, product) in products.iter_mut().enumerate().skip(first) {
        *product = fleetcast_numerics::dot(vector, &column(index)[..vector.len()]);
    }
}
