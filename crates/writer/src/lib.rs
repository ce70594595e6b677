//! The golden record: one forecast a series and future day, with intervals that past errors
//! promise, inside the limits of its resource.
//!
//! The work is one SQL statement (`sql/golden.sql`); that there is exactly one row a series and
//! day is a key of the table.

use duckdb::params;
use fleetcast_core::{Day, IntervalLevel, IssueCode, SeriesIssue, SeriesKey, Severity, Stage};
use fleetcast_store::{Archive, Error, RunId, StageResult, Store, Table};

/// How much wider a normal distribution's central 95 % interval is than its 80 % one.
const WIDENING_80_TO_95: f64 = 1.959_963_984_540_054 / 1.281_551_565_544_600_4;

/// How the golden record is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoldenRecord<'a> {
    /// The last day the forecasts of the future have seen.
    pub trained_through: Day,
    /// The level of `yhat_lower` and `yhat_upper`; those at 95 % stand beside them.
    pub level: IntervalLevel,
    /// The table of effective limits: [`Store::write_down_limits`].
    pub limits: &'a str,
    /// How many earlier golden records, of earlier data, are kept in `forecasts_history`.
    pub keep: u32,
}

/// Drafts `forecasts` from the leaderboard, the engines' tables and the judge's.
///
/// # Errors
///
/// [`Error`] where the database refuses; nothing is published then.
pub fn write_golden_record<'store>(
    store: &'store Store,
    run: RunId,
    golden: GoldenRecord<'_>,
) -> Result<StageResult<'store>, Error> {
    let draft = store.draft(Table::Forecasts)?;
    store
        .connection()
        .execute(
            &include_str!("../sql/golden.sql")
                .replace("{golden}", draft.name())
                .replace("{limits}", golden.limits)
                .replace("{widening}", &WIDENING_80_TO_95.to_string()),
            params![
                run.get(),
                golden.trained_through.to_string(),
                golden.level.share()
            ],
        )
        .map_err(Error::while_doing("writing the golden record"))?;
    let rows = draft.count_rows()?;
    let issues = series_drawn_to_limits(store, draft.name(), golden.limits)?;
    Ok(StageResult {
        stage: Stage::Write,
        drafts: vec![draft],
        issues,
        rows,
        reused: None,
        seconds: 0.0,
        archive: Some(Archive {
            trained_through: golden.trained_through,
            keep: golden.keep,
        }),
    })
}

fn series_drawn_to_limits(
    store: &Store,
    golden: &str,
    limits: &str,
) -> Result<Vec<SeriesIssue>, Error> {
    let counting = Error::while_doing("counting rows drawn to limits");
    let mut statement = store
        .connection()
        .prepare(
            &include_str!("../sql/drawn_to_limits.sql")
                .replace("{golden}", golden)
                .replace("{limits}", limits),
        )
        .map_err(counting)?;
    let issues = statement
        .query_map([], |row| {
            let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
            let days: u64 = row.get(2)?;
            let (floor, capacity): (Option<f64>, Option<f64>) = (row.get(3)?, row.get(4)?);
            let limit = |limit: Option<f64>| limit.map_or("none".to_owned(), |x| x.to_string());
            let message = format!(
                "{days} golden days were drawn to the limits (floor {}, capacity {})",
                limit(floor),
                limit(capacity)
            );
            Ok(SeriesIssue {
                key,
                stage: Stage::Write,
                engine: None,
                severity: Severity::Info,
                code: IssueCode::DrawnToLimits,
                message,
            })
        })
        .map_err(counting)?;
    issues.collect::<Result<_, _>>().map_err(counting)
}
