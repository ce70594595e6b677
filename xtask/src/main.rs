//! `cargo xtask`: fleetcast's command line.
//!
//! Every stage reads tables and leaves tables; this program opens the database, calls the stages
//! in their order and tells what happened. It is the only part that reads a clock, prints, or
//! exits.

mod cli;
mod demo;
mod engine_stage;
mod error;
mod import;
mod limits;
mod memory;
mod progress;
mod run;
mod settings;
mod status;
mod summary;

use std::process::ExitCode;

use clap::Parser;
use fleetcast_core::Stage;

use crate::cli::{Cli, Command};
use crate::error::Error;
use crate::settings::{ConfigFile, Settings};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: Cli) -> Result<(), Error> {
    let file = ConfigFile::read(cli.flags.config.as_deref())?;
    let settings = Settings::resolve(cli.flags.or(file.common))?;
    // The one pool all engines share; DuckDB gets the same number for itself.
    rayon::ThreadPoolBuilder::new()
        .num_threads(settings.threads)
        .build_global()
        .map_err(|error| Error::Threads(error.to_string()))?;
    match cli.command {
        Command::RunAll => run::run_all(&settings, file.demo),
        Command::Prophet => run::engine(&settings, Stage::Prophet),
        Command::Challenger => run::engine(&settings, Stage::Challenger),
        Command::Judge => run::judge(&settings),
        Command::Write => run::write(&settings),
        Command::Import(flags) => import::import(&settings, flags.or(file.import)),
        Command::Limits(flags) => limits::limits(&settings, flags),
        Command::Demo(flags) => demo::make(&settings, flags.or(file.demo)),
        Command::Status => status::print(&settings),
    }
}
