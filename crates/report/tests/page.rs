//! The page, as far as it can be read without a browser; `browser.rs` opens it in one.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

mod fleet;

use fleetcast_report::{Report, render};
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
    let report = fleet::report_of(&["a", "b"], &["cpu", "disk"]);
    let data = data(&render(&report).unwrap());
    let (rows, charts) = (
        data["rows"].as_array().unwrap(),
        data["charts"].as_array().unwrap(),
    );
    assert_eq!((rows.len(), charts.len()), (4, 4));
    for (row, chart) in rows.iter().zip(charts) {
        assert_eq!(row.as_array().unwrap().len(), 19);
        // The probabilities by 30, 60 and 90 days, in percent.
        assert_eq!(row[18], serde_json::json!([10.0, 20.0, 40.0]));
        assert_eq!(chart[0], 1, "a small fleet is drawn day by day");
    }
    // Over first.
    let statuses: Vec<_> = rows.iter().map(|row| row[2].as_i64().unwrap()).collect();
    assert!(statuses.is_sorted(), "{statuses:?}");
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
