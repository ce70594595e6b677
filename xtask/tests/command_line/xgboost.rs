//! The challenger `xgboost`: one model for the whole fleet, for programs that were built with it.

use super::*;

const DB: &str = "fleet.duckdb";

/// What the challenger said, and what became of it.
const SAID: &str = "SELECT md5(string_agg(concat_ws(' ', host, resource, segment, ds, yhat, yhat_lower, yhat_upper), '|'
    ORDER BY host, resource, segment, ds)) || count(*) FROM challenger_forecasts";

#[test]
fn without_its_library_it_is_refused_and_what_stood_stays() {
    let desk = Desk::new();
    desk.ok("demo --hosts 3");
    desk.ok("run-all --quiet");
    let before = desk.query(DB, SAID);
    let nowhere = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["run-all", "--quiet", "--challenger", "xgboost"])
        .env("FLEETCAST_XGBOOST", desk.path("nowhere"))
        .current_dir(desk.path("."))
        .output()
        .unwrap();
    let errors = String::from_utf8(nowhere.stderr).unwrap();
    assert_eq!(nowhere.status.code(), Some(1), "{errors}");
    let expected = if cfg!(feature = "xgboost") {
        "the XGBoost library"
    } else {
        "this program was built without XGBoost; build it with `--features xgboost`"
    };
    let expected = format!("error: xgboost has no models: {expected}");
    assert!(
        errors.starts_with(&expected) && errors.lines().count() == 1,
        "{errors}"
    );
    assert_eq!(desk.query(DB, SAID), before);
    desk.fails(
        "accuracy --by-behaviour --challenger xgboost",
        "by engines that forecast each series by itself; leave out xgboost",
    );
    desk.fails(
        "xgboost",
        "give --contenders ets,xgboost here, to judge and to write",
    );
    desk.fails("show db-0001 --why", "by a model of the whole fleet");
    for (names, cause) in [
        (
            "nobody",
            "there is no contender `nobody`; there are ets, mstl_ets and xgboost",
        ),
        ("ets,mstl_ets", "names two challengers"),
        (",", "no contender is named"),
    ] {
        desk.fails(&format!("run-all --contenders {names}"), cause);
    }
    desk.fails(
        "run-all --challenger mstl_ets --contenders ets,xgboost",
        "--challenger says mstl_ets and --contenders ets; give one of them",
    );
}

/// Whether this program can have models; says so where it cannot.
fn has_models() -> bool {
    let has = cfg!(feature = "xgboost") && std::env::var_os("FLEETCAST_XGBOOST").is_some();
    if !has {
        eprintln!(
            "not tried: build with --features xgboost, and say where the library is in FLEETCAST_XGBOOST"
        );
    }
    has
}

#[test]
fn it_forecasts_the_fleet_and_the_same_fleet_in_the_same_way() {
    if !has_models() {
        return;
    }
    let desk = Desk::new();
    desk.ok("demo --hosts 12");
    desk.ok("run-all --quiet --challenger xgboost --threads 1");
    let said = desk.query(DB, SAID);
    let engines = desk.query(
        DB,
        "SELECT DISTINCT config->'challenger'->>'engine' FROM runs",
    );
    assert_eq!(engines, ["xgboost"]);
    let scored = desk.query(
        DB,
        "SELECT (count(challenger_mape) > 40)::VARCHAR || ' ' || (median(challenger_mape) < 3 * median(prophet_mape))::VARCHAR
         FROM model_leaderboard",
    );
    assert_eq!(scored, ["true true"]);
    // Nothing is asked again; and asked again, it says the same.
    desk.ok("run-all --quiet --challenger xgboost");
    let reused = desk.query(
        DB,
        "SELECT (challenger_reused > 40)::VARCHAR FROM runs ORDER BY run_id DESC LIMIT 1",
    );
    assert_eq!(reused, ["true"]);
    desk.ok("run-all --quiet --challenger xgboost --fresh --threads 2");
    assert_eq!(desk.query(DB, SAID), said);
    // A series less is another fleet.
    desk.ok("forget --host app-0001");
    desk.ok("run-all --quiet --challenger xgboost");
    let reused = desk.query(
        DB,
        "SELECT challenger_reused::VARCHAR FROM runs ORDER BY run_id DESC LIMIT 1",
    );
    assert_eq!(reused, ["0"]);
}

/// What XGBoost said beside the challenger.
const SAID_BESIDE: &str =
    "SELECT md5(string_agg(concat_ws(' ', host, resource, segment, ds, yhat), '|'
    ORDER BY host, resource, segment, ds)) || count(*) FROM xgboost_forecasts";

