//! One series with gaps: fit, forecast with two intervals, and what the forecast is made of.

use std::error::Error;

use fleetcast_prophet::ProphetOptions;

fn main() -> Result<(), Box<dyn Error>> {
    // Three years of a host's CPU in percent; one day in eleven was not measured.
    let days: Vec<i32> = (18_993..20_088).filter(|day| day % 11 != 0).collect();
    let values: Vec<f64> = days
        .iter()
        .map(|day| {
            let weekend = if day % 7 < 2 { -8.0 } else { 0.0 };
            let year = f64::from(*day) / 365.25 * std::f64::consts::TAU;
            45.0 + 0.01 * f64::from(day - 18_993) + weekend + 6.0 * year.sin()
        })
        .collect();

    let options = ProphetOptions {
        changepoint_prior_scale: 0.1,
        ..ProphetOptions::default()
    };
    let fitted = options.fit(&days, &values)?;
    let forecast = fitted.forecast(180, &[0.8, 0.95])?;
    let parts = fitted.components_ahead(180)?;

    println!("day         yhat   trend  weekly  yearly   80 %            95 %");
    for (index, day) in forecast.grid().days().enumerate().step_by(30) {
        print!(
            "{day}  {:5.1}  {:6.1}  {:6.1}  {:6.1}",
            forecast.yhat()[index],
            parts.trend[index],
            parts.weekly[index],
            parts.yearly[index]
        );
        for interval in forecast.intervals() {
            print!(
                "   {:.1} to {:.1}",
                interval.lower[index], interval.upper[index]
            );
        }
        println!();
    }
    let residuals = fitted.residuals();
    let observed = residuals.iter().filter(|residual| !residual.is_nan());
    println!(
        "{} days observed, noise {:.2}, {:?}",
        observed.count(),
        fitted.sigma(),
        fitted.certainty()
    );
    Ok(())
}
