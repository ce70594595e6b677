//! An engine's tables in the making, which a kill does not undo.

use duckdb::{OptionalExt, params};
use fleetcast_core::{Forecast, InnerOrigin, SeriesIssue, SeriesKey, Stage};

use crate::draft::issue_batch;
use crate::{Draft, Error, RunId, Segment, Store, Table};

const PROGRESS: &str = "draft_progress";
const BEGINNING: &str = "beginning an engine's draft";
const KEEPING: &str = "keeping a batch of forecasts";

/// Drafts of an engine's forecasts, its forecasts from inner origins and its issues, filled a batch
/// at a time; which series they hold is kept beside them.
///
/// Batches come in the order of the series' keys, so that how far it got is one number, and a draft
/// that was taken up again holds what one made in one go does.
#[derive(Debug)]
pub struct EngineDraft<'store> {
    store: &'store Store,
    run: RunId,
    forecasts: Draft<'store>,
    inner: Draft<'store>,
    issues: Draft<'store>,
    series_done: usize,
}

/// What an engine made of some series.
#[derive(Debug)]
pub struct EngineBatch<'a, F, I> {
    /// The series: those that follow the ones of the batch before, whether forecast or not.
    pub keys: &'a [SeriesKey],
    /// Their forecasts.
    pub forecasts: F,
    /// Their forecasts from inner origins.
    pub inner: I,
    /// What there is to say of them. They are published in the order of their keys, whatever batch
    /// they came in.
    pub issues: &'a [SeriesIssue],
}

impl Store {
    /// The draft this stage of this run was filling when it was cut off, or an empty one. `keys`
    /// are the series of the run, in their order; `tables` the engine's forecasts and inner
    /// forecasts.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn engine_draft(
        &self,
        run: RunId,
        stage: Stage,
        [forecasts, inner]: [Table; 2],
        keys: &[SeriesKey],
    ) -> Result<EngineDraft<'_>, Error> {
        if let Some(series_done) = self.series_drafted(run, stage, keys)? {
            return Ok(EngineDraft {
                store: self,
                run,
                forecasts: self.draft_as_it_stands(forecasts),
                inner: self.draft_as_it_stands(inner),
                issues: self.draft_as_it_stands(Table::SeriesIssues),
                series_done,
            });
        }
        self.in_one_transaction(BEGINNING, || {
            let draft = EngineDraft {
                store: self,
                run,
                forecasts: self.draft(forecasts)?,
                inner: self.draft(inner)?,
                issues: self.draft(Table::SeriesIssues)?,
                series_done: 0,
            };
            self.connection
                .execute_batch(include_str!("../sql/draft_progress.sql"))
                .map_err(Error::while_doing(BEGINNING))?;
            self.connection
                .execute(
                    "INSERT INTO draft_progress VALUES (?, ?, 0, '', '')",
                    params![run.get(), stage.as_str()],
                )
                .map_err(Error::while_doing(BEGINNING))?;
            Ok(draft)
        })
    }

    /// Series in the draft that this stage of this run was filling, or `None` where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn series_drafted(
        &self,
        run: RunId,
        stage: Stage,
        keys: &[SeriesKey],
    ) -> Result<Option<usize>, Error> {
        if !self.has_table(PROGRESS)? {
            return Ok(None);
        }
        let progress = self
            .connection
            .query_row(
                "SELECT series_done, host, resource FROM draft_progress WHERE run_id = ? AND stage = ?",
                params![run.get(), stage.as_str()],
                |row| {
                    let key = SeriesKey::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                    Ok((row.get::<_, u64>(0)?, key))
                },
            )
            .optional()
            .map_err(Error::while_doing("reading how far a draft is"))?;
        let Some((series_done, last_key)) = progress else {
            return Ok(None);
        };
        let series_done = usize::try_from(series_done).unwrap_or(usize::MAX);
        let is_of_these = match series_done.checked_sub(1) {
            Some(last) => keys.get(last) == Some(&last_key),
            None => true,
        };
        Ok(is_of_these.then_some(series_done))
    }

    /// Forgets how far a draft is, so that the next stage begins a new one.
    pub(crate) fn forget_engine_draft(&self) -> Result<(), Error> {
        self.connection
            .execute_batch(&format!("DROP TABLE IF EXISTS {PROGRESS}"))
            .map_err(Error::while_doing("forgetting a draft"))
    }
}

impl<'store> EngineDraft<'store> {
    /// How many series it holds: the first ones, in the order of their keys.
    #[must_use]
    pub fn series_done(&self) -> usize {
        self.series_done
    }

    /// Takes the next batch, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where a row breaks the tables' rules.
    pub fn append<'a, F, I>(&mut self, batch: EngineBatch<'a, F, I>) -> Result<(), Error>
    where
        F: Iterator<Item = (&'a SeriesKey, Segment, &'a Forecast)>,
        I: Iterator<Item = (&'a SeriesKey, &'a InnerOrigin)>,
    {
        let Some(last) = batch.keys.last() else {
            return Ok(());
        };
        let series_done = self.series_done + batch.keys.len();
        self.store.in_one_transaction(KEEPING, || {
            self.forecasts.append_forecasts(self.run, batch.forecasts)?;
            self.inner.append_inner_forecasts(self.run, batch.inner)?;
            if !batch.issues.is_empty() {
                self.issues.append(issue_batch(self.run, batch.issues)?)?;
            }
            self.store
                .connection
                .execute(
                    "UPDATE draft_progress SET series_done = ?, host = ?, resource = ?",
                    params![series_done as u64, last.host(), last.resource()],
                )
                .map(drop)
                .map_err(Error::while_doing(KEEPING))
        })?;
        self.series_done = series_done;
        Ok(())
    }

    /// How many forecasts, in rows, it holds.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn count_rows(&self) -> Result<u64, Error> {
        self.forecasts.count_rows()
    }

    /// The drafts, to be published.
    #[must_use]
    pub fn into_drafts(self) -> Vec<Draft<'store>> {
        vec![self.forecasts, self.inner, self.issues]
    }
}
