//! The parts of a key as they are stored. They show which parts differ, but not the values.
//!
//! Digests are keyed with a secret of the store, so that nobody can test guesses against them.

use crate::key::{Digest, KeyPart, StoredPart, decode_words, encode_words};
use crate::store::error::StoreError;
use crate::store::sqlite::notes::{NoteKind, Notes};
use rusqlite::Connection;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The parts as bytes.
pub(in crate::store) fn encoded(
    connection: &Connection,
    parts: &[KeyPart],
) -> Result<Vec<u8>, StoreError> {
    let parts = keyed(connection, parts)?;
    let words = parts.iter().flat_map(|part| [&*part.name, OsStr::from_bytes(&part.digest)]);
    Ok(encode_words(words))
}

/// Empty for bytes that cachex never wrote.
pub(super) fn decode(bytes: &[u8]) -> Vec<StoredPart> {
    let words = decode_words(bytes).unwrap_or_default();
    let pairs = words.as_chunks().0.iter().filter_map(|[name, digest]| {
        let digest = digest.as_bytes().try_into().ok()?;
        Some(StoredPart { name: name.clone(), digest })
    });
    pairs.collect()
}

pub(in crate::store) fn keyed(
    connection: &Connection,
    parts: &[KeyPart],
) -> Result<Vec<StoredPart>, StoreError> {
    let secret = Notes::of(connection, NoteKind::Secret).find(&[])?;
    let secret = secret.ok_or_else(|| StoreError::Damaged("it has no secret".to_owned()))?.value;
    let keyed = |KeyPart { name, bytes, .. }: &KeyPart| {
        let all = [secret.as_slice(), &encode_words([&**name]), bytes].concat();
        let mut digest = [0; 8];
        digest.copy_from_slice(&Digest::of(&all).as_bytes()[..8]);
        StoredPart { name: name.clone(), digest }
    };
    Ok(parts.iter().map(keyed).collect())
}
