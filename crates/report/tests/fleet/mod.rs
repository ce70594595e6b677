//! A made-up fleet to report on.

use fleetcast_core::{Forecast, SeriesKey, Split, WindowLengths};
use fleetcast_report::{
    Agenda, Chart, Facts, Issue, News, Outlook, Report, Score, Series, Standing, Status, Task,
};

/// A report on every resource of these hosts, each with its own slope.
pub(crate) fn report_of(hosts: &[&str], resources: &[&str]) -> Report {
    let split = Split::new("2025-12-31".parse().unwrap(), WindowLengths::default()).unwrap();
    let mut series = Vec::new();
    let mut issues = Vec::new();
    for (number, host) in hosts.iter().enumerate() {
        for (index, resource) in resources.iter().enumerate() {
            let key = SeriesKey::new(*host, *resource);
            if index == 0 {
                issues.push(Issue {
                    key: key.clone(),
                    severity: "warning".to_owned(),
                    code: "duplicate_day".to_owned(),
                    message: format!("a day of {host} occurs twice"),
                });
            }
            series.push(one(key, number + index, &split));
        }
    }
    Report {
        agenda: Some(agenda(&series, &split)),
        facts: Facts {
            database: "fleet.duckdb".to_owned(),
            started_at: "2026-01-01 04:00:00".to_owned(),
            version: "0.0.0".to_owned(),
            ..Facts::of_run(7, split)
        },
        groupings: Vec::new(),
        series,
        issues,
    }
}

/// Lists with a task each, more in the one of what has to be done than are shown at first.
fn agenda(series: &[Series], split: &Split) -> Agenda {
    let task = |number: usize, one: &Series| Task {
        key: one.key.clone(),
        is_over: number == 0,
        p_lead: Some(0.9 - 0.01 * number as f64),
        full_on: [
            Some(split.as_of().plus_days(5)),
            Some(split.as_of().plus_days(20)),
            None,
        ],
        growth: Some(1.25),
        to_order: Some(12.5),
        is_percent: true,
        since: Some(split.as_of().minus_days(10)),
        trust: Some("B".to_owned()),
        doubt: (number == 1).then(|| "level rose from 32 to 70 on 2025-11-09".to_owned()),
    };
    let tasks: Vec<Task> = series
        .iter()
        .enumerate()
        .map(|(number, one)| task(number, one))
        .collect();
    Agenda {
        lead_time: 45,
        look: tasks.get(1).cloned().into_iter().collect(),
        plateaus: tasks.first().cloned().into_iter().collect(),
        acknowledged: 2,
        since: Some((6, split.as_of().minus_days(7))),
        news: series
            .iter()
            .take(1)
            .map(|one| News {
                host: one.key.host().to_owned(),
                resource: one.key.resource().to_owned(),
                what: "day moved".to_owned(),
                now: "full on 2026-02-01".to_owned(),
                before: "full on 2026-03-01".to_owned(),
            })
            .collect(),
        act: tasks,
    }
}

fn one(key: SeriesKey, number: usize, split: &Split) -> Series {
    let days = split.history().len();
    let from = 20.0 + (number % 5) as f64 * 15.0;
    let value = |day: usize| from + 10.0 * day as f64 / days as f64 + (day % 7) as f64;
    let forecast = |first: usize, length: usize, margin: f64| {
        let yhat: Vec<f64> = (first..first + length).map(value).collect();
        let lower = yhat.iter().map(|yhat| yhat - margin).collect();
        let upper = yhat.iter().map(|yhat| yhat + margin).collect();
        (yhat, lower, upper)
    };
    let backtest = split.backtest();
    let (yhat, lower, upper) = forecast(days - backtest.len() + 1, backtest.len(), 2.0);
    let champion = Forecast::new(backtest.first(), yhat, lower, upper).unwrap();
    let future = split.future();
    let (yhat, lower, upper) = forecast(days, future.len(), 4.0);
    let peak = yhat.iter().copied().fold(f64::MIN, f64::max);
    let (_, lower_95, upper_95) = forecast(days, future.len(), 7.0);
    let future_95 = Forecast::new(future.first(), yhat.clone(), lower_95, upper_95).unwrap();
    let future = Forecast::new(future.first(), yhat, lower, upper).unwrap();
    let (status, days_left) = match number % 5 {
        4 => (Status::Over, Some(0)),
        3 => (Status::Within, Some(90)),
        _ => (Status::NotWithinHorizon, None),
    };
    let score = |model: &str, error: f64| Score {
        model: model.to_owned(),
        mape: Some(error),
        mae: Some(error),
        coverage: Some(0.83),
    };
    Series {
        outlook: Some(Outlook {
            status,
            threshold: Some(80.0),
            planned: Vec::new(),
            capacity: Some(100.0),
            days_left,
            days_left_earliest: days_left.map(|days| days / 2),
            days_left_latest: None,
            p_full: Some(if days_left.is_some() { 0.8 } else { 0.03 }),
            p_full_by: [Some(0.1), Some(0.2), Some(0.4)],
            urgency: days_left.map(|days| 1.0 / f64::from(days + 1)),
            growth: None,
            to_order: None,
            since_days: None,
            is_percent: true,
            recent: Some(value(days - 1)),
            peak,
        }),
        standing: Some(Standing {
            winner: "prophet".to_owned(),
            golden: "prophet".to_owned(),
            coverage: Some(0.83),
            decided_by: "mape".to_owned(),
            trust: number.is_multiple_of(2).then(|| "B".to_owned()),
            scores: vec![
                score("challenger", 3.25),
                score("prophet", 1.0 + number as f64 / 100.0),
                score("seasonal_naive", 5.5),
            ],
        }),
        behaviour: None,
        chart: Some(Chart {
            history: (0..days).map(value).collect(),
            challenger: Some(champion.clone()),
            champion: Some(champion),
            future: Some(future),
            future_95: Some(future_95),
        }),
        key,
    }
}
