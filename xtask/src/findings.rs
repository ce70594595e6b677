//! What a run found, read back from its tables.

use duckdb::params;
use fleetcast_core::{Day, Horizon, SeriesKey, Split, WindowLengths};
use fleetcast_report::{Chart, Facts, Issue, Outlook, Report, Score, Series, Standing, Status};
use fleetcast_store::{Error as StoreError, RunRecord, Store, Table};
use serde_json::Value;

use crate::error::Error;
use crate::settings::Settings;

/// Series whose values are read at a time.
const BATCH: usize = 2048;

/// Everything about the run whose golden record stands in the store: of all hosts, or of one.
pub(crate) fn read(
    settings: &Settings,
    store: &Store,
    host: Option<&str>,
) -> Result<Report, Error> {
    store.check_input()?;
    let facts = facts(settings, store)?;
    let mut series = series(store, host)?;
    if let (Some(host), true) = (host, series.is_empty()) {
        return Err(Error::NoSuchHost {
            host: host.to_owned(),
            similar: similar_hosts(store, host)?,
        });
    }
    read_scores(store, host, &mut series)?;
    read_charts(store, &facts.split, &mut series)?;
    let issues = issues(store, host)?;
    Ok(Report {
        facts,
        series,
        issues,
    })
}

fn facts(settings: &Settings, store: &Store) -> Result<Facts, Error> {
    let no_run = || {
        Error::OutOfOrder(format!(
            "no forecast stands in {db}; run `cargo xtask run-all --db {db}` first",
            db = store.path().display()
        ))
    };
    let run = store.run_in(Table::Forecasts)?.ok_or_else(no_run)?;
    let record = store.run(run)?.ok_or_else(no_run)?;
    let split = split_of(&record)?;
    let of_config = |section: &str, name: &str| {
        let section = record.config.get(section);
        section.and_then(|section| section.get(name)).cloned()
    };
    let sustained = of_config("outlook", "sustained");
    let level = of_config("forecast", "interval_level")
        .as_ref()
        .and_then(Value::as_f64);
    Ok(Facts {
        database: store.path().display().to_string(),
        started_at: record.started_at.clone(),
        version: record.version.clone(),
        interval_level: level.unwrap_or_else(|| settings.level.share()),
        sustained: sustained
            .as_ref()
            .and_then(Value::as_str)
            .map_or_else(|| settings.sustained.to_string(), str::to_owned),
        data_fingerprint: record.data_fingerprint.clone(),
        config: record.config.to_string(),
        stages: record
            .stages
            .iter()
            .map(|done| (done.stage.to_string(), done.rows, done.seconds))
            .collect(),
        ..Facts::of_run(run.get(), split)
    })
}

/// The windows a run had, by its settings.
fn split_of(record: &RunRecord) -> Result<Split, Error> {
    let number = |name: &str| {
        let settings = record.config.get("forecast");
        settings.and_then(|settings| settings.get(name)?.as_u64())
    };
    let missing = |name: &str| {
        Error::Setting(format!(
            "the settings of run {} do not say {name}; run `cargo xtask run-all` again",
            record.id
        ))
    };
    let months = |name: &str| {
        let months = number(name).and_then(|months| u32::try_from(months).ok());
        months.ok_or_else(|| missing(name))
    };
    let horizon = number("horizon_days")
        .and_then(|days| Horizon::new(usize::try_from(days).ok()?).ok())
        .ok_or_else(|| missing("horizon_days"))?;
    let lengths = WindowLengths {
        train_months: months("train_months")?,
        backtest_months: months("backtest_months")?,
        horizon,
    };
    Ok(Split::new(record.as_of, lengths)?)
}

fn series(store: &Store, host: Option<&str>) -> Result<Vec<Series>, Error> {
    let reading = StoreError::while_doing("reading the outlook");
    // Labels belong to demo fleets.
    let behaviour = if store.has_table(Table::DemoLabels.as_str())? {
        "(SELECT any_value(behaviour) FROM demo_labels AS d WHERE d.host = s.host AND d.resource = s.resource)"
    } else {
        "NULL::VARCHAR"
    };
    let sql = include_str!("../sql/report_series.sql").replace("{behaviour}", behaviour);
    let mut statement = store.connection().prepare(&sql).map_err(reading)?;
    let rows = statement
        .query_map(params![host], |row| {
            let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            let status: Option<String> = row.get(2)?;
            let peak: Option<f64> = row.get(8)?;
            let outlook = match (status.as_deref().and_then(status_named), peak) {
                (Some(status), Some(peak)) => Some(Outlook {
                    status,
                    threshold: row.get(3)?,
                    capacity: row.get(4)?,
                    days_left: row.get(5)?,
                    days_left_earliest: row.get(6)?,
                    recent: row.get(7)?,
                    peak,
                }),
                _ => None,
            };
            let winner: Option<String> = row.get(9)?;
            let decided_by: Option<String> = row.get(10)?;
            let (trust, golden): (Option<String>, Option<String>) = (row.get(11)?, row.get(13)?);
            let coverage = row.get(14)?;
            Ok(Series {
                key,
                outlook,
                standing: winner.zip(decided_by).map(|(winner, decided_by)| Standing {
                    golden: golden.unwrap_or_else(|| winner.clone()),
                    coverage,
                    winner,
                    decided_by,
                    trust,
                    scores: Vec::new(),
                }),
                behaviour: row.get(12)?,
                chart: None,
            })
        })
        .map_err(reading)?;
    Ok(rows.collect::<Result<_, _>>().map_err(reading)?)
}

