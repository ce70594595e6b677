//! The end of a command that somebody interrupts.

/// What a program ends with that was interrupted.
const INTERRUPTED: i32 = 130;

/// Lets Ctrl-C and a request to terminate end the program with a word. What it did until then stands, and
/// what it was at is as if it had been killed: the same command goes on where it stopped.
pub(crate) fn end_with_a_word() {
    // Where no handler can be set, the program ends without one.
    let _ = ctrlc::set_handler(|| {
        eprintln!(
            "interrupted; what was done stands, and the same command goes on where it stopped"
        );
        std::process::exit(INTERRUPTED);
    });
}
