//! Hosts that have more than they need.

use fleetcast_core::SeriesKey;

use crate::results::key;
use crate::{Error, Store};

/// The share of the capacity below which the view `oversized` takes a host for oversized.
const BELOW: f64 = 0.4;

/// A resource of a host of which most will not be needed within the horizon.
#[derive(Debug, Clone, PartialEq)]
pub struct Oversized {
    /// The series, of peaks.
    pub key: SeriesKey,
    /// The level that it stays below with a probability of 90 %, in its unit.
    pub peak_need: f64,
    /// The capacity it has, in its unit.
    pub capacity: f64,
    /// The peak need as a share of the capacity, 0 to 1.
    pub share: f64,
    /// What could be taken away, in its unit.
    pub reclaimable: f64,
    /// How far that can be trusted.
    pub trust: Option<String>,
}

impl Store {
    /// Returns the series that need less than a share `below` (0 to 1) of their capacity, those with the smallest share first.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the outlook cannot be read.
    pub fn oversized(&self, below: f64) -> Result<Vec<Oversized>, Error> {
        let sql = format!("{}\nORDER BY share, host, resource", oversized(below));
        self.rows("looking for oversized hosts", &sql, [], |row| {
            Ok(Oversized {
                key: key(row)?,
                peak_need: row.get(2)?,
                capacity: row.get(3)?,
                share: row.get(4)?,
                reclaimable: row.get(5)?,
                trust: row.get(6)?,
            })
        })
    }

    /// Says whether there is an outlook of peaks: of a resource that was imported as `_p95` or `_max`.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the outlook cannot be read.
    pub fn has_outlooks_of_peaks(&self) -> Result<bool, Error> {
        let sql = "SELECT count(*) > 0 FROM capacity_outlook WHERE regexp_matches(resource, '_(p95|max)$')";
        let found: Vec<bool> = self.rows("looking for peaks", sql, [], |row| row.get(0))?;
        Ok(found == [true])
    }

    /// Makes the view `oversized`.
    pub(crate) fn make_view_of_oversized(&self) -> Result<(), Error> {
        let sql = format!("CREATE OR REPLACE VIEW oversized AS\n{}", oversized(BELOW));
        self.connection
            .execute_batch(&sql)
            .map_err(Error::while_doing("making the views"))
    }
}

fn oversized(below: f64) -> String {
    include_str!("../sql/oversized.sql").replace("{below}", &below.to_string())
}
