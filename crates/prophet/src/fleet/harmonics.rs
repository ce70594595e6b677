//! The annual season's sines and cosines around the middle of a window.

use std::f64::consts::TAU;

use fleetcast_numerics::padded;

/// The days of a year, as Prophet counts them.
const DAYS_A_YEAR: f64 = 365.25;

/// cos and sin of 2πk·x/365.25 for k = 1, 2, …, at distances x from the middle of a window.
///
/// Around its middle a window's cosines are even and its sines odd, so that half of it says
/// everything; and they depend on the window's length only through whether the middle is a day
/// (x = 0, 1, 2, …) or lies between two (x = ½, 1½, …). Two tables serve all windows.
#[derive(Debug, Clone)]
pub(crate) struct Harmonics {
    whole: HalfWindow,
    half: HalfWindow,
}

/// One of the two tables: a column a function, a row a distance.
#[derive(Debug, Clone)]
pub(crate) struct HalfWindow {
    len: usize,
    cosines: Vec<f64>,
    sines: Vec<f64>,
}

impl Harmonics {
    /// Harmonics up to `order`, for distances up to `reach` days.
    pub(crate) fn new(order: usize, reach: usize) -> Self {
        Self {
            whole: HalfWindow::new(order, reach, 0.0),
            half: HalfWindow::new(order, reach, 0.5),
        }
    }

    /// The table for windows of `days` days.
    #[inline(always)]
    pub(crate) fn around_the_middle_of(&self, days: usize) -> &HalfWindow {
        if days.is_multiple_of(2) {
            &self.half
        } else {
            &self.whole
        }
    }
}

impl HalfWindow {
    fn new(order: usize, reach: usize, first: f64) -> Self {
        let len = padded(reach + 1);
        let mut table = Self {
            len,
            cosines: vec![0.0; order * len],
            sines: vec![0.0; order * len],
        };
        for row in 0..len {
            let angle = TAU * (row as f64 + first) / DAYS_A_YEAR;
            for harmonic in 1..=order {
                let angle = angle * harmonic as f64;
                table.cosines[(harmonic - 1) * len + row] = libm::cos(angle);
                table.sines[(harmonic - 1) * len + row] = libm::sin(angle);
            }
        }
        table
    }

    /// The cosines of a harmonic, counted from 0.
    #[inline(always)]
    pub(crate) fn cosine(&self, harmonic: usize) -> &[f64] {
        &self.cosines[harmonic * self.len..(harmonic + 1) * self.len]
    }

    /// The sines of a harmonic, counted from 0.
    #[inline(always)]
    pub(crate) fn sine(&self, harmonic: usize) -> &[f64] {
        &self.sines[harmonic * self.len..(harmonic + 1) * self.len]
    }
}

/// The angle of harmonic `order` (from 1 on) at `days` after 1970-01-01, as Prophet takes it.
pub(crate) fn annual_angle(order: usize, days: f64) -> f64 {
    TAU * order as f64 * days / DAYS_A_YEAR
}
