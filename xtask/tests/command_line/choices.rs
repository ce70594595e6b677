//! Settings and winners that are chosen once in some days, and kept in between.

use super::*;

const DB: &str = "fleet.duckdb";
const RUN: &str = "run-all --quiet --train-months 8 --horizon-days 20";
const EVERY: &str = "--select-every 30";

fn one(desk: &Desk, sql: &str) -> String {
    desk.query(DB, sql).remove(0)
}

/// The day by whose data the newest run was chosen, and how many series each engine forecast wholly as before.
fn chosen(desk: &Desk) -> String {
    one(
        desk,
        "SELECT concat_ws(' ', json_extract_string(config, '$.forecast.chosen_as_of'), prophet_reused, challenger_reused)
         FROM runs ORDER BY run_id DESC LIMIT 1",
    )
}

/// What stands in the tables that a choice is made by, and that it makes.
fn past(desk: &Desk) -> Vec<String> {
    let hash = |table: &str, columns: &str, which: &str| {
        one(
            desk,
            &format!(
                "SELECT sum(hash({columns}))::VARCHAR || ' ' || count(*) FROM {table} WHERE {which}"
            ),
        )
    };
    let days = "host, resource, ds, yhat, yhat_lower, yhat_upper";
    let mut all = Vec::new();
    for engine in ["prophet", "challenger"] {
        all.push(hash(
            &format!("{engine}_forecasts"),
            days,
            "segment = 'backtest'",
        ));
        all.push(hash(
            &format!("{engine}_inner_forecasts"),
            "host, resource, origin, yhat",
            "true",
        ));
        all.push(hash(
            &format!("{engine}_inputs"),
            "host, resource, chosen_by, choice",
            "choice IS NOT NULL",
        ));
    }
    all.push(hash(
        "backtest_scores",
        "host, resource, model, origin, mape, mae",
        "true",
    ));
    all.push(hash(
        "model_leaderboard",
        "host, resource, winner, golden, prophet_mape",
        "true",
    ));
    all
}

#[test]
fn what_was_chosen_is_kept_for_some_days_and_fitted_anew_to_each() {
    let desk = Desk::new();
    desk.ok("demo --hosts 4 --months 14");
    desk.ok(&format!("{RUN} --as-of 2025-11-30"));
    let plain = desk.contents(DB);
    desk.ok(&format!("{RUN} --as-of 2025-11-30 {EVERY} --fresh"));
    assert_eq!(chosen(&desk), "2025-11-30 0 0");
    let on_the_day = past(&desk);
    // On the day of the choice nothing is another but that it is kept.
    desk.sql(DB, "UPDATE prophet_inputs SET chosen_by = NULL, choice = NULL; UPDATE challenger_inputs SET chosen_by = NULL, choice = NULL");
    let inputs = |contents: &[String]| -> Vec<String> {
        let others = contents.iter().filter(|line| !line.contains("_inputs"));
        others.cloned().collect()
    };
    assert_eq!(inputs(&desk.contents(DB)), inputs(&plain));
    desk.ok(&format!("{RUN} --as-of 2025-11-30 {EVERY} --fresh"));

    for as_of in ["2025-12-01", "2025-12-29"] {
        desk.ok(&format!("{RUN} --as-of {as_of} {EVERY}"));
        assert_eq!(chosen(&desk), "2025-11-30 0 0", "{as_of}");
        assert_eq!(past(&desk), on_the_day, "{as_of}");
        let days = "SELECT concat_ws(' ', min(ds), max(trained_through)) FROM forecasts";
        let next = one(&desk, &format!("SELECT (DATE '{as_of}' + 1)::VARCHAR"));
        assert_eq!(one(&desk, days), format!("{next} {as_of}"));
        // The same from nothing, by the recorded day alone.
        let kept = desk.contents(DB);
        desk.ok(&format!("{RUN} --as-of {as_of} {EVERY} --fresh"));
        assert_eq!(chosen(&desk), "2025-11-30 0 0", "{as_of}");
        assert_eq!(desk.contents(DB), kept, "{as_of}");
    }
    let shown = desk.ok("show web-0001");
    assert!(shown.contains("2025-12-29"), "{shown}");
    // Asked the same once more, nothing is fitted at all.
    desk.ok(&format!("{RUN} --as-of 2025-12-29 {EVERY}"));
    let asked = one(&desk, "SELECT count(*)::VARCHAR FROM prophet_inputs");
    assert_eq!(chosen(&desk), format!("2025-11-30 {asked} {asked}"));
    // After 30 days, and where settings are others, it is chosen anew.
    desk.ok(&format!("{RUN} --as-of 2025-12-30 {EVERY}"));
    assert_eq!(chosen(&desk), "2025-12-30 0 0");
    desk.ok(&format!("{RUN} --as-of 2025-12-31 {EVERY} --regimes off"));
    assert_eq!(chosen(&desk), "2025-12-31 0 0");
}