fn status_named(name: &str) -> Option<Status> {
    match name {
        "over" => Some(Status::Over),
        "within" => Some(Status::Within),
        "not_within_horizon" => Some(Status::NotWithinHorizon),
        "no_limit" => Some(Status::NoLimit),
        _ => None,
    }
}

fn read_scores(store: &Store, host: Option<&str>, series: &mut [Series]) -> Result<(), Error> {
    let reading = StoreError::while_doing("reading the scores");
    let mut statement = store
        .connection()
        .prepare(include_str!("../sql/report_scores.sql"))
        .map_err(reading)?;
    let rows = statement
        .query_map(params![host], |row| {
            let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            let score = Score {
                model: row.get(2)?,
                mape: row.get(3)?,
                mae: row.get(4)?,
                coverage: row.get(5)?,
            };
            Ok((key, score))
        })
        .map_err(reading)?;
    for row in rows {
        let (key, score) = row.map_err(reading)?;
        let position = series.binary_search_by(|one| one.key.cmp(&key));
        if let Some(standing) = position
            .ok()
            .and_then(|index| series[index].standing.as_mut())
        {
            standing.scores.push(score);
        }
    }
    Ok(())
}

fn read_charts(store: &Store, split: &Split, series: &mut [Series]) -> Result<(), Error> {
    for batch in series.chunks_mut(BATCH) {
        let keys: Vec<SeriesKey> = batch.iter().map(|one| one.key.clone()).collect();
        let (panel, _) = store.read_panel(&keys, split.history())?;
        let champions = store.read_forecasts(Table::ProphetForecasts, &keys, split)?;
        let challengers = store.read_forecasts(Table::ChallengerForecasts, &keys, split)?;
        let golden = store.read_forecasts(Table::Forecasts, &keys, split)?;
        let forecasts = champions.into_iter().zip(challengers).zip(golden);
        for ((index, one), ((champion, challenger), golden)) in
            batch.iter_mut().enumerate().zip(forecasts)
        {
            one.chart = Some(Chart {
                history: panel.view().series(index).values.to_vec(),
                champion: champion.backtest,
                challenger: challenger.backtest,
                future: golden.future,
            });
        }
    }
    Ok(())
}

fn issues(store: &Store, host: Option<&str>) -> Result<Vec<Issue>, Error> {
    let reading = StoreError::while_doing("reading the issues");
    let mut statement = store
        .connection()
        .prepare(include_str!("../sql/report_issues.sql"))
        .map_err(reading)?;
    let rows = statement
        .query_map(params![host], |row| {
            Ok(Issue {
                key: SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?),
                severity: row.get(2)?,
                code: row.get(3)?,
                message: row.get(4)?,
            })
        })
        .map_err(reading)?;
    Ok(rows.collect::<Result<_, _>>().map_err(reading)?)
}

/// Hosts whose names come nearest.
fn similar_hosts(store: &Store, host: &str) -> Result<String, Error> {
    let reading = StoreError::while_doing("looking for the host");
    let mut statement = store
        .connection()
        .prepare(
            "SELECT host FROM (SELECT DISTINCT host::VARCHAR AS host FROM processed_data WHERE host IS NOT NULL) \
             ORDER BY jaro_winkler_similarity(host, ?) DESC, host LIMIT 3",
        )
        .map_err(reading)?;
    let names = statement
        .query_map([host], |row| row.get::<_, String>(0))
        .map_err(reading)?;
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(reading)?;
    Ok(names.join(", "))
}

/// The day so many days after the last day of data.
pub(crate) fn day_ahead(split: &Split, days: i32) -> Day {
    split.as_of().plus_days(u32::try_from(days).unwrap_or(0))
}
