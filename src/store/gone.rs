//! What became of entries that are no more, for those who ask why a command runs again.

use super::{Store, StoreError};
use crate::key::Key;
use crate::time::{Timestamp, brief};
use rusqlite::{Connection, OptionalExtension, params};
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
        let found = self.connection.query_row(
            "SELECT cause, at FROM gone WHERE key = ?1",
            [key.0.as_bytes()],
            |row| {
                let cause = match row.get(0)? {
                    0 => Cause::Evicted,
                    1 => Cause::Cleared,
                    _ => Cause::Expired,
                };
                Ok(Gone { cause, at: Timestamp::from_millis(row.get(1)?) })
            },
        );
        Ok(found.optional()?)
    }
}

/// Notes why an entry is about to go.
pub(super) fn note(
    connection: &Connection,
    id: i64,
    cause: Cause,
    at: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR REPLACE INTO gone (key, cause, at) SELECT key, ?2, ?3 FROM entry WHERE id = ?1",
        params![id, cause as i64, at.as_millis()],
    )?;
    Ok(())
}

/// Forgets all but the last ones.
pub(super) fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    let count: i64 = connection.query_row("SELECT count(*) FROM gone", [], |row| row.get(0))?;
    if count > REMEMBERED {
        connection.execute(
            "DELETE FROM gone WHERE key IN
             (SELECT key FROM gone ORDER BY at DESC, key LIMIT -1 OFFSET ?1)",
            [REMEMBERED],
        )?;
    }
    Ok(())
}
