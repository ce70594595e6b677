//! What planners ask first: what to do now.

use std::sync::OnceLock;

use serde_json::Value;

use super::*;

const DB: &str = "fleet.duckdb";

/// A demo fleet that was forecast twice, a month apart; a copy for each test.
fn fleet() -> Desk {
    static MADE: OnceLock<Desk> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let desk = Desk::new();
        desk.ok("demo --hosts 200");
        desk.ok("run-all --quiet --as-of 2025-11-30");
        desk.ok("run-all --quiet");
        desk
    });
    let desk = Desk::new();
    std::fs::copy(made.path(DB), desk.path(DB)).unwrap();
    desk
}

fn top(desk: &Desk, flags: &str) -> Value {
    serde_json::from_str(&desk.ok(&format!("top --json {flags}"))).unwrap()
}

/// Host and resource of every row of a list.
fn names(list: &Value) -> Vec<String> {
    let rows = list.as_array().unwrap().iter();
    rows.map(|row| {
        format!(
            "{} {}",
            row["host"].as_str().unwrap(),
            row["resource"].as_str().unwrap()
        )
    })
    .collect()
}

#[test]
fn the_terminal_the_report_and_the_view_have_the_same_lists() {
    let desk = fleet();
    let view = desk.query(
        DB,
        "SELECT host || ' ' || resource FROM act_list ORDER BY place",
    );
    assert!(view.len() > 5, "{view:?}");
    let json = top(&desk, "");
    assert_eq!(names(&json["act"]), view);
    for list in ["look", "plateau"] {
        let sql = format!(
            "SELECT host || ' ' || resource FROM outlook_lists WHERE list = '{list}' ORDER BY place"
        );
        assert_eq!(names(&json[list]), desk.query(DB, &sql), "{list}");
    }
    desk.ok("report --quiet");
    let page = std::fs::read_to_string(desk.path("report.html")).unwrap();
    let head = format!(
        "Act: {} series full now, or likely to be within 45 days",
        view.len()
    );
    assert!(page.contains(&head));
    let (_, now) = page.split_once("<section id=\"now\"").unwrap();
    let (now, _) = now.split_once("<h3 id=\"news\">").unwrap();
    let hosts: Vec<&str> = now
        .split("<a href=\"#host=")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    let listed: Vec<&str> = view
        .iter()
        .map(|name| name.split(' ').next().unwrap())
        .collect();
    assert_eq!(hosts[..listed.len()], listed);
    // What is new is what `changes` has.
    let changes: Value = serde_json::from_str(&desk.ok("changes --json")).unwrap();
    let news: usize = [
        "newly_full",
        "filled_up",
        "moved",
        "no_longer_full",
        "vanished",
    ]
    .iter()
    .map(|kind| changes[kind].as_array().unwrap().len())
    .sum();
    assert!(
        page.contains(&format!("(run 1, data to 2025-11-30): {news}</h3>")),
        "{news}"
    );
}

