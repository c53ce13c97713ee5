//! Tombstones: why an entry was removed, so that users can learn why a command runs again.

use crate::key::Key;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::sqlite::notes::{Note, NoteKind, Notes};
use crate::time::{Timestamp, brief};
use rusqlite::Connection;
use std::fmt;

/// Why an entry was removed. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalCause {
    /// It was evicted because of a limit.
    Evicted = 0,
    /// The user cleared it.
    Cleared = 1,
    /// It had expired and was pruned.
    Expired = 2,
}

/// The fate of a removed entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    cause: RemovalCause,
    at: Timestamp,
}

impl Tombstone {
    /// When the user cleared the entry, if that is what happened.
    pub fn cleared(&self) -> Option<Timestamp> {
        (self.cause == RemovalCause::Cleared).then_some(self.at)
    }
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

/// The number of tombstones that are kept, the latest ones.
pub(super) const KEPT: u16 = 1000;

impl Store {
    /// The fate of the last entry of a key.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn tombstone(&self, key: &Key) -> Result<Option<Tombstone>, StoreError> {
        let connection = self.database.connection()?;
        let note = Notes::of(connection, NoteKind::Tombstone).find(key.0.as_bytes())?;
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

/// Writes a tombstone for each of these keys.
pub(super) fn put(
    connection: &Connection,
    keys: &[Vec<u8>],
    cause: RemovalCause,
    at: Timestamp,
) -> Result<(), StoreError> {
    let tombstones = Notes::of(connection, NoteKind::Tombstone);
    keys.iter().try_for_each(|key| tombstones.put(key, at, &[cause as u8]))
}

/// Forgets all tombstones except the latest.
pub(super) fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    Notes::of(connection, NoteKind::Tombstone).keep_last(KEPT.into())
}
