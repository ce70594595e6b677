//! `backup`: a copy of the database that can be opened.

use std::path::Path;

use fleetcast_store::{FileAccess, OpenOptions, Store, Table};

use crate::error::Error;
use crate::place::{Kept, Place};
use crate::progress::Reporter;
use crate::settings::Settings;

/// Copies the database as it stands, with nothing left in its log, and opens the copy before it takes its
/// place. While the copy is made, nobody else writes.
pub(crate) fn backup(settings: &Settings, to: &Path) -> Result<(), Error> {
    let kept = Kept {
        database: Some(settings.db.clone()),
        ..Kept::default()
    };
    let is_ours = |path: &Path| open(path).is_ok();
    let place = Place::check(to, &kept, settings.on_foreign(), is_ours)?;
    let store = settings.open(false)?;
    store.finish()?;
    let rows = |store: &Store| -> Result<Vec<u64>, fleetcast_store::Error> {
        let tables = [Table::Runs, Table::Forecasts, Table::CapacityOutlook];
        tables
            .map(|table| store.count_rows(table))
            .into_iter()
            .collect()
    };
    let expected = rows(&store)?;
    place.write(|draft| {
        std::fs::copy(&settings.db, draft).map_err(|source| Error::CannotWrite {
            path: to.to_owned(),
            source,
        })?;
        let copy = open(draft)?;
        if rows(&copy)? == expected {
            return Ok(());
        }
        Err(Error::Setting(format!(
            "the copy of {} holds other rows; is its disk sound?",
            settings.db.display()
        )))
    })?;
    Reporter::new(settings.quiet).say(format_args!(
        "copied {} to {}; put it back by copying it the other way",
        settings.db.display(),
        to.display()
    ));
    Ok(())
}

/// Opens a database of ours, and nothing else.
fn open(path: &Path) -> Result<Store, fleetcast_store::Error> {
    let options = OpenOptions {
        create: false,
        threads: Some(1),
        access: FileAccess::OwnFile,
        memory: None,
    };
    Store::open(path, &options)
}
