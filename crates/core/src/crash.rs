//! Panics that are caught, and kept from standard error.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many calls of [`caught`] are at work. One number for all threads: a panic inside an engine's
/// own threads surfaces in the thread that waits for them.
static CATCHING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The place where this thread's last caught panic began.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps panics that become a series' [`crate::Failure::Crash`] from being printed as well: what they
/// said, and where, stands in the failure. Panics nobody catches are printed as before.
///
/// For programs that draw a progress bar; to be called once, before the first engine.
pub fn keep_caught_panics_quiet() {
    let loud = take_hook();
    set_hook(Box::new(move |panic: &PanicHookInfo<'_>| {
        if CATCHING.load(Ordering::SeqCst) == 0 {
            return loud(panic);
        }
        let place = panic.location().map(ToString::to_string);
        PLACE.with(|last| *last.borrow_mut() = place);
    }));
}

/// What `work` returns, or what it said when it panicked and, where that is known, the place.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    CATCHING.fetch_add(1, Ordering::SeqCst);
    // Nothing outlives the call but its result, so no state can be left half-changed.
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHING.fetch_sub(1, Ordering::SeqCst);
    result.map_err(|panic| {
        let text = message(panic.as_ref());
        match PLACE.with(|last| last.borrow_mut().take()) {
            Some(place) => format!("{text}, at {place}"),
            None => text,
        }
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    // A message is a cell of a table: one line.
    let words = text.unwrap_or("no message").split_whitespace();
    words.collect::<Vec<_>>().join(" ")
}
