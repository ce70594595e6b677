//! Models of a whole fleet, kept so that a forecast can be explained and repeated.

use duckdb::params;
use fleetcast_core::{Day, Stage};

use crate::date::Date;
use crate::{Error, RunId, Store};

/// A model of a whole fleet: what it was in the run whose forecasts stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetModel {
    /// The day up to which it was trained.
    pub trained_through: Day,
    /// The engine.
    pub engine: &'static str,
    /// The library that trained it, and its version.
    pub library: String,
    /// Series whose values it was trained on.
    pub series: u64,
    /// Rows that it was trained on.
    pub rows: u64,
    /// What tells it from others: a hash of its bytes.
    pub fingerprint: String,
    /// The whole model.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Puts the models of an engine's stage in the place of its earlier ones.
    pub(crate) fn replace_models(
        &self,
        run: RunId,
        stage: Stage,
        models: &[FleetModel],
    ) -> Result<(), Error> {
        let keeping = Error::while_doing("keeping a fleet's models");
        self.connection
            .execute("DELETE FROM models WHERE contender = ?", [stage.as_str()])
            .map_err(keeping)?;
        for model in models {
            self.connection
                .execute(
                    "INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    params![
                        run.get(),
                        stage.as_str(),
                        Date(model.trained_through),
                        model.engine,
                        model.library,
                        model.series,
                        model.rows,
                        model.fingerprint,
                        model.bytes,
                    ],
                )
                .map_err(keeping)?;
        }
        Ok(())
    }

    /// Returns the bytes of the model that an engine's forecasts of the future are made with: of its models the one trained up
    /// to the latest day. `None` where the engine forecasts each series by itself.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn model_of_future(&self, stage: Stage) -> Result<Option<(Day, Vec<u8>)>, Error> {
        let reading = Error::while_doing("reading a fleet's model");
        let mut statement = self
            .connection
            .prepare(
                "SELECT trained_through, bytes FROM models WHERE contender = ? ORDER BY trained_through DESC LIMIT 1",
            )
            .map_err(reading)?;
        let mut rows = statement
            .query_map([stage.as_str()], |row| {
                let Date(day) = row.get(0)?;
                Ok((day, row.get(1)?))
            })
            .map_err(reading)?;
        rows.next().transpose().map_err(reading)
    }

    /// Takes out what an engine said that is no contender any more: its forecasts, its models, its issues.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn retire_engine(&self, tables: crate::EngineTables) -> Result<(), Error> {
        const ACTION: &str = "taking out an engine's forecasts";
        let retiring = Error::while_doing(ACTION);
        if self.run_in(tables.inputs)?.is_none() && self.run_in(tables.forecasts)?.is_none() {
            return Ok(());
        }
        self.in_one_transaction(ACTION, || {
            for table in tables.all() {
                self.connection
                    .execute(&format!("DELETE FROM {table}"), [])
                    .map_err(retiring)?;
            }
            for of_stage in [
                "models WHERE contender = ?",
                "series_issues WHERE stage = ?",
            ] {
                self.connection
                    .execute(&format!("DELETE FROM {of_stage}"), [tables.stage.as_str()])
                    .map_err(retiring)?;
            }
            Ok(())
        })
    }
}
