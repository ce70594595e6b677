//! Hosts that have more than they need.

use super::*;

const DB: &str = "fleet.duckdb";

#[test]
fn hosts_whose_peaks_stay_low_are_named_and_means_say_nothing() {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 1");
    desk.sql(
        DB,
        "DELETE FROM processed_data;
         INSERT INTO processed_data
         SELECT format('h{}', h), 'cpu', ds::DATE, 8 + h + sin(epoch(ds) / 86400 * 1.7 + h)
         FROM range(3) AS hosts (h), generate_series(DATE '2023-07-01', DATE '2025-12-31', INTERVAL 1 DAY) AS days (ds)",
    );
    desk.ok("run-all --quiet");
    desk.fails("oversized", "import with `--agg mean,p95`");
    assert!(desk.query(DB, "SELECT host FROM oversized").is_empty());

    // Peaks: h0 needs a third, h1 grows towards its capacity, h2 stands at a half.
    desk.sql(
        DB,
        "INSERT INTO processed_data
         SELECT
             host, 'cpu_p95', ds,
             utilization + CASE host WHEN 'h0' THEN 20 WHEN 'h1' THEN date_diff('day', DATE '2023-07-01', ds) / 15.0 ELSE 42 END
         FROM processed_data WHERE resource = 'cpu'",
    );
    desk.ok("limits --resource cpu_p95 --capacity 100 --threshold 80");
    desk.ok("run-all --quiet");
    let printed = desk.ok("oversized");
    assert!(printed.contains("cpu_p95: 1 hosts, "), "{printed}");
    assert!(
        printed.contains("h0") && !printed.contains("h2"),
        "{printed}"
    );
    let named = desk.query(
        DB,
        "SELECT concat_ws(' ', host, resource, peak_need BETWEEN 27 AND 32, abs(reclaimable - (100 - peak_need / 0.8)) < 3)
         FROM oversized",
    );
    assert_eq!(named, ["h0 cpu_p95 true true"]);
    let printed = desk.ok("oversized --below 60");
    assert!(
        printed.contains("cpu_p95: 2 hosts, ") && printed.contains("h2"),
        "{printed}"
    );
    let printed = desk.ok("oversized --below 60 -n 1");
    assert!(
        printed.contains("h0")
            && !printed.contains("h2")
            && printed.contains("and 1 more: -n 2 names all of them"),
        "{printed}"
    );
    std::fs::write(desk.path("hosts.csv"), "host,site\nh2,Berlin\n").unwrap();
    desk.ok("import-attributes hosts.csv");
    let printed = desk.ok("oversized --below 60 --group site=Berlin --resource cpu_p95");
    assert!(
        !printed.contains("h0") && printed.contains("h2"),
        "{printed}"
    );
    assert!(
        desk.ok("oversized --below 10")
            .contains("no host stays below 10 %")
    );
    let json: serde_json::Value =
        serde_json::from_str(&desk.ok("oversized --below 60 --json")).unwrap();
    assert_eq!(
        (json.as_array().unwrap().len(), &json[0]["host"]),
        (2, &"h0".into())
    );
    desk.fails("oversized --below 140", "from 0 to 100");
}
