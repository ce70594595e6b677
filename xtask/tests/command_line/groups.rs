//! Groups of hosts: their totals, their outlooks, and what is not added up.

use serde_json::Value;

use super::*;

const DB: &str = "fleet.duckdb";

/// A demo fleet whose hosts are at two sites, large and small ones; of half of them nobody knows the memory.
fn fleet() -> Desk {
    let desk = Desk::new();
    desk.ok("demo --hosts 20");
    let hosts = desk.query(DB, "SELECT DISTINCT host FROM processed_data ORDER BY host");
    let mut rows =
        vec!["host,site,cores,disk_capacity,memory_capacity,network_capacity".to_owned()];
    rows.extend(hosts.iter().enumerate().map(|(place, host)| {
        let (site, cores) = if place % 2 == 0 {
            ("ber", 16)
        } else {
            ("fra", 64)
        };
        let memory = if place % 2 == 0 { "128" } else { "" };
        format!("{host},{site},{cores},{},{memory},10", 100 + place)
    }));
    std::fs::write(desk.path("hosts.csv"), rows.join("\n")).unwrap();
    desk.ok("import-attributes hosts.csv");
    desk
}

#[test]
fn groups_are_what_their_members_come_to() {
    let desk = fleet();
    desk.fails(
        "groups",
        "no outlook stands in fleet.duckdb; run `cargo xtask run-all --db fleet.duckdb` first",
    );
    let said = desk.ok("run-all");
    assert!(
        said.contains(
            "memory of 1 group by site is not added up: percentages are weighed by what their hosts have, and of 9 that is not \
             known (app-0002 is one); say it with a number above 0 as attribute memory_capacity"
        ),
        "{said}"
    );
    // The mean of percentages by capacity, day by day.
    let apart = desk.query(
        DB,
        "WITH sized AS (
             SELECT host, resource, ds, yhat, CASE resource WHEN 'cpu' THEN 'cores' ELSE resource || '_capacity' END AS of
             FROM forecasts
         ),
         means AS (
             SELECT g.value, s.resource, s.ds, sum(s.yhat * a.value::DOUBLE) / sum(a.value::DOUBLE) AS mean, count(*) AS members
             FROM sized AS s
             JOIN host_attributes AS a ON a.host = s.host AND a.key = s.of
             JOIN host_attributes AS g ON g.host = s.host AND g.key = 'site'
             GROUP BY ALL
         )
         SELECT format('{} {} {} {}', f.value, f.resource, count(*), max(abs(f.yhat - m.mean)) < 1e-9)
         FROM group_forecasts AS f JOIN means AS m USING (value, resource, ds)
         GROUP BY f.value, f.resource ORDER BY ALL",
    );
    let expected: Vec<String> = [
        "ber cpu",
        "ber disk",
        "ber memory",
        "ber network",
        "fra cpu",
        "fra disk",
        "fra network",
    ]
    .iter()
    .map(|group| format!("{group} 180 true"))
    .collect();
    assert_eq!(apart, expected);
    // Narrower than as if all went wrong alike; where few members make a total, that is nearly what they do.
    let wide = desk.query(
        DB,
        "SELECT g.value || ' ' || g.resource
         FROM group_forecasts AS g
         JOIN (
             SELECT a.value, f.resource, f.ds, avg(yhat_upper - yhat_lower) AS width
             FROM forecasts AS f JOIN host_attributes AS a ON a.host = f.host AND a.key = 'site'
             GROUP BY ALL
         ) AS alike USING (value, resource, ds)
         GROUP BY g.value, g.resource
         HAVING avg(yhat_upper - yhat_lower) >= avg(width)",
    );
    assert!(wide.len() <= 1, "{wide:?}");

    let text = desk.ok("groups");
    assert!(
        text.starts_with("as of 2025-12-31: 7 totals, those"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let json: Value =
        serde_json::from_str(&desk.ok("groups site --resource memory --json")).unwrap();
    let groups = json["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(
        (&groups[0]["value"], &groups[0]["size"]),
        (&"ber".into(), &1280.0.into())
    );
    desk.fails(
        "groups rack",
        "no group of rack was added up; there are groups of site in cpu, disk, memory, network",
    );
    let one = desk.ok("groups site=ber --resource memory --json");
    let one: Value = serde_json::from_str(&one).unwrap();
    assert_eq!(one["groups"].as_array().unwrap().len(), 1);
    assert!(one["groups"][0]["demand_p90"].is_number(), "{one}");
    // Hosts that have data are counted, whether they have a forecast or not.
    assert_eq!(one["groups"][0]["hosts"], 10);
    desk.ok("export --to out");
    assert!(desk.path("out/group_outlook.parquet").exists());
    assert!(desk.path("out/group_forecasts.parquet").exists());
}

#[test]
fn groups_do_not_depend_on_threads_and_follow_what_is_known_of_hosts() {
    let desk = fleet();
    desk.ok("run-all --quiet --threads 1");
    let rows = |desk: &Desk| {
        desk.query(
            DB,
            "SELECT concat_ws(' ', key, value, resource, members, size, p_full, demand_p90, recent, growth, trust) FROM group_outlook ORDER BY ALL",
        )
    };
    let one = rows(&desk);
    assert_eq!(one.len(), 7, "{one:?}");
    desk.ok("write --quiet --threads 2");
    assert_eq!(rows(&desk), one);
    // Who is known by another name is in another group from the next writing on.
    std::fs::write(desk.path("more.csv"), "host,key,value\napp-0001,site,muc\n").unwrap();
    desk.ok("import-attributes more.csv");
    assert_eq!(rows(&desk), one);
    desk.ok("write --quiet");
    let sites = desk.query(
        DB,
        "SELECT DISTINCT value FROM group_outlook ORDER BY value",
    );
    assert_eq!(sites, ["ber", "fra", "muc"]);
    // An export that came out empty does not remove everything.
    std::fs::write(desk.path("empty.csv"), "host,site\n").unwrap();
    let refused = "--replace would remove all that is known of hosts";
    desk.fails("import-attributes empty.csv --replace", refused);
    // Nothing known, no groups.
    std::fs::write(desk.path("none.csv"), "host,key,value\nnobody,site,\n").unwrap();
    desk.ok("import-attributes none.csv --replace");
    desk.ok("write --quiet");
    assert_eq!(
        desk.query(DB, "SELECT count(*)::VARCHAR FROM group_forecasts"),
        ["0"]
    );
    desk.fails(
        "groups",
        "nothing is known of the hosts in fleet.duckdb, so there are no groups",
    );
    desk.ok("export --to out");
    assert!(!desk.path("out/group_outlook.parquet").exists());
}
