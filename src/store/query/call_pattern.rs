//! The stored calls that a command line on `clear`, `list` or `show` stands for.
//!
//! An entry is stored without the arguments that `--ignore-arg` left out of its key, and with the globs that did so. A
//! command line is compared with the entry after the same arguments were left out of it: arguments that the entry does
//! not depend on may be typed in any way, or not at all.

use crate::key::{ArgumentGlob, CommandName, decode_words, encode_words, names_of};
use crate::store::error::StoreError;
use crate::store::sqlite::notes::{NoteKind, Notes};
use crate::time::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::ffi::OsString;

/// Calls of one command.
#[derive(Clone, Debug)]
pub struct Calls {
    /// The command and its arguments.
    pub words: Vec<OsString>,
    /// How the arguments are compared. `None` compares them exactly if there are any, and matches every call if there
    /// are none.
    pub matching: Option<Matching>,
}

/// How the arguments of a call are compared with the given ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// They are equal.
    Exactly,
    /// They start with the given ones; without any, every call matches.
    StartingWith,
}

/// A name that entries are searched for by.
#[derive(Debug)]
pub struct CallPattern {
    pub name: CommandName,
    pub matching: Matching,
    /// The globs of `--ignore-arg` that an entry has to be stored with. `None` if any globs will do; then no argument
    /// was left out of `name`.
    pub ignored: Option<Vec<u8>>,
}

/// Every pattern that the words can stand for.
pub fn patterns(connection: &Connection, calls: &Calls) -> Result<Vec<CallPattern>, StoreError> {
    let plain = as_typed(calls);
    let mut all = Vec::new();
    for ignored in known(connection)? {
        let names = names_of(&calls.words, &globs(&ignored));
        all.extend(plain.iter().zip(names).map(|(plain, name)| CallPattern {
            name,
            matching: plain.matching,
            ignored: Some(ignored.clone()),
        }));
    }
    Ok(plain.into_iter().chain(all).collect())
}

/// The patterns with nothing left out. By default they match equal arguments, or all calls if there are none.
pub fn as_typed(Calls { words, matching }: &Calls) -> Vec<CallPattern> {
    let pattern = |name: CommandName| {
        let usual = match name.arguments() {
            [] => Matching::StartingWith,
            _ => Matching::Exactly,
        };
        CallPattern { matching: matching.unwrap_or(usual), name, ignored: None }
    };
    names_of(words, &[]).into_iter().map(pattern).collect()
}

/// The globs of an entry as they are stored.
pub fn ignored(globs: &BTreeSet<OsString>) -> Option<Vec<u8>> {
    (!globs.is_empty()).then(|| encode_words(globs.iter().map(OsString::as_os_str)))
}

/// All lists of globs that entries were stored with.
fn known(connection: &Connection) -> Result<Vec<Vec<u8>>, StoreError> {
    let notes = Notes::of(connection, NoteKind::Ignored).after(&[])?;
    Ok(notes.into_iter().map(|(name, _)| name).collect())
}

/// Notes the globs that an entry is stored with.
pub fn remember(connection: &Connection, ignored: &[u8]) -> Result<(), StoreError> {
    Notes::of(connection, NoteKind::Ignored).put(ignored, Timestamp::now(), &[])
}

/// Evicting an entry keeps its globs. Unused globs are looked for only if there are more lists than this.
const ENOUGH_TO_SEARCH: usize = 1000;

/// Forgets unused globs, if there are many.
pub fn keep_few(connection: &Connection) -> Result<(), StoreError> {
    if known(connection)?.len() > ENOUGH_TO_SEARCH { forget_unused(connection) } else { Ok(()) }
}

/// Forgets the globs that no entry is stored with any more.
pub fn forget_unused(connection: &Connection) -> Result<(), StoreError> {
    if !known(connection)?.is_empty() {
        connection.execute(
            "DELETE FROM note WHERE kind = ?1
             AND name NOT IN (SELECT ignored FROM entry WHERE ignored IS NOT NULL)",
            [NoteKind::Ignored as i64],
        )?;
    }
    Ok(())
}

/// The globs in a note; empty for bytes that cachex never wrote.
fn globs(ignored: &[u8]) -> Vec<ArgumentGlob> {
    let words = decode_words(ignored).unwrap_or_default();
    let mut globs: Vec<_> = words.iter().filter_map(|it| ArgumentGlob::parse(it).ok()).collect();
    globs.sort();
    globs
}

/// All words of a call, encoded.
pub fn whole(name: &CommandName) -> Vec<u8> {
    [name.name(), name.arguments()].concat()
}
