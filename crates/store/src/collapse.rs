//! Whether a run would leave the fleet without the forecasts it had.

use duckdb::params;
use fleetcast_core::{Day, MIN_OBSERVATIONS, STALE_AFTER_DAYS, TimeGrid};

use crate::date::Date;
use crate::{Draft, Error, Store};

/// How many of the series that have a golden record would have one again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Series of the golden record that are still there and not decommissioned.
    pub had: u64,
    /// How many of them would have golden rows again.
    pub keep: u64,
    /// All series that would have golden rows.
    pub would_have: u64,
}

impl Standing {
    /// Whether the golden record would be empty, or less than half of its series would be in it again.
    #[must_use]
    pub fn is_collapse(self) -> bool {
        self.would_have == 0 || 2 * self.keep < self.had
    }
}

impl Store {
    /// How many series of the golden record that stands a run over `history` could forecast again, by the rules of
    /// screening; `None` where there is no record, or one of later data. Series that are gone because they were
    /// forgotten, and decommissioned ones, do not count as lost.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn standing(&self, history: TimeGrid) -> Result<Option<Standing>, Error> {
        if self.golden_record_is_later(history.last())? {
            return Ok(None);
        }
        self.connection
            .query_row(
                include_str!("../sql/standing.sql"),
                params![
                    Date(history.first()),
                    Date(history.last()),
                    MIN_OBSERVATIONS as u64,
                    STALE_AFTER_DAYS as u64
                ],
                |row| {
                    Ok(Some(Standing {
                        had: row.get(0)?,
                        keep: row.get(1)?,
                        would_have: row.get(2)?,
                    }))
                },
            )
            .map_err(Error::while_doing(
                "holding the run against the golden record",
            ))
    }

    /// How many series of the golden record that stands are in `drafted`, which has a row or more a series; `None` as [`Store::standing`].
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn standing_in(&self, drafted: &Draft<'_>, as_of: Day) -> Result<Option<Standing>, Error> {
        if self.golden_record_is_later(as_of)? {
            return Ok(None);
        }
        let sql = include_str!("../sql/standing_in.sql").replace("{drafted}", drafted.name());
        self.connection
            .query_row(&sql, params![Date(as_of), STALE_AFTER_DAYS as u64], |row| {
                Ok(Some(Standing {
                    had: row.get(0)?,
                    keep: row.get(1)?,
                    would_have: row.get(2)?,
                }))
            })
            .map_err(Error::while_doing(
                "holding a stage's series against the golden record",
            ))
    }

    /// Whether there is no golden record to lose, or one of data after `as_of`.
    fn golden_record_is_later(&self, as_of: Day) -> Result<bool, Error> {
        let last: Option<Date> = self
            .connection
            .query_row(include_str!("../sql/golden_as_of.sql"), [], |row| {
                row.get(0)
            })
            .map_err(Error::while_doing("reading how old the golden record is"))?;
        Ok(last.is_none_or(|Date(last)| last > as_of))
    }
}
