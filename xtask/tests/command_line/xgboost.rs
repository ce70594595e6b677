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
    let expected = format!("error: the challenger xgboost has no models: {expected}");
    assert!(
        errors.starts_with(&expected) && errors.lines().count() == 1,
        "{errors}"
    );
    assert_eq!(desk.query(DB, SAID), before);
    desk.fails(
        "accuracy x.csv --challenger xgboost",
        "leave out --challenger xgboost",
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
