//! Forecasts as frames: a row a series and day, columns a model and bound.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use arrow::error::ArrowError;
use fleetcast::{Day, SeriesKey, TimeGrid};

use crate::shape::Shape;

/// One series' rows of a frame of forecasts.
#[derive(Debug)]
pub(crate) struct SeriesRows<'a> {
    pub(crate) key: &'a SeriesKey,
    pub(crate) grid: TimeGrid,
    /// The values that came, a value a day, NaN where missing; for forecasts of the past.
    pub(crate) actual: Option<Vec<f64>>,
    /// A column's values, a value a day; `None` where the model has none of the series.
    pub(crate) columns: Vec<Option<Vec<f64>>>,
}

/// One model's point forecasts and bounds at some levels.
#[derive(Debug)]
pub(crate) struct Bounded {
    pub(crate) yhat: Vec<f64>,
    /// Lower and upper bounds, a pair a level.
    pub(crate) bounds: Vec<(Vec<f64>, Vec<f64>)>,
}

/// Returns the names of a model's columns: its own, then `-lo-LEVEL`, the widest first, then `-hi-LEVEL`, the widest last.
pub(crate) fn column_names(model: &str, levels: &[f64]) -> Vec<String> {
    let mut names = vec![model.to_owned()];
    let order = by_level(levels);
    names.extend(
        order
            .iter()
            .rev()
            .map(|place| format!("{model}-lo-{}", levels[*place])),
    );
    names.extend(
        order
            .iter()
            .map(|place| format!("{model}-hi-{}", levels[*place])),
    );
    names
}

/// Returns a model's columns in the order of [`column_names`].
pub(crate) fn columns(model: Option<Bounded>, levels: &[f64]) -> Vec<Option<Vec<f64>>> {
    let Some(model) = model else {
        return vec![None; 1 + 2 * levels.len()];
    };
    let order = by_level(levels);
    let mut columns = vec![Some(model.yhat)];
    columns.extend(
        order
            .iter()
            .rev()
            .map(|place| Some(model.bounds[*place].0.clone())),
    );
    columns.extend(
        order
            .iter()
            .map(|place| Some(model.bounds[*place].1.clone())),
    );
    columns
}

/// The places of levels, the smallest first.
fn by_level(levels: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..levels.len()).collect();
    order.sort_by(|a, b| levels[*a].total_cmp(&levels[*b]));
    order
}

/// Makes the rows of some series a record batch: names of series, days, for forecasts of the past their `cutoff` and
/// the values that came, and the columns.
pub(crate) fn batch(
    shape: &Shape,
    cutoff: Option<Day>,
    names: &[String],
    series: &[SeriesRows<'_>],
) -> Result<RecordBatch, ArrowError> {
    let per_day = || {
        series
            .iter()
            .flat_map(|one| std::iter::repeat_n(one.key, one.grid.len()))
    };
    let mut columns = shape.id_columns(per_day())?;
    let days = series.iter().flat_map(|one| one.grid.days());
    columns.push((shape.time().to_owned(), shape.time_column(days)?));
    if let Some(cutoff) = cutoff {
        let rows = per_day().count();
        let cutoffs = shape.time_column(std::iter::repeat_n(cutoff, rows))?;
        columns.push(("cutoff".to_owned(), cutoffs));
        let actual = series.iter().map(|one| one.actual.as_deref());
        columns.push((shape.target().to_owned(), numbers(series, actual)));
    }
    for (place, name) in names.iter().enumerate() {
        let values = series.iter().map(|one| one.columns[place].as_deref());
        columns.push((name.clone(), numbers(series, values)));
    }
    RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, values)| (name, values, true)),
    )
}

/// A column of numbers, null where there is none.
fn numbers<'a>(
    series: &[SeriesRows<'_>],
    values: impl Iterator<Item = Option<&'a [f64]>>,
) -> ArrayRef {
    let days = series.iter().zip(values).flat_map(|(one, values)| {
        (0..one.grid.len()).map(move |day| {
            let value = values.map(|values| values[day]);
            value.filter(|value| !value.is_nan())
        })
    });
    Arc::new(days.collect::<Float64Array>())
}
