//! What a run came to, for monitoring: `OpenMetrics` text, as `node_exporter`'s textfile collector reads it.

use std::fmt::Write as _;
use std::path::Path;

use fleetcast_store::{RunId, RunRecord, Store, Table};

use jiff::Timestamp;

use crate::error::Error;
use crate::place::{Kept, Place};
use crate::settings::Settings;

/// What the file begins with: whose it is.
const FIRST: &str = "# HELP fleetcast_run_complete";

/// Whether the last run came to its end.
const COMPLETE: &str = "fleetcast_run_complete";
const COMPLETE_HELP: &str = "Whether the last run has done all its stages.";

/// A metric: its name, what it is, and its samples, each with its labels.
type Metric = (&'static str, &'static str, Vec<(String, f64)>);

/// Makes sure that the metrics may be written where the settings say, if they say so.
pub(crate) fn place(settings: &Settings) -> Result<Option<Place>, Error> {
    let Some(path) = &settings.metrics else {
        return Ok(None);
    };
    let kept = Kept {
        database: Some(settings.db.clone()),
        ..Kept::default()
    };
    let is_ours =
        |path: &Path| std::fs::read_to_string(path).is_ok_and(|text| text.starts_with(FIRST));
    Place::check(path, &kept, settings.on_foreign(), is_ours).map(Some)
}

/// Writes what a run that is done came to.
pub(crate) fn write(place: &Place, store: &Store, run: RunId) -> Result<(), Error> {
    write_all(place, metrics(store, run)?)
}

/// Writes that a run has failed: what the file said before is not so any more.
pub(crate) fn write_failure(place: &Place) -> Result<(), Error> {
    let failed = vec![(COMPLETE, COMPLETE_HELP, vec![(String::new(), 0.0)])];
    write_all(place, failed)
}

fn write_all(place: &Place, metrics: Vec<Metric>) -> Result<(), Error> {
    let mut text = String::new();
    for (name, help, samples) in metrics {
        // A text in memory takes whatever is written to it.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text.push_str("# EOF\n");
    place.write_bytes(text.as_bytes())
}

fn metrics(store: &Store, run: RunId) -> Result<Vec<Metric>, Error> {
    let mut metrics = store.run(run)?.as_ref().map_or_else(Vec::new, of_run);
    metrics.extend(of_series(store, run)?);
    Ok(metrics)
}

fn one(value: f64) -> Vec<(String, f64)> {
    vec![(String::new(), value)]
}

/// What the record of a run says.
fn of_run(run: &RunRecord) -> Vec<Metric> {
    let is_complete = run.status == "complete";
    // Written as UTC, to the second.
    let finished = run.finished_at.as_deref().and_then(|text| {
        format!("{}Z", text.replace(' ', "T"))
            .parse::<Timestamp>()
            .ok()
    });
    let finished = finished.map_or(f64::NAN, |finished| finished.as_second() as f64);
    let seconds = run.stages.iter().map(|done| {
        let labels = format!("{{stage=\"{}\"}}", done.stage);
        (labels, done.seconds)
    });
    vec![
        (
            COMPLETE,
            COMPLETE_HELP,
            one(f64::from(u8::from(is_complete))),
        ),
        (
            "fleetcast_run_finished_seconds",
            "When the last run was done, in seconds since 1970-01-01: nothing newer says that none was since.",
            one(finished),
        ),
        (
            "fleetcast_run",
            "The number of the last run.",
            one(run.id.get() as f64),
        ),
        (
            "fleetcast_as_of_seconds",
            "The last day of data, in seconds since 1970-01-01.",
            one(86_400.0 * f64::from(run.as_of.epoch_days())),
        ),
        (
            "fleetcast_series",
            "Series of the last run.",
            one(run.series as f64),
        ),
        (
            "fleetcast_stage_seconds",
            "How long a stage took.",
            seconds.collect(),
        ),
    ]
}

/// What it found.
fn of_series(store: &Store, run: RunId) -> Result<Vec<Metric>, Error> {
    let leaderboard = store.leaderboard_summary()?;
    let grades = ["A", "B", "C", "D"].into_iter().zip(leaderboard.trust);
    let grades = grades.map(|(grade, series)| (format!("{{trust=\"{grade}\"}}"), series as f64));
    let outlook = store.outlook_by_status()?.into_iter();
    let outlook =
        outlook.map(|(status, series)| (format!("{{status=\"{status}\"}}"), series as f64));
    let full = store.full_within()?.into_iter();
    let full = full.map(|(days, series)| (format!("{{within_days=\"{days}\"}}"), series as f64));
    let issues = store.issues_by_code()?.into_iter().map(|issue| {
        let labels = format!(
            "{{severity=\"{}\",code=\"{}\"}}",
            issue.severity, issue.code
        );
        (labels, issue.series as f64)
    });
    Ok(vec![
        (
            "fleetcast_series_forecast",
            "Series with a golden forecast.",
            one(leaderboard.series as f64),
        ),
        (
            "fleetcast_series_without_forecast",
            "Series without a golden forecast.",
            one(store.series_without_forecast(run)? as f64),
        ),
        (
            "fleetcast_golden_rows",
            "Rows of the golden record.",
            one(store.count_rows(Table::Forecasts)? as f64),
        ),
        (
            "fleetcast_interval_coverage",
            "The share of the backtest's days inside the 80 % intervals.",
            leaderboard.coverage.map(one).unwrap_or_default(),
        ),
        (
            "fleetcast_series_by_trust",
            "Series of each grade.",
            grades.collect(),
        ),
        (
            "fleetcast_series_by_status",
            "Series of each status of the outlook.",
            outlook.collect(),
        ),
        (
            "fleetcast_series_full",
            "Series that are full within so many days, those over their threshold already among them.",
            full.collect(),
        ),
        (
            "fleetcast_series_with_issue",
            "Series that have an issue.",
            issues.collect(),
        ),
    ])
}
