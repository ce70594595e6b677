//! What the past says of series, out of the database.

use super::*;

/// A row of `past_forecasts`, with `lists` in the places of its last five columns.
fn row(host: &str, origin: &str, lists: &str) -> String {
    format!(
        "INSERT INTO past_forecasts VALUES (1, '{host}', 'cpu', 'prophet', '{origin}', 7.5, [1, 2], {lists})"
    )
}

#[test]
fn the_row_of_the_last_day_has_years_and_no_forecast() {
    let store = Visible::new();
    let insert = |sql: &str| store.connection().execute_batch(sql).unwrap();
    insert(&row(
        "a",
        "2025-12-31",
        "[], [], [], [8, 9, 3, 4], [0.5, -2]",
    ));
    insert(&row("a", "2025-08-31", "[5, 6], [1, -1], [], [7, 7], [1]"));
    insert(&row("b", "2025-12-31", "[], [], [], [1, 1], [0]"));
    let keys = ["a", "b", "c"].map(|host| SeriesKey::new(host, "cpu"));
    let past = store.read_past(&keys, day("2025-12-31")).unwrap();
    assert_eq!(past.len(), 3);
    let [forecast] = past[0].forecasts.as_slice() else {
        panic!("one forecast: {past:?}");
    };
    assert_eq!(forecast.origin, day("2025-08-31"));
    assert_eq!(
        (&forecast.yhat[..], &forecast.errors[..]),
        (&[5.0, 6.0][..], &[1.0, -1.0][..])
    );
    assert_eq!(forecast.years.paths(2), [vec![7.0, 7.0], vec![8.0, 8.0]]);
    assert_eq!(past[0].years.count(), 2);
    // What has fallen by 2 since is at the present level both times.
    assert_eq!(past[0].years.paths(1).concat(), [8.0, 8.5, 1.0, 1.0]);
    assert!(past[1].forecasts.is_empty() && past[1].years.count() == 1);
    assert!(past[2].forecasts.is_empty() && past[2].years.count() == 0);
    // Series without a forecast of the past have nothing to lend.
    assert_eq!(store.series_with_past_forecasts().unwrap(), keys[..1]);
}

#[test]
fn rows_of_an_earlier_version_are_told_from_series_without_years() {
    let store = Visible::new();
    let is_without = || store.past_is_without_years().unwrap();
    assert!(!is_without(), "there is nothing yet");
    store
        .connection()
        .execute_batch(&row("a", "2025-08-31", "[5], [1], [], NULL, NULL"))
        .unwrap();
    assert!(is_without());
    let past = store
        .read_past(&[SeriesKey::new("a", "cpu")], day("2025-12-31"))
        .unwrap();
    assert_eq!(past[0].forecasts[0].years.count(), 0);
    store
        .connection()
        .execute_batch(&row("b", "2025-08-31", "[5], [1], [], [], []"))
        .unwrap();
    assert!(!is_without());
}
