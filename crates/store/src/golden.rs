//! The golden record: what it is made from, out of the database, and its rows, into a draft.

use arrow::array::Array;
use duckdb::params;
use fleetcast_core::batches::Columns;
use fleetcast_core::{Calibration, Day, Forecast, GoldenForecast, SeriesKey, TimeGrid};

use crate::arrow_columns::{doubles, lists, places, strings, whole_numbers};
use crate::date::Date;
use crate::{Draft, Error, RunId, Store};

/// What one series' part of the golden record is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldenPlan {
    /// Whose forecast becomes golden, as the leaderboard names it.
    pub model: String,
    /// How far it can be trusted, as the leaderboard names it.
    pub trust: String,
    /// What its intervals are made from, where errors were made.
    pub calibration: Option<Calibration>,
    /// The forecast itself; `None` where it is not there for every day.
    pub forecast: Option<Forecast>,
}

impl Store {
    /// Returns what the golden record of the series of `keys` over the days of `future` is made from, one a
    /// key, in that order; `None` of series that are not on the leaderboard.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] or [`Error::Columns`] where the rows cannot be read.
    pub fn read_golden_plans(
        &self,
        keys: &[SeriesKey],
        future: TimeGrid,
    ) -> Result<Vec<Option<GoldenPlan>>, Error> {
        const READING: &str = "reading whose forecasts become golden";
        let mut plans: Vec<Option<GoldenPlan>> = vec![None; keys.len()];
        let sql = include_str!("../sql/read_golden_plans.sql");
        self.for_each_batch(READING, sql, keys, [], |batch| {
            let (models, trusts) = (strings(batch, "model")?, strings(batch, "trust")?);
            let (quantiles, days) = (
                lists(batch, "quantiles")?,
                whole_numbers(batch, "error_days")?,
            );
            for (row, place) in places(batch)?.values().iter().enumerate() {
                let calibration = if quantiles.is_valid(row) {
                    let list = quantiles.value(row);
                    let days = usize::try_from(days.value(row)).unwrap_or(usize::MAX);
                    Calibration::new(doubles(&list, "quantiles")?.values().to_vec(), days)
                } else {
                    None
                };
                plans[*place as usize] = Some(GoldenPlan {
                    model: models.value(row).to_owned(),
                    trust: trusts.value(row).to_owned(),
                    calibration,
                    forecast: None,
                });
            }
            Ok(())
        })?;
        let sql = include_str!("../sql/read_winners_forecasts.sql");
        let days = self.read_days(sql, keys, future)?;
        for (place, plan) in plans.iter_mut().enumerate() {
            if let Some(plan) = plan {
                plan.forecast = days.forecast(place, 0, future);
            }
        }
        Ok(plans)
    }
}

impl Draft<'_> {
    /// Appends golden forecasts to a draft of the golden record: whose series each is of, and whose
    /// forecast it is, as the leaderboard names it. `trained_through` is the last day they have seen.
    ///
    /// They go in as lists, a series a row, and `DuckDB` unfolds them to days.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where a row breaks the table's rules.
    pub fn append_golden(
        &self,
        run: RunId,
        trained_through: Day,
        rows: &[(&SeriesKey, &str, &GoldenForecast)],
    ) -> Result<(), Error> {
        const APPENDING: &str = "appending golden forecasts";
        let appending = Error::while_doing(APPENDING);
        let mut columns = Columns::default();
        columns.text("host", rows.iter().map(|(key, _, _)| Some(key.host())));
        columns.text(
            "resource",
            rows.iter().map(|(key, _, _)| Some(key.resource())),
        );
        columns.day(
            "first",
            rows.iter().map(|(_, _, golden)| Some(golden.grid.first())),
        );
        let mut list = |name: &str, of: fn(&GoldenForecast) -> &[f64]| {
            columns.lists(name, rows.iter().map(|(_, _, golden)| of(golden)));
        };
        list("yhat", |golden| &golden.yhat);
        list("yhat_lower", |golden| &golden.lower);
        list("yhat_upper", |golden| &golden.upper);
        list("yhat_lower_95", |golden| &golden.lower_95);
        list("yhat_upper_95", |golden| &golden.upper_95);
        columns.text("model", rows.iter().map(|(_, model, _)| Some(*model)));
        let batch = columns
            .finish()
            .map_err(|error| Error::columns(APPENDING, error))?;
        let connection = &self.store().connection;
        connection
            .execute_batch(include_str!("../sql/golden_windows.sql"))
            .map_err(appending)?;
        self.store().append_to("golden_windows", batch)?;
        let unfold = include_str!("../sql/unfold_golden.sql").replace("{draft}", self.name());
        connection
            .execute(&unfold, params![run.get(), Date(trained_through)])
            .map(drop)
            .map_err(appending)
    }
}
