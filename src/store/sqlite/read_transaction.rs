//! Read transactions: all reads in one transaction see one snapshot of the database.
//!
//! While one is open nobody can write, so [`end`] it before anything that may take long.

use crate::store::error::StoreError;
use rusqlite::Connection;
use std::ops::Deref;

/// A connection in a read transaction.
#[derive(Debug)]
pub struct ReadTransaction<'c> {
    connection: &'c Connection,
    /// Whether the transaction was open before this value existed. Then it stays open until [`end`].
    goes_on: bool,
}

impl<'c> ReadTransaction<'c> {
    /// Joins the open read transaction, or begins one.
    pub fn of(connection: &'c Connection) -> Result<Self, StoreError> {
        let goes_on = !connection.is_autocommit();
        if !goes_on {
            connection.execute_batch("BEGIN")?;
        }
        Ok(Self { connection, goes_on })
    }

    /// Takes over a read transaction that has begun and ends it on drop.
    pub fn begun(connection: &'c Connection) -> Self {
        Self { connection, goes_on: false }
    }
}

impl Deref for ReadTransaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for ReadTransaction<'_> {
    fn drop(&mut self) {
        if !self.goes_on {
            end(self.connection);
        }
    }
}

/// Ends the read transaction, if one is open, so that others can write.
pub fn end(connection: &Connection) {
    if !connection.is_autocommit() {
        // If this fails SQLite has rolled back by itself.
        let _ = connection.execute_batch("ROLLBACK");
    }
}
