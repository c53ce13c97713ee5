//! What is stored, and forgetting it.

use super::{Store, StoreError, clearing, codec, connection, evict, fill, usage};
use crate::entry::Description;
use crate::key::{CommandName, Digest, Key, decode_words};
use crate::time::Timestamp;
use rusqlite::{ErrorCode, Row, ToSql};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// Which entries are meant.
#[derive(Debug)]
pub enum Selection {
    /// All of them.
    All,
    /// Those of a command, under any of these names: the call with exactly these arguments, or
    /// every call when there are none.
    Command(Vec<CommandName>),
    /// The one of this number.
    Number(i64),
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// How many entries.
    pub entries: u64,
    /// How much output they held, in bytes.
    pub output: u64,
}

impl Store {
    /// The entries that are meant, the newest first.
    ///
    /// # Errors
    /// As SQLite.
    pub fn list(&mut self, selection: &Selection) -> Result<Vec<Description>, StoreError> {
        if !self.read_only {
            match self.fold_uses() {
                // On a full disk the numbers of hits are a little behind.
                Err(StoreError::Sqlite(error)) if is_full(&error) => {}
                folded => folded?,
            }
        }
        let (condition, parameters) = selection.to_sql();
        let mut statement = self.connection.prepare(&format!(
            "SELECT entry.id, condition, exit, created, elapsed, renewal_failed, key, scope, words,
                    directory, lifetime, output, hits, used
             FROM entry JOIN command ON command.id = entry.command
             WHERE {condition} ORDER BY created DESC, entry.id DESC"
        ))?;
        let parameters: Vec<&dyn ToSql> = parameters.iter().map(|p| p as &dyn ToSql).collect();
        let rows = statement.query_map(parameters.as_slice(), describe)?;
        let descriptions = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(descriptions.into_iter().flatten().collect())
    }

    fn fold_uses(&mut self) -> Result<(), StoreError> {
        let transaction = connection::write(&mut self.connection)?;
        let folded = usage::fold(&self.place, &transaction)?;
        transaction.commit()?;
        folded.done();
        Ok(())
    }

    /// Forgets the entries that are meant, and gives their room back: a part at a time, so that
    /// others need not wait long.
    ///
    /// # Errors
    /// As SQLite; a part may be forgotten by then.
    pub fn clear(&mut self, selection: &Selection) -> Result<Cleared, StoreError> {
        let mut chosen = self.chosen(selection)?.into_iter().peekable();
        let mut cleared = Cleared::default();
        let mut is_first = true;
        loop {
            let mut part = Part { chosen: Vec::new(), is_first, is_last: false };
            let mut freed = 0;
            while freed < CLEAR_AT_ONCE
                && let Some(next) = chosen.next()
            {
                freed += next.length + evict::OVERHEAD;
                part.chosen.push(next);
            }
            part.is_last = chosen.peek().is_none();
            let removed = match self.remove(selection, &part) {
                Err(StoreError::Sqlite(error)) if is_full(&error) => {
                    // To remove something takes room for the journal, and who clears a full disk has
                    // none. A process that dies without one leaves a damaged store at the worst.
                    self.connection.pragma_update(None, "journal_mode", "MEMORY")?;
                    self.remove(selection, &part)?
                }
                removed => removed?,
            };
            cleared.entries += removed.entries;
            cleared.output += removed.output;
            is_first = false;
            if part.is_last {
                return Ok(cleared);
            }
        }
    }

    /// Forgets a part of what is meant.
    fn remove(&mut self, selection: &Selection, part: &Part) -> Result<Cleared, StoreError> {
        let transaction = connection::write_durably(&mut self.connection)?;
        if part.is_first {
            clearing::remember(&transaction, selection)?;
        }
        let mut cleared = Cleared::default();
        for Chosen { id, output, .. } in &part.chosen {
            if evict::remove(&transaction, *id)? {
                cleared.entries += 1;
                cleared.output += output;
            }
        }
        if part.is_last && matches!(selection, Selection::All) {
            transaction.execute_batch("DELETE FROM file_digest")?;
        }
        fill::forget_unused_commands(&transaction)?;
        evict::shrink(&transaction)?;
        transaction.commit()?;
        Ok(cleared)
    }

    fn chosen(&self, selection: &Selection) -> Result<Vec<Chosen>, StoreError> {
        let (condition, parameters) = selection.to_sql();
        let mut statement = self.connection.prepare(&format!(
            "SELECT entry.id, output, length
             FROM entry JOIN command ON command.id = entry.command WHERE {condition}"
        ))?;
        let parameters: Vec<&dyn ToSql> = parameters.iter().map(|p| p as &dyn ToSql).collect();
        let chosen = statement.query_map(parameters.as_slice(), |row| {
            Ok(Chosen {
                id: row.get(0)?,
                output: codec::unsigned(row.get(1)?),
                length: codec::unsigned(row.get(2)?),
            })
        })?;
        Ok(chosen.collect::<Result<_, _>>()?)
    }
}

/// Bytes that one transaction frees.
const CLEAR_AT_ONCE: u64 = 32 << 20;

/// What one transaction removes.
struct Part {
    chosen: Vec<Chosen>,
    is_first: bool,
    is_last: bool,
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

/// An entry that is to go.
struct Chosen {
    id: i64,
    output: u64,
    length: u64,
}

/// A parameter of a query.
enum Parameter<'s> {
    Bytes(&'s [u8]),
    Number(i64),
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Bytes(bytes) => bytes.to_sql(),
            Self::Number(number) => number.to_sql(),
        }
    }
}

impl Selection {
    /// A condition over `entry` and `command`, and its parameters.
    fn to_sql(&self) -> (String, Vec<Parameter<'_>>) {
        match self {
            Self::All => ("1".to_owned(), Vec::new()),
            Self::Number(id) => ("entry.id = ?".to_owned(), vec![Parameter::Number(*id)]),
            Self::Command(names) => {
                let mut conditions = vec!["0"];
                let mut parameters = Vec::new();
                for name in names {
                    let bytes = Parameter::Bytes(name.name());
                    if name.arguments().is_empty() {
                        // Encoded words are a prefix of all that starts with them.
                        conditions.push("substr(name, 1, ?) = ?");
                        let length = i64::try_from(name.name().len()).unwrap_or(i64::MAX);
                        parameters.extend([Parameter::Number(length), bytes]);
                    } else {
                        conditions.push("name = ? AND arguments = ?");
                        parameters.extend([bytes, Parameter::Bytes(name.arguments())]);
                    }
                }
                (conditions.join(" OR "), parameters)
            }
        }
    }
}

fn describe(row: &Row<'_>) -> rusqlite::Result<Option<Description>> {
    let key = row.get_ref(6)?.as_blob().ok().and_then(|key| key.try_into().ok());
    let words = row.get_ref(8)?.as_blob().ok().and_then(decode_words);
    let scope = row.get_ref(7)?.as_str().ok().map(str::to_owned);
    let (Some(key), Some(words), Some(scope)) = (key, words, scope) else {
        return Ok(None);
    };
    let Some(entry) = codec::entry(row, Key(Digest(key)))? else {
        return Ok(None);
    };
    let directory: Option<Vec<u8>> = row.get(9)?;
    Ok(Some(Description {
        entry,
        scope,
        words,
        directory: directory.map(|path| PathBuf::from(OsString::from_vec(path))),
        lifetime: codec::lifetime(row.get(10)?),
        output: codec::unsigned(row.get(11)?),
        hits: codec::unsigned(row.get(12)?),
        last_used: Timestamp::from_millis(row.get(13)?),
    }))
}
