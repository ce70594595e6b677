//! What a run came to, in a few tables.

use comfy_table::{CellAlignment, ContentArrangement, Table as TextTable, presets};
use fleetcast_store::{Error as StoreError, RunId, Store, Table};
use serde_json::{Value, json};

use crate::error::Error;
use crate::output;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::status::run_json;

/// The leaderboard in figures.
#[derive(Debug)]
struct Leaderboard {
    series: u64,
    prophet_wins: u64,
    challenger_wins: u64,
    prophet_mape: Option<f64>,
    challenger_mape: Option<f64>,
    naive_mape: Option<f64>,
    better_than_naive: u64,
    blend_mape: Option<f64>,
    /// The share of the backtest's days inside the golden models' 80 % intervals.
    coverage: Option<f64>,
    /// Series graded A, B, C and D.
    trust: [u64; 4],
}

/// Prints what the run came to, as tables or as one line of JSON.
pub(crate) fn print(settings: &Settings, store: &Store, run: RunId) -> Result<(), Error> {
    let leaderboard = leaderboard(store)?;
    let without_forecast = without_forecast(store, run)?;
    if settings.json {
        output::line(summary_json(store, run, &leaderboard, without_forecast)?);
        return Ok(());
    }
    let reporter = Reporter::new(settings.quiet);

    reporter.say("");
    let mut winners = table(&["model", "wins", "median MAPE %"]);
    let mape =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |mape| format!("{mape:.2}"));
    for (model, wins, median) in [
        (
            "prophet",
            leaderboard.prophet_wins.to_string(),
            leaderboard.prophet_mape,
        ),
        (
            "challenger",
            leaderboard.challenger_wins.to_string(),
            leaderboard.challenger_mape,
        ),
        ("blend", "-".to_owned(), leaderboard.blend_mape),
        ("seasonal naive", "-".to_owned(), leaderboard.naive_mape),
    ] {
        winners.add_row([model.to_owned(), wins, mape(median)]);
    }
    reporter.say(right_aligned(winners, 1));

    let issues = issues_by_code(store)?;
    if !issues.is_empty() {
        let mut by_code = table(&["severity", "issue", "series", "rows"]);
        for (severity, code, series, rows) in issues {
            by_code.add_row([severity, code, series.to_string(), rows.to_string()]);
        }
        reporter.say(right_aligned(by_code, 2));
    }

    if let Some(record) = store.run(run)? {
        let mut stages = table(&["stage", "rows", "seconds", "series not fitted again"]);
        for done in &record.stages {
            stages.add_row([
                done.stage.to_string(),
                done.rows.to_string(),
                format!("{:.2}", done.seconds),
                done.reused
                    .map_or_else(|| "-".to_owned(), |reused| reused.to_string()),
            ]);
        }
        reporter.say(right_aligned(stages, 1));
    }

    let golden_rows = store.count_rows(Table::Forecasts)?;
    reporter.say(format_args!(
        "{} series forecast ({golden_rows} golden rows), {} of them better than seasonal naive; \
         {without_forecast} series have none, and series_issues says why",
        leaderboard.series, leaderboard.better_than_naive,
    ));
    let [a, b, c, d] = leaderboard.trust;
    let held = leaderboard.coverage.map_or_else(
        || "never put to the test".to_owned(),
        |coverage| format!("held {:.1} % of the backtest's days", 100.0 * coverage),
    );
    reporter.say(format_args!(
        "trust: {a} series A, {b} B, {c} C, {d} D; intervals at 80 %, drawn from errors before the \
         backtest, {held}"
    ));
    let outlook = outlook_by_status(store)?;
    let of = |status: &str| {
        let found = outlook.iter().find(|(name, _)| name == status);
        found.map_or(0, |(_, series)| *series)
    };
    reporter.say(format_args!(
        "outlook: {} series are over their threshold already, {} will be within the horizon, {} will \
         not, {} have no threshold (see `cargo xtask limits`)",
        of("over"),
        of("within"),
        of("not_within_horizon"),
        of("no_limit"),
    ));
    let path = store.path().display();
    reporter.say(format_args!(
        "look next at `cargo xtask report --db {path}`, or at the tables forecasts, capacity_outlook, \
         model_leaderboard and series_issues of {path}"
    ));
    Ok(())
}

