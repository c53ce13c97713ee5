//! Removes rows of entries with everything that belongs to them, in a transaction of the caller.
//!
//! Fills, limits, `clear` and `prune` all remove entries through this module.

use super::command_totals;
use super::tombstones::{self, RemovalCause};
use crate::store::error::StoreError;
use crate::store::objects::owners;
use crate::store::sqlite::{codec, rows};
use crate::time::Timestamp;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::collections::BTreeSet;
use std::ops::AddAssign;

/// The bytes that an entry takes beside its output and its words: its row, and its share of the indexes.
pub(super) const OVERHEAD: u64 = 4 << 10;

/// The amount that was removed, or would be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// How many entries.
    pub entries: u64,
    /// How much output they held, in bytes.
    pub output: u64,
}

/// A damaged store may hold any number.
impl AddAssign for Cleared {
    fn add_assign(&mut self, other: Self) {
        self.entries = self.entries.saturating_add(other.entries);
        self.output = self.output.saturating_add(other.output);
    }
}

/// Removes these entries. If there is a cause, they leave tombstones of this cause and date.
pub(super) fn remove(
    connection: &Connection,
    ids: &[i64],
    cause: Option<RemovalCause>,
    at: Timestamp,
) -> Result<Cleared, StoreError> {
    if ids.is_empty() {
        return Ok(Cleared::default());
    }
    let ids = list(ids);
    let sql = format!("DELETE FROM entry WHERE id IN ({ids}) RETURNING command, key, output");
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([])?;
    let (mut cleared, mut commands, mut keys) = (Cleared::default(), BTreeSet::new(), Vec::new());
    while let Some(row) = rows.next()? {
        commands.insert(row.get(0)?);
        if keys.len() < tombstones::KEPT.into() {
            keys.push(row.get(1)?);
        }
        cleared += Cleared { entries: 1, output: codec::unsigned(row.get(2)?) };
    }
    if keys.is_empty() {
        return Err(StoreError::Damaged("an index names entries that do not exist".to_owned()));
    }
    owners::disown(connection, &ids)?;
    command_totals::note_losses(connection, &list(&commands))?;
    if let Some(cause) = cause {
        tombstones::put(connection, &keys, cause, at)?;
    }
    Ok(cleared)
}

/// Removes all entries except these few, which are stored again: emptying a table takes a hundredth of the time of
/// removing its rows one by one.
pub(super) fn remove_all_but(
    connection: &Connection,
    spared: &[i64],
    cause: RemovalCause,
) -> Result<Cleared, StoreError> {
    let spared = list(spared);
    owners::disown_all_but(connection, &spared)?;
    let before = total(connection)?;
    // Not all of them can leave tombstones, so the last ones do.
    let last = format!("id NOT IN ({spared}) ORDER BY id DESC LIMIT {}", tombstones::KEPT);
    let last: Vec<i64> =
        rows::column(connection, &format!("SELECT id FROM entry WHERE {last}"), [])?;
    remove(connection, &last, Some(cause), Timestamp::now())?;
    let set_triggers = |are_on| {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, are_on).map(drop)
    };
    // With a trigger the table would be emptied row by row.
    set_triggers(false)?;
    let replaced = connection.execute_batch(&format!(
        "CREATE TEMP TABLE spared AS SELECT * FROM entry WHERE id IN ({spared});
         DELETE FROM entry;
         INSERT INTO entry SELECT * FROM spared;
         DROP TABLE spared;
         DELETE FROM note WHERE kind = 8 AND name NOT IN (
             SELECT substr(condition, 2, 32) FROM entry WHERE inputs IS NOT NULL);
         UPDATE command SET (entries, output) = (
             SELECT count(*), CAST(total(output) AS INTEGER) FROM entry WHERE command = command.id);"
    ));
    set_triggers(true)?;
    replaced?;
    command_totals::note_losses(connection, "SELECT id FROM command")?;
    let after = total(connection)?;
    Ok(Cleared {
        entries: before.entries.saturating_sub(after.entries),
        output: before.output.saturating_sub(after.output),
    })
}

/// The total of all entries, from the totals of their commands.
fn total(connection: &Connection) -> Result<Cleared, StoreError> {
    let sql = "SELECT CAST(total(entries) AS INTEGER), CAST(total(output) AS INTEGER) FROM command";
    Ok(connection.query_row(sql, [], |row| {
        let (entries, output) = (row.get(0)?, row.get(1)?);
        Ok(Cleared { entries: codec::unsigned(entries), output: codec::unsigned(output) })
    })?)
}

/// A list of numbers in SQL, so that a list of any length is one statement.
fn list<'n>(numbers: impl IntoIterator<Item = &'n i64>) -> String {
    let numbers: Vec<_> = numbers.into_iter().map(i64::to_string).collect();
    numbers.join(",")
}
