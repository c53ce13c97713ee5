//! Tombstones: why an entry was removed, for users who wonder why a command runs again.

use crate::key::Key;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::sqlite::notes::{Note, NoteKind, Notes};
use crate::time::{Timestamp, brief};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::fmt;

/// Why an entry was removed. The numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalCause {
    /// A limit had no room for it.
    Evicted = 0,
    /// The user cleared it.
    Cleared = 1,
    /// It had expired and was pruned.
    Expired = 2,
}

/// What happened to an entry.
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

/// This many tombstones are kept, the latest.
const KEPT: u16 = 1000;

impl Store {
    /// What happened to the last entry of a key.
    ///
    /// # Errors
    /// As SQLite.
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

/// The tombstones of a removal: only the last keys, since older ones would not be kept.
#[derive(Debug)]
pub(super) struct NewTombstones {
    cause: RemovalCause,
    at: Timestamp,
    keys: VecDeque<Vec<u8>>,
}

impl NewTombstones {
    pub(super) fn new(cause: RemovalCause, at: Timestamp) -> Self {
        Self { cause, at, keys: VecDeque::new() }
    }

    /// Adds the key of an entry that was removed.
    pub(super) fn push(&mut self, key: Vec<u8>) {
        if self.keys.len() == usize::from(KEPT) {
            self.keys.pop_front();
        }
        self.keys.push_back(key);
    }

    /// Writes them.
    pub(super) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        let note = Note { at: self.at, value: vec![self.cause as u8] };
        Notes::of(connection, NoteKind::Tombstone)
            .put_all(self.keys.iter().map(Vec::as_slice), &note)
    }
}

/// Forgets all but the latest.
pub(super) fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    Notes::of(connection, NoteKind::Tombstone).keep_last(KEPT.into())
}
