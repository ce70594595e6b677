//! `--publish`: a copy of the database for readers, made anew when a run is complete.

use fleetcast_store::Store;

use crate::backup::{place_for_copy, write_copy};
use crate::error::Error;
use crate::place::Place;
use crate::settings::Settings;

/// The copy's name in its directory.
const NAME: &str = "fleetcast.duckdb";

/// Makes sure that a copy may be published where the settings say, if they say so.
pub(crate) fn place(settings: &Settings) -> Result<Option<Place>, Error> {
    let Some(directory) = &settings.publish else {
        return Ok(None);
    };
    std::fs::create_dir_all(directory).map_err(|source| Error::CannotWrite {
        path: directory.clone(),
        source,
    })?;
    place_for_copy(settings, &directory.join(NAME)).map(Some)
}

/// Puts a copy of what stands now in the place of the earlier one, in one step: who has that one open reads on
/// in it.
pub(crate) fn copy(store: &Store, place: &Place) -> Result<(), Error> {
    write_copy(store, place)?;
    place.sweep();
    Ok(())
}
