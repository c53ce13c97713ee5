//! The commands that entries belong to, and the totals of each command.
//!
//! Totals outlive entries: an eviction or a replacement subtracts nothing. So a command stays when its last entry is
//! removed. `clear` resets its totals, and of commands without entries only the last used are kept.

use crate::key::CommandName;
use crate::store::error::StoreError;
use crate::store::query::selection::Selection;
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The most commands without entries that are kept.
const KEPT_IDLE: i64 = 10_000;

/// The id of a command, unless it is new.
pub(in crate::store) fn find(
    connection: &Connection,
    scope: &str,
    name: &CommandName,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id FROM command WHERE scope = ?1 AND name = ?2";
    let found = connection.query_row(sql, params![scope, name.name()], |row| row.get(0));
    Ok(found.optional()?)
}

/// Counts a run whose result is being stored. Returns the id of its command, which is inserted if it is new, and how many
/// such runs there were.
pub(in crate::store) fn count_run(
    connection: &Connection,
    scope: &str,
    name: &CommandName,
    stored: Timestamp,
) -> Result<(i64, i64), StoreError> {
    Ok(connection.query_row(
        "INSERT INTO command (scope, name, hits, misses, saved, used, idle)
         VALUES (?1, ?2, 0, 1, 0, ?3, 0)
         ON CONFLICT DO UPDATE SET misses = misses + 1, used = max(used, ?3), idle = 0
         RETURNING id, misses",
        params![scope, name.name(), stored.as_millis()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}

/// Notes that a command lost an entry, which may be its last.
pub(in crate::store) fn note_loss(connection: &Connection, id: i64) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE command SET idle = 1
         WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM entry WHERE command = ?1)",
        [id],
    )?;
    Ok(())
}

/// Resets the totals of the commands all of whose entries are selected.
pub(in crate::store) fn forget_totals(
    connection: &Connection,
    selection: &Selection,
) -> Result<(), StoreError> {
    if let Some(condition) = selection.whole_commands() {
        let sql = "UPDATE command SET hits = 0, misses = 0, saved = 0 WHERE ";
        connection.execute(&format!("{sql}{}", condition.sql()), condition.parameters())?;
    }
    Ok(())
}

/// Removes the commands that have neither entries nor totals.
pub(in crate::store) fn forget_unused(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM command WHERE idle = 1 AND hits = 0 AND misses = 0
         AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.command = command.id)",
        [],
    )?;
    Ok(())
}

/// Removes the commands that have no entries, whatever their totals.
pub(in crate::store) fn forget_idle(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM command WHERE idle = 1
         AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.command = command.id)",
        [],
    )?;
    Ok(())
}

/// Removes the least recently used commands without entries that exceed the bound. Counting takes a while, so it is done
/// only where there can be that many.
pub(in crate::store) fn keep_few_idle(connection: &Connection) -> Result<(), StoreError> {
    let sql = "SELECT coalesce(max(id), 0) FROM command";
    let most: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if most <= KEPT_IDLE {
        return Ok(());
    }
    connection.execute(
        "DELETE FROM command WHERE id IN
         (SELECT id FROM command WHERE idle = 1 ORDER BY used DESC LIMIT -1 OFFSET ?1)
         AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.command = command.id)",
        [KEPT_IDLE],
    )?;
    Ok(())
}
