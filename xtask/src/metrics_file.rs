//! What a run came to, for monitoring: `OpenMetrics` text, as `node_exporter`'s textfile collector reads it.

use std::fmt::Write as _;
use std::path::Path;

use fleetcast_store::{RunId, Store, Table};

use crate::error::Error;
use crate::place::{Kept, Place};
use crate::settings::Settings;

/// What the file begins with: whose it is.
const FIRST: &str = "# HELP fleetcast_run_complete";

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
    let mut text = String::new();
    for (name, help, samples) in metrics(store, run)? {
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
    let one = |value: f64| vec![(String::new(), value)];
    let record = store.run(run)?;
    let is_complete = record.as_ref().is_some_and(|run| run.status == "complete");
    let leaderboard = store.leaderboard_summary()?;
    let stages = record.as_ref().map_or(&[][..], |run| &run.stages);
    let seconds = stages.iter().map(|done| {
        let labels = format!("{{stage=\"{}\"}}", done.stage);
        (labels, done.seconds)
    });
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
    let as_of = record
        .as_ref()
        .map_or(f64::NAN, |run| 86_400.0 * f64::from(run.as_of.epoch_days()));
    Ok(vec![
        (
            "fleetcast_run_complete",
            "Whether the last run has done all its stages.",
            one(f64::from(u8::from(is_complete))),
        ),
        (
            "fleetcast_run",
            "The number of the last run.",
            one(run.get() as f64),
        ),
        (
            "fleetcast_as_of_seconds",
            "The last day of data, in seconds since 1970-01-01.",
            one(as_of),
        ),
        (
            "fleetcast_series",
            "Series of the last run.",
            one(record.as_ref().map_or(0.0, |run| run.series as f64)),
        ),
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
            "fleetcast_stage_seconds",
            "How long a stage took.",
            seconds.collect(),
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
