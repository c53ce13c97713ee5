//! Entries of the same command, to say what differs from a call that found nothing.

use super::parts;
use crate::key::{CommandName, KeyPart, StoredPart};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::time::Timestamp;
use rusqlite::params;

/// An entry that a call can be compared with.
#[derive(Clone, Debug)]
pub struct Relative {
    /// Its number.
    pub id: i64,
    /// When it was stored.
    pub created: Timestamp,
    /// The parts of its key.
    pub parts: Vec<StoredPart>,
}

/// The newest entries of a command are compared, this many.
const COMPARED: i64 = 200;

impl Store {
    /// The parts as they would be stored.
    ///
    /// # Errors
    /// As SQLite.
    pub fn keyed(&self, parts: &[KeyPart]) -> Result<Vec<StoredPart>, StoreError> {
        parts::keyed(self.database.connection()?, parts)
    }

    /// Entries of the same command, those with the same arguments first, then the newest.
    ///
    /// # Errors
    /// As SQLite.
    pub fn relatives(&self, name: &CommandName) -> Result<Vec<Relative>, StoreError> {
        let mut statement = self.database.connection()?.prepare(
            "SELECT entry.id, created, parts FROM entry JOIN command ON command.id = entry.command
             WHERE name = ?1 AND parts IS NOT NULL
             ORDER BY arguments = ?2 DESC, created DESC LIMIT ?3",
        )?;
        let rows =
            statement.query_map(params![name.name(), name.arguments(), COMPARED], |row| {
                let parts: Vec<u8> = row.get(2)?;
                let created = Timestamp::from_millis(row.get(1)?);
                Ok(Relative { id: row.get(0)?, created, parts: parts::decode(&parts) })
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
