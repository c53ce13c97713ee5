//! Commands and the totals of each.
//!
//! Triggers keep the number of a command's entries and their bytes of output. Hits, misses and the time saved outlive
//! entries: evicting or replacing an entry does not change them. So a command stays when its last entry is removed, but
//! not for ever: `clear` forgets its totals, and only the most recently used commands without entries are kept.

use crate::entry::EntryOrigin;
use crate::key::CommandName;
use crate::store::error::StoreError;
use crate::store::query::selection::Selection;
use crate::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// The number of commands without entries that are kept.
const KEPT_IDLE: i64 = 10_000;

/// The id of a command, and how many entries it has; `None` for a new command.
pub(super) fn find(
    connection: &Connection,
    scope: &str,
    name: &CommandName,
) -> Result<Option<(i64, i64)>, StoreError> {
    let sql = "SELECT id, entries FROM command WHERE scope = ?1 AND name = ?2";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    Ok(connection.query_row(sql, params![scope, name.name()], row).optional()?)
}

/// Counts a result that is stored now, as a miss if it comes from a run here. Returns the id of its command, which may be
/// new, and how many such runs there were.
pub(super) fn count(
    connection: &Connection,
    scope: &str,
    name: &CommandName,
    origin: EntryOrigin,
    stored: Timestamp,
) -> Result<(i64, i64), StoreError> {
    let runs = i64::from(origin == EntryOrigin::Run);
    Ok(connection.query_row(
        "INSERT INTO command (scope, name, hits, misses, saved, used, idle)
         VALUES (?1, ?2, 0, ?4, 0, ?3, 0)
         ON CONFLICT DO UPDATE SET misses = misses + ?4, used = max(used, ?3), idle = 0
         RETURNING id, misses",
        params![scope, name.name(), stored.as_millis(), runs],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?)
}

/// Marks the commands among these that have no entries any more. A command without totals is forgotten.
pub(super) fn note_losses(connection: &Connection, commands: &str) -> Result<(), StoreError> {
    let of_them = format!("WHERE id IN ({commands}) AND entries <= 0");
    if connection.execute(&format!("UPDATE command SET idle = 1 {of_them}"), [])? > 0 {
        let forget = format!("DELETE FROM command {of_them} AND hits = 0 AND misses = 0");
        connection.execute(&forget, [])?;
    }
    Ok(())
}

/// Forgets the totals of the commands of which every entry is selected. Those without entries are forgotten.
pub(super) fn forget_totals(
    connection: &Connection,
    selection: &Selection,
) -> Result<(), StoreError> {
    if let Some(condition) = selection.whole_commands() {
        let (sql, parameters) = (condition.sql(), || condition.parameters());
        let forget = format!("DELETE FROM command WHERE entries <= 0 AND {sql}");
        connection.execute(&forget, parameters())?;
        let zero = format!("UPDATE command SET hits = 0, misses = 0, saved = 0 WHERE {sql}");
        connection.execute(&zero, parameters())?;
    }
    Ok(())
}

/// Forgets the commands that have no entries, whatever their totals.
pub(super) fn forget_idle(connection: &Connection) -> Result<(), StoreError> {
    connection.execute("DELETE FROM command WHERE idle = 1 AND entries <= 0", [])?;
    Ok(())
}

/// An estimate of the number of commands, which is never too low.
pub(super) fn highest_number(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT coalesce(max(id), 0) FROM command";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Forgets the least recently used of too many commands without entries. Looks at every command, if there can be too
/// many.
pub(super) fn keep_few_idle(connection: &Connection) -> Result<(), StoreError> {
    if highest_number(connection)? <= KEPT_IDLE {
        return Ok(());
    }
    connection.execute(
        "DELETE FROM command WHERE id IN
         (SELECT id FROM command WHERE idle = 1 ORDER BY used DESC LIMIT -1 OFFSET ?1)
         AND entries <= 0",
        [KEPT_IDLE],
    )?;
    Ok(())
}
