//! The rows of a new entry, and those that it replaces.

use super::entries;
use crate::entry::{Entry, NewEntry, NewOutputs};
use crate::inputs::{InputShape, SeenInputs};
use crate::key::{CommandName, LearnedDigest, encode_words};
use crate::recording::Content;
use crate::store::error::StoreError;
use crate::store::query::{call_pattern, parts};
use crate::store::sqlite::condition::StoredCondition;
use crate::store::sqlite::notes::{NoteKind, Notes};
use crate::store::sqlite::{codec, rows};
use crate::time::Timestamp;
use rusqlite::{Connection, params};
use std::os::unix::ffi::OsStrExt;

/// The most entries of one key whose runs were traced: a call keeps the results for this many states of its inputs.
pub const MOST_TRACED: u8 = 64;

/// Removes the entry that a new one replaces; returns how many were removed.
pub(super) fn remove_same(
    connection: &Connection,
    new: &NewEntry<'_>,
) -> Result<usize, StoreError> {
    let sql = "SELECT id FROM entry WHERE key = ?1 AND substr(condition, 1, length(?2)) = ?2";
    let parameters = params![new.key.0.as_bytes(), condition(new).encode_input()];
    let same: Vec<i64> = rows::column(connection, sql, parameters)?;
    entries::remove(connection, &same, None, Timestamp::now())?;
    Ok(same.len())
}

fn condition(new: &NewEntry<'_>) -> StoredCondition {
    let inputs = new.inputs.as_ref().map(SeenInputs::id);
    StoredCondition { stdin: new.condition, inputs }
}

/// Removes the oldest entries of a key whose runs were traced, so that a new one does not exceed [`MOST_TRACED`].
/// Returns how many were removed.
pub(super) fn remove_oldest_traced(
    connection: &Connection,
    new: &NewEntry<'_>,
) -> Result<usize, StoreError> {
    if new.inputs.is_none() {
        return Ok(0);
    }
    let sql = "SELECT id FROM entry WHERE key = ?1 AND inputs IS NOT NULL
               ORDER BY created DESC, id DESC LIMIT -1 OFFSET ?2";
    let parameters = params![new.key.0.as_bytes(), MOST_TRACED - 1];
    let oldest: Vec<i64> = rows::column(connection, sql, parameters)?;
    entries::remove(connection, &oldest, None, Timestamp::now())?;
    Ok(oldest.len())
}

/// Writes down what a traced run asked, unless another entry has the same shape. A damaged record is replaced.
fn remember_shape(connection: &Connection, shape: &InputShape) -> Result<(), StoreError> {
    let digest = shape.digest();
    let shapes = Notes::of(connection, NoteKind::Shape);
    if shapes.find(digest.as_bytes())?.is_some_and(|note| note.value == shape.encode()) {
        return Ok(());
    }
    shapes.put(digest.as_bytes(), Timestamp::now(), shape.encode())
}

/// Inserts the row of an entry and returns its id.
pub(super) fn insert(
    connection: &Connection,
    command: i64,
    name: &CommandName,
    new: &NewEntry<'_>,
) -> Result<i64, StoreError> {
    let entry = Entry {
        id: 0,
        key: new.key,
        condition: new.condition,
        inputs: new.inputs.as_ref().map(SeenInputs::id),
        exit: new.recording.exit,
        created: new.recording.ended,
        elapsed: new.recording.elapsed,
        renewal_failed: None,
    };
    let body = &new.recording.body;
    let in_row = if let Content::Memory(frames) = &body.content { Some(frames) } else { None };
    let ignored = call_pattern::ignored(new.ignored);
    if let Some(ignored) = &ignored {
        call_pattern::remember(connection, ignored)?;
    }
    let outputs =
        new.outputs.as_ref().map(|outputs| codec::stored_manifest(&entry, &outputs.manifest));
    let output = body.output.saturating_add(new.outputs.as_ref().map_or(0, NewOutputs::size));
    connection.execute(
        "INSERT INTO entry (key, condition, command, exit, created, elapsed, lifetime, used, hits,
                            output, length, seal, arguments, words, directory, body,
                            parts, ignored, inputs, outputs)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                 ?17, ?18)",
        params![
            entry.key.0.as_bytes(),
            condition(new).encode(),
            command,
            entry.exit.status(),
            entry.created.as_millis(),
            codec::stored_millis(entry.elapsed),
            codec::stored_lifetime(new.lifetime),
            codec::stored_count(output),
            codec::stored_count(body.length),
            &codec::checksum(&entry, output, body, outputs.as_deref())[..],
            name.arguments(),
            encode_words(new.words.iter().map(std::ffi::OsString::as_os_str)),
            new.directory.as_ref().map(|directory| directory.as_os_str().as_bytes()),
            in_row,
            parts::encoded(connection, &new.parts, new.origin)?,
            ignored,
            new.inputs.as_ref().map(|inputs| inputs.states.encode()),
            outputs,
        ],
    )?;
    if let Some(inputs) = &new.inputs {
        remember_shape(connection, &inputs.shape)?;
    }
    Ok(connection.last_insert_rowid())
}

/// Writes down digests of files.
pub(super) fn remember(
    connection: &Connection,
    learned: &[LearnedDigest],
) -> Result<(), StoreError> {
    for LearnedDigest { path, stamp, digest } in learned {
        let value = codec::checksummed_digest(path, stamp, digest);
        let files = Notes::of(connection, NoteKind::File);
        files.put(path.as_os_str().as_bytes(), Timestamp::now(), &value)?;
    }
    Ok(())
}
