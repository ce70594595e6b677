//! What a run found, read back from its tables.

use std::collections::HashMap;

use fleetcast_core::{Day, Horizon, LimitSchedule, SeriesKey, Split, WindowLengths};
use fleetcast_report::{Chart, Facts, Issue, Outlook, Report, Score, Series, Standing, Status};
use fleetcast_store::{RunRecord, Store, Table};
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
    name_what_is_planned(store, facts.split.as_of(), &mut series)?;
    if let (Some(host), true) = (host, series.is_empty()) {
        return Err(Error::NoSuchHost {
            host: host.to_owned(),
            similar: store.similar_hosts(host)?.join(", "),
        });
    }
    read_scores(store, host, &mut series)?;
    read_charts(store, &facts.split, &mut series)?;
    let issues = issues(store, host)?;
    Ok(Report {
        facts,
        agenda: None,
        groupings: Vec::new(),
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
        interval_level: level.unwrap_or_else(|| settings.shop.rules.level.share()),
        sustained: sustained
            .as_ref()
            .and_then(Value::as_str)
            .map_or_else(|| settings.shop.sustained.to_string(), str::to_owned),
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
    let chosen_on = record.config["forecast"]["chosen_as_of"].as_str();
    let chosen_on = chosen_on.and_then(|day| day.parse().ok());
    Ok(Split::chosen_on(
        chosen_on.unwrap_or(record.as_of),
        record.as_of,
        lengths,
    )?)
}

/// Adds to the series' outlooks the limits that are planned for days after `as_of`.
fn name_what_is_planned(store: &Store, as_of: Day, series: &mut [Series]) -> Result<(), Error> {
    let (rules, changes) = (store.limits()?, store.capacity_changes()?);
    let mut days = rules.iter().filter_map(|rule| rule.valid_from);
    let is_planned = days.any(|day| day > as_of) || changes.iter().any(|change| change.day > as_of);
    if !is_planned {
        return Ok(());
    }
    let schedules: HashMap<SeriesKey, LimitSchedule> =
        store.limit_schedules(as_of)?.into_iter().collect();
    for one in series {
        if let (Some(outlook), Some(schedule)) = (&mut one.outlook, schedules.get(&one.key)) {
            let later = schedule.later().iter();
            outlook.planned = later
                .filter_map(|(day, limits)| Some((*day, limits.threshold?)))
                .collect();
        }
    }
    Ok(())
}

fn series(store: &Store, host: Option<&str>) -> Result<Vec<Series>, Error> {
    let found = store.series_findings(host)?.into_iter();
    Ok(found
        .map(|found| {
            let status = found.status.as_deref().and_then(status_named);
            let outlook = status.zip(found.peak).map(|(status, peak)| Outlook {
                status,
                threshold: found.threshold,
                planned: Vec::new(),
                capacity: found.capacity,
                days_left: found.days_left,
                days_left_earliest: found.days_left_earliest,
                days_left_latest: found.days_left_latest,
                p_full: found.p_full,
                p_full_by: found.p_full_by,
                urgency: found.urgency,
                growth: found.growth,
                to_order: found.to_order,
                since_days: found.since_days,
                is_percent: found.is_percent,
                recent: found.recent,
                peak,
            });
            let standing = found
                .winner
                .zip(found.decided_by)
                .map(|(winner, decided_by)| Standing {
                    golden: found.golden.unwrap_or_else(|| winner.clone()),
                    coverage: found.coverage,
                    winner,
                    decided_by,
                    trust: found.trust,
                    scores: Vec::new(),
                });
            Series {
                key: found.key,
                outlook,
                standing,
                behaviour: found.behaviour,
                chart: None,
            }
        })
        .collect())
}

/// A probability in words.
pub(crate) fn chance(probability: Option<f64>) -> String {
    match probability {
        None => "not known how likely it is".to_owned(),
        Some(p) if p < 0.05 => "less than 1 in 20".to_owned(),
        Some(p) if p > 0.95 => "more than 19 in 20".to_owned(),
        Some(p) => format!("{:.0} in 10", (10.0 * p).round().max(1.0)),
    }
}

fn status_named(name: &str) -> Option<Status> {
    match name {
        "over" => Some(Status::Over),
        "within" => Some(Status::Within),
        "possible" => Some(Status::Possible),
        "not_within_horizon" => Some(Status::NotWithinHorizon),
        "no_limit" => Some(Status::NoLimit),
        _ => None,
    }
}

fn read_scores(store: &Store, host: Option<&str>, series: &mut [Series]) -> Result<(), Error> {
    for found in store.model_scores(host)? {
        let position = series.binary_search_by(|one| one.key.cmp(&found.key));
        if let Some(standing) = position
            .ok()
            .and_then(|index| series[index].standing.as_mut())
        {
            standing.scores.push(Score {
                model: found.model,
                mape: found.mape,
                mae: found.mae,
                coverage: found.coverage,
            });
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
        let wide = store.read_wide_forecasts(&keys, split.future())?;
        let forecasts = champions
            .into_iter()
            .zip(challengers)
            .zip(golden.into_iter().zip(wide));
        for ((index, one), ((champion, challenger), (golden, wide))) in
            batch.iter_mut().enumerate().zip(forecasts)
        {
            one.chart = Some(Chart {
                history: panel.view().series(index).values.to_vec(),
                champion: champion.backtest,
                challenger: challenger.backtest,
                future: golden.future,
                future_95: wide,
            });
        }
    }
    Ok(())
}

fn issues(store: &Store, host: Option<&str>) -> Result<Vec<Issue>, Error> {
    let found = store.issues(host)?.into_iter();
    Ok(found
        .map(|found| Issue {
            key: found.key,
            severity: found.severity,
            code: found.code,
            message: found.message,
        })
        .collect())
}

/// The day so many days after the last day of data.
pub(crate) fn day_ahead(split: &Split, days: i32) -> Day {
    split.as_of().plus_days(u32::try_from(days).unwrap_or(0))
}