#[test]
fn what_is_likely_before_it_can_be_replaced_is_on_the_list() {
    let desk = fleet();
    // What is likely within the lead time is what is full as likely as not by then.
    let wrong = desk.query(
        DB,
        "SELECT host || ' ' || resource FROM outlook_lists
         WHERE (p_lead >= 0.5) <> coalesce(days_left <= lead_time_days, false)",
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    let wrong = desk.query(
        DB,
        "SELECT o.host FROM capacity_outlook AS o LEFT JOIN outlook_lists AS l USING (host, resource)
         WHERE (o.status = 'over' AND l.list NOT IN ('act', 'plateau'))
            OR (o.status = 'within' AND o.days_left <= 45 AND l.list IS NULL)
            OR (o.status = 'no_limit' AND l.list IS NOT NULL)",
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    let [soon, late] = ["--lead-time 10", "--lead-time 180"].map(|flags| top(&desk, flags));
    assert_eq!(late["lead_time_days"], 180);
    let will_be = |json: &Value| {
        let rows = json["act"].as_array().unwrap().iter();
        rows.filter(|row| row["is_over"] == false).count()
    };
    assert!(will_be(&soon) < will_be(&late));
    let within = desk.query(
        DB,
        "SELECT count(*)::VARCHAR FROM capacity_outlook WHERE status = 'within'",
    );
    assert!(will_be(&late) <= within[0].parse::<usize>().unwrap());
    desk.fails(
        "top --lead-time 365",
        "--lead-time 365 is longer than the 180 days that were forecast; forecast further with `cargo xtask run-all \
         --horizon-days 365`",
    );
    desk.fails(
        "export --to out --csv-safe",
        "--csv-safe is about CSV files",
    );
    // The same probability as the outlook has it, on the days that it names.
    let differ = desk.query(DB, "SELECT host FROM outlook_lists WHERE status <> 'over' AND p_lead NOT BETWEEN p_full - 1 AND p_full");
    assert!(differ.is_empty(), "{differ:?}");
}

#[test]
fn top_keeps_to_the_terminal() {
    let desk = fleet();
    desk.ok("rename web-0001 a-name-that-is-much-longer-than-any-column-of-a-terminal-has-room-for.example.com");
    desk.ok("run-all --quiet");
    let text = desk.ok("top -n 500");
    assert!(text.starts_with("as of 2025-12-31: "), "{text}");
    for line in text.lines() {
        let is_name = line.starts_with("a-name-that");
        assert!(is_name || line.chars().count() <= 80, "{line}");
    }
    let shown = desk.ok("show db-0002");
    for line in shown.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for part in ["2025-12-31", "full 80", "more capacity", "30 days"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let all = names(&top(&desk, "")["act"]).len();
    let two = desk.ok("top -n 2");
    assert!(
        two.contains(&format!("and {} more: -n {all} names all of them", all - 2)),
        "{two}"
    );
    assert!(two.contains("to look at yourself"), "{two}");
}

#[test]
fn lists_are_of_a_resource_and_without_what_is_known() {
    let desk = fleet();
    let all = top(&desk, "");
    let of = |flags: &str, list: &str| names(&top(&desk, flags)[list]);
    let disks: Vec<String> = names(&all["act"])
        .into_iter()
        .filter(|name| name.ends_with(" disk"))
        .collect();
    assert!(!disks.is_empty());
    assert_eq!(of("--resource disk", "act"), disks);
    assert_eq!(of("-n 1", "act"), names(&all["act"])[..1]);
    desk.fails(
        "top --resource gpu",
        "no series of resource `gpu` has an outlook; there are cpu, disk, memory, network",
    );
    desk.ok(&format!("acknowledge {} --until 2026-02-01", disks[0]));
    let json = top(&desk, "");
    assert!(!names(&json["act"]).contains(&disks[0]));
    assert_eq!(json["acknowledged"], 1);
    let view = desk.query(
        DB,
        "SELECT host || ' ' || resource FROM act_list ORDER BY place",
    );
    assert_eq!(names(&json["act"]), view);
    assert!(desk.ok("top").contains("1 acknowledged"));
}

#[test]
fn without_an_outlook_there_is_nothing_to_list() {
    let desk = Desk::new();
    desk.ok("demo --hosts 1 --months 14");
    desk.fails(
        "top",
        "no outlook stands in fleet.duckdb; run `cargo xtask run-all --db fleet.duckdb` first",
    );
}

/// What is known of hosts, as `host key=value`.
fn attributes(desk: &Desk) -> Vec<String> {
    desk.query(
        DB,
        "SELECT concat(host, ' ', key, '=', value) FROM host_attributes ORDER BY host, key",
    )
}

#[test]
fn attributes_come_from_any_file_and_take_the_place_of_earlier_ones() {
    let desk = Desk::new();
    let write = |name: &str, text: &str| std::fs::write(desk.path(name), text).unwrap();
    write(
        "wide.csv",
        "host,site,role\n007,Berlin,web\ndb-01,\"Frankfurt, DE\",\n",
    );
    let said = desk.ok("import-attributes wide.csv");
    assert!(said.contains("2 hosts have some, under 2 keys"), "{said}");
    assert!(
        said.contains("2 of the hosts with attributes have no data"),
        "{said}"
    );
    let wide = [
        "007 role=web",
        "007 site=Berlin",
        "db-01 site=Frankfurt, DE",
    ];
    assert_eq!(attributes(&desk), wide);
    // What a file does not name stays; what it leaves empty goes.
    write(
        "long.tsv",
        "host\tkey\tvalue\n007\trole\t\ndb-01\trole\tdb\n",
    );
    desk.ok("import-attributes long.tsv --quiet");
    assert_eq!(
        attributes(&desk),
        [
            "007 site=Berlin",
            "db-01 role=db",
            "db-01 site=Frankfurt, DE"
        ]
    );
    desk.sql(
        DB,
        &format!(
            "COPY (SELECT 'app-01' AS host, 16 AS cores) TO '{}'",
            desk.path("a.parquet").display()
        ),
    );
    write(
        "b.jsonl",
        "{\"host\": \"app-02\", \"site\": \"Berlin\"}\n{\"host\": \"app-03\", \"site\": null}\n",
    );
    let json: Value =
        serde_json::from_str(&desk.ok("import-attributes a.parquet b.jsonl --replace --json"))
            .unwrap();
    assert_eq!(json["hosts"], 2);
    assert_eq!(attributes(&desk), ["app-01 cores=16", "app-02 site=Berlin"]);

    for (name, text, expected) in [
        (
            "none.csv",
            "server,site\na,b\n",
            "it has no column `host`, only server, site",
        ),
        (
            "empty.csv",
            "host,site\na,b\n,c\n",
            "row 2 has nothing in the column `host`",
        ),
        (
            "twice.csv",
            "host,site\na,b\na,c\n",
            "row 2 says `c` in site of host a, and row 1 says `b`",
        ),
        ("notes.md", "host,site\n", "rename it"),
    ] {
        write(name, text);
        desk.fails(&format!("import-attributes {name}"), expected);
    }
    desk.fails("import-attributes nowhere.csv", "no such file");
    assert_eq!(attributes(&desk).len(), 2, "nothing was changed");
}

#[test]
fn lists_and_the_report_are_of_a_group() {
    let desk = fleet();
    desk.sql(
        DB,
        "INSERT INTO host_attributes
         SELECT DISTINCT host, 'role', split_part(host, '-', 1) FROM processed_data
         UNION ALL
         SELECT DISTINCT host, 'half', (right(host, 1)::INTEGER % 2)::VARCHAR FROM processed_data
         UNION ALL
         SELECT DISTINCT host, 'name', host FROM processed_data",
    );
    let all = names(&top(&desk, "")["act"]);
    let of_group = names(&top(&desk, "--group role=app")["act"]);
    let expected: Vec<String> = all
        .iter()
        .filter(|name| name.starts_with("app-"))
        .cloned()
        .collect();
    assert!(!expected.is_empty() && expected.len() < all.len());
    assert_eq!(of_group, expected);
    assert!(
        desk.ok("top --group role=app")
            .contains("series of role=app to act on")
    );
    desk.fails(
        "top --group role=gpu",
        "no host has role=gpu; values of role are app, batch, cache, db, web",
    );
    desk.fails(
        "report --group site=Berlin",
        "no host has site=Berlin; keys are half, name, role",
    );

    desk.ok("report --quiet");
    let page = std::fs::read_to_string(desk.path("report.html")).unwrap();
    for part in ["To act on by role</h3>", "To act on by half</h3>"] {
        assert!(page.contains(part), "{part}");
    }
    // As many groups as hosts are none.
    assert!(!page.contains("To act on by name"));
    let (_, table) = page.split_once("To act on by role</h3>").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let cells = table.split("<small>of ").count() - 1;
    assert_eq!(cells, 5 * 4, "{table}");
    let in_cells: usize = table
        .split("<td class=\"h")
        .skip(1)
        .map(|cell| {
            cell[3..]
                .split(' ')
                .next()
                .unwrap()
                .parse::<usize>()
                .unwrap()
        })
        .sum();
    assert_eq!(in_cells, all.len());

    desk.ok("report --quiet --group role=app --out app.html");
    let page = std::fs::read_to_string(desk.path("app.html")).unwrap();
    assert!(page.contains("; only role=app</p>"));
    assert!(page.contains(&format!("Act: {} series full now", expected.len())));
    assert!(
        !page.contains("web-0001"),
        "hosts of other groups are in it"
    );
    // A renamed host keeps what is known of it.
    desk.ok("rename app-0001 app-9999");
    let kept = desk.query(
        DB,
        "SELECT value FROM host_attributes WHERE host = 'app-9999' AND key = 'role'",
    );
    assert_eq!(kept, ["app"]);
}
