//! The parts of a key as they are stored. They show which parts differ, but not the values.
//!
//! Each part is two words, its name and its digest. One more word at the end says that the entry comes from a remote; a
//! program that does not know of it passes over it.
//!
//! Digests are keyed with a secret of the store, so that nobody can test guesses against them.

use crate::entry::EntryOrigin;
use crate::key::{Digest, KeyPart, StoredPart, decode_words, encode_words};
use crate::store::error::StoreError;
use crate::store::sqlite::notes::{NoteKind, Notes};
use rusqlite::Connection;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// The word of an entry that comes from a remote.
const REMOTE: &str = "remote";

/// The parts as bytes, and where the entry comes from.
pub fn encoded(
    connection: &Connection,
    parts: &[KeyPart],
    origin: EntryOrigin,
) -> Result<Vec<u8>, StoreError> {
    let parts = keyed(connection, parts)?;
    let words = parts.iter().flat_map(|part| [&*part.name, OsStr::from_bytes(&part.digest)]);
    let origin = (origin == EntryOrigin::Remote).then_some(OsStr::new(REMOTE));
    Ok(encode_words(words.chain(origin)))
}

/// Where the entry with these parts comes from.
pub(super) fn decode_origin(bytes: &[u8]) -> EntryOrigin {
    let words = decode_words(bytes).unwrap_or_default();
    match words.as_chunks::<2>() {
        (_, [last]) if last == REMOTE => EntryOrigin::Remote,
        _ => EntryOrigin::Run,
    }
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

pub fn keyed(connection: &Connection, parts: &[KeyPart]) -> Result<Vec<StoredPart>, StoreError> {
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
