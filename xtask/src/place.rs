//! Where an output may go.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// What stands where an output is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nothing, or a file that may be replaced.
    File,
    /// A device, a pipe or a socket: written to, and never replaced.
    Special,
}

/// Writes an output: beside its place first, and moved there when it is whole, so that nobody reads half of it.
/// What is no regular file is written to as it is. The database and its log, and directories, are refused.
///
/// # Errors
///
/// [`Error::CannotWrite`] or [`Error::Setting`] where that place is no place for an output.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], database: &Path) -> Result<(), Error> {
    let failed = |source| Error::CannotWrite {
        path: path.to_owned(),
        source,
    };
    match standing(path, database)? {
        Standing::Special => {
            let mut file = File::options().write(true).open(path).map_err(failed)?;
            match file.write_all(bytes) {
                // A reader that has left is no fault of the output.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                written => written.map_err(failed),
            }
        }
        Standing::File => {
            // A link is written through: what it points to is replaced, and the link stays.
            let place = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let directory = place
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let mut draft = tempfile::Builder::new()
                .prefix(".fleetcast-")
                .suffix(".part")
                .permissions(permissions())
                .tempfile_in(directory.unwrap_or(Path::new(".")))
                .map_err(failed)?;
            draft.write_all(bytes).map_err(failed)?;
            draft
                .persist(&place)
                .map(drop)
                .map_err(|error| failed(error.error))
        }
    }
}

/// Makes sure that a directory is a place for an export.
///
/// # Errors
///
/// [`Error::Setting`] where a file stands there, or the database lies where files would be replaced.
pub(crate) fn check_directory(path: &Path, replaced: &Path, database: &Path) -> Result<(), Error> {
    if path.exists() && !path.is_dir() {
        return Err(Error::Setting(format!(
            "{} is no directory; name another with --to",
            path.display()
        )));
    }
    let replaced = std::fs::canonicalize(replaced);
    let database = std::fs::canonicalize(database);
    match (replaced, database) {
        (Ok(replaced), Ok(database)) if database.starts_with(&replaced) => {
            Err(Error::Setting(format!(
                "the database {} lies in {}, which an export replaces; name another directory with --to",
                database.display(),
                replaced.display()
            )))
        }
        _ => Ok(()),
    }
}

/// What the creation mask of the process leaves of reading and writing for all.
#[cfg(unix)]
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o666)
}

#[cfg(not(unix))]
fn permissions() -> std::fs::Permissions {
    std::fs::metadata(".").map_or_else(|_| unreachable!(), |metadata| metadata.permissions())
}

fn standing(path: &Path, database: &Path) -> Result<Standing, Error> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(Standing::File);
    };
    let refuse = |why: &str| {
        Err(Error::Setting(format!(
            "{} {why}; name another place with --out",
            path.display()
        )))
    };
    if metadata.is_dir() {
        return refuse("is a directory");
    }
    if !metadata.is_file() {
        return Ok(Standing::Special);
    }
    let mut log = database.as_os_str().to_owned();
    log.push(".wal");
    let is_same = |other: &Path| {
        let (one, other) = (std::fs::canonicalize(path), std::fs::canonicalize(other));
        matches!((one, other), (Ok(one), Ok(other)) if one == other)
    };
    if is_same(database) || is_same(&PathBuf::from(log)) {
        return refuse("is the database");
    }
    Ok(Standing::File)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_never_replaces_the_database_a_directory_or_a_device() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("fleet.duckdb");
        std::fs::write(&database, "data").unwrap();
        for place in [database.clone(), dir.path().to_owned()] {
            assert!(
                write_whole(&place, b"page", &database).is_err(),
                "{place:?}"
            );
        }
        assert_eq!(std::fs::read_to_string(&database).unwrap(), "data");
        write_whole(Path::new("/dev/null"), b"page", &database).unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());

        let page = dir.path().join("report.html");
        write_whole(&page, b"first", &database).unwrap();
        write_whole(&page, b"second", &database).unwrap();
        assert_eq!(std::fs::read_to_string(&page).unwrap(), "second");
        // Nothing else is left behind.
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn an_export_replaces_no_directory_the_database_lies_in() {
        let dir = tempfile::tempdir().unwrap();
        let replaced = dir.path().join("forecasts");
        std::fs::create_dir(&replaced).unwrap();
        let database = replaced.join("fleet.duckdb");
        std::fs::write(&database, "data").unwrap();
        assert!(check_directory(dir.path(), &replaced, &database).is_err());
        let elsewhere = dir.path().join("fleet.duckdb");
        std::fs::write(&elsewhere, "data").unwrap();
        assert!(check_directory(dir.path(), &replaced, &elsewhere).is_ok());
        assert!(check_directory(&elsewhere, &replaced, &database).is_err());
    }
}
