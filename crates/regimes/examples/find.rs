//! Prints the regimes of series: a line of the standard input each, a name, the first day, and a value a day (empty
//! where missing), with commas between.
//!
//! `cargo run -p fleetcast-regimes --example find < series.csv`

use std::error::Error;
use std::io;
use std::time::Instant;

use fleetcast_core::{Aligner, Day};
use fleetcast_regimes::RegimeDetector;

fn main() -> Result<(), Box<dyn Error>> {
    let detector = RegimeDetector::default();
    let (mut seconds, mut series) = (0.0, 0);
    for line in io::stdin().lines() {
        let line = line?;
        let mut fields = line.split(',');
        let name = fields.next().unwrap_or_default();
        let first: Day = fields.next().unwrap_or_default().parse()?;
        let values: Vec<f64> = fields
            .map(|field| field.parse().unwrap_or(f64::NAN))
            .collect();
        let begun = Instant::now();
        let found = detector.alignment("a", first, &values);
        seconds += begun.elapsed().as_secs_f64();
        series += 1;
        for shift in found.iter().flat_map(|found| &found.shifts) {
            println!(
                "{name} shift {} {:.4} {:.1} {}",
                shift.at, shift.size, shift.confidence, shift.lasting
            );
        }
        if let Some(ramp) = found.and_then(|found| found.ramp) {
            println!("{name} ramp {} {:.5}", ramp.age, ramp.slope);
        }
    }
    eprintln!(
        "{series} series, {:.1} microseconds each",
        1e6 * seconds / f64::from(series.max(1))
    );
    Ok(())
}
