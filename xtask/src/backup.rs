//! `backup`: a copy of the database that can be opened.

use std::fs::File;
use std::path::Path;

use fleetcast_store::{FileAccess, OpenOptions, Store, Table};

use crate::error::Error;
use crate::place::{Kept, OnForeign, Place, log_of};
use crate::progress::Reporter;
use crate::settings::Settings;

/// Copies the database as it stands, with nothing left in its log, and opens the copy before it takes its
/// place. While the copy is made, nobody else writes.
pub(crate) fn backup(settings: &Settings, to: &Path) -> Result<(), Error> {
    let place = place_for_copy(settings, to)?;
    let store = settings.open(false)?;
    write_copy(&store, &place)?;
    Reporter::new(settings.quiet).say(format_args!(
        "copied {db} to {to}; `cargo xtask restore {to} --db {db}` puts it back",
        db = settings.db.display(),
        to = to.display()
    ));
    Ok(())
}

/// Puts a copy in the place of the database, and takes away the log of what stood there: DuckDB would take the
/// log of a later moment for the copy's own, and damage it.
pub(crate) fn restore(settings: &Settings, from: &Path) -> Result<(), Error> {
    let db = &settings.db;
    // What is no database of ours is refused before anything is touched.
    match open(from) {
        Ok(_) | Err(fleetcast_store::Error::OlderTables { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    if db.exists() {
        let is_same = std::fs::canonicalize(from).ok() == std::fs::canonicalize(db).ok();
        if is_same {
            return Err(Error::Setting(format!(
                "{} is the database itself; name the copy",
                from.display()
            )));
        }
        // A damaged one is what restoring is for; a sound one is not replaced by accident.
        match settings.open(false) {
            Err(Error::Store(locked @ fleetcast_store::Error::Locked { .. })) => {
                return Err(locked.into());
            }
            Err(_) => {}
            Ok(store) => {
                if settings.on_foreign() == OnForeign::Refuse {
                    let runs = store.count_rows(Table::Runs)?;
                    return Err(Error::Setting(format!(
                        "{} is sound, with {runs} runs; replace it with --force, or name another place with --db",
                        db.display()
                    )));
                }
            }
        }
    }
    let place =
        Place::check(db, &Kept::default(), OnForeign::Replace, |_| true)?.must_be_a_file()?;
    place.write(|draft| {
        let failed = |source| Error::CannotWrite {
            path: db.clone(),
            source,
        };
        let mut copy = File::options().write(true).open(draft).map_err(failed)?;
        let mut file = File::open(from).map_err(failed)?;
        std::io::copy(&mut file, &mut copy).map_err(failed)?;
        copy.sync_all().map_err(failed)?;
        match std::fs::remove_file(log_of(db)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => Ok(()),
        }
    })?;
    Reporter::new(settings.quiet).say(format_args!(
        "{} is what {} was",
        db.display(),
        from.display()
    ));
    Ok(())
}

/// Makes sure that a copy of the database may go to `to`.
pub(crate) fn place_for_copy(settings: &Settings, to: &Path) -> Result<Place, Error> {
    let kept = Kept {
        database: Some(settings.db.clone()),
        ..Kept::default()
    };
    Place::check(to, &kept, settings.on_foreign(), is_ours)?.must_be_a_file()
}

/// Whether the file is a copy that was made here, of this version or an earlier one: a database of ours that is marked as
/// read-only, which one that is worked on is not.
fn is_ours(path: &Path) -> bool {
    let is_marked = std::fs::metadata(path).is_ok_and(|file| file.permissions().readonly());
    is_marked
        && matches!(
            open(path),
            Ok(_) | Err(fleetcast_store::Error::OlderTables { .. })
        )
}

/// Writes a copy, which is opened before it takes its place, and marked as read-only: nobody works on it by mistake.
pub(crate) fn write_copy(store: &Store, place: &Place) -> Result<(), Error> {
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
        let mark = || {
            let mut permissions = std::fs::metadata(draft)?.permissions();
            permissions.set_readonly(true);
            std::fs::set_permissions(draft, permissions)
        };
        mark().map_err(|source| Error::CannotWrite {
            path: draft.to_owned(),
            source,
        })
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
