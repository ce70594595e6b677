//! The champion, in both of its modes, on any two series.
#![no_main]

use fleetcast_fuzz::Fleet;
use fleetcast_prophet::{Mode, ProphetEngine};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (bool, Fleet)| {
    let (tuned, fleet) = input;
    let mode = if tuned { Mode::Tuned } else { Mode::Exact };
    fleet.check(&ProphetEngine::new(mode));
});
