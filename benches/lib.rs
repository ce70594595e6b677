//! What the benches work on: real series from `fixtures/`, read without a database.

mod timings;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::ops::RangeInclusive;
use std::path::Path;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type};
use arrow::error::ArrowError;
use fleetcast_core::{Day, DayError, Panel, PanelError, PanelView, SeriesKey, TimeGrid};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

pub use timings::{Timings, microseconds_a_series};

/// Electricity demand of 54 authorities: see `fixtures/README.md`.
const DEMAND: &str = "fixtures/eia930_2015_2020_daily.parquet";

/// Days a benched series has: 32 months.
const DAYS: usize = 974;

/// Why the fixture is no panel.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// There is no such file.
    #[error("cannot open the fixture {path}: {source}")]
    Open {
        /// Which one.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no Parquet file.
    #[error("cannot read the fixture: {0}")]
    Read(#[from] ParquetError),
    /// A column has another type.
    #[error("cannot read the fixture: {0}")]
    Column(#[from] ArrowError),
    /// A column is missing.
    #[error("the fixture has no column {0}")]
    Missing(&'static str),
    /// A day is outside the calendar.
    #[error(transparent)]
    Day(#[from] DayError),
    /// The series do not fit one grid.
    #[error(transparent)]
    Panel(#[from] PanelError),
}

/// Which days of a benched series have no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// None is missing.
    None,
    /// One day in twenty, others in every series.
    OneInTwenty,
}

/// A panel of `series` series of 974 days: real ones (electricity demand), in turn, each copy
/// scaled and bent a little differently so that no two are the same.
///
/// # Errors
///
/// [`FixtureError`] where the fixture is not what it was.
pub fn real_panel(series: usize, gaps: Gaps) -> Result<Panel, FixtureError> {
    panel_of(DAYS, series, gaps)
}

/// Makes a panel of the same series with the four months that follow, as a run has them when its backtest is made from the 974 days.
///
/// # Errors
///
/// [`FixtureError`] where the fixture is not what it was.
pub fn real_history(series: usize, gaps: Gaps) -> Result<Panel, FixtureError> {
    const FOUR_MONTHS: RangeInclusive<usize> = 120..=123;
    let training = panel_of(DAYS, 1, Gaps::None)?.grid();
    let is_whole = |more: &usize| {
        let last = TimeGrid::new(training.first(), DAYS + more).last();
        last.minus_months(4) == Ok(training.last())
    };
    let more = FOUR_MONTHS.into_iter().find(is_whole).unwrap_or(122);
    panel_of(DAYS + more, series, gaps)
}

fn panel_of(days: usize, series: usize, gaps: Gaps) -> Result<Panel, FixtureError> {
    let (first, real) = real_series(days)?;
    let grid = TimeGrid::new(first, days);
    let rows = real.iter().cycle().take(series).enumerate();
    Ok(Panel::from_rows(
        grid,
        rows.map(|(number, values)| {
            let mut values = variant(values, number);
            if gaps == Gaps::OneInTwenty {
                remove_days(&mut values, number);
            }
            let key = SeriesKey::new(format!("host-{number:05}"), "demand");
            (key, values)
        }),
    )?)
}

/// The observations of a panel as a peer in another language reads them: columns series, ds and y.
///
/// # Errors
///
/// None: text can always be written to memory.
pub fn as_csv(panel: PanelView<'_>) -> Result<String, std::fmt::Error> {
    let mut csv = "series,ds,y\n".to_owned();
    for (number, series) in panel.iter().enumerate() {
        for (day, value) in series.observations() {
            writeln!(csv, "{number},{day},{value}")?;
        }
    }
    Ok(csv)
}

/// The series, with a slope change of its own added.
fn variant(values: &[f64], number: usize) -> Vec<f64> {
    let copy = number as f64;
    let turn = (copy * 37.0) % DAYS as f64;
    let bend = 0.1 * ((copy * 0.618).fract() - 0.5) / DAYS as f64;
    values
        .iter()
        .enumerate()
        .map(|(day, value)| value * (1.0 + bend * (day as f64 - turn).max(0.0)))
        .collect()
}

/// Removes one day in twenty, by a fixed rule that differs from series to series.
fn remove_days(values: &mut [f64], number: usize) {
    let last = values.len().saturating_sub(1);
    for (day, value) in values.iter_mut().enumerate().take(last).skip(1) {
        let mixed = (day + 1).wrapping_mul(0x9E37_79B9) ^ (number + 1).wrapping_mul(0x85EB_CA6B);
        if (mixed.wrapping_mul(0xC2B2_AE35) >> 7).is_multiple_of(20) {
            *value = f64::NAN;
        }
    }
}

/// The first day of the fixture and the first `days` values of every series that has as many.
fn real_series(days: usize) -> Result<(Day, Vec<Vec<f64>>), FixtureError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(DEMAND);
    let file = File::open(&path).map_err(|source| FixtureError::Open {
        path: path.display().to_string(),
        source,
    })?;
    let mut series: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut first = i32::MAX;
    for batch in ParquetRecordBatchReaderBuilder::try_new(file)?.build()? {
        let batch = batch?;
        let column = |name| {
            batch
                .column_by_name(name)
                .ok_or(FixtureError::Missing(name))
        };
        let names = cast(column("series")?, &DataType::Utf8)?;
        let dates = cast(column("ts")?, &DataType::Date32)?;
        let values = cast(column("y")?, &DataType::Float64)?;
        let (names, dates) = (names.as_string::<i32>(), dates.as_primitive::<Date32Type>());
        let values = values.as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            first = first.min(dates.value(row));
            let name = names.value(row).to_owned();
            series.entry(name).or_default().push(values.value(row));
        }
    }
    let first = Day::from_epoch_days(i64::from(first))?;
    let whole = series.into_values().filter(|values| values.len() >= days);
    Ok((first, whole.map(|values| values[..days].to_vec()).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panel_is_real_and_no_two_series_are_the_same() {
        let panel = real_panel(110, Gaps::None).unwrap();
        let view = panel.view();
        assert_eq!((view.len(), view.grid().len()), (110, DAYS));
        assert!(view.iter().all(|series| series.observed() == DAYS));
        assert_ne!(view.series(0).values, view.series(54).values);
    }

    #[test]
    fn gaps_are_one_day_in_twenty_and_private() {
        let panel = real_panel(110, Gaps::OneInTwenty).unwrap();
        let view = panel.view();
        let missing: usize = view.iter().map(|series| DAYS - series.observed()).sum();
        let share = missing as f64 / (110 * DAYS) as f64;
        assert!((share - 0.05).abs() < 0.01, "{share}");
        let days = |index: usize| -> Vec<usize> {
            let values = view.series(index).values.iter().enumerate();
            values
                .filter(|(_, value)| value.is_nan())
                .map(|(day, _)| day)
                .collect()
        };
        assert_ne!(days(0), days(54));
    }
}
