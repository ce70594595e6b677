//! What is printed.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something could not be written, other than to a reader that has left.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Writes a line to standard output. A reader that has left (`run-all | head`) is no reason to stop
/// a run: its results are tables.
pub(crate) fn line(text: impl Display) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{text}")
        && error.kind() != ErrorKind::BrokenPipe
    {
        FAILED.store(true, Ordering::Relaxed);
    }
}

/// Whether everything that was to be printed has been, or nobody wants it any more.
pub(crate) fn is_complete() -> bool {
    !FAILED.load(Ordering::Relaxed)
}
