//! Opening a database, and making sure of its tables.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf, absolute};

use duckdb::{AccessMode, Config, Connection, OptionalExt, params};

use crate::tables::SCHEMA_VERSION;
use crate::way_out::explained;
use crate::{Error, Table};

/// How to open a database.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Make the file where there is none.
    pub create: bool,
    /// Write nothing, so that others may read at the same time. A file that is marked as read-only is never
    /// written.
    pub read_only: bool,
    /// Threads `DuckDB` may use; `None` leaves the choice to it.
    pub threads: Option<usize>,
    /// Which other files may be read and written.
    pub access: FileAccess,
    /// Bytes `DuckDB` may keep in memory; what does not fit goes to temporary files beside the
    /// database. `None` leaves the choice to it: four fifths of the machine's.
    pub memory: Option<u64>,
}

/// Which files a database may reach beside its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileAccess {
    /// None: no view that somebody else put into it, and no table function, reaches further.
    #[default]
    OwnFile,
    /// The files that the view `processed_data` is of, if it is one.
    Views,
    /// The files that a command was given.
    Named,
}

/// An open database file with fleetcast's tables in it.
///
/// One process at a time may have a file open for writing.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    path: PathBuf,
    /// The file as it was when it was opened; `None` in memory.
    file: Option<FileIdentity>,
    /// Whether nothing is written.
    read_only: bool,
    /// Bytes `DuckDB` may keep in memory, where a budget was named.
    pub(crate) memory: Option<u64>,
    /// The file, once it was copied. A system that locks files for processes gives the lock back as soon as
    /// one of the process' handles is closed: this one is closed after the connection.
    copied: OnceCell<File>,
}

/// Which file stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileIdentity(u64, u64);

impl FileIdentity {
    /// The file at `path`, where the system tells files apart.
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self(metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> Option<Self> {
        path.exists().then_some(Self(0, 0))
    }
}

impl Store {
    /// Opens the database at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuchDatabase`], [`Error::NotADatabase`], [`Error::Locked`] or
    /// [`Error::CannotOpen`] where the file cannot be used; [`Error::ForeignTable`] or
    /// [`Error::SchemaVersion`] where its tables cannot.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Self, Error> {
        if !options.create && !path.exists() {
            return Err(Error::NoSuchDatabase {
                path: path.to_owned(),
            });
        }
        let is_marked = std::fs::metadata(path).is_ok_and(|file| file.permissions().readonly());
        let options = &OpenOptions {
            read_only: options.read_only || is_marked,
            ..options.clone()
        };
        let mut connection = connect(path, options)?;
        // Before anything of the file is looked at, it reaches nothing but itself.
        close_other_files(&connection)?;
        refuse_what_shadows(&connection, path)?;
        let is_view = is_view(&connection, Table::ProcessedData)?;
        match options.access {
            FileAccess::OwnFile if is_view => refuse_view_of_files(&connection, path)?,
            FileAccess::Views if !is_view => {}
            FileAccess::OwnFile => {}
            FileAccess::Views | FileAccess::Named => {
                // Closed is closed: what may reach further is a connection of its own.
                drop(connection);
                connection = connect(path, options)?;
            }
        }
        let store = Self {
            connection,
            path: path.to_owned(),
            file: FileIdentity::of(path),
            read_only: options.read_only,
            memory: options.memory,
            copied: OnceCell::new(),
        };
        store.check_schema()?;
        if !store.read_only {
            store.make_limits()?;
        }
        Ok(store)
    }

    /// Makes an empty database in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` cannot start.
    pub fn in_memory() -> Result<Self, Error> {
        let options = OpenOptions {
            create: true,
            read_only: false,
            threads: None,
            access: FileAccess::Named,
            memory: None,
        };
        configuration(&options)
            .and_then(Connection::open_in_memory_with_flags)
            .map_err(Error::while_doing("opening a database in memory"))
            .and_then(Self::over)
    }

    /// Takes over a connection that is open already, for programs that have one: of a database in
    /// memory, a clone of it stays with the caller. From then on the database fetches no extension.
    ///
    /// # Errors
    ///
    /// As [`Store::open`], where its tables cannot be used.
    pub fn over(connection: Connection) -> Result<Self, Error> {
        connection
            .execute_batch(
                "SET autoload_known_extensions = false; SET autoinstall_known_extensions = false;",
            )
            .map_err(Error::while_doing("taking over a connection"))?;
        let store = Self {
            connection,
            path: PathBuf::from(":memory:"),
            file: None,
            read_only: false,
            memory: None,
            copied: OnceCell::new(),
        };
        store.check_schema()?;
        store.make_limits()?;
        Ok(store)
    }

