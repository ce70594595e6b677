//! The challenger on any two series; one time in sixteen its first version.
#![no_main]

use fleetcast_ets::ChallengerKind;
use fleetcast_fuzz::Fleet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, Fleet)| {
    let (which, fleet) = input;
    let contender = if which % 16 == 15 {
        ChallengerKind::MstlEts
    } else {
        ChallengerKind::Ets
    };
    fleet.check(contender.engine().as_ref());
});
