//! A case counted by valgrind.

use std::error::Error;
use std::io::ErrorKind;
use std::process::Command;

/// Instructions that `case` takes inside [`super::cases::counted`].
///
/// # Errors
///
/// Where valgrind is not installed, and where the case fails under it.
pub(super) fn count(case: &str) -> Result<u64, Box<dyn Error>> {
    let itself = std::env::current_exe()?;
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=*instructions::cases::counted*")
        .arg(itself)
        .args(["--run", case])
        .output();
    let output = match run {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(
                "cannot count instructions: valgrind is not installed; install it (on Debian and \
                 Ubuntu: apt-get install valgrind), or time the engines with `cargo bench-engines`"
                    .into(),
            );
        }
        Err(error) => return Err(format!("cannot run valgrind: {error}").into()),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said
        .lines()
        .filter_map(|line| line.split_once("Collected :"))
        .find_map(|(_, count)| count.trim().parse().ok())
        .filter(|count| *count > 0 && output.status.success());
    count.ok_or_else(|| format!("valgrind did not count {case}; it said:\n{said}").into())
}
