//! The record of runs.

use super::*;

fn settings() -> RunIdentity {
    RunIdentity {
        config: json!({
            "forecast": {"horizon_days": 2},
            "prophet": {"mode": "tuned"},
            "challenger": {"engine": "ets"},
            "judge": {"metric": "mape"},
        }),
        ..identity()
    }
}

#[test]
fn a_run_is_told_from_one_of_other_data_settings_or_version() {
    type Change = fn(&mut RunIdentity);
    let store = Visible::new();
    let run = store.begin_run(&settings(), 1).unwrap();
    let found = store.newest_run().unwrap().unwrap();
    assert_eq!((found.id, &found.config), (run, &settings().config));
    assert_eq!(found.difference(&settings()), None);

    let changes: [(Change, &str); 6] = [
        (
            |it| it.data_fingerprint = "b".to_owned(),
            "the data changed",
        ),
        (|it| it.as_of = Day::MIN, "the last day was 2025-01-04"),
        (|it| it.version = "9.9.9", "the version was 0.0.0"),
        (
            |it| it.config["forecast"]["horizon_days"] = json!(3),
            "forecast.horizon_days was 2, is 3",
        ),
        (
            |it| it.config["judge"]["metric"] = json!("wape"),
            "judge.metric was mape, is wape",
        ),
        (
            |it| it.config["write"] = json!({"keep_records": 1}),
            "write.keep_records was not set, is 1",
        ),
    ];
    for (change, expected) in changes {
        let mut other = settings();
        change(&mut other);
        assert_eq!(found.difference(&other).as_deref(), Some(expected));
    }
}

#[test]
fn a_stage_joins_a_run_whose_stages_before_it_had_the_same_settings() {
    let store = Visible::new();
    let run = store.begin_run(&settings(), 1).unwrap();
    publish(&store, run, 10.0).unwrap();
    let newest = store.newest_run().unwrap().unwrap();
    let with = |section: &str, setting: &str| {
        let mut other = settings();
        other.config[section][setting] = json!("other");
        newest.difference_before(Stage::Judge, &other)
    };
    // The champion is done; the challenger is not, and the judge is what is to come.
    assert_eq!(
        with("prophet", "mode").as_deref(),
        Some("prophet.mode was tuned, is other")
    );
    assert_eq!(with("challenger", "engine"), None);
    assert_eq!(with("judge", "metric"), None);
    assert!(with("forecast", "horizon_days").is_some());
}

#[test]
fn stages_done_out_of_order_keep_their_settings_too() {
    let store = Visible::new();
    let run = store.begin_run(&settings(), 1).unwrap();
    store.publish(run, nothing_of(Stage::Challenger)).unwrap();
    let newest = store.newest_run().unwrap().unwrap();
    let mut other = settings();
    other.config["challenger"]["engine"] = json!("mstl_ets");
    // The champion would join a run whose challenger is done, and stays.
    assert_eq!(
        newest.difference_before(Stage::Prophet, &other).as_deref(),
        Some("challenger.engine was ets, is mstl_ets")
    );
    assert_eq!(newest.difference_before(Stage::Challenger, &other), None);
}

#[test]
fn a_stage_taken_up_and_what_was_made_from_it_count_as_not_done() {
    let store = Visible::new();
    let run = store.begin_run(&settings(), 1).unwrap();
    for stage in RUN_STAGES {
        store.publish(run, nothing_of(stage)).unwrap();
    }
    store.end_run(run, RunStatus::Complete, 2).unwrap();
    let newest = store.newest_run().unwrap().unwrap();
    assert!(!newest.is_unfinished());
    store
        .take_up_run(&newest, Stage::Judge, &json!({"judge": 2}))
        .unwrap();
    let newest = store.newest_run().unwrap().unwrap();
    assert!(newest.is_unfinished());
    assert_eq!(newest.config, json!({"judge": 2}));
    let done: Vec<Stage> = newest.stages.iter().map(|done| done.stage).collect();
    assert_eq!(done, [Stage::Prophet, Stage::Challenger, Stage::Xgboost]);
}
