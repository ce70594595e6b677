//! Where an output may go.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::Error;

/// How the names of drafts begin and end.
const DRAFT_PREFIX: &str = ".fleetcast-";
const DRAFT_SUFFIX: &str = ".part";

/// A draft that nobody has written to for so long was left by a command that was killed.
const OLD_DRAFT: Duration = Duration::from_hours(6);

/// What an output must never replace.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    /// The database, where there is one.
    pub(crate) database: Option<PathBuf>,
    /// What the command reads.
    pub(crate) inputs: Vec<PathBuf>,
}

/// What becomes of a file that fleetcast has not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnForeign {
    /// It is refused.
    Refuse,
    /// It is replaced.
    Replace,
}

/// A place an output may go to.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    path: PathBuf,
    standing: Standing,
}

impl Place {
    /// Makes sure that it is a file, or may become one.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] where it is a device, a pipe or a socket.
    pub(crate) fn must_be_a_file(self) -> Result<Self, Error> {
        match self.standing {
            Standing::File => Ok(self),
            Standing::Special => Err(refusal(
                &self.path,
                "is no file that a database can be copied to",
            )),
        }
    }
}

/// What stands where an output is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nothing, or a file that may be replaced.
    File,
    /// A device, a pipe or a socket: written to, and never replaced.
    Special,
}

impl Place {
    /// Makes sure that an output may go to `path`. A file that stands there is replaced only where
    /// `is_ours` says that it is an earlier output, or where that is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] where that is a directory, the database, an input, or somebody else's file.
    pub(crate) fn check(
        path: &Path,
        kept: &Kept,
        on_foreign: OnForeign,
        is_ours: impl FnOnce(&Path) -> bool,
    ) -> Result<Self, Error> {
        let standing = match std::fs::metadata(path) {
            Err(_) => {
                kept.check_absent(path)?;
                Standing::File
            }
            Ok(metadata) if metadata.is_dir() => return Err(refusal(path, "is a directory")),
            Ok(metadata) if !metadata.is_file() => Standing::Special,
            Ok(_) => {
                kept.check(path)?;
                if on_foreign == OnForeign::Refuse && !is_ours(path) {
                    return Err(Error::Setting(format!(
                        "{} was not written by this command; name another place, or replace it with --force",
                        path.display()
                    )));
                }
                Standing::File
            }
        };
        Ok(Self {
            path: path.to_owned(),
            standing,
        })
    }

