//! `fleetcast`: the command line as an installed program.

use std::process::ExitCode;

fn main() -> ExitCode {
    fleetcast_command_line::run(fleetcast_command_line::Program::Fleetcast)
}
