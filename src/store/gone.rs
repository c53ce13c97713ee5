//! What became of entries that are no more, for those who ask why a command runs again.

use super::notes::{self, Kind, Note};
use super::{Store, StoreError};
use crate::key::Key;
use crate::time::{Timestamp, brief};
use rusqlite::{Connection, OptionalExtension};
use std::fmt;

/// Why an entry went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A limit had no room for it.
    Evicted = 0,
    /// Somebody forgot it.
    Cleared = 1,
    /// It had expired and was pruned.
    Expired = 2,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    cause: Cause,
    at: Timestamp,
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.cause {
            Cause::Evicted => "evicted",
            Cause::Cleared => "cleared",
            Cause::Expired => "pruned as expired",
        })?;
        self.at.age_at(Timestamp::now()).map_or(Ok(()), |age| write!(f, " {} ago", brief(age)))
    }
}

/// So many are remembered, the last ones.
const REMEMBERED: i64 = 1000;

impl Store {
    /// What became of the last entry of a key.
    ///
    /// # Errors
    /// As SQLite.
    pub fn gone(&self, key: &Key) -> Result<Option<Gone>, StoreError> {
        let note = notes::find(self.database.connection()?, Kind::Gone, key.0.as_bytes())?;
        Ok(note.map(|Note { at, value }| {
            let cause = match value[..] {
                [0] => Cause::Evicted,
                [1] => Cause::Cleared,
                _ => Cause::Expired,
            };
            Gone { cause, at }
        }))
    }
}

/// Notes why an entry is about to go.
pub(super) fn note(
    connection: &Connection,
    id: i64,
    cause: Cause,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "SELECT key FROM entry WHERE id = ?1";
    let key: Option<Vec<u8>> = connection.query_row(sql, [id], |row| row.get(0)).optional()?;
    let Some(key) = key else { return Ok(()) };
    notes::put(connection, Kind::Gone, &key, &Note { at, value: vec![cause as u8] })
}

/// Forgets all but the last ones.
pub(super) fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    notes::keep_last(connection, Kind::Gone, REMEMBERED)
}
