//! Prophet's own model and settings, solved exactly.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use fleetcast_core::{
    Failure, Forecast, Horizon, IntervalLevel, IssueCode, Notice, Outcome, PanelView, SeriesView,
    Severity, Usable, in_parallel,
};

use crate::fleet::{
    Ahead, DesignSettings, Fitter, Model, ScaledSeries, SharedDesigns, Span, Window,
    changepoint_rows,
};
use crate::interval::{
    IntervalTable, IntervalTables, TableKey, TrendUncertainty, half_widths_by_law, mean_absolute,
};
use crate::solver::{Certainty, Parameters};
use fleetcast_numerics::vectorized;

/// Prophet's default scale of the prior on slope changes.
pub(crate) const CHANGEPOINT_PRIOR_SCALE: f64 = 0.05;

/// Prophet's default number of annual harmonics.
pub(crate) const YEARLY_ORDER: usize = 10;

/// The noise of a constant series, in scaled units, as Python's Prophet sets it.
pub(crate) const CONSTANT_SIGMA: f64 = 1e-9;

/// A series fitted with Prophet's default settings.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedSeries {
    /// Slope at the beginning, in scaled units: a multiple of `y_scale` per span of the
    /// observations.
    pub k: f64,
    /// Offset, in scaled units.
    pub m: f64,
    /// Slope changes, one a changepoint, in scaled units.
    pub delta: Vec<f64>,
    /// Coefficients of the annual season's sines and cosines (where the series spans two years),
    /// then of the weekly one's, in scaled units.
    pub beta: Vec<f64>,
    /// The noise's standard deviation, in scaled units.
    pub sigma_obs: f64,
    /// The largest absolute value: the scaled unit.
    pub y_scale: f64,
    /// Whether the parameters are the posterior's mode, where that was asked for; a constant
    /// series always says that it is represented exactly.
    pub certainty: Option<Certainty>,
}

/// Whether fits are checked against the conditions of the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certify {
    /// Compute residuals and check each fit: costs about half a fit.
    Yes,
    /// Trust the solver.
    No,
}

/// Fits every series of a panel with Prophet's default settings, exactly.
///
/// Returns one result a series, in the panel's order.
///
/// # Errors
///
/// A series with fewer than [`fleetcast_core::MIN_OBSERVATIONS`] observed days, or with values too far apart for
/// double precision, is a [`Failure`] of its own.
#[must_use]
pub fn fit_panel(panel: PanelView<'_>, certify: Certify) -> Vec<Result<FittedSeries, Failure>> {
    let designs = designs_for(panel, 0);
    let fit = |series: SeriesView<'_>| match series.usable()? {
        Usable::Constant => Ok(constant_fit(series)),
        Usable::Varying(days) => {
            let span = Span::from(days);
            fitted(series, span, &designs, |mut fit| fit.parameters(certify))
        }
    };
    in_parallel(panel, fit, Err)
}

/// What Prophet makes of a constant series: its initial parameters, with a noise of 1e-9.
fn constant_fit(series: SeriesView<'_>) -> FittedSeries {
    let value = series.constant_value().unwrap_or(f64::NAN);
    let window = Span::of(series.values).map(|span| span.window(series, YEARLY_ORDER));
    let y_scale = if value == 0.0 { 1.0 } else { value.abs() };
    FittedSeries {
        k: 0.0,
        m: value / y_scale,
        delta: vec![0.0; prophets_changepoints(series.observed())],
        beta: vec![0.0; window.map_or(0, |window| window.seasonal_features())],
        sigma_obs: CONSTANT_SIGMA,
        y_scale,
        certainty: Some(Certainty::Floored),
    }
}

/// Point forecasts of every series of a panel for the days after it, by Prophet's model with default
/// settings, in the series' own unit.
///
/// Returns one result a series, in the panel's order.
///
/// # Errors
///
/// As [`fit_panel`], a series each.
#[must_use]
pub fn point_forecasts(panel: PanelView<'_>, horizon: Horizon) -> Vec<Result<Vec<f64>, Failure>> {
    let designs = designs_for(panel, horizon.days());
    let forecast = |series: SeriesView<'_>| match series.usable()? {
        Usable::Constant => {
            let value = series.constant_value().unwrap_or(f64::NAN);
            Ok(vec![value; horizon.days()])
        }
        Usable::Varying(days) => {
            let span = Span::from(days);
            fitted(series, span, &designs, |mut fit| fit.points(horizon))
        }
    };
    in_parallel(panel, forecast, Err)
}

