//! A stage's results take their places, all or none.

use duckdb::params;
use fleetcast_core::{SeriesIssue, Stage};

use crate::draft::issue_batch;
use crate::{Archive, Draft, Error, FleetModel, RunId, Store, Table};

/// What a stage made.
#[derive(Debug)]
pub struct StageResult<'store> {
    /// The stage.
    pub stage: Stage,
    /// The tables it filled. A draft of `series_issues` takes the place of the stage's issues only.
    pub drafts: Vec<Draft<'store>>,
    /// What it has to say about series. Issues of [`Stage::Data`] may be among them.
    pub issues: Vec<SeriesIssue>,
    /// Rows it made, for the record.
    pub rows: u64,
    /// Series whose forecasts are those of an earlier run, for the record; `None` of a stage that
    /// reuses nothing.
    pub reused: Option<u64>,
    /// How long it took, for the record.
    pub seconds: f64,
    /// Earlier golden records to keep, where the stage writes a new one.
    pub archive: Option<Archive>,
    /// The models of the whole fleet that an engine has forecast with; of an engine that has none, none.
    pub models: Vec<FleetModel>,
}

impl Store {
    /// Puts a stage's tables in the place of the earlier ones, its issues in the place of the
    /// stage's earlier ones, and notes both in `runs`: in one transaction, so that readers see
    /// either everything or nothing of it.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses, or where two rows have the same key; the earlier
    /// tables stand then.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "publishing uses the drafts up: they have become tables"
    )]
    pub fn publish(&self, run: RunId, result: StageResult<'_>) -> Result<(), Error> {
        const ACTION: &str = "publishing a stage's tables";
        let publishing = Error::while_doing(ACTION);
        for draft in &result.drafts {
            draft.add_key()?;
        }
        self.in_one_transaction(ACTION, || {
            if let Some(archive) = result.archive {
                self.archive_golden_record(archive)?;
                self.archive_outlook(archive.as_of)?;
            }
            let (issues, tables): (Vec<_>, Vec<_>) = result
                .drafts
                .iter()
                .partition(|draft| draft.table() == Table::SeriesIssues);
            for draft in tables {
                let (table, name) = (draft.table(), draft.name());
                self.connection
                    .execute_batch(&format!(
                        "DROP TABLE IF EXISTS {table}; ALTER TABLE {name} RENAME TO {table};"
                    ))
                    .map_err(publishing)?;
            }
            if result.archive.is_some() {
                self.make_views()?;
            }
            self.replace_issues(run, result.stage, &result.issues)?;
            for draft in issues {
                self.connection
                    .execute_batch(
                        &include_str!("../sql/publish_issues.sql").replace("{draft}", draft.name()),
                    )
                    .map_err(publishing)?;
            }
            if result.stage.is_of_engine() {
                self.forget_engine_draft()?;
                self.replace_models(run, result.stage, &result.models)?;
            }
            self.note_done(run, &result).map_err(publishing)
        })
    }

    /// Notes in `runs` that the stage is done.
    fn note_done(&self, run: RunId, result: &StageResult<'_>) -> Result<(), duckdb::Error> {
        let stage = result.stage;
        self.connection.execute(
            &format!("UPDATE runs SET {stage}_rows = ?, {stage}_seconds = ? WHERE run_id = ?"),
            params![result.rows, result.seconds, run.get()],
        )?;
        if let Some(reused) = result.reused {
            self.connection.execute(
                &format!("UPDATE runs SET {stage}_reused = ? WHERE run_id = ?"),
                params![reused, run.get()],
            )?;
        }
        Ok(())
    }

    fn replace_issues(
        &self,
        run: RunId,
        stage: Stage,
        issues: &[SeriesIssue],
    ) -> Result<(), Error> {
        let deleting = Error::while_doing("replacing issues");
        let mut stages = vec![stage];
        // Whoever read the data has found all there is to find.
        if stage.is_of_engine() {
            stages.push(Stage::Data);
        }
        for stage in stages {
            self.connection
                .execute(
                    "DELETE FROM series_issues WHERE stage = ?",
                    [stage.as_str()],
                )
                .map_err(deleting)?;
        }
        if issues.is_empty() {
            return Ok(());
        }
        self.append_to(Table::SeriesIssues.as_str(), issue_batch(run, issues)?)
    }
}
