//! The judge's rules, on tables small enough to check by hand.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::ops::Deref;

use duckdb::Connection;
use fleetcast_core::{
    Day, Forecast, Horizon, IssueCode, SeriesIssue, SeriesKey, Severity, Split, Stage,
    WindowLengths,
};
use fleetcast_judge::{Golden, Metric, PromotionMargin, Rules};
use fleetcast_pipeline::{FleetEngine, Pipeline, PipelineSettings, Unattended};
use fleetcast_store::{LastDay, RunId, RunIdentity, Segment, StageResult, Store, Table};

const AS_OF: &str = "2025-12-31";

/// A store, and a connection of its own to look at it.
struct Visible {
    store: Store,
    connection: Connection,
}

impl Visible {
    fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Deref for Visible {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

fn lengths() -> WindowLengths {
    WindowLengths {
        train_months: 4,
        backtest_months: 1,
        horizon: Horizon::new(2).unwrap(),
    }
}

fn split() -> Split {
    let as_of: Day = AS_OF.parse().unwrap();
    Split::new(as_of, lengths()).unwrap()
}

/// What an engine says of one series: constants, or nothing.
#[derive(Debug, Clone, Copy)]
struct Says {
    backtest: Option<f64>,
    future: Option<f64>,
}

const fn says(value: f64) -> Says {
    Says {
        backtest: Some(value),
        future: Some(value),
    }
}

const NOTHING: Says = Says {
    backtest: None,
    future: None,
};

/// A store with one series `h/cpu` of these values, and both engines' forecasts of it.
fn store(value_of_day: &str, prophet: Says, challenger: Says) -> (Visible, RunId) {
    let split = split();
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch(&format!(
            "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE);
             INSERT INTO processed_data
             SELECT 'h', 'cpu', DATE '{first}' + d::INTEGER, {value_of_day}
             FROM range({days}) AS days (d);",
            first = split.history().first(),
            days = split.history().len(),
        ))
        .unwrap();
    let store = Visible {
        store: Store::over(connection.try_clone().unwrap()).unwrap(),
        connection,
    };
    let run = engines_run(&store, prophet, challenger);
    (store, run)
}

/// A run of the data as it stands whose engines are done.
fn engines_run(store: &Store, prophet: Says, challenger: Says) -> RunId {
    let identity = RunIdentity {
        as_of: split().as_of(),
        config: serde_json::Value::Null,
        data_fingerprint: store.data_summary(LastDay::default()).unwrap().fingerprint,
        version: "0.0.0",
        series: 1,
    };
    let run = store.begin_run(&identity, 1).unwrap();
    for (stage, table, says) in [
        (Stage::Prophet, Table::ProphetForecasts, prophet),
        (Stage::Challenger, Table::ChallengerForecasts, challenger),
    ] {
        publish(store, run, stage, table, says);
    }
    run
}

fn publish(store: &Store, run: RunId, stage: Stage, table: Table, says: Says) {
    publish_of(store, run, &["h"], (stage, table, says));
}

fn publish_of(
    store: &Store,
    run: RunId,
    hosts: &[&str],
    (stage, table, says): (Stage, Table, Says),
) {
    let draft = store.draft(table).unwrap();
    let windows = [
        (Segment::Backtest, split().backtest(), says.backtest),
        (Segment::Future, split().future(), says.future),
    ];
    for (segment, days, value) in windows {
        let Some(value) = value else {
            continue;
        };
        let horizon = Horizon::new(days.len()).unwrap();
        let yhat = vec![value; horizon.days()];
        let bound = |distance: f64| yhat.iter().map(|yhat| yhat + distance).collect();
        let forecast = Forecast::new(days.first(), yhat.clone(), bound(-1.0), bound(1.0)).unwrap();
        for host in hosts {
            let key = SeriesKey::new(*host, "cpu");
            draft
                .append_forecasts(run, [(&key, segment, &forecast)].into_iter())
                .unwrap();
        }
    }
    let result = StageResult {
        stage,
        drafts: vec![draft],
        issues: Vec::new(),
        rows: 0,
        seconds: 0.0,
        reused: None,
        archive: None,
        models: Vec::new(),
    };
    store.publish(run, result).unwrap();
}

fn judge_by(store: &Store, run: RunId, rules: &Rules) {
    judge_with(store, run, rules, Vec::new());
}

fn judge_with(store: &Store, run: RunId, rules: &Rules, further: Vec<FleetEngine>) {
    let mut settings = PipelineSettings {
        config: serde_json::Value::Null,
        version: "0.0.0",
        further,
        ..PipelineSettings::default()
    };
    settings.shop.lengths = lengths();
    settings.shop.rules = *rules;
    settings.batches.judged = 3;
    let data = store.data_summary(LastDay::default()).unwrap();
    let as_of = split().as_of();
    let pipeline = Pipeline::new(store, &data, as_of, settings, &Unattended).unwrap();
    assert_eq!(pipeline.judge().unwrap(), run);
}

/// Judges and returns `winner`, `decided_by`, `reason` and `n_scored`.
fn verdict(store: &Visible, run: RunId, margin: f64) -> (String, String, String, u32) {
    judge_by(
        store,
        run,
        &Rules {
            margin: PromotionMargin::new(margin).unwrap(),
            ..Rules::default()
        },
    );
    store
        .connection()
        .query_row(
            "SELECT winner, decided_by, reason, n_scored FROM model_leaderboard",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap()
}

#[track_caller]
fn check(value_of_day: &str, engines: [Says; 2], margin: f64, expected: [&str; 3]) {
    let [prophet, challenger] = engines;
    let (store, run) = store(value_of_day, prophet, challenger);
    let (winner, decided_by, reason, _) = verdict(&store, run, margin);
    assert_eq!([winner.as_str(), &decided_by, &reason], expected);
}

#[test]
fn the_smaller_mape_wins() {
    check(
        "10",
        [says(11.0), says(10.5)],
        0.0,
        [
            "challenger",
            "mape",
            "challenger 50.0 % better by MAPE (5 against 10)",
        ],
    );
    check(
        "10",
        [says(9.0), says(12.0)],
        0.0,
        [
            "prophet",
            "mape",
            "prophet 50.0 % better by MAPE (10 against 20)",
        ],
    );
}

#[test]
fn ties_and_gains_within_the_margin_stay_with_the_champion() {
    check(
        "10",
        [says(11.0), says(9.0)],
        0.0,
        ["prophet", "mape", "a tie at MAPE 10; the champion stays"],
    );
    check(
        "10",
        [says(12.0), says(11.9)],
        10.0,
        [
            "prophet",
            "mape",
            "challenger 5.0 % better, within the 10 % margin; the champion stays",
        ],
    );
    check(
        "10",
        [says(12.0), says(11.0)],
        10.0,
        [
            "challenger",
            "mape",
            "challenger 50.0 % better by MAPE (10 against 20)",
        ],
    );
}

#[test]
fn idle_series_are_decided_by_wape_and_zero_ones_by_mae() {
    // Eight days of 31 have a load of 8, too few for MAPE. 2 is wrong by 8·6 + 23·2 = 94 of 64.
    check(
        "if(d % 4 = 0, 8, 0)",
        [says(2.0), says(0.0)],
        0.0,
        [
            "challenger",
            "wape",
            "challenger 31.9 % better by WAPE (100 against 146.9)",
        ],
    );
    check(
        "0",
        [says(0.5), says(0.25)],
        0.0,
        [
            "challenger",
            "mae",
            "challenger 50.0 % better by MAE (0.25 against 0.5)",
        ],
    );
    check(
        "0",
        [says(0.0), says(0.0)],
        0.0,
        ["prophet", "mae", "a tie at MAE 0; the champion stays"],
    );
}

#[test]
fn an_engine_without_a_forecast_cannot_win() {
    check(
        "10",
        [NOTHING, says(99.0)],
        0.0,
        ["challenger", "only_engine", "prophet has no forecast"],
    );
    check(
        "10",
        [says(99.0), NOTHING],
        0.0,
        ["prophet", "only_engine", "the challenger has no forecast"],
    );
    let no_future = Says {
        future: None,
        ..says(10.0)
    };
    check(
        "10",
        [no_future, says(99.0)],
        0.0,
        ["challenger", "only_engine", "prophet has no forecast"],
    );
}

#[test]
fn without_a_backtest_the_champion_stays() {
    let newborn = Says {
        backtest: None,
        ..says(10.0)
    };
    check(
        "10",
        [newborn, newborn],
        0.0,
        [
            "prophet",
            "no_backtest",
            "no backtest to decide by; the champion stays",
        ],
    );
    check(
        "10",
        [newborn, says(99.0)],
        0.0,
        [
            "challenger",
            "only_backtest",
            "only the challenger has a backtest",
        ],
    );
}

#[test]
fn one_engine_only_is_an_issue() {
    let (store, run) = store("10", NOTHING, says(10.0));
    verdict(&store, run, 0.0);
    let code: String = store
        .connection()
        .query_row(
            "SELECT code FROM series_issues WHERE stage = 'judge'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(code, IssueCode::OneEngineOnly.as_str());
}

#[test]
fn scores_stand_in_the_tables() {
    let (store, run) = store("10 + (d % 7 = 0)::INTEGER", says(10.0), says(11.0));
    let (_, _, _, n_scored) = verdict(&store, run, 0.0);
    assert_eq!(n_scored, 31);
    let mut statement = store
        .connection()
        .prepare(
            "SELECT concat_ws(' ', model, round(mape, 3), round(mae, 3), round(coverage_80, 3), n_scored, horizon_days) \
             FROM backtest_scores ORDER BY model",
        )
        .unwrap();
    let rows: Vec<String> = statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    // December is days 122 to 152; on 126, 133, 140 and 147 there is 11 where prophet says 10.
    assert_eq!(rows.len(), 4);
    assert!(rows[0].starts_with("blend "), "{}", rows[0]);
    assert_eq!(rows[2], "prophet 1.173 0.129 1.0 31 31");
    assert_eq!(rows[3], "seasonal_naive 0.0 0.0 31 31");
}

#[test]
fn days_without_a_value_are_not_scored() {
    let (store, run) = store("if(d > 130, NULL, 10)", says(11.0), says(12.0));
    let (winner, decided_by, _, n_scored) = verdict(&store, run, 0.0);
    assert_eq!((winner.as_str(), decided_by.as_str()), ("prophet", "mape"));
    let scored_days = 131 - u32::try_from(split().training().len()).unwrap();
    assert_eq!(n_scored, scored_days);
}

/// One value of the only row of a query.
#[track_caller]
fn value<T: duckdb::types::FromSql>(store: &Visible, sql: &str) -> T {
    store
        .connection()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

#[test]
fn who_won_the_last_run_holds_the_margin() {
    let (store, first_run) = store("10", says(12.0), says(11.0));
    assert_eq!(verdict(&store, first_run, 10.0).0, "challenger");
    // Other data, by which prophet is 5 % better: within the margin, the challenger stays, however
    // often we ask.
    store
        .connection()
        .execute_batch("INSERT INTO processed_data VALUES ('h', 'cpu', '2020-01-01', 10)")
        .unwrap();
    let run = engines_run(&store, says(10.95), says(11.0));
    for _ in 0..2 {
        let (winner, _, reason, _) = verdict(&store, run, 10.0);
        assert_eq!(winner, "challenger");
        assert_eq!(
            reason,
            "prophet 5.0 % better, within the 10 % margin; the challenger won the last run and stays"
        );
    }
    // Whoever asks again by another margin asks of the same incumbent.
    assert_eq!(verdict(&store, run, 1.0).0, "prophet");
    let incumbent: String = value(&store, "SELECT incumbent FROM model_leaderboard");
    assert_eq!(incumbent, "challenger");
    assert_eq!(verdict(&store, run, 10.0).0, "challenger");
}

#[test]
fn another_metric_may_decide() {
    // Eight days of 31 have a load of 80, the others of 10: 10 is right most of the time, 30 is
    // less wrong when squared.
    let days = "if(d % 4 = 0, 80, 10)";
    for (metric, winner) in [(Metric::Mape, "prophet"), (Metric::Rmse, "challenger")] {
        let (store, run) = store(days, says(10.0), says(30.0));
        judge_by(
            &store,
            run,
            &Rules {
                metric,
                ..Rules::default()
            },
        );
        let found: String = value(
            &store,
            "SELECT winner || ' ' || decided_by FROM model_leaderboard",
        );
        assert_eq!(found, format!("{winner} {metric}"));
    }
}

#[test]
fn the_blend_is_golden_where_that_is_asked_for_and_scored_anyway() {
    for (golden, model, rows) in [(Golden::Winner, "prophet", 0), (Golden::Blend, "blend", 2)] {
        let (store, run) = store("10 + d % 7", says(13.0), says(14.0));
        judge_by(
            &store,
            run,
            &Rules {
                golden,
                ..Rules::default()
            },
        );
        let found: String = value(&store, "SELECT golden FROM model_leaderboard");
        assert_eq!(found, model);
        let own: u64 = value(&store, "SELECT count(*) FROM judge_forecasts");
        assert_eq!(own, rows, "{golden}");
        let (weights, blend): (f64, bool) = (
            value(
                &store,
                "SELECT weight_prophet + weight_challenger + weight_naive_week FROM model_leaderboard",
            ),
            value(
                &store,
                "SELECT blend_mae < prophet_mae FROM model_leaderboard",
            ),
        );
        assert!((weights - 1.0).abs() < 1e-12, "{weights}");
        // Last week's same day is exactly right here, and the blend makes something of it.
        assert!(blend);
    }
}

#[test]
fn where_both_engines_failed_seasonal_naive_stands_in_and_says_so() {
    let (store, run) = store("10 + d % 7", NOTHING, NOTHING);
    let failed = SeriesIssue {
        key: SeriesKey::new("h", "cpu"),
        stage: Stage::Prophet,
        engine: Some("prophet"),
        severity: Severity::Error,
        code: IssueCode::EngineCrash,
        message: "no forecast: crashed".to_owned(),
    };
    let draft = store.draft(Table::ProphetForecasts).unwrap();
    store
        .publish(
            run,
            StageResult {
                stage: Stage::Prophet,
                drafts: vec![draft],
                issues: vec![failed],
                rows: 0,
                seconds: 0.0,
                reused: None,
                archive: None,
                models: Vec::new(),
            },
        )
        .unwrap();
    let (winner, decided_by, reason, _) = verdict(&store, run, 0.0);
    assert_eq!(
        [winner, decided_by, reason],
        [
            "seasonal_naive",
            "no_engine",
            "no engine has a forecast; seasonal naive stands in"
        ]
    );
    // The data end on day 152; the next two days repeat those of the week before.
    let stand_in: String = value(
        &store,
        "SELECT string_agg(yhat::INTEGER, ' ' ORDER BY ds) FROM judge_forecasts",
    );
    assert_eq!(stand_in, "16 10");
    let issue: String = value(
        &store,
        "SELECT severity || ' ' || code FROM series_issues WHERE stage = 'judge'",
    );
    assert_eq!(issue, "warning no_engine");
}

#[test]
fn a_series_no_engine_was_asked_about_is_not_on_the_leaderboard() {
    let (store, run) = store("10", NOTHING, NOTHING);
    judge_by(&store, run, &Rules::default());
    let rows: u64 = value(&store, "SELECT count(*) FROM model_leaderboard");
    assert_eq!(rows, 0);
}

#[test]
fn nothing_is_nan() {
    for value in ["0", "10", "if(d % 9 = 0, 1e-300, 0)", "1e99", "-5"] {
        let (store, run) = store(value, says(0.0), says(1.0));
        verdict(&store, run, 0.0);
        let nan: bool = store
            .connection()
            .query_row(
                "SELECT coalesce(bool_or(isnan(x) OR isinf(x)), false) FROM (
                     SELECT unnest([mape, wape, smape, mase, mae, rmse, bias, coverage_80, pinball]) AS x
                     FROM backtest_scores
                     UNION ALL
                     SELECT unnest([skill, error_percent, coverage_80, weight_prophet]) FROM model_leaderboard
                     UNION ALL
                     SELECT unnest(quantiles) FROM interval_calibration)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert!(!nan, "{value}");
    }
}

/// A run over these hosts, each of the same values, in which XGBoost stands beside the challenger.
fn fleet(hosts: &[&str], xgboost: Says) -> (Visible, RunId) {
    let (store, _) = store("10 + d % 3", says(11.0), says(13.0));
    for host in hosts.iter().filter(|host| **host != "h") {
        let copy = "INSERT INTO processed_data SELECT ?, resource, ds, utilization FROM processed_data WHERE host = 'h'";
        store.connection().execute(copy, [host]).unwrap();
    }
    let run = engines_run(&store, NOTHING, NOTHING);
    for (stage, table, says) in [
        (Stage::Prophet, Table::ProphetForecasts, says(9.0)),
        (Stage::Challenger, Table::ChallengerForecasts, says(14.0)),
        (Stage::Xgboost, Table::XgboostForecasts, xgboost),
    ] {
        publish_of(&store, run, hosts, (stage, table, says));
    }
    (store, run)
}

const OF_FLEET: &str = "SELECT concat_ws(' ', count(*), min(winner), max(winner), count(xgboost_mape), count(weight_xgboost),
     min(weight_xgboost) > 0.3, any_value(reason)) FROM model_leaderboard";

fn text(store: &Visible, sql: &str) -> String {
    store
        .connection()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

#[test]
fn an_engine_beside_the_challenger_wins_and_is_weighed_where_the_fleet_gains() {
    let hosts = ["h", "h1", "h2", "h3", "h4"];
    let (store, run) = fleet(&hosts, says(11.0));
    let rules = Rules {
        golden: Golden::Blend,
        ..Rules::default()
    };
    judge_with(&store, run, &rules, vec![FleetEngine::Xgboost]);
    let found = text(&store, OF_FLEET);
    assert!(
        found.starts_with("5 xgboost xgboost 5 5 true xgboost ")
            && found.contains("better by MAPE")
            && found.contains("against prophet's"),
        "{found}"
    );

    // Where it is no contender any more, nothing of it is left.
    judge_by(&store, run, &rules);
    let found = text(&store, OF_FLEET);
    assert!(
        found.starts_with("5 prophet prophet 0 0 prophet "),
        "{found}"
    );
    let left = text(&store, "SELECT count(*)::VARCHAR FROM xgboost_forecasts");
    assert_eq!(left, "0");
}

#[test]
fn an_engine_by_which_the_fleet_does_not_gain_is_scored_and_not_followed() {
    let few = fleet(&["h", "h1", "h2", "h3"], says(11.0));
    let worse = fleet(&["h", "h1", "h2", "h3", "h4"], says(30.0));
    for ((store, run), why, series) in [
        (few, "it has a backtest of 4 series, of 5 at least", 4),
        (worse, "with it the fleet's errors on the backtest are", 5),
    ] {
        judge_with(&store, run, &Rules::default(), vec![FleetEngine::Xgboost]);
        let found = text(&store, OF_FLEET);
        let expected = format!("{series} prophet prophet {series} {series} false prophet ");
        assert!(found.starts_with(&expected), "{found}");
        assert!(
            found.contains(&format!("; xgboost is not followed: {why}")),
            "{found}"
        );
    }
}