    /// Closes all but the database's own file to reading and writing, for good.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn keep_to_own_file(&self) -> Result<(), Error> {
        close_other_files(&self.connection)
    }

    /// Writes what is done into the file itself, and makes sure that the file is still there: the last
    /// word of a command that has changed something.
    ///
    /// # Errors
    ///
    /// [`Error::Gone`] where the file was removed or replaced since it was opened, [`Error::Unwritten`]
    /// where it cannot be written.
    pub fn finish(&self) -> Result<(), Error> {
        let Some(file) = self.file.filter(|_| !self.read_only) else {
            return Ok(());
        };
        let gone = || Error::Gone {
            path: self.path.clone(),
        };
        // Written first: what is done must not depend on who looks at the file.
        let written = self.connection.execute_batch("CHECKPOINT");
        if FileIdentity::of(&self.path) != Some(file) {
            return Err(gone());
        }
        written.map_err(|error| Error::Unwritten {
            path: self.path.clone(),
            cause: explained(&error),
        })
    }

    /// Copies the database as it stands to the file `to`, which is made or replaced. While that is done, nobody
    /// else writes; what is done until then is in the copy, and no log beside it.
    ///
    /// # Errors
    ///
    /// As [`Store::finish`]; [`Error::CannotOpen`] where the file cannot be read, [`Error::CannotCopy`] where
    /// the copy cannot be written.
    pub fn copy_to(&self, to: &Path) -> Result<(), Error> {
        self.finish()?;
        if self.copied.get().is_none() {
            let file = File::open(&self.path).map_err(|error| Error::CannotOpen {
                path: self.path.clone(),
                cause: error.to_string(),
            })?;
            // Nobody else sets it in between.
            let _ = self.copied.set(file);
        }
        let copy = || {
            let Some(mut from) = self.copied.get() else {
                return Ok(());
            };
            from.seek(SeekFrom::Start(0))?;
            let mut file = File::create(to)?;
            std::io::copy(&mut from, &mut file)?;
            file.sync_all()
        };
        copy().map_err(|source| Error::CannotCopy {
            path: self.path.clone(),
            to: to.to_owned(),
            source,
        })
    }

    /// Whether nothing can be written.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the table where it does not exist.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn ensure_table(&self, table: Table) -> Result<(), Error> {
        // What is only read has its tables already.
        if self.read_only && self.has_table(table.as_str())? {
            return Ok(());
        }
        self.connection
            .execute_batch(&table.definition(table.as_str()))
            .map_err(Error::while_doing("creating a table"))?;
        match table {
            Table::ProcessedData => self.make_limits(),
            _ => Ok(()),
        }
    }

    /// Whether a table or view of this name exists.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn has_table(&self, name: &str) -> Result<bool, Error> {
        self.connection
            .query_row(
                "SELECT count(*) > 0 FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_name = ?",
                [name],
                |row| row.get(0),
            )
            .map_err(Error::while_doing("looking for a table"))
    }

    /// Whether the database holds no table but those that opening it made.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn is_as_created(&self) -> Result<bool, Error> {
        // It may be a view, beside which no table need be.
        if self.has_table(Table::ProcessedData.as_str())? {
            return Ok(false);
        }
        let listing = Error::while_doing("listing the tables");
        let mut statement = self
            .connection
            .prepare("SELECT table_name FROM duckdb_tables()")
            .map_err(listing)?;
        let names = statement
            .query_map([], |row| row.get::<_, String>(0))
            .map_err(listing)?;
        let noted = Table::NOTES.map(Table::as_str);
        let made = Table::RESULTS
            .map(Table::as_str)
            .into_iter()
            .chain(noted)
            .chain([
                Table::FleetcastSchema.as_str(),
                Table::ResourceLimits.as_str(),
            ]);
        let made: Vec<&str> = made.collect();
        for name in names {
            if !made.contains(&name.map_err(listing)?.as_str()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many rows the table has.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where there is no such table.
    pub fn count_rows(&self, table: Table) -> Result<u64, Error> {
        self.connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
                row.get(0)
            })
            .map_err(Error::while_doing("counting rows"))
    }

    /// Runs `work` in a transaction, which is rolled back where it fails; `action` names it in
    /// errors.
    ///
    /// # Errors
    ///
    /// What `work` returns, or [`Error::Database`] where `DuckDB` refuses the transaction.
    pub fn in_one_transaction<T, E: From<Error>>(
        &self,
        action: &'static str,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        // Dropped without commit, a transaction is rolled back.
        let transaction = self
            .connection
            .unchecked_transaction()
            .map_err(Error::while_doing(action))?;
        let result = work()?;
        transaction.commit().map_err(Error::while_doing(action))?;
        Ok(result)
    }

    fn check_schema(&self) -> Result<(), Error> {
        let reading = Error::while_doing("reading the schema version");
        if self.has_table(Table::FleetcastSchema.as_str())? {
            let found: Option<i64> = self
                .connection
                .query_row("SELECT version FROM fleetcast_schema", [], |row| row.get(0))
                .optional()
                .map_err(reading)?;
            return match found {
                Some(SCHEMA_VERSION) => self.check_columns(),
                Some(1..SCHEMA_VERSION) if self.read_only => Err(Error::OlderTables {
                    path: self.path.clone(),
                }),
                Some(older @ 1..SCHEMA_VERSION) => self.upgrade_from(older),
                found => Err(Error::SchemaVersion {
                    found: found.unwrap_or(0),
                    expected: SCHEMA_VERSION,
                }),
            };
        }
        if self.read_only {
            return Err(Error::NoTables {
                path: self.path.clone(),
            });
        }
        for table in Table::RESULTS {
            if self.has_table(table.as_str())? {
                return Err(Error::ForeignTable {
                    table: table.as_str(),
                });
            }
        }
        self.in_one_transaction("creating the tables", || {
            let noted = Table::NOTES.into_iter();
            for table in Table::RESULTS
                .into_iter()
                .chain(noted)
                .chain([Table::FleetcastSchema])
            {
                self.ensure_table(table)?;
            }
            self.connection
                .execute(
                    "INSERT INTO fleetcast_schema VALUES (?)",
                    params![SCHEMA_VERSION],
                )
                .map_err(Error::while_doing("writing the schema version"))?;
            Ok(())
        })
    }

    /// Refuses tables of ours that somebody has given columns: a run puts new tables in their places, and
    /// what stands in a column that it does not know would be lost.
    fn check_columns(&self) -> Result<(), Error> {
        let reading = Error::while_doing("reading the columns of the tables");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/columns_of_tables.sql"))
            .map_err(reading)?;
        let columns = statement
            .query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .map_err(reading)?;
        let ours: Vec<Table> = Table::RESULTS.into_iter().chain(Table::NOTES).collect();
        for found in columns {
            let (table, column) = found.map_err(reading)?;
            let ours = ours.iter().find(|ours| ours.as_str() == table);
            if let Some(table) = ours
                && !table.columns().any(|known| known == column)
            {
                return Err(Error::ForeignColumn {
                    table: table.as_str(),
                    column,
                });
            }
        }
        Ok(())
    }

    /// Adds what this version of the tables has and an older one had not; what stands in them stays.
    fn upgrade_from(&self, older: i64) -> Result<(), Error> {
        const ACTION: &str = "upgrading the tables";
        const STEPS: [(i64, &str); 11] = [
            (1, include_str!("../sql/upgrade_from_1.sql")),
            (2, include_str!("../sql/upgrade_from_2.sql")),
            (3, include_str!("../sql/upgrade_from_3.sql")),
            (4, include_str!("../sql/upgrade_from_4.sql")),
            (5, include_str!("../sql/upgrade_from_5.sql")),
            (6, include_str!("../sql/upgrade_from_6.sql")),
            (7, include_str!("../sql/upgrade_from_7.sql")),
            (8, include_str!("../sql/upgrade_from_8.sql")),
            (9, include_str!("../sql/upgrade_from_9.sql")),
            (10, include_str!("../sql/upgrade_from_10.sql")),
            (11, include_str!("../sql/upgrade_from_11.sql")),
        ];
        self.in_one_transaction(ACTION, || {
            // These are made anew by a step, with what stood in the earlier ones.
            let renewed = [Table::CapacityOutlook, Table::OutlookHistory];
            let others = Table::RESULTS.into_iter().chain(Table::NOTES);
            for table in others.filter(|table| !renewed.contains(table)) {
                self.ensure_table(table)?;
            }
            for (_, step) in STEPS.into_iter().filter(|(from, _)| *from >= older) {
                let mut step = step.to_owned();
                for table in renewed {
                    step = step.replace(&format!("{{{table}}}"), &table.definition(table.as_str()));
                }
                self.connection
                    .execute_batch(&step)
                    .map_err(Error::while_doing(ACTION))?;
            }
            // What limits go by may be another rule than it was.
            self.renew_limits_view()
        })
    }
}

