//! The settings in the running, each fitted on one window.

use std::sync::Arc;

use fleetcast_core::{Failure, SeriesView};

use crate::exact::CHANGEPOINT_PRIOR_SCALE;
use crate::fleet::{
    Ahead, Design, Fitter, Model, ScaledSeries, SharedDesigns, Span, Window, WindowDesign,
    YEARLY_FROM_DAYS,
};

/// Scales of the prior on slope changes, ascending: the modes for all of them lie on one path.
const CHANGEPOINT_PRIOR_SCALES: [f64; 5] = [0.003, 0.01, 0.03, 0.1, 0.3];

/// Annual harmonics, ascending: a smooth year, and Prophet's default.
const YEARLY_ORDERS: [usize; 2] = [3, 10];

/// No annual season.
const NO_YEAR: [usize; 1] = [0];

/// Residuals are clipped at this many times their median absolute value: 1.35 standard deviations
/// where they are normal, Huber's choice (1964, *Robust estimation of a location parameter*, Annals
/// of Mathematical Statistics 35, 73-101).
const CLIP: f64 = 2.0;

/// Below this median absolute residual, in scaled units, there is nothing to clip against.
const LEAST_CLIP: f64 = 1e-9;

/// Memory that one thread uses for fit after fit.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    scaled: ScaledSeries,
    clipped: Vec<f64>,
    /// Bits of absolute residuals, which are in the order of the residuals.
    absolute: Vec<u64>,
    fitter: Fitter,
}

/// What one setting forecasts from one window, in the series' own unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    /// The forecast with a trend that stops where the history ends.
    pub(crate) stopped: Vec<f64>,
    /// The trend's last slope, a day.
    pub(crate) slope: f64,
}

/// The numbers of annual harmonics a series of this span is fitted with.
pub(crate) fn yearly_orders(days: usize) -> &'static [usize] {
    if days > YEARLY_FROM_DAYS {
        &YEARLY_ORDERS
    } else {
        &NO_YEAR
    }
}

/// The window of `span` with this many annual harmonics, whatever its own length: it is the whole
/// series that has to be long enough for them.
pub(crate) fn window_of(series: SeriesView<'_>, span: Span, yearly_order: usize) -> Window {
    Window {
        yearly_order,
        ..span.window(series, yearly_order)
    }
}

/// A window's design for one series.
struct SeriesDesign {
    window: Window,
    design: SharedOrPrivate,
}

enum SharedOrPrivate {
    Shared(Arc<WindowDesign>),
    /// The design of a series whose days are missing in part.
    Private(Design),
}

impl SeriesDesign {
    #[inline(always)]
    fn new(designs: &SharedDesigns, window: Window, missing: &[usize]) -> Self {
        let shared = designs.of(window);
        let design = if missing.is_empty() {
            SharedOrPrivate::Shared(shared)
        } else {
            let WindowDesign { sums, .. } = &*shared;
            let design = sums.design(&designs.harmonics, missing, &designs.settings);
            SharedOrPrivate::Private(design)
        };
        Self { window, design }
    }

    /// Returns the design with fewer annual harmonics.
    #[inline(always)]
    fn with_fewer_harmonics(&self, designs: &SharedDesigns, yearly_order: usize) -> Self {
        let window = Window {
            yearly_order,
            ..self.window
        };
        let design = match &self.design {
            SharedOrPrivate::Shared(_) => SharedOrPrivate::Shared(designs.of(window)),
            SharedOrPrivate::Private(design) => {
                SharedOrPrivate::Private(design.with_fewer_harmonics(&self.window, yearly_order))
            }
        };
        Self { window, design }
    }

    #[inline(always)]
    fn model<'a>(&'a self, designs: &'a SharedDesigns) -> Model<'a> {
        Model {
            window: &self.window,
            harmonics: &designs.harmonics,
            design: match &self.design {
                SharedOrPrivate::Shared(shared) => &shared.complete,
                SharedOrPrivate::Private(design) => design,
            },
        }
    }
}

