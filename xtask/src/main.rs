//! `cargo xtask`: fleetcast's command line from its source checkout.

use std::process::ExitCode;

fn main() -> ExitCode {
    fleetcast_command_line::run(fleetcast_command_line::Program::Xtask)
}
