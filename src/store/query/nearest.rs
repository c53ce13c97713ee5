//! Stored entries of the same command, for a call that found no entry to say what differs.

use super::{of_command, parts};
use crate::key::{CommandName, KeyPart, StoredPart};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::sqlite::rows;
use crate::time::Timestamp;
use rusqlite::{Connection, Row, params};
use std::cmp::Reverse;

/// An entry that a call can be compared with.
#[derive(Clone, Debug)]
pub struct Relative {
    /// Its id.
    pub id: i64,
    /// When it was stored.
    pub created: Timestamp,
    /// The parts of its key.
    pub parts: Vec<StoredPart>,
}

/// At most this many entries are compared.
const COMPARED: u16 = 200;

/// At most this many scopes of a command are searched, the most recently used first.
const SCOPES: i64 = 20;

impl Store {
    /// The parts of a key as they would be stored.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn keyed(&self, parts: &[KeyPart]) -> Result<Vec<StoredPart>, StoreError> {
        parts::keyed(self.database.connection()?, parts)
    }

    /// Entries of the same command: those with the same arguments first, then the newest.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn relatives(&self, name: &CommandName) -> Result<Vec<Relative>, StoreError> {
        let connection = self.database.connection()?;
        let sql = "SELECT id FROM command WHERE name = ?1 ORDER BY used DESC LIMIT ?2";
        let commands: Vec<i64> = rows::column(connection, sql, params![name.name(), SCOPES])?;
        let same_call = newest(commands.iter().map(|command| of_call(connection, *command, name)))?;
        let others = newest(commands.iter().map(|command| latest(connection, *command)))?;
        let is_new = |other: &Relative| same_call.iter().all(|same| same.id != other.id);
        let others: Vec<_> = others.into_iter().filter(is_new).collect();
        Ok(same_call.into_iter().chain(others).take(COMPARED.into()).collect())
    }
}

/// The newest of several lists.
fn newest(
    lists: impl Iterator<Item = Result<Vec<Relative>, StoreError>>,
) -> Result<Vec<Relative>, StoreError> {
    let mut all = lists.collect::<Result<Vec<_>, _>>()?.concat();
    all.sort_by_key(|relative| Reverse((relative.created, relative.id)));
    all.truncate(COMPARED.into());
    Ok(all)
}

/// The latest entries of a command with these arguments.
fn of_call(
    connection: &Connection,
    command: i64,
    name: &CommandName,
) -> Result<Vec<Relative>, StoreError> {
    let sql = "SELECT id, created, parts FROM entry
               WHERE command = ?1 AND substr(arguments, 1, 200) IS substr(?2, 1, 200)
                   AND arguments = ?2 AND parts IS NOT NULL
               ORDER BY id DESC LIMIT ?3";
    rows::all(connection, sql, params![command, name.arguments(), COMPARED], relative)
}

/// The latest entries of a command, of each exit code.
fn latest(connection: &Connection, command: i64) -> Result<Vec<Relative>, StoreError> {
    let sql = "SELECT id, created, parts FROM entry
               WHERE command = ?1 AND exit = ?2 AND parts IS NOT NULL
               ORDER BY created DESC LIMIT ?3";
    let mut all = Vec::new();
    for exit in of_command::exits(connection, command)? {
        all.extend(rows::all(connection, sql, params![command, exit, COMPARED], relative)?);
    }
    Ok(all)
}

fn relative(row: &Row<'_>) -> rusqlite::Result<Relative> {
    let parts: Vec<u8> = row.get(2)?;
    let created = Timestamp::from_millis(row.get(1)?);
    Ok(Relative { id: row.get(0)?, created, parts: parts::decode(&parts) })
}