#[test]
fn beside_the_challenger_it_is_a_contender_and_leaves_when_it_is_none() {
    if !has_models() {
        return;
    }
    let desk = Desk::new();
    desk.ok("demo --hosts 12");
    desk.ok("run-all --quiet --golden blend");
    let challenger = desk.query(DB, SAID);
    desk.ok("run-all --quiet --golden blend --contenders ets,xgboost");
    // The others say what they said, and it stands beside them.
    assert_eq!(desk.query(DB, SAID), challenger);
    let columns = desk.query(
        DB,
        "SELECT concat_ws(' ', count(*) > 40, count(xgboost_mape) = count(prophet_mape), count(weight_xgboost) > 40,
             sum((weight_xgboost > 0.2)::INTEGER) > 24,
             max(abs(weight_prophet + weight_challenger + weight_naive_week + weight_naive_year + weight_xgboost - 1)) < 1e-9)
         FROM model_leaderboard",
    );
    assert_eq!(columns, ["true true true true true"]);
    let stages = "SELECT concat_ws(' ', xgboost_rows > 10000, xgboost_reused > 40) FROM runs ORDER BY run_id DESC LIMIT 1";
    assert_eq!(desk.query(DB, stages), ["true false"]);
    let scores =
        "SELECT count(DISTINCT origin)::VARCHAR FROM backtest_scores WHERE model = 'xgboost'";
    assert_eq!(desk.query(DB, scores), ["2"]);
    // Models are kept, three of them, and say what forecasts are made of.
    let models = "SELECT concat_ws(' ', contender, trained_through, engine, series > 30, rows > 1000, length(fingerprint),
         octet_length(bytes) > 100000) FROM models ORDER BY ALL";
    assert_eq!(
        desk.query(DB, models),
        [
            "xgboost 2025-05-01 xgboost true true 32 true",
            "xgboost 2025-08-31 xgboost true true 32 true",
            "xgboost 2025-12-31 xgboost true true 32 true"
        ]
    );
    let why = desk.ok("show app-0001 --why");
    for part in [
        "its own week and year, trend flat",
        "the fleet's average correction",
        "2026-06-29",
    ] {
        assert!(why.contains(part), "{why}");
    }
    // Stage by stage comes to the same, and nothing is asked again.
    let said = desk.query(DB, SAID_BESIDE);
    let board = "SELECT md5(string_agg(b::VARCHAR, '|' ORDER BY host, resource)) FROM (SELECT * EXCLUDE (run_id, incumbent)
         FROM model_leaderboard) AS b";
    let whole = desk.query(DB, board);
    let with = "--quiet --golden blend --contenders ets,xgboost";
    for stage in ["prophet", "challenger", "xgboost", "judge", "write"] {
        desk.ok(&format!("{stage} {with}"));
    }
    assert_eq!(desk.query(DB, SAID_BESIDE), said);
    assert_eq!(desk.query(DB, board), whole);
    assert_eq!(desk.query(DB, stages), ["true true"]);
    desk.fails(
        "write --quiet --golden blend",
        "xgboost.engine was xgboost, is not set",
    );
    // A run without it leaves nothing of it behind.
    desk.ok("run-all --quiet --golden blend");
    let left = "SELECT concat_ws(' ', (SELECT count(*) FROM xgboost_forecasts), (SELECT count(*) FROM xgboost_inputs),
         (SELECT count(*) FROM models), (SELECT count(*) FROM series_issues WHERE stage = 'xgboost'),
         (SELECT count(weight_xgboost) FROM model_leaderboard))";
    assert_eq!(desk.query(DB, left), ["0 0 0 0 0"]);
}

#[test]
fn accuracy_says_what_it_adds() {
    if !has_models() {
        return;
    }
    let desk = Desk::new();
    desk.ok("demo --hosts 6 --months 48");
    let file = desk.path("data.csv");
    let copy = format!(
        "COPY (SELECT host, resource, ds, utilization FROM processed_data) TO '{}'",
        file.display()
    );
    desk.sql(DB, &copy);
    let output = desk
        .run("accuracy data.csv --value-column utilization --origins 2 --contenders ets,xgboost");
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    for expected in [
        "winner_without",
        "blend_without",
        "xgboost is followed",
        "blend: errors 0.",
        "with nine in ten",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_fleet_too_young_to_learn_from_is_forecast_by_the_others() {
    if !has_models() {
        return;
    }
    let desk = Desk::new();
    desk.ok("demo --hosts 3 --months 20");
    let said = desk.ok("run-all --contenders ets,xgboost");
    assert!(
        said.contains(
            "xgboost forecasts nothing: the fleet has 0 rows to train on, of 100 at least"
        ),
        "{said}"
    );
    let found = desk.query(
        DB,
        "SELECT concat_ws(' ', count(*) > 8, count(xgboost_mape), bool_and(reason LIKE '%; xgboost is not followed: it has a backtest of 0 series%'))
         FROM model_leaderboard",
    );
    assert_eq!(found, ["true 0 true"]);
    // It is said once, and not of each series.
    let of_series = "SELECT count(*)::VARCHAR FROM series_issues WHERE engine = 'xgboost'";
    assert_eq!(desk.query(DB, of_series), ["0"]);
    desk.fails(
        "run-all --challenger xgboost",
        "xgboost has no models: 0 rows to train on, of 100 at least",
    );
}
