//! An engine's tables in the making, which a kill does not undo.

use duckdb::{OptionalExt, params};
use fleetcast_core::{Choice, EngineForecasts, SeriesIssue, SeriesKey, Stage};

use crate::draft::issue_batch;
use crate::{Draft, EngineTables, Error, RunId, Segment, Store, Table};

const PROGRESS: &str = "draft_progress";
const BEGINNING: &str = "beginning an engine's draft";
const KEEPING: &str = "keeping a batch of forecasts";

/// Drafts of an engine's forecasts, its forecasts from inner origins, what it was asked and its
/// issues, filled a batch at a time; which series they hold is kept beside them.
///
/// Batches come in the order of the series' keys, so that how far it got is one number, and a draft
/// that was taken up again holds what one made in one go does.
#[derive(Debug)]
pub struct EngineDraft<'store> {
    store: &'store Store,
    run: RunId,
    stage: Stage,
    forecasts: Draft<'store>,
    inner: Draft<'store>,
    inputs: Draft<'store>,
    issues: Draft<'store>,
    series_done: usize,
    reused: usize,
}

/// What an engine made of some series.
#[derive(Debug)]
pub struct EngineBatch<'a> {
    /// The series: those that follow the ones of the batch before, whether forecast or not.
    pub keys: &'a [SeriesKey],
    /// What was made of those the engine was asked about, in the order of their keys.
    pub made: &'a [Made],
    /// What there is to say of them. They are published in the order of their keys, whatever batch
    /// they came in.
    pub issues: &'a [SeriesIssue],
}

/// What an engine made of one series.
#[derive(Debug)]
pub struct Made {
    /// Whose forecasts these are.
    pub key: SeriesKey,
    /// The fingerprint of what the engine was asked: see [`fleetcast_core::Fingerprinter`].
    pub fingerprint: u64,
    /// The forecasts, as far as there are any.
    pub forecasts: EngineForecasts,
    /// What is kept for later runs, where settings are not chosen in each of them.
    pub kept: Option<KeptChoice>,
    /// Which of the forecasts are an earlier run's.
    pub reused: Reused,
}

/// Which forecasts of a series are those of an earlier run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reused {
    /// None.
    #[default]
    Nothing,
    /// The forecasts that what was chosen rests on ([`Earlier::Past`](crate::Earlier)), and not that of the future. What was said of a missing
    /// backtest is taken over with them.
    Past,
    /// All ([`Earlier::All`](crate::Earlier)). The engine's issues about the series are taken over with them.
    All,
}

/// What an engine chose for a series, and by what.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptChoice {
    /// The fingerprint of what the choice rests on.
    pub chosen_by: u64,
    /// The choice; `None` where there was nothing to choose.
    pub choice: Option<Choice>,
}

/// How far a draft is.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    series_done: usize,
    reused: usize,
}

