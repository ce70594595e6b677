//! The engines' tables, and the golden record.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use fleetcast_core::batches::Columns;
use fleetcast_core::{
    EngineForecasts, Forecast, GoldenForecast, InnerForecast, SeriesKey, TimeGrid,
};

use crate::{GoldenSeries, SeriesResult};

/// Returns the rows of an engine's table of forecasts: one a series, window and day.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn engine_forecasts(
    run: i64,
    forecasts: &[(&SeriesKey, &EngineForecasts)],
) -> Result<RecordBatch, ArrowError> {
    let windows: Vec<(&SeriesKey, &str, &Forecast)> = forecasts
        .iter()
        .flat_map(|(key, forecasts)| {
            let both = [
                ("backtest", &forecasts.backtest),
                ("future", &forecasts.future),
            ];
            both.into_iter()
                .filter_map(|(segment, forecast)| Some((*key, segment, forecast.as_ref()?)))
        })
        .collect();
    let per_day = || {
        windows
            .iter()
            .flat_map(|window| std::iter::repeat_n(*window, window.2.yhat().len()))
    };
    let mut columns = Columns::of_series(run, per_day().map(|(key, _, _)| key));
    let grids = windows.iter().map(|(_, _, forecast)| forecast.grid());
    columns.day("ds", grids.flat_map(|grid: TimeGrid| grid.days().map(Some)));
    columns.text("segment", per_day().map(|(_, segment, _)| Some(segment)));
    for (name, of) in [
        ("yhat", Forecast::yhat as fn(&Forecast) -> &[f64]),
        ("yhat_lower", Forecast::lower),
        ("yhat_upper", Forecast::upper),
    ] {
        let values = windows.iter().flat_map(|(_, _, forecast)| of(forecast));
        columns.exact(name, values.copied());
    }
    columns.finish()
}

/// Returns the rows of an engine's table of forecasts from inner origins: one a series and origin.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn inner_forecasts(
    run: i64,
    forecasts: &[(&SeriesKey, &EngineForecasts)],
) -> Result<RecordBatch, ArrowError> {
    let inner: Vec<(&SeriesKey, &InnerForecast)> = forecasts
        .iter()
        .flat_map(|(key, forecasts)| forecasts.inner.iter().map(move |inner| (*key, inner)))
        .collect();
    let mut columns = Columns::of_series(run, inner.iter().map(|(key, _)| *key));
    columns.day("origin", inner.iter().map(|(_, inner)| Some(inner.origin)));
    columns.lists("yhat", inner.iter().map(|(_, inner)| inner.yhat.as_slice()));
    columns.finish()
}

/// Returns the rows of `forecasts`, the golden record: one a series and future day.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn forecasts(run: i64, results: &[SeriesResult]) -> Result<RecordBatch, ArrowError> {
    let golden: Vec<(&SeriesKey, &GoldenSeries)> = results
        .iter()
        .filter_map(|result| Some((&result.key, result.golden.as_ref()?)))
        .collect();
    let per_day = || {
        golden
            .iter()
            .flat_map(|one| std::iter::repeat_n(*one, one.1.forecast.yhat.len()))
    };
    let mut columns = Columns::of_series(run, per_day().map(|(key, _)| key));
    let forecasts: Vec<&GoldenForecast> = golden.iter().map(|(_, one)| &one.forecast).collect();
    add_golden(&mut columns, &forecasts);
    columns.text(
        "model",
        per_day().map(|(_, golden)| Some(golden.model.as_str())),
    );
    columns.day(
        "trained_through",
        per_day().map(|(_, golden)| Some(golden.trained_through)),
    );
    columns.finish()
}

/// Adds days, point forecasts and bounds, a row a day.
pub(super) fn add_golden(columns: &mut Columns, golden: &[&GoldenForecast]) {
    let grids = golden.iter().map(|golden| golden.grid);
    columns.day("ds", grids.flat_map(|grid| grid.days().map(Some)));
    for (name, of) in GOLDEN_COLUMNS {
        let values = golden.iter().flat_map(|golden| of(golden));
        columns.exact(name, values.copied());
    }
}

/// A column of the golden record, by its name.
type GoldenColumn = (&'static str, fn(&GoldenForecast) -> &[f64]);

const GOLDEN_COLUMNS: [GoldenColumn; 5] = [
    ("yhat", |golden| &golden.yhat),
    ("yhat_lower", |golden| &golden.lower),
    ("yhat_upper", |golden| &golden.upper),
    ("yhat_lower_95", |golden| &golden.lower_95),
    ("yhat_upper_95", |golden| &golden.upper_95),
];
