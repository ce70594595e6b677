//! Engines that fail on one series, from the data to the golden record.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test, a panic is a failed test, or what is tested"
)]

use duckdb::Connection;
use fleetcast_core::{
    Engine, Failure, Horizon, IntervalLevel, Outcome, PanelView, SeriesKey, SeriesView,
    WindowLengths, in_parallel, keep_caught_panics_quiet,
};
use fleetcast_pipeline::{Pipeline, PipelineSettings, Unattended};
use fleetcast_store::{LastDay, Store};

/// How an engine goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wrong {
    /// It panics on the series.
    Crash,
    /// It panics before it comes to single series, wherever the series is in the panel.
    CrashOfAll,
    /// The arithmetic fails.
    Numbers,
}

/// Forecasts a constant, and goes wrong on some hosts.
#[derive(Debug)]
struct Fallible {
    name: &'static str,
    constant: f64,
    wrong: &'static [(&'static str, Wrong)],
}

impl Fallible {
    fn wrong_on(&self, key: &SeriesKey) -> Option<Wrong> {
        let found = self.wrong.iter().find(|(host, _)| *host == key.host());
        found.map(|(_, wrong)| *wrong)
    }
}

impl Engine for Fallible {
    fn name(&self) -> &'static str {
        self.name
    }

    fn forecast(&self, panel: PanelView<'_>, horizon: Horizon, _: IntervalLevel) -> Vec<Outcome> {
        let mut keys = panel.keys().iter();
        let crash = keys.find(|key| self.wrong_on(key) == Some(Wrong::CrashOfAll));
        assert!(crash.is_none(), "no design for {}", crash.unwrap());
        let forecast = |series: SeriesView<'_>| match self.wrong_on(series.key) {
            Some(Wrong::Crash) => panic!("index out of bounds"),
            Some(_) => Failure::numerical("no likelihood").into(),
            None => {
                let yhat = vec![self.constant; horizon.days()];
                let moved = |by: f64| yhat.iter().map(|yhat| yhat + by).collect();
                let first = series.grid.last().plus_days(1);
                let forecast =
                    fleetcast_core::Forecast::new(first, yhat.clone(), moved(-1.0), moved(1.0));
                Outcome::of(forecast.unwrap())
            }
        };
        in_parallel(panel, forecast, Outcome::from)
    }
}

fn text(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn what_an_engine_fails_on_is_an_issue_and_the_other_ones_forecast_stands() {
    keep_caught_panics_quiet();
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE processed_data AS
             SELECT 'h' || h AS host, 'cpu' AS resource, DATE '2025-12-31' - d::INTEGER AS ds,
                    (50 + d % 7)::DOUBLE AS utilization
             FROM range(6) AS hosts (h), range(300) AS days (d)",
        )
        .unwrap();
    let champion = Fallible {
        name: "prophet",
        constant: 53.0,
        wrong: &[
            ("h1", Wrong::Crash),
            ("h2", Wrong::CrashOfAll),
            ("h3", Wrong::Numbers),
            ("h4", Wrong::Crash),
        ],
    };
    let challenger = Fallible {
        name: "challenger",
        constant: 60.0,
        wrong: &[("h4", Wrong::CrashOfAll), ("h5", Wrong::Crash)],
    };
    let store = Store::over(connection.try_clone().unwrap()).unwrap();
    run(&store, champion, challenger);

    // Whose forecast is golden, and how many days of it there are.
    let golden = text(
        &connection,
        "SELECT host || ' ' || any_value(model) || ' ' || count(*) || ' ' || count(DISTINCT model)
         FROM forecasts GROUP BY host ORDER BY host",
    );
    assert_eq!(
        golden,
        [
            "h0 prophet 20 1",
            "h1 challenger 20 1",
            "h2 challenger 20 1",
            "h3 challenger 20 1",
            "h4 seasonal_naive 20 1",
            "h5 prophet 20 1",
        ]
    );
    let reasons = text(
        &connection,
        "SELECT host || ' ' || decided_by || ': ' || reason FROM model_leaderboard ORDER BY host",
    );
    for (reason, expected) in reasons.iter().skip(1).zip([
        "h1 only_engine: prophet has no forecast",
        "h2 only_engine: prophet has no forecast",
        "h3 only_engine: prophet has no forecast",
        "h4 no_engine: ",
        "h5 only_engine: the challenger has no forecast",
    ]) {
        assert!(reason.starts_with(expected), "{reason}");
    }
    let issues = text(
        &connection,
        "SELECT concat_ws(' ', host, stage, engine, severity, code) FROM series_issues
         WHERE stage <> 'write' ORDER BY ALL",
    );
    assert_eq!(
        issues,
        [
            "h1 judge warning one_engine_only",
            "h1 prophet prophet error engine_crash",
            "h2 judge warning one_engine_only",
            "h2 prophet prophet error engine_crash",
            "h3 judge warning one_engine_only",
            "h3 prophet prophet error numerical_failure",
            "h4 challenger challenger error engine_crash",
            "h4 judge warning no_engine",
            "h4 prophet prophet error engine_crash",
            "h5 challenger challenger error engine_crash",
            "h5 judge warning one_engine_only",
        ]
    );
    let said = text(
        &connection,
        "SELECT message FROM series_issues WHERE engine = 'prophet' ORDER BY host",
    );
    let begins = [
        "no forecast: crashed: index out of bounds, at ",
        "no forecast: crashed: no design for h2/cpu, at ",
        "no forecast: no likelihood",
        "no forecast: crashed: index out of bounds, at ",
    ];
    for (said, begin) in said.iter().zip(begins) {
        assert!(said.starts_with(begin), "{said}");
    }
}

/// All four stages.
fn run(store: &Store, champion: Fallible, challenger: Fallible) {
    let mut settings = PipelineSettings::default();
    settings.shop.lengths = WindowLengths {
        train_months: 6,
        backtest_months: 2,
        horizon: Horizon::new(20).unwrap(),
    };
    settings.batches.judged = 3;
    settings.batches.held = 4;
    let data = store.data_summary(LastDay::default()).unwrap();
    let pipeline = Pipeline::new(store, &data, data.last_day, settings, &Unattended).unwrap();
    pipeline
        .with_engines(champion, challenger)
        .run_all()
        .unwrap();
}
