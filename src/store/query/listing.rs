//! Lists entries. An entry that cannot be decoded, or is removed meanwhile, is skipped.
//!
//! A list can be long and its reader slow. So only the ids of the entries are collected at once. Their descriptions are
//! read in parts, and others can write between two parts.

use super::parts;
use super::selection::{SelectedEntry, Selection};
use crate::entry::{Description, Entry, EntryOrigin};
use crate::key::{Digest, Key, KeyPart, StoredPart, decode_words};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::sqlite::codec;
use crate::store::sqlite::condition::StoredCondition;
use crate::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use std::cmp::Reverse;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// The order of a list.
#[derive(Clone, Copy, Debug)]
pub enum ListOrder {
    /// The newest first.
    Newest,
    /// The longest output first.
    Largest,
    /// The longest run first.
    Slowest,
    /// The most hits first.
    MostHits,
    /// The most recently used first.
    LastUsed,
}

impl Store {
    /// Calls `look` with the newest selected entry, if there is one, and returns the result. Everything that `look`
    /// reads is of one moment.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn newest<T>(
        &mut self,
        selection: &Selection,
        look: impl FnOnce(&Self, Description) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.fold_uses()?;
        let transaction = self.database.read_transaction()?;
        let newest = selection.entries(&transaction, None)?.into_iter().max();
        let description = self.describe(newest.as_slice())?.pop();
        description.map(|description| look(self, description)).transpose()
    }

    /// The selected entries, the newest first. [`Store::describe`] tells more about them.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn select(&mut self, selection: &Selection) -> Result<Vec<SelectedEntry>, StoreError> {
        self.select_in(selection, ListOrder::Newest)
    }

    /// The selected entries in this order.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn select_in(
        &mut self,
        selection: &Selection,
        order: ListOrder,
    ) -> Result<Vec<SelectedEntry>, StoreError> {
        self.fold_uses()?;
        let connection = self.database.connection()?;
        let column = match order {
            ListOrder::Newest => None,
            ListOrder::Largest => Some("output"),
            ListOrder::Slowest => Some("elapsed"),
            ListOrder::MostHits => Some("hits"),
            ListOrder::LastUsed => Some("used"),
        };
        let mut entries = selection.entries(connection, column)?;
        if column.is_none() {
            // Faster than in SQL.
            entries.sort_unstable_by_key(|entry| Reverse(*entry));
        }
        Ok(entries)
    }

    /// Describes entries. Nobody can write meanwhile, so long lists should be described in parts.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn describe(&self, entries: &[SelectedEntry]) -> Result<Vec<Description>, StoreError> {
        let connection = self.database.read_transaction()?;
        let mut statement = connection.prepare(
            "SELECT entry.id, condition, exit, created, elapsed, renewal_failed, key, scope, words,
                    directory, lifetime, entry.output, entry.hits, entry.used
             FROM entry JOIN command ON command.id = entry.command
             WHERE entry.id = ?1 AND created = ?2",
        )?;
        let mut descriptions = Vec::new();
        for SelectedEntry { id, created } in entries {
            let row = statement.query_row(params![id, created.as_millis()], describe);
            descriptions.extend(row.optional()?.flatten());
        }
        Ok(descriptions)
    }

    /// Where an entry comes from.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn origin(&self, entry: &Entry) -> Result<EntryOrigin, StoreError> {
        let connection = self.database.connection()?;
        let origin = |row: &Row<'_>| {
            Ok(row.get_ref(0)?.as_blob().map_or(EntryOrigin::Run, parts::decode_origin))
        };
        let sql = "SELECT parts FROM entry WHERE id = ?1";
        Ok(connection.query_row(sql, [entry.id], origin).optional()?.unwrap_or(EntryOrigin::Run))
    }

    /// The parts by which each of these entries may differ from others of its command line: those of its key, its
    /// standard input, and the inputs that a trace has found.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn distinctions(&self, entries: &[&Entry]) -> Result<Vec<Vec<StoredPart>>, StoreError> {
        let connection = self.database.read_transaction()?;
        let conditions = entries.iter().flat_map(|Entry { condition, inputs, .. }| {
            let stdin = StoredCondition { stdin: *condition, inputs: None }.encode();
            let found = inputs.map(|id| [*id.shape.as_bytes(), *id.states.as_bytes()].concat());
            [KeyPart::new("stdin", stdin), KeyPart::new("traced files", found.unwrap_or_default())]
        });
        let conditions = parts::keyed(&connection, &conditions.collect::<Vec<_>>())?;
        let mut statement = connection.prepare("SELECT parts FROM entry WHERE id = ?1")?;
        let all = entries.iter().zip(conditions.as_chunks::<2>().0).map(|(entry, conditions)| {
            let parts = |row: &Row<'_>| Ok(row.get_ref(0)?.as_blob().map(parts::decode).ok());
            let parts = statement.query_row([entry.id], parts).optional()?.flatten();
            Ok([parts.unwrap_or_default(), conditions.to_vec()].concat())
        });
        all.collect()
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
