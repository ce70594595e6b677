//! The end of a command that somebody interrupts.

#[cfg(unix)]
use crate::output;

/// What a program ends with that was interrupted.
#[cfg(unix)]
const INTERRUPTED: i32 = 130;

/// Lets Ctrl-C and a request to terminate end the program with a word. What it did until then stands, and
/// what it was at is as if it had been killed: the same command goes on where it stopped.
#[cfg(unix)]
pub(crate) fn end_with_a_word() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    // Where no handler can be set, the program ends without a word.
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            output::interrupted(
                "interrupted; what was done stands, and the same command goes on where it stopped",
            );
            // At once: other threads are at work, and nothing may be taken apart under them.
            signal_hook::low_level::exit(INTERRUPTED);
        }
    });
}

/// Elsewhere the system ends the program, without a word.
#[cfg(not(unix))]
pub(crate) fn end_with_a_word() {}
