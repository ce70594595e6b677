//! One series on a window: fit, certificate, forecast.

use crate::fleet::design::Design;
use crate::fleet::harmonics::{Harmonics, annual_angle};
use crate::fleet::window::{Ahead, FoldBuffers, WEEKLY_FEATURES, Window};
use crate::solver::{Certainty, ModeSearch, Moments, Parameters, Residuals};
use fleetcast_numerics::{LANES, padded};

/// A series' values on a window, as Prophet scales them, less their mean.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScaledSeries {
    /// A value a day; 0 on missing days.
    pub(crate) values: Vec<f64>,
    /// Missing days of the window, ascending.
    pub(crate) missing: Vec<usize>,
    /// The largest absolute value: what was divided by.
    pub(crate) y_scale: f64,
    /// The mean of the values divided: what was subtracted.
    pub(crate) mean: f64,
    sum_of_squares: f64,
}

impl ScaledSeries {
    /// Takes a series whose first and last value is observed (not NaN).
    #[inline(always)]
    pub(crate) fn take(&mut self, values: &[f64]) {
        self.missing.clear();
        self.values.resize(values.len(), 0.0);
        let largest = largest_absolute(values);
        if fleetcast_numerics::sum(values).is_nan() {
            for (day, value) in values.iter().enumerate() {
                if value.is_nan() {
                    self.missing.push(day);
                }
            }
        }
        self.y_scale = if largest == 0.0 { 1.0 } else { largest };
        let observed = (values.len() - self.missing.len()) as f64;
        let inverse = 1.0 / self.y_scale;
        // Tiny scales have no finite inverse; division is as exact as Prophet's own.
        if inverse.is_finite() {
            for (scaled, value) in self.values.iter_mut().zip(values) {
                *scaled = value * inverse;
            }
        } else {
            for (scaled, value) in self.values.iter_mut().zip(values) {
                *scaled = value / self.y_scale;
            }
        }
        for day in &self.missing {
            self.values[*day] = 0.0;
        }
        self.mean = fleetcast_numerics::sum(&self.values) / observed;
        for value in &mut self.values {
            *value -= self.mean;
        }
        for day in &self.missing {
            self.values[*day] = 0.0;
        }
        self.sum_of_squares = fleetcast_numerics::dot(&self.values, &self.values);
    }

    /// What the series brings to the posterior, its correlations with the design given.
    #[inline(always)]
    fn moments<'a>(&self, correlations: &'a [f64], shift: &'a [f64]) -> Moments<'a> {
        Moments {
            correlations,
            sum_of_squares: self.sum_of_squares,
            shift,
        }
    }

    /// A value in the series' own unit.
    #[inline(always)]
    pub(crate) fn unscaled(&self, value: f64) -> f64 {
        (value + self.mean) * self.y_scale
    }
}

/// The largest absolute value; NaN is ignored.
#[inline(always)]
fn largest_absolute(values: &[f64]) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [0.0_f64; LANES];
    for chunk in chunks {
        for lane in 0..LANES {
            let size = chunk[lane].abs();
            lanes[lane] = if size > lanes[lane] {
                size
            } else {
                lanes[lane]
            };
        }
    }
    lanes
        .iter()
        .chain(rest)
        .fold(0.0, |largest, value| largest.max(value.abs()))
}

/// Fits series, one after the other, without new memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fitter {
    search: ModeSearch,
    correlations: Vec<f64>,
    shift: Vec<f64>,
    buffers: FoldBuffers,
    fitted: Vec<f64>,
}

/// What a series is fitted with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Model<'a> {
    pub(crate) window: &'a Window,
    pub(crate) harmonics: &'a Harmonics,
    pub(crate) design: &'a Design,
}

struct WindowResiduals<'a> {
    model: Model<'a>,
    series: &'a ScaledSeries,
    buffers: &'a mut FoldBuffers,
    fitted: &'a mut Vec<f64>,
}

impl Residuals for WindowResiduals<'_> {
    #[inline(always)]
    fn moments(&mut self, x: &[f64], moments: &mut [f64]) -> f64 {
        let Model {
            window,
            harmonics,
            design,
        } = self.model;
        window.fitted(harmonics, &design.hinges, x, self.buffers, self.fitted);
        for (fitted, y) in self.fitted.iter_mut().zip(&self.series.values) {
            *fitted = y - *fitted;
        }
        for day in &self.series.missing {
            self.fitted[*day] = 0.0;
        }
        window.moments(
            harmonics,
            &design.hinges,
            self.fitted,
            self.buffers,
            moments,
        );
        fleetcast_numerics::dot(self.fitted, self.fitted)
    }
}

