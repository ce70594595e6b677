//! What a run came to, in a few tables.

use fleetcast_store::{LeaderboardSummary, RunId, Store, Table};
use serde_json::{Value, json};

use crate::changes;
use crate::error::Error;
use crate::output;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::status::run_json;
use crate::text_table::{right_aligned, table};

/// Outlooks of the past whose share says something.
const FEW_OUTLOOKS: u64 = 20;

/// Prints what the run came to, as tables or as one line of JSON.
pub(crate) fn print(settings: &Settings, store: &Store, run: RunId) -> Result<(), Error> {
    // Comparing with the last run reads the data; nobody wants to know.
    if settings.quiet && !settings.json {
        return Ok(());
    }
    let leaderboard = store.leaderboard_summary()?;
    let without_forecast = store.series_without_forecast(run)?;
    if settings.json {
        output::line(summary_json(store, run, &leaderboard, without_forecast)?);
        return Ok(());
    }
    let reporter = Reporter::new(settings.quiet);
    let changes = changes::since_the_last_run(settings, store)?;
    if output::logs_json() {
        let summary = summary_json(store, run, &leaderboard, without_forecast)?;
        reporter.tell(
            format_args!("run {run} is complete"),
            || json!({"run": run.get(), "changes": changes, "summary": summary}),
        );
        return Ok(());
    }

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
        (
            "xgboost",
            leaderboard.xgboost_wins.to_string(),
            leaderboard.xgboost_mape,
        ),
        ("blend", "-".to_owned(), leaderboard.blend_mape),
        ("seasonal naive", "-".to_owned(), leaderboard.naive_mape),
    ] {
        if model == "xgboost" && leaderboard.xgboost_mape.is_none() {
            continue;
        }
        winners.add_row([model.to_owned(), wins, mape(median)]);
    }
    if leaderboard.repetition_wins > 0 {
        let wins = leaderboard.repetition_wins.to_string();
        winners.add_row(["plain repetition".to_owned(), wins, mape(None)]);
    }
    reporter.say(right_aligned(winners, 1));

    let issues = store.issues_by_code()?;
    if !issues.is_empty() {
        let mut by_code = table(&["severity", "issue", "series", "rows"]);
        for issue in issues {
            let (series, rows) = (issue.series.to_string(), issue.rows.to_string());
            by_code.add_row([issue.severity, issue.code, series, rows]);
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
    say_outlook(reporter, store)?;
    if let Some(changes) = changes {
        reporter.say(format_args!("{changes} (`cargo xtask changes` names them)"));
    }
    let path = store.path().display();
    reporter.say(format_args!(
        "look next at `cargo xtask report --db {path}`, or at the tables forecasts, capacity_outlook, \
         model_leaderboard and series_issues of {path}"
    ));
    Ok(())
}

/// Says how many series are full by when, and what such words were worth.
fn say_outlook(reporter: Reporter, store: &Store) -> Result<(), Error> {
    let outlook = store.outlook_by_status()?;
    let of = |status: &str| {
        let found = outlook.iter().find(|(name, _)| name == status);
        found.map_or(0, |(_, series)| *series)
    };
    reporter.say(format_args!(
        "outlook: {} series are over their threshold already, {} will be within the horizon as likely as not, {} in one of \
         ten cases at least, {} hardly, {} have no threshold (see `cargo xtask limits`)",
        of("over"),
        of("within"),
        of("possible"),
        of("not_within_horizon"),
        of("no_limit"),
    ));
    if let (cases, Some(came_true)) = store.likely_outlooks()?
        && cases >= FEW_OUTLOOKS
    {
        reporter.say(format_args!(
            "of {cases} outlooks of the past that said 60 to 80 %, {:.0} % came true (outlook_calibration has the others)",
            100.0 * came_true
        ));
    }
    Ok(())
}

fn summary_json(
    store: &Store,
    run: RunId,
    leaderboard: &LeaderboardSummary,
    without_forecast: u64,
) -> Result<Value, Error> {
    let mut summary = store.run(run)?.as_ref().map_or_else(|| json!({}), run_json);
    summary["leaderboard"] = json!({
        "series": leaderboard.series,
        "better_than_seasonal_naive": leaderboard.better_than_naive,
        "prophet": {"wins": leaderboard.prophet_wins, "median_mape": leaderboard.prophet_mape},
        "challenger": {"wins": leaderboard.challenger_wins, "median_mape": leaderboard.challenger_mape},
        "xgboost": leaderboard.xgboost_mape.map(|mape| json!({"wins": leaderboard.xgboost_wins, "median_mape": mape})),
        "plain_repetition": {"wins": leaderboard.repetition_wins},
        "blend": {"median_mape": leaderboard.blend_mape},
        "seasonal_naive": {"median_mape": leaderboard.naive_mape},
    });
    let [a, b, c, d] = leaderboard.trust;
    summary["trust"] = json!({"A": a, "B": b, "C": c, "D": d});
    summary["interval_coverage"] = json!({"promised": 0.8, "found": leaderboard.coverage});
    let outlook = store.outlook_by_status()?;
    summary["outlook"] = outlook
        .into_iter()
        .map(|(status, series)| (status, json!(series)))
        .collect();
    summary["issues"] = store
        .issues_by_code()?
        .into_iter()
        .map(|issue| {
            json!({
                "severity": issue.severity,
                "code": issue.code,
                "series": issue.series,
                "rows": issue.rows,
            })
        })
        .collect();
    summary["golden_rows"] = json!(store.count_rows(Table::Forecasts)?);
    summary["series_without_forecast"] = json!(without_forecast);
    summary["database"] = json!(store.path().display().to_string());
    Ok(summary)
}
