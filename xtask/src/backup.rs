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
    let place = place_for_copy(settings, to)?;
    let store = settings.open(false)?;
    write_copy(&store, &place, false)?;
    Reporter::new(settings.quiet).say(format_args!(
        "copied {} to {}; put it back by copying it the other way",
        settings.db.display(),
        to.display()
    ));
    Ok(())
}

/// Makes sure that a copy of the database may go to `to`.
pub(crate) fn place_for_copy(settings: &Settings, to: &Path) -> Result<Place, Error> {
    let kept = Kept {
        database: Some(settings.db.clone()),
        ..Kept::default()
    };
    Place::check(to, &kept, settings.on_foreign(), is_ours)
}

/// Whether the file is a database of ours, of this version or an earlier one.
fn is_ours(path: &Path) -> bool {
    matches!(
        open(path),
        Ok(_) | Err(fleetcast_store::Error::OlderTables { .. })
    )
}

/// Writes a copy, which is opened before it takes its place; read-only where that is asked for.
pub(crate) fn write_copy(store: &Store, place: &Place, read_only: bool) -> Result<(), Error> {
    let rows = |store: &Store| -> Result<Vec<u64>, fleetcast_store::Error> {
        let tables = [Table::Runs, Table::Forecasts, Table::CapacityOutlook];
        tables
            .map(|table| store.count_rows(table))
            .into_iter()
            .collect()
    };
    let expected = rows(store)?;
    place.write(|draft| {
        store.copy_to(draft)?;
        if rows(&open(draft)?)? != expected {
            return Err(Error::Setting(format!(
                "the copy of {} holds other rows; is its disk sound?",
                store.path().display()
            )));
        }
        if read_only {
            let mark = || {
                let mut permissions = std::fs::metadata(draft)?.permissions();
                permissions.set_readonly(true);
                std::fs::set_permissions(draft, permissions)
            };
            mark().map_err(|source| Error::CannotWrite {
                path: draft.to_owned(),
                source,
            })?;
        }
        Ok(())
    })
}

/// Opens a database of ours to look at it, and nothing else.
fn open(path: &Path) -> Result<Store, fleetcast_store::Error> {
    let options = OpenOptions {
        create: false,
        read_only: true,
        threads: Some(1),
        access: FileAccess::OwnFile,
        memory: None,
    };
    Store::open(path, &options)
}