/// Forecasts every series of a panel by Prophet's model with default settings.
///
/// Series observed on the panel's first and last day take their intervals from `tables`, the
/// others each from the law itself: no interval depends on which other series there are.
pub(crate) fn forecast_panel(
    panel: PanelView<'_>,
    tables: &IntervalTables,
    horizon: Horizon,
    level: IntervalLevel,
) -> Vec<Outcome> {
    let designs = designs_for(panel, horizon.days());
    // Made before the series are shared among threads, since threads share the making, too.
    let mut shared_tables: HashMap<TableKey, Arc<IntervalTable>> = HashMap::new();
    for key in panel
        .iter()
        .filter_map(|series| table_key(series, horizon, level))
    {
        shared_tables.entry(key).or_insert_with(|| tables.of(key));
    }
    let forecast = |series: SeriesView<'_>| {
        let table = table_key(series, horizon, level).and_then(|key| shared_tables.get(&key));
        series.forecast_or(horizon, |days| {
            let table = table.map(Arc::as_ref);
            forecast_span(series, days.into(), &designs, table, horizon, level)
                .unwrap_or_else(Outcome::from)
        })
    };
    in_parallel(panel, forecast, Outcome::from)
}

/// Forecasts one series by Prophet's model with default settings, fitted on `span`.
pub(crate) fn forecast_span(
    series: SeriesView<'_>,
    span: Span,
    designs: &SharedDesigns,
    table: Option<&IntervalTable>,
    horizon: Horizon,
    level: IntervalLevel,
) -> Result<Outcome, Failure> {
    let first = series.grid.last().plus_days(1);
    fitted(series, span, designs, |mut fit| {
        let [yhat, lower, upper] = fit.forecast(horizon, level, table);
        let mut outcome = Outcome::of(Forecast::new(first, yhat, lower, upper)?);
        if !fit.is_mode {
            outcome.notices.push(Notice {
                severity: Severity::Warning,
                code: IssueCode::NumericalFailure,
                message: "the search stopped short of the posterior's mode; the forecast is from \
                          where it stopped"
                    .to_owned(),
            });
        }
        Ok(outcome)
    })?
}

/// The interval table of a series that is observed on the first and last day of its panel.
fn table_key(series: SeriesView<'_>, horizon: Horizon, level: IntervalLevel) -> Option<TableKey> {
    let span = Span::of(series.values)?;
    let changepoints = prophets_changepoints(series.observed());
    (span.days == series.values.len())
        .then(|| TableKey::new(span.days - 1, changepoints, horizon, level))
}

/// How many potential changepoints Prophet gives so many observations.
fn prophets_changepoints(observations: usize) -> usize {
    let DesignSettings {
        changepoints,
        changepoint_range,
        ..
    } = DesignSettings::PROPHET;
    changepoint_rows(observations, changepoints, changepoint_range).count()
}

/// The designs that series of a panel share, for fits on their whole spans and forecasts
/// `horizon` days ahead.
pub(crate) fn designs_for(panel: PanelView<'_>, horizon: usize) -> SharedDesigns {
    let windows = panel
        .iter()
        .filter_map(|series| Some(Span::of(series.values)?.window(series, YEARLY_ORDER)));
    let reach = panel.grid().len() + horizon;
    SharedDesigns::new(windows, YEARLY_ORDER, reach, DesignSettings::PROPHET)
}

/// Memory that one thread uses for fit after fit.
#[derive(Debug, Default)]
struct Workspace {
    scaled: ScaledSeries,
    fitter: Fitter,
    half_widths: Vec<f64>,
}

thread_local! {
    static WORKSPACE: RefCell<Workspace> = RefCell::default();
}

/// A fit that has just been made.
struct Fit<'a> {
    series: SeriesView<'a>,
    span: Span,
    window: Window,
    model: Model<'a>,
    /// Whether the search came to its end.
    is_mode: bool,
    workspace: &'a mut Workspace,
}

