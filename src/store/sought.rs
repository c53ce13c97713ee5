//! The calls that a command line stands for, by what entries are stored under.
//!
//! An entry is stored without the arguments that `--ignore-arg` left out of its key, and with the globs
//! that did so. A command line is compared with it as if it had been called so: what the entry does not
//! depend on may be typed in any way, or not at all.

use super::StoreError;
use super::notes::{self, Kind, Note};
use super::selection::{Calls, Matching};
use crate::key::{ArgumentGlob, CommandName, decode_words, encode_words, names_of};
use crate::time::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::ffi::OsString;

/// A name that is looked for.
#[derive(Debug)]
pub(super) struct Sought {
    pub(super) name: CommandName,
    pub(super) matching: Matching,
    /// The globs that entries of this name were stored with; `None` for any, with nothing left out here.
    pub(super) ignored: Option<Vec<u8>>,
}

/// Everything that the words can mean.
pub(super) fn sought(connection: &Connection, calls: &Calls) -> Result<Vec<Sought>, StoreError> {
    let plain = as_typed(calls);
    let mut all = Vec::new();
    for ignored in known(connection)? {
        let names = names_of(&calls.words, &globs(&ignored));
        all.extend(plain.iter().zip(names).map(|(plain, name)| Sought {
            name,
            matching: plain.matching,
            ignored: Some(ignored.clone()),
        }));
    }
    Ok(plain.into_iter().chain(all).collect())
}

/// What they mean with nothing left out: if nothing else is asked the calls with the same arguments, or
/// all if there are none.
pub(super) fn as_typed(Calls { words, matching }: &Calls) -> Vec<Sought> {
    let sought = |name: CommandName| {
        let usual = match name.arguments() {
            [] => Matching::StartingWith,
            _ => Matching::Exactly,
        };
        Sought { matching: matching.unwrap_or(usual), name, ignored: None }
    };
    names_of(words, &[]).into_iter().map(sought).collect()
}

/// The globs of an entry as they are stored.
pub(super) fn ignored(globs: &BTreeSet<OsString>) -> Option<Vec<u8>> {
    (!globs.is_empty()).then(|| encode_words(globs.iter().map(OsString::as_os_str)))
}

/// All that entries were stored with.
fn known(connection: &Connection) -> Result<Vec<Vec<u8>>, StoreError> {
    let notes = notes::behind(connection, Kind::Ignored, &[])?;
    Ok(notes.into_iter().map(|note| note.name).collect())
}

/// Notes what an entry is stored with.
pub(super) fn remember(connection: &Connection, ignored: &[u8]) -> Result<(), StoreError> {
    let note = Note { at: Timestamp::now(), value: Vec::new() };
    notes::put(connection, Kind::Ignored, ignored, &note)
}

/// More than this are looked through for what is of no use: evicting an entry does not.
const MANY: usize = 1000;

/// Forgets what is of no use if there is much of it.
pub(super) fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    if known(connection)?.len() > MANY { forget_unused(connection) } else { Ok(()) }
}

/// Forgets what no entry is stored with any more.
pub(super) fn forget_unused(connection: &Connection) -> Result<(), StoreError> {
    if !known(connection)?.is_empty() {
        connection.execute(
            "DELETE FROM note WHERE kind = ?1
             AND name NOT IN (SELECT ignored FROM entry WHERE ignored IS NOT NULL)",
            [Kind::Ignored as i64],
        )?;
    }
    Ok(())
}

/// Nothing for bytes that cachex never wrote.
fn globs(ignored: &[u8]) -> Vec<ArgumentGlob> {
    let words = decode_words(ignored).unwrap_or_default();
    let mut globs: Vec<_> = words.iter().filter_map(|it| ArgumentGlob::parse(it).ok()).collect();
    globs.sort();
    globs
}