impl Fitter {
    /// Begins with a series; [`Fitter::mode`] follows.
    #[inline(always)]
    pub(crate) fn begin(&mut self, model: Model<'_>, series: &ScaledSeries) {
        let gram = &model.design.gram;
        self.correlations.clear();
        self.correlations.resize(padded(gram.columns()), 0.0);
        self.shift.clear();
        self.shift.resize(gram.ridge(), 0.0);
        self.shift[0] = series.mean;
        model.window.moments(
            model.harmonics,
            &model.design.hinges,
            &series.values,
            &mut self.buffers,
            &mut self.correlations,
        );
        let moments = series.moments(&self.correlations[..gram.columns()], &self.shift);
        self.search.begin(gram, &model.design.factor, &moments);
    }

    /// Finds the mode for a Laplace scale of `tau`, not below that of the mode found before.
    /// Returns whether the search ended as it should.
    #[inline(always)]
    pub(crate) fn mode(&mut self, model: Model<'_>, series: &ScaledSeries, tau: f64) -> bool {
        let gram = &model.design.gram;
        let moments = series.moments(&self.correlations[..gram.columns()], &self.shift);
        let mut residuals = WindowResiduals {
            model,
            series,
            buffers: &mut self.buffers,
            fitted: &mut self.fitted,
        };
        let factor = &model.design.factor;
        self.search
            .go_on(gram, factor, &moments, tau, &mut residuals)
    }

    /// Checks the mode found for `tau`.
    #[inline(always)]
    pub(crate) fn certify(
        &mut self,
        model: Model<'_>,
        series: &ScaledSeries,
        tau: f64,
    ) -> Certainty {
        let gram = &model.design.gram;
        let moments = series.moments(&self.correlations[..gram.columns()], &self.shift);
        let mut residuals = WindowResiduals {
            model,
            series,
            buffers: &mut self.buffers,
            fitted: &mut self.fitted,
        };
        self.search.certify(gram, &moments, tau, &mut residuals)
    }

    /// The mode's forecast in scaled units, less the series' mean.
    #[inline(always)]
    pub(crate) fn forecast(&mut self, model: Model<'_>, ahead: Ahead, forecast: &mut Vec<f64>) {
        model.window.forecast(
            model.harmonics,
            &model.design.hinges,
            self.search.coefficients(),
            ahead,
            &mut self.buffers,
            forecast,
        );
    }

    /// The mode's values on the window in scaled units, less the series' mean.
    #[inline(always)]
    pub(crate) fn fitted(&mut self, model: Model<'_>) -> &mut [f64] {
        model.window.fitted(
            model.harmonics,
            &model.design.hinges,
            self.search.coefficients(),
            &mut self.buffers,
            &mut self.fitted,
        );
        &mut self.fitted
    }

    /// The mode's coefficients, one a column of the window, then one a changepoint.
    pub(crate) fn coefficients(&self) -> &[f64] {
        self.search.coefficients()
    }

    /// Whether the mode is in the range of numbers. No column exceeds 1, so its values on any day of
    /// the window are, where the coefficients' absolute values add up to a number.
    #[inline(always)]
    pub(crate) fn is_finite(&self) -> bool {
        let mut sum = 0.0;
        for coefficient in self.search.coefficients() {
            sum += coefficient.abs();
        }
        sum.is_finite()
    }

    /// The noise's standard deviation in scaled units.
    #[inline(always)]
    pub(crate) fn sigma(&self) -> f64 {
        self.search.variance().sqrt()
    }

    /// The trend's slope after the last changepoint, in scaled units a day.
    #[inline(always)]
    pub(crate) fn last_slope(&self, model: Model<'_>) -> f64 {
        let first = self.search.coefficients()[model.window.time_column()];
        let changes: f64 = self.slope_changes(model).iter().sum();
        (first + changes) / model.window.span()
    }

    /// The slope changes, a value a changepoint.
    #[inline(always)]
    pub(crate) fn slope_changes(&self, model: Model<'_>) -> &[f64] {
        let ridge = model.window.ridge();
        &self.search.coefficients()[ridge..ridge + model.design.hinges.len()]
    }

    /// The mode in Prophet's own parameters: seasons as sines and cosines of the days since
    /// 1970-01-01, the annual one first. `first_day` is the window's first day in those.
    pub(crate) fn parameters(
        &self,
        model: Model<'_>,
        series: &ScaledSeries,
        first_day: f64,
    ) -> Parameters {
        let window = model.window;
        let x = self.search.coefficients();
        let middle = first_day + window.span() / 2.0;
        let mut beta = Vec::with_capacity(2 * window.yearly_order + WEEKLY_FEATURES);
        for harmonic in 0..window.yearly_order {
            let (even, odd) = (x[1 + harmonic], x[1 + window.yearly_order + harmonic]);
            let angle = annual_angle(harmonic + 1, middle);
            let (sin, cos) = (libm::sin(angle), libm::cos(angle));
            beta.push(even * sin + odd * cos);
            beta.push(even * cos - odd * sin);
        }
        beta.extend_from_slice(&x[window.weekly_column()..window.time_column()]);
        Parameters {
            k: x[window.time_column()],
            m: x[0] + series.mean,
            delta: self.slope_changes(model).to_vec(),
            beta,
            sigma: self.sigma(),
        }
    }
}
