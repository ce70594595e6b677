//! The command `limits`.

use super::*;

#[test]
fn limits_are_listed_set_and_removed() {
    let desk = Desk::new();
    desk.ok("demo --hosts 2 --months 6");
    let listed = desk.ok("limits");
    assert!(listed.contains("percent"), "{listed}");
    desk.ok("limits --resource cpu --threshold 70");
    desk.ok("limits --resource cpu --host web-0001 --capacity 90");
    let thresholds = "SELECT host || ' ' || capacity || ' ' || threshold || ' ' || source
         FROM effective_limits WHERE resource = 'cpu' ORDER BY host";
    assert_eq!(
        desk.query("fleet.duckdb", thresholds),
        ["app-0001 100.0 70.0 resource", "web-0001 90.0 70.0 host"]
    );
    std::fs::write(
        desk.path("l.csv"),
        "host,resource,threshold\n,gpu,5\nweb-0001,cpu,60\n",
    )
    .unwrap();
    let listed = desk.ok("limits l.csv");
    assert!(
        listed.contains("note: no series of any host, gpu"),
        "{listed}"
    );
    desk.ok("limits --resource cpu --remove");
    assert_eq!(
        desk.query("fleet.duckdb", thresholds),
        ["app-0001 100.0 80.0 percent", "web-0001 100.0 60.0 host"]
    );
}

#[test]
fn bad_limits_are_explained() {
    let desk = Desk::new();
    desk.fails("limits", "no such database");
    desk.ok("demo --hosts 1 --months 6");
    desk.fails(
        "limits --resource cpu",
        "neither floor nor capacity nor threshold",
    );
    desk.fails("limits --resource cpu --capacity nan", "capacity NaN");
    desk.fails(
        "limits --resource cpu --floor 9 --capacity -5",
        "floor 9 is not below capacity -5",
    );
    desk.fails(
        "limits --resource gpu --remove",
        "no limits of all hosts, gpu to remove",
    );
    desk.fails("limits none.csv", "cannot import none.csv: no such file");
    assert_eq!(desk.run("limits --host a").status.code(), Some(2));
    // Rows that other tools wrote are checked before a run.
    desk.sql(
        "fleet.duckdb",
        "INSERT INTO resource_limits VALUES (NULL, 'cpu', NULL, NULL, 80), ('web-0001', 'cpu', NULL, 50, NULL)",
    );
    desk.fails("run-all", "limits of web-0001/cpu do not fit together");
}