impl Store {
    /// The draft this stage of this run was filling when it was cut off, or an empty one. `keys`
    /// are the series of the run, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn engine_draft(
        &self,
        run: RunId,
        tables: EngineTables,
        keys: &[SeriesKey],
    ) -> Result<EngineDraft<'_>, Error> {
        let stage = tables.stage;
        if let Some(progress) = self.draft_progress(run, stage, keys)? {
            return Ok(EngineDraft {
                store: self,
                run,
                stage,
                forecasts: self.draft_as_it_stands(tables.forecasts),
                inner: self.draft_as_it_stands(tables.inner),
                inputs: self.draft_as_it_stands(tables.inputs),
                issues: self.draft_as_it_stands(Table::SeriesIssues),
                series_done: progress.series_done,
                reused: progress.reused,
            });
        }
        self.in_one_transaction(BEGINNING, || {
            let draft = EngineDraft {
                store: self,
                run,
                stage,
                forecasts: self.draft(tables.forecasts)?,
                inner: self.draft(tables.inner)?,
                inputs: self.draft(tables.inputs)?,
                issues: self.draft(Table::SeriesIssues)?,
                series_done: 0,
                reused: 0,
            };
            self.connection
                .execute_batch(include_str!("../sql/draft_progress.sql"))
                .map_err(Error::while_doing(BEGINNING))?;
            self.connection
                .execute(
                    "INSERT INTO draft_progress VALUES (?, ?, 0, 0, '', '')",
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
        let progress = self.draft_progress(run, stage, keys)?;
        Ok(progress.map(|progress| progress.series_done))
    }

    fn draft_progress(
        &self,
        run: RunId,
        stage: Stage,
        keys: &[SeriesKey],
    ) -> Result<Option<Progress>, Error> {
        if !self.has_table(PROGRESS)? {
            return Ok(None);
        }
        let found = self
            .connection
            .query_row(
                "SELECT series_done, reused, host, resource FROM draft_progress \
                 WHERE run_id = ? AND stage = ?",
                params![run.get(), stage.as_str()],
                |row| {
                    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
                    let progress = Progress {
                        series_done: count(row.get(0)?),
                        reused: count(row.get(1)?),
                    };
                    let key = SeriesKey::new(row.get::<_, String>(2)?, row.get::<_, String>(3)?);
                    Ok((progress, key))
                },
            )
            .optional()
            .map_err(Error::while_doing("reading how far a draft is"))?;
        let Some((progress, last_key)) = found else {
            return Ok(None);
        };
        let is_of_these = match progress.series_done.checked_sub(1) {
            Some(last) => keys.get(last) == Some(&last_key),
            None => true,
        };
        Ok(is_of_these.then_some(progress))
    }

    /// Forgets how far a draft is, so that the next stage begins a new one.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn forget_engine_draft(&self) -> Result<(), Error> {
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

    /// How many of them have the forecasts of an earlier run.
    #[must_use]
    pub fn reused(&self) -> usize {
        self.reused
    }

    /// Takes the next batch, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where a row breaks the tables' rules.
    pub fn append(&mut self, batch: &EngineBatch<'_>) -> Result<(), Error> {
        let Some(last) = batch.keys.last() else {
            return Ok(());
        };
        let series_done = self.series_done + batch.keys.len();
        let count = |reused| {
            batch
                .made
                .iter()
                .filter(|made| made.reused == reused)
                .count()
        };
        let reused = self.reused + count(Reused::All);
        self.store.in_one_transaction(KEEPING, || {
            self.append_made(batch.made)?;
            if !batch.issues.is_empty() {
                self.issues.append(issue_batch(self.run, batch.issues)?)?;
            }
            if reused > self.reused || count(Reused::Past) > 0 {
                self.reuse_issues(batch.keys)?;
            }
            self.store
                .connection
                .execute(
                    "UPDATE draft_progress SET series_done = ?, reused = ?, host = ?, resource = ?",
                    params![
                        series_done as u64,
                        reused as u64,
                        last.host(),
                        last.resource()
                    ],
                )
                .map(drop)
                .map_err(Error::while_doing(KEEPING))
        })?;
        self.series_done = series_done;
        self.reused = reused;
        Ok(())
    }

    fn append_made(&self, made: &[Made]) -> Result<(), Error> {
        let windows = made.iter().flat_map(|made| {
            let backtest = made.forecasts.backtest.iter();
            let future = made.forecasts.future.iter();
            let backtest = backtest.map(|forecast| (&made.key, Segment::Backtest, forecast));
            backtest.chain(future.map(|forecast| (&made.key, Segment::Future, forecast)))
        });
        self.forecasts.append_forecasts(self.run, windows)?;
        let inner = made
            .iter()
            .flat_map(|made| made.forecasts.inner.iter().map(|inner| (&made.key, inner)));
        self.inner.append_inner_forecasts(self.run, inner)?;
        let inputs = made
            .iter()
            .map(|made| (&made.key, made.fingerprint, made.kept.as_ref()));
        self.inputs.append_inputs(self.run, inputs)
    }

    /// Takes over the published issues of the engine about those series of `keys`, just appended,
    /// that it was asked the same about; of those that have the same past, that they have no backtest.
    fn reuse_issues(&self, keys: &[SeriesKey]) -> Result<(), Error> {
        self.store.want(keys)?;
        let sql = include_str!("../sql/reuse_issues.sql")
            .replace("{issues}", self.issues.name())
            .replace("{draft}", self.inputs.name())
            .replace("{published}", self.inputs.table().as_str());
        self.store
            .connection
            .execute(&sql, params![self.run.get(), self.stage.as_str()])
            .map(drop)
            .map_err(Error::while_doing(KEEPING))
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
        vec![self.forecasts, self.inner, self.inputs, self.issues]
    }
}
