//! The entries of one command, by the index over exit code and date.

use crate::store::error::StoreError;
use rusqlite::{Connection, OptionalExtension};

/// The exit codes of a command's entries. There are few, so each is looked up after the one before.
pub fn exits(connection: &Connection, command: i64) -> Result<Vec<i64>, StoreError> {
    let sql = "SELECT exit FROM entry WHERE command = ?1 AND exit > ?2 ORDER BY exit LIMIT 1";
    let mut statement = connection.prepare(sql)?;
    let mut exits = Vec::new();
    let mut last = i64::MIN;
    while let Some(exit) = statement.query_row([command, last], |row| row.get(0)).optional()? {
        exits.push(exit);
        last = exit;
    }
    Ok(exits)
}
