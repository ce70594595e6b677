//! Instructions instead of time: counts of the same work on the same compiler hardly move, however busy
//! the machine is.
//!
//! Every case runs in a process of its own under valgrind, on one thread, and what is counted is the
//! work alone. Counts are held against those in `benches/baselines/instructions.txt`; one that has grown
//! by more than the tolerance is an error. Valgrind knows AVX2 and not AVX-512, so the wider paths are
//! not seen here: they have half the instructions in passes over series and the same elsewhere.

mod baselines;
mod cases;
mod valgrind;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use baselines::Baselines;

/// Counts the instructions of the engines, and compares them with the baselines.
#[derive(Debug, Parser)]
struct Arguments {
    /// Only cases whose name has this in it.
    filter: Option<String>,
    /// Keeps the counts as baselines.
    #[arg(long)]
    save: bool,
    /// Growth beyond which a count is an error, in percent.
    #[arg(long, default_value_t = 3.0)]
    tolerance: f64,
    /// Runs one case, to be counted: what this program calls itself with.
    #[arg(long, hide = true)]
    run: Option<String>,
    /// What `cargo bench` passes, and `cargo test` does not.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all counts are within the tolerance.
fn run(arguments: &Arguments) -> Result<bool, Box<dyn Error>> {
    if let Some(name) = &arguments.run {
        cases::named(name)?.run()?;
        return Ok(true);
    }
    if !arguments.bench {
        return Ok(true);
    }
    let mut baselines = Baselines::read()?;
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let mut grown = Vec::new();
    println!("| case | instructions a series | baseline | ratio |");
    println!("|---|--:|--:|--:|");
    for case in cases::all().filter(|case| case.name().contains(filter)) {
        let name = case.name();
        let count = valgrind::count(&name)? / case.series() as u64;
        let Some(baseline) = baselines.of(&name) else {
            println!("| {name} | {count} | none | |");
            baselines.set(&name, count);
            continue;
        };
        let ratio = count as f64 / baseline as f64;
        println!("| {name} | {count} | {baseline} | {ratio:.3} |");
        if ratio > 1.0 + arguments.tolerance / 100.0 {
            grown.push(name.clone());
        }
        baselines.set(&name, count);
    }
    if arguments.save {
        baselines.write()?;
        return Ok(true);
    }
    if !grown.is_empty() {
        eprintln!(
            "error: more than {} % above the baseline: {}; where that is meant, keep the new counts with \
             `cargo bench-engines --bench instructions -- --save`",
            arguments.tolerance,
            grown.join(", ")
        );
    }
    Ok(grown.is_empty())
}
