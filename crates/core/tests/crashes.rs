//! What is printed of panics; a process of its own, since the hook is the process's.

use std::sync::atomic::{AtomicUsize, Ordering};

use fleetcast_core::{
    Failure, Outcome, Panel, SeriesKey, SeriesView, TimeGrid, in_parallel, keep_caught_panics_quiet,
};

static PRINTED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_caught_panic_is_in_the_failure_and_not_on_standard_error() {
    std::panic::set_hook(Box::new(|_| {
        PRINTED.fetch_add(1, Ordering::SeqCst);
    }));
    keep_caught_panics_quiet();

    let grid = TimeGrid::new("2025-01-01".parse().unwrap(), 1);
    let panel = Panel::from_rows(grid, [(SeriesKey::new("h", "cpu"), vec![7.0])]).unwrap();
    let crash = |series: SeriesView<'_>| -> Outcome {
        let empty: &[f64] = &[];
        Outcome::from(Failure::numerical(empty[series.values.len()]))
    };
    let outcomes = in_parallel(panel.view(), crash, Outcome::from);
    let failure = outcomes[0].forecast.as_ref().unwrap_err().to_string();
    assert!(
        failure.starts_with("crashed: index out of bounds: the len is 0 but the index is 1, at "),
        "{failure}"
    );
    assert!(failure.contains("crashes.rs:"), "{failure}");
    assert_eq!(PRINTED.load(Ordering::SeqCst), 0);

    // Where nobody catches it, it is printed.
    let uncaught = std::thread::spawn(|| assert_eq!(1 + 1, 3, "arithmetic")).join();
    assert!(uncaught.is_err());
    assert_eq!(PRINTED.load(Ordering::SeqCst), 1);
}
