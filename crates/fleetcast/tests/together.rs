//! Backtest and future are asked of an engine together, and are what they are when each is asked alone, where levels shift, growth
//! begins and days are missing as well.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use fleetcast::{Day, Panel, SeriesKey, TimeGrid};
use fleetcast_core::{
    Engine, Horizon, IntervalLevel, Outcome, PanelView, Refit, SeriesRegimes, Split, WindowLengths,
    forecast_windows,
};
use fleetcast_ets::EtsEngine;
use fleetcast_prophet::ProphetEngine;
use fleetcast_regimes::RegimeDetector;

/// An engine that is asked window by window.
#[derive(Debug)]
struct Alone(Box<dyn Engine>);

impl Engine for Alone {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        self.0.forecast(panel, horizon, level)
    }
}

fn unrest(seed: usize, day: usize) -> f64 {
    let part = |a: usize, b: usize, m: usize| ((day * a + seed * b) % m) as f64 / m as f64;
    part(7919, 104_729, 1009) + part(6007, 7717, 997) - 1.0
}

/// A panel of series that step, that grow, that have gaps and weekdays without a value.
fn panel(grid: TimeGrid) -> Panel {
    let days = grid.len();
    let from_end = |age: usize, day: usize| day + age >= days;
    let value = |row: usize, day: usize| {
        let steady = 50.0 + unrest(row, day) + 2.0 * f64::from(u8::from(day % 7 < 5));
        match row {
            0..5 => steady + 20.0 * f64::from(u8::from(from_end(30 + 97 * row, day))),
            5 => steady / if from_end(150, day) { 2.0 } else { 1.0 },
            6 => steady + 0.2 * (day + 90).saturating_sub(days) as f64,
            7 if (400..450).contains(&day) => f64::NAN,
            8 if day % 7 == 3 && day < days - 60 => f64::NAN,
            _ => steady,
        }
    };
    let rows = (0..11).map(|row| {
        let values = (0..days).map(|day| value(row, day)).collect();
        (SeriesKey::new(format!("h{row:02}"), "cpu"), values)
    });
    Panel::from_rows(grid, rows).unwrap()
}

#[test]
fn windows_asked_together_are_what_each_is_alone() {
    // The last four months have 122, 121 and 123 days.
    for as_of in ["2025-12-31", "2026-03-30", "2025-11-15"] {
        let as_of: Day = as_of.parse().unwrap();
        let split = Split::new(as_of, WindowLengths::default()).unwrap();
        let panel = panel(split.history());
        let detector = RegimeDetector::default();
        let regimes = SeriesRegimes::of_all(panel.view(), &detector);
        let shifted = (0..11).filter(|row| regimes[*row].at(split.history().len()).is_some());
        assert!(shifted.count() > 4);
        let ask = |engine: &dyn Engine| {
            let level = IntervalLevel::EIGHTY_PERCENT;
            let (panel, refit) = (panel.view(), Refit::WholeHistory);
            forecast_windows(engine, panel, &split, refit, level, Some(&regimes)).unwrap()
        };
        let engines: [fn() -> Box<dyn Engine>; 2] = [
            || Box::new(ProphetEngine::default()),
            || Box::new(EtsEngine::new()),
        ];
        for make in engines {
            let (together, alone) = (ask(&*make()), ask(&Alone(make())));
            for (row, (together, alone)) in together.iter().zip(&alone).enumerate() {
                assert_eq!(together, alone, "{as_of}, {}, row {row}", make().name());
                assert!(together.future.is_ok());
            }
        }
    }
}
