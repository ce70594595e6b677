//! All four stages over whatever stands in `processed_data`.
#![no_main]

use arbitrary::Arbitrary;
use fleetcast_core::{Day, SeriesKey};
use fleetcast_fuzz::database::{fill, memory, run, windows};
use fleetcast_fuzz::{Name, Recipe};
use fleetcast_judge::Golden;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
enum LastDay {
    LeapDay,
    Beginning(u16),
    End(u8),
    Any(u16),
    Stray(i32),
}

#[derive(Debug, Arbitrary)]
struct Input {
    last: LastDay,
    lengths: [u8; 3],
    days: u16,
    blend: bool,
    repeat: u8,
    series: Vec<(Name, Name, Recipe)>,
    limits: Option<(f64, f64)>,
}

fuzz_target!(|input: Input| {
    let last = match input.last {
        LastDay::LeapDay => 19_782,
        LastDay::Beginning(days) => Day::MIN.epoch_days() + i32::from(days),
        LastDay::End(days) => Day::MAX.epoch_days() - i32::from(days),
        LastDay::Any(days) => i32::from(days),
        // Days no calendar has, too: infinity is one.
        LastDay::Stray(day) => day,
    };
    let days = usize::from(input.days % 500) + 1;
    let mut rows = Vec::new();
    for (host, resource, recipe) in input.series.iter().take(5) {
        let key = SeriesKey::new(host.text(), resource.text());
        for (day, value) in recipe.rows(days).into_iter().enumerate() {
            let day = last.saturating_sub_unsigned((days - 1 - day) as u32);
            rows.push((key.clone(), day, value));
            if input.repeat > 0 && day % i32::from(input.repeat) == 0 {
                rows.push((key.clone(), day, value.map(|value| -value)));
            }
        }
    }
    let store = memory();
    fill(&store.connection, &rows);
    if let Some((floor, capacity)) = input.limits {
        let limits = fleetcast_core::LimitRule {
            resource: input
                .series
                .first()
                .map(|(_, resource, _)| resource.text())
                .unwrap_or_default(),
            floor: Some(floor),
            capacity: Some(capacity),
            ..fleetcast_core::LimitRule::default()
        };
        let _ = store.set_limits(&[limits], fleetcast_store::BeyondObserved::Allow);
    }
    let golden = if input.blend {
        Golden::Blend
    } else {
        Golden::Winner
    };
    let [train, backtest, horizon] = input.lengths;
    let _ = run(&store, windows(train, backtest, horizon), golden);
});
