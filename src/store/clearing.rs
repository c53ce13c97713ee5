//! Which commands were cleared, so that a run that was in flight does not bring them back. Their words
//! may be secret: they are remembered as digests, keyed with the secret of the store.

use super::selection::{Matching, Selection, whole};
use super::sought::{Sought, as_typed};
use super::{Store, StoreError, parts};
use crate::entry::NewEntry;
use crate::key::{CommandName, Part, decode_words, encode_words};
use rusqlite::{Connection, OptionalExtension, params};
use std::ffi::OsString;

/// How many clearings there had been at some moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clearings(i64);

/// So many are remembered. A run during which there were more counts as cleared.
const REMEMBERED: i64 = 1000;

impl Store {
    /// How many clearings there have been.
    ///
    /// # Errors
    /// As SQLite.
    pub fn clearings(&self) -> Result<Clearings, StoreError> {
        count(&self.connection)
    }
}

fn count(connection: &Connection) -> Result<Clearings, StoreError> {
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'clearing'";
    Ok(Clearings(connection.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(0)))
}

/// Remembers what is being cleared. Where dates decide, what runs now is too young to be meant.
pub(super) fn remember(connection: &Connection, selection: &Selection) -> Result<(), StoreError> {
    if selection.number.is_some() || !selection.is_of_any_date() {
        return Ok(());
    }
    let scope = selection.scope.as_deref();
    let mut statement = connection.prepare(
        "INSERT INTO clearing (program, words, open_ended, scope) VALUES (?1, ?2, ?3, ?4)",
    )?;
    match &selection.calls {
        None => _ = statement.execute(params![None::<&[u8]>, None::<&[u8]>, true, scope])?,
        Some(calls) => {
            for Sought { name, matching, .. } in as_typed(calls) {
                let open_ended = matching == Matching::StartingWith;
                let digests = digests(connection, [name.program().to_vec(), whole(&name)])?;
                statement.execute(params![digests[0], digests[1], open_ended, scope])?;
            }
        }
    }
    let Clearings(count) = count(connection)?;
    connection.execute("DELETE FROM clearing WHERE id <= ?1", [count - REMEMBERED])?;
    Ok(())
}

/// Whether what is to be stored under a name was cleared since then.
pub(super) fn was_cleared(
    connection: &Connection,
    Clearings(since): Clearings,
    new: &NewEntry<'_>,
    name: &CommandName,
) -> Result<bool, StoreError> {
    let Clearings(now) = count(connection)?;
    if now == since {
        return Ok(false);
    }
    if now - since > REMEMBERED {
        return Ok(true);
    }
    let call = Running::new(connection, name, !new.ignored.is_empty())?;
    let mut statement = connection.prepare(
        "SELECT program, words, open_ended FROM clearing
         WHERE id > ?1 AND (scope IS NULL OR scope = ?2)",
    )?;
    let mut rows = statement.query(params![since, new.scope])?;
    while let Some(row) = rows.next()? {
        if call.is_meant(row.get(0)?, row.get(1)?, row.get(2)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A call that was running.
struct Running {
    program: Vec<u8>,
    /// All that it begins with, word by word, itself last.
    beginnings: Vec<Vec<u8>>,
    /// Whether some of its words were left out: then it is not known whether it was meant, and whatever is
    /// cleared of its program counts.
    is_vague: bool,
}

impl Running {
    fn new(
        connection: &Connection,
        name: &CommandName,
        is_vague: bool,
    ) -> Result<Self, StoreError> {
        let words = decode_words(&whole(name)).unwrap_or_default();
        let beginning = |count| encode_words(words.iter().take(count).map(OsString::as_os_str));
        let beginnings = digests(connection, (1..=words.len()).map(beginning))?;
        let program = digests(connection, [name.program().to_vec()])?.concat();
        Ok(Self { program, beginnings, is_vague })
    }

    /// Whether these words were those that were cleared; without a program everything was.
    fn is_meant(&self, program: Option<Vec<u8>>, words: Option<Vec<u8>>, open_ended: bool) -> bool {
        let (Some(program), Some(words)) = (program, words) else { return true };
        self.is_vague && program == self.program
            || open_ended && self.beginnings.contains(&words)
            || self.beginnings.last() == Some(&words)
    }
}

/// Words as they are remembered.
fn digests(
    connection: &Connection,
    words: impl IntoIterator<Item = Vec<u8>>,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let parts: Vec<_> = words.into_iter().map(|words| Part::new("cleared", words)).collect();
    let keyed = parts::keyed(connection, &parts)?;
    Ok(keyed.into_iter().map(|part| part.digest.to_vec()).collect())
}
