//! A store that tests can look into.

use std::ops::Deref;
use std::path::Path;

use duckdb::Connection;
use fleetcast_store::Store;

/// A store, and a connection of its own to look at it.
pub(crate) struct Visible {
    store: Store,
    connection: Connection,
}

impl Visible {
    pub(crate) fn new() -> Self {
        Self::over(Connection::open_in_memory().unwrap())
    }

    #[allow(dead_code, reason = "not every test has a file")]
    pub(crate) fn at(path: &Path) -> Self {
        Self::over(Connection::open(path).unwrap())
    }

    fn over(connection: Connection) -> Self {
        let store = Store::over(connection.try_clone().unwrap()).unwrap();
        Self { store, connection }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Deref for Visible {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}
