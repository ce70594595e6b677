//! An engine of one's own: it repeats last week, and is scored on the backtest.

use std::error::Error;

use fleetcast_core::{
    Engine, Forecast, Horizon, IntervalLevel, Outcome, Panel, PanelView, Refit, SeriesKey,
    SeriesView, Split, WindowLengths, forecast_windows, in_parallel, metrics, naive_of_season,
};

/// Repeats the last week.
#[derive(Debug)]
struct LastWeek;

impl Engine for LastWeek {
    fn name(&self) -> &'static str {
        "last_week"
    }

    fn forecast(&self, panel: PanelView<'_>, horizon: Horizon, _: IntervalLevel) -> Vec<Outcome> {
        let forecast = |series: SeriesView<'_>| {
            // Short and constant series have the same answer from every engine.
            series.forecast_or(horizon, |_| {
                let first = series.grid.last().plus_days(1);
                let week = naive_of_season(series.values, 7, horizon.days()).unwrap_or_default();
                // An interval of no width: this engine knows nothing of its errors.
                let forecast = Forecast::new(first, week.clone(), week.clone(), week);
                match forecast {
                    Ok(forecast) => Outcome::of(forecast),
                    Err(error) => fleetcast_core::Failure::from(error).into(),
                }
            })
        };
        in_parallel(panel, forecast, Outcome::from)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let split = Split::new("2025-12-31".parse()?, WindowLengths::default())?;
    let grid = split.history();
    let values: Vec<f64> = (0..grid.len())
        .map(|day| 40.0 + 0.01 * day as f64 + (day % 7) as f64)
        .collect();
    let panel = Panel::from_rows(grid, [(SeriesKey::new("web-01", "cpu"), values)])?;

    let level = IntervalLevel::EIGHTY_PERCENT;
    let refit = Refit::WholeHistory;
    let outcomes = forecast_windows(&LastWeek, panel.view(), &split, refit, level, None)?;

    let backtest = outcomes[0].backtest.as_ref().map_err(Clone::clone)?;
    let actual = &panel.view().series(0).values[split.training().len()..];
    let mape = metrics::mape(actual, backtest.yhat());
    println!("MAPE {:.2} %", mape.percent.unwrap_or(f64::NAN));
    let future = outcomes[0].future.as_ref().map_err(Clone::clone)?;
    println!("{} to {}", future.grid().first(), future.grid().last());
    Ok(())
}