impl Workspace {
    /// Fits every setting on `span` of `series` and forecasts the days `ahead` of it: for each of
    /// `yearly_orders` in turn, every scale of the prior on slope changes.
    ///
    /// Outliers are clipped once for all settings: a fit with Prophet's default scale says where
    /// each value should be, and none may be farther from it than [`CLIP`] times the median
    /// absolute residual.
    #[inline(always)]
    pub(crate) fn members(
        &mut self,
        designs: &SharedDesigns,
        series: SeriesView<'_>,
        span: Span,
        yearly_orders: &[usize],
        ahead: Ahead,
    ) -> Result<Vec<Member>, Failure> {
        let values = span.values(series.values);
        self.scaled.take(values);
        let Some((most, fewer)) = yearly_orders.split_last() else {
            return Ok(Vec::new());
        };
        let window = window_of(series, span, *most);
        let richest = SeriesDesign::new(designs, window, &self.scaled.missing);
        self.clip(richest.model(designs), values)?;
        let mut series_designs = Vec::with_capacity(yearly_orders.len());
        for order in fewer {
            series_designs.push(richest.with_fewer_harmonics(designs, *order));
        }
        series_designs.push(richest);
        let mut members = Vec::with_capacity(series_designs.len() * CHANGEPOINT_PRIOR_SCALES.len());
        for design in &series_designs {
            let model = design.model(designs);
            self.fitter.begin(model, &self.scaled);
            for tau in CHANGEPOINT_PRIOR_SCALES {
                // A search that stopped short is judged by its errors, as the others are.
                self.fitter.mode(model, &self.scaled, tau);
                members.push(self.member(model, ahead));
            }
        }
        Ok(members)
    }

    /// Replaces the series' outliers by the nearest value that is none.
    #[inline(always)]
    fn clip(&mut self, model: Model<'_>, values: &[f64]) -> Result<(), Failure> {
        self.fitter.begin(model, &self.scaled);
        self.fitter
            .mode(model, &self.scaled, CHANGEPOINT_PRIOR_SCALE);
        let fitted = self.fitter.fitted(model);
        if !fleetcast_numerics::sum(fitted).is_finite() {
            return Err(Failure::numerical("a fit left the range of numbers"));
        }
        let scaled = &self.scaled;
        self.absolute.resize(values.len(), 0);
        for ((absolute, fitted), y) in self.absolute.iter_mut().zip(&*fitted).zip(&scaled.values) {
            *absolute = (y - fitted).abs().to_bits();
        }
        if !scaled.missing.is_empty() {
            let mut observed = 0;
            for (day, value) in values.iter().enumerate() {
                self.absolute[observed] = self.absolute[day];
                observed += usize::from(!value.is_nan());
            }
            self.absolute.truncate(observed);
        }
        let middle = self.absolute.len() / 2;
        let (_, median, _) = self.absolute.select_nth_unstable(middle);
        let bound = CLIP * f64::from_bits(*median);
        if bound < LEAST_CLIP {
            return Ok(());
        }
        self.clipped.resize(values.len(), 0.0);
        let days = fitted.iter().zip(&scaled.values).zip(values);
        for (clipped, ((fitted, y), value)) in self.clipped.iter_mut().zip(days) {
            let (least, most) = (fitted - bound, fitted + bound);
            let y = if *y < least { least } else { *y };
            let y = if y > most { most } else { y };
            *clipped = if value.is_nan() {
                *value
            } else {
                scaled.unscaled(y)
            };
        }
        self.scaled.take(&self.clipped);
        Ok(())
    }

    #[inline(always)]
    fn member(&mut self, model: Model<'_>, ahead: Ahead) -> Member {
        let mut stopped = Vec::with_capacity(ahead.horizon);
        self.fitter.forecast(model, ahead, &mut stopped);
        for value in &mut stopped {
            *value = self.scaled.unscaled(*value);
        }
        Member {
            stopped,
            slope: self.fitter.last_slope(model) * self.scaled.y_scale,
        }
    }
}
