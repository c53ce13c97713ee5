//! What is stored, and forgetting it.

use super::{Store, StoreError, codec, connection, evict, fill, usage};
use crate::entry::Description;
use crate::key::{CommandName, Digest, Key, decode_words};
use crate::time::Timestamp;
use rusqlite::{Connection, Row, ToSql};
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
            let transaction = connection::write(&mut self.connection)?;
            let folded = usage::fold(&self.place, &transaction)?;
            transaction.commit()?;
            folded.done();
        }
        let (condition, parameters) = selection.to_sql();
        let mut statement = self.connection.prepare(&format!(
            "SELECT entry.id, condition, exit, created, elapsed, key, scope, words, directory,
                    lifetime, output, hits, used
             FROM entry JOIN command ON command.id = entry.command
             WHERE {condition} ORDER BY created DESC, entry.id DESC"
        ))?;
        let parameters: Vec<&dyn ToSql> = parameters.iter().map(|p| p as &dyn ToSql).collect();
        let rows = statement.query_map(parameters.as_slice(), describe)?;
        let descriptions = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(descriptions.into_iter().flatten().collect())
    }

    /// Forgets the entries that are meant, and gives their room back.
    ///
    /// # Errors
    /// As SQLite; nothing is changed then.
    pub fn clear(&mut self, selection: &Selection) -> Result<Cleared, StoreError> {
        let transaction = connection::write(&mut self.connection)?;
        let folded = usage::fold(&self.place, &transaction)?;
        let cleared = match selection {
            Selection::All => clear_all(&transaction)?,
            chosen => clear_chosen(&transaction, chosen)?,
        };
        fill::forget_unused_commands(&transaction)?;
        evict::shrink(&transaction)?;
        transaction.commit()?;
        folded.done();
        Ok(cleared)
    }
}

fn clear_all(connection: &Connection) -> Result<Cleared, StoreError> {
    let cleared = connection.query_row(
        "SELECT count(*), coalesce(sum(output), 0) FROM entry",
        [],
        |row| {
            Ok(Cleared {
                entries: codec::unsigned(row.get(0)?),
                output: codec::unsigned(row.get(1)?),
            })
        },
    )?;
    connection.execute_batch("DELETE FROM entry; DELETE FROM block; DELETE FROM file_digest;")?;
    Ok(cleared)
}

fn clear_chosen(connection: &Connection, selection: &Selection) -> Result<Cleared, StoreError> {
    let (condition, parameters) = selection.to_sql();
    let mut statement = connection.prepare(&format!(
        "SELECT entry.id, output FROM entry JOIN command ON command.id = entry.command
         WHERE {condition}"
    ))?;
    let parameters: Vec<&dyn ToSql> = parameters.iter().map(|p| p as &dyn ToSql).collect();
    let chosen = statement
        .query_map(parameters.as_slice(), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(i64, i64)>, _>>()?;
    let mut cleared = Cleared::default();
    for (id, output) in chosen {
        evict::remove(connection, id)?;
        cleared.entries += 1;
        cleared.output += codec::unsigned(output);
    }
    Ok(cleared)
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
    let key = row
        .get_ref(5)?
        .as_blob()
        .ok()
        .and_then(|key| key.try_into().ok());
    let words = row.get_ref(7)?.as_blob().ok().and_then(decode_words);
    let (Some(key), Some(words)) = (key, words) else {
        return Ok(None);
    };
    let Some(entry) = codec::entry(row, Key(Digest(key)))? else {
        return Ok(None);
    };
    let directory: Option<Vec<u8>> = row.get(8)?;
    Ok(Some(Description {
        entry,
        scope: row.get(6)?,
        words,
        directory: directory.map(|path| PathBuf::from(OsString::from_vec(path))),
        lifetime: codec::lifetime(row.get(9)?),
        output: codec::unsigned(row.get(10)?),
        hits: codec::unsigned(row.get(11)?),
        last_used: Timestamp::from_millis(row.get(12)?),
    }))
}
