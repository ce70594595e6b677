//! `run-all`, from data to golden record.

use super::*;

#[test]
fn a_demo_fleet_is_forecast_to_the_last_series() {
    let desk = Desk::new();
    // Enough hosts for every defect to occur.
    desk.ok("demo --hosts 46 --months 14");
    let printed = desk.ok("run-all --train-months 10 --horizon-days 30");
    assert!(printed.contains("seasonal naive"), "{printed}");
    assert!(printed.contains("look next"), "{printed}");

    let unexplained = desk.query(
        "fleet.duckdb",
        "SELECT DISTINCT host || '/' || resource FROM processed_data
         ANTI JOIN forecasts USING (host, resource)
         ANTI JOIN (FROM series_issues WHERE severity = 'error') USING (host, resource)",
    );
    assert_eq!(unexplained, [""; 0]);
    let defects = desk.query(
        "fleet.duckdb",
        "SELECT DISTINCT d.defect || ' ' || i.severity || ' ' || i.code
         FROM demo_labels AS d JOIN series_issues AS i USING (host, resource)
         WHERE i.stage = 'data' AND i.code <> 'gaps' AND d.defect IS NOT NULL ORDER BY 1",
    );
    assert_eq!(
        defects,
        [
            "all_zero info constant",
            "constant info constant",
            "decommissioned error stale",
            "duplicated warning duplicate_day",
            "infinite warning not_finite",
            "newborn error too_short",
            "no_value warning null_value",
            "not_a_number warning not_finite",
        ]
    );
    let golden = desk.query(
        "fleet.duckdb",
        "SELECT DISTINCT n::VARCHAR FROM (
             SELECT count(*) AS n FROM forecasts
             WHERE isfinite(yhat) AND isfinite(yhat_lower) AND isfinite(yhat_upper)
               AND yhat_lower <= yhat AND yhat <= yhat_upper
             GROUP BY host, resource)",
    );
    assert_eq!(golden, ["30"]);
}

#[test]
fn the_same_tables_come_out_whatever_the_threads() {
    let desk = Desk::new();
    desk.ok("demo --hosts 4 --months 12");
    let mut seen = Vec::new();
    for threads in [1, 2, 3] {
        desk.ok(&format!(
            "run-all --quiet --fresh --train-months 8 --horizon-days 20 --threads {threads}"
        ));
        seen.push(desk.contents("fleet.duckdb"));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[test]
fn without_arguments_a_demo_fleet_is_made_first() {
    let desk = Desk::new();
    std::fs::write(
        desk.path("fleetcast.toml"),
        "train-months = 8\nhorizon-days = 20\n[demo]\nhosts = 1\nmonths = 12\n",
    )
    .unwrap();
    let printed = desk.ok("run-all");
    assert!(printed.contains("making a demo fleet first"), "{printed}");
    assert_eq!(
        desk.query("fleet.duckdb", "SELECT count(*)::VARCHAR FROM forecasts"),
        ["80"]
    );
    // A second run takes the fleet that is there.
    let printed = desk.ok("run-all");
    assert!(!printed.contains("demo fleet"), "{printed}");
    let printed = desk.ok("status");
    assert!(
        printed.contains("prophet, challenger, judge, write"),
        "{printed}"
    );
}

#[test]
fn real_data_is_imported_and_forecast() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    let import = format!(
        "import {file} --db app.duckdb --host-column series --resource requests --ds-column ts --value-column y"
    );
    assert!(desk.ok(&import).contains("9170 new, 0 changed"));
    assert!(
        desk.ok(&import)
            .contains("0 new, 0 changed, 9170 as they were")
    );
    desk.ok("run-all --db app.duckdb --quiet");
    assert_eq!(
        desk.query(
            "app.duckdb",
            "SELECT count(*)::VARCHAR FROM forecasts GROUP BY host"
        ),
        ["180"; 5]
    );
    let sane = "SELECT (median(prophet_mape) < 15 AND median(challenger_mape) < 15)::VARCHAR FROM model_leaderboard";
    assert_eq!(desk.query("app.duckdb", sane), ["true"]);
}
