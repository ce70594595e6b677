//! The outlook: when each series reaches the threshold at which it counts as full.
//!
//! The work is one SQL statement (`sql/capacity_outlook.sql`) over the golden record and the view
//! `effective_limits`. A crossing counts where it is [`Sustained`]: a single day above the
//! threshold is no reason to buy a disk.

mod sustained;

use duckdb::params;
use fleetcast_core::{Day, STALE_AFTER_DAYS};
use fleetcast_store::{Draft, Error, RunId, Store, Table};

pub use sustained::{Sustained, SustainedError};

/// Drafts `capacity_outlook` from the golden record in the table or draft `golden`, whose future
/// begins after `as_of`, and the table of effective limits `limits`
/// ([`Store::write_down_limits`]).
///
/// # Errors
///
/// [`Error`] where limits do not fit together, or the database refuses; nothing is published then.
pub fn draft_outlook<'store>(
    store: &'store Store,
    run: RunId,
    golden: &str,
    limits: &str,
    as_of: Day,
    sustained: Sustained,
) -> Result<Draft<'store>, Error> {
    store.check_limits()?;
    store.make_left_out_days()?;
    let outlook = store.draft(Table::CapacityOutlook)?;
    let sql = include_str!("../sql/capacity_outlook.sql")
        .replace("{outlook}", outlook.name())
        .replace("{golden}", golden)
        .replace("{limits}", limits)
        .replace("{further_days}", &(sustained.of() - 1).to_string());
    store
        .connection()
        .execute(
            &sql,
            params![
                run.get(),
                as_of.to_string(),
                sustained.days(),
                STALE_AFTER_DAYS as u64,
                sustained.of()
            ],
        )
        .map_err(Error::while_doing("writing the outlook"))?;
    Ok(outlook)
}
