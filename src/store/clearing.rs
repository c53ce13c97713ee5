//! Which commands were cleared, so that a run that was in flight does not bring them back.

use super::{Selection, Store, StoreError};
use crate::key::CommandName;
use rusqlite::{Connection, OptionalExtension, params};

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

/// Remembers what is being cleared.
pub(super) fn remember(connection: &Connection, selection: &Selection) -> Result<(), StoreError> {
    let sql = "INSERT INTO clearing (name, arguments) VALUES (?1, ?2)";
    match selection {
        Selection::All => _ = connection.execute(sql, params![None::<&[u8]>, None::<&[u8]>])?,
        Selection::Command(names) => {
            for name in names {
                connection.execute(sql, params![name.name(), name.arguments()])?;
            }
        }
        Selection::Number(_) => {}
    }
    let Clearings(count) = count(connection)?;
    connection.execute("DELETE FROM clearing WHERE id <= ?1", [count - REMEMBERED])?;
    Ok(())
}

/// Whether a command was cleared since then.
pub(super) fn was_cleared(
    connection: &Connection,
    Clearings(since): Clearings,
    name: &CommandName,
) -> Result<bool, StoreError> {
    let Clearings(now) = count(connection)?;
    if now - since > REMEMBERED {
        return Ok(true);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM clearing WHERE id > ?1 AND (
                   name IS NULL
                   OR (length(arguments) = 0 AND substr(?2, 1, length(name)) = name)
                   OR (name = ?2 AND arguments = ?3)))";
    let parameters = params![since, name.name(), name.arguments()];
    Ok(connection.query_row(sql, parameters, |row| row.get(0))?)
}
