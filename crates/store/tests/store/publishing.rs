//! Drafts, and how they take the place of tables.

use super::*;

fn champion_values(store: &Visible) -> Vec<f64> {
    let mut statement = store
        .connection()
        .prepare("SELECT DISTINCT yhat FROM prophet_forecasts ORDER BY 1")
        .unwrap();
    let values = statement.query_map([], |row| row.get(0)).unwrap();
    values.map(Result::unwrap).collect()
}

#[test]
fn a_stage_takes_the_place_of_the_one_before() {
    let store = Visible::new();
    for (number, value) in [(1, 10.0), (2, 20.0)] {
        let run = store.begin_run(&identity(), number).unwrap();
        assert_eq!(run.get(), number);
        publish(&store, run, value).unwrap();
    }
    assert_eq!(champion_values(&store), [20.0]);
    assert_eq!(store.count_rows(Table::SeriesIssues).unwrap(), 1);
    let runs = store.runs(9).unwrap();
    assert_eq!(
        runs.iter()
            .map(|run| run.status.as_str())
            .collect::<Vec<_>>(),
        ["running", "interrupted"]
    );
    assert!(runs[0].has_done(Stage::Prophet) && !runs[0].has_done(Stage::Judge));
}

#[test]
fn a_draft_that_was_never_published_is_not_seen_and_does_not_stay() {
    let store = Visible::new();
    let run = store.begin_run(&identity(), 1).unwrap();
    publish(&store, run, 10.0).unwrap();
    let draft = store.draft(Table::ProphetForecasts).unwrap();
    let key = SeriesKey::new("h", "cpu");
    draft
        .append_forecasts(run, [(&key, Segment::Future, &forecast(30.0))].into_iter())
        .unwrap();
    drop(draft);
    assert_eq!(champion_values(&store), [10.0]);
    publish(&store, run, 40.0).unwrap();
    assert_eq!(champion_values(&store), [40.0]);
}

#[test]
fn publishing_that_fails_leaves_the_earlier_tables() {
    let store = Visible::new();
    let run = store.begin_run(&identity(), 1).unwrap();
    publish(&store, run, 10.0).unwrap();
    // The draft disappears before its last step, as if the database failed there.
    let draft = store.draft(Table::ProphetForecasts).unwrap();
    store
        .connection()
        .execute_batch("DROP TABLE draft_prophet_forecasts")
        .unwrap();
    let result = StageResult {
        stage: Stage::Prophet,
        drafts: vec![draft],
        issues: Vec::new(),
        rows: 0,
        seconds: 0.0,
        reused: None,
        archive: None,
        models: Vec::new(),
    };
    assert!(store.publish(run, result).is_err());
    assert_eq!(champion_values(&store), [10.0]);
    assert_eq!(store.count_rows(Table::SeriesIssues).unwrap(), 1);
}

#[test]
fn the_schema_allows_one_golden_row_a_series_and_day() {
    let store = Visible::new();
    let insert = "INSERT INTO forecasts VALUES (1, 'h', 'cpu', '2025-01-01', 1, 0, 2, -1, 3, 'prophet', '2024-12-31')";
    store.connection().execute_batch(insert).unwrap();
    let error = store.connection().execute_batch(insert).unwrap_err();
    assert!(error.to_string().contains("primary key"), "{error}");
    assert_eq!(store.count_rows(Table::Forecasts).unwrap(), 1);
}
