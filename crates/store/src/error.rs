//! What can go wrong with a database.

use std::path::PathBuf;

use crate::way_out::explained;

/// Why the database could not do what was asked. Nothing was changed then, unless the variant says
/// otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no file.
    #[error(
        "no such database: {}; make one with `cargo xtask import` or `cargo xtask demo`",
        path.display()
    )]
    NoSuchDatabase {
        /// The file asked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a DuckDB database; give the file that holds `processed_data`", path.display())]
    NotADatabase {
        /// The file asked for.
        path: PathBuf,
    },
    /// Another process has the file open.
    #[error("{} is in use by {holder}; wait until it is done, close it, or let the command wait with --wait SECONDS", path.display())]
    Locked {
        /// The file asked for.
        path: PathBuf,
        /// The process, as `DuckDB` names it.
        holder: String,
    },
    /// The file cannot be opened, or not written to.
    #[error("cannot open {}: {cause}", path.display())]
    CannotOpen {
        /// The file asked for.
        path: PathBuf,
        /// What `DuckDB` said, and the way out.
        cause: String,
    },
    /// Something in the database has the name of what statements here rely on.
    #[error(
        "{} holds a {kind} `{name}`, which takes the place of what fleetcast works with; drop it, or work on a copy \
         without it",
        path.display()
    )]
    Shadowed {
        /// The file.
        path: PathBuf,
        /// `macro` or `view`.
        kind: String,
        /// The name.
        name: String,
    },
    /// `processed_data` is a view of other files, and those were not asked for.
    #[error(
        "processed_data of {} is a view that reads other files; where you trust the database, say so with --allow-views",
        path.display()
    )]
    ViewOfFiles {
        /// The file.
        path: PathBuf,
    },
    /// The file was removed or replaced while it was open.
    #[error(
        "{} was removed or replaced while it was open, and what was done since went with it; give the command again",
        path.display()
    )]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// The file is not to be written, and holds no table of fleetcast's.
    #[error("{} is read-only and holds nothing of fleetcast's; name another file", path.display())]
    NoTables {
        /// The file.
        path: PathBuf,
    },
    /// The tables are of an earlier version, and the file is not to be written.
    #[error(
        "{} is read-only, and its tables are those of an earlier version; work on a copy that can be written",
        path.display()
    )]
    OlderTables {
        /// The file.
        path: PathBuf,
    },
    /// The database could not be copied.
    #[error("cannot copy {} to {}: {source}; name another place", path.display(), to.display())]
    CannotCopy {
        /// The file.
        path: PathBuf,
        /// The place of the copy.
        to: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What was done could not be written into the file itself.
    #[error(
        "what was done stands in {}.wal, but could not be written into the file: {cause}; nobody can open it before",
        path.display()
    )]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// What `DuckDB` said, and the way out.
        cause: String,
    },
    /// A table of one of fleetcast's names was made by somebody else.
    #[error(
        "table {table} stands in the database but was not made by fleetcast; rename it, or use \
         another database"
    )]
    ForeignTable {
        /// The table's name.
        table: &'static str,
    },
    /// A table of ours has a column that fleetcast has not made.
    #[error(
        "table {table} has a column `{column}` that fleetcast has not made and the next run would drop; keep it in a \
         table of your own"
    )]
    ForeignColumn {
        /// The table.
        table: &'static str,
        /// The column.
        column: String,
    },
    /// The tables were made by another version.
    #[error(
        "the tables have schema version {found}, this fleetcast works with {expected}; use the \
         fleetcast that made them, or a new database"
    )]
    SchemaVersion {
        /// The version the database has.
        found: i64,
        /// The version of this build.
        expected: i64,
    },
    /// There is no `processed_data`.
    #[error(
        "no table `processed_data` in the database; fill it with `cargo xtask import FILE`, or \
         create it with columns host, resource, ds, utilization"
    )]
    NoInputTable,
    /// A column of `processed_data` is missing.
    #[error("table processed_data has no column `{column}`; it has {found}")]
    NoInputColumn {
        /// The missing column.
        column: &'static str,
        /// The columns it has.
        found: String,
    },
    /// A column of `processed_data` has the wrong type.
    #[error(
        "column {column} of processed_data is {found}, but must be {expected}; convert it, or use `cargo xtask import`"
    )]
    InputType {
        /// The column.
        column: &'static str,
        /// The type.
        found: String,
        /// The type it must have.
        expected: &'static str,
    },
    /// `processed_data` has no row with a host, a resource and a day.
    #[error("table processed_data holds no usable row; fill it with `cargo xtask import FILE`")]
    NoInput,
    /// A file cannot be imported.
    #[error("cannot import {}: {cause}", path.display())]
    Import {
        /// The file.
        path: PathBuf,
        /// Why, and the way out.
        cause: String,
    },
    /// `resource_limits` cannot be used, or not be changed as asked.
    #[error("{cause}")]
    Limits {
        /// Which limits, what is wrong with them, and the way out.
        cause: String,
    },
    /// The stage's inputs are missing or do not fit together.
    #[error("{cause}")]
    Stage {
        /// What is missing, and the way out.
        cause: String,
    },
    /// A file's name cannot be written down in a statement.
    #[error("the name of {} is not UTF-8; name another place", path.display())]
    Place {
        /// The file.
        path: PathBuf,
    },
    /// A statement failed.
    #[error("{action} failed: {}", explained(source))]
    Database {
        /// What was being done.
        action: &'static str,
        /// What `DuckDB` said.
        source: duckdb::Error,
    },
    /// The database returned or would take no such column.
    #[error("{action} failed: {cause}")]
    Columns {
        /// What was being done.
        action: &'static str,
        /// What did not fit.
        cause: String,
    },
}

impl Error {
    /// Names what was being done when `DuckDB` refused.
    pub fn while_doing(action: &'static str) -> impl Fn(duckdb::Error) -> Self + Copy {
        move |source| Self::Database { action, source }
    }

    pub(crate) fn columns(action: &'static str, cause: impl std::fmt::Display) -> Self {
        Self::Columns {
            action,
            cause: cause.to_string(),
        }
    }
}
