//! Forecasts that another tool wrote to a file.

use std::path::Path;

use duckdb::params;
use fleetcast_core::{Day, SeriesKey};

use crate::arrow_columns::{days, doubles, lists, strings};
use crate::files::{AS_IT_IS, quoted, reader_for};
use crate::way_out::explained_of_file;
use crate::{Error, Store};

/// The columns a file of forecasts must have.
const NEEDED: [&str; 5] = ["host", "resource", "origin", "ds", "yhat"];
const BOUNDS: [&str; 2] = ["yhat_lower", "yhat_upper"];

/// Another tool's forecast of one series from one origin.
#[derive(Debug, Clone, PartialEq)]
pub struct OutsideForecast {
    /// Whose forecast it is.
    pub key: SeriesKey,
    /// The last day it has seen.
    pub origin: Day,
    /// Point forecasts of the days after `origin`, in the series' unit; finite.
    pub yhat: Vec<f64>,
    /// Lower and upper bounds of the same days, where the file has them; finite.
    pub bounds: Option<(Vec<f64>, Vec<f64>)>,
}

impl Store {
    /// Reads forecasts in long form: a row a series, origin and day, in columns `host`, `resource`,
    /// `origin` (the last day known), `ds` and `yhat`, and `yhat_lower` and `yhat_upper` or neither.
    ///
    /// A series and origin without all the `days_ahead` days after the origin is left out; days after
    /// those are not looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Import`] names the file, what it cannot be used for and the way out: a column is
    /// missing, a number is not finite, bounds are the wrong way round, or a day stands there twice.
    pub fn read_forecast_file(
        &self,
        path: &Path,
        days_ahead: usize,
    ) -> Result<Vec<OutsideForecast>, Error> {
        let refuse = |cause: String| Error::Import {
            path: path.to_owned(),
            cause,
        };
        let of_file = |error: duckdb::Error| refuse(explained_of_file(&error));
        let (reader, location) = reader_for(path).map_err(refuse)?;
        let columns = self.file_columns(reader, &location).map_err(of_file)?;
        let select = select(&columns).map_err(refuse)?;
        let has_bounds = has_column(&columns, BOUNDS[0]);

        self.connection
            .execute_batch(include_str!("../sql/forecast_file.sql"))
            .and_then(|()| {
                let insert =
                    format!("INSERT INTO forecast_file {select} FROM {reader}(?, {AS_IT_IS})");
                self.connection.execute(&insert, params![location])
            })
            .map_err(of_file)?;
        let fault: Option<String> = self
            .connection
            .query_row(
                include_str!("../sql/forecast_file_fault.sql"),
                params![has_bounds],
                |row| row.get(0),
            )
            .map_err(of_file)?;
        match fault {
            Some(fault) => Err(refuse(fault)),
            None => self.complete_forecasts(days_ahead, has_bounds),
        }
    }

    /// What stands in `forecast_file` for every one of the days after its origin.
    fn complete_forecasts(
        &self,
        days_ahead: usize,
        has_bounds: bool,
    ) -> Result<Vec<OutsideForecast>, Error> {
        let reading = Error::while_doing("reading forecasts");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/forecast_file_complete.sql"))
            .map_err(reading)?;
        let batches = statement
            .stream_arrow(params![days_ahead])
            .map_err(reading)?;
        let mut found = Vec::new();
        for batch in batches {
            let batch = batch.map_err(reading)?;
            let (hosts, resources) = (strings(&batch, "host")?, strings(&batch, "resource")?);
            let origins = days(&batch, "origin")?;
            for row in 0..batch.num_rows() {
                let values = |name| -> Result<Vec<f64>, Error> {
                    let list = lists(&batch, name)?.value(row);
                    Ok(doubles(&list, name)?.values().to_vec())
                };
                let Ok(origin) = Day::from_epoch_days(i64::from(origins.value(row))) else {
                    continue;
                };
                found.push(OutsideForecast {
                    key: SeriesKey::new(hosts.value(row), resources.value(row)),
                    origin,
                    yhat: values("yhat")?,
                    bounds: if has_bounds {
                        Some((values(BOUNDS[0])?, values(BOUNDS[1])?))
                    } else {
                        None
                    },
                });
            }
        }
        Ok(found)
    }
}

fn has_column(columns: &[(String, String)], wanted: &str) -> bool {
    columns
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
}

/// `SELECT` the columns of `forecast_file`, with NULL for what is no day or no number.
fn select(columns: &[(String, String)]) -> Result<String, String> {
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    let [lower, upper] = BOUNDS.map(|bound| has_column(columns, bound));
    let missing = NEEDED
        .into_iter()
        .find(|wanted| !has_column(columns, wanted))
        .or_else(|| match (lower, upper) {
            (true, false) => Some(BOUNDS[1]),
            (false, true) => Some(BOUNDS[0]),
            _ => None,
        });
    if let Some(missing) = missing {
        return Err(format!(
            "it has no column `{missing}`, only {}; give host, resource, origin (the last day \
             known), ds and yhat, and yhat_lower and yhat_upper or neither",
            names.join(", ")
        ));
    }
    let text = |name| format!("{}::VARCHAR", quoted(name, '"'));
    let day = |name| {
        let column = quoted(name, '"');
        format!("TRY_CAST(TRY_CAST({column} AS TIMESTAMP) AS DATE)")
    };
    let number = |name| format!("TRY_CAST({} AS DOUBLE)", quoted(name, '"'));
    let bound = |name| {
        if lower {
            number(name)
        } else {
            "NULL".to_owned()
        }
    };
    Ok(format!(
        "SELECT {}, {}, {}, {}, {}, {}, {}",
        text("host"),
        text("resource"),
        day("origin"),
        day("ds"),
        number("yhat"),
        bound(BOUNDS[0]),
        bound(BOUNDS[1])
    ))
}