fn summary_json(
    store: &Store,
    run: RunId,
    leaderboard: &Leaderboard,
    without_forecast: u64,
) -> Result<Value, Error> {
    let mut summary = store.run(run)?.as_ref().map_or_else(|| json!({}), run_json);
    summary["leaderboard"] = json!({
        "series": leaderboard.series,
        "better_than_seasonal_naive": leaderboard.better_than_naive,
        "prophet": {"wins": leaderboard.prophet_wins, "median_mape": leaderboard.prophet_mape},
        "challenger": {"wins": leaderboard.challenger_wins, "median_mape": leaderboard.challenger_mape},
        "blend": {"median_mape": leaderboard.blend_mape},
        "seasonal_naive": {"median_mape": leaderboard.naive_mape},
    });
    let [a, b, c, d] = leaderboard.trust;
    summary["trust"] = json!({"A": a, "B": b, "C": c, "D": d});
    summary["interval_coverage"] = json!({"promised": 0.8, "found": leaderboard.coverage});
    let outlook = outlook_by_status(store)?;
    summary["outlook"] = outlook
        .into_iter()
        .map(|(status, series)| (status, json!(series)))
        .collect();
    summary["issues"] = issues_by_code(store)?
        .into_iter()
        .map(|(severity, code, series, rows)| {
            json!({"severity": severity, "code": code, "series": series, "rows": rows})
        })
        .collect();
    summary["golden_rows"] = json!(store.count_rows(Table::Forecasts)?);
    summary["series_without_forecast"] = json!(without_forecast);
    summary["database"] = json!(store.path().display().to_string());
    Ok(summary)
}

fn outlook_by_status(store: &Store) -> Result<Vec<(String, u64)>, Error> {
    let reading = StoreError::while_doing("summing up the outlook");
    let mut statement = store
        .connection()
        .prepare("SELECT status, count(*) FROM capacity_outlook GROUP BY status ORDER BY status")
        .map_err(reading)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(reading)?;
    Ok(rows.collect::<Result<_, _>>().map_err(reading)?)
}

fn leaderboard(store: &Store) -> Result<Leaderboard, Error> {
    let row = store
        .connection()
        .query_row(include_str!("../sql/summary.sql"), [], |row| {
            Ok(Leaderboard {
                series: row.get(0)?,
                prophet_wins: row.get(1)?,
                challenger_wins: row.get(2)?,
                prophet_mape: row.get(3)?,
                challenger_mape: row.get(4)?,
                naive_mape: row.get(5)?,
                better_than_naive: row.get(6)?,
                blend_mape: row.get(7)?,
                coverage: row.get(8)?,
                trust: [row.get(9)?, row.get(10)?, row.get(11)?, row.get(12)?],
            })
        })
        .map_err(StoreError::while_doing("summing up the leaderboard"))?;
    Ok(row)
}

fn without_forecast(store: &Store, run: RunId) -> Result<u64, Error> {
    let counted = store
        .connection()
        .query_row(
            include_str!("../sql/without_forecast.sql"),
            [run.get()],
            |row| row.get(0),
        )
        .map_err(StoreError::while_doing(
            "counting series without a forecast",
        ))?;
    Ok(counted)
}

fn issues_by_code(store: &Store) -> Result<Vec<(String, String, u64, u64)>, Error> {
    let reading = StoreError::while_doing("summing up the issues");
    let mut statement = store
        .connection()
        .prepare(include_str!("../sql/issues_by_code.sql"))
        .map_err(reading)?;
    let rows = statement
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .map_err(reading)?;
    Ok(rows.collect::<Result<_, _>>().map_err(reading)?)
}

/// An empty table with these headings.
pub(crate) fn table(headings: &[&str]) -> TextTable {
    let mut table = TextTable::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(headings);
    table
}

/// The table with its columns from `first` on aligned as figures are.
pub(crate) fn right_aligned(mut table: TextTable, first: usize) -> TextTable {
    for column in table.column_iter_mut().skip(first) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
