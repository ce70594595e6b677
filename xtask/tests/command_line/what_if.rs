//! Outlooks under load and limits that are others than they are.

use super::*;

const DB: &str = "fleet.duckdb";

/// Three disks that grow by one a week towards 80, and two that stand still.
fn fleet() -> Desk {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 1");
    desk.sql(
        DB,
        "DELETE FROM processed_data;
         INSERT INTO processed_data
         SELECT
             format('h{}', h), 'disk', ds::DATE,
             20 + h + if(h < 3, date_diff('day', DATE '2023-07-01', ds) / 21.0, 0) + sin(epoch(ds) / 86400 * 1.7 + h)
         FROM range(5) AS hosts (h), generate_series(DATE '2023-07-01', DATE '2025-12-31', INTERVAL 1 DAY) AS days (ds)",
    );
    desk.ok("run-all --quiet");
    desk
}

/// What a query over the answers of a scenario returns.
fn answers(desk: &Desk, arguments: &str, select: &str) -> Vec<String> {
    desk.ok(&format!("what-if {arguments} --to answers.parquet --quiet"));
    let connection = Connection::open_in_memory().unwrap();
    let file = desk.path("answers.parquet");
    let sql = format!("{select} FROM '{}' ORDER BY scenario, host", file.display());
    let mut statement = connection.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

const THEN: &str = "SELECT concat_ws(' ', host, then_status, then_p_full, coalesce(then_full_on::VARCHAR, '-'), then_to_order)";

#[test]
fn answers_are_those_of_a_run_under_such_limits() {
    let desk = fleet();
    let stands = || {
        desk.query(
            DB,
            "SELECT concat_ws(' ', host, status, p_full, coalesce(full_on::VARCHAR, '-'), to_order)
             FROM capacity_outlook ORDER BY host",
        )
    };
    let today = stands();
    let before = desk.contents(DB);
    let the_same = answers(&desk, "--load 0", &THEN.replace("then_", ""));
    assert_eq!(the_same, today, "what stands is what is compared with");
    assert_eq!(answers(&desk, "--load 0", THEN), today);

    let other_threshold = answers(&desk, "--threshold 66", THEN);
    let planned = answers(&desk, "--capacity 50 --from 2026-03-01", THEN);
    assert_eq!(desk.contents(DB), before, "nothing is written");
    let runs = desk.query(DB, "SELECT count(*)::VARCHAR FROM runs");
    assert_eq!(runs, ["1"]);

    assert_ne!(other_threshold, today);
    desk.ok("limits --resource disk --threshold 66 --capacity 100");
    desk.ok("write --quiet");
    assert_eq!(other_threshold, stands());

    desk.ok("limits --resource disk --threshold 80 --capacity 100");
    desk.ok("limits --resource disk --threshold 120 --capacity 150 --valid-from 2026-03-01");
    desk.ok("write --quiet");
    assert_eq!(planned, stands());
}

#[test]
fn load_is_scaled_and_spread() {
    let desk = fleet();
    let days = "SELECT concat_ws(' ', host, coalesce(then_full_on::VARCHAR, '-'), round(then_demand_p90 / 1.25, 6))";
    let larger = answers(&desk, "--load +25 --threshold 80", days);
    let plain = days.replace(" / 1.25", "");
    let lower = answers(&desk, "--threshold 64", &plain);
    assert_eq!(
        larger, lower,
        "a load by a quarter larger reaches what a threshold of 4/5 is"
    );

    // Growth compounds from its day on: after a year it would be 1.5, after 180 days 1.5 to the power of 179/365.
    let growth = answers(
        &desk,
        "--growth 50 --host h4",
        "SELECT round(then_demand_p90 / demand_p90, 3)::VARCHAR",
    );
    let factor: f64 = growth[0].parse().unwrap();
    assert!((1.19..1.23).contains(&factor), "{factor}");

    // Two that stand still, at 23 and 24: one goes, and the other takes over all of it; with others they share.
    let demand = "SELECT concat_ws(' ', host, coalesce(round(then_demand_p90 / demand_p90, 1)::VARCHAR, 'gone'))";
    let one_goes = answers(&desk, "--host h3 --host h4 --remove h3", demand);
    assert_eq!(one_goes, ["h3 gone", "h4 1.9"]);
    let replaced = answers(&desk, "--host h3 --host h4 --remove h3 --add 1", demand);
    assert_eq!(replaced, ["h3 gone", "h4 1.0"]);
    let shared = answers(&desk, "--host h3 --host h4 --add 2", demand);
    assert_eq!(shared, ["h3 0.5", "h4 0.5"]);
}

#[test]
fn scenarios_stand_in_a_file() {
    let desk = fleet();
    let file = "[[scenario]]\nname = 'sale'\nhost = 'h*'\nload = '+30 %'\nfrom = 2026-02-01\n\
                [[scenario]]\nthreshold = 60\n";
    std::fs::write(desk.path("plans.toml"), file).unwrap();
    let printed = desk.ok("what-if plans.toml -n 2");
    assert!(
        printed.contains("scenario sale: load +30 % from 2026-02-01 on, 5 series: "),
        "{printed}"
    );
    assert!(printed.contains("scenario 2: threshold 60 from 2026-01-01 on, 5 series: "));
    assert!(printed.contains("to order: disk "), "{printed}");
    let rows = answers(&desk, "plans.toml", "SELECT concat_ws(' ', scenario, host)");
    assert_eq!(rows.len(), 10);
    assert_eq!(rows[9], "sale h4");

    std::fs::write(desk.path("wrong.toml"), "[[scenario]]\nlaod = 3\n").unwrap();
    desk.fails(
        "what-if wrong.toml",
        "wrong.toml (line 2): unknown field `laod`",
    );
    std::fs::write(desk.path("wrong.toml"), "").unwrap();
    desk.fails(
        "what-if wrong.toml",
        "has no scenario; write each under [[scenario]]",
    );
    desk.fails("what-if missing.toml", "cannot read missing.toml");
    desk.fails("what-if", "nothing is another than it is");
    desk.fails(
        "what-if --host h1 --host nobody --load 3",
        "no host is called nobody",
    );
    desk.fails("what-if --load 3 --from 2027-01-01", "is after 2026-06-29");
    desk.fails(
        "what-if --threshold 800",
        "is above the capacity of h0/disk",
    );
    desk.fails("what-if --threshold 0", "is not above the floor of h0/disk");
    desk.fails("what-if --load 3 --json", "--to answers.json");
    desk.fails(
        "what-if --host h3 --remove h4",
        "no host h4 is among its series",
    );
    desk.fails(
        "what-if --host h3 --remove h3",
        "nobody is left to take over the disk",
    );
    desk.fails(
        "what-if --load 3 --to fleet.duckdb",
        "cannot tell the format",
    );
    assert_eq!(desk.run("what-if --load -100").status.code(), Some(2));
    assert_eq!(
        desk.run("what-if plans.toml --load 3").status.code(),
        Some(2)
    );

    // Hosts may be those of a group.
    std::fs::write(
        desk.path("hosts.csv"),
        "host,site\nh0,Berlin\nh1,Berlin\nh2,Bonn\n",
    )
    .unwrap();
    desk.ok("import-attributes hosts.csv");
    let hosts = answers(&desk, "--group site=Berlin --load 5", "SELECT host");
    assert_eq!(hosts, ["h0", "h1"]);
    desk.fails(
        "what-if --group site=Rome --load 5",
        "no host has site=Rome",
    );

    // Other data than those that were forecast have no answers.
    desk.sql(
        DB,
        "UPDATE processed_data SET utilization = utilization + 1 WHERE host = 'h0'",
    );
    desk.fails("what-if --load 3", "run `cargo xtask");
    let empty = Desk::new();
    empty.ok("demo --hosts 1 --months 14 --quiet");
    empty.fails("what-if --load 3", "there is no run yet");
}
