//! One series: the forms compared, a forecast of the best one, and the ensemble for half a year ahead.

use std::error::Error;

use fleetcast_ets::{Criterion, Ets, EtsEngine, Form};

fn main() -> Result<(), Box<dyn Error>> {
    // Three years of requests a day, in thousands; one day in eleven was not counted.
    let days: Vec<i32> = (18_993..20_088).filter(|day| day % 11 != 0).collect();
    let values: Vec<f64> = days
        .iter()
        .map(|day| {
            let weekend = if day % 7 < 2 { 0.8 } else { 1.0 };
            let unrest = f64::from((day * 7919) % 101) / 101.0;
            (45.0 + 0.01 * f64::from(day - 18_993) + unrest) * weekend
        })
        .collect();

    for form in Form::ADDITIVE {
        let fitted = Ets::new(7).forms(&[form]).fit(&days, &values)?;
        println!(
            "{form:5} AICc {:.1}",
            fitted.model().criterion(Criterion::Aicc)
        );
    }
    let best = Ets::new(7).fit(&days, &values)?;
    let forecast = best.forecast(28, &[0.8])?;
    println!(
        "best: {}, tomorrow {:.1}",
        best.model().form(),
        forecast.yhat()[0]
    );

    let ensemble = EtsEngine::new().fit(&days, &values)?;
    for member in ensemble.members(180)? {
        println!("{:25} weight {:.2}", member.name, member.weight);
    }
    let forecast = ensemble.forecast(180, &[0.8])?;
    for interval in forecast.intervals() {
        println!(
            "in half a year: {:.1}, {:.1} to {:.1}",
            forecast.yhat()[179],
            interval.lower[179],
            interval.upper[179]
        );
    }
    Ok(())
}
