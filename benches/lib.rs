//! What the benches work on: real series from `fixtures/`, read without a database.

use fleetcast_core::{Day, DayError, Panel, PanelError, SeriesKey, TimeGrid};

const SERIES: &str = include_str!("../fixtures/prophet_forecasts.csv");

/// Why the fixture is no panel.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// A day does not parse.
    #[error(transparent)]
    Day(#[from] DayError),
    /// The series do not fit one grid.
    #[error(transparent)]
    Panel(#[from] PanelError),
}

/// A panel of `series` series of 974 days: the real ones of the fixture (electricity demand), in
/// turn, each copy scaled a little differently so that no two are the same.
///
/// # Errors
///
/// [`FixtureError`] where the fixture is not what it was.
pub fn real_panel(series: usize) -> Result<Panel, FixtureError> {
    let real = real_series()?;
    let Some((first, values)) = real.first() else {
        return Ok(Panel::from_rows(TimeGrid::new(Day::MIN, 0), [])?);
    };
    let grid = TimeGrid::new(*first, values.len());
    let rows = real.iter().cycle().take(series).enumerate();
    Ok(Panel::from_rows(
        grid,
        rows.map(|(number, (_, values))| {
            let scale = 1.0 + number as f64 / 1000.0;
            let values = values.iter().map(|value| value * scale).collect();
            (
                SeriesKey::new(format!("host-{number:05}"), "demand"),
                values,
            )
        }),
    )?)
}

/// The first day and the values of every real series of the fixture.
fn real_series() -> Result<Vec<(Day, Vec<f64>)>, FixtureError> {
    let mut series: Vec<(&str, Day, Vec<f64>)> = Vec::new();
    for line in SERIES.lines().skip(1) {
        let mut cells = line.split(',');
        let (Some(case), Some(ds), Some(Ok(value))) =
            (cells.next(), cells.next(), cells.next().map(str::parse))
        else {
            continue;
        };
        match series.last_mut() {
            Some((last, _, values)) if *last == case => values.push(value),
            _ => series.push((case, ds.parse()?, vec![value])),
        }
    }
    Ok(series
        .into_iter()
        .filter(|(case, ..)| case.starts_with("real/"))
        .map(|(_, first, values)| (first, values))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_panel_is_real_and_no_two_series_are_the_same() {
        let panel = real_panel(5).unwrap();
        let view = panel.view();
        assert_eq!((view.len(), view.grid().len()), (5, 974));
        assert!(view.iter().all(|series| series.observed() == 974));
        assert_ne!(view.series(0).values, view.series(2).values);
    }
}
