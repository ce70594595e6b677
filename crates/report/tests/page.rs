//! The page, as far as it can be read without a browser; `browser.rs` opens it in one.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

mod fleet;

use fleetcast_report::{Agenda, Report, render};
use serde_json::Value;

/// The data inside the page, as its script reads them.
fn data(page: &str) -> Value {
    let (_, rest) = page
        .split_once(r#"<script type="application/json" id="data">"#)
        .unwrap();
    let (text, _) = rest.split_once("</script>").unwrap();
    serde_json::from_str(text).unwrap()
}

#[test]
fn names_cannot_leave_their_place() {
    let hosts = [
        "<script>alert(1)</script>",
        "</script><img src=x onerror=alert(1)>",
        "\"quoted\" & 'single'",
        "${alert(1)} {{ 7 * 7 }}",
        "größe-主机-🐢",
        "\u{202e}backwards",
        "",
        "line\nbreak\\",
    ];
    let report = fleet::report_of(&hosts, &["cpu", "<b>disk</b>"]);
    let page = render(&report).unwrap();
    assert!(!page.contains("<script>alert"), "a name became a script");
    assert!(!page.contains("<img src=x"));
    assert!(!page.contains("<b>disk"));
    assert!(
        page.contains("&lt;script&gt;alert"),
        "names of hosts stand in the table of issues"
    );
    // Exactly the page's own scripts: data, charts, page.
    assert_eq!(page.matches("<script").count(), 3);
    assert_eq!(page.matches("</script>").count(), 3);

    let data = data(&page);
    let mut found: Vec<&str> = data["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| host.as_str().unwrap())
        .collect();
    let mut expected = hosts.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn nothing_is_fetched() {
    let page = render(&fleet::report_of(&["a"], &["cpu"])).unwrap();
    for address in [
        "src=\"http",
        "href=\"http",
        "url(http",
        "@import",
        "fetch(",
        "XMLHttpRequest",
        "<link",
    ] {
        assert!(!page.contains(address), "{address}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn rows_and_charts_stand_in_the_same_order() {
    let mut report = fleet::report_of(&["a", "b"], &["cpu", "disk"]);
    let day: fleetcast_core::Day = "1970-01-11".parse().unwrap();
    for one in &mut report.series {
        let outlook = one.outlook.as_mut().unwrap();
        outlook.planned = vec![(day, 160.0)];
    }
    let data = data(&render(&report).unwrap());
    let (rows, charts) = (
        data["rows"].as_array().unwrap(),
        data["charts"].as_array().unwrap(),
    );
    assert_eq!((rows.len(), charts.len()), (4, 4));
    for (row, chart) in rows.iter().zip(charts) {
        assert_eq!(row.as_array().unwrap().len(), 25);
        // The probabilities by 30, 60 and 90 days, in percent.
        assert_eq!(row[18], serde_json::json!([10.0, 20.0, 40.0]));
        // A limit that is planned, and since when.
        let planned = row[24].as_array().unwrap();
        assert_eq!((planned.len(), planned[0][0].as_i64()), (1, Some(10)));
        assert_eq!(planned[0][1].as_f64(), Some(160.0));
        assert_eq!(chart[0], 1, "a small fleet is drawn day by day");
    }
    // Over first.
    let statuses: Vec<_> = rows.iter().map(|row| row[2].as_i64().unwrap()).collect();
    assert!(statuses.is_sorted(), "{statuses:?}");
}

/// What stands in the section of this name.
fn section<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("<section id=\"{name}\"")).unwrap();
    rest.split_once("</section>").unwrap().0
}

#[test]
fn what_to_do_comes_first() {
    let hosts: Vec<String> = (0..20).map(|host| format!("web-{host:02}")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let mut report = fleet::report_of(&hosts, &["cpu"]);
    let page = render(&report).unwrap();
    let now = section(&page, "now");
    assert!(page.find("<section id=\"now\"") < page.find("<section id=\"glance\""));
    for part in [
        "Act: 20 series full now, or likely to be within 45 days",
        "<summary>12 more</summary>",
        "1 more has been full for longer than 45 days, and does not fill up further",
        "2 somebody knows about already",
        "New since the last run (run 6, data to 2025-12-24): 1",
        "full on 2026-02-01",
        "Look yourself: 1 may be full",
        "level rose from 32 to 70 on 2025-11-09",
        "href=\"#host=web-00\"",
        "20 Jan (from 5 Jan)",
        "12 %",
    ] {
        assert!(now.contains(part), "{part}: {now}");
    }
    // Engines, backtests and metrics stand behind the fold.
    let (before, why) = page.split_once("<details id=\"why\">").unwrap();
    assert!(why.contains("Median MAPE"));
    assert!(!before.split_once("<body>").unwrap().1.contains("MAPE"));

    let agenda = report.agenda.as_mut().unwrap();
    *agenda = Agenda {
        lead_time: 90,
        ..Agenda::default()
    };
    let page = render(&report).unwrap();
    let now = section(&page, "now");
    assert!(now.contains("Nothing is likely to be full before it can be replaced."));
    assert!(now.contains("This is the first run"));
    report.agenda = None;
    assert!(section(&render(&report).unwrap(), "now").contains("cargo xtask write"));
}

#[test]
fn long_lists_say_where_the_rest_is() {
    let mut report = fleet::report_of(&["web-01"], &["cpu"]);
    let agenda = report.agenda.as_mut().unwrap();
    agenda.plateaus = vec![agenda.act[0].clone(); 1234];
    let page = render(&report).unwrap();
    let now = section(&page, "now");
    assert!(now.contains("1\u{202f}234 more have been full"), "{now}");
    assert!(now.contains("The other 1\u{202f}034 stand in the view"));
}

#[test]
fn a_fleet_without_anything_is_a_page_too() {
    let mut report = fleet::report_of(&["a"], &["cpu"]);
    report.series[0].outlook = None;
    report.series[0].standing = None;
    report.series[0].chart = None;
    assert!(
        render(&report)
            .unwrap()
            .contains("No series has a forecast")
    );
    let nothing = Report {
        series: Vec::new(),
        issues: Vec::new(),
        agenda: None,
        groupings: Vec::new(),
        facts: report.facts,
    };
    assert!(render(&nothing).unwrap().contains("Nothing was wrong"));
}

#[test]
fn eight_thousand_series_fit_in_five_megabytes() {
    let hosts: Vec<String> = (0..2000)
        .map(|host| format!("application-{host:04}"))
        .collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let report = fleet::report_of(&hosts, &["cpu", "disk", "memory", "network"]);
    let page = render(&report).unwrap();
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    let data = data(&page);
    assert!(
        data["charts"]
            .as_array()
            .unwrap()
            .iter()
            .all(|chart| !chart.is_null())
    );
    assert_eq!(
        page,
        render(&report).unwrap(),
        "the same report gives the same page"
    );
}
