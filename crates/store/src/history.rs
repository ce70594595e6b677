//! Golden records of the past, and what came true of them.

use duckdb::params;
use fleetcast_core::Day;

use crate::date::Date;
use crate::planner::{USUAL_LEAD_TIME, lists_statement};
use crate::{Error, Store, Table};

/// Which golden records are kept when a new one takes the place of the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Archive {
    /// The last day the new golden record has seen: the last one is kept where it has seen another.
    pub trained_through: Day,
    /// How many golden records are kept beside the newest.
    pub keep: u32,
    /// The last day of data of the new outlook: the last one is kept where it is as of another.
    pub as_of: Day,
}

impl Store {
    /// Moves the golden record to `forecasts_history`, unless the one to come is of the same day,
    /// and drops what is older than the records to keep.
    pub(crate) fn archive_golden_record(&self, archive: Archive) -> Result<(), Error> {
        let archiving = Error::while_doing("keeping the last golden record");
        self.connection
            .execute(
                include_str!("../sql/archive_golden_record.sql"),
                params![Date(archive.trained_through)],
            )
            .map_err(archiving)?;
        self.connection
            .execute(
                include_str!("../sql/forget_golden_records.sql"),
                params![Date(archive.trained_through), archive.keep],
            )
            .map_err(archiving)?;
        Ok(())
    }

    /// Moves the outlook to `outlook_history`, unless the one to come is as of the same day, and drops those
    /// that are too old.
    pub(crate) fn archive_outlook(&self, as_of: Day) -> Result<(), Error> {
        let archiving = Error::while_doing("keeping the last outlook");
        for sql in [
            include_str!("../sql/archive_outlook.sql"),
            include_str!("../sql/forget_outlooks.sql"),
        ] {
            self.connection
                .execute(sql, params![Date(as_of)])
                .map_err(archiving)?;
        }
        Ok(())
    }

    /// Makes the views that hold golden records against what came true since, and those of what planners have to do.
    pub(crate) fn make_views(&self) -> Result<(), Error> {
        let making = Error::while_doing("making the views");
        let views = include_str!("../sql/views.sql")
            .replace("{outlook_lists}", &lists_statement(USUAL_LEAD_TIME));
        self.connection.execute_batch(&views).map_err(making)?;
        self.make_view_of_oversized()?;
        if self.has_table(Table::DemoLabels.as_str())? {
            self.connection
                .execute_batch(include_str!("../sql/behaviour_view.sql"))
                .map_err(making)?;
        }
        Ok(())
    }
}
