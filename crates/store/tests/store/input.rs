//! What stands in `processed_data`, and which day it reaches.

use super::*;

#[track_caller]
fn check(sql: &str, expected: &str) {
    let message = store_with(sql)
        .data_summary(LastDay::default())
        .unwrap_err()
        .to_string();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn tables_that_cannot_be_read_are_explained() {
    check("SELECT 1", "no table `processed_data`");
    check(
        "CREATE TABLE processed_data (host VARCHAR, ds DATE, utilization DOUBLE)",
        "no column `resource`; it has host, ds, utilization",
    );
    check(
        "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds VARCHAR, utilization DOUBLE)",
        "column ds of processed_data is VARCHAR, but must be DATE",
    );
    check(
        "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization VARCHAR)",
        "column utilization of processed_data is VARCHAR, but must be DOUBLE",
    );
    check(
        "CREATE TABLE processed_data (host VARCHAR, resource VARCHAR, ds DATE, utilization DOUBLE)",
        "holds no usable row",
    );
}

#[test]
fn any_number_type_and_a_view_will_do() {
    let store = store_with(
        "CREATE TABLE raw (host VARCHAR, resource VARCHAR, ds DATE, utilization DECIMAL(9, 2));
         INSERT INTO raw VALUES ('h', 'cpu', '2025-01-01', 1.25);
         CREATE VIEW processed_data AS FROM raw;",
    );
    let data = store.data_summary(LastDay::default()).unwrap();
    assert_eq!((data.rows, data.last_day), (1, day("2025-01-01")));
}

#[test]
fn the_fingerprint_is_of_the_rows_not_their_order() {
    let of = |rows: &str| {
        store_with_rows(rows)
            .data_summary(LastDay::default())
            .unwrap()
            .fingerprint
    };
    let one = "('h', 'cpu', '2025-01-01', 1)";
    let two = "('h', 'cpu', '2025-01-02', 2)";
    assert_eq!(of(&format!("{one}, {two}")), of(&format!("{two}, {one}")));
    assert_ne!(of(one), of(two));
    assert_ne!(of(&format!("{one}, {two}, {two}")), of(one));
}

#[test]
fn rows_of_no_series_and_of_the_future_are_counted() {
    let store = store_with_rows(
        "('b', 'cpu', '2025-01-01', 1), ('a', 'cpu', '2025-01-02', 1), ('a', 'cpu', '2025-02-01', 1),
         (NULL, 'cpu', '2025-01-01', 1), ('a', 'cpu', NULL, 1), ('a', 'cpu', 'infinity', 1)",
    );
    assert_eq!(
        store.data_summary(LastDay::default()).unwrap().last_day,
        day("2025-02-01")
    );
    let data = store.data_summary(LastDay::default()).unwrap();
    let index = store.series_index(&data, day("2025-01-31")).unwrap();
    let keys: Vec<String> = index.keys.iter().map(ToString::to_string).collect();
    assert_eq!(keys, ["a/cpu", "b/cpu"]);
    let issues: Vec<(String, IssueCode)> = index
        .issues
        .iter()
        .map(|issue| (issue.key.to_string(), issue.code))
        .collect();
    assert_eq!(
        issues,
        [
            ("/cpu".to_owned(), IssueCode::UnusableKey),
            ("a/cpu".to_owned(), IssueCode::UnusableKey),
            ("a/cpu".to_owned(), IssueCode::AfterAsOf),
        ]
    );
}
