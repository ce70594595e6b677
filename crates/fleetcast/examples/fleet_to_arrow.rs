//! A fleet from a CSV file, through the shop, into Arrow: every table of the contract as a record batch.
//!
//! `cargo run -p fleetcast --example fleet_to_arrow -- FILE`, where FILE has the columns host, resource, ds and
//! utilization; without a file, a fleet of two is made up. The fleet is worked on in batches, as it would be by
//! processes that do not see each other.

use std::error::Error;
use std::io::Read;

use fleetcast::{Batch, Day, Evidence, FleetRows, FleetSummary, Shop, ShopOptions, Survey, tables};

/// Series that one process would take at a time.
const BATCH: usize = 512;

fn main() -> Result<(), Box<dyn Error>> {
    let rows = match std::env::args().nth(1) {
        Some(path) => read(std::fs::File::open(path)?)?,
        None => read(made_up().as_bytes())?,
    };
    let as_of = rows.last_day().ok_or("no row has a day and a value")?;
    let shop = Shop::new(as_of, ShopOptions::default())?;
    let batches: Vec<Batch> = rows.batches(shop.split(), BATCH).collect();

    // What each series says for itself, wherever it is worked on …
    let survey = Survey::of(&batches);
    let evidence = batches
        .iter()
        .map(|batch| shop.evidence(batch, &survey))
        .collect::<Result<Vec<Vec<Evidence>>, _>>()?;
    // … what crosses them, put together in any order …
    let mut summary = FleetSummary::default();
    for part in &evidence {
        summary.merge(FleetSummary::of(part));
    }
    // … and what comes of both.
    for part in &evidence {
        let results = shop.finish(part, &summary);
        for result in &results {
            let Some(outlook) = &result.outlook else {
                println!("{}: no forecast", result.key);
                continue;
            };
            let day = outlook
                .full_on
                .map_or("-".to_owned(), |day| day.to_string());
            println!("{}: {}, {day}", result.key, outlook.status);
        }
        for (name, table) in tables::of_results(1, shop.split(), &results)? {
            println!(
                "{name}: {} rows, {} columns",
                table.num_rows(),
                table.num_columns()
            );
        }
    }
    Ok(())
}

/// Reads host, resource, ds and utilization. For files as people have them there is the command `import`.
fn read(file: impl Read) -> Result<FleetRows, Box<dyn Error>> {
    let mut rows = FleetRows::default();
    for record in csv::Reader::from_reader(file).deserialize() {
        let (host, resource, day, value): (String, String, String, Option<f64>) = record?;
        let day: Day = day.parse()?;
        rows.push(Some(&host), Some(&resource), Some(day), value);
    }
    Ok(rows)
}

/// Two years of a disk that fills, and of a processor that does not.
fn made_up() -> String {
    let as_of = Day::MIN.plus_days(738_000);
    let rows = (0..730).rev().map(|back| {
        let day = as_of.minus_days(back);
        let unrest = (f64::from(back) * 1.7).sin();
        let (disk, cpu) = (
            20.0 + 0.07 * f64::from(730 - back) + unrest,
            40.0 + 8.0 * unrest,
        );
        format!("db-01,disk,{day},{disk:.3}\ndb-01,cpu,{day},{cpu:.3}\n")
    });
    format!("host,resource,ds,utilization\n{}", rows.collect::<String>())
}
