//! The job fleetcast does, by other crates: for every series a fit on the training window, its
//! error on the backtest, a second fit on everything, and a forecast with an 80 % interval.

mod contenders;
mod series;

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;
use rayon::prelude::*;

use crate::contenders::{Contender, Forecast};
use crate::series::{Series, read, write};

#[derive(Debug, Parser)]
struct Flags {
    /// Whose turn it is
    contender: Contender,
    /// CSV with columns series, day (days since 1970-01-01) and y
    series: PathBuf,
    /// Where to write forecasts: series, day, yhat, `yhat_lower`, `yhat_upper`
    out: PathBuf,
    /// Last day of the training window
    #[arg(long)]
    origin: i64,
    /// Last day of the data
    #[arg(long)]
    as_of: i64,
    /// Days to forecast
    #[arg(long, default_value_t = 180)]
    days: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let flags = Flags::parse();
    let all = read(&flags.series)?;
    let fit = flags.contender.ready();
    let done: Vec<Option<(f64, Forecast)>> = all
        .par_iter()
        .map(|series| job(series, &flags, &fit))
        .collect();
    let forecasts = all.iter().zip(&done);
    let forecasts = forecasts.filter_map(|(series, done)| Some((series, &done.as_ref()?.1)));
    write(&flags.out, flags.as_of, forecasts)?;

    let errors: Vec<f64> = done.iter().flatten().map(|(mape, _)| *mape).collect();
    println!(
        "{} of {} series, mean MAPE on the backtest {:.2} %",
        errors.len(),
        all.len(),
        errors.iter().sum::<f64>() / errors.len() as f64
    );
    Ok(())
}

/// Backtest MAPE and the forecast of one series, or `None` where the crate fails.
fn job(
    series: &Series,
    flags: &Flags,
    fit: &impl Fn(&Series, usize) -> Option<Forecast>,
) -> Option<(f64, Forecast)> {
    let training = series.until(flags.origin);
    let ahead = usize::try_from(flags.as_of - training.last_day()?).ok()?;
    let backtest = fit(&training, ahead)?;
    let future = fit(series, flags.days + silent_days(series, flags.as_of)?)?;
    let first = training.last_day()? + 1;
    let mape = mape(series, &backtest.yhat, first)?;
    Some((mape, future.last(flags.days)))
}

/// Days from a series' last value to the end of the data.
fn silent_days(series: &Series, as_of: i64) -> Option<usize> {
    usize::try_from(as_of - series.last_day()?).ok()
}

/// The mean absolute percentage error of forecasts that begin on the day `first`, over the days
/// that have a value other than 0.
fn mape(series: &Series, yhat: &[f64], first: i64) -> Option<f64> {
    let errors: Vec<f64> = series
        .days
        .iter()
        .zip(&series.y)
        .filter(|(_, y)| **y != 0.0)
        .filter_map(|(day, y)| {
            let yhat = yhat.get(usize::try_from(day - first).ok()?)?;
            Some(100.0 * ((y - yhat) / y).abs())
        })
        .collect();
    (!errors.is_empty()).then(|| errors.iter().sum::<f64>() / errors.len() as f64)
}
