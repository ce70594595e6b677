//! Series, out of the database as panels.

use super::*;

fn read(store: &Store, first: &str, days: usize) -> (Panel, Vec<SeriesIssue>) {
    let data = store.data_summary(LastDay::default()).unwrap();
    let index = store.series_index(&data, day("9999-12-31")).unwrap();
    store
        .read_panel(&index.keys, TimeGrid::new(day(first), days))
        .unwrap()
}

#[test]
fn rows_become_a_grid() {
    let store = store_with_rows(
        "('a', 'cpu', '2025-01-03', 3), ('a', 'cpu', '2025-01-01', 1), ('a', 'cpu', '2024-12-31', 9),
         ('b', 'cpu', '2024-06-01', 5), ('c', 'cpu', '2025-01-02', 2), ('c', 'cpu', '2025-01-02', 4),
         ('d', 'cpu', '2025-01-01', 'NaN'), ('d', 'cpu', '2025-01-02', NULL), ('d', 'cpu', '2025-01-03', -1)",
    );
    let (panel, issues) = read(&store, "2025-01-01", 3);
    let values: Vec<String> = panel
        .view()
        .iter()
        .map(|series| format!("{:?}", series.values))
        .collect();
    assert_eq!(
        values,
        [
            "[1.0, NaN, 3.0]",
            "[NaN, NaN, NaN]",
            "[NaN, 3.0, NaN]",
            "[NaN, NaN, -1.0]"
        ]
    );
    let found: Vec<(&str, IssueCode)> = issues
        .iter()
        .map(|issue| (issue.key.host(), issue.code))
        .collect();
    assert_eq!(
        found,
        [
            ("c", IssueCode::DuplicateDay),
            ("d", IssueCode::NullValue),
            ("d", IssueCode::NotFinite),
            ("d", IssueCode::NegativeValue)
        ]
    );
}

#[test]
fn names_may_be_anything() {
    let store = store_with_rows(
        "('x''; DROP TABLE processed_data; --', '\"', '2025-01-01', 1),
         ('', '', '2025-01-01', 2), ('ホスト', '🖥', '2025-01-01', 3), (repeat('n', 10000), 'cpu', '2025-01-01', 4)",
    );
    let (panel, issues) = read(&store, "2025-01-01", 1);
    assert_eq!(panel.view().len(), 4);
    assert!(issues.is_empty());
    assert!(panel.view().iter().all(|series| series.observed() == 1));
}

fn any_rows() -> impl Strategy<Value = Vec<(u8, u8, i32, f64)>> {
    let value = prop_oneof![
        4 => -100.0..100.0_f64,
        1 => prop::num::f64::ANY,
    ];
    prop::collection::vec((0..6_u8, 0..3_u8, 0..40_i32, value), 1..120)
}

/// Every series of the panels, and every issue, in order.
fn read_in_batches(rows: &[(u8, u8, i32, f64)], block: usize, batch: usize) -> Vec<String> {
    let values: Vec<String> = rows
        .iter()
        .map(|(host, resource, ds, value)| {
            format!("('h{host}', 'r{resource}', DATE '2025-01-01' + {ds}, '{value:e}'::DOUBLE)")
        })
        .collect();
    let store = store_with_rows(&values.join(", "));
    let data = store.data_summary(LastDay::default()).unwrap();
    let index = store.series_index(&data, day("2025-01-31")).unwrap();
    let grid = TimeGrid::new(day("2025-01-01"), 31);
    let (mut series, mut found) = (Vec::new(), Vec::new());
    let histories = Histories::new(&store, &index, grid, block);
    for batch in histories.batches(0, batch) {
        let batch = batch.unwrap();
        let mut values = batch.series().iter().flat_map(|one| one.values);
        assert!(values.all(|value| !value.is_infinite()));
        series.extend(
            batch
                .series()
                .iter()
                .map(|one| format!("{} {:?}", one.key, one.values)),
        );
        found.extend(batch.repairs().iter().map(|issue| format!("{issue:?}")));
    }
    assert_eq!(series.len(), index.keys.len());
    series.extend(found);
    series
}

#[test]
fn a_block_is_read_once_and_its_batches_do_not_go_beyond_it() {
    let store = store_with(
        "CREATE TABLE processed_data AS
         SELECT 'h' || h AS host, 'cpu' AS resource, DATE '2025-01-01' AS ds, h::DOUBLE AS utilization
         FROM range(7) AS hosts (h)",
    );
    let data = store.data_summary(LastDay::default()).unwrap();
    let index = store.series_index(&data, day("2025-01-01")).unwrap();
    let grid = TimeGrid::new(day("2025-01-01"), 1);
    let values = |histories: &Histories<'_>, from, size| -> Vec<Vec<f64>> {
        let batches = histories.batches(from, size);
        batches
            .map(|batch| {
                let batch = batch.unwrap();
                batch
                    .series()
                    .iter()
                    .flat_map(|one| one.values.to_vec())
                    .collect()
            })
            .collect()
    };
    let whole = Histories::new(&store, &index, grid, 100);
    let halves = Histories::new(&store, &index, grid, 4);
    assert_eq!(
        values(&halves, 0, 3),
        [vec![0.0, 1.0, 2.0], vec![3.0], vec![4.0, 5.0, 6.0]]
    );
    assert_eq!(values(&halves, 6, 3), [[6.0]]);
    assert_eq!(values(&whole, 2, 100), [[2.0, 3.0, 4.0, 5.0, 6.0]]);
    assert!(values(&whole, 7, 3).is_empty());

    let changing = "UPDATE processed_data SET utilization = -1";
    store.connection().execute_batch(changing).unwrap();
    assert_eq!(values(&whole, 5, 1), [[5.0], [6.0]]);
    assert_eq!(values(&halves, 5, 9), [[5.0, 6.0]]);
    assert_eq!(values(&halves, 3, 1)[0], [-1.0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// However the rows stand and however the series are batched, the panels are the same, and
    /// no value is infinite.
    #[test]
    fn panels_depend_on_the_rows_alone(rows in any_rows(), block in 1..20_usize, batch in 1..20_usize) {
        let mut backwards = rows.clone();
        backwards.reverse();
        let whole = read_in_batches(&rows, usize::MAX, usize::MAX);
        prop_assert_eq!(whole, read_in_batches(&backwards, block, batch));
    }
}
