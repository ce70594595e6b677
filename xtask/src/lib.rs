//! fleetcast's command line, as `cargo xtask` and as a program of its own.
//!
//! Every stage reads tables and leaves tables; this program opens the database, calls the stages
//! in their order and tells what happened. It is the only part that reads a clock, prints, or
//! exits.

mod accuracy;
mod agenda;
mod backup;
mod changes;
mod cli;
mod config_file;
mod demo;
mod error;
mod events;
mod export;
mod findings;
mod flag_values;
mod forget;
mod groups;
mod holidays;
mod import;
mod import_attributes;
mod interrupt;
mod limits;
mod memory;
mod metrics_file;
mod offered;
mod output;
mod oversized;
mod place;
mod program;
mod progress;
mod publish;
mod report;
mod run;
mod scratch;
mod settings;
mod show;
mod status;
mod summary;
mod text_table;
mod top;
mod what_if;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use fleetcast_core::Stage;

use crate::cli::{Cli, Command};
use crate::config_file::ConfigFile;
use crate::error::Error;
use crate::progress::Reporter;
use crate::settings::Settings;

pub use crate::program::Program;

/// Does what the command line says, and returns what the program ends with.
#[must_use]
pub fn run(program: Program) -> ExitCode {
    program.is_running();
    // What an engine's panic says becomes an issue; printed, it would cut through the progress bar.
    fleetcast_core::keep_caught_panics_quiet();
    interrupt::end_with_a_word();
    let matches = program.named(Cli::command()).get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match execute(cli, program) {
        Ok(ending) if output::is_complete() => ending.into(),
        Ok(_) => {
            eprintln!("error: standard output could not be written; is the disk full?");
            ExitCode::FAILURE
        }
        Err(error) => {
            output::error(&error.to_string());
            ExitCode::from(error.exit_code())
        }
    }
}

/// How a command ends that has done what it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Done,
    /// It found what it was to look for.
    Found,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Done => Self::SUCCESS,
            Ending::Found => Self::from(4),
        }
    }
}

fn completions(shell: clap_complete::Shell, program: Program) {
    let mut script = Vec::new();
    // The program's own name: after `cargo xtask`, shells complete what cargo completes.
    let mut command = program.named(Cli::command());
    clap_complete::generate(shell, &mut command, program.file_name(), &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end());
}

fn execute(cli: Cli, program: Program) -> Result<Ending, Error> {
    // Known before anything can go wrong, where it is not only the file that says so.
    if let Some(format) = cli.flags.log_format {
        output::log_as(format);
    }
    let file = ConfigFile::read(cli.flags.config.as_deref())?;
    let settings = Settings::resolve(cli.flags.or(file.common))?;
    output::log_as(settings.log_format);
    for name in program::unknown_in_environment() {
        Reporter::new(settings.quiet).warn(format_args!(
            "{name} stands in the environment and is no setting; `cargo xtask --help` lists what is"
        ));
    }
    // The one pool all engines share; DuckDB gets the same number for itself.
    rayon::ThreadPoolBuilder::new()
        .num_threads(settings.threads)
        .build_global()
        .map_err(|error| Error::Threads(error.to_string()))?;
    match cli.command {
        Command::Changes(flags) => return changes::print(&settings, &flags),
        Command::Acknowledge(flags) => changes::acknowledge(&settings, flags),
        Command::RunAll => run::run_all(&settings, file.demo),
        Command::Prophet => run::engine(&settings, Stage::Prophet),
        Command::Challenger => run::engine(&settings, Stage::Challenger),
        Command::Xgboost => run::engine(&settings, Stage::Xgboost),
        Command::Judge => run::judge(&settings),
        Command::Write => run::write(&settings),
        Command::Import(flags) => import::import(&settings, flags.or(file.import)),
        Command::Forget(flags) => forget::forget(&settings, &flags),
        Command::Rename(flags) => forget::rename(&settings, &flags),
        Command::Limits(flags) => limits::limits(&settings, flags),
        Command::ImportAttributes(flags) => import_attributes::import(&settings, &flags),
        Command::Demo(flags) => demo::make(&settings, flags.or(file.demo)),
        Command::Top(flags) => top::print(&settings, &flags),
        Command::Groups(flags) => groups::print(&settings, &flags),
        Command::Events(flags) => events::events(&settings, &flags),
        Command::Report(flags) => report::write(&settings, flags),
        Command::Show(flags) => show::show(&settings, &flags),
        Command::Export(flags) => {
            export::export(&settings, &flags.to, flags.format, flags.csv_safe)
        }
        Command::Restore { from } => backup::restore(&settings, &from),
        Command::Backup { to } => backup::backup(&settings, &to),
        Command::WhatIf(flags) => what_if::what_if(&settings, &flags),
        Command::Oversized(flags) => oversized::print(&settings, &flags),
        Command::Status => status::print(&settings, settings.json),
        Command::Completions { shell } => {
            completions(shell, program);
            Ok(())
        }
        Command::Accuracy(flags) => accuracy::measure(&settings, flags.or(file.import)),
    }?;
    Ok(Ending::Done)
}
