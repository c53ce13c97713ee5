//! The parts of a key as they are stored: enough to say what differs, and nothing of what they are.
//!
//! Digests are keyed with a secret of the store, so that they are no oracle for guesses.

use super::notes::{self, Kind};
use super::{Store, StoreError};
use crate::key::{CommandName, Digest, KeyPart, StoredPart, decode_words, encode_words};
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// An entry that a call can be compared with.
#[derive(Clone, Debug)]
pub struct Relative {
    /// Its number.
    pub id: i64,
    /// When it was stored.
    pub created: Timestamp,
    /// What its key was made of.
    pub parts: Vec<StoredPart>,
}

/// So many entries of a command are compared, the newest.
const COMPARED: i64 = 200;

impl Store {
    /// The parts as they would be stored.
    ///
    /// # Errors
    /// As SQLite.
    pub fn keyed(&self, parts: &[KeyPart]) -> Result<Vec<StoredPart>, StoreError> {
        keyed(self.database.connection()?, parts)
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
                Ok(Relative { id: row.get(0)?, created, parts: decode(&parts) })
            })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The parts as bytes.
pub(super) fn encoded(connection: &Connection, parts: &[KeyPart]) -> Result<Vec<u8>, StoreError> {
    let parts = keyed(connection, parts)?;
    let words = parts.iter().flat_map(|part| [&*part.name, OsStr::from_bytes(&part.digest)]);
    Ok(encode_words(words))
}

/// Nothing for bytes that cachex never wrote.
fn decode(bytes: &[u8]) -> Vec<StoredPart> {
    let words = decode_words(bytes).unwrap_or_default();
    let pairs = words.as_chunks().0.iter().filter_map(|[name, digest]| {
        let digest = digest.as_bytes().try_into().ok()?;
        Some(StoredPart { name: name.clone(), digest })
    });
    pairs.collect()
}

pub(super) fn keyed(
    connection: &Connection,
    parts: &[KeyPart],
) -> Result<Vec<StoredPart>, StoreError> {
    let secret = notes::find(connection, Kind::Secret, &[])?;
    let secret = secret.ok_or_else(|| StoreError::Damaged("it has no secret".to_owned()))?.value;
    let keyed = |KeyPart { name, bytes, .. }: &KeyPart| {
        let all = [secret.as_slice(), &encode_words([&**name]), bytes].concat();
        let mut digest = [0; 8];
        digest.copy_from_slice(&Digest::of(&all).as_bytes()[..8]);
        StoredPart { name: name.clone(), digest }
    };
    Ok(parts.iter().map(keyed).collect())
}