    /// Writes an output: beside its place first, and moved there when it is whole, so that nobody reads half
    /// of it. `write` is given the path of an empty file. What is no regular file is written to as it is.
    ///
    /// # Errors
    ///
    /// What `write` returns, or [`Error::CannotWrite`].
    pub(crate) fn write(
        &self,
        write: impl FnOnce(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let failed = |source| Error::CannotWrite {
            path: self.path.clone(),
            source,
        };
        // A link is written through: what it points to is replaced, and the link stays.
        let place = std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let beside = place
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = match self.standing {
            Standing::File => beside.unwrap_or(Path::new(".")).to_owned(),
            Standing::Special => std::env::temp_dir(),
        };
        // Made anew under a name nobody can guess, and gone where something fails.
        let draft = tempfile::Builder::new()
            .prefix(DRAFT_PREFIX)
            .suffix(DRAFT_SUFFIX)
            .permissions(permissions())
            .tempfile_in(directory)
            .map_err(failed)?;
        write(draft.path())?;
        match self.standing {
            Standing::File => draft
                .persist(&place)
                .map(drop)
                .map_err(|error| failed(error.error)),
            Standing::Special => {
                let mut written = File::open(draft.path()).map_err(failed)?;
                let mut file = File::options()
                    .write(true)
                    .open(&self.path)
                    .map_err(failed)?;
                match std::io::copy(&mut written, &mut file) {
                    // A reader that has left is no fault of the output.
                    Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
                    copied => copied.map(drop).map_err(failed),
                }
            }
        }
    }

    /// Removes drafts that killed commands left beside the place, where they are old enough to be nobody's any more.
    /// It matters where a large file is written every night.
    pub(crate) fn sweep(&self) {
        let directory = self
            .path
            .parent()
            .into_iter()
            .filter_map(|parent| std::fs::read_dir(parent).ok());
        for entry in directory.flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_draft = name.starts_with(DRAFT_PREFIX) && name.ends_with(DRAFT_SUFFIX);
            let is_old = entry
                .metadata()
                .ok()
                .filter(std::fs::Metadata::is_file)
                .and_then(|file| file.modified().ok()?.elapsed().ok())
                .is_some_and(|age| age > OLD_DRAFT);
            if is_draft && is_old {
                // Where it cannot be removed, it is no worse than before.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Writes these bytes.
    ///
    /// # Errors
    ///
    /// As [`Place::write`].
    pub(crate) fn write_bytes(&self, bytes: &[u8]) -> Result<(), Error> {
        self.write(|draft| {
            let written = File::options()
                .write(true)
                .open(draft)
                .and_then(|mut file| file.write_all(bytes));
            written.map_err(|source| Error::CannotWrite {
                path: self.path.clone(),
                source,
            })
        })
    }
}

fn refusal(path: &Path, why: &str) -> Error {
    Error::Setting(format!("{} {why}; name another place", path.display()))
}

/// The file in which `DuckDB` keeps what is not yet in the database's own.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut log = database.as_os_str().to_owned();
    log.push(".wal");
    log.into()
}

impl Kept {
    /// Makes sure that a file that is not there would not become one that belongs to the database.
    fn check_absent(&self, path: &Path) -> Result<(), Error> {
        let Some(database) = &self.database else {
            return Ok(());
        };
        let in_place = |path: &Path| {
            let parent = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let parent = std::fs::canonicalize(parent.unwrap_or(Path::new("."))).ok()?;
            Some(parent.join(path.file_name()?))
        };
        let log = log_of(database);
        let place = in_place(path);
        if place.is_some() && (place == in_place(database) || place == in_place(&log)) {
            return Err(refusal(path, "is the database's"));
        }
        Ok(())
    }

    /// Makes sure that `path` is none of these.
    fn check(&self, path: &Path) -> Result<(), Error> {
        let Ok(place) = std::fs::canonicalize(path) else {
            return Ok(());
        };
        let is = |other: &Path| std::fs::canonicalize(other).is_ok_and(|other| other == place);
        if let Some(database) = &self.database
            && (is(database) || is(&log_of(database)))
        {
            return Err(refusal(path, "is the database"));
        }
        let lies_in = |other: &PathBuf| {
            std::fs::canonicalize(other).is_ok_and(|other| place.starts_with(other))
        };
        if self.inputs.iter().any(lies_in) {
            return Err(refusal(path, "is an input of this command"));
        }
        Ok(())
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

/// An export in the making: a directory beside the one it will be.
#[derive(Debug)]
pub(crate) struct ExportDraft {
    to: PathBuf,
    draft: tempfile::TempDir,
}

impl ExportDraft {
    /// Makes sure that `to` is a place for an export: nothing, an empty directory, or an earlier export, of
    /// whose entries `is_ours` knows the names. Links are not followed.
    ///
    /// # Errors
    ///
    /// [`Error::Setting`] names what else stands there.
    pub(crate) fn begin(to: &Path, is_ours: impl Fn(&Path) -> bool) -> Result<Self, Error> {
        let refuse = |why: String| {
            Err(Error::Setting(format!(
                "{why}; name a directory of its own with --to"
            )))
        };
        match std::fs::symlink_metadata(to) {
            Err(_) => {}
            Ok(metadata) if metadata.is_symlink() => {
                return refuse(format!("{} is a link", to.display()));
            }
            Ok(metadata) if !metadata.is_dir() => {
                return refuse(format!("{} is no directory", to.display()));
            }
            Ok(_) => {
                if let Some(foreign) = first_foreign(to, to, &is_ours) {
                    return refuse(format!(
                        "{} is nothing that an export has written, and an export replaces its directory",
                        foreign.display()
                    ));
                }
            }
        }
        let failed = |source| Error::CannotWrite {
            path: to.to_owned(),
            source,
        };
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(failed)?;
        let draft = tempfile::Builder::new()
            .prefix(DRAFT_PREFIX)
            .suffix(DRAFT_SUFFIX)
            .tempdir_in(parent)
            .map_err(failed)?;
        Ok(Self {
            to: to.to_owned(),
            draft,
        })
    }

    /// The directory to write to.
    pub(crate) fn path(&self) -> &Path {
        self.draft.path()
    }

    /// Puts it in the place of what stands there, in one step where the system has one.
    ///
    /// # Errors
    ///
    /// [`Error::CannotWrite`] where that cannot be done; what stood there stands then.
    pub(crate) fn publish(self) -> Result<(), Error> {
        let failed = |source| Error::CannotWrite {
            path: self.to.clone(),
            source,
        };
        open_to_all(self.draft.path()).map_err(failed)?;
        if !self.to.exists() {
            std::fs::rename(self.draft.path(), &self.to).map_err(failed)?;
            // What it was has another name now.
            let _ = self.draft.keep();
            return Ok(());
        }
        exchange(self.draft.path(), &self.to).map_err(failed)?;
        // The earlier export has the draft's name now, and goes with it.
        self.draft.close().map_err(failed)
    }
}

/// The first entry under `directory` that is not ours, links among them.
fn first_foreign(
    root: &Path,
    directory: &Path,
    is_ours: &impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    for entry in entries {
        let metadata = std::fs::symlink_metadata(&entry);
        let is_plain = metadata.is_ok_and(|metadata| metadata.is_file() || metadata.is_dir());
        let name = entry.strip_prefix(root).unwrap_or(&entry);
        if !is_plain || !is_ours(name) {
            return Some(entry);
        }
        if entry.is_dir()
            && let Some(foreign) = first_foreign(root, &entry, is_ours)
        {
            return Some(foreign);
        }
    }
    None
}

/// Temporary directories are for their owner alone; an export is for whoever the creation mask lets.
#[cfg(unix)]
fn open_to_all(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = directory.parent().unwrap_or(Path::new("."));
    // A directory made now has what the mask leaves.
    let probe = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o777))
        .tempdir_in(parent)?;
    let mode = std::fs::metadata(probe.path())?.permissions();
    std::fs::set_permissions(directory, mode)
}

#[cfg(not(unix))]
fn open_to_all(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Lets two directories change their names.
#[cfg(target_os = "linux")]
fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        // Some file systems cannot.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => in_two_steps(one, other),
        done => done.map_err(Into::into),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(one: &Path, other: &Path) -> std::io::Result<()> {
    in_two_steps(one, other)
}

/// Does so by way of a third name, under which a kill in between leaves the earlier one.
fn in_two_steps(one: &Path, other: &Path) -> std::io::Result<()> {
    let mut earlier = other.as_os_str().to_owned();
    earlier.push(".earlier");
    std::fs::rename(other, &earlier)?;
    std::fs::rename(one, other)?;
    std::fs::rename(&earlier, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, kept: &Kept, on_foreign: OnForeign) -> Result<(), Error> {
        let is_ours = |path: &Path| std::fs::read(path).is_ok_and(|text| text.starts_with(b"ours"));
        Place::check(path, kept, on_foreign, is_ours)?.write_bytes(b"ours")
    }

    #[test]
    fn an_output_replaces_nothing_but_an_earlier_one() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let kept = Kept {
            database: Some(at("fleet.duckdb")),
            inputs: vec![at("in.csv"), at("inputs")],
        };
        std::fs::create_dir(at("inputs")).unwrap();
        for name in [
            "fleet.duckdb",
            "fleet.duckdb.wal",
            "in.csv",
            "inputs/a.csv",
            "notes.txt",
        ] {
            std::fs::write(at(name), "data").unwrap();
            assert!(
                write(&at(name), &kept, OnForeign::Refuse).is_err(),
                "{name}"
            );
            let forced = write(&at(name), &kept, OnForeign::Replace);
            assert_eq!(forced.is_ok(), name == "notes.txt", "{name}");
        }
        assert_eq!(std::fs::read_to_string(at("in.csv")).unwrap(), "data");
        assert!(write(dir.path(), &kept, OnForeign::Replace).is_err());
        write(Path::new("/dev/null"), &kept, OnForeign::Refuse).unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
        for _ in 0..2 {
            write(&at("report.html"), &kept, OnForeign::Refuse).unwrap();
        }
        // Nothing else is left behind, also where something fails.
        let place = Place::check(&at("b.html"), &kept, OnForeign::Refuse, |_| true).unwrap();
        let failed = place.write(|_| Err(Error::Setting("no".to_owned())));
        assert!(failed.is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 6);
    }

    #[test]
    fn an_export_takes_the_place_of_an_earlier_one_and_of_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("out");
        let is_ours = |name: &Path| name.starts_with("forecasts") || name == Path::new("a.csv");
        let export = |text: &str| -> Result<(), Error> {
            let draft = ExportDraft::begin(&to, is_ours)?;
            std::fs::create_dir(draft.path().join("forecasts")).unwrap();
            std::fs::write(draft.path().join("forecasts/data.csv"), text).unwrap();
            draft.publish()
        };
        for text in ["first", "second"] {
            export(text).unwrap();
            let found = std::fs::read_to_string(to.join("forecasts/data.csv")).unwrap();
            assert_eq!(found, text);
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        }
        std::fs::write(to.join("notes.txt"), "mine").unwrap();
        let message = export("third").unwrap_err().to_string();
        assert!(
            message.contains("notes.txt is nothing that an export"),
            "{message}"
        );
        assert_eq!(
            std::fs::read_to_string(to.join("notes.txt")).unwrap(),
            "mine"
        );
        std::fs::remove_file(to.join("notes.txt")).unwrap();
        #[cfg(unix)]
        {
            let elsewhere = dir.path().join("elsewhere");
            std::fs::create_dir(&elsewhere).unwrap();
            std::fs::remove_dir_all(to.join("forecasts")).unwrap();
            std::os::unix::fs::symlink(&elsewhere, to.join("forecasts")).unwrap();
            assert!(export("fourth").is_err());
            std::fs::remove_file(to.join("forecasts")).unwrap();
            std::os::unix::fs::symlink(&elsewhere, dir.path().join("link")).unwrap();
            assert!(ExportDraft::begin(&dir.path().join("link"), is_ours).is_err());
        }
    }
}
