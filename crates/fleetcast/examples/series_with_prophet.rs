//! One series with Prophet: three lines from days and values to a forecast.

use std::error::Error;

use fleetcast::ProphetOptions;

fn main() -> Result<(), Box<dyn Error>> {
    // Two years of logins a day: growth, and quiet weekends. Days are counted from 1970-01-01.
    let days: Vec<i32> = (19_358..20_088).collect();
    let values: Vec<f64> = days
        .iter()
        .map(|day| {
            let weekend = f64::from(u8::from((day + 4).rem_euclid(7) >= 5));
            let unrest = f64::from(day.wrapping_mul(7919).rem_euclid(101)) / 50.0;
            120.0 + 0.05 * f64::from(day - 19_358) - 30.0 * weekend + unrest
        })
        .collect();

    let fitted = ProphetOptions::default().fit(&days, &values)?;
    let forecast = fitted.forecast(14, &[0.8])?;

    let interval = &forecast.intervals()[0];
    for (step, day) in forecast.grid().days().enumerate() {
        println!(
            "{day}  {:6.1}  {:6.1} to {:6.1}",
            forecast.yhat()[step],
            interval.lower[step],
            interval.upper[step]
        );
    }
    Ok(())
}
