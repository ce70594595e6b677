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