/// Fits `series` on `span` and hands the fit to `then`.
fn fitted<R>(
    series: SeriesView<'_>,
    span: Span,
    designs: &SharedDesigns,
    then: impl FnOnce(Fit<'_>) -> R,
) -> Result<R, Failure> {
    let window = span.window(series, YEARLY_ORDER);
    let shared = designs.of(window);
    WORKSPACE.with_borrow_mut(|workspace| {
        vectorized(
            #[inline(always)]
            || {
                workspace.scaled.take(span.values(series.values));
                let private;
                let design = if workspace.scaled.missing.is_empty() {
                    &shared.complete
                } else {
                    let missing = &workspace.scaled.missing;
                    private = shared
                        .sums
                        .design(&designs.harmonics, missing, &designs.settings);
                    &private
                };
                let model = Model {
                    window: &window,
                    harmonics: &designs.harmonics,
                    design,
                };
                let Workspace { scaled, fitter, .. } = workspace;
                fitter.begin(model, scaled);
                let is_mode = fitter.mode(model, scaled, CHANGEPOINT_PRIOR_SCALE);
                if !fitter.is_finite() {
                    return Err(Failure::numerical("the fit left the range of numbers"));
                }
                Ok(then(Fit {
                    series,
                    span,
                    window,
                    model,
                    is_mode,
                    workspace,
                }))
            },
        )
    })
}

impl Fit<'_> {
    #[inline(always)]
    fn parameters(&mut self, certify: Certify) -> FittedSeries {
        let Workspace { scaled, fitter, .. } = &mut *self.workspace;
        let certainty = match certify {
            Certify::Yes => Some(fitter.certify(self.model, scaled, CHANGEPOINT_PRIOR_SCALE)),
            Certify::No => None,
        };
        let first_day = self.span.first_day(self.series) as f64;
        let Parameters {
            k,
            m,
            delta,
            beta,
            sigma,
        } = fitter.parameters(self.model, scaled, first_day);
        FittedSeries {
            k,
            m,
            delta,
            beta,
            sigma_obs: sigma,
            y_scale: scaled.y_scale,
            certainty,
        }
    }

    /// Point forecasts for the days after the panel.
    #[inline(always)]
    fn points(&mut self, horizon: Horizon) -> Vec<f64> {
        let Workspace { scaled, fitter, .. } = &mut *self.workspace;
        let ahead = Ahead {
            skipped: self.span.days_after(self.series),
            horizon: horizon.days(),
            slope_share: 1.0,
        };
        let mut yhat = Vec::with_capacity(horizon.days());
        fitter.forecast(self.model, ahead, &mut yhat);
        for value in &mut yhat {
            *value = scaled.unscaled(*value);
        }
        yhat
    }

    /// Point forecast and bounds for the days after the panel: the bounds from `table` where there
    /// is one that reaches.
    #[inline(always)]
    fn forecast(
        &mut self,
        horizon: Horizon,
        level: IntervalLevel,
        table: Option<&IntervalTable>,
    ) -> [Vec<f64>; 3] {
        let yhat = self.points(horizon);
        let Workspace {
            scaled,
            fitter,
            half_widths,
        } = &mut *self.workspace;
        let skipped = self.span.days_after(self.series);
        let changes = fitter.slope_changes(self.model);
        let uncertainty = TrendUncertainty {
            changepoints: changes.len() as f64,
            mean_absolute_delta: mean_absolute(changes),
            sigma: fitter.sigma(),
        };
        if !table.is_some_and(|table| table.half_widths(&uncertainty, half_widths)) {
            let span = self.window.span();
            *half_widths = half_widths_by_law(&uncertainty, span, skipped, horizon, level);
        }
        let y_scale = scaled.y_scale;
        let bound = |sign: f64| {
            let days = yhat.iter().zip(half_widths.iter());
            days.map(|(yhat, half_width)| yhat + sign * y_scale * half_width)
                .collect()
        };
        let (lower, upper) = (bound(-1.0), bound(1.0));
        [yhat, lower, upper]
    }
}