/// Opens the file, and looks at nothing in it.
fn connect(path: &Path, options: &OpenOptions) -> Result<Connection, Error> {
    // From the root on, since DuckDB takes what begins with `s3:` or `file:` for another place.
    let place = absolute(path).unwrap_or_else(|_| path.to_owned());
    configuration(options)
        .and_then(|config| Connection::open_with_flags(place, config))
        .map_err(|error| explain_open(path, &error))
}

fn close_other_files(connection: &Connection) -> Result<(), Error> {
    connection
        .execute_batch("SET enable_external_access = false; SET lock_configuration = true;")
        .map_err(Error::while_doing("closing other files to the database"))
}

/// Refuses a database in which a macro or a view takes the place of what statements here rely on.
fn refuse_what_shadows(connection: &Connection, path: &Path) -> Result<(), Error> {
    let looking = Error::while_doing("looking for macros and views");
    // There are thousands of functions, and mostly none of them is anybody's.
    let own: Option<String> = connection
        .query_row(include_str!("../sql/any_macro.sql"), [], |row| row.get(0))
        .optional()
        .map_err(looking)?;
    let found: Option<(String, String)> = match own {
        None => None,
        Some(_) => connection
            .query_row(include_str!("../sql/shadows.sql"), [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(looking)?,
    };
    if let Some((kind, name)) = found {
        return Err(Error::Shadowed {
            path: path.to_owned(),
            kind,
            name,
        });
    }
    let mut statement = connection
        .prepare("SELECT view_name FROM system.main.duckdb_views() WHERE NOT internal ORDER BY 1")
        .map_err(looking)?;
    let views = statement
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(looking)?;
    for view in views {
        let view = view.map_err(looking)?;
        if Table::all_made().any(|table| table.as_str().eq_ignore_ascii_case(&view)) {
            return Err(Error::Shadowed {
                path: path.to_owned(),
                kind: "view".to_owned(),
                name: view,
            });
        }
    }
    Ok(())
}

fn is_view(connection: &Connection, table: Table) -> Result<bool, Error> {
    connection
        .query_row(
            "SELECT count(*) > 0 FROM system.main.duckdb_views() WHERE NOT internal AND view_name = ?",
            [table.as_str()],
            |row| row.get(0),
        )
        .map_err(Error::while_doing("looking for macros and views"))
}

/// A view of the database's own tables is read as a table is; one of other files says so at once.
fn refuse_view_of_files(connection: &Connection, path: &Path) -> Result<(), Error> {
    match connection.prepare("SELECT host FROM processed_data LIMIT 0") {
        Err(error) if error.to_string().contains("disabled by configuration") => {
            Err(Error::ViewOfFiles {
                path: path.to_owned(),
            })
        }
        _ => Ok(()),
    }
}

fn configuration(options: &OpenOptions) -> Result<Config, duckdb::Error> {
    // What is not compiled in is not fetched from the network either.
    let config = Config::default()
        .enable_autoload_extension(false)?
        .with("autoinstall_known_extensions", "false")?;
    let config = if options.read_only {
        config.access_mode(AccessMode::ReadOnly)?
    } else {
        config
    };
    let config = match options.threads {
        Some(threads) => config.threads(i64::try_from(threads).unwrap_or(i64::MAX))?,
        None => config,
    };
    match options.memory {
        Some(bytes) => config.max_memory(&format!("{bytes}B")),
        None => Ok(config),
    }
}

fn explain_open(path: &Path, error: &duckdb::Error) -> Error {
    let path = path.to_owned();
    let message = error.to_string();
    if let Some((_, holder)) = message.split_once("Conflicting lock is held in ") {
        let holder = holder.split(". ").next().unwrap_or(holder);
        return Error::Locked {
            path,
            holder: holder.to_owned(),
        };
    }
    if message.contains("not a valid DuckDB database file") {
        return Error::NotADatabase { path };
    }
    Error::CannotOpen {
        path,
        cause: explained(error),
    }
}