#[test]
fn values_that_changed_before_the_choice_are_chosen_by_anew() {
    let desk = Desk::new();
    desk.ok("demo --hosts 3 --months 14");
    desk.ok(&format!("{RUN} --as-of 2025-11-30 {EVERY}"));
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = utilization + 1
             WHERE (host, resource, ds) = ('web-0001', 'cpu', DATE '2025-06-01');
         INSERT INTO processed_data
             SELECT 'a-new-one', resource, ds, utilization FROM processed_data WHERE host = 'web-0001';",
    );
    let of_changed = "SELECT sum(hash(chosen_by, choice))::VARCHAR FROM prophet_inputs WHERE (host, resource) = ('web-0001', 'cpu')";
    let of_others = "SELECT sum(hash(chosen_by, choice))::VARCHAR FROM prophet_inputs
        WHERE (host, resource) <> ('web-0001', 'cpu') AND host <> 'a-new-one'";
    let before = [one(&desk, of_changed), one(&desk, of_others)];
    desk.ok(&format!("{RUN} --as-of 2025-12-10 {EVERY}"));
    assert_eq!(chosen(&desk), "2025-11-30 0 0");
    assert_ne!(one(&desk, of_changed), before[0]);
    assert_eq!(one(&desk, of_others), before[1]);
    let kept = desk.contents(DB);
    desk.ok(&format!("{RUN} --as-of 2025-12-10 {EVERY} --fresh"));
    assert_eq!(desk.contents(DB), kept);
}

#[test]
fn stages_one_by_one_keep_the_same_choice() {
    let desk = Desk::new();
    desk.ok("demo --hosts 2 --months 14");
    desk.ok(&format!("{RUN} --as-of 2025-11-30 {EVERY}"));
    let settings = RUN.strip_prefix("run-all").unwrap();
    std::fs::copy(desk.path(DB), desk.path("other.duckdb")).unwrap();
    desk.ok(&format!("{RUN} --as-of 2025-12-05 {EVERY}"));
    let together = desk.contents(DB);
    for stage in ["prophet", "challenger", "judge", "write"] {
        desk.ok(&format!(
            "{stage} {settings} --as-of 2025-12-05 {EVERY} --db other.duckdb"
        ));
    }
    assert_eq!(desk.contents("other.duckdb"), together);
}

#[test]
fn a_run_says_what_it_keeps_and_why_it_does_not() {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 14");
    let run = |flags: &str| {
        desk.ok(&format!(
            "run-all --train-months 8 --horizon-days 20 {flags}"
        ))
    };
    for (flags, expected) in [
        (
            "--as-of 2025-11-10 --select-every 30",
            "settings and winners are chosen as of 2025-11-10, and kept up to 2025-12-09\n",
        ),
        (
            "--as-of 2025-11-20 --select-every 30",
            "settings and winners are those chosen as of 2025-11-10, which are kept up to 2025-12-09\n",
        ),
        // For how long it is kept is no other choice.
        (
            "--as-of 2025-11-21 --select-every 20 --metric wape",
            "settings and winners are those chosen as of 2025-11-10, which are kept up to 2025-11-29\n",
        ),
        (
            "--as-of 2025-11-22 --select-every 20 --regimes off",
            "the choice of 2025-11-10 is not kept: forecast.regimes was align, is off\n",
        ),
        (
            "--as-of 2025-12-20 --select-every 20 --regimes off",
            "the choice of 2025-11-22 is not kept: that is 28 days old\n",
        ),
        (
            "--as-of 2025-12-10 --select-every 20 --regimes off",
            "the choice of 2025-12-20 is not kept: that is a later day\n",
        ),
    ] {
        let said = run(flags);
        assert!(said.contains(expected), "{flags}: {said}");
    }
    // The latest run first, each with the day whose choice it has.
    let listed = desk.ok("status");
    assert!(listed.contains("chosen as of"), "{listed}");
    let days: Vec<&str> = listed
        .lines()
        .filter(|line| line.contains("complete"))
        .filter_map(|line| line.split('┆').nth(4).map(str::trim))
        .collect();
    assert_eq!(
        days,
        [
            "2025-12-10",
            "2025-12-20",
            "2025-11-22",
            "2025-11-10",
            "2025-11-10",
            "2025-11-10"
        ]
    );
    desk.fails(
        "write --train-months 8 --horizon-days 20 --as-of 2025-12-10 --regimes off",
        "(forecast.select_every was 20, is not set)",
    );
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 14");
    desk.fails(
        &format!("{RUN} --select-every 0"),
        "--select-every 0 is out of range",
    );
    desk.fails(
        &format!("{RUN} {EVERY} --no-refit"),
        "with --no-refit there are none; leave one of them out",
    );
}
