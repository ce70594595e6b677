//! Limits: what is given, and what holds.

use super::*;

fn limits(host: Option<&str>, resource: &str, parts: [Option<f64>; 3]) -> LimitRule {
    let [floor, capacity, threshold] = parts;
    LimitRule {
        host: host.map(str::to_owned),
        resource: resource.to_owned(),
        floor,
        capacity,
        threshold,
        valid_from: None,
    }
}

/// The effective limits of each series as of the newest day, as `host/resource floor capacity threshold source`, after
/// the views have been held against the rules.
fn effective(store: &Visible) -> Vec<String> {
    let figure = |value: Option<f64>| value.map_or("-".to_owned(), |value| value.to_string());
    let in_words = |key: &SeriesKey, row: &fleetcast_core::EffectiveLimits| {
        let parts = [row.floor, row.capacity, row.threshold].map(figure);
        format!("{key} {} {}", parts.join(" "), row.source)
    };
    let from_view = |select: &str| -> Vec<String> {
        let sql = format!(
            "SELECT concat_ws(' ', host || '/' || resource, coalesce(floor::VARCHAR, '-'),
                 coalesce(capacity::VARCHAR, '-'), coalesce(threshold::VARCHAR, '-'), source) {select}"
        );
        let mut statement = store.connection().prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0));
        let rows = rows.unwrap().map(Result::unwrap);
        rows.map(|row| row.replace(".0 ", " ")).collect()
    };
    let newest: i32 = store
        .connection()
        .query_row(
            "SELECT max(ds) - DATE '1970-01-01' FROM processed_data",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let newest = Day::from_epoch_days(i64::from(newest)).unwrap();
    let schedules = store.limit_schedules(newest).unwrap();
    let on = |day: Day| -> Vec<String> {
        schedules
            .iter()
            .map(|(key, schedule)| in_words(key, schedule.on(day)))
            .collect()
    };
    let found = on(newest);
    let effective = from_view("FROM effective_limits ORDER BY host, resource");
    assert_eq!(effective, found);
    let mut by_day = store
        .connection()
        .prepare("SELECT host || '/' || resource, valid_from - DATE '1970-01-01', floor, capacity, threshold, source FROM limits_by_day")
        .unwrap();
    let steps: Vec<_> = by_day
        .query_map([], |row| {
            let series: String = row.get(0)?;
            let from: Option<i32> = row.get(1)?;
            let parts: [Option<f64>; 3] = [row.get(2)?, row.get(3)?, row.get(4)?];
            let source: String = row.get(5)?;
            Ok((series, from, parts, source))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for later in [
        newest,
        day("2030-01-01"),
        day("2030-03-15"),
        day("2031-01-01"),
    ] {
        let by_view: Vec<String> = schedules
            .iter()
            .map(|(key, _)| {
                let begun = steps.iter().filter(|(series, from, _, _)| {
                    *series == key.to_string() && from.is_none_or(|from| from <= later.epoch_days())
                });
                let (_, _, parts, source) = begun.max_by_key(|(_, from, _, _)| *from).unwrap();
                format!("{key} {} {source}", parts.map(figure).join(" "))
            })
            .collect();
        assert_eq!(by_view, on(later), "on {later}");
    }
    found
}

#[track_caller]
fn check_default(resource: &str, values: &[&str], expected: &str) {
    let rows: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(host, value)| format!("('h{host}', '{resource}', '2025-01-01', {value})"))
        .collect();
    let store = store_with_rows(&rows.join(", "));
    let found = effective(&store);
    let expected = format!("h0/{resource} {expected}");
    assert_eq!(found[0], expected);
}

#[test]
fn percent_resources_have_defaults_by_name_and_values() {
    let percent = "0 100 80 percent";
    for name in [
        "cpu",
        "CPUUtilization",
        "mem_used",
        "disk",
        "fs pct",
        "swap",
        "percent busy",
    ] {
        check_default(name, &["0", "55.5", "100"], percent);
    }
    // Every value counts, also other hosts'; what is no number does not.
    check_default("cpu", &["5", "100.5"], "0 - - none");
    check_default("cpu", &["5", "-1"], "- - - none");
    check_default(
        "cpu",
        &["5", "'NaN'::DOUBLE", "'inf'::DOUBLE", "NULL"],
        percent,
    );
    // Shares look like this, and so does an idle fleet.
    check_default("cpu", &["0.2", "0.9"], "0 - - none");
    // Other units, and what is short where it is low.
    for name in [
        "memory_gb",
        "cpu_count",
        "disk_free",
        "network_mbps",
        "requests",
        "program",
    ] {
        check_default(name, &["5", "50"], "0 - - none");
    }
    check_default("temperature", &["-5", "50"], "- - - none");
}

#[test]
fn a_host_wins_over_its_resource_part_by_part() {
    let store = store_with_rows(
        "('a', 'cpu', '2025-01-01', 50), ('b', 'cpu', '2025-01-01', 50), ('a', 'jobs', '2025-01-01', 500)",
    );
    assert_eq!(
        effective(&store),
        [
            "a/cpu 0 100 80 percent",
            "a/jobs 0 - - none",
            "b/cpu 0 100 80 percent"
        ]
    );
    store
        .set_limits(
            &[
                limits(None, "cpu", [None, None, Some(90.0)]),
                limits(Some("b"), "cpu", [Some(10.0), None, None]),
                limits(None, "jobs", [None, Some(1000.0), None]),
            ],
            BeyondObserved::Allow,
        )
        .unwrap();
    assert_eq!(
        effective(&store),
        [
            "a/cpu 0 100 90 resource",
            "a/jobs 0 1000 800 resource",
            "b/cpu 10 100 90 host"
        ]
    );
    // Setting again replaces the row.
    store
        .set_limits(
            &[limits(Some("b"), "cpu", [None, None, Some(60.0)])],
            BeyondObserved::Allow,
        )
        .unwrap();
    assert_eq!(effective(&store)[2], "b/cpu 0 100 60 host");
    assert!(store.remove_limits(Some("b"), "cpu", None).unwrap());
    assert!(!store.remove_limits(Some("b"), "cpu", None).unwrap());
    assert_eq!(effective(&store)[2], "b/cpu 0 100 90 resource");
}

#[test]
fn defaults_give_way_to_what_was_given() {
    let store = store_with_rows("('a', 'cpu', '2025-01-01', 50)");
    let check = |parts, expected: &str| {
        store
            .set_limits(&[limits(None, "cpu", parts)], BeyondObserved::Allow)
            .unwrap();
        assert_eq!(effective(&store), [expected]);
    };
    check([None, None, Some(150.0)], "a/cpu 0 - 150 resource");
    check([None, Some(-1.0), None], "a/cpu - -1 - resource");
    check([Some(100.0), None, None], "a/cpu 100 - - resource");
    check([Some(50.0), None, None], "a/cpu 50 100 90 resource");
}

#[track_caller]
fn check_refused(store: &Store, row: LimitRule, expected: &str) {
    let before = store.limits().unwrap();
    let message = store
        .set_limits(&[row], BeyondObserved::Allow)
        .unwrap_err()
        .to_string();
    assert!(message.contains(expected), "{message}");
    assert!(!message.contains('\n'), "{message}");
    assert_eq!(store.limits().unwrap(), before);
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let store = store_with_rows("('a', 'cpu', '2025-01-01', 50)");
    let cpu = |parts| limits(None, "cpu", parts);
    check_refused(
        &store,
        cpu([None; 3]),
        "neither floor nor capacity nor threshold",
    );
    check_refused(
        &store,
        cpu([Some(5.0), Some(5.0), None]),
        "floor 5 is not below capacity 5",
    );
    check_refused(
        &store,
        cpu([None, Some(5.0), Some(6.0)]),
        "threshold 6 lies above capacity 5",
    );
    check_refused(
        &store,
        cpu([Some(1.0), None, Some(0.0)]),
        "threshold 0 lies below floor 1",
    );
    check_refused(
        &store,
        cpu([None, None, Some(f64::NAN)]),
        "threshold NaN is no finite",
    );
    check_refused(
        &store,
        cpu([None, Some(f64::INFINITY), None]),
        "capacity inf is no finite",
    );
    check_refused(
        &store,
        limits(None, "", [None, Some(5.0), None]),
        "name no resource",
    );
    // Each alone would do; together they do not.
    store
        .set_limits(&[cpu([None, None, Some(80.0)])], BeyondObserved::Allow)
        .unwrap();
    check_refused(
        &store,
        limits(Some("a"), "cpu", [None, Some(50.0), None]),
        "limits of a/cpu do not fit together: threshold 80 lies above capacity 50",
    );
}

#[test]
fn the_tables_own_rules_hold_for_other_writers() {
    let store = Visible::new();
    for row in [
        "(NULL, 'cpu', 2, 1, NULL)",
        "(NULL, NULL, 0, 1, NULL)",
        "('a', 'cpu', 0, 'NaN', NULL)",
        "('a', 'cpu', 0, 5, 6)",
    ] {
        let insert = format!("INSERT INTO resource_limits VALUES {row}");
        assert!(store.connection().execute_batch(&insert).is_err(), "{row}");
    }
}

#[test]
fn a_table_somebody_else_made_is_used_and_checked() {
    let own = "CREATE TABLE processed_data AS SELECT 'a' AS host, 'cpu' AS resource, DATE '2025-01-01' AS ds, 5 AS utilization;";
    let dir = tempfile::tempdir().unwrap();
    let open = |name: &str, table: &str| {
        let path = dir.path().join(name);
        let theirs = Connection::open(&path).unwrap();
        theirs.execute_batch(&format!("{own}{table}")).unwrap();
        drop(theirs);
        Visible::at(&path)
    };
    // The most cautious of several rows counts.
    let store = open(
        "rows.duckdb",
        "CREATE TABLE resource_limits (threshold INTEGER, host VARCHAR, resource VARCHAR, floor INTEGER, capacity DECIMAL(5, 1));
         INSERT INTO resource_limits VALUES (70, 'a', 'cpu', NULL, 90.5), (60, 'a', 'cpu', 1, NULL)",
    );
    assert_eq!(effective(&store), ["a/cpu 1 90.5 60 host"]);
    // It gets first days with the first rule that has one.
    let planned = LimitRule {
        valid_from: Some(day("2030-01-01")),
        ..limits(Some("a"), "cpu", [None, Some(95.0), None])
    };
    store.set_limits(&[planned], BeyondObserved::Allow).unwrap();
    assert_eq!(effective(&store), ["a/cpu 1 90.5 60 host"]);
    let schedules = store.limit_schedules(day("2025-01-01")).unwrap();
    assert_eq!(schedules[0].1.last().capacity, Some(95.0));
    let store = open(
        "wrong.duckdb",
        "CREATE TABLE resource_limits AS SELECT NULL::VARCHAR AS host, 'cpu' AS resource, 9.0 AS floor, 5.0 AS capacity, NULL::DOUBLE AS threshold",
    );
    let message = store.check_limits().unwrap_err().to_string();
    assert!(message.contains("all hosts, cpu"), "{message}");
    let store = open(
        "columns.duckdb",
        "CREATE TABLE resource_limits (host VARCHAR, max DOUBLE)",
    );
    let message = store.check_limits().unwrap_err().to_string();
    assert!(
        message.contains("no column `resource`; it has host, max"),
        "{message}"
    );
}

#[test]
fn a_file_of_limits_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = Visible::new();
    let read = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        store.read_limits_file(&path)
    };
    let rows = read(
        "a.csv",
        "host,resource,capacity,threshold\n,jobs,1000,\nweb,jobs,,700\n",
    )
    .unwrap();
    assert_eq!(
        rows,
        [
            limits(None, "jobs", [None, Some(1000.0), None]),
            limits(Some("web"), "jobs", [None, None, Some(700.0)]),
        ]
    );
    let rows = read(
        "d.csv",
        "resource,capacity,valid_from\njobs,1000,\njobs,2000,2026-03-01\n",
    )
    .unwrap();
    assert_eq!(rows[0].valid_from, None);
    assert_eq!(rows[1].valid_from, Some(day("2026-03-01")));
    let rows = read("b.json", r#"[{"resource": "jobs", "floor": -1}]"#).unwrap();
    assert_eq!(rows, [limits(None, "jobs", [Some(-1.0), None, None])]);
    for (text, expected) in [
        (
            "host,capacity\na,5\n",
            "no column `resource`, only host, capacity",
        ),
        (
            "resource,capacity\ncpu,much\n",
            "column capacity holds `much`",
        ),
        (
            "resource,capacity,valid_from\ncpu,5,soon\n",
            "column valid_from holds `soon`, which is no day",
        ),
        (
            "resource,capacity\ncpu,nan\n",
            "capacity NaN is no finite number",
        ),
        (
            "resource,floor,capacity\ncpu,9,5\n",
            "all hosts, cpu cannot be used",
        ),
        ("resource,capacity\n,5\n", "name no resource"),
    ] {
        let message = read("c.csv", text).unwrap_err().to_string();
        assert!(message.contains(expected), "{text}: {message}");
    }
}

