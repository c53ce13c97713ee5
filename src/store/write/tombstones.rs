//! Tombstones: why an entry was removed, for `-v` and `explain`.

use crate::key::Key;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::sqlite::notes::{self, Note, NoteKind};
use crate::time::{Timestamp, brief};
use rusqlite::{Connection, OptionalExtension};
use std::fmt;

/// Why an entry was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalCause {
    /// To keep a limit.
    Evicted = 0,
    /// By `clear`.
    Cleared = 1,
    /// By `prune`, because it had expired.
    Expired = 2,
}

/// Why and when an entry was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    cause: RemovalCause,
    at: Timestamp,
}

impl fmt::Display for Tombstone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cause {
            RemovalCause::Evicted => "evicted",
            RemovalCause::Cleared => "cleared",
            RemovalCause::Expired => "pruned as expired",
        })?;
        self.at.age_at(Timestamp::now()).map_or(Ok(()), |age| write!(f, " {} ago", brief(age)))
    }
}

/// The most tombstones that are kept, the newest.
const REMEMBERED: i64 = 1000;

impl Store {
    /// The tombstone of the last entry of a key.
    ///
    /// # Errors
    /// As SQLite.
    pub fn tombstone(&self, key: &Key) -> Result<Option<Tombstone>, StoreError> {
        let note = notes::find(self.database.connection()?, NoteKind::Tombstone, key.0.as_bytes())?;
        Ok(note.map(|Note { at, value }| {
            let cause = match value[..] {
                [0] => RemovalCause::Evicted,
                [1] => RemovalCause::Cleared,
                _ => RemovalCause::Expired,
            };
            Tombstone { cause, at }
        }))
    }
}

/// Notes why an entry is about to be removed.
pub(in crate::store) fn note(
    connection: &Connection,
    id: i64,
    cause: RemovalCause,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "SELECT key FROM entry WHERE id = ?1";
    let key: Option<Vec<u8>> = connection.query_row(sql, [id], |row| row.get(0)).optional()?;
    let Some(key) = key else { return Ok(()) };
    notes::put(connection, NoteKind::Tombstone, &key, &Note { at, value: vec![cause as u8] })
}

/// Removes all but the newest.
pub(in crate::store) fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    notes::keep_last(connection, NoteKind::Tombstone, REMEMBERED)
}
