//! An engine of one's own as a contender: it is scored beside the others, and wins where it is better.

use std::error::Error;

use fleetcast::core::quantile_of_sorted;
use fleetcast::{
    Day, Engine, Failure, Forecast, Horizon, IntervalLevel, Outcome, Panel, PanelView, SeriesKey,
    SeriesView, Shop, ShopOptions, TimeGrid, in_parallel,
};

/// Forecasts the median of each weekday over the last eight weeks.
#[derive(Debug)]
struct WeekdayMedian;

impl Engine for WeekdayMedian {
    fn name(&self) -> &'static str {
        "weekday_median"
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        let one = |series: SeriesView<'_>| match forecast(series, horizon, level) {
            Ok(forecast) => Outcome::of(forecast),
            Err(failure) => Outcome::from(failure),
        };
        in_parallel(panel, one, Outcome::from)
    }
}

fn forecast(
    series: SeriesView<'_>,
    horizon: Horizon,
    level: IntervalLevel,
) -> Result<Forecast, Failure> {
    let recent = &series.values[series.values.len().saturating_sub(56)..];
    let at = |weekday: usize, share: f64| {
        let mut values: Vec<f64> = recent.iter().copied().skip(weekday).step_by(7).collect();
        values.retain(|value| !value.is_nan());
        values.sort_by(f64::total_cmp);
        quantile_of_sorted(&values, share)
    };
    let days = |share: f64| (0..horizon.days()).map(|day| at(day % 7, share)).collect();
    let above = level.upper_probability();
    let first = series.grid.last().plus_days(1);
    Ok(Forecast::new(
        first,
        days(0.5),
        days(1.0 - above),
        days(above),
    )?)
}

fn main() -> Result<(), Box<dyn Error>> {
    // Three years of a batch job that moved to other weekdays ten weeks before the backtest began.
    let as_of: Day = "2025-12-31".parse()?;
    let grid = TimeGrid::new(as_of.minus_days(1095), 1096);
    let values = (0..1096_i32).map(|day| {
        let busy = if day < 900 { day % 7 < 2 } else { day % 7 > 3 };
        let unrest = f64::from(day.wrapping_mul(7919).rem_euclid(101)) / 50.0;
        if busy { 70.0 + unrest } else { 20.0 + unrest }
    });
    let fleet = Panel::from_rows(
        grid,
        [(SeriesKey::new("batch-01", "cpu"), values.collect())],
    )?;

    let shop = Shop::new(as_of, ShopOptions::default())?;
    let shop = shop.with_further("weekday_median", WeekdayMedian)?;
    for result in shop.forecast(fleet.view()) {
        let entry = result.entry.ok_or("no engine has a forecast")?;
        for scores in &entry.verdict.backtest {
            println!(
                "{:>15}: MAPE {:6.1} %",
                scores.model.as_str(),
                scores.mape.percent.unwrap_or(f64::NAN)
            );
        }
        println!("{}: {}", result.key, entry.verdict.decision.reason);
    }
    Ok(())
}
