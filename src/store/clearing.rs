//! Which commands were cleared, so that a run that was in flight does not bring them back.

use super::selection::{Calls, Matching, Selection, whole};
use super::{Store, StoreError};
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

/// Remembers what is being cleared. Where dates decide, what runs now is too young to be meant.
pub(super) fn remember(connection: &Connection, selection: &Selection) -> Result<(), StoreError> {
    if selection.number.is_some() || !selection.is_of_any_date() {
        return Ok(());
    }
    let scope = selection.scope.as_deref();
    let mut statement = connection.prepare(
        "INSERT INTO clearing (name, arguments, open_ended, scope) VALUES (?1, ?2, ?3, ?4)",
    )?;
    match &selection.calls {
        None => _ = statement.execute(params![None::<&[u8]>, None::<&[u8]>, true, scope])?,
        Some(calls) => {
            for Calls { name, matching } in calls {
                let open_ended = *matching == Matching::StartingWith;
                statement.execute(params![name.name(), name.arguments(), open_ended, scope])?;
            }
        }
    }
    let Clearings(count) = count(connection)?;
    connection.execute("DELETE FROM clearing WHERE id <= ?1", [count - REMEMBERED])?;
    Ok(())
}

/// Whether a call in a scope was cleared since then.
pub(super) fn was_cleared(
    connection: &Connection,
    Clearings(since): Clearings,
    scope: &str,
    name: &CommandName,
) -> Result<bool, StoreError> {
    let Clearings(now) = count(connection)?;
    if now == since {
        return Ok(false);
    }
    if now - since > REMEMBERED {
        return Ok(true);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM clearing
               WHERE id > ?1 AND (scope IS NULL OR scope = ?2) AND (
                   name IS NULL
                   OR (open_ended AND substr(?3, 1, length(name) + length(arguments))
                                      = CAST(name || arguments AS BLOB))
                   OR (name = ?4 AND arguments = ?5)))";
    let parameters = params![since, scope, whole(name), name.name(), name.arguments()];
    Ok(connection.query_row(sql, parameters, |row| row.get(0))?)
}
