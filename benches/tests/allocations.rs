//! These tests count how often the engines ask for memory, a series of a run, so that it can only become less.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use allocation_counter::measure;
use fleetcast_benches::{Gaps, real_history};
use fleetcast_core::{
    Engine, IntervalLevel, PanelView, Refit, Split, WindowLengths, forecast_windows,
};
use fleetcast_ets::EtsEngine;
use fleetcast_prophet::{Mode, ProphetEngine};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Returns how many allocations a series takes over backtest and future, beside what series share.
fn a_series(pool: &ThreadPool, engine: &dyn Engine, gaps: Gaps) -> u64 {
    let panel = real_history(48, gaps).unwrap();
    let panel = panel.view();
    let split = Split::new(panel.grid().last(), WindowLengths::default()).unwrap();
    let level = IntervalLevel::EIGHTY_PERCENT;
    let forecast = |panel: PanelView<'_>| {
        let run = || forecast_windows(engine, panel, &split, Refit::WholeHistory, level, None);
        let made = pool.install(run).unwrap();
        assert!(made.iter().all(|one| one.future.is_ok()));
    };
    // What a thread keeps from fit to fit is there before anything is counted.
    forecast(panel);
    let count = |series| measure(|| forecast(panel.slice(0..series))).count_total;
    (count(48) - count(16)) / 32
}

#[test]
fn engines_allocate_no_more_often_than_they_did() {
    // One thread, this one: others are not counted.
    let pool = ThreadPoolBuilder::new()
        .num_threads(1)
        .use_current_thread()
        .build()
        .unwrap();
    let champion = ProphetEngine::new(Mode::Tuned);
    let challenger = EtsEngine::new();
    let engines: [(&str, &dyn Engine, [u64; 2]); 2] = [
        ("champion", &champion, [160, 230]),
        ("challenger", &challenger, [1120, 1920]),
    ];
    for (name, engine, most) in engines {
        for (gaps, most) in [Gaps::None, Gaps::OneInTwenty].into_iter().zip(most) {
            let found = a_series(&pool, engine, gaps);
            assert!(found <= most, "{name}, {gaps:?}: {found} a series");
        }
    }
}
