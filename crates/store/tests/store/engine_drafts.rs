//! Drafts that a kill does not undo.

use fleetcast_store::Reused;

use super::*;

const TABLES: EngineTables = EngineTables::PROPHET;

fn keys() -> Vec<SeriesKey> {
    ["a", "b", "c"]
        .map(|host| SeriesKey::new(host, "cpu"))
        .into()
}

/// Appends constant forecasts of these series, one batch, with an issue each.
fn append(draft: &mut EngineDraft<'_>, keys: &[SeriesKey]) {
    let made: Vec<Made> = keys.iter().map(|key| made(key, 1.0)).collect();
    let issues: Vec<SeriesIssue> = keys.iter().map(issue).collect();
    draft
        .append(&EngineBatch {
            keys,
            made: &made,
            issues: &issues,
        })
        .unwrap();
}

fn made(key: &SeriesKey, value: f64) -> Made {
    Made {
        key: key.clone(),
        fingerprint: 7,
        forecasts: EngineForecasts {
            future: Some(forecast(value)),
            ..EngineForecasts::default()
        },
        kept: None,
        reused: Reused::Nothing,
    }
}

fn issue(key: &SeriesKey) -> SeriesIssue {
    SeriesIssue {
        key: key.clone(),
        stage: Stage::Prophet,
        engine: Some("prophet"),
        severity: Severity::Info,
        code: IssueCode::Constant,
        message: "one value".to_owned(),
    }
}

fn series_done(store: &Store, run: RunId) -> usize {
    let draft = store.engine_draft(run, TABLES, &keys());
    draft.unwrap().series_done()
}

#[test]
fn a_draft_cut_off_is_taken_up_by_its_own_run_and_stage_only() {
    let store = Visible::new();
    let run = store.begin_run(&identity(), 1).unwrap();
    let mut draft = store.engine_draft(run, TABLES, &keys()).unwrap();
    append(&mut draft, &keys()[..2]);
    drop(draft);
    assert_eq!(series_done(&store, run), 2);
    assert_eq!(
        store
            .series_drafted(run, Stage::Challenger, &keys())
            .unwrap(),
        None
    );
    let other_keys = [SeriesKey::new("a", "cpu"), SeriesKey::new("x", "cpu")];
    assert_eq!(
        store
            .series_drafted(run, Stage::Prophet, &other_keys)
            .unwrap(),
        None
    );
    let next = store.begin_run(&identity(), 2).unwrap();
    assert_eq!(series_done(&store, next), 0);
    assert_eq!(
        store.series_drafted(run, Stage::Prophet, &keys()).unwrap(),
        None
    );
}

#[test]
fn a_draft_is_given_up_where_its_run_gets_other_settings() {
    let store = Visible::new();
    let run = store.begin_run(&identity(), 1).unwrap();
    let begin = || store.engine_draft(run, TABLES, &keys()).unwrap();
    append(&mut begin(), &keys()[..1]);
    let newest = store.newest_run().unwrap().unwrap();
    store
        .take_up_run(&newest, Stage::Prophet, &newest.config)
        .unwrap();
    assert_eq!(series_done(&store, run), 1);
    store
        .take_up_run(&newest, Stage::Prophet, &json!({"prophet": "exact"}))
        .unwrap();
    assert_eq!(series_done(&store, run), 0);
}

#[test]
fn whatever_the_batches_the_same_rows_are_published() {
    let published = |batches: &[usize]| {
        let store = Visible::new();
        let run = store.begin_run(&identity(), 1).unwrap();
        let keys = keys();
        let mut rest = keys.as_slice();
        for size in batches {
            // Taken up anew before every batch.
            let mut draft = store.engine_draft(run, TABLES, &keys).unwrap();
            let (batch, after) = rest.split_at(*size);
            append(&mut draft, batch);
            rest = after;
        }
        let draft = store.engine_draft(run, TABLES, &keys).unwrap();
        let result = StageResult {
            stage: Stage::Prophet,
            rows: draft.count_rows().unwrap(),
            drafts: draft.into_drafts(),
            issues: Vec::new(),
            seconds: 0.0,
            reused: None,
            archive: None,
            models: Vec::new(),
        };
        store.publish(run, result).unwrap();
        assert!(!store.has_table("draft_progress").unwrap());
        ["prophet_forecasts", "series_issues"].map(|table| {
            store
                .connection()
                .query_row(
                    &format!("SELECT string_agg(t::VARCHAR, '\n') FROM {table} AS t"),
                    [],
                    |row| row.get::<_, String>(0),
                )
                .unwrap()
        })
    };
    let at_once = published(&[3]);
    assert_eq!(at_once[0].lines().count(), 6);
    assert_eq!(at_once[1].lines().count(), 3);
    assert_eq!(published(&[1, 2]), at_once);
    assert_eq!(published(&[1, 1, 1]), at_once);
}