#[test]
fn limits_hold_from_their_first_day_on() {
    let store =
        store_with_rows("('a', 'jobs', '2025-01-01', 500), ('b', 'jobs', '2025-01-02', 500)");
    let from = |first: &str, rule: LimitRule| LimitRule {
        valid_from: Some(day(first)),
        ..rule
    };
    store
        .set_limits(
            &[
                limits(None, "jobs", [None, Some(1000.0), Some(900.0)]),
                from(
                    "2030-01-01",
                    limits(None, "jobs", [None, Some(2000.0), None]),
                ),
                from(
                    "2025-01-02",
                    limits(Some("b"), "jobs", [None, Some(1500.0), None]),
                ),
            ],
            BeyondObserved::Allow,
        )
        .unwrap();
    assert_eq!(
        effective(&store),
        ["a/jobs 0 1000 900 resource", "b/jobs 0 1500 900 host"]
    );
    let schedules = store.limit_schedules(day("2025-01-02")).unwrap();
    let last = |place: usize| schedules[place].1.last();
    assert_eq!(
        (last(0).capacity, last(0).threshold),
        (Some(2000.0), Some(1600.0))
    );
    assert_eq!(
        (last(1).capacity, last(1).threshold),
        (Some(1500.0), Some(1200.0))
    );
    // A day's rule is replaced and removed by itself.
    let again = from(
        "2030-01-01",
        limits(None, "jobs", [None, Some(3000.0), None]),
    );
    store.set_limits(&[again], BeyondObserved::Allow).unwrap();
    assert_eq!(store.limits().unwrap().len(), 3);
    assert!(
        store
            .remove_limits(None, "jobs", Some(day("2030-01-01")))
            .unwrap()
    );
    assert!(
        !store
            .remove_limits(None, "jobs", Some(day("2030-01-01")))
            .unwrap()
    );
    assert_eq!(store.limits().unwrap().len(), 2);
}

#[test]
fn changes_of_capacities_are_of_percentages() {
    let store = store_with_rows(
        "('a', 'disk', '2025-01-01', 80), ('a', 'disk', '2025-01-02', 40), ('a', 'jobs', '2025-01-01', 500)",
    );
    let change = |resource: &str, on: &str, to: f64| fleetcast_core::CapacityChange {
        host: "a".to_owned(),
        resource: resource.to_owned(),
        day: day(on),
        from: 100.0,
        to,
    };
    let set = |change: &fleetcast_core::CapacityChange, beyond| {
        store
            .set_capacity_change(change, beyond)
            .map_err(|error| error.to_string())
    };
    let before = store.data_summary(LastDay::Always).unwrap().fingerprint;
    let disk = change("disk", "2025-01-02", 200.0);
    assert_eq!(set(&disk, BeyondObserved::Refuse), Ok(None));
    // Said again for the same day, the last one counts.
    set(&change("disk", "2025-01-02", 400.0), BeyondObserved::Refuse).unwrap();
    assert_eq!(store.capacity_changes().unwrap().len(), 1);
    set(&disk, BeyondObserved::Refuse).unwrap();
    let message = set(&change("jobs", "2025-01-02", 200.0), BeyondObserved::Refuse).unwrap_err();
    assert!(
        message.contains("values of a/jobs lie outside 0 to 100"),
        "{message}"
    );
    assert_eq!(
        set(&change("jobs", "2025-01-02", 200.0), BeyondObserved::Allow),
        Ok(None)
    );
    let note = set(&change("cpu", "2025-01-02", 200.0), BeyondObserved::Refuse).unwrap();
    assert!(note.unwrap().contains("no series a/cpu"));
    let message = set(&change("disk", "2025-01-02", 0.0), BeyondObserved::Allow).unwrap_err();
    assert!(message.contains("goes to 0"), "{message}");
    assert!(
        store
            .remove_capacity_change(&change("jobs", "2025-01-02", 1.0))
            .unwrap()
    );
    assert!(
        !store
            .remove_capacity_change(&change("jobs", "2025-01-02", 1.0))
            .unwrap()
    );
    // A run over it is a run over other data, and sees values of the present capacity.
    let data = store.data_summary(LastDay::Always).unwrap();
    assert_ne!(data.fingerprint, before);
    let index = store.series_index(&data, data.last_day).unwrap();
    let grid = TimeGrid::new(day("2025-01-01"), 2);
    let histories = Histories::new(&store, &index, grid, 10);
    let batch = histories.batches(0, 10).next().unwrap().unwrap();
    assert_eq!(batch.series().series(0).values, [40.0, 40.0]);
    let values = |store: &Store| store.read_panel(&index.keys, grid).unwrap().0;
    assert_eq!(
        values(&store).view().series(0).values,
        [80.0, 40.0],
        "what is stored stays"
    );
    // A renamed host keeps them.
    store.rename_host("a", "b").unwrap();
    assert_eq!(store.capacity_changes().unwrap()[1].host, "b");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The rules the stages go by and the view for whoever reads with SQL come to the same, whatever
    /// stands in the tables: [`effective`] holds one against the other.
    #[test]
    fn the_view_says_what_the_rules_say(
        series in prop::collection::vec(
            (
                0..5_u8,
                prop::sample::select(vec![
                    "cpu", "disk_gb", "mem.used", "Net-IN", "disk:/var", "latency", "CPU %", "fs_b",
                    "memory_free", "gpu kbps", "swap iops", "used", "busyness", "heap-ms", "Ütil",
                ]),
                prop::collection::vec(
                    prop::sample::select(vec![-20.0, -2.0, 0.0, 0.5, 40.0, 100.0, 100.5, 130.0, 4000.0]),
                    1..4,
                ),
                1..40_usize,
            ),
            1..9,
        ),
        rules in prop::collection::vec(
            (
                prop::option::of(0..5_u8),
                prop::sample::select(vec!["cpu", "disk:/var", "latency", "mem.used"]),
                prop::option::of(-10..10_i8),
                prop::option::of(20..120_i8),
                prop::sample::select(vec![None, None, Some("2024-06-01"), Some("2030-01-01"), Some("2030-06-01")]),
            ),
            0..6,
        ),
        planned in prop::collection::vec(
            (
                0..5_u8,
                prop::sample::select(vec!["cpu", "disk:/var", "mem.used"]),
                prop::sample::select(vec!["2024-07-01", "2030-01-01", "2030-03-01", "2030-06-01"]),
                1..5_u8,
                1..5_u8,
            ),
            0..4,
        ),
    ) {
        let mut rows = Vec::new();
        for (number, (host, resource, values, days)) in series.iter().enumerate() {
            for day in 0..*days {
                // Mostly one value, and a few others: strays among them.
                let value = if day < values.len() { values[day] } else { values[0] };
                let day = day + 50 * number;
                rows.push(format!("('h{host}', '{resource}', DATE '2025-01-01' + {day}, {value})"));
            }
        }
        let store = store_with_rows(&rows.join(", "));
        for (host, resource, floor, capacity, valid_from) in rules {
            if floor.is_none() && capacity.is_none() {
                continue;
            }
            let host = host.map(|host| format!("h{host}"));
            let parts = [floor.map(f64::from), capacity.map(f64::from), None];
            // What does not fit together with what stands there is refused, and changes nothing.
            let rule = LimitRule {
                valid_from: valid_from.map(day),
                ..limits(host.as_deref(), resource, parts)
            };
            let _ = store.set_limits(&[rule], BeyondObserved::Allow);
        }
        for (host, resource, on, from, to) in planned {
            let change = fleetcast_core::CapacityChange {
                host: format!("h{host}"),
                resource: resource.to_owned(),
                day: day(on),
                from: f64::from(from),
                to: f64::from(to),
            };
            store.set_capacity_change(&change, BeyondObserved::Allow).unwrap();
        }
        prop_assert!(!effective(&store).is_empty());
    }
}
